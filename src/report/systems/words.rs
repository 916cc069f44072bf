//! Findings and verdicts in words and numbers: the same in text, JSON and HTML.

use crate::report::layout::{deviations, given, readable};
use crate::systems::{Evidence, Finding, Found, Outcome, Parameter};

/// Names of the columns of a table of findings, after the finding itself.
pub(super) const COLUMNS: [&str; 5] = ["exact", "estimate", "error", "z", "would see"];

/// What the columns mean.
pub(super) const LEGEND: &str = "Exact: the exact value, or the one that a wrong reading gives. Estimate: of the simulation; of a second exact route; of a \
     fit. Error: standard error of an estimate; bound of what rounding, truncation or the next order explain. z: estimate \
     less exact, in standard errors. Would see: the smallest error that would have been seen, with probability 0.99.";

/// The numbers of a finding in the order of [`COLUMNS`]; NaN where there is none.
pub(super) fn numbers(evidence: &Evidence) -> [f64; 5] {
    const NONE: f64 = f64::NAN;
    match *evidence {
        Evidence::Identity { left, right, bound } => [left, right, bound, NONE, NONE],
        Evidence::Order { claimed, fitted, bound } => [claimed, fitted, bound, NONE, NONE],
        Evidence::Simulated { exact, estimate, .. } => [
            exact,
            estimate.value,
            estimate.standard_error,
            (estimate.value - exact) / estimate.standard_error,
            estimate.detectable,
        ],
        Evidence::Misreading { wrong, estimate } => [
            wrong,
            estimate.value,
            estimate.standard_error,
            (estimate.value - wrong) / estimate.standard_error,
            NONE,
        ],
        Evidence::Measured(estimate) => [NONE, estimate.value, estimate.standard_error, NONE, NONE],
    }
}

/// The same as text.
pub(super) fn cells(evidence: &Evidence) -> [String; 5] {
    let [exact, estimate, error, z, detectable] = numbers(evidence);
    [readable(exact), readable(estimate), readable(error), deviations(z), readable(detectable)]
}

/// The verdict on a finding.
pub(super) fn verdict(evidence: &Evidence) -> &'static str {
    let [holds, fails] = match evidence {
        Evidence::Identity { .. } => ["equal", "not equal"],
        Evidence::Simulated { .. } => ["consistent", "inconsistent"],
        // A misreading that is not refuted leaves the finding open.
        Evidence::Misreading { .. } => ["refuted", "not refuted"],
        Evidence::Order { .. } => ["as claimed", "other order"],
        Evidence::Measured(_) => ["measured", "measured"],
    };
    match evidence.found() {
        Found::Measured => "measured",
        Found::Holds => holds,
        Found::Inconclusive if matches!(evidence, Evidence::Misreading { .. }) => fails,
        Found::Inconclusive => "inconclusive",
        Found::Fails => fails,
    }
}

/// What kind of evidence it is.
pub(super) const fn kind(evidence: &Evidence) -> &'static str {
    match evidence {
        Evidence::Identity { .. } => "identity",
        Evidence::Simulated { .. } => "simulated",
        Evidence::Misreading { .. } => "misreading",
        Evidence::Order { .. } => "order",
        Evidence::Measured(_) => "measured",
    }
}

/// What a finding is about, with its unit.
pub(super) fn what(finding: &Finding) -> String {
    let what = match finding.unit {
        "" => finding.what.clone(),
        unit => format!("{} [{unit}]", finding.what),
    };
    match finding.evidence {
        Evidence::Misreading { .. } => format!("misread: {what}"),
        Evidence::Identity { .. }
        | Evidence::Simulated { .. }
        | Evidence::Order { .. }
        | Evidence::Measured(_) => what,
    }
}

/// The verdict on a system.
pub(super) const fn found(found: Found) -> &'static str {
    match found {
        Found::Measured => "measured",
        Found::Holds => "holds",
        Found::Inconclusive => "inconclusive",
        Found::Fails => "fails",
    }
}

/// What a verdict on a system says.
pub(super) fn said(outcome: &Outcome) -> String {
    let of = |wanted: Found| outcome.findings.iter().filter(|f| f.evidence.found() == wanted).count();
    let all = crate::report::layout::counted(outcome.findings.len(), "finding");
    let mut parts = Vec::new();
    for (number, word) in [
        (of(Found::Holds), "as claimed"),
        (of(Found::Measured), "measured with nothing claimed"),
        (of(Found::Inconclusive), "inconclusive"),
        (of(Found::Fails), "not as claimed"),
    ] {
        if number > 0 {
            parts.push(format!("{number} {word}"));
        }
    }
    format!("{all}: {}", parts.join(", "))
}

/// Default, range and unit of a parameter.
pub(super) fn domain(parameter: &Parameter) -> String {
    let kind = if parameter.whole { "whole number " } else { "" };
    let unit = if parameter.unit.is_empty() { String::new() } else { format!(" [{}]", parameter.unit) };
    format!("{kind}{} to {}{unit}", given(parameter.least), given(parameter.greatest))
}
