//! Scalars, vectors and matrices over the [`Ring`], with a running bound of their rounding errors.
//!
//! Beside every coefficient stands a first-order bound of its error in units of `f64::EPSILON`:
//!
//! ```text
//! err(a + b) = err a + err b + |a + b|
//! err(a b)   = |a| err b + err a |b| + 2 |a b|         one unit for the product, one for its sum with others
//! ```
//!
//! so that the error of a difference grows with the sizes of the terms that cancel in it, and that of an inverse or a root
//! with its conditioning.
//!
//! Degrees: a tensor is known up to the degree that it was asked for; coefficients of monomials beyond those that it
//! stores are 0. Powers of the small parameter: those below the first and beyond the last that it stores are 0, up to
//! the power `known`; beyond that nothing is known.

use super::Unable;
use super::ring::Ring;

/// The shape of a tensor, in numbers. Components are listed row by row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dims {
    Scalar,
    Vector(usize),
    Matrix(usize, usize),
}

impl Dims {
    /// Number of components.
    pub(super) fn len(self) -> usize {
        match self {
            Self::Scalar => 1,
            Self::Vector(n) => n,
            Self::Matrix(rows, columns) => rows.saturating_mul(columns),
        }
    }

    /// Rows and columns, where a vector is a column.
    pub(super) fn matrix(self) -> (usize, usize) {
        match self {
            Self::Scalar => (1, 1),
            Self::Vector(n) => (n, 1),
            Self::Matrix(rows, columns) => (rows, columns),
        }
    }
}

/// The power up to which a polynomial in the small parameter is known.
pub(super) const EXACT: i32 = i32::MAX;

/// The sum of two powers, of which one may be [`EXACT`].
pub(super) fn power(a: i32, b: i32) -> i32 {
    if a == EXACT || b == EXACT { EXACT } else { a.saturating_add(b) }
}

pub(super) fn as_power(n: usize) -> i32 {
    i32::try_from(n).unwrap_or(EXACT - 1)
}

/// A scalar, vector or matrix over the ring.
#[derive(Debug, Clone)]
pub(super) struct Tensor {
    pub(super) dims: Dims,
    /// Highest stored degree in `h`.
    pub(super) degree: usize,
    /// Stored monomials of a component.
    pub(super) monomials: usize,
    /// Lowest stored power of the small parameter.
    pub(super) offset: i32,
    /// Stored powers of it, at least one.
    pub(super) terms: usize,
    /// Highest known power of it.
    pub(super) known: i32,
    /// By component, monomial and power.
    pub(super) value: Vec<f64>,
    pub(super) error: Vec<f64>,
}

/// One component.
#[derive(Clone, Copy)]
pub(super) struct Part<'a> {
    pub(super) value: &'a [f64],
    pub(super) error: &'a [f64],
    pub(super) degree: usize,
    pub(super) terms: usize,
}

impl Tensor {
    pub(super) fn blank(
        ring: &Ring,
        dims: Dims,
        degree: usize,
        offset: i32,
        terms: usize,
    ) -> Result<Self, Unable> {
        let monomials = ring.up_to(degree);
        let size = dims.len().checked_mul(monomials).and_then(|n| n.checked_mul(terms));
        let size = size.filter(|&n| n <= 1 << 27).ok_or(Unable::TooLarge { what: "numbers" })?;
        let (value, error) = (vec![0.0; size], vec![0.0; size]);
        Ok(Self { dims, degree, monomials, offset, terms, known: EXACT, value, error })
    }

    /// Constants with the bounds of their errors, in units of `f64::EPSILON`.
    pub(super) fn constants(dims: Dims, value: Vec<f64>, error: Vec<f64>) -> Self {
        Self { dims, degree: 0, monomials: 1, offset: 0, terms: 1, known: EXACT, value, error }
    }

    /// Exact numbers.
    pub(super) fn exact(dims: Dims, value: Vec<f64>) -> Self {
        let error = vec![0.0; value.len()];
        Self::constants(dims, value, error)
    }

    /// An exact number.
    pub(super) fn number(value: f64) -> Self {
        Self::exact(Dims::Scalar, vec![value])
    }

    /// 0 of any shape.
    pub(super) fn zero(dims: Dims) -> Self {
        Self::exact(dims, vec![0.0; dims.len()])
    }

    /// The unit matrix.
    pub(super) fn identity(dim: usize) -> Self {
        let mut value = vec![0.0; dim * dim];
        value.iter_mut().step_by(dim + 1).for_each(|diagonal| *diagonal = 1.0);
        Self::exact(Dims::Matrix(dim, dim), value)
    }

