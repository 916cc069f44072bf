//! What every name of a claim is: numbers, data points, functions.

use super::recording::LossRows;
use crate::expression::{Expr, Length, SymbolId, Symbols};
use std::collections::HashMap;
use std::sync::Arc;

/// A function of `theta`, and of the random names it was declared with.
#[derive(Debug, Clone)]
pub(super) enum Field {
    /// A smooth function drawn at random, see [`drawn`](super::drawn).
    Drawn,
    /// A drawn function and a constant, so that it has this value at this point: by component.
    Pinned(Arc<[f64]>),
    /// A symmetric matrix drawn at random, where a claim says that a matrix is one.
    Symmetric,
    /// A loss, data point by data point.
    Loss(Arc<LossRows>),
    /// An expression in `theta`, scalars, and columns of the data.
    Expression(Expr),
}

/// A function of one variable.
#[derive(Debug, Clone)]
pub(super) enum Shape {
    /// An expression in the first coordinate of a space of dimension 1.
    Expression(Expr, Arc<Symbols>),
}

/// What every name of a claim is.
#[derive(Debug, Clone)]
pub(super) struct Model {
    /// The declared names, and names for columns of the data.
    pub(super) symbols: Arc<Symbols>,
    /// The point: as many numbers as the dimension.
    pub(super) theta: Vec<f64>,
    /// Lengths that are not the dimension.
    pub(super) lengths: HashMap<SymbolId, usize>,
    /// Number of equally likely data points.
    pub(super) rows: usize,
    /// Which rows of the data they are; all if nothing is said.
    pub(super) picked: Option<Arc<[usize]>>,
    /// Values of random names without distribution, by data point.
    pub(super) randoms: HashMap<SymbolId, Arc<[Vec<f64>]>>,
    /// Values of scalars.
    pub(super) scalars: HashMap<SymbolId, f64>,
    /// Functions of `theta`.
    pub(super) fields: HashMap<SymbolId, Field>,
    /// Functions of one variable.
    pub(super) functions: HashMap<SymbolId, Shape>,
    /// Seed of everything that is drawn.
    pub(super) seed: u64,
}

impl Model {
    /// The row of the data that a data point is.
    pub(super) fn row(&self, point: usize) -> usize {
        self.picked.as_ref().and_then(|rows| rows.get(point).copied()).unwrap_or(point)
    }

    /// The dimension `d`.
    pub(super) fn dim(&self) -> usize {
        self.theta.len()
    }

    /// A length in numbers; two where nothing fixes it.
    pub(super) fn length(&self, length: Length) -> usize {
        match length {
            Length::Space => self.dim(),
            Length::Columns(id) => self.lengths.get(&id).copied().unwrap_or(FREE_LENGTH),
        }
    }
}

/// Length of a noise, or of a matrix, that nothing fixes.
pub(super) const FREE_LENGTH: usize = 2;
