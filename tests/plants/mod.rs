//! Slips planted in claims, by kind.
//!
//! The plants are made on the tree by this module, not by the search that has to find them.

#![allow(dead_code, reason = "each test that includes this module uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]
#![allow(clippy::wildcard_enum_match_arm, reason = "a plant concerns the nodes that it names, and no other")]

use driftproof::check;
use driftproof::expression::{
    Claim, Expected, Expr, Index, Kind, Length, Path, Place, Rational, Remainder, Shape, Sides, Statement,
    SymbolKind, Symbols,
};
use driftproof::language::parse;
use std::path::PathBuf;

/// A wrong claim, with what was done to it.
pub(crate) struct Plant {
    /// Which kind of slip.
    pub(crate) kind: &'static str,
    /// Which, and where.
    pub(crate) said: String,
    /// The claim with the slip in it.
    pub(crate) claim: Claim,
}

pub(crate) fn number(n: i64, d: i64) -> Expr {
    Expr::number(Rational::new(n, d).unwrap())
}

pub(crate) fn scaled(n: i64, d: i64, e: &Expr) -> Expr {
    match e.kind() {
        // Components under three indices are a whole side and nothing else.
        Kind::Tensor(indices, body) => {
            Expr::new(Kind::Tensor(indices.clone(), scaled(n, d, body)), e.shape())
        }
        _ => Expr::new(Kind::Mul(number(n, d), e.clone()), e.shape()),
    }
}

fn add(terms: Vec<Expr>) -> Expr {
    let shape = terms[0].shape();
    if terms.len() == 1 { terms[0].clone() } else { Expr::new(Kind::Add(terms), shape) }
}

fn mean(e: &Expr) -> Expr {
    Expr::new(Kind::Expect(e.clone()), e.shape())
}

/// The claims of a derivation that are said to hold and are equations whose sides are not 0.
pub(crate) fn true_claims_of(name: &str, text: &str) -> (Vec<Claim>, Symbols) {
    let derivation = parse(name, text).unwrap_or_else(|said| panic!("{said}"));
    let claims = derivation.statements.into_iter().filter_map(|statement| match statement {
        Statement::Claim(claim) if claim.expected == Expected::Holds => Some(claim),
        _ => None,
    });
    let is_zero = |e: &Expr| matches!(e.kind(), Kind::Number(value) if value.is_zero());
    let claims = claims.filter(
        |claim| matches!(&claim.sides, Sides::Equation { left, right } if !is_zero(left) && !is_zero(right)),
    );
    (claims.collect(), derivation.symbols)
}

/// The same of a file of this repository.
pub(crate) fn true_claims(name: &str) -> (Vec<Claim>, Symbols) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(name);
    true_claims_of(name, &check::read(&path).unwrap())
}

pub(crate) fn left(claim: &Claim) -> &Expr {
    let (Sides::Equation { left, .. } | Sides::DifferentShapes { left, .. }) = &claim.sides;
    left
}

pub(crate) fn right(claim: &Claim) -> &Expr {
    let (Sides::Equation { right, .. } | Sides::DifferentShapes { right, .. }) = &claim.sides;
    right
}

pub(crate) fn with_sides(claim: &Claim, left: Expr, right: Expr) -> Claim {
    Claim { sides: Sides::Equation { left, right }, ..claim.clone() }
}

pub(crate) fn with_right(claim: &Claim, new: Expr) -> Claim {
    with_sides(claim, left(claim).clone(), new)
}

/// Every slip of every kind at every place of a claim where it applies.
pub(crate) fn plants(claim: &Claim, symbols: &Symbols) -> Vec<Plant> {
    let (left, right) = (left(claim), right(claim));
    let mut all = Vec::new();
    for (side, whole) in [("right", right), ("left", left)] {
        let put = |new: Expr| {
            if side == "right" { with_right(claim, new) } else { with_sides(claim, new, right.clone()) }
        };
        for (kind, said, new) in of_side(whole, symbols) {
            all.push(Plant { kind, said: format!("{kind}: {said} on the {side}"), claim: put(new) });
        }
    }
    for (kind, said, claim) in added(claim).into_iter().chain(orders(claim)) {
        all.push(Plant { kind, said: format!("{kind}: {said}"), claim });
    }
    all
}

