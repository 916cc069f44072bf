//! `driftproof drift`: the exact noise-induced drift of a loss on data, beside Monte Carlo.

use super::data::{Chosen, DataArgs};
use super::loss::{self, LossArgs};
use super::session::{self, Bar, Outcome};
use super::theta::{Place, Theta};
use super::{CliError, Common, number};
use clap::{Args, ValueEnum};
use driftproof::experiment::{self, Options};
use driftproof::loss::Problem;
use driftproof::loss::instance::AnyLoss;
use driftproof::noise::{self, Matrices};
use driftproof::report::DriftReport;
use driftproof::sampling::Control;
use driftproof::sgd::{Replacement, Sgd};
use driftproof::verdict::Verdict;

/// Parameters up to which matrices are given unless asked otherwise.
const DIM_OF_MATRICES: usize = 200;

/// Parameters up to which the derivatives of the root, the cube of it in numbers, are given unless asked otherwise.
const DIM_OF_DERIVATIVES: usize = 50;

/// Exact noise-induced drift of SGD beside Monte Carlo
///
/// The exact drift v_noise = -(eta/2n) div Cov[grad u] of a loss u on data at one or more points theta, beside
/// estimates from minibatches that are really drawn, with a verdict. Without arguments: logistic regression on the
/// standardized breast_cancer data, at theta = 0.
#[derive(Debug, Args)]
#[command(after_long_help = after_help(), after_help = AFTER_SHORT_HELP)]
pub(super) struct DriftArgs {
    #[command(flatten)]
    loss: LossArgs,
    #[command(flatten)]
    data: DataArgs,
    #[command(flatten)]
    point: PointArgs,
    #[command(flatten)]
    common: Common,
}

/// The point, SGD, and how it is put to the test.
#[derive(Debug, Args)]
#[command(next_help_heading = "Point, SGD, Monte Carlo")]
struct PointArgs {
    /// zeros, normal:SCALE:SEED[:COUNT] (random components), numbers separated by commas, or a file with a point on
    /// each line; repeat it for several points
    #[arg(long, value_name = "POINT", default_value = "zeros", allow_hyphen_values = true)]
    theta: Vec<Theta>,
    /// Learning rate
    #[arg(long, default_value_t = 0.05, value_parser = number::positive, allow_negative_numbers = true)]
    eta: f64,
    /// Rows in a minibatch
    #[arg(long, value_name = "ROWS", default_value_t = 8, value_parser = number::count, allow_negative_numbers = true)]
    batch: usize,
    /// Draw the rows of a batch without replacement; batches stay independent
    #[arg(long)]
    without_replacement: bool,
    /// Draws (pairs of points with several batches) at a point at most; fewer where they are enough
    #[arg(long, value_name = "COUNT", default_value_t = 100_000, value_parser = number::draws, allow_negative_numbers = true)]
    draws: u64,
    /// Standard deviation of the normal distribution around theta over which both sides are averaged [default: chosen
    /// from the noise at theta, and printed]
    #[arg(long, value_name = "WIDTH", value_parser = number::positive, allow_negative_numbers = true)]
    window: Option<f64>,
    /// Which of the results that are larger than theta to compute: Hbar, Sigma, D, and the roots B, dB, S, R. By default
    /// all up to 200 parameters, dB up to 50 and only for --json
    #[arg(long, value_name = "WHICH", default_value = "auto")]
    matrices: Extent,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Extent {
    /// As far as they are not too large
    Auto,
    /// Every one, whatever its size
    All,
    /// None of them
    None,
}

const AFTER_SHORT_HELP: &str = "--help (not -h) lists the losses with their formulas, and examples.";

fn after_help() -> String {
    format!(
        "{}
Examples:
  driftproof drift --loss softmax --classes 3 --data wine --standardize --theta normal:0.2:1
  driftproof drift --loss ridge_regression --lambda 0.5 --data cats.csv --target weight
  driftproof drift --loss mlp_10_32_1_tanh --data X.npy --target y.npy --theta normal:0.3:1
  driftproof drift --loss 'log(1 + exp(-(2*y - 1)*dot(theta, x)))'
  driftproof drift --loss '(a*b*mass - height)^2/2' --parameters a,b --data cats.csv --target height --theta 1,0.5
  driftproof drift --data d.csv --target y --theta 0.5,-1.25 --theta 0,1 --json

Exit code: 0 consistent, 1 refuted or inconclusive, 2 bad input, 130 interrupted (what was finished is printed).
Fields of --json: settings; points, each with theta, f, G, Hbar, Sigma, div_Sigma, half_grad_tr_Sigma, cov_g_trH,
v_noise, modified_term, regulariser_force, D, square_root, rank, condition_on_range, B, dB, S, R, S_rectangular,
R_rectangular, monte_carlo, verdict, reason; verdict and reason of all. https://docs.rs/driftproof, module report, has
their definitions.",
        loss::catalogue()
    )
}

/// Runs the subcommand.
pub(super) fn run(args: &DriftArgs) -> Result<Outcome, CliError> {
    let name = &args.loss.name;
    session::start(&args.common)?;
    let Chosen { data, standardized } = args.loss.data(&args.data)?;
    let problem = args.loss.problem(&data, args.point.dim())?;
    let sgd = args.point.sgd()?;
    sgd.noise_strength(problem.rows())?;
    let points = args.point.points(&problem)?;
    let matrices = args.matrices(&problem, &points, &sgd)?;
    let options = args.options();
    let bar = Bar::new(&args.common, points.len());
    let progress = |progress| bar.update(points.len(), progress);
    let control = Control { cancel: Some(session::cancel()), progress: Some(&progress) };
    let experiment = experiment::run(&problem, &points, &sgd, &options, control);
    bar.finish();
    let experiment = experiment?;
    let report = DriftReport {
        loss_name: name,
        loss: problem.loss(),
        data: &data,
        standardized,
        sgd: &sgd,
        seed: args.common.seed,
        draws: args.point.draws,
        experiment: &experiment,
        matrices: &matrices,
    };
    if args.common.json {
        session::print(|mut out| report.write_json(&mut out))?;
    } else {
        session::print(|mut out| report.write_text(&mut out, session::style()))?;
    }
    Ok(Outcome::of_run(experiment.verdict == Verdict::Consistent))
}

impl DriftArgs {
    fn options(&self) -> Options {
        let options = Options::default().with_draws(self.point.draws).with_seed(self.common.seed);
        match self.point.window {
            Some(width) => options.with_window(width),
            None => options,
        }
    }

