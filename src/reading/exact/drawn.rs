//! Smooth functions drawn at random.
//!
//! ```text
//! F(theta) = c + sum_k A_k sin(w_k . theta + v_k . x + b_k) + (w . theta + v . x + b)^3/6
//! ```
//!
//! with every number drawn from a stream of its own: by the seed, the name of the field, the component and the data point.
//! `x` are the values of distributed random names that the field depends on. Positive fields are `exp(F/2)`, symmetric
//! ones `I + C C'/d` with drawn `C`, so that roots and inverses exist; test functions are `(1 + F) exp(-2 |theta|^2)`.

use super::Unable;
use super::ring::Ring;
use super::tensor::{Dims, Tensor};
use super::univariate::{Curve, compose};
use crate::expression::{FieldShape, Function, Sign, Symbol, SymbolKind};
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Sines of a function of one variable.
const SINES: usize = 4;

/// A stream of random numbers that belongs to a seed, a name and some numbers.
fn stream(seed: u64, name: &str, numbers: &[u64]) -> ChaCha8Rng {
    // FNV-1a; it only has to tell streams apart.
    let bytes = seed.to_le_bytes().into_iter().chain(name.bytes());
    let bytes = bytes.chain(numbers.iter().flat_map(|n| n.to_le_bytes()));
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    ChaCha8Rng::seed_from_u64(hash)
}

/// Uniform between two numbers.
fn between(rng: &mut impl Rng, low: f64, high: f64) -> f64 {
    low + (high - low) * rng.random::<f64>()
}

/// A number of size 1/3 to 1 of either sign.
fn amplitude(rng: &mut impl Rng) -> f64 {
    let size = between(rng, 1.0 / 3.0, 1.0);
    if rng.random::<bool>() { size } else { -size }
}

/// A scalar, drawn.
pub(super) fn scalar(seed: u64, name: &str, sign: Sign) -> f64 {
    let mut rng = stream(seed, name, &[0x5ca1]);
    match sign {
        Sign::Any => amplitude(&mut rng) * 1.5,
        Sign::NonNegative | Sign::Positive => between(&mut rng, 0.4, 1.8),
    }
}

/// Numbers in [-1, 1], drawn: a point, or the values of a random name at one data point.
pub(super) fn numbers(seed: u64, name: &str, row: usize, length: usize) -> Vec<f64> {
    let mut rng = stream(seed, name, &[0x0b5e, row as u64]);
    (0..length).map(|_| between(&mut rng, -1.0, 1.0)).collect()
}

/// Where a field is evaluated.
#[derive(Debug, Clone, Copy)]
pub(super) struct Draw<'a> {
    pub(super) seed: u64,
    /// `theta_0 + h`.
    pub(super) theta: &'a Tensor,
    /// Which data point, for fields that depend on one.
    pub(super) row: u64,
    /// Values of distributed random names that the field depends on.
    pub(super) values: &'a [f64],
    /// Number of columns of a matrix field.
    pub(super) columns: usize,
}

/// One smooth function.
fn function(ring: &Ring, cut: usize, at: &Draw<'_>, name: &str, component: usize) -> Result<Tensor, Unable> {
    let mut rng = stream(at.seed, name, &[component as u64, at.row]);
    let d = ring.dim();
    let spread = 1.5 / f64::from(u32::try_from(d.max(1)).unwrap_or(u32::MAX)).sqrt();
    let ridge = |rng: &mut ChaCha8Rng| {
        let weights: Vec<f64> = (0..d).map(|_| spread * amplitude(rng)).collect();
        let phase: f64 =
            between(rng, -1.0, 1.0) + at.values.iter().map(|x| 0.7 * amplitude(rng) * x).sum::<f64>();
        let weights = Tensor::exact(Dims::Vector(d), weights);
        at.theta.dot(ring, cut, &weights)?.plus(ring, cut, &Tensor::number(phase))
    };
    let sine = Curve::Named(Function::Sin);
    let mut sum = Tensor::number(amplitude(&mut rng));
    for _ in 0..d + 3 {
        let wave = sine.of(ring, cut, &ridge(&mut rng)?)?.scaled(amplitude(&mut rng));
        sum = sum.plus(ring, cut, &wave)?;
    }
    let z = ridge(&mut rng)?;
    let cube = z.times(ring, cut, &z)?.times(ring, cut, &z)?.scaled(1.0 / 6.0);
    sum.plus(ring, cut, &cube)
}

