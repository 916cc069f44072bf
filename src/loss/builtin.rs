//! The losses that driftproof ships: their names, sizes and formulas.
//!
//! | name | formula of `u` | parameters | row |
//! |---|---|---|---|
//! | `linear_regression` | `(theta.x - y)^2 / 2` | `p` | `x1..xp, y` |
//! | `ridge_regression` | the same `+ lambda abs(theta)^2 / 2`, `lambda >= 0` | `p` | `x1..xp, y` |
//! | `logistic_regression` | `log(1 + exp(theta.x)) - y theta.x`, `y` 0 or 1 | `p` | `x1..xp, y` |
//! | `poisson_regression` | `exp(theta.x) - y theta.x`, `y = 0, 1, 2, ...` | `p` | `x1..xp, y` |
//! | `softmax_K` | `log(sum_k exp(w_k.x)) - w_y.x`, `y = 0..K-1` | `w_0, w_1, ...` | `x1..xp, y` |
//! | `cauchy_regression` | `c^2/2 log(1 + (theta.x - y)^2/c^2)`, `c > 0` | `p` | `x1..xp, y` |
//! | `student_t_regression` | `(nu+1)/2 log(1 + (theta.x - y)^2/(nu sigma^2))`, `nu, sigma > 0` | `p` | `x1..xp, y` |
//! | `pseudo_huber_regression` | `delta^2 (sqrt(1 + ((theta.x - y)/delta)^2) - 1)`, `delta > 0` | `p` | `x1..xp, y` |
//! | `phase_retrieval` | `((theta.x)^2 - y)^2 / 4` | `p` | `x1..xp, y` |
//! | `cos_wave` | `1 - cos(theta.x - y)` | `p` | `x1..xp, y` |
//! | `two_layer_linear` | `(a b x - y)^2 / 2` | `a, b` | `x, y` |
//! | `matrix_factorisation` | `(P_i . Q_j - y)^2 / 2`, rows `P_i`, `Q_j` of rank `r` | `P`, `Q`, row by row | `i, j, y`, counted from 1 |
//! | `deep_linear` | `abs(W_L ... W_1 x - y)^2 / 2` | `W_1, W_2, ...`, row by row | `x1.., y1..` |
//! | `mlp_I_.._O_activation` | network of layers `a -> phi(W a + b)`, see [`Network`] | `W_1, b_1, W_2, ...` | `x1.., y1..` or class |
//! | `multiplicative_quadratic` | `x theta^2 / 2` | `theta` | `x` |
//! | `pollen_2d` | `2 s F_k(theta)`, see [`Builtin::PollenGrain`] | `theta1 > 1/2, theta2` | `k, s` |
//!
//! Classes, indices and selectors are integer columns; they enter a loss as one-hot masks.

use super::network::Network;
use super::number::{Number, constant, dot, inner, log_sum_exp, softplus};
use super::{Loss, RowError, ThetaError};

