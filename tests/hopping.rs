//! Stationary states of hopping models against the exact cases of `tests/data/stationary.json`.

#![allow(clippy::unwrap_used, reason = "a malformed reference case stops the test")]

use driftproof::convention::RatePoint;
use driftproof::process::Hopping;
use serde_json::Value;

/// A decimal number, or a fraction.
fn number(value: &Value) -> f64 {
    let text = value.as_str().unwrap();
    match text.split_once('/') {
        Some((above, below)) => above.parse::<f64>().unwrap() / below.parse::<f64>().unwrap(),
        None => text.parse().unwrap(),
    }
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(number).collect()
}

fn cases(kind: &str) -> Vec<Value> {
    let json: Value = serde_json::from_str(include_str!("data/stationary.json")).unwrap();
    json["cases"].as_array().unwrap().iter().filter(|case| case["kind"] == kind).cloned().collect()
}

/// By linear equations and by products, each to a few roundings for each of at most 17 states.
fn check(case: &Value, model: &Hopping) {
    let exact = numbers(&case["p"]);
    for found in [model.stationary().unwrap(), model.stationary_by_products().unwrap()] {
        assert_eq!(found.len(), exact.len(), "{}", case["id"]);
        for (k, (p, exact)) in found.iter().zip(&exact).enumerate() {
            assert!((p / exact - 1.0).abs() < 1e-14, "{}, state {k}: {p}, not {exact}", case["id"]);
        }
    }
}

#[test]
fn birth_and_death() {
    let (symmetric, general) = (cases("birth_death_symmetric"), cases("birth_death_general"));
    assert_eq!((symmetric.len(), general.len()), (2, 1), "cases");
    for case in symmetric {
        check(&case, &Hopping::symmetric(&numbers(&case["lambda"])).unwrap());
    }
    for case in general {
        let model = Hopping::chain(&numbers(&case["up"]), &numbers(&case["down"])).unwrap();
        check(&case, &model);
        let mean: f64 = (0_u8..).zip(model.stationary().unwrap()).map(|(k, p)| f64::from(k) * p).sum();
        assert!((mean - number(&case["mean_index"])).abs() < 1e-14, "mean index {mean}");
    }
}

#[test]
fn rates_of_source_bond_and_destination() {
    let cases = cases("lattice");
    assert_eq!(cases.len(), 3, "cases");
    for case in cases {
        assert_eq!(case["D"], "1 + 0.5 sin(3 x) + 0.25 x", "the formula below");
        let diffusion = |x: f64| 1.0 + 0.5 * (3.0 * x).sin() + 0.25 * x;
        let point = [RatePoint::Source, RatePoint::Bond, RatePoint::Destination]
            .into_iter()
            .find(|point| (0.5 * point.alpha() - number(&case["s"])).abs() < 0.1)
            .unwrap();
        let sites = usize::try_from(case["K"].as_u64().unwrap()).unwrap();
        let place = [number(&case["x0"]), number(&case["a"])];
        check(&case, &Hopping::lattice(diffusion, point, place, sites).unwrap());
        // The lie: another point of the hop.
        let wrong = if point == RatePoint::Bond { RatePoint::Source } else { RatePoint::Bond };
        let lie = Hopping::lattice(diffusion, wrong, place, sites).unwrap().stationary().unwrap();
        assert!((lie[0] / number(&case["p"][0]) - 1.0).abs() > 0.1, "{}: {wrong:?} would do too", case["id"]);
    }
}
