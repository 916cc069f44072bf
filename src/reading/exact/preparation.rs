//! A model for one claim: what the instance binds, and what is drawn at random beside it.

use super::Unable;
use super::conditions;
use super::drawn;
use super::evaluate::to_f64;
use super::instance::ExactInstance;
use super::model::{FREE_LENGTH, Model};
use super::needs::Needs;
use crate::expression::{Claim, Expr, FieldShape, Kind, RandomShape, SymbolId, SymbolKind};
use crate::reading::instance::{claimed_dimension, symbols_of};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Data points where none are bound.
const DRAWN_ROWS: usize = 5;

/// Data points of which batches are enumerated.
const BATCH_ROWS: usize = 6;

/// The largest batch that is enumerated where the claim leaves its size open.
const BATCH: f64 = 3.0;

/// Outcomes that batches may have together where the number of data points can be chosen.
const OUTCOMES: usize = 700;

/// Numbers of a matrix that expectations over all data points may hold together.
const NUMBERS: usize = 4_000_000;

/// A model for one claim at one point.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) model: Model,
    /// How far each component of the point may be from where the conditions are met.
    pub(super) slack: Vec<f64>,
    pub(super) notes: Vec<String>,
    /// Scalars that the instance does not bind.
    pub(super) free: BTreeSet<SymbolId>,
    /// Names from which values were found that conditions ask for: these may change no more.
    pub(super) used: BTreeSet<SymbolId>,
    /// Whether the point was drawn.
    pub(super) drawn_point: bool,
}

/// The model of a claim at a point of an instance, or at a drawn one; `attempt` varies what is drawn.
///
/// # Errors
/// The claim cannot be brought about here.
pub(super) fn prepare(
    claim: &Claim,
    needs: &Needs,
    instance: &ExactInstance,
    point: Option<&Vec<f64>>,
    attempt: u64,
) -> Result<Prepared, Unable> {
    let seed = instance.seed.wrapping_add(attempt.wrapping_mul(0x9e37_79b9));
    let symbols = Arc::clone(&instance.symbols);
    let theta = match point {
        Some(point) => point.clone(),
        None => drawn_point(dimension(claim, needs, instance), seed, attempt),
    };
    if let Some(claimed) = claimed_dimension(claim)
        && claimed != theta.len()
    {
        return Err(Unable::Dimension { claim: claimed, instance: theta.len() });
    }
    let model = Model {
        theta,
        lengths: instance.lengths.clone(),
        rows: instance.rows.unwrap_or(DRAWN_ROWS),
        picked: None,
        randoms: instance.randoms.clone(),
        scalars: instance.scalars.clone(),
        fields: instance.fields.clone(),
        functions: instance.functions.clone(),
        seed,
        symbols,
    };
    let mut prepared = Prepared {
        model,
        slack: vec![],
        notes: instance.notes.clone(),
        free: BTreeSet::new(),
        used: BTreeSet::new(),
        drawn_point: point.is_none(),
    };
    prepared.draw_scalars(needs);
    prepared.choose_sizes(needs, instance)?;
    prepared.draw_randoms();
    prepared.note(needs, instance);
    conditions::meet(claim, &mut prepared)?;
    Ok(prepared)
}

/// A point; every other attempt has positive components only, where roots and logarithms are at home.
fn drawn_point(dim: usize, seed: u64, attempt: u64) -> Vec<f64> {
    let mut theta = drawn::numbers(seed, "theta", 0, dim);
    if attempt % 2 == 1 {
        theta.iter_mut().for_each(|x| *x = 0.6 + 0.5 * x.abs());
    }
    theta
}

/// The dimension where no point is bound.
fn dimension(claim: &Claim, needs: &Needs, instance: &ExactInstance) -> usize {
    let named = instance.symbols.coordinates().map(<[SymbolId]>::len);
    named.or(instance.dim).or_else(|| claimed_dimension(claim)).unwrap_or(if needs.integrates {
        2
    } else {
        3
    })
}

impl Prepared {
    /// Values for all scalars, and lengths for all matrices, that are not bound.
    fn draw_scalars(&mut self, needs: &Needs) {
        let Model { symbols, scalars, lengths, seed, theta, .. } = &mut self.model;
        for (id, symbol) in symbols.iter() {
            match symbol.kind {
                SymbolKind::Scalar(sign) if !scalars.contains_key(&id) => {
                    scalars.insert(id, drawn::scalar(*seed, &symbol.name, sign));
                    if needs.symbols.contains(&id) {
                        self.free.insert(id);
                    }
                }
                SymbolKind::Field { shape: FieldShape::Matrix, .. } => {
                    let other = if theta.len() == FREE_LENGTH { FREE_LENGTH + 1 } else { FREE_LENGTH };
                    lengths.entry(id).or_insert(other);
                }
                _ => {}
            }
        }
    }

