//! A function of one variable that is bound to an expression: its Taylor coefficients by the same evaluation, in a ring
//! of one variable.

use super::Unable;
use super::evaluate::Evaluator;
use super::model::Model;
use super::ring::Ring;
use super::tensor::Tensor;
use super::univariate::compose;
use crate::expression::{Expr, Symbols};
use std::collections::HashMap;
use std::sync::Arc;

/// The `derivative`-th derivative of `body`, an expression in the one coordinate of its symbols, at a scalar.
///
/// # Errors
/// It is not smooth there.
pub(super) fn apply(
    ring: &Ring,
    cut: usize,
    (body, symbols): (&Expr, &Arc<Symbols>),
    derivative: usize,
    z: &Tensor,
) -> Result<Tensor, Unable> {
    if z.offset() < 0 {
        return Err(Unable::NoSeries { what: "a function of something that grows beyond bounds" });
    }
    let (x, error) = z.at(0, 0);
    let order = cut + ring.powers();
    let model = Model {
        symbols: Arc::clone(symbols),
        theta: vec![x],
        lengths: HashMap::new(),
        rows: 1,
        picked: None,
        randoms: HashMap::new(),
        scalars: HashMap::new(),
        fields: HashMap::new(),
        functions: HashMap::new(),
        seed: 0,
    };
    let jet = Evaluator::new(&model, None, 1).eval(body, order + derivative + 1)?;
    // f^(n)/k! = (n + k)!/(k! n!) n! f_(n+k), as a product of k + 1, ..., k + n.
    let coefficient = |k: usize| {
        let factor: f64 = (k + 1..=k + derivative).map(super::evaluate::count).product();
        let (value, error) = jet.coefficient(0, k + derivative, 0);
        (factor * value, factor * (error + value.abs()))
    };
    let series: Vec<(f64, f64)> = (0..=order)
        .map(|k| {
            let (value, own) = coefficient(k);
            (value, own + super::evaluate::count(k + 1) * coefficient(k + 1).0.abs() * error)
        })
        .collect();
    compose(ring, cut, &series, z)
}
