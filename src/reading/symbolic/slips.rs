//! The standard slips of people who derive such formulas, each as the repair that undoes it.
//!
//! A slip is a change of one place of one side of a claim, or a restriction under which the claim would hold. Nothing here
//! decides whether a repaired claim is true; [`diagnosis`](super::diagnosis) asks for a proof of each.

#![allow(clippy::wildcard_enum_match_arm, reason = "a slip concerns the nodes that it names, and no other")]

use crate::expression::{
    Claim, Condition, Expr, Index, Kind, Path, Place, Rational, Shape, Sides, Sign, SymbolId, SymbolKind,
    Symbols,
};

/// Places of a side that are looked at; larger sides get no deeper diagnosis.
const MOST_PLACES: usize = 400;

/// Factors that get lost or doubled.
const FACTORS: [(i64, i64); 12] =
    [(2, 1), (1, 2), (-1, 1), (-2, 1), (-1, 2), (4, 1), (1, 4), (3, 1), (1, 3), (6, 1), (1, 6), (-4, 1)];

/// What was done wrong.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Slip {
    /// The right side is this many times the left.
    Factor(Rational),
    /// The right side is this scalar times the left.
    SymbolFactor(Expr),
    /// The right side has the wrong sign.
    Sign,
    /// One term should be multiplied by this number.
    TermFactor(Expr, Rational),
    /// One term has the wrong sign.
    TermSign(Expr),
    /// One term is too many.
    ExtraTerm(Expr),
    /// One term is missing on the right side.
    MissingTerm(Expr),
    /// A gradient is missing: a scalar stands where a vector belongs.
    GradMissing(Expr),
    /// A matrix is transposed, or two indices are exchanged: from, to.
    Transposed(Expr, Expr),
    /// The step is looked at from the wrong place: from, to.
    Convention(Expr, Expr),
    /// A number of points or copies is wrong: from, to.
    Count(Expr, Expr),
    /// A second moment stands for a covariance: from, to.
    SecondMoment(Expr, Expr),
    /// A covariance stands for a second moment: from, to.
    Covariance(Expr, Expr),
    /// A sum stands for a mean, or a mean for a sum: from, to.
    MeanAndSum(Expr, Expr),
    /// The mean of a product was split into a product of means, or joined: from, to.
    Split(Expr, Expr),
    /// A derivative acts on the wrong factors: from, to.
    Derivative(Expr, Expr),
    /// Inside a function, a root or a product of itself something else is needed: from, to.
    Inner(Expr, Expr),
    /// It holds in one dimension only.
    OneDimension,
    /// It holds where this matrix field is symmetric.
    Symmetric(SymbolId),
    /// It holds where this vanishes.
    Vanishing(Expr),
    /// It holds up to this order in the small parameter only.
    Order(SymbolId, Rational),
}

impl Slip {
    /// Its name in reports for programs.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Factor(_) => "factor",
            Self::SymbolFactor(_) => "symbol_factor",
            Self::Sign => "sign",
            Self::TermFactor(..) => "term_factor",
            Self::TermSign(_) => "term_sign",
            Self::ExtraTerm(_) => "extra_term",
            Self::MissingTerm(_) => "missing_term",
            Self::GradMissing(_) => "grad_missing",
            Self::Transposed(..) => "transposed",
            Self::Convention(..) => "convention",
            Self::Count(..) => "count",
            Self::SecondMoment(..) => "second_moment_for_covariance",
            Self::Covariance(..) => "covariance_for_second_moment",
            Self::MeanAndSum(..) => "mean_and_sum",
            Self::Split(..) => "split_expectation",
            Self::Derivative(..) => "derivative",
            Self::Inner(..) => "inner",
            Self::OneDimension => "one_dimension",
            Self::Symmetric(_) => "symmetric",
            Self::Vanishing(_) => "vanishing",
            Self::Order(..) => "order",
        }
    }
}

/// A slip and the claim without it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Repair {
    /// The slip that the repair undoes.
    pub(super) slip: Slip,
    /// The repaired claim.
    pub(super) claim: Claim,
}

/// Which side of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Left,
    Right,
}

