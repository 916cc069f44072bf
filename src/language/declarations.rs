//! Declarations: what a name is from here on.

#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "most nodes are treated alike; a match names those that are not"
)]

use super::calls::{plain_name, usage};
use super::diagnostic::{Diagnostic, Label};
use super::elaboration::{Elaborated, Elaborator, Meaning, Stop, Value};
use super::lexer::KEYWORDS;
use super::limits::ERRORS;
use super::syntax::{Field, Form, Name, Node, Noise, Random, Space, Span};
use crate::expression::{Distribution, Expr, FieldShape, RandomShape, Rational, Sign, SymbolId, SymbolKind};
use std::sync::Arc;

/// The distributions and how each is written.
const DISTRIBUTIONS: [(&str, &str); 7] = [
    ("normal", "normal(mean, standard deviation)"),
    ("uniform", "uniform(lower end, upper end)"),
    ("rademacher", "rademacher"),
    ("bernoulli", "bernoulli(probability)"),
    ("exponential", "exponential(rate)"),
    ("poisson", "poisson(mean)"),
    ("moments", "moments(E[x], E[x^2], ...)"),
];

impl Elaborator<'_> {
    /// Checks that a name is free to be declared.
    pub(super) fn new_name(&mut self, name: &Name) -> Elaborated<()> {
        if self.errors.len() >= ERRORS {
            return Err(Stop);
        }
        if usage(&name.text).is_some() || KEYWORDS.contains(&&*name.text) {
            let label = Label::new(name.span.clone(), "");
            let said = Diagnostic::error(format!("{} is a word of the language", name.text), label);
            return self.fail(said.note("declare another name"));
        }
        match self.names.get(&name.text) {
            None => Ok(()),
            Some((Meaning::Broken, _)) => Err(Stop),
            Some((_, first)) => {
                let first = first.clone();
                let label = Label::new(name.span.clone(), "declared again");
                let said = Diagnostic::error(format!("{} is declared twice", name.text), label);
                self.fail(said.and(first, "declared here"))
            }
        }
    }

    /// Declares a symbol under a new name.
    pub(super) fn declare(&mut self, name: &Name, kind: SymbolKind) -> Elaborated<SymbolId> {
        self.new_name(name)?;
        let id = self.symbols.declare(&name.text, kind);
        self.names.insert(Arc::clone(&name.text), (Meaning::Symbol(id), name.span.clone()));
        Ok(id)
    }

    /// Notes that a name was meant to be declared, so that its uses are not reported as well.
    pub(super) fn broken(&mut self, name: &Name) {
        if usage(&name.text).is_none() && !KEYWORDS.contains(&&*name.text) {
            let entry = (Meaning::Broken, name.span.clone());
            self.names.entry(Arc::clone(&name.text)).or_insert(entry);
        }
    }

    pub(super) fn space(&mut self, space: &Space) -> Elaborated<()> {
        let first = self.symbols.iter().find(|(_, symbol)| matches!(symbol.kind, SymbolKind::Space));
        if let Some(first) = first.map(|(_, symbol)| Arc::clone(&symbol.name)) {
            let said =
                Diagnostic::error("there is one space", Label::new(space.name.span.clone(), "a second one"));
            let first = self.names.get(&first).map(|(_, span)| span.clone());
            self.broken(&space.name);
            return self.fail(match first {
                Some(first) => said.and(first, "declared here"),
                None => said,
            });
        }
        self.declare(&space.name, SymbolKind::Space)?;
        for (number, coordinate) in (0..).zip(space.coordinates.iter().flatten()) {
            self.declare(coordinate, SymbolKind::Coordinate(number))?;
        }
        Ok(())
    }

    pub(super) fn field(&mut self, field: &Field) -> Elaborated<()> {
        let mut arguments: Vec<SymbolId> = vec![];
        for argument in &field.arguments {
            let Some((meaning, span)) = self.names.get(&argument.text).cloned() else {
                self.broken(&field.name);
                let label = Label::new(argument.span.clone(), "");
                let said = Diagnostic::error(format!("{} is not declared", argument.text), label);
                return self.fail(said.note(format!("declare it: random {}", argument.text)));
            };
            let Meaning::Symbol(id) = meaning else {
                self.broken(&field.name);
                return match meaning {
                    Meaning::Broken => Err(Stop),
                    Meaning::Let(_) | Meaning::Symbol(_) => self.no_argument(argument, &span),
                };
            };
            match self.symbols.get(id).kind {
                SymbolKind::Space => {}
                SymbolKind::Random { .. } if !field.test && !arguments.contains(&id) => arguments.push(id),
                _ => {
                    self.broken(&field.name);
                    return self.no_argument(argument, &span);
                }
            }
        }
        let shape = match &*field.shape.text {
            "vector" => FieldShape::Vector,
            "symmetric" => FieldShape::Symmetric,
            "matrix" => FieldShape::Matrix,
            _ => FieldShape::Scalar,
        };
        let kind = SymbolKind::Field { shape, arguments, sign: field.sign, test: field.test };
        self.declare(&field.name, kind).map(|_| ())
    }

    #[cold]
    fn no_argument(&mut self, argument: &Name, declared: &Span) -> Elaborated<()> {
        let said = Diagnostic::error(
            format!("{} is no argument of a field", argument.text),
            Label::new(argument.span.clone(), ""),
        );
        self.fail(said.and(declared.clone(), "declared here").note(
            "a field depends on the space and on random names, each once; a test function on the space alone",
        ))
    }

    pub(super) fn noise(&mut self, noise: &Noise) -> Elaborated<()> {
        let time_step = match self.names.get(&noise.time_step.text).cloned() {
            None => self.declare(&noise.time_step, SymbolKind::Scalar(Sign::Positive)),
            Some((Meaning::Symbol(id), span)) => match self.symbols.get(id).kind {
                SymbolKind::Scalar(_) => {
                    self.symbols.redeclare(id, SymbolKind::Scalar(Sign::Positive));
                    Ok(id)
                }
                _ => self.no_time_step(&noise.time_step, &span),
            },
            Some((Meaning::Broken, _)) => Err(Stop),
            Some((Meaning::Let(_), span)) => self.no_time_step(&noise.time_step, &span),
        };
        let Ok(time_step) = time_step else {
            self.broken(&noise.name);
            return Err(Stop);
        };
        self.declare(&noise.name, SymbolKind::Noise { time_step, scalar: noise.scalar }).map(|_| ())
    }

    #[cold]
    fn no_time_step<T>(&mut self, name: &Name, declared: &Span) -> Elaborated<T> {
        let label = Label::new(name.span.clone(), "");
        let said = Diagnostic::error(format!("the time step {} is not a scalar", name.text), label);
        self.fail(said.and(declared.clone(), "declared here").note("declare it: scalar dt > 0"))
    }

    pub(super) fn random(&mut self, random: &Random) -> Elaborated<()> {
        self.new_name(&random.name)?;
        let Some(node) = &random.distribution else {
            let shape = if random.vector { RandomShape::Vector } else { RandomShape::Opaque };
            let kind = SymbolKind::Random { shape, distribution: None };
            return self.declare(&random.name, kind).map(|_| ());
        };
        if random.vector {
            self.broken(&random.name);
            let said = Diagnostic::error(
                "a random vector with a known distribution cannot be declared",
                Label::new(node.span.clone(), ""),
            );
            return self.fail(said.note("give its components names, each with a distribution"));
        }
        self.enter();
        let Ok(distribution) = self.distribution(node) else {
            self.broken(&random.name);
            return Err(Stop);
        };
        let kind = SymbolKind::Random { shape: RandomShape::Scalar, distribution: Some(distribution) };
        self.declare(&random.name, kind).map(|_| ())
    }

    fn distribution(&mut self, node: &Node) -> Elaborated<Distribution> {
        let (name, arguments) = match &node.form {
            Form::Call(call) if call.primes == 0 => (&call.name.text, &call.arguments[..]),
            _ => match plain_name(node) {
                Some(name) => (name, &[][..]),
                None => return self.no_distribution("this", node),
            },
        };
        let Some((known, usage)) = DISTRIBUTIONS.iter().find(|(known, _)| known == &&**name) else {
            return self.no_distribution(name, node);
        };
        let mut values: Vec<Value> = vec![];
        for argument in arguments {
            if argument.name.is_some() {
                return self.wrong_parameters(usage, node);
            }
            values.push(self.constant(&argument.value, "a parameter of a distribution")?);
        }
        let parameters: Vec<Expr> = values.iter().map(|value| value.expr.clone()).collect();
        let distribution = match (*known, &parameters[..]) {
            ("normal", [mean, deviation]) => Distribution::Normal(mean.clone(), deviation.clone()),
            ("uniform", [low, high]) => Distribution::Uniform(low.clone(), high.clone()),
            ("rademacher", []) => Distribution::Rademacher,
            ("bernoulli", [p]) => Distribution::Bernoulli(p.clone()),
            ("exponential", [rate]) => Distribution::Exponential(rate.clone()),
            ("poisson", [mean]) => Distribution::Poisson(mean.clone()),
            ("moments", [_, ..]) => Distribution::Moments(parameters.clone()),
            _ => return self.wrong_parameters(usage, node),
        };
        self.check_parameters(known, &values)?;
        Ok(distribution)
    }

    /// Parameters that are numbers must be those of a distribution.
    fn check_parameters(&mut self, name: &str, values: &[Value]) -> Elaborated<()> {
        let number = |at: usize| values.get(at).and_then(Value::number);
        let wrong = match name {
            "normal" if number(1).is_some_and(Rational::is_negative) => {
                Some((1, "a standard deviation is at least 0"))
            }
            "uniform" => match (number(0), number(1)) {
                (Some(low), Some(high)) if low >= high => Some((1, "the upper end is above the lower")),
                _ => None,
            },
            "bernoulli" if number(0).is_some_and(|p| p.is_negative() || *p > Rational::ONE) => {
                Some((0, "a probability is from 0 to 1"))
            }
            "exponential" if number(0).is_some_and(|rate| !rate.is_positive()) => {
                Some((0, "a rate is above 0"))
            }
            "poisson" if number(0).is_some_and(Rational::is_negative) => Some((0, "this mean is at least 0")),
            "moments" => match (number(0), number(1)) {
                (Some(first), Some(second)) if first * first > *second => {
                    Some((1, "E[x^2] is at least the square of E[x]"))
                }
                (None, Some(second)) if second.is_negative() => Some((1, "E[x^2] is at least 0")),
                _ => None,
            },
            _ => None,
        };
        let Some((at, message)) = wrong else { return Ok(()) };
        let span = values.get(at).map_or(0..0, |value| value.span.clone());
        self.fail(Diagnostic::error(message, Label::new(span, "")))
    }

    #[cold]
    fn no_distribution<T>(&mut self, name: &str, node: &Node) -> Elaborated<T> {
        let label = Label::new(node.span.clone(), "");
        let said = Diagnostic::error(format!("{name} is no distribution"), label);
        let near = super::names::nearest(name, DISTRIBUTIONS.iter().map(|(name, _)| *name));
        self.fail(match near {
            Some(near) => said.note(format!("is {near} meant?")),
            None => said.note(format!("there are {}", DISTRIBUTIONS.map(|(name, _)| name).join(", "))),
        })
    }

    #[cold]
    fn wrong_parameters<T>(&mut self, usage: &str, node: &Node) -> Elaborated<T> {
        let label = Label::new(node.span.clone(), "");
        self.fail(
            Diagnostic::error("this distribution has other parameters", label).note(format!("write {usage}")),
        )
    }
}
