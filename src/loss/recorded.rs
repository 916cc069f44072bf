//! A number that records what is done to it.
//!
//! Running a generic loss on [`Recorded`] numbers leaves the list of its elementary operations on a tape of the
//! running thread; [`record`] turns that tape into a list of [`Node`]s. Each operation keeps the value it had, so a
//! body that branches still works: the recording then notes that a value was looked at ([`Recording::branches`]) and
//! holds for this row and this `theta` only.

use num_dual::{DualNum, DualStruct, Mappable};
use num_traits::{FromPrimitive, Inv, Num, One, Signed, Zero};
use std::cell::RefCell;
use std::cmp::Ordering;
use std::collections::HashMap;
use std::fmt;
use std::iter::{Product, Sum};
use std::ops::{Add, AddAssign, Div, DivAssign, Mul, MulAssign, Neg, Rem, RemAssign, Sub, SubAssign};

/// A function of one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Unary {
    Abs,
    Recip,
    Sqrt,
    Cbrt,
    Exp,
    ExpM1,
    Ln,
    Ln1p,
    Sin,
    Cos,
    Tan,
    Asin,
    Acos,
    Atan,
    Sinh,
    Cosh,
    Tanh,
    Asinh,
    Acosh,
    Atanh,
    Powi(i32),
    /// The exponent as its bits, so that operations can be compared.
    Powf(u64),
}

/// One elementary operation; operands are places in the list of nodes, always earlier ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Node {
    /// The `i`-th parameter.
    Theta(u32),
    /// The `j`-th number of the encoded row.
    Row(u32),
    /// A constant, as its bits.
    Constant(u64),
    Neg(u32),
    Add(u32, u32),
    Sub(u32, u32),
    Mul(u32, u32),
    Div(u32, u32),
    Apply(Unary, u32),
}

/// What one run of a loss did.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct Recording {
    /// The operations in the order in which they were done.
    pub(crate) nodes: Vec<Node>,
    /// The place of the result.
    pub(crate) result: u32,
    /// Whether the body looked at a value, so that another row or `theta` may take another way.
    pub(crate) branches: bool,
}

#[derive(Default)]
struct Tape {
    nodes: Vec<Node>,
    places: HashMap<Node, u32>,
    branches: bool,
}

impl Tape {
    fn place(&mut self, node: Node) -> u32 {
        if let Some(&place) = self.places.get(&node) {
            return place;
        }
        let place = u32::try_from(self.nodes.len()).expect("a loss has fewer than 2^32 operations");
        self.nodes.push(node);
        self.places.insert(node, place);
        place
    }
}

thread_local! {
    static TAPE: RefCell<Tape> = RefCell::default();
}

/// Runs `body` on recorded numbers standing for `row` and `theta` and returns what it did.
pub(crate) fn record(
    row: &[f64],
    theta: &[f64],
    body: impl FnOnce(&[Recorded], &[Recorded]) -> Recorded,
) -> Recording {
    TAPE.take();
    let inputs = |values: &[f64], node: fn(u32) -> Node| -> Vec<Recorded> {
        (0..).zip(values).map(|(i, &value)| Recorded::placed(node(i), value)).collect()
    };
    let theta = inputs(theta, Node::Theta);
    let row = inputs(row, Node::Row);
    let result = body(&row, &theta).place();
    let tape = TAPE.take();
    Recording { nodes: tape.nodes, result, branches: tape.branches }
}

/// A number on the tape of this thread, or a constant that is not on it yet.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Recorded {
    value: f64,
    place: Option<u32>,
}

impl Recorded {
    fn constant(value: f64) -> Self {
        Self { value, place: None }
    }

    fn placed(node: Node, value: f64) -> Self {
        Self { value, place: Some(TAPE.with_borrow_mut(|tape| tape.place(node))) }
    }

    fn place(self) -> u32 {
        self.place
            .unwrap_or_else(|| TAPE.with_borrow_mut(|tape| tape.place(Node::Constant(self.value.to_bits()))))
    }

    /// The value, noting that the body has seen it (constants do not count: they are the same every time).
    fn look(self) -> f64 {
        if self.place.is_some() {
            TAPE.with_borrow_mut(|tape| tape.branches = true);
        }
        self.value
    }

    fn is_exactly(self, constant: f64) -> bool {
        self.place.is_none() && self.value.to_bits() == constant.to_bits()
    }

    fn binary(self, other: Self, node: fn(u32, u32) -> Node, value: f64) -> Self {
        if self.place.is_none() && other.place.is_none() {
            return Self::constant(value);
        }
        let (a, b) = (self.place(), other.place());
        Self::placed(node(a, b), value)
    }

    fn plus(self, other: Self) -> Self {
        if self.is_exactly(0.0) {
            return other;
        }
        if other.is_exactly(0.0) {
            return self;
        }
        self.binary(other, Node::Add, self.value + other.value)
    }

