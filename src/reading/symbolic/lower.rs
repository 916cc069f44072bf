//! Expressions to normal form.
//!
//! A tensor becomes a sum with the free indices `0..rank`. Every construct of the language is its definition in
//! components; each node is computed once for each order that is asked of it.

use super::algebra::{Algebra, MARK};
use super::atom::{Draw, Factor, Head, Index};
use super::derivative::Direction;
use super::obstacle::Obstacle;
use super::poly::{Monomial, Poly};
use crate::expression::{
    Batch, Distribution, Expr, FieldShape, Kind, Length, RandomShape, Rational, Shape, SymbolId, SymbolKind,
    Symbols,
};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;

/// Deepest expression that is read.
const DEPTH: u32 = 300;

/// Free indices 0 and 1 of a tensor, and the index that a product contracts.
pub(super) const FIRST: Index = Index::Free(0);
pub(super) const SECOND: Index = Index::Free(1);
pub(super) const JOINT: Index = Index::Free(MARK);

/// Up to which order terms are wanted: all below, or all.
pub(super) type Need = Option<Rational>;

/// Reads the expressions of one claim.
pub(super) struct Lowering<'a> {
    pub(super) algebra: Algebra<'a>,
    /// The symbol of the remainder.
    pub(super) symbol: Option<SymbolId>,
    /// The noises that count as half a power of it.
    pub(super) noises: Vec<SymbolId>,
    known: RefCell<HashMap<(usize, Need), (Expr, Poly)>>,
    pub(super) orders: RefCell<HashMap<usize, (Expr, Rational)>>,
    depth: Cell<u32>,
}

impl<'a> Lowering<'a> {
    pub(super) fn new(
        symbols: &'a Symbols,
        dimension: Option<u32>,
        symbol: Option<SymbolId>,
    ) -> Result<Self, Obstacle> {
        let noises = symbols
            .iter()
            .filter(|(_, known)| {
                matches!(known.kind, SymbolKind::Noise { time_step, .. } if Some(time_step) == symbol)
            })
            .map(|(id, _)| id)
            .collect();
        let mut lowering = Self {
            algebra: Algebra::new(symbols, dimension),
            symbol,
            noises,
            known: RefCell::default(),
            orders: RefCell::default(),
            depth: Cell::new(0),
        };
        for (id, symbol) in symbols.iter() {
            if let SymbolKind::Random { distribution: Some(distribution), .. } = &symbol.kind {
                let parameters = lowering.parameters(distribution)?;
                lowering.algebra.parameters.insert(id, parameters);
            }
        }
        Ok(lowering)
    }

    fn parameters(&self, distribution: &Distribution) -> Result<Vec<Poly>, Obstacle> {
        let all: Vec<&Expr> = match distribution {
            Distribution::Normal(a, b) | Distribution::Uniform(a, b) => vec![a, b],
            Distribution::Bernoulli(a) | Distribution::Exponential(a) | Distribution::Poisson(a) => vec![a],
            Distribution::Rademacher => Vec::new(),
            Distribution::Moments(all) => all.iter().collect(),
        };
        all.into_iter().map(|parameter| self.exact(parameter)).collect()
    }

    /// All terms of an expression.
    pub(super) fn exact(&self, e: &Expr) -> Result<Poly, Obstacle> {
        self.lower(e, &None)
    }

    /// The terms of an expression below an order.
    pub(super) fn lower(&self, e: &Expr, need: &Need) -> Result<Poly, Obstacle> {
        let key = (e.address(), need.clone());
        if let Some((_, known)) = self.known.borrow().get(&key) {
            return Ok(known.clone());
        }
        self.depth.set(self.depth.get() + 1);
        if self.depth.get() > DEPTH {
            return Err(Obstacle::TooLarge { what: "levels of an expression", limit: u64::from(DEPTH) });
        }
        let result = self.lower_node(e, need).map(|sum| self.truncated(sum, need));
        self.depth.set(self.depth.get() - 1);
        let sum = result?;
        self.known.borrow_mut().insert(key, (e.clone(), sum.clone()));
        Ok(sum)
    }

