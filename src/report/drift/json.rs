//! The JSON document of `driftproof drift`, see the page of [`report`](crate::report).

#![allow(non_snake_case, reason = "fields are named by the symbols of the table on the front page")]

use super::{DriftReport, constants};
use crate::convention::Viewpoint;
use crate::experiment::{Caution, PointResult};
use crate::noise::Matrices;
use crate::report::json;
use crate::root::RootError;
use crate::sampling::{Comparison, Component, Estimate, POWER, Power, Stopped};
use crate::sgd::Replacement;
use crate::verdict::Verdict;
use nalgebra::DMatrix;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};
use std::io::{self, Write};

const FORMAT: u32 = 1;

pub(super) fn write(report: &DriftReport<'_>, out: &mut impl Write) -> io::Result<()> {
    json::write(out, &Document::new(report))
}

#[derive(Serialize)]
struct Document<'a> {
    format: u32,
    program: &'static str,
    version: &'static str,
    command: &'static str,
    loss: Loss<'a>,
    data: Source<'a>,
    parameters: Vec<String>,
    eta: f64,
    n: usize,
    N: usize,
    d: usize,
    replacement: &'static str,
    seed: u64,
    draws_at_most: u64,
    points_asked: usize,
    points: Vec<Point<'a>>,
    verdict: &'static str,
    reason: Option<String>,
}

impl<'a> Document<'a> {
    fn new(report: &DriftReport<'a>) -> Self {
        let DriftReport { data, sgd, experiment, .. } = *report;
        let parameters = report.parameters();
        let (features, targets) = data.columns().split_at(data.features());
        let points =
            experiment.points.iter().enumerate().map(|(k, p)| Point::new(p, report.matrices_of(k))).collect();
        Self {
            format: FORMAT,
            program: env!("CARGO_PKG_NAME"),
            version: env!("CARGO_PKG_VERSION"),
            command: "drift",
            loss: Loss { name: report.name(), formula: report.formula(), constants: constants(report.loss) },
            data: Source { name: data.name(), standardized: report.standardized, features, targets },
            eta: sgd.learning_rate(),
            n: sgd.batch(),
            N: data.len(),
            d: parameters.len(),
            parameters,
            replacement: match sgd.replacement() {
                Replacement::With => "with",
                Replacement::Without => "without",
            },
            seed: report.seed,
            draws_at_most: report.draws,
            points_asked: experiment.asked,
            points,
            verdict: word(experiment.verdict),
            reason: reason(experiment.verdict),
        }
    }
}

#[derive(Serialize)]
struct Loss<'a> {
    name: &'a str,
    formula: &'a str,
    constants: Map<String, Value>,
}

#[derive(Serialize)]
struct Source<'a> {
    name: &'a str,
    standardized: bool,
    features: &'a [String],
    targets: &'a [String],
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Consistent => "consistent",
        Verdict::Refuted => "refuted",
        Verdict::Inconclusive(_) => "inconclusive",
    }
}

fn reason(verdict: Verdict) -> Option<String> {
    match verdict {
        Verdict::Consistent | Verdict::Refuted => None,
        Verdict::Inconclusive(reason) => Some(reason.to_string()),
    }
}

/// A matrix as a list of rows.
struct Rows<'a>(&'a DMatrix<f64>);

impl Serialize for Rows<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.row_iter().map(|row| row.iter().copied().collect::<Vec<f64>>()))
    }
}

/// A result of the square root, or why there is none.
#[derive(Serialize)]
#[serde(untagged)]
enum Field<T> {
    Value(T),
    Missing { error: Failure },
}

#[derive(Serialize)]
struct Failure {
    kind: &'static str,
    message: String,
}

impl<T> Field<T> {
    fn new(result: Result<T, &RootError>) -> Self {
        match result {
            Ok(value) => Self::Value(value),
            Err(error) => Self::Missing { error: Failure { kind: kind(error), message: error.to_string() } },
        }
    }
}

