//! The window estimators of a noise-induced drift, and the draws they need.
//!
//! Noise part of a step: `xi(theta) = step - E[step | theta]`; window `phi = Normal(theta0, h^2 I)`; `delta = theta - theta0`.
//!
//! ```text
//! A_s = E_{theta ~ phi} E_xi[ (phi(theta + s xi)/phi(theta) - 1) xi ]                       the mean step, seen from s
//! L_s = E_{theta ~ phi} E_xi[ -s (xi . delta)/h^2 xi ]                                      its first order in s
//! ```
//!
//! **`L_s` has no bias at any order.** `-delta_j/h^2 phi = d_j phi`, so with one integration by parts, for every `h` and
//! every distribution of `xi` with two moments,
//!
//! ```text
//! L_s,i = s int (d_j phi) E[xi_i xi_j] dtheta = -s phi * d_j E[xi_i xi_j] = -2 s dt phi * (div D)_i
//! ```
//!
//! (`phi *` is the average over the window). `A_s` expands as
//! `sum_{k>=1} ((-s)^k/k!) phi * d_{j1..jk} E[xi_i xi_j1 .. xi_jk]`: its first term is `L_s`, its second the third-moment
//! term. So the bias of `A_s` against the drift is `A_s - L_s` to all orders, and it is *measured*, over the
//! same draws. The drift is tested by `L_s`, which is `A_s` less that measured bias; what is reported is all three. No
//! derivative of anything enters `L_s`: it is an average over real steps, and it is linear in `s`, `eta` and `1/n`
//! as the drift is, so that a lost factor or sign in any of them is seen.
//!
//! **Pairs.** Each draw looks at `theta0 + delta` and `theta0 - delta` with the same random choices, which removes the
//! part of `xi` that does not depend on `theta` and with it the `1/h^2` in the variance. **Several steps a draw.** The
//! costly part of a draw is `E[step | theta]`, a pass over all data; several batches share it. A draw is then the mean
//! over a pair and over `steps` batches, and draws are independent and identically distributed.
//!
//! **Source.** At `s = 0` the control variate `-1` would leave nothing; it is left out, and `A_0 = L_0 = E[xi]`, whose
//! expectation is 0: a test that `E[step]` is what it is said to be, with the power that it has.
//!
//! **Comparison.** The claimed `-div D` is averaged over the same draws of `theta`, times `2 s`; the test is made of the
//! differences draw by draw, so that smoothing by the window cancels exactly.

use super::moments::{Covariance, Moments};
use super::stream::{Stream, Streams, Use};
use super::{Plan, SamplingError};
use crate::convention::Viewpoint;
use crate::process::Noise;
use nalgebra::{DMatrix, DVector};
use rand::Rng;
use rand_distr::{Distribution, StandardNormal};

/// Draws that share a stream.
pub(super) const DRAWS: usize = 16;

/// The longest vector that is tested as it is; longer ones are projected.
const LONGEST: usize = 64;

/// Directions that a longer vector is projected onto.
const DIRECTIONS: usize = 32;

/// What blocks of draws have seen; drifts in a unit of their size.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    /// `A_s/dt`
    pub(super) conditional: Moments,
    /// `L_s/dt`
    pub(super) first_order: Moments,
    /// `(A_s - L_s)/dt`
    pub(super) higher_orders: Moments,
    /// `2 s` times the claimed drift.
    pub(super) claimed: Moments,
    /// `L_s/dt` less the claim.
    pub(super) difference: Moments,
    /// The same, along the tested directions.
    pub(super) tested: Covariance,
    /// `|xi|^2`, mean over the steps of a draw.
    pub(super) noise: Moments,
    /// The largest component of any `xi`.
    pub(super) largest: f64,
    /// The largest rounding error that a component of a `xi` may have.
    pub(super) rounding: f64,
    /// The largest component of the claim at any point, times `2 s`.
    pub(super) largest_claim: f64,
}

