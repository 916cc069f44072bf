//! The monomials of `d` variables in graded order, and their products by table.
//!
//! Monomial `i` of [`Monomials`] is `x_1^e_1 .. x_d^e_d`; those of degree at most `k` are the first
//! `C(d+k, k)`, so that a polynomial is cut off at a degree by taking a prefix. A monomial is packed into the number
//! `e_1 + e_2 b + e_3 b^2 + ..` with a base above every degree: packed numbers of a product add.

use std::sync::OnceLock;

/// The most dimensions that the witness can work in.
pub(super) const MOST_DIMENSIONS: usize = 6;

/// The table of one number of variables.
#[derive(Debug)]
pub(super) struct Monomials {
    /// Exponents of each monomial.
    pub(super) exponents: Vec<Vec<u8>>,
    /// Its degree.
    pub(super) degree: Vec<usize>,
    /// How many monomials have at most this degree.
    pub(super) up_to: Vec<usize>,
    /// Its packed number.
    packed: Vec<u32>,
    /// The monomial of a packed number.
    lookup: Vec<u16>,
    /// The packed number of each variable.
    unit: Vec<u32>,
}

impl Monomials {
    /// The table for so many variables; nothing for none or too many.
    pub(super) fn of(variables: usize) -> Option<&'static Self> {
        static TABLES: [OnceLock<Monomials>; MOST_DIMENSIONS] = [const { OnceLock::new() }; MOST_DIMENSIONS];
        let table = TABLES.get(variables.checked_sub(1)?)?;
        Some(table.get_or_init(|| Self::new(variables)))
    }

    /// The table up to the degree that keeps it small: 31 for up to three variables, 15 for four, 7 beyond.
    fn new(variables: usize) -> Self {
        let base: u32 = match variables {
            0..=3 => 32,
            4 => 16,
            _ => 8,
        };
        let unit: Vec<u32> =
            (0..variables).scan(1, |power, _| Some(std::mem::replace(power, *power * base))).collect();
        let size = unit.iter().fold(1_usize, |size, _| size * base as usize);
        let mut table = Self {
            exponents: Vec::new(),
            degree: Vec::new(),
            up_to: Vec::new(),
            packed: Vec::new(),
            lookup: vec![0; size],
            unit,
        };
        for degree in 0..base as usize {
            table.append(degree, &mut vec![0; variables], 0, degree);
            table.up_to.push(table.exponents.len());
        }
        table
    }

    /// Appends the monomials of a degree whose first `position` exponents are given and whose others add up to `left`.
    fn append(&mut self, degree: usize, exponents: &mut Vec<u8>, position: usize, left: usize) {
        if position + 1 == exponents.len() {
            #[allow(
                clippy::cast_possible_truncation,
                reason = "degrees are below 32, and monomials below 2^16"
            )]
            {
                exponents[position] = left as u8;
                let packed = exponents.iter().zip(&self.unit).map(|(e, unit)| u32::from(*e) * unit).sum();
                self.lookup[packed as usize] = self.exponents.len() as u16;
                self.packed.push(packed);
            }
            self.exponents.push(exponents.clone());
            self.degree.push(degree);
            return;
        }
        for here in (0..=left).rev() {
            #[allow(clippy::cast_possible_truncation, reason = "degrees are below 32")]
            {
                exponents[position] = here as u8;
            }
            self.append(degree, exponents, position + 1, left - here);
        }
    }

    /// The product of two monomials whose degrees add up to at most the highest.
    pub(super) fn product(&self, a: usize, b: usize) -> usize {
        usize::from(self.lookup[(self.packed[a] + self.packed[b]) as usize])
    }

    /// The monomial with one factor of a variable less; the caller has made sure that it has one.
    pub(super) fn without(&self, monomial: usize, variable: usize) -> usize {
        usize::from(self.lookup[(self.packed[monomial] - self.unit[variable]) as usize])
    }

    /// The monomial that is one variable.
    pub(super) fn variable(&self, variable: usize) -> usize {
        usize::from(self.lookup[self.unit[variable] as usize])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn monomials_are_graded_and_products_add_exponents() {
        for variables in 1..=MOST_DIMENSIONS {
            let table = Monomials::of(variables).unwrap();
            assert!(table.degree.is_sorted(), "graded in {variables}");
            assert_eq!(table.up_to[1], variables + 1, "1 and the variables");
            let few = table.up_to[3];
            for a in 0..few {
                for b in 0..few {
                    let product = &table.exponents[table.product(a, b)];
                    let sums = table.exponents[a].iter().zip(&table.exponents[b]).map(|(x, y)| x + y);
                    assert!(product.iter().copied().eq(sums), "{a} times {b} in {variables}");
                }
            }
        }
        assert!(Monomials::of(0).is_none() && Monomials::of(7).is_none(), "out of range");
    }
}