fn kind(error: &RootError) -> &'static str {
    match error {
        RootError::RankDrop { .. } => "rank_drop",
        RootError::RankUnclear { .. } => "rank_unclear",
        RootError::NotFinite { .. } => "not_finite",
        RootError::NoConvergence { .. } => "no_convergence",
        RootError::NotSymmetric { .. } => "not_symmetric",
        RootError::NotPositive { .. } => "not_positive",
        RootError::FactorNeeded { .. } => "factor_needed",
        RootError::OrderAtDeficientRank { .. } => "order_at_deficient_rank",
        RootError::Empty { .. } => "empty",
        RootError::Shape { .. } => "shape",
        RootError::Option { .. } => "option",
    }
}

#[derive(Serialize)]
struct Point<'a> {
    theta: &'a [f64],
    f: f64,
    G: &'a [f64],
    #[serde(flatten)]
    moments: Option<MatrixFields<'a>>,
    div_Sigma: &'a [f64],
    half_grad_tr_Sigma: &'a [f64],
    cov_g_trH: &'a [f64],
    v_noise: &'a [f64],
    modified_term: &'a [f64],
    regulariser_force: Option<&'a [f64]>,
    #[serde(flatten)]
    root: Option<RootFields<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dB: Option<Field<Vec<Rows<'a>>>>,
    omitted: Vec<&'static str>,
    monte_carlo: MonteCarlo<'a>,
    verdict: &'static str,
    reason: Option<String>,
}

#[derive(Serialize)]
struct MatrixFields<'a> {
    Hbar: Rows<'a>,
    Sigma: Rows<'a>,
    D: Rows<'a>,
}

#[derive(Serialize)]
struct RootFields<'a> {
    square_root: String,
    rank: Option<usize>,
    condition_on_range: Option<f64>,
    B: Field<Vec<Vec<f64>>>,
    S: Field<&'a [f64]>,
    R: Field<&'a [f64]>,
    S_rectangular: Field<&'a [f64]>,
    R_rectangular: Field<&'a [f64]>,
}

/// The fields of [`MatrixFields`] and [`RootFields`].
const OF_MATRICES: [&str; 11] = [
    "Hbar",
    "Sigma",
    "D",
    "square_root",
    "rank",
    "condition_on_range",
    "B",
    "S",
    "R",
    "S_rectangular",
    "R_rectangular",
];

impl<'a> Point<'a> {
    fn new(point: &'a PointResult, matrices: Option<&'a Matrices>) -> Self {
        let (exact, moments) = (&point.exact, &point.exact.moments);
        let derivatives = matrices.and_then(|m| m.root_derivatives.as_ref());
        let mut omitted = Vec::new();
        if matrices.is_none() {
            omitted.extend(OF_MATRICES);
        }
        if derivatives.is_none() {
            omitted.push("dB");
        }
        Self {
            theta: &point.theta,
            f: moments.loss,
            G: moments.gradient.as_slice(),
            moments: matrices.map(|m| MatrixFields {
                Hbar: Rows(&m.mean_hessian),
                Sigma: Rows(&m.covariance),
                D: Rows(&m.diffusion),
            }),
            div_Sigma: exact.div_sigma.as_slice(),
            half_grad_tr_Sigma: moments.half_grad_tr_sigma.as_slice(),
            cov_g_trH: moments.cov_g_tr_hess.as_slice(),
            v_noise: exact.v_noise.as_slice(),
            modified_term: exact.modified_term.as_slice(),
            regulariser_force: exact.regulariser_force.as_ref().map(|force| force.as_slice()),
            root: matrices.map(RootFields::new),
            dB: derivatives
                .map(|result| Field::new(result.as_ref().map(|list| list.iter().map(Rows).collect()))),
            omitted,
            monte_carlo: MonteCarlo::new(&point.comparison, point.p_value, point.caution),
            verdict: word(point.verdict),
            reason: reason(point.verdict),
        }
    }
}

