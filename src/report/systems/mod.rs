//! What `driftproof systems` found: the gallery, as text, JSON and a page with pictures.

mod html;
mod json;
mod list;
mod text;
mod words;

use super::layout::Style;
use super::statements;
use crate::statements::Row;
use crate::systems::{Found, Outcome, Parameter, System};
use std::io::{self, Write};

/// A system that was run.
#[derive(Debug, Clone)]
pub struct SystemRun {
    /// The system.
    pub system: &'static System,
    /// Its parameters with the values that it was run with.
    pub parameters: Vec<(Parameter, f64)>,
    /// What it showed.
    pub outcome: Outcome,
}

/// What the systems showed, with the settings that they were run with.
#[derive(Debug, Clone, Copy)]
pub struct SystemsReport<'a> {
    /// The systems that were reached.
    pub runs: &'a [SystemRun],
    /// Systems asked for.
    pub asked: usize,
    /// Seed of everything random.
    pub seed: u64,
    /// Whether fewer draws were made, for a first look.
    pub quick: bool,
    /// Verdicts on the statements of the discussion, where they are asked for.
    pub statements: Option<&'a [Row]>,
}

impl SystemsReport<'_> {
    /// The worst verdict; inconclusive if a system was not reached.
    #[must_use]
    pub fn verdict(&self) -> Found {
        let worst = self.runs.iter().map(|run| run.outcome.verdict()).max().unwrap_or(Found::Inconclusive);
        if self.interrupted() { worst.max(Found::Inconclusive) } else { worst }
    }

    /// Whether nothing fails and nothing is left open, of the statements too.
    #[must_use]
    pub fn is_as_claimed(&self) -> bool {
        let settled = self.statements.is_none_or(statements::all_settled);
        self.verdict() <= Found::Holds && settled
    }

    /// Whether some systems were not reached.
    #[must_use]
    pub fn interrupted(&self) -> bool {
        self.runs.len() < self.asked
    }

    /// Writes a report for people; no line is longer than `width` columns, or than 60 if that is more.
    ///
    /// # Errors
    /// As `out`.
    pub fn write_text(&self, out: &mut impl Write, style: Style, width: usize) -> io::Result<()> {
        text::write(self, out, style, width)
    }

    /// Writes the JSON document described in the [module's page](super).
    ///
    /// # Errors
    /// As `out`.
    pub fn write_json(&self, out: &mut impl Write) -> io::Result<()> {
        json::write(self, out)
    }

    /// Writes a page of HTML that stands alone, with pictures.
    ///
    /// # Errors
    /// As `out`.
    pub fn write_html(&self, out: &mut impl Write) -> io::Result<()> {
        html::document(self).write(out)
    }
}

/// Writes the names of the systems, with what each is about.
///
/// # Errors
/// As `out`.
pub fn write_gallery(systems: &[System], out: &mut impl Write, style: Style, width: usize) -> io::Result<()> {
    list::gallery(systems, out, style, width)
}

/// Writes the same as JSON, with all parameters.
///
/// # Errors
/// As `out`.
pub fn write_gallery_json(systems: &[System], out: &mut impl Write) -> io::Result<()> {
    list::gallery_json(systems, out)
}

/// Writes what a system is about and its parameters, each with its default, range and unit.
///
/// # Errors
/// As `out`.
pub fn write_system(system: &System, out: &mut impl Write, style: Style, width: usize) -> io::Result<()> {
    list::system(system, out, style, width)
}
