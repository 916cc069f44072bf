//! What can be wrong with a data set, and the sentences that say so.
//!
//! Every message is one line: where, what was found, what was expected, what to do.

use std::fmt;

/// A place in the input, as its user would look it up.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Place {
    /// In a text file.
    Line {
        /// File, as it was named.
        file: String,
        /// Line of the file on which the row begins, counted from 1.
        line: u64,
        /// Name of the column; `None` when the whole row is meant.
        column: Option<String>,
    },
    /// An element of an `.npy` array.
    Element {
        /// File, as it was named.
        file: String,
        /// Index as in `NumPy`: `[row]` or `[row, column]`, counted from 0.
        index: Vec<u64>,
    },
    /// In rows handed over in memory.
    Row {
        /// Index of the row, counted from 0.
        row: usize,
        /// Name of the column; `None` when the whole row is meant.
        column: Option<String>,
    },
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let column = match self {
            Self::Line { file, line, column } => {
                write!(f, "{file}, line {line}")?;
                column
            }
            Self::Row { row, column } => {
                write!(f, "rows[{row}]")?;
                column
            }
            Self::Element { file, index } => return write!(f, "{file}, element {index:?}"),
        };
        match column {
            Some(name) => write!(f, ", column {}", quoted(name)),
            None => Ok(()),
        }
    }
}