impl<'a> RootFields<'a> {
    fn new(matrices: &'a Matrices) -> Self {
        let roots = matrices.roots.as_ref();
        let smooth = roots.and_then(|roots| roots.spurious.as_ref());
        let list = |matrix: DMatrix<f64>| matrix.row_iter().map(|r| r.iter().copied().collect()).collect();
        Self {
            square_root: match smooth {
                Ok(smooth) => smooth.root.differentiability().to_string(),
                Err(error) => kind(error).to_owned(),
            },
            rank: roots.ok().map(|roots| roots.symmetric.rank()),
            condition_on_range: roots.ok().and_then(|roots| roots.symmetric.condition_on_range()),
            B: Field::new(roots.map(|roots| list(roots.symmetric.root()))),
            S: Field::new(smooth.map(|smooth| smooth.drift.s.as_slice())),
            R: Field::new(smooth.map(|smooth| smooth.drift.r.as_slice())),
            S_rectangular: Field::new(roots.map(|roots| roots.s_rectangular.as_slice())),
            R_rectangular: Field::new(roots.map(|roots| roots.r_rectangular.as_slice())),
        }
    }
}

#[derive(Serialize)]
struct MonteCarlo<'a> {
    viewpoint: &'static str,
    window: f64,
    draws: u64,
    batches_a_draw: usize,
    steps: u64,
    seed: u64,
    stopped: &'static str,
    false_alarm_rate: f64,
    noise_rms: f64,
    #[serde(flatten)]
    columns: Columns<'a>,
    statistic: Option<f64>,
    dimensions: Option<usize>,
    p_value: Option<f64>,
    p_value_adjusted: Option<f64>,
    tails: Option<f64>,
    smallest_detectable: Option<Detectable>,
    caution: Option<String>,
}

impl<'a> MonteCarlo<'a> {
    fn new(comparison: &'a Comparison, adjusted: f64, caution: Option<Caution>) -> Self {
        let Comparison { plan, vector, .. } = comparison;
        Self {
            viewpoint: match plan.viewpoint {
                Viewpoint::Source => "source",
                Viewpoint::Midpoint => "midpoint",
                Viewpoint::Destination => "destination",
            },
            window: plan.width,
            draws: comparison.draws,
            batches_a_draw: plan.steps,
            steps: comparison.steps,
            seed: plan.seed,
            stopped: match comparison.stopped {
                Stopped::Power => "power",
                Stopped::Cap => "cap",
                Stopped::Cancelled => "cancelled",
            },
            false_alarm_rate: plan.false_alarm,
            noise_rms: comparison.noise_rms,
            columns: Columns(&comparison.components),
            statistic: vector.map(|test| test.statistic),
            dimensions: vector.map(|test| test.dimensions),
            p_value: vector.map(|test| test.p_value),
            p_value_adjusted: vector.map(|_| adjusted),
            tails: vector.map(|test| test.tails),
            smallest_detectable: vector.map(|test| Detectable::new(test.power)),
            caution: caution.map(super::caution),
        }
    }
}

#[derive(Serialize)]
#[serde(untagged)]
enum Detectable {
    Relative { relative_error: f64, probability: f64 },
    Added { added_drift: f64, needed: f64, probability: f64 },
}

impl Detectable {
    fn new(power: Power) -> Self {
        match power {
            Power::Relative(relative_error) => Self::Relative { relative_error, probability: POWER },
            Power::Added { detectable, needed } => {
                Self::Added { added_drift: detectable, needed, probability: POWER }
            }
        }
    }
}

/// The components of a comparison, as a list for each of their numbers.
struct Columns<'a>(&'a [Component]);

impl Serialize for Columns<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let column = |of: &dyn Fn(&Component) -> f64| self.0.iter().map(of).collect::<Vec<f64>>();
        let value = |of: fn(&Component) -> &Estimate| column(&|c| of(c).value);
        let error = |of: fn(&Component) -> &Estimate| column(&|c| of(c).standard_error);
        let columns = [
            ("exact", column(&|c| c.claimed)),
            ("estimate", value(|c| &c.first_order)),
            ("standard_error", error(|c| &c.first_order)),
            ("difference", value(|c| &c.difference)),
            ("difference_standard_error", error(|c| &c.difference)),
            ("z", column(&|c| c.z)),
            ("detectable", column(&|c| c.difference.detectable)),
            ("conditional_mean", value(|c| &c.conditional)),
            ("conditional_mean_standard_error", error(|c| &c.conditional)),
            ("higher_orders", value(|c| &c.higher_orders)),
            ("higher_orders_standard_error", error(|c| &c.higher_orders)),
        ];
        serializer.collect_map(columns)
    }
}
