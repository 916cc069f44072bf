//! The verdict at the edges: no noise, no drift, heavy tails, few draws, runs ended early, units of any size.
//!
//! Each situation comes with the claim that is true there and with one that is not. All seeds are fixed; a true claim
//! is refused with a probability of 1e-3 over the choice of a seed.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod subject;

use driftproof::convention::Viewpoint;
use driftproof::data::Data;
use driftproof::experiment::{Caution, Experiment, ExperimentError, Options, run, run_against};
use driftproof::loss::{Builtin, Loss, Number, Problem, constant};
use driftproof::noise;
use driftproof::sampling::{Control, Power, Progress, SamplingError, Stopped};
use driftproof::sgd::{Replacement, Sgd};
use driftproof::verdict::{Reason, Verdict};
use nalgebra::DVector;
use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering};
use subject::Subject;

fn problem<L: Loss>(loss: L, rows: &[Vec<f64>]) -> Problem<L> {
    let names: Vec<String> = (1..=rows[0].len()).map(|i| format!("c{i}")).collect();
    Problem::new(loss, &Data::from_rows(&names, rows).unwrap()).unwrap()
}

fn sgd(batch: usize) -> Sgd {
    Sgd::new(0.1, batch).unwrap()
}

/// The exact drift at one point against Monte Carlo.
fn truth<L: Loss>(problem: &Problem<L>, theta: &[f64], sgd: &Sgd, options: &Options) -> Experiment {
    run(problem, &[theta.to_vec()], sgd, options, Control::default()).unwrap()
}

/// The exact drift plus an error.
fn lie<L: Loss>(problem: &Problem<L>, theta: &[f64], sgd: &Sgd, options: &Options, error: &[f64]) -> Verdict {
    let claim =
        |theta: &[f64]| Ok(noise::drift(problem, theta, sgd)?.v_noise + DVector::from_column_slice(error));
    run_against(problem, &[theta.to_vec()], sgd, options, Control::default(), claim).unwrap().verdict
}

/// `u = a (theta . x)`: the gradient does not depend on `theta`, so `Sigma` is constant and the drift zero.
struct Slope(usize);

impl Loss for Slope {
    fn dim(&self) -> usize {
        self.0
    }
    fn columns(&self) -> usize {
        self.0
    }
    fn loss<D: Number>(&self, x: &[D::InnerDual], theta: &[D]) -> D {
        theta.iter().zip(x).fold(constant(0.0), |sum: D, (t, x)| sum + t.scale(x))
    }
}

/// `u = 1` whatever `theta` is.
struct Constant;

impl Loss for Constant {
    fn dim(&self) -> usize {
        2
    }
    fn columns(&self) -> usize {
        1
    }
    fn loss<D: Number>(&self, _: &[D::InnerDual], _: &[D]) -> D {
        constant(1.0)
    }
}

/// `u = x theta`, `x = +-1`: flat valleys are not quiet, and there is no drift all the same. What could have been seen is
/// an added drift of the size `(eta/2n) |Sigma|/h`, and one of that size is. Pairs of draws see it at once: without
/// noise, since `xi` is the same at both points.
#[test]
fn constant_noise_has_no_drift_and_an_added_one_is_seen() {
    for rows in [vec![vec![1.0], vec![-1.0]], vec![vec![1.0, -1.0], vec![-1.0, 1.0], vec![3.0, -3.0]]] {
        let dim = rows[0].len();
        let (problem, theta) = (problem(Slope(dim), &rows), vec![0.5; dim]);
        let options = Options::default();
        let found = truth(&problem, &theta, &sgd(2), &options);
        assert_eq!(found.verdict, Verdict::Consistent, "no drift in {dim} dimensions");
        let comparison = &found.points[0].comparison;
        let Power::Added { detectable, needed } = comparison.vector.unwrap().power else {
            panic!("no drift has no relative error: {comparison:?}");
        };
        assert!(detectable <= needed && needed > 0.0, "{detectable} of {needed}");
        // Largest eigenvalues of Sigma: 1, and 2 (11/3 - 1).
        let largest = if dim == 1 { 1.0 } else { 2.0 * (11.0 / 3.0 - 1.0) };
        let natural = 0.1 / 4.0 * largest / comparison.plan.width;
        assert!((needed / natural - 1.0).abs() < 1e-2, "(eta/2n) |Sigma|/h: {needed} for {natural}");
        // Along the largest eigenvector, (1) or (1, -1)/sqrt(2).
        let error: Vec<f64> = (0..dim)
            .map(|i| [1.0, -1.0][i] * needed / f64::from(u8::try_from(dim).unwrap()).sqrt())
            .collect();
        assert_eq!(lie(&problem, &theta, &sgd(2), &options, &error), Verdict::Refuted, "an added drift");
    }
}