    fn lower_node(&self, e: &Expr, need: &Need) -> Result<Poly, Obstacle> {
        match e.kind() {
            Kind::Number(value) => Ok(Poly::constant(value.clone())),
            Kind::Symbol(symbol) => self.symbol(*symbol, e.shape()),
            Kind::Identity => self.delta(Length::Space, FIRST, SECOND),
            Kind::Dimension => self.dimension(),
            Kind::Add(terms) => {
                terms.iter().try_fold(Poly::zero(), |sum, term| Ok(sum.plus(&self.lower(term, need)?)))
            }
            Kind::Neg(inner) => Ok(self.lower(inner, need)?.negated()),
            Kind::Mul(a, b) => self.product(a, b, need),
            Kind::Div(a, b) => self.quotient(a, b, need),
            Kind::Pow(a, b) => self.power(a, b, need),
            Kind::Transpose(a) => self.swapped(&self.lower(a, need)?),
            Kind::Dot(a, b) => self.contracted_product((a, &[JOINT]), (b, &[JOINT]), length(a, 0), need),
            Kind::Norm2(a) => self.contracted_product((a, &[JOINT]), (a, &[JOINT]), length(a, 0), need),
            Kind::Outer(a, b) => self.plain_product((a, &[FIRST]), (b, &[SECOND]), need),
            Kind::Trace(a) => self.trace(&self.lower(a, need)?, length(a, 0)),
            Kind::Grad(a) => self.along(&self.lower(a, need)?, FIRST),
            Kind::Hess(a) => self.along(&self.along(&self.lower(a, need)?, FIRST)?, SECOND),
            Kind::Jac(a) => self.along(&self.lower(a, need)?, SECOND),
            Kind::Lap(a) => {
                let once = self.along(&self.lower(a, need)?, JOINT)?;
                self.algebra.divergence(&once, JOINT)
            }
            Kind::Divergence(a) => self.divergence(a, need),
            Kind::Partial(index, a) => self.along(&self.lower(a, need)?, Index::Named(index.id)),
            Kind::Expect(_) | Kind::Var(_) | Kind::Cov(_) | Kind::CrossCov(..) => self.statistic(e, need),
            Kind::Mean(a, batch) => self.over_batch(a, batch, true, need),
            Kind::SumOver(a, batch) => self.over_batch(a, batch, false, need),
            Kind::Sqrt(_) | Kind::Function(..) | Kind::Apply(..) => self.scalar_function(e, need),
            Kind::Component(..) | Kind::Kronecker(..) | Kind::Sum(..) | Kind::Tensor(..) => {
                self.index_notation(e, need)
            }
            Kind::Shift(a, h) => self.shift(a, h, need),
            Kind::Conditional(place, v) => self.conditional(*place, v, need),
            Kind::Current(v) => self.current(v, need),
            Kind::At(a, symbol, value) => self.at(a, *symbol, value, need),
            Kind::MatrixRoot(a) => self.series(&self.algebra.matrix_root(&self.exact(a)?)?, need),
            Kind::Inverse(a) => self.series(&self.algebra.inverse(&self.exact(a)?)?, need),
            Kind::LogDet(a) => self.series(&self.algebra.log_det(&self.exact(a)?)?, need),
            Kind::List(entries) => self.list(entries, need),
            Kind::Rows(rows) => self.rows(rows, need),
            Kind::Integral(a) => self.algebra.integral(&self.lower(a, need)?),
        }
    }

