//! The data, the loss and the points that an instance of a derivation names.
//!
//! ```text
//! data  = csv("file.csv", target = "y", features = [a, b], standardize = true)    columns by name
//! data  = npy("X.npy", "y.npy")
//! data  = rows([[1, 2], [3, 4]], columns = [x, y], targets = 1)                   rows in the text
//! data  = [[1, 2], [3, 4]]                                                        the last column is the target y
//! data  = wine                                                                    built in; also breast_cancer
//! u     = loss(logistic_regression)                                               a built-in loss; options by name
//! theta = zeros, or normal(scale = 0.3, seed = 1, points = 2), or [0.1, -0.2], or a list of such lists
//! ```

#![allow(clippy::wildcard_enum_match_arm, reason = "every form that is not named is refused")]

use super::written::{Names, Written, WrittenError};
use super::{Activation, Builtin, BuiltinError, Choice, Loss, Number, Output, RowError, ThetaError};
use crate::data::{Columns, Data, DataError};
use crate::expression::{Operator, Rational, Value, nearest_name};
use num_traits::ToPrimitive;
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;
use rand_distr::{Distribution, StandardNormal};
use std::path::Path;
use thiserror::Error;

/// Most points of one instance.
const MOST_POINTS: usize = 1000;

/// Why a value of an instance cannot be taken.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum InstanceError {
    /// The data cannot be read.
    #[error(transparent)]
    Data(#[from] DataError),
    /// There is no such built-in loss.
    #[error(transparent)]
    Builtin(#[from] BuiltinError),
    /// The expression is no loss.
    #[error(transparent)]
    Written(#[from] WrittenError),
    /// Another form than expected.
    #[error("{what} is {expected}, found {found}")]
    Form {
        /// What was to be read.
        what: &'static str,
        /// What would do.
        expected: &'static str,
        /// What was found.
        found: String,
    },
    /// An argument that a form does not have.
    #[error("{form} has no argument {argument}{}; it has {}", meant(nearest.as_deref()), known.join(", "))]
    Argument {
        /// The form.
        form: String,
        /// The argument.
        argument: String,
        /// The one that it has and that is most like it.
        nearest: Option<String>,
        /// The arguments that it has.
        known: &'static [&'static str],
    },
    /// A point of another length than there are parameters.
    #[error("theta has {found} components, expected {expected}")]
    Length {
        /// Components given.
        found: usize,
        /// Parameters of the loss.
        expected: usize,
    },
    /// A number that is out of range.
    #[error("{what} is {found}, expected {expected}")]
    Range {
        /// Which number.
        what: &'static str,
        /// What it is.
        found: f64,
        /// What it can be.
        expected: &'static str,
    },
}

fn meant(nearest: Option<&str>) -> String {
    nearest.map(|name| format!("; is {name} meant?")).unwrap_or_default()
}

/// A loss of either kind.
#[derive(Debug, Clone)]
pub enum AnyLoss {
    /// One that driftproof ships.
    Builtin(Builtin),
    /// An expression.
    Written(Written),
}

impl AnyLoss {
    /// Names of the parameters, `dim()` of them, for data with these features.
    #[must_use]
    pub fn parameters(&self, features: &[String]) -> Vec<String> {
        match self {
            Self::Builtin(loss) => loss.parameters(features),
            Self::Written(loss) => loss.parameters().to_vec(),
        }
    }
}

impl Loss for AnyLoss {
    fn dim(&self) -> usize {
        match self {
            Self::Builtin(loss) => loss.dim(),
            Self::Written(loss) => loss.dim(),
        }
    }
    fn columns(&self) -> usize {
        match self {
            Self::Builtin(loss) => loss.columns(),
            Self::Written(loss) => loss.columns(),
        }
    }
    fn loss<D: Number>(&self, x: &[D::InnerDual], theta: &[D]) -> D {
        match self {
            Self::Builtin(loss) => loss.loss(x, theta),
            Self::Written(loss) => loss.loss(x, theta),
        }
    }
    fn encode(&self, row: &[f64], encoded: &mut Vec<f64>) -> Result<(), RowError> {
        match self {
            Self::Builtin(loss) => loss.encode(row, encoded),
            Self::Written(loss) => loss.encode(row, encoded),
        }
    }
    fn check_theta(&self, theta: &[f64]) -> Result<(), ThetaError> {
        match self {
            Self::Builtin(loss) => loss.check_theta(theta),
            Self::Written(loss) => loss.check_theta(theta),
        }
    }
}

/// What a value looks like, for messages.
fn describe(value: &Value) -> String {
    match value {
        Value::Number(number) => number.to_string(),
        Value::Text(text) => format!("the text {text:?}"),
        Value::Name(name) => format!("the name {name}"),
        Value::List(parts) => format!("a list of {}", parts.len()),
        Value::Call(name, _) => format!("{name}(...)"),
        Value::Negative(_) | Value::Operation(..) => "an expression".to_owned(),
    }
}

fn form(what: &'static str, expected: &'static str, found: &Value) -> InstanceError {
    InstanceError::Form { what, expected, found: describe(found) }
}

/// Arguments of a call: those in order, and those by name, of which all must be known.
struct Arguments<'a> {
    form: &'a str,
    plain: Vec<&'a Value>,
    named: Vec<(&'a str, &'a Value)>,
}