/// A part of the claim added on the right once more, and its remainder raised.
fn added(claim: &Claim) -> Vec<(&'static str, String, Claim)> {
    let (left, right) = (left(claim), right(claim));
    let mut found = Vec::new();
    for (path, node) in right.nodes(60).into_iter().chain(left.nodes(60)) {
        let is_vector = !matches!(right.shape(), Shape::Components(_));
        if is_vector
            && node.shape() == right.shape()
            && !under_an_index(right, &path)
            && !under_an_index(left, &path)
        {
            for (n, d) in [(1, 1), (-3, 2)] {
                let new = add(vec![right.clone(), scaled(n, d, &node)]);
                found.push(("extra term", format!("{n}/{d} of {path:?}"), with_right(claim, new)));
            }
        }
    }
    found
}

fn under_an_index(whole: &Expr, path: &[usize]) -> bool {
    let mut node = whole.clone();
    for &number in path {
        if matches!(node.kind(), Kind::Tensor(..) | Kind::Sum(..)) {
            return true;
        }
        let Some(child) = node.children().get(number).map(|child| (*child).clone()) else { return true };
        node = child;
    }
    false
}

fn orders(claim: &Claim) -> Vec<(&'static str, String, Claim)> {
    let Some(Remainder { symbol, order }) = &claim.remainder else { return vec![] };
    [1, 2]
        .map(|halves| {
            let order = order + &Rational::half(halves);
            let said = format!("raised to {order}");
            let remainder = Some(Remainder { symbol: *symbol, order });
            ("order", said, Claim { remainder, ..claim.clone() })
        })
        .into()
}