    fn symbol(&self, symbol: SymbolId, shape: Shape) -> Result<Poly, Obstacle> {
        let a = &self.algebra;
        let factor = match &a.symbols.get(symbol).kind {
            SymbolKind::Scalar(_) => return Ok(a.scalar(symbol)),
            SymbolKind::Coordinate(k) => Factor::number(Head::Coordinate(*k)),
            SymbolKind::Space => return self.position(),
            SymbolKind::Random { shape: RandomShape::Vector, .. } => {
                Factor::new(Head::RandomVector(symbol), Draw::Own, &[FIRST])
            }
            SymbolKind::Random { .. } => Factor::new(Head::Random(symbol), Draw::Own, &[]),
            SymbolKind::Noise { .. } => match shape {
                Shape::Vector(length) => Factor::new(Head::Noise(symbol, length), Draw::Fixed, &[FIRST]),
                _ => Factor::number(Head::Noise(symbol, Length::Space)),
            },
            SymbolKind::Field { shape: declared, arguments, .. } => {
                a.shapes.borrow_mut().insert(symbol, shape);
                let symmetric = matches!(declared, FieldShape::Symmetric) || a.symmetric.contains(&symbol);
                let slots: &[Index] = match declared {
                    FieldShape::Scalar => &[],
                    FieldShape::Vector => &[FIRST],
                    FieldShape::Symmetric | FieldShape::Matrix => &[FIRST, SECOND],
                };
                let draw = if arguments.is_empty() { Draw::Fixed } else { Draw::Own };
                Factor::new(Head::Field { symbol, symmetric }, draw, slots)
            }
            SymbolKind::Function => return Err(Obstacle::Beyond { what: "a function without an argument" }),
        };
        a.factor(factor)
    }

    /// `theta_i`
    fn position(&self) -> Result<Poly, Obstacle> {
        let Some(dimension) = self.algebra.dimension else {
            return self.algebra.factor(Factor::new(Head::Position, Draw::Fixed, &[FIRST]));
        };
        self.components((0..dimension).map(|k| {
            let coordinate = Factor::number(Head::Coordinate(k));
            Ok((vec![k], Poly::monomial(Monomial(vec![coordinate]), Rational::ONE)))
        }))
    }

    /// `sum_k P_k delta_ik`: a tensor from its components in named coordinates.
    fn components(
        &self,
        components: impl Iterator<Item = Result<(Vec<u32>, Poly), Obstacle>>,
    ) -> Result<Poly, Obstacle> {
        let mut sum = Poly::zero();
        for component in components {
            let (values, mut component) = component?;
            for (slot, value) in (0..).zip(values) {
                let basis = self.delta(Length::Space, Index::Free(slot), Index::Value(value))?;
                component = self.algebra.times(&component, &basis)?;
            }
            sum = sum.plus(&component);
        }
        Ok(sum)
    }

    fn list(&self, entries: &[Expr], need: &Need) -> Result<Poly, Obstacle> {
        self.check_dimension(entries.len())?;
        self.components((0..).zip(entries).map(|(k, entry)| Ok((vec![k], self.lower(entry, need)?))))
    }

    fn rows(&self, rows: &[Vec<Expr>], need: &Need) -> Result<Poly, Obstacle> {
        self.check_dimension(rows.len())?;
        let mut sum = Poly::zero();
        for (i, row) in (0..).zip(rows) {
            self.check_dimension(row.len())?;
            let row =
                self.components((0..).zip(row).map(|(j, entry)| Ok((vec![i, j], self.lower(entry, need)?))))?;
            sum = sum.plus(&row);
        }
        Ok(sum)
    }

    fn check_dimension(&self, count: usize) -> Result<(), Obstacle> {
        let fits = self.algebra.dimension.is_some_and(|dimension| dimension as usize == count);
        if fits {
            Ok(())
        } else {
            Err(Obstacle::Beyond { what: "a literal of another dimension than the space" })
        }
    }

    pub(super) fn delta(&self, length: Length, i: Index, j: Index) -> Result<Poly, Obstacle> {
        self.algebra.factor(Factor::new(Head::Delta(length), Draw::Fixed, &[i, j]))
    }

    fn dimension(&self) -> Result<Poly, Obstacle> {
        match self.algebra.dimension {
            Some(dimension) => Ok(Poly::constant(Rational::integer(i64::from(dimension)))),
            None => self.algebra.factor(Factor::number(Head::Extent(Length::Space))),
        }
    }

