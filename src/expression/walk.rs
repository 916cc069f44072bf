//! The children of a node, and the same node with other children.

use super::{Batch, Expr, Kind};

/// A place in a tree: the number of the child to take at each node, from the root down.
pub type Path = Vec<usize>;

impl Kind {
    /// The expressions directly inside, in the order in which they are written.
    #[must_use]
    pub fn children(&self) -> Vec<&Expr> {
        match self {
            Self::Number(_) | Self::Symbol(_) | Self::Identity | Self::Dimension | Self::Kronecker(..) => {
                Vec::new()
            }
            Self::Add(terms) | Self::List(terms) => terms.iter().collect(),
            Self::Rows(rows) => rows.iter().flatten().collect(),
            Self::Neg(a)
            | Self::Transpose(a)
            | Self::Trace(a)
            | Self::Norm2(a)
            | Self::Grad(a)
            | Self::Hess(a)
            | Self::Lap(a)
            | Self::Jac(a)
            | Self::Divergence(a)
            | Self::Expect(a)
            | Self::Var(a)
            | Self::Cov(a)
            | Self::Sqrt(a)
            | Self::MatrixRoot(a)
            | Self::Function(_, a)
            | Self::Apply(_, _, a)
            | Self::Component(a, _)
            | Self::Partial(_, a)
            | Self::Sum(_, a)
            | Self::Tensor(_, a)
            | Self::Conditional(_, a)
            | Self::Current(a)
            | Self::Inverse(a)
            | Self::LogDet(a)
            | Self::Integral(a) => vec![a],
            Self::Mul(a, b)
            | Self::Div(a, b)
            | Self::Pow(a, b)
            | Self::Dot(a, b)
            | Self::Outer(a, b)
            | Self::CrossCov(a, b)
            | Self::Shift(a, b)
            | Self::At(a, _, b) => vec![a, b],
            Self::Mean(a, batch) | Self::SumOver(a, batch) => {
                std::iter::once(a).chain(std::iter::once(&batch.size)).chain(&batch.population).collect()
            }
        }
    }

    /// The same node around other children, one for each of [`children`](Self::children) in the same order; nothing if
    /// their number differs.
    #[must_use]
    pub fn with_children(&self, new: Vec<Expr>) -> Option<Self> {
        if new.len() != self.children().len() {
            return None;
        }
        let mut next = new.into_iter();
        let mut take = || next.next();
        Some(match self {
            Self::Number(_) | Self::Symbol(_) | Self::Identity | Self::Dimension | Self::Kronecker(..) => {
                self.clone()
            }
            Self::Add(_) => Self::Add(next.collect()),
            Self::List(_) => Self::List(next.collect()),
            Self::Rows(rows) => {
                Self::Rows(rows.iter().map(|row| row.iter().map_while(|_| take()).collect()).collect())
            }
            Self::Neg(_) => Self::Neg(take()?),
            Self::Transpose(_) => Self::Transpose(take()?),
            Self::Trace(_) => Self::Trace(take()?),
            Self::Norm2(_) => Self::Norm2(take()?),
            Self::Grad(_) => Self::Grad(take()?),
            Self::Hess(_) => Self::Hess(take()?),
            Self::Lap(_) => Self::Lap(take()?),
            Self::Jac(_) => Self::Jac(take()?),
            Self::Divergence(_) => Self::Divergence(take()?),
            Self::Expect(_) => Self::Expect(take()?),
            Self::Var(_) => Self::Var(take()?),
            Self::Cov(_) => Self::Cov(take()?),
            Self::Sqrt(_) => Self::Sqrt(take()?),
            Self::MatrixRoot(_) => Self::MatrixRoot(take()?),
            Self::Function(function, _) => Self::Function(*function, take()?),
            Self::Apply(symbol, order, _) => Self::Apply(*symbol, *order, take()?),
            Self::Component(_, indices) => Self::Component(take()?, indices.clone()),
            Self::Partial(index, _) => Self::Partial(index.clone(), take()?),
            Self::Sum(index, _) => Self::Sum(index.clone(), take()?),
            Self::Tensor(indices, _) => Self::Tensor(indices.clone(), take()?),
            Self::Conditional(place, _) => Self::Conditional(*place, take()?),
            Self::Current(_) => Self::Current(take()?),
            Self::Inverse(_) => Self::Inverse(take()?),
            Self::LogDet(_) => Self::LogDet(take()?),
            Self::Integral(_) => Self::Integral(take()?),
            Self::Mul(..) => Self::Mul(take()?, take()?),
            Self::Div(..) => Self::Div(take()?, take()?),
            Self::Pow(..) => Self::Pow(take()?, take()?),
            Self::Dot(..) => Self::Dot(take()?, take()?),
            Self::Outer(..) => Self::Outer(take()?, take()?),
            Self::CrossCov(..) => Self::CrossCov(take()?, take()?),
            Self::Shift(..) => Self::Shift(take()?, take()?),
            Self::At(_, symbol, _) => Self::At(take()?, *symbol, take()?),
            Self::Mean(_, batch) => {
                let body = take()?;
                Self::Mean(body, batch_of(batch, &mut take)?)
            }
            Self::SumOver(_, batch) => {
                let body = take()?;
                Self::SumOver(body, batch_of(batch, &mut take)?)
            }
        })
    }
}