impl Seen {
    pub(super) fn new(dim: usize, tested: usize) -> Self {
        let moments = Moments::new(dim);
        Self {
            conditional: moments.clone(),
            first_order: moments.clone(),
            higher_orders: moments.clone(),
            claimed: moments.clone(),
            difference: moments,
            tested: Covariance::new(tested),
            noise: Moments::new(1),
            largest: 0.0,
            rounding: 0.0,
            largest_claim: 0.0,
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.conditional.merge(&other.conditional);
        self.first_order.merge(&other.first_order);
        self.higher_orders.merge(&other.higher_orders);
        self.claimed.merge(&other.claimed);
        self.difference.merge(&other.difference);
        self.tested.merge(&other.tested);
        self.noise.merge(&other.noise);
        self.largest = self.largest.max(other.largest);
        self.rounding = self.rounding.max(other.rounding);
        self.largest_claim = self.largest_claim.max(other.largest_claim);
    }

    pub(super) fn draws(&self) -> u64 {
        self.tested.count()
    }

    /// `E|xi|^2` over the window.
    pub(super) fn noise_variance(&self) -> f64 {
        self.noise.mean()[0]
    }
}

/// The directions along which a vector of `dim` components is tested: orthonormal rows, or nothing for all of it.
///
/// Long vectors are tested along the given directions (of the exact drift) and random ones, all chosen before any draw
/// is seen, since a covariance matrix of more dimensions than draws cannot be inverted.
pub(super) fn directions(dim: usize, plan: &Plan, hints: &[DVector<f64>]) -> Option<DMatrix<f64>> {
    if dim <= LONGEST {
        return None;
    }
    let mut stream = Streams::new(plan.seed, Use::Directions).at_point(plan.point).block(0);
    let mut rows: Vec<DVector<f64>> = Vec::with_capacity(DIRECTIONS);
    let random = std::iter::repeat_with(|| normal_vector(dim, &mut stream));
    for candidate in hints.iter().filter(|hint| hint.len() == dim).cloned().chain(random) {
        let length = candidate.norm();
        if !(length > 0.0 && length.is_finite()) {
            continue;
        }
        let mut left = candidate / length;
        for row in &rows {
            let along = row.dot(&left);
            left.axpy(-along, row, 1.0);
        }
        let length = left.norm();
        // A hint within a millionth of the span of earlier ones adds nothing but rounding errors.
        if length > 1e-6 {
            rows.push(left / length);
        }
        if rows.len() == DIRECTIONS {
            break;
        }
    }
    Some(DMatrix::from_fn(rows.len(), dim, |i, j| rows[i][j]))
}

fn normal_vector(dim: usize, generator: &mut impl Rng) -> DVector<f64> {
    DVector::from_iterator(dim, (0..dim).map(|_| StandardNormal.sample(generator)))
}

/// Draws blocks: the plan, the point, and buffers.
pub(super) struct Drawer<'a, N, C> {
    pub(super) plan: &'a Plan,
    pub(super) centre: &'a [f64],
    pub(super) directions: Option<&'a DMatrix<f64>>,
    /// The drift, per unit time, that moments are kept in.
    pub(super) unit: f64,
    pub(super) noise: N,
    pub(super) claimed: C,
}

