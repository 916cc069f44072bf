//! Reference circuits of `tests/data/stationary.json`, for the tests of this folder.

use super::circuit::{Circuit, Diode};
use serde_json::Value;

pub(super) fn number(value: &Value) -> f64 {
    value.as_str().unwrap().parse().unwrap()
}

pub(super) fn cases(kind: &str) -> Vec<Value> {
    let json: Value = serde_json::from_str(include_str!("../../../tests/data/stationary.json")).unwrap();
    json["cases"].as_array().unwrap().iter().filter(|case| case["kind"] == kind).cloned().collect()
}

pub(super) fn circuit(case: &Value) -> Circuit {
    let [resistor, plus, minus, t_r, t_d, capacity] =
        ["k_R", "k_plus", "k_minus", "T_R", "T_D", "C"].map(|name| number(&case[name]));
    Circuit { resistor, diode: Diode::Piecewise { plus, minus }, t_r, t_d, capacity }
}
