//! CSV with a header: text to columns of numbers.
//!
//! Cells are split by the crate `csv`, which is lenient: it takes `"1"2` for 12 and an opening quote
//! without its closing one for a cell. [`check_quotes`] refuses both beforehand.

use std::fs;
use std::path::Path;

use ::csv::{Reader, ReaderBuilder, StringRecord};

use super::columns::{choose, distinct};
use super::{Columns, Data, DataError, Place};

/// Reads a file. See [`Data::from_csv`].
pub(super) fn read(path: &Path, columns: &Columns) -> Result<Data, DataError> {
    let file = path.display().to_string();
    let bytes = fs::read(path).map_err(|source| super::unreadable(&file, source))?;
    parse_bytes(&file, &bytes, columns)
}

fn parse_bytes(file: &str, bytes: &[u8], columns: &Columns) -> Result<Data, DataError> {
    let text = str::from_utf8(bytes).map_err(|error| DataError::NotUtf8 {
        data: file.to_owned(),
        line: Lines::new(bytes).line_at(error.valid_up_to()),
    })?;
    parse(file, text, columns)
}

/// Reads text. See [`Data::from_csv_text`].
pub(super) fn parse(file: &str, text: &str, columns: &Columns) -> Result<Data, DataError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    check_quotes(file, text)?;
    let mut rows = Rows::new(file, text);
    let Some(header_line) = rows.advance()? else {
        return Err(DataError::Empty { data: file.to_owned() });
    };
    let names: Vec<String> = rows.record.iter().map(|name| name.trim().to_owned()).collect();
    if names.iter().all(|name| name.parse::<f64>().is_ok()) {
        return Err(DataError::NumericHeader {
            data: file.to_owned(),
            line: header_line,
            first: names[0].clone(),
        });
    }
    distinct(file, &names)?;
    let choice = choose(file, &names, 0, columns)?;
    let mut values = Vec::new();
    while let Some(line) = rows.advance()? {
        if rows.record.len() != names.len() {
            let place = Place::Line { file: file.to_owned(), line, column: None };
            return Err(DataError::Ragged { place, found: rows.record.len(), expected: names.len() });
        }
        for &index in &choice.indices {
            let place = || Place::Line { file: file.to_owned(), line, column: Some(names[index].clone()) };
            values.push(number(&rows.record[index], place)?);
        }
    }
    let chosen = choice.indices.iter().map(|&index| names[index].clone()).collect();
    Data::new(file.to_owned(), chosen, choice.targets, values)
}

/// The finite number that a cell holds, rounded to the nearest `f64`.
fn number(cell: &str, place: impl FnOnce() -> Place) -> Result<f64, DataError> {
    let cell = cell.trim();
    match cell.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(value),
        Ok(_) => Err(DataError::NotFinite { place: place(), found: cell.to_owned() }),
        Err(_) if cell.is_empty() => Err(DataError::EmptyCell { place: place() }),
        Err(_) => Err(DataError::NotANumber { place: place(), found: cell.to_owned() }),
    }
}

/// The rows of a text, blank lines skipped, each with the line on which it begins.
struct Rows<'a> {
    file: &'a str,
    text: &'a [u8],
    reader: Reader<&'a [u8]>,
    lines: Lines<'a>,
    record: StringRecord,
}

impl<'a> Rows<'a> {
    fn new(file: &'a str, text: &'a str) -> Self {
        let text = text.as_bytes();
        let reader = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text);
        Self { file, text, reader, lines: Lines::new(text), record: StringRecord::new() }
    }

    /// Reads the next row into `record` and gives its line; `None` at the end.
    fn advance(&mut self) -> Result<Option<u64>, DataError> {
        loop {
            // The reader's position may lie before blank lines and, after CRLF, before the LF.
            let before = usize::try_from(self.reader.position().byte()).unwrap_or(usize::MAX);
            let found = self.reader.read_record(&mut self.record);
            if !found.map_err(|error| super::unreadable(self.file, error.into()))? {
                return Ok(None);
            }
            let rest = self.text.get(before..).unwrap_or_default();
            let breaks = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
            let line = self.lines.line_at(before.saturating_add(breaks));
            match rest.get(breaks) {
                Some(b'#') => {
                    return Err(DataError::Comment { data: self.file.to_owned(), line });
                }
                // One cell of blanks is a blank line, unless quotes say that it is a cell.
                Some(b'"') => return Ok(Some(line)),
                _ if self.record.len() == 1 && self.record[0].trim().is_empty() => {}
                _ => return Ok(Some(line)),
            }
        }
    }
}