/// Rows that are the same make no noise. Their mean is not the same to the last bit (ten times 0.1 is not 1), which is
/// neither noise nor drift; any claim but zero is refuted.
#[test]
fn equal_rows_have_no_drift_to_the_last_bit_but_one() {
    for count in [1, 2, 3, 10, 57] {
        let rows = vec![vec![0.1, 0.7, 0.3]; count];
        let problem = problem(Builtin::Linear { features: 2 }, &rows);
        for batch in [1, 3] {
            let theta = [0.3, -1.1];
            let found = truth(&problem, &theta, &sgd(batch), &Options::default());
            assert_eq!(found.verdict, Verdict::Consistent, "{count} rows, batches of {batch}");
            assert!(!found.points[0].comparison.noise_seen, "rounding errors are no noise");
            let refuted = lie(&problem, &theta, &sgd(batch), &Options::default(), &[0.0, 1e-6]);
            assert_eq!(refuted, Verdict::Refuted, "{count} rows, batches of {batch}");
        }
    }
}

/// Regression: the whole data set drawn without replacement makes no noise although the rows differ, and the verdict
/// used to wait for noise that cannot come.
#[test]
fn whole_data_set_without_replacement_has_no_drift() {
    let rows = [vec![0.5, 1.0], vec![-1.0, 0.25], vec![2.0, -0.75], vec![0.3, 0.1], vec![1.1, 0.7]];
    let problem = problem(Builtin::Linear { features: 1 }, &rows);
    let without = sgd(5).with_replacement(Replacement::Without);
    assert_eq!(truth(&problem, &[0.3], &without, &Options::default()).verdict, Verdict::Consistent, "zero");
    // The drift with replacement: the factor (N-n)/(N-1) forgotten.
    let forgotten = noise::drift(&problem, &[0.3], &sgd(5)).unwrap().v_noise;
    let refuted = lie(&problem, &[0.3], &without, &Options::default(), forgotten.as_slice());
    assert_eq!(refuted, Verdict::Refuted, "the factor forgotten");
}

#[test]
fn a_loss_without_parameters_in_it_has_no_drift() {
    let problem = problem(Constant, &[vec![1.0], vec![2.0]]);
    let found = truth(&problem, &[0.0, 0.0], &sgd(1), &Options::default());
    assert_eq!(found.verdict, Verdict::Consistent, "nothing moves");
    let refuted = lie(&problem, &[0.0, 0.0], &sgd(1), &Options::default(), &[1e-300, 0.0]);
    assert_eq!(refuted, Verdict::Refuted, "nothing at all");
}

/// `theta` lies where the gradients of all rows agree and the Hessians do not: no noise at the point, none expected, but
/// noise in the window, and a drift to be seen.
#[test]
fn noise_in_the_window_alone_is_enough() {
    let problem =
        problem(Builtin::Linear { features: 1 }, &[vec![1.0, 0.5], vec![2.0, 1.0], vec![-1.0, -0.5]]);
    let options = Options::default().with_window(0.1).with_draws(20_000);
    for offset in [0.0, 1e-3] {
        let theta = [0.5 + offset];
        let found = truth(&problem, &theta, &sgd(1), &options);
        assert!(found.points[0].comparison.noise_seen, "in the window the rows differ");
        let refuted = lie(&problem, &theta, &sgd(1), &options, &[0.1]);
        assert_eq!(refuted, Verdict::Refuted, "an added drift");
        assert_eq!(found.verdict, Verdict::Consistent, "{offset} from the interpolating point");
    }
}

