//! The root in dual numbers, by implicit differentiation of `B B = M`.
//!
//! The root of the real part is found in `f64`; then `D::NDERIV` chord sweeps
//!
//! ```text
//! X <- X - L⁻¹[X X - M],      L[Y] = B Y + Y B,      (Uᵀ L⁻¹[Y] U)_ij = (Uᵀ Y U)_ij/(s_i + s_j)
//! ```
//!
//! with the product in dual arithmetic and `L⁻¹` in `f64`. `L` is the derivative of `X X` at the real root, so each
//! sweep makes one more order right. The real part is left as it was found: its residual is rounding, and dividing that
//! by `s_i + s_j` would only make it worse. No dual number is compared, branched on, or decomposed.
//!
//! At a deficient rank the null-null block of `L⁻¹` is 0. That is right for the first derivative where the test of
//! differentiability passes, and wrong for every higher one: `M = u uᵀ`, `u = (cos t, sin t)`, has `B = M` and so
//! `B''_22 = 2` at `t = 0`, a null-null entry; hence the error [`RootError::OrderAtDeficientRank`].

use super::check::{finite_by, rows, size, square};
use super::differentiability::Worst;
use super::parts::{all_parts_are_finite, part_norms, parts_are_finite};
use super::{DualParts, RootError, RootOptions, SymmetricRoot};
use nalgebra::DMatrix;
use num_dual::DualNum;

/// The symmetric positive semidefinite root (`B`, d × d) of a matrix (`M`, d × d) in any of num-dual's numbers.
///
/// Derivatives of any order at full rank; for `f64` any rank. Where the rank is deficient the derivative cannot be
/// judged from `M` alone: use [`symmetric_root_of_factor`]. The real part of `M` is checked for symmetry; its
/// derivative parts are *trusted* to be symmetric (their symmetric part is used). Accuracy: with `κ` the condition,
/// the root to a small multiple of `ε √κ`, its k-th derivative to that times `κ^(k/2)`, relative to the size
/// that the terms of `B B = M` have.
///
/// # Errors
///
/// As [`SymmetricRoot::from_matrix`] (NaN and infinity are found in every part), and where a derivative is asked for
/// [`RootError::RankUnclear`], and at a deficient rank [`RootError::FactorNeeded`] (first order) or
/// [`RootError::OrderAtDeficientRank`] (higher orders).
pub fn symmetric_root<D: DualNum<Primitive = f64> + Copy>(m: &DMatrix<D>) -> Result<DMatrix<D>, RootError> {
    square("the matrix", m)?;
    finite_by("the matrix", m, all_parts_are_finite)?;
    let root = SymmetricRoot::from_matrix(&m.map(|x| x.re()), RootOptions::default())?;
    if D::NDERIV > 0 {
        check_order::<D>(&root)?;
        root.differentiable()?;
    }
    let symmetric = symmetric_part(m);
    finished(sweeps(&root, &symmetric))
}

/// The symmetric positive semidefinite root (`B`, d × d) of `M = F Fᵀ` in dual numbers, from its factor (`F`, d × m).
///
/// At full rank derivatives of any order; at a deficient rank first derivatives, where `P0 dF Q0 = 0` holds along
/// every direction that the number carries, with the tolerance of [`SymmetricRoot::differentiable_along`];
/// `derivative_scale` is the `scale` there. For `f64` any rank. Accuracy: the root to a small multiple of `ε`, its
/// k-th derivative to a small multiple of `ε κ^(k/2)`, relative to the size that the terms of `B B = M` have.
///
/// # Errors
///
/// As [`SymmetricRoot::from_factor`] (NaN and infinity are found in every part), and where a derivative is asked for
/// [`RootError::RankUnclear`], [`RootError::RankDrop`] (the direction counts the derivative parts of `D` from 0), and
/// [`RootError::OrderAtDeficientRank`].
pub fn symmetric_root_of_factor<D: DualParts>(
    factor: &DMatrix<D>,
    options: RootOptions,
    derivative_scale: f64,
) -> Result<DMatrix<D>, RootError> {
    rows("the factor", factor)?;
    finite_by("the factor", factor, parts_are_finite)?;
    size("the scale of the derivative", derivative_scale)?;
    let real = factor.map(|x| x.re());
    let root = SymmetricRoot::from_factor(&real, options)?;
    if D::NDERIV > 0 {
        check_order::<D>(&root)?;
        root.check_rank_is_clear()?;
        if root.rank() < root.rank_bound() {
            test_parts(&root, factor, &real, derivative_scale)?;
        }
    }
    finished(sweeps(&root, &gram(factor)))
}

