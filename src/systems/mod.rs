//! The gallery: systems whose noise depends on the place, each with its exact answer, its simulation and its verdict.
//!
//! One file a system. A [`System`] says what it is about and which parameters it has; [`System::run`] computes the exact
//! answers, simulates, and returns an [`Outcome`]: findings with verdicts, figures as data, and the statements that it
//! decides. What is compared with what is said by the [`Evidence`] of each [`Finding`]:
//!
//! | evidence | the finding holds if |
//! |---|---|
//! | identity | two exact routes agree to rounding, within a stated bound |
//! | simulated | an estimate and the exact value differ by chance only, and an error of the size that matters would have been seen |
//! | misreading | the value that a wrong convention gives is refuted by the estimate, at five standard errors or more |
//! | order | a fitted order of convergence has the stated value within its error |
//! | measured | nothing is claimed: a number with its interval, reported as it comes out |
//!
//! The verdict of a system is the worst of its findings ([`Outcome::verdict`]). Everything is the same for the same seed
//! and any number of threads.

mod affine;
mod birth_death;
mod diode_resistor;
mod epochs;
mod flat_minima;
mod gated;
mod gradient_hacking;
mod implicit_regularisation;
mod label_noise;
mod least_rattling;
mod loose_parallel;
mod many_steps;
mod modularity;
mod notebook;
mod paths;
mod pollen;
mod rock_pile;
mod swarm;
mod training_run;
mod variance;

use crate::sampling::Estimate;
use std::collections::BTreeMap;
use std::sync::Arc;
use thiserror::Error;

/// A physical or numerical parameter of a system.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Parameter {
    /// Its name as an option of the program, such as `kappa`.
    pub name: &'static str,
    /// What it is.
    pub meaning: &'static str,
    /// Its unit; empty for a pure number.
    pub unit: &'static str,
    /// Its value unless another is given.
    pub default: f64,
    /// The least value it takes.
    pub least: f64,
    /// The greatest.
    pub greatest: f64,
    /// Whether it is a whole number.
    pub whole: bool,
}

/// Values of parameters, seed and thoroughness of one run; checked against a system's parameters by [`System::run`].
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    given: BTreeMap<String, f64>,
    /// Seed of everything random.
    pub seed: u64,
    /// Whether fewer draws are enough, for a first look: error bars are about three times as wide.
    pub quick: bool,
}

impl Default for Settings {
    /// Every parameter at its default, seed 1, thorough.
    fn default() -> Self {
        Self { given: BTreeMap::new(), seed: 1, quick: false }
    }
}

impl Settings {
    /// The same with one parameter set.
    #[must_use]
    pub fn with(mut self, name: &str, value: f64) -> Self {
        self.given.insert(name.to_owned(), value);
        self
    }

    /// The same with another seed.
    #[must_use]
    pub fn with_seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// The same, with fewer draws.
    #[must_use]
    pub fn with_quick(self, quick: bool) -> Self {
        Self { quick, ..self }
    }
}

/// Why a system cannot be run.
#[derive(Debug, Clone, Error)]
#[non_exhaustive]
pub enum SystemError {
    /// No system has this name.
    #[error("no system is called \"{name}\"; there are {}", known.join(", "))]
    Unknown {
        /// The name given.
        name: String,
        /// The names there are.
        known: Vec<&'static str>,
    },
    /// The system has no such parameter.
    #[error("\"{system}\" has no parameter \"{name}\"; it has {}", known.join(", "))]
    NoParameter {
        /// The system.
        system: &'static str,
        /// The name given.
        name: String,
        /// The names there are.
        known: Vec<&'static str>,
    },
    /// A value is out of its range.
    #[error("{name} is {found}; it is {kind} from {least} to {greatest}")]
    OutOfRange {
        /// The parameter.
        name: &'static str,
        /// The value given.
        found: f64,
        /// A number or a whole number.
        kind: &'static str,
        /// The least value.
        least: f64,
        /// The greatest value.
        greatest: f64,
    },
    /// Values that are in range each do not go together.
    #[error("{0}")]
    Together(&'static str),
    /// Something could not be computed.
    #[error("{what}: {source}")]
    Computation {
        /// What was computed.
        what: &'static str,
        /// Why it failed.
        source: Arc<dyn std::error::Error + Send + Sync>,
    },
}

/// Parameters whose values have been checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Values {
    values: BTreeMap<&'static str, f64>,
    /// Seed of everything random.
    pub seed: u64,
    /// Whether fewer draws are enough.
    pub quick: bool,
}

