//! From a claim and an instance to the model in which it is drawn: what is bound, and what is drawn beside it.

use super::Unable;
use super::drawn::{self, Declared, DrawnField};
use super::facts::Book;
use super::instance::SampledInstance;
use super::jet::Ring;
use super::model::{FREE_LENGTH, Field, Model, count, to_f64};
use crate::expression::{
    Claim, Condition, Distribution, Expr, FieldShape, Kind, RandomShape, Shape, Sides, Sign, SymbolId,
    SymbolKind, Symbols,
};
use crate::loss::{Builtin, Loss, Problem, record};
use crate::reading::instance::{BoundField, claimed_dimension, constant, in_order, spoken, symbols_of};
use rustc_hash::FxHashMap;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// Data points where none are bound.
const DRAWN_ROWS: usize = 5;

/// Size of a batch that nothing fixes.
const DRAWN_BATCH: f64 = 3.0;

/// A small parameter that nothing fixes.
const DRAWN_SMALL: f64 = 0.1;

/// Everything that a claim consists of.
struct Parts {
    all: Vec<Expr>,
    symbols: BTreeSet<SymbolId>,
    sizes: Vec<Expr>,
    populations: Vec<Expr>,
    integrates: bool,
}

impl Parts {
    fn of(claim: &Claim, instance: &SampledInstance) -> Self {
        let symbols = &instance.bound.symbols;
        let mut roots: Vec<Expr> = vec![];
        if let Sides::Equation { left, right } = &claim.sides {
            roots.extend([left.clone(), right.clone()]);
        }
        for condition in &claim.conditions {
            match condition {
                Condition::Equal(a, b) => roots.extend([a.clone(), b.clone()]),
                Condition::Positive(e) | Condition::NonNegative(e) => roots.push(e.clone()),
            }
        }
        roots.extend(claim.given.iter().flat_map(|(a, b)| [a.clone(), b.clone()]));
        roots.extend(instance.bound.fields.values().filter_map(|field| match field {
            BoundField::Expression(e) => Some(e.clone()),
            BoundField::Loss(_) => None,
        }));
        for (_, symbol) in symbols.iter() {
            if let SymbolKind::Random { distribution: Some(distribution), .. } = &symbol.kind {
                roots.extend(parameters(distribution));
            }
        }
        let mut parts = Self {
            all: roots.clone(),
            symbols: BTreeSet::new(),
            sizes: vec![],
            populations: vec![],
            integrates: false,
        };
        let mut seen = BTreeSet::new();
        while let Some(e) = roots.pop() {
            if !seen.insert(e.address()) {
                continue;
            }
            match e.kind() {
                Kind::Symbol(id) | Kind::Apply(id, ..) => {
                    parts.symbols.insert(*id);
                    if let Some(SymbolKind::Noise { time_step, .. }) = symbols.checked(*id).map(|s| &s.kind) {
                        parts.symbols.insert(*time_step);
                    }
                }
                Kind::Mean(_, batch) | Kind::SumOver(_, batch) => {
                    parts.sizes.push(batch.size.clone());
                    parts.populations.extend(batch.population.clone());
                }
                Kind::Integral(_) => parts.integrates = true,
                _ => {}
            }
            roots.extend(e.children().into_iter().cloned());
        }
        parts
    }
}

/// The numbers that a distribution is given by.
pub(super) fn parameters(distribution: &Distribution) -> Vec<Expr> {
    match distribution {
        Distribution::Normal(a, b) | Distribution::Uniform(a, b) => vec![a.clone(), b.clone()],
        Distribution::Bernoulli(a) | Distribution::Exponential(a) | Distribution::Poisson(a) => {
            vec![a.clone()]
        }
        Distribution::Moments(all) => all.clone(),
        Distribution::Rademacher => vec![],
    }
}

