//! Measures one piece of work on given numbers and prints one JSON line, to be laid beside what other tools print.
//!
//! ```text
//! cargo run --release --example measure -- WORK [FOLDER] [--threads N] [--runs N]
//!
//! logistic:d=30:N=10000  linear:d=100:N=10000   div Sigma of a regression without intercept
//! mlp1:N=1000            mlp2:N=256             of a network 10-32-1 or 64-128-64-10 (softmax), tanh, with biases
//! deeplin:N=1000         mf:U=20:I=30:r=4       of a deep linear network 8-8-8-3, of a matrix factorisation
//! own:WORK                                      the same as a loss of which nothing is known but its body
//! sqrt:WORK                                     S of the symmetric root of (eta/n) Sigma, eta = 0.1, n = 8
//! sde:paths=100000:steps=1000                   Euler-Maruyama in a 2-D double well, D depending on the place
//! sgd:replicas=10000:steps=1000                 SGD runs, logistic regression on breast_cancer, batches of 8
//! ```
//!
//! FOLDER holds `X.npy` and `y.npy` (for `mf` the vectors `row.npy`, `column.npy`, counted from 0, and `y.npy`) and
//! `theta.npy`, all of them `f8`; classes may be given as one column or one-hot. Ensembles read nothing. One warm-up run
//! is not counted. `check_value` is the norm of the result, or the mean of `x1^2` (sde) or of `|theta|^2` (sgd) at the
//! end. For one core pin the process as well (`taskset -c 0`).

#![allow(clippy::print_stdout, reason = "the line is what it is for")]
#![allow(clippy::cast_precision_loss, reason = "counts are below 2^53")]

use driftproof::data::Data;
use driftproof::loss::{Builtin, Choice, Loss, Number, Output, Problem, RowError};
use driftproof::noise;
use driftproof::process::{Sde, SgdPath, ensemble};
use driftproof::sampling::{Streams, Use};
use driftproof::sgd::Sgd;
use serde::Serialize;
use std::collections::BTreeMap;
use std::error::Error;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use std::time::Instant;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Seed of the ensembles.
const SEED: u64 = 20_240_607;

/// Replicas of one block of an SGD ensemble, which share a generator.
const REPLICAS: usize = 50;

fn main() -> Outcome<()> {
    let arguments = Arguments::read(std::env::args().skip(1))?;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(arguments.threads).build()?;
    let line = pool.install(|| measure(&arguments))?;
    println!("{}", serde_json::to_string(&line)?);
    Ok(())
}

struct Arguments {
    work: String,
    folder: Option<String>,
    threads: usize,
    runs: usize,
}

impl Arguments {
    fn read(mut words: impl Iterator<Item = String>) -> Outcome<Self> {
        let (mut places, mut threads, mut runs) = (Vec::new(), 1, 9);
        while let Some(word) = words.next() {
            match &word[..] {
                "--threads" => threads = words.next().ok_or("--threads needs a number")?.parse()?,
                "--runs" => runs = words.next().ok_or("--runs needs a number")?.parse()?,
                _ => places.push(word),
            }
        }
        let mut places = places.into_iter();
        let work = places.next().ok_or("usage: measure WORK [FOLDER] [--threads N] [--runs N]")?;
        Ok(Self { work, folder: places.next(), threads, runs })
    }

    /// The number `key=NUMBER` in the name of the work.
    fn size(&self, key: &str) -> Outcome<usize> {
        let found = self.work.split(':').find_map(|part| part.strip_prefix(key)?.strip_prefix('='));
        Ok(found.ok_or_else(|| format!("{} needs {key}=NUMBER", self.work))?.parse()?)
    }
}

/// What is printed.
#[derive(Serialize)]
struct Line {
    bench: &'static str,
    #[serde(rename = "impl")]
    implementation: &'static str,
    params: BTreeMap<&'static str, serde_json::Value>,
    seconds_median: f64,
    seconds_min: f64,
    runs: usize,
    check_value: f64,
    #[serde(flatten)]
    rates: BTreeMap<&'static str, f64>,
    /// Load of the machine, one minute's average, where it is known.
    load1: Option<f64>,
}

impl Line {
    fn new(bench: &'static str, arguments: &Arguments, (check_value, mut seconds): (f64, Vec<f64>)) -> Self {
        seconds.sort_by(f64::total_cmp);
        let middle = (seconds[(seconds.len() - 1) / 2] + seconds[seconds.len() / 2]) / 2.0;
        let load = std::fs::read_to_string("/proc/loadavg").ok();
        let mut line = Self {
            bench,
            implementation: "driftproof",
            params: BTreeMap::new(),
            seconds_median: middle,
            seconds_min: seconds[0],
            runs: seconds.len(),
            check_value,
            rates: BTreeMap::new(),
            load1: load.and_then(|text| text.split(' ').next()?.parse().ok()),
        };
        line.param("threads", arguments.threads);
        line
    }

