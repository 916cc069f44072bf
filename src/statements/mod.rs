//! The statements under discussion, each with its verdict and what the verdict rests on.
//!
//! "SGD drifts from high noise to low noise": what was said for it and against it is a table of statements
//! ([`table`]), in our words, each with the answer that the mathematics gives and the conditions of it. The table only
//! says what is owed. A row has its verdict if everything that it names comes out:
//!
//! | evidence | comes out if |
//! |---|---|
//! | a system of the gallery ([`systems`](crate::systems)) | it says something of the statement, and all findings that it rests on hold; where nothing is only measured, at least one is more than a measured number |
//! | a claim of a derivation ([`check`]) | it is proved |
//! | a refuted formula of a derivation | it is refuted |
//!
//! Whatever is missing, undecided, inconclusive or otherwise than claimed leaves the row undecided, with the reason. The
//! derivations are part of the program ([`derivations`]); the outcomes of the systems are handed in ([`verdicts`]).

mod table;

pub use table::table;

use crate::check::{self, CheckError, Checkup, Level, Options};
use crate::expression::{Expected, Statement as Text};
use crate::systems::{Found, Outcome};
use std::collections::BTreeSet;

/// The answer to a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// It is true.
    True,
    /// It is true where its conditions hold, and false elsewhere.
    TrueWhere,
    /// It is false.
    False,
    /// A question to be measured: the answer is a number.
    Measured,
    /// A conjecture, and an experiment that is reported as it comes out.
    Conjecture,
}

impl Answer {
    /// In words.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::True => "true",
            Self::TrueWhere => "true under conditions",
            Self::False => "false",
            Self::Measured => "measured",
            Self::Conjecture => "conjecture",
        }
    }

    /// Whether a number that was only measured is answer enough.
    fn may_be_measured(self) -> bool {
        match self {
            Self::True | Self::TrueWhere | Self::False => false,
            Self::Measured | Self::Conjecture => true,
        }
    }
}

/// Claims of one derivation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claims {
    /// The file, such as `derivations/sgd-bias.md`.
    pub file: &'static str,
    /// Names of claims that must be proved.
    pub holds: &'static [&'static str],
    /// Names of formulas that must be refuted.
    pub fails: &'static [&'static str],
}

/// A statement with the verdict that is owed, and what that rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Statement {
    /// Its id, such as `B4`.
    pub id: &'static str,
    /// What is said.
    pub said: &'static str,
    /// The answer.
    pub answer: Answer,
    /// Under which conditions, or why.
    pub conditions: &'static str,
    /// Names of the systems that must bear it out.
    pub systems: &'static [&'static str],
    /// Claims that must come out.
    pub claims: &'static [Claims],
}

/// Something that came out as a verdict needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Support {
    /// A system bears it out.
    System {
        /// Its name.
        name: &'static str,
        /// What it says, with its numbers.
        words: String,
        /// What the findings are that this rests on.
        findings: Vec<String>,
    },
    /// A claim is proved, or a formula refuted.
    Claim {
        /// File and name, such as `derivations/sgd-bias.md#mean_step`.
        address: String,
        /// The verdict: proved or refuted.
        word: &'static str,
    },
}

/// How a row is settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// By proofs and refutations for all smooth functions.
    Proved,
    /// By systems: exact answers beside simulations.
    Simulated,
    /// By both.
    Both,
    /// Not at all: something is missing or not as claimed.
    Undecided,
}

impl Settled {
    /// In words.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Proved => "proved",
            Self::Simulated => "simulated",
            Self::Both => "proved and simulated",
            Self::Undecided => "undecided",
        }
    }
}

/// A statement with what is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The statement.
    pub statement: &'static Statement,
    /// What came out as it must.
    pub support: Vec<Support>,
    /// What did not, and why; the row is decided only if this is empty.
    pub missing: Vec<String>,
}

impl Row {
    /// What settles it. Undecided if anything is missing, or if there is nothing at all.
    #[must_use]
    pub fn settled(&self) -> Settled {
        let any = |wanted: fn(&Support) -> bool| self.support.iter().any(wanted);
        let proved = any(|support| matches!(support, Support::Claim { .. }));
        let simulated = any(|support| matches!(support, Support::System { .. }));
        match (self.missing.is_empty(), proved, simulated) {
            (true, true, true) => Settled::Both,
            (true, true, false) => Settled::Proved,
            (true, false, true) => Settled::Simulated,
            (true, false, false) | (false, _, _) => Settled::Undecided,
        }
    }

    /// The answer, if it is settled.
    #[must_use]
    pub fn answer(&self) -> Option<Answer> {
        (self.settled() != Settled::Undecided).then_some(self.statement.answer)
    }
}