/// A model of a claim at a point of an instance, or at a drawn one.
///
/// # Errors
/// The claim cannot be brought about here.
pub(super) fn model(
    claim: &Claim,
    instance: &SampledInstance,
    point: Option<&Vec<f64>>,
) -> Result<Model, Unable> {
    let parts = Parts::of(claim, instance);
    let mut making = Making::new(claim, instance, &parts, point)?;
    making.scalars(&parts);
    making.sizes(&parts)?;
    making.randoms();
    making.conditions(claim)?;
    making.finish(claim, &parts)
}

/// A model while it is made.
struct Making<'a> {
    instance: &'a SampledInstance,
    symbols: Arc<Symbols>,
    centre: Vec<f64>,
    rows: usize,
    scalars: Vec<f64>,
    free: BTreeSet<SymbolId>,
    randoms: FxHashMap<SymbolId, Arc<[Vec<f64>]>>,
    expressions: FxHashMap<SymbolId, Expr>,
    lengths: HashMap<SymbolId, usize>,
    symmetric: BTreeSet<SymbolId>,
    fixed: Vec<(SymbolId, Expr)>,
    signs: Vec<(Expr, bool)>,
    small: Option<SymbolId>,
    picked: Option<Vec<usize>>,
    notes: Vec<String>,
}

impl<'a> Making<'a> {
    fn new(
        claim: &Claim,
        instance: &'a SampledInstance,
        parts: &Parts,
        point: Option<&Vec<f64>>,
    ) -> Result<Self, Unable> {
        let bound = &instance.bound;
        let symbols = Arc::clone(&bound.symbols);
        let named = symbols.coordinates().map(<[SymbolId]>::len);
        let free = if parts.integrates { 2 } else { 3 };
        let dim = named.or(bound.dim).or_else(|| claimed_dimension(claim)).unwrap_or(free);
        if let Some(claimed) = claimed_dimension(claim).filter(|claimed| *claimed != dim) {
            return Err(Unable::Dimension { claim: claimed, instance: dim });
        }
        let mut notes = vec![];
        if bound.points.len() > super::MOST_POINTS {
            notes.push(format!("the first {} of {} points", super::MOST_POINTS, bound.points.len()));
        }
        let centre = point.cloned().unwrap_or_else(|| {
            let mut centre = drawn::numbers(instance.seed, "theta", 0, dim);
            let signs = claim.conditions.iter().any(|c| !matches!(c, Condition::Equal(..)));
            if signs {
                centre.iter_mut().for_each(|x| *x = 0.6 + 0.5 * x.abs());
            }
            for (place, value) in &bound.coordinates {
                centre.iter_mut().skip(*place).take(1).for_each(|x| *x = *value);
            }
            notes.push(format!("theta drawn at random, seed {}", instance.seed));
            centre
        });
        let mut expressions = FxHashMap::default();
        for (id, field) in &bound.fields {
            if let BoundField::Expression(e) = field {
                expressions.insert(*id, e.clone());
            }
        }
        Ok(Self {
            instance,
            centre,
            rows: bound.rows.unwrap_or(DRAWN_ROWS),
            scalars: vec![f64::NAN; symbols.iter().count()],
            free: BTreeSet::new(),
            randoms: bound.randoms.clone().into_iter().collect(),
            expressions,
            lengths: bound.lengths.clone(),
            symmetric: BTreeSet::new(),
            fixed: vec![],
            signs: vec![],
            small: claim.remainder.as_ref().map(|remainder| remainder.symbol),
            picked: None,
            notes,
            symbols,
        })
    }

    fn value(&self, e: &Expr) -> Option<f64> {
        constant(e, &|id| self.scalars.get(id.0 as usize).copied())
    }

