//! What the readings in numbers say at an instance, in words and as JSON.

use super::super::layout::{count, counted, deviations, given, probability, readable, scientific, short};
use crate::check::{Checkup, FALSE_ALARM, Trial};
use crate::reading::exact::{Agreement, Component, Evidence, Refutation, Slope};
use crate::reading::sampled::{self, Sample};
use crate::sampling::Estimate;
use serde_json::{Value, json};

/// Components that a sentence shows.
const MOST_COMPONENTS: usize = 4;

/// Components of a point that are listed.
const MOST_LISTED: usize = 6;

/// Where it was evaluated.
pub(super) fn place(trial: &Trial) -> String {
    trial.instance.as_ref().map_or_else(|| "random functions".to_owned(), |name| format!("instance {name}"))
}

/// What the exact reading found, as sentences without their full stops, with the components that differ most.
pub(super) fn exact_in_words(evidence: &Evidence) -> Vec<String> {
    let mut lines = exact(evidence);
    if let Evidence::Refuted(refutation) = evidence {
        lines.extend(largest(refutation));
    }
    lines
}

/// The same without components.
pub(super) fn exact(evidence: &Evidence) -> Vec<String> {
    match evidence {
        Evidence::Holds(agreement) => holds(agreement),
        Evidence::Refuted(refutation) => differs(refutation),
        Evidence::Unable(reason) => vec![format!("not evaluated: {reason}")],
    }
}

fn holds(agreement: &Agreement) -> Vec<String> {
    let what = match agreement.vanishing {
        true => "both sides are 0 to rounding".to_owned(),
        false => format!(
            "the sides agree: they differ by at most {} where rounding can make {}, at a size of {}",
            scientific(agreement.error),
            scientific(agreement.bound),
            readable(agreement.scale),
        ),
    };
    let mut lines = vec![what];
    lines.extend(agreement.slope.as_ref().map(slope));
    lines
}

fn slope(slope: &Slope) -> String {
    let found = match (&slope.leading, slope.fitted) {
        (Some(leading), Some(fitted)) => format!("is of order {leading} (fitted: {fitted:.2})"),
        (Some(leading), None) => format!("is of order {leading}"),
        (None, Some(fitted)) => format!("has the fitted order {fitted:.2}"),
        (None, None) => format!("vanishes up to order {}", slope.known),
    };
    format!("the difference {found}, claimed is order {}", slope.claimed)
}

fn differs(refutation: &Refutation) -> Vec<String> {
    let mut lines = vec![match &refutation.order {
        Some(order) => format!("the sides differ in the coefficient of order {order}"),
        None => "the sides differ".to_owned(),
    }];
    lines.extend(refutation.slope.as_ref().map(slope));
    lines
}

/// The components in which the sides differ most.
fn largest(refutation: &Refutation) -> Vec<String> {
    let mut largest: Vec<&Component> = refutation.components.iter().collect();
    largest.sort_by(|a, b| (b.left - b.right).abs().total_cmp(&(a.left - a.right).abs()));
    let said = largest.iter().take(MOST_COMPONENTS).map(|c| {
        let component =
            if c.indices.is_empty() { String::new() } else { format!("component {}: ", label(&c.indices)) };
        format!("{component}left {}, right {}", readable(c.left), readable(c.right))
    });
    let mut lines: Vec<String> = said.collect();
    if largest.len() > MOST_COMPONENTS {
        lines.push(format!("and {} more components", largest.len() - MOST_COMPONENTS));
    }
    lines
}

/// The name of a component: its indices.
pub(super) fn label(indices: &[usize]) -> String {
    match indices {
        [] => "value".to_owned(),
        indices => indices.iter().map(usize::to_string).collect::<Vec<_>>().join(","),
    }
}

/// What was drawn, where something was.
pub(super) fn sample_of(evidence: &sampled::Evidence) -> Option<&Sample> {
    match evidence {
        sampled::Evidence::Consistent(sample) => Some(sample),
        sampled::Evidence::Refuted(sample) | sampled::Evidence::Inconclusive(sample, _) => Some(sample),
        sampled::Evidence::Unable(_) => None,
    }
}

/// The error budget of everything that was drawn in a file, as a sentence; nothing where nothing was.
pub(super) fn budget(checkup: &Checkup) -> Option<String> {
    let trials = checkup.statements.iter().flat_map(|checked| &checked.trials);
    let number = trials.filter(|trial| trial.sampled.is_some()).count();
    (number > 0).then(|| {
        format!(
            "Drawn: {}; that chance refutes a true claim in any of them has a probability of at most {FALSE_ALARM} (Holm).",
            counted(number, "trial")
        )
    })
}

