//! Moments of the per-sample gradient by products of single samples, in two passes over the rows.
//!
//! With `t = tr H`, `T = E[t]`, everything is centred before it is multiplied, so that nothing cancels later:
//!
//! ```text
//! pass 1    f = E[u]     G = E[g]     T = E[t]
//! pass 2    first half   E[H (g - G)]        = 1/2 grad tr Sigma
//!           second half  E[(g - G) (t - T)]  = Cov(g, tr H)
//!           Hbar G       E[H G]
//! ```
//!
//! A sample costs a few evaluations of its loss, whatever `d` is; nothing larger than `d` is kept for it but one number.

use super::Moments;
use crate::loss::{Block, LANES, Lanes, Loss, Problem, ProblemError};
use nalgebra::{DMatrix, DVector};

/// Rows whose gradients are multiplied together at once.
const PANEL: usize = 8 * LANES;

/// Adds up what the tasks found, in their order.
fn total<T>(parts: Vec<T>, mut merge: impl FnMut(&mut T, T), empty: T) -> T {
    parts.into_iter().fold(empty, |mut sum, part| {
        merge(&mut sum, part);
        sum
    })
}

fn count<L: Loss>(problem: &Problem<L>) -> f64 {
    #[allow(clippy::cast_precision_loss, reason = "row counts are below 2^53")]
    let count = problem.rows() as f64;
    count
}

/// `f`, `G` and, by row, `tr H - T`.
struct First {
    loss: f64,
    gradient: DVector<f64>,
    trace: Vec<f64>,
}

fn first_pass<L: Loss>(problem: &Problem<L>, theta: &[f64]) -> Result<First, ProblemError> {
    struct Part {
        loss: f64,
        gradient: DVector<f64>,
        traces: Vec<(usize, f64)>,
    }
    let dim = problem.dim();
    let start = || Part { loss: 0.0, gradient: DVector::zeros(dim), traces: Vec::new() };
    let parts = problem.sweep(theta, dim, start, |part, block| {
        part.loss += block.sum(&block.value);
        for i in 0..dim {
            part.gradient[i] += block.sum(block.gradient(i));
        }
        let traces = block.laplacian();
        part.traces.extend(block.rows().iter().copied().zip(traces));
    })?;
    let sum = total(
        parts,
        |sum, part| {
            sum.loss += part.loss;
            sum.gradient += part.gradient;
            sum.traces.extend(part.traces);
        },
        start(),
    );
    let rows = count(problem);
    let mut trace = vec![0.0; problem.rows()];
    for &(row, t) in &sum.traces {
        trace[row] = t;
    }
    let mean = sum.traces.iter().map(|(_, t)| t).sum::<f64>() / rows;
    trace.iter_mut().for_each(|t| *t -= mean);
    Ok(First { loss: sum.loss / rows, gradient: sum.gradient / rows, trace })
}

/// The moments that need no matrix.
pub(super) fn moments<L: Loss>(problem: &Problem<L>, theta: &[f64]) -> Result<Moments, ProblemError> {
    let First { loss, gradient, trace } = first_pass(problem, theta)?;
    let dim = problem.dim();
    let start = || [DVector::zeros(dim), DVector::zeros(dim), DVector::zeros(dim)];
    let parts = problem.sweep(theta, 3 * dim, start, |[first, second, curved], block| {
        let mut t: Lanes = [0.0; LANES];
        for (t, &row) in t.iter_mut().zip(block.rows()) {
            *t = trace[row];
        }
        for i in 0..dim {
            let g = block.gradient(i);
            second[i] += block.sum(&std::array::from_fn(|l| (g[l] - gradient[i]) * t[l]));
        }
        block.apply_hessian(|i, g| g.map(|g| g - gradient[i]));
        add_product(first, block);
        block.apply_hessian(|i, _| [gradient[i]; LANES]);
        add_product(curved, block);
    })?;
    let merge = |sum: &mut [DVector<f64>; 3], part: [DVector<f64>; 3]| {
        sum.iter_mut().zip(part).for_each(|(sum, part)| *sum += part);
    };
    let [first, second, curved] = total(parts, merge, start());
    let rows = count(problem);
    Ok(Moments {
        loss,
        gradient,
        hessian_gradient: curved / rows,
        half_grad_tr_sigma: first / rows,
        cov_g_tr_hess: second / rows,
    })
}

/// Adds the Hessian products found last, summed over the rows of the block.
fn add_product(sum: &mut DVector<f64>, block: &Block<'_>) {
    for (i, sum) in sum.iter_mut().enumerate() {
        *sum += block.sum(block.hessian_vector(i));
    }
}

/// `G = E[g]`.
pub(super) fn gradient<L: Loss>(problem: &Problem<L>, theta: &[f64]) -> Result<DVector<f64>, ProblemError> {
    let dim = problem.dim();
    let start = || DVector::zeros(dim);
    let parts = problem.sweep(theta, dim, start, |sum: &mut DVector<f64>, block| {
        for i in 0..dim {
            sum[i] += block.sum(block.gradient(i));
        }
    })?;
    Ok(total(parts, |sum, part| *sum += part, start()) / count(problem))
}

/// Centred gradients, `d` numbers a row, waiting to be multiplied.
struct Panel {
    rows: DMatrix<f64>,
    filled: usize,
    sum: DMatrix<f64>,
}

impl Panel {
    fn flush(&mut self) {
        let rows = self.rows.columns(0, self.filled);
        self.sum.gemm(1.0, &rows, &rows.transpose(), 1.0);
        self.filled = 0;
    }
}

/// `Sigma = E[(g - G)(g - G)^T]`, normalised by `1/N`.
pub(super) fn covariance<L: Loss>(problem: &Problem<L>, theta: &[f64]) -> Result<DMatrix<f64>, ProblemError> {
    let dim = problem.dim();
    let mean = gradient(problem, theta)?;
    let start = || Panel { rows: DMatrix::zeros(dim, PANEL), filled: 0, sum: DMatrix::zeros(dim, dim) };
    let parts = problem.sweep(theta, dim * dim, start, |panel, block| {
        for l in 0..block.rows().len() {
            let mut column = panel.rows.column_mut(panel.filled + l);
            column.iter_mut().enumerate().for_each(|(i, x)| *x = block.gradient(i)[l] - mean[i]);
        }
        panel.filled += block.rows().len();
        if panel.filled + LANES > PANEL {
            panel.flush();
        }
    })?;
    let mut sum = DMatrix::zeros(dim, dim);
    for mut panel in parts {
        panel.flush();
        sum += panel.sum;
    }
    Ok(sum / count(problem))
}

/// `Hbar = E[H]`, one Hessian product a parameter and row.
pub(super) fn hessian<L: Loss>(problem: &Problem<L>, theta: &[f64]) -> Result<DMatrix<f64>, ProblemError> {
    let dim = problem.dim();
    let start = || DMatrix::zeros(dim, dim);
    let parts = problem.sweep(theta, dim * dim, start, |sum: &mut DMatrix<f64>, block| {
        for j in 0..dim {
            block.apply_hessian(|i, _| if i == j { [1.0; LANES] } else { [0.0; LANES] });
            for i in 0..dim {
                sum[(i, j)] += block.sum(block.hessian_vector(i));
            }
        }
    })?;
    Ok(total(parts, |sum, part| *sum += part, start()) / count(problem))
}