impl Values {
    /// The value of a parameter of the system.
    #[must_use]
    pub fn get(&self, name: &str) -> f64 {
        self.values.get(name).copied().unwrap_or(f64::NAN)
    }
}

/// What a finding rests on.
#[derive(Debug, Clone, PartialEq)]
pub enum Evidence {
    /// Two exact routes.
    Identity {
        /// One.
        left: f64,
        /// The other.
        right: f64,
        /// The largest difference that rounding or truncation explains.
        bound: f64,
    },
    /// A simulation beside an exact value.
    Simulated {
        /// The exact value.
        exact: f64,
        /// The estimate.
        estimate: Estimate,
        /// The smallest error of the exact value that matters; it must be detectable.
        matters: f64,
    },
    /// A simulation beside the value of a wrong reading, which it must refute.
    Misreading {
        /// The value that the wrong reading gives.
        wrong: f64,
        /// The estimate.
        estimate: Estimate,
    },
    /// A fitted order of convergence.
    Order {
        /// The order that is claimed.
        claimed: f64,
        /// The order fitted.
        fitted: f64,
        /// The largest deviation that the fit's own error and the next order explain.
        bound: f64,
    },
    /// A number with its standard error, and nothing claimed of it.
    Measured(Estimate),
}

/// Standard errors by which a misreading must miss the estimate.
pub const REFUTED_AT: f64 = 5.0;

/// Standard errors within which an exact value must lie: a false-alarm rate of 6e-5 a finding.
pub const CONSISTENT_WITHIN: f64 = 4.0;

/// What came out of a finding or a system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Found {
    /// A number was measured and nothing claimed.
    Measured,
    /// It holds.
    Holds,
    /// Too little was seen to say.
    Inconclusive,
    /// It fails.
    Fails,
}

impl Evidence {
    /// What it says, by the table of the module's page. Numbers that are not finite make it inconclusive.
    #[must_use]
    pub fn found(&self) -> Found {
        let yes = |holds: bool| if holds { Found::Holds } else { Found::Fails };
        match self {
            Self::Identity { left, right, bound } | Self::Order { claimed: left, fitted: right, bound } => {
                if [left, right, bound].iter().any(|x| !x.is_finite()) {
                    return Found::Inconclusive;
                }
                yes((left - right).abs() <= *bound)
            }
            Self::Simulated { exact, estimate, matters } => {
                let error = estimate.standard_error;
                if [*exact, estimate.value, error, *matters].iter().any(|x| !x.is_finite()) {
                    Found::Inconclusive
                } else if (estimate.value - exact).abs() > CONSISTENT_WITHIN * error {
                    Found::Fails
                } else if estimate.detectable <= *matters {
                    Found::Holds
                } else {
                    Found::Inconclusive
                }
            }
            Self::Misreading { wrong, estimate } => {
                let error = estimate.standard_error;
                if [*wrong, estimate.value, error].iter().any(|x| !x.is_finite()) {
                    Found::Inconclusive
                } else if (estimate.value - wrong).abs() >= REFUTED_AT * error && error > 0.0 {
                    Found::Holds
                } else {
                    Found::Inconclusive
                }
            }
            Self::Measured(estimate) => {
                let finite = estimate.value.is_finite() && estimate.standard_error.is_finite();
                if finite { Found::Measured } else { Found::Inconclusive }
            }
        }
    }
}

