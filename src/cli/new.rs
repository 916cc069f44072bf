//! `driftproof new`: a commented derivation to start from.

use super::CliError;
use super::session::{self, Outcome};
use clap::Args;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::PathBuf;

/// A commented derivation to start from
///
/// Writes a short Markdown file whose claims are as claimed. A file that is there already is left alone.
#[derive(Debug, Args)]
pub(super) struct NewArgs {
    /// The file to write, such as my-derivation.md
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// What a new file holds; a test checks it.
const START: &str = include_str!("start.md");

/// Runs the subcommand.
pub(super) fn run(args: &NewArgs) -> Result<Outcome, CliError> {
    let file = args.file.display().to_string();
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&args.file)
        .and_then(|mut out| out.write_all(START.as_bytes()));
    match written {
        Ok(()) => {
            session::print(|out| writeln!(out, "{file} is written. Next:\n\n  driftproof check {file}"))?;
            Ok(Outcome::AsClaimed)
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(CliError::Exists { file }),
        Err(source) => Err(CliError::Unwritable { file, source }),
    }
}
