//! The spurious drift vectors of a root: `S_i = B_jk ∂_j B_ik` and `R_i = B_ik ∂_j B_jk`.
//!
//! `S + R = div M` for every root. Of the symmetric root both follow from d directional derivatives of `M`, one along
//! each eigenvector, instead of d derivatives of a matrix: with `q_b` the eigenvectors and
//! `W_ab = q_a · (D_{q_b} M) q_b`,
//!
//! ```text
//! S = Σ_b s_b (D_{q_b} B) q_b      q_a · S = Σ_b W_ab s_b/(s_a + s_b)
//! R = B Σ_b (D_{q_b} B) q_b        q_a · R = Σ_b W_ab s_a/(s_a + s_b)
//! ```
//!
//! The weights add up to 1, which is `S + R = div M`. Where both roots are 0 so is `W_ab`, and the term is left out.

use super::check::{finite, rows, shape};
use super::{DifferentiableRoot, RootError};
use nalgebra::{DMatrix, DVector};

/// `S` and `R` of a square root, with the size of the terms that they are sums of.
#[derive(Debug, Clone, PartialEq)]
pub struct SpuriousDrift {
    /// `S_i = B_jk ∂_j B_ik` (d): alpha times this is the drift of the convention alpha.
    pub s: DVector<f64>,
    /// `R_i = B_ik ∂_j B_jk` (d); `S + R = div M`.
    pub r: DVector<f64>,
    /// Norm over the components of the sum of the absolute values of the terms of `S`: what its error is relative to.
    pub s_terms: f64,
    /// The same for `R`.
    pub r_terms: f64,
}

impl DifferentiableRoot {
    /// `S` and `R` of the symmetric root from directional derivatives of `M`.
    ///
    /// Column b of `directional` (d × d) is `(D_{q_b} M) q_b`, the derivative of `M` along eigenvector b
    /// ([`SymmetricRoot::vectors`](super::SymmetricRoot::vectors)) times that eigenvector, null vectors included.
    /// Accuracy: a small multiple of `ε √κ` times `s_terms`, `r_terms` (`ε κ` from a matrix), beside the error of
    /// `directional` itself.
    ///
    /// # Errors
    ///
    /// [`RootError::Shape`], [`RootError::NotFinite`].
    pub fn spurious_drift(&self, directional: &DMatrix<f64>) -> Result<SpuriousDrift, RootError> {
        let root = self.symmetric_root();
        shape("the directional derivatives", directional, root.dim(), root.dim())?;
        finite("the directional derivatives", directional)?;
        self.spurious_drift_in_eigenbasis(&(root.vectors().transpose() * directional))
    }

    /// The same from `W_ab = q_a · (D_{q_b} M) q_b` (d × d); `S` and `R` are in the original coordinates all the same.
    ///
    /// # Errors
    ///
    /// As [`DifferentiableRoot::spurious_drift`].
    pub fn spurious_drift_in_eigenbasis(&self, w: &DMatrix<f64>) -> Result<SpuriousDrift, RootError> {
        let root = self.symmetric_root();
        let (dim, s) = (root.dim(), root.roots());
        shape("the directional derivatives", w, dim, dim)?;
        finite("the directional derivatives", w)?;
        let mut sums = Sums::new(dim);
        for b in 0..dim {
            for a in 0..dim {
                if a.min(b) < root.rank() {
                    let share = w[(a, b)] / (s[a] + s[b]);
                    sums.add(a, share * s[b], share * s[a]);
                }
            }
        }
        sums.finish(Some(root.vectors()))
    }
}

/// `S` and `R` of any root, symmetric or rectangular, from the whole tensor: the reference.
///
/// `root` (`B`, d × m) and `derivatives` (`dB[j] = ∂_j B`, d of them, d × m each). Costs d² m each. Accuracy: that of
/// the sums, `ε √(d m)` times `s_terms`, `r_terms`.
///
/// # Errors
///
/// [`RootError::Empty`], [`RootError::Shape`] (also for a number of derivatives other than d), [`RootError::NotFinite`].
pub fn spurious_drift_of_tensor(
    root: &DMatrix<f64>,
    derivatives: &[DMatrix<f64>],
) -> Result<SpuriousDrift, RootError> {
    let dim = rows("the root", root)?;
    finite("the root", root)?;
    shape("the list of derivatives", &DMatrix::<f64>::zeros(derivatives.len(), 1), dim, 1)?;
    let mut sums = Sums::new(dim);
    for (j, derivative) in derivatives.iter().enumerate() {
        shape("the derivative of the root", derivative, dim, root.ncols())?;
        finite("the derivative of the root", derivative)?;
        for k in 0..root.ncols() {
            for i in 0..dim {
                // B_jk ∂_j B_ik and B_ik ∂_j B_jk
                sums.add(i, root[(j, k)] * derivative[(i, k)], root[(i, k)] * derivative[(j, k)]);
            }
        }
    }
    sums.finish(None)
}

/// Running sums of the terms of `S` and `R` and of their absolute values.
struct Sums {
    s: DVector<f64>,
    r: DVector<f64>,
    s_absolute: DVector<f64>,
    r_absolute: DVector<f64>,
}