    fn minus(self, other: Self) -> Self {
        if other.is_exactly(0.0) {
            return self;
        }
        self.binary(other, Node::Sub, self.value - other.value)
    }

    fn times(self, other: Self) -> Self {
        if self.is_exactly(1.0) {
            return other;
        }
        if other.is_exactly(1.0) {
            return self;
        }
        self.binary(other, Node::Mul, self.value * other.value)
    }

    fn over(self, other: Self) -> Self {
        if other.is_exactly(1.0) {
            return self;
        }
        self.binary(other, Node::Div, self.value / other.value)
    }

    /// `x - y trunc(x/y)`: the quotient is looked at, so that it enters as a constant.
    fn remainder(self, other: Self) -> Self {
        let quotient = (self.look() / other.look()).trunc();
        self.minus(other.times(Self::constant(quotient)))
    }

    fn negated(self) -> Self {
        match self.place {
            None => Self::constant(-self.value),
            Some(a) => Self::placed(Node::Neg(a), -self.value),
        }
    }

    fn apply(self, function: Unary) -> Self {
        let value = function.value(self.value);
        match self.place {
            None => Self::constant(value),
            Some(a) => Self::placed(Node::Apply(function, a), value),
        }
    }
}

// The number traits ask for each operation in every combination of `Self`, `&Self` and `f64`, thirty-five
// impls that differ in one word: the one place where a macro is clearer than the text it stands for.
macro_rules! operator {
    ($trait:ident, $method:ident, $assign:ident, $assign_method:ident, $does:ident) => {
        impl $trait for Recorded {
            type Output = Self;
            fn $method(self, other: Self) -> Self {
                self.$does(other)
            }
        }
        impl $trait<&Self> for Recorded {
            type Output = Self;
            fn $method(self, other: &Self) -> Self {
                self.$does(*other)
            }
        }
        impl $trait<f64> for Recorded {
            type Output = Self;
            fn $method(self, other: f64) -> Self {
                self.$does(Self::constant(other))
            }
        }
        impl $assign for Recorded {
            fn $assign_method(&mut self, other: Self) {
                *self = self.$does(other);
            }
        }
        impl $assign<f64> for Recorded {
            fn $assign_method(&mut self, other: f64) {
                *self = self.$does(Self::constant(other));
            }
        }
    };
}

operator!(Add, add, AddAssign, add_assign, plus);
operator!(Sub, sub, SubAssign, sub_assign, minus);
operator!(Mul, mul, MulAssign, mul_assign, times);
operator!(Div, div, DivAssign, div_assign, over);
operator!(Rem, rem, RemAssign, rem_assign, remainder);

impl Neg for Recorded {
    type Output = Self;
    fn neg(self) -> Self {
        self.negated()
    }
}

impl Inv for Recorded {
    type Output = Self;
    fn inv(self) -> Self {
        self.apply(Unary::Recip)
    }
}

impl Sum for Recorded {
    fn sum<I: Iterator<Item = Self>>(terms: I) -> Self {
        terms.fold(Self::zero(), Self::plus)
    }
}

impl Product for Recorded {
    fn product<I: Iterator<Item = Self>>(factors: I) -> Self {
        factors.fold(Self::one(), Self::times)
    }
}

impl Zero for Recorded {
    fn zero() -> Self {
        Self::constant(0.0)
    }
    fn is_zero(&self) -> bool {
        self.look() == 0.0
    }
}

impl One for Recorded {
    fn one() -> Self {
        Self::constant(1.0)
    }
}

impl Num for Recorded {
    type FromStrRadixErr = <f64 as Num>::FromStrRadixErr;
    fn from_str_radix(text: &str, radix: u32) -> Result<Self, Self::FromStrRadixErr> {
        f64::from_str_radix(text, radix).map(Self::constant)
    }
}

impl Signed for Recorded {
    fn abs(&self) -> Self {
        self.apply(Unary::Abs)
    }
    fn abs_sub(&self, other: &Self) -> Self {
        if self.look() > other.look() { *self - *other } else { Self::zero() }
    }
    fn signum(&self) -> Self {
        Self::constant(self.look().signum())
    }
    fn is_positive(&self) -> bool {
        self.look().is_sign_positive()
    }
    fn is_negative(&self) -> bool {
        self.look().is_sign_negative()
    }
}

impl From<f64> for Recorded {
    fn from(value: f64) -> Self {
        Self::constant(value)
    }
}

#[allow(clippy::cast_precision_loss, reason = "FromPrimitive promises the nearest representable number")]
impl FromPrimitive for Recorded {
    fn from_i64(n: i64) -> Option<Self> {
        Some(Self::constant(n as f64))
    }
    fn from_u64(n: u64) -> Option<Self> {
        Some(Self::constant(n as f64))
    }
    fn from_f64(value: f64) -> Option<Self> {
        Some(Self::constant(value))
    }
}

