//! A recorded loss as a straight-line program, run on [`LANES`] rows at once.
//!
//! Writing `v = o(a, b)` for one operation and `v_bar = du/dv` for its adjoint, the sweeps are
//!
//! ```text
//! forward            v       = o(a, b)
//! reverse            a_bar  += v_bar o_a                                        -> gradient  g_i
//! forward tangent    v_dot   = o_a a_dot + o_b b_dot                            (theta_dot = direction w)
//! reverse tangent    a_bar_dot += v_bar_dot o_a + v_bar (o_aa a_dot + o_ab b_dot) -> (H w)_i
//! ```
//!
//! each at the cost of a few evaluations of the loss, whatever `d` is. Second derivatives of single operations also
//! give the Laplacian, see [`laplacian`](super::laplacian).

use super::laplacian::Laplacian;
use super::recorded::{Node, Recording, Unary};
use super::sums;

/// Rows that are worked on at once.
pub(crate) const LANES: usize = 8;

/// One number for each of [`LANES`] rows.
pub(crate) type Lanes = [f64; LANES];

pub(super) const ZERO: Lanes = [0.0; LANES];

/// One operation; operands are slots.
#[derive(Debug, Clone, Copy)]
pub(super) enum Op {
    Neg(u32),
    Add(u32, u32),
    Sub(u32, u32),
    Mul(u32, u32),
    /// `c + a b`
    MulAdd(u32, u32, u32),
    /// `c + sum_k a_k b_k`
    Dot(Option<u32>, Run, Run),
    Div(u32, u32),
    Apply(Unary, u32),
}

/// Slots at equal distances: `first + k stride` for `k < len`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Run {
    first: u32,
    stride: i32,
    len: u32,
}

impl Run {
    pub(super) fn of(slot: u32) -> Self {
        Self { first: slot, stride: 0, len: 1 }
    }

    /// The slot of a run of one.
    pub(super) fn only(self) -> Option<u32> {
        (self.len == 1).then_some(self.first)
    }

    /// The run with one more slot, if the distances stay equal.
    pub(super) fn extended(self, slot: u32) -> Option<Self> {
        let distance = i32::try_from(i64::from(slot) - i64::from(self.first)).ok()?;
        let len = self.len + 1;
        let stride = if self.len == 1 { distance } else { self.stride };
        let expected = i64::from(stride) * i64::from(self.len);
        (i64::from(distance) == expected).then_some(Self { stride, len, ..self })
    }

    pub(super) fn slots(self) -> impl Iterator<Item = u32> {
        (0..self.len).scan(self.first, move |next, _| {
            let slot = *next;
            *next = slot.wrapping_add_signed(self.stride);
            Some(slot)
        })
    }
}

/// A straight-line program: slots hold `theta`, then the encoded row, then constants, then one result an operation.
#[derive(Debug)]
pub(crate) struct Program {
    dim: usize,
    width: usize,
    constants: Vec<f64>,
    ops: Vec<Op>,
    /// By slot: does it depend on `theta`?
    active: Vec<bool>,
    result: u32,
    laplacian: Laplacian,
}

/// The numbers of one run; made once and used for many blocks.
#[derive(Debug, Clone)]
pub(crate) struct Workspace {
    pub(super) value: Vec<Lanes>,
    /// `f'` and `f''` of the operations that apply a function, by operation.
    pub(super) slope: Vec<[Lanes; 2]>,
    pub(super) adjoint: Vec<Lanes>,
    tangent: Vec<Lanes>,
    adjoint_tangent: Vec<Lanes>,
    /// Zero between uses.
    pub(super) scratch: Vec<Lanes>,
    pub(super) kept: Vec<Lanes>,
}

/// Applies `f` to every lane.
#[inline]
pub(super) fn lanes(f: impl Fn(usize) -> f64) -> Lanes {
    std::array::from_fn(f)
}

#[inline]
fn add_to(target: &mut Lanes, f: impl Fn(usize) -> f64) {
    for (l, t) in target.iter_mut().enumerate() {
        *t += f(l);
    }
}

#[inline]
fn at(slot: u32) -> usize {
    slot as usize
}

