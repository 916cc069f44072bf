//! The hypotheses of a derivation and the conditions of a claim, brought about where what they speak of is free.
//!
//! - A hypothesis or condition `c F = e` with a drawn function or scalar `F` defines `F`.
//! - A condition `F = e` on a drawn function at the point gives it that value there, its derivatives stay.
//! - Other equations move the point, by Gauss-Newton steps of least length `-J^+ r`. How far the point may still be off is
//!   kept, and makes the bound of the comparison wider.
//! - Conditions come in the order in which they depend on each other; a name from which a value was found changes no more.
//! - What is bound by the instance is not changed: the conditions must be met, else nothing is said.

use super::Unable;
use super::evaluate::Evaluator;
use super::model::Field;
use super::preparation::Prepared;
use crate::expression::{Claim, Condition, Expr, Kind, Rational, SymbolId, SymbolKind};
use crate::reading::instance::{in_order, spoken, symbols_of};
use nalgebra::{DMatrix, DVector};
use std::collections::BTreeSet;

/// Steps until the point meets the conditions.
const STEPS: usize = 60;

/// What is met to this many times its error bound is met.
const MET: f64 = 64.0;

/// Brings about the hypotheses and conditions of a claim.
///
/// # Errors
/// They are not met and cannot be brought about.
pub(super) fn meet(claim: &Claim, prepared: &mut Prepared) -> Result<(), Unable> {
    let spoken = spoken(claim);
    let touches = |e: &Expr| symbols_of(e).iter().any(|id| spoken.contains(id));
    let mut given: Vec<&(Expr, Expr)> =
        claim.given.iter().filter(|(left, right)| touches(left) || touches(right)).collect();
    given.retain(|(left, right)| !define(prepared, left, right));
    let mut equations: Vec<(&Expr, &Expr)> = vec![];
    for condition in in_order(&claim.conditions) {
        if let Condition::Equal(left, right) = condition
            && !settled(prepared, left, right)?
        {
            equations.push((left, right));
        }
    }
    if !equations.is_empty() {
        move_point(prepared, &equations)?;
    }
    for (left, right) in given {
        if !holds(prepared, left, right)? {
            return Err(Unable::Unmet { what: "a hypothesis of the derivation" });
        }
    }
    for condition in &claim.conditions {
        let (e, least) = match condition {
            Condition::Equal(..) => continue,
            Condition::Positive(e) => (e, f64::MIN_POSITIVE),
            Condition::NonNegative(e) => (e, 0.0),
        };
        let value = Evaluator::new(&prepared.model, None, 1).eval(e, 0)?.at(0, 0).0;
        if value.is_nan() || value < least {
            return Err(Unable::Unmet { what: "a condition on a sign" });
        }
    }
    Ok(())
}

/// `c F` of a symbol, as the symbol and what the other side has to be divided by.
fn multiple(e: &Expr) -> Option<(SymbolId, Vec<Rational>)> {
    match e.kind() {
        Kind::Symbol(id) => Some((*id, vec![])),
        Kind::Neg(inner) => {
            let (id, mut factors) = multiple(inner)?;
            factors.push(Rational::integer(-1));
            Some((id, factors))
        }
        Kind::Mul(a, b) => match (a.kind(), b.kind()) {
            (Kind::Number(c), _) if !c.is_zero() => {
                let (id, mut factors) = multiple(b)?;
                factors.push(c.clone());
                Some((id, factors))
            }
            (_, Kind::Number(c)) if !c.is_zero() => {
                let (id, mut factors) = multiple(a)?;
                factors.push(c.clone());
                Some((id, factors))
            }
            _ => None,
        },
        _ => None,
    }
}

/// Whether an equation between functions defines one of them that is free.
fn define(prepared: &mut Prepared, left: &Expr, right: &Expr) -> bool {
    define_by(prepared, left, right) || define_by(prepared, right, left)
}