    /// A power of the small parameter.
    pub(super) fn small(exponent: i32) -> Self {
        Self { offset: exponent, ..Self::number(1.0) }
    }

    /// The vector `theta_0 + h`.
    ///
    /// # Errors
    /// It has too many components.
    pub(super) fn variables(ring: &Ring, at: &[f64]) -> Result<Self, Unable> {
        let mut result = Self::blank(ring, Dims::Vector(at.len()), 1, 0, 1)?;
        for (i, &x) in at.iter().enumerate() {
            result.value[i * result.monomials] = x;
            result.value[i * result.monomials + 1 + i] = 1.0;
        }
        Ok(result)
    }

    pub(super) fn dims(&self) -> Dims {
        self.dims
    }

    /// The same components in another shape of as many.
    pub(super) fn reshaped(mut self, dims: Dims) -> Self {
        if dims.len() == self.dims.len() {
            self.dims = dims;
        }
        self
    }

    /// Highest power of the small parameter that is known; [`EXACT`] if all are.
    pub(super) fn known(&self) -> i32 {
        self.known
    }

    /// Lowest stored power of the small parameter.
    pub(super) fn offset(&self) -> i32 {
        self.offset
    }

    /// Number of stored powers of the small parameter.
    pub(super) fn terms(&self) -> usize {
        self.terms
    }

    /// Highest stored degree in `h`.
    pub(super) fn degree(&self) -> usize {
        self.degree
    }

    /// Whether nothing in it depends on `h` up to this degree.
    pub(super) fn is_constant(&self, ring: &Ring, cut: usize) -> bool {
        let monomials = self.monomials.min(ring.up_to(cut));
        (0..self.dims.len()).all(|c| {
            let start = c * self.monomials * self.terms;
            self.value[start + self.terms..start + monomials * self.terms].iter().all(|&v| is_zero(v))
        })
    }

    /// Whether it is a plain number in every component: no power of the small parameter but the zeroth.
    pub(super) fn is_plain(&self) -> bool {
        self.offset == 0 && self.terms == 1
    }

    /// Coefficient and error bound of one component at `h = 0` and one power of the small parameter.
    pub(super) fn at(&self, component: usize, power: i32) -> (f64, f64) {
        self.coefficient(component, 0, power)
    }

    /// Coefficient and error bound of one component, monomial and power of the small parameter.
    pub(super) fn coefficient(&self, component: usize, monomial: usize, power: i32) -> (f64, f64) {
        let Ok(term) = usize::try_from(i64::from(power) - i64::from(self.offset)) else { return (0.0, 0.0) };
        if term >= self.terms || monomial >= self.monomials || component >= self.dims.len() {
            return (0.0, 0.0);
        }
        let place = (component * self.monomials + monomial) * self.terms + term;
        (self.value[place], self.error[place])
    }

    /// All components at `h = 0` and one power.
    pub(super) fn constants_at(&self, power: i32) -> Vec<f64> {
        (0..self.dims.len()).map(|c| self.at(c, power).0).collect()
    }

    /// The largest error bound of the components at `h = 0` and one power.
    pub(super) fn largest_error_at(&self, power: i32) -> f64 {
        (0..self.dims.len()).map(|c| self.at(c, power).1).fold(0.0, f64::max)
    }

    /// Whether every coefficient and bound is finite.
    pub(super) fn is_finite(&self) -> bool {
        self.value.iter().chain(&self.error).all(|x| x.is_finite())
    }

    /// The coefficients of one monomial.
    pub(super) fn of_monomial(&self, monomial: usize) -> Self {
        if monomial >= self.monomials {
            return Self { known: self.known, ..Self::zero(self.dims) };
        }
        let range = |c: usize| {
            let start = (c * self.monomials + monomial) * self.terms;
            start..start + self.terms
        };
        let pick = |all: &[f64]| (0..self.dims.len()).flat_map(|c| all[range(c)].to_vec()).collect();
        Self { degree: 0, monomials: 1, value: pick(&self.value), error: pick(&self.error), ..*self }
    }

    /// Whether every coefficient and every bound is exactly 0.
    pub(super) fn is_blank(&self) -> bool {
        self.value.iter().chain(&self.error).all(|&x| is_zero(x))
    }

    /// Without the values of the coefficients of `h^0 t^0`; their error bounds stay.
    pub(super) fn with_constant_value_removed(mut self) -> Self {
        let Ok(term) = usize::try_from(-i64::from(self.offset)) else { return self };
        if term < self.terms {
            for c in 0..self.dims.len() {
                self.value[c * self.monomials * self.terms + term] = 0.0;
            }
        }
        self
    }

