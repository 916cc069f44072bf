//! Expressions: names, numbers, operators and index notation.

#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "most nodes are treated alike; a match names those that are not"
)]

use super::diagnostic::{Diagnostic, Label};
use super::elaboration::{Elaborated, Elaborator, Meaning, Value};
use super::names::nearest;
use super::syntax::{Binary, Form, Node, Span};
use crate::expression::{Expr, FieldShape, Kind, Length, RandomShape, Rational, Shape, SymbolId, SymbolKind};
use std::sync::Arc;

const D_BY_D: Shape = Shape::Matrix(Length::Space, Length::Space);

impl Elaborator<'_> {
    /// The meaning of an expression.
    pub(super) fn expression(&mut self, node: &Node) -> Elaborated {
        let span = &node.span;
        match &node.form {
            Form::Number(value) => Ok(Self::leaf(Kind::Number(value.clone()), Shape::Scalar, span.clone())),
            Form::Text(_) => {
                self.fail(Diagnostic::error("a text is no expression", Label::new(span.clone(), "")))
            }
            Form::Name(name) => self.name(name, span),
            Form::Sum(terms) => self.sum(terms, span),
            Form::Negative(inner) => {
                let inner = self.expression(inner)?;
                self.negative(&inner, span)
            }
            Form::Binary(operator, sides) => {
                let left = self.expression(&sides.0)?;
                let right = self.expression(&sides.1)?;
                match operator {
                    Binary::Multiply => self.product(&left, &right, span),
                    Binary::Divide => self.quotient(&left, &right, span),
                    Binary::Power => self.power(&left, &right, span),
                    Binary::Dot => self.middle_dot(&left, &right, span),
                }
            }
            Form::Prime(inner) => {
                let inner = self.expression(inner)?;
                self.transpose(&inner, span)
            }
            Form::Component(inner, indices) => self.component(inner, indices, span),
            Form::Partial(index, inner) => {
                let inner = self.expression(inner)?;
                self.partial(index, &inner, span)
            }
            Form::Over(index, body) => self.explicit_sum(index, body, span),
            Form::Tensor(indices, body) => self.literal(indices, body, span),
            Form::Delta(i, j) => {
                let length = self.scope.lengths.fresh();
                let (first, second) = (self.index(i, length)?, self.index(j, length)?);
                let parts = [self.index_part(&first, &i.span), self.index_part(&second, &j.span)];
                self.node(Kind::Kronecker(first, second), Shape::Scalar, &[&parts[0], &parts[1]], span)
            }
            Form::Call(call) => self.call(call, span),
            Form::List(parts) => self.list(parts, span),
        }
    }

    fn name(&mut self, name: &Arc<str>, span: &Span) -> Elaborated {
        match &**name {
            "I" => return Ok(Self::leaf(Kind::Identity, D_BY_D, span.clone())),
            "dim" => return Ok(Self::leaf(Kind::Dimension, Shape::Scalar, span.clone())),
            _ => {}
        }
        match self.names.get(name).map(|(meaning, _)| *meaning) {
            Some(Meaning::Symbol(id)) => self.symbol(id, span),
            Some(Meaning::Let(number)) => self.definition(number, span),
            Some(Meaning::Broken) => Err(super::elaboration::Stop),
            None => self.unknown(name, span),
        }
    }

    #[cold]
    pub(super) fn unknown(&mut self, name: &str, span: &Span) -> Elaborated {
        let label = Label::new(span.clone(), "");
        if let Some(usage) = super::calls::usage(name) {
            let said = Diagnostic::error(format!("{name} is a function and needs its arguments"), label);
            return self.fail(said.note(format!("write {usage}")));
        }
        if self.scope.indices.contains_key(name) {
            let said = Diagnostic::error(format!("{name} is the name of an index, not of a number"), label);
            return self.fail(said.note(format!("indices stand in square brackets, such as v[{name}]")));
        }
        let known = self.names.iter().filter(|(_, (meaning, _))| !matches!(meaning, Meaning::Broken));
        let near = nearest(name, known.map(|(name, _)| &**name).chain(["dim"]));
        let said = Diagnostic::error(format!("{name} is not declared"), label);
        let said = match near {
            Some(near) => said.note(format!("is {near} meant?")),
            None => said.note(format!("declare it before this line, for instance: scalar {name}")),
        };
        // Its other uses are not reported as well.
        self.names.insert(name.into(), (Meaning::Broken, span.clone()));
        self.fail(said)
    }

    /// A declared name as an expression.
    pub(super) fn symbol(&mut self, id: SymbolId, span: &Span) -> Elaborated {
        let symbol = self.symbols.get(id);
        let shape = match &symbol.kind {
            SymbolKind::Scalar(_) | SymbolKind::Coordinate(_) => Shape::Scalar,
            SymbolKind::Space => Shape::Vector(Length::Space),
            SymbolKind::Random { shape: RandomShape::Vector, .. } => Shape::Vector(Length::Space),
            SymbolKind::Random { shape: RandomShape::Scalar, .. } => Shape::Scalar,
            SymbolKind::Random { shape: RandomShape::Opaque, distribution } => {
                let kind =
                    SymbolKind::Random { shape: RandomShape::Scalar, distribution: distribution.clone() };
                self.symbols.redeclare(id, kind);
                Shape::Scalar
            }
            SymbolKind::Field { shape, .. } => match shape {
                FieldShape::Scalar => Shape::Scalar,
                FieldShape::Vector => Shape::Vector(Length::Space),
                FieldShape::Symmetric => D_BY_D,
                FieldShape::Matrix => Shape::Matrix(Length::Space, Length::Columns(id)),
            },
            SymbolKind::Noise { scalar: true, .. } => Shape::Scalar,
            SymbolKind::Noise { scalar: false, .. } => Shape::Vector(Length::Columns(id)),
            SymbolKind::Function => {
                let said = Diagnostic::error(
                    format!("{} is a function and needs its argument", symbol.name),
                    Label::new(span.clone(), ""),
                )
                .note(format!("write {0}(z), or {0}'(z) for its derivative", symbol.name));
                return self.fail(said);
            }
        };
        Ok(Self::leaf(Kind::Symbol(id), shape, span.clone()))
    }

    /// A use of a `let`.
    fn definition(&mut self, number: usize, span: &Span) -> Elaborated {
        let Some(definition) = self.definitions.get(number) else { return Err(super::elaboration::Stop) };
        let (value, lengths) = (definition.value.clone(), definition.lengths.clone());
        let batches = definition.batches.clone();
        if !self.scope.lengths.repeat(&lengths, &self.symbols) {
            let said = Diagnostic::error(
                "a noise would need two lengths in this statement",
                Label::new(span.clone(), "what is written here needs another length than what stands before"),
            );
            return self
                .fail(said.note("declare a second noise, or use the first one beside one matrix only"));
        }
        for batch in batches {
            self.use_batch(super::elaboration::BatchUse { span: span.clone(), ..batch })?;
        }
        Ok(Value { span: span.clone(), ..value })
    }

    /// Terms of one shape under the same free indices.
    pub(super) fn sum(&mut self, terms: &[(bool, Node)], span: &Span) -> Elaborated {
        let (mut values, mut failed) = (vec![], false);
        for (subtracted, term) in terms {
            let value = self.expression(term);
            let value = match value {
                Ok(value) if *subtracted => self.negative(&value, &term.span),
                other => other,
            };
            match value {
                Ok(value) => values.push(value),
                Err(_) => failed = true,
            }
        }
        if failed {
            return Err(super::elaboration::Stop);
        }
        let Some(model) = values.iter().find(|value| !value.is_zero()).or(values.first()).cloned() else {
            return Err(super::elaboration::Stop);
        };
        let mut summed: Vec<Arc<str>> = vec![];
        for value in &mut values {
            if value.is_zero() {
                value.expr = Expr::new(Kind::Number(Rational::ZERO), model.shape());
                continue;
            }
            if !self.unite_shapes(model.shape(), value.shape()) {
                return self.two_shapes(&model, value);
            }
            let same =
                model.free.len() == value.free.len() && model.free.iter().all(|i| value.free.contains(i));
            if !same {
                return self.two_index_sets(&model, value);
            }
            for name in &value.summed {
                if !summed.contains(name) {
                    summed.push(Arc::clone(name));
                }
            }
        }
        if let [only] = &values[..] {
            return Ok(only.clone());
        }
        let expr =
            Expr::new(Kind::Add(values.iter().map(|value| value.expr.clone()).collect()), model.shape());
        let mut value = self.measured(expr, &values.iter().collect::<Vec<_>>(), span)?;
        value.free = model.free;
        value.summed = summed;
        Ok(value)
    }

    #[cold]
    fn two_shapes(&mut self, first: &Value, second: &Value) -> Elaborated {
        let (a, b) = (self.describe(first.shape()), self.describe(second.shape()));
        let said = Diagnostic::error(
            format!("{} and {} cannot be added", first.shape().noun(), second.shape().noun()),
            Label::new(second.span.clone(), format!("this is {b}")),
        )
        .and(first.span.clone(), format!("this is {a}"));
        let said = match (first.shape(), second.shape()) {
            (Shape::Scalar, Shape::Vector(_)) | (Shape::Vector(_), Shape::Scalar) => {
                said.note("is a grad missing?")
            }
            (Shape::Scalar, Shape::Matrix(..)) | (Shape::Matrix(..), Shape::Scalar) => {
                said.note("is a hess missing, or the identity I beside the scalar?")
            }
            (Shape::Vector(_), Shape::Matrix(..)) | (Shape::Matrix(..), Shape::Vector(_)) => {
                said.note("is a div missing?")
            }
            _ => said,
        };
        self.fail(said)
    }

    /// `-e`; the negative of a number is a number.
    pub(super) fn negative(&mut self, inner: &Value, span: &Span) -> Elaborated {
        if let Some(value) = inner.number() {
            let value = if value.is_zero() { Rational::ZERO } else { -value };
            return Ok(Self::leaf(Kind::Number(value), inner.shape(), span.clone()));
        }
        self.node(Kind::Neg(inner.expr.clone()), inner.shape(), &[inner], span)
    }

    fn product(&mut self, left: &Value, right: &Value, span: &Span) -> Elaborated {
        let shape = match (left.shape(), right.shape()) {
            (Shape::Scalar, other) | (other, Shape::Scalar) => other,
            (Shape::Matrix(rows, inner), Shape::Vector(length)) => {
                if !self.unite(inner, length) {
                    return self.no_product(left, right);
                }
                Shape::Vector(rows)
            }
            (Shape::Matrix(rows, inner), Shape::Matrix(outer, columns)) => {
                if !self.unite(inner, outer) {
                    return self.no_product(left, right);
                }
                Shape::Matrix(rows, columns)
            }
            (Shape::Vector(_) | Shape::Matrix(..) | Shape::Components(_), _) => {
                return self.no_product(left, right);
            }
        };
        self.node(Kind::Mul(left.expr.clone(), right.expr.clone()), shape, &[left, right], span)
    }

    #[cold]
    fn no_product(&mut self, left: &Value, right: &Value) -> Elaborated {
        let (a, b) = (self.describe(left.shape()), self.describe(right.shape()));
        let said = Diagnostic::error(
            format!("{} times {} is not defined", left.shape().noun(), right.shape().noun()),
            Label::new(right.span.clone(), format!("this is {b}")),
        )
        .and(left.span.clone(), format!("this is {a}"));
        let (left, right) = (self.source(&left.span), self.source(&right.span));
        self.fail(match (a.contains("matrix"), b.contains("matrix")) {
            (false, false) => said.note(format!(
                "write dot({left}, {right}) for the scalar, or outer({left}, {right}) for the matrix"
            )),
            (false, true) => said.note("a vector stands to the right of a matrix: write A'*v"),
            (true, _) => {
                said.note("the columns of the left one must be as many as the rows of the right one")
            }
        })
    }

    /// A short piece of the text, or a stand-in for a long one.
    pub(super) fn source(&self, span: &Span) -> String {
        const SHORT: usize = 30;
        match self.text.get(span.clone()) {
            Some(text) if text.len() <= SHORT && !text.contains('\n') => text.to_owned(),
            _ => "...".to_owned(),
        }
    }

    /// A quotient; that of two numbers is a number.
    fn quotient(&mut self, left: &Value, right: &Value, span: &Span) -> Elaborated {
        if right.shape() != Shape::Scalar {
            let label = Label::new(right.span.clone(), format!("this is {}", self.describe(right.shape())));
            let said =
                Diagnostic::error(format!("nothing can be divided by {}", right.shape().noun()), label);
            return self.fail(match right.shape() {
                Shape::Matrix(..) => said.note("write inv(A) for the inverse of a matrix"),
                Shape::Scalar | Shape::Vector(_) | Shape::Components(_) => said,
            });
        }
        if right.is_zero() {
            return self.fail(Diagnostic::error("division by zero", Label::new(right.span.clone(), "")));
        }
        let numbers = left.number().zip(right.number());
        if let Some(value) = numbers.and_then(|(a, b)| a.checked_div(b)) {
            return Ok(Self::leaf(Kind::Number(value), left.shape(), span.clone()));
        }
        self.node(Kind::Div(left.expr.clone(), right.expr.clone()), left.shape(), &[left, right], span)
    }

    fn power(&mut self, base: &Value, exponent: &Value, span: &Span) -> Elaborated {
        if exponent.shape() != Shape::Scalar {
            let label =
                Label::new(exponent.span.clone(), format!("this is {}", self.describe(exponent.shape())));
            let said = Diagnostic::error("an exponent is a scalar", label);
            return self.fail(match exponent.expr.kind() {
                Kind::Symbol(_) => said.note("write A' for the transpose"),
                _ => said,
            });
        }
        match base.shape() {
            Shape::Scalar => {}
            Shape::Matrix(rows, columns) => {
                let whole = exponent.number().and_then(Rational::to_integer).is_some_and(|k| k >= 1);
                if !whole {
                    let label = Label::new(exponent.span.clone(), "not a whole number of at least 1");
                    let said = Diagnostic::error("a matrix has whole powers only", label);
                    return self.fail(said.note("write inv(A) for the inverse and sqrt(A) for the root"));
                }
                if !self.unite(rows, columns) {
                    return self.not_square(base, "the power of a matrix");
                }
            }
            Shape::Vector(_) | Shape::Components(_) => {
                let label = Label::new(base.span.clone(), format!("this is {}", self.describe(base.shape())));
                let said = Diagnostic::error("a vector has no powers", label);
                return self.fail(
                    said.note("write norm2(v) for the square of its length, outer(v, v) for the matrix"),
                );
            }
        }
        self.node(Kind::Pow(base.expr.clone(), exponent.expr.clone()), base.shape(), &[base, exponent], span)
    }

    #[cold]
    pub(super) fn not_square<T>(&mut self, matrix: &Value, what: &str) -> Elaborated<T> {
        let label = Label::new(matrix.span.clone(), format!("this is {}", self.describe(matrix.shape())));
        self.fail(
            Diagnostic::error(format!("{what} needs a square matrix"), label)
                .note("a field declared symmetric is d x d; a claim may say: where B = B'"),
        )
    }

    fn middle_dot(&mut self, left: &Value, right: &Value, span: &Span) -> Elaborated {
        if let (Shape::Vector(_), Shape::Vector(_)) = (left.shape(), right.shape()) {
            return self.dot(left, right, span);
        }
        let (a, b) = (self.describe(left.shape()), self.describe(right.shape()));
        let said = Diagnostic::error(
            "· is the product of two vectors",
            Label::new(right.span.clone(), format!("this is {b}")),
        )
        .and(left.span.clone(), format!("this is {a}"));
        self.fail(said.note("write * for every other product"))
    }

    pub(super) fn dot(&mut self, left: &Value, right: &Value, span: &Span) -> Elaborated {
        let (a, b) = (self.vector(left, "dot(a, b)")?, self.vector(right, "dot(a, b)")?);
        if !self.unite_shapes(a.shape(), b.shape()) {
            let (one, other) = (self.describe(a.shape()), self.describe(b.shape()));
            let said = Diagnostic::error(
                "the two vectors of a dot product have different lengths",
                Label::new(right.span.clone(), format!("this is {other}")),
            );
            return self.fail(said.and(left.span.clone(), format!("this is {one}")));
        }
        self.node(Kind::Dot(a.expr.clone(), b.expr.clone()), Shape::Scalar, &[&a, &b], span)
    }

    fn transpose(&mut self, inner: &Value, span: &Span) -> Elaborated {
        if let Shape::Matrix(rows, columns) = inner.shape() {
            return self.node(
                Kind::Transpose(inner.expr.clone()),
                Shape::Matrix(columns, rows),
                &[inner],
                span,
            );
        }
        if inner.is_zero() {
            return Ok(inner.clone());
        }
        let label = Label::new(inner.span.clone(), format!("this is {}", self.describe(inner.shape())));
        let said = Diagnostic::error(format!("{} has no transpose", inner.shape().noun()), label);
        self.fail(match inner.shape() {
            Shape::Vector(_) => said.note("write outer(a, b) for a b', and dot(a, b) for a' b"),
            Shape::Scalar | Shape::Matrix(..) | Shape::Components(_) => {
                said.note("' is the transpose of a matrix; derivatives are grad(s), d[i](s), or l'(z) of a declared function")
            }
        })
    }

    /// `[s, t]` and `[[s, t], [u, v]]`.
    fn list(&mut self, parts: &[Node], span: &Span) -> Elaborated {
        let Some(count) = self.symbols.coordinates().map(<[SymbolId]>::len) else {
            let said = Diagnostic::error(
                "a list of components needs named coordinates",
                Label::new(span.clone(), ""),
            );
            return self.fail(said.note("declare them, for instance: space theta = (a, b)"));
        };
        let matrix = parts.iter().any(|part| matches!(part.form, Form::List(_)));
        if parts.len() != count {
            return self.wrong_count(parts.len(), count, span);
        }
        let mut values = vec![];
        for part in parts {
            match &part.form {
                Form::List(row) if row.len() != count => {
                    return self.wrong_count(row.len(), count, &part.span);
                }
                Form::List(row) => {
                    for entry in row {
                        let value = self.expression(entry)?;
                        values.push(self.scalar(&value, "[[a, b], [c, e]]")?);
                    }
                }
                _ if matrix => {
                    let said =
                        Diagnostic::error("this is no row of a matrix", Label::new(part.span.clone(), ""));
                    return self.fail(said.note("a matrix is a list of rows: [[a, b], [c, e]]"));
                }
                _ => {
                    let value = self.expression(part)?;
                    values.push(self.scalar(&value, "[a, b]")?);
                }
            }
        }
        let entries: Vec<Expr> = values.iter().map(|value| value.expr.clone()).collect();
        let (kind, shape) = if matrix {
            (Kind::Rows(entries.chunks(count).map(<[Expr]>::to_vec).collect()), D_BY_D)
        } else {
            (Kind::List(entries), Shape::Vector(Length::Space))
        };
        self.node(kind, shape, &values.iter().collect::<Vec<_>>(), span)
    }

    #[cold]
    fn wrong_count(&mut self, found: usize, count: usize, span: &Span) -> Elaborated {
        let label = Label::new(span.clone(), format!("{found} of them"));
        self.fail(Diagnostic::error(
            format!("a list has a component for each of the {count} coordinates"),
            label,
        ))
    }
}
