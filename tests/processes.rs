//! Single steps and ensembles: SGD by real batches, Euler-Maruyama in every convention, and the drift of its current.
//!
//! A mean is accepted within 4.5 of its standard errors, which a true one leaves with probability 7e-6, and every lie must be
//! outside: a lost factor, a wrong sign, one convention for another.

#![allow(clippy::type_complexity, reason = "an equation has the type of its coefficients")]
#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]
#![allow(clippy::cast_precision_loss, reason = "counts are small")]

mod subject;

use driftproof::convention::{Alpha, Convention, Viewpoint};
use driftproof::noise;
use driftproof::process::{Corrections, ProcessError, Sde, SgdPath};
use driftproof::root::{SpuriousDrift, spurious_drift_of_tensor};
use driftproof::sampling::{
    Comparison, Control, Estimate, Plan, SamplingError, StepMoments, Stream, Streams, Use, compare,
    step_moments,
};
use driftproof::sgd::{Replacement, Sgd, SgdError};
use driftproof::verdict::{Verdict, conclude};
use nalgebra::{DMatrix, DVector};
use std::convert::Infallible;
use subject::Subject;

const SIGMAS: f64 = 4.5;

/// Whether an estimate with this error may be of that value.
fn may_be(found: f64, error: f64, value: f64) -> bool {
    (found - value).abs() <= SIGMAS * error
}

// SGD

/// One step of SGD of a subject, many times.
fn steps_of_sgd(subject: &Subject, steps: u64) -> StepMoments {
    let Subject { problem, theta, sgd, .. } = subject;
    let expected = noise::drift(problem, theta, sgd).unwrap().moments.gradient * -sgd.learning_rate();
    let step = |path: &mut SgdPath<'_, _>,
                stream: &mut Stream,
                out: &mut [f64]|
     -> Result<(), ProcessError> {
        path.restart(theta);
        path.step(stream)?;
        out.iter_mut().zip(path.theta()).zip(theta).for_each(|((out, after), before)| *out = after - before);
        Ok(())
    };
    let path = || SgdPath::new(problem, sgd, theta).unwrap();
    step_moments(expected.as_slice(), steps, 1, 1e-3, path, step).unwrap()
}

/// `E[step] = -eta G`, `Cov[step] = (eta^2/n) c Sigma` with `c = 1` or `(N-n)/(N-1)`, `N = 24`, `n = 12`.
#[test]
fn a_step_of_sgd_has_the_moments_of_its_batches() {
    let subject = Subject::named("linear_regression");
    for replacement in [Replacement::With, Replacement::Without] {
        let sgd = Sgd::new(0.1, 12).unwrap().with_replacement(replacement);
        let subject = Subject { theta: subject.theta.clone(), sgd, ..Subject::named("linear_regression") };
        let found = steps_of_sgd(&subject, 60_000);
        let drift = noise::drift(&subject.problem, &subject.theta, &sgd).unwrap();
        let covariance = noise::covariance(&subject.problem, &subject.theta).unwrap() * (0.01 / 12.0);
        let factor = sgd.population_factor(24).unwrap();
        let mean = drift.moments.gradient * -0.1;
        let mean_is = |lie: f64| {
            (0..3).all(|i| may_be(found.mean[i].value, found.mean[i].standard_error, lie * mean[i]))
        };
        assert!(mean_is(1.0), "{replacement:?}: {:?}{mean}", found.mean);
        assert!(!mean_is(-1.0) && !mean_is(2.0) && !mean_is(0.1), "sign, factor, eta^2");
        let covariance_is = |lie: f64| {
            let places = (0..3).flat_map(|i| (0..3).map(move |j| (i, j)));
            places
                .into_iter()
                .all(|at| may_be(found.covariance[at], found.covariance_error[at], lie * covariance[at]))
        };
        assert!(covariance_is(factor), "{replacement:?}: {}{covariance}", found.covariance);
        let lies = [
            ("a forgotten factor", if factor < 1.0 { 1.0 } else { 12.0 / 23.0 }),
            ("eta^2/2n", 0.5 * factor),
            ("1/(N-1) for 1/N", 24.0 / 23.0 * factor),
            ("(N-n)/N", 0.5),
            ("n for 1/n", 144.0 * factor),
        ];
        for (what, lie) in lies {
            assert!(!covariance_is(lie), "{replacement:?}: {what} would pass");
        }
    }
}