    /// A sum with its free indices renamed in their order.
    pub(super) fn with_indices(&self, sum: &Poly, indices: &[Index]) -> Result<Poly, Obstacle> {
        let unchanged = indices.iter().zip(0..).all(|(index, slot)| *index == Index::Free(slot));
        if unchanged {
            return Ok(sum.clone());
        }
        self.algebra.renamed(sum, |index| match index {
            Index::Free(slot) if (slot as usize) < indices.len() => indices[slot as usize],
            other => other,
        })
    }

    fn swapped(&self, sum: &Poly) -> Result<Poly, Obstacle> {
        self.with_indices(sum, &[SECOND, FIRST])
    }

    fn along(&self, sum: &Poly, index: Index) -> Result<Poly, Obstacle> {
        self.algebra.derivative(sum, Direction::Space(index))
    }

    fn trace(&self, sum: &Poly, length: Length) -> Result<Poly, Obstacle> {
        self.algebra.contract(&self.with_indices(sum, &[JOINT, JOINT])?, JOINT, length)
    }

    /// `d_i v_i`, `d_j A_ij`
    fn divergence(&self, a: &Expr, need: &Need) -> Result<Poly, Obstacle> {
        let sum = self.lower(a, need)?;
        let indices: &[Index] =
            if matches!(a.shape(), Shape::Matrix(..)) { &[FIRST, JOINT] } else { &[JOINT] };
        self.algebra.divergence(&self.with_indices(&sum, indices)?, JOINT)
    }

    /// The product of two expressions with their indices as given, below an order.
    fn plain_product(
        &self,
        (a, i): (&Expr, &[Index]),
        (b, j): (&Expr, &[Index]),
        need: &Need,
    ) -> Result<Poly, Obstacle> {
        let (x, y) = self.both(a, b, need)?;
        let product = self.algebra.times(&self.with_indices(&x, i)?, &self.with_indices(&y, j)?)?;
        Ok(self.truncated(product, need))
    }

    /// The same, with [`JOINT`] summed.
    fn contracted_product(
        &self,
        (a, i): (&Expr, &[Index]),
        (b, j): (&Expr, &[Index]),
        length: Length,
        need: &Need,
    ) -> Result<Poly, Obstacle> {
        let (x, y) = self.both(a, b, need)?;
        self.joined(&self.with_indices(&x, i)?, &self.with_indices(&y, j)?, length, need)
    }

    /// `X_k Y_k` with [`JOINT`] summed, below an order.
    pub(super) fn joined(&self, x: &Poly, y: &Poly, length: Length, need: &Need) -> Result<Poly, Obstacle> {
        let products = self.algebra.products(x, y)?;
        let sum = self.algebra.finish(self.algebra.contracted(products, JOINT, length)?)?;
        Ok(self.truncated(sum, need))
    }

    fn product(&self, a: &Expr, b: &Expr, need: &Need) -> Result<Poly, Obstacle> {
        match (a.shape(), b.shape()) {
            (Shape::Matrix(_, inner), Shape::Vector(_)) => {
                self.contracted_product((a, &[FIRST, JOINT]), (b, &[JOINT]), inner, need)
            }
            (Shape::Matrix(_, inner), Shape::Matrix(..)) => {
                self.contracted_product((a, &[FIRST, JOINT]), (b, &[JOINT, SECOND]), inner, need)
            }
            (Shape::Scalar, _) | (_, Shape::Scalar) => self.plain_product((a, &[]), (b, &[]), need),
            _ => Err(Obstacle::Beyond { what: "a product of these shapes" }),
        }
    }

