//! Snapshots of numbers that tolerate rounding.
//!
//! A snapshot test compares text, and numbers in text differ in their last digits from one machine to the next. Here the
//! fresh text is compared with the stored one piece by piece: where everything but the numbers is the same and every
//! number is within a stated tolerance, the stored text is returned, so that the snapshot stays as it is; otherwise the
//! fresh one is, and the test fails and shows it.
//!
//! A number `b` agrees with the stored `a` if `|b - a| <= absolute + relative |a|`. Numbers that are not finite, and
//! numerals too long for a double, agree only if they are written alike.
//!
//! With [insta](https://docs.rs/insta), in a test of any crate:
//!
//! ```no_run
//! use driftproof::snapshot::{Tolerance, stored};
//!
//! let fresh = format!("drift = {:.12}", 0.1 + 0.2);
//! let tolerance = Tolerance::new(1e-12, 1e-9)?;
//! let before = stored("tests/snapshots/drift.snap")?; // nothing when the test runs for the first time
//! let text = tolerance.settle(before.as_deref(), &fresh);
//! // insta::assert_snapshot!("drift", text);
//! # let _ = text;
//! # Ok::<(), driftproof::snapshot::SnapshotError>(())
//! ```

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use thiserror::Error;

/// Why a snapshot cannot be compared.
#[derive(Debug, Clone, Error)]
#[non_exhaustive]
pub enum SnapshotError {
    /// A tolerance is negative, infinite or not a number.
    #[error("the {which} tolerance is {found}; it must be a finite number of at least 0")]
    Tolerance {
        /// Absolute or relative.
        which: &'static str,
        /// What was given.
        found: f64,
    },
    /// The stored snapshot is there and cannot be read.
    #[error("cannot read the snapshot {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: Arc<io::Error>,
    },
}

/// How far a number may be from the stored one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tolerance {
    absolute: f64,
    relative: f64,
}

/// The text of a stored snapshot of insta, without its header; nothing if there is no such file.
///
/// # Errors
/// The file is there and cannot be read.
pub fn stored(path: impl AsRef<Path>) -> Result<Option<String>, SnapshotError> {
    let path = path.as_ref();
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(contents(&text).to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(SnapshotError::Read { path: path.to_owned(), source: Arc::new(error) }),
    }
}

/// What follows the header between two lines of three dashes.
fn contents(file: &str) -> &str {
    let body = file
        .strip_prefix("---\n")
        .and_then(|rest| rest.split_once("\n---\n"))
        .map_or(file, |(_, contents)| contents);
    body.strip_suffix('\n').unwrap_or(body)
}

impl Tolerance {
    /// `|b - a| <= absolute + relative |a|`.
    ///
    /// # Errors
    /// One of them is negative or not finite.
    pub fn new(absolute: f64, relative: f64) -> Result<Self, SnapshotError> {
        for (which, found) in [("absolute", absolute), ("relative", relative)] {
            if !(found >= 0.0 && found.is_finite()) {
                return Err(SnapshotError::Tolerance { which, found });
            }
        }
        Ok(Self { absolute, relative })
    }

    /// The stored text if the fresh one agrees with it, else the fresh one.
    #[must_use]
    pub fn settle(&self, stored: Option<&str>, fresh: &str) -> String {
        stored.filter(|stored| self.agree(stored, fresh)).unwrap_or(fresh).to_owned()
    }

    /// Whether the texts differ in numbers within the tolerance only, and in the width of the blanks beside them.
    #[must_use]
    pub fn agree(&self, stored: &str, fresh: &str) -> bool {
        let (a, b) = (pieces(stored), pieces(fresh));
        a.len() == b.len() && a.iter().zip(&b).all(|(a, b)| a == b || self.near(a, b))
    }

    fn near(&self, stored: &str, fresh: &str) -> bool {
        let blank = |text: &str| !text.is_empty() && text.bytes().all(|b| b == b' ');
        if blank(stored) && blank(fresh) {
            return true;
        }
        match (stored.parse::<f64>(), fresh.parse::<f64>()) {
            (Ok(a), Ok(b)) if starts_numeral(stored) && starts_numeral(fresh) => {
                a.is_finite() && (b - a).abs() <= self.absolute + self.relative * a.abs()
            }
            _ => false,
        }
    }
}

fn starts_numeral(text: &str) -> bool {
    text.trim_start_matches(['-', '+']).starts_with(|c: char| c.is_ascii_digit())
}