/// The same batch with the size and population that come next.
fn batch_of(batch: &Batch, take: &mut impl FnMut() -> Option<Expr>) -> Option<Batch> {
    let size = take()?;
    let population = match batch.population {
        Some(_) => Some(take()?),
        None => None,
    };
    Some(Batch { number: batch.number, size, population })
}

impl Expr {
    /// Every node with its place, the root first, at most `limit` of them.
    #[must_use]
    pub fn nodes(&self, limit: usize) -> Vec<(Path, Self)> {
        let mut found: Vec<(Path, Self)> = vec![(Vec::new(), self.clone())];
        let mut next = 0;
        while next < found.len() && found.len() < limit {
            let (path, node) = found[next].clone();
            for (number, child) in node.kind().children().into_iter().enumerate() {
                let mut place = path.clone();
                place.push(number);
                found.push((place, child.clone()));
            }
            next += 1;
        }
        found.truncate(limit);
        found
    }

    /// The tree with the node at this place replaced by one of the same shape; nothing if there is no such place.
    #[must_use]
    pub fn replaced(&self, path: &[usize], new: Self) -> Option<Self> {
        let Some((&number, rest)) = path.split_first() else { return Some(new) };
        let children = self.kind().children();
        let inner = children.get(number)?.replaced(rest, new)?;
        let mut children: Vec<Self> = children.into_iter().cloned().collect();
        children[number] = inner;
        Some(Self::new(self.kind().with_children(children)?, self.shape()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expression::{Rational, Shape};

    fn number(value: i64) -> Expr {
        Expr::number(Rational::integer(value))
    }

    #[test]
    fn a_node_is_found_and_replaced() {
        let batch = Batch { number: 1, size: number(5), population: Some(number(7)) };
        let mean = Expr::new(Kind::Mean(number(3), batch), Shape::Scalar);
        let sum = Expr::new(Kind::Add(vec![number(1), mean]), Shape::Scalar);
        let (path, _) = sum.nodes(100).into_iter().find(|(_, node)| *node == number(7)).unwrap();
        assert_eq!(path, [1, 2], "the population is the third child of the mean");
        let changed = sum.replaced(&path, number(8)).unwrap();
        assert!(changed.nodes(100).iter().any(|(_, node)| *node == number(8)), "new");
        assert!(!changed.nodes(100).iter().any(|(_, node)| *node == number(7)), "old");
        assert!(sum.replaced(&[2], number(8)).is_none(), "no third term");
    }

    #[test]
    fn children_go_back_where_they_came_from() {
        let rows = Kind::Rows(vec![vec![number(1), number(2)], vec![number(3), number(4)]]);
        let children: Vec<Expr> = rows.children().into_iter().cloned().collect();
        assert_eq!(rows.with_children(children.clone()), Some(rows.clone()), "rows");
        assert_eq!(rows.with_children(children[..3].to_vec()), None, "one too few");
    }
}
