//! The shape that an argument must have.

use super::diagnostic::{Diagnostic, Label};
use super::elaboration::{Elaborated, Elaborator, Value};
use crate::expression::{Expr, Kind, Length, Rational, Shape};

impl Elaborator<'_> {
    pub(super) fn scalar(&mut self, value: &Value, usage: &str) -> Elaborated {
        match value.shape() {
            Shape::Scalar => Ok(value.clone()),
            Shape::Vector(_) | Shape::Matrix(..) | Shape::Components(_) => {
                self.wrong_shape(value, "a scalar", usage)
            }
        }
    }

    /// A vector; the number 0 becomes one.
    pub(super) fn vector(&mut self, value: &Value, usage: &str) -> Elaborated {
        match value.shape() {
            Shape::Vector(_) => Ok(value.clone()),
            Shape::Scalar if value.is_zero() => {
                let shape = Shape::Vector(self.scope.lengths.fresh());
                Ok(Value { expr: Expr::new(Kind::Number(Rational::ZERO), shape), ..value.clone() })
            }
            Shape::Scalar | Shape::Matrix(..) | Shape::Components(_) => {
                self.wrong_shape(value, "a vector", usage)
            }
        }
    }

    /// A vector of length `d`.
    pub(super) fn space_vector(&mut self, value: &Value, usage: &str) -> Elaborated {
        let value = self.vector(value, usage)?;
        if self.unite_shapes(value.shape(), Shape::Vector(Length::Space)) {
            return Ok(value);
        }
        self.wrong_shape(&value, "a vector of length d", usage)
    }

    pub(super) fn matrix(&mut self, value: &Value, usage: &str) -> Elaborated {
        match value.shape() {
            Shape::Matrix(..) => Ok(value.clone()),
            Shape::Scalar if value.is_zero() => {
                let shape = Shape::Matrix(Length::Space, Length::Space);
                Ok(Value { expr: Expr::new(Kind::Number(Rational::ZERO), shape), ..value.clone() })
            }
            Shape::Scalar | Shape::Vector(_) | Shape::Components(_) => {
                self.wrong_shape(value, "a matrix", usage)
            }
        }
    }

    #[cold]
    pub(super) fn wrong_shape<T>(&mut self, value: &Value, needed: &str, usage: &str) -> Elaborated<T> {
        let label = Label::new(value.span.clone(), format!("this is {}", self.describe(value.shape())));
        let said = Diagnostic::error(format!("{usage} needs {needed}"), label);
        self.fail(match (usage, value.shape()) {
            ("grad(s)", Shape::Vector(_)) => {
                said.note("write jac(v) for the derivatives of a vector, div(v) for their trace")
            }
            ("hess(s)" | "lap(s)", Shape::Vector(_)) => said.note("write it for a component: lap(v[i])"),
            ("d[j](s)", Shape::Vector(_)) => said.note("write it for a component: d[j](v[i])"),
            ("d[j](s)", Shape::Matrix(..)) => said.note("write it for a component: d[j](A[i,j])"),
            ("Var[s]", Shape::Vector(_)) => said.note("write Cov[v] for the covariance of a vector"),
            ("dot(a, b)", Shape::Matrix(..)) => {
                said.note("write A*v for a matrix times a vector, tr(A'*B) for two matrices")
            }
            (_, Shape::Scalar) if needed.starts_with("a vector") => said.note("is a grad missing?"),
            _ => said,
        })
    }
}
