//! The square roots of `2D` and what follows from them: `B`, `dB`, `S`, `R`.
//!
//! `2D = F F^T` with the rectangular factor `F = w [g_1 - G, ..., g_N - G]`, `w = sqrt(eta c/(n N))`, smooth everywhere;
//! the symmetric root `B` follows from the singular values of `F` and is differentiable unless the rank drops. The rows
//! pass by in blocks, and neither `F` nor a tensor of size `N d d` is ever kept.

use super::{Drift, NoiseError, fast};
use crate::loss::{Block, Engine, LANES, Lanes, Loss, Problem, ProblemError};
use crate::root::{DifferentiableRoot, FactorStream, RootError, RootOptions, SpuriousDrift, SymmetricRoot};
use crate::sgd::Sgd;
use nalgebra::{DMatrix, DVector};

/// Rows that are reduced to a triangle at once.
const PANEL: usize = 8 * LANES;

/// The square roots of `2D` at one point and the drifts that depend on which root is chosen.
#[derive(Debug, Clone)]
pub struct Roots {
    /// The symmetric root `B`, its rank and condition.
    pub symmetric: SymmetricRoot,
    /// `S` and `R` of the symmetric root, or why it has no derivative here.
    pub spurious: Result<SmoothRoot, RootError>,
    /// `S_i = F_ja d_j F_ia` of the rectangular factor, `(eta c/2n) grad tr Sigma`.
    pub s_rectangular: DVector<f64>,
    /// `R_i = F_ia d_j F_ja` of the rectangular factor, `(eta c/n) Cov(g, tr H)`.
    pub r_rectangular: DVector<f64>,
}

/// The symmetric root where it is differentiable.
#[derive(Debug, Clone)]
pub struct SmoothRoot {
    /// The root with the reason why it is differentiable.
    pub root: DifferentiableRoot,
    /// `S_i = B_jk d_j B_ik` and `R_i = B_ik d_j B_jk`.
    pub drift: SpuriousDrift,
}

/// The square roots of `2D` at `theta`.
///
/// Where the symmetric root has a kink, [`Roots::spurious`] says so and everything else is given. Costs `d` Hessian products a
/// row, and `d^2` numbers of memory (times the nullity where the rank is deficient).
///
/// # Errors
/// As [`drift`](super::drift).
pub fn roots<L: Loss>(problem: &Problem<L>, theta: &[f64], sgd: &Sgd) -> Result<Roots, NoiseError> {
    let drift = super::drift(problem, theta, sgd)?;
    let strength = sgd.noise_strength(problem.rows())?;
    let factor = Factor::new(problem, theta, strength, &drift)?;
    let symmetric = factor.root()?;
    let spurious = match factor.differentiable(&symmetric) {
        Ok(root) => {
            let drift = root.spurious_drift(&factor.directional(&symmetric)?)?;
            Ok(SmoothRoot { root, drift })
        }
        Err(NoiseError::Root(error)) => Err(error),
        Err(other) => return Err(other),
    };
    let s_rectangular = &drift.moments.half_grad_tr_sigma * strength;
    let r_rectangular = &drift.moments.cov_g_tr_hess * strength;
    super::finite_vectors(&[
        ("the drift S of the rectangular factor", &s_rectangular),
        ("the drift R of the rectangular factor", &r_rectangular),
    ])?;
    Ok(Roots { symmetric, spurious, s_rectangular, r_rectangular })
}

/// `dB[k] = dB/dtheta_k` of the symmetric root for every parameter, `d x d` each.
///
/// Costs `d` Hessian products and `d^3` operations a row, and `d^3` numbers of memory.
///
/// # Errors
/// As [`roots`], and [`NoiseError::Root`] where the root is not differentiable.
pub fn root_derivatives<L: Loss>(
    problem: &Problem<L>,
    theta: &[f64],
    sgd: &Sgd,
) -> Result<Vec<DMatrix<f64>>, NoiseError> {
    let drift = super::drift(problem, theta, sgd)?;
    let strength = sgd.noise_strength(problem.rows())?;
    let factor = Factor::new(problem, theta, strength, &drift)?;
    let root = factor.differentiable(&factor.root()?)?;
    Ok(root.derivatives(&factor.derivatives_of_square()?)?)
}

/// The rectangular factor `F = w [g_1 - G, ..., g_N - G]`, row by row.
struct Factor<'a, L> {
    problem: &'a Problem<L>,
    theta: &'a [f64],
    mean: &'a DVector<f64>,
    /// `w^2 = eta c/(n N)`.
    weight: f64,
    /// Sum over the rows of `|g|^2`.
    squares: f64,
}

