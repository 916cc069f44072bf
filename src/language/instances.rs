//! Instances: their syntax as a value, nothing looked up.

use super::diagnostic::{Diagnostic, Label};
use super::elaboration::{Elaborated, Elaborator};
use super::limits::DEPTH;
use super::syntax::{Binary, Form, Name, Node, Span};
use crate::expression::{Entry, Instance, Operator, Value};
use std::collections::HashMap;
use std::sync::Arc;

impl Elaborator<'_> {
    pub(super) fn instance(
        &mut self,
        name: &Name,
        entries: &[(Name, Node)],
        span: &Span,
    ) -> Elaborated<Instance> {
        if let Some(first) = self.instances.insert(Arc::clone(&name.text), name.span.clone()) {
            let label = Label::new(name.span.clone(), "once more");
            let said = Diagnostic::error(format!("two instances are named {}", name.text), label);
            return self.fail(said.and(first, "first here"));
        }
        let mut keys: HashMap<&Arc<str>, &Span> = HashMap::new();
        let mut result = vec![];
        for (key, node) in entries {
            if let Some(first) = keys.insert(&key.text, &key.span) {
                let label = Label::new(key.span.clone(), "bound again");
                let said = Diagnostic::error(format!("{} is bound twice", key.text), label);
                return self.fail(said.and(first.clone(), "bound here"));
            }
            let value = self.value(node)?;
            result.push(Entry { key: Arc::clone(&key.text), value, span: key.span.start..node.span.end });
        }
        Ok(Instance { name: Arc::clone(&name.text), entries: result, span: span.clone() })
    }

    /// The value of a node.
    pub(super) fn value(&mut self, node: &Node) -> Elaborated<Value> {
        Ok(match &node.form {
            Form::Number(number) => Value::Number(number.clone()),
            Form::Text(text) => Value::Text(Arc::clone(text)),
            Form::Name(name) => Value::Name(Arc::clone(name)),
            Form::List(parts) => {
                Value::List(parts.iter().map(|part| self.value(part)).collect::<Elaborated<_>>()?)
            }
            Form::Call(call) if call.primes == 0 => {
                let mut arguments = vec![];
                for argument in &call.arguments {
                    let name = argument.name.as_ref().map(|name| Arc::clone(&name.text));
                    arguments.push((name, self.value(&argument.value)?));
                }
                Value::Call(Arc::clone(&call.name.text), arguments)
            }
            Form::Negative(inner) => {
                let inner = self.value(inner)?;
                if let Value::Number(number) = inner {
                    Value::Number(-number)
                } else {
                    Value::Negative(Box::new(inner))
                }
            }
            Form::Binary(Binary::Dot, sides) => {
                let arguments = vec![(None, self.value(&sides.0)?), (None, self.value(&sides.1)?)];
                Value::Call("dot".into(), arguments)
            }
            Form::Binary(operator, sides) => {
                let operator = match operator {
                    Binary::Multiply | Binary::Dot => Operator::Multiply,
                    Binary::Divide => Operator::Divide,
                    Binary::Power => Operator::Power,
                };
                Value::Operation(operator, Box::new((self.value(&sides.0)?, self.value(&sides.1)?)))
            }
            Form::Sum(terms) => return self.sum_of_values(terms, &node.span),
            Form::Prime(_)
            | Form::Component(..)
            | Form::Partial(..)
            | Form::Over(..)
            | Form::Tensor(..)
            | Form::Delta(..)
            | Form::Call(_) => {
                let label = Label::new(node.span.clone(), "");
                return self.fail(
                    Diagnostic::error("this cannot stand in an instance", label)
                        .note("a value is made of numbers, texts, names, lists, calls and + - * / ^"),
                );
            }
        })
    }

    fn sum_of_values(&mut self, terms: &[(bool, Node)], span: &Span) -> Elaborated<Value> {
        if terms.len() > DEPTH {
            let label = Label::new(span.clone(), "");
            return self
                .fail(Diagnostic::error(format!("a sum in an instance has at most {DEPTH} terms"), label));
        }
        let mut sum: Option<Value> = None;
        for (subtracted, term) in terms {
            let value = self.value(term)?;
            sum = Some(match sum {
                None => value,
                Some(left) => {
                    let operator = if *subtracted { Operator::Subtract } else { Operator::Add };
                    Value::Operation(operator, Box::new((left, value)))
                }
            });
        }
        sum.ok_or(super::elaboration::Stop)
    }
}
