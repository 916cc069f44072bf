//! From which half power of the small parameter on an expression and all its derivatives begin, read from its form.
//!
//! The series of a displacement at the point may begin later than its derivatives do, where a coefficient vanishes there.
//! How many terms of an expansion matter must not depend on that.

use super::evaluate::Evaluator;
use super::number::Exact;
use super::series::{EXACT, Stop, Try};
use crate::expression::{Expr, Kind, Rational, SymbolId, SymbolKind};

/// Deeper trees are refused.
const MOST_DEPTH: usize = 200;

impl<F: Exact> Evaluator<'_, F> {
    /// A half power of the small parameter at which, or later, an expression and all its derivatives begin.
    pub(super) fn least_power(&self, e: &Expr) -> Try<i32> {
        self.least(e, 0)
    }

    fn least(&self, e: &Expr, depth: usize) -> Try<i32> {
        if depth > MOST_DEPTH {
            return Err(Stop::Budget);
        }
        let of = |e: &Expr| self.least(e, depth + 1);
        let of_all = |parts: &[&Expr]| parts.iter().try_fold(EXACT, |least, e| Ok(of(e)?.min(least)));
        match e.kind() {
            Kind::Number(value) => Ok(if value.is_zero() { EXACT } else { 0 }),
            Kind::Symbol(id) => match self.setting.definitions.get(id) {
                Some(definition) => of(definition),
                None => Ok(self.own_power(*id)),
            },
            Kind::Mul(a, b) | Kind::Dot(a, b) | Kind::Outer(a, b) | Kind::CrossCov(a, b) => {
                Ok(of(a)?.saturating_add(of(b)?))
            }
            Kind::Norm2(a) | Kind::Var(a) | Kind::Cov(a) => Ok(of(a)?.saturating_mul(2)),
            Kind::Div(a, b) => match self.monomial(b, depth) {
                Some(power) => Ok(of(a)?.saturating_sub(power)),
                None => Err(small_denominator()),
            },
            Kind::Sqrt(a) | Kind::MatrixRoot(a) => Ok(share(of(a)?, &Rational::half(1))),
            Kind::Pow(a, b) => self.least_of_power(a, b, depth),
            Kind::Add(_)
            | Kind::List(_)
            | Kind::Rows(_)
            | Kind::Neg(_)
            | Kind::Transpose(_)
            | Kind::Trace(_)
            | Kind::Grad(_)
            | Kind::Hess(_)
            | Kind::Lap(_)
            | Kind::Jac(_)
            | Kind::Divergence(_)
            | Kind::Partial(..)
            | Kind::Component(..)
            | Kind::Sum(..)
            | Kind::Tensor(..)
            | Kind::Expect(_)
            | Kind::Integral(_) => of_all(&e.children()),
            Kind::Mean(a, _) | Kind::SumOver(a, _) | Kind::Shift(a, _) => of(a),
            Kind::Identity | Kind::Dimension | Kind::Kronecker(..) => Ok(0),
            Kind::Inverse(_) | Kind::LogDet(_) | Kind::At(..) if self.mentions_small(e) => {
                Err(small_denominator())
            }
            // A function of what has no negative power has none.
            Kind::Function(..)
            | Kind::Apply(..)
            | Kind::Inverse(_)
            | Kind::LogDet(_)
            | Kind::At(..)
            | Kind::Conditional(..)
            | Kind::Current(_) => {
                if of_all(&e.children())? < 0 {
                    Err(small_denominator())
                } else {
                    Ok(0)
                }
            }
        }
    }

    /// The same for `a^b`.
    fn least_of_power(&self, a: &Expr, b: &Expr, depth: usize) -> Try<i32> {
        match (b.kind(), self.monomial(a, depth)) {
            (Kind::Number(r), _) if !r.is_negative() => Ok(share(self.least(a, depth + 1)?, r)),
            (Kind::Number(r), Some(power)) => Ok(share(power, r)),
            (_, Some(0)) => Ok(0),
            _ => Err(small_denominator()),
        }
    }

    /// The half power that a name itself stands for.
    fn own_power(&self, id: SymbolId) -> i32 {
        let small = |id: SymbolId| Some(id) == self.setting.small;
        match &self.setting.symbols.get(id).kind {
            SymbolKind::Scalar(_) if small(id) => 2,
            SymbolKind::Noise { time_step, .. } if small(*time_step) => 1,
            _ => 0,
        }
    }

    /// The exact half power of a product of powers of the small parameter and of what does not depend on it.
    fn monomial(&self, e: &Expr, depth: usize) -> Option<i32> {
        if !self.mentions_small(e) {
            return Some(0);
        }
        if depth > MOST_DEPTH {
            return None;
        }
        let of = |e: &Expr| self.monomial(e, depth + 1);
        match e.kind() {
            Kind::Symbol(id) if Some(*id) == self.setting.small => Some(2),
            Kind::Neg(a) => of(a),
            Kind::Mul(a, b) => of(a)?.checked_add(of(b)?),
            Kind::Div(a, b) => of(a)?.checked_sub(of(b)?),
            Kind::Pow(a, b) => {
                let Kind::Number(r) = b.kind() else { return None };
                let power = (r * &Rational::from(i64::from(of(a)?))).to_integer()?;
                i32::try_from(power).ok()
            }
            Kind::Sqrt(a) => of(a).filter(|power| power % 2 == 0).map(|power| power / 2),
            _ => None,
        }
    }

    /// Whether the value depends on the small parameter.
    fn mentions_small(&self, e: &Expr) -> bool {
        e.any(&mut |part| match part.kind() {
            Kind::Symbol(id) => self.own_power(*id) != 0 || self.setting.definitions.contains_key(id),
            _ => false,
        })
    }
}

/// A share of a half power, rounded down.
fn share(power: i32, r: &Rational) -> i32 {
    if power == EXACT {
        return if r.is_zero() { 0 } else { EXACT };
    }
    let Some((numerator, denominator)) = r.to_parts() else { return 0 };
    let product = i64::from(power).saturating_mul(numerator);
    i32::try_from(product.div_euclid(denominator)).unwrap_or(0)
}

fn small_denominator() -> Stop {
    Stop::unable("a step whose order in the small parameter cannot be read from its form")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_of_half_powers_are_rounded_down() {
        assert_eq!(share(3, &Rational::half(1)), 1, "down");
        assert_eq!(share(-3, &Rational::half(1)), -2, "also below 0");
        assert_eq!(share(2, &Rational::integer(3)), 6, "whole powers");
        assert_eq!(share(EXACT, &Rational::half(1)), EXACT, "0 stays 0");
    }
}
