//! What must hold for every data set: symmetries, units, limits. Random small problems, coincidences among them.
//!
//! Each property comes with a lie (a wrong factor, a lost half, a wrong exponent) that its bound must refuse, on a fixed
//! problem. Notation: `D = (eta/2n) c Sigma`, `B B^T = 2D`, `S_i = B_jk d_j B_ik`, `R_i = B_ik d_j B_jk`.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]
#![allow(clippy::cast_precision_loss, reason = "counts are small")]

use driftproof::data::Data;
use driftproof::loss::{Builtin, Problem};
use driftproof::noise::{self, Drift, Roots, generic};
use driftproof::root::spurious_drift_of_tensor;
use driftproof::sgd::{Replacement, Sgd};
use nalgebra::{DMatrix, DVector};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

/// Features and target.
type Row = (DVector<f64>, f64);

/// A regression: linear or logistic, features and target by row, and a point.
#[derive(Debug, Clone)]
struct Sample {
    logistic: bool,
    rows: Vec<Row>,
    theta: DVector<f64>,
}

impl Sample {
    fn problem(&self) -> Problem<Builtin> {
        let features = self.theta.len();
        let names: Vec<String> = (0..=features).map(|column| format!("x{column}")).collect();
        let rows: Vec<Vec<f64>> =
            self.rows.iter().map(|(x, y)| x.iter().copied().chain([*y]).collect()).collect();
        let loss = if self.logistic { Builtin::Logistic { features } } else { Builtin::Linear { features } };
        Problem::new(loss, &Data::from_rows(&names, &rows).unwrap()).unwrap()
    }

    fn drift(&self, sgd: &Sgd) -> Drift {
        noise::drift(&self.problem(), self.theta.as_slice(), sgd).unwrap()
    }

    fn roots(&self, sgd: &Sgd) -> Roots {
        noise::roots(&self.problem(), self.theta.as_slice(), sgd).unwrap()
    }

    /// The same rows and point in other coordinates: `theta . x` is unchanged if `q` is orthogonal.
    fn mapped(&self, q: &DMatrix<f64>) -> Self {
        let rows = self.rows.iter().map(|(x, y)| (q * x, *y)).collect();
        Self { rows, theta: q * &self.theta, ..self.clone() }
    }

    /// Largest `|g|` and `|H|` that a row could have if nothing cancelled: `u' = z - y` or `logistic(z) - y` is at most
    /// `1 + |theta||x| + |y|`, and `|u''| <= 1`.
    fn sizes(&self) -> (f64, f64) {
        let gradient = |(x, y): &Row| x.norm() * (1.0 + self.theta.norm() * x.norm() + y.abs());
        let largest = |size: &dyn Fn(&Row) -> f64| self.rows.iter().map(size).fold(0.0, f64::max);
        (largest(&gradient), largest(&|(x, _)| x.norm_squared()))
    }

    /// Bound on the rounding of `div Sigma` and its halves.
    ///
    /// They are four sums (`E[H g]`, `Hbar G`, `E[g tr H]`, `G tr Hbar`) of terms of at most `|g| |H|`. A term is made of
    /// products of five numbers, inner products of length `d` among them, and sums run over `N` rows: at most
    /// `4 (5 d + N) eps |g||H|` each time it is computed, and as much again for data that were rotated; doubled.
    fn rounding(&self) -> f64 {
        let (g, h) = self.sizes();
        let (d, n) = (self.theta.len() as f64, self.rows.len() as f64);
        2.0 * 2.0 * 4.0 * (5.0 * d + n) * f64::EPSILON * g * h
    }
}

/// Numbers of order 1, often whole, so that rows coincide and ranks drop.
fn number() -> impl Strategy<Value = f64> {
    prop_oneof![3 => -2.0..2.0_f64, 1 => (-2..=2_i32).prop_map(f64::from)]
}

fn vector(length: usize) -> impl Strategy<Value = DVector<f64>> {
    prop::collection::vec(number(), length).prop_map(DVector::from_vec)
}

