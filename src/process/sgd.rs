//! Steps and runs of stochastic gradient descent by real batches of real rows.
//!
//! ```text
//! step   = -(eta/n) sum_{a in batch} g_a(theta)
//! xi     = step - E[step] = -eta ( (1/n) sum_{a in batch} g_a - G ),         G = (1/N) sum_a g_a
//! E[xi xi^T] = (eta^2/n) c Sigma
//! ```
//!
//! with `c = 1` for batches drawn with replacement, `(N-n)/(N-1)` without.

use super::{Noise, ProcessError};
use crate::loss::{Block, Engine, Loss, Problem, ProblemError};
use crate::sgd::{Replacement, Sgd, SgdError};
use rand::{Rng, RngExt};
use std::fmt;

#[allow(clippy::cast_precision_loss, reason = "counts of rows are below 2^53")]
fn real(count: usize) -> f64 {
    count as f64
}

/// Draws the rows of independent batches.
#[derive(Debug, Clone)]
struct Batches {
    rows: u32,
    size: u32,
    /// All rows in some order, when a batch is drawn without replacement.
    deck: Option<Vec<u32>>,
}

impl Batches {
    /// # Errors
    /// More rows in a batch than there are, without replacement.
    fn new(rows: usize, sgd: &Sgd) -> Result<Self, SgdError> {
        sgd.population_factor(rows)?;
        let [count, size] = [rows, sgd.batch()].map(|n| u32::try_from(n).unwrap_or(u32::MAX));
        let deck = match sgd.replacement() {
            Replacement::With => None,
            Replacement::Without => Some((0..count).collect()),
        };
        Ok(Self { rows: count, size, deck })
    }

    /// Calls `take` with each row of one batch. Without replacement it is the top of a deck shuffled from the top
    /// (Fisher and Yates); the order that earlier batches left does not matter, but is part of what a seed gives.
    fn draw<R: Rng>(&mut self, generator: &mut R, mut take: impl FnMut(usize)) {
        for k in 0..self.size {
            let row = match &mut self.deck {
                None => generator.random_range(0..self.rows),
                Some(deck) => {
                    let other = generator.random_range(k..self.rows);
                    deck.swap(k as usize, other as usize);
                    deck[k as usize]
                }
            };
            take(row as usize);
        }
    }

    /// Puts the deck in its first order, so that what follows depends on the generator only.
    fn reset(&mut self) {
        if let Some(deck) = &mut self.deck {
            (0..).zip(deck).for_each(|(k, row)| *row = k);
        }
    }
}

/// A run of SGD: `theta` and what is needed to move it.
pub struct SgdPath<'a, L> {
    engine: Engine<'a, L>,
    batches: Batches,
    rows: Vec<usize>,
    sum: Vec<f64>,
    rate: f64,
    theta: Vec<f64>,
}

impl<L> fmt::Debug for SgdPath<'_, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SgdPath").field("theta", &self.theta).finish_non_exhaustive()
    }
}

impl<'a, L: Loss> SgdPath<'a, L> {
    /// A run that starts at `theta`.
    ///
    /// # Errors
    /// `theta` does not fit the loss, or the batch does not fit the data.
    pub fn new(problem: &'a Problem<L>, sgd: &Sgd, theta: &[f64]) -> Result<Self, ProcessError> {
        problem.check_theta(theta)?;
        Ok(Self {
            engine: problem.engine(),
            batches: Batches::new(problem.rows(), sgd)?,
            rows: Vec::with_capacity(sgd.batch()),
            sum: vec![0.0; theta.len()],
            rate: sgd.learning_rate() / real(sgd.batch()),
            theta: theta.to_vec(),
        })
    }

    /// Where the run is.
    #[must_use]
    pub fn theta(&self) -> &[f64] {
        &self.theta
    }

    /// Starts again at `theta`.
    ///
    /// # Panics
    /// `theta` is not of the same length as before.
    pub fn restart(&mut self, theta: &[f64]) {
        self.theta.copy_from_slice(theta);
        self.batches.reset();
    }

    /// `theta' = theta - (eta/n) sum_{a in batch} g_a(theta)`, with a new batch.
    ///
    /// # Errors
    /// The loss of a row of the batch is not finite at `theta`.
    pub fn step<R: Rng>(&mut self, generator: &mut R) -> Result<(), ProblemError> {
        self.rows.clear();
        self.batches.draw(generator, |row| self.rows.push(row));
        self.sum.fill(0.0);
        self.engine.add_gradients(&self.theta, &self.rows, &mut self.sum)?;
        for (theta, sum) in self.theta.iter_mut().zip(&self.sum) {
            *theta -= self.rate * sum;
        }
        Ok(())
    }
}

