//! Data sets: rows of finite numbers under named columns.
//!
//! A [`Data`] holds `N` rows (samples) of `p` features followed by `q` targets, row by row in one
//! block of `f64`. It is checked once, where it enters: every value is finite, every row has a value
//! in every column, every column has a name of its own, and there is at least one row and one column.
//! Nothing changes it afterwards, and what takes a `Data` need not check again.
//!
//! Data enter from [CSV](Data::from_csv), from [pairs of `.npy` files](Data::from_npy), from
//! [rows in memory](Data::from_rows), and two sets are built in: [`Data::breast_cancer`] and
//! [`Data::wine`]. [`Columns`] says which columns are taken; the targets always come last.
//!
//! ```
//! use driftproof::data::{Columns, Data};
//!
//! let columns = Columns::default().with_target("weight");
//! let data = Data::from_csv_text("cats.csv", "weight,age,length\n4.1,3,46\n5.0,7,49\n", &columns)?;
//! assert_eq!(data.columns(), ["age", "length", "weight"]);
//! assert_eq!((data.len(), data.width(), data.targets()), (2, 3, 1));
//! assert_eq!(data.row(1), [7.0, 49.0, 5.0]);
//!
//! let error = Data::from_csv_text("cats.csv", "age\n3\nold\n", &Columns::default()).unwrap_err();
//! assert_eq!(
//!     error.to_string(),
//!     "cats.csv, line 3, column \"age\": found \"old\", expected a number; \
//!      correct it, remove the row, or leave the column out",
//! );
//! # Ok::<(), driftproof::data::DataError>(())
//! ```

mod columns;
mod csv;
mod error;
mod npy;
mod standard;

use std::path::Path;
use std::slice::ChunksExact;
use std::sync::LazyLock;

use columns::{choose, distinct, find};

pub use columns::Columns;
pub use error::{DataError, Place};

/// A data set: `N` rows of `p` features followed by `q` targets, all finite.
///
/// Its values are immutable. The name is that of the file, or of the built-in set; errors show it.
#[derive(Debug, Clone)]
pub struct Data {
    name: String,
    columns: Vec<String>,
    targets: usize,
    /// Row-major, `N * columns.len()` of them.
    values: Vec<f64>,
}

impl Data {
    /// Takes rows from memory, all columns features until [`with_targets`](Self::with_targets) says
    /// otherwise. Its name is `rows`.
    ///
    /// `rows` is `N` slices, each with one number for each of the `columns`.
    ///
    /// # Errors
    ///
    /// No column or no row, a column without a name or with that of another, a row of another length,
    /// NaN or infinity.
    pub fn from_rows(columns: &[impl AsRef<str>], rows: &[impl AsRef<[f64]>]) -> Result<Self, DataError> {
        let name = "rows".to_owned();
        let columns: Vec<String> = columns.iter().map(|column| column.as_ref().to_owned()).collect();
        distinct(&name, &columns)?;
        choose(&name, &columns, 0, &Columns::default())?;
        let mut values = Vec::with_capacity(rows.len() * columns.len());
        for (index, row) in rows.iter().enumerate() {
            let (row, place) = (row.as_ref(), |column| Place::Row { row: index, column });
            if row.len() != columns.len() {
                return Err(DataError::Ragged {
                    place: place(None),
                    found: row.len(),
                    expected: columns.len(),
                });
            }
            if let Some(wrong) = row.iter().position(|value| !value.is_finite()) {
                let place = place(Some(columns[wrong].clone()));
                return Err(DataError::NotFinite { place, found: row[wrong].to_string() });
            }
            values.extend_from_slice(row);
        }
        Self::new(name, columns, 0, values)
    }

    /// Declares the last `count` columns the targets, and all before them the features.
    ///
    /// # Errors
    ///
    /// There are fewer than `count` columns.
    pub fn with_targets(mut self, count: usize) -> Result<Self, DataError> {
        if count > self.width() {
            return Err(DataError::TooManyTargets { data: self.name, count, width: self.columns.len() });
        }
        self.targets = count;
        Ok(self)
    }

    /// Reads a CSV file with a header.
    ///
    /// Cells are separated by commas, and may stand in quotes, with quotes inside doubled. Blanks
    /// around a cell are ignored, and so are blank lines, a byte order mark, and the kind of line end
    /// (LF, CRLF, CR). Comments are not supported: a line that begins with `#` is an error. Numbers are
    /// decimal, with a point, and are rounded to the nearest `f64`. Columns that are not chosen may
    /// hold anything.
    ///
    /// # Errors
    ///
    /// The file is missing, unreadable, not UTF-8, empty, or without rows; a header of numbers, or with
    /// a name twice; a column that does not exist, is chosen twice, has no name, or is target and feature
    /// at once; a row of another length than the header; a quote that is misplaced or not closed; a
    /// chosen cell that is empty, not a number, NaN, or infinite (also by overflow, as `1e999`).
    pub fn from_csv(path: impl AsRef<Path>, columns: &Columns) -> Result<Self, DataError> {
        csv::read(path.as_ref(), columns)
    }

