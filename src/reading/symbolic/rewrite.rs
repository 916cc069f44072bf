//! Substitution in normal forms.
//!
//! A rule says which factors are replaced by which sums; it reaches into functions and expectations. Functions of what
//! changed are built anew, and an expectation in which something changed is taken anew: what is not random any more
//! leaves it.

use super::algebra::{Algebra, placed};
use super::atom::{Factor, Head, Index};
use super::obstacle::Obstacle;
use super::poly::{Poly, Product, Sealed};
use crate::expression::Rational;

/// What replaces a factor, to the power 1: a sum whose free indices `0..` are those of the factor; nothing if it stays.
pub(super) type Rule<'r> = dyn Fn(&Factor) -> Result<Option<Poly>, Obstacle> + 'r;

impl Algebra<'_> {
    /// The sum with all factors replaced.
    pub(super) fn rewritten(&self, sum: &Poly, rule: &Rule<'_>) -> Result<Poly, Obstacle> {
        let mut products = Vec::new();
        for (monomial, coefficient) in sum.terms() {
            self.rewrite_product(&monomial.0, coefficient, rule, &mut products)?;
        }
        self.finish(products)
    }

    fn rewrite_product(
        &self,
        factors: &[Factor],
        coefficient: &Rational,
        rule: &Rule<'_>,
        products: &mut Vec<Product>,
    ) -> Result<(), Obstacle> {
        let mut done: Vec<Product> = vec![(Vec::new(), coefficient.clone())];
        let mut changed: Vec<u32> = Vec::new();
        for factor in factors {
            let Some(replacement) = self.replacement(factor, rule)? else {
                done.iter_mut().for_each(|(all, _)| all.push(factor.clone()));
                continue;
            };
            if factor.group != 0 && !changed.contains(&factor.group) {
                changed.push(factor.group);
            }
            done = self.replaced(factors, factor, &replacement, done)?;
        }
        for group in changed {
            done = self.expectation_anew(done, group)?;
        }
        products.extend(done);
        Ok(())
    }

    /// Multiplies products by what stands in the place of a factor.
    fn replaced(
        &self,
        factors: &[Factor],
        factor: &Factor,
        replacement: &Poly,
        done: Vec<Product>,
    ) -> Result<Vec<Product>, Obstacle> {
        let mut next = Vec::with_capacity(done.len() * replacement.len());
        for (all, scale) in done {
            let mut within = factors.to_vec();
            within.extend(all.iter().cloned());
            for (mut part, value) in placed(replacement, factor, &within) {
                for index in part.iter_mut().flat_map(|own| &mut own.indices) {
                    if let Index::Free(slot) = index
                        && let Some(own) = factor.indices.get(*slot as usize)
                    {
                        *index = *own;
                    }
                }
                part.extend(all.iter().cloned());
                self.spend(part.len())?;
                next.push((part, &scale * &value));
            }
        }
        Ok(next)
    }

    /// What stands in the place of a factor; nothing if it stays.
    fn replacement(&self, factor: &Factor, rule: &Rule<'_>) -> Result<Option<Poly>, Obstacle> {
        if let Some(sum) = rule(factor)? {
            return self.power(&sum, &factor.power).map(Some);
        }
        if let Some(inner) = factor.head.inner_product() {
            let inner = Poly::monomial(inner.clone(), Rational::ONE);
            let new = self.rewritten(&inner, rule)?;
            if new == inner {
                return Ok(None);
            }
            return match factor.head {
                Head::Exp(_) => self.exponential(&new.scaled(&factor.power)).map(Some),
                _ => self.power(&self.integral(&new)?, &factor.power).map(Some),
            };
        }
        let Some(inner) = factor.head.inner() else { return Ok(None) };
        let new = self.rewritten(inner.poly(), rule)?;
        if new == *inner.poly() {
            return Ok(None);
        }
        self.rebuilt(factor, &new).map(Some)
    }

    /// A function of another sum.
    fn rebuilt(&self, factor: &Factor, inner: &Poly) -> Result<Poly, Obstacle> {
        let value = match &factor.head {
            Head::Base(_) => return self.power(inner, &factor.power),
            Head::Log(_) => self.logarithm(inner)?,
            Head::Function(function, _) => self.built_in(*function, inner)?,
            Head::Apply(symbol, order, _) => {
                self.function(|inner| Head::Apply(*symbol, *order, inner), inner.clone())
            }
            Head::LogDet(_) => self.log_det(inner)?,
            Head::Inverse { .. } => self.inverse(inner)?,
            Head::Root(_) if factor.derivatives().is_empty() => self.matrix_root(inner)?,
            _ => return Err(Obstacle::Beyond { what: "a substitution in the derivative of a root" }),
        };
        self.power(&value, &factor.power)
    }

    /// Takes one expectation of each product again.
    fn expectation_anew(&self, done: Vec<Product>, group: u32) -> Result<Vec<Product>, Obstacle> {
        let mut products = Vec::new();
        for (factors, coefficient) in done {
            let (own, fixed): (Vec<Factor>, Vec<Factor>) =
                factors.into_iter().partition(|factor| factor.group == group);
            let own: Vec<Factor> = own.into_iter().map(|factor| Factor { group: 0, ..factor }).collect();
            self.expectation_of_draw(&fixed, &coefficient, own, &mut products)?;
        }
        Ok(products)
    }

    /// The same tensor in one way: with its space indices, which are free indices 0 and 1, spread over their values.
    pub(super) fn sealed_matrix(&self, matrix: &Poly) -> Result<Sealed, Obstacle> {
        let length = crate::expression::Length::Space;
        Ok(Sealed::new(self.spread(matrix, &[(Index::Free(0), length), (Index::Free(1), length)])?))
    }
}
