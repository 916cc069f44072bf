//! Gathers chains of `c + a b` into one inner product, so that it is run without being looked up term by term.

use super::program::{Op, Run};
use std::collections::HashMap;

/// Products added up one after another, each sum read by the next one only; not yet among the operations.
#[derive(Clone, Copy)]
struct Chain {
    start: Option<u32>,
    a: Run,
    b: Run,
}

impl Chain {
    /// The chain with one more product, in whichever order of its factors it goes on at equal distances.
    fn extended(self, a: u32, b: u32) -> Option<Self> {
        let both = |a, b| Some((self.a.extended(a)?, self.b.extended(b)?));
        let (a, b) = both(a, b).or_else(|| both(b, a))?;
        Some(Self { a, b, ..self })
    }

    fn op(self) -> Op {
        match (self.start, self.a.only(), self.b.only()) {
            (None, Some(a), Some(b)) => Op::Mul(a, b),
            (Some(c), Some(a), Some(b)) => Op::MulAdd(c, a, b),
            _ => Op::Dot(self.start, self.a, self.b),
        }
    }
}

/// The operations so far, where the old slots are among them, and the chains that are still growing.
struct Gathering {
    ops: Vec<Op>,
    first: usize,
    places: Vec<u32>,
    growing: HashMap<u32, Chain>,
}

impl Gathering {
    fn emit(&mut self, slot: u32, op: Op) {
        self.places[slot as usize] =
            u32::try_from(self.first + self.ops.len()).expect("slots fit into 32 bits");
        self.ops.push(op);
    }

    /// Where an old slot is now; a chain that is read stops growing.
    fn place(&mut self, slot: u32) -> u32 {
        if let Some(chain) = self.growing.remove(&slot) {
            self.emit(slot, chain.op());
        }
        self.places[slot as usize]
    }

    /// Takes in `c + a b`, as a part of the chain that ends in `c` if nothing else reads `c`.
    fn add_product(&mut self, slot: u32, c: Option<u32>, factors: [u32; 2], read_once: bool) {
        let [a, b] = factors.map(|factor| self.place(factor));
        let chain = c.and_then(|c| self.growing.get(&c)).filter(|_| read_once);
        if let Some(longer) = chain.and_then(|chain| chain.extended(a, b)) {
            c.and_then(|c| self.growing.remove(&c));
            self.growing.insert(slot, longer);
        } else {
            let start = c.map(|c| self.place(c));
            self.growing.insert(slot, Chain { start, a: Run::of(a), b: Run::of(b) });
        }
    }
}

/// The operations with chains gathered, and the slot of the result among them. Operation `k` fills slot `first + k`.
pub(super) fn gather(ops: &[Op], first: usize, result: u32) -> (Vec<Op>, u32) {
    let mut readers = vec![0_u32; first + ops.len()];
    for op in ops {
        op.reads(|slot| readers[slot as usize] += 1);
    }
    let places = (0..).take(first + ops.len()).collect();
    let mut gathering = Gathering { ops: Vec::new(), first, places, growing: HashMap::new() };
    for (op, slot) in ops.iter().zip(first..) {
        let slot = u32::try_from(slot).expect("slots fit into 32 bits");
        match *op {
            Op::Mul(a, b) => gathering.add_product(slot, None, [a, b], true),
            Op::MulAdd(c, a, b) => {
                let read_once = readers[c as usize] == 1 && c != result;
                gathering.add_product(slot, Some(c), [a, b], read_once);
            }
            Op::Neg(_) | Op::Add(..) | Op::Sub(..) | Op::Dot(..) | Op::Div(..) | Op::Apply(..) => {
                op.reads(|operand| {
                    gathering.place(operand);
                });
                let op = op.moved(|operand| gathering.places[operand as usize]);
                gathering.emit(slot, op);
            }
        }
    }
    let result = gathering.place(result);
    (gathering.ops, result)
}
