//! Expressions as they are written in the language: what is printed means, when it is read, what it was.
//!
//! Brackets stand where precedence needs them. Names of indices are those of the text, made unique where two would meet.

#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "most nodes are treated alike; a match names those that are not"
)]

use super::index_names::{IndexNames, is_implicit};
use super::{Batch, Expr, Index, Kind, Place, Rational, SymbolId, Symbols};
use std::fmt::Write as _;
use std::sync::Arc;

/// Nodes after which the rest is left out, as `...`: no reader looks at more.
const LONGEST: usize = 20_000;

/// How tightly an operator binds, loosest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Sum,
    Product,
    Unary,
    Power,
    Postfix,
}

impl Expr {
    /// The expression in the language, in ASCII.
    #[must_use]
    pub fn to_text(&self, symbols: &Symbols) -> String {
        let mut printer = Printer::new(symbols, IndexNames::new(self));
        printer.expr(self, Level::Sum);
        printer.text
    }
}

/// `left = right` in the language. Components under the same indices are written without saying so: `d[j](A[i,j]) = v[i]`.
#[must_use]
pub fn equation_to_text(left: &Expr, right: &Expr, symbols: &Symbols) -> String {
    match open_sides(left, right) {
        Some((left, right)) => {
            let both = Expr::new(Kind::Add(vec![left.clone(), right.clone()]), left.shape());
            let mut printer = Printer::new(symbols, IndexNames::new(&both));
            let used = printer.names.used();
            printer.expr(left, Level::Sum);
            printer.names.replace_used(used);
            printer.text.push_str(" = ");
            printer.expr(right, Level::Sum);
            printer.text
        }
        None => format!("{} = {}", left.to_text(symbols), right.to_text(symbols)),
    }
}

/// The bodies of two sides that are components under the same indices.
fn open_sides<'e>(left: &'e Expr, right: &'e Expr) -> Option<(&'e Expr, &'e Expr)> {
    let is_zero = |e: &Expr| matches!(e.kind(), Kind::Number(value) if value.is_zero());
    match (left.kind(), right.kind()) {
        (Kind::Tensor(i, a), Kind::Tensor(j, b)) if i == j => Some((a, b)),
        (Kind::Tensor(_, a), Kind::Number(_)) if is_zero(right) => Some((a, right)),
        (Kind::Number(_), Kind::Tensor(_, b)) if is_zero(left) => Some((left, b)),
        _ => None,
    }
}

struct Printer<'s> {
    symbols: &'s Symbols,
    names: IndexNames,
    text: String,
    nodes: usize,
}

impl<'s> Printer<'s> {
    fn new(symbols: &'s Symbols, names: IndexNames) -> Self {
        Self { symbols, names, text: String::new(), nodes: 0 }
    }

    fn symbol(&mut self, id: SymbolId) {
        match self.symbols.checked(id) {
            Some(symbol) => self.text.push_str(&symbol.name),
            None => self.text.push('?'),
        }
    }

    fn expr(&mut self, e: &Expr, least: Level) {
        self.nodes += 1;
        if self.nodes > LONGEST {
            if self.nodes == LONGEST + 1 {
                self.text.push_str("...");
            }
            return;
        }
        let brackets = level(e) < least;
        if brackets {
            self.text.push('(');
        }
        match e.kind() {
            Kind::Number(value) => self.number(value),
            Kind::Add(terms) => self.terms(terms),
            Kind::Neg(inner) => {
                self.text.push('-');
                self.expr(inner, Level::Unary);
            }
            Kind::Mul(a, b) => self.binary(a, Level::Product, "*", b),
            Kind::Div(a, b) => self.binary(a, Level::Product, "/", b),
            Kind::Pow(a, b) => self.binary(a, Level::Postfix, "^", b),
            Kind::Transpose(inner) => {
                self.expr(inner, Level::Postfix);
                self.text.push('\'');
            }
            Kind::Component(inner, indices) => {
                self.expr(inner, Level::Postfix);
                self.indices(indices);
            }
            Kind::Sum(index, body) => self.sum(index, body, least),
            _ => self.atom(e),
        }
        if brackets {
            self.text.push(')');
        }
    }