/// What the sampled reading found: what each sentence is about, and the sentence without its full stop.
pub(super) fn sampled(trial: &Trial) -> Vec<(&'static str, String)> {
    const DRAWN: &str = "by drawing";
    let (outcome, sample) = match &trial.sampled {
        Some(sampled::Evidence::Consistent(sample)) => ("no difference was seen".to_owned(), sample),
        Some(sampled::Evidence::Refuted(sample)) => ("the sides differ".to_owned(), &**sample),
        Some(sampled::Evidence::Inconclusive(sample, reason)) => {
            (format!("inconclusive: {reason}"), &**sample)
        }
        Some(sampled::Evidence::Unable(reason)) => return vec![(DRAWN, format!("not drawn: {reason}"))],
        None => return vec![(DRAWN, "not asked for".to_owned())],
    };
    let adjusted =
        trial.p_value_adjusted.map_or_else(String::new, |p| format!(", among all trials {}", p_value(p)));
    let largest = sample.components.iter().max_by(|a, b| a.z.abs().total_cmp(&b.z.abs()));
    let z = largest.map_or_else(String::new, |c| {
        format!(", the largest deviation is {} standard errors", deviations(c.z))
    });
    let mut said = vec![(DRAWN, outcome), ("test", format!("{}{adjusted}{z}", p_value(sample.p_value)))];
    if sample.detectable.is_finite() {
        said.push((
            "power",
            format!(
                "an error of {} % of the right side would have been seen with probability 0.99",
                readable(100.0 * sample.detectable)
            ),
        ));
    }
    let plants: Vec<String> = sample
        .plants
        .iter()
        .map(|plant| format!("factor {}, {}", given(plant.factor), p_value(plant.p_value)))
        .collect();
    said.push(("planted", format!("wrong claims beside it: {}", plants.join("; "))));
    said.push((
        "draws",
        format!(
            "{} pairs of points, seed {}, in a window of standard deviation {} around {}",
            count(sample.draws),
            sample.seed,
            short(sample.width),
            vector(&sample.centre)
        ),
    ));
    said.extend(sample.ladder.as_ref().map(|ladder| {
        let values: Vec<String> = ladder.values.iter().map(|value| short(*value)).collect();
        let text = format!(
            "{} = {}, extrapolated to 0, which leaves at most {} % of the right side",
            ladder.symbol,
            values.join(", "),
            readable(100.0 * ladder.leftover)
        );
        ("remainder", text)
    }));
    said
}

/// A p-value; what is below the numbers that a computer keeps apart from 0 is no 0.
fn p_value(p: f64) -> String {
    const LEAST: f64 = 1e-300;
    if p < LEAST { format!("p < {LEAST:e}") } else { format!("p = {}", probability(p)) }
}

/// The same, the sentences alone.
pub(super) fn sampled_in_words(trial: &Trial) -> Vec<String> {
    sampled(trial).into_iter().map(|(_, sentence)| sentence).collect()
}

/// The first components of a vector.
pub(super) fn vector(v: &[f64]) -> String {
    let shown: Vec<String> = v.iter().take(MOST_LISTED).map(|x| short(*x)).collect();
    format!("({}{})", shown.join(", "), if v.len() > MOST_LISTED { ", ..." } else { "" })
}

/// A trial as JSON.
pub(super) fn json(trial: &Trial) -> Value {
    let sampled = trial.sampled.as_ref().map(sampled_json);
    json!({
        "instance": trial.instance.as_deref(),
        "exact": exact_json(&trial.exact),
        "sampled": sampled,
        "p_value": trial.p_value,
        "p_value_adjusted": trial.p_value_adjusted,
    })
}

fn sampled_json(evidence: &sampled::Evidence) -> Value {
    let (outcome, reason) = match evidence {
        sampled::Evidence::Consistent(_) => ("consistent", None),
        sampled::Evidence::Refuted(_) => ("refuted", None),
        sampled::Evidence::Inconclusive(_, reason) => ("inconclusive", Some(reason.to_string())),
        sampled::Evidence::Unable(reason) => ("unable", Some(reason.to_string())),
    };
    let Some(sample) = sample_of(evidence) else { return json!({ "outcome": outcome, "reason": reason }) };
    let estimate = |e: &Estimate| json!({ "value": e.value, "standard_error": e.standard_error });
    let components: Vec<Value> = sample
        .components
        .iter()
        .map(|c| {
            json!({
                "indices": c.indices,
                "left": estimate(&c.left),
                "right": estimate(&c.right),
                "difference": estimate(&c.difference),
                "z": c.z,
            })
        })
        .collect();
    let ladder = sample.ladder.as_ref().map(|ladder| {
        json!({ "symbol": ladder.symbol, "values": ladder.values, "power": ladder.power, "leftover": ladder.leftover })
    });
    let plants: Vec<Value> =
        sample.plants.iter().map(|p| json!({ "factor": p.factor, "p_value": p.p_value })).collect();
    json!({
        "outcome": outcome,
        "reason": reason,
        "p_value": sample.p_value,
        "false_alarm_rate": sample.false_alarm,
        "dimensions": sample.dimensions,
        "draws": sample.draws,
        "seed": sample.seed,
        "detectable": sample.detectable,
        "window": sample.width,
        "theta": sample.centre,
        "plants": plants,
        "ladder": ladder,
        "tails": sample.tails,
        "components": components,
        "notes": sample.notes,
    })
}

fn exact_json(evidence: &Evidence) -> Value {
    match evidence {
        Evidence::Holds(found) => json!({
            "outcome": if found.vanishing { "vanishes" } else { "holds" },
            "scale": found.scale,
            "error": found.error,
            "bound": found.bound,
            "points": found.points,
            "theta": found.point,
            "components": components(&found.components),
            "order": found.slope.as_ref().map(order),
            "notes": found.notes,
        }),
        Evidence::Refuted(found) => json!({
            "outcome": "differs",
            "theta": found.point,
            "power": found.order.as_ref().map(ToString::to_string),
            "components": components(&found.components),
            "order": found.slope.as_ref().map(order),
            "notes": found.notes,
        }),
        Evidence::Unable(reason) => json!({ "outcome": "unable", "reason": reason.to_string() }),
    }
}

fn order(slope: &Slope) -> Value {
    json!({
        "claimed": slope.claimed.to_string(),
        "leading": slope.leading.as_ref().map(ToString::to_string),
        "known": slope.known.to_string(),
        "fitted": slope.fitted,
    })
}

fn components(all: &[Component]) -> Vec<Value> {
    all.iter()
        .map(|c| {
            json!({
                "indices": c.indices,
                "left": c.left,
                "right": c.right,
                "bound": c.bound,
            })
        })
        .collect()
}
