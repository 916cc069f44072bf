//! One operation of a written loss.

use crate::expression::Function;
use crate::loss::number::{Number, constant, logistic, softplus, tanh};

/// A scalar operation on results of earlier ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Step {
    Parameter(usize),
    Column(usize),
    /// As its bits.
    Constant(u64),
    Neg(usize),
    Add(usize, usize),
    Sub(usize, usize),
    Mul(usize, usize),
    /// A result times a column of the row.
    Scale(usize, usize),
    Div(usize, usize),
    Sqrt(usize),
    Log1p(usize),
    Powi(usize, i32),
    /// The exponent as its bits.
    Powf(usize, u64),
    Apply(Function, usize),
}

impl Step {
    /// The result of the operation, in the number type of a loss.
    pub(super) fn run<D: Number>(self, x: &[D::InnerDual], theta: &[D], results: &[D]) -> D {
        match self {
            Self::Parameter(i) => theta[i],
            Self::Column(j) => D::from_re(x[j]),
            Self::Constant(bits) => constant(f64::from_bits(bits)),
            Self::Neg(a) => -results[a],
            Self::Add(a, b) => results[a] + results[b],
            Self::Sub(a, b) => results[a] - results[b],
            Self::Mul(a, b) => results[a] * results[b],
            Self::Scale(a, column) => results[a].scale(&x[column]),
            Self::Div(a, b) => results[a] / results[b],
            Self::Sqrt(a) => results[a].sqrt(),
            Self::Log1p(a) => results[a].ln_1p(),
            Self::Powi(a, n) => results[a].powi(n),
            Self::Powf(a, bits) => results[a].powf(f64::from_bits(bits)),
            Self::Apply(function, a) => apply(function, results[a]),
        }
    }

    /// The results that it reads.
    pub(super) fn operands(self) -> [Option<usize>; 2] {
        match self {
            Self::Parameter(_) | Self::Column(_) | Self::Constant(_) => [None, None],
            Self::Neg(a)
            | Self::Scale(a, _)
            | Self::Sqrt(a)
            | Self::Log1p(a)
            | Self::Powi(a, _)
            | Self::Powf(a, _)
            | Self::Apply(_, a) => [Some(a), None],
            Self::Add(a, b) | Self::Sub(a, b) | Self::Mul(a, b) | Self::Div(a, b) => [Some(a), Some(b)],
        }
    }

    /// The same with its operands moved.
    pub(super) fn moved(self, to: &[usize]) -> Self {
        match self {
            Self::Parameter(_) | Self::Column(_) | Self::Constant(_) => self,
            Self::Neg(a) => Self::Neg(to[a]),
            Self::Scale(a, column) => Self::Scale(to[a], column),
            Self::Sqrt(a) => Self::Sqrt(to[a]),
            Self::Log1p(a) => Self::Log1p(to[a]),
            Self::Powi(a, n) => Self::Powi(to[a], n),
            Self::Powf(a, n) => Self::Powf(to[a], n),
            Self::Apply(function, a) => Self::Apply(function, to[a]),
            Self::Add(a, b) => Self::Add(to[a], to[b]),
            Self::Sub(a, b) => Self::Sub(to[a], to[b]),
            Self::Mul(a, b) => Self::Mul(to[a], to[b]),
            Self::Div(a, b) => Self::Div(to[a], to[b]),
        }
    }
}

fn apply<D: Number>(function: Function, z: D) -> D {
    match function {
        Function::Exp => z.exp(),
        Function::Log => z.ln(),
        Function::Sin => z.sin(),
        Function::Cos => z.cos(),
        Function::Tan => z.tan(),
        Function::Sinh => z.sinh(),
        Function::Cosh => z.cosh(),
        Function::Tanh => tanh(z),
        Function::Logistic => logistic(z),
        Function::Softplus => softplus(z),
        Function::Arsinh => z.asinh(),
        Function::Arctan => z.atan(),
        Function::Abs => z.abs(),
    }
}