impl<'a, L: Loss> Factor<'a, L> {
    #[allow(clippy::cast_precision_loss, reason = "row counts are below 2^53")]
    fn new(
        problem: &'a Problem<L>,
        theta: &'a [f64],
        strength: f64,
        drift: &'a Drift,
    ) -> Result<Self, ProblemError> {
        let dim = problem.dim();
        let parts = problem.sweep(
            theta,
            1,
            || 0.0,
            |sum, block| {
                for i in 0..dim {
                    *sum += block.sum(&block.gradient(i).map(|g| g * g));
                }
            },
        )?;
        let weight = strength / problem.rows() as f64;
        Ok(Self { problem, theta, mean: &drift.moments.gradient, weight, squares: parts.iter().sum() })
    }

    /// The symmetric root, its rank decided beside the size of the gradients: `N - 1` columns at most are independent.
    fn root(&self) -> Result<SymmetricRoot, NoiseError> {
        let (dim, w) = (self.problem.dim(), self.weight.sqrt());
        let start = || (DMatrix::zeros(dim, PANEL), 0, FactorStream::new(dim));
        let parts = self.problem.sweep(
            self.theta,
            dim * (dim + PANEL),
            start,
            |(panel, filled, stream), block| {
                for l in 0..block.rows().len() {
                    let mut column = panel.column_mut(*filled + l);
                    column
                        .iter_mut()
                        .enumerate()
                        .for_each(|(i, x)| *x = w * (block.gradient(i)[l] - self.mean[i]));
                }
                *filled += block.rows().len();
                if *filled + LANES > PANEL {
                    push(stream, panel, filled);
                }
            },
        )?;
        let mut whole = FactorStream::new(dim)?;
        for (panel, mut filled, mut stream) in parts {
            push(&mut stream, &panel, &mut filled);
            whole.merge(&stream?)?;
        }
        let options = RootOptions::default()
            .with_scale(w * self.squares.sqrt())
            .with_rank_bound(dim.min(self.problem.rows() - 1));
        Ok(whole.root(options)?)
    }

    /// The root as differentiable, if it is; the rows are looked at again only where the rank is deficient.
    fn differentiable(&self, root: &SymmetricRoot) -> Result<DifferentiableRoot, NoiseError> {
        if root.rank() >= root.rank_bound() {
            return Ok(root.differentiable()?);
        }
        let null = root.null_vectors();
        let (mean, size) = self.mean_hessian_of(&null)?;
        let w = self.weight.sqrt();
        let mut rows = RowCache {
            factor: self,
            engine: self.problem.engine(),
            first: usize::MAX,
            columns: Vec::new(),
            failed: None,
        };
        let scale = w * size.sqrt();
        let outcome = root.differentiable_streaming(self.problem.rows(), scale, |a, null, out| {
            let (gradient, product) = rows.get(a, null);
            out.column.copy_from(&((gradient - self.mean) * w));
            out.derivative.copy_from(&((product - &mean) * w));
        });
        match rows.failed {
            Some(error) => Err(error.into()),
            None => Ok(outcome?),
        }
    }

    /// `Hbar U` for the columns of `U`, and the sum over the rows of `|H|^2` (Frobenius).
    fn mean_hessian_of(&self, vectors: &DMatrix<f64>) -> Result<(DMatrix<f64>, f64), NoiseError> {
        let dim = self.problem.dim();
        let parts = self.problem.sweep(
            self.theta,
            dim,
            || 0.0,
            |square, block| {
                for j in 0..dim {
                    block.apply_hessian(|i, _| if i == j { [1.0; LANES] } else { [0.0; LANES] });
                    for i in 0..dim {
                        *square += block.sum(&block.hessian_vector(i).map(|h| h * h));
                    }
                }
            },
        )?;
        Ok((fast::hessian(self.problem, self.theta)? * vectors, parts.iter().sum()))
    }

