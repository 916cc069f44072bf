//! What is said about a place of a text: a message, the places that it speaks of, notes. Rendering is apart from what is
//! said, and this is the only place that renders.
//!
//! ```
//! use driftproof::language::diagnostic::{Diagnostic, Label};
//!
//! let said = Diagnostic::error("u is not declared", Label::new(8..9, "this name"));
//! assert_eq!(
//!     said.render("a.drift", "claim a: u = 0"),
//!     "error: u is not declared\n  ┌─ a.drift:1:9\n  │\n1 │ claim a: u = 0\n  │         ^ this name\n\n",
//! );
//! ```

use codespan_reporting::diagnostic as codespan;
use codespan_reporting::files::SimpleFile;
use codespan_reporting::term::{Config, DisplayStyle, WriteStyle, emit_into_string, emit_to_write_style};
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The text has no meaning.
    Error,
    /// The text has a meaning that its author may not have meant.
    Warning,
    /// Something worth knowing about a place.
    Note,
}

/// A place with a remark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Bytes of the text.
    pub span: Range<usize>,
    /// What is to be seen there; may be empty.
    pub text: String,
}

impl Label {
    /// A remark on a place.
    #[must_use]
    pub fn new(span: Range<usize>, text: impl Into<String>) -> Self {
        Self { span, text: text.into() }
    }
}

/// Something said about a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, in one sentence.
    pub message: String,
    /// Where.
    pub place: Label,
    /// What it disagrees with, or where the other half stands.
    pub others: Vec<Label>,
    /// Reasons and suggestions, one sentence each.
    pub notes: Vec<String>,
}

/// A line longer than this is not shown: no reader finds a caret in it.
const LONGEST_LINE: usize = 400;

impl Diagnostic {
    /// An error at a place.
    #[must_use]
    pub fn error(message: impl Into<String>, place: Label) -> Self {
        Self { severity: Severity::Error, message: message.into(), place, others: vec![], notes: vec![] }
    }

    /// The same, and a second place.
    #[must_use]
    pub fn and(mut self, span: Range<usize>, text: impl Into<String>) -> Self {
        self.others.push(Label::new(span, text));
        self
    }

    /// The same, and a note.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// The message with file, line, column and the lines it speaks of, each place marked; plain text.
    #[must_use]
    pub fn render(&self, name: &str, text: &str) -> String {
        self.render_in(&SimpleFile::new(name, text))
    }

    fn render_in(&self, file: &SimpleFile<&str, &str>) -> String {
        let text = file.source();
        emit_into_string(&config(self, text), file, &self.prepared(text))
            .unwrap_or_else(|_| format!("error: {}\n", self.message))
    }

    /// Writes the same with the colours of `writer`.
    ///
    /// # Errors
    ///
    /// What the writer returns.
    pub fn write(&self, writer: &mut dyn WriteStyle, name: &str, text: &str) -> std::io::Result<()> {
        let file = SimpleFile::new(name, text);
        emit_to_write_style(writer, &config(self, text), &file, &self.prepared(text))
            .map_err(std::io::Error::other)
    }

    fn prepared(&self, text: &str) -> codespan::Diagnostic<()> {
        let severity = match self.severity {
            Severity::Error => codespan::Severity::Error,
            Severity::Warning => codespan::Severity::Warning,
            Severity::Note => codespan::Severity::Note,
        };
        let mut labels =
            vec![codespan::Label::primary((), inside(&self.place.span, text)).with_message(&self.place.text)];
        labels.extend(
            self.others
                .iter()
                .map(|l| codespan::Label::secondary((), inside(&l.span, text)).with_message(&l.text)),
        );
        codespan::Diagnostic::new(severity)
            .with_message(&self.message)
            .with_labels(labels)
            .with_notes(self.notes.clone())
    }
}

/// The span cut to whole characters of the text.
fn inside(span: &Range<usize>, text: &str) -> Range<usize> {
    let mut start = span.start.min(text.len());
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    let mut end = span.end.clamp(start, text.len());
    while !text.is_char_boundary(end) {
        end += 1;
    }
    start..end
}

fn config(said: &Diagnostic, text: &str) -> Config {
    let long = |label: &Label| {
        let place = inside(&label.span, text);
        let start = text[..place.start].rfind('\n').map_or(0, |at| at + 1);
        let end = text[place.end..].find('\n').map_or(text.len(), |at| place.end + at);
        text[start..end].lines().any(|line| line.len() > LONGEST_LINE)
    };
    let long = std::iter::once(&said.place).chain(&said.others).any(long);
    Config {
        display_style: if long { DisplayStyle::Medium } else { DisplayStyle::Rich },
        ..Config::default()
    }
}

/// Why a text has no meaning: at least one error, in the order of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostics {
    name: Arc<str>,
    text: Arc<str>,
    list: Vec<Diagnostic>,
}

impl Diagnostics {
    pub(super) fn new(name: &str, text: &str, mut list: Vec<Diagnostic>) -> Self {
        list.sort_by_key(|said| said.place.span.start);
        Self { name: name.into(), text: text.into(), list }
    }

    /// Each of them.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.list.iter()
    }

    /// Writes them all with the colours of `writer`.
    ///
    /// # Errors
    ///
    /// What the writer returns.
    pub fn write(&self, writer: &mut dyn WriteStyle) -> std::io::Result<()> {
        self.list.iter().try_for_each(|said| said.write(writer, &self.name, &self.text))
    }
}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = SimpleFile::new(&*self.name, &*self.text);
        self.list.iter().try_for_each(|said| f.write_str(&said.render_in(&file)))
    }
}

impl std::error::Error for Diagnostics {}
