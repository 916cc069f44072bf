//! What an instance binds, claim by claim completed by what is drawn at random.

use super::model::{Field, Shape as OneVariable};
use crate::expression::{Claim, SymbolId, Symbols};
use crate::reading::instance::concerns;
use std::collections::HashMap;
use std::sync::Arc;

/// The names that an instance binds: numbers, data, functions. What a claim needs beside them is drawn at random.
#[derive(Debug, Clone)]
pub struct ExactInstance {
    pub(super) symbols: Arc<Symbols>,
    /// The points; none if they are drawn.
    pub(super) points: Vec<Vec<f64>>,
    /// The dimension, where data or the points fix it.
    pub(super) dim: Option<usize>,
    /// Number of data points; none if there are no data.
    pub(super) rows: Option<usize>,
    pub(super) scalars: HashMap<SymbolId, f64>,
    pub(super) fields: HashMap<SymbolId, Field>,
    pub(super) functions: HashMap<SymbolId, OneVariable>,
    /// Values of random names at all data points.
    pub(super) randoms: HashMap<SymbolId, Arc<[Vec<f64>]>>,
    /// Numbers of columns of bound matrices.
    pub(super) lengths: HashMap<SymbolId, usize>,
    pub(super) seed: u64,
    pub(super) notes: Vec<String>,
}

impl ExactInstance {
    /// An instance that binds nothing: everything that a claim needs is drawn at random from this seed.
    #[must_use]
    pub fn random(symbols: &Symbols, seed: u64) -> Self {
        Self {
            symbols: Arc::new(symbols.clone()),
            points: vec![],
            dim: None,
            rows: None,
            scalars: HashMap::new(),
            fields: HashMap::new(),
            functions: HashMap::new(),
            randoms: HashMap::new(),
            lengths: HashMap::new(),
            seed,
            notes: vec![],
        }
    }

    /// The points `theta`; none if they are drawn at random.
    #[must_use]
    pub fn points(&self) -> &[Vec<f64>] {
        &self.points
    }

    /// Whether a claim speaks of something that the instance binds, a function, the data, or the point in named coordinates, and
    /// of no other dimension.
    #[must_use]
    pub fn concerns(&self, claim: &Claim) -> bool {
        let is_bound = |id: SymbolId| {
            self.fields.contains_key(&id)
                || self.functions.contains_key(&id)
                || self.randoms.contains_key(&id)
        };
        concerns(claim, &self.symbols, (!self.points.is_empty(), self.dim), &is_bound)
    }

    /// Seed of what is drawn at random.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The same with another seed of what is drawn at random.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }
}
