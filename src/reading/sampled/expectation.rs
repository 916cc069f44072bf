//! Expectations, covariances and means of batches: of copies of their own, or balanced over the rows of the data.

use super::Unable;
use super::evaluate::{EXPECTED, Evaluator, Key, ROWS, Value};
use super::jet::{Ring, count_work};
use super::model::count;
use super::scope::{Balance, Copy, Scope};
use super::series::Curve;
use super::tensor::{Dims, Tensor};
use crate::expression::{Batch, Expr, Kind};
use std::rc::Rc;

/// Balanced scopes of one expectation, at most, where the data have more rows.
const MOST_BALANCED: usize = 1024;

/// What looking up a value costs, in products.
const LOOKUP: usize = 20;

/// Numbers that may be remembered at a point.
const MOST_REMEMBERED: usize = 4_000_000;

/// A product of two deviations from their means.
pub(super) type Product = fn(&Ring, usize, &Tensor, &Tensor) -> Value;

impl Evaluator<'_> {
    /// How many balanced scopes an expectation of this has, and how many of them share a row.
    pub(super) fn balance_of(&self, e: &Expr) -> (usize, usize) {
        let facts = self.model.facts(e);
        let pairs = if facts.noise { 2 } else { 1 };
        let rows = if facts.bare || facts.batch { self.model.rows.min(MOST_BALANCED) } else { 1 };
        (rows * pairs, pairs)
    }

    /// Whether expectations are over balanced scopes here: the outermost ones, if that was asked for.
    fn is_balanced(&self) -> bool {
        self.balanced && self.depth == 0
    }

    pub(super) fn expectation(&mut self, e: &Expr, cut: usize) -> Value {
        let facts = self.model.facts(e);
        if !facts.is_random() {
            return self.eval(e, cut);
        }
        let additive = !facts.mixed && !facts.estimated && self.model.rows <= MOST_BALANCED;
        if self.exactly > 0 || self.is_balanced() && additive {
            return self.exact_mean(e, cut);
        }
        if !self.is_balanced() {
            return self.within(&mut Scope::default(), |this| this.eval(e, cut));
        }
        let (scopes, shared) = self.balance_of(e);
        self.balanced_mean(&Balance::new(shared), scopes, &mut |this| this.eval(e, cut))
    }

    /// The mean over balanced scopes.
    fn balanced_mean(
        &mut self,
        balance: &Rc<Balance>,
        scopes: usize,
        work: &mut dyn FnMut(&mut Self) -> Value,
    ) -> Value {
        let ring = self.ring();
        let mut sum: Option<Tensor> = None;
        for k in 0..scopes {
            let value = self.within(&mut Scope::balanced(balance, k), &mut *work)?;
            add(ring, &mut sum, &value)?;
        }
        Ok(sum.ok_or(Unable::NotFinite)?.scaled(1.0 / count(scopes)))
    }

    /// Whether the mean of this over data points and noises is known without error.
    pub(super) fn has_exact_mean(&self, e: &Expr) -> bool {
        !self.model.facts(e).mixed && self.model.rows <= MOST_BALANCED
    }

    /// The mean without error, of what is additive in data points and noises.
    ///
    /// ```text
    /// E[a + b] = E[a] + E[b],    E[c a] = c E[a],    E[mean(g, n)] = the mean of g over all rows
    /// ```
    pub(super) fn exact_mean(&mut self, e: &Expr, cut: usize) -> Value {
        let facts = self.model.facts(e);
        if !facts.is_random() {
            return self.exact(e, cut);
        }
        if !self.has_exact_mean(e) {
            return Err(Unable::NoUnbiased { what: "a function that is no polynomial, of an expectation," });
        }
        if facts.bare && facts.is_plain() {
            return self.row_mean(e, cut);
        }
        let ring = self.ring();
        match e.kind() {
            Kind::Add(terms) => {
                let mut sum: Option<Tensor> = None;
                for term in terms {
                    let mean = self.exact_mean(term, cut)?;
                    add(ring, &mut sum, &mean)?;
                }
                sum.ok_or(Unable::NotFinite)
            }
            Kind::Neg(a) => Ok(self.exact_mean(a, cut)?.scaled(-1.0)),
            Kind::Mul(a, b) => self.exact_mean(a, cut)?.times(ring, cut, &self.exact_mean(b, cut)?),
            Kind::Div(a, b) => {
                let below = self.exact(b, cut)?.mapped(ring, cut, Curve::Power(-1.0))?;
                self.exact_mean(a, cut)?.times(ring, cut, &below)
            }
            Kind::Mean(body, batch) | Kind::SumOver(body, batch) if self.model.facts(body).is_plain() => {
                let n = self.size(batch)?;
                let mean = self.row_mean(body, cut)?;
                Ok(if matches!(e.kind(), Kind::Mean(..)) { mean } else { mean.scaled(count(n)) })
            }
            _ => {
                let key = (e.address(), EXPECTED, cut);
                if let Some(known) = self.remembered(key) {
                    return Ok((*known).clone());
                }
                let (scopes, shared) = self.balance_of(e);
                let balance = Balance::diagonal(shared);
                let value = self.balanced_mean(&balance, scopes, &mut |this| this.exact(e, cut))?;
                Ok((*self.remember(key, value)).clone())
            }
        }
    }

    /// The mean over all rows of a function of one data point.
    fn row_mean(&mut self, body: &Expr, cut: usize) -> Value {
        let key = (body.address(), ROWS, cut);
        let remember = !self.model.facts(body).small;
        if let Some(known) = self.remembered(key).filter(|_| remember) {
            return Ok((*known).clone());
        }
        let ring = self.ring();
        let mut sum: Option<Tensor> = None;
        for row in 0..self.model.rows {
            let value = self.at_row(body, row, None, cut)?;
            add(ring, &mut sum, &value)?;
        }
        let mean = sum.ok_or(Unable::NotFinite)?.scaled(1.0 / count(self.model.rows));
        Ok(if remember { (*self.remember(key, mean)).clone() } else { mean })
    }

    /// The value of what stands inside a mean, at a row, or at one of the copies of a batch.
    fn at_row(
        &mut self,
        body: &Expr,
        row: usize,
        copy: Option<&Rc<Copy>>,
        cut: usize,
    ) -> Result<Rc<Tensor>, Unable> {
        count_work(LOOKUP);
        let facts = self.model.facts(body);
        let key = (body.address(), row, cut);
        let remember = facts.is_plain() && !facts.small;
        if let Some(known) = self.remembered(key).filter(|_| remember) {
            return Ok(known);
        }
        let copy = copy.map_or_else(|| Rc::new(Copy { row, values: vec![] }), Rc::clone);
        let outer = self.copy.replace(copy);
        let value = self.eval(body, cut);
        self.copy = outer;
        Ok(if remember { self.remember(key, value?) } else { Rc::new(value?) })
    }

    /// What was found before; nothing under an index, whose value is another one each time.
    fn remembered(&self, key: Key) -> Option<Rc<Tensor>> {
        self.memory.get(&key).filter(|_| self.indices.is_empty()).cloned()
    }

    fn remember(&mut self, key: Key, value: Tensor) -> Rc<Tensor> {
        let value = Rc::new(value);
        let size = value.dims().len() * self.ring().count(key.2);
        if self.indices.is_empty() && self.memory_used + size <= MOST_REMEMBERED {
            self.memory_used += size;
            self.memory.insert(key, Rc::clone(&value));
        }
        value
    }

    /// `1/2 (a_1 - a_2)(b_1 - b_2)'`; if expectations stand inside, each factor has its own copies of these.
    pub(super) fn covariance(&mut self, a: &Expr, b: &Expr, (cut, product): (usize, Product)) -> Value {
        let (fa, fb) = (self.model.facts(a), self.model.facts(b));
        let plain = fa.is_plain() && fb.is_plain() && self.model.rows <= MOST_BALANCED;
        if self.exactly > 0 || self.is_balanced() && plain {
            return self.exact_covariance(a, b, (cut, product));
        }
        let facts = if fa.is_random() { a } else { b };
        let own = !(a.same(b)) || fa.estimated || fb.estimated;
        let (scopes, shared) = if self.is_balanced() { self.balance_of(facts) } else { (1, 1) };
        let (first, second) = (Balance::new(shared), Balance::new(shared));
        let ring = self.ring();
        let mut sum: Option<Tensor> = None;
        for k in 0..scopes {
            let scope = |balance| if scopes > 1 { Scope::balanced(balance, k) } else { Scope::default() };
            let (mut one, mut two) = (scope(&first), scope(&second));
            let left = self.within(&mut one, |this| this.eval(a, cut))?;
            let left = left.minus(ring, &self.within(&mut two, |this| this.eval(a, cut))?)?;
            let product = if own {
                let right = self.within(&mut one, |this| this.eval(b, cut))?;
                let right = right.minus(ring, &self.within(&mut two, |this| this.eval(b, cut))?)?;
                product(ring, cut, &left, &right)?
            } else {
                product(ring, cut, &left, &left)?
            };
            add(ring, &mut sum, &product)?;
        }
        Ok(sum.ok_or(Unable::NotFinite)?.scaled(0.5 / count(scopes)))
    }

    /// The covariance over all data points.
    fn exact_covariance(&mut self, a: &Expr, b: &Expr, (cut, product): (usize, Product)) -> Value {
        let ring = self.ring();
        let one_point = |e: &Expr| self.model.facts(e).is_of_one_point();
        if !one_point(a) || !one_point(b) || self.model.rows > MOST_BALANCED {
            return Err(Unable::NoUnbiased { what: "a function that is no polynomial, of a covariance," });
        }
        let (mean_a, mean_b) = (self.exact_mean(a, cut)?, self.exact_mean(b, cut)?);
        let mut sum: Option<Tensor> = None;
        for row in 0..self.model.rows {
            let left = (*self.at_row(a, row, None, cut)?).clone().minus(ring, &mean_a)?;
            let value = if a.same(b) {
                product(ring, cut, &left, &left)?
            } else {
                let right = (*self.at_row(b, row, None, cut)?).clone().minus(ring, &mean_b)?;
                product(ring, cut, &left, &right)?
            };
            add(ring, &mut sum, &value)?;
        }
        Ok(sum.ok_or(Unable::NotFinite)?.scaled(1.0 / count(self.model.rows)))
    }

    /// The number of copies in a batch.
    fn size(&mut self, batch: &Batch) -> Result<usize, Unable> {
        let size = self.exact(&batch.size, 0)?.at(0);
        if !(1.0..=1e6).contains(&size) || (size - size.round()).abs() > 1e-9 {
            return Err(Unable::Size { what: "the size of a batch", found: size });
        }
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a whole number up to 1e6"
        )]
        Ok(size.round() as usize)
    }

    pub(super) fn mean(&mut self, body: &Expr, batch: &Batch, cut: usize, divided: bool) -> Value {
        let n = self.size(batch)?;
        let copies = self.scope.batch(batch, n, self.model, &self.scalars, &mut self.rng)?;
        let ring = self.ring();
        let mut sum: Option<Tensor> = None;
        for copy in copies.iter() {
            let value = self.at_row(body, copy.row, Some(copy), cut)?;
            add(ring, &mut sum, &value)?;
        }
        let mean = sum.ok_or(Unable::NotFinite)?.scaled(1.0 / count(copies.len()));
        Ok(if divided { mean } else { mean.scaled(count(n)) })
    }
}