    fn param(&mut self, name: &'static str, value: impl Into<serde_json::Value>) {
        self.params.insert(name, value.into());
    }
}

/// Seconds of each run, and the result of the warm-up run. A run shorter than 5 ms is repeated to about 10 ms and divided.
fn timed(most: usize, budget: f64, mut work: impl FnMut() -> Outcome<f64>) -> Outcome<(f64, Vec<f64>)> {
    let check_value = work()?;
    let mut repeat = |times: u32| -> Outcome<f64> {
        let start = Instant::now();
        for _ in 0..times {
            std::hint::black_box(work()?);
        }
        Ok(start.elapsed().as_secs_f64() / f64::from(times))
    };
    let once = repeat(1)?;
    let times =
        (1..1 << 20).find(|&times| f64::from(times) * once > 5e-3).map_or(1 << 20, |times| 2 * times - 1);
    let (mut seconds, mut spent) = (Vec::new(), 0.0);
    while seconds.len() < 3 || seconds.len() < most && spent < budget {
        let one = repeat(times)?;
        seconds.push(one);
        spent += one * f64::from(times);
        if spent > 12.0 * budget {
            break;
        }
    }
    Ok((check_value, seconds))
}

fn measure(arguments: &Arguments) -> Outcome<Line> {
    let work = &arguments.work[..];
    match work.split(':').next() {
        Some("sde") => sde(arguments),
        Some("sgd") => sgd(arguments),
        Some("sqrt") => {
            let name = work.strip_prefix("sqrt:").unwrap_or(work);
            let (loss, data, theta) = read(arguments, name)?;
            on_data(arguments, &Problem::new(loss, &data)?, &theta, "sqrt")
        }
        Some("own") => {
            let name = work.strip_prefix("own:").unwrap_or(work);
            let (loss, data, theta) = read(arguments, name)?;
            let mut line = on_data(arguments, &Problem::new(Own(loss), &data)?, &theta, "div")?;
            line.implementation = "driftproof_own";
            line.param("work", name);
            Ok(line)
        }
        _ => {
            let (loss, data, theta) = read(arguments, work)?;
            on_data(arguments, &Problem::new(loss, &data)?, &theta, "div")
        }
    }
}

/// A loss of which the library knows nothing but its body.
struct Own(Builtin);

impl Loss for Own {
    fn dim(&self) -> usize {
        self.0.dim()
    }
    fn columns(&self) -> usize {
        self.0.columns()
    }
    fn loss<D: Number>(&self, x: &[D::InnerDual], theta: &[D]) -> D {
        self.0.loss(x, theta)
    }
    fn encode(&self, row: &[f64], encoded: &mut Vec<f64>) -> Result<(), RowError> {
        self.0.encode(row, encoded)
    }
}

fn on_data<L: Loss>(
    a: &Arguments,
    problem: &Problem<L>,
    theta: &[f64],
    bench: &'static str,
) -> Outcome<Line> {
    let sgd = Sgd::new(0.1, 8)?;
    let run = || -> Outcome<f64> {
        if bench == "sqrt" {
            return Ok(noise::roots(problem, theta, &sgd)?.spurious?.drift.s.norm());
        }
        Ok(noise::drift(problem, theta, &sgd)?.div_sigma.norm())
    };
    let mut line = Line::new(bench, a, timed(a.runs, 4.0, run)?);
    line.param("work", &a.work[..]);
    line.param("d", problem.dim());
    line.param("N", problem.rows());
    Ok(line)
}

/// The loss of a work, its data and the point.
fn read(arguments: &Arguments, name: &str) -> Outcome<(Builtin, Data, Vec<f64>)> {
    let folder = Path::new(arguments.folder.as_ref().ok_or_else(|| format!("{name} needs a folder"))?);
    let theta = vector(folder, "theta.npy")?;
    if name.starts_with("mf") {
        let layers = vec![arguments.size("U")?, arguments.size("I")?, arguments.size("r")?];
        let choice = Choice { layers: Some(layers), ..Choice::new(2) };
        let (row, column, y) =
            (vector(folder, "row.npy")?, vector(folder, "column.npy")?, vector(folder, "y.npy")?);
        let triples = row.iter().zip(&column).zip(&y);
        let rows: Vec<[f64; 3]> = triples.map(|((i, j), y)| [i + 1.0, j + 1.0, *y]).collect();
        let data = Data::from_rows(&["i", "j", "y"], &rows)?;
        return Ok((Builtin::named("matrix_factorisation", &choice)?, data, theta));
    }
    let data = Data::from_npy(folder.join("X.npy"), folder.join("y.npy"))?;
    let mut choice = Choice::new(data.features());
    let loss = match name.split(':').next() {
        Some("logistic") => "logistic_regression",
        Some("linear") => "linear_regression",
        Some("deeplin") => "deep_linear_8_8_8_3",
        Some("mlp1") => "mlp_10_32_1_tanh",
        Some("mlp2") => "mlp_64_128_64_10_tanh_softmax",
        _ => return Err(format!("no work is called {name}").into()),
    };
    choice.bias = loss.starts_with("mlp");
    let loss = Builtin::named(loss, &choice)?;
    let classes = matches!(&loss, Builtin::Network(network) if network.output == Output::Softmax);
    let data = if classes && data.targets() > 1 { class_column(&data)? } else { data };
    Ok((loss, data, theta))
}

