//! What an instance binds, for this reading.

use super::Unable;
use super::evaluate::Evaluator;
use super::making::model;
use super::tensor::Tensor;
use crate::expression::{
    Claim, Expected, Expr, FieldShape, Instance, Kind, Length, Shape, Sides, Sign, SymbolId, SymbolKind,
    Symbols,
};
use crate::reading::instance::{BindError, BindReason, Bound, BoundField, concerns};
use crate::sampling::{Streams, Use};
use std::path::Path;
use std::sync::Arc;

/// How far entries across the diagonal may differ by rounding, relative to the largest entry.
const SKEW: f64 = 1e-9;

/// Derivatives that have to be symmetric as well.
const DERIVATIVES: usize = 2;

/// The names that an instance binds: numbers, data, functions. What a claim needs beside them is drawn at random.
#[derive(Debug, Clone)]
pub struct SampledInstance {
    pub(super) bound: Arc<Bound>,
    pub(super) seed: u64,
}

impl SampledInstance {
    /// Binds the names of a derivation as an instance says; paths in it begin at `base`.
    ///
    /// # Errors
    /// An entry is about no name of the derivation, or cannot be taken; the first such.
    pub fn bind(instance: &Instance, symbols: &Symbols, base: &Path) -> Result<Self, BindError> {
        Self::of(Arc::new(Bound::new(instance, symbols, base)?))
    }

    /// The same of what has been bound.
    ///
    /// # Errors
    /// A function is not what it was declared to be.
    pub(crate) fn of(bound: Arc<Bound>) -> Result<Self, BindError> {
        let this = Self::unchecked(bound);
        for (entry, id) in &this.bound.to_check {
            this.check(*id).map_err(|reason| BindError::new(entry, reason))?;
        }
        Ok(this)
    }

    fn unchecked(bound: Arc<Bound>) -> Self {
        Self { bound, seed: 1 }
    }

    /// An instance that binds nothing: everything that a claim needs is drawn at random from this seed.
    #[must_use]
    pub fn random(symbols: &Symbols, seed: u64) -> Self {
        Self { seed, ..Self::unchecked(Arc::new(Bound::nothing(symbols))) }
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
        &self.bound.points
    }

    /// Whether a claim speaks of something that the instance binds, a function, the data, or the point in named coordinates, and
    /// of no other dimension.
    #[must_use]
    pub fn concerns(&self, claim: &Claim) -> bool {
        let bound = &self.bound;
        let is_bound = |id: SymbolId| {
            bound.fields.contains_key(&id)
                || bound.functions.contains_key(&id)
                || bound.randoms.contains_key(&id)
        };
        let point = !bound.points.is_empty() || !bound.coordinates.is_empty();
        concerns(claim, &bound.symbols, (point, bound.dim), &is_bound)
    }

    /// A bound function is what it was declared to be at the points: symmetric, of a sign.
    fn check(&self, id: SymbolId) -> Result<(), BindReason> {
        let SymbolKind::Field { shape, sign, arguments, .. } = &self.bound.symbols.get(id).kind else {
            return Ok(());
        };
        let symmetric = *shape == FieldShape::Symmetric;
        let Some(BoundField::Expression(e)) = self.bound.fields.get(&id) else { return Ok(()) };
        if !arguments.is_empty() || !symmetric && *sign == Sign::Any {
            return Ok(());
        }
        let points: Vec<Option<&Vec<f64>>> = match self.points() {
            [] => vec![None],
            points => points.iter().map(Some).collect(),
        };
        for point in points {
            let value = match self.jet(e, point) {
                Ok(value) => value,
                Err(reason @ (Unable::NotFinite | Unable::NotSmooth { .. })) => {
                    return Err(BindReason::NoValue { reason: reason.to_string() });
                }
                // What else is in the way is said of the claims that it concerns.
                Err(_) => continue,
            };
            if symmetric && !is_symmetric(&value) {
                return Err(BindReason::NotSymmetric);
            }
            has_sign(value.at(0), *sign)?;
        }
        Ok(())
    }

    /// The value of an expression at a point, and its derivatives up to the second.
    fn jet(&self, e: &Expr, point: Option<&Vec<f64>>) -> Result<Tensor, Unable> {
        // The Hessian on the other side makes room for two derivatives.
        let trace = match e.shape() {
            Shape::Matrix(..) => Expr::new(Kind::Trace(e.clone()), Shape::Scalar),
            _ => e.clone(),
        };
        let hessian = Expr::new(Kind::Hess(trace), Shape::Matrix(Length::Space, Length::Space));
        let claim = Claim {
            name: "".into(),
            expected: Expected::Holds,
            sides: Sides::Equation { left: e.clone(), right: hessian },
            remainder: None,
            conditions: vec![],
            given: vec![],
            text: "".into(),
            span: 0..0,
        };
        let model = model(&claim, self, point)?;
        let mut evaluator = Evaluator::new(&model, Streams::new(self.seed, Use::Steps).block(0));
        let value = evaluator.exact(e, DERIVATIVES)?;
        let finite = (0..value.dims().len()).all(|i| value.jet(i).iter().all(|x| x.is_finite()));
        if finite { Ok(value) } else { Err(Unable::NotFinite) }
    }
}

/// Whether entries and their derivatives are those across the diagonal, to rounding.
fn is_symmetric(value: &Tensor) -> bool {
    let across = value.transposed();
    let entries = || (0..value.dims().len()).flat_map(|i| value.jet(i));
    let largest = entries().fold(0.0_f64, |largest, x| largest.max(x.abs()));
    let others = (0..across.dims().len()).flat_map(|i| across.jet(i));
    entries().zip(others).all(|(x, y)| (x - y).abs() <= SKEW * largest)
}

fn has_sign(found: f64, sign: Sign) -> Result<(), BindReason> {
    match sign {
        Sign::Positive if found <= 0.0 => Err(BindReason::Sign { expected: "above 0", found }),
        Sign::NonNegative if found < 0.0 => Err(BindReason::Sign { expected: "at least 0", found }),
        Sign::Any | Sign::NonNegative | Sign::Positive => Ok(()),
    }
}
