//! From the entries of an instance to what the names of a derivation are: numbers, data, functions.
//!
//! Here text becomes numbers, and nothing is evaluated but expressions of scalars. The readings that evaluate claims begin
//! with this, and complete it claim by claim by what they draw at random.

mod binding;
mod constant;
mod error;
mod order;
mod spoken;

pub use error::{BindError, BindReason};

pub(in crate::reading) use constant::constant;
pub(in crate::reading) use order::in_order;
pub(crate) use spoken::symbols_of;
pub(in crate::reading) use spoken::{claimed_dimension, concerns, spoken};

use crate::data::Data;
use crate::expression::{Entry, Expr, Instance, SymbolId, Symbols};
use crate::loss::{Builtin, Problem};
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

/// What a field is bound to.
#[derive(Debug, Clone)]
pub(crate) enum BoundField {
    /// An expression in `theta`, scalars, and columns of the data.
    Expression(Expr),
    /// A loss on the rows of the data.
    Loss(Arc<Problem<Builtin>>),
}

/// What an instance binds.
#[derive(Debug, Clone)]
pub(crate) struct Bound {
    /// The declared names, and names for columns of the data.
    pub(crate) symbols: Arc<Symbols>,
    /// The points; none if they are not bound.
    pub(crate) points: Vec<Vec<f64>>,
    /// Coordinates that are bound by their own names where no points are.
    pub(crate) coordinates: Vec<(usize, f64)>,
    /// The dimension, where data or the points fix it.
    pub(crate) dim: Option<usize>,
    /// The data, which are read once.
    pub(crate) data: Option<Arc<Data>>,
    /// Number of data points; none if there are no data.
    pub(crate) rows: Option<usize>,
    pub(crate) scalars: HashMap<SymbolId, f64>,
    pub(crate) fields: HashMap<SymbolId, BoundField>,
    /// Expressions in the first coordinate of a space of dimension 1, with its symbols.
    pub(crate) functions: HashMap<SymbolId, (Expr, Arc<Symbols>)>,
    /// Values of random names at all data points.
    pub(crate) randoms: HashMap<SymbolId, Arc<[Vec<f64>]>>,
    /// Numbers of columns of bound matrices.
    pub(crate) lengths: HashMap<SymbolId, usize>,
    /// The bound fields that have to be symmetric or of a sign at the points.
    pub(crate) to_check: Vec<(Entry, SymbolId)>,
}

impl Bound {
    /// Nothing.
    pub(crate) fn nothing(symbols: &Symbols) -> Self {
        Self {
            symbols: Arc::new(symbols.clone()),
            points: vec![],
            coordinates: vec![],
            dim: None,
            data: None,
            rows: None,
            scalars: HashMap::new(),
            fields: HashMap::new(),
            functions: HashMap::new(),
            randoms: HashMap::new(),
            lengths: HashMap::new(),
            to_check: vec![],
        }
    }

    /// What an instance says of the names of a derivation; paths in it begin at `base`.
    ///
    /// # Errors
    /// An entry is about no name of the derivation, or cannot be taken; the first such.
    pub(crate) fn new(instance: &Instance, symbols: &Symbols, base: &Path) -> Result<Self, BindError> {
        binding::bind(instance, symbols, base)
    }
}
