//! `driftproof check`: verdicts for the claims of derivations; and the steps behind one of them.

use super::session::{self, Outcome, Steps};
use super::{CliError, Common, Html, number};
use clap::{Args, ValueEnum};
use driftproof::check::{self, CheckError, Checkup, Diagnose, Level, Options};
use driftproof::report::{CheckReport, CheckedFile, Explanation};
use std::io::Read;
use std::path::Path;

/// Verdicts for the claims of derivations
///
/// A derivation is a text with formulas: a Markdown file whose fenced blocks tagged drift hold declarations and claims,
/// or a file ending in .drift that is one such block. Every claim is proved for all smooth functions and every
/// dimension, or refuted, or left undecided.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct CheckArgs {
    /// Files to check; - reads Markdown from standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<String>,
    /// Print the derivation of one verdict step by step: the name of a claim
    #[arg(long, value_name = "NAME")]
    explain: Option<String>,
    /// How formulas of an explanation are written
    #[arg(long, value_name = "FORM", default_value = "text", requires = "explain")]
    form: Form,
    /// Say of every refuted equation which slip explains it, also where its author says that it fails
    #[arg(long)]
    why: bool,
    /// How far to go
    #[arg(long, value_name = "LEVEL", default_value = "exact")]
    level: Depth,
    /// Draws of --level full at a point, at most; fewer where they are enough
    #[arg(long, value_name = "COUNT", default_value_t = 100_000, value_parser = number::draws, allow_negative_numbers = true)]
    draws: u64,
    #[command(flatten)]
    html: Html,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Depth {
    /// Proofs alone
    Proof,
    /// Proofs, and values by automatic differentiation
    Exact,
    /// The same, and estimates from minibatches and noise that are really drawn
    Full,
}

impl Depth {
    fn level(self) -> Level {
        match self {
            Self::Proof => Level::Proof,
            Self::Exact => Level::Exact,
            Self::Full => Level::Full,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// The language of the derivation
    Text,
    /// LaTeX
    Latex,
}

const AFTER_HELP: &str = "\
Examples:
  driftproof new my-derivation.md
  driftproof check my-derivation.md
  driftproof check my-derivation.md --explain first_claim

Exit code: 0 all as claimed, 1 something is not, 2 a file cannot be read or has errors in its text, 130 interrupted.
The language is described in the crate's documentation, module language; the fields of --json in module report.";

/// Runs the subcommand.
pub(super) fn run(args: &CheckArgs) -> Result<Outcome, CliError> {
    session::start(&args.common)?;
    let diagnose =
        if args.why || args.html.is_asked_for() { Diagnose::Everything } else { Diagnose::default() };
    let options = Options::default()
        .with_level(args.level.level())
        .with_draws(args.draws)
        .with_diagnose(diagnose)
        .with_seed(args.common.seed)
        .with_cancel(session::cancel());
    let files: Vec<CheckedFile> = args
        .files
        .iter()
        .take_while(|_| !session::interrupted())
        .map(|name| CheckedFile { name: name.clone(), found: followed(name, &options, args) })
        .collect();
    let report = CheckReport::new(&files, session::interrupted()).with_why(args.why);
    args.html.write(|mut out| report.write_html(&mut out))?;
    match &args.explain {
        Some(name) => explain(&files, name, args)?,
        None if args.common.json => session::print(|mut out| report.write_json(&mut out))?,
        None => session::print(|mut out| report.write_text(&mut out, session::style()))?,
    }
    if !report.is_well_formed() {
        return Ok(Outcome::BadInput);
    }
    Ok(Outcome::of_run(report.is_as_claimed()))
}

/// With a bar of the statements that are done, where what is random is drawn: without, there is nothing to wait for.
fn followed(name: &str, options: &Options<'_>, args: &CheckArgs) -> Result<Checkup, CheckError> {
    if args.level != Depth::Full {
        return checkup(name, options);
    }
    let bar = Steps::new(&args.common, None, "statements");
    let progress = |done: usize, all: usize| bar.update_of(done, all, name);
    let found = checkup(name, &options.with_progress(&progress));
    bar.finish();
    found
}

fn checkup(name: &str, options: &Options<'_>) -> Result<Checkup, CheckError> {
    if name == "-" {
        let mut text = String::new();
        let read = std::io::stdin().lock().take(check::MOST_BYTES).read_to_string(&mut text);
        read.map_err(|source| CheckError::Read { path: "standard input".into(), source: source.into() })?;
        return check::text("standard input", &text, options);
    }
    check::text(name, &check::read(Path::new(name))?, options)
}

fn explain(files: &[CheckedFile], name: &str, args: &CheckArgs) -> Result<(), CliError> {
    let mut known: Vec<String> = Vec::new();
    for file in files {
        let Ok(checkup) = &file.found else { continue };
        if let Some(checked) = checkup.statements.iter().find(|checked| checked.name() == name) {
            let explanation = Explanation::new(checkup, checked);
            let latex = args.form == Form::Latex;
            return session::print(|mut out| match latex {
                true => explanation.write_latex(&mut out),
                false => explanation.write_text(&mut out, session::style()),
            });
        }
        known.extend(checkup.statements.iter().map(|checked| checked.name().to_owned()));
    }
    let errors: Vec<&CheckError> = files.iter().filter_map(|file| file.found.as_ref().err()).collect();
    match errors.first() {
        Some(error) => Err(CliError::Check((*error).clone())),
        None => Err(CliError::NoClaim { name: name.to_owned(), known }),
    }
}
