//! Restrictions under which a claim would hold as it stands.

#![allow(clippy::wildcard_enum_match_arm, reason = "a slip concerns the nodes that it names, and no other")]

use super::{MOST_PLACES, Repair, Slip, scalar};
use crate::expression::{
    Claim, Condition, Expr, FieldShape, Kind, Length, Rational, Remainder, Shape, Sides, SymbolKind, Symbols,
};

/// One dimension, then what one field satisfies, then lower orders, the highest first.
pub(in super::super) fn restrictions(claim: &Claim, symbols: &Symbols) -> Vec<Repair> {
    let Sides::Equation { left, right } = &claim.sides else { return Vec::new() };
    let mut found = Vec::new();
    let mut push = |slip: Slip, condition: Condition| {
        if !claim.conditions.contains(&condition) {
            let mut restricted = claim.clone();
            restricted.conditions.push(condition);
            found.push(Repair { slip, claim: restricted });
        }
    };
    if symbols.coordinates().is_none() {
        push(Slip::OneDimension, Condition::Equal(scalar(Kind::Dimension), Expr::number(Rational::ONE)));
    }
    let mut seen: Vec<Expr> = Vec::new();
    for (_, node) in [left, right].into_iter().flat_map(|side| side.nodes(MOST_PLACES)) {
        if seen.contains(&node) {
            continue;
        }
        if let Some((slip, condition)) = of_field(&node, symbols) {
            push(slip, condition);
        }
        seen.push(node);
    }
    found.extend(lower_orders(claim));
    found
}

/// `B = B'` of a matrix field, `E[v] = 0` of a mean.
fn of_field(node: &Expr, symbols: &Symbols) -> Option<(Slip, Condition)> {
    match (node.kind(), node.shape()) {
        (Kind::Symbol(id), Shape::Matrix(rows, columns)) => {
            let known = &symbols.checked(*id)?.kind;
            let is_open = matches!(known, SymbolKind::Field { shape: FieldShape::Matrix, .. });
            if !is_open || (rows != columns && !matches!(columns, Length::Columns(_))) {
                return None;
            }
            let square = Shape::Matrix(rows, rows);
            let field = Expr::new(Kind::Symbol(*id), square);
            let condition = Condition::Equal(field.clone(), Expr::new(Kind::Transpose(field), square));
            Some((Slip::Symmetric(*id), condition))
        }
        (Kind::Expect(_), Shape::Vector(_)) => {
            let zero = Expr::number(Rational::ZERO);
            Some((Slip::Vanishing(node.clone()), Condition::Equal(node.clone(), zero)))
        }
        _ => None,
    }
}

/// The same claim with each lower order of its remainder.
fn lower_orders(claim: &Claim) -> Vec<Repair> {
    let Some(Remainder { symbol, order }) = &claim.remainder else { return Vec::new() };
    let mut found = Vec::new();
    let mut order = order - &Rational::half(1);
    while order.is_positive() {
        let remainder = Some(Remainder { symbol: *symbol, order: order.clone() });
        let slip = Slip::Order(*symbol, order.clone());
        found.push(Repair { slip, claim: Claim { remainder, ..claim.clone() } });
        order -= &Rational::half(1);
    }
    found
}
