//! `--loss` and the options that some losses have.

use super::data::{Chosen, DataArgs};
use super::{CliError, number};
use clap::{Args, ValueEnum};
use driftproof::data::Data;
use driftproof::language;
use driftproof::loss::instance::AnyLoss;
use driftproof::loss::{Activation, Builtin, Choice, Listing, Loss, Names, Output, Problem, Written};
use std::fmt::Write;

/// Which loss, and its constants and sizes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Loss")]
pub(super) struct LossArgs {
    /// One of the losses listed below, sizes may stand in the name, as in softmax_3 or mlp_2_3_1_tanh; or an expression
    /// in theta, x (the features of a row), y (its target) and the columns by their names, as in
    /// 'log(1 + exp(-y*dot(theta, x)))'
    #[arg(
        long = "loss",
        value_name = "LOSS",
        default_value = "logistic_regression",
        allow_hyphen_values = true
    )]
    pub(super) name: String,
    /// Names of the parameters of a loss that is an expression [default: theta, with a component a feature, or as many
    /// as the first --theta that is a list]
    #[arg(long, value_name = "A,B,...", value_delimiter = ',')]
    parameters: Option<Vec<String>>,
    /// Strength of the penalty of ridge_regression [default: 0.1]
    #[arg(long, value_parser = number::finite, allow_negative_numbers = true)]
    lambda: Option<f64>,
    /// Scale of cauchy_regression [default: 1]
    #[arg(long, value_parser = number::finite, allow_negative_numbers = true)]
    c: Option<f64>,
    /// Degrees of freedom of student_t_regression [default: 3]
    #[arg(long, value_parser = number::finite, allow_negative_numbers = true)]
    nu: Option<f64>,
    /// Scale of student_t_regression [default: 1]
    #[arg(long, value_parser = number::finite, allow_negative_numbers = true)]
    sigma: Option<f64>,
    /// Bend of pseudo_huber_regression [default: 1]
    #[arg(long, value_parser = number::finite, allow_negative_numbers = true)]
    delta: Option<f64>,
    /// Number of classes of softmax
    #[arg(long, value_name = "K", value_parser = number::count, allow_negative_numbers = true)]
    classes: Option<usize>,
    /// Units by layer of mlp and deep_linear, as in 10,32,1; rows of P, rows of Q, rank of matrix_factorisation
    #[arg(long, value_name = "A,B,...", value_parser = number::count, value_delimiter = ',')]
    layers: Option<Vec<usize>>,
    /// Function of the hidden units of mlp [default: tanh]
    #[arg(long)]
    activation: Option<ActivationName>,
    /// Loss of the outputs of mlp [default: squared]
    #[arg(long)]
    output: Option<OutputName>,
    /// Give the units of mlp biases
    #[arg(long)]
    bias: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ActivationName {
    Tanh,
    Logistic,
    Softplus,
    Sine,
    Identity,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum OutputName {
    /// |output - y|^2 / 2
    Squared,
    /// log(sum_k exp(output_k)) - output_y, y a class
    Softmax,
}

impl LossArgs {
    /// Whether the loss is an expression, and not a name.
    fn is_written(&self) -> bool {
        self.name.chars().any(|c| !c.is_alphanumeric() && c != '_')
    }

    /// The loss, for these data and, if it is an expression without named parameters, this many of them.
    fn of_data(&self, data: &Data, dim: Option<usize>) -> Result<AnyLoss, CliError> {
        if !self.is_written() {
            return Ok(AnyLoss::Builtin(self.build(data.features())?));
        }
        let refused = |source| CliError::Written { loss: self.name.clone(), source };
        let names = match &self.parameters {
            Some(names) => {
                Names::with_parameters(data, &names.iter().map(|name| name.trim()).collect::<Vec<_>>())
            }
            None => Names::new(data, dim.unwrap_or(data.features())),
        };
        let value = language::value("--loss", &self.name).map_err(CliError::Expression)?;
        Ok(AnyLoss::Written(Written::from_value(&value, &names.map_err(refused)?).map_err(refused)?))
    }

    /// The line of the catalogue for the name, if there is one, once the other options are known to belong to it.
    fn listing(&self) -> Result<Option<&'static Listing>, CliError> {
        let listing = Builtin::listing(&self.name);
        if !self.is_written() && self.parameters.is_some() {
            return Err(CliError::ParametersOfAName { loss: self.name.clone() });
        }
        if listing.is_none() && !self.is_written() {
            return Ok(None);
        }
        let (name, options): (&'static str, &'static [&'static str]) =
            listing.map_or(("", &[]), |line| (line.name, line.options));
        let in_name: Vec<&str> = self.name.strip_prefix(name).unwrap_or("").split('_').skip(1).collect();
        let sized = in_name.iter().any(|word| word.parse::<usize>().is_ok());
        let output = in_name.contains(&"softmax");
        let activation = in_name.iter().any(|word| ActivationName::from_str(word, false).is_ok());
        for (option, given, named) in [
            ("lambda", self.lambda.is_some(), false),
            ("c", self.c.is_some(), false),
            ("nu", self.nu.is_some(), false),
            ("sigma", self.sigma.is_some(), false),
            ("delta", self.delta.is_some(), false),
            ("classes", self.classes.is_some(), sized),
            ("layers", self.layers.is_some(), sized),
            ("activation", self.activation.is_some(), activation),
            ("output", self.output.is_some(), output),
            ("bias", self.bias, false),
        ] {
            let loss = self.name.clone();
            if given && !options.contains(&option) {
                return Err(CliError::OptionOfAnotherLoss { option, loss, options });
            }
            if given && named {
                return Err(CliError::InTheName { option, loss, family: name });
            }
        }
        Ok(listing)
    }

    /// The data that are chosen, once the loss is known to have its name.
    pub(super) fn data(&self, data: &DataArgs) -> Result<Chosen, CliError> {
        let listing = self.listing()?;
        if self.is_written() {
            return data.read_for_an_expression();
        }
        if listing.is_none() {
            // Only to say which name is meant, before any data are read.
            self.build(1)?;
        }
        data.read(&self.name, listing)
    }

    /// The loss on the data, known to fit them; of this many parameters if it is an expression that does not name them.
    pub(super) fn problem(&self, data: &Data, dim: Option<usize>) -> Result<Problem<AnyLoss>, CliError> {
        let loss = self.of_data(data, dim)?;
        if loss.columns() != data.width() {
            return Err(CliError::Columns {
                data: data.name().to_owned(),
                loss: self.name.clone(),
                expected: loss.columns(),
                features: data.features(),
                targets: data.targets(),
                columns: data.columns().to_vec(),
            });
        }
        Problem::new(loss, data).map_err(|source| CliError::Rows {
            data: data.name().to_owned(),
            loss: self.name.clone(),
            source,
        })
    }

    /// The loss, for data with this many features.
    fn build(&self, features: usize) -> Result<Builtin, CliError> {
        let plain = Choice::new(features);
        let choice = Choice {
            features,
            classes: self.classes,
            layers: self.layers.clone(),
            activation: self.activation.map_or(plain.activation, |name| match name {
                ActivationName::Tanh => Activation::Tanh,
                ActivationName::Logistic => Activation::Logistic,
                ActivationName::Softplus => Activation::Softplus,
                ActivationName::Sine => Activation::Sine,
                ActivationName::Identity => Activation::Identity,
            }),
            output: self.output.map_or(plain.output, |name| match name {
                OutputName::Squared => Output::Squared,
                OutputName::Softmax => Output::Softmax,
            }),
            bias: self.bias,
            lambda: self.lambda.unwrap_or(plain.lambda),
            c: self.c.unwrap_or(plain.c),
            nu: self.nu.unwrap_or(plain.nu),
            sigma: self.sigma.unwrap_or(plain.sigma),
            delta: self.delta.unwrap_or(plain.delta),
        };
        Ok(Builtin::named(&self.name, &choice)?)
    }
}

/// The losses with their formulas and options, for `--help`.
pub(super) fn catalogue() -> String {
    let mut text = "Losses u of one row (x, y), and their options:\n".to_owned();
    for line in Builtin::catalogue() {
        let options: String = line.options.iter().map(|option| format!(" --{option}")).collect();
        // Writing to a string does not fail.
        let _ = writeln!(text, "  {:<25} {}", line.name, line.formula);
        if !options.is_empty() {
            let _ = writeln!(text, "  {:<25}{options}", "");
        }
    }
    text
}
