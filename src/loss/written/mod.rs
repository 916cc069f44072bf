//! A loss written as an expression of the language in the parameters and the columns of the data.
//!
//! ```text
//! log(1 + exp(-y*dot(theta, x)))          x the features of a row, y its target, theta the parameters
//! 1/2*(a*b*weight - length)^2             parameters and columns by their names
//! ```
//!
//! The expression is taken apart once, into a list of scalar operations in which equal ones occur once; running that list
//! is the loss, in every number type. `log(1 + exp(z))` is run as `softplus(z)` and `1/(1 + exp(-z))` as `logistic(z)`,
//! which are the same functions and do not overflow.
//!
//! What the names are is said by [`Names`]: those of the data, and those of the parameters.

mod builder;
mod names;
mod step;

pub use names::Names;

use super::Loss;
use super::number::{Number, constant};
use crate::expression::{Expr, Value, ValueError};
use step::Step;
use thiserror::Error;

/// Most operations of one loss.
const MOST_OPERATIONS: usize = 1 << 20;

/// Why an expression is no loss.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum WrittenError {
    /// It is no expression of the names that there are.
    #[error(transparent)]
    Value(#[from] ValueError),
    /// It is a vector or a matrix.
    #[error("a loss is a scalar, and this is {found}")]
    NotScalar {
        /// What it is.
        found: &'static str,
    },
    /// A form that has no place in a loss.
    #[error("{what} has no place in a loss, which is a function of one data row and the parameters")]
    Form {
        /// Which form.
        what: &'static str,
    },
    /// A name that is none of a parameter or of a column.
    #[error("{name} is neither a parameter nor a column of the data")]
    Name {
        /// The name.
        name: String,
    },
    /// Shapes that do not fit each other.
    #[error("shapes do not fit each other in {what}")]
    Shape {
        /// Where.
        what: &'static str,
    },
    /// A name that is given twice.
    #[error("{name} names a parameter and a column of the data; rename one of them")]
    Twice {
        /// The name.
        name: String,
    },
    /// No parameter occurs, or there is none.
    #[error("no parameter occurs in the loss, so that there is nothing to learn")]
    NoParameters,
    /// It has too many operations.
    #[error("the loss has more than {MOST_OPERATIONS} operations")]
    TooLarge,
}

/// A loss written as an expression.
#[derive(Debug, Clone)]
pub struct Written {
    parameters: Vec<String>,
    columns: usize,
    steps: Vec<Step>,
}

impl Written {
    /// From an expression over the symbols of `names`.
    ///
    /// # Errors
    /// It is no scalar, or not made of parameters, columns, numbers and functions of them alone.
    pub fn new(e: &Expr, names: &Names) -> Result<Self, WrittenError> {
        let steps = builder::steps(e, names)?;
        if !steps.iter().any(|step| matches!(step, Step::Parameter(_))) {
            return Err(WrittenError::NoParameters);
        }
        Ok(Self { parameters: names.parameters().to_vec(), columns: names.columns(), steps })
    }

    /// From the syntax of a value.
    ///
    /// # Errors
    /// As for [`Written::new`], and where a name is unknown or shapes do not fit.
    pub fn from_value(value: &Value, names: &Names) -> Result<Self, WrittenError> {
        Self::new(&value.to_expr(names.symbols(), names.lengths())?, names)
    }

    /// Names of the parameters, `dim()` of them.
    #[must_use]
    pub fn parameters(&self) -> &[String] {
        &self.parameters
    }
}

impl Loss for Written {
    fn dim(&self) -> usize {
        self.parameters.len()
    }

    fn columns(&self) -> usize {
        self.columns
    }

    fn loss<D: Number>(&self, x: &[D::InnerDual], theta: &[D]) -> D {
        let mut results: Vec<D> = Vec::with_capacity(self.steps.len());
        for step in &self.steps {
            let result = step.run(x, theta, &results);
            results.push(result);
        }
        results.pop().unwrap_or_else(|| constant(f64::NAN))
    }
}
