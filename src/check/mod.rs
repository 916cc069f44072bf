//! A derivation's claims through the readings to verdicts.
//!
//! ```text
//! text --language--> derivation --+--> normal form            --+--> proved, refuted, undecided --+
//!                                 +--> random exact instances --+                               +--> verdict
//!                                 +--> both sides in numbers at the instances of the text --------+
//! ```
//!
//! A refuted equation is searched for the slip that explains it.
//!
//! What is drawn has one error budget for a whole file: the probability that chance refutes any of its true claims, at any of
//! their instances, is at most [`FALSE_ALARM`]. It is kept by Holm's procedure,
//!
//! ```text
//! p_(1) <= p_(2) <= ... <= p_(m),      (k) is refuted while p_(k) <= 0.001/(m - k + 1)
//! ```
//!
//! over the `m` trials of the file, a claim at an instance each, whatever their author says of the claim. The power that a
//! verdict needs, and the wrong claims that are planted beside it, refer to the first step, `0.001/m`.
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

mod budget;
mod drift;
mod trial;

pub use drift::InstanceDrift;
pub use trial::{FALSE_ALARM, Trial};

use crate::expression::{Claim, Derivation, Expected, Statement, Symbols};
use crate::language::{self, Diagnostic, Diagnostics};
use crate::reading::sampled;
use crate::reading::symbolic::witness::{Options as Instances, Outcome, witness};
use crate::reading::symbolic::{Comparison, Diagnosis, compare, diagnose};
use crate::verdict::claim::{ClaimVerdict, judge};
use crate::verdict::readings::{Verdict, combine};
use rayon::prelude::*;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use thiserror::Error;
use trial::{Draws, Tried};

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

/// How far the readings go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Level {
    /// Proofs alone.
    Proof,
    /// Both sides are evaluated at the instances of the derivation too, or at random functions.
    #[default]
    Exact,
    /// What is random is really drawn as well, and both sides are estimated.
    Full,
}

impl Level {
    /// Its name.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Proof => "proof",
            Self::Exact => "exact",
            Self::Full => "full",
        }
    }
}

/// Called at the beginning, and by whichever thread is done with a statement: how many are done, and how many there are.
pub type Progress<'a> = &'a (dyn Fn(usize, usize) + Sync);

/// How a derivation is checked.
#[derive(Clone, Copy, Default)]
pub struct Options<'a> {
    level: Level,
    draws: Option<u64>,
    diagnose: Diagnose,
    seed: Option<u64>,
    cancel: Option<&'a AtomicBool>,
    progress: Option<Progress<'a>>,
}

impl fmt::Debug for Options<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("level", &self.level)
            .field("draws", &self.draws)
            .field("diagnose", &self.diagnose)
            .field("seed", &self.seed)
            .field("cancel", &self.cancel)
            .field("progress", &self.progress.map(|_| "..."))
            .finish()
    }
}

impl<'a> Options<'a> {
    /// How far the readings go.
    #[must_use]
    pub fn with_level(self, level: Level) -> Self {
        Self { level, ..self }
    }

    /// Draws of the sampled reading at one point, at most.
    #[must_use]
    pub fn with_draws(self, draws: u64) -> Self {
        Self { draws: Some(draws), ..self }
    }

    /// Which refuted equations are searched for slips.
    #[must_use]
    pub fn with_diagnose(self, diagnose: Diagnose) -> Self {
        Self { diagnose, ..self }
    }

    /// Seed of everything random.
    #[must_use]
    pub fn with_seed(self, seed: u64) -> Self {
        Self { seed: Some(seed), ..self }
    }

    /// Claims that have not been begun when this is set are left out.
    #[must_use]
    pub fn with_cancel(self, cancel: &'a AtomicBool) -> Self {
        Self { cancel: Some(cancel), ..self }
    }

    /// Who is told how far it is.
    #[must_use]
    pub fn with_progress(self, progress: Progress<'a>) -> Self {
        Self { progress: Some(progress), ..self }
    }

    fn instances(&self) -> Instances {
        self.seed.map_or_else(Instances::default, |seed| Instances::default().with_seed(seed))
    }

