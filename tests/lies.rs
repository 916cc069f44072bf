//! The mistakes that derivations make, planted one by one beside real SGD steps: each must be refuted, and the true claim
//! kept. A test that cannot fail is none.
//!
//! False alarms: 1e-3 a run; misses: at most 1e-2 a run where a lie is off by half of itself, next to none where it is
//! off by more. Seeds are fixed, so a run that passes goes on passing.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod subject;

use driftproof::convention::Viewpoint;
use driftproof::data::Data;
use driftproof::experiment::{ExperimentError, Options, run_against};
use driftproof::loss::{Builtin, Problem};
use driftproof::noise::{self, Drift};
use driftproof::sampling::Control;
use driftproof::sgd::{Replacement, Sgd};
use driftproof::verdict::Verdict;
use nalgebra::DVector;
use subject::{Subject, subjects};

/// The verdict on a claim that is made of the exact drift.
fn verdict_of(
    subject: &Subject,
    options: &Options,
    claim: impl Fn(&Drift) -> DVector<f64> + Sync,
) -> Verdict {
    let Subject { problem, theta, sgd, .. } = subject;
    let claimed = |theta: &[f64]| Ok(claim(&noise::drift(problem, theta, sgd)?));
    run_against(problem, std::slice::from_ref(theta), sgd, options, Control::default(), claimed)
        .unwrap()
        .verdict
}

/// A lost or doubled factor, and a wrong sign, for every loss.
#[test]
fn factors_and_signs_are_refuted_for_every_loss() {
    for subject in subjects() {
        // A claim that is off by half of itself, or more, is seen.
        let options = Options::default().with_target(0.5);
        let lies = [("eta/n for eta/2n", 2.0), ("eta/4n for eta/2n", 0.5), ("div D for -div D", -1.0)];
        for (lie, factor) in lies {
            let found = verdict_of(&subject, &options, |drift| &drift.v_noise * factor);
            assert_eq!(found, Verdict::Refuted, "{}: {lie}", subject.name);
        }
    }
}

/// A claim made of the exact drift and the settings.
type Claim = fn(&Drift, &Sgd) -> DVector<f64>;

/// Everything else, where the parts of the drift are large enough to be told apart: linear regression off its minimum,
/// batches of 4.
#[test]
fn terms_and_units_are_refuted() {
    let lies: [(&str, Claim); 9] = [
        ("n for 1/n", |d, sgd| &d.v_noise * real(sgd.batch()).powi(2)),
        ("no 1/n", |d, sgd| &d.v_noise * real(sgd.batch())),
        ("per step for per unit time", |d, sgd| &d.v_noise * sgd.learning_rate()),
        ("no eta", |d, sgd| &d.v_noise / sgd.learning_rate()),
        ("no drift at all", |d, _| &d.v_noise * 0.0),
        ("the first half twice", |d, sgd| half(sgd) * (&d.moments.half_grad_tr_sigma * 2.0)),
        ("the second half twice", |d, sgd| half(sgd) * (&d.moments.cov_g_tr_hess * 2.0)),
        ("the regulariser's force", |d, _| d.regulariser_force.clone().unwrap()),
        ("the finite-step term added", |d, _| &d.v_noise + &d.modified_term),
    ];
    let subject = Subject { theta: vec![1.0, -1.0, 0.5], ..Subject::named("linear_regression") };
    let options = Options::default().with_target(0.1).with_draws(20_000);
    let truth = verdict_of(&subject, &options, |drift| drift.v_noise.clone());
    assert_eq!(truth, Verdict::Consistent, "-(eta/2n) div Sigma");
    for (lie, claim) in lies {
        let found = verdict_of(&subject, &options, |drift| claim(drift, &subject.sgd));
        assert_eq!(found, Verdict::Refuted, "{lie}");
    }
}

#[allow(clippy::cast_precision_loss, reason = "batches are small")]
fn real(count: usize) -> f64 {
    count as f64
}

/// `-eta/2n`
fn half(sgd: &Sgd) -> f64 {
    -0.5 * sgd.learning_rate() / real(sgd.batch())
}

