//! Places in a tree: every node with its place, and the tree with another node there.

use super::{Expr, Kind};

/// A place in a tree: the number of the child to take at each node, from the root down.
pub type Path = Vec<usize>;

impl Expr {
    /// The same node around other children, one for each of [`children`](Self::children) in the same order; nothing if
    /// their number differs.
    #[must_use]
    pub fn with_children(&self, new: Vec<Self>) -> Option<Kind> {
        if new.len() != self.children().len() {
            return None;
        }
        let mut next = new.into_iter();
        Some(self.map_children(&mut |old| next.next().unwrap_or_else(|| old.clone())))
    }

    /// Every node with its place, the root first, at most `limit` of them.
    #[must_use]
    pub fn nodes(&self, limit: usize) -> Vec<(Path, Self)> {
        let mut found: Vec<(Path, Self)> = vec![(Vec::new(), self.clone())];
        let mut next = 0;
        while next < found.len() && found.len() < limit {
            let (path, node) = found[next].clone();
            for (number, child) in node.children().into_iter().enumerate() {
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
        let children = self.children();
        let inner = children.get(number)?.replaced(rest, new)?;
        let mut children: Vec<Self> = children.into_iter().cloned().collect();
        children[number] = inner;
        Some(Self::new(self.with_children(children)?, self.shape()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expression::{Batch, Rational, Shape};

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
        let kind = Kind::Rows(vec![vec![number(1), number(2)], vec![number(3), number(4)]]);
        let rows = Expr::new(kind.clone(), Shape::Scalar);
        let children: Vec<Expr> = rows.children().into_iter().cloned().collect();
        assert_eq!(rows.with_children(children.clone()), Some(kind), "rows");
        assert_eq!(rows.with_children(children[..3].to_vec()), None, "one too few");
    }
}