    /// Without the coefficients of `h^0 t^0`.
    pub(super) fn with_constant_removed(mut self) -> Self {
        let Ok(term) = usize::try_from(-i64::from(self.offset)) else { return self };
        if term < self.terms {
            for c in 0..self.dims.len() {
                let place = c * self.monomials * self.terms + term;
                self.value[place] = 0.0;
                self.error[place] = 0.0;
            }
        }
        self
    }

    /// Whether every coefficient is at most so many times the bound of its error.
    pub(super) fn is_rounding(&self, factor: f64) -> bool {
        self.value.iter().zip(&self.error).all(|(value, error)| value.abs() <= factor * error * f64::EPSILON)
    }

    /// Whether every coefficient is at most so many times the bound of its error, and `amount`.
    pub(super) fn is_small(&self, factor: f64, amount: f64) -> bool {
        let small = |value: f64, error: f64| value.abs() <= factor * error * f64::EPSILON + amount;
        self.value.iter().zip(&self.error).all(|(value, error)| small(*value, *error))
    }

    /// The largest coefficient.
    pub(super) fn largest(&self) -> f64 {
        self.value.iter().fold(0.0, |largest, x| x.abs().max(largest))
    }

    /// Times a power of the small parameter.
    pub(super) fn shifted(self, exponent: i32) -> Self {
        Self { offset: self.offset.saturating_add(exponent), known: power(self.known, exponent), ..self }
    }

    /// Nothing is known beyond this power.
    pub(super) fn known_to(mut self, known: i32) -> Self {
        self.known = self.known.min(known);
        let last = self.offset.saturating_add(as_power(self.terms) - 1);
        if self.known < last {
            let keep = usize::try_from(i64::from(self.known) - i64::from(self.offset) + 1).unwrap_or(0);
            let keep = keep.min(self.terms);
            self = self.keep_terms(0, keep);
        }
        self
    }

    /// Powers `from..to` of those stored, at least one.
    fn keep_terms(self, from: usize, to: usize) -> Self {
        if to <= from {
            return Self { known: self.known, ..Self::zero(self.dims) };
        }
        if from == 0 && to == self.terms {
            return self;
        }
        let pick =
            |all: &[f64]| all.chunks(self.terms).flat_map(|part| part[from..to].to_vec()).collect::<Vec<_>>();
        let (value, error) = (pick(&self.value), pick(&self.error));
        Self { value, error, terms: to - from, offset: self.offset.saturating_add(as_power(from)), ..self }
    }

    /// The same without leading powers whose coefficients are exactly 0, and with as many powers as the ring keeps.
    pub(super) fn trimmed(self, ring: &Ring) -> Self {
        if self.terms == 1 && self.offset == 0 {
            return self;
        }
        let blank = |term: usize| {
            let column = |all: &[f64]| all.iter().skip(term).step_by(self.terms).all(|&x| is_zero(x));
            column(&self.value) && column(&self.error)
        };
        let leading = (0..self.terms).take_while(|&term| blank(term)).count();
        if leading == self.terms {
            return Self { known: self.known, ..Self::zero(self.dims) };
        }
        let last = leading + ring.powers();
        let cut = self.terms > last;
        let trimmed = self.keep_terms_until(leading, last);
        if cut {
            let known = trimmed.offset.saturating_add(as_power(trimmed.terms) - 1);
            return Self { known: trimmed.known.min(known), ..trimmed };
        }
        trimmed
    }

    fn keep_terms_until(self, from: usize, to: usize) -> Self {
        let to = to.min(self.terms);
        self.keep_terms(from, to)
    }