/// Orders above 1 need full rank.
fn check_order<D: DualNum>(root: &SymmetricRoot) -> Result<(), RootError> {
    let (rank, dim) = (root.rank(), root.dim());
    if D::NDERIV > 1 && rank < dim {
        return Err(RootError::OrderAtDeficientRank { order: D::NDERIV, rank, dim });
    }
    Ok(())
}

/// `P0 dF Q0 = 0` along every first-order part of the factor.
///
/// `U0ᵀ F Q0 = E - (E V) Vᵀ` with `E = U0ᵀ F`, all in dual arithmetic: its real part is rounding, its derivative parts
/// are `U0ᵀ dF Q0`, since `U0` and `V` enter as constants.
fn test_parts<D: DualParts>(
    root: &SymmetricRoot,
    factor: &DMatrix<D>,
    real: &DMatrix<f64>,
    scale: f64,
) -> Result<(), RootError> {
    let right = root.range_projector() * real;
    let projected = left_product(&root.null_vectors().transpose(), factor);
    let along = right_product(&projected, &right.transpose());
    let left_over = projected - right_product(&along, &right);
    let (left_over, whole) = (part_norms(&left_over), part_norms(factor));
    let mut verdict = Worst::default();
    // the first part is the real one
    for (direction, (size, derivative)) in left_over.iter().zip(&whole).skip(1).enumerate() {
        verdict.see(direction, *size, root.test_tolerance(derivative.max(scale)));
    }
    verdict.verdict(root).map(|_| ())
}

/// `X <- X - L⁻¹[X X - M]`, `NDERIV` times from the real root; `m` symmetric.
fn sweeps<D: DualNum<Primitive = f64> + Copy>(root: &SymmetricRoot, m: &DMatrix<D>) -> DMatrix<D> {
    let u = root.vectors();
    let (ut, s) = (u.transpose(), root.roots());
    let mut x = root.root().map(D::from);
    for _ in 0..D::NDERIV {
        let residual = column_products(&x) - m;
        let residual = residual.map(|entry| entry - entry.re());
        let mut inner = right_product(&left_product(&ut, &residual), u);
        for j in 0..s.len() {
            for i in 0..s.len() {
                let null = i.min(j) >= root.rank();
                inner[(i, j)] = if null { D::from(0.0) } else { inner[(i, j)] / (s[i] + s[j]) };
            }
        }
        x -= symmetric_part(&right_product(&left_product(u, &inner), &ut));
    }
    x
}

/// `(Y + Yᵀ)/2`
fn symmetric_part<D: DualNum<Primitive = f64> + Copy>(y: &DMatrix<D>) -> DMatrix<D> {
    DMatrix::from_fn(y.nrows(), y.ncols(), |i, j| (y[(i, j)] + y[(j, i)]) * 0.5)
}

/// `F Fᵀ`: `(F Fᵀ)_ij = Fᵀ_ai Fᵀ_aj`.
fn gram<D: DualNum<Primitive = f64> + Copy>(factor: &DMatrix<D>) -> DMatrix<D> {
    column_products(&factor.transpose())
}

/// `Y_ij = A_ki A_kj`, symmetric to the bit; `A A` for symmetric `A`.
fn column_products<D: DualNum<Primitive = f64> + Copy>(a: &DMatrix<D>) -> DMatrix<D> {
    let mut y = DMatrix::from_element(a.ncols(), a.ncols(), D::from(0.0));
    for j in 0..a.ncols() {
        for i in 0..=j {
            let sum =
                a.column(i).iter().zip(a.column(j).iter()).fold(D::from(0.0), |sum, (p, q)| sum + *p * *q);
            y[(i, j)] = sum;
            y[(j, i)] = sum;
        }
    }
    y
}

/// `Y_ij = A_ik X_kj` for real `A`: a column of `A` times a number at a time.
fn left_product<D: DualNum<Primitive = f64> + Copy>(a: &DMatrix<f64>, x: &DMatrix<D>) -> DMatrix<D> {
    let mut y = DMatrix::from_element(a.nrows(), x.ncols(), D::from(0.0));
    for j in 0..x.ncols() {
        for k in 0..a.ncols() {
            let factor = x[(k, j)];
            y.column_mut(j).iter_mut().zip(a.column(k).iter()).for_each(|(out, &c)| *out += factor * c);
        }
    }
    y
}