/// The whole data set without replacement, and a single row: the step is `-eta G`, up to the rounding of a sum of 24 numbers.
#[test]
fn a_step_over_all_rows_is_the_mean_step() {
    let subject = Subject::named("logistic_regression");
    let sgd = Sgd::new(0.5, 24).unwrap().with_replacement(Replacement::Without);
    let mut path = SgdPath::new(&subject.problem, &sgd, &subject.theta).unwrap();
    path.step(&mut Streams::new(1, Use::Paths).block(0)).unwrap();
    let drift = noise::drift(&subject.problem, &subject.theta, &sgd).unwrap();
    for i in 0..2 {
        let expected = subject.theta[i] - 0.5 * drift.moments.gradient[i];
        assert!((path.theta()[i] - expected).abs() < 100.0 * f64::EPSILON, "{:?}", path.theta());
    }
    let more = Sgd::new(0.5, 25).unwrap().with_replacement(Replacement::Without);
    let error = SgdPath::new(&subject.problem, &more, &subject.theta).unwrap_err();
    assert_eq!(
        error,
        ProcessError::Sgd(SgdError::BatchTooLarge { batch: 25, rows: 24 }),
        "more than there are"
    );
    assert!(SgdPath::new(&subject.problem, &sgd, &[0.0]).is_err(), "a point of another length");
}

// Euler-Maruyama

/// `B` of two dimensions, a polynomial: `S`, `R` and `div D` all differ.
fn amplitude(x: &[f64]) -> DMatrix<f64> {
    let (a, b) = (x[0], x[1]);
    DMatrix::from_row_slice(2, 2, &[1.0 + 0.5 * b, 0.75 * a, 0.5 * a * b, 1.0 - 0.75 * a])
}

/// `dB[k] = d B/dx_k`.
fn derivatives(x: &[f64]) -> [DMatrix<f64>; 2] {
    let (a, b) = (x[0], x[1]);
    [
        DMatrix::from_row_slice(2, 2, &[0.0, 0.75, 0.5 * b, -0.75]),
        DMatrix::from_row_slice(2, 2, &[0.5, 0.0, 0.5 * a, 0.0]),
    ]
}

fn spurious(x: &[f64]) -> SpuriousDrift {
    spurious_drift_of_tensor(&amplitude(x), &derivatives(x)).unwrap()
}

const X: [f64; 2] = [0.5, -0.25];
const DT: f64 = 0.25;

fn add(step: &mut [f64], more: &DVector<f64>) {
    step.iter_mut().zip(more.iter()).for_each(|(step, more)| *step += more);
}

fn turning() -> Sde<impl Fn(&[f64], &mut [f64]) + Sync, impl Fn(&[f64], &[f64], &mut [f64]) + Sync> {
    Sde::ito(
        2,
        2,
        |_: &[f64], mu: &mut [f64]| mu.copy_from_slice(&[0.25, -0.125]),
        |x: &[f64], dw: &[f64], step: &mut [f64]| add(step, &(amplitude(x) * DVector::from_column_slice(dw))),
    )
}

/// Corrections by closed form: `S`, and `div D = (S + R)/2`.
fn corrections() -> Corrections<impl Fn(&[f64], &mut [f64]) + Sync, impl Fn(&[f64], &mut [f64]) + Sync> {
    Corrections {
        spurious: |x: &[f64], s: &mut [f64]| s.copy_from_slice(spurious(x).s.as_slice()),
        div_diffusion: |x: &[f64], div: &mut [f64]| {
            let drift = spurious(x);
            div.copy_from_slice(((drift.s + drift.r) * 0.5).as_slice());
        },
    }
}