/// The text cut into numerals, runs of blanks, and what is between.
fn pieces(text: &str) -> Vec<&str> {
    let bytes = text.as_bytes();
    let mut pieces = Vec::new();
    let (mut start, mut at) = (0, 0);
    while at < bytes.len() {
        let length = numeral(bytes, at).max(bytes[at..].iter().take_while(|&&b| b == b' ').count());
        if length == 0 {
            at += 1;
            continue;
        }
        if start < at {
            pieces.push(&text[start..at]);
        }
        pieces.push(&text[at..at + length]);
        at += length;
        start = at;
    }
    if start < text.len() {
        pieces.push(&text[start..]);
    }
    pieces
}

/// Length of the decimal numeral that starts here: sign, digits, fraction, exponent; 0 if none does. A digit within a
/// word, as in `f64`, starts none.
fn numeral(bytes: &[u8], start: usize) -> usize {
    let digits = |at: usize| bytes[at.min(bytes.len())..].iter().take_while(|b| b.is_ascii_digit()).count();
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'.' || !b.is_ascii();
    if start > 0 && word(bytes[start - 1]) {
        return 0;
    }
    let mut at = start;
    // A sign belongs to the numeral where nothing stands before it, not in `3-2`.
    if matches!(bytes[at], b'-' | b'+') {
        if at > 0 && !matches!(bytes[at - 1], b' ' | b'\n' | b'\t' | b'(' | b'[' | b'{' | b',' | b'=' | b':')
        {
            return 0;
        }
        at += 1;
    }
    let whole = digits(at);
    if whole == 0 {
        return 0;
    }
    at += whole;
    if bytes.get(at) == Some(&b'.') && digits(at + 1) > 0 {
        at += 1 + digits(at + 1);
    }
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(at + 1), Some(b'-' | b'+')));
        let exponent = digits(at + 1 + sign);
        if exponent > 0 {
            at += 1 + sign + exponent;
        }
    }
    if bytes.get(at).is_some_and(|&b| word(b) && b != b'.') { 0 } else { at - start }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tolerance() -> Tolerance {
        Tolerance::new(1e-12, 1e-6).unwrap()
    }

    #[test]
    fn rounding_keeps_the_stored_text() {
        let stored = "drift  = -0.10000000 (1.5e-3)\nf64 n=8";
        assert_eq!(
            tolerance().settle(Some(stored), "drift  = -0.10000001 (1.5000001e-3)\nf64 n=8"),
            stored,
            "digits"
        );
        assert_eq!(tolerance().settle(Some("x  9.9999999"), "x 10.0000001"), "x  9.9999999", "width");
    }

    #[test]
    fn everything_else_shows() {
        let stored = "drift = -0.1 of 8";
        for fresh in [
            "drift = 0.1 of 8",       // sign
            "drift = -0.2 of 8",      // factor of 2
            "drift = -0.1 of 9",      // another count
            "drift = -0.1 of f8",     // a word
            "drift = -0.1 of 8 rows", // longer
            "drift = NaN of 8",       // not a number
            "drift = -0.1  8",        // a word less
        ] {
            assert_eq!(tolerance().settle(Some(stored), fresh), fresh, "{fresh}");
        }
        assert_eq!(tolerance().settle(None, "1"), "1", "nothing stored");
        assert!(!tolerance().agree("1e999", "2e999"), "infinite numerals agree only if written alike");
        assert!(tolerance().agree("1e999", "1e999"), "written alike");
    }

    #[test]
    fn numbers_inside_words_are_words() {
        assert_eq!(pieces("f64 x2=-3.5e2,7"), ["f64", " ", "x2=", "-3.5e2", ",", "7"], "pieces");
        assert_eq!(pieces("3-2"), ["3", "-", "2"], "a difference");
        assert_eq!(pieces("größe 1"), ["größe", " ", "1"], "letters of other alphabets");
    }

    #[test]
    fn the_header_is_not_compared() {
        assert_eq!(contents("---\nsource: tests/a.rs\nexpression: x\n---\nv = 1\n"), "v = 1", "header");
        assert_eq!(contents("v = 1\n"), "v = 1", "no header");
        assert!(stored("no/such/file.snap").unwrap().is_none(), "no file");
    }

    #[test]
    fn tolerances_are_finite() {
        for bad in [-1.0, f64::NAN, f64::INFINITY] {
            assert!(Tolerance::new(bad, 0.0).is_err() && Tolerance::new(0.0, bad).is_err(), "{bad}");
        }
    }
}
