//! The symmetric root of a matrix of series.
//!
//! At the point the root is known beforehand (the matrix was chosen as a square) or found in closed form. Around it, with
//! `B = B0 + X` and `M = B0^2 + N`, the equation `B B = M` is `B0 X + X B0 = N - X X`: a linear equation with a matrix of
//! numbers, solved again and again, each time to one order more.

use super::evaluate::{Evaluator, Scene, number};
use super::functions::Measure;
use super::number::Exact;
use super::series::{EXACT, Key, Limits, Ring, Series, Stop, Try};
use super::tensor::{Tensor, shape};
use crate::expression::{Expr, FieldShape, Rational, SymbolId, SymbolKind};

/// Positive definite matrices at the point that the names of an instance were made of.
#[derive(Debug)]
pub(super) struct Roots<F> {
    known: Vec<(SymbolId, Vec<F>)>,
}

impl<F> Default for Roots<F> {
    fn default() -> Self {
        Self { known: Vec::new() }
    }
}

/// The numbers of a matrix at the point.
fn numbers<F: Exact>(matrix: &Tensor<F>) -> Vec<F> {
    matrix.data.iter().map(Series::value).collect()
}

impl<F: Exact> Roots<F> {
    /// Notes the root of a name, and with it its square and inverse, the roots of products and inverses.
    pub(super) fn remember(
        &mut self,
        name: SymbolId,
        root: &Tensor<F>,
        ring: &Ring,
        limits: Limits,
    ) -> Try<()> {
        if self.known.iter().any(|(known, _)| *known == name) {
            return Ok(());
        }
        let square = root.product(root, ring, limits)?;
        // The adjugate is a positive multiple of the inverse.
        let inverse = root.adjugate(ring, limits)?;
        self.known.extend([root, &square, &inverse].map(|matrix| (name, numbers(matrix))));
        Ok(())
    }

    /// The known root of which a matrix is a multiple of the square, with its name and the multiple.
    fn find(&self, matrix: &[F], size: usize) -> Option<(SymbolId, &[F], Rational)> {
        self.known.iter().find_map(|(name, root)| {
            let square = square(root, size);
            let factor = matrix.first()?.mul(&square.first()?.inverse()?);
            let multiple = square.len() == matrix.len();
            let multiple = multiple && square.iter().zip(matrix).all(|(s, m)| s.mul(&factor) == *m);
            let factor = factor.to_rational().filter(|factor| multiple && factor.is_positive())?;
            Some((*name, root.as_slice(), factor))
        })
    }
}

/// The square of a matrix of numbers.
fn square<F: Exact>(root: &[F], size: usize) -> Vec<F> {
    let entry = |p: usize| {
        let term = |k: usize| root[p / size * size + k].mul(&root[k * size + p % size]);
        (0..size).fold(F::zero(), |sum, k| sum.add(&term(k)))
    };
    (0..size * size).map(entry).collect()
}

/// The root of a positive definite 1 x 1 or 2 x 2 or diagonal matrix if it is rational. For 2 x 2,
/// `B = (M + sqrt(det M) I) / sqrt(tr M + 2 sqrt(det M))`.
fn closed_form(matrix: &[Rational], size: usize) -> Option<Vec<Rational>> {
    let entry = |i: usize, j: usize| &matrix[i * size + j];
    let diagonal = (0..size * size).all(|p| p / size == p % size || matrix[p].is_zero());
    if diagonal {
        let positive = (0..size).all(|i| entry(i, i).is_positive());
        let root = |p: usize| if p / size == p % size { matrix[p].sqrt() } else { Some(Rational::ZERO) };
        return if positive { (0..size * size).map(root).collect() } else { None };
    }
    if size != 2 {
        return None;
    }
    let trace = entry(0, 0) + entry(1, 1);
    let determinant = &(entry(0, 0) * entry(1, 1)) - &(entry(0, 1) * entry(1, 0));
    if !determinant.is_positive() || !trace.is_positive() {
        return None;
    }
    let root = determinant.sqrt()?;
    let scale = (&trace + &(&root * &Rational::integer(2))).sqrt()?.recip()?;
    let shifted = |p: usize| if p / 2 == p % 2 { &matrix[p] + &root } else { matrix[p].clone() };
    Some((0..4).map(|p| &shifted(p) * &scale).collect())
}

