//! The reference cases of `tests/data/drift.json`: 25-digit values computed with multiple precision.

#![allow(dead_code, reason = "each test file uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a malformed reference case stops the test")]
#![allow(clippy::cast_precision_loss, reason = "counts are small")]

pub(crate) mod expression;

use driftproof::data::Data;
use driftproof::loss::{Builtin, Choice, Loss, Problem};
use driftproof::noise::generic;
use driftproof::sgd::Sgd;
use nalgebra::{DMatrix, DVector};
use serde_json::Value;

/// One reference case.
pub(crate) struct Case {
    pub(crate) id: String,
    pub(crate) problem: Problem<Builtin>,
    pub(crate) theta: Vec<f64>,
    pub(crate) sgd: Sgd,
    pub(crate) square_root: String,
    pub(crate) rank: usize,
    /// Condition of `D` on its range; 1 where `D = 0`.
    pub(crate) condition: f64,
    pub(crate) json: Value,
}

fn number(value: &Value) -> f64 {
    value.as_str().map_or_else(|| value.as_f64(), |text| text.parse().ok()).expect("a number")
}

fn list(value: &Value) -> Vec<f64> {
    value.as_array().expect("a list").iter().map(number).collect()
}

impl Case {
    fn new(json: &Value) -> Self {
        let name = json["loss"]["name"].as_str().expect("a name");
        let constants = &json["loss"]["constants"];
        let columns: Vec<&str> =
            json["columns"].as_array().unwrap().iter().map(|c| c.as_str().unwrap()).collect();
        let rows: Vec<Vec<f64>> = json["rows"].as_array().unwrap().iter().map(list).collect();
        let targets = columns.iter().filter(|&&c| c == "y").count();
        let mut choice = Choice::new(columns.len() - targets);
        for (field, key) in [
            (&mut choice.lambda, "lambda"),
            (&mut choice.c, "c"),
            (&mut choice.nu, "nu"),
            (&mut choice.sigma, "sigma"),
        ] {
            if !constants[key].is_null() {
                *field = number(&constants[key]);
            }
        }
        let loss = Builtin::named(name, &choice).unwrap();
        let data = Data::from_rows(&columns, &rows).unwrap();
        let batch = usize::try_from(json["n"].as_u64().unwrap()).unwrap();
        Self {
            id: json["id"].as_str().unwrap().to_owned(),
            problem: Problem::new(loss, &data).unwrap(),
            theta: list(&json["theta"]),
            sgd: Sgd::new(number(&json["eta"]), batch).unwrap(),
            square_root: json["square_root"].as_str().unwrap().to_owned(),
            rank: usize::try_from(json["rank"].as_u64().unwrap()).unwrap(),
            condition: json["condition_on_range"].as_str().map_or(1.0, |c| c.parse().unwrap()),
            json: json.clone(),
        }
    }

    pub(crate) fn scalar(&self, output: &str) -> f64 {
        number(&self.json["outputs"][output])
    }

    pub(crate) fn vector(&self, output: &str) -> DVector<f64> {
        DVector::from_vec(list(&self.json["outputs"][output]))
    }

    pub(crate) fn matrix(&self, output: &str) -> DMatrix<f64> {
        matrix(&self.json["outputs"][output])
    }

    /// `dB[k]`, by parameter.
    pub(crate) fn matrices(&self, output: &str) -> Vec<DMatrix<f64>> {
        self.json["outputs"][output].as_array().unwrap().iter().map(matrix).collect()
    }

    pub(crate) fn has(&self, output: &str) -> bool {
        !self.json["outputs"][output].is_null()
    }
}

fn matrix(value: &Value) -> DMatrix<f64> {
    let rows: Vec<_> =
        value.as_array().unwrap().iter().map(|row| DVector::from_vec(list(row)).transpose()).collect();
    DMatrix::from_rows(&rows)
}

/// All cases.
pub(crate) fn cases() -> Vec<Case> {
    let text = include_str!("../data/drift.json");
    let json: Value = serde_json::from_str(text).unwrap();
    json["cases"].as_array().unwrap().iter().map(Case::new).collect()
}

/// Sizes of the terms of each moment: sums of absolute values over samples, from the generic route.
pub(crate) struct Scale {
    pub(crate) gradient: f64,
    pub(crate) hessian: f64,
    pub(crate) sigma: f64,
    pub(crate) div_sigma: f64,
}

pub(crate) fn scale<L: Loss>(problem: &Problem<L>, theta: &[f64]) -> Scale {
    let rows = problem.rows() as f64;
    let mut scale = Scale { gradient: 0.0, hessian: 0.0, sigma: 0.0, div_sigma: 0.0 };
    for row in 0..problem.rows() {
        let (g, h) = generic::row_derivatives(problem, row, theta);
        let (g, trace) = (g.norm(), h.diagonal().iter().map(|x| x.abs()).sum::<f64>());
        scale.gradient += g / rows;
        scale.hessian += h.norm() / rows;
        scale.sigma += g * g / rows;
        scale.div_sigma += g * (h.norm() + trace) / rows;
    }
    scale
}

/// Sizes of the terms of the roots: `w |[g_1, ..., g_N]|` of `B`, `w |[H_1, ..., H_N]|` of `dB`, `w = sqrt(eta/(n N))`;
/// their product of `S` and `R`.
pub(crate) fn root_scale(case: &Case) -> (f64, f64) {
    let w = (case.sgd.learning_rate() / (case.sgd.batch() * case.problem.rows()) as f64).sqrt();
    let (mut gradients, mut hessians) = (0.0, 0.0);
    for row in 0..case.problem.rows() {
        let (g, h) = generic::row_derivatives(&case.problem, row, &case.theta);
        gradients += g.norm_squared();
        hessians += h.norm_squared();
    }
    (w * gradients.sqrt(), w * hessians.sqrt())
}