/// `Y_ij = X_ik A_kj` for real `A`.
fn right_product<D: DualNum<Primitive = f64> + Copy>(x: &DMatrix<D>, a: &DMatrix<f64>) -> DMatrix<D> {
    let mut y = DMatrix::from_element(x.nrows(), a.ncols(), D::from(0.0));
    for j in 0..a.ncols() {
        for k in 0..x.ncols() {
            let c = a[(k, j)];
            y.column_mut(j).iter_mut().zip(x.column(k).iter()).for_each(|(out, &entry)| *out += entry * c);
        }
    }
    y
}

/// The root, unless a part of it overflowed.
fn finished<D: DualNum<Primitive = f64> + Copy>(root: DMatrix<D>) -> Result<DMatrix<D>, RootError> {
    finite_by("the root", &root, all_parts_are_finite)?;
    Ok(root)
}

#[cfg(test)]
mod tests {
    use super::super::Differentiability;
    use super::super::specimen::Random;
    use super::*;
    use nalgebra::{SVector, dmatrix};
    use num_dual::{Derivative, Dual, Dual2_64, Dual3_64, Dual64, DualSVec64, HyperDual64, HyperHyperDual64};

    fn dual(re: &DMatrix<f64>, eps: &DMatrix<f64>) -> DMatrix<Dual64> {
        re.zip_map(eps, Dual64::new)
    }

    /// `[[a, t], [t, 1]]` at t = 0: slope `B'_12 = 1/(√a + 1)`, and from `2 B B'' + 2 B' B' = 0` on the diagonal
    /// `B''_ii = -(B'_12)²/B_ii`. Through an eigendecomposition of dual numbers both slopes come out as 0 or NaN.
    #[test]
    fn two_by_two_diagonal_4_1_in_dual_numbers() {
        let t = Dual2_64::from(0.0).derivative();
        let root = symmetric_root(&dmatrix![Dual2_64::from(4.0), t; t, Dual2_64::from(1.0)]).unwrap();
        let close = |found: f64, expected: f64| (found - expected).abs() <= 8.0 * f64::EPSILON;
        assert!(close(root[(0, 1)].v1, 1.0 / 3.0), "1/3: {}", root[(0, 1)]);
        assert!(close(root[(0, 0)].v1, 0.0) && close(root[(1, 1)].v1, 0.0), "no slope on the diagonal");
        assert!(close(root[(0, 0)].v2, -1.0 / 18.0), "B''_11: {}", root[(0, 0)]);
        assert!(close(root[(1, 1)].v2, -1.0 / 9.0), "B''_22: {}", root[(1, 1)]);
    }

    #[test]
    fn two_by_two_diagonal_1_1_in_dual_numbers() {
        let t = Dual2_64::from(0.0).derivative();
        let one = Dual2_64::from(1.0);
        let root = symmetric_root(&dmatrix![one, t; t, one]).unwrap();
        let close = |found: f64, expected: f64| (found - expected).abs() <= 8.0 * f64::EPSILON;
        assert!(close(root[(0, 1)].v1, 0.5), "1/2: {}", root[(0, 1)]);
        // the eigenvalues of B are √(1 ± t): B_11 = (√(1+t) + √(1-t))/2, second derivative -1/4
        assert!(close(root[(0, 0)].v2, -0.25), "B''_11: {}", root[(0, 0)]);
        assert!(close(root[(0, 1)].v2, 0.0), "B''_12: {}", root[(0, 1)]);
    }

    /// A polynomial `S(t)` of positive definite matrices, `M = S S`: every order of the root is that of `S`, in every
    /// type. Order k is allowed `1e3 ε κ^(k/2)`; κ is at most 4 here.
    #[test]
    fn every_order_comes_back_in_every_type() {
        let mut random = Random::new(51);
        let base = random.with_eigenvalues(&[2.0, 2.0, 1.5, 1.0]);
        let (first, second) = (random.symmetric(4), random.symmetric(4));
        let bound = 1e3 * f64::EPSILON * 8.0;
        check_type(&base, &first, &second, Dual64::from(0.0).derivative(), bound);
        check_type(&base, &first, &second, Dual2_64::from(0.0).derivative(), bound);
        check_type(&base, &first, &second, Dual3_64::from(0.0).derivative(), bound);
        check_type(&base, &first, &second, HyperDual64::new(0.0, 1.0, 1.0, 0.0), bound);
        let mixed = HyperHyperDual64::new(0.0, 1.0, 2.0, -1.0, 0.5, 0.0, 0.0, 0.0);
        check_type(&base, &first, &second, mixed, bound);
        let parts = SVector::<f64, 3>::new(1.0, -2.0, 0.5);
        check_type(&base, &first, &second, DualSVec64::new(0.0, Derivative::some(parts)), bound);
        let nested = Dual::new(Dual64::new(0.0, 1.0), Dual64::new(1.0, 0.0));
        check_type(&base, &first, &second, nested, bound);
        check_type(&base, &first, &second, 0.0, bound);
    }

