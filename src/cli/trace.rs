//! `driftproof trace`: the sizes of the drifts along one real run of SGD.

use super::data::{Chosen, DataArgs};
use super::loss::LossArgs;
use super::session::{self, Outcome, Steps};
use super::theta::{Place, Theta};
use super::{CliError, Common, Html, number};
use clap::Args;
use driftproof::loss::Problem;
use driftproof::loss::instance::AnyLoss;
use driftproof::report::TraceReport;
use driftproof::sampling::{Control, Progress};
use driftproof::sgd::{Replacement, Sgd};
use driftproof::trace::{self, Looks, Options};
use std::path::PathBuf;

/// Both terms of the drift along a real run of SGD
///
/// The sizes of the mean gradient |G|, of the noise-induced drift |v_noise| with its two halves, and of the finite-step
/// term |(eta/2) Hbar G|, all exact, at the points where one run of SGD is: which of them dominates when. Without
/// arguments: logistic regression on the standardized breast_cancer data, from theta = 0.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct TraceArgs {
    #[command(flatten)]
    loss: LossArgs,
    #[command(flatten)]
    data: DataArgs,
    #[command(flatten)]
    run: RunArgs,
    #[command(flatten)]
    common: Common,
    #[command(flatten)]
    html: Html,
    /// Write the table to this file as CSV, and a summary to standard output
    #[arg(long, value_name = "FILE", help_heading = "Run and output")]
    csv: Option<PathBuf>,
}

/// The run.
#[derive(Debug, Args)]
#[command(next_help_heading = "Start and SGD")]
struct RunArgs {
    /// Where the run starts: zeros, normal:SCALE:SEED (random components), numbers separated by commas, or a file with the
    /// point on a line
    #[arg(long, value_name = "POINT", default_value = "zeros", allow_hyphen_values = true)]
    theta: Theta,
    /// Learning rate
    #[arg(long, default_value_t = 0.05, value_parser = number::positive, allow_negative_numbers = true)]
    eta: f64,
    /// Rows in a minibatch
    #[arg(long, value_name = "ROWS", default_value_t = 8, value_parser = number::count, allow_negative_numbers = true)]
    batch: usize,
    /// Draw the rows of a batch without replacement; batches stay independent
    #[arg(long)]
    without_replacement: bool,
    /// Steps of the run
    #[arg(long, value_name = "COUNT", default_value_t = 1000, value_parser = number::draws, allow_negative_numbers = true)]
    steps: u64,
    /// Look at every so many steps [default: ten times a decade of steps]
    #[arg(long, value_name = "STEPS", value_parser = number::draws, allow_negative_numbers = true)]
    every: Option<u64>,
}

const AFTER_HELP: &str = "\
driftproof drift --help lists the losses with their formulas and options.

Examples:
  driftproof trace --steps 10000 > run.csv
  driftproof trace --loss softmax --classes 3 --data wine --standardize --every 50 --csv run.csv --html run.html

Without --csv and --json the table goes to standard output as CSV and the summary to standard error.
Exit code: 0 the run was followed to its end, 2 bad input, 130 interrupted (what was finished is printed).
The columns and the fields of --json are described in the crate's documentation, module report.";

/// Runs the subcommand.
pub(super) fn run(args: &TraceArgs) -> Result<Outcome, CliError> {
    session::start(&args.common)?;
    let Chosen { data, standardized } = args.loss.data(&args.data)?;
    let problem = args.loss.problem(&data, args.run.theta.dim())?;
    let start = args.run.start(&problem)?;
    let replacement = if args.run.without_replacement { Replacement::Without } else { Replacement::With };
    let sgd = Sgd::new(args.run.eta, args.run.batch)?.with_replacement(replacement);
    sgd.noise_strength(problem.rows())?;
    let looks = args.run.every.map_or(Looks::Decade(10), Looks::Every);
    let options = Options::default().with_steps(args.run.steps).with_looks(looks).with_seed(args.common.seed);
    let bar = Steps::new(&args.common, usize::try_from(args.run.steps).ok(), "steps");
    let progress = |progress: Progress| bar.update(usize::try_from(progress.draws).unwrap_or(usize::MAX), "");
    let control = Control { cancel: Some(session::cancel()), progress: Some(&progress) };
    let found = trace::trace(&problem, &sgd, &start, &options, control);
    bar.finish();
    let found = found?;
    let report = TraceReport {
        loss_name: &args.loss.name,
        loss: problem.loss(),
        data: &data,
        standardized,
        sgd: &sgd,
        start: &start,
        seed: args.common.seed,
        steps: args.run.steps,
        trace: &found,
    };
    if let Some(file) = &args.csv {
        session::write(file, |mut out| report.write_csv(&mut out))?;
    }
    let (style, width) = (session::style(), session::width());
    match (args.common.json, &args.csv) {
        (true, _) => session::print(|mut out| report.write_json(&mut out))?,
        (false, Some(_)) => session::print(|mut out| report.write_text(&mut out, style, width))?,
        (false, None) => {
            session::print(|mut out| report.write_csv(&mut out))?;
            if !args.common.quiet {
                session::tell(|mut out| report.write_text(&mut out, session::style_of_errors(), width));
            }
        }
    }
    args.html.write(|mut out| report.write_html(&mut out))?;
    Ok(Outcome::of_run(true))
}

impl RunArgs {
    /// The start, known to fit the loss.
    fn start(&self, problem: &Problem<AnyLoss>) -> Result<Vec<f64>, CliError> {
        let mut points = self.theta.points(problem.dim())?;
        match (points.pop(), points.len()) {
            (Some(Place { theta, place }), 0) => {
                problem.check_theta(&theta).map_err(|source| CliError::Point { place, source })?;
                Ok(theta)
            }
            (_, others) => Err(CliError::SeveralStarts { found: others + 1 }),
        }
    }
}