/// All repairs of one slip, likely ones first.
pub(super) fn repairs(claim: &Claim, symbols: &Symbols) -> Vec<Repair> {
    let mut found = Vec::new();
    match &claim.sides {
        Sides::Equation { left, right } => {
            factors(claim, symbols, &mut found);
            for (side, whole) in [(Side::Right, right), (Side::Left, left)] {
                for (slip, new) in changes(whole, symbols) {
                    found.extend(with_side(claim, side, new).map(|claim| Repair { slip, claim }));
                }
            }
            restrictions(claim, symbols, &mut found);
        }
        Sides::DifferentShapes { left, right } => {
            for (side, whole) in [(Side::Right, right), (Side::Left, left)] {
                found.extend(gradients(claim, side, whole));
            }
        }
    }
    found
}

/// The same claim with another expression on one side; nothing if the sides then differ in shape.
fn with_side(claim: &Claim, side: Side, new: Expr) -> Option<Claim> {
    let (Sides::Equation { left, right } | Sides::DifferentShapes { left, right }) = &claim.sides;
    let (left, right) = match side {
        Side::Left => (new, right.clone()),
        Side::Right => (left.clone(), new),
    };
    (left.shape() == right.shape()).then(|| Claim { sides: Sides::Equation { left, right }, ..claim.clone() })
}

pub(super) fn scaled(factor: &Rational, e: &Expr) -> Expr {
    if *factor == Rational::integer(-1) {
        return Expr::new(Kind::Neg(e.clone()), e.shape());
    }
    Expr::new(Kind::Mul(Expr::number(factor.clone()), e.clone()), e.shape())
}

fn scalar(kind: Kind) -> Expr {
    Expr::new(kind, Shape::Scalar)
}

fn pow(base: &Expr, exponent: i64) -> Expr {
    scalar(Kind::Pow(base.clone(), Expr::number(Rational::integer(exponent))))
}

/// Scalar symbols of a side, with their names in the table.
fn scalars(e: &Expr, symbols: &Symbols) -> Vec<Expr> {
    let mut found: Vec<Expr> = Vec::new();
    for (_, node) in e.nodes(MOST_PLACES) {
        if is_scalar_symbol(&node, symbols) && !found.contains(&node) {
            found.push(node);
        }
    }
    found
}

fn is_scalar_symbol(node: &Expr, symbols: &Symbols) -> bool {
    matches!(node.kind(), Kind::Symbol(id) if matches!(symbols.get(*id).kind, SymbolKind::Scalar(_)))
}

/// `left = c right`, for numbers and for powers of scalar symbols times numbers.
fn factors(claim: &Claim, symbols: &Symbols, found: &mut Vec<Repair>) {
    let Sides::Equation { left, right } = &claim.sides else { return };
    let mut push =
        |slip, new| found.extend(with_side(claim, Side::Right, new).map(|claim| Repair { slip, claim }));
    for (n, d) in FACTORS {
        let (Some(factor), Some(times)) = (Rational::new(n, d), Rational::new(d, n)) else { continue };
        let slip = if n == -d { Slip::Sign } else { Slip::Factor(times) };
        push(slip, scaled(&factor, right));
    }
    let mut both = scalars(right, symbols);
    for e in scalars(left, symbols) {
        if !both.contains(&e) {
            both.push(e);
        }
    }
    for symbol in both {
        for (power, (n, d)) in
            [1, -1, 2, -2].into_iter().flat_map(|p| [(1, 1), (-1, 1), (1, 2), (2, 1)].map(|c| (p, c)))
        {
            let (Some(factor), Some(times)) = (Rational::new(n, d), Rational::new(d, n)) else { continue };
            let new = Expr::new(Kind::Mul(pow(&symbol, power), scaled(&factor, right)), right.shape());
            push(Slip::SymbolFactor(scaled_power(&times, &symbol, -power)), new);
        }
    }
}

/// `c x^k` in its simplest form.
fn scaled_power(factor: &Rational, base: &Expr, exponent: i64) -> Expr {
    let power = if exponent == 1 { base.clone() } else { pow(base, exponent) };
    if factor.is_one() { power } else { scaled(factor, &power) }
}

/// Every change of one place of a side.
fn changes(whole: &Expr, symbols: &Symbols) -> Vec<(Slip, Expr)> {
    let nodes = whole.nodes(MOST_PLACES);
    let mut found = Vec::new();
    let put = |path: &Path, new: Expr| whole.replaced(path, new);
    for (path, node) in &nodes {
        let mut local: Vec<(Slip, Expr)> = Vec::new();
        random(node, &mut local);
        places(node, &mut local);
        counts(node, symbols, &mut local);
        transposed(node, &mut local);
        derivatives(node, &mut local);
        terms(node, path.is_empty(), &mut local);
        found.extend(local.into_iter().filter_map(|(slip, new)| Some((slip, put(path, new)?))));
    }
    for (path, node) in &nodes {
        if !path.is_empty() && is_nonlinear(whole, path) {
            found.extend(inner(node).into_iter().filter_map(|(slip, new)| Some((slip, put(path, new)?))));
        }
    }
    found
}