/// One thing that a system shows.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// What it is, in a few words, with the symbol: "mean voltage `E[V]`, both at temperature 1".
    pub what: String,
    /// Unit of the numbers; empty for pure numbers.
    pub unit: &'static str,
    /// What it rests on.
    pub evidence: Evidence,
}

/// What a system says of a statement of the discussion.
#[derive(Debug, Clone, PartialEq)]
pub struct StatementVerdict {
    /// Its id, such as `B4`.
    pub id: &'static str,
    /// The verdict in words: true, false, measured, with its conditions.
    pub verdict: String,
    /// Numbers, counted from 0, of the findings that it rests on; all of them must hold.
    pub findings: Vec<usize>,
}

/// A curve, points with error bars, or bars, as data.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// Its name in the legend.
    pub name: String,
    /// How it is drawn.
    pub style: Style,
    /// Points: x and y in the units of the axes.
    pub points: Vec<(f64, f64)>,
    /// Standard errors of y, one a point, or none at all.
    pub errors: Vec<f64>,
}

/// How a series is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// A line through the points: exact answers.
    Line,
    /// A dashed line: wrong readings.
    Dashed,
    /// Single points with error bars: simulations.
    Points,
}

/// A figure as data; a report draws it.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// What is to be seen.
    pub title: String,
    /// Name and unit of the horizontal axis.
    pub x_axis: String,
    /// Name and unit of the vertical axis.
    pub y_axis: String,
    /// Whether the axes are logarithmic: horizontal, vertical.
    pub logarithmic: (bool, bool),
    /// What is drawn.
    pub series: Vec<Series>,
}

/// What a run of a system showed.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// Its findings, in the order in which they are to be read.
    pub findings: Vec<Finding>,
    /// Its figures.
    pub figures: Vec<Figure>,
    /// The statements that it decides.
    pub statements: Vec<StatementVerdict>,
}

impl Outcome {
    /// The worst of the findings; inconclusive without any.
    #[must_use]
    pub fn verdict(&self) -> Found {
        self.findings.iter().map(|finding| finding.evidence.found()).max().unwrap_or(Found::Inconclusive)
    }
}

/// A system of the gallery.
#[derive(Debug, Clone, Copy)]
pub struct System {
    /// Its name for the program, such as `birth-death`.
    pub name: &'static str,
    /// A title of a few words.
    pub title: &'static str,
    /// What is claimed, in a sentence or two, with formulas.
    pub claim: &'static str,
    /// What it teaches, in one paragraph.
    pub teaches: &'static str,
    /// Its parameters.
    pub parameters: &'static [Parameter],
    simulate: fn(&Values) -> Result<Outcome, SystemError>,
}

/// All systems, in the order in which they are to be read.
#[rustfmt::skip]
static GALLERY: &[System] = &[
    pollen::SYSTEM,
    birth_death::SYSTEM,
    rock_pile::SYSTEM,
    diode_resistor::SYSTEM,
    swarm::SYSTEM,
    loose_parallel::SYSTEM,
    flat_minima::SYSTEM,
    label_noise::SYSTEM,
    gradient_hacking::SYSTEM,
    variance::SYSTEM,
    implicit_regularisation::SYSTEM,
    least_rattling::SYSTEM,
    training_run::SYSTEM,
    modularity::SYSTEM,
];

/// All systems, in the order in which they are to be read.
#[must_use]
pub fn gallery() -> &'static [System] {
    GALLERY
}

/// The system with this name.
///
/// # Errors
/// There is none.
pub fn system(name: &str) -> Result<&'static System, SystemError> {
    gallery().iter().find(|system| system.name == name).ok_or_else(|| SystemError::Unknown {
        name: name.to_owned(),
        known: gallery().iter().map(|system| system.name).collect(),
    })
}