    /// The matrices of each point, as far as they are asked for and until the run is interrupted.
    fn matrices(
        &self,
        problem: &Problem<AnyLoss>,
        points: &[Vec<f64>],
        sgd: &Sgd,
    ) -> Result<Vec<Option<Matrices>>, CliError> {
        let dim = problem.dim();
        let (wanted, derivatives) = match self.point.matrices {
            Extent::Auto => (dim <= DIM_OF_MATRICES, self.common.json && dim <= DIM_OF_DERIVATIVES),
            Extent::All => (true, self.common.json),
            Extent::None => (false, false),
        };
        let mut found = Vec::new();
        for theta in points {
            let wanted = wanted && !session::interrupted();
            found.push(wanted.then(|| noise::matrices(problem, theta, sgd, derivatives)).transpose()?);
        }
        Ok(found)
    }
}

impl PointArgs {
    fn sgd(&self) -> Result<Sgd, CliError> {
        let replacement = if self.without_replacement { Replacement::Without } else { Replacement::With };
        Ok(Sgd::new(self.eta, self.batch)?.with_replacement(replacement))
    }

    /// Components of the first point that is a list of numbers.
    fn dim(&self) -> Option<usize> {
        self.theta.iter().find_map(Theta::dim)
    }

    /// The points, each known to fit the loss.
    fn points(&self, problem: &Problem<AnyLoss>) -> Result<Vec<Vec<f64>>, CliError> {
        let mut points = Vec::new();
        for theta in &self.theta {
            for Place { theta, place } in theta.points(problem.dim())? {
                problem.check_theta(&theta).map_err(|source| CliError::Point { place, source })?;
                points.push(theta);
            }
        }
        Ok(points)
    }
}
