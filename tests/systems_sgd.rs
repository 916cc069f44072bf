//! The systems of the gallery that are about SGD: each has the verdict it should have, each check catches a lie, and what
//! they say does not depend on the number of threads.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod gallery;

use driftproof::systems::{self, Evidence, Found, Outcome, Settings, SystemError, system};
use gallery::{assert_lies_are_caught, assert_sound};
use std::collections::BTreeMap;

/// Name, and settings of a first look that are cheap enough.
type Case = (&'static str, &'static [(&'static str, f64)]);

const SYSTEMS: [Case; 8] = [
    ("loose-parallel", &[]),
    ("flat-minima", &[]),
    ("label-noise", &[]),
    ("gradient-hacking", &[]),
    ("variance", &[]),
    ("implicit-regularisation", &[]),
    ("training-run", &[("steps", 2000.0)]),
    ("modularity", &[("steps", 200.0)]),
];

/// Settings of a first look.
fn quick(settings: &[(&str, f64)]) -> Settings {
    settings.iter().fold(Settings::default().with_quick(true), |all, (name, value)| all.with(name, *value))
}

fn look(name: &str, settings: &[(&str, f64)]) -> Outcome {
    system(name).unwrap().run(&quick(settings)).unwrap()
}

#[test]
fn every_system_holds_and_every_check_catches_a_lie() {
    for (name, settings) in SYSTEMS {
        let outcome = look(name, settings);
        assert_sound(name, &outcome);
        assert_lies_are_caught(name, &outcome);
    }
}

#[test]
fn what_a_wrong_reading_changes_is_refuted() {
    // The systems whose answer a wrong factor or convention changes, cheap ones: each has misreadings, all refuted.
    for name in ["label-noise", "gradient-hacking", "variance", "loose-parallel"] {
        let outcome = look(name, &[]);
        let refuted = outcome.findings.iter().filter(|f| {
            matches!(f.evidence, Evidence::Misreading { .. }) && f.evidence.found() == Found::Holds
        });
        assert!(refuted.count() >= 2, "{name}");
    }
}

#[test]
fn threads_change_no_bit_and_seeds_do() {
    for name in ["label-noise", "implicit-regularisation"] {
        let run = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| look(name, &[]))
        };
        let (one, three) = (run(1), run(3));
        assert_eq!(one, three, "{name}: one thread and three");
        let other = system(name).unwrap().run(&quick(&[]).with_seed(2)).unwrap();
        assert_ne!(one, other, "{name}: another seed");
    }
}

#[test]
fn parameters_are_checked_and_named_once() {
    for system in systems::gallery() {
        let mut seen = BTreeMap::new();
        for p in system.parameters {
            assert!(p.least <= p.default && p.default <= p.greatest, "{}: {p:?}", system.name);
            assert!(!p.whole || [p.least, p.default, p.greatest].iter().all(|x| x.fract() == 0.0), "{p:?}");
            assert_eq!(seen.insert(p.name, p), None, "{}: two parameters {}", system.name, p.name);
            for wrong in [p.greatest + 1.0, p.least - 1.0, f64::NAN] {
                let error = system.run(&Settings::default().with(p.name, wrong)).unwrap_err();
                assert!(matches!(error, SystemError::OutOfRange { .. }), "{}: {error}", system.name);
            }
        }
        let error = system.run(&Settings::default().with("no such thing", 1.0)).unwrap_err();
        assert!(matches!(error, SystemError::NoParameter { .. }), "{}: {error}", system.name);
    }
    assert!(matches!(system("no such thing"), Err(SystemError::Unknown { .. })), "an unknown system");
}