    fn number(&mut self, value: &Rational) {
        let _ = write!(self.text, "{value}");
    }

    fn binary(&mut self, a: &Expr, least: Level, sign: &str, b: &Expr) {
        self.expr(a, least);
        self.text.push_str(sign);
        self.expr(b, Level::Unary);
    }

    fn terms(&mut self, terms: &[Expr]) {
        let before = self.names.used();
        let mut after = before.clone();
        for (at, term) in terms.iter().enumerate() {
            self.names.replace_used(before.clone());
            match (at, term.kind()) {
                (0, _) => self.expr(term, Level::Product),
                (_, Kind::Neg(inner)) => {
                    self.text.push_str(" - ");
                    self.expr(inner, Level::Product);
                }
                (_, Kind::Number(value)) if value.is_negative() => {
                    self.text.push_str(" - ");
                    self.number(&-value);
                }
                _ => {
                    self.text.push_str(" + ");
                    self.expr(term, Level::Product);
                }
            }
            after.extend(self.names.used());
        }
        self.names.replace_used(after);
    }

    fn sum(&mut self, index: &Index, body: &Expr, least: Level) {
        let name = self.names.bind(index);
        if is_implicit(index, body) {
            self.expr(body, least);
        } else {
            let _ = write!(self.text, "sum[{name}](");
            self.expr(body, Level::Sum);
            self.text.push(')');
        }
        self.names.release(1);
    }

    fn indices(&mut self, indices: &[Index]) {
        let names: Vec<Arc<str>> = indices.iter().map(|index| self.names.name(index)).collect();
        let _ = write!(self.text, "[{}]", names.join(","));
    }

    fn call(&mut self, name: &str, arguments: &[&Expr]) {
        self.text.push_str(name);
        self.bracketed("(", arguments, ")");
    }

    fn bracketed(&mut self, open: &str, parts: &[&Expr], close: &str) {
        self.text.push_str(open);
        for (at, part) in parts.iter().enumerate() {
            if at > 0 {
                self.text.push_str(", ");
            }
            self.expr(part, Level::Sum);
        }
        self.text.push_str(close);
    }

    /// What needs no brackets around it.
    fn atom(&mut self, e: &Expr) {
        match e.kind() {
            Kind::Symbol(id) => self.symbol(*id),
            Kind::Identity => self.text.push('I'),
            Kind::Dimension => self.text.push_str("dim"),
            Kind::Expect(inner) => self.square("E", &[inner]),
            Kind::Var(inner) => self.square("Var", &[inner]),
            Kind::Cov(inner) => self.square("Cov", &[inner]),
            Kind::CrossCov(a, b) => self.square("Cov", &[a, b]),
            Kind::Mean(inner, batch) => self.batch("mean", inner, batch),
            Kind::SumOver(inner, batch) => self.batch("sum", inner, batch),
            Kind::Apply(id, order, inner) => {
                self.symbol(*id);
                self.text.extend((0..*order).map(|_| '\''));
                self.bracketed("(", &[inner], ")");
            }
            Kind::Partial(index, inner) => {
                self.text.push('d');
                self.indices(std::slice::from_ref(index));
                self.bracketed("(", &[inner], ")");
            }
            Kind::Kronecker(i, j) => {
                self.text.push_str("delta");
                self.indices(&[i.clone(), j.clone()]);
            }
            Kind::Tensor(indices, body) => {
                let names: Vec<Arc<str>> = indices.iter().map(|index| self.names.bind(index)).collect();
                let _ = write!(self.text, "tensor[{}](", names.join(","));
                self.expr(body, Level::Sum);
                self.text.push(')');
                self.names.release(indices.len());
            }
            Kind::At(inner, id, by) => {
                self.text.push_str("at(");
                self.expr(inner, Level::Sum);
                self.text.push_str(", ");
                self.symbol(*id);
                self.text.push_str(" = ");
                self.expr(by, Level::Sum);
                self.text.push(')');
            }
            Kind::List(parts) => self.bracketed("[", &parts.iter().collect::<Vec<_>>(), "]"),
            Kind::Rows(rows) => {
                for (at, row) in rows.iter().enumerate() {
                    self.text.push_str(if at == 0 { "[" } else { ", " });
                    self.bracketed("[", &row.iter().collect::<Vec<_>>(), "]");
                }
                self.text.push(']');
            }
            _ => {
                let name = function_name(e);
                self.call(name, &e.children());
            }
        }
    }

