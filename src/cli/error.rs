//! What can be wrong with what was asked for. Each message says what was found, where, what was expected, what to do.

use driftproof::check::CheckError;
use driftproof::data::DataError;
use driftproof::experiment::ExperimentError;
use driftproof::language::Diagnostics;
use driftproof::loss::{BuiltinError, ProblemError, WrittenError};
use driftproof::noise::NoiseError;
use driftproof::sgd::SgdError;
use driftproof::systems::SystemError;
use driftproof::trace::TraceError;
use std::io;
use thiserror::Error;

/// Why a subcommand gives no result.
#[derive(Debug, Error)]
pub(super) enum CliError {
    #[error(transparent)]
    Data(#[from] DataError),
    #[error(transparent)]
    Loss(#[from] BuiltinError),
    #[error(transparent)]
    Sgd(#[from] SgdError),
    #[error(transparent)]
    Noise(#[from] NoiseError),
    #[error(transparent)]
    Experiment(#[from] ExperimentError),
    #[error(transparent)]
    Trace(#[from] TraceError),
    #[error(transparent)]
    System(#[from] SystemError),
    /// A system that cannot be computed.
    #[error("{system}: {source}")]
    Run { system: &'static str, source: SystemError },
    /// A system that ended without a result.
    #[error("{system} ended without a result: this is a bug of driftproof, please report it")]
    Died { system: &'static str },
    /// A parameter without a system.
    #[error("--{name}: of which system? name it, as in driftproof systems NAME --{name} VALUE")]
    ParameterOfNothing { name: String },
    /// A parameter that none of several systems has.
    #[error(
        "--{name}: none of these systems has this parameter; driftproof systems NAME --help says what one has"
    )]
    ParameterOfNone { name: String },
    /// Several points where one is needed.
    #[error("--theta: {found} points are given, and a run has one start; give one")]
    SeveralStarts { found: usize },
    /// An option of another loss.
    #[error("--{option} does not belong to the loss \"{loss}\", which {}; leave it out", has(options))]
    OptionOfAnotherLoss { option: &'static str, loss: String, options: &'static [&'static str] },
    /// An option that repeats what the name of the loss says.
    #[error("--{option}: the name \"{loss}\" already says it; leave --{option} out, or use --loss {family}")]
    InTheName { option: &'static str, loss: String, family: &'static str },
    /// A file without a target, for a loss that has one.
    #[error(
        "{data}: the loss \"{loss}\" needs a target, and none is named; add --target COLUMN (there are {})",
        listed(columns)
    )]
    NoTarget { data: String, loss: String, columns: Vec<String> },
    /// A target for a loss that has none.
    #[error(
        "--target {target}: the loss \"{loss}\" has no target, it reads features only; leave --target out"
    )]
    TargetOfNothing { target: String, loss: String },
    /// A matrix of features alone.
    #[error(
        "{features}: an .npy file holds features only; add --target FILE.npy with as many rows of targets"
    )]
    NpyAlone { features: String },
    /// More or fewer columns than the loss reads.
    #[error(
        "{data}: the loss \"{loss}\" reads {}, features and targets together, but {} and {} are chosen; \
         choose with --features and --target (there are {})",
        counted(*expected, "column"),
        counted(*features, "feature"),
        counted(*targets, "target"),
        listed(columns)
    )]
    Columns {
        data: String,
        loss: String,
        expected: usize,
        features: usize,
        targets: usize,
        columns: Vec<String>,
    },
    /// An expression that cannot be read.
    #[error("{0}")]
    Expression(Diagnostics),
    /// An expression that is no loss.
    #[error("--loss '{loss}': {source}")]
    Written { loss: String, source: WrittenError },
    /// Names for the parameters of a loss that has them already.
    #[error(
        "--parameters: the parameters of the loss \"{loss}\" have their names; leave it out, or write the loss as an expression"
    )]
    ParametersOfAName { loss: String },
    /// A row that the loss cannot take.
    #[error(
        "{data}: the loss \"{loss}\" cannot take these data: {source}; choose another loss or other columns"
    )]
    Rows { data: String, loss: String, source: ProblemError },
    /// A point that the loss cannot take.
    #[error("{place}: {source}")]
    Point { place: String, source: ProblemError },
    /// A cell of a file of points that is not a number.
    #[error(
        "{file}, line {line}: found \"{found}\", expected a finite number; write one point a line, its components \
         separated by commas or blanks, without a header"
    )]
    PointCell { file: String, line: usize, found: String },
    /// A file of points without any.
    #[error("{file}: found no point, expected at least one; write one point a line")]
    NoPoint { file: String },
    /// A file that cannot be read as text.
    #[error("{file}: the file cannot be read ({source}); check that it is a text file that you may read")]
    Unreadable { file: String, source: io::Error },
    /// A derivation that cannot be read.
    #[error(transparent)]
    Check(#[from] CheckError),
    /// No claim has the name that is to be explained.
    #[error("--explain {name}: no statement has this name; there are {}", listed(known))]
    NoClaim { name: String, known: Vec<String> },
    /// A new file that is there already.
    #[error("{file} is there already, and is left as it is; choose another name")]
    Exists { file: String },
    /// A new file that cannot be written.
    #[error(
        "{file} cannot be written ({source}); check that the folder is there and that you may write to it"
    )]
    Unwritable { file: String, source: io::Error },
    /// The threads cannot be started.
    #[error("{count} threads cannot be started ({reason}); give a lower number with --threads")]
    Threads { count: usize, reason: String },
    /// The result cannot be written.
    #[error("the result cannot be written ({0}); check where the output goes")]
    Output(#[from] io::Error),
}

fn has(options: &[&str]) -> String {
    match options {
        [] => "has no options".to_owned(),
        _ => format!("has --{}", options.join(" and --")),
    }
}

fn counted(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// Names in a list that stays readable.
fn listed(columns: &[String]) -> String {
    const SHOWN: usize = 12;
    let shown = columns.iter().take(SHOWN).map(|name| format!("{name:?}")).collect::<Vec<_>>().join(", ");
    match columns.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