    /// Reads the text of a CSV file, as [`from_csv`](Self::from_csv) does. Errors call it `name`.
    ///
    /// # Errors
    ///
    /// As for [`from_csv`](Self::from_csv), but for those of reading the file.
    pub fn from_csv_text(name: &str, text: &str, columns: &Columns) -> Result<Self, DataError> {
        csv::parse(name, text, columns)
    }

    /// Reads features (`X`, `N x p` or `N`) and targets (`y`, `N x q` or `N`) from two `.npy` files.
    ///
    /// Elements are `f8`, `f4`, integers or booleans, of either byte order; the arrays are in C or
    /// Fortran order. Integers beyond 2^53 are rounded to the nearest `f64`. One feature is named `x`
    /// and one target `y`; several are named `x0`, `x1`, ... and `y0`, `y1`, ...
    ///
    /// # Errors
    ///
    /// A file is missing, unreadable, not `.npy`, or not of the size that its header states; an array is
    /// neither vector nor matrix, has no rows or columns, or holds elements of another type, NaN or
    /// infinity; the numbers of rows differ.
    pub fn from_npy(features: impl AsRef<Path>, targets: impl AsRef<Path>) -> Result<Self, DataError> {
        npy::read(features.as_ref(), targets.as_ref())
    }

    /// Breast Cancer Wisconsin (Diagnostic): 569 tumours, 30 features of cell nuclei in their
    /// original units, and a `target` of 0 (malignant, 212) or 1 (benign, 357).
    ///
    /// W. H. Wolberg, W. N. Street and O. L. Mangasarian, UCI Machine Learning Repository, 1995,
    /// CC BY 4.0; see `derivations/data/README.md`.
    #[must_use]
    pub fn breast_cancer() -> Self {
        static PARSED: LazyLock<Data> = LazyLock::new(|| {
            embedded("breast_cancer", include_str!("../../derivations/data/breast_cancer.csv"))
        });
        PARSED.clone()
    }

    /// Wine: 178 wines, 13 features from chemical analysis in their original units, and a `target` of
    /// 0, 1 or 2 (the cultivar: 59, 71 and 48 wines).
    ///
    /// S. Aeberhard and M. Forina, UCI Machine Learning Repository, 1991, CC BY 4.0; see
    /// `derivations/data/README.md`.
    #[must_use]
    pub fn wine() -> Self {
        static PARSED: LazyLock<Data> =
            LazyLock::new(|| embedded("wine", include_str!("../../derivations/data/wine.csv")));
        PARSED.clone()
    }

    /// Takes some of the columns, as if they were read from CSV. When `columns` names no target, the
    /// targets stay what they are.
    ///
    /// # Errors
    ///
    /// A column does not exist, is chosen twice, or is target and feature at once; none is chosen.
    pub fn select(&self, columns: &Columns) -> Result<Self, DataError> {
        let choice = choose(&self.name, &self.columns, self.targets, columns)?;
        let names = choice.indices.iter().map(|&index| self.columns[index].clone()).collect();
        let values = self.rows().flat_map(|row| choice.indices.iter().map(|&index| row[index])).collect();
        Self::new(self.name.clone(), names, choice.targets, values)
    }

    /// The name that errors show: of the file, of the built-in set, or `rows`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Number of rows `N`, at least 1.
    #[must_use]
    pub fn len(&self) -> usize {
        self.values.len() / self.width()
    }

    /// Whether there are no rows: never, since no data set without rows can be made.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Number of columns `p + q`, at least 1.
    #[must_use]
    pub fn width(&self) -> usize {
        self.columns.len()
    }

    /// Number of features `p`: the columns before the targets.
    #[must_use]
    pub fn features(&self) -> usize {
        self.width() - self.targets
    }

    /// Number of targets `q`: the last columns.
    #[must_use]
    pub fn targets(&self) -> usize {
        self.targets
    }

    /// Names of the columns, features then targets.
    #[must_use]
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// Index of the column of this name.
    ///
    /// # Errors
    ///
    /// There is none; the message offers the nearest name.
    pub fn column(&self, name: &str) -> Result<usize, DataError> {
        find(&self.name, &self.columns, name)
    }

