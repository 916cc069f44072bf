//! The settings of stochastic gradient descent: learning rate, batch size, how a batch is drawn.
//!
//! One step from `theta` is `-(eta/n) sum_{a=1..n} g(X_a)` over a batch of `n` rows (math: `E[step] = -eta G`,
//! `Cov[step] = (eta^2/n) c Sigma` with `c = 1` for batches drawn with replacement and `c = (N-n)/(N-1)`
//! for batches drawn without replacement from `N` rows).

use thiserror::Error;

/// How the rows of one batch are drawn; batches are independent of one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Replacement {
    /// Every row of a batch is drawn from all rows.
    #[default]
    With,
    /// The rows of one batch are distinct.
    Without,
}

/// Learning rate, batch size and the way a batch is drawn: checked once, by [`Sgd::new`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sgd {
    learning_rate: f64,
    batch: usize,
    replacement: Replacement,
}

/// Why settings were refused.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum SgdError {
    /// The learning rate is not a positive finite number.
    #[error("the learning rate is {found}; it must be a positive finite number")]
    LearningRate {
        /// What was given.
        found: f64,
    },
    /// A batch of no rows.
    #[error("the batch size is 0; a batch has at least one row")]
    EmptyBatch,
    /// More rows in a batch than there are, without replacement.
    #[error(
        "a batch of {batch} rows cannot be drawn without replacement from {rows} rows; lower the batch size or draw with replacement"
    )]
    BatchTooLarge {
        /// Rows wanted in a batch.
        batch: usize,
        /// Rows there are.
        rows: usize,
    },
}

impl Sgd {
    /// SGD with learning rate `eta > 0` and batches of `batch >= 1` rows, drawn with replacement.
    ///
    /// # Errors
    /// The learning rate is not positive and finite, or the batch is empty.
    pub fn new(learning_rate: f64, batch: usize) -> Result<Self, SgdError> {
        if !(learning_rate > 0.0 && learning_rate.is_finite()) {
            return Err(SgdError::LearningRate { found: learning_rate });
        }
        if batch == 0 {
            return Err(SgdError::EmptyBatch);
        }
        Ok(Self { learning_rate, batch, replacement: Replacement::With })
    }

    /// The same with batches drawn as said.
    #[must_use]
    pub fn with_replacement(self, replacement: Replacement) -> Self {
        Self { replacement, ..self }
    }

    /// Learning rate `eta`, also the time step.
    #[must_use]
    pub fn learning_rate(&self) -> f64 {
        self.learning_rate
    }

    /// Batch size `n`.
    #[must_use]
    pub fn batch(&self) -> usize {
        self.batch
    }

    /// How the rows of one batch are drawn.
    #[must_use]
    pub fn replacement(&self) -> Replacement {
        self.replacement
    }

    /// The finite-population factor `c` of `Cov[step] = (eta^2/n) c Sigma` for `rows` rows: 1 with replacement,
    /// `(N-n)/(N-1)` without (0 for a single row).
    ///
    /// # Errors
    /// The batch has more rows than there are, without replacement.
    #[allow(clippy::cast_precision_loss, reason = "row counts are below 2^53")]
    pub fn population_factor(&self, rows: usize) -> Result<f64, SgdError> {
        match self.replacement {
            Replacement::With => Ok(1.0),
            Replacement::Without if self.batch > rows => {
                Err(SgdError::BatchTooLarge { batch: self.batch, rows })
            }
            Replacement::Without if rows == 1 => Ok(0.0),
            Replacement::Without => Ok((rows - self.batch) as f64 / (rows - 1) as f64),
        }
    }

    /// `2D/Sigma = (eta/n) c`: the noise of one step per unit time and unit gradient covariance.
    ///
    /// # Errors
    /// The batch has more rows than there are, without replacement.
    #[allow(clippy::cast_precision_loss, reason = "batch sizes are below 2^53")]
    pub fn noise_strength(&self, rows: usize) -> Result<f64, SgdError> {
        Ok(self.learning_rate / self.batch as f64 * self.population_factor(rows)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn factor_is_one_with_replacement_and_the_finite_population_factor_without() {
        let sgd = Sgd::new(0.5, 3).unwrap();
        assert_eq!(sgd.population_factor(3), Ok(1.0), "with replacement");
        let without = sgd.with_replacement(Replacement::Without);
        assert_eq!(without.population_factor(9), Ok(0.75), "(9-3)/(9-1)");
        assert_eq!(without.population_factor(3), Ok(0.0), "the whole data set");
        assert_eq!(
            without.population_factor(2),
            Err(SgdError::BatchTooLarge { batch: 3, rows: 2 }),
            "too many"
        );
    }

    #[test]
    fn settings_out_of_range_are_refused() {
        for eta in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(Sgd::new(eta, 1).is_err(), "learning rate {eta}");
        }
        assert_eq!(Sgd::new(0.1, 0), Err(SgdError::EmptyBatch), "no rows");
    }
}