    /// Values for all scalars, and lengths for all matrices, that are not bound.
    fn scalars(&mut self, parts: &Parts) {
        let symbols = Arc::clone(&self.symbols);
        for (id, symbol) in symbols.iter() {
            match symbol.kind {
                SymbolKind::Scalar(sign) => {
                    let bound = self.instance.bound.scalars.get(&id).copied();
                    self.scalars[id.0 as usize] = bound.unwrap_or_else(|| match self.small == Some(id) {
                        true => DRAWN_SMALL,
                        false => drawn::scalar(self.instance.seed, &symbol.name, sign),
                    });
                    if bound.is_none() && parts.symbols.contains(&id) {
                        self.free.insert(id);
                    }
                }
                SymbolKind::Field { shape: FieldShape::Matrix, .. } => {
                    let other = if self.centre.len() == FREE_LENGTH { FREE_LENGTH + 1 } else { FREE_LENGTH };
                    self.lengths.entry(id).or_insert(other);
                }
                _ => {}
            }
        }
    }

    /// How large batches are, and from how many points they are drawn.
    fn sizes(&mut self, parts: &Parts) -> Result<(), Unable> {
        for size in &parts.sizes {
            for id in symbols_of(size) {
                if self.free.remove(&id) {
                    self.scalars[id.0 as usize] = DRAWN_BATCH;
                    self.notes.push(format!("{} = {DRAWN_BATCH}", self.symbols.get(id).name));
                }
            }
        }
        let mut rows = None;
        for population in &parts.populations {
            if let Kind::Symbol(id) = population.kind()
                && self.free.remove(id)
            {
                self.scalars[id.0 as usize] = count(self.rows);
                self.notes.push(format!("{} = {}", self.symbols.get(*id).name, self.rows));
            }
            let found = self.value(population).unwrap_or(f64::NAN);
            let whole = (1..=self.rows.max(10_000)).find(|k| (count(*k) - found).abs() < 1e-9);
            let fits = |k: &usize| self.instance.bound.rows.is_none_or(|rows| *k <= rows);
            let what = "the number of points to draw from";
            let whole = whole.filter(fits).ok_or(Unable::Size { what, found })?;
            if rows.is_some_and(|rows| rows != whole) {
                return Err(Unable::Size { what: "one of two numbers of points to draw from", found });
            }
            rows = Some(whole);
        }
        if let Some(rows) = rows.filter(|rows| *rows != self.rows) {
            if let Some(all) = self.instance.bound.rows {
                self.notes.push(format!("{rows} of the {all} data points, evenly spread"));
                let picked: Vec<usize> = (0..rows).map(|k| k * all / rows).collect();
                for values in self.randoms.values_mut() {
                    *values = picked.iter().filter_map(|&row| values.get(row).cloned()).collect();
                }
                self.picked = Some(picked);
            }
            self.rows = rows;
        }
        for size in &parts.sizes {
            let found = self.value(size).unwrap_or(f64::NAN);
            let most = rows.map_or(1e6, count);
            if !(found >= 1.0 && found <= most && (found - found.round()).abs() < 1e-9) {
                return Err(Unable::Size { what: "the size of a batch", found });
            }
        }
        Ok(())
    }

    /// Values of random names without distribution that no data give.
    fn randoms(&mut self) {
        let symbols = Arc::clone(&self.symbols);
        let (dim, rows, seed) = (self.centre.len(), self.rows, self.instance.seed);
        for (id, symbol) in symbols.iter() {
            let SymbolKind::Random { shape, distribution: None } = symbol.kind else { continue };
            let length = if shape == RandomShape::Vector { dim } else { 1 };
            self.randoms.entry(id).or_insert_with(|| {
                (0..rows).map(|row| drawn::numbers(seed, &symbol.name, row, length)).collect()
            });
        }
    }

    /// Brings about the hypotheses and conditions of a claim where what they speak of is free.
    fn conditions(&mut self, claim: &Claim) -> Result<(), Unable> {
        let spoken = spoken(claim);
        for (left, right) in &claim.given {
            let touches = |e: &Expr| symbols_of(e).iter().any(|id| spoken.contains(id));
            if (touches(left) || touches(right)) && !self.define(left, right) && !self.define(right, left) {
                return Err(Unable::Unmet { what: "a hypothesis of the derivation" });
            }
        }
        for condition in in_order(&claim.conditions) {
            match condition {
                Condition::Equal(a, b) => {
                    let dimension =
                        matches!(a.kind(), Kind::Dimension) || matches!(b.kind(), Kind::Dimension);
                    let met = dimension || self.fix(a, b) || self.fix(b, a) || self.symmetric(a, b);
                    if !met {
                        return Err(Unable::Unmet { what: "a condition" });
                    }
                }
                Condition::Positive(e) => self.signs.push((e.clone(), true)),
                Condition::NonNegative(e) => self.signs.push((e.clone(), false)),
            }
        }
        Ok(())
    }