    fn square(&mut self, name: &str, arguments: &[&Expr]) {
        self.text.push_str(name);
        self.bracketed("[", arguments, "]");
    }

    fn batch(&mut self, name: &str, inner: &Expr, batch: &Batch) {
        self.text.push_str(name);
        let parts: Vec<&Expr> = [inner, &batch.size].into_iter().chain(&batch.population).collect();
        self.bracketed("(", &parts, "");
        if batch.number != 1 {
            let _ = write!(self.text, ", batch = {}", batch.number);
        }
        self.text.push(')');
    }
}

/// The name of the function that a node is a call of, with its parts as arguments.
pub(super) fn function_name(e: &Expr) -> &'static str {
    match e.kind() {
        Kind::Dot(..) => "dot",
        Kind::Outer(..) => "outer",
        Kind::Trace(_) => "tr",
        Kind::Norm2(_) => "norm2",
        Kind::Grad(_) => "grad",
        Kind::Hess(_) => "hess",
        Kind::Lap(_) => "lap",
        Kind::Jac(_) => "jac",
        Kind::Divergence(_) => "div",
        Kind::Sqrt(_) | Kind::MatrixRoot(_) => "sqrt",
        Kind::Function(function, _) => function.name(),
        Kind::Shift(..) => "shift",
        Kind::Conditional(Place::Source, _) => "source",
        Kind::Conditional(Place::Midpoint, _) => "midpoint",
        Kind::Conditional(Place::Destination, _) => "destination",
        Kind::Current(_) => "current",
        Kind::Inverse(_) => "inv",
        Kind::LogDet(_) => "logdet",
        Kind::Integral(_) => "integral",
        Kind::Expect(_) => "E",
        Kind::Var(_) => "Var",
        Kind::Cov(_) | Kind::CrossCov(..) => "Cov",
        Kind::Mean(..) => "mean",
        Kind::SumOver(..) => "sum",
        Kind::At(..) => "at",
        Kind::Number(_)
        | Kind::Symbol(_)
        | Kind::Identity
        | Kind::Dimension
        | Kind::Add(_)
        | Kind::Neg(_)
        | Kind::Mul(..)
        | Kind::Div(..)
        | Kind::Pow(..)
        | Kind::Transpose(_)
        | Kind::Apply(..)
        | Kind::Component(..)
        | Kind::Partial(..)
        | Kind::Kronecker(..)
        | Kind::Sum(..)
        | Kind::Tensor(..)
        | Kind::List(_)
        | Kind::Rows(_) => "",
    }
}

fn level(e: &Expr) -> Level {
    match e.kind() {
        Kind::Add(_) => Level::Sum,
        Kind::Mul(..) | Kind::Div(..) => Level::Product,
        Kind::Neg(_) => Level::Unary,
        Kind::Pow(..) => Level::Power,
        Kind::Number(value) => match value.to_integer() {
            Some(0..) => Level::Postfix,
            Some(_) => Level::Unary,
            None if value.to_big().is_integer() => {
                if value.is_negative() {
                    Level::Unary
                } else {
                    Level::Postfix
                }
            }
            None => Level::Product,
        },
        // A sum that its body says takes the brackets of the body.
        _ => Level::Postfix,
    }
}
