//! Roots, inverses and determinants of matrices.
//!
//! ```text
//! sqrt(c A) = sqrt(c) sqrt(A)     sqrt(I) = I      (c A)^-1 = A^-1/c      log det (c A) = d log c + log det A
//! (A^-1)^-1 = A
//! A^-1 = adj(A)/det(A)            det A = sum_p sign(p) A_1p(1) .. A_dp(d)         in a fixed dimension
//! ```
//!
//! In any dimension the root `B` of `M` and the inverse of `A` are factors of their own, known by `B B = M` and
//! `A A^-1 = I`, which [`super::relation`] uses.

use super::algebra::{Algebra, replace_index};
use super::atom::{Draw, Factor, Head, Index};
use super::obstacle::Obstacle;
use super::poly::{Monomial, Poly, Sealed};
use super::reliance::Reliance;
use crate::expression::{Length, Rational};

/// Largest dimension in which determinants are expanded.
const DIMENSION: u32 = 4;

impl Algebra<'_> {
    /// Whether a matrix with free indices 0 and 1 is symmetric.
    pub(super) fn is_symmetric(&self, matrix: &Poly) -> Result<bool, Obstacle> {
        let swapped = self.renamed(matrix, |index| match index {
            Index::Free(0) => Index::Free(1),
            Index::Free(1) => Index::Free(0),
            other => other,
        })?;
        let both = [(Index::Free(0), Length::Space), (Index::Free(1), Length::Space)];
        Ok(self.spread(&swapped, &both)? == self.spread(matrix, &both)?)
    }

    /// The symmetric positive semidefinite root of a symmetric matrix.
    pub(super) fn matrix_root(&self, matrix: &Poly) -> Result<Poly, Obstacle> {
        if !self.is_symmetric(matrix)? {
            return Err(Obstacle::Beyond { what: "the root of a matrix that is not symmetric" });
        }
        let (scale, rest) = self.scale_of_matrix(matrix)?;
        let scale = self.power(&scale, &Rational::half(1))?;
        if self.is_unit(&rest)? {
            return self.times(&scale, &rest);
        }
        if let Some(root) = self.root_in_values(matrix)? {
            return Ok(root);
        }
        if rest.draw() != Draw::Fixed {
            return Err(Obstacle::Beyond { what: "the root of a random matrix" });
        }
        let head = Head::Root(self.sealed_matrix(&rest)?);
        self.rely(Reliance::SmoothRoot(rest));
        self.times(&scale, &self.factor(Factor::new(head, Draw::Fixed, &[Index::Free(0), Index::Free(1)]))?)
    }

    /// The root of a diagonal matrix, entry by entry, and of one of two rows, `(M + r I)/sqrt(tr M + 2 r)` with
    /// `r = sqrt(det M)`; nothing for others.
    fn root_in_values(&self, matrix: &Poly) -> Result<Option<Poly>, Obstacle> {
        let Some(dimension) = self.dimension else { return Ok(None) };
        let half = Rational::half(1);
        let mut diagonal = true;
        for i in 0..dimension {
            for j in i + 1..dimension {
                diagonal = diagonal && self.component(matrix, i, j)?.is_zero();
            }
        }
        if diagonal {
            let mut sum = Poly::zero();
            for i in 0..dimension {
                let entry = self.component(matrix, i, i)?;
                let root = if entry.is_zero() { entry } else { self.power(&entry, &half)? };
                sum = sum.plus(&self.times(&root, &basis(i, i))?);
            }
            return Ok(Some(sum));
        }
        if dimension != 2 {
            return Ok(None);
        }
        let determinant = self.determinant(matrix, 2)?;
        let trace = self.component(matrix, 0, 0)?.plus(&self.component(matrix, 1, 1)?);
        let root = if determinant.is_zero() { determinant } else { self.power(&determinant, &half)? };
        let below = self.power(&trace.plus(&root.scaled(&Rational::integer(2))), &Rational::half(-1))?;
        let above = matrix.plus(&self.times(&root, &self.unit()?)?);
        self.times(&above, &below).map(Some)
    }

    /// The inverse of a square matrix.
    pub(super) fn inverse(&self, matrix: &Poly) -> Result<Poly, Obstacle> {
        if let Some(dimension) = self.dimension {
            return self.inverse_in(matrix, dimension);
        }
        let (scale, rest) = self.scale_of_matrix(matrix)?;
        let scale = self.power(&scale, &Rational::integer(-1))?;
        if self.is_unit(&rest)? {
            return self.times(&scale, &rest);
        }
        if let Some(matrix) = self.inverted(&rest)? {
            return self.times(&scale, &matrix);
        }
        let sealed = self.sealed_matrix(&rest)?;
        let symmetric = self.is_symmetric(&rest)?;
        let factor = inverse_factor(&sealed, symmetric, Index::Free(0), Index::Free(1));
        self.times(&scale, &self.factor(factor)?)
    }

    /// The matrix `A` of `A^-1`, or its transpose; nothing for other matrices.
    fn inverted(&self, matrix: &Poly) -> Result<Option<Poly>, Obstacle> {
        let Some((monomial, coefficient)) = matrix.as_single() else { return Ok(None) };
        let [factor] = monomial.0.as_slice() else { return Ok(None) };
        let Head::Inverse { matrix, .. } = &factor.head else { return Ok(None) };
        if factor.group != 0 || !coefficient.is_one() || matches!(factor.draw, Draw::Copy { .. }) {
            return Ok(None);
        }
        let slot = |at: usize| factor.indices.get(at).copied();
        let (Some(first), Some(second)) = (slot(0), slot(1)) else { return Ok(None) };
        let renamed = self.renamed(matrix.poly(), |index| match index {
            Index::Free(0) => first,
            Index::Free(1) => second,
            other => other,
        });
        renamed.map(Some)
    }

    /// `A^-1_ij` of a matrix without scale.
    pub(super) fn inverse_factor(&self, matrix: &Sealed, i: Index, j: Index) -> Result<Factor, Obstacle> {
        Ok(inverse_factor(matrix, self.is_symmetric(matrix.poly())?, i, j))
    }

    /// `log det A`
    pub(super) fn log_det(&self, matrix: &Poly) -> Result<Poly, Obstacle> {
        if let Some(dimension) = self.dimension {
            return self.logarithm(&self.determinant(matrix, dimension)?);
        }
        let (scale, rest) = self.scale_of_matrix(matrix)?;
        let extent = self.factor(Factor::number(Head::Extent(Length::Space)))?;
        let of_scale = self.times(&extent, &self.logarithm(&scale)?)?;
        if self.is_unit(&rest)? {
            return Ok(of_scale);
        }
        let sealed = self.sealed_matrix(&rest)?;
        Ok(of_scale.plus(&self.function(|_| Head::LogDet(sealed.clone()), rest)))
    }

    /// `c` and `A` of a matrix `c A`; the scale is 1 unless all terms have it.
    fn scale_of_matrix(&self, matrix: &Poly) -> Result<(Poly, Poly), Obstacle> {
        if matrix.is_zero() {
            return Err(Obstacle::Beyond { what: "the root or the inverse of the matrix 0" });
        }
        let (factors, number) = super::function::content(matrix);
        let factors: Vec<Factor> = factors.into_iter().filter(|f| f.draw == Draw::Fixed).collect();
        let content = (factors, number);
        let rest = self.divided(matrix, &content)?;
        Ok((self.finish(vec![content])?, rest))
    }

    fn unit(&self) -> Result<Poly, Obstacle> {
        let delta = Factor::new(Head::Delta(Length::Space), Draw::Fixed, &[Index::Free(0), Index::Free(1)]);
        self.spread(&self.factor(delta)?, &[(Index::Free(0), Length::Space), (Index::Free(1), Length::Space)])
    }

    fn is_unit(&self, matrix: &Poly) -> Result<bool, Obstacle> {
        let both = [(Index::Free(0), Length::Space), (Index::Free(1), Length::Space)];
        Ok(self.spread(matrix, &both)? == self.unit()?)
    }

    /// `A_ij` at values of the indices.
    pub(super) fn component(&self, matrix: &Poly, i: u32, j: u32) -> Result<Poly, Obstacle> {
        let mut products = Vec::new();
        for (monomial, coefficient) in matrix.terms() {
            let mut factors = monomial.0.clone();
            replace_index(&mut factors, Index::Free(0), Index::Value(i));
            replace_index(&mut factors, Index::Free(1), Index::Value(j));
            products.push((factors, coefficient.clone()));
        }
        self.finish(products)
    }

    /// The determinant by expansion, row by row.
    fn determinant(&self, matrix: &Poly, dimension: u32) -> Result<Poly, Obstacle> {
        if dimension > DIMENSION {
            return Err(Obstacle::TooLarge {
                what: "dimensions of a determinant",
                limit: u64::from(DIMENSION),
            });
        }
        let all: Vec<u32> = (0..dimension).collect();
        self.minor(matrix, &all, &all)
    }

    /// The determinant of some rows and columns.
    fn minor(&self, matrix: &Poly, rows: &[u32], columns: &[u32]) -> Result<Poly, Obstacle> {
        let Some((&first, rest)) = rows.split_first() else { return Ok(Poly::one()) };
        let mut sum = Poly::zero();
        for (at, &column) in columns.iter().enumerate() {
            let others: Vec<u32> = columns.iter().copied().filter(|other| *other != column).collect();
            let part =
                self.times(&self.component(matrix, first, column)?, &self.minor(matrix, rest, &others)?)?;
            sum = if at % 2 == 0 { sum.plus(&part) } else { sum.minus(&part) };
        }
        Ok(sum)
    }

    /// `A^-1_ij = (-1)^(i+j) minor_ji/det`
    fn inverse_in(&self, matrix: &Poly, dimension: u32) -> Result<Poly, Obstacle> {
        let determinant = self.power(&self.determinant(matrix, dimension)?, &Rational::integer(-1))?;
        let mut sum = Poly::zero();
        for i in 0..dimension {
            for j in 0..dimension {
                let rows: Vec<u32> = (0..dimension).filter(|row| *row != j).collect();
                let columns: Vec<u32> = (0..dimension).filter(|column| *column != i).collect();
                let minor = self.times(&self.minor(matrix, &rows, &columns)?, &determinant)?;
                let part = self.times(&minor, &basis(i, j))?;
                sum = if (i + j) % 2 == 0 { sum.plus(&part) } else { sum.minus(&part) };
            }
        }
        Ok(sum)
    }
}

/// The matrix with a 1 in one place.
fn basis(i: u32, j: u32) -> Poly {
    let vector = |slot, value| {
        Factor::new(Head::Delta(Length::Space), Draw::Fixed, &[Index::Free(slot), Index::Value(value)])
    };
    Poly::monomial(Monomial(vec![vector(0, i), vector(1, j)]), Rational::ONE)
}

fn inverse_factor(matrix: &Sealed, symmetric: bool, i: Index, j: Index) -> Factor {
    let draw = matrix.poly().draw();
    Factor::new(Head::Inverse { matrix: matrix.clone(), symmetric }, draw, &[i, j])
}