/// Covariance against second moment, mean against sum, split and joined expectations.
fn random(node: &Expr, found: &mut Vec<(Slip, Expr)>) {
    let shape = node.shape();
    let expect = |e: Expr| Expr::new(Kind::Expect(e.clone()), e.shape());
    let product = |kind: Kind| Expr::new(kind, shape);
    match node.kind() {
        Kind::Cov(v) => {
            let square = match v.shape() {
                Shape::Scalar => scalar(Kind::Mul(v.clone(), v.clone())),
                Shape::Vector(_) => product(Kind::Outer(v.clone(), v.clone())),
                Shape::Matrix(..) | Shape::Components(_) => return,
            };
            let new = expect(square);
            found.push((Slip::Covariance(node.clone(), new.clone()), new));
        }
        Kind::Var(s) => {
            let new = expect(pow(s, 2));
            found.push((Slip::Covariance(node.clone(), new.clone()), new));
        }
        Kind::CrossCov(a, b) => {
            let inside = match (a.shape(), b.shape()) {
                (Shape::Vector(_), Shape::Vector(_)) => Kind::Outer(a.clone(), b.clone()),
                _ => Kind::Mul(a.clone(), b.clone()),
            };
            let new = expect(product(inside));
            found.push((Slip::Covariance(node.clone(), new.clone()), new));
        }
        Kind::Expect(e) => expectations(node, e, found),
        Kind::Mul(a, b) | Kind::Dot(a, b) | Kind::Outer(a, b) => {
            if let (Kind::Expect(x), Kind::Expect(y)) = (a.kind(), b.kind())
                && let Some(inside) = node.with_children(vec![x.clone(), y.clone()])
            {
                let new = expect(product(inside));
                found.push((Slip::Split(node.clone(), new.clone()), new));
            }
        }
        Kind::Mean(e, batch) => {
            let new = product(Kind::SumOver(e.clone(), batch.clone()));
            found.push((Slip::MeanAndSum(node.clone(), new.clone()), new));
        }
        Kind::SumOver(e, batch) => {
            let new = product(Kind::Mean(e.clone(), batch.clone()));
            found.push((Slip::MeanAndSum(node.clone(), new.clone()), new));
        }
        _ => {}
    }
}

/// `E[e]`: should it be a covariance, a product of means, or the mean seen from elsewhere?
fn expectations(node: &Expr, e: &Expr, found: &mut Vec<(Slip, Expr)>) {
    let shape = node.shape();
    let new = |kind: Kind| Expr::new(kind, shape);
    let mut moment =
        |kind: Kind| found.push((Slip::SecondMoment(node.clone(), new(kind.clone())), new(kind)));
    match e.kind() {
        Kind::Outer(a, b) if a == b => moment(Kind::Cov(a.clone())),
        Kind::Outer(a, b) => moment(Kind::CrossCov(a.clone(), b.clone())),
        Kind::Mul(a, b)
            if !matches!((a.shape(), b.shape()), (Shape::Matrix(..), _) | (_, Shape::Matrix(..))) =>
        {
            moment(Kind::CrossCov(a.clone(), b.clone()));
        }
        Kind::Norm2(a) => {
            if let Shape::Vector(length) = a.shape() {
                moment(Kind::Trace(Expr::new(Kind::Cov(a.clone()), Shape::Matrix(length, length))));
            }
        }
        Kind::Pow(a, two) if *two == Expr::number(Rational::integer(2)) => moment(Kind::Var(a.clone())),
        _ => {}
    }
    if let Kind::Mul(a, b) | Kind::Dot(a, b) | Kind::Outer(a, b) = e.kind() {
        let mean = |x: &Expr| Expr::new(Kind::Expect(x.clone()), x.shape());
        if let Some(split) = e.with_children(vec![mean(a), mean(b)]) {
            found.push((Slip::Split(node.clone(), new(split.clone())), new(split)));
        }
    }
    if matches!(shape, Shape::Vector(_)) {
        for place in [Place::Midpoint, Place::Destination] {
            let seen = new(Kind::Conditional(place, e.clone()));
            found.push((Slip::Convention(node.clone(), seen.clone()), seen));
        }
    }
}

