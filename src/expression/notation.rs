//! How an expression looks on paper: a tree of boxes from which LaTeX and MathML are written.

#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "most nodes are treated alike; a match names those that are not"
)]

use super::index_names::{IndexNames, is_implicit};
use super::print::function_name;
use super::{Batch, Expr, Function, Index, Kind, Place, Rational, SymbolId, SymbolKind, Symbols};
use std::sync::Arc;

/// Nodes after which the rest is left out, as dots.
const LONGEST: usize = 20_000;

/// A box.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Notation {
    /// A name of the text.
    Name(Arc<str>),
    /// The name of an operator, upright.
    Word(&'static str),
    /// A number that is not negative.
    Digits(String),
    Sign(Sign),
    Row(Vec<Self>),
    Fraction(Box<Self>, Box<Self>),
    /// Base and superscript.
    Raised(Box<Self>, Box<Self>),
    /// Base and subscript.
    Lowered(Box<Self>, Box<Self>),
    Root(Box<Self>),
    Fenced(Fence, Box<Self>),
    Table(Vec<Vec<Self>>),
}

/// A sign between or before boxes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    Plus,
    Minus,
    Equals,
    Comma,
    Dot,
    Outer,
    Nabla,
    Partial,
    Laplace,
    Integral,
    /// A product, written by nothing but a small space.
    Times,
    /// A function before its argument.
    Apply,
    Prime,
    Transposed,
    Dots,
}

/// What stands around a box.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fence {
    Round,
    Square,
    Bars,
    /// Nothing on the left, a bar on the right: where something is taken.
    Taken,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Sum,
    Product,
    Prefix,
    Atom,
}

/// The boxes of an expression.
pub(super) fn notation(e: &Expr, symbols: &Symbols) -> Notation {
    let mut writer = Writer { symbols, names: IndexNames::new(e), nodes: 0 };
    writer.expr(e, Level::Sum)
}

fn boxed(notation: Notation) -> Box<Notation> {
    Box::new(notation)
}

struct Writer<'s> {
    symbols: &'s Symbols,
    names: IndexNames,
    nodes: usize,
}

