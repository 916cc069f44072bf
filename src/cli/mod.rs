//! The command line: one module a subcommand, and what they share.
//!
//! | exit code | meaning |
//! |---|---|
//! | 0 | all as claimed |
//! | 1 | something refuted or inconclusive |
//! | 2 | bad input |
//! | 130 | interrupted; what was finished is printed |

#![allow(
    clippy::doc_markdown,
    reason = "the comments on arguments are the help text, in which backticks would show"
)]

mod check;
mod data;
mod drift;
mod error;
mod loss;
mod new;
mod number;
mod parameters;
mod session;
mod systems;
mod theta;
mod trace;

use clap::{Args, Parser, Subcommand};
use error::CliError;
use session::Outcome;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

/// Checks derivations about noise: exact results beside simulations, with a verdict.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100, after_help = EXIT_CODES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str =
    "Exit code: 0 all as claimed, 1 something refuted or inconclusive, 2 bad input, 130 interrupted.";

#[derive(Debug, Subcommand)]
enum Command {
    Check(check::CheckArgs),
    Drift(Box<drift::DriftArgs>),
    New(new::NewArgs),
    Systems(Box<systems::SystemsArgs>),
    Trace(Box<trace::TraceArgs>),
}

/// Options that every subcommand has.
#[derive(Debug, Args)]
#[command(next_help_heading = "Run and output")]
struct Common {
    /// Seed of everything random; the same seed gives the same result on any number of threads
    #[arg(long, value_name = "SEED", default_value_t = 1, value_parser = number::seed, allow_negative_numbers = true)]
    seed: u64,
    /// Threads to compute on [default: as many as there are cores]
    #[arg(long, value_name = "COUNT", value_parser = number::threads, allow_negative_numbers = true)]
    threads: Option<usize>,
    /// Print JSON with all digits instead of a table
    #[arg(long)]
    json: bool,
    /// Show no progress
    #[arg(long, short)]
    quiet: bool,
}

/// A page with pictures, beside what is printed.
#[derive(Debug, Args)]
#[command(next_help_heading = "Run and output")]
struct Html {
    /// Write a page of HTML with pictures to this file; it loads nothing and can be sent by mail
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

impl Html {
    fn is_asked_for(&self) -> bool {
        self.html.is_some()
    }

    fn write(&self, page: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), CliError> {
        self.html.as_ref().map_or(Ok(()), |file| session::write(file, page))
    }
}

/// Reads the arguments, runs the subcommand, says what went wrong.
pub(crate) fn run() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Check(args) => check::run(&args),
        Command::Drift(args) => drift::run(&args),
        Command::New(args) => new::run(&args),
        Command::Systems(args) => systems::run(&args),
        Command::Trace(args) => trace::run(&args),
    };
    let code = match outcome {
        Ok(Outcome::AsClaimed) => 0,
        Ok(Outcome::NotAsClaimed) => 1,
        Ok(Outcome::BadInput) => 2,
        Ok(Outcome::Interrupted) => session::INTERRUPTED,
        Err(error) => {
            session::complain(&error);
            2
        }
    };
    ExitCode::from(code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn no_two_options_have_one_name() {
        // Panics with the reason.
        Cli::command().debug_assert();
    }
}