/// Where a step is looked at, and where an amplitude is evaluated.
fn places(node: &Expr, found: &mut Vec<(Slip, Expr)>) {
    let mut push = |new: Expr| found.push((Slip::Convention(node.clone(), new.clone()), new));
    let same = |kind: Kind| Expr::new(kind, node.shape());
    match node.kind() {
        Kind::Conditional(place, step) => {
            for other in [Place::Source, Place::Midpoint, Place::Destination] {
                if other != *place {
                    push(same(Kind::Conditional(other, step.clone())));
                }
            }
            push(same(Kind::Current(step.clone())));
        }
        Kind::Current(step) => {
            for place in [Place::Source, Place::Midpoint, Place::Destination] {
                push(same(Kind::Conditional(place, step.clone())));
            }
        }
        Kind::Shift(e, h) => {
            for (n, d) in [(2, 1), (1, 2)] {
                if let Some(factor) = Rational::new(n, d) {
                    push(same(Kind::Shift(e.clone(), scaled(&factor, h))));
                }
            }
            push(e.clone());
        }
        _ => {}
    }
}

/// `n` against `n - 1`, `n + 1`, `n^2`, `1/n`, and every other scalar that can be a number of points.
fn counts(node: &Expr, symbols: &Symbols, found: &mut Vec<(Slip, Expr)>) {
    if !is_scalar_symbol(node, symbols) {
        return;
    }
    let one = |sign: i64| Expr::number(Rational::integer(sign));
    let mut push = |new: Expr| found.push((Slip::Count(node.clone(), new.clone()), new));
    push(scalar(Kind::Add(vec![node.clone(), one(-1)])));
    push(pow(node, 2));
    push(pow(node, -1));
    push(scalar(Kind::Add(vec![node.clone(), one(1)])));
    push(one(1));
    for (id, symbol) in symbols.iter() {
        if matches!(symbol.kind, SymbolKind::Scalar(Sign::Positive | Sign::NonNegative)) {
            let other = scalar(Kind::Symbol(id));
            if other != *node {
                push(other);
            }
        }
    }
}

/// Transposed matrices and exchanged indices.
fn transposed(node: &Expr, found: &mut Vec<(Slip, Expr)>) {
    let mut push = |new: Expr| found.push((Slip::Transposed(node.clone(), new.clone()), new));
    match (node.kind(), node.shape()) {
        (Kind::Transpose(a), shape) if a.shape() == shape => push(a.clone()),
        (Kind::Symbol(_) | Kind::Jac(_), Shape::Matrix(rows, columns)) if rows == columns => {
            push(Expr::new(Kind::Transpose(node.clone()), node.shape()));
        }
        (Kind::Tensor(..), _) => {
            for new in exchanged(node) {
                push(new);
            }
        }
        _ => {}
    }
}

/// The same components with two occurrences of different indices exchanged.
fn exchanged(tensor: &Expr) -> Vec<Expr> {
    let places: Vec<(Path, usize, Index)> = tensor
        .nodes(MOST_PLACES)
        .into_iter()
        .flat_map(|(path, node)| {
            occurrences(&node).into_iter().enumerate().map(move |(k, i)| (path.clone(), k, i))
        })
        .collect();
    let mut found = Vec::new();
    for (number, (path, k, index)) in places.iter().enumerate() {
        for (other_path, l, other) in &places[number + 1..] {
            if index == other || index.length != other.length {
                continue;
            }
            found.extend(
                with_occurrence(tensor, path, *k, other)
                    .and_then(|changed| with_occurrence(&changed, other_path, *l, index)),
            );
        }
    }
    found
}

/// The indices that a node uses (not those it binds).
fn occurrences(node: &Expr) -> Vec<Index> {
    match node.kind() {
        Kind::Component(_, indices) => indices.clone(),
        Kind::Partial(index, _) => vec![index.clone()],
        Kind::Kronecker(i, j) => vec![i.clone(), j.clone()],
        _ => Vec::new(),
    }
}

