//! From the syntax of a value to an expression, where the names that it may use are declared.
//!
//! Values stand in instances and in losses that are given as text: numbers, names, lists, calls and `+ - * / ^`. Here,
//! unlike in the claims of a derivation, every length is a number.

#![allow(clippy::wildcard_enum_match_arm, reason = "every form that is not named is refused")]

use super::{Expr, FieldShape, Function, Kind, Length, Operator, RandomShape, Shape, SymbolId, SymbolKind};
use super::{Symbols, Value};
use std::collections::HashMap;
use std::fmt;
use thiserror::Error;

/// How deep values may stand in one another.
const DEPTH: usize = 200;

/// Lengths in numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lengths {
    /// The dimension of the space.
    pub space: usize,
    /// Numbers of columns of matrix fields, and lengths of vectors that are none of the space.
    pub columns: HashMap<SymbolId, usize>,
}

impl Lengths {
    /// A length in numbers, if it is known.
    #[must_use]
    pub fn get(&self, length: Length) -> Option<usize> {
        match length {
            Length::Space => Some(self.space),
            Length::Columns(id) => self.columns.get(&id).copied(),
        }
    }

    /// The length of this many, the dimension of the space before others.
    #[must_use]
    pub fn of(&self, count: usize) -> Option<Length> {
        if count == self.space {
            return Some(Length::Space);
        }
        let same = self.columns.iter().filter(|(_, columns)| **columns == count).map(|(id, _)| *id);
        same.min().map(Length::Columns)
    }
}

/// Why a value is no expression.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ValueError {
    /// A name that is not known.
    #[error("{name} is not known here{}", suggestion(nearest.as_deref()))]
    UnknownName {
        /// The name.
        name: String,
        /// The known name most like it.
        nearest: Option<String>,
    },
    /// A function that is not known.
    #[error("there is no function {name}{}", suggestion(nearest.as_deref()))]
    UnknownFunction {
        /// Its name.
        name: String,
        /// The known one most like it.
        nearest: Option<String>,
    },
    /// A function with the wrong number of arguments, or with a named one.
    #[error("{name} takes {expected}, none of them named, found {found}")]
    Arguments {
        /// The function.
        name: String,
        /// How many it takes.
        expected: usize,
        /// How many it was given.
        found: usize,
    },
    /// Shapes that do not fit.
    #[error("{operation} takes {expected}, found {found}")]
    Shape {
        /// What was to be computed.
        operation: String,
        /// What would do.
        expected: &'static str,
        /// What was found.
        found: String,
    },
    /// A list of another length than the space has dimensions.
    #[error("a list of {found} numbers is no vector here; the dimension is {dimension}")]
    Length {
        /// Numbers found.
        found: usize,
        /// The dimension of the space.
        dimension: usize,
    },
    /// A name that has no value of its own.
    #[error("{name} is {what}, which has no value of its own")]
    NoValue {
        /// The name.
        name: String,
        /// What it was declared to be.
        what: &'static str,
    },
    /// A text where a number is expected.
    #[error("found the text {text:?}, expected a number, a name or an expression")]
    Text {
        /// The text.
        text: String,
    },
    /// Values too deep inside one another.
    #[error("the expression is nested more than {DEPTH} deep")]
    TooDeep,
}

fn suggestion(nearest: Option<&str>) -> String {
    nearest.map(|name| format!("; is {name} meant?")).unwrap_or_default()
}

/// The candidate that takes the fewest edits of single letters, if these are few.
#[must_use]
pub fn nearest_name<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = name.chars().count().div_ceil(3).min(3);
    let ranked = candidates.into_iter().map(|candidate| (distance(name, candidate), candidate));
    ranked.filter(|(edits, _)| (1..=allowed).contains(edits)).min().map(|(_, candidate)| candidate)
}

/// Insertions, deletions and replacements from one word to another.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().take(64).collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in (1..).zip(from.chars().take(64)) {
        let mut diagonal = row[0];
        row[0] = i;
        for (j, b) in to.iter().enumerate() {
            let replaced = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[to.len()]
}

