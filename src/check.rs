//! A derivation's claims through the readings to verdicts.
//!
//! ```text
//! text --language--> derivation --+--> normal form          --+
//!                                 +--> random exact instances --+--> verdict --> (if refuted) the slip that explains it
//! ```
//!
//! In a test of any crate, one call:
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let path = std::env::temp_dir().join("driftproof-check-example.md");
//! # std::fs::write(&path, "```drift\nspace x\nfield p: scalar\nclaim sum: p + p = 2*p\n```\n")?;
//! let checked = driftproof::check::file(&path)?; // its text may be wrong: an error with file, line and column
//! checked.as_claimed()?; // some claim may not be as claimed: an error that says which, and why
//! # Ok(())
//! # }
//! ```

use crate::expression::{Claim, Derivation, Expected, Statement, Symbols};
use crate::language::{self, Diagnostics};
use crate::reading::symbolic::witness::{Options as Instances, Outcome, witness};
use crate::reading::symbolic::{Comparison, Diagnosis, compare, diagnose};
use crate::verdict::claim::{ClaimVerdict, judge};
use rayon::prelude::*;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use thiserror::Error;

/// Largest file that is read, in bytes; longer ones are no derivations.
pub const MOST_BYTES: u64 = 64 << 20;

/// Which refuted equations are searched for the slip that explains them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Diagnose {
    /// None.
    Nothing,
    /// Those whose author says that they hold.
    #[default]
    NotAsClaimed,
    /// All.
    Everything,
}

/// How a derivation is checked.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options<'a> {
    diagnose: Diagnose,
    seed: Option<u64>,
    cancel: Option<&'a AtomicBool>,
}

impl<'a> Options<'a> {
    /// Which refuted equations are searched for slips.
    #[must_use]
    pub fn with_diagnose(self, diagnose: Diagnose) -> Self {
        Self { diagnose, ..self }
    }

    /// Seed of the random exact instances.
    #[must_use]
    pub fn with_seed(self, seed: u64) -> Self {
        Self { seed: Some(seed), ..self }
    }

    /// Claims that have not been begun when this is set are left out.
    #[must_use]
    pub fn with_cancel(self, cancel: &'a AtomicBool) -> Self {
        Self { cancel: Some(cancel), ..self }
    }

    fn instances(&self) -> Instances {
        self.seed.map_or_else(Instances::default, |seed| Instances::default().with_seed(seed))
    }
}

/// A statement of a derivation with what is known of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Checked {
    /// The statement.
    pub statement: Statement,
    /// The verdict on a claim; nothing for what is only assumed.
    pub verdict: Option<ClaimVerdict>,
    /// The slips that explain a refuted equation, likeliest first; each with a repaired claim that is proved.
    pub diagnoses: Vec<Diagnosis>,
    /// How long it took.
    pub elapsed: Duration,
}

impl Checked {
    /// Whether it is as its author says: a claim proved, a refuted equation refuted. What is undecided is not.
    #[must_use]
    pub fn as_claimed(&self) -> bool {
        match (&self.statement, &self.verdict) {
            (Statement::Assumption { .. }, _) => true,
            (Statement::Claim(claim), Some(verdict)) => match claim.expected {
                Expected::Holds => matches!(verdict, ClaimVerdict::Proved(_)),
                Expected::Fails => matches!(verdict, ClaimVerdict::Refuted(_)),
            },
            (Statement::Claim(_), None) => false,
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        match &self.statement {
            Statement::Claim(claim) => &claim.name,
            Statement::Assumption { name, .. } => name,
        }
    }
}

/// A derivation with a verdict for each of its claims.
#[derive(Debug, Clone, PartialEq)]
pub struct Checkup {
    /// Name of the file.
    pub name: Arc<str>,
    /// Its text.
    pub text: Arc<str>,
    /// What the text means.
    pub derivation: Derivation,
    /// Its statements in their order; those not reached before it was cancelled are missing.
    pub statements: Vec<Checked>,
}

/// Why a derivation has no verdicts.
#[derive(Debug, Clone, Error)]
#[non_exhaustive]
pub enum CheckError {
    /// The file cannot be read.
    #[error("{}: the file cannot be read ({source}); check that it is a text file that you may read", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: Arc<io::Error>,
    },
    /// The file is no derivation but something much larger.
    #[error("{}: the file has {bytes} bytes; a derivation has at most {MOST_BYTES}", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its size.
        bytes: u64,
    },
    /// The text has no meaning.
    #[error("{0}")]
    Text(Diagnostics),
}

/// That not everything is as claimed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{name}: not as claimed: {}", claims.join("; "))]
pub struct NotAsClaimed {
    /// Name of the file.
    pub name: String,
    /// Name and verdict of each claim that is not as claimed.
    pub claims: Vec<String>,
}