fn with_occurrence(tensor: &Expr, path: &Path, k: usize, index: &Index) -> Option<Expr> {
    let node = path.iter().try_fold(tensor.clone(), |node, &number| {
        node.children().get(number).map(|child| (*child).clone())
    })?;
    let new = match node.kind() {
        Kind::Component(base, indices) => {
            let mut indices = indices.clone();
            *indices.get_mut(k)? = index.clone();
            Kind::Component(base.clone(), indices)
        }
        Kind::Partial(_, body) => Kind::Partial(index.clone(), body.clone()),
        Kind::Kronecker(i, _) if k == 1 => Kind::Kronecker(i.clone(), index.clone()),
        Kind::Kronecker(_, j) => Kind::Kronecker(index.clone(), j.clone()),
        _ => return None,
    };
    tensor.replaced(path, Expr::new(new, node.shape()))
}

/// What a derivative acts on: `grad tr A` for `div A`, `D grad p` for `div(D p)`, and the like.
fn derivatives(node: &Expr, found: &mut Vec<(Slip, Expr)>) {
    let mut push = |kind: Kind, shape: Shape| {
        let new = Expr::new(kind, shape);
        found.push((Slip::Derivative(node.clone(), new.clone()), new));
    };
    let is_matrix = |e: &Expr| matches!(e.shape(), Shape::Matrix(..));
    let product = |a: &Expr, s: &Expr| Expr::new(Kind::Mul(a.clone(), s.clone()), a.shape());
    match node.kind() {
        Kind::Grad(s) => {
            if let Kind::Trace(a) = s.kind() {
                push(Kind::Divergence(a.clone()), node.shape());
            }
        }
        Kind::Divergence(e) if is_matrix(e) => {
            push(Kind::Grad(scalar(Kind::Trace(e.clone()))), node.shape());
            let Kind::Mul(first, second) = e.kind() else { return };
            for (a, s) in [(first, second), (second, first)] {
                if is_matrix(a) && s.shape() == Shape::Scalar {
                    let grad = Expr::new(Kind::Grad(s.clone()), node.shape());
                    push(Kind::Mul(a.clone(), grad), node.shape());
                    let div = Expr::new(Kind::Divergence(a.clone()), node.shape());
                    push(Kind::Mul(s.clone(), div), node.shape());
                }
            }
        }
        Kind::Mul(a, g) => {
            if let (true, Kind::Grad(s)) = (is_matrix(a), g.kind()) {
                push(Kind::Divergence(product(a, s)), node.shape());
            }
            if let (Shape::Scalar, Kind::Divergence(m)) = (a.shape(), g.kind()) {
                push(Kind::Divergence(product(m, a)), node.shape());
            }
        }
        Kind::Trace(e) => {
            if let Kind::Mul(a, h) = e.kind()
                && let Kind::Hess(s) = h.kind()
                && let Shape::Matrix(length, _) = a.shape()
            {
                let flux = Expr::new(Kind::Divergence(product(a, s)), Shape::Vector(length));
                push(Kind::Divergence(flux), Shape::Scalar);
            }
        }
        _ => {}
    }
}

/// Terms of a sum: one too many, or with the wrong factor or sign.
fn terms(node: &Expr, whole: bool, found: &mut Vec<(Slip, Expr)>) {
    let Kind::Add(terms) = node.kind() else { return };
    for (number, term) in terms.iter().enumerate() {
        let with = |new: Option<Expr>| {
            let mut rest = terms.clone();
            match new {
                Some(new) => rest[number] = new,
                None => {
                    rest.remove(number);
                }
            }
            Expr::new(Kind::Add(rest), node.shape())
        };
        for (n, d) in FACTORS {
            let Some(factor) = Rational::new(n, d) else { continue };
            let slip = if n == -d {
                Slip::TermSign(term.clone())
            } else {
                Slip::TermFactor(term.clone(), factor.clone())
            };
            found.push((slip, with(Some(scaled(&factor, term)))));
        }
        if terms.len() > 1 || !whole {
            found.push((Slip::ExtraTerm(term.clone()), with(None)));
        }
    }
}

/// Whether a factor at this place is not a factor of the term that it stands in, nor one that another change tries.
fn is_nonlinear(whole: &Expr, path: &[usize]) -> bool {
    let Some((&last, above)) = path.split_last() else { return false };
    let parent = above
        .iter()
        .try_fold(whole.clone(), |node, &number| node.children().get(number).map(|child| (*child).clone()));
    parent.is_some_and(|parent| match parent.kind() {
        Kind::Pow(..) => true,
        Kind::Sqrt(_)
        | Kind::MatrixRoot(_)
        | Kind::Function(..)
        | Kind::Apply(..)
        | Kind::LogDet(_)
        | Kind::Norm2(_)
        | Kind::Cov(_)
        | Kind::Var(_)
        | Kind::Conditional(..)
        | Kind::Current(_) => true,
        Kind::At(..) => last == 1,
        _ => false,
    })
}