    fn seed(&self) -> u64 {
        self.seed.unwrap_or(1)
    }
}

/// A statement of a derivation with what is known of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Checked {
    /// The statement.
    pub statement: Statement,
    /// What is known of a claim for all smooth functions; nothing for what is only assumed.
    pub proof: Option<ClaimVerdict>,
    /// What the claim comes to at instances.
    pub trials: Vec<Trial>,
    /// The verdict of all readings; nothing for what is only assumed.
    pub verdict: Option<Verdict>,
    /// The slips that explain a refuted equation, likeliest first; each with a repaired claim that is proved.
    pub diagnoses: Vec<Diagnosis>,
    /// How long it took.
    pub elapsed: Duration,
}

impl Checked {
    /// Whether it is as its author says: a claim proved, a refuted equation refuted. What is undecided is not.
    #[must_use]
    pub fn as_claimed(&self) -> bool {
        match &self.statement {
            Statement::Assumption { .. } => true,
            Statement::Claim(claim) => match claim.expected {
                Expected::Holds => self.verdict == Some(Verdict::Proved),
                Expected::Fails => self.verdict == Some(Verdict::Refuted),
            },
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
    /// How far the readings went.
    pub level: Level,
    /// Seed of everything random.
    pub seed: u64,
    /// Draws at one point, at most, where anything was drawn.
    pub draws: Option<u64>,
    /// The drifts of SGD at instances that bind a loss, data, a learning rate and a batch.
    pub drifts: Vec<InstanceDrift>,
    /// What is wrong with instances that cannot be used.
    pub wrong_instances: Vec<Diagnostic>,
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
    /// Whether every instance could be used, and every statement was reached and is as its author says.
    #[must_use]
    pub fn is_as_claimed(&self) -> bool {
        self.wrong_instances.is_empty()
            && self.statements.len() == self.derivation.statements.len()
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
            let verdict = checked.verdict.map_or("not reached", Verdict::word);
            let expected = match &checked.statement {
                Statement::Claim(Claim { expected: Expected::Fails, .. }) => "refute",
                Statement::Claim(_) | Statement::Assumption { .. } => "claim",
            };
            format!("{expected} {} is {verdict}", checked.name())
        };
        let mut claims: Vec<String> = self.statements.iter().filter(|c| !c.as_claimed()).map(word).collect();
        let left = self.derivation.statements.len() - self.statements.len();
        claims.extend(self.wrong_instances.iter().map(|said| said.message.clone()));
        if left > 0 {
            claims.push(format!("{left} statements were not reached"));
        }
        Err(NotAsClaimed { name: self.name.to_string(), claims })
    }
}

impl fmt::Display for Checkup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.statements.iter().try_for_each(|checked| {
            let verdict = checked.verdict.map_or("assumed", Verdict::word);
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

/// Checks the text of a derivation; `name` is that of its file, and paths in the text begin at its folder.
///
/// # Errors
/// The text has no meaning.
pub fn text(name: &str, text: &str, options: &Options<'_>) -> Result<Checkup, CheckError> {
    let derivation = language::parse(name, text).map_err(CheckError::Text)?;
    let base = Path::new(name).parent().unwrap_or(Path::new(""));
    let (bound, wrong_instances) = match options.level {
        Level::Proof => (Vec::new(), Vec::new()),
        Level::Exact | Level::Full => trial::bind(&derivation, base, options.seed()),
    };
    let drifts = bound.iter().filter_map(|bound| bound.drift.clone()).collect();
    let draws = (options.level == Level::Full).then(|| Draws {
        most: options.draws.unwrap_or(sampled::Options::default().draws),
        seed: options.seed(),
        trials: trials_of(&derivation, &bound),
        cancel: options.cancel,
    });
    let (done, all) = (AtomicUsize::new(0), derivation.statements.len());
    if let Some(progress) = options.progress {
        progress(0, all);
    }
    let mut statements: Vec<Checked> = derivation
        .statements
        .par_iter()
        .map(|statement| {
            let cancelled = options.cancel.is_some_and(|flag| flag.load(Ordering::Relaxed));
            let found =
                (!cancelled).then(|| checked(statement, &derivation.symbols, (&bound, draws), options));
            if let Some(progress) = options.progress {
                progress(done.fetch_add(1, Ordering::Relaxed) + 1, all);
            }
            found
        })
        .collect::<Vec<Option<Checked>>>()
        .into_iter()
        .flatten()
        .collect();
    if let Some(draws) = draws {
        settle(&mut statements, &bound, draws);
    }
    Ok(Checkup {
        name: name.into(),
        text: text.into(),
        derivation,
        level: options.level,
        seed: options.seed(),
        draws: draws.map(|draws| draws.most),
        drifts,
        wrong_instances,
        statements,
    })
}

/// How many trials the claims of a derivation have.
fn trials_of(derivation: &Derivation, bound: &[trial::Bound]) -> usize {
    let of = |statement: &Statement| match statement {
        Statement::Claim(claim) => trial::concerned(claim, bound).len(),
        Statement::Assumption { .. } => 0,
    };
    derivation.statements.iter().map(of).sum()
}

fn checked(
    statement: &Statement,
    symbols: &Symbols,
    (bound, draws): (&[trial::Bound], Option<Draws<'_>>),
    options: &Options<'_>,
) -> Checked {
    let start = Instant::now();
    let mut checked = Checked {
        statement: statement.clone(),
        proof: None,
        trials: Vec::new(),
        verdict: None,
        diagnoses: Vec::new(),
        elapsed: Duration::ZERO,
    };
    if let Statement::Claim(claim) = statement {
        let proof = decide(claim, symbols, &options.instances());
        if let ClaimVerdict::Refuted(refutation) = &proof
            && wants(options.diagnose, claim.expected)
        {
            let proves = |repaired: &Claim| proves(repaired, symbols, &options.instances());
            checked.diagnoses = diagnose(claim, symbols, refutation.difference.as_ref(), proves);
        }
        checked.trials = trial::trials(claim, &proof, bound, draws);
        checked.verdict = Some(together(claim, &proof, &checked.trials));
        checked.proof = Some(proof);
    }
    checked.elapsed = start.elapsed();
    checked
}

/// The verdict of all readings.
fn together(claim: &Claim, proof: &ClaimVerdict, trials: &[Trial]) -> Verdict {
    combine(proof, trial::exactly(claim, trials), trial::by_sampling(trials))
}

/// What the trials of a file say together beyond what each says by itself.
fn settle(statements: &mut [Checked], bound: &[trial::Bound], draws: Draws<'_>) {
    let mut tried: Vec<Tried<'_>> = statements.iter_mut().filter_map(claim_of).collect();
    trial::settle(&mut tried, bound, draws);
    for checked in statements {
        if let Some((claim, proof, trials)) = claim_of(checked) {
            checked.verdict = Some(together(claim, proof, trials));
        }
    }
}

fn claim_of(checked: &mut Checked) -> Option<Tried<'_>> {
    match (&checked.statement, &checked.proof) {
        (Statement::Claim(claim), Some(proof)) => Some((claim, proof, &mut checked.trials)),
        _ => None,
    }
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
    let reading = compare(claim, symbols);
    let mut outcome = witness(claim, symbols, instances);
    let different = matches!(&reading.comparison, Comparison::Different(known) if known.incomplete.is_none());
    if different && matches!(outcome, Outcome::Agrees(_)) {
        // Instances may be so special that a difference does not show; it does at one of these, or nowhere.
        let mut others = (1..=FURTHER).map(|attempt| witness(claim, symbols, &instances.afresh(attempt)));
        if let Some(differs) = others.find(|outcome| matches!(outcome, Outcome::Differs(_))) {
            outcome = differs;
        }
    }
    judge(reading, outcome)
}

/// Sets of instances that are tried before a difference that none of them shows is called a contradiction.
const FURTHER: u64 = 12;

/// Whether a claim has a proof. The instances are asked first: most false claims fail at the first of them.
fn proves(claim: &Claim, symbols: &Symbols, instances: &Instances) -> bool {
    matches!(witness(claim, symbols, instances), Outcome::Agrees(_))
        && matches!(compare(claim, symbols).comparison, Comparison::Equal(_))
}