    /// `S = S_0 + t S_1 + t² S_2` in the number `t`; the root of `S S`, from both entrances, has the parts of `S`.
    fn check_type<D: DualParts>(
        base: &DMatrix<f64>,
        first: &DMatrix<f64>,
        second: &DMatrix<f64>,
        t: D,
        bound: f64,
    ) {
        let s = DMatrix::from_fn(4, 4, |i, j| t * first[(i, j)] + t * t * second[(i, j)] + base[(i, j)]);
        let from_matrix = symmetric_root(&gram(&s)).unwrap();
        let from_factor = symmetric_root_of_factor(&s, RootOptions::default(), 0.0).unwrap();
        for (route, root) in [("matrix", from_matrix), ("factor", from_factor)] {
            let error = part_norms(&(root - &s)).into_iter().fold(0.0, f64::max);
            assert!(error <= bound, "{} by the {route}: {error}", std::any::type_name::<D>());
        }
    }

    /// `M = u uᵀ`, `u = (cos t, sin t)`: `B = M`. First order right, `B'_12 = 1`; second order is an error, since
    /// `B''_22 = 2` is a null-null entry and the sweeps would say 0.
    #[test]
    fn a_turning_vector_has_a_first_derivative_and_no_second() {
        let t = Dual64::from(0.0).derivative();
        let factor = dmatrix![t.cos(); t.sin()];
        let root = symmetric_root_of_factor(&factor, RootOptions::default(), 0.0).unwrap();
        let expected = dmatrix![0.0, 1.0; 1.0, 0.0];
        assert!((root.map(|x| x.eps) - expected).amax() <= 4.0 * f64::EPSILON, "B' = M'");
        let square = dmatrix![t.cos(), Dual64::from(0.0); t.sin(), Dual64::from(0.0)];
        let tested = symmetric_root_of_factor(&square, RootOptions::default(), 0.0).unwrap();
        assert!(
            (tested - root).map(|x| x.eps).amax() <= 4.0 * f64::EPSILON,
            "a column of zeros changes nothing"
        );
        let error = symmetric_root(&gram(&factor)).unwrap_err();
        assert_eq!(error, RootError::FactorNeeded { rank: 1, bound: 2 }, "not from the matrix alone");

        let t = Dual2_64::from(0.0).derivative();
        let factor = dmatrix![t.cos(); t.sin()];
        let expected = RootError::OrderAtDeficientRank { order: 2, rank: 1, dim: 2 };
        let error = symmetric_root_of_factor(&factor, RootOptions::default(), 0.0).unwrap_err();
        assert_eq!(error, expected, "from the factor");
        assert_eq!(symmetric_root(&gram(&factor)).unwrap_err(), expected, "from the matrix");
        let truth = gram(&factor)[(1, 1)].v2;
        let root = SymmetricRoot::from_factor(&factor.map(|x| x.re), RootOptions::default()).unwrap();
        let lie = sweeps(&root, &gram(&factor))[(1, 1)].v2;
        assert!(
            (truth - 2.0).abs() <= 1e-15 && lie.abs() <= 1e-15,
            "the sweeps alone say {lie}, not {truth}"
        );
    }