/// One-hot targets as one column of classes, counted from 0.
fn class_column(data: &Data) -> Outcome<Data> {
    let features = data.features();
    let class = |row: &[f64]| -> Outcome<Vec<f64>> {
        let class = row[features..].iter().position(|&y| y > 0.5).ok_or("a row of y.npy has no class")?;
        Ok([&row[..features], &[class as f64]].concat())
    };
    let rows = data.rows().map(class).collect::<Outcome<Vec<_>>>()?;
    Ok(Data::from_rows(&data.columns()[..=features], &rows)?)
}

fn vector(folder: &Path, file: &str) -> Outcome<Vec<f64>> {
    let path = folder.join(file);
    let open = File::open(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(npyz::NpyFile::new(BufReader::new(open))?.into_vec()?)
}

/// `dx = -grad V dt + sqrt(2D) dW` (Ito), `V = x1^4/4 - x1^2/2 + x2^2/2`, `D = (1 + 0.8 tanh x1)/2`, from 0, `dt = 0.01`.
fn sde(arguments: &Arguments) -> Outcome<Line> {
    let (paths, steps) = (arguments.size("paths")?, arguments.size("steps")?);
    let well = Sde::ito(
        2,
        2,
        |x: &[f64], mu: &mut [f64]| {
            mu[0] = x[0] - x[0] * x[0] * x[0];
            mu[1] = -x[1];
        },
        |x: &[f64], dw: &[f64], step: &mut [f64]| {
            let amplitude = (1.0 + 0.8 * x[0].tanh()).sqrt();
            step[0] += amplitude * dw[0];
            step[1] += amplitude * dw[1];
        },
    );
    let streams = Streams::new(SEED, Use::Paths);
    let run = || -> Outcome<f64> {
        let ends = well.ensemble(&[0.0, 0.0], 0.01, steps, paths, |block| streams.block(block));
        Ok(ends.iter().step_by(2).map(|x| x * x).sum::<f64>() / paths as f64)
    };
    let mut line = Line::new("sde", arguments, timed(arguments.runs.min(5), 10.0, run)?);
    line.param("paths", paths);
    line.param("steps", steps);
    let all = (paths * steps) as f64;
    line.rates.insert("path_steps_per_s", all / line.seconds_median);
    line.rates.insert("ns_per_normal", 1e9 * line.seconds_median / (2.0 * all));
    Ok(line)
}

/// Logistic regression on the standardised `breast_cancer`, batches of 8 with replacement, `eta = 0.05`, from 0.
fn sgd(arguments: &Arguments) -> Outcome<Line> {
    let (replicas, steps) = (arguments.size("replicas")?, arguments.size("steps")?);
    let problem = Problem::new(Builtin::Logistic { features: 30 }, &Data::breast_cancer().standardized()?)?;
    let (sgd, start) = (Sgd::new(0.05, 8)?, vec![0.0; problem.dim()]);
    let streams = Streams::new(SEED, Use::Paths);
    let run = || -> Outcome<f64> {
        let squares = ensemble(
            u32::try_from(replicas.div_ceil(REPLICAS))?,
            |block| streams.block(block),
            || SgdPath::new(&problem, &sgd, &start),
            |block, generator, path| -> Result<f64, String> {
                let path = path.as_mut().map_err(|error| error.to_string())?;
                let mut sum = 0.0;
                for _ in 0..REPLICAS.min(replicas - block as usize * REPLICAS) {
                    path.restart(&start);
                    for _ in 0..steps {
                        path.step(generator).map_err(|error| error.to_string())?;
                    }
                    sum += path.theta().iter().map(|t| t * t).sum::<f64>();
                }
                Ok(sum)
            },
        );
        Ok(squares.into_iter().sum::<Result<f64, String>>()? / replicas as f64)
    };
    let mut line = Line::new("sgd", arguments, timed(arguments.runs.min(5), 10.0, run)?);
    for (name, value) in
        [("replicas", replicas), ("steps", steps), ("batch", 8), ("d", 30), ("N", problem.rows())]
    {
        line.param(name, value);
    }
    let all = (replicas * steps * 8) as f64;
    line.rates.insert("sample_gradients_per_s", all / line.seconds_median);
    line.rates.insert("ns_per_sample_gradient", 1e9 * line.seconds_median / all);
    Ok(line)
}
