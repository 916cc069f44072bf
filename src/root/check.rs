//! What is refused at the door: shapes, NaN and infinity, scales outside their domain.

use super::RootError;
use nalgebra::{DMatrix, Scalar};

/// `n` as a float; the counts here (dimensions, samples) are below 2^53, where this is exact.
#[allow(clippy::cast_precision_loss, reason = "dimensions and sample counts are below 2^53")]
pub(super) fn count(n: usize) -> f64 {
    n as f64
}

/// `rows × columns`, or an error naming `what`.
pub(super) fn shape<T: Scalar>(
    what: &'static str,
    matrix: &DMatrix<T>,
    rows: usize,
    columns: usize,
) -> Result<(), RootError> {
    if matrix.shape() == (rows, columns) {
        return Ok(());
    }
    Err(RootError::Shape {
        what,
        rows: matrix.nrows(),
        columns: matrix.ncols(),
        expected_rows: rows,
        expected_columns: columns,
    })
}

/// Square with at least one row, or an error naming `what`; the dimension.
pub(super) fn square<T: Scalar>(what: &'static str, matrix: &DMatrix<T>) -> Result<usize, RootError> {
    let dim = rows(what, matrix)?;
    shape(what, matrix, dim, dim)?;
    Ok(dim)
}

/// The number of rows, at least 1, or an error naming `what`.
pub(super) fn rows<T: Scalar>(what: &'static str, matrix: &DMatrix<T>) -> Result<usize, RootError> {
    match matrix.nrows() {
        0 => Err(RootError::Empty { what }),
        dim => Ok(dim),
    }
}

/// Every entry satisfies `is_finite`, or an error naming `what` and the first entry (by columns) that does not.
pub(super) fn finite_by<T: Scalar>(
    what: &'static str,
    matrix: &DMatrix<T>,
    is_finite: impl Fn(&T) -> bool,
) -> Result<(), RootError> {
    match matrix.iter().position(|entry| !is_finite(entry)) {
        None => Ok(()),
        Some(place) => {
            Err(RootError::NotFinite { what, row: place % matrix.nrows(), column: place / matrix.nrows() })
        }
    }
}

/// Every entry is finite, or an error naming `what` and the first entry (by columns) that is not.
pub(super) fn finite(what: &'static str, matrix: &DMatrix<f64>) -> Result<(), RootError> {
    finite_by(what, matrix, |entry| entry.is_finite())
}

/// A size: finite and at least 0.
pub(super) fn size(what: &'static str, value: f64) -> Result<(), RootError> {
    if value.is_finite() && value >= 0.0 {
        return Ok(());
    }
    Err(RootError::Option { what, value, expected: "a finite number that is at least 0" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use nalgebra::dmatrix;

    #[test]
    fn the_first_bad_entry_is_named_by_row_and_column() {
        let bad = dmatrix![1.0, 2.0, 3.0; 4.0, 5.0, f64::NAN];
        let error = RootError::NotFinite { what: "m", row: 1, column: 2 };
        assert_eq!(finite("m", &bad), Err(error), "row and column, not their transposes");
        let bad = dmatrix![1.0, f64::INFINITY, 3.0; f64::NAN, 5.0, 6.0];
        let error = RootError::NotFinite { what: "m", row: 1, column: 0 };
        assert_eq!(finite("m", &bad), Err(error), "the first by columns");
    }

    #[test]
    fn shapes_are_reported_as_found_and_as_expected() {
        let error = square("m", &DMatrix::<f64>::zeros(2, 3)).unwrap_err();
        assert_eq!(error.to_string(), "m is 2 × 3, expected 2 × 2");
        let error = square("m", &DMatrix::<f64>::zeros(0, 0)).unwrap_err();
        assert_eq!(
            error,
            RootError::Empty { what: "m" },
            "an empty matrix is not a special case of anything"
        );
    }

    #[test]
    fn a_size_is_finite_and_not_negative() {
        assert_eq!(size("s", 0.0), Ok(()), "zero is a size");
        for bad in [-1.0, f64::NAN, f64::INFINITY] {
            assert!(size("s", bad).is_err(), "{bad} is no size");
        }
    }
}