/// Adds to a sum that may not have begun.
pub(super) fn add(ring: &Ring, sum: &mut Option<Tensor>, value: &Tensor) -> Result<(), Unable> {
    match sum {
        None => *sum = Some(value.clone()),
        Some(sum) => sum.add_scaled(ring, 1.0, value)?,
    }
    Ok(())
}

/// `d_j (a_i b_j) = (d_j a_i) b_j + a_i d_j b_j`, of one degree less.
pub(super) fn divergence_of_product(ring: &Ring, cut: usize, left: &Tensor, right: &Tensor) -> Value {
    let cut = cut.saturating_sub(1);
    let along = left.gradient(ring)?.times(ring, cut, right)?;
    along.plus(ring, &right.divergence(ring)?.times(ring, cut, left)?)
}

/// `a b'` of two vectors, of a vector and a number in any order, of two numbers.
pub(super) fn product(ring: &Ring, cut: usize, left: &Tensor, right: &Tensor) -> Value {
    match (left.dims(), right.dims()) {
        (Dims::Vector(_), Dims::Vector(_)) => left.outer(ring, cut, right),
        _ => left.times(ring, cut, right),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expression::{
        Claim, Entry, Expected, Instance, Length, RandomShape, Rational, Shape, Sides, Sign, SymbolKind,
        Symbols, Value as Written,
    };
    use crate::reading::sampled::SampledInstance;
    use crate::reading::sampled::making::model;
    use crate::sampling::{Streams, Use};
    use std::path::Path;

    const VECTOR: Shape = Shape::Vector(Length::Space);

    /// `g = y theta` at `theta = (2, -1)` with `y = 1, 3, 2, 0`: `E[g] = 3/2 theta`, and `Var[y] = 5/4`.
    struct Toy {
        instance: SampledInstance,
        eta: Expr,
        n: Expr,
        population: Expr,
        theta: Expr,
        y: Expr,
        noise: Expr,
        g: Expr,
    }

    impl Toy {
        fn new() -> Self {
            let mut symbols = Symbols::default();
            let mut declare = |name, kind, shape| {
                let id = symbols.declare(name, kind);
                (id, Expr::new(Kind::Symbol(id), shape))
            };
            let (_, theta) = declare("theta", SymbolKind::Space, VECTOR);
            let (time_step, eta) = declare("eta", SymbolKind::Scalar(Sign::Positive), Shape::Scalar);
            let (_, n) = declare("n", SymbolKind::Scalar(Sign::Positive), Shape::Scalar);
            let (_, population) = declare("N", SymbolKind::Scalar(Sign::Positive), Shape::Scalar);
            let random = SymbolKind::Random { shape: RandomShape::Scalar, distribution: None };
            let (_, y) = declare("y", random, Shape::Scalar);
            let (_, noise) = declare("dW", SymbolKind::Noise { time_step, scalar: false }, VECTOR);
            let number = |value: i64| Written::Number(Rational::half(2 * value));
            let rows = [1, 3, 2, 0].map(|value| Written::List(vec![number(value)]));
            let rows = vec![
                (None, Written::List(rows.to_vec())),
                (Some("columns".into()), Written::List(vec![Written::Name("y".into())])),
            ];
            let entry = |key: &str, value| Entry { key: key.into(), value, span: 0..0 };
            let instance = Instance {
                name: "toy".into(),
                entries: vec![
                    entry("data", Written::Call("rows".into(), rows)),
                    entry("theta", Written::List(vec![number(2), number(-1)])),
                    entry("eta", Written::Number(Rational::decimal("0.1").unwrap())),
                    entry("n", number(2)),
                    entry("N", number(4)),
                ],
                span: 0..0,
            };
            let instance = SampledInstance::bind(&instance, &symbols, Path::new("")).unwrap();
            let g = times(&y, &theta);
            Self { instance, eta, n, population, theta, y, noise, g }
        }

        fn mean(&self) -> Expr {
            batch(&self.g, &self.n, None, Kind::Mean)
        }

        /// The value of an expression: as one draw, balanced over the rows, or without error.
        fn value(&self, e: &Expr, how: How) -> Result<Vec<f64>, Unable> {
            let claim = Claim {
                name: "it".into(),
                expected: Expected::Holds,
                sides: Sides::Equation { left: e.clone(), right: e.clone() },
                remainder: None,
                conditions: vec![],
                given: vec![],
                text: "".into(),
                span: 0..0,
            };
            let model = model(&claim, &self.instance, Some(&vec![2.0, -1.0])).unwrap();
            let mut evaluator = Evaluator::new(&model, Streams::new(1, Use::Window).block(0));
            evaluator.balanced = matches!(how, How::Balanced);
            let value = match how {
                How::Exactly => evaluator.exact_mean(e, 0),
                How::Balanced | How::Drawn => evaluator.eval(e, 0),
            };
            Ok(value?.values())
        }
    }

    #[derive(Clone, Copy)]
    enum How {
        Drawn,
        Balanced,
        Exactly,
    }

    fn times(a: &Expr, b: &Expr) -> Expr {
        Expr::new(Kind::Mul(a.clone(), b.clone()), b.shape())
    }

    fn plus(a: &Expr, b: &Expr) -> Expr {
        Expr::new(Kind::Add(vec![a.clone(), b.clone()]), a.shape())
    }

    fn minus(a: &Expr) -> Expr {
        Expr::new(Kind::Neg(a.clone()), a.shape())
    }

    /// `outer(a, b)*theta`
    fn outer_times(a: &Expr, b: &Expr, theta: &Expr) -> Expr {
        let outer = Kind::Outer(a.clone(), b.clone());
        let outer = Expr::new(outer, Shape::Matrix(Length::Space, Length::Space));
        Expr::new(Kind::Mul(outer, theta.clone()), VECTOR)
    }

    fn batch(body: &Expr, size: &Expr, population: Option<&Expr>, kind: fn(Expr, Batch) -> Kind) -> Expr {
        let batch = Batch { number: 0, size: size.clone(), population: population.cloned() };
        Expr::new(kind(body.clone(), batch), body.shape())
    }

    #[test]
    fn means_over_all_rows_are_those_by_hand() {
        let toy = Toy::new();
        let (g, mean) = (&toy.g, toy.mean());
        let expected = Expr::new(Kind::Expect(toy.y.clone()), Shape::Scalar);
        for (what, e, first) in [
            ("g", g.clone(), 3.0),
            ("-eta*mean(g, n)", minus(&times(&toy.eta, &mean)), -0.3),
            ("sum(g, n)", batch(g, &toy.n, None, Kind::SumOver), 6.0),
            ("mean(g, n)/n", Expr::new(Kind::Div(mean.clone(), toy.n.clone()), VECTOR), 1.5),
            ("E[y]*mean(g, n)", times(&expected, &mean), 4.5),
            ("g - mean(g, n)", plus(g, &minus(&mean)), 0.0),
            ("g + dW", plus(g, &toy.noise), 3.0),
            ("y*y*theta", times(&toy.y, g), 7.0),
            ("mean(g, n, N)", batch(g, &toy.n, Some(&toy.population), Kind::Mean), 3.0),
        ] {
            let found = toy.value(&e, How::Exactly).unwrap();
            for (found, expected) in found.iter().zip([first, -0.5 * first]) {
                assert!((found - expected).abs() < 1e-13, "E[{what}]: {found} is not {expected}");
            }
        }
    }

    /// A product of the copies in a batch is no sum of functions of one of them.
    #[test]
    fn what_is_not_additive_has_no_such_mean() {
        let toy = Toy::new();
        let (mean, theta) = (toy.mean(), &toy.theta);
        let square = Expr::new(Kind::Norm2(mean.clone()), Shape::Scalar);
        for (what, e) in [
            ("norm2(mean(g, n))*g", times(&square, &toy.g)),
            ("outer(mean(g, n), g)*theta", outer_times(&mean, &toy.g, theta)),
            ("outer(dW, dW)*theta", outer_times(&toy.noise, &toy.noise, theta)),
        ] {
            assert!(matches!(toy.value(&e, How::Exactly), Err(Unable::NoUnbiased { .. })), "{what}");
            let expected = Expr::new(Kind::Expect(e), VECTOR);
            assert!(
                toy.value(&expected, How::Balanced).is_ok(),
                "{what} has a value that is right on average"
            );
        }
    }

    /// `Cov[g] = Var[y] theta theta'`.
    #[test]
    fn balanced_covariances_of_one_point_have_no_error() {
        let toy = Toy::new();
        let covariance = Expr::new(Kind::Cov(toy.g.clone()), Shape::Matrix(Length::Space, Length::Space));
        let exact = [5.0, -2.5, -2.5, 1.25];
        let found = toy.value(&covariance, How::Balanced).unwrap();
        assert!(found.iter().zip(exact).all(|(x, y)| (x - y).abs() < 1e-13), "{found:?}");
        let one = toy.value(&covariance, How::Drawn).unwrap();
        assert!(one.iter().zip(exact).any(|(x, y)| (x - y).abs() > 1e-3), "a draw has an error: {one:?}");
    }
}