fn sample() -> impl Strategy<Value = Sample> {
    (1..=4_usize, 1..=12_usize, any::<bool>()).prop_flat_map(|(d, n, logistic)| {
        let target = number().prop_map(move |y| if logistic { f64::from(u8::from(y > 0.0)) } else { y });
        (prop::collection::vec((vector(d), target), n), vector(d)).prop_map(move |(rows, theta)| Sample {
            logistic,
            rows,
            theta,
        })
    })
}

/// A sample and an orthogonal matrix of its dimension.
fn rotated() -> impl Strategy<Value = (Sample, DMatrix<f64>)> {
    sample().prop_flat_map(|sample| {
        let d = sample.theta.len();
        let matrix = prop::collection::vec(-1.0..1.0_f64, d * d);
        (Just(sample), matrix.prop_map(move |entries| DMatrix::from_vec(d, d, entries).qr().q()))
    })
}

/// Six rows in two dimensions, on which nothing is zero and nothing cancels.
fn typical(logistic: bool) -> Sample {
    let rows = [
        (1.0, 0.5, 1.0),
        (-0.5, 2.0, 0.0),
        (1.5, -1.0, 0.0),
        (0.25, 1.0, 1.0),
        (2.0, 1.0, 1.0),
        (-1.0, 0.75, 0.0),
    ];
    let rows = rows.iter().map(|&(a, b, y)| (DVector::from_vec(vec![a, b]), y)).collect();
    Sample { logistic, rows, theta: DVector::from_vec(vec![0.75, -0.5]) }
}

fn quarter_turn() -> DMatrix<f64> {
    DMatrix::from_row_slice(2, 2, &[0.6, -0.8, 0.8, 0.6])
}

fn sgd(batch: usize) -> Sgd {
    Sgd::new(0.1, batch).unwrap()
}

fn near(a: &DVector<f64>, b: &DVector<f64>, bound: f64) -> bool {
    (a - b).norm() <= bound
}

/// Bound on the rounding of `S`, `R` and their sum: the promised 1e-12 of their terms times the root of the condition.
fn root_rounding(roots: &Roots) -> f64 {
    let condition = roots.symmetric.condition_on_range().unwrap_or(1.0);
    let terms = roots.spurious.as_ref().map_or(0.0, |smooth| smooth.drift.s_terms + smooth.drift.r_terms);
    1e-12 * condition.sqrt() * terms
}