/// The mean of the end points of one step from [`X`], less what `b` adds, per unit time, and its standard error.
fn mean_step(ends: &[f64]) -> [(f64, f64); 2] {
    let count = ends.len() as f64 / 2.0;
    [0, 1].map(|i| {
        let steps: Vec<f64> =
            ends.iter().skip(i).step_by(2).map(|x| (x - X[i]) / DT - [0.25, -0.125][i]).collect();
        let mean = steps.iter().sum::<f64>() / count;
        let variance = steps.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (count - 1.0);
        (mean, (variance / count).sqrt())
    })
}

/// Two ways to read `dx = b dt + B o dW`: by a corrected drift, and by the amplitude where the convention says. One step has
/// the mean `(b + alpha S) dt` exactly in both (`B` is of second degree, and odd moments of `dW` vanish).
#[test]
fn conventions_are_told_apart_by_one_step() {
    let drift = spurious(&X);
    let div = (&drift.s + &drift.r) * 0.5;
    let claims: [(&str, DVector<f64>); 6] = [
        ("Ito", DVector::zeros(2)),
        ("Stratonovich", &drift.s * 0.5),
        ("Haenggi-Klimontovich", drift.s.clone()),
        ("isothermal", div.clone()),
        ("R for S", drift.r.clone()),
        ("the wrong sign", &drift.s * -0.5),
    ];
    let paths = 200_000;
    let streams = Streams::new(1, Use::Paths);
    let generator = |block| streams.block(block);
    let alpha =
        |alpha| turning().evaluated_at(Alpha::new(alpha).unwrap()).ensemble(&X, DT, 1, paths, generator);
    let read =
        |convention| turning().read_as(convention, corrections()).ensemble(&X, DT, 1, paths, generator);
    let found = [
        ("Ito", turning().ensemble(&X, DT, 1, paths, generator)),
        ("Ito", alpha(0.0)),
        ("Ito", read(Convention::Ito)),
        ("Stratonovich", alpha(0.5)),
        ("Stratonovich", read(Convention::Stratonovich)),
        ("Haenggi-Klimontovich", alpha(1.0)),
        ("Haenggi-Klimontovich", read(Convention::HaenggiKlimontovich)),
        ("isothermal", read(Convention::Isothermal)),
    ];
    for (truth, ends) in found {
        let mean = mean_step(&ends);
        for (name, claim) in &claims {
            let agrees = mean.iter().zip(claim.iter()).all(|(&(m, error), &c)| may_be(m, error, c));
            assert_eq!(agrees, *name == truth, "{name} for {truth}: {mean:?}, claimed {claim}");
        }
    }
}

/// `dx = 0.5 x o dW`: after `k` steps `E x = x0 (1 + alpha/4 dt)^k` exactly, `exp(alpha t/4)` in the limit.
#[test]
fn paths_keep_their_convention() {
    let growing = || {
        Sde::ito(
            1,
            1,
            |_: &[f64], mu: &mut [f64]| mu[0] = 0.0,
            |x: &[f64], dw: &[f64], step: &mut [f64]| step[0] += 0.5 * x[0] * dw[0],
        )
    };
    let s = |x: &[f64], s: &mut [f64]| s[0] = 0.25 * x[0];
    let (steps, dt) = (16, 1.0 / 16.0);
    let streams = Streams::new(2, Use::Paths);
    let expected = |alpha: f64| (1.0 + alpha * 0.25 * dt).powi(16);
    for (convention, alpha) in
        [(Convention::Ito, 0.0), (Convention::Stratonovich, 0.5), (Convention::Isothermal, 1.0)]
    {
        let equation = growing().read_as(convention, Corrections { spurious: s, div_diffusion: s });
        let corrected = equation.ensemble(&[1.0], dt, steps, 20_000, |block| streams.block(block));
        let place = Alpha::new(alpha).unwrap();
        let evaluated =
            growing().evaluated_at(place).ensemble(&[1.0], dt, steps, 20_000, |block| streams.block(block));
        for ends in [corrected, evaluated] {
            let mean = ends.iter().sum::<f64>() / 20_000.0;
            let error = (ends.iter().map(|x| (x - mean).powi(2)).sum::<f64>()).sqrt() / 20_000.0;
            for claim in [0.0, 0.5, 1.0, 2.0] {
                let agrees = may_be(mean, error, expected(claim));
                // Convention, alpha and claim are the same numbers.
                assert_eq!(
                    agrees,
                    claim.to_bits() == alpha.to_bits(),
                    "{convention:?}: {mean} for alpha = {claim}"
                );
            }
        }
    }
}

