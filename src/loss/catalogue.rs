//! From a name and options to one of the losses that driftproof ships.

use super::builtin::Builtin;
use super::network::{Activation, Network, Output};
use thiserror::Error;

/// What is asked of a loss beside its name; fields that a loss does not have are ignored.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// Number of feature columns of the data.
    pub features: usize,
    /// Number of classes of `softmax`.
    pub classes: Option<usize>,
    /// Units by layer of `mlp` and `deep_linear`; rows of both factors and rank of `matrix_factorisation`.
    pub layers: Option<Vec<usize>>,
    /// Function of the hidden units of `mlp`.
    pub activation: Activation,
    /// Loss of the outputs of `mlp`.
    pub output: Output,
    /// Whether units of `mlp` have biases.
    pub bias: bool,
    /// Strength `lambda` of the penalty of `ridge_regression`.
    pub lambda: f64,
    /// Scale `c` of `cauchy_regression`.
    pub c: f64,
    /// Degrees of freedom `nu` of `student_t_regression`.
    pub nu: f64,
    /// Scale `sigma` of `student_t_regression`.
    pub sigma: f64,
    /// Bend `delta` of `pseudo_huber_regression`.
    pub delta: f64,
}

impl Choice {
    /// The defaults for data with this many feature columns: `lambda = 0.1`, `c = 1`, `nu = 3`, `sigma = 1`, `delta = 1`,
    /// tanh units without biases, squared loss of the outputs.
    #[must_use]
    pub fn new(features: usize) -> Self {
        Self {
            features,
            classes: None,
            layers: None,
            activation: Activation::Tanh,
            output: Output::Squared,
            bias: false,
            lambda: 0.1,
            c: 1.0,
            nu: 3.0,
            sigma: 1.0,
            delta: 1.0,
        }
    }
}

/// Why there is no such loss.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum BuiltinError {
    /// No loss has this name.
    #[error("no loss is called \"{name}\"; did you mean \"{nearest}\"? There are {}", names())]
    Unknown {
        /// The name given.
        name: String,
        /// The name most like it.
        nearest: &'static str,
    },
    /// A size that the loss needs was not given.
    #[error("the loss \"{name}\" needs {what}")]
    Missing {
        /// Name of the loss.
        name: String,
        /// What it needs, and how it is given.
        what: &'static str,
    },
    /// A size or constant is out of range.
    #[error("the loss \"{name}\" takes {what} {domain}, but was given {found}")]
    OutOfRange {
        /// Name of the loss.
        name: String,
        /// Which constant.
        what: &'static str,
        /// What it may be.
        domain: &'static str,
        /// What it is.
        found: f64,
    },
    /// The layers are not those of a network on these data.
    #[error(
        "the loss \"{name}\" cannot have layers {layers:?}, the data having {features} features: {expected}"
    )]
    Layers {
        /// Name of the loss.
        name: String,
        /// The layers given.
        layers: Vec<usize>,
        /// Number of features of the data.
        features: usize,
        /// What they should be.
        expected: &'static str,
    },
}

/// One line of the catalogue of [`Builtin::named`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listing {
    /// The name; the sizes of `softmax_3` and `mlp_2_3_1_tanh` may stand behind it.
    pub name: &'static str,
    /// The loss of one row.
    pub formula: &'static str,
    /// The fields of [`Choice`] that it has, beside `features`.
    pub options: &'static [&'static str],
    /// Whether its rows end with a target.
    pub target: bool,
}

const fn line(name: &'static str, formula: &'static str, options: &'static [&'static str]) -> Listing {
    Listing { name, formula, options, target: true }
}

const fn without_target(name: &'static str, formula: &'static str) -> Listing {
    Listing { name, formula, options: &[], target: false }
}