/// Which operations the result needs, and which products are read by one addition only.
fn used(recording: &Recording) -> (Vec<bool>, Vec<u32>) {
    let mut needed = vec![false; recording.nodes.len()];
    let mut readers = vec![0_u32; recording.nodes.len()];
    needed[at(recording.result)] = true;
    for (place, node) in recording.nodes.iter().enumerate().rev() {
        if needed[place] {
            for operand in operands(node) {
                needed[at(operand)] = true;
                readers[at(operand)] += 1;
            }
        }
    }
    (needed, readers)
}

fn operands(node: &Node) -> impl Iterator<Item = u32> {
    let (a, b) = match *node {
        Node::Theta(_) | Node::Row(_) | Node::Constant(_) => (None, None),
        Node::Neg(a) | Node::Apply(_, a) => (Some(a), None),
        Node::Add(a, b) | Node::Sub(a, b) | Node::Mul(a, b) | Node::Div(a, b) => (Some(a), Some(b)),
    };
    a.into_iter().chain(b)
}

impl Op {
    /// Calls `f` with the slots it reads.
    pub(super) fn reads(&self, mut f: impl FnMut(u32)) {
        match *self {
            Self::Neg(a) | Self::Apply(_, a) => f(a),
            Self::Add(a, b) | Self::Sub(a, b) | Self::Mul(a, b) | Self::Div(a, b) => {
                f(a);
                f(b);
            }
            Self::MulAdd(c, a, b) => {
                f(c);
                f(a);
                f(b);
            }
            Self::Dot(c, a, b) => {
                c.into_iter().chain(a.slots()).chain(b.slots()).for_each(f);
            }
        }
    }

    /// The same operation with its operands moved.
    pub(super) fn moved(self, to: impl Fn(u32) -> u32) -> Self {
        match self {
            Self::Neg(a) => Self::Neg(to(a)),
            Self::Apply(f, a) => Self::Apply(f, to(a)),
            Self::Add(a, b) => Self::Add(to(a), to(b)),
            Self::Sub(a, b) => Self::Sub(to(a), to(b)),
            Self::Mul(a, b) => Self::Mul(to(a), to(b)),
            Self::Div(a, b) => Self::Div(to(a), to(b)),
            Self::MulAdd(c, a, b) => Self::MulAdd(to(c), to(a), to(b)),
            // Only gathered operations hold runs, and those stay where they are.
            Self::Dot(..) => self,
        }
    }
}

impl Program {
    /// The program of a recording with `dim` parameters and rows of `width` numbers.
    pub(crate) fn new(recording: &Recording, dim: usize, width: usize) -> Self {
        let (needed, readers) = used(recording);
        let constants: Vec<f64> = recording
            .nodes
            .iter()
            .zip(&needed)
            .filter(|&(_, &needed)| needed)
            .filter_map(
                |(node, _)| if let Node::Constant(bits) = node { Some(f64::from_bits(*bits)) } else { None },
            )
            .collect();
        let mut program = Self {
            dim,
            width,
            constants,
            ops: Vec::new(),
            active: (0..dim + width).map(|slot| slot < dim).collect(),
            result: 0,
            laplacian: Laplacian::default(),
        };
        program.active.resize(program.first_op(), false);
        program.translate(recording, &needed, &readers);
        (program.ops, program.result) = sums::gather(&program.ops, program.first_op(), program.result);
        program.mark_active();
        program.laplacian = Laplacian::plan(&program.ops, &program.active, program.first_op(), dim);
        program
    }