/// Counts under a window of the size of the rate's logarithm: the few largest draws decide the mean.
#[test]
fn heavy_tails_are_no_verdict() {
    let rows = [vec![2.0, 0.0], vec![1.0, 3.0], vec![-1.0, 1.0], vec![0.5, 2.0]];
    let problem = problem(Builtin::Poisson { features: 1 }, &rows);
    let options = Options::default().with_window(1.5).with_draws(4000);
    let heavy = Verdict::Inconclusive(Reason::HeavyTails);
    assert_eq!(truth(&problem, &[0.1], &sgd(2), &options).verdict, heavy, "true, and not known to be");
    assert_eq!(lie(&problem, &[0.1], &sgd(2), &options, &[1.0]), heavy, "false, and not known to be");
    let narrow = Options::default().with_window(0.1);
    assert_eq!(truth(&problem, &[0.1], &sgd(2), &narrow).verdict, Verdict::Consistent, "a narrower window");
}

#[test]
fn too_few_draws_are_no_verdict() {
    let data = Data::breast_cancer().standardized().unwrap();
    let problem = Problem::new(Builtin::Logistic { features: 30 }, &data).unwrap();
    let few = truth(&problem, &[0.0; 30], &sgd(8), &Options::default().with_draws(16));
    assert_eq!(few.verdict, Verdict::Inconclusive(Reason::TooFewDraws), "16 draws in 30 dimensions");
    assert_eq!(few.points[0].comparison.vector, None, "no test");
    let more = truth(&problem, &[0.0; 30], &sgd(8), &Options::default().with_draws(48));
    assert!(matches!(more.verdict, Verdict::Inconclusive(_)), "48 draws: {}", more.verdict);
}

/// Ended before the first draw, and after the first report.
#[test]
fn runs_that_are_ended_say_so() {
    let subject = &Subject::named("logistic_regression");
    let points = [subject.theta.clone(), subject.theta.clone()];
    let cancel = AtomicBool::new(true);
    let control = Control { cancel: Some(&cancel), progress: None };
    let none = run(&subject.problem, &points, &subject.sgd, &Options::default(), control).unwrap();
    assert_eq!(none.verdict, Verdict::Inconclusive(Reason::SomePoints), "no point was finished");
    assert_eq!(none.points.len(), 1, "the second point was not begun");
    assert_eq!(none.points[0].verdict, Verdict::Inconclusive(Reason::Cancelled), "cancelled");
    assert_eq!(none.points[0].comparison.stopped, Stopped::Cancelled, "cancelled");

    cancel.store(false, Ordering::Relaxed);
    let reports = Cell::new(0);
    let report = |progress: Progress| {
        reports.set(reports.get() + 1);
        assert!(progress.draws > 0 && progress.draws <= progress.cap, "{progress:?}");
        cancel.store(true, Ordering::Relaxed);
    };
    let control = Control { cancel: Some(&cancel), progress: Some(&report) };
    let part = run(&subject.problem, &points[..1], &subject.sgd, &Options::default(), control).unwrap();
    assert_eq!(reports.get(), 1, "ended after the first report");
    assert_eq!(part.verdict, Verdict::Inconclusive(Reason::Cancelled), "it could not yet see a factor of 2");
    assert!(part.points[0].comparison.draws > 0, "what there is is kept");
}

/// The lie at one of three points is found at that point, and what can be seen is stated at the threshold that the
/// hardest of three p-values must pass.
#[test]
fn several_points_share_one_false_alarm_rate() {
    let subject = &Subject::named("linear_regression");
    let (problem, sgd) = (&subject.problem, &subject.sgd);
    let points = [vec![0.5, -0.25, 0.75], vec![1.0, 0.0, -0.5], vec![-0.75, 0.5, 0.25]];
    // A target that is never reached: all have the same draws.
    let options = Options::default().with_draws(6000).with_target(1e-9).with_window(0.05);
    let claim = |theta: &[f64]| {
        let truth = noise::drift(problem, theta, sgd)?.v_noise;
        Ok(if theta[0] < 0.0 { truth * 2.0 } else { truth })
    };
    let found = run_against(problem, &points, sgd, &options, Control::default(), claim).unwrap();
    let verdicts: Vec<Verdict> = found.points.iter().map(|point| point.verdict).collect();
    assert_eq!(verdicts, [Verdict::Consistent, Verdict::Consistent, Verdict::Refuted], "only the third");
    assert_eq!(found.verdict, Verdict::Refuted, "any is enough");
    let alone = run(problem, &points[..1], sgd, &options, Control::default()).unwrap();
    let relative = |found: &Experiment| match found.points[0].comparison.vector.unwrap().power {
        Power::Relative(error) => error,
        Power::Added { .. } => panic!("the drift is not zero"),
    };
    // Three dimensions, power 0.99: noncentralities 36.03 at 1e-3/3 and 32.77 at 1e-3 for many draws.
    let ratio = relative(&found) / relative(&alone);
    assert!(ratio > 1.03 && ratio < 1.07, "sqrt(36.03/32.77) = 1.049, found {ratio}");
    assert_eq!(
        run(problem, &[], sgd, &options, Control::default()).unwrap().verdict,
        Verdict::Inconclusive(Reason::NoPoints),
        "no points"
    );
}

