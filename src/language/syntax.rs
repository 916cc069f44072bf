//! What a text says before its names are looked up: the tree that the parser makes and the elaboration reads.

use crate::expression::{Expected, Rational, Sign};
use std::ops::Range;
use std::sync::Arc;

/// Bytes of the file.
pub(super) type Span = Range<usize>;

/// A name with its place.
#[derive(Debug, Clone)]
pub(super) struct Name {
    /// In ASCII.
    pub(super) text: Arc<str>,
    pub(super) span: Span,
}

/// One node of an expression.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) form: Form,
    pub(super) span: Span,
    /// The longest way down to a leaf.
    pub(super) depth: usize,
}

/// What a node is.
#[derive(Debug)]
pub(super) enum Form {
    Number(Rational),
    /// `"text"`, in instances.
    Text(Arc<str>),
    Name(Arc<str>),
    /// Terms, each with whether it is subtracted.
    Sum(Vec<(bool, Node)>),
    Negative(Box<Node>),
    Binary(Binary, Box<(Node, Node)>),
    /// `A'`
    Prime(Box<Node>),
    /// `A[i,j]`
    Component(Box<Node>, Vec<Name>),
    /// `d[j](e)`
    Partial(Name, Box<Node>),
    /// `sum[i](e)`
    Over(Name, Box<Node>),
    /// `tensor[i](e)`, `tensor[i,j](e)`
    Tensor(Vec<Name>, Box<Node>),
    /// `delta[i,j]`
    Delta(Name, Name),
    Call(Call),
    List(Vec<Node>),
}

/// Operators between two operands that are not sums.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Binary {
    Multiply,
    Divide,
    Power,
    /// The middle dot.
    Dot,
}

/// `name(arguments)`, `name'(arguments)`, `E[arguments]`.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) name: Name,
    pub(super) primes: u32,
    pub(super) arguments: Vec<Argument>,
}

/// `value` or `name = value`.
#[derive(Debug)]
pub(super) struct Argument {
    pub(super) name: Option<Name>,
    pub(super) value: Node,
}

/// A comparison in a `where` clause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Relation {
    Equal,
    Greater,
    AtLeast,
    Less,
    AtMost,
}

/// `space theta` or `space theta = (a, b)`.
#[derive(Debug)]
pub(super) struct Space {
    pub(super) name: Name,
    pub(super) coordinates: Option<Vec<Name>>,
}

/// One name of a `random` statement.
#[derive(Debug)]
pub(super) struct Random {
    pub(super) name: Name,
    pub(super) vector: bool,
    pub(super) distribution: Option<Node>,
}

/// One name of a `field` or `test` statement; the shape stands at the end of the statement.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) name: Name,
    pub(super) arguments: Vec<Name>,
    pub(super) shape: Name,
    pub(super) sign: Sign,
    pub(super) test: bool,
}

/// One name of a `noise` statement.
#[derive(Debug)]
pub(super) struct Noise {
    pub(super) name: Name,
    pub(super) time_step: Name,
    pub(super) scalar: bool,
}

/// `claim` and `refute`.
#[derive(Debug)]
pub(super) struct Claim {
    pub(super) name: Name,
    pub(super) expected: Expected,
    pub(super) conditions: Vec<(Node, Relation, Node)>,
    pub(super) left: Node,
    pub(super) right: Node,
}

/// One statement.
#[derive(Debug)]
pub(super) enum Statement {
    Scalars(Vec<(Name, Sign)>),
    Space(Space),
    Randoms(Vec<Random>),
    Fields(Vec<Field>),
    Noises(Vec<Noise>),
    Functions(Vec<Name>),
    Given(Node, Node),
    Let(Name, Vec<Name>, Node),
    Claim(Box<Claim>),
    Assume(Name, Arc<str>),
    Instance(Name, Vec<(Name, Node)>),
}
