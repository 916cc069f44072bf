//! From syntax to meaning: what is kept while the statements of a file are read, and the nodes that they are made of.

#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "most nodes are treated alike; a match names those that are not"
)]

use super::diagnostic::{Diagnostic, Label};
use super::lengths::Lengths;
use super::limits::{DEPTH, ERRORS, NODES};
use super::syntax::{Name, Span};
use crate::expression::{Expr, Index, Kind, Length, Rational, Shape, SymbolId, Symbols};
use std::collections::HashMap;
use std::sync::Arc;

/// An error was reported; what it stands in has no meaning.
#[derive(Debug)]
pub(super) struct Stop;

pub(super) type Elaborated<T = Value> = Result<T, Stop>;

/// What a name stands for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Meaning {
    Symbol(SymbolId),
    /// The number of a definition.
    Let(usize),
    /// Its statement had an error, which was reported.
    Broken,
}

/// An expression on the way.
#[derive(Debug, Clone)]
pub(super) struct Value {
    pub(super) expr: Expr,
    /// Indices that stand once so far, in the order of their appearance. Only a scalar has any.
    pub(super) free: Vec<Index>,
    /// Names of indices that were summed within.
    pub(super) summed: Vec<Arc<str>>,
    /// Nodes, each counted as often as it occurs.
    pub(super) size: u64,
    pub(super) depth: usize,
    pub(super) span: Span,
}

impl Value {
    pub(super) fn shape(&self) -> Shape {
        self.expr.shape()
    }

    /// Whether this is the number 0, which takes any shape.
    pub(super) fn is_zero(&self) -> bool {
        matches!(self.expr.kind(), Kind::Number(value) if value.is_zero())
    }

    /// Whether it is a number and which.
    pub(super) fn number(&self) -> Option<&Rational> {
        match self.expr.kind() {
            Kind::Number(value) => Some(value),
            _ => None,
        }
    }
}

/// One use of a batch.
#[derive(Debug, Clone)]
pub(super) struct BatchUse {
    pub(super) number: u32,
    pub(super) size: Expr,
    pub(super) population: Option<Expr>,
    pub(super) span: Span,
}

/// What is known within one statement.
#[derive(Debug, Default)]
pub(super) struct Scope {
    pub(super) lengths: Lengths,
    /// Indices by their names, with where each stands first.
    pub(super) indices: HashMap<Arc<str>, (Index, Span)>,
    pub(super) batches: Vec<BatchUse>,
    /// Matrix fields that a hypothesis makes symmetric.
    pub(super) symmetric: Vec<SymbolId>,
}

/// The indices of a product.
struct Joined {
    free: Vec<Index>,
    summed: Vec<Arc<str>>,
    /// Those that are to be summed over the product.
    sums: Vec<Index>,
}

/// A `let`: its value, and what must hold wherever it is used.
#[derive(Debug)]
pub(super) struct Definition {
    pub(super) name: Name,
    pub(super) value: Value,
    pub(super) lengths: Lengths,
    pub(super) batches: Vec<BatchUse>,
}

/// A hypothesis, and what it says of lengths.
#[derive(Debug)]
pub(super) struct Hypothesis {
    pub(super) left: Expr,
    pub(super) right: Expr,
    pub(super) lengths: Lengths,
}

/// The state of reading a file.
#[derive(Debug)]
pub(super) struct Elaborator<'a> {
    pub(super) text: &'a str,
    pub(super) symbols: Symbols,
    pub(super) names: HashMap<Arc<str>, (Meaning, Span)>,
    pub(super) definitions: Vec<Definition>,
    pub(super) hypotheses: Vec<Hypothesis>,
    /// Names of claims and assumptions.
    pub(super) statements: HashMap<Arc<str>, Span>,
    pub(super) instances: HashMap<Arc<str>, Span>,
    pub(super) errors: Vec<Diagnostic>,
    pub(super) scope: Scope,
    next_index: u32,
}

