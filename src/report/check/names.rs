//! Expressions with the names that a derivation has for them.
//!
//! A claim holds the value of a `let` in its place. Before an expression is printed, what a `let` before the claim stands for
//! is written as its name again: `eta^2/n*Sigma` for `eta^2/n*Cov[grad(u)]`. Two expressions are the same here if they are
//! printed alike, so that names of indices do not matter.

#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "most nodes are treated alike; a match names those that are not"
)]

use crate::expression::{
    Claim, Derivation, Expr, Index, Kind, Shape, Sides, SymbolId, SymbolKind, Symbols, equation_to_text,
};
use std::collections::HashMap;

/// Nodes of an expression in which names are looked for; larger ones are printed as they are.
const MOST: usize = 600;

/// The names that are known at a place of a derivation.
#[derive(Debug)]
pub(super) struct Names<'a> {
    declared: &'a Symbols,
    /// The declared symbols and, after them, the names of definitions.
    symbols: Symbols,
    known: HashMap<String, SymbolId>,
}

impl<'a> Names<'a> {
    /// Those that are defined before a claim.
    pub(super) fn of_claim(derivation: &'a Derivation, claim: &Claim) -> Self {
        Self::before(derivation, claim.span.start, &claim.text)
    }

    /// All that are defined.
    pub(super) fn of_derivation(derivation: &'a Derivation) -> Self {
        Self::before(derivation, usize::MAX, "")
    }

    /// Those that are defined before a byte of the text. The name of a number, such as `dt = eta*n`, counts only where the
    /// statement uses it: that a factor has its value says nothing.
    fn before(derivation: &'a Derivation, byte: usize, statement: &str) -> Self {
        let declared = &derivation.symbols;
        let (mut symbols, mut known) = (declared.clone(), HashMap::new());
        for definition in derivation.definitions.iter().filter(|definition| definition.span.end <= byte) {
            let mut words = statement.split(|c: char| !c.is_alphanumeric() && c != '_');
            if is_number(&definition.value, declared) && !words.any(|word| *word == *definition.name) {
                continue;
            }
            let text = definition.value.to_text(declared);
            if text.chars().count() > definition.name.chars().count() && !known.contains_key(&text) {
                // Printing asks for the name of a symbol only.
                let id = symbols.declare(&definition.name, SymbolKind::Function);
                known.insert(text, id);
            }
        }
        Self { declared, symbols, known }
    }

    /// The declared symbols.
    pub(super) fn declared(&self) -> &'a Symbols {
        self.declared
    }

    /// In the language; components without saying under which indices, a product without brackets behind a minus sign.
    pub(super) fn text(&self, e: &Expr) -> String {
        let e = self.folded(e);
        match e.kind() {
            Kind::Tensor(_, body) => body.to_text(&self.symbols),
            Kind::Neg(inner) if matches!(inner.kind(), Kind::Mul(..) | Kind::Div(..)) => {
                format!("-{}", inner.to_text(&self.symbols))
            }
            _ => e.to_text(&self.symbols),
        }
    }

    /// In LaTeX.
    pub(super) fn latex(&self, e: &Expr) -> String {
        self.folded(e).to_latex(&self.symbols)
    }

    /// Both sides of a claim in the language, without its remainder.
    pub(super) fn equation(&self, claim: &Claim) -> String {
        let (Sides::Equation { left, right } | Sides::DifferentShapes { left, right }) = &claim.sides;
        let (left, right) = (self.folded(left), self.folded(right));
        // Components on one side are components on both.
        let component = |e: &Expr, indices: &[Index]| {
            let body = Expr::new(Kind::Component(e.clone(), indices.to_vec()), Shape::Scalar);
            Expr::new(Kind::Tensor(indices.to_vec(), body), e.shape())
        };
        let is_zero = |e: &Expr| matches!(e.kind(), Kind::Number(_));
        let (left, right) = match (left.kind(), right.kind()) {
            (Kind::Tensor(..), Kind::Tensor(..)) => (left, right),
            (Kind::Tensor(indices, _), _) if !is_zero(&right) => (left.clone(), component(&right, indices)),
            (_, Kind::Tensor(indices, _)) if !is_zero(&left) => (component(&left, indices), right.clone()),
            _ => (left, right),
        };
        equation_to_text(&left, &right, &self.symbols)
    }

    fn folded(&self, e: &Expr) -> Expr {
        if self.known.is_empty() || e.nodes(MOST + 1).len() > MOST { e.clone() } else { self.fold(e) }
    }

    fn fold(&self, e: &Expr) -> Expr {
        if matches!(e.kind(), Kind::Number(_)) {
            return e.clone();
        }
        if let Some(id) = self.known.get(&e.to_text(self.declared)) {
            return Expr::new(Kind::Symbol(*id), e.shape());
        }
        if let Kind::Neg(inner) = e.kind()
            && let Some(id) = self.known.get(&negated(inner).to_text(self.declared))
        {
            return Expr::new(Kind::Symbol(*id), e.shape());
        }
        if e.children().is_empty() {
            e.clone()
        } else {
            Expr::new(e.map_children(&mut |child| self.fold(child)), e.shape())
        }
    }
}

/// `-a*b` as it is read, with the sign at the first factor.
fn negated(e: &Expr) -> Expr {
    let kind = match e.kind() {
        Kind::Mul(a, b) => Kind::Mul(negated(a), b.clone()),
        Kind::Div(a, b) => Kind::Div(negated(a), b.clone()),
        _ => Kind::Neg(e.clone()),
    };
    Expr::new(kind, e.shape())
}

/// Whether an expression is of numbers and declared scalars.
fn is_number(e: &Expr, symbols: &Symbols) -> bool {
    match e.kind() {
        Kind::Number(_) => true,
        Kind::Symbol(id) => {
            symbols.checked(*id).is_some_and(|symbol| matches!(symbol.kind, SymbolKind::Scalar(_)))
        }
        _ => !e.children().is_empty() && e.children().into_iter().all(|child| is_number(child, symbols)),
    }
}
