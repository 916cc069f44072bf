//! Smooth functions drawn at random, for what an instance does not bind.
//!
//! ```text
//! F(theta) = c + sum over k of A_k sin(w_k . theta + b_k + a_k . x) + q (w . theta + b)^2 + r (w . theta + b)^3
//! ```
//!
//! Every number comes from a stream of its own: by the seed, the name of the field, the component and the data point; `x`
//! are the values of those arguments that have a distribution. Positive fields are `exp(F/2)`, symmetric ones
//! `I + C C'/d`, test functions `(1 + F) exp(-2 |theta|^2)`.

use super::Unable;
use super::jet::{Ring, count_work};
use super::series::{Curve, taylor};
use super::tensor::{Dims, Numbers, Tensor};
use crate::expression::{FieldShape, Function, Sign};
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use smallvec::smallvec;

/// A stream of random numbers that belongs to a seed, a name and some numbers.
pub(super) fn stream(seed: u64, name: &str, numbers: &[u64]) -> ChaCha8Rng {
    let mut key = [0_u8; 32];
    let words = [0x5a4d_91e7_u64, seed].into_iter().chain(numbers.iter().copied());
    let bytes = words.flat_map(u64::to_le_bytes).chain(name.bytes());
    for (k, byte) in bytes.enumerate() {
        let (place, next) = (k % 32, (k * 7 + 13) % 32);
        key[place] = key[place].rotate_left(3) ^ byte.wrapping_mul(0x9d);
        key[next] = key[next].wrapping_add(key[place].wrapping_mul(31)).rotate_left(1);
    }
    ChaCha8Rng::from_seed(key)
}

/// A number of size 0.4 to 1 of either sign.
fn amplitude(rng: &mut impl Rng) -> f64 {
    let size = 0.4 + 0.6 * rng.random::<f64>();
    if rng.random::<bool>() { size } else { -size }
}

/// A scalar, away from 0 and 1, where factors and powers of it make no difference.
pub(super) fn scalar(seed: u64, name: &str, sign: Sign) -> f64 {
    let mut rng = stream(seed, name, &[1]);
    match sign {
        Sign::Any => amplitude(&mut rng).signum() * (1.3 + 0.7 * rng.random::<f64>()),
        Sign::NonNegative | Sign::Positive => 1.4 + 0.8 * rng.random::<f64>(),
    }
}

/// Numbers in [-1, 1]: a point, or the values of a random name at one data point.
pub(super) fn numbers(seed: u64, name: &str, row: usize, length: usize) -> Vec<f64> {
    let mut rng = stream(seed, name, &[2, row as u64]);
    (0..length).map(|_| 2.0 * rng.random::<f64>() - 1.0).collect()
}

/// `w . theta + b`, with what its powers are made of.
#[derive(Debug)]
struct Ridge {
    weights: Vec<f64>,
    phase: f64,
    /// Of the distributed arguments.
    slopes: Vec<f64>,
    /// By monomial `m`: `k!/m! w^m` with `k` the degree of `m`, so that `(w . h)^k` has these coefficients.
    powers: Vec<f64>,
}

impl Ridge {
    fn new(rng: &mut impl Rng, ring: &Ring, arguments: usize) -> Self {
        let d = ring.dim();
        let spread = 1.5 / f64::from(u32::try_from(d.max(1)).unwrap_or(u32::MAX)).sqrt();
        let weights: Vec<f64> = (0..d).map(|_| spread * amplitude(rng)).collect();
        let phase = 2.0 * rng.random::<f64>() - 1.0;
        let slopes = (0..arguments).map(|_| 0.8 * amplitude(rng)).collect();
        let power = |m: usize| {
            let exponents = ring.exponents(m);
            let (mut result, mut k) = (1.0, 0.0);
            for (w, times) in weights.iter().zip(exponents) {
                for j in 1..=*times {
                    k += 1.0;
                    result *= w * k / f64::from(j);
                }
            }
            result
        };
        let powers = (0..ring.count(ring.degree())).map(power).collect();
        Self { weights, phase, slopes, powers }
    }

    fn value(&self, theta: &[f64], values: &[f64]) -> f64 {
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
        self.phase + dot(&self.weights, theta) + dot(&self.slopes, values)
    }

