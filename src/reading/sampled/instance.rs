//! What an instance binds, for this reading.

use super::MOST_POINTS;
use crate::expression::{Claim, Instance, SymbolId, Symbols};
use crate::reading::instance::{BindError, Bound, concerns};
use std::path::Path;
use std::sync::Arc;

/// The names that an instance binds: numbers, data, functions. What a claim needs beside them is drawn at random.
#[derive(Debug, Clone)]
pub struct SampledInstance {
    pub(super) bound: Arc<Bound>,
    pub(super) seed: u64,
    /// The only one of its points that is looked at.
    only: Option<usize>,
}

impl SampledInstance {
    /// Binds the names of a derivation as an instance says; paths in it begin at `base`.
    ///
    /// # Errors
    /// An entry is about no name of the derivation, or cannot be taken; the first such.
    pub fn bind(instance: &Instance, symbols: &Symbols, base: &Path) -> Result<Self, BindError> {
        Ok(Self::of(Arc::new(Bound::new(instance, symbols, base)?)))
    }

    fn of(bound: Arc<Bound>) -> Self {
        Self { bound, seed: 1, only: None }
    }

    /// An instance that binds nothing: everything that a claim needs is drawn at random from this seed.
    #[must_use]
    pub fn random(symbols: &Symbols, seed: u64) -> Self {
        Self { seed, ..Self::of(Arc::new(Bound::nothing(symbols))) }
    }

    /// The same with another seed of the functions, points and numbers that are drawn at random. (What is drawn of them,
    /// again and again, has the seed of the [options](super::Options).)
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// The points `theta`; none if they are drawn at random.
    #[must_use]
    pub fn points(&self) -> &[Vec<f64>] {
        let points = &self.bound.points[..];
        self.only.map_or(points, |place| points.get(place..=place).unwrap_or(&[]))
    }

    /// The instance at each of the points that are looked at, alone; itself where they are drawn at random.
    #[must_use]
    pub fn at_each_point(&self) -> Vec<Self> {
        match self.points().len() {
            0 | 1 => vec![self.clone()],
            number => (0..number.min(MOST_POINTS)).map(|k| Self { only: Some(k), ..self.clone() }).collect(),
        }
    }

    /// Whether a claim speaks of something that the instance binds: a function, the data, or the point in named coordinates.
    #[must_use]
    pub fn concerns(&self, claim: &Claim) -> bool {
        let bound = &self.bound;
        let is_bound = |id: SymbolId| {
            bound.fields.contains_key(&id)
                || bound.functions.contains_key(&id)
                || bound.randoms.contains_key(&id)
        };
        let point = !bound.points.is_empty() || !bound.coordinates.is_empty();
        concerns(claim, &bound.symbols, point, &is_bound)
    }
}