    /// `F = e` or `-F = e` of a function that is free: it is that expression.
    fn define(&mut self, left: &Expr, right: &Expr) -> bool {
        let (symbol, negative) = match left.kind() {
            Kind::Neg(inner) => (inner, true),
            _ => (left, false),
        };
        let Kind::Symbol(id) = symbol.kind() else { return false };
        let SymbolKind::Field { test: false, sign: Sign::Any, .. } = self.symbols.get(*id).kind else {
            return false;
        };
        let taken = self.instance.bound.fields.contains_key(id) || self.expressions.contains_key(id);
        let refers =
            symbols_of(right).iter().any(|other| other == id || self.expressions.contains_key(other));
        if taken || refers {
            return false;
        }
        let value = if negative { Expr::new(Kind::Neg(right.clone()), right.shape()) } else { right.clone() };
        self.expressions.insert(*id, value);
        true
    }

    /// `c = e` of a scalar that is free: it has that value at every point. What an earlier value speaks of is free no more.
    fn fix(&mut self, symbol: &Expr, value: &Expr) -> bool {
        let Kind::Symbol(id) = symbol.kind() else { return false };
        let scalar = self.free.contains(id) && Some(*id) != self.small;
        let used = self.fixed.iter().any(|(_, e)| symbols_of(e).contains(id));
        if !scalar || used || symbols_of(value).contains(id) || value.shape() != Shape::Scalar {
            return false;
        }
        self.free.remove(id);
        self.fixed.push((*id, value.clone()));
        true
    }

    /// `B = B'` of a matrix that is free.
    fn symmetric(&mut self, a: &Expr, b: &Expr) -> bool {
        let (Kind::Symbol(id), Kind::Transpose(inner)) = (a.kind(), b.kind()) else {
            let turned = matches!(b.kind(), Kind::Symbol(_)) && matches!(a.kind(), Kind::Transpose(_));
            return turned && self.symmetric(b, a);
        };
        if !matches!(inner.kind(), Kind::Symbol(other) if other == id)
            || self.instance.bound.fields.contains_key(id)
        {
            return false;
        }
        self.symmetric.insert(*id);
        self.lengths.insert(*id, self.centre.len());
        true
    }

    fn finish(mut self, claim: &Claim, parts: &Parts) -> Result<Model, Unable> {
        self.note(parts);
        let mut facts = Book::default();
        let mut derivatives = 1;
        let expressions = &self.expressions;
        let fixed = &self.fixed;
        let meaning = |id: SymbolId| {
            let of_scalar = || fixed.iter().find(|(scalar, _)| *scalar == id).map(|(_, value)| value.clone());
            expressions.get(&id).cloned().or_else(of_scalar)
        };
        for e in &parts.all {
            let found = facts.enter(e, &self.symbols, self.small, &meaning);
            derivatives = derivatives.max(found.derivatives);
        }
        for e in expressions.values() {
            facts.enter(e, &self.symbols, self.small, &meaning);
        }
        let ring = Ring::new(self.centre.len(), usize::from(derivatives))?;
        let fields = self.fields(&ring, claim, parts)?;
        let mut numbers = FxHashMap::default();
        for root in parts.all.iter().chain(self.expressions.values()) {
            root.any(&mut |e| {
                if let Kind::Number(number) = e.kind() {
                    numbers.insert(e.address(), to_f64(number));
                }
                false
            });
        }
        let distributed = self.symbols.iter().filter_map(|(id, symbol)| match &symbol.kind {
            SymbolKind::Random { distribution: Some(distribution), .. } => Some((id, distribution.clone())),
            _ => None,
        });
        Ok(Model {
            ring,
            distributed: distributed.collect(),
            symbols: Arc::clone(&self.symbols),
            centre: self.centre,
            rows: self.rows,
            scalars: self.scalars,
            randoms: self.randoms,
            fields,
            functions: self.instance.bound.functions.clone(),
            lengths: self.lengths,
            facts,
            fixed: self.fixed,
            signs: self.signs,
            seed: self.instance.seed,
            notes: self.notes,
            numbers,
        })
    }