/// One of the losses that driftproof ships; see the table above. Sizes and constants are the variants' fields.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Builtin {
    /// `u = (theta.x - y)^2 / 2`
    Linear {
        /// Number of features `p`.
        features: usize,
    },
    /// `u = (theta.x - y)^2 / 2 + lambda |theta|^2 / 2`
    Ridge {
        /// Number of features `p`.
        features: usize,
        /// Strength of the penalty, not negative.
        lambda: f64,
    },
    /// `u = log(1 + exp(theta.x)) - y theta.x`, `y` in {0, 1}
    Logistic {
        /// Number of features `p`.
        features: usize,
    },
    /// `u = exp(theta.x) - y theta.x`, `y` = 0, 1, 2, ...
    Poisson {
        /// Number of features `p`.
        features: usize,
    },
    /// `u = log(sum_k exp(w_k.x)) - w_y.x`, `y` = 0, ..., K-1
    Softmax {
        /// Number of features `p`.
        features: usize,
        /// Number of classes `K`.
        classes: usize,
    },
    /// `u = (c^2/2) log(1 + (theta.x - y)^2/c^2)`
    Cauchy {
        /// Number of features `p`.
        features: usize,
        /// Scale of the residual, positive.
        c: f64,
    },
    /// `u = ((nu+1)/2) log(1 + (theta.x - y)^2/(nu sigma^2))`
    StudentT {
        /// Number of features `p`.
        features: usize,
        /// Degrees of freedom, positive.
        nu: f64,
        /// Scale of the residual, positive.
        sigma: f64,
    },
    /// `u = delta^2 (sqrt(1 + ((theta.x - y)/delta)^2) - 1)`
    PseudoHuber {
        /// Number of features `p`.
        features: usize,
        /// Residual at which the square turns into a straight line, positive.
        delta: f64,
    },
    /// `u = ((theta.x)^2 - y)^2 / 4`
    PhaseRetrieval {
        /// Number of features `p`.
        features: usize,
    },
    /// `u = 1 - cos(theta.x - y)`
    CosWave {
        /// Number of features `p`.
        features: usize,
    },
    /// `u = (a b x - y)^2 / 2`
    TwoLayerLinear,
    /// `u = (P_i . Q_j - y)^2 / 2`
    MatrixFactorisation {
        /// Number of rows of `P`.
        left: usize,
        /// Number of rows of `Q`.
        right: usize,
        /// Columns of both.
        rank: usize,
    },
    /// A fully connected network, deep linear ones among them.
    Network(Network),
    /// `u = x theta^2 / 2`
    MultiplicativeQuadratic,
    /// `u = 2 s F_k(theta)` with `t = theta_1 > 1/2`, `y = theta_2`, `k` in {0, 1, 2, 3}, `s` in {-1, 1} and
    /// `F = sqrt(t) cos y, sqrt(t) sin y, sqrt(1/2) (sqrt(t(t-1/2)) - arsinh(sqrt(2t-1))/2), (2/3)(t-1/2)^(3/2)`:
    /// over all eight pairs `(k, s)`, `G = 0` and `Sigma = theta_1 I` exactly.
    PollenGrain,
}

impl Builtin {
    /// Number of features of a loss of one inner product `theta . x`.
    fn features(&self) -> Option<usize> {
        match *self {
            Self::Linear { features }
            | Self::Ridge { features, .. }
            | Self::Logistic { features }
            | Self::Poisson { features }
            | Self::Cauchy { features, .. }
            | Self::StudentT { features, .. }
            | Self::PseudoHuber { features, .. }
            | Self::PhaseRetrieval { features }
            | Self::CosWave { features } => Some(features),
            Self::Softmax { .. }
            | Self::TwoLayerLinear
            | Self::MatrixFactorisation { .. }
            | Self::Network(_)
            | Self::MultiplicativeQuadratic
            | Self::PollenGrain => None,
        }
    }
}

impl Loss for Builtin {
    fn dim(&self) -> usize {
        match self {
            Self::Softmax { features, classes } => features * classes,
            Self::TwoLayerLinear | Self::PollenGrain => 2,
            Self::MatrixFactorisation { left, right, rank } => (left + right) * rank,
            Self::Network(network) => network.parameters(),
            Self::MultiplicativeQuadratic => 1,
            Self::Linear { features }
            | Self::Ridge { features, .. }
            | Self::Logistic { features }
            | Self::Poisson { features }
            | Self::Cauchy { features, .. }
            | Self::StudentT { features, .. }
            | Self::PseudoHuber { features, .. }
            | Self::PhaseRetrieval { features }
            | Self::CosWave { features } => *features,
        }
    }

