//! One error budget for everything that is drawn in a file, by Holm's procedure.
//!
//! Every trial decides by itself at an equal share `alpha/m` of the false-alarm rate, which is the first step. Once all are
//! there, the p-values of those that made a test are walked up, and each refutation leaves a larger share for the next:
//!
//! ```text
//! p_(1) <= p_(2) <= ... <= p_(m),      (k) is refuted while p_(k) <= alpha/(m - k + 1)
//! ```
//!
//! `m` counts every trial of the file, those of statements marked `refute` too: each of them may be refuted. The probability
//! that any true claim is refuted is then at most `alpha`, whichever of the others are false and however the trials depend
//! on each other. A trial that could not be drawn, or whose draws make no test, counts as `p = 1`.
//!
//! A trial at several points of an instance has the p-value `points * min p` (Bonferroni).
//!
//! Source: S. Holm, A simple sequentially rejective multiple test procedure, Scandinavian Journal of Statistics 6 (1979).

use crate::sampling::holm;

/// The p-values of all trials adjusted for one another: `(k)` is refuted if its own is at most `alpha`.
///
/// ```text
/// adjusted_(k) = max over j <= k of min((m - j + 1) p_(j), 1)
/// ```
///
/// In the order of the trials, `m` of them in all; no test was made where there is no p-value.
pub(super) fn adjusted(p_values: &[Option<f64>], trials: usize) -> Vec<f64> {
    let mut all: Vec<f64> = p_values.iter().map(|p| p.unwrap_or(1.0)).collect();
    all.resize(trials.max(all.len()), 1.0);
    let mut adjusted = holm(&all);
    adjusted.truncate(p_values.len());
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha20Rng;

    /// Which are refuted at `alpha`, of `trials` in all.
    fn refuted(p_values: &[f64], trials: usize, alpha: f64) -> Vec<bool> {
        let all: Vec<Option<f64>> = p_values.iter().copied().map(Some).collect();
        adjusted(&all, trials).into_iter().map(|p| p <= alpha).collect()
    }

    /// All numbers are small multiples of powers of 2, so that what stands on a threshold stands on it exactly.
    #[test]
    fn the_walk_ends_at_the_first_that_does_not_pass() {
        let share = 1.0 / 4096.0;
        let alpha = 4.0 * share;
        for (what, p_values, expected) in [
            ("none", [2.0, 1.5, 3.0, 4.0], [false; 4]),
            ("all by their shares", [1.0, 0.5, 0.25, 1.0], [true; 4]),
            // Thresholds 1, 4/3, 2, 4: the equal share refutes the first alone.
            ("all by the walk", [1.0, 1.25, 2.0, 4.0], [true; 4]),
            ("in any order", [4.0, 1.25, 1.0, 2.0], [true; 4]),
            // The second does not pass, and the third, which would, is not reached.
            ("a gap", [1.0, 1.5, 1.75, 4.0], [true, false, false, false]),
            // Equal p-values pass together: 1.25 <= 4/3 and 1.25 <= 2; or not: 1.5 > 4/3.
            ("ties that pass", [1.25, 1.0, 1.25, 5.0], [true, true, true, false]),
            ("ties that do not", [1.5, 1.0, 1.5, 5.0], [false, true, false, false]),
        ] {
            let p_values = p_values.map(|p| p * share);
            assert_eq!(refuted(&p_values, 4, alpha), expected, "{what}");
        }
    }

    #[test]
    fn trials_without_a_test_count_and_are_not_refuted() {
        let alpha = 1.0 / 1024.0;
        let found = adjusted(&[Some(alpha / 4.0), None, Some(alpha / 2.0)], 4);
        assert_eq!(found, [alpha, 1.0, 1.5 * alpha], "of 4 trials, one not reached");
        assert_eq!(adjusted(&[], 3), [0.0; 0], "nothing was drawn");
        assert_eq!(adjusted(&[Some(f64::NAN)], 1), [1.0], "NaN is no evidence");
    }

    /// Independent p-values, uniform where the claim is true and tiny where it is false. The rate of any false alarm is at
    /// most alpha: more than 4 standard errors above it in one of 4 settings happens with probability 1.3e-4.
    #[test]
    fn the_rate_of_any_false_alarm_is_at_most_alpha() {
        const FILES: u32 = 20_000;
        const TRIALS: usize = 10;
        let alpha = 0.05;
        let allowed = alpha + 4.0 * (alpha * (1.0 - alpha) / f64::from(FILES)).sqrt();
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        for wrong in [0, 3, 7, 9] {
            let (mut alarms, mut seen) = (0_u32, 0_u32);
            for _ in 0..FILES {
                let mut draw =
                    |k: usize| rng.random::<f64>() * if k < wrong { 2.0 * alpha / 10.0 } else { 1.0 };
                let p_values: Vec<f64> = (0..TRIALS).map(&mut draw).collect();
                let found = refuted(&p_values, TRIALS, alpha);
                alarms += u32::from(found[wrong..].contains(&true));
                let share = alpha / 10.0;
                seen += u32::from((0..wrong).any(|k| found[k] && p_values[k] > share));
            }
            let rate = f64::from(alarms) / f64::from(FILES);
            assert!(rate <= allowed, "{wrong} of {TRIALS} false: {rate} is above {alpha}");
            assert_eq!(seen > 0, wrong > 0, "the further steps see more than the equal share");
        }
    }
}