/// The same cases every time, nothing written to disk.
fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 128,
        rng_seed: RngSeed::Fixed(1),
        failure_persistence: None,
        ..Default::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn drifts_turn_with_the_coordinates((sample, q) in rotated()) {
        let (here, there) = (sample.drift(&sgd(2)), sample.mapped(&q).drift(&sgd(2)));
        let bound = sample.rounding();
        prop_assert!(near(&there.div_sigma, &(&q * &here.div_sigma), bound), "div Sigma");
        let halves = (&here.moments.half_grad_tr_sigma, &there.moments.half_grad_tr_sigma);
        prop_assert!(near(halves.1, &(&q * halves.0), bound), "first half");
    }

    #[test]
    fn roots_turn_with_the_coordinates((sample, q) in rotated()) {
        let (here, there) = (sample.roots(&sgd(2)), sample.mapped(&q).roots(&sgd(2)));
        prop_assert_eq!(here.symmetric.rank(), there.symmetric.rank());
        let turned = &q * here.symmetric.root() * q.transpose();
        // Rows and q are rounded, d eps of |F| <= sqrt(eta/n) |g| each; the root of a factor is as well-conditioned.
        let size = 0.05_f64.sqrt() * sample.sizes().0;
        let bound = 64.0 * sample.theta.len() as f64 * f64::EPSILON * size;
        prop_assert!((there.symmetric.root() - turned).norm() <= bound, "B");
        prop_assert_eq!(here.spurious.is_ok(), there.spurious.is_ok());
        if let (Ok(a), Ok(b)) = (&here.spurious, &there.spurious) {
            let gap = (&b.drift.s - &q * &a.drift.s).norm();
            prop_assert!(gap <= root_rounding(&here), "S: {gap:e} {:e}", root_rounding(&here));
        }
    }

    #[test]
    fn both_drifts_of_a_root_add_up(sample in sample()) {
        let (drift, roots) = (sample.drift(&sgd(2)), sample.roots(&sgd(2)));
        if let Ok(smooth) = &roots.spurious {
            let sum = &smooth.drift.s + &smooth.drift.r;
            let bound = root_rounding(&roots) + 0.05 * sample.rounding();
            prop_assert!(near(&sum, &(&drift.v_noise * -2.0), bound), "{sum}{}", drift.v_noise);
        }
    }

    #[test]
    fn drifts_of_the_rectangular_factor_are_the_halves(sample in sample()) {
        let (problem, theta) = (sample.problem(), sample.theta.as_slice());
        let factor = generic::rectangular_root(&problem, theta, &sgd(2)).unwrap();
        let derivative = |k| generic::rectangular_root(&problem, &generic::seeded(theta, k), &sgd(2)).unwrap();
        let derivatives: Vec<_> = (0..theta.len()).map(|k| derivative(k).map(|x| x.eps)).collect();
        let tensor = spurious_drift_of_tensor(&factor, &derivatives).unwrap();
        let moments = sample.drift(&sgd(2)).moments;
        // eta/n = 0.05; the factor has N columns, each a term of the sums.
        let bound = 0.05 * 2.0 * sample.rounding();
        prop_assert!(near(&tensor.s, &(&moments.half_grad_tr_sigma * 0.05), bound), "S");
        prop_assert!(near(&tensor.r, &(&moments.cov_g_tr_hess * 0.05), bound), "R");
    }

    #[test]
    fn equal_rows_make_no_noise(mut sample in sample()) {
        let first = sample.rows[0].clone();
        sample.rows.fill(first);
        let (drift, roots) = (sample.drift(&sgd(2)), sample.roots(&sgd(2)));
        prop_assert!(drift.div_sigma.norm() <= sample.rounding(), "div Sigma = {}", drift.div_sigma);
        prop_assert_eq!(roots.symmetric.rank(), 0);
        prop_assert!(roots.symmetric.root().norm() <= 0.0, "B");
        prop_assert!(roots.spurious.unwrap().drift.s.norm() <= 0.0, "S");
    }

    #[test]
    fn drifts_scale_with_learning_rate_and_batch(sample in sample()) {
        let base = sample.drift(&Sgd::new(0.125, 2).unwrap());
        let faster = sample.drift(&Sgd::new(0.25, 2).unwrap());
        let larger = sample.drift(&Sgd::new(0.125, 4).unwrap());
        // Powers of two: exact.
        prop_assert_eq!(&faster.v_noise, &(&base.v_noise * 2.0));
        prop_assert_eq!(&larger.v_noise, &(&base.v_noise * 0.5));
        prop_assert_eq!(&faster.modified_term, &(&base.modified_term * 2.0));
        prop_assert_eq!(&larger.modified_term, &base.modified_term);
        prop_assert_eq!(&larger.moments, &base.moments);
    }

    #[test]
    fn the_order_of_rows_does_not_matter(sample in sample(), turn in 0..12_usize) {
        let mut other = sample.clone();
        other.rows.reverse();
        other.rows.rotate_left(turn % sample.rows.len());
        let (a, b) = (sample.drift(&sgd(2)), other.drift(&sgd(2)));
        prop_assert!(near(&a.div_sigma, &b.div_sigma, sample.rounding()), "{}{}", a.div_sigma, b.div_sigma);
    }

    #[test]
    fn batches_without_replacement_lose_noise(sample in sample(), batch in 1..=12_usize) {
        let rows = sample.rows.len();
        let without = sgd(batch).with_replacement(Replacement::Without);
        if batch > rows {
            prop_assert!(noise::drift(&sample.problem(), sample.theta.as_slice(), &without).is_err());
            return Ok(());
        }
        let factor = if rows == 1 { 0.0 } else { (rows - batch) as f64 / (rows - 1) as f64 };
        let (with, without) = (sample.drift(&sgd(batch)), sample.drift(&without));
        let expected = &with.v_noise * factor;
        // Products of three numbers: a few units in the last place, of each component.
        prop_assert!(near(&without.v_noise, &expected, 8.0 * f64::EPSILON * expected.norm()), "v_noise");
        prop_assert_eq!(&without.modified_term, &with.modified_term);
    }

    #[test]
    fn units_of_the_features_go_through(sample in sample(), power in -8..=8_i32) {
        let other = in_units(&sample, power);
        let (a, b) = (sample.drift(&sgd(2)), other.drift(&sgd(2)));
        // theta . x is the same to the bit, and every derivative carries one factor of the unit: exact.
        prop_assert_eq!(&b.moments.gradient, &(&a.moments.gradient * 2.0_f64.powi(power)));
        prop_assert_eq!(&b.div_sigma, &(&a.div_sigma * 2.0_f64.powi(3 * power)));
    }
}