impl<'a> Elaborator<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            text,
            symbols: Symbols::default(),
            names: HashMap::new(),
            definitions: vec![],
            hypotheses: vec![],
            statements: HashMap::new(),
            instances: HashMap::new(),
            errors: vec![],
            scope: Scope::default(),
            next_index: 0,
        }
    }

    /// Forgets what was known of the statement before.
    pub(super) fn enter(&mut self) {
        let variables = self.scope.lengths.variables;
        self.scope = Scope::default();
        self.scope.lengths.variables = variables;
    }

    /// Reports an error.
    #[cold]
    pub(super) fn fail<T>(&mut self, said: Diagnostic) -> Elaborated<T> {
        if self.errors.len() < ERRORS {
            self.errors.push(said);
        }
        Err(Stop)
    }

    /// The shape in words, as far as it is known.
    pub(super) fn describe(&self, shape: Shape) -> String {
        let find = |length: Length| self.scope.lengths.find(length);
        match shape {
            Shape::Scalar | Shape::Components(_) => shape,
            Shape::Vector(length) => Shape::Vector(find(length)),
            Shape::Matrix(rows, columns) => Shape::Matrix(find(rows), find(columns)),
        }
        .describe(&self.symbols)
    }

    pub(super) fn unite(&mut self, a: Length, b: Length) -> bool {
        self.scope.lengths.unite(a, b, &self.symbols)
    }

    pub(super) fn unite_shapes(&mut self, a: Shape, b: Shape) -> bool {
        self.scope.lengths.unite_shapes(a, b, &self.symbols)
    }

    /// A node without parts.
    pub(super) fn leaf(kind: Kind, shape: Shape, span: Span) -> Value {
        Value { expr: Expr::new(kind, shape), free: vec![], summed: vec![], size: 1, depth: 1, span }
    }

    /// A node over parts, of which an index that stands in two is summed.
    pub(super) fn node(&mut self, kind: Kind, shape: Shape, parts: &[&Value], span: &Span) -> Elaborated {
        let Joined { free, summed, sums } = self.join(parts, span)?;
        let mut value = self.measured(Expr::new(kind, shape), parts, span)?;
        if shape != Shape::Scalar && !(free.is_empty() && sums.is_empty()) {
            return self.mixed(shape, free.first().or(sums.first()), span);
        }
        for index in sums {
            self.scope.indices.remove(&index.name);
            let expr = Expr::new(Kind::Sum(index, value.expr.clone()), Shape::Scalar);
            value = self.measured(expr, &[&value], span)?;
        }
        value.free = free;
        value.summed = summed;
        Ok(value)
    }

    /// A node over parts without a look at their indices; an error if it is too large.
    pub(super) fn measured(&mut self, expr: Expr, parts: &[&Value], span: &Span) -> Elaborated {
        let size = parts.iter().map(|part| part.size).fold(1, u64::saturating_add);
        let depth = parts.iter().map(|part| part.depth).max().unwrap_or(0) + 1;
        if size > NODES || depth > DEPTH {
            return self.too_large(size, span);
        }
        Ok(Value { expr, free: vec![], summed: vec![], size, depth, span: span.clone() })
    }

    #[cold]
    fn too_large(&mut self, size: u64, span: &Span) -> Elaborated {
        let label = Label::new(span.clone(), "with every let substituted");
        self.fail(if size > NODES {
            Diagnostic::error("this expression is too large", label)
                .note(format!("it may have {NODES} names, numbers and operators"))
        } else {
            Diagnostic::error("this expression is nested too deeply", label)
                .note(format!("brackets, operators and calls may stand in one another {DEPTH} deep"))
        })
    }

    #[cold]
    fn mixed(&mut self, shape: Shape, index: Option<&Index>, span: &Span) -> Elaborated {
        let name = index.map_or_else(String::new, |index| index.name.to_string());
        let label = Label::new(span.clone(), format!("this is {}", self.describe(shape)));
        self.fail(
            Diagnostic::error(format!("the index {name} stands in {}", shape.noun()), label)
                .note("in index notation every factor is a component, such as v[i]"),
        )
    }

    /// The free and summed indices of a product of parts, and those that are to be summed over it.
    fn join(&mut self, parts: &[&Value], span: &Span) -> Elaborated<Joined> {
        let (mut free, mut summed, mut sums): (Vec<Index>, Vec<Arc<str>>, Vec<Index>) =
            (vec![], vec![], vec![]);
        for part in parts {
            for name in &part.summed {
                if summed.contains(name) || free.iter().any(|index| index.name == *name) {
                    return self.thrice(&name.clone(), span, &part.span);
                }
            }
            for index in &part.free {
                if summed.contains(&index.name) {
                    return self.thrice(&index.name.clone(), span, &part.span);
                }
                match free.iter().position(|other| other == index) {
                    Some(at) => {
                        sums.push(free.remove(at));
                        summed.push(Arc::clone(&index.name));
                    }
                    None => free.push(index.clone()),
                }
            }
            for name in &part.summed {
                if !summed.contains(name) {
                    summed.push(Arc::clone(name));
                }
            }
        }
        Ok(Joined { free, summed, sums })
    }

    #[cold]
    fn thrice<T>(&mut self, name: &str, span: &Span, last: &Span) -> Elaborated<T> {
        let said = Diagnostic::error(
            format!("the index {name} stands more than twice in one product"),
            Label::new(last.clone(), format!("{name} once more")),
        );
        let said = if span == last { said } else { said.and(span.clone(), "in this product") };
        self.fail(said.note("an index stands once, or twice to be summed; give one pair another name"))
    }

    /// The index of a name, which runs over a length.
    pub(super) fn index(&mut self, name: &Name, length: Length) -> Elaborated<Index> {
        let Some((index, first)) = self.scope.indices.get(&name.text).cloned() else {
            let index = Index { id: self.next_index, name: Arc::clone(&name.text), length };
            self.next_index += 1;
            self.scope.indices.insert(Arc::clone(&name.text), (index.clone(), name.span.clone()));
            return Ok(index);
        };
        if self.unite(index.length, length) {
            return Ok(index);
        }
        let runs = |this: &Self, length| this.scope.lengths.find(length).describe(&this.symbols);
        let (here, there) = (runs(self, length), runs(self, index.length));
        self.fail(
            Diagnostic::error(
                format!("the index {} has two lengths", name.text),
                Label::new(name.span.clone(), format!("runs to {here}")),
            )
            .and(first, format!("runs to {there}")),
        )
    }

    /// An index as a part of a node.
    pub(super) fn index_part(&self, index: &Index, span: &Span) -> Value {
        let mut part = Self::leaf(Kind::Dimension, Shape::Scalar, span.clone());
        part.free.push(index.clone());
        part
    }

    /// Records that a batch is used with a size; an error if it was used with another.
    pub(super) fn use_batch(&mut self, new: BatchUse) -> Elaborated<()> {
        let Some(old) = self.scope.batches.iter().find(|old| old.number == new.number) else {
            self.scope.batches.push(new);
            return Ok(());
        };
        let what = if old.size != new.size {
            "two sizes"
        } else if old.population.is_some() != new.population.is_some() {
            "draws with and without replacement"
        } else if old.population != new.population {
            "two populations"
        } else {
            return Ok(());
        };
        let first = old.span.clone();
        let said = Diagnostic::error(format!("one batch has {what}"), Label::new(new.span, "here"));
        let said = if first == said.place.span { said } else { said.and(first, "and here") };
        self.fail(said.note("all means of a claim speak of one batch; write mean(e, n, batch = 2) for another, independent one"))
    }
}
