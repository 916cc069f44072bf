//! Random well-shaped expressions about [`super::DECLARATIONS`], as the language makes them.

use super::symbols;
use driftproof::expression::{
    Batch, Expr, Function, Index, Kind, Length, Place, Rational, Shape, SymbolId, Symbols,
};
use std::sync::Arc;

/// What may stand in a random expression.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Menu {
    /// Components, sums over indices, tensors.
    pub(crate) indices: bool,
    /// `E`, `Var`, `Cov`, random names.
    pub(crate) expectations: bool,
    /// `mean` and `sum`.
    pub(crate) batches: bool,
    /// `B*dW`.
    pub(crate) noise: bool,
    /// Functions of a scalar, declared ones among them, and powers that are not whole.
    pub(crate) functions: bool,
    /// Quotients by what is no number.
    pub(crate) quotients: bool,
    /// `sqrt`, `inv`, `logdet`.
    pub(crate) roots: bool,
    /// `shift`, `midpoint`, `destination`, `current`, `source`.
    pub(crate) steps: bool,
    /// `integral`.
    pub(crate) integrals: bool,
}

impl Menu {
    pub(crate) const ALL: Self = Self {
        indices: true,
        expectations: true,
        batches: true,
        noise: true,
        functions: true,
        quotients: true,
        roots: true,
        steps: true,
        integrals: true,
    };
    /// Differential polynomials in the fields.
    pub(crate) const POLYNOMIAL: Self = Self {
        indices: true,
        expectations: false,
        batches: false,
        noise: false,
        functions: false,
        quotients: false,
        roots: false,
        steps: false,
        integrals: false,
    };
}

/// A shape to make; matrices are `d x d`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Want {
    Scalar,
    Vector,
    Matrix,
}

pub(crate) struct Random {
    pub(crate) symbols: Symbols,
    menu: Menu,
    state: u64,
    next_index: u32,
}

const D: Length = Length::Space;
const VECTOR: Shape = Shape::Vector(D);
const MATRIX: Shape = Shape::Matrix(D, D);

fn number(n: i64, d: i64) -> Expr {
    Expr::number(Rational::new(n, d).unwrap())
}

impl Random {
    pub(crate) fn new(seed: u64, menu: Menu) -> Self {
        Self { symbols: symbols(), menu, state: seed, next_index: 1000 }
    }

