//! Stationary densities against the 25-digit reference cases of `tests/data/stationary.json`.

#![allow(clippy::unwrap_used, reason = "a malformed reference case stops the test")]

use driftproof::convention::{Alpha, Convention, RatePoint};
use driftproof::density::{Equation, FiniteVolumes, Grid, Walls};
use serde_json::Value;

/// Relative accuracy: eighth order at 64 cells leaves less than 1e-14; what remains are a few hundred roundings.
const ACCURACY: f64 = 1e-13;

fn number(value: &Value) -> f64 {
    value.as_str().unwrap().parse().unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(number).collect()
}

fn cases(kind: &str) -> Vec<Value> {
    let json: Value = serde_json::from_str(include_str!("data/stationary.json")).unwrap();
    json["cases"].as_array().unwrap().iter().filter(|case| case["kind"] == kind).cloned().collect()
}

type Coefficient = fn(f64) -> f64;

/// The plain formulas that the cases use.
fn formula(text: &str) -> Coefficient {
    match text {
        "1 + 0.5 sin(3 x) + 0.25 x" => |x| 1.0 + 0.5 * (3.0 * x).sin() + 0.25 * x,
        "x" => |x| x,
        "1 + x^2" => |x| 1.0 + x * x,
        "-x" => |x| -x,
        _ => panic!("an unknown formula: {text}"),
    }
}

fn equation(case: &Value, drift: Coefficient) -> Equation<Coefficient, Coefficient> {
    let ito = Equation::ito(drift, formula(case["D"].as_str().unwrap()));
    match case["alpha"].as_str().map(|alpha| alpha.parse::<f64>().unwrap()) {
        None => ito,
        Some(alpha) if alpha > 1.5 => ito.hopping_at(RatePoint::Destination),
        Some(alpha) => ito.read_as(Convention::Alpha(Alpha::new(alpha).unwrap())),
    }
}

#[test]
fn every_density_is_the_reference() {
    let cases = cases("density_1d");
    assert_eq!(cases.len(), 6, "cases");
    for case in cases {
        let id = case["id"].as_str().unwrap();
        let drift = case["mu"].as_str().map_or((|_| 0.0) as Coefficient, formula);
        let grid = Grid::new(number(&case["lo"]), number(&case["hi"]), 64, Walls::REFLECTING).unwrap();
        let volumes = FiniteVolumes::new(equation(&case, drift), grid).unwrap();
        let state = volumes.stationary().unwrap();
        let close = |what: &str, found: f64, exact: f64| {
            assert!(
                (found - exact).abs() < ACCURACY * (1.0 + exact.abs()),
                "{id}, {what}: {found}, not {exact}"
            );
        };
        close("mean", state.expectation(|x| x).unwrap(), number(&case["mean"]));
        close("second moment", state.expectation(|x| x * x).unwrap(), number(&case["second_moment"]));
        for (x, p) in numbers(&case["at"]).into_iter().zip(numbers(&case["p_at"])) {
            close("density", state.at(x).unwrap(), p);
        }
        assert!(state.current().abs() < 1e-300, "{id}: a current between walls");
    }
}

#[test]
fn a_wrong_convention_is_no_reference() {
    // The lie: Ito for Stratonovich, and the drift with the wrong sign.
    for case in cases("density_1d") {
        let id = case["id"].as_str().unwrap();
        let wrong = match (case["alpha"].as_str(), case["mu"].as_str()) {
            (Some("0.5"), _) => Equation::ito((|_| 0.0) as Coefficient, formula(case["D"].as_str().unwrap())),
            (_, Some(_)) => equation(&case, |x| x),
            _ => continue,
        };
        let grid = Grid::new(number(&case["lo"]), number(&case["hi"]), 64, Walls::REFLECTING).unwrap();
        let volumes = FiniteVolumes::new(wrong, grid).unwrap();
        let found = volumes.stationary().unwrap().expectation(|x| x).unwrap();
        assert!((found - number(&case["mean"])).abs() > 0.01, "{id}: the wrong reading gives {found} too");
    }
}
