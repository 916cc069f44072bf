//! Plain moments of single steps from one point.
//!
//! ```text
//! mean  = (1/M) sum_m step_m                        -> E[step]              -eta G for SGD
//! C_ij  = (1/(M-1)) sum_m (step - mean)_i (step - mean)_j  -> Cov[step]     (eta^2/n) c Sigma for SGD
//! ```
//!
//! The standard error of `C_ij` is that of the mean of the products `(step - E step)_i (step - E step)_j`, with the
//! mean step that is expected as `E step`.

use super::Estimate;
use super::moments::{Covariance, Moments};
use super::statistics::detectable_multiple;
use super::stream::{Stream, Streams, Use};
use crate::process::ensemble;
use nalgebra::{DMatrix, DVector};

/// Steps that share a stream.
const STEPS: u64 = 256;

/// Mean and covariance of real steps; see the module's page.
#[derive(Debug, Clone, PartialEq)]
pub struct StepMoments {
    /// The mean step.
    pub mean: Vec<Estimate>,
    /// The covariance of a step, `d x d`, with `1/(M-1)`.
    pub covariance: DMatrix<f64>,
    /// Standard errors of its elements.
    pub covariance_error: DMatrix<f64>,
    /// Steps taken.
    pub steps: u64,
}

/// Mean and covariance of `steps` independent steps (rounded up to a multiple of 256) of a process.
///
/// `workspace` makes what one thread needs; `step(workspace, generator, out)` puts one step into `out`, whose expectation
/// is `expected` (only the standard errors of the covariance rest on that). Memory is `d x d` numbers a thread.
///
/// # Errors
/// The first step that could not be taken.
pub fn step_moments<W, E: Send>(
    expected: &[f64],
    steps: u64,
    seed: u64,
    false_alarm: f64,
    workspace: impl Fn() -> W + Sync + Send,
    step: impl Fn(&mut W, &mut Stream, &mut [f64]) -> Result<(), E> + Sync + Send,
) -> Result<StepMoments, E> {
    let dim = expected.len();
    let streams = Streams::new(seed, Use::Steps);
    let blocks = u32::try_from(steps.div_ceil(STEPS)).unwrap_or(u32::MAX);
    let run = |_, stream: &mut Stream, workspace: &mut W| -> Result<(Covariance, Moments), E> {
        let mut seen = (Covariance::new(dim), Moments::new(dim * dim));
        let mut out = DVector::zeros(dim);
        for _ in 0..STEPS {
            step(workspace, stream, out.as_mut_slice())?;
            seen.0.push(&out);
            let centred = DVector::from_fn(dim, |i, _| out[i] - expected[i]);
            seen.1.push((&centred * centred.transpose()).as_slice());
        }
        Ok(seen)
    };
    let mut seen = (Covariance::new(dim), Moments::new(dim * dim));
    for block in ensemble(blocks, |block| streams.block(block), workspace, run) {
        let (covariance, products) = block?;
        seen.0.merge(&covariance);
        seen.1.merge(&products);
    }
    let (moments, products) = seen;
    let unknown = || DMatrix::from_element(dim, dim, f64::INFINITY);
    let covariance = moments.covariance().unwrap_or_else(unknown);
    let draws = moments.count();
    #[allow(clippy::cast_precision_loss, reason = "counts are below 2^53")]
    let error = |i: usize| (covariance[(i, i)] / draws as f64).sqrt();
    let mean = (0..dim)
        .map(|i| Estimate {
            value: moments.mean()[i],
            standard_error: error(i),
            draws,
            seed,
            detectable: detectable_multiple(false_alarm, draws) * error(i),
        })
        .collect();
    let covariance_error = DMatrix::from_fn(dim, dim, |i, j| products.standard_error(i + j * dim));
    Ok(StepMoments { mean, covariance, covariance_error, steps: draws })
}