    /// Turns nodes into operations on slots; a product that one addition alone reads becomes part of it.
    fn translate(&mut self, recording: &Recording, needed: &[bool], readers: &[u32]) {
        let mut slots = vec![0_u32; recording.nodes.len()];
        let mut constants = self.dim + self.width;
        let to_slot = |n: usize| u32::try_from(n).expect("a loss has fewer than 2^32 operations");
        let product = |place: u32| {
            let Node::Mul(a, b) = recording.nodes[at(place)] else { return None };
            (readers[at(place)] == 1).then_some((a, b))
        };
        let mut fused = vec![false; recording.nodes.len()];
        for (place, node) in recording.nodes.iter().enumerate() {
            if let Node::Add(a, b) = *node
                && needed[place]
            {
                let into = if product(b).is_some() { b } else { a };
                fused[at(into)] |= product(into).is_some();
            }
        }
        for (place, node) in recording.nodes.iter().enumerate() {
            if !needed[place] || fused[place] {
                continue;
            }
            let slot = |place: u32| slots[at(place)];
            let op = match *node {
                Node::Theta(i) => {
                    slots[place] = i;
                    continue;
                }
                Node::Row(j) => {
                    slots[place] = to_slot(self.dim) + j;
                    continue;
                }
                Node::Constant(_) => {
                    slots[place] = to_slot(constants);
                    constants += 1;
                    continue;
                }
                Node::Neg(a) => Op::Neg(slot(a)),
                Node::Add(c, p) | Node::Add(p, c) if fused[at(p)] => {
                    let (a, b) = product(p).expect("only products are fused");
                    Op::MulAdd(slot(c), slot(a), slot(b))
                }
                Node::Add(a, b) => Op::Add(slot(a), slot(b)),
                Node::Sub(a, b) => Op::Sub(slot(a), slot(b)),
                Node::Mul(a, b) => Op::Mul(slot(a), slot(b)),
                Node::Div(a, b) => Op::Div(slot(a), slot(b)),
                Node::Apply(f, a) => Op::Apply(f, slot(a)),
            };
            slots[place] = to_slot(self.first_op() + self.ops.len());
            self.ops.push(op);
        }
        self.result = slots[at(recording.result)];
    }

    fn mark_active(&mut self) {
        for op in &self.ops {
            let mut active = false;
            op.reads(|slot| active |= self.active[at(slot)]);
            self.active.push(active);
        }
    }

    /// Number of operations.
    pub(crate) fn operations(&self) -> usize {
        self.ops.len()
    }

    fn first_op(&self) -> usize {
        self.dim + self.width + self.constants.len()
    }

    /// Buffers for this program, with `theta` and the constants in their places.
    pub(crate) fn workspace(&self, theta: &[f64]) -> Workspace {
        let slots = self.first_op() + self.ops.len();
        let mut workspace = Workspace {
            value: vec![ZERO; slots],
            slope: vec![[ZERO; 2]; self.ops.len()],
            adjoint: vec![ZERO; slots],
            tangent: vec![ZERO; slots],
            adjoint_tangent: vec![ZERO; slots],
            scratch: vec![ZERO; slots],
            kept: vec![ZERO; self.laplacian.kept()],
        };
        self.set_theta(&mut workspace, theta);
        let constants = self.dim + self.width;
        for (slot, &constant) in workspace.value[constants..].iter_mut().zip(&self.constants) {
            *slot = [constant; LANES];
        }
        workspace
    }

    /// Puts another `theta` into the buffers.
    pub(crate) fn set_theta(&self, workspace: &mut Workspace, theta: &[f64]) {
        for (slot, &component) in workspace.value[..self.dim].iter_mut().zip(theta) {
            *slot = [component; LANES];
        }
    }