    /// The fields that a claim speaks of, and those that these are made of.
    fn fields(
        &self,
        ring: &Ring,
        claim: &Claim,
        parts: &Parts,
    ) -> Result<FxHashMap<SymbolId, Field>, Unable> {
        let _ = claim;
        let mut fields = FxHashMap::default();
        let mut wanted: BTreeSet<SymbolId> = parts.symbols.clone();
        wanted.extend(self.expressions.values().flat_map(symbols_of));
        for id in wanted {
            let Some(symbol) = self.symbols.checked(id) else { continue };
            let SymbolKind::Field { shape, arguments, sign, test } = &symbol.kind else { continue };
            let field = if let Some(e) = self.expressions.get(&id) {
                Field::Expression(e.clone())
            } else if let Some(BoundField::Loss(problem)) = self.instance.bound.fields.get(&id) {
                self.loss(problem)?
            } else {
                let distributed = |id: &&SymbolId| {
                    matches!(self.symbols.get(**id).kind, SymbolKind::Random { distribution: Some(_), .. })
                };
                let with = arguments.iter().filter(distributed).count();
                let rows = if with < arguments.len() { self.rows } else { 1 };
                let symmetric = self.symmetric.contains(&id);
                let declared = Declared {
                    name: &symbol.name,
                    shape: if symmetric { FieldShape::Symmetric } else { *shape },
                    sign: *sign,
                    test: *test,
                    arguments: with,
                    columns: self.lengths.get(&id).copied().unwrap_or(FREE_LENGTH),
                };
                Field::Drawn(
                    (0..rows).map(|row| DrawnField::new(ring, self.instance.seed, declared, row)).collect(),
                )
            };
            fields.insert(id, field);
        }
        Ok(fields)
    }

    /// A loss with the list of its operations.
    fn loss(&self, problem: &Arc<Problem<Builtin>>) -> Result<Field, Unable> {
        if self.picked.is_some() {
            return Err(Unable::Unsupported { what: "a built-in loss on part of its data" });
        }
        problem.check_theta(&self.centre).map_err(|_| Unable::NotFinite)?;
        let recording = record(problem.row(0), &self.centre, |x, theta| problem.loss().loss(x, theta));
        let same = (!recording.branches).then_some(recording);
        Ok(Field::Loss(Arc::clone(problem), same))
    }

    /// Says what is drawn.
    fn note(&mut self, parts: &Parts) {
        let bound = &self.instance.bound;
        let drawn = |id: &&SymbolId| match self.symbols.checked(**id).map(|symbol| &symbol.kind) {
            Some(SymbolKind::Scalar(_)) => self.free.contains(id),
            Some(SymbolKind::Field { .. }) => {
                !bound.fields.contains_key(id) && !self.expressions.contains_key(id)
            }
            Some(SymbolKind::Function) => !bound.functions.contains_key(id),
            Some(SymbolKind::Random { distribution: None, .. }) => bound.rows.is_none(),
            _ => false,
        };
        let names: Vec<&str> =
            parts.symbols.iter().filter(drawn).map(|id| &*self.symbols.get(*id).name).collect();
        if !names.is_empty() {
            let note = format!("drawn at random, seed {}: {}", self.instance.seed, names.join(", "));
            self.notes.push(note);
        }
    }
}
