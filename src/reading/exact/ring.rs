//! The ring that everything is computed in: polynomials in a displacement of `theta`, cut at a degree, whose
//! coefficients are Laurent series in one small parameter, cut at a power.
//!
//! ```text
//! a(h, t) = sum over monomials h^alpha, |alpha| <= K, and powers k:   a_{alpha k} h^alpha t^k
//! ```
//!
//! `h` is in `R^d`, `theta = theta_0 + h`, so that the coefficients are derivatives at `theta_0` over factorials. `t` is
//! the small parameter of a claim with a remainder, or its root; in a claim without remainder there is no `t`.
//!
//! Monomials are listed by degree, within a degree in lexicographic order of their variables, written with repetition in
//! ascending order: `1; h0, h1; h0h0, h0h1, h1h1; ...`. Where a product of two monomials stands is looked up in tables that
//! are made when they are first needed.

use super::Unable;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

/// Most entries of one product table (4 bytes each).
const LARGEST_TABLE: usize = 1 << 22;

/// Multiplications after which a claim is given up as too large: a few seconds.
const MOST_WORK: u64 = 300_000_000;

/// Degrees that are told apart; a polynomial of degree `DEGREES - 2` is the highest that can be stored.
const DEGREES: usize = 24;

/// Places of the products of all monomials of one degree with all of another: the first factor counts the rows.
type Products = Rc<[u32]>;

/// The number of variables, the number of powers kept, and what is known of monomials.
#[derive(Debug)]
pub(super) struct Ring {
    dim: usize,
    powers: usize,
    /// Where the monomials of each degree begin.
    starts: [usize; DEGREES],
    /// Variables of the monomials of each degree, degree by degree.
    monomials: RefCell<Vec<Rc<[Vec<u16>]>>>,
    products: RefCell<HashMap<(usize, usize), Products>>,
    work: Cell<u64>,
    most_work: u64,
}

impl Ring {
    /// A ring in `dim` variables that keeps `powers` powers of the small parameter, at least one.
    pub(super) fn new(dim: usize, powers: usize) -> Self {
        let mut starts = [0_usize; DEGREES];
        for degree in 1..DEGREES {
            starts[degree] = starts[degree - 1].saturating_add(of_degree(dim, degree - 1));
        }
        Self {
            dim,
            powers: powers.max(1),
            starts,
            monomials: RefCell::new(vec![Rc::from(vec![vec![]])]),
            products: RefCell::default(),
            work: Cell::new(0),
            most_work: MOST_WORK,
        }
    }

    /// The same with another limit of multiplications.
    pub(super) fn with_most_work(self, most_work: u64) -> Self {
        Self { most_work, ..self }
    }

    /// Number of variables.
    pub(super) fn dim(&self) -> usize {
        self.dim
    }

    /// Number of powers of the small parameter that a series keeps.
    pub(super) fn powers(&self) -> usize {
        self.powers
    }

    /// Adds to the work done.
    ///
    /// # Errors
    /// It is too much.
    pub(super) fn spend(&self, operations: usize) -> Result<(), Unable> {
        let spent = self.work.get().saturating_add(operations as u64);
        self.work.set(spent);
        if spent > self.most_work { Err(Unable::TooLarge { what: "operations" }) } else { Ok(()) }
    }

    /// Number of monomials of exactly this degree: `binomial(d + degree - 1, degree)`.
    pub(super) fn of_degree(&self, degree: usize) -> usize {
        of_degree(self.dim, degree)
    }

    /// Number of monomials of a degree below this one: where those of this degree begin.
    pub(super) fn start(&self, degree: usize) -> usize {
        self.starts.get(degree).copied().unwrap_or(usize::MAX)
    }

    /// Number of monomials up to this degree.
    pub(super) fn up_to(&self, degree: usize) -> usize {
        self.start(degree + 1)
    }