    fn columns(&self) -> usize {
        match self {
            Self::Softmax { features, .. } => features + 1,
            Self::TwoLayerLinear | Self::PollenGrain => 2,
            Self::MatrixFactorisation { .. } => 3,
            Self::Network(network) => network.columns(),
            Self::MultiplicativeQuadratic => 1,
            Self::Linear { features }
            | Self::Ridge { features, .. }
            | Self::Logistic { features }
            | Self::Poisson { features }
            | Self::Cauchy { features, .. }
            | Self::StudentT { features, .. }
            | Self::PseudoHuber { features, .. }
            | Self::PhaseRetrieval { features }
            | Self::CosWave { features } => features + 1,
        }
    }

    fn encode(&self, row: &[f64], encoded: &mut Vec<f64>) -> Result<(), RowError> {
        match self {
            Self::Logistic { features } => {
                whole(row, *features, 0, 1)?;
                encoded.extend_from_slice(row);
            }
            Self::Poisson { features } => {
                count(row, *features)?;
                encoded.extend_from_slice(row);
            }
            Self::Softmax { features, classes } => {
                encoded.extend_from_slice(&row[..*features]);
                mask(encoded, whole(row, *features, 0, classes.saturating_sub(1))?, *classes);
            }
            Self::MatrixFactorisation { left, right, .. } => {
                mask(encoded, whole(row, 0, 1, *left)? - 1, *left);
                mask(encoded, whole(row, 1, 1, *right)? - 1, *right);
                encoded.push(row[2]);
            }
            Self::Network(network) => network.encode(row, encoded)?,
            Self::PollenGrain => {
                mask(encoded, whole(row, 0, 0, 3)?, 4);
                encoded.push(sign(row, 1)?);
            }
            Self::Linear { .. }
            | Self::Ridge { .. }
            | Self::Cauchy { .. }
            | Self::StudentT { .. }
            | Self::PseudoHuber { .. }
            | Self::PhaseRetrieval { .. }
            | Self::CosWave { .. }
            | Self::TwoLayerLinear
            | Self::MultiplicativeQuadratic => encoded.extend_from_slice(row),
        }
        Ok(())
    }

    fn check_theta(&self, theta: &[f64]) -> Result<(), ThetaError> {
        match (self, theta) {
            (Self::PollenGrain, &[t, ..]) if t <= 0.5 => {
                Err(ThetaError { component: 1, found: t, expected: "a number above 1/2" })
            }
            _ => Ok(()),
        }
    }

    fn loss<D: Number>(&self, x: &[D::InnerDual], theta: &[D]) -> D {
        let (prediction, target) = match self.features() {
            Some(p) => (dot(theta, x), D::from_re(x[p])),
            None => (constant(0.0), constant(0.0)),
        };
        let residual = prediction - target;
        match self {
            Self::Linear { .. } => residual * residual * 0.5,
            Self::Ridge { lambda, .. } => (residual * residual + inner(theta, theta) * *lambda) * 0.5,
            Self::Logistic { .. } => softplus(prediction) - target * prediction,
            Self::Poisson { .. } => prediction.exp() - target * prediction,
            Self::Softmax { features, classes } => softmax(*features, *classes, x, theta),
            Self::Cauchy { c, .. } => log_1p_square(residual / *c) * (0.5 * c * c),
            Self::StudentT { nu, sigma, .. } => {
                log_1p_square(residual / (sigma * nu.sqrt())) * (0.5 * (nu + 1.0))
            }
            Self::PseudoHuber { delta, .. } => pseudo_huber(residual / *delta) * (delta * delta),
            Self::PhaseRetrieval { .. } => {
                let excess = prediction * prediction - target;
                excess * excess * 0.25
            }
            Self::CosWave { .. } => -residual.cos() + 1.0,
            Self::TwoLayerLinear => {
                let residual = (theta[0] * theta[1]).scale(&x[0]) - D::from_re(x[1]);
                residual * residual * 0.5
            }
            Self::MatrixFactorisation { left, right, rank } => {
                factorisation([*left, *right, *rank], x, theta)
            }
            Self::Network(network) => network.loss(x, theta),
            Self::MultiplicativeQuadratic => (theta[0] * theta[0] * 0.5).scale(&x[0]),
            Self::PollenGrain => pollen(x, theta),
        }
    }
}

