//! One small problem for each loss: what the Monte Carlo tests look at.

#![allow(dead_code, reason = "each test file uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a malformed subject stops the test")]

use driftproof::data::Data;
use driftproof::experiment::Options;
use driftproof::loss::{Builtin, Choice, Problem};
use driftproof::sgd::Sgd;

/// A loss on data, a point, and settings of SGD.
pub(crate) struct Subject {
    pub(crate) name: &'static str,
    pub(crate) problem: Problem<Builtin>,
    pub(crate) theta: Vec<f64>,
    pub(crate) sgd: Sgd,
    /// Draws that see a relative error of about 0.3, with some to spare.
    pub(crate) draws: u64,
}

impl Subject {
    /// So many draws, whatever could be seen before.
    pub(crate) fn options(&self) -> Options {
        Options::default().with_draws(self.draws).with_target(1e-9)
    }

    /// The subject of this name.
    pub(crate) fn named(name: &str) -> Self {
        subjects().into_iter().find(|subject| subject.name == name).expect("a subject of this name")
    }
}

/// A number from -1 to 1 in steps of 1/8 that looks random; `key` chooses the column.
fn eighths(row: usize, key: usize) -> f64 {
    let mixed = (row * row * 7 + row * (5 + 6 * key) + key * key * 3 + row * key * (key + 1)) % 17;
    f64::from(u8::try_from(mixed).unwrap()) / 8.0 - 1.0
}

/// The columns after the features.
#[derive(Clone, Copy)]
enum Rest {
    /// A number of order 1.
    Number,
    /// A whole number below this.
    Below(u8),
    /// Two numbers.
    Pair,
}

/// `count` rows of `features` numbers and what comes after them.
fn rows(count: usize, features: usize, rest: Rest) -> Vec<Vec<f64>> {
    let row = |a: usize| {
        let mut row: Vec<f64> = (0..features).map(|i| eighths(a, i)).collect();
        match rest {
            Rest::Number => row.push(1.5 * eighths(a, 7) + 0.25),
            Rest::Below(classes) => {
                row.push(f64::from(u8::try_from((a * a + a / 3) % 11).unwrap() % classes))
            }
            Rest::Pair => row.extend([eighths(a, 7), 0.5 - eighths(a, 8)]),
        }
        row
    };
    (0..count).map(row).collect()
}

/// A loss by name on the rows that `data` holds, at `theta`, with learning rate and batch size.
struct Line<'a>(&'static str, &'a (Choice, Vec<Vec<f64>>), &'a [f64], (f64, usize), u64);

impl Line<'_> {
    fn subject(&self) -> Subject {
        let &Self(name, (choice, rows), theta, (eta, batch), draws) = self;
        let names: Vec<String> = (1..=rows[0].len()).map(|i| format!("c{i}")).collect();
        let loss = Builtin::named(name, choice).unwrap();
        Subject {
            name,
            problem: Problem::new(loss, &Data::from_rows(&names, rows).unwrap()).unwrap(),
            theta: theta.to_vec(),
            sgd: Sgd::new(eta, batch).unwrap(),
            draws,
        }
    }
}

/// One for each loss.
pub(crate) fn subjects() -> Vec<Subject> {
    let one = (Choice::new(1), rows(24, 1, Rest::Number));
    let two = (Choice::new(2), rows(24, 2, Rest::Number));
    let three = (Choice::new(3), rows(24, 3, Rest::Number));
    let biased = (Choice { bias: true, ..Choice::new(2) }, two.1.clone());
    let [binary, class, count] = [2, 3, 4].map(|below| (Choice::new(2), rows(24, 2, Rest::Below(below))));
    let pair = (Choice::new(2), rows(24, 2, Rest::Pair));
    let single = (Choice::new(1), (0..24).map(|a| vec![1.25 + eighths(a, 0)]).collect());
    let index = |k: usize| f64::from(u8::try_from(k).unwrap());
    let triples = (0..18).map(|a| vec![index(a % 3 + 1), index(a / 3 % 2 + 1), eighths(a, 3)]).collect();
    let factors = (Choice { layers: Some(vec![3, 2, 1]), ..Choice::new(3) }, triples);
    let grains = (Choice::new(1), (0..8).map(|k| vec![index(k / 2), 1.0 - 2.0 * index(k % 2)]).collect());
    let nine = [0.5, -0.75, 0.25, 1.0, 0.125, -0.25, 1.0, -0.75, 0.25];
    let ten = [0.5, -0.75, 0.25, 1.0, 0.5, -0.5, 1.0, 0.25, -0.75, 0.5];
    [
        Line("linear_regression", &three, &[0.5, -0.25, 0.75], (0.1, 4), 1600),
        Line("ridge_regression", &two, &[0.75, -0.5], (0.05, 1), 1600),
        Line("logistic_regression", &binary, &[0.75, -0.5], (0.5, 4), 6400),
        Line("poisson_regression", &count, &[0.5, 0.25], (0.05, 4), 9600),
        Line("softmax_3", &class, &[0.5, -0.25, 0.0, 0.75, -0.5, 0.25], (0.25, 2), 2000),
        Line("cauchy_regression", &two, &[1.0, -0.5], (0.1, 2), 1200),
        Line("student_t_regression", &two, &[1.0, -0.5], (0.1, 2), 1600),
        Line("pseudo_huber_regression", &two, &[1.0, -0.5], (0.1, 2), 1600),
        Line("cos_wave", &two, &[1.0, -0.5], (0.1, 2), 1600),
        Line("phase_retrieval", &two, &[1.0, 0.5], (0.05, 4), 2000),
        Line("two_layer_linear", &one, &[1.5, 0.5], (0.1, 2), 2800),
        Line("matrix_factorisation", &factors, &[0.5, -0.75, 1.0, 1.25, -0.5], (0.05, 2), 8000),
        Line("deep_linear_2_2_2", &pair, &[0.75, 0.25, -0.5, 1.0, 0.5, -0.25, 0.5, 0.75], (0.05, 2), 2800),
        Line("mlp_2_2_1_tanh", &biased, &nine, (0.1, 2), 3200),
        Line("mlp_2_2_3_softplus_softmax", &class, &ten, (0.2, 2), 1600),
        Line("multiplicative_quadratic", &single, &[1.5], (0.1, 2), 1600),
        Line("pollen_2d", &grains, &[1.5, 0.25], (0.05, 2), 4000),
    ]
    .iter()
    .map(Line::subject)
    .collect()
}