    /// Forward and reverse: `u` and `g` of up to [`LANES`] encoded rows; lanes beyond them repeat the last row.
    ///
    /// Returns `u`; the gradient is read by [`Workspace::gradient`].
    pub(crate) fn gradient<'a>(&self, w: &mut Workspace, rows: impl IntoIterator<Item = &'a [f64]>) -> Lanes {
        let inputs = &mut w.value[self.dim..self.dim + self.width];
        let mut filled = 0;
        for row in rows.into_iter().take(LANES) {
            for (slot, &number) in inputs.iter_mut().zip(row) {
                slot[filled] = number;
            }
            filled += 1;
        }
        for slot in inputs.iter_mut().filter(|_| filled < LANES) {
            let last = slot[filled.saturating_sub(1)];
            slot[filled..].fill(last);
        }
        self.forward(w);
        self.reverse(w);
        w.value[at(self.result)]
    }

    fn forward(&self, w: &mut Workspace) {
        let first = self.first_op();
        for (k, op) in self.ops.iter().enumerate() {
            let (before, rest) = w.value.split_at_mut(first + k);
            let v = |slot: u32| &before[at(slot)];
            rest[0] = match *op {
                Op::Neg(a) => lanes(|l| -v(a)[l]),
                Op::Add(a, b) => lanes(|l| v(a)[l] + v(b)[l]),
                Op::Sub(a, b) => lanes(|l| v(a)[l] - v(b)[l]),
                Op::Mul(a, b) => lanes(|l| v(a)[l] * v(b)[l]),
                Op::MulAdd(c, a, b) => lanes(|l| v(c)[l] + v(a)[l] * v(b)[l]),
                Op::Dot(c, a, b) => {
                    let mut sum = c.map_or(ZERO, |c| *v(c));
                    for (a, b) in a.slots().zip(b.slots()) {
                        let (a, b) = (v(a), v(b));
                        add_to(&mut sum, |l| a[l] * b[l]);
                    }
                    sum
                }
                Op::Div(a, b) => lanes(|l| v(a)[l] / v(b)[l]),
                Op::Apply(f, a) => {
                    let y = lanes(|l| f.value(v(a)[l]));
                    if self.active[first + k] {
                        let slopes: [(f64, f64); LANES] = std::array::from_fn(|l| f.slopes(v(a)[l], y[l]));
                        w.slope[k] = [lanes(|l| slopes[l].0), lanes(|l| slopes[l].1)];
                    }
                    y
                }
            };
        }
    }

    fn reverse(&self, w: &mut Workspace) {
        let first = self.first_op();
        w.adjoint.fill(ZERO);
        w.adjoint[at(self.result)] = [1.0; LANES];
        for (k, op) in self.ops.iter().enumerate().rev() {
            if self.active[first + k] {
                pull(op, first + k, &w.value, &w.slope[k][0], &self.active, &mut w.adjoint);
            }
        }
    }

    /// `H w`, lane by lane, for the direction `w_i = direction(i)`, after [`gradient`](Self::gradient); read by
    /// [`Workspace::hessian_vector`].
    pub(crate) fn hessian_vector(&self, w: &mut Workspace, direction: impl Fn(usize, &Lanes) -> Lanes) {
        for i in 0..self.dim {
            w.tangent[i] = direction(i, &w.adjoint[i]);
        }
        self.forward_tangent(w);
        self.reverse_tangent(w);
    }

    fn forward_tangent(&self, w: &mut Workspace) {
        let first = self.first_op();
        for (k, op) in self.ops.iter().enumerate() {
            let slot = first + k;
            if !self.active[slot] {
                continue;
            }
            let (before, rest) = w.tangent.split_at_mut(slot);
            let dot = |slot: u32| &before[at(slot)];
            let v = |slot: u32| &w.value[at(slot)];
            rest[0] = match *op {
                Op::Neg(a) => lanes(|l| -dot(a)[l]),
                Op::Add(a, b) => lanes(|l| dot(a)[l] + dot(b)[l]),
                Op::Sub(a, b) => lanes(|l| dot(a)[l] - dot(b)[l]),
                Op::Mul(a, b) => lanes(|l| dot(a)[l] * v(b)[l] + v(a)[l] * dot(b)[l]),
                Op::MulAdd(c, a, b) => lanes(|l| dot(c)[l] + dot(a)[l] * v(b)[l] + v(a)[l] * dot(b)[l]),
                Op::Dot(c, a, b) => {
                    let mut sum = c.map_or(ZERO, |c| *dot(c));
                    for (a, b) in a.slots().zip(b.slots()) {
                        if self.active[at(a)] {
                            add_to(&mut sum, |l| dot(a)[l] * v(b)[l]);
                        }
                        if self.active[at(b)] {
                            add_to(&mut sum, |l| v(a)[l] * dot(b)[l]);
                        }
                    }
                    sum
                }
                Op::Div(a, b) => lanes(|l| (dot(a)[l] - w.value[slot][l] * dot(b)[l]) / v(b)[l]),
                Op::Apply(_, a) => lanes(|l| w.slope[k][0][l] * dot(a)[l]),
            };
        }
    }

    fn reverse_tangent(&self, w: &mut Workspace) {
        let first = self.first_op();
        w.adjoint_tangent.fill(ZERO);
        for (k, op) in self.ops.iter().enumerate().rev() {
            let slot = first + k;
            if !self.active[slot] {
                continue;
            }
            pull(op, slot, &w.value, &w.slope[k][0], &self.active, &mut w.adjoint_tangent);
            let (bar, dot) = (w.adjoint[slot], |slot: u32| &w.tangent[at(slot)]);
            match *op {
                Op::Neg(_) | Op::Add(..) | Op::Sub(..) => {}
                Op::Mul(a, b) | Op::MulAdd(_, a, b) => {
                    give(&mut w.adjoint_tangent, &self.active, a, |l| bar[l] * dot(b)[l]);
                    give(&mut w.adjoint_tangent, &self.active, b, |l| bar[l] * dot(a)[l]);
                }
                Op::Dot(_, a, b) => {
                    for (a, b) in a.slots().zip(b.slots()) {
                        // The tangent of what does not depend on theta is zero.
                        if self.active[at(a)] && self.active[at(b)] {
                            add_to(&mut w.adjoint_tangent[at(a)], |l| bar[l] * dot(b)[l]);
                            add_to(&mut w.adjoint_tangent[at(b)], |l| bar[l] * dot(a)[l]);
                        }
                    }
                }
                Op::Div(a, b) => {
                    let (divisor, quotient) = (w.value[at(b)], w.value[slot]);
                    let (b_dot, v_dot) = (*dot(b), w.tangent[slot]);
                    let step = lanes(|l| bar[l] / divisor[l]);
                    let rate = lanes(|l| b_dot[l] / divisor[l]);
                    give(&mut w.adjoint_tangent, &self.active, a, |l| -step[l] * rate[l]);
                    give(&mut w.adjoint_tangent, &self.active, b, |l| {
                        step[l] * (quotient[l] * rate[l] - v_dot[l])
                    });
                }
                Op::Apply(_, a) => {
                    let (curvature, a_dot) = (w.slope[k][1], *dot(a));
                    give(&mut w.adjoint_tangent, &self.active, a, |l| bar[l] * curvature[l] * a_dot[l]);
                }
            }
        }
    }

    /// `tr H`, lane by lane, after [`gradient`](Self::gradient).
    pub(crate) fn laplacian(&self, w: &mut Workspace) -> Lanes {
        if let Some(trace) = self.laplacian.run(&self.ops, &self.active, self.first_op(), w) {
            return trace;
        }
        let mut trace = ZERO;
        for i in 0..self.dim {
            self.hessian_vector(w, |j, _| if i == j { [1.0; LANES] } else { ZERO });
            add_to(&mut trace, |l| w.adjoint_tangent[i][l]);
        }
        trace
    }
}

