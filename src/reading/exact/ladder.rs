//! The order of the difference of two sides by numbers: both are evaluated at small values of the parameter, every
//! displaced point found by Newton's method, and a straight line is fitted to the logarithms.
//!
//! This shares nothing with the series but the rules of the ring, and may take part of it only where what is random has
//! finitely many outcomes; where a difference is lost in rounding it is left out.

use super::evaluate::Evaluator;
use super::preparation::Prepared;
use super::tensor::Tensor;
use crate::expression::{Expr, SymbolId};

/// The largest value of the parameter that is tried.
const START: f64 = 0.05;

/// How many values are tried, each half of the one before.
const STEPS: usize = 7;

/// The smallest values whose difference is clear decide: so many of them.
const FITTED: usize = 4;

/// A difference is clear if it is so many times the bound of its error.
const CLEAR: f64 = 300.0;

/// Multiplications for one value; where they are not enough there is no fitted exponent, the series stand alone.
const MOST_WORK: u64 = 3_000_000;

/// The fitted exponent of `|left - right|` in a positive parameter.
pub(super) fn exponent(prepared: &Prepared, (left, right): (&Expr, &Expr), symbol: SymbolId) -> Option<f64> {
    let bound = prepared.model.scalars.get(&symbol).copied().filter(|value| *value > 0.0);
    let mut value = bound.unwrap_or(START).min(START);
    let mut points: Vec<(f64, f64)> = vec![];
    for _ in 0..STEPS {
        let mut model = prepared.model.clone();
        model.scalars.insert(symbol, value);
        let mut evaluator = Evaluator::new(&model, None, 1);
        evaluator.ring = evaluator.ring.with_most_work(MOST_WORK);
        let sources = evaluator.sources(left).together(&evaluator.sources(right));
        if !sources.is_certain() {
            return None;
        }
        let (a, b) = (evaluator.eval(left, 0).ok()?, evaluator.eval(right, 0).ok()?);
        if let Some(difference) = clear_difference(&evaluator, &a, &b) {
            points.push((value.ln(), difference.ln()));
        }
        value *= 0.5;
    }
    let last = points.len().checked_sub(FITTED)?;
    fit(&points[last..])
}

/// The Euclidean norm of the difference, if it is far above rounding.
fn clear_difference(evaluator: &Evaluator<'_>, a: &Tensor, b: &Tensor) -> Option<f64> {
    if a.dims().len() != b.dims().len() {
        return None;
    }
    let difference = a.minus(&evaluator.ring, 0, b).ok()?;
    let parts = (0..difference.dims().len()).map(|c| difference.at(c, 0));
    let (square, error) = parts.fold((0.0, 0.0), |(square, error), (x, e)| (square + x * x, error + e * e));
    let (size, error) = (f64::sqrt(square), f64::sqrt(error) * f64::EPSILON);
    (size.is_finite() && size > CLEAR * error && size > 0.0).then_some(size)
}

/// The slope of the line of least squares.
fn fit(points: &[(f64, f64)]) -> Option<f64> {
    let n = super::evaluate::count(points.len());
    let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / n;
    let (x, y) = (mean(|p| p.0), mean(|p| p.1));
    let square: f64 = points.iter().map(|p| (p.0 - x) * (p.0 - x)).sum();
    let slope = points.iter().map(|p| (p.0 - x) * (p.1 - y)).sum::<f64>() / square;
    slope.is_finite().then_some(slope)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_power_has_its_exponent() {
        let points: Vec<(f64, f64)> =
            [0.1_f64, 0.05, 0.025].iter().map(|x| (x.ln(), (3.0 * x.powi(3)).ln())).collect();
        assert!((fit(&points).unwrap() - 3.0).abs() < 1e-12, "cube");
        assert_eq!(fit(&points[..1]), None, "one point has no slope");
    }
}