fn define_by(prepared: &mut Prepared, left: &Expr, right: &Expr) -> bool {
    let Some((id, factors)) = multiple(left) else { return false };
    let itself = right.any(&mut |e| matches!(e.kind(), Kind::Symbol(other) if *other == id));
    if itself || refers(prepared, right, id) || prepared.used.contains(&id) {
        return false;
    }
    let Some(factor) = factors.iter().try_fold(Rational::ONE, |c, factor| c.checked_div(factor)) else {
        return false;
    };
    let scaled = Kind::Mul(Expr::number(factor), right.clone());
    let e = Expr::new(scaled, left.shape());
    match prepared.model.symbols.get(id).kind {
        SymbolKind::Field { test: false, .. } if !prepared.model.fields.contains_key(&id) => {
            prepared.model.fields.insert(id, Field::Expression(e));
            true
        }
        SymbolKind::Scalar(_) if prepared.free.contains(&id) => {
            let value = Evaluator::new(&prepared.model, None, 1).plain(&e);
            let Ok(value) = value else { return false };
            prepared.model.scalars.insert(id, value);
            prepared.free.remove(&id);
            prepared.used.extend(symbols_of(&e));
            true
        }
        _ => false,
    }
}

/// Whether an expression leads back to a symbol through functions that were defined before.
fn refers(prepared: &Prepared, e: &Expr, id: SymbolId) -> bool {
    let (mut seen, mut queue) = (BTreeSet::new(), vec![e.clone()]);
    while let Some(next) = queue.pop() {
        for symbol in symbols_of(&next) {
            if symbol == id {
                return true;
            }
            if seen.insert(symbol)
                && let Some(Field::Expression(inner)) = prepared.model.fields.get(&symbol)
            {
                queue.push(inner.clone());
            }
        }
    }
    false
}

