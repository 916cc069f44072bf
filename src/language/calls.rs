//! Calls: the built-in functions, declared functions, and fields with their arguments.

#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "most nodes are treated alike; a match names those that are not"
)]

use super::diagnostic::{Diagnostic, Label};
use super::elaboration::{Elaborated, Elaborator, Meaning, Stop, Value};
use super::names::nearest;
use super::syntax::{Call, Form, Name, Node, Span};
use crate::expression::{Function, Kind, Length, Place, Shape, SymbolId, SymbolKind};
use std::sync::Arc;

/// Names of the functions that are no functions of one real variable, and how each is written.
const USAGE: [(&str, &str); 30] = [
    ("dot", "dot(a, b)"),
    ("outer", "outer(a, b)"),
    ("tr", "tr(A)"),
    ("norm2", "norm2(v)"),
    ("grad", "grad(s)"),
    ("hess", "hess(s)"),
    ("lap", "lap(s)"),
    ("jac", "jac(v)"),
    ("div", "div(v) or div(A)"),
    ("E", "E[e]"),
    ("Var", "Var[s]"),
    ("Cov", "Cov[v] or Cov[a, b]"),
    ("mean", "mean(e, n), mean(e, n, N) or mean(e, n, batch = 2)"),
    ("sum", "sum(e, n), sum(e, n, N) or sum(e, n, batch = 2)"),
    ("sqrt", "sqrt(s) or sqrt(A)"),
    ("shift", "shift(e, v)"),
    ("source", "source(v)"),
    ("midpoint", "midpoint(v)"),
    ("destination", "destination(v)"),
    ("current", "current(v)"),
    ("at", "at(e, a = s)"),
    ("inv", "inv(A)"),
    ("logdet", "logdet(A)"),
    ("integral", "integral(s)"),
    ("O", "+ O(eta^2) at the end of a claim"),
    ("d", "d[j](s)"),
    ("delta", "delta[i,j]"),
    ("tensor", "tensor[i](s) or tensor[i,j](s)"),
    ("I", "I"),
    ("dim", "dim"),
];

/// How a built-in name is written, if it is one.
pub(super) fn usage(name: &str) -> Option<String> {
    if let Some((_, usage)) = USAGE.iter().find(|(other, _)| *other == name) {
        return Some((*usage).to_owned());
    }
    Function::ALL
        .iter()
        .find(|function| function.name() == name)
        .map(|function| format!("{}(s)", function.name()))
}

fn built_in_names() -> impl Iterator<Item = &'static str> {
    USAGE.iter().map(|(name, _)| *name).chain(Function::ALL.iter().map(|function| function.name()))
}