/// Twelve rows of linear regression, features in units of 2^-power and `theta` in units of 2^power.
fn in_units(power: i32) -> (Problem<Builtin>, [f64; 2]) {
    let unit = 2.0_f64.powi(power);
    let rows: Vec<Vec<f64>> = (0..12)
        .map(|a| (f64::from(a), f64::from(a * a % 7)))
        .map(|(a, b)| vec![(a / 4.0 - 1.0) * unit, (b / 2.0 - 1.0) * unit, 0.75 * b - 0.25 * a])
        .collect();
    (problem(Builtin::Linear { features: 2 }, &rows), [0.5 / unit, -0.25 / unit])
}

/// The same problem in other units gives the same `z`.
#[test]
fn units_do_not_change_the_result() {
    let z = |power: i32| {
        let (problem, theta) = in_units(power);
        let sgd = Sgd::new(0.1 * 2.0_f64.powi(-2 * power), 2).unwrap();
        let found = truth(&problem, &theta, &sgd, &Options::default());
        assert_eq!(found.verdict, Verdict::Consistent, "unit 2^{power}");
        found.points[0].comparison.components.iter().map(|c| c.z).collect::<Vec<f64>>()
    };
    let expected = z(0);
    for power in [-200, -20, 20, 200] {
        for (a, b) in z(power).iter().zip(&expected) {
            // Every step is the same up to a power of two; sums of 1e3 numbers of up to 1e2 standard errors.
            assert!((a - b).abs() < 1e-10, "unit 2^{power}: z = {a}, {b}");
        }
    }
}

/// Regression: squares of drifts underflowed below 1e-162, and a true claim was then refuted with certainty; fourth powers
/// overflowed above 1e77, and there was no verdict on anything.
#[test]
fn drifts_of_any_size_are_judged() {
    for (power, rate) in [(-200, 0), (-150, 100), (200, -420), (300, -600)] {
        let (problem, theta) = in_units(power);
        let sgd = Sgd::new(0.1 * 2.0_f64.powi(rate), 2).unwrap();
        let found = truth(&problem, &theta, &sgd, &Options::default());
        let exact = &found.points[0].exact.v_noise;
        assert_eq!(found.verdict, Verdict::Consistent, "drift {exact}");
        let refuted = lie(&problem, &theta, &sgd, &Options::default(), exact.as_slice());
        assert_eq!(refuted, Verdict::Refuted, "a factor of 2: drift {exact}");
    }
}

/// Regression: with nearly collinear features and a learning rate of 1e-9, rounding errors within their bound were taken
/// off the mean component by component; that turned it out of the thin directions of its covariance, and a true claim
/// was refuted. The default window also shrank with the learning rate until rounding errors told.
#[test]
fn a_tiny_learning_rate_is_judged_like_any_other() {
    let rows: Vec<Vec<f64>> = (0..40)
        .map(|a| (f64::from(a * a % 17) / 8.0 - 1.0, f64::from(a * a * a % 13) / 6.0 - 1.0))
        .map(|(a, b)| vec![a, a + 1e-3 * b, a - 2e-3 * b, f64::from(u8::from(a + b > 0.1))])
        .collect();
    let problem = problem(Builtin::Logistic { features: 3 }, &rows);
    let sgd = Sgd::new(1e-9, 4).unwrap();
    let theta = [0.25, -0.5, 0.5];
    for options in [Options::default(), Options::default().with_window(1e-8).with_draws(2000)] {
        let found = truth(&problem, &theta, &sgd, &options);
        assert_ne!(found.verdict, Verdict::Refuted, "{:?}", found.points[0].comparison.vector);
    }
    let found = truth(&problem, &theta, &sgd, &Options::default());
    assert_eq!(found.verdict, Verdict::Consistent, "the default window");
    let exact = &found.points[0].exact.v_noise;
    let refuted = lie(&problem, &theta, &sgd, &Options::default(), exact.as_slice());
    assert_eq!(refuted, Verdict::Refuted, "a factor of 2");
    // So narrow that rounding errors hide the drift: no verdict on the truth, none on the lie.
    let blind = Options::default().with_window(1e-11).with_draws(2000);
    let found = truth(&problem, &theta, &sgd, &blind);
    assert_eq!(found.verdict, Verdict::Inconclusive(Reason::PowerTooLow), "a window of 1e-11");
    let hidden = lie(&problem, &theta, &sgd, &blind, exact.as_slice());
    assert_eq!(hidden, Verdict::Inconclusive(Reason::PowerTooLow), "a window of 1e-11");
}