impl<'a> Arguments<'a> {
    fn new(value: &'a Value, known: &'static [&'static str]) -> Result<Option<Self>, InstanceError> {
        let Value::Call(form, all) = value else { return Ok(None) };
        let (mut plain, mut named) = (vec![], vec![]);
        for (name, argument) in all {
            match name {
                None => plain.push(argument),
                Some(name) if known.contains(&&**name) => named.push((&**name, argument)),
                Some(name) => {
                    return Err(InstanceError::Argument {
                        form: form.to_string(),
                        argument: name.to_string(),
                        nearest: nearest_name(name, known.iter().copied()).map(str::to_owned),
                        known,
                    });
                }
            }
        }
        Ok(Some(Self { form, plain, named }))
    }

    fn get(&self, name: &str) -> Option<&'a Value> {
        self.named.iter().find(|(found, _)| *found == name).map(|(_, value)| *value)
    }
}

/// A number that is written as one.
///
/// # Errors
/// It is something else, or not finite.
pub fn number_of(value: &Value, what: &'static str) -> Result<f64, InstanceError> {
    let found = arithmetic(value).ok_or_else(|| form(what, "a number", value))?;
    if found.is_finite() {
        Ok(found)
    } else {
        Err(InstanceError::Range { what, found, expected: "a finite number" })
    }
}

fn arithmetic(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => to_f64(number),
        Value::Negative(inner) => Some(-arithmetic(inner)?),
        Value::Operation(operator, sides) => {
            let (a, b) = (arithmetic(&sides.0)?, arithmetic(&sides.1)?);
            Some(match operator {
                Operator::Add => a + b,
                Operator::Subtract => a - b,
                Operator::Multiply => a * b,
                Operator::Divide => a / b,
                Operator::Power => a.powf(b),
            })
        }
        Value::Call(name, arguments) => match (&**name, &arguments[..]) {
            ("sqrt", [(None, inner)]) => Some(arithmetic(inner)?.sqrt()),
            ("exp", [(None, inner)]) => Some(arithmetic(inner)?.exp()),
            ("log", [(None, inner)]) => Some(arithmetic(inner)?.ln()),
            _ => None,
        },
        Value::Text(_) | Value::Name(_) | Value::List(_) => None,
    }
}

fn to_f64(number: &Rational) -> Option<f64> {
    number.to_big().to_f64()
}

fn whole_of(value: &Value, what: &'static str) -> Result<usize, InstanceError> {
    let found = number_of(value, what)?;
    if found >= 0.0 && found.fract() == 0.0 && found < 1e9 {
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "whole and within bounds"
        )]
        return Ok(found as usize);
    }
    Err(InstanceError::Range { what, found, expected: "a whole number from 0 up" })
}

fn truth_of(value: &Value, what: &'static str) -> Result<bool, InstanceError> {
    match value {
        Value::Name(name) if &**name == "true" => Ok(true),
        Value::Name(name) if &**name == "false" => Ok(false),
        _ => Err(form(what, "true or false", value)),
    }
}

/// A name, in quotes or not.
fn word_of(value: &Value, what: &'static str) -> Result<String, InstanceError> {
    match value {
        Value::Text(text) | Value::Name(text) => Ok(text.to_string()),
        _ => Err(form(what, "a name", value)),
    }
}

fn words_of(value: &Value, what: &'static str) -> Result<Vec<String>, InstanceError> {
    match value {
        Value::List(parts) => parts.iter().map(|part| word_of(part, what)).collect(),
        other => Ok(vec![word_of(other, what)?]),
    }
}