    /// How many data points there are, and how large batches are.
    fn choose_sizes(&mut self, needs: &Needs, instance: &ExactInstance) -> Result<(), Unable> {
        let dim = self.model.dim();
        let all = self.model.rows;
        let mut rows = all.min((NUMBERS / ((dim + 1) * (dim + 1))).max(20));
        if !needs.sizes.is_empty() {
            rows = rows.min(BATCH_ROWS);
            for size in needs.sizes.values() {
                self.choose_batch(size);
            }
            let sizes: Vec<f64> = needs.sizes.values().filter_map(|e| self.constant(e)).collect();
            let most = |rows: usize| sizes.iter().map(|&n| multisets(rows, n)).fold(1.0, |a, b| a * b);
            let fixed = needs.populations.iter().find_map(|e| match e.kind() {
                Kind::Number(number) => usize::try_from(number.to_integer()?).ok(),
                _ => None,
            });
            match fixed {
                Some(fixed) if fixed <= all || instance.rows.is_none() => rows = fixed,
                Some(fixed) => {
                    let found = super::evaluate::count(fixed);
                    return Err(Unable::Size { what: "the number of points to draw from", found });
                }
                #[allow(clippy::cast_precision_loss, reason = "a small count")]
                None => {
                    while rows > 2 && most(rows) > OUTCOMES as f64 {
                        rows -= 1;
                    }
                }
            }
        }
        for population in &needs.populations {
            if let Kind::Symbol(id) = population.kind() {
                self.model.scalars.insert(*id, super::evaluate::count(rows));
                self.free.remove(id);
            }
        }
        self.model.rows = rows;
        if rows < all && instance.rows.is_some() {
            let picked: Vec<usize> = (0..rows).map(|k| k * all / rows).collect();
            self.notes.push(format!("{rows} of the {all} data points, evenly spread"));
            for values in self.model.randoms.values_mut() {
                *values = picked.iter().filter_map(|&row| values.get(row).cloned()).collect();
            }
            self.model.picked = Some(picked.into());
        }
        Ok(())
    }

    /// Gives the scalars of a size values that are few enough to enumerate.
    fn choose_batch(&mut self, size: &Expr) {
        for id in symbols_of(size) {
            if !matches!(self.model.symbols.get(id).kind, SymbolKind::Scalar(_)) {
                continue;
            }
            let name = Arc::clone(&self.model.symbols.get(id).name);
            let bound = (!self.free.contains(&id)).then(|| self.model.scalars.get(&id).copied()).flatten();
            let value = match bound {
                Some(bound) if bound <= BATCH => continue,
                Some(_) => BATCH,
                None if self.model.seed.is_multiple_of(2) => BATCH - 1.0,
                None => BATCH,
            };
            self.model.scalars.insert(id, value);
            self.free.remove(&id);
            self.notes.push(format!("batches of {name} = {value}, all of them"));
        }
    }

    /// The value of an expression of scalars only.
    fn constant(&self, e: &Expr) -> Option<f64> {
        match e.kind() {
            Kind::Number(number) => Some(to_f64(number)),
            Kind::Symbol(id) => self.model.scalars.get(id).copied(),
            Kind::Mul(a, b) => Some(self.constant(a)? * self.constant(b)?),
            Kind::Div(a, b) => Some(self.constant(a)? / self.constant(b)?),
            Kind::Add(terms) => terms.iter().map(|term| self.constant(term)).sum(),
            Kind::Neg(a) => Some(-self.constant(a)?),
            _ => None,
        }
    }

    /// Values of random names without distribution that no data give.
    fn draw_randoms(&mut self) {
        let (dim, rows) = (self.model.dim(), self.model.rows);
        let Model { symbols, randoms, seed, .. } = &mut self.model;
        for (id, symbol) in symbols.iter() {
            let SymbolKind::Random { shape, distribution: None } = symbol.kind else { continue };
            let length = if shape == RandomShape::Vector { dim } else { 1 };
            randoms.entry(id).or_insert_with(|| {
                (0..rows).map(|row| drawn::numbers(*seed, &symbol.name, row, length)).collect()
            });
        }
    }

    /// Says what is drawn.
    fn note(&mut self, needs: &Needs, instance: &ExactInstance) {
        let mut names: Vec<&str> = vec![];
        if self.drawn_point {
            names.push("theta");
        }
        for &id in &needs.symbols {
            let symbol = self.model.symbols.get(id);
            let drawn = match symbol.kind {
                SymbolKind::Scalar(_) => self.free.contains(&id),
                SymbolKind::Field { .. } => !instance.fields.contains_key(&id),
                SymbolKind::Function => !instance.functions.contains_key(&id),
                SymbolKind::Random { distribution: None, .. } => {
                    instance.rows.is_none() && !instance.randoms.contains_key(&id)
                }
                SymbolKind::Random { .. }
                | SymbolKind::Space
                | SymbolKind::Coordinate(_)
                | SymbolKind::Noise { .. } => false,
            };
            if drawn {
                names.push(&symbol.name);
            }
        }
        if !names.is_empty() {
            self.notes.push(format!("drawn at random, seed {}: {}", self.model.seed, names.join(", ")));
        }
    }
}

/// How many multisets of a size there are.
fn multisets(rows: usize, size: f64) -> f64 {
    let mut result = 1.0;
    let mut k = 1.0;
    while k <= size.min(60.0) {
        result *= (super::evaluate::count(rows) + k - 1.0) / k;
        k += 1.0;
    }
    result
}
