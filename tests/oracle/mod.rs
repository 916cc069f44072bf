//! The reference cases of `tests/data/drift.json`: 25-digit values computed with multiple precision.

#![allow(dead_code, reason = "each test file uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a malformed reference case stops the test")]

pub(crate) mod expression;

use driftproof::data::Data;
use driftproof::loss::{Builtin, Choice, Problem};
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