/// Turns places in a text into lines, going forward only.
struct Lines<'a> {
    text: &'a [u8],
    at: usize,
    line: u64,
}

impl<'a> Lines<'a> {
    fn new(text: &'a [u8]) -> Self {
        Self { text, at: 0, line: 1 }
    }

    /// Line of byte `at`, counted from 1. Lines end with LF, CRLF or CR.
    fn line_at(&mut self, at: usize) -> u64 {
        while self.at < at.min(self.text.len()) {
            let ends = match self.text[self.at] {
                b'\n' => true,
                b'\r' => self.text.get(self.at + 1) != Some(&b'\n'),
                _ => false,
            };
            self.line += u64::from(ends);
            self.at += 1;
        }
        self.line
    }
}

/// Refuses quotes that do not stand around a whole cell, and quotes that are not closed.
fn check_quotes(file: &str, text: &str) -> Result<(), DataError> {
    if !text.contains('"') {
        return Ok(());
    }
    /// Where in a cell the scan is.
    enum State {
        Start,
        Bare,
        Quoted { opened: usize },
        MaybeClosed { opened: usize },
    }
    let stray = |at| {
        let line = Lines::new(text.as_bytes()).line_at(at);
        Err(DataError::StrayQuote { data: file.to_owned(), line })
    };
    let mut state = State::Start;
    for (at, byte) in text.bytes().enumerate() {
        let ends = matches!(byte, b',' | b'\r' | b'\n');
        state = match (state, byte) {
            (State::Quoted { opened }, b'"') => State::MaybeClosed { opened },
            (State::Quoted { opened }, _) => State::Quoted { opened },
            (State::MaybeClosed { opened }, b'"') => State::Quoted { opened },
            (State::Start, b'"') => State::Quoted { opened: at },
            (State::Bare, b'"') => return stray(at),
            (State::Start | State::Bare | State::MaybeClosed { .. }, _) if ends => State::Start,
            (State::MaybeClosed { .. }, _) => return stray(at - 1),
            (State::Start | State::Bare, _) => State::Bare,
        };
    }
    match state {
        State::Quoted { opened } => Err(DataError::OpenQuote {
            data: file.to_owned(),
            line: Lines::new(text.as_bytes()).line_at(opened),
        }),
        State::Start | State::Bare | State::MaybeClosed { .. } => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read_text(text: &str) -> Result<Data, DataError> {
        parse("t.csv", text, &Columns::default())
    }

    /// A cell's line and text, when the first error is a cell that is not a number.
    fn wrong_cell(text: &str) -> (u64, String) {
        match read_text(text) {
            Err(DataError::NotANumber { place: Place::Line { line, .. }, found }) => (line, found),
            other => panic!("expected a cell that is not a number, found {other:?}"),
        }
    }

    #[test]
    fn blanks_quotes_and_marks_are_accepted() {
        let plain = read_text("a,b c\n1,-2.5\n3e2,.5\n").unwrap();
        for text in [
            "\u{feff}a,b c\n1,-2.5\n3e2,.5\n",
            "a,b c\r\n1,-2.5\r\n3e2,.5\r\n",
            "a,b c\r1,-2.5\r3e2,.5",
            " a\t, b c \n  1 ,-2.5\n3e2,\t.5",
            "\"a\",\"b c\"\n\"1\",\"-2.5\"\n\"3e2\",\" .5 \"\n",
            "\n\na,b c\n\n1,-2.5\n  \n3e2,.5\n\n",
        ] {
            let data = read_text(text).unwrap();
            assert_eq!((data.columns(), data.values()), (plain.columns(), plain.values()), "{text:?}");
        }
        assert_eq!(plain.values(), [1.0, -2.5, 300.0, 0.5]);
    }

    #[test]
    fn a_quoted_name_may_hold_commas_quotes_and_line_breaks() {
        let data = read_text("\"a,b\",\"say \"\"x\"\"\",\"two\nlines\",\"#\"\n1,2,3,4\n").unwrap();
        assert_eq!(data.columns(), ["a,b", "say \"x\"", "two\nlines", "#"]);
    }

    #[test]
    fn lines_are_those_of_the_file() {
        for (text, line) in [
            ("a\n1\nx\n", 3),
            ("a\r\n1\r\nx\r\n", 3),
            ("a\r1\rx\r", 3),
            ("\u{feff}a\n1\nx\n", 3),
            ("\n\na\n\n1\n \nx", 7),
            ("\r\n\r\na\r\n\r\n1\r\nx", 6),
            ("\"a\nb\"\n1\nx", 4),
        ] {
            assert_eq!(wrong_cell(text), (line, "x".to_owned()), "{text:?}");
        }
    }

    #[test]
    fn columns_that_are_not_chosen_may_hold_anything() {
        let text = ",id,y,x\n0,A7,1,2\n1,,3,4\n";
        let columns = Columns::default().with_features(["x"]).with_target("y");
        let data = parse("t.csv", text, &columns).unwrap();
        assert_eq!((data.columns(), data.targets()), (&["x".to_owned(), "y".to_owned()][..], 1));
        assert_eq!(data.values(), [2.0, 1.0, 4.0, 3.0]);
    }

    #[test]
    fn misplaced_quotes_are_refused() {
        for text in ["a\n\"1\"2\n", "a\n1\"2\"\n", "a,b\n1, \"2\"\n", "a,b\n\"1\" ,2\n"] {
            let error = read_text(text).unwrap_err();
            assert!(matches!(error, DataError::StrayQuote { line: 2, .. }), "{text:?} gave {error:?}");
        }
        let error = read_text("a,b\n1,2\n3,\"4\n5,6\n").unwrap_err();
        assert!(matches!(error, DataError::OpenQuote { line: 3, .. }), "found {error:?}");
    }

    #[test]
    fn an_empty_quoted_cell_of_a_single_column_is_not_a_blank_line() {
        let error = read_text("a\n1\n\"\"\n2\n").unwrap_err();
        assert!(
            matches!(error, DataError::EmptyCell { place: Place::Line { line: 3, .. } }),
            "found {error:?}"
        );
    }

    /// Bytes that look like CSV, so that the search gets past the header.
    fn nearly_csv() -> impl Strategy<Value = Vec<u8>> {
        let bytes = prop::sample::select(b"ab0123456789,,,\"\n\n\r# .+-e\xff".to_vec());
        prop::collection::vec(bytes, 0..120)
    }

    proptest! {
        #[test]
        fn no_bytes_cause_a_panic(bytes in prop_oneof![any::<Vec<u8>>(), nearly_csv()], named: bool) {
            let columns = if named { Columns::default().with_target("a") } else { Columns::default() };
            match parse_bytes("t.csv", &bytes, &columns) {
                Ok(data) => {
                    prop_assert!(data.values().iter().all(|value| value.is_finite()), "a value is not finite");
                    prop_assert_eq!(data.len() * data.width(), data.values().len());
                }
                Err(error) => prop_assert_eq!(error.to_string().lines().count(), 1),
            }
        }

        #[test]
        fn written_numbers_come_back_with_the_same_bits(
            rows in prop::collection::vec([any::<f64>(), any::<f64>()], 1..20)
                .prop_filter("finite", |rows| rows.iter().flatten().all(|value| value.is_finite())),
        ) {
            let lines: Vec<String> = rows.iter().map(|[a, b]| format!("{a:?},{b:?}\n")).collect();
            let data = read_text(&format!("a,b\n{}", lines.concat())).unwrap();
            let bits = |values: &[f64]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
            prop_assert_eq!(bits(data.values()), bits(&rows.concat()));
        }
    }
}