/// A drawn field of a declared shape.
///
/// # Errors
/// It is too large.
pub(super) fn field(ring: &Ring, cut: usize, at: &Draw<'_>, symbol: &Symbol) -> Result<Tensor, Unable> {
    let SymbolKind::Field { shape, sign, test, .. } = &symbol.kind else {
        return Err(Unable::Unsupported { what: "a name that is no field cannot be drawn as one" });
    };
    let d = ring.dim();
    let one = |component: usize| function(ring, cut, at, &symbol.name, component);
    let all = |dims: Dims| {
        let parts = (0..dims.len()).map(one).collect::<Result<Vec<_>, _>>()?;
        Tensor::stacked(ring, cut, dims, &parts)
    };
    match shape {
        FieldShape::Scalar if *test => {
            let squares = at.theta.dot(ring, cut, at.theta)?.scaled(-2.0);
            let window = Curve::Named(Function::Exp).of(ring, cut, &squares)?;
            one(0)?.plus(ring, cut, &Tensor::number(1.0))?.times(ring, cut, &window)
        }
        FieldShape::Scalar if *sign == Sign::Any => one(0),
        FieldShape::Scalar => Curve::Named(Function::Exp).of(ring, cut, &one(0)?.scaled(0.5)),
        FieldShape::Vector => all(Dims::Vector(d)),
        FieldShape::Symmetric => {
            let c = all(Dims::Matrix(d, d))?;
            let share = 1.0 / f64::from(u32::try_from(d.max(1)).unwrap_or(u32::MAX));
            let square = c.matrix_product(ring, cut, &c.transposed())?.scaled(share);
            square.plus(ring, cut, &Tensor::identity(d))
        }
        FieldShape::Matrix => all(Dims::Matrix(d, at.columns)),
    }
}