/// The functions of values that are no functions of one number, with their numbers of arguments.
const CALLS: [(&str, usize); 13] = [
    ("sqrt", 1),
    ("dot", 2),
    ("outer", 2),
    ("norm2", 1),
    ("tr", 1),
    ("transpose", 1),
    ("inv", 1),
    ("logdet", 1),
    ("grad", 1),
    ("hess", 1),
    ("lap", 1),
    ("jac", 1),
    ("div", 1),
];

impl Value {
    /// The value as an expression of the names in a table.
    ///
    /// # Errors
    /// A name or function is unknown, or shapes do not fit.
    pub fn to_expr(&self, symbols: &Symbols, lengths: &Lengths) -> Result<Expr, ValueError> {
        Elaboration { symbols, lengths }.value(self, DEPTH)
    }
}

struct Elaboration<'a> {
    symbols: &'a Symbols,
    lengths: &'a Lengths,
}

/// A shape in numbers.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Size {
    Scalar,
    Vector(usize),
    Matrix(usize, usize),
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scalar => f.write_str("a scalar"),
            Self::Vector(n) => write!(f, "a vector of length {n}"),
            Self::Matrix(rows, columns) => write!(f, "a {rows} x {columns} matrix"),
        }
    }
}

fn wrong(operation: &str, expected: &'static str, found: &[Size]) -> ValueError {
    let found: Vec<String> = found.iter().map(ToString::to_string).collect();
    ValueError::Shape { operation: operation.to_owned(), expected, found: found.join(" and ") }
}

fn scalar(kind: Kind) -> Expr {
    Expr::new(kind, Shape::Scalar)
}