#[rustfmt::skip]
const CATALOGUE: [Listing; 17] = [
    line("linear_regression", "(theta.x - y)^2 / 2", &[]),
    line("ridge_regression", "(theta.x - y)^2 / 2 + lambda |theta|^2 / 2", &["lambda"]),
    line("logistic_regression", "log(1 + exp(theta.x)) - y theta.x, y in {0, 1}", &[]),
    line("poisson_regression", "exp(theta.x) - y theta.x, y = 0, 1, 2, ...", &[]),
    line("softmax", "log(sum_k exp(w_k.x)) - w_y.x, y in {0, ..., K-1}", &["classes"]),
    line("cauchy_regression", "(c^2/2) log(1 + (theta.x - y)^2/c^2)", &["c"]),
    line("student_t_regression", "((nu+1)/2) log(1 + (theta.x - y)^2/(nu sigma^2))", &["nu", "sigma"]),
    line("pseudo_huber_regression", "delta^2 (sqrt(1 + ((theta.x - y)/delta)^2) - 1)", &["delta"]),
    line("phase_retrieval", "((theta.x)^2 - y)^2 / 4", &[]),
    line("cos_wave", "1 - cos(theta.x - y)", &[]),
    line("two_layer_linear", "(a b x - y)^2 / 2", &[]),
    line("matrix_factorisation", "(P_i.Q_j - y)^2 / 2, a row is i, j, y", &["layers"]),
    line("rank1_factorisation", "(p_i q_j - y)^2 / 2, i, j in {1, 2}, a row is i, j, y", &[]),
    line("deep_linear", "|W_L ... W_1 x - y|^2 / 2", &["layers"]),
    line("mlp", "|network(x) - y|^2 / 2, or softmax with y a class", &["layers", "activation", "output", "bias"]),
    without_target("multiplicative_quadratic", "x theta^2 / 2"),
    without_target("pollen_2d", "2 s F_k(theta), D = theta_1 I at eta/2n = 1, a row is k, s"),
];

/// The losses whose sizes may stand in their names.
const SIZED: [&str; 3] = ["softmax", "deep_linear", "mlp"];

impl Builtin {
    /// The losses that [`named`](Self::named) knows.
    #[must_use]
    pub fn catalogue() -> &'static [Listing] {
        &CATALOGUE
    }

    /// The line of the catalogue for a name, with or without sizes in it.
    #[must_use]
    pub fn listing(name: &str) -> Option<&'static Listing> {
        let sized = |line: &&Listing| {
            let rest = name.strip_prefix(line.name);
            SIZED.contains(&line.name) && rest.is_some_and(|rest| rest.starts_with('_'))
        };
        CATALOGUE.iter().find(|line| line.name == name).or_else(|| CATALOGUE.iter().find(sized))
    }

    /// The loss of this name with the sizes and constants of `choice`.
    ///
    /// Sizes may also stand in the name: `softmax_3`, `mlp_2_3_1_tanh`, `mlp_64_128_10_tanh_softmax`.
    ///
    /// # Errors
    /// No loss has this name, a size it needs is missing, or a size or constant is out of range.
    pub fn named(name: &str, choice: &Choice) -> Result<Self, BuiltinError> {
        let features = choice.features;
        let positive = |what, value: f64| {
            let fits = value > 0.0 && value.is_finite();
            if fits { Ok(value) } else { Err(out_of_range(name, what, "above 0", value)) }
        };
        let loss = match name {
            "linear_regression" => Self::Linear { features },
            "ridge_regression" if choice.lambda >= 0.0 && choice.lambda.is_finite() => {
                Self::Ridge { features, lambda: choice.lambda }
            }
            "ridge_regression" => return Err(out_of_range(name, "lambda", "from 0 up", choice.lambda)),
            "logistic_regression" => Self::Logistic { features },
            "poisson_regression" => Self::Poisson { features },
            "cauchy_regression" => Self::Cauchy { features, c: positive("c", choice.c)? },
            "student_t_regression" => Self::StudentT {
                features,
                nu: positive("nu", choice.nu)?,
                sigma: positive("sigma", choice.sigma)?,
            },
            "pseudo_huber_regression" => {
                Self::PseudoHuber { features, delta: positive("delta", choice.delta)? }
            }
            "phase_retrieval" => Self::PhaseRetrieval { features },
            "cos_wave" => Self::CosWave { features },
            "two_layer_linear" => Self::TwoLayerLinear,
            "rank1_factorisation" => Self::MatrixFactorisation { left: 2, right: 2, rank: 1 },
            "matrix_factorisation" => factorisation(name, choice)?,
            "multiplicative_quadratic" => Self::MultiplicativeQuadratic,
            "pollen_2d" => Self::PollenGrain,
            _ => return sized(name, choice),
        };
        Ok(loss)
    }
}