/// The noise parts of real steps: batches drawn once, looked at from several points.
///
/// At each point one pass over all rows gives `G` and the sums of all batches together.
#[derive(Debug)]
pub struct SgdNoise<'a, L> {
    problem: &'a Problem<L>,
    sgd: Sgd,
    batches: Batches,
    count: usize,
    /// The batches that row `a` belongs to: `members[first[a]..first[a+1]]`.
    members: Vec<u32>,
    first: Vec<usize>,
    drawn: Vec<u32>,
    rounding: f64,
}

impl<'a, L: Loss> SgdNoise<'a, L> {
    /// Steps of `sgd` on `problem`.
    ///
    /// # Errors
    /// The batch does not fit the data.
    pub fn new(problem: &'a Problem<L>, sgd: &Sgd) -> Result<Self, SgdError> {
        Ok(Self {
            problem,
            sgd: *sgd,
            batches: Batches::new(problem.rows(), sgd)?,
            count: 0,
            members: Vec::new(),
            first: Vec::new(),
            drawn: Vec::new(),
            rounding: 0.0,
        })
    }

    /// Sorts the rows drawn by row, keeping to which batch each belongs (a counting sort).
    fn index(&mut self) {
        let size = self.sgd.batch();
        self.first.clear();
        self.first.resize(self.problem.rows() + 1, 0);
        for &row in &self.drawn {
            self.first[row as usize + 1] += 1;
        }
        for a in 1..self.first.len() {
            self.first[a] += self.first[a - 1];
        }
        let mut next = self.first.clone();
        self.members.clear();
        self.members.resize(self.drawn.len(), 0);
        for (batch, rows) in (0..).zip(self.drawn.chunks(size)) {
            for &row in rows {
                self.members[next[row as usize]] = batch;
                next[row as usize] += 1;
            }
        }
    }

    /// Adds the gradients of a block of rows to the sum of all (the first `dim` numbers) and to those of their batches.
    fn add(&self, sums: &mut [f64], block: &Block<'_>) {
        let dim = self.problem.dim();
        for (i, sum) in sums[..dim].iter_mut().enumerate() {
            *sum += block.sum(block.gradient(i));
        }
        for (l, &row) in block.rows().iter().enumerate() {
            for &batch in &self.members[self.first[row]..self.first[row + 1]] {
                let start = (batch as usize + 1) * dim;
                for (i, sum) in sums[start..start + dim].iter_mut().enumerate() {
                    *sum += block.gradient(i)[l];
                }
            }
        }
    }
}

impl<L: Loss> Noise for SgdNoise<'_, L> {
    type Error = ProblemError;

    fn dim(&self) -> usize {
        self.problem.dim()
    }

    fn time_step(&self) -> f64 {
        self.sgd.learning_rate()
    }

    fn draw<R: Rng>(&mut self, count: usize, generator: &mut R) {
        self.count = count;
        self.drawn.clear();
        self.batches.reset();
        for _ in 0..count {
            self.batches.draw(generator, |row| self.drawn.push(u32::try_from(row).unwrap_or(u32::MAX)));
        }
        self.index();
    }

    fn noises(&mut self, theta: &[f64], noises: &mut [f64]) -> Result<(), ProblemError> {
        self.problem.check_theta(theta)?;
        let dim = self.problem.dim();
        let size = (self.count + 1) * dim;
        let parts =
            self.problem.sweep(theta, size, || vec![0.0; size], |sums, block| self.add(sums, block))?;
        let mut sums = vec![0.0; size];
        for part in parts {
            sums.iter_mut().zip(part).for_each(|(sum, part)| *sum += part);
        }
        let (rows, batch, eta) =
            (real(self.problem.rows()), real(self.sgd.batch()), self.sgd.learning_rate());
        let (all, drawn) = sums.split_at(dim);
        for (noise, sum) in noises.chunks_mut(dim).zip(drawn.chunks(dim)) {
            for i in 0..dim {
                noise[i] = -eta * (sum[i] / batch - all[i] / rows);
            }
        }
        // Sums of N and of n numbers of the size of the mean have errors of up to N and n units in the last place.
        let largest = all.iter().fold(0.0_f64, |m, g| m.max((g / rows).abs()));
        self.rounding = eta * largest * (rows + batch) * f64::EPSILON;
        Ok(())
    }

    fn rounding(&self) -> f64 {
        self.rounding
    }
}