    pub(super) fn part(&self, component: usize) -> Part<'_> {
        let size = self.monomials * self.terms;
        let range = component * size..(component + 1) * size;
        Part {
            value: &self.value[range.clone()],
            error: &self.error[range],
            degree: self.degree,
            terms: self.terms,
        }
    }

    /// `a + factor b` up to a degree, for `factor` 1 or -1; the shapes are the same.
    fn combined(ring: &Ring, cut: usize, a: &Self, b: &Self, factor: f64) -> Result<Self, Unable> {
        let offset = a.offset.min(b.offset);
        let end = |x: &Self| x.offset.saturating_add(as_power(x.terms));
        let terms = usize::try_from(end(a).max(end(b)) - offset).unwrap_or(1);
        let degree = a.degree.max(b.degree).min(cut);
        let mut sum = Self::blank(ring, a.dims, degree, offset, terms)?;
        ring.spend(sum.value.len())?;
        for (from, factor) in [(a, 1.0), (b, factor)] {
            let shift = usize::try_from(from.offset - offset).unwrap_or(0);
            let monomials = sum.monomials.min(from.monomials);
            for c in 0..sum.dims.len() {
                for m in 0..monomials {
                    let to = (c * sum.monomials + m) * sum.terms + shift;
                    let at = (c * from.monomials + m) * from.terms;
                    for k in 0..from.terms {
                        sum.value[to + k] += factor * from.value[at + k];
                        sum.error[to + k] += from.error[at + k];
                    }
                }
            }
        }
        sum.error.iter_mut().zip(&sum.value).for_each(|(error, value)| *error += value.abs());
        sum.known = a.known.min(b.known);
        Ok(sum.known_to(a.known.min(b.known)).trimmed(ring))
    }

    pub(super) fn plus(&self, ring: &Ring, cut: usize, other: &Self) -> Result<Self, Unable> {
        Self::combined(ring, cut, self, other, 1.0)
    }

    pub(super) fn minus(&self, ring: &Ring, cut: usize, other: &Self) -> Result<Self, Unable> {
        Self::combined(ring, cut, self, other, -1.0)
    }

    pub(super) fn negated(mut self) -> Self {
        self.value.iter_mut().for_each(|x| *x = -*x);
        self
    }

    /// Times a number that is known to its last bit.
    pub(super) fn scaled(mut self, factor: f64) -> Self {
        for (value, error) in self.value.iter_mut().zip(&mut self.error) {
            *value *= factor;
            *error = *error * factor.abs() + value.abs();
        }
        self
    }

    /// Adds to the error bound of every coefficient `amount` times `f64::EPSILON` (of the same size everywhere).
    pub(super) fn blurred(mut self, other: &Self) -> Self {
        for c in 0..self.dims.len() {
            for m in 0..self.monomials {
                for k in 0..self.terms {
                    let power = self.offset.saturating_add(as_power(k));
                    let (difference, _) = other.coefficient(c, m, power);
                    self.error[(c * self.monomials + m) * self.terms + k] += difference.abs() / f64::EPSILON;
                }
            }
        }
        self
    }

    /// Components picked by their places, in a shape of as many.
    pub(super) fn picked(&self, dims: Dims, places: impl Iterator<Item = usize>) -> Self {
        let (mut value, mut error) = (vec![], vec![]);
        for place in places {
            let part = self.part(place);
            value.extend_from_slice(part.value);
            error.extend_from_slice(part.error);
        }
        Self { dims, value, error, ..*self }
    }

    /// One component, as a scalar.
    pub(super) fn component(&self, place: usize) -> Self {
        self.picked(Dims::Scalar, std::iter::once(place))
    }

    pub(super) fn transposed(&self) -> Self {
        let (rows, columns) = self.dims.matrix();
        let places = (0..columns).flat_map(move |j| (0..rows).map(move |i| i * columns + j));
        self.picked(Dims::Matrix(columns, rows), places)
    }

    /// The components of scalars, in a shape of as many.
    ///
    /// # Errors
    /// It is too large.
    pub(super) fn stacked(ring: &Ring, cut: usize, dims: Dims, scalars: &[Self]) -> Result<Self, Unable> {
        let offset = scalars.iter().map(|x| x.offset).min().unwrap_or(0);
        let end = scalars.iter().map(|x| x.offset.saturating_add(as_power(x.terms))).max().unwrap_or(1);
        let terms = usize::try_from(end - offset).unwrap_or(1);
        let degree = scalars.iter().map(|x| x.degree).max().unwrap_or(0).min(cut);
        let mut result = Self::blank(ring, dims, degree, offset, terms)?;
        for (c, scalar) in scalars.iter().enumerate().take(dims.len()) {
            let shift = usize::try_from(scalar.offset - offset).unwrap_or(0);
            for m in 0..result.monomials.min(scalar.monomials) {
                for k in 0..scalar.terms {
                    let to = (c * result.monomials + m) * terms + shift + k;
                    result.value[to] = scalar.value[m * scalar.terms + k];
                    result.error[to] = scalar.error[m * scalar.terms + k];
                }
            }
        }
        let known = scalars.iter().map(|x| x.known).min().unwrap_or(EXACT);
        Ok(result.known_to(known).trimmed(ring))
    }
}

pub(super) fn is_zero(x: f64) -> bool {
    x.to_bits() << 1 == 0
}