impl Writer<'_> {
    fn symbol(&self, id: SymbolId) -> Notation {
        Notation::Name(self.symbols.checked(id).map_or_else(|| "?".into(), |symbol| Arc::clone(&symbol.name)))
    }

    fn space(&self) -> Notation {
        let space = self.symbols.iter().find(|(_, symbol)| symbol.kind == SymbolKind::Space);
        Notation::Name(space.map_or_else(|| "theta".into(), |(_, symbol)| Arc::clone(&symbol.name)))
    }

    fn expr(&mut self, e: &Expr, least: Level) -> Notation {
        self.nodes += 1;
        if self.nodes > LONGEST {
            return Notation::Sign(Sign::Dots);
        }
        let (notation, level) = self.bare(e);
        if level < least { Notation::Fenced(Fence::Round, boxed(notation)) } else { notation }
    }

    /// The boxes, and how tightly the outermost binds.
    fn bare(&mut self, e: &Expr) -> (Notation, Level) {
        match e.kind() {
            Kind::Number(value) => number(value),
            Kind::Add(terms) => (self.terms(terms), Level::Sum),
            Kind::Neg(_) | Kind::Mul(..) | Kind::Div(..) if leading_negative(e).is_some() => {
                let inner = leading_negative(e).unwrap_or_else(|| e.clone());
                let row = vec![Notation::Sign(Sign::Minus), self.expr(&inner, Level::Product)];
                (Notation::Row(row), Level::Sum)
            }
            Kind::Mul(a, b) => (self.product(a, Sign::Times, b), Level::Product),
            Kind::Dot(a, b) => (self.product(a, Sign::Dot, b), Level::Product),
            Kind::Outer(a, b) => (self.product(a, Sign::Outer, b), Level::Product),
            Kind::Div(a, b) => {
                let (above, below) = (self.expr(a, Level::Sum), self.expr(b, Level::Sum));
                (Notation::Fraction(boxed(above), boxed(below)), Level::Product)
            }
            Kind::Grad(inner) => self.prefixed(&[Sign::Nabla], inner),
            Kind::Divergence(inner) => self.prefixed(&[Sign::Nabla, Sign::Dot], inner),
            Kind::Lap(inner) => self.prefixed(&[Sign::Laplace], inner),
            Kind::Partial(index, inner) => {
                let by = self.subscript(std::slice::from_ref(index));
                let sign = Notation::Lowered(boxed(Notation::Sign(Sign::Partial)), boxed(by));
                (Notation::Row(vec![sign, self.expr(inner, Level::Prefix)]), Level::Prefix)
            }
            Kind::Sum(index, body) => self.sum(index, body),
            Kind::Integral(inner) => {
                let sign = Notation::Sign(Sign::Integral);
                let body = self.expr(inner, Level::Product);
                let over = Notation::Row(vec![Notation::Word("d"), self.space()]);
                (Notation::Row(vec![sign, body, Notation::Sign(Sign::Times), over]), Level::Product)
            }
            _ => (self.atom(e), Level::Atom),
        }
    }

    fn terms(&mut self, terms: &[Expr]) -> Notation {
        let before = self.names.used();
        let mut after = before.clone();
        let mut row = vec![];
        for (at, term) in terms.iter().enumerate() {
            self.names.replace_used(before.clone());
            let (sign, term) = match leading_negative(term) {
                Some(inner) => (Sign::Minus, self.expr(&inner, Level::Product)),
                None => (Sign::Plus, self.expr(term, Level::Product)),
            };
            if at > 0 || sign == Sign::Minus {
                row.push(Notation::Sign(sign));
            }
            row.push(term);
            after.extend(self.names.used());
        }
        self.names.replace_used(after);
        Notation::Row(row)
    }

    fn product(&mut self, a: &Expr, sign: Sign, b: &Expr) -> Notation {
        let left = self.expr(a, Level::Product);
        // A product on the right of one without brackets reads as the same product for numbers and matrices.
        let right = if sign == Sign::Times { Level::Product } else { Level::Prefix };
        Notation::Row(vec![left, Notation::Sign(sign), self.expr(b, right)])
    }

    fn prefixed(&mut self, signs: &[Sign], inner: &Expr) -> (Notation, Level) {
        let mut row: Vec<Notation> = signs.iter().copied().map(Notation::Sign).collect();
        row.push(self.expr(inner, Level::Prefix));
        (Notation::Row(row), Level::Prefix)
    }

    fn sum(&mut self, index: &Index, body: &Expr) -> (Notation, Level) {
        let name = self.names.bind(index);
        let result = if is_implicit(index, body) {
            self.bare(body)
        } else {
            let sign = Notation::Lowered(boxed(Notation::Word("sum")), boxed(Notation::Name(name)));
            (Notation::Row(vec![sign, self.expr(body, Level::Product)]), Level::Product)
        };
        self.names.release(1);
        result
    }

    fn subscript(&self, indices: &[Index]) -> Notation {
        let names: Vec<Notation> =
            indices.iter().map(|index| Notation::Name(self.names.name(index))).collect();
        if names.len() == 1 {
            names.into_iter().next().unwrap_or(Notation::Row(vec![]))
        } else {
            Notation::Row(names)
        }
    }

    fn listed(&mut self, parts: &[&Expr]) -> Notation {
        let mut row = vec![];
        for (at, part) in parts.iter().enumerate() {
            if at > 0 {
                row.push(Notation::Sign(Sign::Comma));
            }
            row.push(self.expr(part, Level::Sum));
        }
        Notation::Row(row)
    }

    fn call(&mut self, head: Notation, fence: Fence, parts: &[&Expr]) -> Notation {
        let arguments = Notation::Fenced(fence, boxed(self.listed(parts)));
        Notation::Row(vec![head, Notation::Sign(Sign::Apply), arguments])
    }

    /// `base^exponent`
    fn raised(&mut self, base: &Expr, exponent: Notation) -> Notation {
        Notation::Raised(boxed(self.expr(base, Level::Atom)), boxed(exponent))
    }

    /// A box taken at `name = value`.
    fn taken(&mut self, inner: &Expr, at: Notation) -> Notation {
        let body = self.expr(inner, Level::Sum);
        Notation::Lowered(boxed(Notation::Fenced(Fence::Taken, boxed(body))), boxed(at))
    }

    fn batch(&mut self, name: &'static str, inner: &Expr, batch: &Batch) -> Notation {
        let mut under = vec![self.expr(&batch.size, Level::Sum)];
        if let Some(population) = &batch.population {
            under.extend([Notation::Sign(Sign::Comma), self.expr(population, Level::Sum)]);
        }
        let mut head = Notation::Lowered(boxed(Notation::Word(name)), boxed(Notation::Row(under)));
        if batch.number != 1 {
            let number = Notation::Fenced(Fence::Round, boxed(Notation::Digits(batch.number.to_string())));
            head = Notation::Raised(boxed(head), boxed(number));
        }
        self.call(head, Fence::Square, &[inner])
    }

    /// What needs no brackets around it.
    fn atom(&mut self, e: &Expr) -> Notation {
        match e.kind() {
            Kind::Symbol(id) => self.symbol(*id),
            Kind::Identity => Notation::Name("I".into()),
            Kind::Dimension => Notation::Word("dim"),
            Kind::Pow(base, exponent) => {
                let exponent = self.expr(exponent, Level::Sum);
                self.raised(base, exponent)
            }
            Kind::Transpose(inner) => self.raised(inner, Notation::Sign(Sign::Transposed)),
            Kind::Inverse(inner) => {
                let exponent =
                    Notation::Row(vec![Notation::Sign(Sign::Minus), Notation::Digits("1".to_owned())]);
                self.raised(inner, exponent)
            }
            Kind::Norm2(inner) => {
                let bars = Notation::Fenced(Fence::Bars, boxed(self.expr(inner, Level::Sum)));
                Notation::Raised(boxed(bars), boxed(Notation::Digits("2".to_owned())))
            }
            Kind::Function(Function::Abs, inner) => {
                Notation::Fenced(Fence::Bars, boxed(self.expr(inner, Level::Sum)))
            }
            Kind::Sqrt(inner) | Kind::MatrixRoot(inner) => {
                Notation::Root(boxed(self.expr(inner, Level::Sum)))
            }
            Kind::Component(..) | Kind::Kronecker(..) | Kind::Tensor(..) | Kind::List(_) | Kind::Rows(_) => {
                self.array(e)
            }
            Kind::Apply(id, order, inner) => {
                let mut head = vec![self.symbol(*id)];
                head.extend((0..*order).map(|_| Notation::Sign(Sign::Prime)));
                self.call(Notation::Row(head), Fence::Round, &[inner])
            }
            Kind::Expect(_) | Kind::Var(_) | Kind::Cov(_) | Kind::CrossCov(..) => {
                self.call(Notation::Word(function_name(e)), Fence::Square, &e.children())
            }
            Kind::Mean(inner, batch) => self.batch("mean", inner, batch),
            Kind::SumOver(inner, batch) => self.batch("sum", inner, batch),
            Kind::Shift(inner, by) => {
                let by = self.expr(by, Level::Product);
                let at = Notation::Row(vec![self.space(), Notation::Sign(Sign::Plus), by]);
                self.taken(inner, at)
            }
            Kind::At(inner, id, by) => {
                let by = self.expr(by, Level::Sum);
                let at = Notation::Row(vec![self.symbol(*id), Notation::Sign(Sign::Equals), by]);
                self.taken(inner, at)
            }
            Kind::Conditional(Place::Source | Place::Midpoint | Place::Destination, inner) => {
                self.call(Notation::Word(function_name(e)), Fence::Square, &[inner])
            }
            _ => self.call(Notation::Word(function_name(e)), Fence::Round, &e.children()),
        }
    }

    /// Components, and what is made of them.
    fn array(&mut self, e: &Expr) -> Notation {
        match e.kind() {
            Kind::Component(inner, indices) => {
                let under = self.subscript(indices);
                Notation::Lowered(boxed(self.expr(inner, Level::Atom)), boxed(under))
            }
            Kind::Kronecker(i, j) => {
                let under = self.subscript(&[i.clone(), j.clone()]);
                Notation::Lowered(boxed(Notation::Name("delta".into())), boxed(under))
            }
            Kind::Tensor(indices, body) => {
                for index in indices {
                    self.names.bind(index);
                }
                let under = self.subscript(indices);
                let body = Notation::Fenced(Fence::Square, boxed(self.expr(body, Level::Sum)));
                self.names.release(indices.len());
                Notation::Lowered(boxed(body), boxed(under))
            }
            Kind::List(parts) => {
                let rows = parts.iter().map(|part| vec![self.expr(part, Level::Sum)]).collect();
                Notation::Fenced(Fence::Round, boxed(Notation::Table(rows)))
            }
            Kind::Rows(rows) => {
                let rows = rows
                    .iter()
                    .map(|row| row.iter().map(|part| self.expr(part, Level::Sum)).collect())
                    .collect();
                Notation::Fenced(Fence::Round, boxed(Notation::Table(rows)))
            }
            _ => Notation::Sign(Sign::Dots),
        }
    }
}

