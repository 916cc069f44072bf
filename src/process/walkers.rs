//! Walkers that keep together: each diffuses by what it finds where it is, and is drawn to their mean.
//!
//! ```text
//! coupled   dx_a = -kappa (x_a - X) dt + sqrt(2 D(x_a)) dW_a          (Ito),     X = (1/R) sum_a x_a
//! tight     dX   = (1/R) sum_a sqrt(2 D(X)) dW_a                                 kappa -> infinity
//! ```
//!
//! and fish that swim with headings in the plane, `e(phi) = (cos phi, sin phi)`:
//!
//! ```text
//! dr_a   = v(x_a) e(phi_a) dt
//! dphi_a = ( cohesion  e(phi_a) x (X - r_a)  +  alignment  e(phi_a) x (1/R) sum_b e(phi_b) ) dt + sqrt(2 turning) dW_a
//! ```
//!
//! with `a x b = a_1 b_2 - a_2 b_1`: cohesion turns a fish towards the centre `X`, alignment towards the mean heading. The
//! mean is that of the coordinates themselves; on a ring, keep them unwrapped.

use super::Sde;

/// `R` walkers on a line, drawn to their mean at the rate `kappa`.
///
/// An equation in `count` dimensions; `diffusion` is `D(x)`, at least 0.
#[allow(clippy::type_complexity, reason = "an equation has the type of its coefficients")]
pub fn coupled_walkers<D: Fn(f64) -> f64 + Sync>(
    count: usize,
    kappa: f64,
    diffusion: D,
) -> Sde<impl Fn(&[f64], &mut [f64]) + Sync, impl Fn(&[f64], &[f64], &mut [f64]) + Sync> {
    Sde::ito(
        count,
        count,
        move |x: &[f64], mu: &mut [f64]| {
            let centre = mean(x.iter().copied());
            for (mu, x) in mu.iter_mut().zip(x) {
                *mu = -kappa * (x - centre);
            }
        },
        move |x: &[f64], dw: &[f64], step: &mut [f64]| {
            for ((step, x), dw) in step.iter_mut().zip(x).zip(dw) {
                *step += (2.0 * diffusion(*x)).sqrt() * dw;
            }
        },
    )
}

/// The centre of `R` walkers that are never apart: one dimension, `count` noises.
#[allow(clippy::type_complexity, reason = "an equation has the type of its coefficients")]
pub fn tight_walkers<D: Fn(f64) -> f64 + Sync>(
    count: usize,
    diffusion: D,
) -> Sde<impl Fn(&[f64], &mut [f64]) + Sync, impl Fn(&[f64], &[f64], &mut [f64]) + Sync> {
    Sde::ito(
        1,
        count,
        |_: &[f64], mu: &mut [f64]| mu.fill(0.0),
        move |x: &[f64], dw: &[f64], step: &mut [f64]| {
            step[0] += (2.0 * diffusion(x[0])).sqrt() * mean(dw.iter().copied());
        },
    )
}

/// How fish of a school turn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct School {
    /// How many fish.
    pub count: usize,
    /// Rate of turning per distance from the centre.
    pub cohesion: f64,
    /// Rate of turning to the mean heading.
    pub alignment: f64,
    /// Rotational diffusion of a heading.
    pub turning: f64,
}