impl System {
    /// Runs it, in the current thread pool.
    ///
    /// # Errors
    /// A parameter is unknown or out of range, values do not go together, or something could not be computed.
    pub fn run(&self, settings: &Settings) -> Result<Outcome, SystemError> {
        (self.simulate)(&self.check(settings)?)
    }

    /// The values of all parameters, those that are not given at their defaults.
    ///
    /// # Errors
    /// A parameter is unknown or out of range. Whether values go together is seen when it is run.
    pub fn check(&self, settings: &Settings) -> Result<Values, SystemError> {
        let mut values: BTreeMap<&'static str, f64> =
            self.parameters.iter().map(|p| (p.name, p.default)).collect();
        for (name, &found) in &settings.given {
            let parameter =
                self.parameters.iter().find(|p| p.name == name).ok_or_else(|| SystemError::NoParameter {
                    system: self.name,
                    name: name.clone(),
                    known: self.parameters.iter().map(|p| p.name).collect(),
                })?;
            let Parameter { name, least, greatest, whole, .. } = *parameter;
            let fits =
                found.is_finite() && found >= least && found <= greatest && (!whole || found.fract() == 0.0);
            if !fits {
                let kind = if whole { "a whole number" } else { "a number" };
                return Err(SystemError::OutOfRange { name, found, kind, least, greatest });
            }
            values.insert(name, found);
        }
        Ok(Values { values, seed: settings.seed, quick: settings.quick })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn estimate(value: f64, standard_error: f64) -> Estimate {
        Estimate { value, standard_error, draws: 100, seed: 1, detectable: 5.0 * standard_error }
    }

    #[test]
    fn evidence_says_what_the_table_says() {
        let simulated = |exact, value, error, matters| {
            Evidence::Simulated { exact, estimate: estimate(value, error), matters }.found()
        };
        assert_eq!(
            simulated(1.0, 1.03, 0.01, 0.5),
            Found::Holds,
            "three standard errors off, and power enough"
        );
        assert_eq!(simulated(1.0, 1.05, 0.01, 0.5), Found::Fails, "five standard errors off");
        assert_eq!(
            simulated(1.0, 1.1, 0.2, 0.5),
            Found::Inconclusive,
            "an error of 0.5 could not have been seen"
        );
        assert_eq!(simulated(1.0, f64::NAN, 0.2, 0.5), Found::Inconclusive, "not a number");
        let misreading = |wrong| Evidence::Misreading { wrong, estimate: estimate(1.0, 0.1) }.found();
        assert_eq!(misreading(1.6), Found::Holds, "six standard errors off");
        assert_eq!(misreading(1.4), Found::Inconclusive, "four");
        let identity = |right| Evidence::Identity { left: 1.0, right, bound: 1e-12 }.found();
        assert_eq!(
            (identity(1.0), identity(1.1)),
            (Found::Holds, Found::Fails),
            "within and beyond rounding"
        );
        assert_eq!(identity(f64::INFINITY), Found::Inconclusive, "not finite");
    }

    #[test]
    fn the_verdict_is_the_worst_finding() {
        let finding = |evidence| Finding { what: String::new(), unit: "", evidence };
        let good = finding(Evidence::Identity { left: 1.0, right: 1.0, bound: 0.0 });
        let bad = finding(Evidence::Identity { left: 1.0, right: 2.0, bound: 0.0 });
        let measured = finding(Evidence::Measured(estimate(1.0, 0.1)));
        let outcome = |findings| Outcome { findings, figures: Vec::new(), statements: Vec::new() };
        assert_eq!(
            outcome(vec![good.clone(), measured.clone()]).verdict(),
            Found::Holds,
            "good and measured"
        );
        assert_eq!(outcome(vec![good, bad, measured]).verdict(), Found::Fails, "one fails");
        assert_eq!(outcome(Vec::new()).verdict(), Found::Inconclusive, "none");
    }
}
