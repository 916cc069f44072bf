//! Instances: what the fields of a derivation are on real data. They are kept as they were written; whoever evaluates them
//! knows which keys there are, and which names a value may use beside the declared ones (columns of data, say).

use super::Rational;
use std::ops::Range;
use std::sync::Arc;

/// `instance name { key = value ... }`.
#[derive(Debug, Clone, PartialEq)]
pub struct Instance {
    /// Its name, unique among the instances.
    pub name: Arc<str>,
    /// What it binds, each key once, in the order of the text.
    pub entries: Vec<Entry>,
    /// Bytes of the statement in its file.
    pub span: Range<usize>,
}

impl Instance {
    /// What a key is bound to.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.entries.iter().find(|entry| &*entry.key == key).map(|entry| &entry.value)
    }
}

/// `key = value`.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The key, in ASCII.
    pub key: Arc<str>,
    /// What stands behind it.
    pub value: Value,
    /// Bytes of key and value in the file.
    pub span: Range<usize>,
}

/// An operator between two values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// `a + b`
    Add,
    /// `a - b`
    Subtract,
    /// `a * b`
    Multiply,
    /// `a / b`
    Divide,
    /// `a ^ b`
    Power,
}

/// What a key of an instance is bound to: syntax, of which nothing is looked up yet.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `0.05`, exactly.
    Number(Rational),
    /// `"data/wine.csv"`
    Text(Arc<str>),
    /// `zeros`, `true`, `theta`
    Name(Arc<str>),
    /// `[0.1, -0.2]`; lists may stand in lists.
    List(Vec<Self>),
    /// `csv("data/wine.csv", target = "class")`: the arguments in their order, named ones with their names.
    Call(Arc<str>, Vec<(Option<Arc<str>>, Self)>),
    /// `-a`
    Negative(Box<Self>),
    /// `a + b` and the like.
    Operation(Operator, Box<(Self, Self)>),
}
