//! From an expression to the list of its scalar operations.

#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "of the many kinds of nodes and operations a rule concerns a few, and every other is passed on or refused"
)]

use super::names::{Meaning, Names};
use super::step::Step;
use super::{MOST_OPERATIONS, WrittenError};
use crate::expression::{Expr, Function, Index, Kind, Rational, SymbolId};
use num_traits::ToPrimitive;
use std::collections::HashMap;

/// The operations that give the value of an expression, the last of them last.
///
/// # Errors
/// It is no scalar, or not made of parameters, columns, numbers and functions of them alone.
pub(super) fn steps(e: &Expr, names: &Names) -> Result<Vec<Step>, WrittenError> {
    let mut builder = Builder {
        names,
        steps: vec![],
        places: HashMap::new(),
        known: HashMap::new(),
        indices: HashMap::new(),
    };
    let result = builder.whole(e)?.scalar("a loss")?;
    Ok(builder.needed(result))
}

/// A scalar, a vector or a matrix of places in the list.
#[derive(Debug, Clone)]
struct Parts {
    rows: usize,
    columns: usize,
    places: Vec<usize>,
}

impl Parts {
    fn one(place: usize) -> Self {
        Self { rows: 1, columns: 1, places: vec![place] }
    }

    fn vector(places: Vec<usize>) -> Self {
        Self { rows: places.len(), columns: 1, places }
    }

    fn scalar(&self, what: &'static str) -> Result<usize, WrittenError> {
        match self.places[..] {
            [place] => Ok(place),
            _ if what == "a loss" => Err(WrittenError::NotScalar {
                found: if self.columns == 1 { "a vector" } else { "a matrix" },
            }),
            _ => Err(WrittenError::Shape { what }),
        }
    }

    fn same_shape(&self, other: &Self, what: &'static str) -> Result<(), WrittenError> {
        if (self.rows, self.columns) == (other.rows, other.columns) {
            Ok(())
        } else {
            Err(WrittenError::Shape { what })
        }
    }
}

type Built = Result<Parts, WrittenError>;

struct Builder<'a> {
    names: &'a Names,
    steps: Vec<Step>,
    places: HashMap<Step, usize>,
    /// By node, where no index is free.
    known: HashMap<usize, Parts>,
    indices: HashMap<u32, usize>,
}