/// The data set that a value names; paths begin at `base`.
///
/// # Errors
/// It is none, or cannot be read.
pub fn data_of(value: &Value, base: &Path) -> Result<Data, InstanceError> {
    const EXPECTED: &str =
        "csv(\"file\"), npy(\"X.npy\", \"y.npy\"), rows([[...], ...]), a list of rows, breast_cancer or wine";
    if let Value::List(_) = value {
        let rows = rows_of(value)?;
        let width = rows.first().map_or(0, Vec::len);
        let names = plain_names(width);
        return Ok(Data::from_rows(&names, &rows)?.with_targets(usize::from(width > 1))?);
    }
    if let Value::Name(name) = value {
        return match &**name {
            "breast_cancer" => Ok(Data::breast_cancer()),
            "wine" => Ok(Data::wine()),
            _ => Err(form("data", EXPECTED, value)),
        };
    }
    let known = &["target", "targets", "features", "standardize", "columns"];
    let Some(arguments) = Arguments::new(value, known)? else { return Err(form("data", EXPECTED, value)) };
    let mut columns = Columns::default();
    if let Some(features) = arguments.get("features") {
        columns = columns.with_features(words_of(features, "features")?);
    }
    let targets = arguments.get("target").map(|target| words_of(target, "target")).transpose()?;
    if let Some(targets) = &targets {
        columns = columns.with_targets(targets.clone());
    }
    let file = |place: usize| match arguments.plain.get(place) {
        Some(Value::Text(path)) => Ok(base.join(&**path)),
        Some(other) => Err(form("a file", "a text in quotes", other)),
        None => Err(form("a file", "a text in quotes", value)),
    };
    let data = match arguments.form {
        "csv" => Data::from_csv(file(0)?, &columns)?,
        "npy" => Data::from_npy(file(0)?, file(1)?)?.select(&columns)?,
        "breast_cancer" => Data::breast_cancer().select(&columns)?,
        "wine" => Data::wine().select(&columns)?,
        "rows" => written_rows(&arguments, value)?.select(&columns)?,
        _ => return Err(form("data", EXPECTED, value)),
    };
    let standardize = arguments.get("standardize").map(|v| truth_of(v, "standardize")).transpose()?;
    Ok(if standardize == Some(true) { data.standardized()? } else { data })
}

fn written_rows(arguments: &Arguments<'_>, value: &Value) -> Result<Data, InstanceError> {
    let rows = match arguments.plain[..] {
        [rows] => rows_of(rows)?,
        _ => return Err(form("data", "rows([[...], ...], columns = [...])", value)),
    };
    let width = rows.first().map_or(0, Vec::len);
    let names = match arguments.get("columns") {
        Some(names) => words_of(names, "columns")?,
        None => plain_names(width),
    };
    let targets = match arguments.get("targets") {
        Some(count) => whole_of(count, "targets")?,
        None => usize::from(
            arguments.get("target").is_none() && width > 1 && names.last().is_some_and(|n| n == "y"),
        ),
    };
    Ok(Data::from_rows(&names, &rows)?.with_targets(targets)?)
}

/// `x, y` or `x1, x2, ..., y`.
fn plain_names(width: usize) -> Vec<String> {
    match width {
        0 | 1 => vec!["x".to_owned(); width],
        2 => vec!["x".to_owned(), "y".to_owned()],
        _ => (1..width).map(|i| format!("x{i}")).chain(["y".to_owned()]).collect(),
    }
}

fn rows_of(value: &Value) -> Result<Vec<Vec<f64>>, InstanceError> {
    let Value::List(rows) = value else { return Err(form("data", "a list of rows", value)) };
    rows.iter()
        .map(|row| match row {
            Value::List(cells) => cells.iter().map(|cell| number_of(cell, "a cell of the data")).collect(),
            other => Err(form("a row of the data", "a list of numbers", other)),
        })
        .collect()
}

/// The built-in loss of `loss(name, option = value)`; nothing if the value is something else.
///
/// # Errors
/// There is no such loss, or an option does not belong to it.
pub fn builtin_of(value: &Value, features: usize) -> Result<Option<Builtin>, InstanceError> {
    match value {
        Value::Call(name, _) if &**name == "loss" => {}
        _ => return Ok(None),
    }
    let known = &["classes", "layers", "activation", "output", "bias", "lambda", "c", "nu", "sigma", "delta"];
    let Some(arguments) = Arguments::new(value, known)? else { return Ok(None) };
    let [name] = arguments.plain[..] else { return Err(form("a loss", "loss(name, option = value)", value)) };
    let name = word_of(name, "a loss")?;
    if let Some(listing) = Builtin::listing(&name)
        && let Some((option, _)) =
            arguments.named.iter().find(|(option, _)| !listing.options.contains(option))
    {
        return Err(InstanceError::Argument {
            form: format!("loss({name})"),
            argument: (*option).to_owned(),
            nearest: nearest_name(option, listing.options.iter().copied()).map(str::to_owned),
            known: listing.options,
        });
    }
    let mut choice = Choice::new(features);
    for (option, value) in &arguments.named {
        match *option {
            "lambda" => choice.lambda = number_of(value, "lambda")?,
            "c" => choice.c = number_of(value, "c")?,
            "nu" => choice.nu = number_of(value, "nu")?,
            "sigma" => choice.sigma = number_of(value, "sigma")?,
            "delta" => choice.delta = number_of(value, "delta")?,
            "classes" => choice.classes = Some(whole_of(value, "classes")?),
            "bias" => choice.bias = truth_of(value, "bias")?,
            "activation" => choice.activation = activation_of(value)?,
            "output" => choice.output = output_of(value)?,
            _ => choice.layers = Some(layers_of(value)?),
        }
    }
    Ok(Some(Builtin::named(&name, &choice)?))
}