    /// Adds `factor f(w . theta + b)` to a jet, `f` by its Taylor coefficients.
    fn add(&self, ring: &Ring, cut: usize, out: &mut [f64], (factor, series): (f64, &[f64])) {
        count_work(out.len() + 20);
        for (k, c) in series.iter().enumerate().take(cut + 1) {
            let range = if k == 0 { 0..1 } else { ring.count(k - 1)..ring.count(k) };
            out[range.clone()].iter_mut().zip(&self.powers[range]).for_each(|(o, p)| *o += factor * c * p);
        }
    }
}

/// One smooth function.
#[derive(Debug)]
struct Wave {
    constant: f64,
    ridges: Vec<(f64, Ridge)>,
    bend: Ridge,
    curvature: [f64; 2],
}

impl Wave {
    fn new(rng: &mut impl Rng, ring: &Ring, arguments: usize) -> Self {
        let constant = amplitude(rng);
        let ridges =
            (0..ring.dim().min(8) + 2).map(|_| (amplitude(rng), Ridge::new(rng, ring, arguments))).collect();
        let bend = Ridge::new(rng, ring, 0);
        let curvature = [0.4 * amplitude(rng), 0.2 * amplitude(rng)];
        Self { constant, ridges, bend, curvature }
    }

    fn at(&self, ring: &Ring, cut: usize, theta: &[f64], values: &[f64]) -> Result<Tensor, Unable> {
        let mut jet: Numbers = smallvec![0.0; ring.count(cut)];
        jet[0] = self.constant;
        for (factor, ridge) in &self.ridges {
            let z = ridge.value(theta, values);
            let series = taylor(Curve::Named(Function::Sin), z, cut).ok_or(Unable::NotSmooth { at: z })?;
            ridge.add(ring, cut, &mut jet, (*factor, &series));
        }
        let z = self.bend.value(theta, values);
        let [q, r] = self.curvature;
        let series = [q * z * z + r * z * z * z, 2.0 * q * z + 3.0 * r * z * z, q + 3.0 * r * z, r];
        self.bend.add(ring, cut, &mut jet, (1.0, &series));
        Ok(Tensor::new(Dims::Scalar, cut, jet))
    }
}

/// A drawn field, at one data point.
#[derive(Debug)]
pub(super) struct DrawnField {
    shape: FieldShape,
    positive: bool,
    test: bool,
    waves: Vec<Wave>,
    columns: usize,
}

/// What a drawn field is declared to be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Declared<'a> {
    pub(super) name: &'a str,
    pub(super) shape: FieldShape,
    pub(super) sign: Sign,
    pub(super) test: bool,
    /// Arguments with a distribution.
    pub(super) arguments: usize,
    pub(super) columns: usize,
}

impl DrawnField {
    pub(super) fn new(ring: &Ring, seed: u64, declared: Declared<'_>, row: usize) -> Self {
        let d = ring.dim();
        let Declared { name, shape, sign, test, arguments, columns } = declared;
        let components = match shape {
            FieldShape::Scalar => 1,
            FieldShape::Vector => d,
            FieldShape::Symmetric => d * d,
            FieldShape::Matrix => d * columns,
        };
        let wave = |component: usize| {
            Wave::new(&mut stream(seed, name, &[3, component as u64, row as u64]), ring, arguments)
        };
        let waves = (0..components).map(wave).collect();
        Self { shape, positive: sign != Sign::Any, test, waves, columns }
    }

    /// Its value up to a degree; `values` are those of its distributed arguments.
    ///
    /// # Errors
    /// It is not a number there.
    pub(super) fn at(
        &self,
        ring: &Ring,
        cut: usize,
        theta: &[f64],
        values: &[f64],
    ) -> Result<Tensor, Unable> {
        let d = ring.dim();
        let parts =
            self.waves.iter().map(|wave| wave.at(ring, cut, theta, values)).collect::<Result<Vec<_>, _>>()?;
        match self.shape {
            FieldShape::Scalar => {
                let one = parts.into_iter().next().ok_or(Unable::NotFinite)?;
                if self.test {
                    let x = Tensor::variables(ring, theta, cut);
                    let squares = x.dot(ring, cut, &x)?.scaled(-2.0);
                    let window = squares.mapped(ring, cut, Curve::Named(Function::Exp))?;
                    return one.plus(ring, &Tensor::number(1.0))?.times(ring, cut, &window);
                }
                if self.positive {
                    one.scaled(0.5).mapped(ring, cut, Curve::Named(Function::Exp))
                } else {
                    Ok(one)
                }
            }
            FieldShape::Vector => Tensor::stacked(ring, Dims::Vector(d), &parts),
            FieldShape::Matrix => Tensor::stacked(ring, Dims::Matrix(d, self.columns), &parts),
            FieldShape::Symmetric => {
                let c = Tensor::stacked(ring, Dims::Matrix(d, d), &parts)?;
                let share = 0.5 / f64::from(u32::try_from(d.max(1)).unwrap_or(u32::MAX));
                c.times(ring, cut, &c.transposed())?.scaled(share).plus(ring, &Tensor::identity(d))
            }
        }
    }
}