impl fmt::Display for Recorded {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        self.look().fmt(f)
    }
}

impl PartialEq for Recorded {
    fn eq(&self, other: &Self) -> bool {
        self.look() == other.look()
    }
}

impl PartialEq<f64> for Recorded {
    fn eq(&self, other: &f64) -> bool {
        self.look() == *other
    }
}

impl PartialOrd for Recorded {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        self.look().partial_cmp(&other.look())
    }
}

impl PartialOrd<f64> for Recorded {
    fn partial_cmp(&self, other: &f64) -> Option<Ordering> {
        self.look().partial_cmp(other)
    }
}

impl DualStruct for Recorded {
    type Real = f64;
    type Inner = Self;
    fn re(&self) -> f64 {
        self.look()
    }
    fn from_inner(inner: &Self) -> Self {
        *inner
    }
}

impl Mappable<Self> for Recorded {
    type Output<O> = O;
    fn map_dual<M: Fn(Self) -> O, O>(self, f: M) -> O {
        f(self)
    }
}

impl DualNum for Recorded {
    type Primitive = f64;
    const NDERIV: usize = 0;
    type InnerDual = Self;

    fn from_re(re: Self) -> Self {
        re
    }
    fn scale(self, factor: &Self) -> Self {
        self.times(*factor)
    }
    fn recip(&self) -> Self {
        self.apply(Unary::Recip)
    }
    fn powi(&self, n: i32) -> Self {
        match n {
            0 => Self::one(),
            1 => *self,
            2 => self.times(*self),
            n => self.apply(Unary::Powi(n)),
        }
    }
    fn powf(&self, n: f64) -> Self {
        self.apply(Unary::Powf(n.to_bits()))
    }
    fn sqrt(&self) -> Self {
        self.apply(Unary::Sqrt)
    }
    fn cbrt(&self) -> Self {
        self.apply(Unary::Cbrt)
    }
    fn exp(&self) -> Self {
        self.apply(Unary::Exp)
    }
    fn exp2(&self) -> Self {
        (*self * std::f64::consts::LN_2).exp()
    }
    fn exp_m1(&self) -> Self {
        self.apply(Unary::ExpM1)
    }
    fn ln(&self) -> Self {
        self.apply(Unary::Ln)
    }
    fn log(&self, base: f64) -> Self {
        self.ln() / base.ln()
    }
    fn log2(&self) -> Self {
        self.ln() / std::f64::consts::LN_2
    }
    fn log10(&self) -> Self {
        self.ln() / std::f64::consts::LN_10
    }
    fn ln_1p(&self) -> Self {
        self.apply(Unary::Ln1p)
    }
    fn sin(&self) -> Self {
        self.apply(Unary::Sin)
    }
    fn cos(&self) -> Self {
        self.apply(Unary::Cos)
    }
    fn tan(&self) -> Self {
        self.apply(Unary::Tan)
    }
    fn sin_cos(&self) -> (Self, Self) {
        (self.sin(), self.cos())
    }
    fn asin(&self) -> Self {
        self.apply(Unary::Asin)
    }
    fn acos(&self) -> Self {
        self.apply(Unary::Acos)
    }
    fn atan(&self) -> Self {
        self.apply(Unary::Atan)
    }
    /// `atan2(y, x)`, as `atan(y/x)` or `-atan(x/y)`, whichever quotient is the smaller, and a constant.
    fn atan2(&self, other: Self) -> Self {
        let (y, x) = (self.look(), other.look());
        let angle = if y.abs() <= x.abs() { (*self / other).atan() } else { -(other / *self).atan() };
        let turn = y.atan2(x) - angle.value;
        angle + turn
    }
    fn sinh(&self) -> Self {
        self.apply(Unary::Sinh)
    }
    fn cosh(&self) -> Self {
        self.apply(Unary::Cosh)
    }
    fn tanh(&self) -> Self {
        self.apply(Unary::Tanh)
    }
    fn asinh(&self) -> Self {
        self.apply(Unary::Asinh)
    }
    fn acosh(&self) -> Self {
        self.apply(Unary::Acosh)
    }
    fn atanh(&self) -> Self {
        self.apply(Unary::Atanh)
    }
    fn sph_j0(&self) -> Self {
        if self.look().abs() < f64::EPSILON { -(*self * *self) / 6.0 + 1.0 } else { self.sin() / *self }
    }
    fn sph_j1(&self) -> Self {
        if self.look().abs() < f64::EPSILON { *self / 3.0 } else { (self.sin() / *self - self.cos()) / *self }
    }
    fn sph_j2(&self) -> Self {
        if self.look().abs() < f64::EPSILON {
            *self * *self / 15.0
        } else {
            self.sph_j1() / *self * 3.0 - self.sph_j0()
        }
    }
}