/// The statement with this id.
#[must_use]
pub fn statement(id: &str) -> Option<&'static Statement> {
    table().iter().find(|statement| statement.id == id)
}

/// Checks the derivations that the table names, by proof alone: their texts are part of the program, and the data of their
/// instances need not be at hand.
///
/// # Errors
/// One of them has no meaning.
pub fn derivations(options: &Options<'_>) -> Result<Vec<Checkup>, CheckError> {
    let named: BTreeSet<&str> =
        table().iter().flat_map(|statement| statement.claims).map(|claims| claims.file).collect();
    let options = options.with_level(Level::Proof);
    let texts = table::DERIVATIONS.iter().filter(|(file, _)| named.contains(file));
    texts.map(|(file, text)| check::text(file, text, &options)).collect()
}

/// The verdict on each statement of the table, from outcomes of systems by their names and from checked derivations.
///
/// A system that was run more than once must bear a statement out each time.
#[must_use]
pub fn verdicts(outcomes: &[(&str, &Outcome)], derivations: &[Checkup]) -> Vec<Row> {
    let row = |statement: &'static Statement| {
        let mut row = Row { statement, support: Vec::new(), missing: Vec::new() };
        for name in statement.systems {
            row.ask_system(name, outcomes);
        }
        for claims in statement.claims {
            row.ask_derivation(claims, derivations);
        }
        row
    };
    table().iter().map(row).collect()
}

impl Row {
    fn ask_system(&mut self, name: &'static str, outcomes: &[(&str, &Outcome)]) {
        let mut runs = outcomes.iter().filter(|(system, _)| *system == name).peekable();
        if runs.peek().is_none() {
            self.missing.push(format!("{name} was not run"));
        }
        for (_, outcome) in runs {
            match borne_out(self.statement, name, outcome) {
                Ok(mut support) => self.support.append(&mut support),
                Err(why) => self.missing.push(format!("{name}: {why}")),
            }
        }
    }

    fn ask_derivation(&mut self, claims: &Claims, derivations: &[Checkup]) {
        let file = claims.file;
        let Some(checkup) = derivations.iter().find(|checkup| &*checkup.name == file) else {
            self.missing.push(format!("{file} was not checked"));
            return;
        };
        let holds = claims.holds.iter().map(|name| (*name, Expected::Holds));
        let fails = claims.fails.iter().map(|name| (*name, Expected::Fails));
        for (name, expected) in holds.chain(fails) {
            match as_expected(checkup, name, expected) {
                Ok(word) => self.support.push(Support::Claim { address: format!("{file}#{name}"), word }),
                Err(why) => self.missing.push(format!("{file}#{name} {why}")),
            }
        }
    }
}

/// What a run of a system says of a statement, or why it does not bear it out.
fn borne_out(statement: &Statement, name: &'static str, outcome: &Outcome) -> Result<Vec<Support>, String> {
    let mut supports = Vec::new();
    for said in outcome.statements.iter().filter(|said| said.id == statement.id) {
        let (mut findings, mut held) = (Vec::new(), false);
        for &number in &said.findings {
            let finding =
                outcome.findings.get(number).ok_or_else(|| format!("there is no finding {number}"))?;
            match finding.evidence.found() {
                Found::Holds => held = true,
                Found::Measured => {}
                Found::Inconclusive => return Err(format!("inconclusive: {}", finding.what)),
                Found::Fails => return Err(format!("fails: {}", finding.what)),
            }
            findings.push(finding.what.clone());
        }
        if findings.is_empty() {
            return Err("its verdict rests on nothing".to_owned());
        }
        if !held && !statement.answer.may_be_measured() {
            return Err("its numbers are only measured".to_owned());
        }
        supports.push(Support::System { name, words: said.verdict.clone(), findings });
    }
    if supports.is_empty() { Err("it says nothing of this".to_owned()) } else { Ok(supports) }
}

/// The verdict of a claim of a derivation, or why it is not the one that is expected.
fn as_expected(checkup: &Checkup, name: &str, expected: Expected) -> Result<&'static str, String> {
    let mut named = checkup.statements.iter().filter(|checked| checked.name() == name);
    let checked = named.next().ok_or("is not there, or was not reached")?;
    let Text::Claim(claim) = &checked.statement else {
        return Err("is only assumed".to_owned());
    };
    let word = checked.verdict.as_ref().map_or("not reached", |verdict| verdict.word());
    if claim.expected == expected && checked.as_claimed() && named.next().is_none() {
        return Ok(word);
    }
    let wanted = match expected {
        Expected::Holds => "a claim that is proved",
        Expected::Fails => "a formula that is refuted",
    };
    Err(format!("is {word}, and not {wanted}"))
}
