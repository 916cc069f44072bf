//! A page of HTML that stands alone: one file, no script, nothing loaded from anywhere.
//!
//! A [`Document`] has a title, a sentence below it, and sections of blocks; [`Document::write`] writes it. All text is
//! escaped here, once; what is markup already is a [`Markup`], which only the code of reports makes: a drawing
//! ([`figure`](super::figure)), or MathML of an expression. A policy in the head of the page forbids it to load anything.
//!
//! The page has landmarks, a link past the contents, headings in order, tables with a caption and scopes; it is light or
//! dark as its reader prefers, is made for 400 to 1600 pixels and for paper, and a table that is wider than the screen
//! scrolls in a box of its own.

mod html;

use super::layout::Tone as Colour;
use std::io::{self, Write};

/// The style of a page.
const STYLE: &str = include_str!("style.css");

/// Markup that is well formed and safe as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::report) struct Markup(String);

impl Markup {
    /// Takes markup whose text has been escaped by whoever made it.
    pub(in crate::report) fn trusted(markup: String) -> Self {
        Self(markup)
    }

    /// Escapes a text.
    pub(in crate::report) fn text(text: &str) -> Self {
        Self(escape(text))
    }

    pub(in crate::report) fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a piece of a page says; decides its colour, beside words that say the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::report) enum Tone {
    #[default]
    Neutral,
    Good,
    Bad,
    Doubtful,
}

impl From<Colour> for Tone {
    fn from(colour: Colour) -> Self {
        match colour {
            Colour::Heading => Self::Neutral,
            Colour::Good => Self::Good,
            Colour::Bad => Self::Bad,
            Colour::Doubtful => Self::Doubtful,
        }
    }
}

impl Tone {
    const fn class(self) -> &'static str {
        match self {
            Self::Neutral => "neutral",
            Self::Good => "good",
            Self::Bad => "bad",
            Self::Doubtful => "doubtful",
        }
    }
}

/// A cell of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::report) struct Cell {
    content: Markup,
    tone: Tone,
    number: bool,
}

impl Cell {
    pub(in crate::report) fn text(text: &str) -> Self {
        Self::markup(Markup::text(text))
    }

    /// A number: to the right, in figures of one width.
    pub(in crate::report) fn number(text: &str) -> Self {
        Self { number: true, ..Self::text(text) }
    }

    /// Texts below one another.
    pub(in crate::report) fn lines(texts: &[String]) -> Self {
        let lines: Vec<String> = texts.iter().map(|text| escape(text)).collect();
        Self::markup(Markup::trusted(lines.join("<br>\n")))
    }

    pub(in crate::report) fn markup(content: Markup) -> Self {
        Self { content, tone: Tone::Neutral, number: false }
    }

    pub(in crate::report) fn toned(self, tone: Tone) -> Self {
        Self { tone, ..self }
    }
}

/// A table: the first cell of each row names the row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::report) struct Table {
    pub(in crate::report) caption: String,
    /// Names of the columns, each with whether it holds numbers.
    pub(in crate::report) columns: Vec<(String, bool)>,
    pub(in crate::report) rows: Vec<Vec<Cell>>,
    /// Sentences below it.
    pub(in crate::report) notes: Vec<String>,
}

/// A piece of a section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::report) enum Block {
    Paragraph(String),
    /// A verdict: a word in the colour of its tone, and what is to be said about it.
    Verdict {
        tone: Tone,
        word: String,
        text: String,
    },
    /// Text whose lines and blanks are kept.
    Verbatim(String),
    List(Vec<String>),
    /// Names and what they stand for.
    Terms(Vec<(String, String)>),
    Table(Table),
    /// Pictures side by side where there is room, each with its caption and notes.
    Pictures(Vec<Picture>),
    /// A formula, or another piece of markup.
    Markup(Markup),
    /// Paragraphs, lists and tables of a text that a person wrote.
    Prose(Markup),
    /// A statement with its verdict, set apart.
    Card {
        heading: String,
        tone: Tone,
        word: String,
        blocks: Vec<Self>,
    },
    /// What is shown on request.
    Details {
        summary: String,
        blocks: Vec<Self>,
    },
    /// A heading of the next level, with blocks below it.
    Part {
        heading: String,
        blocks: Vec<Self>,
    },
}

/// A picture with its caption.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::report) struct Picture {
    pub(in crate::report) caption: String,
    pub(in crate::report) drawing: Markup,
    pub(in crate::report) notes: Vec<String>,
}

/// A section of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::report) struct Section {
    /// Name for links, of letters, digits and hyphens; others are replaced.
    pub(in crate::report) id: String,
    pub(in crate::report) heading: String,
    /// What the contents say behind the heading: a verdict.
    pub(in crate::report) remark: Option<(Tone, String)>,
    pub(in crate::report) blocks: Vec<Block>,
}

/// A page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::report) struct Document {
    pub(in crate::report) title: String,
    /// What the page is, below its title.
    pub(in crate::report) lead: String,
    pub(in crate::report) sections: Vec<Section>,
}

impl Document {
    /// Writes the page.
    ///
    /// # Errors
    /// As `out`.
    pub(in crate::report) fn write(&self, out: &mut impl Write) -> io::Result<()> {
        html::write(self, out)
    }
}

/// The text with the characters that HTML reads as markup replaced, in text and in quoted attributes; control characters,
/// which no page may hold, become U+FFFD.
pub(in crate::report) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\n' | '\t' => escaped.push(c),
            _ if c.is_control() => escaped.push('\u{fffd}'),
            _ => escaped.push(c),
        }
    }
    escaped
}

/// A name for links: letters, digits and hyphens of ASCII; others become hyphens.
pub(in crate::report) fn identifier(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect()
}
