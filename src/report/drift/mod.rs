//! What `driftproof drift` found.

mod json;
mod text;

use super::Style;
use super::layout::readable;
use crate::data::Data;
use crate::experiment::{Caution, Experiment};
use crate::loss::instance::AnyLoss;
use crate::loss::{Activation, Builtin, Output};
use crate::noise::Matrices;
use crate::sgd::Sgd;
use serde_json::{Map, Value};
use std::io::{self, Write};

/// What `driftproof drift` found, with the settings that it was found with.
#[derive(Debug, Clone, Copy)]
pub struct DriftReport<'a> {
    /// Name of the loss, as in [`Builtin::named`], or the expression that it is written as.
    pub loss_name: &'a str,
    /// The loss.
    pub loss: &'a AnyLoss,
    /// The data.
    pub data: &'a Data,
    /// Whether the features were standardised.
    pub standardized: bool,
    /// Learning rate and batches.
    pub sgd: &'a Sgd,
    /// Seed of everything random.
    pub seed: u64,
    /// Cap on the draws at a point.
    pub draws: u64,
    /// Drifts, estimates, verdicts.
    pub experiment: &'a Experiment,
    /// The matrices of each point, where they were asked for; shorter than the list of points if the run was interrupted.
    pub matrices: &'a [Option<Matrices>],
}

impl<'a> DriftReport<'a> {
    /// Writes a report for people; no line is over 80 columns.
    ///
    /// # Errors
    /// As `out`.
    pub fn write_text(&self, out: &mut impl Write, style: Style) -> io::Result<()> {
        text::write(self, out, style)
    }

    /// Writes the JSON document described in the [module's page](super).
    ///
    /// # Errors
    /// As `out`.
    pub fn write_json(&self, out: &mut impl Write) -> io::Result<()> {
        json::write(self, out)
    }

    fn parameters(&self) -> Vec<String> {
        self.loss.parameters(&self.data.columns()[..self.data.features()])
    }

    fn name(&self) -> &'a str {
        match self.loss {
            AnyLoss::Builtin(_) => self.loss_name,
            AnyLoss::Written(_) => "written",
        }
    }

    fn formula(&self) -> &'a str {
        match self.loss {
            AnyLoss::Builtin(_) => Builtin::listing(self.loss_name).map_or("", |line| line.formula),
            AnyLoss::Written(_) => self.loss_name,
        }
    }

    fn matrices_of(&self, point: usize) -> Option<&'a Matrices> {
        self.matrices.get(point).and_then(Option::as_ref)
    }
}

/// The constants and sizes of a loss by name; the number of features follows from the data.
pub(in crate::report) fn constants(loss: &AnyLoss) -> Map<String, Value> {
    let AnyLoss::Builtin(loss) = loss else { return Map::new() };
    let list: Vec<(&str, Value)> = match loss {
        Builtin::Ridge { lambda, .. } => vec![("lambda", (*lambda).into())],
        Builtin::Softmax { classes, .. } => vec![("classes", (*classes).into())],
        Builtin::Cauchy { c, .. } => vec![("c", (*c).into())],
        Builtin::StudentT { nu, sigma, .. } => vec![("nu", (*nu).into()), ("sigma", (*sigma).into())],
        Builtin::PseudoHuber { delta, .. } => vec![("delta", (*delta).into())],
        Builtin::MatrixFactorisation { left, right, rank } => {
            vec![("layers", vec![*left, *right, *rank].into())]
        }
        Builtin::Network(network) => vec![
            ("layers", network.layers.clone().into()),
            ("activation", activation(network.activation).into()),
            ("output", output(network.output).into()),
            ("bias", network.bias.into()),
        ],
        Builtin::Linear { .. }
        | Builtin::Logistic { .. }
        | Builtin::Poisson { .. }
        | Builtin::PhaseRetrieval { .. }
        | Builtin::CosWave { .. }
        | Builtin::TwoLayerLinear
        | Builtin::MultiplicativeQuadratic
        | Builtin::PollenGrain => Vec::new(),
    };
    list.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn activation(activation: Activation) -> &'static str {
    match activation {
        Activation::Tanh => "tanh",
        Activation::Logistic => "logistic",
        Activation::Softplus => "softplus",
        Activation::Sine => "sine",
        Activation::Identity => "identity",
    }
}

fn output(output: Output) -> &'static str {
    match output {
        Output::Squared => "squared",
        Output::Softmax => "softmax",
    }
}

fn caution(caution: Caution) -> String {
    match caution {
        Caution::NarrowWindow { width, needed } => format!(
            "the window of {} is narrow beside the noise of a step, where {} would do: conditional_mean and higher_orders \
             are uncertain; the test does not use them",
            readable(width),
            readable(needed)
        ),
    }
}