/// The same without the sign that it begins with, if it begins with one.
fn leading_negative(e: &Expr) -> Option<Expr> {
    match e.kind() {
        Kind::Neg(inner) => Some(inner.clone()),
        Kind::Number(value) if value.is_negative() => Some(Expr::number(-value)),
        Kind::Mul(a, b) => Some(Expr::new(Kind::Mul(leading_negative(a)?, b.clone()), e.shape())),
        Kind::Div(a, b) => Some(Expr::new(Kind::Div(leading_negative(a)?, b.clone()), e.shape())),
        _ => None,
    }
}

fn number(value: &Rational) -> (Notation, Level) {
    if value.is_negative() {
        let row = vec![Notation::Sign(Sign::Minus), number(&-value).0];
        return (Notation::Row(row), Level::Sum);
    }
    let big = value.to_big();
    if big.is_integer() {
        return (Notation::Digits(big.numer().to_string()), Level::Atom);
    }
    let (above, below) = (big.numer().to_string(), big.denom().to_string());
    let fraction = Notation::Fraction(boxed(Notation::Digits(above)), boxed(Notation::Digits(below)));
    (fraction, Level::Product)
}

/// A name in parts: its stem and what stands lower, after the first `_` or as digits at its end.
pub(super) fn name_parts(name: &str) -> (&str, Option<&str>) {
    if let Some((stem, below)) =
        name.split_once('_').filter(|(stem, below)| !stem.is_empty() && !below.is_empty())
    {
        return (stem, Some(below));
    }
    let stem = name.trim_end_matches(|c: char| c.is_ascii_digit());
    if stem.is_empty() || stem.len() == name.len() { (name, None) } else { (stem, Some(&name[stem.len()..])) }
}

