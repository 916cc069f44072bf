//! Expressions of numbers and scalars, in numbers.

#![allow(clippy::wildcard_enum_match_arm, reason = "every form that is not named is refused")]

use crate::expression::{Expr, Function, Kind, SymbolId};
use num_traits::ToPrimitive;

/// The value of an expression of scalars; nothing where it has no finite one.
pub(in crate::reading) fn constant(e: &Expr, scalars: &dyn Fn(SymbolId) -> Option<f64>) -> Option<f64> {
    let of = |e: &Expr| constant(e, scalars);
    let value = match e.kind() {
        Kind::Number(number) => number.to_big().to_f64()?,
        Kind::Symbol(id) => scalars(*id)?,
        Kind::Add(terms) => terms.iter().map(of).sum::<Option<f64>>()?,
        Kind::Neg(a) => -of(a)?,
        Kind::Mul(a, b) => of(a)? * of(b)?,
        Kind::Div(a, b) => of(a)? / of(b)?,
        Kind::Pow(a, b) => of(a)?.powf(of(b)?),
        Kind::Sqrt(a) => of(a)?.sqrt(),
        Kind::Function(function, a) => of_function(*function, of(a)?),
        _ => return None,
    };
    value.is_finite().then_some(value)
}

fn of_function(function: Function, x: f64) -> f64 {
    match function {
        Function::Exp => x.exp(),
        Function::Log => x.ln(),
        Function::Sin => x.sin(),
        Function::Cos => x.cos(),
        Function::Tan => x.tan(),
        Function::Sinh => x.sinh(),
        Function::Cosh => x.cosh(),
        Function::Tanh => x.tanh(),
        Function::Logistic => 1.0 / (1.0 + (-x).exp()),
        Function::Softplus => x.max(0.0) + (-x.abs()).exp().ln_1p(),
        Function::Arsinh => x.asinh(),
        Function::Arctan => x.atan(),
        Function::Abs => x.abs(),
    }
}
