//! What every name of a claim is, at one point of an instance.

use super::drawn::DrawnField;
use super::facts::{Book, Facts};
use super::jet::Ring;
use crate::expression::{Distribution, Expr, Length, Rational, SymbolId, Symbols};
use crate::loss::{Builtin, Problem, Recording};
use crate::reading::instance::constant;
use rustc_hash::FxHashMap;
use std::collections::HashMap;
use std::sync::Arc;

/// Length of a noise, or of a matrix, that nothing fixes.
pub(super) const FREE_LENGTH: usize = 2;

/// A function of `theta`, and of the random names it was declared with.
#[derive(Debug)]
pub(super) enum Field {
    /// By data point, or one for all of them.
    Drawn(Vec<DrawnField>),
    /// An expression in `theta`, scalars, and columns of the data.
    Expression(Expr),
    /// A loss, with its operations if they are the same for all rows.
    Loss(Arc<Problem<Builtin>>, Option<Recording>),
}

/// What every name of a claim is.
#[derive(Debug)]
pub(super) struct Model {
    pub(super) ring: Ring,
    pub(super) symbols: Arc<Symbols>,
    /// `theta_0`
    pub(super) centre: Vec<f64>,
    pub(super) rows: usize,
    /// Values by symbol; NaN of what is no scalar.
    pub(super) scalars: Vec<f64>,
    /// Values of random names without distribution, by data point.
    pub(super) randoms: FxHashMap<SymbolId, Arc<[Vec<f64>]>>,
    /// Random names with a distribution, in an order.
    pub(super) distributed: Vec<(SymbolId, Distribution)>,
    pub(super) fields: FxHashMap<SymbolId, Field>,
    pub(super) functions: HashMap<SymbolId, (Expr, Arc<Symbols>)>,
    pub(super) lengths: HashMap<SymbolId, usize>,
    pub(super) facts: Book,
    /// Scalars that conditions fix, point by point.
    pub(super) fixed: Vec<(SymbolId, Expr)>,
    /// What has to be positive, or at least 0, at every point.
    pub(super) signs: Vec<(Expr, bool)>,
    /// Seed of what is drawn once.
    pub(super) seed: u64,
    pub(super) notes: Vec<String>,
    /// Numbers, so that they are not converted draw by draw.
    pub(super) numbers: FxHashMap<usize, f64>,
}

impl Model {
    /// The dimension `d`.
    pub(super) fn dim(&self) -> usize {
        self.centre.len()
    }

    /// A length in numbers; two where nothing fixes it.
    pub(super) fn length(&self, length: Length) -> usize {
        match length {
            Length::Space => self.dim(),
            Length::Columns(id) => self.lengths.get(&id).copied().unwrap_or(FREE_LENGTH),
        }
    }

    /// What is known of a node.
    pub(super) fn facts(&self, e: &Expr) -> Facts {
        self.facts.of(e)
    }
}

/// A rational as the number next to it.
pub(super) fn to_f64(number: &Rational) -> f64 {
    constant(&Expr::number(number.clone()), &|_| None).unwrap_or(f64::NAN)
}

/// A count as a number.
pub(super) fn count(k: usize) -> f64 {
    f64::from(u32::try_from(k).unwrap_or(u32::MAX))
}
