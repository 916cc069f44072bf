//! Standardisation of the features: mean 0, variance 1.

use super::{Data, DataError};

impl Data {
    /// Standardises each feature, `z_i = (x_i - m) / s` with its mean `m = (1/N) sum_i x_i` and its
    /// population standard deviation `s`, `s^2 = (1/N) sum_i (x_i - m)^2`. Targets stay as they are.
    ///
    /// Accuracy: whatever the feature's offset and unit, each `z` is within a few `N` roundings
    /// (`2^-52`) of exact, relative to the larger of 1 and its size; so the mean of the result is 0 and
    /// its variance 1 within as much.
    ///
    /// # Errors
    ///
    /// A feature is constant, or has a variance that is not a normal `f64`.
    pub fn standardized(mut self) -> Result<Self, DataError> {
        let first = self.row(0)[..self.features()].to_vec();
        let constant = |column: usize| {
            let mut rows = self.rows();
            rows.all(|row| (row[column] - first[column]).abs() <= 0.0)
        };
        if let Some(column) = (0..first.len()).find(|&column| constant(column)) {
            return Err(DataError::Constant {
                data: self.name,
                column: self.columns.swap_remove(column),
                value: first[column],
            });
        }
        // Differences from the first row do not know the offset. Their rounded mean m is still off,
        // by the mean r of the deviations from it, which the second pass finds and the third uses.
        let mean = self.feature_means(|column, x| x - first[column]);
        let rest = self.feature_means(|column, x| (x - first[column]) - mean[column]);
        let deviation = |column: usize, x: f64| ((x - first[column]) - mean[column]) - rest[column];
        let variance = self.feature_means(|column, x| deviation(column, x).powi(2));
        if let Some(column) = variance.iter().position(|variance| !variance.is_normal()) {
            return Err(DataError::OutOfRange { data: self.name, column: self.columns.swap_remove(column) });
        }
        let width = self.width();
        for row in self.values.chunks_exact_mut(width) {
            for (column, (x, variance)) in row.iter_mut().zip(&variance).enumerate() {
                *x = deviation(column, *x) / variance.sqrt();
            }
        }
        Ok(self)
    }

    /// `(1/N) sum_i term(j, x_ij)` for each feature `j`, row by row as the values lie in memory.
    #[expect(clippy::cast_precision_loss, reason = "no memory holds 2^53 rows")]
    fn feature_means(&self, term: impl Fn(usize, f64) -> f64) -> Vec<f64> {
        let mut sums = vec![0.0; self.features()];
        for row in self.rows() {
            for (column, (sum, &x)) in sums.iter_mut().zip(row).enumerate() {
                *sum += term(column, x);
            }
        }
        let count = self.len() as f64;
        sums.into_iter().map(|sum| sum / count).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Mean and population variance of a column, compensated (Neumaier), so that they are exact to a
    /// few roundings whatever the number of rows.
    fn mean_and_variance(data: &Data, column: usize) -> (f64, f64) {
        let count = f64::from(u32::try_from(data.len()).unwrap());
        let sum = |term: &dyn Fn(f64) -> f64| {
            let (mut sum, mut lost) = (0.0_f64, 0.0);
            for x in data.rows().map(|row| term(row[column])) {
                let next = sum + x;
                lost += if sum.abs() >= x.abs() { (sum - next) + x } else { (x - next) + sum };
                sum = next;
            }
            sum + lost
        };
        let mean = sum(&|x| x) / count;
        (mean, sum(&|x| (x - mean).powi(2)) / count)
    }

    /// The sums of the standardisation have N terms of mean size at most s, and the differences that
    /// they start from are at most sqrt(N) s in the mean: each sum is off by at most 2 N roundings of
    /// s. So is the mean, and the variance by twice as much; 8 stands for the few other operations.
    fn assert_standard(data: &Data) {
        let count = f64::from(u32::try_from(data.len()).unwrap());
        for column in 0..data.features() {
            let (mean, variance) = mean_and_variance(data, column);
            assert!(mean.abs() <= (2.0 * count + 8.0) * f64::EPSILON, "mean {mean:e} of column {column}");
            let error = (variance - 1.0).abs();
            assert!(error <= (4.0 * count + 8.0) * f64::EPSILON, "variance {variance} of column {column}");
        }
    }

    #[test]
    fn standardized_features_have_mean_zero_and_variance_one() {
        for data in [Data::breast_cancer(), Data::wine()] {
            let target = data.width() - 1;
            let standard = data.clone().standardized().unwrap();
            assert_standard(&standard);
            assert!(
                data.rows().zip(standard.rows()).all(|(a, b)| a[target].total_cmp(&b[target]).is_eq()),
                "targets stay"
            );
        }
    }

    #[test]
    fn standardizing_two_and_three_rows_is_exact() {
        // (0, 4): m = 2, s = 2. (1, 1, 4): m = 2, s = sqrt 2, which is correctly rounded.
        let pair = Data::from_rows(&["a"], &[[0.0], [4.0]]).unwrap().standardized().unwrap();
        assert_eq!(pair.values(), [-1.0, 1.0]);
        let triple = Data::from_rows(&["a"], &[[1.0], [1.0], [4.0]]).unwrap().standardized().unwrap();
        let root = 2.0_f64.sqrt();
        assert_eq!(triple.values(), [-1.0 / root, -1.0 / root, 2.0 / root]);
    }

    #[test]
    fn a_large_offset_does_not_spoil_standardizing() {
        // 1e15 + i is exact for whole i, so that the standardised values must not know the offset.
        let column =
            |offset: f64| -> Vec<[f64; 1]> { (0..1000).map(|i| [offset + f64::from(i * i % 997)]).collect() };
        let standard = |offset| Data::from_rows(&["a"], &column(offset)).unwrap().standardized().unwrap();
        let (near, far) = (standard(0.0), standard(1e15));
        assert_standard(&far);
        for (a, b) in near.values().iter().zip(far.values()) {
            // Each is within the bound of assert_standard of the truth, for |z| below 2.
            assert!((a - b).abs() <= 2.0 * 2008.0 * 2.0 * f64::EPSILON, "{a} and {b}");
        }
    }

    #[test]
    fn standardizing_refuses_what_it_cannot_do() {
        let constant = Data::from_rows(&["a", "b"], &[[1.0, 3.0], [2.0, 3.0]]).unwrap();
        let error = constant.clone().standardized().unwrap_err();
        assert!(matches!(&error, DataError::Constant { column, .. } if column == "b"), "found {error:?}");
        assert!(constant.with_targets(1).unwrap().standardized().is_ok(), "a constant target is no obstacle");
        let single = Data::from_rows(&["a"], &[[1.0]]).unwrap().standardized();
        assert!(matches!(single, Err(DataError::Constant { .. })), "found {single:?}");
        for column in [[[f64::MAX], [-f64::MAX], [f64::MAX]], [[1e-200], [2e-200], [4e-200]]] {
            let error = Data::from_rows(&["a"], &column).unwrap().standardized();
            assert!(matches!(error, Err(DataError::OutOfRange { .. })), "found {error:?}");
        }
    }
}
