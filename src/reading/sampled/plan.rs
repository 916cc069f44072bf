//! What is to be drawn of a claim: the terms of its sides, and the one displacement that is known by where it is seen.

use super::Unable;
use super::model::{Model, to_f64};
use crate::expression::{Claim, Expr, Kind, Place, Shape, Sides, SymbolId, SymbolKind};

/// A term with its sign.
pub(super) type Term = (f64, Expr);

/// A displacement seen where it passes.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Seen {
    /// At its midpoint, or at its end: a fraction `s` of it.
    At(f64, Expr),
    /// Everywhere on its way: a current.
    Passing(Expr),
}

/// The powers of the small parameter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Order {
    pub(super) symbol: SymbolId,
    /// Powers of the root of the small parameter, where half-integer powers can occur.
    pub(super) halves: bool,
    /// The power of the parameter, or of its root, that is compared.
    pub(super) power: i32,
}

/// What is to be drawn.
#[derive(Debug)]
pub(super) struct Plan {
    /// Terms of the left side but for the displacement that is seen.
    pub(super) left: Vec<Term>,
    pub(super) right: Vec<Term>,
    /// The displacement that is seen, with its factors: the sum of them on the left less that on the right.
    pub(super) seen: Option<(Seen, Vec<Term>)>,
    pub(super) order: Option<Order>,
    /// Whether derivatives of what is drawn stand in a linear place.
    pub(super) by_parts: bool,
    /// How many values the indices of a component have.
    pub(super) lengths: Vec<usize>,
}

/// # Errors
/// The claim has nothing to draw, or a displacement where it is not linear.
pub(super) fn plan(claim: &Claim, model: &Model) -> Result<Plan, Unable> {
    let Sides::Equation { left, right } = &claim.sides else { return Err(Unable::DifferentShapes) };
    if !model.facts(left).estimated && !model.facts(right).estimated {
        return Err(Unable::NothingRandom);
    }
    let mut plan = Plan {
        left: vec![],
        right: vec![],
        seen: None,
        order: None,
        by_parts: false,
        lengths: lengths(left, right, model),
    };
    for (side, sign) in [(left, 1.0), (right, -1.0)] {
        let mut terms = vec![];
        flatten(side, 1.0, &mut terms);
        for (factor, term) in terms {
            if model.facts(&term).conditional {
                plan.see(&term, factor * sign, model)?;
            } else if sign > 0.0 {
                plan.left.push((factor, term));
            } else {
                plan.right.push((factor, term));
            }
        }
    }
    let differentiated = |e: &Expr| {
        e.any(&mut |node| {
            let derivative = matches!(
                node.kind(),
                Kind::Grad(_)
                    | Kind::Jac(_)
                    | Kind::Hess(_)
                    | Kind::Lap(_)
                    | Kind::Divergence(_)
                    | Kind::Partial(..)
            );
            derivative && node.children().iter().any(|child| model.facts(child).estimated)
        })
    };
    let seen_at = matches!(plan.seen, Some((Seen::At(..), _)));
    plan.by_parts = !seen_at && model.fixed.is_empty() && (differentiated(left) || differentiated(right));
    plan.order = order(claim, model)?;
    if plan.seen.is_some() && plan.order.is_none() {
        return Err(Unable::Unsupported {
            what: "a displacement seen where it passes needs a remainder O(...)",
        });
    }
    Ok(plan)
}

/// How many values the indices of a component of the sides have; a side that is 0 takes the shape of the other.
fn lengths(left: &Expr, right: &Expr, model: &Model) -> Vec<usize> {
    let side = if matches!(left.kind(), Kind::Number(_)) { right } else { left };
    match (side.kind(), side.shape()) {
        (Kind::Tensor(indices, _), _) => indices.iter().map(|index| model.length(index.length)).collect(),
        (_, Shape::Vector(n)) => vec![model.length(n)],
        (_, Shape::Matrix(rows, columns)) => vec![model.length(rows), model.length(columns)],
        (_, Shape::Scalar | Shape::Components(_)) => vec![],
    }
}

/// The terms of a sum.
fn flatten(e: &Expr, sign: f64, terms: &mut Vec<Term>) {
    match e.kind() {
        Kind::Add(parts) => parts.iter().for_each(|part| flatten(part, sign, terms)),
        Kind::Neg(a) => flatten(a, -sign, terms),
        _ => terms.push((sign, e.clone())),
    }
}

impl Plan {
    /// A term that is a number times the displacement that is seen.
    fn see(&mut self, term: &Expr, sign: f64, model: &Model) -> Result<(), Unable> {
        let constant = |e: &Expr| {
            let facts = model.facts(e);
            !facts.spatial && !facts.estimated && !facts.is_random()
        };
        let mut factor = Expr::number(crate::expression::Rational::ONE);
        let mut sign = sign;
        let mut rest = term.clone();
        let seen = loop {
            let next = match rest.kind() {
                Kind::Neg(a) => {
                    sign = -sign;
                    a.clone()
                }
                Kind::Mul(a, b) if constant(a) => {
                    factor = Expr::new(Kind::Mul(factor, a.clone()), a.shape());
                    b.clone()
                }
                Kind::Mul(a, b) if constant(b) => {
                    factor = Expr::new(Kind::Mul(factor, b.clone()), b.shape());
                    a.clone()
                }
                Kind::Div(a, b) if constant(b) => {
                    factor = Expr::new(Kind::Div(factor, b.clone()), b.shape());
                    a.clone()
                }
                Kind::Conditional(place @ (Place::Midpoint | Place::Destination), step) => {
                    break Seen::At(to_f64(&place.fraction()), step.clone());
                }
                Kind::Current(step) => break Seen::Passing(step.clone()),
                _ => {
                    let what = "a displacement seen where it passes stands where it is not linear";
                    return Err(Unable::Unsupported { what });
                }
            };
            rest = next;
        };
        match &mut self.seen {
            None => self.seen = Some((seen, vec![(sign, factor)])),
            Some((known, factors)) if *known == seen => factors.push((sign, factor)),
            Some(_) => {
                let what = "two displacements seen at different places cannot be drawn together";
                return Err(Unable::Unsupported { what });
            }
        }
        Ok(())
    }
}

fn order(claim: &Claim, model: &Model) -> Result<Option<Order>, Unable> {
    let Some(remainder) = &claim.remainder else { return Ok(None) };
    let Sides::Equation { left, right } = &claim.sides else { return Err(Unable::DifferentShapes) };
    let noisy = |e: &Expr| {
        e.any(&mut |node| match node.kind() {
            Kind::Symbol(id) => matches!(
                model.symbols.get(*id).kind,
                SymbolKind::Noise { time_step, .. } if time_step == remainder.symbol
            ),
            Kind::Sqrt(_) | Kind::MatrixRoot(_) | Kind::Pow(..) => {
                model.facts(node).small && !matches!(node.kind(), Kind::Pow(_, p) if matches!(p.kind(), Kind::Number(n) if n.to_integer().is_some()))
            }
            _ => false,
        })
    };
    let halves = remainder.order.to_integer().is_none() || noisy(left) || noisy(right);
    let order = to_f64(&remainder.order) * if halves { 2.0 } else { 1.0 };
    let power =
        (1..=64).find(|k| (f64::from(*k) - order).abs() < 1e-9).ok_or(Unable::TooLarge { what: "orders" })?;
    Ok(Some(Order { symbol: remainder.symbol, halves, power: power - 1 }))
}