    /// `θ²` has a kink at 0, `θ⁴` none; of a vector of derivatives the failing part is named.
    #[test]
    fn kinks_are_found_in_the_parts() {
        let seed = |k: usize| SVector::<f64, 3>::from_fn(|i, _| if i == k { 1.0 } else { 0.0 });
        let x = DualSVec64::<3>::new(0.0, Derivative::some(seed(2)));
        let error = symmetric_root_of_factor(&dmatrix![x], RootOptions::default(), 0.0).unwrap_err();
        assert!(matches!(error, RootError::RankDrop { direction: 2, rank: 0, .. }), "{error}");
        let root = symmetric_root_of_factor(&dmatrix![x * x], RootOptions::default(), 1.0).unwrap();
        assert_eq!(part_norms(&root), [0.0; 4], "B = θ² has value and slope 0");
        let constant = DualSVec64::<3>::from_re(0.0);
        assert!(
            symmetric_root_of_factor(&dmatrix![constant], RootOptions::default(), 0.0).is_ok(),
            "M = 0 for good"
        );
        assert!(
            symmetric_root_of_factor(&dmatrix![0.0], RootOptions::default(), 0.0).is_ok(),
            "f64: any rank"
        );
        assert_eq!(
            symmetric_root(&dmatrix![0.0, 0.0; 0.0, 4.0]).unwrap(),
            dmatrix![0.0, 0.0; 0.0, 2.0],
            "f64"
        );
    }

    /// Dual numbers and the eigenbasis formula agree at a deficient rank: both 64 ε √κ |dB| from the truth.
    #[test]
    fn dual_numbers_give_the_derivative_of_the_eigenbasis() {
        let mut random = Random::new(52);
        let (factor, a) = (random.matrix(5, 2) * random.matrix(2, 7), random.matrix(5, 5));
        let df = &a * &factor;
        let root = SymmetricRoot::from_factor(&factor, RootOptions::default()).unwrap();
        let root = root.differentiable_along(&factor, std::slice::from_ref(&df), 0.0).unwrap();
        assert_eq!(root.differentiability(), Differentiability::ConstantRank, "F' = A F");
        let expected = root.derivative(&(&df * factor.transpose() + &factor * df.transpose())).unwrap();
        let found = symmetric_root_of_factor(&dual(&factor, &df), RootOptions::default(), 0.0).unwrap();
        let bound = 128.0 * f64::EPSILON * root.symmetric_root().condition_on_range().unwrap().sqrt();
        assert!((found.map(|x| x.eps) - &expected).norm() <= bound * expected.norm(), "first parts");
    }

    /// The residual's real part is rounding; dividing it by `s_i + s_j` would spoil the root at κ = 1e20.
    #[test]
    fn the_real_part_is_left_as_it_was_found() {
        let factor = Random::new(53).with_eigenvalues(&[1.0, 1e-10]);
        let expected = SymmetricRoot::from_factor(&factor, RootOptions::default()).unwrap().root();
        let found = symmetric_root_of_factor(&dual(&factor, &factor), RootOptions::default(), 0.0).unwrap();
        assert_eq!(found.map(|x| x.re), expected, "to the bit");
    }

    #[test]
    fn bad_numbers_are_found_in_every_part() {
        let bad =
            dmatrix![Dual64::from(1.0), Dual64::from(0.0); Dual64::new(0.0, f64::NAN), Dual64::from(1.0)];
        let error = symmetric_root(&bad).unwrap_err();
        assert_eq!(
            error,
            RootError::NotFinite { what: "the matrix", row: 1, column: 0 },
            "NaN in a derivative"
        );
        let error = symmetric_root_of_factor(&bad, RootOptions::default(), 0.0).unwrap_err();
        assert_eq!(error, RootError::NotFinite { what: "the factor", row: 1, column: 0 }, "and in a factor");
        for bad in [f64::INFINITY, f64::NEG_INFINITY, f64::NAN] {
            assert!(symmetric_root(&dmatrix![Dual2_64::new(1.0, 0.0, bad)]).is_err(), "{bad} in the second");
            let eps = Derivative::some(SVector::<f64, 2>::new(0.0, bad));
            assert!(symmetric_root(&dmatrix![DualSVec64::new(1.0, eps)]).is_err(), "{bad} in a vector");
            let nested = Dual::new(Dual64::from(1.0), Dual64::new(0.0, bad));
            assert!(symmetric_root(&dmatrix![nested]).is_err(), "{bad} in a nested number");
            assert!(symmetric_root(&dmatrix![bad]).is_err(), "{bad} in f64");
        }
        let error = symmetric_root(&dmatrix![-1.0]).unwrap_err();
        assert!(matches!(error, RootError::NotPositive { .. }), "{error}");
        assert!(symmetric_root(&DMatrix::<f64>::zeros(2, 3)).is_err(), "shape");
        let overflow = dmatrix![Dual64::new(1e-300, 1e300)];
        assert!(symmetric_root(&overflow).is_err(), "an overflow is an error, not an infinity");
    }
}