/// `log(1 + z^2)`
fn log_1p_square<D: Number>(z: D) -> D {
    (z * z).ln_1p()
}

/// `sqrt(1 + z^2) - 1 = z^2 / (1 + sqrt(1 + z^2))`, without cancellation at small `z`.
fn pseudo_huber<D: Number>(z: D) -> D {
    let square = z * z;
    square / ((square + 1.0).sqrt() + 1.0)
}

/// `log(sum_k exp(w_k.x)) - w_y.x`; the row holds `x` and the mask of `y`.
fn softmax<D: Number>(features: usize, classes: usize, x: &[D::InnerDual], theta: &[D]) -> D {
    let scores: Vec<D> = (0..classes).map(|k| dot(&theta[k * features..(k + 1) * features], x)).collect();
    log_sum_exp(&scores) - dot(&scores, &x[features..])
}

/// `(P_i . Q_j - y)^2 / 2`; the row holds the masks of `i` and `j`, then `y`.
fn factorisation<D: Number>([left, right, rank]: [usize; 3], x: &[D::InnerDual], theta: &[D]) -> D {
    let (i, j) = (&x[..left], &x[left..left + right]);
    let (p, q) = theta.split_at(left * rank);
    let chosen = |matrix: &[D], mask: &[D::InnerDual], k: usize| -> D {
        let column: Vec<D> = matrix.iter().skip(k).step_by(rank).copied().collect();
        dot(&column, mask)
    };
    let residual = (0..rank)
        .map(|k| chosen(p, i, k) * chosen(q, j, k))
        .fold(-D::from_re(x[left + right]), |sum, product| sum + product);
    residual * residual * 0.5
}

/// `2 s F_k(theta)`; the row holds the mask of `k`, then `s`.
fn pollen<D: Number>(x: &[D::InnerDual], theta: &[D]) -> D {
    let (t, y) = (theta[0], theta[1]);
    let (root, excess) = (t.sqrt(), t - 0.5);
    let f = [
        root * y.cos(),
        root * y.sin(),
        ((t * excess).sqrt() - (excess * 2.0).sqrt().asinh() * 0.5) * 0.5_f64.sqrt(),
        excess * excess.sqrt() * (2.0 / 3.0),
    ];
    dot(&f, x).scale(&x[4]) * 2.0
}

/// Appends a mask of `length` numbers, 1 at `place` and 0 elsewhere.
pub(super) fn mask(encoded: &mut Vec<f64>, place: usize, length: usize) {
    encoded.extend((0..length).map(|k| if k == place { 1.0 } else { 0.0 }));
}

/// The whole number in a column, if it lies between the bounds.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "the number is whole and within the bounds"
)]
pub(super) fn whole(row: &[f64], column: usize, least: usize, most: usize) -> Result<usize, RowError> {
    let found = row[column];
    if found.fract() == 0.0 && found >= least as f64 && found <= most as f64 {
        return Ok(found as usize);
    }
    Err(RowError { column, found, expected: format!("a whole number from {least} to {most}") })
}

/// 1 or -1.
fn sign(row: &[f64], column: usize) -> Result<f64, RowError> {
    let found = row[column];
    if found.abs().to_bits() == 1.0_f64.to_bits() {
        return Ok(found);
    }
    Err(RowError { column, found, expected: "1 or -1".to_owned() })
}

/// A count: 0, 1, 2, ...
fn count(row: &[f64], column: usize) -> Result<(), RowError> {
    if row[column] >= 0.0 && row[column].fract() == 0.0 {
        return Ok(());
    }
    Err(RowError { column, found: row[column], expected: "a count: 0, 1, 2, ...".to_owned() })
}
