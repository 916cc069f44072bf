//! The Laplacian `tr H` of a recorded loss, from the second derivatives of its operations.
//!
//! With `v_bar = du/dv` and the gradients `grad a` of the operands with respect to `theta`,
//!
//! ```text
//! tr H = sum over operations v = o(a, b):  v_bar ( o_aa |grad a|^2 + 2 o_ab grad a . grad b + o_bb |grad b|^2 ),
//! ```
//!
//! to which linear operations add nothing. So one reverse sweep is needed for each operand of a nonlinear operation,
//! over the operations below it only; in a network that is one short sweep a unit. The plan of these sweeps is made once.
//! A program for which it would be longer than one Hessian-vector product a parameter has none, and is served by those.

use super::program::{LANES, Lanes, Op, Workspace, ZERO, lanes, pull};
use super::recorded::Unary;
use std::collections::{BTreeMap, HashMap};

/// Most sweep steps that a plan may hold (4 bytes each).
const LONGEST_PLAN: usize = 1 << 24;

/// The weight with which a product of two gradients enters, for the operation at a slot.
#[derive(Debug, Clone, Copy)]
enum Weight {
    /// `2 v_bar` of a product.
    Product(u32),
    /// `-2 v_bar / b^2` of `a/b`, for `grad a . grad b`; operand `b`.
    Quotient(u32, u32),
    /// `2 v_bar v / b^2` of `v = a/b`, for `|grad b|^2`; operand `b`.
    Divisor(u32, u32),
    /// `v_bar f''` of `f(a)`.
    Curvature(u32),
}

/// What is taken from the gradient of one operand.
#[derive(Debug)]
enum Use {
    /// `|grad a|^2`
    Square(Weight),
    /// One component of `grad a`: the other operand is that parameter.
    Component(Weight, u32),
    /// `grad a . grad b` with a gradient kept earlier: places there, parameters here.
    Pair(Weight, Vec<(u32, u32)>),
}

/// One reverse sweep from one operand.
#[derive(Debug)]
struct Sweep {
    root: u32,
    /// Operations below the root that depend on `theta`, the root included, latest first.
    order: Vec<u32>,
    /// Parameters that the root depends on.
    parameters: Vec<u32>,
    uses: Vec<Use>,
    /// Where the gradient is kept for later pairs, if it is.
    keep: Option<usize>,
}

/// The sweeps that give `tr H`, or none.
#[derive(Debug, Default)]
pub(super) struct Laplacian {
    /// `|grad theta_i|^2 = 1`: weights that need no sweep.
    units: Vec<Weight>,
    sweeps: Option<Vec<Sweep>>,
    kept: usize,
}

/// Pairs of operands with their weights, by operand.
type Pairs = BTreeMap<(u32, u32), Vec<Weight>>;

/// The second derivatives of every operation that has some, as pairs of active operands (the smaller slot first).
fn pairs(ops: &[Op], active: &[bool], first: usize) -> Pairs {
    let mut pairs = Pairs::new();
    for (op, slot) in ops.iter().zip(first..) {
        let slot = u32::try_from(slot).expect("slots fit into 32 bits");
        let mut enter = |a: u32, b: u32, weight: Weight| {
            if active[a as usize] && active[b as usize] {
                pairs.entry((a.min(b), a.max(b))).or_default().push(weight);
            }
        };
        match *op {
            Op::Neg(_) | Op::Add(..) | Op::Sub(..) | Op::Apply(Unary::Abs, _) => {}
            Op::Mul(a, b) | Op::MulAdd(_, a, b) => enter(a, b, Weight::Product(slot)),
            Op::Dot(_, a, b) => {
                a.slots().zip(b.slots()).for_each(|(a, b)| enter(a, b, Weight::Product(slot)))
            }
            Op::Div(a, b) => {
                enter(a, b, Weight::Quotient(slot, b));
                enter(b, b, Weight::Divisor(slot, b));
            }
            Op::Apply(_, a) => enter(a, a, Weight::Curvature(slot)),
        }
    }
    pairs
}

