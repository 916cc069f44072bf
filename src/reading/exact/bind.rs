//! From an instance of a text to one of this reading.

use super::Unable;
use super::drawn;
use super::evaluate::Evaluator;
use super::instance::ExactInstance;
use super::model::{Field, Model, Shape as OneVariable};
use super::recording::LossRows;
use crate::expression::{Expr, FieldShape, Instance, Sign, SymbolId, SymbolKind, Symbols};
use crate::reading::instance::{BindError, BindReason, Bound, BoundField};
use std::path::Path;
use std::sync::Arc;

impl ExactInstance {
    /// Binds the names of a derivation as an instance says; paths in it begin at `base`.
    ///
    /// # Errors
    /// An entry is about no name of the derivation, or cannot be taken; the first such.
    pub fn bind(instance: &Instance, symbols: &Symbols, base: &Path) -> Result<Self, BindError> {
        Self::of(&Bound::new(instance, symbols, base)?)
    }

    /// The same of what has been bound.
    ///
    /// # Errors
    /// A function is not what it was declared to be.
    pub(crate) fn of(bound: &Bound) -> Result<Self, BindError> {
        let this = Self::taken(bound);
        for (entry, id) in &bound.to_check {
            this.check_field(*id).map_err(|reason| BindError::new(entry, reason))?;
        }
        Ok(this)
    }

    fn taken(bound: &Bound) -> Self {
        let mut this = Self { symbols: Arc::clone(&bound.symbols), ..Self::random(&bound.symbols, 1) };
        this.points.clone_from(&bound.points);
        if let (Some(dim), false) = (bound.dim, bound.coordinates.is_empty()) {
            let mut point = drawn::numbers(this.seed, "theta", 0, dim);
            for &(place, value) in &bound.coordinates {
                if let Some(x) = point.get_mut(place) {
                    *x = value;
                }
            }
            if this.points.is_empty() {
                this.points.push(point);
            }
        }
        this.dim = bound.dim;
        this.rows = bound.rows;
        this.scalars.clone_from(&bound.scalars);
        let field = |field: &BoundField| match field {
            BoundField::Expression(e) => Field::Expression(e.clone()),
            BoundField::Loss(problem) => Field::Loss(Arc::new(LossRows::new(Arc::clone(problem)))),
        };
        this.fields = bound.fields.iter().map(|(id, bound)| (*id, field(bound))).collect();
        let function =
            |(e, symbols): &(Expr, Arc<Symbols>)| OneVariable::Expression(e.clone(), Arc::clone(symbols));
        this.functions = bound.functions.iter().map(|(id, bound)| (*id, function(bound))).collect();
        this.randoms.clone_from(&bound.randoms);
        this.lengths.clone_from(&bound.lengths);
        this
    }

    /// What is bound, and drawn scalars.
    fn model(&self, theta: &[f64]) -> Model {
        let mut scalars = self.scalars.clone();
        for (id, symbol) in self.symbols.iter() {
            if let SymbolKind::Scalar(sign) = symbol.kind {
                scalars.entry(id).or_insert_with(|| drawn::scalar(self.seed, &symbol.name, sign));
            }
        }
        Model {
            scalars,
            symbols: Arc::clone(&self.symbols),
            theta: theta.to_vec(),
            lengths: self.lengths.clone(),
            rows: self.rows.unwrap_or(1),
            picked: None,
            randoms: self.randoms.clone(),
            fields: self.fields.clone(),
            functions: self.functions.clone(),
            seed: self.seed,
        }
    }
    /// A function of the data is a finite number for all rows at the points of the instance.
    fn check_values(&self, id: SymbolId) -> Result<(), BindReason> {
        let Some(Field::Expression(e)) = self.fields.get(&id) else { return Ok(()) };
        for point in &self.points {
            let model = self.model(point);
            let mut evaluator = Evaluator::new(&model, None, 1);
            let value = match evaluator.expectation(e, 0) {
                Ok(value) => value,
                Err(reason @ (Unable::NotFinite { .. } | Unable::NotSmooth { .. })) => {
                    return Err(no_value(reason));
                }
                // What else is in the way is said of the claims that it concerns.
                Err(_) => continue,
            };
            if !value.is_finite() {
                return Err(no_value(Unable::NotFinite { what: "its mean over the rows of the data" }));
            }
        }
        Ok(())
    }

    /// A bound function is what it was declared to be: symmetric, positive.
    fn check_field(&self, id: SymbolId) -> Result<(), BindReason> {
        let SymbolKind::Field { shape, sign, arguments, .. } = &self.symbols.get(id).kind else {
            return Ok(());
        };
        if !arguments.is_empty() {
            return self.check_values(id);
        }
        let symmetric = *shape == FieldShape::Symmetric;
        if !(symmetric || *sign != Sign::Any) {
            return Ok(());
        }
        let Some(Field::Expression(e)) = self.fields.get(&id) else { return Ok(()) };
        let drawn = [drawn::numbers(self.seed, "theta", 0, self.dim.unwrap_or(0))];
        let points = if self.points.is_empty() { &drawn[..] } else { &self.points };
        for point in points {
            let model = self.model(point);
            let mut evaluator = Evaluator::new(&model, None, 1);
            let value = evaluator.eval(e, 2).map_err(no_value)?;
            if symmetric {
                let skew = value.minus(&evaluator.ring, 2, &value.transposed()).map_err(no_value)?;
                if !skew.is_rounding(64.0) {
                    return Err(BindReason::NotSymmetric);
                }
            }
            let (found, _) = value.at(0, 0);
            match sign {
                Sign::Positive if found <= 0.0 => {
                    return Err(BindReason::Sign { expected: "above 0", found });
                }
                Sign::NonNegative if found < 0.0 => {
                    return Err(BindReason::Sign { expected: "at least 0", found });
                }
                Sign::Any | Sign::NonNegative | Sign::Positive => {}
            }
        }
        Ok(())
    }
}

fn no_value(reason: Unable) -> BindReason {
    BindReason::NoValue { reason: reason.to_string() }
}
