//! Fully connected networks, deep linear ones among them.

use super::RowError;
use super::builtin::{mask, whole};
use super::number::{Number, constant, dot, inner, log_sum_exp, logistic, softplus, tanh};

/// What a hidden unit does to its input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Activation {
    /// `tanh(z)`
    Tanh,
    /// `1/(1 + exp(-z))`
    Logistic,
    /// `log(1 + exp(z))`
    Softplus,
    /// `sin(z)`
    Sine,
    /// `z`: with it the network is a deep linear one.
    Identity,
}

/// What the output layer is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Output {
    /// `|output - y|^2 / 2`; a row ends with as many targets as there are outputs.
    Squared,
    /// `log(sum_k exp(output_k)) - output_y`; a row ends with the class `y`, counted from 0.
    Softmax,
}

/// A fully connected network: `a_0 = x`, `a_l = phi(W_l a_(l-1) + b_l)`, with no `phi` after the last layer.
///
/// Parameters: `W_1` row by row (each row the weights into one unit), `b_1` if there are biases, `W_2`, and so on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Network {
    /// Units by layer, inputs first and outputs last: at least two, none of them zero.
    pub layers: Vec<usize>,
    /// The function of the hidden units.
    pub activation: Activation,
    /// The loss of the outputs.
    pub output: Output,
    /// Whether units have biases.
    pub bias: bool,
}

impl Network {
    fn outputs(&self) -> usize {
        self.layers.last().copied().unwrap_or(0)
    }

    fn inputs(&self) -> usize {
        self.layers.first().copied().unwrap_or(0)
    }

    /// Number of parameters.
    pub(super) fn parameters(&self) -> usize {
        self.layers.windows(2).map(|pair| (pair[0] + usize::from(self.bias)) * pair[1]).sum()
    }

    /// Columns of a row: inputs, then targets or the class.
    pub(super) fn columns(&self) -> usize {
        match self.output {
            Output::Squared => self.inputs() + self.outputs(),
            Output::Softmax => self.inputs() + 1,
        }
    }

    /// Inputs as they are, then targets or the mask of the class.
    pub(super) fn encode(&self, row: &[f64], encoded: &mut Vec<f64>) -> Result<(), RowError> {
        match self.output {
            Output::Squared => encoded.extend_from_slice(row),
            Output::Softmax => {
                let (inputs, classes) = (self.inputs(), self.outputs());
                encoded.extend_from_slice(&row[..inputs]);
                mask(encoded, whole(row, inputs, 0, classes.saturating_sub(1))?, classes);
            }
        }
        Ok(())
    }

    /// The loss of one encoded row.
    pub(super) fn loss<D: Number>(&self, x: &[D::InnerDual], theta: &[D]) -> D {
        let (inputs, target) = x.split_at(self.inputs());
        let output = self.forward(inputs, theta);
        match self.output {
            Output::Softmax => log_sum_exp(&output) - dot(&output, target),
            Output::Squared => {
                let residual: Vec<D> = output.iter().zip(target).map(|(o, y)| *o - D::from_re(*y)).collect();
                inner(&residual, &residual) * 0.5
            }
        }
    }

    fn forward<D: Number>(&self, inputs: &[D::InnerDual], theta: &[D]) -> Vec<D> {
        let mut rest = theta;
        let mut units: Vec<D> = Vec::new();
        for (layer, pair) in self.layers.windows(2).enumerate() {
            let (weights, after) = rest.split_at(pair[0] * pair[1]);
            let (biases, after) = after.split_at(if self.bias { pair[1] } else { 0 });
            rest = after;
            let last = layer + 2 == self.layers.len();
            units = weights
                .chunks(pair[0].max(1))
                .enumerate()
                .map(|(k, row)| {
                    let z = if layer == 0 { dot(row, inputs) } else { inner(row, &units) };
                    let z = biases.get(k).map_or(z, |b| z + *b);
                    if last { z } else { self.activation.of(z) }
                })
                .collect();
        }
        if units.is_empty() { vec![constant(0.0)] } else { units }
    }
}

impl Activation {
    fn of<D: Number>(self, z: D) -> D {
        match self {
            Self::Tanh => tanh(z),
            Self::Logistic => logistic(z),
            Self::Softplus => softplus(z),
            Self::Sine => z.sin(),
            Self::Identity => z,
        }
    }
}