impl<F: Exact> Evaluator<'_, F> {
    /// `sqrt(A)`
    pub(super) fn matrix_root(&mut self, e: &Expr, k: usize, scene: &Scene) -> Try<Tensor<F>> {
        let limits = self.limits(k);
        let matrix = self.value(e, k, scene)?;
        let (size, columns) = matrix.rows_columns()?;
        if size != columns || limits.degree == usize::MAX {
            return Err(shape());
        }
        let start = matrix.data.iter().map(Series::valuation).min().unwrap_or(EXACT);
        if start == EXACT || start % 2 != 0 {
            return Err(Stop::unable("the root of a matrix that is 0, or of an odd half power"));
        }
        let down = i16::try_from(-start).map_err(|_| Stop::Budget)?;
        let lifted = matrix.try_map(|c| c.times_key(Key::small(down)))?;
        let nilpotent =
            |c: &Series<F>| c.terms.iter().all(|(key, _)| key.power() > 0 || !key.has_variables());
        if !lifted.data.iter().all(nilpotent) {
            return Err(Stop::unable("the root of a random matrix"));
        }
        let root = self.root_at_point(&numbers(&lifted), size, e, scene)?;
        let inverse = sylvester_inverse(&root, size)?;
        let constant = |values: &[F]| values.iter().map(|v| Series::constant(v.clone())).collect();
        let base = Tensor::matrix(size, size, constant(&root));
        let mut rest = lifted.clone();
        rest.add_scaled(&base.product(&base, &self.ring, limits)?, &F::one().neg())?;
        let halves = if limits.cut == EXACT { 0 } else { usize::try_from(limits.cut).unwrap_or(0) };
        let mut x: Tensor<F> = Tensor::zero(vec![size, size]);
        for _ in 0..k + halves + 1 {
            let mut right = rest.clone();
            right.add_scaled(&x.product(&x, &self.ring, limits)?, &F::one().neg())?;
            x = apply(&inverse, &right);
        }
        x.add_scaled(&base, &F::one())?;
        let known = limits.cut;
        x.try_map(|c| c.known_below(known).times_key(Key::small(-down / 2)))
    }

    /// The root of the numbers at the point.
    fn root_at_point(&mut self, matrix: &[F], size: usize, e: &Expr, scene: &Scene) -> Try<Vec<F>> {
        if let Some((name, root, factor)) = self.roots.find(matrix, size) {
            if let Some(scale) = number::<F>(&factor)?.root() {
                return Ok(root.iter().map(|r| r.mul(&scale)).collect());
            }
            let symmetric = matches!(
                self.setting.symbols.get(name).kind,
                SymbolKind::Field { shape: FieldShape::Symmetric, .. }
            );
            if symmetric && !self.setting.draw.scales.contains_key(&name) {
                return Err(Stop::Rescale(name, factor));
            }
            let base = square(root, size).first().and_then(F::to_rational).ok_or(Stop::Budget)?;
            let targets =
                [(1, 1), (4, 1), (1, 4), (9, 1)].into_iter().filter_map(|(n, d)| Rational::new(n, d));
            let targets = targets.map(|square| &base * &square).collect();
            return Err(self.requests.ask_for(Measure::FirstEntry, e, scene, targets));
        }
        let exact: Option<Vec<Rational>> = matrix.iter().map(F::to_rational).collect();
        let root = exact.and_then(|exact| closed_form(&exact, size));
        let root = root.and_then(|root| root.iter().map(F::from_rational).collect::<Option<Vec<F>>>());
        root.ok_or_else(|| Stop::unable("the root of a matrix is not rational at the point"))
    }
}

/// The inverse of `X -> B X + X B` on matrices in row order.
fn sylvester_inverse<F: Exact>(root: &[F], size: usize) -> Try<Vec<Vec<F>>> {
    let count = size * size;
    let mut rows: Vec<Vec<F>> = (0..count)
        .map(|place| {
            let (i, j) = (place / size, place % size);
            let mut row = vec![F::zero(); 2 * count];
            for m in 0..size {
                row[m * size + j] = row[m * size + j].add(&root[i * size + m]);
                row[i * size + m] = row[i * size + m].add(&root[m * size + j]);
            }
            row[count + place] = F::one();
            row
        })
        .collect();
    for column in 0..count {
        let pivot = (column..count).find(|row| !rows[*row][column].is_zero());
        let pivot = pivot.ok_or_else(|| Stop::unable("the root of a singular matrix"))?;
        rows.swap(column, pivot);
        let scale = rows[column][column].inverse().ok_or(Stop::Budget)?;
        let lead: Vec<F> = rows[column].iter().map(|c| c.mul(&scale)).collect();
        for (number, row) in rows.iter_mut().enumerate() {
            if number != column && !row[column].is_zero() {
                let factor = row[column].neg();
                for (c, l) in row.iter_mut().zip(&lead) {
                    c.add_product(&factor, l);
                }
            }
        }
        rows[column] = lead;
    }
    Ok(rows.into_iter().map(|row| row[count..].to_vec()).collect())
}

/// A matrix of numbers times the components of a tensor.
fn apply<F: Exact>(rows: &[Vec<F>], tensor: &Tensor<F>) -> Tensor<F> {
    let entry = |row: &Vec<F>| {
        let mut sum = Series::zero();
        for (factor, component) in row.iter().zip(&tensor.data) {
            sum.add_scaled(component, factor);
        }
        sum
    };
    Tensor { extents: tensor.extents.clone(), data: rows.iter().map(entry).collect() }
}
