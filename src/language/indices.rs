//! Index notation: components, derivatives by an index, sums, tensors.

use super::diagnostic::{Diagnostic, Label};
use super::elaboration::{Elaborated, Elaborator, Value};
use super::syntax::{Name, Node, Span};
use crate::expression::{Expr, Kind, Length, Shape};
use std::sync::Arc;

impl Elaborator<'_> {
    #[cold]
    pub(super) fn two_index_sets<T>(&mut self, first: &Value, second: &Value) -> Elaborated<T> {
        let said = Diagnostic::error(
            "these terms have different free indices",
            Label::new(second.span.clone(), indices_in_words(second)),
        )
        .and(first.span.clone(), indices_in_words(first));
        self.fail(said.note("an index that stands once in one term stands once in every term"))
    }

    pub(super) fn component(&mut self, inner: &Node, indices: &[Name], span: &Span) -> Elaborated {
        let value = self.expression(inner)?;
        let lengths = match (value.shape(), indices.len()) {
            (Shape::Vector(length), 1) => vec![length],
            (Shape::Matrix(rows, columns), 2) => vec![rows, columns],
            (shape, count) => {
                let label = Label::new(value.span.clone(), format!("this is {}", self.describe(shape)));
                let said = Diagnostic::error(
                    format!(
                        "{} has no component of {count} {}",
                        shape.noun(),
                        if count == 1 { "index" } else { "indices" }
                    ),
                    label,
                );
                return self.fail(match shape {
                    Shape::Vector(_) => said.note("a vector has one index: v[i]"),
                    Shape::Matrix(..) => said.note("a matrix has two indices: A[i,j]"),
                    Shape::Scalar | Shape::Components(_) => said,
                });
            }
        };
        let mut parts = vec![value.clone()];
        let mut found = vec![];
        for (name, length) in indices.iter().zip(lengths) {
            let index = self.index(name, length)?;
            parts.push(self.index_part(&index, &name.span));
            found.push(index);
        }
        self.node(Kind::Component(value.expr, found), Shape::Scalar, &parts.iter().collect::<Vec<_>>(), span)
    }

    pub(super) fn partial(&mut self, name: &Name, inner: &Value, span: &Span) -> Elaborated {
        let inner = self.scalar(inner, "d[j](s)")?;
        let index = self.index(name, Length::Space)?;
        let part = self.index_part(&index, &name.span);
        self.node(Kind::Partial(index, inner.expr.clone()), Shape::Scalar, &[&part, &inner], span)
    }

    /// `sum[i](s)`, for a sum over an index that stands once in every term of `s`.
    pub(super) fn explicit_sum(&mut self, name: &Name, body: &Node, span: &Span) -> Elaborated {
        let outer = self.scope.indices.remove(&name.text);
        let value = self.expression(body);
        let index = self.scope.indices.remove(&name.text);
        self.scope.indices.extend(outer.map(|outer| (Arc::clone(&name.text), outer)));
        let value = value?;
        let found = index
            .and_then(|(index, _)| value.free.iter().position(|free| *free == index).map(|at| (index, at)));
        let Some((index, at)) = found else { return self.not_free(name, &value) };
        let expr = Expr::new(Kind::Sum(index, value.expr.clone()), Shape::Scalar);
        let mut result = self.measured(expr, &[&value], span)?;
        result.free = value.free;
        result.free.remove(at);
        result.summed = value.summed;
        result.summed.push(Arc::clone(&name.text));
        Ok(result)
    }

    #[cold]
    pub(super) fn not_free(&mut self, name: &Name, value: &Value) -> Elaborated {
        let said = Diagnostic::error(
            format!("the index {} does not stand free here", name.text),
            Label::new(value.span.clone(), indices_in_words(value)),
        )
        .and(name.span.clone(), "named here");
        self.fail(said.note("an index that stands twice in a product is summed there already"))
    }

    /// `tensor[i](s)` and `tensor[i,j](s)`: the indices are bound, and no index stays free.
    pub(super) fn literal(&mut self, names: &[Name], body: &Node, span: &Span) -> Elaborated {
        let outer = std::mem::take(&mut self.scope.indices);
        let value = self.expression(body).and_then(|value| self.bind("a tensor", names, value));
        self.scope.indices = outer;
        Ok(Value { span: span.clone(), summed: vec![], ..value? })
    }
}

/// `free: i, j`
fn indices_in_words(value: &Value) -> String {
    if value.free.is_empty() {
        return "no free index".to_owned();
    }
    let names: Vec<&str> = value.free.iter().map(|index| &*index.name).collect();
    format!("free: {}", names.join(", "))
}