/// `a_bar += v_bar o_a` for the active operands of one operation.
#[inline]
pub(super) fn pull(op: &Op, slot: usize, value: &[Lanes], slope: &Lanes, active: &[bool], bar: &mut [Lanes]) {
    let v_bar = bar[slot];
    match *op {
        Op::Neg(a) => give(bar, active, a, |l| -v_bar[l]),
        Op::Add(a, b) => {
            give(bar, active, a, |l| v_bar[l]);
            give(bar, active, b, |l| v_bar[l]);
        }
        Op::Sub(a, b) => {
            give(bar, active, a, |l| v_bar[l]);
            give(bar, active, b, |l| -v_bar[l]);
        }
        Op::Mul(a, b) => {
            give(bar, active, a, |l| v_bar[l] * value[at(b)][l]);
            give(bar, active, b, |l| v_bar[l] * value[at(a)][l]);
        }
        Op::MulAdd(c, a, b) => {
            give(bar, active, c, |l| v_bar[l]);
            give(bar, active, a, |l| v_bar[l] * value[at(b)][l]);
            give(bar, active, b, |l| v_bar[l] * value[at(a)][l]);
        }
        Op::Dot(c, a, b) => {
            if let Some(c) = c {
                give(bar, active, c, |l| v_bar[l]);
            }
            for (a, b) in a.slots().zip(b.slots()) {
                give(bar, active, a, |l| v_bar[l] * value[at(b)][l]);
                give(bar, active, b, |l| v_bar[l] * value[at(a)][l]);
            }
        }
        Op::Div(a, b) => {
            let step = lanes(|l| v_bar[l] / value[at(b)][l]);
            give(bar, active, a, |l| step[l]);
            give(bar, active, b, |l| -step[l] * value[slot][l]);
        }
        Op::Apply(_, a) => give(bar, active, a, |l| v_bar[l] * slope[l]),
    }
}

#[inline]
fn give(bar: &mut [Lanes], active: &[bool], operand: u32, f: impl Fn(usize) -> f64) {
    if active[at(operand)] {
        add_to(&mut bar[at(operand)], f);
    }
}

impl Workspace {
    /// `g_i` of each lane.
    #[inline]
    pub(crate) fn gradient(&self, i: usize) -> &Lanes {
        &self.adjoint[i]
    }

    /// `(H w)_i` of each lane.
    #[inline]
    pub(crate) fn hessian_vector(&self, i: usize) -> &Lanes {
        &self.adjoint_tangent[i]
    }
}
