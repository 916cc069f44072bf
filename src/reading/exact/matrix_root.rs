//! The symmetric root of a matrix, from a factor where the matrix is a covariance: the square loses half the digits.
//!
//! ```text
//! c Cov[v] = F F',   F = sqrt(c) [sqrt(p_1) (v_1 - E[v]), sqrt(p_2) (v_2 - E[v]), ...]
//! ```

use super::Unable;
use super::evaluate::Evaluator;
use super::linear;
use super::tensor::{Dims, Tensor};
use super::univariate::{power_of, reciprocal};
use crate::expression::{Expr, Kind};

/// A factor of a matrix.
struct Factor {
    factor: Tensor,
    /// Frobenius norm of what it was computed from.
    scale: f64,
    /// The largest rank that it can have.
    bound: usize,
}

impl Evaluator<'_> {
    /// `sqrt(A)`
    pub(super) fn matrix_root(&mut self, a: &Expr, cut: usize) -> Result<Tensor, Unable> {
        if let Some((scale, covariance)) = scaled_covariance(a)
            && let Some(found) = self.factor(&covariance, cut)?
        {
            let mut c = Tensor::number(1.0);
            for (expression, divides) in scale {
                let value = self.eval(&expression, cut)?;
                let value = if divides { reciprocal(&self.ring, cut, &value)? } else { (*value).clone() };
                c = c.times(&self.ring, cut, &value)?;
            }
            let root = power_of(&self.ring, cut, &c, 0.5)?;
            let scale = found.scale * root.at(0, root.offset()).0;
            let factor = found.factor.times(&self.ring, cut, &root)?;
            return linear::root_of_factor(&self.ring, cut, &factor, scale, found.bound);
        }
        let a = self.eval(a, cut)?;
        linear::root_of_matrix(&self.ring, cut, &a)
    }

    /// `[sqrt(p_b) (v_b - E[v])]` of an expectation over finitely many outcomes.
    fn factor(&mut self, v: &Expr, cut: usize) -> Result<Option<Factor>, Unable> {
        let sources = self.sources(v);
        if !self.is_finite(&sources)? {
            return Ok(None);
        }
        let mean = self.expectation(v, cut)?;
        let Dims::Vector(d) = mean.dims() else { return Ok(None) };
        let outcomes = self.outcomes(&sources, 1)?;
        let (count, mut columns, mut scale) = (outcomes.len(), vec![], 0.0);
        self.for_outcomes(outcomes, &mut |this, weight| {
            let value = this.eval(v, cut)?;
            scale += weight * value.constants_at(value.offset()).iter().map(|x| x * x).sum::<f64>();
            columns.push(value.minus(&this.ring, cut, &mean)?.scaled(weight.sqrt()));
            Ok(())
        })?;
        let parts: Vec<Tensor> =
            (0..d).flat_map(|i| columns.iter().map(move |column| column.component(i))).collect();
        let factor = Tensor::stacked(&self.ring, cut, Dims::Matrix(d, count), &parts)?;
        Ok(Some(Factor { factor, scale: scale.sqrt(), bound: d.min(count.saturating_sub(1)) }))
    }
}

/// `A = c Cov[v]`: the factors and divisors of `c`, and `v`.
fn scaled_covariance(a: &Expr) -> Option<(Vec<(Expr, bool)>, Expr)> {
    match a.kind() {
        Kind::Cov(v) => Some((vec![], v.clone())),
        Kind::Mul(c, rest) | Kind::Mul(rest, c) if matches!(c.shape(), crate::expression::Shape::Scalar) => {
            let (mut scale, v) = scaled_covariance(rest)?;
            scale.push((c.clone(), false));
            Some((scale, v))
        }
        Kind::Div(rest, c) => {
            let (mut scale, v) = scaled_covariance(rest)?;
            scale.push((c.clone(), true));
            Some((scale, v))
        }
        _ => None,
    }
}