/// Features in units of `2^-power`.
fn in_units(sample: &Sample, power: i32) -> Sample {
    let rows = sample.rows.iter().map(|(x, y)| (x * 2.0_f64.powi(power), *y)).collect();
    Sample { rows, theta: &sample.theta * 2.0_f64.powi(-power), ..sample.clone() }
}

/// Every lie is refused with room to spare: by a thousand bounds.
#[test]
fn lies_are_refused() {
    for logistic in [false, true] {
        let sample = typical(logistic);
        let (q, bound) = (quarter_turn(), 1000.0 * sample.rounding());
        let (drift, roots) = (sample.drift(&sgd(2)), sample.roots(&sgd(2)));
        let refused = |what: &str, truth: &DVector<f64>, lie: &DVector<f64>, bound: f64| {
            assert!(!near(truth, lie, bound), "{what}: {truth}{lie}");
        };
        let turned = sample.mapped(&q).drift(&sgd(2)).div_sigma;
        refused("turned the wrong way", &turned, &(q.transpose() * &drift.div_sigma), bound);
        refused("not turned", &turned, &drift.div_sigma, bound);
        refused("one half for both", &drift.moments.half_grad_tr_sigma, &drift.moments.cov_g_tr_hess, bound);

        let (smooth, bound) = (&roots.spurious.as_ref().unwrap().drift, 1000.0 * root_rounding(&roots));
        let sum = &smooth.s + &smooth.r;
        refused("div D for 2 div D", &sum, &-&drift.v_noise, bound);
        refused("S twice", &sum, &(&smooth.s * 2.0), bound);
        refused("S of the other root", &smooth.s, &roots.s_rectangular, bound);
        let there = sample.mapped(&q).roots(&sgd(2));
        refused("S not turned", &there.spurious.unwrap().drift.s, &smooth.s, bound);

        let mut unequal = sample.clone();
        unequal.rows.fill(sample.rows[0].clone());
        unequal.rows[5].0 *= 0.5;
        assert!(unequal.drift(&sgd(2)).div_sigma.norm() > 1000.0 * unequal.rounding(), "one row differs");
        assert_eq!(unequal.roots(&sgd(2)).symmetric.rank(), 1, "one row differs");

        let faster = sample.drift(&Sgd::new(0.2, 2).unwrap()).v_noise;
        refused("eta squared", &faster, &(&drift.v_noise * 4.0), 1e-12);
        let mut relabelled = sample.clone();
        relabelled.rows[0].1 = sample.rows[1].1;
        relabelled.rows[1].1 = sample.rows[0].1;
        refused(
            "targets permuted",
            &relabelled.drift(&sgd(2)).div_sigma,
            &drift.div_sigma,
            1000.0 * sample.rounding(),
        );

        let without = sample.drift(&sgd(2).with_replacement(Replacement::Without)).v_noise;
        refused("(N-n)/N", &without, &(&drift.v_noise * (4.0 / 6.0)), 8e3 * f64::EPSILON * without.norm());
        let doubled = in_units(&sample, 1).drift(&sgd(2)).div_sigma;
        refused("two factors of the unit", &doubled, &(&drift.div_sigma * 4.0), 1000.0 * sample.rounding());
    }
}