/// What is wrong with a data set.
///
/// `data` is the file as it was named, or the name of a data set that is not a file. The message
/// (`Display`) is one line: where, what was found, what was expected, what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// There is no such file.
    #[error("{data}: no such file; check the path, which starts at the current folder if relative")]
    Missing {
        /// The file.
        data: String,
    },
    /// The operating system does not give the file's contents.
    #[error("{data}: the file cannot be read ({}); check that it is a file that you may read", source.kind())]
    Unreadable {
        /// The file.
        data: String,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// The text is not encoded in UTF-8.
    #[error(
        "{data}, line {line}: found bytes that are not UTF-8, expected UTF-8 text; save the file as CSV in UTF-8"
    )]
    NotUtf8 {
        /// The file.
        data: String,
        /// Line of the first such byte, counted from 1.
        line: u64,
    },
    /// There is no header.
    #[error(
        "{data}: the file is empty, expected a header line with column names, then rows of numbers; check that it was written completely"
    )]
    Empty {
        /// The file.
        data: String,
    },
    /// There are columns, but no rows.
    #[error("{data}: found no rows, expected at least one; add rows of numbers")]
    NoRows {
        /// The data set.
        data: String,
    },
    /// There is no column, or none was chosen.
    #[error("{data}: no columns are chosen, expected at least one feature or target; name some")]
    NoColumns {
        /// The data set.
        data: String,
    },
    /// The first line holds numbers only, so that it looks like a row and would be lost as a header.
    #[error(
        "{data}, line {line}: found only numbers ({}, ...), expected a header with column names; put such a line above the rows",
        excerpt(first)
    )]
    NumericHeader {
        /// The file.
        data: String,
        /// Line of the header, counted from 1.
        line: u64,
        /// Its first cell.
        first: String,
    },
    /// A line begins with `#`.
    #[error(
        "{data}, line {line}: the line begins with #, and comments are not supported; remove it, or quote the cell (\"#...\") if it is one"
    )]
    Comment {
        /// The file.
        data: String,
        /// The line, counted from 1.
        line: u64,
    },
    /// A quote stands where none can.
    #[error(
        "{data}, line {line}: found a quote (\") inside a cell, expected quotes only around a whole cell, right beside its commas; remove it, or quote the cell and double the quote inside"
    )]
    StrayQuote {
        /// The file.
        data: String,
        /// The line, counted from 1.
        line: u64,
    },
    /// A quoted cell does not end.
    #[error(
        "{data}, line {line}: found an opening quote (\") without its closing one; close it or remove it"
    )]
    OpenQuote {
        /// The file.
        data: String,
        /// Line of the opening quote, counted from 1.
        line: u64,
    },
    /// A chosen column has no name.
    #[error(
        "{data}: column {number} has no name, expected one for each column in use; name it, or choose the features by name to leave it out"
    )]
    Unnamed {
        /// The data set.
        data: String,
        /// The column, counted from 1.
        number: usize,
    },
    /// Two columns have the same name.
    #[error(
        "{data}: columns {first} and {second} are both named {}, expected different names; rename one",
        quoted(column)
    )]
    SameName {
        /// The data set.
        data: String,
        /// The name.
        column: String,
        /// The first of the two, counted from 1.
        first: usize,
        /// The second of the two, counted from 1.
        second: usize,
    },
    /// A feature is chosen twice.
    #[error("{data}: the features name {} twice, expected each column once; remove one", quoted(column))]
    ChosenTwice {
        /// The data set.
        data: String,
        /// The column.
        column: String,
    },
    /// The target is also chosen as a feature.
    #[error(
        "{data}: {} is the target and also among the features, expected one or the other; remove it from the features",
        quoted(column)
    )]
    TargetAmongFeatures {
        /// The data set.
        data: String,
        /// The column.
        column: String,
    },
    /// There is no column of this name.
    #[error("{data}: found no column {}, {}", quoted(column), remedy(column, columns))]
    NoSuchColumn {
        /// The data set.
        data: String,
        /// The name that was asked for.
        column: String,
        /// The names that there are.
        columns: Vec<String>,
    },
    /// More targets than columns are asked for.
    #[error(
        "{data}: found {width} columns, expected at least the {count} that are to be targets; lower the count or add columns"
    )]
    TooManyTargets {
        /// The data set.
        data: String,
        /// Number of targets asked for.
        count: usize,
        /// Number of columns.
        width: usize,
    },
    /// A row has more or fewer cells than there are columns.
    #[error("{place}: found {}, expected {expected}, one for each column; {}", cells(*found), ragged_remedy(place))]
    Ragged {
        /// The row.
        place: Place,
        /// Number of its cells.
        found: usize,
        /// Number of columns.
        expected: usize,
    },
    /// A cell does not hold a number.
    #[error("{place}: found {}, expected a number; {}", excerpt(found), cell_remedy(found))]
    NotANumber {
        /// The cell.
        place: Place,
        /// Its text.
        found: String,
    },
    /// A cell is empty or blank.
    #[error("{place}: found an empty cell, expected a number; {MISSING}")]
    EmptyCell {
        /// The cell.
        place: Place,
    },
    /// A number is NaN, infinite, or beyond the largest `f64`.
    #[error(
        "{place}: found {}, expected a finite number (at most 1.8e308 in size); {MISSING}",
        excerpt(found)
    )]
    NotFinite {
        /// The cell.
        place: Place,
        /// Its text.
        found: String,
    },
    /// A feature that is to be standardised does not vary.
    #[error(
        "{data}, column {}: every row holds {value}, expected at least two different values to standardise; leave the column out of the features, or do not standardise",
        quoted(column)
    )]
    Constant {
        /// The data set.
        data: String,
        /// The feature.
        column: String,
        /// Its only value.
        value: f64,
    },
    /// The mean or the variance of a feature leaves the range of `f64`.
    #[error(
        "{data}, column {}: its values are too large or too close together for the variance to be a normal f64 (2.3e-308 to 1.8e308); choose another unit for it",
        quoted(column)
    )]
    OutOfRange {
        /// The data set.
        data: String,
        /// The feature.
        column: String,
    },
    /// The file is not an `.npy` file that we can read.
    #[error(
        "{data}: not a readable .npy file ({reason}), expected one as written by numpy.save; save the array again"
    )]
    NotNpy {
        /// The file.
        data: String,
        /// What its header lacks.
        reason: String,
    },
    /// The elements of an array are not real numbers of a supported type.
    #[error(
        "{data}: found elements of type {found}, expected f8, f4, integers or booleans; save array.astype(\"float64\")"
    )]
    ElementType {
        /// The file.
        data: String,
        /// The type, as the file has it.
        found: String,
    },
    /// An array is neither a vector nor a matrix.
    #[error(
        "{data}: found an array of shape {shape:?}, expected [rows] or [rows, columns] with at least one column; reshape it"
    )]
    Shape {
        /// The file.
        data: String,
        /// The shape.
        shape: Vec<u64>,
    },
    /// The file is shorter or longer than its header says.
    #[error(
        "{data}: found {found} bytes, expected {expected} for an array of shape {shape:?}; the file was cut or damaged, save the array again"
    )]
    WrongSize {
        /// The file.
        data: String,
        /// The shape that the header states.
        shape: Vec<u64>,
        /// Size of the file in bytes that follows from the header.
        expected: u64,
        /// Size of the file in bytes.
        found: u64,
    },
    /// The arrays of features and of targets have different numbers of rows.
    #[error(
        "{targets}: found {target_rows} rows, expected {feature_rows} as in {features}; save both from the same samples"
    )]
    DifferentLengths {
        /// File of the features.
        features: String,
        /// Its number of rows.
        feature_rows: u64,
        /// File of the targets.
        targets: String,
        /// Its number of rows.
        target_rows: u64,
    },
}