impl Sums {
    fn new(dim: usize) -> Self {
        let zero = DVector::zeros(dim);
        Self { s: zero.clone(), r: zero.clone(), s_absolute: zero.clone(), r_absolute: zero }
    }

    fn add(&mut self, i: usize, s: f64, r: f64) {
        self.s[i] += s;
        self.r[i] += r;
        self.s_absolute[i] += s.abs();
        self.r_absolute[i] += r.abs();
    }

    /// The sums, rotated back by `basis` if they were taken in one.
    fn finish(self, basis: Option<&DMatrix<f64>>) -> Result<SpuriousDrift, RootError> {
        let back = |v: DVector<f64>| basis.map_or_else(|| v.clone(), |u| u * &v);
        let (s_terms, r_terms) = (self.s_absolute.norm(), self.r_absolute.norm());
        let (s, r) = (back(self.s), back(self.r));
        for (what, v) in [("the drift S", &s), ("the drift R", &r)] {
            if let Some(row) = v.iter().position(|x| !x.is_finite()) {
                return Err(RootError::NotFinite { what, row, column: 0 });
            }
        }
        Ok(SpuriousDrift { s, r, s_terms, r_terms })
    }
}

#[cfg(test)]
mod tests {
    use super::super::specimen::Random;
    use super::super::{RootOptions, SymmetricRoot};
    use super::*;
    use nalgebra::{dmatrix, dvector};

    /// A point of a matrix field `M = F Fᵀ`, with everything both routes need.
    struct Field {
        root: DifferentiableRoot,
        dms: Vec<DMatrix<f64>>,
    }

    impl Field {
        fn new(factor: &DMatrix<f64>, dfs: &[DMatrix<f64>]) -> Self {
            let root = SymmetricRoot::from_factor(factor, RootOptions::default()).unwrap();
            let root = root.differentiable_along(factor, dfs, 0.0).unwrap();
            let dms = dfs.iter().map(|df| df * factor.transpose() + factor * df.transpose()).collect();
            Self { root, dms }
        }

        fn by_tensor(&self) -> SpuriousDrift {
            let db = self.root.derivatives(&self.dms).unwrap();
            spurious_drift_of_tensor(&self.root.symmetric_root().root(), &db).unwrap()
        }

        /// Column b: `(D_{q_b} M) q_b = Σ_k q_kb dM[k] q_b`.
        fn directional(&self) -> DMatrix<f64> {
            let u = self.root.symmetric_root().vectors();
            let column = |q: DVector<f64>| {
                self.dms.iter().enumerate().fold(DVector::zeros(q.len()), |sum, (k, dm)| sum + dm * &q * q[k])
            };
            let columns: Vec<_> = u.column_iter().map(|q| column(q.clone_owned())).collect();
            DMatrix::from_columns(&columns)
        }

        /// `(div M)_i = ∂_j M_ij`
        fn divergence(&self) -> DVector<f64> {
            let dim = self.dms.len();
            DVector::from_fn(dim, |i, _| (0..dim).map(|j| self.dms[j][(i, j)]).sum())
        }
    }

    /// Full rank, rank 2 of 5 by construction (the factor has two columns), and κ = 1e10.
    fn fields() -> Vec<(&'static str, Field, f64)> {
        let mut random = Random::new(31);
        let mut list = Vec::new();
        for (name, columns) in [("full rank", 9), ("constant rank", 2)] {
            let dfs: Vec<_> = (0..5).map(|_| random.matrix(5, columns)).collect();
            let field = Field::new(&random.matrix(5, columns), &dfs);
            let condition = field.root.symmetric_root().condition_on_range().unwrap();
            list.push((name, field, condition.sqrt()));
        }
        let s = random.with_eigenvalues(&[1.0, 0.5, 1e-5]);
        let dfs: Vec<_> = (0..3).map(|_| random.matrix(3, 3)).collect();
        list.push(("near singular", Field::new(&s, &dfs), 1e5));
        list
    }

    /// Tensor and directions agree to 64 ε √κ of the terms; `S + R = div M` to the same. Halves swapped (the lie) differ.
    #[test]
    fn directions_give_what_the_tensor_gives() {
        for (name, field, root_condition) in fields() {
            let (slow, fast) = (field.by_tensor(), field.root.spurious_drift(&field.directional()).unwrap());
            let bound = 64.0 * f64::EPSILON * root_condition;
            assert!((&slow.s - &fast.s).norm() <= bound * slow.s_terms, "S, {name}");
            assert!((&slow.r - &fast.r).norm() <= bound * slow.r_terms, "R, {name}");
            let terms = fast.s_terms + fast.r_terms;
            assert!(
                (&fast.s + &fast.r - field.divergence()).norm() <= bound * terms,
                "S + R = div M, {name}"
            );
            assert!(
                (&slow.s - &slow.r).norm() > 1e-3 * terms,
                "S and R differ, so a swap would show, {name}"
            );
        }
    }