/// Finds what lies below operands, within a budget of steps.
struct Below<'a> {
    ops: &'a [Op],
    active: &'a [bool],
    first: usize,
    dim: usize,
    seen: Vec<u32>,
    round: u32,
    budget: usize,
    /// Operations (latest first) and parameters (in order) below an operand.
    known: HashMap<u32, (Vec<u32>, Vec<u32>)>,
}

impl Below<'_> {
    /// Looks at what lies below `root`; `None` when the budget is spent.
    fn look(&mut self, root: u32) -> Option<()> {
        if self.known.contains_key(&root) {
            return Some(());
        }
        self.round += 1;
        let (mut order, mut parameters, mut open) = (Vec::new(), Vec::new(), vec![root]);
        self.seen[root as usize] = self.round;
        while let Some(slot) = open.pop() {
            self.budget = self.budget.checked_sub(1)?;
            let Some(k) = (slot as usize).checked_sub(self.first) else {
                debug_assert!((slot as usize) < self.dim, "only parameters are active below the operations");
                parameters.push(slot);
                continue;
            };
            order.push(slot);
            self.ops[k].reads(|operand| {
                let place = operand as usize;
                if self.active[place] && self.seen[place] != self.round {
                    self.seen[place] = self.round;
                    open.push(operand);
                }
            });
        }
        order.sort_unstable_by(|a, b| b.cmp(a));
        parameters.sort_unstable();
        self.known.insert(root, (order, parameters));
        Some(())
    }

    fn parameters(&self, root: u32) -> &[u32] {
        self.known.get(&root).map_or(&[], |(_, parameters)| parameters)
    }
}

impl Laplacian {
    /// Plans the sweeps for a program whose operations fill the slots from `first` on.
    pub(super) fn plan(ops: &[Op], active: &[bool], first: usize, dim: usize) -> Self {
        let budget = LONGEST_PLAN.min(dim.saturating_mul(ops.len()).saturating_mul(2).saturating_add(64));
        let below = Below {
            ops,
            active,
            first,
            dim,
            seen: vec![0; first + ops.len()],
            round: 0,
            budget,
            known: HashMap::new(),
        };
        Self::within(pairs(ops, active, first), below).unwrap_or_default()
    }

    fn within(pairs: Pairs, mut below: Below) -> Option<Self> {
        let mut plan = Self::default();
        let mut uses: BTreeMap<u32, Vec<Use>> = BTreeMap::new();
        let mut later = Vec::new();
        for ((a, b), weights) in pairs {
            let (leaf_a, leaf_b) = ((a as usize) < below.dim, (b as usize) < below.dim);
            match (leaf_a, leaf_b) {
                (true, true) if a == b => plan.units.extend(weights),
                (true, true) => {}
                _ if a == b => uses.entry(a).or_default().extend(weights.into_iter().map(Use::Square)),
                (true, false) => {
                    below.look(b)?;
                    if below.parameters(b).binary_search(&a).is_ok() {
                        uses.entry(b).or_default().extend(weights.into_iter().map(|w| Use::Component(w, a)));
                    }
                }
                (false, _) => {
                    below.look(a)?;
                    below.look(b)?;
                    later.push((a, b, weights));
                }
            }
        }
        let mut kept: BTreeMap<u32, usize> = BTreeMap::new();
        for (a, b, weights) in later {
            let common = common(below.parameters(a), below.parameters(b));
            if common.is_empty() {
                continue;
            }
            let start = *kept.entry(a).or_insert_with(|| {
                let start = plan.kept;
                plan.kept += below.parameters(a).len();
                start
            });
            uses.entry(a).or_default();
            let places: Vec<(u32, u32)> = common
                .iter()
                .map(|&(place, p)| (u32::try_from(start).unwrap_or(u32::MAX) + place, p))
                .collect();
            uses.entry(b).or_default().extend(weights.into_iter().map(|w| Use::Pair(w, places.clone())));
        }
        plan.sweeps = Some(Self::sweeps(uses, &kept, &mut below)?);
        Some(plan)
    }