/// `S` and `R` for `div D`: of the rectangular factor, and of the symmetric root. Their mean is the divergence,
/// `S + R = 2 div D`; in `u = (a b x - y)^2/2` they differ from it by two fifths of it.
#[test]
fn drifts_of_a_root_are_no_divergence() {
    type Part = fn(&noise::Roots) -> Result<DVector<f64>, noise::NoiseError>;
    let claims: [(&str, Part, Verdict); 5] = [
        ("S of the rectangular factor", |roots| Ok(roots.s_rectangular.clone()), Verdict::Refuted),
        ("R of the rectangular factor", |roots| Ok(roots.r_rectangular.clone()), Verdict::Refuted),
        ("S of the symmetric root", |roots| Ok(roots.spurious.clone()?.drift.s), Verdict::Refuted),
        ("R of the symmetric root", |roots| Ok(roots.spurious.clone()?.drift.r), Verdict::Refuted),
        (
            "half of both",
            |roots| {
                roots.spurious.clone().map(|root| (root.drift.s + root.drift.r) * 0.5).map_err(Into::into)
            },
            Verdict::Consistent,
        ),
    ];
    let subject = Subject::named("two_layer_linear");
    let Subject { problem, theta, sgd, .. } = &subject;
    let options = Options::default().with_target(0.15);
    for (what, part, expected) in claims {
        let claimed =
            |theta: &[f64]| -> Result<_, ExperimentError> { Ok(-part(&noise::roots(problem, theta, sgd)?)?) };
        let found =
            run_against(problem, std::slice::from_ref(theta), sgd, &options, Control::default(), claimed)
                .unwrap();
        assert_eq!(found.verdict, expected, "{what}");
    }
}

/// Seen from its destination a step carries `-2 div D`, from its midpoint `-div D`; each claimed for the other is refuted.
/// The claim of `run_against` is `-div D`, which it multiplies by `2 s`.
#[test]
fn viewpoints_are_not_exchanged() {
    let subject = Subject::named("phase_retrieval");
    let at = |viewpoint| Options::default().with_target(0.3).with_viewpoint(viewpoint);
    for viewpoint in [Viewpoint::Midpoint, Viewpoint::Destination] {
        let found = verdict_of(&subject, &at(viewpoint), |drift| drift.v_noise.clone());
        assert_eq!(found, Verdict::Consistent, "{viewpoint:?}");
    }
    let midpoint = verdict_of(&subject, &at(Viewpoint::Destination), |drift| &drift.v_noise * 0.5);
    assert_eq!(midpoint, Verdict::Refuted, "the midpoint's drift claimed at the destination");
    let destination = verdict_of(&subject, &at(Viewpoint::Midpoint), |drift| &drift.v_noise * 2.0);
    assert_eq!(destination, Verdict::Refuted, "the destination's drift claimed at the midpoint");
}

/// Four rows, batches of 2 without replacement: `c = (N-n)/(N-1) = 2/3`, forgotten, upside down, or with another
/// denominator; and `Sigma` with `1/(N-1)`.
#[test]
fn factors_of_finite_populations_are_refuted() {
    let rows = [[1.0, 0.5], [-0.5, 1.0], [1.5, -1.0], [0.25, 2.0]];
    let data = Data::from_rows(&["x", "y"], &rows).unwrap();
    let with = Sgd::new(0.1, 2).unwrap();
    let subject = |sgd| Subject {
        name: "four rows",
        problem: Problem::new(Builtin::Linear { features: 1 }, &data).unwrap(),
        theta: vec![0.75],
        sgd,
        draws: 1,
    };
    let options = Options::default().with_target(0.08).with_draws(60_000);
    let without = subject(with.with_replacement(Replacement::Without));
    let truth = verdict_of(&without, &options, |drift| drift.v_noise.clone());
    assert_eq!(truth, Verdict::Consistent, "without replacement");
    let lies = [
        ("the factor forgotten", 3.0 / 2.0),
        ("the factor twice", 2.0 / 3.0),
        ("(N-n)/N for (N-n)/(N-1)", 3.0 / 4.0),
        ("1/(N-1) for 1/N", 4.0 / 3.0),
    ];
    for (lie, factor) in lies {
        let found = verdict_of(&without, &options, |drift| &drift.v_noise * factor);
        assert_eq!(found, Verdict::Refuted, "{lie}");
    }
    let replaced = subject(with);
    let truth = verdict_of(&replaced, &options, |drift| drift.v_noise.clone());
    assert_eq!(truth, Verdict::Consistent, "with replacement");
    let found = verdict_of(&replaced, &options, |drift| &drift.v_noise * (2.0 / 3.0));
    assert_eq!(found, Verdict::Refuted, "the factor where there is none");
}