    /// Pollen, `M = 2 θ_1 I`: `B = √(2 θ_1) I`, `S = R = e_1`.
    #[test]
    fn pollen_has_both_vectors_along_the_first_axis() {
        let theta: f64 = 1.5;
        let factor = DMatrix::identity(2, 2) * (2.0 * theta).sqrt();
        let dfs = [DMatrix::identity(2, 2) / (2.0 * theta).sqrt(), DMatrix::zeros(2, 2)];
        let field = Field::new(&factor, &dfs);
        for drift in [field.by_tensor(), field.root.spurious_drift(&field.directional()).unwrap()] {
            for v in [&drift.s, &drift.r] {
                assert!((v - dvector![1.0, 0.0]).amax() <= 8.0 * f64::EPSILON, "{v}");
            }
        }
    }

    /// `linreg-near-singular` and `linreg-tiny`: linear regression, gradients `(θ·x - y) x`, Hessians `x xᵀ`; the
    /// expected values have 25 digits. Error allowed: 1e-12 √κ of the terms, and √κ is 9.4e4 and 4.6.
    #[test]
    fn linear_regression_agrees_with_25_digits() {
        struct Case {
            theta: DVector<f64>,
            /// Features and target, a sample a row.
            rows: DMatrix<f64>,
            s: DVector<f64>,
            r: DVector<f64>,
            root_condition: f64,
        }
        let unit = 2.0_f64.powi(-32);
        let tiny = dmatrix![5.0, -40.0, 58.0; 32.0, 48.0, 8.0; 24.0, -28.0, 58.0; 8.0, -42.0, 45.0] * unit;
        let cases = [
            Case {
                theta: dvector![0.5, -0.25],
                rows: dmatrix![
                    1.0, 1.000_122_070_312_5, 0.5; -0.5, -0.5, 1.0; 2.0, 2.000_244_140_625, -1.0; 1.5, 1.5, 0.25
                ],
                s: dvector![0.359_411_578_092_618_2, 0.359_472_182_723_789_6],
                r: dvector![0.359_418_890_840_523_5, 0.359_464_870_082_961_7],
                root_condition: 9.4e4,
            },
            Case {
                theta: dvector![0.5, -0.75],
                rows: tiny,
                s: dvector![-2.558_074_454_389_502e-34, -2.163_957_369_763_471e-34],
                r: dvector![-1.276_090_341_396_507_5e-34, -2.387_368_264_264_562e-34],
                root_condition: 4.6,
            },
        ];
        for case in cases {
            let weight = (0.125_f64 / 4.0).sqrt();
            let x = case.rows.columns(0, 2).transpose();
            let residual = x.tr_mul(&case.theta) - case.rows.column(2);
            let weighted = |values: DVector<f64>| {
                let columns = DMatrix::from_fn(2, 4, |i, a| weight * values[a] * x[(i, a)]);
                let mean = columns.column_mean();
                DMatrix::from_fn(2, 4, |i, a| columns[(i, a)] - mean[i])
            };
            let dfs: Vec<_> = (0..2).map(|k| weighted(x.row(k).transpose())).collect();
            let field = Field::new(&weighted(residual), &dfs);
            for drift in [field.by_tensor(), field.root.spurious_drift(&field.directional()).unwrap()] {
                let bound = 1e-12 * case.root_condition;
                assert!((&drift.s - &case.s).norm() <= bound * drift.s_terms, "S {} for {}", drift.s, case.s);
                assert!((&drift.r - &case.r).norm() <= bound * drift.r_terms, "R {} for {}", drift.r, case.r);
            }
        }
    }

    /// One dimension, `B = (2 θ, θ²)`: `S = R = B_k B_k' = 4 θ + 2 θ³`, rectangular or not.
    #[test]
    fn in_one_dimension_the_root_does_not_matter() {
        let theta: f64 = 0.5;
        let (b, db) = (dmatrix![2.0 * theta, theta * theta], dmatrix![2.0, 2.0 * theta]);
        let expected = 4.0 * theta + 2.0 * theta.powi(3);
        let rectangular = spurious_drift_of_tensor(&b, std::slice::from_ref(&db)).unwrap();
        let field = Field::new(&b, &[db]);
        let symmetric = field.root.spurious_drift(&field.directional()).unwrap();
        for v in [&rectangular.s, &rectangular.r, &symmetric.s, &symmetric.r] {
            assert!((v[0] - expected).abs() <= 8.0 * f64::EPSILON * expected, "{v} for {expected}");
        }
    }

    #[test]
    fn tensors_that_do_not_fit_are_refused() {
        let b = DMatrix::identity(2, 2);
        assert!(
            spurious_drift_of_tensor(&b, &[DMatrix::zeros(2, 2)]).is_err(),
            "one derivative for two parameters"
        );
        let wrong = [DMatrix::zeros(2, 2), DMatrix::zeros(2, 3)];
        assert!(spurious_drift_of_tensor(&b, &wrong).is_err(), "shape");
        assert!(spurious_drift_of_tensor(&DMatrix::zeros(0, 0), &[]).is_err(), "empty");
    }
}