/// The estimators on Gaussian steps of the same equation: `-div D` is kept; `-S`, `-R`, a factor and a sign are refuted.
#[test]
fn currents_of_an_equation_carry_minus_div_d() {
    #[derive(Debug)]
    enum Failed {
        Sampling(SamplingError),
    }
    impl From<SamplingError> for Failed {
        fn from(error: SamplingError) -> Self {
            Self::Sampling(error)
        }
    }
    impl From<Infallible> for Failed {
        fn from(never: Infallible) -> Self {
            match never {}
        }
    }
    let plan = Plan {
        viewpoint: Viewpoint::Midpoint,
        width: 0.25,
        steps: 4,
        draws: 4000,
        seed: 1,
        point: 0,
        points: 1,
        false_alarm: 1e-3,
        target: 1e-9,
        added: 1.0,
        resolution: 0.0,
    };
    let equation = turning();
    let run = |claim: &(dyn Fn(&SpuriousDrift) -> DVector<f64> + Sync)| -> Result<Comparison, Failed> {
        let claimed = |x: &[f64]| Ok(claim(&spurious(x)));
        compare(&plan, &X, || Ok(equation.noise(0.01)), claimed, &[], Control::default())
    };
    let verdict = |claim: &(dyn Fn(&SpuriousDrift) -> DVector<f64> + Sync)| match run(claim) {
        Ok(comparison) => conclude(&comparison, comparison.vector.unwrap().p_value, true),
        Err(Failed::Sampling(error)) => panic!("{error}"),
    };
    assert_eq!(verdict(&|drift| (&drift.s + &drift.r) * -0.5), Verdict::Consistent, "-div D");
    assert_eq!(verdict(&|drift| -&drift.s), Verdict::Refuted, "-S, the Ito drift of alpha = 1 turned round");
    assert_eq!(verdict(&|drift| -&drift.r), Verdict::Refuted, "-R");
    assert_eq!(verdict(&|drift| -(&drift.s + &drift.r)), Verdict::Refuted, "-2 div D, the destination's");
    assert_eq!(verdict(&|drift| (&drift.s + &drift.r) * 0.5), Verdict::Refuted, "the sign");
    assert_eq!(verdict(&|drift| &drift.s * -0.5), Verdict::Refuted, "Stratonovich's correction");
}

/// Standard errors of plain moments are those of the spread that is there.
#[test]
fn errors_of_step_moments_are_standard_errors() {
    let uniform = |(): &mut (), stream: &mut Stream, out: &mut [f64]| -> Result<(), Infallible> {
        out[0] = rand::RngExt::random_range(stream, -1.0..1.0);
        Ok(())
    };
    let found = step_moments(&[0.0], 25_600, 3, 1e-3, || (), uniform).unwrap();
    let Estimate { value, standard_error, draws, seed, detectable } = found.mean[0];
    assert_eq!((draws, seed, found.steps), (25_600, 3, 25_600), "what was asked for");
    // Variance 1/3; of the square 1/5 - 1/9 = 4/45.
    let count = 25_600.0_f64;
    assert!((standard_error / (1.0 / (3.0 * count)).sqrt() - 1.0).abs() < 0.03, "{standard_error}");
    assert!(
        (found.covariance_error[(0, 0)] / (4.0 / (45.0 * count)).sqrt() - 1.0).abs() < 0.05,
        "of the variance"
    );
    assert!(
        may_be(value, standard_error, 0.0)
            && may_be(found.covariance[(0, 0)], found.covariance_error[(0, 0)], 1.0 / 3.0),
        "{found:?}"
    );
    assert!(
        (detectable / standard_error - 5.617).abs() < 1e-3,
        "3.2905 + 2.3263 standard errors: {detectable}"
    );
    let one = step_moments(&[0.0], 1, 3, 1e-3, || (), uniform).unwrap();
    assert_eq!(one.steps, 256, "rounded up to a block");
}
