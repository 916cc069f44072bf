//! Statements that say something: definitions, hypotheses, claims.

#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "most nodes are treated alike; a match names those that are not"
)]

use super::diagnostic::{Diagnostic, Label};
use super::elaboration::{Definition, Elaborated, Elaborator, Hypothesis, Meaning, Stop, Value};
use super::parser::constant;
use super::syntax::{self, Binary, Form, Name, Node, Relation, Span};
use crate::expression::{
    Claim, Condition, Expr, FieldShape, Index, Kind, Place, Rational, Remainder, Shape, Sides, Sign,
    SymbolId, SymbolKind,
};
use std::collections::HashMap;
use std::sync::Arc;

impl Elaborator<'_> {
    /// `let g = e` and `let S[i] = e`.
    pub(super) fn definition_of(&mut self, name: &Name, indices: &[Name], body: &Node) -> Elaborated<()> {
        self.enter();
        let value =
            self.expression(body).and_then(|value| self.bind(&format!("let {}", name.text), indices, value));
        let fresh = self.new_name(name);
        let Ok(mut value) = value else {
            self.broken(name);
            return Err(Stop);
        };
        fresh?;
        // Its indices are nobody else's.
        value.summed.clear();
        let scope = std::mem::take(&mut self.scope);
        self.scope.lengths.variables = scope.lengths.variables;
        self.definitions.push(Definition {
            name: name.clone(),
            value,
            lengths: scope.lengths,
            batches: scope.batches,
        });
        let meaning = Meaning::Let(self.definitions.len() - 1);
        self.names.insert(Arc::clone(&name.text), (meaning, name.span.clone()));
        Ok(())
    }

    /// The body of a `let` or a tensor under its indices.
    pub(super) fn bind(&mut self, what: &str, indices: &[Name], value: Value) -> Elaborated {
        for (count, index) in indices.iter().enumerate() {
            if indices[..count].iter().any(|other| other.text == index.text) {
                let label = Label::new(index.span.clone(), "");
                return self.fail(Diagnostic::error(format!("the index {} stands twice", index.text), label));
            }
        }
        if let Some(third) = indices.get(2) {
            let label = Label::new(third.span.clone(), "");
            return self.fail(Diagnostic::error(format!("{what} has at most two indices"), label));
        }
        let named = |index: &Index| indices.iter().any(|name| name.text == index.name);
        if let Some(index) = value.free.iter().find(|index| !named(index)).cloned() {
            let list: Vec<String> =
                indices.iter().map(|name| &name.text).chain([&index.name]).map(ToString::to_string).collect();
            let label = Label::new(value.span.clone(), "");
            let said = Diagnostic::error(format!("the index {} is free in {what}", index.name), label);
            return self.fail(said.note(format!(
                "bind it: {}[{}]",
                what.trim_start_matches("a "),
                list.join(",")
            )));
        }
        let missing = indices.iter().find(|name| value.free.iter().all(|index| index.name != name.text));
        if let Some(missing) = missing.filter(|_| !value.is_zero()) {
            let said = Diagnostic::error(
                format!("the index {} does not stand free in {what}", missing.text),
                Label::new(value.span.clone(), format!("this is {}", self.describe(value.shape()))),
            );
            return self.fail(said.and(missing.span.clone(), "named here"));
        }
        let mut order = vec![];
        for index in indices {
            let length = self.scope.lengths.fresh();
            order.push(self.index(index, length)?);
        }
        self.tensor(&order, value)
    }

    /// The components of a value under indices, none of which stays free.
    fn tensor(&mut self, order: &[Index], value: Value) -> Elaborated {
        let shape = match order {
            [] => return Ok(value),
            [i] => Shape::Vector(i.length),
            [i, j] => Shape::Matrix(i.length, j.length),
            more => Shape::Components(u32::try_from(more.len()).unwrap_or(u32::MAX)),
        };
        let span = value.span.clone();
        let expr = if value.is_zero() {
            Expr::new(Kind::Number(Rational::ZERO), shape)
        } else {
            Expr::new(Kind::Tensor(order.to_vec(), value.expr.clone()), shape)
        };
        self.measured(expr, &[&value], &span)
    }

    /// Two sides of one shape under the same free indices, both without any.
    fn equal_sides(&mut self, left: Value, right: Value) -> Elaborated<(Value, Value)> {
        let order = self.free_order(&left, &right)?;
        let (left, right) = (self.tensor(&order, left)?, self.tensor(&order, right)?);
        let (left, right) = (self.shaped_zero(left, &right), right);
        let right = self.shaped_zero(right, &left);
        if self.unite_shapes(left.shape(), right.shape()) {
            return Ok((left, right));
        }
        let (a, b) = (self.describe(left.shape()), self.describe(right.shape()));
        let said = Diagnostic::error(
            format!("{} cannot equal {}", left.shape().noun(), right.shape().noun()),
            Label::new(right.span.clone(), format!("this is {b}")),
        );
        self.fail(said.and(left.span.clone(), format!("this is {a}")))
    }

    /// The number 0 in the shape of another side.
    fn shaped_zero(&self, value: Value, other: &Value) -> Value {
        if value.is_zero() && value.shape() == Shape::Scalar {
            let expr = Expr::new(Kind::Number(Rational::ZERO), other.shape());
            return Value { expr, ..value };
        }
        value
    }

    /// The free indices of two sides, in the order of the first.
    fn free_order(&mut self, left: &Value, right: &Value) -> Elaborated<Vec<Index>> {
        if left.is_zero() {
            return Ok(right.free.clone());
        }
        let same =
            left.free.len() == right.free.len() && left.free.iter().all(|index| right.free.contains(index));
        if right.is_zero() || same {
            return Ok(left.free.clone());
        }
        let (bare, indexed) = if left.free.is_empty() { (left, right) } else { (right, left) };
        if bare.free.is_empty() && bare.shape() != Shape::Scalar {
            let names: Vec<&str> = indexed.free.iter().map(|index| &*index.name).collect();
            let names = names.join(",");
            let said = Diagnostic::error(
                "one side is in index notation, the other is not",
                Label::new(bare.span.clone(), format!("this is {}", self.describe(bare.shape()))),
            )
            .and(indexed.span.clone(), format!("free: {names}"))
            .note(format!("write the component [{names}] of the other side"));
            return self.fail(said);
        }
        self.two_index_sets(left, right)
    }

    /// `given left = right`
    pub(super) fn hypothesis(&mut self, left: &Node, right: &Node) -> Elaborated<()> {
        self.enter();
        self.repeat_hypotheses();
        self.scope.lengths.may_be_square = true;
        let (left, right) = self.both(left, right)?;
        let (left, right) = self.equal_sides(left, right)?;
        self.no_series(&left)?;
        self.no_series(&right)?;
        let lengths = std::mem::take(&mut self.scope.lengths);
        self.scope.lengths.variables = lengths.variables;
        self.hypotheses.push(Hypothesis { left: left.expr, right: right.expr, lengths });
        Ok(())
    }

    /// Both of two expressions, so that errors of both are reported.
    fn both(&mut self, left: &Node, right: &Node) -> Elaborated<(Value, Value)> {
        let (left, right) = (self.expression(left), self.expression(right));
        Ok((left?, right?))
    }

    /// What the hypotheses so far say of lengths and symmetry holds in this statement.
    fn repeat_hypotheses(&mut self) {
        for hypothesis in &self.hypotheses {
            self.scope.lengths.repeat(&hypothesis.lengths, &self.symbols);
            let pair = (&hypothesis.left, &hypothesis.right);
            self.scope.symmetric.extend(symmetric_field(pair, &self.symbols));
        }
    }

    /// A series in the step stands where nothing says how far to expand it.
    fn no_series(&mut self, value: &Value) -> Elaborated<()> {
        let Some(what) = self.series(&value.expr) else { return Ok(()) };
        let label = Label::new(value.span.clone(), format!("{what} is a series in the step"));
        self.fail(Diagnostic::error("a hypothesis and a condition hold exactly", label))
    }

    /// The name of the first part that is an infinite series in the step.
    fn series(&self, e: &Expr) -> Option<&'static str> {
        let mut found = None;
        let is_series = &mut |part: &Expr| {
            found = match part.kind() {
                Kind::Conditional(Place::Midpoint, _) => Some("midpoint"),
                Kind::Conditional(Place::Destination, _) => Some("destination"),
                Kind::Current(_) => Some("current"),
                Kind::Shift(body, _) if self.has_field(body) => Some("shift"),
                _ => None,
            };
            found.is_some()
        };
        if e.any(is_series) { found } else { None }
    }

    /// Whether an arbitrary field stands in an expression; where none does, a shift is a substitution.
    fn has_field(&self, e: &Expr) -> bool {
        e.any(&mut |part| match part.kind() {
            Kind::Symbol(id) => matches!(self.symbols.get(*id).kind, SymbolKind::Field { .. }),
            _ => false,
        })
    }

    pub(super) fn claim(&mut self, claim: &syntax::Claim, span: &Span, text: Arc<str>) -> Elaborated<Claim> {
        let named = self.new_statement(&claim.name);
        self.enter();
        self.repeat_hypotheses();
        let conditions = self.conditions(&claim.conditions);
        let (right_node, remainder) = self.split_remainder(&claim.right)?;
        let remainder = remainder.map(|node| self.remainder(node));
        let left = self.expression(&claim.left);
        let right = match right_node {
            Right::Terms(terms, span) => self.sum(terms, &span),
            Right::Whole(node) => self.expression(node),
            Right::Zero(span) => Ok(Self::leaf(Kind::Number(Rational::ZERO), Shape::Scalar, span)),
        };
        let remainder = remainder.transpose();
        let (conditions, left, right, remainder) = (conditions?, left?, right?, remainder?);
        named?;
        if remainder.is_none() {
            self.needs_remainder(&left)?;
            self.needs_remainder(&right)?;
        }
        let sides = self.sides(left, right)?;
        Ok(self.finish(claim, sides, remainder, conditions, (span.clone(), text)))
    }

    fn needs_remainder(&mut self, side: &Value) -> Elaborated<()> {
        let Some(what) = self.series(&side.expr) else { return Ok(()) };
        let label = Label::new(side.span.clone(), format!("{what} stands here"));
        let said = Diagnostic::error(format!("a claim about {what} needs an order"), label);
        self.fail(said.note(format!(
            "{what} is a series in the step; say how far it is compared, such as + O(eta^3) at the end"
        )))
    }

    /// Whether both sides are of one shape, and both under the same indices.
    fn sides(&mut self, left: Value, right: Value) -> Elaborated<(bool, Value, Value)> {
        let unlike = |a: &Value, b: &Value| {
            a.free.is_empty() && !b.free.is_empty() && a.shape() == Shape::Scalar && !a.is_zero()
        };
        let order = if unlike(&left, &right) || unlike(&right, &left) {
            None
        } else {
            Some(self.free_order(&left, &right)?)
        };
        let (left_order, right_order) = match order {
            Some(order) => (order.clone(), order),
            None => (left.free.clone(), right.free.clone()),
        };
        let (left, right) = (self.tensor(&left_order, left)?, self.tensor(&right_order, right)?);
        let left = self.shaped_zero(left, &right);
        let right = self.shaped_zero(right, &left);
        let (a, b) = (left.shape(), right.shape());
        let equal = self.unite_shapes(a, b);
        Ok((equal, left, right))
    }

    /// The claim with every length known.
    fn finish(
        &mut self,
        claim: &syntax::Claim,
        (equal, left, right): (bool, Value, Value),
        remainder: Option<Remainder>,
        conditions: Vec<Condition>,
        (span, text): (Span, Arc<str>),
    ) -> Claim {
        let (lengths, symbols) = (&self.scope.lengths, &self.symbols);
        let mut memory = HashMap::new();
        let mut known = |e: &Expr| lengths.expression(e, symbols, &mut memory);
        let (left, right) = (known(&left.expr), known(&right.expr));
        let sides =
            if equal { Sides::Equation { left, right } } else { Sides::DifferentShapes { left, right } };
        let conditions = conditions
            .iter()
            .map(|condition| match condition {
                Condition::Equal(a, b) => Condition::Equal(known(a), known(b)),
                Condition::Positive(e) => Condition::Positive(known(e)),
                Condition::NonNegative(e) => Condition::NonNegative(known(e)),
            })
            .collect();
        let given = self.hypotheses.iter().map(|given| (known(&given.left), known(&given.right))).collect();
        Claim {
            name: Arc::clone(&claim.name.text),
            expected: claim.expected,
            sides,
            remainder,
            conditions,
            given,
            text,
            span,
        }
    }

    /// Checks that the name of a claim or an assumption is new.
    pub(super) fn new_statement(&mut self, name: &Name) -> Elaborated<()> {
        match self.statements.insert(Arc::clone(&name.text), name.span.clone()) {
            None => Ok(()),
            Some(first) => {
                let label = Label::new(name.span.clone(), "once more");
                let said = Diagnostic::error(format!("two statements are named {}", name.text), label);
                self.fail(said.and(first, "first here").note("a verdict is addressed by its name"))
            }
        }
    }

    fn conditions(&mut self, conditions: &[(Node, Relation, Node)]) -> Elaborated<Vec<Condition>> {
        self.scope.lengths.may_be_square = true;
        let result: Vec<Elaborated<Condition>> =
            conditions.iter().map(|(left, relation, right)| self.condition(left, *relation, right)).collect();
        self.scope.lengths.may_be_square = false;
        result.into_iter().collect()
    }

    fn condition(&mut self, left: &Node, relation: Relation, right: &Node) -> Elaborated<Condition> {
        let span = left.span.start..right.span.end;
        let (left, right) = self.both(left, right)?;
        self.no_series(&left)?;
        self.no_series(&right)?;
        if relation == Relation::Equal {
            let (left, right) = self.equal_sides(left, right)?;
            self.scope.symmetric.extend(symmetric_field((&left.expr, &right.expr), &self.symbols));
            return Ok(Condition::Equal(left.expr, right.expr));
        }
        let (high, low) = match relation {
            Relation::Less | Relation::AtMost => (right, left),
            Relation::Equal | Relation::Greater | Relation::AtLeast => (left, right),
        };
        let (high, low) = (self.scalar(&high, "a comparison")?, self.scalar(&low, "a comparison")?);
        if let Some(value) = [&high, &low].into_iter().find(|value| !value.free.is_empty()) {
            let label = Label::new(value.span.clone(), "");
            return self.fail(Diagnostic::error("a comparison has no free index", label));
        }
        let difference = if low.is_zero() {
            high
        } else {
            let low = self.negative(&low, &span)?;
            self.measured(
                Expr::new(Kind::Add(vec![high.expr.clone(), low.expr.clone()]), Shape::Scalar),
                &[&high, &low],
                &span,
            )?
        };
        Ok(match relation {
            Relation::Greater | Relation::Less => Condition::Positive(difference.expr),
            Relation::Equal | Relation::AtLeast | Relation::AtMost => Condition::NonNegative(difference.expr),
        })
    }

    /// The right side without its remainder.
    fn split_remainder<'n>(&mut self, right: &'n Node) -> Elaborated<(Right<'n>, Option<&'n Node>)> {
        let is_order = |node: &Node| matches!(&node.form, Form::Call(call) if &*call.name.text == "O" && call.primes == 0);
        match &right.form {
            Form::Sum(terms) => match terms.split_last() {
                Some(((subtracted, last), rest)) if is_order(last) => {
                    if *subtracted {
                        let label = Label::new(last.span.clone(), "subtracted");
                        return self
                            .fail(Diagnostic::error("a remainder is added", label).note("write + O(eta^3)"));
                    }
                    let end = rest.last().map_or(right.span.start, |(_, term)| term.span.end);
                    Ok((Right::Terms(rest, right.span.start..end), Some(last)))
                }
                _ => Ok((Right::Whole(right), None)),
            },
            _ if is_order(right) => Ok((Right::Zero(right.span.clone()), Some(right))),
            _ => Ok((Right::Whole(right), None)),
        }
    }

    /// `O(symbol^order)`
    fn remainder(&mut self, node: &Node) -> Elaborated<Remainder> {
        let argument = match &node.form {
            Form::Call(call) => match &call.arguments[..] {
                [syntax::Argument { name: None, value }] => Some(value),
                _ => None,
            },
            _ => None,
        };
        let parts = argument.and_then(|argument| match &argument.form {
            Form::Name(name) => Some((name, &argument.span, Rational::ONE)),
            Form::Binary(Binary::Power, sides) => match (&sides.0.form, constant(&sides.1)) {
                (Form::Name(name), Some(order)) => Some((name, &sides.0.span, order)),
                _ => None,
            },
            _ => None,
        });
        let Some((name, span, order)) = parts else {
            let said = Diagnostic::error("this is no order", Label::new(node.span.clone(), ""));
            return self
                .fail(said.note("an order is a power of one scalar, such as O(eta^3) or O(dt^(3/2))"));
        };
        let symbol = self.order_symbol(name, span)?;
        let twice = &order * &Rational::integer(2);
        if !order.is_positive() || twice.to_integer().is_none() {
            let said = Diagnostic::error(format!("{order} is no order"), Label::new(node.span.clone(), ""));
            return self.fail(said.note("an order is a positive multiple of 1/2"));
        }
        Ok(Remainder { symbol, order })
    }

    fn order_symbol(&mut self, name: &Arc<str>, span: &Span) -> Elaborated<SymbolId> {
        match self.names.get(name).cloned() {
            Some((Meaning::Symbol(id), declared)) => match self.symbols.get(id).kind {
                SymbolKind::Scalar(_) => Ok(id),
                _ => {
                    let label = Label::new(span.clone(), "");
                    let said =
                        Diagnostic::error(format!("{name} is no scalar that is the same everywhere"), label)
                            .and(declared, "declared here");
                    self.fail(said.note("orders are powers of a declared scalar"))
                }
            },
            Some((Meaning::Broken, _)) => Err(Stop),
            Some((Meaning::Let(_), declared)) => {
                let said = Diagnostic::error(format!("{name} is a let"), Label::new(span.clone(), ""))
                    .and(declared, "defined here");
                self.fail(said.note("orders are powers of a declared scalar"))
            }
            None => match self.unknown(name, span) {
                Ok(_) | Err(_) => Err(Stop),
            },
        }
    }
}

/// The right side of a claim without its remainder.
enum Right<'n> {
    Terms(&'n [(bool, Node)], Span),
    Whole(&'n Node),
    /// The remainder stood alone.
    Zero(Span),
}

/// The matrix field that `B = B'` makes symmetric.
fn symmetric_field((left, right): (&Expr, &Expr), symbols: &crate::expression::Symbols) -> Option<SymbolId> {
    let field = |a: &Expr, b: &Expr| match (a.kind(), b.kind()) {
        (Kind::Symbol(id), Kind::Transpose(inner)) => match inner.kind() {
            Kind::Symbol(other) if other == id => Some(*id),
            _ => None,
        },
        _ => None,
    };
    field(left, right).or_else(|| field(right, left)).filter(|id| {
        matches!(symbols.get(*id).kind, SymbolKind::Field { shape: FieldShape::Matrix, sign: Sign::Any, .. })
    })
}