type Local = (&'static str, String, Expr);

/// Every slip in one side.
fn of_side(side: &Expr, symbols: &Symbols) -> Vec<Local> {
    let mut found: Vec<Local> = Vec::new();
    for (n, d) in [(2, 1), (1, 2), (3, 1), (5, 7)] {
        found.push(("factor", format!("{n}/{d}"), scaled(n, d, side)));
    }
    found.push(("sign", "whole".into(), scaled(-1, 1, side)));
    let nodes = side.nodes(60);
    for (path, node) in &nodes {
        let mut local: Vec<(&'static str, &'static str, Expr)> = Vec::new();
        terms(node, &mut local);
        moments(node, &mut local);
        products(node, &mut local);
        conventions(node, &mut local);
        if !within_size(side, path) {
            counts(node, symbols, &mut local);
        }
        derivatives(node, &mut local);
        for (kind, what, new) in local {
            found.push((kind, format!("{what} at {path:?}"), side.replaced(path, new).unwrap()));
        }
    }
    found.extend(indices(side, &nodes));
    found
}

type Found<'a> = &'a mut Vec<(&'static str, &'static str, Expr)>;

fn terms(node: &Expr, found: Found<'_>) {
    let Kind::Add(terms) = node.kind() else { return };
    for k in 0..terms.len() {
        let with = |new: Expr| {
            let mut all = terms.clone();
            all[k] = new;
            add(all)
        };
        let mut rest = terms.clone();
        rest.remove(k);
        let said = ["first", "second", "third", "later"][k.min(3)];
        found.push(("missing term", said, add(rest)));
        found.push(("term factor", said, with(scaled(2, 1, &terms[k]))));
        found.push(("term factor", said, with(scaled(1, 3, &terms[k]))));
        found.push(("term sign", said, with(scaled(-1, 1, &terms[k]))));
    }
}

fn moments(node: &Expr, found: Found<'_>) {
    let shape = node.shape();
    let new = |kind: Kind| Expr::new(kind, shape);
    let moment = "second moment for covariance";
    let covariance = "covariance for second moment";
    match node.kind() {
        Kind::Cov(v) if matches!(v.shape(), Shape::Vector(_)) => {
            found.push((moment, "of a vector", mean(&new(Kind::Outer(v.clone(), v.clone())))));
        }
        Kind::Cov(s) | Kind::Var(s) => {
            found.push((moment, "of a number", mean(&new(Kind::Mul(s.clone(), s.clone())))));
        }
        Kind::CrossCov(a, b) => {
            let vectors = matches!((a.shape(), b.shape()), (Shape::Vector(_), Shape::Vector(_)));
            let inside =
                if vectors { Kind::Outer(a.clone(), b.clone()) } else { Kind::Mul(a.clone(), b.clone()) };
            found.push((moment, "of two", mean(&new(inside))));
        }
        Kind::Expect(e) => match e.kind() {
            Kind::Outer(a, b) if a == b => found.push((covariance, "outer", new(Kind::Cov(a.clone())))),
            Kind::Outer(a, b) => found.push((covariance, "outer", new(Kind::CrossCov(a.clone(), b.clone())))),
            Kind::Mul(a, b)
                if !matches!(a.shape(), Shape::Matrix(..)) && !matches!(b.shape(), Shape::Matrix(..)) =>
            {
                found.push((covariance, "product", new(Kind::CrossCov(a.clone(), b.clone()))));
            }
            Kind::Norm2(v) => {
                let Shape::Vector(length) = v.shape() else { return };
                let cov = Expr::new(Kind::Cov(v.clone()), Shape::Matrix(length, length));
                found.push((covariance, "square", new(Kind::Trace(cov))));
            }
            _ => {}
        },
        Kind::Mean(e, batch) => {
            found.push(("sum for mean", "", new(Kind::SumOver(e.clone(), batch.clone()))))
        }
        Kind::SumOver(e, batch) => {
            found.push(("mean for sum", "", new(Kind::Mean(e.clone(), batch.clone()))))
        }
        _ => {}
    }
}

/// Expectations of products split and joined; factors of a matrix product in the wrong way.
fn products(node: &Expr, found: Found<'_>) {
    let shape = node.shape();
    let new = |kind: Kind| Expr::new(kind, shape);
    if let Kind::Expect(e) = node.kind()
        && let Kind::Mul(a, b) | Kind::Dot(a, b) | Kind::Outer(a, b) = e.kind()
    {
        found.push(("split", "", new(e.with_children(vec![mean(a), mean(b)]).unwrap())));
    }
    if let Kind::Mul(a, b) | Kind::Dot(a, b) | Kind::Outer(a, b) = node.kind()
        && let (Kind::Expect(x), Kind::Expect(y)) = (a.kind(), b.kind())
    {
        found.push(("joined", "", mean(&new(node.with_children(vec![x.clone(), y.clone()]).unwrap()))));
    }
    let is_square = matches!(shape, Shape::Matrix(rows, columns) if rows == columns);
    match node.kind() {
        Kind::Transpose(a) if is_square => found.push(("transposed", "not", a.clone())),
        Kind::Jac(_) | Kind::Symbol(_) | Kind::CrossCov(..) if is_square => {
            found.push(("transposed", "", new(Kind::Transpose(node.clone()))));
        }
        Kind::Mul(a, v) => {
            // Equal in one dimension only.
            if let (Kind::Hess(s), Shape::Vector(_)) = (a.kind(), v.shape()) {
                let lap = Expr::new(Kind::Lap(s.clone()), Shape::Scalar);
                found.push(("one dimension", "lap for hess", new(Kind::Mul(v.clone(), lap))));
            }
        }
        _ => {}
    }
}

fn conventions(node: &Expr, found: Found<'_>) {
    let new = |kind: Kind| Expr::new(kind, node.shape());
    match node.kind() {
        Kind::Conditional(place, e) => {
            for (what, other) in [
                ("source", Place::Source),
                ("midpoint", Place::Midpoint),
                ("destination", Place::Destination),
            ] {
                if other != *place {
                    found.push(("convention", what, new(Kind::Conditional(other, e.clone()))));
                }
            }
        }
        Kind::Current(e) => {
            found.push(("convention", "midpoint", new(Kind::Conditional(Place::Midpoint, e.clone()))));
        }
        Kind::Shift(e, h) => {
            found.push(("convention", "no shift", e.clone()));
            found.push(("convention", "twice the shift", new(Kind::Shift(e.clone(), scaled(2, 1, h)))));
        }
        _ => {}
    }
}

fn within_size(whole: &Expr, path: &[usize]) -> bool {
    let mut node = whole.clone();
    for &number in path {
        if number > 0 && matches!(node.kind(), Kind::Mean(..) | Kind::SumOver(..)) {
            return true;
        }
        let child = node.children()[number].clone();
        node = child;
    }
    false
}

fn counts(node: &Expr, symbols: &Symbols, found: Found<'_>) {
    let Kind::Symbol(id) = node.kind() else { return };
    let new = |kind: Kind| Expr::new(kind, Shape::Scalar);
    if !matches!(symbols.get(*id).kind, SymbolKind::Scalar(_)) {
        return;
    }
    let pow = |k| new(Kind::Pow(node.clone(), number(k, 1)));
    found.push(("count", "one less", new(Kind::Add(vec![node.clone(), number(-1, 1)]))));
    found.push(("count", "squared", pow(2)));
    found.push(("count", "upside down", pow(-1)));
    let other = ["N", "n"].into_iter().filter_map(|name| symbols.find(name)).find(|other| other != id);
    if let Some(other) = other {
        found.push(("count", "the other one", new(Kind::Symbol(other))));
    }
}

fn derivatives(node: &Expr, found: Found<'_>) {
    let new = |kind: Kind| Expr::new(kind, node.shape());
    let matrix = |e: &Expr| matches!(e.shape(), Shape::Matrix(..));
    match node.kind() {
        Kind::Divergence(e) if matrix(e) => {
            let trace = Expr::new(Kind::Trace(e.clone()), Shape::Scalar);
            found.push(("one dimension", "grad tr for div", new(Kind::Grad(trace))));
            let Kind::Mul(a, s) = e.kind() else { return };
            if matrix(a) && s.shape() == Shape::Scalar {
                let grad = Expr::new(Kind::Grad(s.clone()), node.shape());
                found.push(("derivative", "out of div", new(Kind::Mul(a.clone(), grad))));
            }
        }
        Kind::Grad(s) => {
            if let Kind::Trace(a) = s.kind() {
                found.push(("one dimension", "div for grad tr", new(Kind::Divergence(a.clone()))));
            }
        }
        _ => {}
    }
}

/// Two different indices of a term exchanged at two places: `S` for `R` among others.
fn indices(side: &Expr, nodes: &[(Path, Expr)]) -> Vec<Local> {
    let mut found = Vec::new();
    let places: Vec<(&Path, usize, Index)> = nodes
        .iter()
        .flat_map(|(path, node)| used(node).into_iter().enumerate().map(move |(k, index)| (path, k, index)))
        .collect();
    for (number, (path, k, index)) in places.iter().enumerate() {
        for (other_path, l, other) in &places[number + 1..] {
            // The next in the same product: siblings under a common node that is no sum.
            let common = path.iter().zip(other_path.iter()).take_while(|(a, b)| a == b).count();
            let above = nodes.iter().find(|(p, _)| p[..] == path[..common]).map(|(_, node)| node);
            let together = above.is_some_and(|node| !matches!(node.kind(), Kind::Add(_)));
            if index == other || index.length != Length::Space || other.length != Length::Space || !together {
                continue;
            }
            let changed = exchange(side, path, *k, other);
            let changed = exchange(&changed, other_path, *l, index);
            found.push(("indices", format!("at {path:?}.{k} and {other_path:?}.{l}"), changed));
        }
    }
    found
}

fn used(node: &Expr) -> Vec<Index> {
    match node.kind() {
        Kind::Component(_, indices) => indices.clone(),
        Kind::Partial(index, _) => vec![index.clone()],
        _ => vec![],
    }
}

fn exchange(side: &Expr, path: &[usize], k: usize, index: &Index) -> Expr {
    let node = path.iter().fold(side.clone(), |node, &number| node.children()[number].clone());
    let new = match node.kind() {
        Kind::Component(base, indices) => {
            let mut indices = indices.clone();
            indices[k] = index.clone();
            Kind::Component(base.clone(), indices)
        }
        Kind::Partial(_, body) => Kind::Partial(index.clone(), body.clone()),
        other => other.clone(),
    };
    side.replaced(path, Expr::new(new, node.shape())).unwrap()
}