/// Pollen lives above 1/2: a default window that reaches below is halved, one that was asked for is an error.
#[test]
fn windows_stay_within_the_domain() {
    let subject = &Subject::named("pollen_2d");
    let found = truth(&subject.problem, &subject.theta, &subject.sgd, &Options::default());
    assert_eq!(found.verdict, Verdict::Consistent, "the default window");
    let wide = run(
        &subject.problem,
        std::slice::from_ref(&subject.theta),
        &subject.sgd,
        &Options::default().with_window(2.0),
        Control::default(),
    );
    let error = wide.unwrap_err();
    assert!(matches!(error, ExperimentError::Window { point: 1, .. }), "{error}");
    let narrow = Options::default().with_window(1e-2);
    let found = truth(&subject.problem, &subject.theta, &subject.sgd, &narrow);
    assert!(matches!(found.points[0].caution, Some(Caution::NarrowWindow { .. })), "narrow beside the noise");
    assert_eq!(found.verdict, Verdict::Consistent, "L_s is exact in every window");
}

#[test]
fn plans_and_claims_out_of_range_are_refused() {
    let subject = &Subject::named("linear_regression");
    let with = |options: Options| {
        run(
            &subject.problem,
            std::slice::from_ref(&subject.theta),
            &subject.sgd,
            &options,
            Control::default(),
        )
    };
    let base = Options::default();
    for (what, options) in [
        ("window 0", base.with_window(0.0)),
        ("window NaN", base.with_window(f64::NAN)),
        ("infinite window", base.with_window(f64::INFINITY)),
        ("a window lost in rounding", base.with_window(1e-15)),
        ("no draws", base.with_draws(0)),
        ("no steps", base.with_steps(0)),
        ("false alarms always", base.with_false_alarm(0.5)),
        ("false alarms never", base.with_false_alarm(0.0)),
        ("target 0", base.with_target(0.0)),
        ("target NaN", base.with_target(f64::NAN)),
    ] {
        assert!(matches!(with(options), Err(ExperimentError::Sampling(_))), "{what}");
    }
    let against = |claim: DVector<f64>| {
        let claim = |_: &[f64]| Ok(claim.clone());
        run_against(
            &subject.problem,
            std::slice::from_ref(&subject.theta),
            &subject.sgd,
            &base,
            Control::default(),
            claim,
        )
    };
    let short = against(DVector::zeros(2)).unwrap_err();
    let expected = SamplingError::ClaimLength { found: 2, expected: 3 };
    assert_eq!(short, ExperimentError::Sampling(expected), "two components for three");
    let nan = against(DVector::from_element(3, f64::NAN)).unwrap_err();
    assert!(nan.to_string().contains("not finite"), "{nan}");
}

/// Seen from its source, a step's mean is minus the gradient and nothing else: the claim does not matter there.
#[test]
fn from_the_source_there_is_no_drift() {
    let subject = &Subject::named("logistic_regression");
    let options = Options::default().with_viewpoint(Viewpoint::Source);
    let found = truth(&subject.problem, &subject.theta, &subject.sgd, &options);
    assert_eq!(found.verdict, Verdict::Consistent, "E[step] = -eta G");
    assert!(found.points[0].comparison.components.iter().all(|c| c.claimed == 0.0), "2 s = 0");
}
