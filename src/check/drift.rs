//! The drifts of SGD at the instances that bind a loss, data, a learning rate and a batch: what the claims are about, by
//! the closed forms of module [`noise`](crate::noise), to be shown beside them.

use crate::data::Data;
use crate::expression::{FieldShape, Instance, SymbolId, SymbolKind};
use crate::loss::instance::{AnyLoss, loss_of};
use crate::loss::{Names, Problem};
use crate::noise;
use crate::reading::instance::{Bound, BoundField, symbols_of};
use crate::sgd::Sgd;
use nalgebra::DVector;
use num_traits::ToPrimitive;
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

/// The drift at an instance that binds what it takes.
pub(super) fn drift(instance: &Instance, bound: &Bound) -> Option<InstanceDrift> {
    let symbols = &bound.symbols;
    let data = bound.data.as_deref()?;
    let loss = loss(instance, bound, data)?;
    let theta = bound.points.first()?.clone();
    let number = |name: &str| bound.scalars.get(&symbols.find(name)?).copied();
    let sgd = Sgd::new(number("eta")?, whole(number("n")?)?).ok()?;
    let parameters = loss.parameters(&data.columns()[..data.features()]);
    let problem = Problem::new(loss, data).ok()?;
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

/// The first scalar function of the data that the instance binds.
fn loss(instance: &Instance, bound: &Bound, data: &Data) -> Option<AnyLoss> {
    let symbols = &bound.symbols;
    let is_loss = |id: SymbolId| {
        matches!(&symbols.get(id).kind,
            SymbolKind::Field { shape: FieldShape::Scalar, arguments, .. } if !arguments.is_empty())
    };
    let mut entries = instance.entries.iter();
    let (entry, id) = entries.find_map(|entry| {
        let id = symbols.find(&entry.key).filter(|id| is_loss(*id))?;
        Some((entry, id))
    })?;
    match bound.fields.get(&id)? {
        BoundField::Loss(problem) => Some(AnyLoss::Builtin(problem.loss().clone())),
        BoundField::Expression(e) => {
            let (_, space) = symbols.iter().find(|(_, symbol)| symbol.kind == SymbolKind::Space)?;
            let names = match symbols.coordinates() {
                Some(ids) => {
                    let names: Vec<&str> = ids.iter().map(|id| &*symbols.get(*id).name).collect();
                    Names::with_parameters(data, &names)
                }
                None => Names::in_space(data, &space.name, bound.dim?),
            };
            let mut names = names.ok()?;
            for id in symbols_of(e) {
                if let Some(value) = bound.scalars.get(&id) {
                    names = names.with_number(&symbols.get(id).name, *value).ok()?;
                }
            }
            loss_of(&entry.value, data, &names).ok()
        }
    }
}

fn whole(number: f64) -> Option<usize> {
    (number.fract() == 0.0).then(|| number.to_usize()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::parse;
    use std::path::Path;

    fn drifts(space: &str, loss: &str, point: &str) -> Option<InstanceDrift> {
        let text = format!(
            "scalar eta > 0, n > 0, k\nspace {space}\nrandom X\nfield u(X): scalar\ninstance toy {{\n u = {loss}\n \
             data = rows([[1, 2], [3, -1], [2, 0]], columns = [x, y])\n {point}\n eta = 1/10\n n = 2\n k = 3\n}}\n"
        );
        let derivation = parse("t.drift", &text).unwrap();
        let instance = &derivation.instances[0];
        let bound = Bound::new(instance, &derivation.symbols, Path::new("")).unwrap();
        drift(instance, &bound)
    }

    /// Regression: there was no picture of the drift where the space had another name than `theta`, or the loss a number.
    #[test]
    fn names_do_not_matter() {
        let plain = drifts("theta", "1/2*3*y*x*norm2(theta)", "theta = [0.5, -1]").unwrap();
        assert!(plain.v_noise.norm() > 0.0, "there is a drift");
        for (space, loss, point) in [
            ("w", "1/2*3*y*x*norm2(w)", "w = [0.5, -1]"),
            ("w", "1/2*k*y*x*norm2(w)", "w = [0.5, -1]"),
            ("w = (a, b)", "1/2*k*y*x*(a^2 + b^2)", "w = [0.5, -1]"),
        ] {
            let found = drifts(space, loss, point).unwrap_or_else(|| panic!("{space}: {loss}"));
            assert_eq!(found.sgd, plain.sgd, "{loss}");
            let rounding = 1e-14 * plain.v_noise.norm();
            assert!((&found.v_noise - &plain.v_noise).norm() <= rounding, "{space}: {loss}");
            assert!((&found.first_half - &plain.first_half).norm() <= rounding, "{space}: {loss}");
        }
    }

    #[test]
    fn without_data_there_is_no_drift() {
        let text = "space x\nfield f: scalar\ninstance it {\n f = norm2(x)\n x = [1, 2]\n}\n";
        let derivation = parse("t.drift", text).unwrap();
        let instance = &derivation.instances[0];
        let bound = Bound::new(instance, &derivation.symbols, Path::new("")).unwrap();
        assert_eq!(drift(instance, &bound), None);
    }
}