impl Elaboration<'_> {
    fn size(&self, e: &Expr) -> Size {
        let length = |length: Length| self.lengths.get(length).unwrap_or(0);
        match e.shape() {
            Shape::Vector(n) => Size::Vector(length(n)),
            Shape::Matrix(rows, columns) => Size::Matrix(length(rows), length(columns)),
            Shape::Scalar | Shape::Components(_) => Size::Scalar,
        }
    }

    fn value(&self, value: &Value, depth: usize) -> Result<Expr, ValueError> {
        let depth = depth.checked_sub(1).ok_or(ValueError::TooDeep)?;
        match value {
            Value::Number(number) => Ok(Expr::number(number.clone())),
            Value::Text(text) => Err(ValueError::Text { text: text.to_string() }),
            Value::Name(name) => self.name(name),
            Value::List(parts) => self.list(parts, depth),
            Value::Call(name, arguments) => {
                let mut parts = Vec::with_capacity(arguments.len());
                for (named, argument) in arguments {
                    if named.is_some() {
                        return Err(self.arguments(name, arguments.len()));
                    }
                    parts.push(self.value(argument, depth)?);
                }
                self.call(name, &parts)
            }
            Value::Negative(inner) => {
                let inner = self.value(inner, depth)?;
                Ok(Expr::new(Kind::Neg(inner.clone()), inner.shape()))
            }
            Value::Operation(operator, sides) => {
                let (a, b) = (self.value(&sides.0, depth)?, self.value(&sides.1, depth)?);
                self.operation(*operator, a, b)
            }
        }
    }

    fn name(&self, name: &str) -> Result<Expr, ValueError> {
        let Some(id) = self.symbols.find(name) else {
            return match name {
                "I" => Ok(Expr::new(Kind::Identity, Shape::Matrix(Length::Space, Length::Space))),
                "dim" => Ok(scalar(Kind::Dimension)),
                _ => {
                    let known = self.symbols.iter().map(|(_, symbol)| &*symbol.name);
                    let nearest = nearest_name(name, known).map(str::to_owned);
                    Err(ValueError::UnknownName { name: name.to_owned(), nearest })
                }
            };
        };
        let no_value = |what| Err(ValueError::NoValue { name: name.to_owned(), what });
        let columns = Length::Columns(id);
        let own = if self.lengths.columns.contains_key(&id) { columns } else { Length::Space };
        let shape = match &self.symbols.get(id).kind {
            SymbolKind::Scalar(_) | SymbolKind::Coordinate(_) => Shape::Scalar,
            SymbolKind::Space => Shape::Vector(Length::Space),
            SymbolKind::Random { shape: RandomShape::Scalar, .. } => Shape::Scalar,
            SymbolKind::Random { shape: RandomShape::Vector, .. } => Shape::Vector(own),
            SymbolKind::Random { shape: RandomShape::Opaque, .. } => return no_value("a data point"),
            SymbolKind::Field { shape: FieldShape::Scalar, .. } => Shape::Scalar,
            SymbolKind::Field { shape: FieldShape::Vector, .. } => Shape::Vector(Length::Space),
            SymbolKind::Field { shape: FieldShape::Symmetric, .. } => {
                Shape::Matrix(Length::Space, Length::Space)
            }
            SymbolKind::Field { shape: FieldShape::Matrix, .. } => Shape::Matrix(Length::Space, own),
            SymbolKind::Noise { .. } => return no_value("a noise"),
            SymbolKind::Function => return no_value("a function"),
        };
        Ok(Expr::new(Kind::Symbol(id), shape))
    }

    fn list(&self, parts: &[Value], depth: usize) -> Result<Expr, ValueError> {
        let mismatch = |found: usize| ValueError::Length { found, dimension: self.lengths.space };
        let length = |found: usize| self.lengths.of(found).ok_or_else(|| mismatch(found));
        let scalars = |parts: &[Value]| -> Result<Vec<Expr>, ValueError> {
            parts
                .iter()
                .map(|part| {
                    let part = self.value(part, depth)?;
                    match self.size(&part) {
                        Size::Scalar => Ok(part),
                        other => Err(wrong("a list", "scalars", &[other])),
                    }
                })
                .collect()
        };
        if parts.iter().any(|part| matches!(part, Value::List(_))) {
            let mut rows = vec![];
            for row in parts {
                let Value::List(row) = row else {
                    return Err(wrong("a list of rows", "lists only", &[Size::Scalar]));
                };
                rows.push(scalars(row)?);
            }
            let columns = rows.first().map_or(0, Vec::len);
            if let Some(row) = rows.iter().find(|row| row.len() != columns) {
                return Err(mismatch(row.len()));
            }
            let shape = Shape::Matrix(length(rows.len())?, length(columns)?);
            return Ok(Expr::new(Kind::Rows(rows), shape));
        }
        Ok(Expr::new(Kind::List(scalars(parts)?), Shape::Vector(length(parts.len())?)))
    }

    fn operation(&self, operator: Operator, a: Expr, b: Expr) -> Result<Expr, ValueError> {
        let sizes = [self.size(&a), self.size(&b)];
        let shape = a.shape();
        match operator {
            Operator::Add | Operator::Subtract => {
                if sizes[0] != sizes[1] {
                    return Err(wrong("a sum", "terms of one shape", &sizes));
                }
                let b = if operator == Operator::Add { b } else { Expr::new(Kind::Neg(b), shape) };
                Ok(Expr::new(Kind::Add(vec![a, b]), shape))
            }
            Operator::Multiply => self.product(a, b),
            Operator::Divide => match sizes[1] {
                Size::Scalar => Ok(Expr::new(Kind::Div(a, b), shape)),
                Size::Vector(_) | Size::Matrix(..) => Err(wrong("a quotient", "a scalar below", &sizes)),
            },
            Operator::Power => match sizes {
                [Size::Scalar, Size::Scalar] => Ok(Expr::new(Kind::Pow(a, b), shape)),
                _ => Err(wrong("a power", "two scalars", &sizes)),
            },
        }
    }

    fn product(&self, a: Expr, b: Expr) -> Result<Expr, ValueError> {
        let sizes = [self.size(&a), self.size(&b)];
        let shape = match (sizes, a.shape(), b.shape()) {
            ([Size::Scalar, _], _, shape) | ([_, Size::Scalar], shape, _) => shape,
            ([Size::Matrix(_, inner), Size::Vector(n)], Shape::Matrix(rows, _), _) if inner == n => {
                Shape::Vector(rows)
            }
            (
                [Size::Matrix(_, inner), Size::Matrix(n, _)],
                Shape::Matrix(rows, _),
                Shape::Matrix(_, columns),
            ) if inner == n => Shape::Matrix(rows, columns),
            _ => {
                let expected =
                    "a scalar and anything, or a matrix and what fits it; of vectors take dot or outer";
                return Err(wrong("a product", expected, &sizes));
            }
        };
        Ok(Expr::new(Kind::Mul(a, b), shape))
    }

    fn arguments(&self, name: &str, found: usize) -> ValueError {
        let expected = CALLS.iter().find(|(call, _)| *call == name).map_or(1, |(_, count)| *count);
        ValueError::Arguments { name: name.to_owned(), expected, found }
    }

    fn call(&self, name: &str, parts: &[Expr]) -> Result<Expr, ValueError> {
        let function = Function::ALL.into_iter().find(|function| function.name() == name);
        let declared =
            self.symbols.find(name).filter(|&id| self.symbols.get(id).kind == SymbolKind::Function);
        let known = function.is_some() || declared.is_some() || CALLS.iter().any(|(call, _)| *call == name);
        if !known {
            let candidates = Function::ALL.into_iter().map(Function::name).chain(CALLS.map(|(call, _)| call));
            let nearest = nearest_name(name, candidates).map(str::to_owned);
            return Err(ValueError::UnknownFunction { name: name.to_owned(), nearest });
        }
        let sizes: Vec<Size> = parts.iter().map(|part| self.size(part)).collect();
        match (parts, &sizes[..]) {
            ([a], _) if function.is_some() || declared.is_some() => match (sizes[0], function, declared) {
                (Size::Scalar, Some(function), _) => Ok(scalar(Kind::Function(function, a.clone()))),
                (Size::Scalar, None, Some(id)) => Ok(scalar(Kind::Apply(id, 0, a.clone()))),
                _ => Err(wrong(name, "a scalar", &sizes)),
            },
            ([a], [size]) => self.of_one(name, a, *size),
            ([a, b], [x, y]) => self.of_two(name, (a, b), (*x, *y)),
            _ => Err(self.arguments(name, parts.len())),
        }
    }

    fn of_one(&self, name: &str, a: &Expr, size: Size) -> Result<Expr, ValueError> {
        let space = Length::Space;
        let a = a.clone();
        let square = matches!(size, Size::Matrix(rows, columns) if rows == columns);
        Ok(match (name, size) {
            ("sqrt", Size::Scalar) => scalar(Kind::Sqrt(a)),
            ("sqrt", _) if square => Expr::new(Kind::MatrixRoot(a.clone()), a.shape()),
            ("norm2", Size::Vector(_)) => scalar(Kind::Norm2(a)),
            ("tr", _) if square => scalar(Kind::Trace(a)),
            ("logdet", _) if square => scalar(Kind::LogDet(a)),
            ("inv", _) if square => Expr::new(Kind::Inverse(a.clone()), a.shape()),
            ("transpose", Size::Matrix(..)) => match a.shape() {
                Shape::Matrix(rows, columns) => Expr::new(Kind::Transpose(a), Shape::Matrix(columns, rows)),
                shape => Expr::new(Kind::Transpose(a), shape),
            },
            ("grad", Size::Scalar) => Expr::new(Kind::Grad(a), Shape::Vector(space)),
            ("hess", Size::Scalar) => Expr::new(Kind::Hess(a), Shape::Matrix(space, space)),
            ("lap", Size::Scalar) => scalar(Kind::Lap(a)),
            ("jac", Size::Vector(n)) if n == self.lengths.space => {
                Expr::new(Kind::Jac(a), Shape::Matrix(space, space))
            }
            ("div", Size::Vector(n)) if n == self.lengths.space => scalar(Kind::Divergence(a)),
            ("div", Size::Matrix(_, n)) if n == self.lengths.space => {
                Expr::new(Kind::Divergence(a), Shape::Vector(space))
            }
            ("dot" | "outer", _) => return Err(self.arguments(name, 1)),
            _ => return Err(wrong(name, "another shape", &[size])),
        })
    }

    fn of_two(&self, name: &str, (a, b): (&Expr, &Expr), sizes: (Size, Size)) -> Result<Expr, ValueError> {
        let (a, b) = (a.clone(), b.clone());
        match (name, sizes) {
            ("dot", (Size::Vector(x), Size::Vector(y))) if x == y => Ok(scalar(Kind::Dot(a, b))),
            ("outer", (Size::Vector(_), Size::Vector(_))) => match (a.shape(), b.shape()) {
                (Shape::Vector(rows), Shape::Vector(columns)) => {
                    Ok(Expr::new(Kind::Outer(a, b), Shape::Matrix(rows, columns)))
                }
                _ => Err(wrong(name, "two vectors", &[sizes.0, sizes.1])),
            },
            ("dot", _) => Err(wrong(name, "two vectors of one length", &[sizes.0, sizes.1])),
            ("outer", _) => Err(wrong(name, "two vectors", &[sizes.0, sizes.1])),
            _ => Err(self.arguments(name, 2)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expression::{Rational, Sign};

    fn names() -> (Symbols, Lengths) {
        let mut symbols = Symbols::default();
        symbols.declare("theta", SymbolKind::Space);
        symbols.declare("y", SymbolKind::Random { shape: RandomShape::Scalar, distribution: None });
        let x = symbols.declare("x", SymbolKind::Random { shape: RandomShape::Vector, distribution: None });
        symbols.declare("eta", SymbolKind::Scalar(Sign::Positive));
        symbols.declare("X", SymbolKind::Random { shape: RandomShape::Opaque, distribution: None });
        (symbols, Lengths { space: 2, columns: HashMap::from([(x, 3)]) })
    }

    fn name(text: &str) -> Value {
        Value::Name(text.into())
    }

    fn call(function: &str, arguments: Vec<Value>) -> Value {
        Value::Call(function.into(), arguments.into_iter().map(|a| (None, a)).collect())
    }

    fn two(operator: Operator, a: Value, b: Value) -> Value {
        Value::Operation(operator, Box::new((a, b)))
    }

    #[test]
    fn values_become_expressions_of_their_shapes() {
        let (symbols, lengths) = names();
        let read = |value: &Value| value.to_expr(&symbols, &lengths).unwrap();
        assert_eq!(read(&call("norm2", vec![name("theta")])).shape(), Shape::Scalar, "norm2");
        let list = Value::List(vec![name("y"), Value::Number(Rational::ZERO)]);
        assert_eq!(read(&list).shape(), Shape::Vector(Length::Space), "list");
        let rows = Value::List(vec![list.clone(), list.clone()]);
        assert_eq!(read(&rows).shape(), Shape::Matrix(Length::Space, Length::Space), "rows");
        assert_eq!(
            read(&two(Operator::Multiply, rows, list)).shape(),
            Shape::Vector(Length::Space),
            "product"
        );
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let (symbols, lengths) = names();
        let error = |value: &Value| value.to_expr(&symbols, &lengths).unwrap_err().to_string();
        assert_eq!(error(&name("thetta")), "thetta is not known here; is theta meant?", "a name");
        assert_eq!(
            error(&call("softpluss", vec![name("y")])),
            "there is no function softpluss; is softplus meant?"
        );
        let lengths_differ = error(&call("dot", vec![name("theta"), name("x")]));
        assert_eq!(
            lengths_differ,
            "dot takes two vectors of one length, found a vector of length 2 and a vector of length 3"
        );
        let product = error(&two(Operator::Multiply, name("theta"), name("theta")));
        assert!(product.contains("dot or outer"), "{product}");
        assert!(error(&call("exp", vec![name("theta")])).contains("takes a scalar"), "exp of a vector");
        assert!(error(&call("dot", vec![name("x")])).contains("takes 2"), "one argument");
        assert!(error(&name("X")).contains("a data point"), "opaque");
        assert!(error(&Value::Text("a".into())).contains("expected a number"), "text");
        assert!(error(&Value::List(vec![name("y")])).contains("a list of 1 numbers"), "length");
        let mut deep = name("y");
        for _ in 0..DEPTH {
            deep = Value::Negative(Box::new(deep));
        }
        assert_eq!(deep.to_expr(&symbols, &lengths), Err(ValueError::TooDeep), "depth");
    }
}