/// Whether a condition needs no move of the point: it holds by definition, or is brought about by one.
fn settled(prepared: &mut Prepared, left: &Expr, right: &Expr) -> Result<bool, Unable> {
    if matches!(left.kind(), Kind::Dimension) || matches!(right.kind(), Kind::Dimension) {
        return Ok(true);
    }
    for (a, b) in [(left, right), (right, left)] {
        let Kind::Symbol(id) = a.kind() else { continue };
        if let Kind::Transpose(inner) = b.kind()
            && matches!(inner.kind(), Kind::Symbol(other) if other == id)
        {
            return symmetric(prepared, *id, left, right);
        }
        if pin(prepared, *id, a, b)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// `B = B'` everywhere.
fn symmetric(prepared: &mut Prepared, id: SymbolId, left: &Expr, right: &Expr) -> Result<bool, Unable> {
    if let std::collections::hash_map::Entry::Vacant(e) = prepared.model.fields.entry(id) {
        e.insert(Field::Symmetric);
        return Ok(true);
    }
    if holds(prepared, left, right)? {
        Ok(true)
    } else {
        Err(Unable::Unmet { what: "the symmetry of a matrix" })
    }
}

/// Gives a free scalar or function the value that it has to have at the point.
fn pin(prepared: &mut Prepared, id: SymbolId, symbol: &Expr, value: &Expr) -> Result<bool, Unable> {
    if symbols_of(value).contains(&id) || prepared.used.contains(&id) {
        return Ok(false);
    }
    let kind = prepared.model.symbols.get(id).kind.clone();
    match kind {
        SymbolKind::Scalar(_) if prepared.free.contains(&id) => {
            let wanted = Evaluator::new(&prepared.model, None, 1).eval(value, 0)?.at(0, 0).0;
            prepared.model.scalars.insert(id, wanted);
            prepared.free.remove(&id);
            prepared.used.extend(symbols_of(value));
            Ok(true)
        }
        SymbolKind::Field { arguments, test: false, .. }
            if arguments.is_empty() && !prepared.model.fields.contains_key(&id) =>
        {
            let model = prepared.model.clone();
            let mut evaluator = Evaluator::new(&model, None, 1);
            let (now, wanted) = (evaluator.eval(symbol, 0)?, evaluator.eval(value, 0)?);
            let change = (0..now.dims().len()).map(|c| wanted.at(c, 0).0 - now.at(c, 0).0).collect();
            prepared.model.fields.insert(id, Field::Pinned(change));
            prepared.used.extend(symbols_of(value));
            Ok(true)
        }
        _ => Ok(false),
    }
}

/// Whether two expressions agree at the point, with their first derivatives.
fn holds(prepared: &Prepared, left: &Expr, right: &Expr) -> Result<bool, Unable> {
    let mut evaluator = Evaluator::new(&prepared.model, None, 1);
    let sources = evaluator.sources(left).together(&evaluator.sources(right));
    let mut all = true;
    let outcomes = evaluator.outcomes(&sources, 3)?;
    evaluator.for_outcomes(outcomes, &mut |this, _| {
        let (a, b) = (this.eval(left, 1)?, this.eval(right, 1)?);
        all &= a.minus(&this.ring, 1, &b)?.is_rounding(MET);
        Ok(())
    })?;
    Ok(all)
}

/// Moves the point to where all equations hold.
fn move_point(prepared: &mut Prepared, equations: &[(&Expr, &Expr)]) -> Result<(), Unable> {
    let d = prepared.model.dim();
    let unmet = Unable::Unmet { what: "a condition" };
    let mut moved = false;
    for _ in 0..STEPS {
        let (residual, slope, rounding) = residual(prepared, equations)?;
        if residual.iter().chain(slope.iter()).any(|x| !x.is_finite()) {
            return Err(unmet);
        }
        let svd = slope.svd(true, true);
        let largest = svd.singular_values.amax();
        let inverse = svd.pseudo_inverse(1e-10 * largest).map_err(|_| unmet.clone())?;
        let step = &inverse * &residual;
        let met = residual.iter().zip(&rounding).all(|(r, bound)| r.abs() <= MET * bound * f64::EPSILON);
        if met {
            let doubt = residual.zip_map(&rounding, |r, bound| r.abs() + bound * f64::EPSILON);
            prepared.slack = (inverse.abs() * doubt).iter().copied().collect();
            if moved && !prepared.drawn_point {
                prepared
                    .notes
                    .push(format!("theta moved to {:?}, where the conditions hold", prepared.model.theta));
            }
            return Ok(());
        }
        let longest = 2.0 * (1.0 + prepared.model.theta.iter().fold(0.0_f64, |a, x| a.max(x.abs())));
        let damping = (longest / step.amax().max(f64::MIN_POSITIVE)).min(1.0);
        for i in 0..d {
            prepared.model.theta[i] -= damping * step[i];
        }
        moved = true;
    }
    Err(unmet)
}

/// Values, derivatives and error bounds of `left - right` of all equations.
type Residual = (DVector<f64>, DMatrix<f64>, DVector<f64>);

/// What is left of all equations at the point.
fn residual(prepared: &Prepared, equations: &[(&Expr, &Expr)]) -> Result<Residual, Unable> {
    let d = prepared.model.dim();
    let (mut values, mut slopes, mut bounds) = (vec![], vec![], vec![]);
    let mut evaluator = Evaluator::new(&prepared.model, None, 1);
    for (left, right) in equations {
        let (a, b) = (evaluator.eval(left, 1)?, evaluator.eval(right, 1)?);
        let difference = a.minus(&evaluator.ring, 1, &b)?;
        for c in 0..difference.dims().len() {
            let (value, bound) = difference.at(c, 0);
            values.push(value);
            bounds.push(bound);
            slopes.extend((0..d).map(|i| difference.coefficient(c, 1 + i, 0).0));
        }
    }
    let rows = values.len();
    Ok((DVector::from_vec(values), DMatrix::from_row_slice(rows, d, &slopes), DVector::from_vec(bounds)))
}