    /// Column `b` is `(D_q M) q` along eigenvector `q = q_b` of `M = 2D`:
    /// `w^2 sum_a [ (H_a q) (c_a . q) + c_a (q . H_a q) ]` with `c_a = g_a - G`.
    fn directional(&self, root: &SymmetricRoot) -> Result<DMatrix<f64>, NoiseError> {
        let (dim, vectors) = (self.problem.dim(), root.vectors());
        let start = || DMatrix::zeros(dim, dim);
        let parts = self.problem.sweep(self.theta, dim * dim, start, |sum: &mut DMatrix<f64>, block| {
            let centred = self.centred(block);
            for (b, q) in vectors.column_iter().enumerate() {
                block.apply_hessian(|i, _| [q[i]; LANES]);
                let mut along = [[0.0; LANES]; 2];
                for i in 0..dim {
                    let h = block.hessian_vector(i);
                    for l in 0..LANES {
                        along[0][l] += centred[i][l] * q[i];
                        along[1][l] += h[l] * q[i];
                    }
                }
                for i in 0..dim {
                    let h = block.hessian_vector(i);
                    let both = |l: usize| h[l] * along[0][l] + centred[i][l] * along[1][l];
                    sum[(i, b)] += block.sum(&std::array::from_fn(both));
                }
            }
        })?;
        Ok(parts.into_iter().fold(start(), |sum, part| sum + part) * self.weight)
    }

    /// `d_k M = w^2 sum_a [ (H_a e_k) c_a^T + c_a (H_a e_k)^T ]` for every `k`.
    fn derivatives_of_square(&self) -> Result<Vec<DMatrix<f64>>, NoiseError> {
        let dim = self.problem.dim();
        let start = || vec![DMatrix::zeros(dim, dim); dim];
        let add = |sums: &mut Vec<DMatrix<f64>>, block: &mut Block<'_>| {
            let centred = self.centred(block);
            for (k, sum) in sums.iter_mut().enumerate() {
                block.apply_hessian(|i, _| if i == k { [1.0; LANES] } else { [0.0; LANES] });
                for j in 0..dim {
                    for i in 0..dim {
                        let h = block.hessian_vector(i);
                        sum[(i, j)] += block.sum(&std::array::from_fn(|l| h[l] * centred[j][l]));
                    }
                }
            }
        };
        let mut sums = start();
        for part in self.problem.sweep(self.theta, dim * dim * dim, start, add)? {
            sums.iter_mut().zip(part).for_each(|(sum, part)| *sum += part);
        }
        Ok(sums.iter().map(|sum| (sum + sum.transpose()) * self.weight).collect())
    }

    fn centred(&self, block: &Block<'_>) -> Vec<Lanes> {
        (0..self.problem.dim()).map(|i| block.gradient(i).map(|g| g - self.mean[i])).collect()
    }
}

/// Hands the filled columns of a panel on; an error stays where the stream was.
fn push(stream: &mut Result<FactorStream, RootError>, panel: &DMatrix<f64>, filled: &mut usize) {
    let columns = panel.columns(0, *filled).into_owned();
    *filled = 0;
    if let Err(error) = stream.as_mut().map_or(Ok(()), |stream| stream.push(&columns)) {
        *stream = Err(error);
    }
}

/// Gradients and Hessian products of single rows, found for a block of rows at a time.
struct RowCache<'a, 'b, L> {
    factor: &'a Factor<'b, L>,
    engine: Engine<'b, L>,
    first: usize,
    columns: Vec<(DVector<f64>, DMatrix<f64>)>,
    failed: Option<ProblemError>,
}

impl<L: Loss> RowCache<'_, '_, L> {
    /// `g_a` and `H_a U` for the columns of `U` (zeros after a failure, which is kept).
    fn get(&mut self, row: usize, vectors: &DMatrix<f64>) -> (&DVector<f64>, &DMatrix<f64>) {
        let first = row - row % LANES;
        if self.first != first {
            self.first = first;
            self.fill(vectors);
        }
        let (gradient, product) = &self.columns[row - first];
        (gradient, product)
    }

    fn fill(&mut self, vectors: &DMatrix<f64>) {
        let problem = self.factor.problem;
        let rows: Vec<usize> = (self.first..problem.rows().min(self.first + LANES)).collect();
        let empty = (DVector::zeros(problem.dim()), DMatrix::zeros(problem.dim(), vectors.ncols()));
        self.columns = vec![empty; rows.len()];
        let columns = &mut self.columns;
        let outcome = self.engine.visit(self.factor.theta, &rows, |block| {
            for (p, q) in vectors.column_iter().enumerate() {
                block.apply_hessian(|i, _| [q[i]; LANES]);
                for (l, row) in block.rows().iter().enumerate() {
                    let (gradient, product) = &mut columns[row - rows[0]];
                    for i in 0..gradient.len() {
                        gradient[i] = block.gradient(i)[l];
                        product[(i, p)] = block.hessian_vector(i)[l];
                    }
                }
            }
        });
        if let Err(error) = outcome {
            self.failed.get_or_insert(error);
        }
    }
}