/// What to do about a value that is missing or not finite.
const MISSING: &str = "correct it, remove the row, or leave the column out";

/// The most characters of a cell or a name that a message shows.
const EXCERPT: usize = 40;

/// The most column names that a message lists.
const LISTED: usize = 8;

/// The name in quotes, with control characters escaped.
fn quoted(name: &str) -> String {
    format!("{name:?}")
}

/// The text in quotes, with control characters escaped, and cut when long.
fn excerpt(text: &str) -> String {
    match text.char_indices().nth(EXCERPT) {
        None => quoted(text),
        Some((end, _)) => format!("{:?}... ({} characters)", &text[..end], text.chars().count()),
    }
}

fn cells(count: usize) -> String {
    match count {
        1 => "1 cell".to_owned(),
        _ => format!("{count} cells"),
    }
}

fn ragged_remedy(place: &Place) -> &'static str {
    match place {
        Place::Line { .. } => "complete or remove the row, or quote the cell if it holds a comma",
        Place::Row { .. } | Place::Element { .. } => "complete or remove the row",
    }
}

fn cell_remedy(found: &str) -> &'static str {
    if found.contains([';', '\t']) { "separate cells by commas, and write 1.5 with a point" } else { MISSING }
}

fn remedy(column: &str, columns: &[String]) -> String {
    let listed: Vec<_> = columns.iter().take(LISTED).map(|name| quoted(name)).collect();
    let more = match columns.len().saturating_sub(LISTED) {
        0 => String::new(),
        rest => format!(" and {rest} more"),
    };
    let list = format!("expected one of {}{more}", listed.join(", "));
    match nearest(column, columns) {
        Some(name) => format!("{list}; did you mean {}?", quoted(name)),
        None => format!("{list}; choose one of these"),
    }
}

/// The name nearest to `wanted`, if it is near: at most a third of its letters differ.
fn nearest<'a>(wanted: &str, names: &'a [String]) -> Option<&'a String> {
    let wanted = simplified(wanted);
    names
        .iter()
        .map(|name| (distance(&wanted, &simplified(name)), name))
        .min_by_key(|(distance, _)| *distance)
        .filter(|(distance, _)| 3 * distance <= wanted.len())
        .map(|(_, name)| name)
}

/// Small letters, and one kind of blank: `Mean radius` is meant by `mean_radius`.
fn simplified(name: &str) -> Vec<char> {
    let blank = |c: char| if c == '_' || c == '-' { ' ' } else { c };
    name.chars().map(blank).flat_map(char::to_lowercase).collect()
}

/// Levenshtein's distance: the fewest insertions, deletions and replacements that turn `a` into `b`.
///
/// Row by row of `L[i][j] = min(L[i-1][j] + 1, L[i][j-1] + 1, L[i-1][j-1] + (a_i != b_j))`.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letters(text: &str) -> Vec<char> {
        text.chars().collect()
    }

    #[test]
    fn distances_of_known_pairs() {
        for (a, b, expected) in
            [("", "", 0), ("", "abc", 3), ("kitten", "sitting", 3), ("target", "tagret", 2)]
        {
            assert_eq!(distance(&letters(a), &letters(b)), expected, "{a:?} to {b:?}");
        }
    }

    #[test]
    fn nearest_name_is_near_or_none() {
        let names = ["Mean radius".to_owned(), "target".to_owned()];
        assert_eq!(nearest("mean_radius", &names), Some(&names[0]));
        assert_eq!(nearest("tagret", &names), Some(&names[1]));
        assert_eq!(nearest("weight", &names), None);
    }

    #[test]
    fn long_and_wild_cells_stay_on_one_line() {
        assert_eq!(excerpt("a\n\"b\""), r#""a\n\"b\"""#);
        let long = excerpt(&"x".repeat(1000));
        assert_eq!(long, format!("\"{}\"... (1000 characters)", "x".repeat(EXCERPT)));
    }
}