    /// Expectations, variances and covariances.
    fn statistic(&self, e: &Expr, need: &Need) -> Result<Poly, Obstacle> {
        match e.kind() {
            Kind::Expect(a) => self.algebra.expectation(&self.lower(a, need)?),
            Kind::Var(a) => self.covariance((a, &[]), (a, &[]), need),
            Kind::Cov(a) if matches!(a.shape(), Shape::Vector(_)) => {
                self.covariance((a, &[FIRST]), (a, &[SECOND]), need)
            }
            Kind::Cov(a) => self.covariance((a, &[]), (a, &[]), need),
            Kind::CrossCov(a, b) => {
                let both = matches!((a.shape(), b.shape()), (Shape::Vector(_), Shape::Vector(_)));
                let (i, j): (&[Index], &[Index]) = if both { (&[FIRST], &[SECOND]) } else { (&[], &[]) };
                self.covariance((a, i), (b, j), need)
            }
            _ => Err(Obstacle::Beyond { what: "a statistic" }),
        }
    }

    /// `E[a b] - E[a] E[b]`
    fn covariance(
        &self,
        (a, i): (&Expr, &[Index]),
        (b, j): (&Expr, &[Index]),
        need: &Need,
    ) -> Result<Poly, Obstacle> {
        let (x, y) = self.both(a, b, need)?;
        let (x, y) = (self.with_indices(&x, i)?, self.with_indices(&y, j)?);
        let algebra = &self.algebra;
        let product = self.truncated(algebra.times(&x, &y)?, need);
        let means = algebra.times(&algebra.expectation(&x)?, &algebra.expectation(&y)?)?;
        Ok(algebra.expectation(&product)?.minus(&self.truncated(means, need)))
    }

    fn over_batch(&self, a: &Expr, batch: &Batch, mean: bool, need: &Need) -> Result<Poly, Obstacle> {
        let size = self.exact(&batch.size)?;
        let population = batch.population.as_ref().map(|all| self.exact(all)).transpose()?;
        self.algebra.batches.borrow_mut().insert(batch.number, (size, population));
        self.algebra.written.borrow_mut().insert(batch.number, batch.clone());
        self.algebra.over_batch(&self.lower(a, need)?, batch.number, mean)
    }

    fn index_notation(&self, e: &Expr, need: &Need) -> Result<Poly, Obstacle> {
        match e.kind() {
            Kind::Component(a, indices) => {
                let named: Vec<Index> = indices.iter().map(|index| Index::Named(index.id)).collect();
                self.with_indices(&self.lower(a, need)?, &named)
            }
            Kind::Kronecker(i, j) => self.delta(i.length, Index::Named(i.id), Index::Named(j.id)),
            Kind::Sum(index, body) => {
                self.algebra.contract(&self.lower(body, need)?, Index::Named(index.id), index.length)
            }
            Kind::Tensor(indices, body) => {
                let body = self.lower(body, need)?;
                self.algebra.renamed(&body, |index| {
                    let slot = indices.iter().position(|known| index == Index::Named(known.id));
                    slot.and_then(|slot| u32::try_from(slot).ok()).map_or(index, Index::Free)
                })
            }
            _ => Err(Obstacle::Beyond { what: "index notation" }),
        }
    }

    /// Functions of one scalar.
    fn scalar_function(&self, e: &Expr, need: &Need) -> Result<Poly, Obstacle> {
        let algebra = &self.algebra;
        let value = match e.kind() {
            Kind::Sqrt(a) => algebra.power(&self.exact(a)?, &Rational::half(1))?,
            Kind::Function(function, a) => algebra.built_in(*function, &self.exact(a)?)?,
            Kind::Apply(symbol, order, a) => {
                algebra.function(|inner| Head::Apply(*symbol, *order, inner), self.exact(a)?)
            }
            _ => return Err(Obstacle::Beyond { what: "a scalar function" }),
        };
        self.series(&value, need)
    }
}

/// The extent of an index of a vector or matrix.
pub(super) fn length(e: &Expr, slot: usize) -> Length {
    match e.shape() {
        Shape::Vector(length) => length,
        Shape::Matrix(rows, columns) => {
            if slot == 0 {
                rows
            } else {
                columns
            }
        }
        Shape::Scalar | Shape::Components(_) => Length::Space,
    }
}
