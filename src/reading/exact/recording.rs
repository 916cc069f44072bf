//! A loss on the rows of a data set, as the list of its elementary operations, run in the ring.

use super::Unable;
use super::ring::Ring;
use super::tensor::Tensor;
use super::univariate::{Curve, reciprocal};
use crate::loss::{Builtin, Loss, Node, Problem, Unary, record};

/// A loss with its data.
#[derive(Debug)]
pub(super) struct LossRows {
    problem: Problem<Builtin>,
}

impl LossRows {
    pub(super) fn new(problem: Problem<Builtin>) -> Self {
        Self { problem }
    }

    /// Number of parameters.
    pub(super) fn dim(&self) -> usize {
        self.problem.dim()
    }

    /// Whether the loss is defined at a point.
    ///
    /// # Errors
    /// It is not.
    pub(super) fn check(&self, theta: &[f64]) -> Result<(), crate::loss::ProblemError> {
        self.problem.check_theta(theta)
    }

    /// The loss of one row at `theta_0 + h`, up to a degree.
    ///
    /// # Errors
    /// It is not smooth there, or not defined.
    pub(super) fn evaluate(
        &self,
        ring: &Ring,
        cut: usize,
        row: usize,
        theta: &[f64],
    ) -> Result<Tensor, Unable> {
        if row >= self.problem.rows() || self.problem.check_theta(theta).is_err() {
            return Err(Unable::NotFinite { what: "the loss" });
        }
        let x = self.problem.row(row);
        let recording = record(x, theta, |x, theta| self.problem.loss().loss(x, theta));
        let variables = Tensor::variables(ring, theta)?;
        let mut values: Vec<Tensor> = Vec::with_capacity(recording.nodes.len());
        let last = recording.result as usize;
        for node in &recording.nodes[..=last] {
            let at = |place: u32| &values[place as usize];
            let value = match *node {
                Node::Theta(i) => variables.component(i as usize),
                Node::Row(j) => Tensor::number(x[j as usize]),
                Node::Constant(bits) => Tensor::number(f64::from_bits(bits)),
                Node::Neg(a) => at(a).clone().negated(),
                Node::Add(a, b) => at(a).plus(ring, cut, at(b))?,
                Node::Sub(a, b) => at(a).minus(ring, cut, at(b))?,
                Node::Mul(a, b) => at(a).times(ring, cut, at(b))?,
                Node::Div(a, b) => at(a).times(ring, cut, &reciprocal(ring, cut, at(b))?)?,
                Node::Apply(Unary::Powi(2), a) => at(a).times(ring, cut, at(a))?,
                Node::Apply(function, a) => Curve::Recorded(function).of(ring, cut, at(a))?,
            };
            values.push(value);
        }
        values.pop().ok_or(Unable::NotFinite { what: "the loss" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Data;

    /// `u = log(1 + exp(theta.x)) - y theta.x` at `theta = 0`: `g = (1/2 - y) x`, `H = x x'/4`.
    #[test]
    fn a_recorded_loss_has_its_derivatives() {
        let data = Data::from_rows(&["x1", "x2", "y"], &[[2.0, -1.0, 1.0]]).unwrap();
        let rows = LossRows::new(Problem::new(Builtin::Logistic { features: 2 }, &data).unwrap());
        let ring = Ring::new(2, 1);
        let u = rows.evaluate(&ring, 3, 0, &[0.0, 0.0]).unwrap();
        let expected = [2.0_f64.ln(), -1.0, 0.5, 0.5, -0.5, 0.125];
        for (m, expected) in expected.into_iter().enumerate() {
            let (found, error) = u.coefficient(0, m, 0);
            assert!((found - expected).abs() <= 1e-15, "{m}: {found}");
            assert!(error < 100.0, "{m}: {error}");
        }
        assert!(rows.evaluate(&ring, 3, 1, &[0.0, 0.0]).is_err(), "no such row");
        assert!(rows.evaluate(&ring, 3, 0, &[f64::NAN, 0.0]).is_err(), "NaN");
    }
}
