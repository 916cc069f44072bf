//! What is wrong with an instance that cannot be bound.

use crate::expression::{Entry, ValueError};
use crate::loss::ProblemError;
use crate::loss::instance::InstanceError;
use std::ops::Range;
use thiserror::Error;

/// What is wrong with an entry of an instance.
#[derive(Debug, Error)]
#[error("{key}: {reason}")]
pub struct BindError {
    /// The key.
    pub key: String,
    /// Bytes of the entry in its file.
    pub span: Range<usize>,
    /// What is wrong.
    pub reason: Box<BindReason>,
}

/// Why an entry of an instance cannot be taken.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BindReason {
    /// Data, a loss or a point.
    #[error(transparent)]
    Instance(#[from] InstanceError),
    /// An expression.
    #[error(transparent)]
    Value(#[from] ValueError),
    /// Loss, data and point do not fit together.
    #[error(transparent)]
    Problem(#[from] ProblemError),
    /// The expression has no value at a point.
    #[error("it has no value at a point of the instance: {reason}")]
    NoValue {
        /// Why, as the reading says that tried.
        reason: String,
    },
    /// The derivation has no such name.
    #[error("the derivation declares no such name{}", suggestion(nearest.as_deref()))]
    UnknownKey {
        /// The name most like it.
        nearest: Option<String>,
    },
    /// A name that cannot be bound.
    #[error("{what} cannot be bound in an instance")]
    NotBound {
        /// What it is.
        what: &'static str,
    },
    /// A loss or columns of data without data.
    #[error("there are no data: add data = csv(\"file.csv\", target = \"column\")")]
    NoData,
    /// The dimension is not fixed.
    #[error("the dimension is not known: give theta as a list of numbers")]
    NoDimension,
    /// Another shape than declared.
    #[error("it is declared to be {expected}, found {found}")]
    Shape {
        /// What it is declared to be.
        expected: &'static str,
        /// What it is.
        found: &'static str,
    },
    /// A function of what it was not declared to depend on.
    #[error("{name} varies with the data, which {field} was not declared to depend on")]
    Depends {
        /// What the expression uses.
        name: String,
        /// What is bound.
        field: String,
    },
    /// A number of the wrong sign.
    #[error("it is declared to be {expected}, found {found}")]
    Sign {
        /// What it is declared to be.
        expected: &'static str,
        /// What it is.
        found: f64,
    },
    /// A matrix that is declared symmetric, and is not.
    #[error("it is declared symmetric, and is not at a point of the instance")]
    NotSymmetric,
}

impl BindError {
    /// What is wrong with this entry.
    pub(in crate::reading) fn new(entry: &Entry, reason: BindReason) -> Self {
        Self { key: entry.key.to_string(), span: entry.span.clone(), reason: Box::new(reason) }
    }
}

fn suggestion(nearest: Option<&str>) -> String {
    nearest.map(|name| format!("; is {name} meant?")).unwrap_or_default()
}