/// Taylor coefficients of a drawn function of one variable: sines and a cubic.
pub(super) fn of_one_variable(seed: u64, name: &str, z: f64, order: usize) -> Vec<f64> {
    let mut rng = stream(seed, name, &[4]);
    let mut sum = vec![0.0; order + 1];
    for _ in 0..3 {
        let (a, w, b) = (amplitude(&mut rng), 1.4 * amplitude(&mut rng), amplitude(&mut rng));
        let series = taylor(Curve::Named(Function::Sin), w * z + b, order).unwrap_or_default();
        let mut power = a;
        for (s, c) in sum.iter_mut().zip(series) {
            *s += power * c;
            power *= w;
        }
    }
    let (q, r) = (0.5 * amplitude(&mut rng), 0.2 * amplitude(&mut rng));
    let cubic = [q * z * z + r * z * z * z, 2.0 * q * z + 3.0 * r * z * z, q + 3.0 * r * z, r];
    sum.iter_mut().zip(cubic).for_each(|(s, c)| *s += c);
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    fn declared(shape: FieldShape, sign: Sign, test: bool) -> Declared<'static> {
        Declared { name: "F", shape, sign, test, arguments: 1, columns: 3 }
    }

    /// A central difference is off by `step^2` times third derivatives, here of order 1.
    #[test]
    fn derivatives_are_those_of_the_values() {
        let ring = Ring::new(2, 2).unwrap();
        for declared in [
            declared(FieldShape::Scalar, Sign::Any, false),
            declared(FieldShape::Scalar, Sign::Positive, false),
            declared(FieldShape::Scalar, Sign::Any, true),
            declared(FieldShape::Symmetric, Sign::Any, false),
        ] {
            let field = DrawnField::new(&ring, 7, declared, 0);
            let at = |y: f64| field.at(&ring, 0, &[0.2, y], &[0.4]).unwrap().at(0);
            let jet = field.at(&ring, 2, &[0.2, -0.3], &[0.4]).unwrap();
            let (up, here, down) = (at(-0.3 + 1e-4), at(-0.3), at(-0.3 - 1e-4));
            assert!((jet.jet(0)[2] - (up - down) / 2e-4).abs() < 1e-7, "first: {declared:?}");
            assert!(
                (2.0 * jet.jet(0)[5] - (up - 2.0 * here + down) / 1e-8).abs() < 1e-5,
                "second: {declared:?}"
            );
        }
    }

    #[test]
    fn streams_differ_by_seed_name_and_number() {
        let first = |seed, name, numbers: &[u64]| stream(seed, name, numbers).random::<u64>();
        let all = [
            first(1, "u", &[3, 0, 0]),
            first(2, "u", &[3, 0, 0]),
            first(1, "v", &[3, 0, 0]),
            first(1, "u", &[3, 1, 0]),
            first(1, "u", &[3, 0, 1]),
            first(1, "u", &[3, 0]),
        ];
        let distinct: std::collections::HashSet<u64> = all.into_iter().collect();
        assert_eq!(distinct.len(), all.len(), "six streams");
    }

    #[test]
    fn a_function_of_one_variable_has_its_derivatives() {
        let series = of_one_variable(3, "l", 0.4, 3);
        let there = of_one_variable(3, "l", 0.41, 0)[0];
        let sum: f64 = series.iter().rev().fold(0.0, |sum, c| sum * 0.01 + c);
        assert!((sum - there).abs() < 1e-7, "fourth order is left out: {sum} {there}");
    }
}