impl<N, C, E> Drawer<'_, N, C>
where
    N: Noise,
    C: Fn(&[f64]) -> Result<DVector<f64>, E>,
    E: From<N::Error> + From<SamplingError>,
{
    /// `draws` draws from one stream.
    pub(super) fn block(&mut self, stream: &mut Stream, draws: usize) -> Result<Seen, E> {
        let dim = self.centre.len();
        let mut seen = Seen::new(dim, self.directions.map_or(dim, DMatrix::nrows));
        for _ in 0..draws {
            self.draw(stream, &mut seen)?;
        }
        Ok(seen)
    }

    fn draw(&mut self, stream: &mut Stream, seen: &mut Seen) -> Result<(), E> {
        let (dim, h) = (self.centre.len(), self.plan.width);
        let mut delta: DVector<f64> = normal_vector(dim, stream) * h;
        self.noise.draw(self.plan.steps, stream);
        let mut xi = vec![0.0; self.plan.steps * dim];
        let mut sums = Sums::new(dim);
        for _ in 0..2 {
            delta.neg_mut();
            let theta: Vec<f64> = self.centre.iter().zip(&delta).map(|(c, d)| c + d).collect();
            self.noise.noises(&theta, &mut xi)?;
            seen.rounding = seen.rounding.max(self.noise.rounding());
            for xi in xi.chunks_exact(dim) {
                sums.add(self.plan.viewpoint, h, delta.as_slice(), xi);
            }
            let claimed = (self.claimed)(&theta)?;
            if claimed.len() != dim {
                return Err(SamplingError::ClaimLength { found: claimed.len(), expected: dim }.into());
            }
            let largest = claimed.amax() * 2.0 * self.plan.viewpoint.fraction() / self.unit;
            seen.largest_claim = seen.largest_claim.max(largest);
            sums.claimed += claimed;
        }
        #[allow(clippy::cast_precision_loss, reason = "steps of a draw are few")]
        let steps = 2.0 * self.plan.steps as f64;
        let time = steps * self.noise.time_step();
        let conditional = sums.conditional / time / self.unit;
        let first_order = sums.first_order / time / self.unit;
        let claimed = sums.claimed * self.plan.viewpoint.fraction() / self.unit;
        let difference = &first_order - &claimed;
        if !difference.iter().chain(&conditional).all(|x| x.is_finite()) {
            return Err(SamplingError::NotFinite { draw: seen.draws() }.into());
        }
        seen.higher_orders.push((&conditional - &first_order).as_slice());
        seen.conditional.push(conditional.as_slice());
        seen.first_order.push(first_order.as_slice());
        seen.claimed.push(claimed.as_slice());
        seen.difference.push(difference.as_slice());
        seen.noise.push(&[sums.square / steps]);
        seen.largest = seen.largest.max(sums.largest);
        match self.directions {
            Some(directions) => seen.tested.push(&(directions * difference)),
            None => seen.tested.push(&difference),
        }
        Ok(())
    }
}

/// Sums over the steps of one draw.
struct Sums {
    conditional: DVector<f64>,
    first_order: DVector<f64>,
    claimed: DVector<f64>,
    square: f64,
    largest: f64,
}

impl Sums {
    fn new(dim: usize) -> Self {
        let zero = DVector::zeros(dim);
        Self {
            conditional: zero.clone(),
            first_order: zero.clone(),
            claimed: zero,
            square: 0.0,
            largest: 0.0,
        }
    }

    /// Adds `weight xi` for one step looked at from `theta0 + delta`, with both weights:
    ///
    /// ```text
    /// phi(theta + s xi)/phi(theta) - 1 = exp(a - s^2 |xi|^2/(2 h^2)) - 1,       a = -s (xi . delta)/h^2
    /// ```
    fn add(&mut self, viewpoint: Viewpoint, h: f64, delta: &[f64], xi: &[f64]) {
        let s = viewpoint.fraction();
        let (mut along, mut square) = (0.0, 0.0);
        for (x, d) in xi.iter().zip(delta) {
            along += x * d;
            square += x * x;
            self.largest = self.largest.max(x.abs());
        }
        let (first, full) = match viewpoint {
            Viewpoint::Source => (1.0, 1.0),
            Viewpoint::Midpoint | Viewpoint::Destination => {
                let first = -s * along / (h * h);
                (first, (first - s * s * square / (2.0 * h * h)).exp_m1())
            }
        };
        self.square += square;
        for (i, x) in xi.iter().enumerate() {
            self.first_order[i] += first * x;
            self.conditional[i] += full * x;
        }
    }
}
