//! What `driftproof check` found, as text and as JSON.

mod explain;
mod instance;
mod json;
mod names;
mod page;
mod prose;
mod text;
mod trials;
mod words;

pub use explain::Explanation;

use super::layout::Style;
use crate::check::{CheckError, Checked, Checkup};
use crate::reading::symbolic::Assumption;
use crate::verdict::claim::ClaimVerdict;
use std::io::{self, Write};

/// A file with its verdicts, or why it has none.
#[derive(Debug)]
pub struct CheckedFile {
    /// Its name as it was given.
    pub name: String,
    /// What was found.
    pub found: Result<Checkup, CheckError>,
}

/// Verdicts on the claims of some files.
#[derive(Debug)]
pub struct CheckReport<'a> {
    files: &'a [CheckedFile],
    interrupted: bool,
    why: bool,
}

impl<'a> CheckReport<'a> {
    /// A report on these files; `interrupted` says that some claims were not reached.
    #[must_use]
    pub fn new(files: &'a [CheckedFile], interrupted: bool) -> Self {
        Self { files, interrupted, why: true }
    }

    /// Whether the text tells of refuted equations that are as claimed which slip explains them, where that is known.
    #[must_use]
    pub fn with_why(self, why: bool) -> Self {
        Self { why, ..self }
    }

    /// Whether every statement of every file is as claimed.
    #[must_use]
    pub fn is_as_claimed(&self) -> bool {
        self.files.iter().all(|file| file.found.as_ref().is_ok_and(Checkup::is_as_claimed))
    }

    /// Whether the text of every file could be read, and every instance used.
    #[must_use]
    pub fn is_well_formed(&self) -> bool {
        self.files.iter().all(|file| file.found.as_ref().is_ok_and(|found| found.wrong_instances.is_empty()))
    }

    /// Writes it for people.
    ///
    /// # Errors
    /// What the writer returns.
    pub fn write_text(&self, out: &mut impl Write, style: Style) -> io::Result<()> {
        text::write(self, out, style)
    }

    /// Writes it as a page of HTML that stands alone.
    ///
    /// # Errors
    /// What the writer returns.
    pub fn write_html(&self, out: &mut impl Write) -> io::Result<()> {
        page::document(self).write(out)
    }

    /// Writes it for programs.
    ///
    /// # Errors
    /// What the writer returns.
    pub fn write_json(&self, out: &mut impl Write) -> io::Result<()> {
        json::write(self, out)
    }
}

/// What the verdict on a statement rests on.
fn assumptions_of(checked: &Checked) -> &[Assumption] {
    match &checked.proof {
        Some(ClaimVerdict::Proved(proof)) => &proof.assumptions,
        Some(ClaimVerdict::Refuted(refutation)) => &refutation.assumptions,
        Some(ClaimVerdict::Undecided(_) | ClaimVerdict::Contradiction(_)) | None => &[],
    }
}