impl School {
    /// Its equation, `3 count` dimensions: first coordinate, second coordinate and heading of each fish, fish by fish.
    ///
    /// `speed` is `v(x)` of the first coordinate.
    #[allow(clippy::type_complexity, reason = "an equation has the type of its coefficients")]
    pub fn equation<V: Fn(f64) -> f64 + Sync>(
        self,
        speed: V,
    ) -> Sde<impl Fn(&[f64], &mut [f64]) + Sync, impl Fn(&[f64], &[f64], &mut [f64]) + Sync> {
        let noise = (2.0 * self.turning).sqrt();
        Sde::ito(
            3 * self.count,
            self.count,
            move |state: &[f64], mu: &mut [f64]| {
                let fish = || state.chunks_exact(3);
                let centre = [0, 1].map(|i| mean(fish().map(|f| f[i])));
                // First the headings, in the place of the velocities.
                for (mu, f) in mu.chunks_exact_mut(3).zip(fish()) {
                    (mu[1], mu[0]) = f[2].sin_cos();
                }
                let heading = [0, 1].map(|i| mean(mu.chunks_exact(3).map(|e| e[i])));
                for (mu, f) in mu.chunks_exact_mut(3).zip(fish()) {
                    let (cos, sin) = (mu[0], mu[1]);
                    mu[2] = self.cohesion * (cos * (centre[1] - f[1]) - sin * (centre[0] - f[0]))
                        + self.alignment * (cos * heading[1] - sin * heading[0]);
                    let v = speed(f[0]);
                    (mu[0], mu[1]) = (v * cos, v * sin);
                }
            },
            move |_: &[f64], dw: &[f64], step: &mut [f64]| {
                for (step, dw) in step.chunks_exact_mut(3).zip(dw) {
                    step[2] += noise * dw;
                }
            },
        )
    }
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (mut sum, mut count) = (0.0, 0.0);
    for value in values {
        sum += value;
        count += 1.0;
    }
    sum / count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coupling_moves_walkers_and_leaves_their_mean() {
        let walkers = coupled_walkers(3, 0.5, |x| x * x);
        let (mut x, mut buffer) = ([1.0, 2.0, 6.0], [0.0; 3]);
        walkers.step(&mut x, 0.1, &[0.0; 3], &mut buffer);
        for (found, exact) in x.iter().zip([1.1, 2.05, 5.85]) {
            assert!((found - exact).abs() < 1e-14, "{found}, not {exact}");
        }
        // D = x^2 at x = 2: sqrt(8) dW; and nothing else.
        let mut x = [2.0, 2.0, 2.0];
        walkers.step(&mut x, 0.1, &[0.0, 0.5, 0.0], &mut buffer);
        assert!((x[1] - 2.0 - 0.5 * 8.0_f64.sqrt()).abs() < 1e-14 && (x[0] - 2.0).abs() < 1e-14, "{x:?}");
        let tight = tight_walkers(3, |x| x * x);
        let mut centre = [2.0];
        tight.step(&mut centre, 0.1, &[0.0, 0.5, 0.0], &mut buffer);
        assert!((centre[0] - 2.0 - 8.0_f64.sqrt() / 6.0).abs() < 1e-14, "{centre:?}");
    }

    #[test]
    fn fish_turn_to_the_centre_and_to_the_others() {
        let school = School { count: 2, cohesion: 0.3, alignment: 0.0, turning: 0.0 };
        // Both head along the second axis, one to the right of the other: each turns to the other.
        let up = std::f64::consts::FRAC_PI_2;
        let start = [0.0, 0.0, up, 1.0, 0.0, up];
        let mut buffer = [0.0; 6];
        let mut state = start;
        school.equation(|x| 1.0 + x).step(&mut state, 0.1, &[0.0; 2], &mut buffer);
        for (found, exact) in state.iter().zip([0.0, 0.1, up - 0.015, 1.0, 0.2, up + 0.015]) {
            assert!((found - exact).abs() < 1e-14, "{state:?}");
        }
        let aligned = School { alignment: 2.0, cohesion: 0.0, ..school };
        let mut state = [0.0, 0.0, 0.2, 0.0, 0.0, -0.2];
        aligned.equation(|_| 0.0).step(&mut state, 0.1, &[0.0; 2], &mut buffer);
        // The mean heading is (cos 0.2, 0): each turns by -2 sin(±0.2) cos(0.2) 0.1.
        let turned = 0.2 - 0.2 * 0.2_f64.sin() * 0.2_f64.cos();
        assert!((state[2] - turned).abs() < 1e-14 && (state[5] + turned).abs() < 1e-14, "{state:?}");
    }
}
