//! Which term dominates when: the stretches of a run in which one of the three drifts is the largest.
//!
//! The three are `|G|`, `|v_noise|` and the finite-step term `|(eta/2) Hbar G|`. A number that is not finite is the largest of
//! nothing; where all are zero, or none is finite, nothing dominates.

use crate::trace::Row;

/// A term of the drift.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Term {
    Gradient,
    Noise,
    FiniteStep,
}

impl Term {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Gradient => "mean gradient |G|",
            Self::Noise => "noise-induced drift |v_noise|",
            Self::FiniteStep => "finite-step term |(eta/2) Hbar G|",
        }
    }

    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Gradient => "gradient",
            Self::Noise => "noise_induced",
            Self::FiniteStep => "finite_step",
        }
    }
}

/// Looks at a run, one after the other, at which the same term dominates; none where nothing does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stretch {
    pub(super) term: Option<Term>,
    /// Steps taken at its first and last look.
    pub(super) from: u64,
    pub(super) to: u64,
    /// Looks in it.
    pub(super) looks: usize,
}

/// The largest of the three terms.
fn dominates(row: &Row) -> Option<Term> {
    let terms = [
        (Term::Gradient, row.gradient),
        (Term::Noise, row.noise_induced),
        (Term::FiniteStep, row.finite_step),
    ];
    let of_some_size = terms.into_iter().filter(|(_, size)| size.is_finite() && *size > 0.0);
    of_some_size.max_by(|a, b| a.1.total_cmp(&b.1)).map(|(term, _)| term)
}

/// The stretches of a run, in order.
pub(super) fn stretches(rows: &[Row]) -> Vec<Stretch> {
    rows.chunk_by(|a, b| dominates(a) == dominates(b))
        .filter_map(|chunk| {
            let (first, last) = (chunk.first()?, chunk.last()?);
            Some(Stretch { term: dominates(first), from: first.step, to: last.step, looks: chunk.len() })
        })
        .collect()
}

/// Means of a ratio over the early and the late half of the steps: `|v_noise|/|G|` and `|v_noise|/|(eta/2) Hbar G|`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Ratios {
    /// At the first look.
    pub(super) first: f64,
    /// At the last.
    pub(super) last: f64,
    /// Geometric mean over the looks in the second half of the steps.
    pub(super) late: f64,
}

/// The ratio of two sizes along a run; NaN where it is not known.
pub(super) fn ratios(rows: &[Row], of: impl Fn(&Row) -> [f64; 2]) -> Ratios {
    let ratio = |row: &Row| {
        let [above, below] = of(row);
        above / below
    };
    let half = rows.last().map_or(0, |row| row.step / 2);
    let late: Vec<f64> = rows.iter().filter(|row| row.step >= half).map(|row| ratio(row).ln()).collect();
    let count = late.iter().map(|_| 1.0).sum::<f64>();
    Ratios {
        first: rows.first().map_or(f64::NAN, ratio),
        last: rows.last().map_or(f64::NAN, ratio),
        late: (late.iter().sum::<f64>() / count).exp(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(step: u64, [gradient, noise_induced, finite_step]: [f64; 3]) -> Row {
        Row {
            step,
            time: 0.0,
            loss: 0.0,
            gradient,
            noise_induced,
            variance_half: 0.0,
            covariance_half: 0.0,
            finite_step,
            alignment: 0.0,
        }
    }

    #[test]
    fn stretches_say_who_dominates_when() {
        let rows = [
            row(0, [3.0, 1.0, 2.0]),
            row(1, [2.0, 1.0, 1.0]),
            row(2, [1.0, 2.0, 1.5]),
            row(3, [1.0, 2.0, 2.5]),
            row(4, [0.0, 0.0, 0.0]),
            row(5, [f64::NAN, 1.0, f64::INFINITY]),
        ];
        let found: Vec<_> = stretches(&rows).iter().map(|s| (s.term, s.from, s.to, s.looks)).collect();
        let expected = [
            (Some(Term::Gradient), 0, 1, 2),
            (Some(Term::Noise), 2, 2, 1),
            (Some(Term::FiniteStep), 3, 3, 1),
            (None, 4, 4, 1),
            (Some(Term::Noise), 5, 5, 1),
        ];
        assert_eq!(found, expected, "each in its turn, and nothing where nothing is known");
        assert!(stretches(&[]).is_empty(), "an empty run");
    }

    #[test]
    fn ratios_are_of_the_first_the_last_and_the_late_looks() {
        let rows = [row(0, [1.0, 0.5, 1.0]), row(10, [1.0, 2.0, 1.0]), row(20, [1.0, 8.0, 1.0])];
        let found = ratios(&rows, |row| [row.noise_induced, row.gradient]);
        // A logarithm and an exponential: some roundings.
        assert!((found.late - 4.0).abs() < 1e-14 && found.first < 0.51 && found.last > 7.9, "{found:?}");
        let none = ratios(&[], |row| [row.noise_induced, row.gradient]);
        assert!(none.first.is_nan() && none.late.is_nan(), "nothing is known of no run");
    }
}
