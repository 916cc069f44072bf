//! One small problem for each loss: what the Monte Carlo tests look at.

#![allow(dead_code, reason = "each test file uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a malformed subject stops the test")]

use driftproof::data::Data;
use driftproof::loss::{Builtin, Choice, Problem};
use driftproof::sgd::Sgd;

/// A loss on data, a point, and settings of SGD.
pub(crate) struct Subject {
    pub(crate) name: &'static str,
    pub(crate) problem: Problem<Builtin>,
    pub(crate) theta: Vec<f64>,
    pub(crate) sgd: Sgd,
    /// Standard deviation of the window where the default does not suit.
    pub(crate) window: Option<f64>,
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

fn subject(
    name: &'static str,
    rows: &[Vec<f64>],
    choice: &Choice,
    theta: &[f64],
    eta: f64,
    batch: usize,
) -> Subject {
    let loss = Builtin::named(name, choice).unwrap();
    let names: Vec<String> = (1..=rows[0].len()).map(|i| format!("c{i}")).collect();
    let data = Data::from_rows(&names, rows).unwrap();
    Subject {
        name,
        problem: Problem::new(loss, &data).unwrap(),
        theta: theta.to_vec(),
        sgd: Sgd::new(eta, batch).unwrap(),
        window: None,
    }
}

/// One for each loss.
pub(crate) fn subjects() -> Vec<Subject> {
    let two = Choice::new(2);
    let number = |features| rows(24, features, Rest::Number);
    let class = |classes| rows(24, 2, Rest::Below(classes));
    let plane = [0.75, -0.5];
    let robust = |name| subject(name, &number(2), &two, &[1.0, -0.5], 0.1, 2);
    let grains: Vec<Vec<f64>> =
        (0..4_u8).flat_map(|k| [vec![f64::from(k), 1.0], vec![f64::from(k), -1.0]]).collect();
    let pairs: Vec<Vec<f64>> = (0..18)
        .map(|a| {
            vec![
                f64::from(u8::try_from(a % 3).unwrap() + 1),
                f64::from(u8::try_from(a / 3 % 2).unwrap() + 1),
                eighths(a, 3),
            ]
        })
        .collect();
    let factors = Choice { layers: Some(vec![3, 2, 1]), ..Choice::new(2) };
    let biased = Choice { bias: true, ..Choice::new(2) };
    vec![
        subject("linear_regression", &number(3), &Choice::new(3), &[0.5, -0.25, 0.75], 0.1, 4),
        subject("ridge_regression", &number(2), &two, &plane, 0.05, 1),
        subject("logistic_regression", &class(2), &two, &plane, 0.5, 4),
        subject("poisson_regression", &class(4), &two, &[0.5, 0.25], 0.05, 4),
        subject("softmax_3", &class(3), &two, &[0.5, -0.25, 0.0, 0.75, -0.5, 0.25], 0.25, 2),
        robust("cauchy_regression"),
        robust("student_t_regression"),
        robust("pseudo_huber_regression"),
        robust("cos_wave"),
        subject("phase_retrieval", &number(2), &two, &[1.0, 0.5], 0.05, 4),
        subject("two_layer_linear", &number(1), &Choice::new(1), &[1.5, 0.5], 0.1, 2),
        subject("matrix_factorisation", &pairs, &factors, &[0.5, -0.75, 1.0, 1.25, -0.5], 0.1, 2),
        subject(
            "deep_linear_2_2_2",
            &rows(24, 2, Rest::Pair),
            &two,
            &[0.75, 0.25, -0.5, 1.0, 0.5, -0.25, 0.5, 0.75],
            0.05,
            2,
        ),
        subject(
            "mlp_2_2_1_tanh",
            &number(2),
            &biased,
            &[0.5, -0.75, 0.25, 1.0, 0.125, -0.25, 1.0, -0.75, 0.25],
            0.1,
            2,
        ),
        subject(
            "mlp_2_2_3_softplus_softmax",
            &class(3),
            &two,
            &[0.5, -0.75, 0.25, 1.0, 0.5, -0.5, 1.0, 0.25, -0.75, 0.5],
            0.2,
            2,
        ),
        subject(
            "multiplicative_quadratic",
            &number(0).iter().map(|r| vec![r[0] + 1.0]).collect::<Vec<_>>(),
            &Choice::new(1),
            &[1.5],
            0.1,
            2,
        ),
        Subject { window: Some(0.125), ..subject("pollen_2d", &grains, &two, &[1.5, 0.25], 0.05, 2) },
    ]
}