impl Checkup {
    /// Whether every statement was reached and is as its author says.
    #[must_use]
    pub fn is_as_claimed(&self) -> bool {
        self.statements.len() == self.derivation.statements.len()
            && self.statements.iter().all(Checked::as_claimed)
    }

    /// The same as a result.
    ///
    /// # Errors
    /// Which claims are not as claimed.
    pub fn as_claimed(&self) -> Result<(), NotAsClaimed> {
        if self.is_as_claimed() {
            return Ok(());
        }
        let word = |checked: &Checked| {
            let verdict = checked.verdict.as_ref().map_or("not reached", ClaimVerdict::word);
            let expected = match &checked.statement {
                Statement::Claim(Claim { expected: Expected::Fails, .. }) => "refute",
                Statement::Claim(_) | Statement::Assumption { .. } => "claim",
            };
            format!("{expected} {} is {verdict}", checked.name())
        };
        let mut claims: Vec<String> = self.statements.iter().filter(|c| !c.as_claimed()).map(word).collect();
        let left = self.derivation.statements.len() - self.statements.len();
        if left > 0 {
            claims.push(format!("{left} statements were not reached"));
        }
        Err(NotAsClaimed { name: self.name.to_string(), claims })
    }
}

impl fmt::Display for Checkup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.statements.iter().try_for_each(|checked| {
            let verdict = checked.verdict.as_ref().map_or("assumed", ClaimVerdict::word);
            writeln!(f, "{}#{}: {verdict}", self.name, checked.name())
        })
    }
}

/// Checks a derivation file, Markdown or `.drift`, with the default options.
///
/// # Errors
/// The file cannot be read, or its text has no meaning.
pub fn file(path: impl AsRef<Path>) -> Result<Checkup, CheckError> {
    let path = path.as_ref();
    text(&path.display().to_string(), &read(path)?, &Options::default())
}

/// The text of a derivation file.
///
/// # Errors
/// It cannot be read, is not UTF-8, or is far too large.
pub fn read(path: &Path) -> Result<String, CheckError> {
    let unreadable = |source| CheckError::Read { path: path.to_owned(), source: Arc::new(source) };
    let bytes = std::fs::metadata(path).map_err(unreadable)?.len();
    if bytes > MOST_BYTES {
        return Err(CheckError::TooLarge { path: path.to_owned(), bytes });
    }
    std::fs::read_to_string(path).map_err(unreadable)
}

/// Checks the text of a derivation; `name` is that of its file.
///
/// # Errors
/// The text has no meaning.
pub fn text(name: &str, text: &str, options: &Options<'_>) -> Result<Checkup, CheckError> {
    let derivation = language::parse(name, text).map_err(CheckError::Text)?;
    let statements = derivation
        .statements
        .par_iter()
        .map(|statement| {
            let cancelled = options.cancel.is_some_and(|flag| flag.load(Ordering::Relaxed));
            (!cancelled).then(|| checked(statement, &derivation.symbols, options))
        })
        .collect::<Vec<Option<Checked>>>()
        .into_iter()
        .flatten()
        .collect();
    Ok(Checkup { name: name.into(), text: text.into(), derivation, statements })
}

fn checked(statement: &Statement, symbols: &Symbols, options: &Options<'_>) -> Checked {
    let start = Instant::now();
    let (verdict, diagnoses) = match statement {
        Statement::Assumption { .. } => (None, Vec::new()),
        Statement::Claim(claim) => {
            let verdict = decide(claim, symbols, &options.instances());
            let diagnoses = match &verdict {
                ClaimVerdict::Refuted(refutation) if wants(options.diagnose, claim.expected) => {
                    let proves = |repaired: &Claim| proves(repaired, symbols, &options.instances());
                    diagnose(claim, symbols, refutation.difference.as_ref(), proves)
                }
                ClaimVerdict::Proved(_)
                | ClaimVerdict::Refuted(_)
                | ClaimVerdict::Undecided(_)
                | ClaimVerdict::Contradiction(_) => Vec::new(),
            };
            (Some(verdict), diagnoses)
        }
    };
    Checked { statement: statement.clone(), verdict, diagnoses, elapsed: start.elapsed() }
}

fn wants(diagnose: Diagnose, expected: Expected) -> bool {
    match diagnose {
        Diagnose::Nothing => false,
        Diagnose::NotAsClaimed => expected == Expected::Holds,
        Diagnose::Everything => true,
    }
}

/// The verdict on one claim, by both witnesses of a proof.
#[must_use]
pub fn decide(claim: &Claim, symbols: &Symbols, instances: &Instances) -> ClaimVerdict {
    judge(compare(claim, symbols), witness(claim, symbols, instances))
}

/// Whether a claim has a proof. The instances are asked first: most false claims fail at the first of them.
fn proves(claim: &Claim, symbols: &Symbols, instances: &Instances) -> bool {
    matches!(witness(claim, symbols, instances), Outcome::Agrees(_))
        && matches!(compare(claim, symbols).comparison, Comparison::Equal(_))
}
