//! The drifts of one amplitude under each convention.

use crate::convention::Convention;
use nalgebra::DVector;

/// The drift `mu` of the Ito equation that `dtheta = b dt + B o dW` is: `mu = b + alpha S`, or `b + div D` if isothermal.
///
/// `b`, `S_i = B_jk d_j B_ik` (`spurious`) and `div D` (`div_diffusion`) are vectors of length `d`.
#[must_use]
pub fn ito_drift(
    convention: Convention,
    b: &DVector<f64>,
    spurious: &DVector<f64>,
    div_diffusion: &DVector<f64>,
) -> DVector<f64> {
    match convention.alpha() {
        Some(alpha) => b + spurious * alpha,
        None => b + div_diffusion,
    }
}

/// The drift that the probability current carries where the density is flat: `mu - div D`.
#[must_use]
pub fn current_drift(
    convention: Convention,
    b: &DVector<f64>,
    spurious: &DVector<f64>,
    div_diffusion: &DVector<f64>,
) -> DVector<f64> {
    ito_drift(convention, b, spurious, div_diffusion) - div_diffusion
}