fn out_of_range(name: &str, what: &'static str, domain: &'static str, found: f64) -> BuiltinError {
    BuiltinError::OutOfRange { name: name.to_owned(), what, domain, found }
}

fn factorisation(name: &str, choice: &Choice) -> Result<Builtin, BuiltinError> {
    match choice.layers.as_deref() {
        Some(&[left, right, rank]) if left > 0 && right > 0 && rank > 0 => {
            Ok(Builtin::MatrixFactorisation { left, right, rank })
        }
        Some(layers) => Err(BuiltinError::Layers {
            name: name.to_owned(),
            layers: layers.to_vec(),
            features: choice.features,
            expected: "give the rows of both factors and the rank, three numbers above 0",
        }),
        None => Err(BuiltinError::Missing {
            name: name.to_owned(),
            what: "the rows of both factors and the rank: layers ROWS,COLUMNS,RANK",
        }),
    }
}

/// The losses whose sizes may stand in their names.
fn sized(name: &str, choice: &Choice) -> Result<Builtin, BuiltinError> {
    let unknown = || BuiltinError::Unknown { name: name.to_owned(), nearest: nearest(name) };
    let mut words = name.split('_');
    match words.next() {
        Some("softmax") => {
            let in_name = words.next().map(|k| k.parse::<usize>().map_err(|_| unknown())).transpose()?;
            let classes = in_name.or(choice.classes).ok_or_else(|| BuiltinError::Missing {
                name: name.to_owned(),
                what: "the number of classes, as in softmax_3 or classes 3",
            })?;
            if classes < 2 {
                return Err(BuiltinError::OutOfRange {
                    name: name.to_owned(),
                    what: "a number of classes",
                    domain: "from 2 up",
                    found: if classes == 0 { 0.0 } else { 1.0 },
                });
            }
            Ok(Builtin::Softmax { features: choice.features, classes })
        }
        Some("mlp") => network(name, words, choice.clone()),
        Some("deep") if words.next() == Some("linear") => {
            let linear = Choice { activation: Activation::Identity, bias: false, ..choice.clone() };
            network(name, words, linear)
        }
        _ => Err(unknown()),
    }
}

fn network<'a>(
    name: &str,
    words: impl Iterator<Item = &'a str>,
    mut choice: Choice,
) -> Result<Builtin, BuiltinError> {
    let mut in_name = Vec::new();
    for word in words {
        match word {
            "tanh" => choice.activation = Activation::Tanh,
            "logistic" => choice.activation = Activation::Logistic,
            "softplus" => choice.activation = Activation::Softplus,
            "sine" => choice.activation = Activation::Sine,
            "softmax" => choice.output = Output::Softmax,
            _ => {
                in_name.push(word.parse::<usize>().map_err(|_| BuiltinError::Unknown {
                    name: name.to_owned(),
                    nearest: "mlp_2_3_1_tanh",
                })?)
            }
        }
    }
    let layers = if in_name.is_empty() { choice.layers } else { Some(in_name) };
    let layers = layers.ok_or_else(|| BuiltinError::Missing {
        name: name.to_owned(),
        what: "the units by layer, as in mlp_2_3_1_tanh or layers 2,3,1",
    })?;
    let classes = choice.output == Output::Softmax;
    let fits = layers.len() >= 2
        && layers.iter().all(|&units| units > 0)
        && layers.first() == Some(&choice.features)
        && (!classes || layers.last() > Some(&1));
    if !fits {
        return Err(BuiltinError::Layers {
            name: name.to_owned(),
            layers,
            features: choice.features,
            expected: "give at least two numbers above 0, first the number of features, last the number of targets (or of classes, at least two)",
        });
    }
    Ok(Builtin::Network(Network {
        layers,
        activation: choice.activation,
        output: choice.output,
        bias: choice.bias,
    }))
}