    /// Sweeps in the order of their roots: `a < b` in every pair, so what a pair needs has been kept before.
    fn sweeps(
        uses: BTreeMap<u32, Vec<Use>>,
        kept: &BTreeMap<u32, usize>,
        below: &mut Below,
    ) -> Option<Vec<Sweep>> {
        uses.into_iter()
            .map(|(root, uses)| {
                below.look(root)?;
                let (order, parameters) = below.known.remove(&root)?;
                Some(Sweep { root, order, parameters, uses, keep: kept.get(&root).copied() })
            })
            .collect()
    }

    /// Numbers to keep between sweeps.
    pub(super) fn kept(&self) -> usize {
        self.kept
    }

    /// `tr H` of each lane, or `None` if there is no plan.
    pub(super) fn run(&self, ops: &[Op], active: &[bool], first: usize, w: &mut Workspace) -> Option<Lanes> {
        let sweeps = self.sweeps.as_ref()?;
        let mut trace = ZERO;
        let mut add = |amount: &dyn Fn(usize) -> f64| {
            for (l, t) in trace.iter_mut().enumerate() {
                *t += amount(l);
            }
        };
        for weight in &self.units {
            let weight = weight.of(first, w);
            add(&|l| weight[l]);
        }
        for sweep in sweeps {
            w.scratch[sweep.root as usize] = [1.0; LANES];
            for &slot in &sweep.order {
                let (slot, k) = (slot as usize, slot as usize - first);
                pull(&ops[k], slot, &w.value, &w.slope[k][0], active, &mut w.scratch);
                w.scratch[slot] = ZERO;
            }
            for used in &sweep.uses {
                let (weight, product) = used.of(sweep, first, w);
                add(&|l| weight[l] * product[l]);
            }
            for (k, &p) in sweep.parameters.iter().enumerate() {
                if let Some(start) = sweep.keep {
                    w.kept[start + k] = w.scratch[p as usize];
                }
                w.scratch[p as usize] = ZERO;
            }
        }
        Some(trace)
    }
}

/// Where two ascending lists meet: places in the first, and what stands there.
fn common(a: &[u32], b: &[u32]) -> Vec<(u32, u32)> {
    (0..).zip(a).filter(|(_, p)| b.binary_search(p).is_ok()).map(|(place, &p)| (place, p)).collect()
}

impl Use {
    /// The weight and the product of gradients it multiplies.
    fn of(&self, sweep: &Sweep, first: usize, w: &Workspace) -> (Lanes, Lanes) {
        let gradient = |p: u32| &w.scratch[p as usize];
        let mut product = ZERO;
        let mut add = |f: &dyn Fn(usize) -> f64| {
            for (l, t) in product.iter_mut().enumerate() {
                *t += f(l);
            }
        };
        let weight = match self {
            Self::Square(weight) => {
                for &p in &sweep.parameters {
                    add(&|l| gradient(p)[l] * gradient(p)[l]);
                }
                weight
            }
            Self::Component(weight, p) => {
                add(&|l| gradient(*p)[l]);
                weight
            }
            Self::Pair(weight, common) => {
                for &(place, p) in common {
                    add(&|l| w.kept[place as usize][l] * gradient(p)[l]);
                }
                weight
            }
        };
        (weight.of(first, w), product)
    }
}

impl Weight {
    fn of(self, first: usize, w: &Workspace) -> Lanes {
        let bar = |v: u32| &w.adjoint[v as usize];
        let value = |v: u32| &w.value[v as usize];
        match self {
            Self::Product(v) => lanes(|l| 2.0 * bar(v)[l]),
            Self::Quotient(v, b) => lanes(|l| -2.0 * bar(v)[l] / (value(b)[l] * value(b)[l])),
            Self::Divisor(v, b) => lanes(|l| 2.0 * bar(v)[l] * value(v)[l] / (value(b)[l] * value(b)[l])),
            Self::Curvature(v) => lanes(|l| bar(v)[l] * w.slope[v as usize - first][1][l]),
        }
    }
}