/// A factor inside something that is not linear, or another exponent.
fn inner(node: &Expr) -> Vec<(Slip, Expr)> {
    let mut found: Vec<Expr> =
        FACTORS.iter().filter_map(|&(n, d)| Some(scaled(&Rational::new(n, d)?, node))).collect();
    if node.shape() == Shape::Scalar {
        for step in [1, -1] {
            found.push(scalar(Kind::Add(vec![node.clone(), Expr::number(Rational::integer(step))])));
        }
    }
    found.into_iter().map(|new| (Slip::Inner(node.clone(), new.clone()), new)).collect()
}

/// Restrictions under which the claim as it stands would hold.
fn restrictions(claim: &Claim, symbols: &Symbols, found: &mut Vec<Repair>) {
    let Sides::Equation { left, right } = &claim.sides else { return };
    let mut push = |slip: Slip, condition: Condition| {
        let mut restricted = claim.clone();
        restricted.conditions.push(condition);
        found.push(Repair { slip, claim: restricted });
    };
    if symbols.coordinates().is_none() {
        push(Slip::OneDimension, Condition::Equal(scalar(Kind::Dimension), Expr::number(Rational::ONE)));
    }
    let nodes: Vec<Expr> =
        [left, right].into_iter().flat_map(|side| side.nodes(MOST_PLACES)).map(|(_, node)| node).collect();
    let mut seen: Vec<&Expr> = Vec::new();
    for node in &nodes {
        if seen.contains(&node) {
            continue;
        }
        seen.push(node);
        match (node.kind(), node.shape()) {
            (Kind::Symbol(id), Shape::Matrix(rows, columns)) => {
                let square = Expr::new(Kind::Symbol(*id), Shape::Matrix(rows, rows));
                let condition = Condition::Equal(
                    square.clone(),
                    Expr::new(Kind::Transpose(square), Shape::Matrix(rows, rows)),
                );
                if rows == columns || matches!(columns, crate::expression::Length::Columns(_)) {
                    push(Slip::Symmetric(*id), condition);
                }
            }
            (Kind::Expect(_), Shape::Vector(_)) => {
                push(
                    Slip::Vanishing(node.clone()),
                    Condition::Equal(node.clone(), Expr::number(Rational::ZERO)),
                );
            }
            _ => {}
        }
    }
    if let Some(remainder) = &claim.remainder {
        let mut order = &remainder.order - &Rational::half(1);
        while order.is_positive() {
            let mut lower = claim.clone();
            lower.remainder =
                Some(crate::expression::Remainder { symbol: remainder.symbol, order: order.clone() });
            found.push(Repair { slip: Slip::Order(remainder.symbol, order.clone()), claim: lower });
            order -= &Rational::half(1);
        }
    }
}

/// A gradient put around a scalar of a side.
fn gradients(claim: &Claim, side: Side, whole: &Expr) -> Vec<Repair> {
    let length = crate::expression::Length::Space;
    let mut found = Vec::new();
    for (path, node) in whole.nodes(MOST_PLACES) {
        if node.shape() != Shape::Scalar {
            continue;
        }
        let grad = Expr::new(Kind::Grad(node.clone()), Shape::Vector(length));
        let Some(new) = lifted(whole, &path, grad) else { continue };
        found
            .extend(with_side(claim, side, new).map(|claim| Repair { slip: Slip::GradMissing(node), claim }));
    }
    found
}

/// The tree with a vector in the place of a scalar, with the shapes above it changed along; nothing if a node on the way
/// takes scalars only.
fn lifted(whole: &Expr, path: &[usize], new: Expr) -> Option<Expr> {
    let Some((&number, rest)) = path.split_first() else { return Some(new) };
    let children = whole.children();
    let inner = lifted(children.get(number)?, rest, new)?;
    let fits = match whole.kind() {
        Kind::Neg(_) | Kind::Expect(_) | Kind::Mul(..) | Kind::Mean(..) | Kind::SumOver(..) => true,
        Kind::Div(..) => number == 0,
        _ => false,
    };
    let shape = inner.shape();
    let mut children: Vec<Expr> = children.into_iter().cloned().collect();
    children[number] = inner;
    (fits && whole.shape() == Shape::Scalar)
        .then(|| whole.with_children(children))
        .flatten()
        .map(|kind| Expr::new(kind, shape))
}