    /// splitmix64
    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, count: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(count).unwrap()).unwrap()
    }

    fn choose<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    fn id(&self, name: &str) -> SymbolId {
        self.symbols.find(name).unwrap()
    }

    fn symbol(&self, name: &str, shape: Shape) -> Expr {
        Expr::new(Kind::Symbol(self.id(name)), shape)
    }

    fn index(&mut self) -> Index {
        self.next_index += 1;
        let name = self.choose(&["i", "j", "k"]);
        Index { id: self.next_index, name: Arc::from(name), length: D }
    }

    /// An expression of about `size` nodes.
    pub(crate) fn expr(&mut self, want: Want, size: usize) -> Expr {
        match want {
            Want::Scalar => self.scalar(size),
            Want::Vector => self.vector(size),
            Want::Matrix => self.matrix(size),
        }
    }

    fn scalar_leaf(&mut self) -> Expr {
        let more: &[&str] = if self.menu.expectations { &["u", "x", "y"] } else { &["p"] };
        match self.below(5) {
            0 => match (self.below(3), self.below(9)) {
                (0, _) => number(i64::try_from(self.below(5)).unwrap() + 1, 1),
                (1, _) => number(-1 - i64::try_from(self.below(3)).unwrap(), 2),
                (_, k) => number(i64::try_from(k).unwrap() + 1, 3),
            },
            1 => {
                let name = self.choose(&["eta", "n", "c"]);
                self.symbol(name, Shape::Scalar)
            }
            2 => {
                let name = self.choose(more);
                self.symbol(name, Shape::Scalar)
            }
            3 => self.symbol("phi", Shape::Scalar),
            _ => self.symbol("p", Shape::Scalar),
        }
    }

    fn is_number(e: &Expr) -> bool {
        matches!(e.kind(), Kind::Number(_))
    }

    fn negative(e: Expr) -> Expr {
        let shape = e.shape();
        if Self::is_number(&e) { e } else { Expr::new(Kind::Neg(e), shape) }
    }

    fn terms(&mut self, want: Want, size: usize) -> Vec<Expr> {
        let count = 2 + self.below(2);
        let mut terms = vec![];
        for _ in 0..count {
            let term = self.expr(want, size / count);
            terms.push(if self.below(3) == 0 { Self::negative(term) } else { term });
        }
        terms
    }

    fn batch(&mut self) -> Batch {
        let number = if self.below(4) == 0 { 2 } else { 1 };
        Batch { number, size: self.symbol("n", Shape::Scalar), population: None }
    }

    fn quotient(&mut self, above: Expr, size: usize) -> Expr {
        let below = if self.menu.quotients { self.scalar(size) } else { self.symbol("n", Shape::Scalar) };
        let (below, shape) =
            (if Self::is_number(&below) { self.symbol("c", Shape::Scalar) } else { below }, above.shape());
        Expr::new(Kind::Div(above, below), shape)
    }

    fn scalar(&mut self, size: usize) -> Expr {
        if size <= 1 {
            return self.scalar_leaf();
        }
        let half = size / 2;
        let kind = match self.below(20) {
            0 | 1 => Kind::Add(self.terms(Want::Scalar, size)),
            2 | 3 => Kind::Mul(self.scalar(half), self.scalar(half)),
            4 => {
                let above = self.scalar(half);
                return self.quotient(above, half);
            }
            5 => {
                let exponent = if self.menu.functions {
                    self.choose(&[(2, 1), (3, 1), (-1, 1), (1, 2)])
                } else {
                    (2, 1)
                };
                Kind::Pow(self.scalar(size - 1), number(exponent.0, exponent.1))
            }
            6 => Kind::Dot(self.vector(half), self.vector(half)),
            7 => Kind::Trace(self.matrix(size - 1)),
            8 => Kind::Norm2(self.vector(size - 1)),
            9 => Kind::Lap(self.scalar(size - 1)),
            10 => Kind::Divergence(self.vector(size - 1)),
            11 if self.menu.expectations => Kind::Expect(self.scalar(size - 1)),
            12 if self.menu.expectations => match self.below(3) {
                0 => Kind::Var(self.scalar(size - 1)),
                1 => Kind::Cov(self.scalar(size - 1)),
                _ => Kind::CrossCov(self.scalar(half), self.scalar(half)),
            },
            13 if self.menu.batches => {
                let e = self.scalar(size - 1);
                let batch = self.batch();
                if self.below(2) == 0 { Kind::Mean(e, batch) } else { Kind::SumOver(e, batch) }
            }
            14 if self.menu.functions => match self.below(2) {
                0 => Kind::Function(self.choose(&Function::ALL), self.scalar(size - 1)),
                _ => Kind::Apply(self.id("l"), u32::try_from(self.below(3)).unwrap(), self.scalar(size - 1)),
            },
            15 if self.menu.roots => match self.below(2) {
                0 => Kind::Sqrt(self.scalar(size - 1)),
                _ => Kind::LogDet(self.matrix(size - 1)),
            },
            16 if self.menu.integrals => {
                let phi = self.symbol("phi", Shape::Scalar);
                Kind::Integral(Expr::new(Kind::Mul(phi, self.scalar(size - 2)), Shape::Scalar))
            }
            17 => Kind::At(self.scalar(size - 1), self.id("eta"), self.symbol("c", Shape::Scalar)),
            18 | 19 if self.menu.indices => return self.indexed_scalar(size),
            _ => return Self::negative(self.scalar(size - 1)),
        };
        Expr::new(kind, Shape::Scalar)
    }

    fn component(e: Expr, indices: &[&Index]) -> Expr {
        let indices = indices.iter().map(|index| (*index).clone()).collect();
        Expr::new(Kind::Component(e, indices), Shape::Scalar)
    }

    fn times(a: Expr, b: Expr) -> Expr {
        Expr::new(Kind::Mul(a, b), Shape::Scalar)
    }

    fn sum(index: Index, body: Expr) -> Expr {
        Expr::new(Kind::Sum(index, body), Shape::Scalar)
    }

    fn indexed_scalar(&mut self, size: usize) -> Expr {
        let half = size / 2;
        let i = self.index();
        match self.below(5) {
            // v_i w_i
            0 => {
                let (v, w) = (self.vector(half), self.vector(half));
                Self::sum(i.clone(), Self::times(Self::component(v, &[&i]), Self::component(w, &[&i])))
            }
            // d_i v_i
            1 => {
                let v = Self::component(self.vector(size - 1), &[&i]);
                Self::sum(i.clone(), Expr::new(Kind::Partial(i, v), Shape::Scalar))
            }
            // A_ii
            2 => Self::sum(i.clone(), Self::component(self.matrix(size - 1), &[&i, &i])),
            // sum_i s v_i
            3 => {
                let body = Self::times(self.scalar(half), Self::component(self.vector(half), &[&i]));
                Self::sum(i, body)
            }
            // A_ij delta_ij
            _ => {
                let j = self.index();
                let matrix = self.matrix(size - 1);
                let delta = Expr::new(Kind::Kronecker(i.clone(), j.clone()), Shape::Scalar);
                let inner = Self::times(Self::component(matrix, &[&i, &j]), delta);
                // Indices are summed in the order in which they meet again.
                Self::sum(j, Self::sum(i, inner))
            }
        }
    }

    fn vector(&mut self, size: usize) -> Expr {
        if size <= 1 {
            return if self.below(3) == 0 { self.symbol("theta", VECTOR) } else { self.symbol("mu", VECTOR) };
        }
        let half = size / 2;
        let kind = match self.below(14) {
            0 | 1 => Kind::Add(self.terms(Want::Vector, size)),
            2 => Kind::Mul(self.scalar(half), self.vector(half)),
            3 => Kind::Mul(self.vector(half), self.scalar(half)),
            4 => Kind::Mul(self.matrix(half), self.vector(half)),
            5 | 6 => Kind::Grad(self.scalar(size - 1)),
            7 => Kind::Divergence(self.matrix(size - 1)),
            8 if self.menu.expectations => match self.below(2) {
                0 => Kind::Expect(self.vector(size - 1)),
                _ => Kind::CrossCov(self.vector(half), self.scalar(half)),
            },
            9 if self.menu.batches => {
                let e = self.vector(size - 1);
                Kind::Mean(e, self.batch())
            }
            10 if self.menu.noise => {
                let columns = Length::Columns(self.id("B"));
                Kind::Mul(
                    self.symbol("B", Shape::Matrix(D, columns)),
                    self.symbol("dW", Shape::Vector(columns)),
                )
            }
            11 if self.menu.steps => match self.below(3) {
                0 => {
                    let place = self.choose(&[Place::Source, Place::Midpoint, Place::Destination]);
                    Kind::Conditional(place, self.vector(size - 1))
                }
                1 => Kind::Shift(self.vector(half), self.vector(half)),
                _ => Kind::Current(self.vector(size - 1)),
            },
            12 if self.menu.indices => {
                let i = self.index();
                let body = match self.below(2) {
                    0 => Self::times(self.scalar(half), Self::component(self.vector(half), &[&i])),
                    _ => {
                        let j = self.index();
                        let (a, v) = (self.matrix(half), self.vector(half));
                        Self::sum(
                            j.clone(),
                            Self::times(Self::component(a, &[&i, &j]), Self::component(v, &[&j])),
                        )
                    }
                };
                Kind::Tensor(vec![i], body)
            }
            _ => {
                let above = self.vector(half);
                return self.quotient(above, half);
            }
        };
        Expr::new(kind, VECTOR)
    }

    fn matrix(&mut self, size: usize) -> Expr {
        if size <= 1 {
            return if self.below(4) == 0 {
                Expr::new(Kind::Identity, MATRIX)
            } else {
                self.symbol("D", MATRIX)
            };
        }
        let half = size / 2;
        let kind = match self.below(13) {
            0 | 1 => Kind::Add(self.terms(Want::Matrix, size)),
            2 => Kind::Mul(self.scalar(half), self.matrix(half)),
            3 => Kind::Mul(self.matrix(half), self.matrix(half)),
            4 => Kind::Transpose(self.matrix(size - 1)),
            5 => Kind::Outer(self.vector(half), self.vector(half)),
            6 => Kind::Hess(self.scalar(size - 1)),
            7 => Kind::Jac(self.vector(size - 1)),
            8 if self.menu.expectations => Kind::Cov(self.vector(size - 1)),
            9 if self.menu.roots => match self.below(2) {
                0 => Kind::Inverse(self.matrix(size - 1)),
                _ => Kind::MatrixRoot(Expr::new(Kind::Cov(self.vector(size - 2)), MATRIX)),
            },
            10 => {
                let columns = Length::Columns(self.id("B"));
                let b = self.symbol("B", Shape::Matrix(D, columns));
                Kind::Mul(b.clone(), Expr::new(Kind::Transpose(b), Shape::Matrix(columns, D)))
            }
            11 if self.menu.indices => {
                let (i, j) = (self.index(), self.index());
                let (v, w) = (self.vector(half), self.vector(half));
                let body = Self::times(Self::component(v, &[&i]), Self::component(w, &[&j]));
                Kind::Tensor(vec![i, j], body)
            }
            _ => Kind::Pow(self.matrix(size - 1), number(2, 1)),
        };
        Expr::new(kind, MATRIX)
    }
}