/// The `derivative`-th derivative of a drawn function of one variable, at a scalar:
/// `l(z) = sum_k A_k sin(w_k z + b_k) + c z^2 + e z^3`.
///
/// # Errors
/// The argument grows beyond bounds.
pub(super) fn of_one_variable(
    ring: &Ring,
    cut: usize,
    (seed, name): (u64, &str),
    derivative: u32,
    z: &Tensor,
) -> Result<Tensor, Unable> {
    if z.offset() < 0 {
        return Err(Unable::NoSeries { what: "a function of something that grows beyond bounds" });
    }
    let mut rng = stream(seed, name, &[0xf0]);
    let waves: Vec<[f64; 3]> = (0..SINES)
        .map(|_| [amplitude(&mut rng), 1.5 * amplitude(&mut rng), between(&mut rng, -2.0, 2.0)])
        .collect();
    let polynomial = [0.0, 0.0, amplitude(&mut rng), 0.3 * amplitude(&mut rng)];
    let (x, error) = z.at(0, 0);
    let order = cut + ring.powers();
    let coefficient = |k: usize| {
        let n = k + derivative as usize;
        let (mut value, mut size) = (0.0, 0.0);
        for [a, w, b] in &waves {
            let turn = [0.0, 1.0, 2.0, 3.0][n % 4] * std::f64::consts::FRAC_PI_2;
            let scale = a * w.powi(i32::try_from(n).unwrap_or(i32::MAX));
            value += scale * (w * x + b + turn).sin();
            size += 8.0 * scale.abs();
        }
        for (p, c) in polynomial.iter().enumerate().skip(n) {
            let falling: f64 = (0..n).map(|i| f64::from(u32::try_from(p - i).unwrap_or(0))).product();
            value += c * falling * x.powi(i32::try_from(p - n).unwrap_or(0));
            size += (4.0 * c * falling * x.powi(i32::try_from(p - n).unwrap_or(0))).abs();
        }
        let factorial: f64 = (1..=k).map(|i| f64::from(u32::try_from(i).unwrap_or(u32::MAX))).product();
        (value / factorial, size / factorial)
    };
    let all: Vec<(f64, f64)> = (0..=order + 1).map(coefficient).collect();
    let series: Vec<(f64, f64)> = (0..=order)
        .map(|k| {
            let factor = f64::from(u32::try_from(k + 1).unwrap_or(u32::MAX));
            (all[k].0, all[k].1 + factor * all[k + 1].0.abs() * error)
        })
        .collect();
    compose(ring, cut, &series, z)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::root::{RootOptions, SymmetricRoot};
    use nalgebra::DMatrix;

    fn symbol(shape: FieldShape, sign: Sign, test: bool) -> Symbol {
        Symbol { name: "F".into(), kind: SymbolKind::Field { shape, arguments: vec![], sign, test } }
    }

    fn value(symbol: &Symbol, theta: &[f64], cut: usize, row: u64) -> Tensor {
        let ring = Ring::new(theta.len(), 1);
        let theta = Tensor::variables(&ring, theta).unwrap();
        let at = Draw { seed: 7, theta: &theta, row, values: &[], columns: 3 };
        field(&ring, cut, &at, symbol).unwrap()
    }

    /// The derivatives are those of the values: a central difference is off by `step^2` times third derivatives.
    #[test]
    fn a_drawn_field_has_its_derivatives() {
        let plain = symbol(FieldShape::Scalar, Sign::Any, false);
        let at = |x: f64, y: f64| value(&plain, &[x, y], 0, 0).at(0, 0).0;
        let step = 1e-5;
        let jet = value(&plain, &[0.2, -0.3], 2, 0);
        let slope = (at(0.2, -0.3 + step) - at(0.2, -0.3 - step)) / (2.0 * step);
        assert!((jet.coefficient(0, 2, 0).0 - slope).abs() < 1e-8, "{slope}");
        assert!((at(0.2, -0.3) - value(&plain, &[0.2, -0.3], 0, 1).at(0, 0).0).abs() > 1e-3, "rows differ");
    }

    #[test]
    fn shapes_and_signs_are_as_declared() {
        let positive = symbol(FieldShape::Scalar, Sign::Positive, false);
        assert!(value(&positive, &[0.2, 3.0], 0, 0).at(0, 0).0 > 0.0, "positive");
        let symmetric = value(&symbol(FieldShape::Symmetric, Sign::Any, false), &[0.2, 3.0], 0, 0);
        let matrix = DMatrix::from_row_slice(2, 2, &symmetric.constants_at(0));
        let root = SymmetricRoot::from_matrix(&matrix, RootOptions::default()).unwrap();
        assert!(root.roots().min() >= 1.0, "symmetric, and at least I");
        let test = symbol(FieldShape::Scalar, Sign::Any, true);
        assert!(value(&test, &[6.0, 3.0], 0, 0).at(0, 0).0.abs() < 1e-12, "zero far out");
        assert_eq!(
            value(&symbol(FieldShape::Matrix, Sign::Any, false), &[0.0, 0.0], 0, 0).dims(),
            Dims::Matrix(2, 3)
        );
    }

    #[test]
    fn a_function_of_one_variable_has_its_derivatives() {
        let ring = Ring::new(1, 1);
        let z = |x: f64| Tensor::variables(&ring, &[x]).unwrap().component(0);
        let l = |derivative: u32, x: f64| of_one_variable(&ring, 2, (3, "l"), derivative, &z(x)).unwrap();
        let (found, expected) = (l(0, 0.4).coefficient(0, 1, 0).0, l(1, 0.4).at(0, 0).0);
        assert!((found - expected).abs() < 1e-14, "l'");
        let (found, expected) = (2.0 * l(1, 0.4).coefficient(0, 2, 0).0, l(3, 0.4).at(0, 0).0);
        assert!((found - expected).abs() < 1e-13, "l'''");
        let step = 1e-5;
        let slope = (l(0, 0.4 + step).at(0, 0).0 - l(0, 0.4 - step).at(0, 0).0) / (2.0 * step);
        assert!((slope - l(1, 0.4).at(0, 0).0).abs() < 1e-8, "by differences");
    }
}