/// The name that shares the most pairs of neighbouring letters with `name`.
fn nearest(name: &str) -> &'static str {
    let pairs = |text: &str| -> Vec<(char, char)> { text.chars().zip(text.chars().skip(1)).collect() };
    let wanted = pairs(name);
    let likeness = |candidate: &str| {
        let candidate = pairs(candidate);
        let shared = candidate.iter().filter(|pair| wanted.contains(pair)).count();
        (shared * 1000) / (candidate.len() + wanted.len()).max(1)
    };
    let names = CATALOGUE.iter().map(|line| line.name);
    names.max_by_key(|candidate| likeness(candidate)).unwrap_or("linear_regression")
}

fn names() -> String {
    let names: Vec<&str> = CATALOGUE.iter().map(|line| line.name).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::loss::Loss;

    fn named(name: &str) -> Result<Builtin, BuiltinError> {
        Builtin::named(name, &Choice::new(2))
    }

    #[test]
    fn sizes_in_names_are_read() {
        assert_eq!(named("softmax_3"), Ok(Builtin::Softmax { features: 2, classes: 3 }), "classes");
        let network = named("mlp_2_3_1_tanh").unwrap();
        assert_eq!(network.dim(), 9, "2 x 3 + 3 weights, no biases");
        assert_eq!(named("deep_linear_2_2_1").unwrap().dim(), 6, "4 + 2 weights");
        assert_eq!(named("rank1_factorisation").unwrap().dim(), 4, "two factors of two");
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let unknown = named("logistic_regresion").unwrap_err();
        assert!(matches!(unknown, BuiltinError::Unknown { nearest: "logistic_regression", .. }), "{unknown}");
        assert!(matches!(named("softmax"), Err(BuiltinError::Missing { .. })), "no classes");
        assert!(matches!(named("softmax_1"), Err(BuiltinError::OutOfRange { .. })), "one class");
        assert!(matches!(named("softmax_x"), Err(BuiltinError::Unknown { .. })), "no number");
        assert!(matches!(named("mlp"), Err(BuiltinError::Missing { .. })), "no layers");
        for layers in ["mlp_3_2_1", "mlp_2", "mlp_2_0_1", "mlp_2_3_1_softmax"] {
            assert!(matches!(named(layers), Err(BuiltinError::Layers { .. })), "{layers}");
        }
        for (name, choice) in [
            ("ridge_regression", Choice { lambda: -1.0, ..Choice::new(2) }),
            ("cauchy_regression", Choice { c: 0.0, ..Choice::new(2) }),
            ("student_t_regression", Choice { nu: f64::NAN, ..Choice::new(2) }),
            ("pseudo_huber_regression", Choice { delta: f64::INFINITY, ..Choice::new(2) }),
        ] {
            assert!(matches!(Builtin::named(name, &choice), Err(BuiltinError::OutOfRange { .. })), "{name}");
        }
    }

    #[test]
    fn every_name_is_known() {
        for line in Builtin::catalogue() {
            assert!(!matches!(named(line.name), Err(BuiltinError::Unknown { .. })), "{}", line.name);
            assert_eq!(Builtin::listing(line.name), Some(line), "{}", line.name);
        }
    }

    #[test]
    fn a_name_with_sizes_has_the_line_of_its_family() {
        for (name, family) in [
            ("softmax_3", Some("softmax")),
            ("mlp_2_3_1_tanh", Some("mlp")),
            ("deep_linear_2_1", Some("deep_linear")),
            ("softmax3", None),
            ("logistic_regression_2", None),
            ("", None),
        ] {
            assert_eq!(Builtin::listing(name).map(|line| line.name), family, "{name}");
        }
    }

    /// The catalogue says which losses have a target: with it, one column more than there are features.
    #[test]
    fn targets_are_as_listed() {
        for line in Builtin::catalogue() {
            let features = match line.name {
                "two_layer_linear" | "multiplicative_quadratic" => 1,
                _ => 2,
            };
            let layers = if line.name == "matrix_factorisation" { vec![3, 4, 2] } else { vec![features, 1] };
            let choice = Choice { classes: Some(3), layers: Some(layers), ..Choice::new(features) };
            let loss = Builtin::named(line.name, &choice).unwrap();
            assert_eq!(loss.columns(), features + usize::from(line.target), "{}", line.name);
        }
    }
}
