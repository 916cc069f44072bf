//! The drifts of SGD at the instances that bind a loss, data, a learning rate and a batch: what the claims are about, by
//! the closed forms of module [`noise`](crate::noise), to be shown beside them.

use crate::expression::{Derivation, FieldShape, Instance, SymbolKind, Symbols, Value};
use crate::loss::instance::{AnyLoss, builtin_of, data_of, loss_of, number_of, points_of, stated_dim};
use crate::loss::{Loss, Names, Problem};
use crate::noise;
use crate::sgd::Sgd;
use nalgebra::DVector;
use std::path::Path;
use std::sync::Arc;

/// The drifts of SGD at the first point of an instance, vectors of length `d` per unit of time.
#[derive(Debug, Clone, PartialEq)]
pub struct InstanceDrift {
    /// The name of the instance.
    pub instance: Arc<str>,
    /// Names of the parameters.
    pub parameters: Vec<String>,
    /// Number of data points.
    pub rows: usize,
    /// Learning rate and batches, drawn with replacement.
    pub sgd: Sgd,
    /// The point.
    pub theta: Vec<f64>,
    /// `-G`
    pub descent: DVector<f64>,
    /// The first half of the noise-induced drift, `-(eta/4n) grad tr Sigma`.
    pub first_half: DVector<f64>,
    /// The second half, `-(eta/2n) Cov(g, tr H)`.
    pub second_half: DVector<f64>,
    /// `v_noise = -(eta/2n) div Sigma`
    pub v_noise: DVector<f64>,
    /// The finite-step term `-(eta/2) Hbar G`.
    pub finite_step: DVector<f64>,
}

/// Those of all instances that bind what it takes; what is wrong with the others is said when they are bound.
pub(super) fn drifts(derivation: &Derivation, base: &Path) -> Vec<InstanceDrift> {
    derivation
        .instances
        .iter()
        .filter_map(|instance| of_instance(instance, &derivation.symbols, base))
        .collect()
}

fn of_instance(instance: &Instance, symbols: &Symbols, base: &Path) -> Option<InstanceDrift> {
    let entry =
        |key: &str| instance.entries.iter().find(|entry| &*entry.key == key).map(|entry| &entry.value);
    let space = symbols.iter().find(|(_, symbol)| symbol.kind == SymbolKind::Space)?.1;
    let is_loss = |key: &str| {
        symbols.find(key).is_some_and(|id| {
            matches!(&symbols.get(id).kind,
                SymbolKind::Field { shape: FieldShape::Scalar, arguments, .. } if !arguments.is_empty())
        })
    };
    let loss = &instance.entries.iter().find(|entry| is_loss(&entry.key))?.value;
    let data = data_of(entry("data")?, base).ok()?;
    let theta = entry(&space.name)?;
    let coordinates: Option<Vec<&str>> =
        symbols.coordinates().map(|ids| ids.iter().map(|id| &*symbols.get(*id).name).collect());
    let dim = builtin_of(loss, data.features()).ok()?.map(|loss| loss.dim());
    let dim = dim.or(stated_dim(theta)).unwrap_or(data.features());
    let names = match &coordinates {
        Some(names) => Names::with_parameters(&data, names),
        None => Names::new(&data, dim),
    };
    let loss: AnyLoss = loss_of(loss, &data, &names.ok()?).ok()?;
    let theta = points_of(theta, loss.dim()).ok()?.into_iter().next()?;
    let sgd = Sgd::new(number_of(entry("eta")?, "eta").ok()?, whole(entry("n")?)?).ok()?;
    let parameters = loss.parameters(&data.columns()[..data.features()]);
    let problem = Problem::new(loss, &data).ok()?;
    let drift = noise::drift(&problem, &theta, &sgd).ok()?;
    let factor = -0.5 * sgd.noise_strength(problem.rows()).ok()?;
    Some(InstanceDrift {
        instance: instance.name.clone(),
        parameters,
        rows: problem.rows(),
        sgd,
        theta,
        descent: -&drift.moments.gradient,
        first_half: &drift.moments.half_grad_tr_sigma * factor,
        second_half: &drift.moments.cov_g_tr_hess * factor,
        v_noise: drift.v_noise,
        finite_step: drift.modified_term,
    })
}

fn whole(value: &Value) -> Option<usize> {
    let Value::Number(number) = value else { return None };
    usize::try_from(number.to_integer()?).ok()
}