impl Builder<'_> {
    fn push(&mut self, step: Step) -> Result<usize, WrittenError> {
        if let Some(&place) = self.places.get(&step) {
            return Ok(place);
        }
        let place = self.steps.len();
        if place >= MOST_OPERATIONS {
            return Err(WrittenError::TooLarge);
        }
        self.steps.push(step);
        self.places.insert(step, place);
        Ok(place)
    }

    fn constant(&mut self, value: f64) -> Result<usize, WrittenError> {
        self.push(Step::Constant(value.to_bits()))
    }

    fn constant_at(&self, place: usize) -> Option<f64> {
        if let Step::Constant(bits) = self.steps[place] { Some(f64::from_bits(bits)) } else { None }
    }

    fn is(&self, place: usize, value: f64) -> bool {
        self.constant_at(place).is_some_and(|constant| constant.to_bits() == value.to_bits())
    }

    fn product(&mut self, a: usize, b: usize) -> Result<usize, WrittenError> {
        match (self.steps[a], self.steps[b]) {
            _ if self.is(a, 1.0) => Ok(b),
            _ if self.is(b, 1.0) => Ok(a),
            (Step::Constant(x), Step::Constant(y)) => self.constant(f64::from_bits(x) * f64::from_bits(y)),
            (Step::Column(column), Step::Column(_)) => self.push(Step::Scale(b, column)),
            (_, Step::Column(column)) => self.push(Step::Scale(a, column)),
            (Step::Column(column), _) => self.push(Step::Scale(b, column)),
            _ => self.push(Step::Mul(a, b)),
        }
    }

    /// `a + b`, where adding a negative is subtracting and adding 0 is nothing.
    fn sum(&mut self, a: usize, b: usize) -> Result<usize, WrittenError> {
        match (self.steps[a], self.steps[b]) {
            _ if self.is(a, 0.0) => Ok(b),
            _ if self.is(b, 0.0) => Ok(a),
            (_, Step::Neg(b)) => self.push(Step::Sub(a, b)),
            (Step::Neg(a), _) => self.push(Step::Sub(b, a)),
            _ => self.push(Step::Add(a, b)),
        }
    }

    fn quotient(&mut self, a: usize, b: usize) -> Result<usize, WrittenError> {
        if self.is(b, 1.0) {
            return Ok(a);
        }
        if self.is(a, 1.0)
            && let Some(z) = self.one_plus_exp(b)
        {
            let z = self.negative(z)?;
            return self.push(Step::Apply(Function::Logistic, z));
        }
        self.push(Step::Div(a, b))
    }

    fn negative(&mut self, a: usize) -> Result<usize, WrittenError> {
        if let Some(value) = self.constant_at(a) {
            return self.constant(-value);
        }
        if let Step::Neg(inner) = self.steps[a] { Ok(inner) } else { self.push(Step::Neg(a)) }
    }

    /// `z` of `1 + exp(z)`.
    fn one_plus_exp(&self, place: usize) -> Option<usize> {
        let Step::Add(a, b) = self.steps[place] else { return None };
        let exp = if self.is(a, 1.0) {
            b
        } else if self.is(b, 1.0) {
            a
        } else {
            return None;
        };
        if let Step::Apply(Function::Exp, z) = self.steps[exp] { Some(z) } else { None }
    }

    fn function(&mut self, function: Function, a: usize) -> Result<usize, WrittenError> {
        if function == Function::Log {
            if let Some(z) = self.one_plus_exp(a) {
                return self.push(Step::Apply(Function::Softplus, z));
            }
            if let Step::Add(p, q) = self.steps[a] {
                let rest = if self.is(p, 1.0) {
                    Some(q)
                } else if self.is(q, 1.0) {
                    Some(p)
                } else {
                    None
                };
                if let Some(rest) = rest {
                    return self.push(Step::Log1p(rest));
                }
            }
        }
        self.push(Step::Apply(function, a))
    }

    fn power(&mut self, base: usize, exponent: usize) -> Result<usize, WrittenError> {
        let Some(r) = self.constant_at(exponent) else {
            // a^b = exp(b log a)
            let log = self.push(Step::Apply(Function::Log, base))?;
            let product = self.product(exponent, log)?;
            return self.push(Step::Apply(Function::Exp, product));
        };
        #[allow(clippy::cast_possible_truncation, reason = "a whole number of at most 64")]
        match r {
            _ if r.fract() == 0.0 && r.abs() <= 64.0 => match r as i32 {
                1 => Ok(base),
                n => self.push(Step::Powi(base, n)),
            },
            _ if r.to_bits() == 0.5_f64.to_bits() => self.push(Step::Sqrt(base)),
            _ => self.push(Step::Powf(base, r.to_bits())),
        }
    }

    /// An expression, built once unless an index is free in it.
    fn whole(&mut self, e: &Expr) -> Built {
        if let Some(known) = self.known.get(&e.address()).filter(|_| self.indices.is_empty()) {
            return Ok(known.clone());
        }
        let parts = self.build(e)?;
        if self.indices.is_empty() {
            self.known.insert(e.address(), parts.clone());
        }
        Ok(parts)
    }

    fn one(&mut self, e: &Expr, what: &'static str) -> Result<usize, WrittenError> {
        self.whole(e)?.scalar(what)
    }

    fn each(
        &mut self,
        parts: &Parts,
        mut change: impl FnMut(&mut Self, usize) -> Result<usize, WrittenError>,
    ) -> Built {
        let places = parts.places.iter().map(|&place| change(self, place)).collect::<Result<_, _>>()?;
        Ok(Parts { places, ..*parts })
    }

    fn build(&mut self, e: &Expr) -> Built {
        match e.kind() {
            Kind::Number(number) => Ok(Parts::one(self.constant(to_f64(number))?)),
            Kind::Symbol(id) => self.symbol(*id),
            Kind::Dimension => {
                let dim = to_f64(&Rational::integer(i64::try_from(self.names.dim()).unwrap_or(i64::MAX)));
                Ok(Parts::one(self.constant(dim)?))
            }
            Kind::Add(terms) => self.terms(terms),
            Kind::Neg(a) => {
                let a = self.whole(a)?;
                self.each(&a, Self::negative)
            }
            Kind::Mul(a, b) => {
                let (a, b) = (self.whole(a)?, self.whole(b)?);
                self.multiply(&a, &b)
            }
            Kind::Div(a, b) => {
                let (a, b) = (self.whole(a)?, self.one(b, "a quotient")?);
                self.each(&a, |this, place| this.quotient(place, b))
            }
            Kind::Pow(a, b) => {
                let (a, b) = (self.one(a, "a power")?, self.one(b, "a power")?);
                Ok(Parts::one(self.power(a, b)?))
            }
            Kind::Dot(a, b) => {
                let (a, b) = (self.whole(a)?, self.whole(b)?);
                self.inner(&a, &b)
            }
            Kind::Norm2(a) => {
                let a = self.whole(a)?;
                self.inner(&a, &a)
            }
            Kind::Sqrt(a) => {
                let a = self.one(a, "sqrt")?;
                Ok(Parts::one(self.push(Step::Sqrt(a))?))
            }
            Kind::Function(function, a) => {
                let a = self.one(a, function.name())?;
                Ok(Parts::one(self.function(*function, a)?))
            }
            Kind::Outer(..)
            | Kind::Trace(_)
            | Kind::Transpose(_)
            | Kind::Identity
            | Kind::List(_)
            | Kind::Rows(_)
            | Kind::Component(..)
            | Kind::Kronecker(..)
            | Kind::Sum(..)
            | Kind::Tensor(..) => self.structure(e),
            _ => Err(WrittenError::Form { what: form(e.kind()) }),
        }
    }

    fn symbol(&mut self, id: SymbolId) -> Built {
        let name = || WrittenError::Name {
            name: self.names.symbols().checked(id).map_or_else(String::new, |symbol| symbol.name.to_string()),
        };
        let meaning = self.names.meaning(id).ok_or_else(name)?.clone();
        let (dim, features) = (self.names.dim(), self.names.features(id));
        let all = |this: &mut Self, count: usize, step: fn(usize) -> Step| -> Built {
            Ok(Parts::vector((0..count).map(|i| this.push(step(i))).collect::<Result<_, _>>()?))
        };
        match meaning {
            Meaning::Parameters => all(self, dim, Step::Parameter),
            Meaning::Features => all(self, features, Step::Column),
            Meaning::Parameter(i) => Ok(Parts::one(self.push(Step::Parameter(i))?)),
            Meaning::Column(j) => Ok(Parts::one(self.push(Step::Column(j))?)),
            Meaning::Constant(value) => Ok(Parts::one(self.constant(value)?)),
        }
    }

    fn terms(&mut self, terms: &[Expr]) -> Built {
        let mut sum: Option<Parts> = None;
        for term in terms {
            let term = self.whole(term)?;
            sum = Some(match sum {
                None => term,
                Some(sum) => {
                    sum.same_shape(&term, "a sum")?;
                    let places = sum.places.iter().zip(&term.places);
                    let places = places.map(|(&a, &b)| self.sum(a, b)).collect::<Result<_, _>>()?;
                    Parts { places, ..sum }
                }
            });
        }
        sum.ok_or(WrittenError::Shape { what: "a sum" })
    }

    fn multiply(&mut self, a: &Parts, b: &Parts) -> Built {
        if let [scalar] = a.places[..] {
            return self.each(b, |this, place| this.product(scalar, place));
        }
        if let [scalar] = b.places[..] {
            return self.each(a, |this, place| this.product(place, scalar));
        }
        if a.columns != b.rows {
            return Err(WrittenError::Shape { what: "a product" });
        }
        let mut places = Vec::with_capacity(a.rows * b.columns);
        for i in 0..a.rows {
            for j in 0..b.columns {
                let row = (0..a.columns).map(|k| a.places[i * a.columns + k]).collect();
                let column = (0..b.rows).map(|k| b.places[k * b.columns + j]).collect();
                places.push(self.inner(&Parts::vector(row), &Parts::vector(column))?.scalar("a product")?);
            }
        }
        Ok(Parts { rows: a.rows, columns: b.columns, places })
    }

    /// `sum_i a_i b_i`
    fn inner(&mut self, a: &Parts, b: &Parts) -> Built {
        a.same_shape(b, "dot")?;
        let mut sum = None;
        for (&p, &q) in a.places.iter().zip(&b.places) {
            let product = self.product(p, q)?;
            sum = Some(match sum {
                None => product,
                Some(sum) => self.push(Step::Add(sum, product))?,
            });
        }
        sum.map(Parts::one).ok_or(WrittenError::Shape { what: "dot" })
    }

    /// Vectors, matrices and their components.
    fn structure(&mut self, e: &Expr) -> Built {
        match e.kind() {
            Kind::Identity => {
                let d = self.names.dim();
                let (zero, one) = (self.constant(0.0)?, self.constant(1.0)?);
                let places = (0..d * d).map(|k| if k % (d + 1) == 0 { one } else { zero }).collect();
                Ok(Parts { rows: d, columns: d, places })
            }
            Kind::List(parts) => Ok(Parts::vector(
                parts.iter().map(|part| self.one(part, "a list")).collect::<Result<_, _>>()?,
            )),
            Kind::Rows(rows) => {
                let columns = rows.first().map_or(0, Vec::len);
                let places: Vec<usize> =
                    rows.iter().flatten().map(|part| self.one(part, "a matrix")).collect::<Result<_, _>>()?;
                if places.len() != rows.len() * columns {
                    return Err(WrittenError::Shape { what: "a matrix" });
                }
                Ok(Parts { rows: rows.len(), columns, places })
            }
            Kind::Outer(a, b) => {
                let (a, b) = (self.whole(a)?, self.whole(b)?);
                let row = Parts { rows: 1, columns: b.places.len(), places: b.places };
                self.multiply(&a, &row)
            }
            Kind::Transpose(a) => {
                let a = self.whole(a)?;
                let places = (0..a.columns)
                    .flat_map(|j| (0..a.rows).map(move |i| i * a.columns + j))
                    .map(|place| a.places[place])
                    .collect();
                Ok(Parts { rows: a.columns, columns: a.rows, places })
            }
            Kind::Trace(a) => {
                let a = self.whole(a)?;
                let diagonal: Vec<usize> = a.places.iter().copied().step_by(a.columns + 1).collect();
                let one = self.constant(1.0)?;
                let ones = Parts::vector(vec![one; diagonal.len()]);
                if a.rows == a.columns {
                    self.inner(&Parts::vector(diagonal), &ones)
                } else {
                    Err(WrittenError::Shape { what: "tr" })
                }
            }
            _ => self.index_notation(e),
        }
    }

    fn index_notation(&mut self, e: &Expr) -> Built {
        match e.kind() {
            Kind::Kronecker(i, j) => {
                let equal = self.index(i)? == self.index(j)?;
                Ok(Parts::one(self.constant(if equal { 1.0 } else { 0.0 })?))
            }
            Kind::Component(a, indices) => {
                let a = self.whole(a)?;
                let mut place = 0;
                for (index, extent) in indices.iter().zip([a.rows, a.columns]) {
                    let i = self.index(index)?;
                    if i >= extent || indices.len() > 2 {
                        return Err(WrittenError::Shape { what: "a component" });
                    }
                    place = place * a.columns + i;
                }
                a.places
                    .get(place)
                    .copied()
                    .map(Parts::one)
                    .ok_or(WrittenError::Shape { what: "a component" })
            }
            Kind::Sum(index, body) => {
                let all = self.for_all(std::slice::from_ref(index), body)?;
                let one = self.constant(1.0)?;
                let ones = Parts::vector(vec![one; all.len()]);
                self.inner(&Parts::vector(all), &ones)
            }
            Kind::Tensor(indices, body) => {
                let places = self.for_all(indices, body)?;
                let length = |k: usize| indices.get(k).map_or(1, |index| self.names.length(index));
                Ok(Parts { rows: length(0), columns: length(1), places })
            }
            _ => Err(WrittenError::Form { what: form(e.kind()) }),
        }
    }

    fn index(&self, index: &Index) -> Result<usize, WrittenError> {
        self.indices.get(&index.id).copied().ok_or(WrittenError::Shape { what: "an index" })
    }

    /// The body for all values of the indices, the last one fastest.
    fn for_all(&mut self, indices: &[Index], body: &Expr) -> Result<Vec<usize>, WrittenError> {
        let Some((first, rest)) = indices.split_first() else {
            return Ok(vec![self.one(body, "a component")?]);
        };
        let before = self.indices.get(&first.id).copied();
        let mut all = vec![];
        for value in 0..self.names.length(first) {
            self.indices.insert(first.id, value);
            all.extend(self.for_all(rest, body)?);
        }
        match before {
            Some(value) => self.indices.insert(first.id, value),
            None => self.indices.remove(&first.id),
        };
        Ok(all)
    }

    /// The steps that a result needs, it being the last.
    fn needed(&self, result: usize) -> Vec<Step> {
        let mut needed = vec![false; self.steps.len()];
        needed[result] = true;
        for place in (0..=result).rev().filter(|&place| place <= result) {
            if needed[place] {
                self.steps[place].operands().into_iter().flatten().for_each(|operand| needed[operand] = true);
            }
        }
        let mut moved = vec![0; self.steps.len()];
        let mut steps = vec![];
        for (place, step) in self.steps.iter().enumerate().take(result + 1) {
            if needed[place] {
                moved[place] = steps.len();
                steps.push(step.moved(&moved));
            }
        }
        steps
    }
}

/// The nearest number.
fn to_f64(number: &Rational) -> f64 {
    number.to_big().to_f64().unwrap_or(f64::NAN)
}

/// A form that has no place in a loss, in words.
fn form(kind: &Kind) -> &'static str {
    match kind {
        Kind::Expect(_) | Kind::Var(_) | Kind::Cov(_) | Kind::CrossCov(..) => "an expectation",
        Kind::Mean(..) | Kind::SumOver(..) => "a batch",
        Kind::Grad(_)
        | Kind::Hess(_)
        | Kind::Lap(_)
        | Kind::Jac(_)
        | Kind::Divergence(_)
        | Kind::Partial(..) => "a derivative",
        Kind::Integral(_) => "an integral",
        Kind::Apply(..) => "a declared function",
        Kind::MatrixRoot(_) | Kind::Inverse(_) | Kind::LogDet(_) => {
            "an inverse, a determinant or a root of a matrix"
        }
        Kind::Shift(..) | Kind::At(..) => "a replacement",
        Kind::Conditional(..) | Kind::Current(_) => "a step",
        _ => "this form",
    }
}
