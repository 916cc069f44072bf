//! Calls whose arguments have names: means and sums over a batch, and names replaced.

#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "most nodes are treated alike; a match names those that are not"
)]

use super::diagnostic::{Diagnostic, Label};
use super::elaboration::{BatchUse, Elaborated, Elaborator, Meaning, Stop, Value};
use super::syntax::{Argument, Call, Name, Node, Span};
use crate::expression::{Batch, Kind, Rational, SymbolId, SymbolKind};

impl Elaborator<'_> {
    /// `mean(e, n)`, `mean(e, n, N)`, `mean(e, n, batch = 2)` and the same of `sum`.
    pub(super) fn batch(&mut self, call: &Call, span: &Span) -> Elaborated {
        let (mut positional, mut number) = (vec![], 1);
        for argument in &call.arguments {
            match &argument.name {
                None => positional.push(&argument.value),
                Some(name) if &*name.text == "batch" => number = self.batch_number(&argument.value)?,
                Some(name) => return self.named_argument(call, name),
            }
        }
        let (e, size, population) = match positional[..] {
            [e, size] => (e, size, None),
            [e, size, population] => (e, size, Some(population)),
            _ => return self.wrong_arguments(call),
        };
        let value = self.expression(e)?;
        let size = self.count(size, "the size of a batch")?;
        let population = population.map(|node| self.count(node, "the number of points")).transpose()?;
        let all = population.as_ref().and_then(Value::number);
        if let Some(all) = all.filter(|all| size.number().is_some_and(|n| n > *all)) {
            let label = Label::new(size.span.clone(), format!("more than {all}"));
            return self
                .fail(Diagnostic::error("a batch without replacement is larger than its population", label));
        }
        let batch = Batch {
            number,
            size: size.expr.clone(),
            population: population.as_ref().map(|population| population.expr.clone()),
        };
        self.use_batch(BatchUse {
            number,
            size: batch.size.clone(),
            population: batch.population.clone(),
            span: span.clone(),
        })?;
        let parts: Vec<&Value> = [&value, &size].into_iter().chain(&population).collect();
        let e = value.expr.clone();
        let kind = if &*call.name.text == "mean" { Kind::Mean(e, batch) } else { Kind::SumOver(e, batch) };
        self.node(kind, value.shape(), &parts, span)
    }

    fn batch_number(&mut self, node: &Node) -> Elaborated<u32> {
        let number = super::parser::constant(node).and_then(|value| value.to_integer());
        match number.map(u32::try_from) {
            Some(Ok(number)) if number >= 1 => Ok(number),
            _ => self.fail(Diagnostic::error(
                "a batch has a number: 1, 2, ...",
                Label::new(node.span.clone(), ""),
            )),
        }
    }

    /// A number of things: a whole number of at least 1 if it is known, and the same everywhere.
    fn count(&mut self, node: &Node, what: &str) -> Elaborated {
        let value = self.constant(node, what)?;
        let counts = |number: &Rational| number.to_integer().is_some_and(|number| number >= 1);
        if value.number().is_some_and(|number| !counts(number)) {
            let label = Label::new(value.span.clone(), "");
            return self.fail(Diagnostic::error(format!("{what} is a whole number of at least 1"), label));
        }
        Ok(value)
    }

    /// A scalar that depends on declared scalars only.
    pub(super) fn constant(&mut self, node: &Node, what: &str) -> Elaborated {
        let value = self.expression(node)?;
        let value = self.scalar(&value, what)?;
        let symbols = &self.symbols;
        let varies = value.expr.any(&mut |e| match e.kind() {
            Kind::Symbol(id) => !matches!(symbols.get(*id).kind, SymbolKind::Scalar(_)),
            _ => false,
        });
        if varies || !value.free.is_empty() {
            let label = Label::new(
                value.span.clone(),
                "this depends on a field, a coordinate, an index or a random name",
            );
            return self.fail(Diagnostic::error(format!("{what} is the same everywhere"), label));
        }
        Ok(value)
    }

    /// `at(e, a = s)`; several names are replaced at once.
    pub(super) fn at(&mut self, call: &Call, span: &Span) -> Elaborated {
        let Some((Argument { name: None, value: body }, replacements)) = call.arguments.split_first() else {
            return self.wrong_arguments(call);
        };
        if replacements.is_empty() {
            return self.wrong_arguments(call);
        }
        let mut value = self.expression(body)?;
        let mut replaced: Vec<(SymbolId, Value)> = vec![];
        for Argument { name, value: by } in replacements {
            let Some(name) = name else { return self.wrong_arguments(call) };
            let id = self.replaceable(name)?;
            let by = self.expression(by)?;
            let by = self.scalar(&by, "at(e, a = s)")?;
            replaced.push((id, by));
        }
        let mut kinds = replaced.iter().map(|(id, _)| *id);
        let twice = (1..replaced.len()).any(|count| {
            kinds.by_ref().take(1).any(|id| replaced[count..].iter().any(|(other, _)| *other == id))
        });
        let entangled = replaced.iter().any(|(_, by)| {
            by.expr.any(&mut |e| matches!(e.kind(), Kind::Symbol(id) if replaced.len() > 1 && replaced.iter().any(|(other, _)| other == id)))
        });
        if twice || entangled {
            let label = Label::new(span.clone(), "");
            let said = Diagnostic::error("these replacements depend on their order", label);
            return self.fail(said.note("replace one name at a time: at(at(e, a = s), b = t)"));
        }
        for (id, by) in replaced {
            let kind = Kind::At(value.expr.clone(), id, by.expr.clone());
            value = self.node(kind, value.shape(), &[&value, &by], span)?;
        }
        Ok(value)
    }

    fn replaceable(&mut self, name: &Name) -> Elaborated<SymbolId> {
        match self.names.get(&name.text).map(|(meaning, _)| *meaning) {
            Some(Meaning::Symbol(id)) => {
                match self.symbols.get(id).kind {
                    SymbolKind::Scalar(_) | SymbolKind::Coordinate(_) => Ok(id),
                    _ => {
                        let label = Label::new(name.span.clone(), "");
                        let said = Diagnostic::error(format!("{} cannot be replaced", name.text), label);
                        self.fail(said.note(
                            "at(e, a = s) replaces a coordinate or a scalar; shift(e, v) moves the space",
                        ))
                    }
                }
            }
            Some(Meaning::Broken) => Err(Stop),
            Some(Meaning::Let(_)) => {
                let label = Label::new(name.span.clone(), "");
                self.fail(Diagnostic::error(
                    format!("{} is a let, which is substituted already", name.text),
                    label,
                ))
            }
            None => match self.unknown(&name.text, &name.span) {
                Ok(_) | Err(_) => Err(Stop),
            },
        }
    }
}