fn layers_of(value: &Value) -> Result<Vec<usize>, InstanceError> {
    match value {
        Value::List(parts) => parts.iter().map(|part| whole_of(part, "layers")).collect(),
        _ => Err(form("layers", "a list of numbers", value)),
    }
}

fn activation_of(value: &Value) -> Result<Activation, InstanceError> {
    match &*word_of(value, "activation")? {
        "tanh" => Ok(Activation::Tanh),
        "logistic" => Ok(Activation::Logistic),
        "softplus" => Ok(Activation::Softplus),
        "sine" => Ok(Activation::Sine),
        "identity" => Ok(Activation::Identity),
        _ => Err(form("activation", "tanh, logistic, softplus, sine or identity", value)),
    }
}

fn output_of(value: &Value) -> Result<Output, InstanceError> {
    match &*word_of(value, "output")? {
        "squared" => Ok(Output::Squared),
        "softmax" => Ok(Output::Softmax),
        _ => Err(form("output", "squared or softmax", value)),
    }
}

/// The loss that a value names or writes, in the names of the data and of the parameters.
///
/// # Errors
/// It is no loss of these names.
pub fn loss_of(value: &Value, data: &Data, names: &Names) -> Result<AnyLoss, InstanceError> {
    match builtin_of(value, data.features())? {
        Some(builtin) => Ok(AnyLoss::Builtin(builtin)),
        None => Ok(AnyLoss::Written(Written::from_value(value, names)?)),
    }
}

/// The number of parameters that a value of theta states by itself: the length of its lists.
#[must_use]
pub fn stated_dim(value: &Value) -> Option<usize> {
    match value {
        Value::List(parts) => match parts.first() {
            Some(Value::List(first)) => Some(first.len()),
            _ => Some(parts.len()),
        },
        _ => None,
    }
}

/// The points that a value names, each of `dim` components.
///
/// # Errors
/// They have another length, or are no numbers.
pub fn points_of(value: &Value, dim: usize) -> Result<Vec<Vec<f64>>, InstanceError> {
    const EXPECTED: &str = "zeros, normal(scale = s, seed = k), a list of numbers or a list of such lists";
    let component = |part: &Value| number_of(part, "a component of theta");
    let points: Vec<Vec<f64>> = match value {
        Value::Name(name) if &**name == "zeros" => vec![vec![0.0; dim]],
        Value::List(parts) if parts.iter().any(|part| matches!(part, Value::List(_))) => parts
            .iter()
            .map(|part| match part {
                Value::List(cells) => cells.iter().map(component).collect(),
                other => Err(form("a point", "a list of numbers", other)),
            })
            .collect::<Result<_, _>>()?,
        Value::List(parts) => vec![parts.iter().map(component).collect::<Result<_, _>>()?],
        Value::Call(name, _) if &**name == "normal" => normal_points(value, dim)?,
        _ => return Err(form("theta", EXPECTED, value)),
    };
    match points.iter().find(|point| point.len() != dim) {
        Some(point) => Err(InstanceError::Length { found: point.len(), expected: dim }),
        None if points.is_empty() => Err(form("theta", EXPECTED, value)),
        None => Ok(points),
    }
}

fn normal_points(value: &Value, dim: usize) -> Result<Vec<Vec<f64>>, InstanceError> {
    let arguments = Arguments::new(value, &["scale", "seed", "points"])?;
    let arguments = arguments.filter(|a| a.plain.is_empty());
    let arguments = arguments.ok_or_else(|| form("theta", "normal(scale = s, seed = k)", value))?;
    let scale = arguments.get("scale").map_or(Ok(1.0), |v| number_of(v, "scale"))?;
    let seed = arguments.get("seed").map_or(Ok(0), |v| whole_of(v, "seed"))?;
    let count = arguments.get("points").map_or(Ok(1), |v| whole_of(v, "points"))?;
    if !(1..=MOST_POINTS).contains(&count) {
        let found = count.to_f64().unwrap_or(f64::INFINITY);
        return Err(InstanceError::Range {
            what: "points",
            found,
            expected: "a whole number from 1 to 1000",
        });
    }
    let mut rng = ChaCha20Rng::seed_from_u64(seed as u64);
    let mut draw = || -> f64 { StandardNormal.sample(&mut rng) };
    Ok((0..count).map(|_| (0..dim).map(|_| scale * draw()).collect()).collect())
}
