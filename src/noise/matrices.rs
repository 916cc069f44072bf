//! Every matrix of the noise at one point in one call.

use super::{NoiseError, Roots, covariance, mean_hessian, root_derivatives, roots};
use crate::loss::{Loss, Problem};
use crate::root::RootError;
use crate::sgd::Sgd;
use nalgebra::DMatrix;

/// The matrices of the noise at one point, `d x d` each.
#[derive(Debug, Clone)]
pub struct Matrices {
    /// `Hbar = E[H]`.
    pub mean_hessian: DMatrix<f64>,
    /// `Sigma = Cov[g]`, normalised by `1/N`.
    pub covariance: DMatrix<f64>,
    /// `D = (eta/2n) c Sigma`.
    pub diffusion: DMatrix<f64>,
    /// The square roots of `2D` with their `S` and `R`, or why there are none.
    pub roots: Result<Roots, RootError>,
    /// `dB[k] = dB/dtheta_k` of the symmetric root, or why it has no derivative; nothing if not asked for.
    pub root_derivatives: Option<Result<Vec<DMatrix<f64>>, RootError>>,
}

/// The matrices of the noise at `theta`; `d^3` more numbers, the derivatives of the root, only if `derivatives`.
///
/// Where a root or its derivative does not exist, its field says why and everything else is given.
///
/// # Errors
/// `theta` does not fit the loss, the batch does not fit the data, or a result is not finite.
pub fn matrices<L: Loss>(
    problem: &Problem<L>,
    theta: &[f64],
    sgd: &Sgd,
    derivatives: bool,
) -> Result<Matrices, NoiseError> {
    let covariance = covariance(problem, theta)?;
    let diffusion = &covariance * (0.5 * sgd.noise_strength(problem.rows())?);
    let derivatives = derivatives.then(|| split(root_derivatives(problem, theta, sgd))).transpose()?;
    Ok(Matrices {
        mean_hessian: mean_hessian(problem, theta)?,
        covariance,
        diffusion,
        roots: split(roots(problem, theta, sgd))?,
        root_derivatives: derivatives,
    })
}

/// Keeps what concerns the root alone apart from what spoils everything.
fn split<T>(result: Result<T, NoiseError>) -> Result<Result<T, RootError>, NoiseError> {
    match result {
        Ok(value) => Ok(Ok(value)),
        Err(NoiseError::Root(error)) => Ok(Err(error)),
        Err(other @ (NoiseError::Problem(_) | NoiseError::Sgd(_) | NoiseError::NotFinite { .. })) => {
            Err(other)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Data;
    use crate::loss::Builtin;

    #[test]
    fn a_rank_drop_spoils_the_derivative_of_the_root_and_nothing_else() {
        // Sigma = theta^2 Var x has the root |theta| sd x.
        let data = Data::from_rows(&["x"], &[[2.0], [-1.0]]).unwrap();
        let problem = Problem::new(Builtin::MultiplicativeQuadratic, &data).unwrap();
        let sgd = Sgd::new(0.125, 1).unwrap();
        let kink = matrices(&problem, &[0.0], &sgd, true).unwrap();
        assert!(kink.covariance[(0, 0)].abs() <= 0.0, "Sigma at 0");
        assert!((kink.mean_hessian[(0, 0)] - 0.5).abs() <= 0.0, "E[x]");
        let roots = kink.roots.unwrap();
        assert_eq!(roots.symmetric.rank(), 0, "rank");
        assert!(matches!(roots.spurious, Err(RootError::RankDrop { .. })), "S and R");
        assert!(matches!(kink.root_derivatives, Some(Err(RootError::RankDrop { .. }))), "dB");
        let smooth = matrices(&problem, &[1.0], &sgd, false).unwrap();
        assert!(smooth.roots.unwrap().spurious.is_ok() && smooth.root_derivatives.is_none(), "not asked for");
        assert!(matrices(&problem, &[f64::NAN], &sgd, true).is_err(), "a point that is not one");
    }
}