impl Elaborator<'_> {
    pub(super) fn call(&mut self, call: &Call, span: &Span) -> Elaborated {
        if let Some((meaning, declared)) = self.names.get(&call.name.text).cloned() {
            return self.declared(call, meaning, &declared, span);
        }
        if call.primes > 0 {
            return self.no_function(call);
        }
        if let Some(function) = Function::ALL.iter().find(|function| function.name() == &*call.name.text) {
            let value = self.only_argument(call)?;
            let value = self.scalar(&value, &format!("{}(s)", function.name()))?;
            return self.node(Kind::Function(*function, value.expr.clone()), Shape::Scalar, &[&value], span);
        }
        match &*call.name.text {
            "dot" | "outer" | "shift" => self.of_two(call, span),
            "E" | "Var" | "Cov" => self.statistic(call, span),
            "mean" | "sum" => self.batch(call, span),
            "at" => self.at(call, span),
            "O" => self.misplaced_order(span),
            name if usage(name).is_some() => self.of_one(call, span),
            _ => self.no_function(call),
        }
    }

    #[cold]
    fn no_function(&mut self, call: &Call) -> Elaborated {
        let name = &*call.name.text;
        let label = Label::new(call.name.span.clone(), "");
        if call.primes > 0 {
            let said = Diagnostic::error(
                format!("{name} is not a declared function, so it has no derivative {name}'"),
                label,
            );
            return self.fail(said.note(format!("declare it: function {name}(z)")));
        }
        let said = Diagnostic::error(format!("there is no function {name}"), label);
        let near = nearest(
            name,
            built_in_names().map(|name| -> &str { name }).chain(self.names.keys().map(|name| &**name)),
        );
        let said = match near {
            Some(near) => said.note(format!("is {near} meant?")),
            None => said.note(format!("declare it: function {name}(z), or field {name}(X): scalar")),
        };
        self.fail(said)
    }

    #[cold]
    fn misplaced_order(&mut self, span: &Span) -> Elaborated {
        self.fail(
            Diagnostic::error("O(...) stands in the wrong place", Label::new(span.clone(), "")).note(
                "it stands once, last, at the top of the right side of a claim: left = right + O(eta^2)",
            ),
        )
    }

    /// `l(z)`, `l'(z)` of a declared function, `u(X)` of a field.
    fn declared(&mut self, call: &Call, meaning: Meaning, declared: &Span, span: &Span) -> Elaborated {
        let Meaning::Symbol(id) = meaning else {
            return match meaning {
                Meaning::Broken => Err(Stop),
                Meaning::Let(_) | Meaning::Symbol(_) => self.not_called(call, declared),
            };
        };
        match &self.symbols.get(id).kind {
            SymbolKind::Function => {
                let value = self.only_argument(call)?;
                let value = self.scalar(&value, &format!("{}(z)", call.name.text))?;
                self.node(Kind::Apply(id, call.primes, value.expr.clone()), Shape::Scalar, &[&value], span)
            }
            SymbolKind::Field { arguments, .. } if call.primes == 0 => {
                let arguments = arguments.clone();
                self.field_call(call, id, &arguments, declared, span)
            }
            _ => self.not_called(call, declared),
        }
    }

    #[cold]
    fn not_called(&mut self, call: &Call, declared: &Span) -> Elaborated {
        let name = &call.name.text;
        let said =
            Diagnostic::error(format!("{name} is not a function"), Label::new(call.name.span.clone(), ""))
                .and(declared.clone(), "declared here");
        self.fail(if call.primes > 0 {
            said.note(format!("a product needs its sign: write {name}'*(...)"))
        } else {
            said.note(format!("a product needs its sign: write {name}*(...)"))
        })
    }

    /// A field may be written with the arguments that it was declared with, and the space before them.
    fn field_call(
        &mut self,
        call: &Call,
        id: SymbolId,
        arguments: &[SymbolId],
        declared: &Span,
        span: &Span,
    ) -> Elaborated {
        let mut names = vec![];
        for argument in &call.arguments {
            let meaning = match (&argument.name, &argument.value.form) {
                (None, Form::Name(name)) => self.names.get(name).map(|(meaning, _)| *meaning),
                _ => None,
            };
            match meaning {
                Some(Meaning::Symbol(symbol)) => names.push(symbol),
                Some(Meaning::Broken) => return Err(Stop),
                Some(Meaning::Let(_)) | None => return self.other_arguments(call, arguments, declared),
            }
        }
        if names.first().is_some_and(|first| matches!(self.symbols.get(*first).kind, SymbolKind::Space)) {
            names.remove(0);
        }
        if names != arguments || call.arguments.is_empty() {
            return self.other_arguments(call, arguments, declared);
        }
        self.symbol(id, span)
    }

    #[cold]
    fn other_arguments(&mut self, call: &Call, arguments: &[SymbolId], declared: &Span) -> Elaborated {
        let name = &call.name.text;
        let names: Vec<&str> = arguments.iter().map(|id| &*self.symbols.get(*id).name).collect();
        let written =
            if names.is_empty() { name.to_string() } else { format!("{name}({})", names.join(", ")) };
        let said =
            Diagnostic::error(format!("{name} has other arguments"), Label::new(call.name.span.clone(), ""))
                .and(declared.clone(), format!("declared as {written}"));
        self.fail(said.note(format!(
            "write {name}, or {written}; shift(e, v) moves the space and at(e, a = s) replaces a name"
        )))
    }

    /// The arguments if there are as many as needed and none has a name.
    pub(super) fn arguments<'n, const COUNT: usize>(
        &mut self,
        call: &'n Call,
    ) -> Elaborated<[&'n Node; COUNT]> {
        if let Some(name) = call.arguments.iter().find_map(|argument| argument.name.as_ref()) {
            return self.named_argument(call, name);
        }
        let nodes: Vec<&Node> = call.arguments.iter().map(|argument| &argument.value).collect();
        match nodes.try_into() {
            Ok(nodes) => Ok(nodes),
            Err(_) => self.wrong_arguments(call),
        }
    }

    #[cold]
    pub(super) fn named_argument<T>(&mut self, call: &Call, name: &Name) -> Elaborated<T> {
        let said = Diagnostic::error(
            format!("{} has no argument named {}", call.name.text, name.text),
            Label::new(name.span.clone(), ""),
        );
        self.fail(
            said.note(format!(
                "write {}",
                usage(&call.name.text).unwrap_or_else(|| call.name.text.to_string())
            )),
        )
    }

    #[cold]
    pub(super) fn wrong_arguments<T>(&mut self, call: &Call) -> Elaborated<T> {
        let count = call.arguments.len();
        let said = Diagnostic::error(
            format!("{} does not take {count} argument{}", call.name.text, if count == 1 { "" } else { "s" }),
            Label::new(call.name.span.clone(), ""),
        );
        self.fail(match usage(&call.name.text) {
            Some(usage) => said.note(format!("write {usage}")),
            None => said.note(format!("write {}(z)", call.name.text)),
        })
    }

    fn only_argument(&mut self, call: &Call) -> Elaborated {
        let [argument] = self.arguments(call)?;
        self.expression(argument)
    }

    /// Functions of one argument.
    fn of_one(&mut self, call: &Call, span: &Span) -> Elaborated {
        let value = self.only_argument(call)?;
        let usage = usage(&call.name.text).unwrap_or_default();
        match &*call.name.text {
            "tr" | "inv" | "logdet" => self.of_square(call, &value, &usage, span),
            "grad" | "hess" | "lap" | "integral" => {
                let s = self.scalar(&value, &usage)?;
                let e = s.expr.clone();
                let d = Length::Space;
                let (kind, shape) = match &*call.name.text {
                    "grad" => (Kind::Grad(e), Shape::Vector(d)),
                    "hess" => (Kind::Hess(e), Shape::Matrix(d, d)),
                    "lap" => (Kind::Lap(e), Shape::Scalar),
                    _ => (Kind::Integral(e), Shape::Scalar),
                };
                self.node(kind, shape, &[&s], span)
            }
            "norm2" => {
                let v = self.vector(&value, &usage)?;
                self.node(Kind::Norm2(v.expr.clone()), Shape::Scalar, &[&v], span)
            }
            "jac" => {
                let v = self.vector(&value, &usage)?;
                let shape = match v.shape() {
                    Shape::Vector(rows) => Shape::Matrix(rows, Length::Space),
                    other => other,
                };
                self.node(Kind::Jac(v.expr.clone()), shape, &[&v], span)
            }
            "div" => self.divergence(&value, span),
            "sqrt" => self.root(&value, span),
            "source" | "midpoint" | "destination" | "current" => {
                let v = self.space_vector(&value, &usage)?;
                let e = v.expr.clone();
                let kind = match &*call.name.text {
                    "source" => Kind::Conditional(Place::Source, e),
                    "midpoint" => Kind::Conditional(Place::Midpoint, e),
                    "destination" => Kind::Conditional(Place::Destination, e),
                    _ => Kind::Current(e),
                };
                self.node(kind, Shape::Vector(Length::Space), &[&v], span)
            }
            // Left are the names that are no functions: d, delta, tensor, I, dim.
            _ => self.wrong_arguments(call),
        }
    }

    fn of_square(&mut self, call: &Call, value: &Value, usage: &str, span: &Span) -> Elaborated {
        let matrix = self.matrix(value, usage)?;
        let Shape::Matrix(rows, columns) = matrix.shape() else { return Err(Stop) };
        if !self.unite(rows, columns) {
            return self.not_square(&matrix, usage);
        }
        let e = matrix.expr.clone();
        let (kind, shape) = match &*call.name.text {
            "tr" => (Kind::Trace(e), Shape::Scalar),
            "inv" => (Kind::Inverse(e), matrix.shape()),
            _ => (Kind::LogDet(e), Shape::Scalar),
        };
        self.node(kind, shape, &[&matrix], span)
    }

    /// `div(v) = d_i v_i`, `div(A)_i = d_j A_ij`
    fn divergence(&mut self, value: &Value, span: &Span) -> Elaborated {
        let (last, shape) = match value.shape() {
            Shape::Vector(length) => (length, Shape::Scalar),
            Shape::Matrix(rows, columns) => (columns, Shape::Vector(rows)),
            Shape::Scalar if value.is_zero() => return self.unclear_zero(value, "div"),
            Shape::Scalar | Shape::Components(_) => {
                return self.wrong_shape(value, "a vector or a matrix", "div(v) or div(A)");
            }
        };
        if !self.unite(last, Length::Space) {
            return self.wrong_shape(
                value,
                "d columns, since it differentiates by the d parameters",
                "div(A)",
            );
        }
        self.node(Kind::Divergence(value.expr.clone()), shape, &[value], span)
    }

    #[cold]
    fn unclear_zero(&mut self, value: &Value, function: &str) -> Elaborated {
        let label = Label::new(value.span.clone(), "");
        self.fail(Diagnostic::error(format!("the shape of this 0 under {function} is not known"), label))
    }

    fn root(&mut self, value: &Value, span: &Span) -> Elaborated {
        match value.shape() {
            Shape::Scalar => self.node(Kind::Sqrt(value.expr.clone()), Shape::Scalar, &[value], span),
            Shape::Matrix(rows, columns) => {
                if !self.unite(rows, columns) {
                    return self.not_square(value, "sqrt(A)");
                }
                if !self.is_symmetric(&value.expr) {
                    let label = Label::new(value.span.clone(), "not known to be symmetric");
                    let said = Diagnostic::error("sqrt of a matrix that need not be symmetric", label);
                    return self.fail(
                        said.note("sqrt(A) is the symmetric root of a symmetric matrix, such as a symmetric field, Cov[v] or B*B'"),
                    );
                }
                self.node(Kind::MatrixRoot(value.expr.clone()), value.shape(), &[value], span)
            }
            Shape::Vector(_) | Shape::Components(_) => {
                self.wrong_shape(value, "a scalar or a matrix", "sqrt")
            }
        }
    }

    fn of_two(&mut self, call: &Call, span: &Span) -> Elaborated {
        let [first, second] = self.arguments(call)?;
        let (first, second) = (self.expression(first), self.expression(second));
        let (first, second) = (first?, second?);
        match &*call.name.text {
            "dot" => self.dot(&first, &second, span),
            "outer" => {
                let (a, b) = (self.vector(&first, "outer(a, b)")?, self.vector(&second, "outer(a, b)")?);
                let (Shape::Vector(rows), Shape::Vector(columns)) = (a.shape(), b.shape()) else {
                    return Err(Stop);
                };
                let kind = Kind::Outer(a.expr.clone(), b.expr.clone());
                self.node(kind, Shape::Matrix(rows, columns), &[&a, &b], span)
            }
            _ => {
                let by = self.space_vector(&second, "shift(e, v)")?;
                let kind = Kind::Shift(first.expr.clone(), by.expr.clone());
                self.node(kind, first.shape(), &[&first, &by], span)
            }
        }
    }

    /// `E[e]`, `Var[s]`, `Cov[v]`, `Cov[a, b]`
    fn statistic(&mut self, call: &Call, span: &Span) -> Elaborated {
        if &*call.name.text == "Cov" && call.arguments.len() == 2 {
            let [first, second] = self.arguments(call)?;
            let (a, b) = (self.expression(first), self.expression(second));
            let (a, b) = (a?, b?);
            let shape = match (a.shape(), b.shape()) {
                (Shape::Scalar, Shape::Scalar) => Shape::Scalar,
                (Shape::Vector(length), Shape::Scalar) | (Shape::Scalar, Shape::Vector(length)) => {
                    Shape::Vector(length)
                }
                (Shape::Vector(rows), Shape::Vector(columns)) => Shape::Matrix(rows, columns),
                (Shape::Matrix(..) | Shape::Components(_), _) => {
                    return self.wrong_shape(&a, "a vector or a scalar", "Cov[a, b]");
                }
                (_, Shape::Matrix(..) | Shape::Components(_)) => {
                    return self.wrong_shape(&b, "a vector or a scalar", "Cov[a, b]");
                }
            };
            return self.node(Kind::CrossCov(a.expr.clone(), b.expr.clone()), shape, &[&a, &b], span);
        }
        let value = self.only_argument(call)?;
        let e = value.expr.clone();
        match &*call.name.text {
            "E" => self.node(Kind::Expect(e), value.shape(), &[&value], span),
            "Var" => {
                let s = self.scalar(&value, "Var[s]")?;
                self.node(Kind::Var(e), Shape::Scalar, &[&s], span)
            }
            _ => {
                let shape = match value.shape() {
                    Shape::Scalar => Shape::Scalar,
                    Shape::Vector(length) => Shape::Matrix(length, length),
                    Shape::Matrix(..) | Shape::Components(_) => {
                        return self.wrong_shape(&value, "a vector or a scalar", "Cov[v]");
                    }
                };
                self.node(Kind::Cov(e), shape, &[&value], span)
            }
        }
    }
}

/// The call as a name, if it is no more than that: a node that is a plain name.
pub(super) fn plain_name(node: &Node) -> Option<&Arc<str>> {
    match &node.form {
        Form::Name(name) => Some(name),
        _ => None,
    }
}