    /// Row `i` (counted from 0): its features, then its targets.
    ///
    /// # Panics
    ///
    /// If `i` is not less than [`len`](Self::len), as indexing a slice does.
    #[must_use]
    pub fn row(&self, i: usize) -> &[f64] {
        assert!(i < self.len(), "row {i} of a data set of {} rows", self.len());
        &self.values[i * self.width()..][..self.width()]
    }

    /// The rows in order, each its features, then its targets.
    pub fn rows(&self) -> ChunksExact<'_, f64> {
        self.values.chunks_exact(self.width())
    }

    /// All values, row after row: `N * (p + q)` finite numbers.
    #[must_use]
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// The only constructor. Its callers have checked that the values are finite, that the names differ
    /// and are not empty, and that there is a whole number of rows and at least one column.
    fn new(name: String, columns: Vec<String>, targets: usize, values: Vec<f64>) -> Result<Self, DataError> {
        if values.is_empty() {
            return Err(DataError::NoRows { data: name });
        }
        Ok(Self { name, columns, targets, values })
    }
}

/// A data set of ours. That it can be read is tested.
fn embedded(name: &str, text: &str) -> Data {
    let columns = Columns::default().with_target("target");
    csv::parse(name, text, &columns).expect("a data set that is built in can be read")
}

fn unreadable(file: &str, source: std::io::Error) -> DataError {
    let data = file.to_owned();
    if source.kind() == std::io::ErrorKind::NotFound {
        DataError::Missing { data }
    } else {
        DataError::Unreadable { data, source }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How often each class occurs in the last column.
    fn class_counts(data: &Data) -> Vec<usize> {
        let mut counts = Vec::new();
        for class in [0.0, 1.0, 2.0] {
            counts.push(data.rows().filter(|row| row[data.width() - 1].total_cmp(&class).is_eq()).count());
        }
        assert_eq!(counts.iter().sum::<usize>(), data.len(), "every target is a class");
        counts
    }

    #[test]
    fn breast_cancer_is_as_published() {
        let data = Data::breast_cancer();
        assert_eq!((data.len(), data.features(), data.targets()), (569, 30, 1));
        assert_eq!(class_counts(&data), [212, 357, 0]);
        assert_eq!((&data.columns()[0][..], &data.columns()[30][..]), ("mean_radius", "target"));
        assert_eq!(data.row(0)[..3], [17.99, 10.38, 122.8]);
        assert_eq!(data.row(568)[..3], [7.76, 24.54, 47.92]);
        assert_eq!(data.column("worst_area").unwrap(), 23);
    }

    #[test]
    fn wine_is_as_published() {
        let data = Data::wine();
        assert_eq!((data.len(), data.features(), data.targets()), (178, 13, 1));
        assert_eq!(class_counts(&data), [59, 71, 48]);
        assert_eq!(data.row(0)[..2], [14.23, 1.71]);
        assert_eq!(data.column("proline").unwrap(), 12);
    }

    #[test]
    fn rows_from_memory_are_checked() {
        let data = Data::from_rows(&["a", "b"], &[vec![1.0, 2.0], vec![3.0, 4.0], vec![5.0, 6.0]]).unwrap();
        assert_eq!((data.len(), data.width(), data.targets()), (3, 2, 0));
        assert_eq!(data.rows().next_back(), Some(&[5.0, 6.0][..]));
        assert!(!data.is_empty(), "a data set is never empty");
        for (columns, rows, message) in [
            (vec!["a", "b"], vec![vec![1.0, 2.0], vec![3.0]], "rows[1]: found 1 cell, expected 2"),
            (vec!["a", "b"], vec![vec![1.0, f64::NAN]], "rows[0], column \"b\": found \"NaN\""),
            (vec!["a"], vec![vec![f64::NEG_INFINITY]], "rows[0], column \"a\": found \"-inf\""),
            (vec!["a", "b", "a"], vec![vec![0.0; 3]], "rows: columns 1 and 3 are both named \"a\""),
            (vec!["a", ""], vec![vec![0.0; 2]], "rows: column 2 has no name"),
            (vec!["a"], vec![], "rows: found no rows"),
            (vec![], vec![vec![]], "rows: no columns are chosen"),
        ] {
            let error = Data::from_rows(&columns, &rows).unwrap_err().to_string();
            assert!(error.starts_with(message), "expected {message}, found {error}");
        }
        let error = data.with_targets(3).unwrap_err();
        assert!(matches!(error, DataError::TooManyTargets { count: 3, width: 2, .. }), "found {error:?}");
    }

    #[test]
    #[should_panic(expected = "row 178 of a data set of 178 rows")]
    fn a_row_beyond_the_last_is_a_panic() {
        let _ = Data::wine().row(178);
    }
}