/// The Greek letters that names stand for, and whether LaTeX has a command for each.
pub(super) const GREEK: [(&str, char, bool); 48] = [
    ("alpha", 'α', true),
    ("beta", 'β', true),
    ("gamma", 'γ', true),
    ("delta", 'δ', true),
    ("epsilon", 'ε', true),
    ("zeta", 'ζ', true),
    ("eta", 'η', true),
    ("theta", 'θ', true),
    ("iota", 'ι', true),
    ("kappa", 'κ', true),
    ("lambda", 'λ', true),
    ("mu", 'μ', true),
    ("nu", 'ν', true),
    ("xi", 'ξ', true),
    ("omicron", 'ο', false),
    ("pi", 'π', true),
    ("rho", 'ρ', true),
    ("sigma", 'σ', true),
    ("tau", 'τ', true),
    ("upsilon", 'υ', true),
    ("phi", 'φ', true),
    ("chi", 'χ', true),
    ("psi", 'ψ', true),
    ("omega", 'ω', true),
    ("Alpha", 'Α', false),
    ("Beta", 'Β', false),
    ("Gamma", 'Γ', true),
    ("Delta", 'Δ', true),
    ("Epsilon", 'Ε', false),
    ("Zeta", 'Ζ', false),
    ("Eta", 'Η', false),
    ("Theta", 'Θ', true),
    ("Iota", 'Ι', false),
    ("Kappa", 'Κ', false),
    ("Lambda", 'Λ', true),
    ("Mu", 'Μ', false),
    ("Nu", 'Ν', false),
    ("Xi", 'Ξ', true),
    ("Omicron", 'Ο', false),
    ("Pi", 'Π', true),
    ("Rho", 'Ρ', false),
    ("Sigma", 'Σ', true),
    ("Tau", 'Τ', false),
    ("Upsilon", 'Υ', true),
    ("Phi", 'Φ', true),
    ("Chi", 'Χ', false),
    ("Psi", 'Ψ', true),
    ("Omega", 'Ω', true),
];