    /// The variables of the monomials of one degree, each in ascending order with repetition.
    ///
    /// # Errors
    /// There are too many.
    pub(super) fn monomials(&self, degree: usize) -> Result<Rc<[Vec<u16>]>, Unable> {
        if self.of_degree(degree) > LARGEST_TABLE || self.dim > usize::from(u16::MAX) {
            return Err(Unable::TooLarge { what: "derivatives" });
        }
        let mut lists = self.monomials.borrow_mut();
        while lists.len() <= degree {
            let mut next: Vec<Vec<u16>> = vec![];
            let last = lists.last().cloned().unwrap_or_else(|| Rc::from(vec![]));
            for first in 0..self.dim {
                let first = u16::try_from(first).unwrap_or(u16::MAX);
                for rest in last.iter().filter(|rest| rest.first().is_none_or(|&v| v >= first)) {
                    let mut monomial = Vec::with_capacity(rest.len() + 1);
                    monomial.push(first);
                    monomial.extend_from_slice(rest);
                    next.push(monomial);
                }
            }
            lists.push(Rc::from(next));
        }
        Ok(Rc::clone(&lists[degree]))
    }

    /// Where the products of the monomials of degree `a` with those of degree `b` stand among those of degree `a + b`.
    ///
    /// # Errors
    /// The table would be too large.
    pub(super) fn products(&self, a: usize, b: usize) -> Result<Products, Unable> {
        if let Some(table) = self.products.borrow().get(&(a, b)) {
            return Ok(Rc::clone(table));
        }
        if self.of_degree(a).saturating_mul(self.of_degree(b)) > LARGEST_TABLE {
            return Err(Unable::TooLarge { what: "derivatives" });
        }
        let (left, right) = (self.monomials(a)?, self.monomials(b)?);
        let whole = self.monomials(a + b)?;
        let places: HashMap<&[u16], u32> = whole.iter().map(Vec::as_slice).zip(0..).collect();
        let mut table = Vec::with_capacity(left.len() * right.len());
        for p in left.iter() {
            for q in right.iter() {
                let mut product = [&p[..], &q[..]].concat();
                product.sort_unstable();
                table.push(places.get(&product[..]).copied().unwrap_or(0));
            }
        }
        let table: Products = Rc::from(table);
        self.products.borrow_mut().insert((a, b), Rc::clone(&table));
        Ok(table)
    }
}

fn of_degree(dim: usize, degree: usize) -> usize {
    match (dim, degree) {
        (_, 0) => 1,
        (0, _) => 0,
        _ => binomial(dim + degree - 1, degree),
    }
}

/// `binomial(n, k)`, as far as it fits.
fn binomial(n: usize, k: usize) -> usize {
    let mut result: u128 = 1;
    for i in 0..k.min(n.saturating_sub(k)) {
        result = result.saturating_mul((n - i) as u128) / (i as u128 + 1);
    }
    if k > n { 0 } else { usize::try_from(result).unwrap_or(usize::MAX) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn monomials_are_counted_and_listed() {
        let ring = Ring::new(3, 1);
        assert_eq!([0, 1, 2, 3].map(|degree| ring.of_degree(degree)), [1, 3, 6, 10], "by degree");
        assert_eq!([0, 1, 2, 3].map(|degree| ring.up_to(degree)), [1, 4, 10, 20], "up to a degree");
        let squares = ring.monomials(2).unwrap();
        let expected: [&[u16]; 6] = [&[0, 0], &[0, 1], &[0, 2], &[1, 1], &[1, 2], &[2, 2]];
        assert!(squares.iter().zip(expected).all(|(found, expected)| found == expected), "{squares:?}");
        assert_eq!(Ring::new(0, 1).up_to(3), 1, "no variables: constants");
    }

    #[test]
    fn products_of_monomials_are_found() {
        let ring = Ring::new(3, 1);
        let table = ring.products(1, 2).unwrap();
        let cubes = ring.monomials(3).unwrap();
        assert_eq!(cubes[table[2 * 6 + 1] as usize], [0, 1, 2], "h2 times h0 h1");
        assert_eq!(cubes[table[6 + 3] as usize], [1, 1, 1], "h1 times h1 h1");
    }

    #[test]
    fn what_is_too_large_is_refused() {
        let ring = Ring::new(1000, 1);
        assert!(matches!(ring.products(2, 2), Err(Unable::TooLarge { .. })), "table");
        assert!(matches!(ring.monomials(5), Err(Unable::TooLarge { .. })), "list");
        assert!(ring.spend(usize::MAX).is_err(), "work");
        assert_eq!(binomial(5, 7), 0, "no such choice");
    }
}
