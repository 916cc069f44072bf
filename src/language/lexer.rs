//! From characters to statements: tokens with their places, cut where a statement ends.
//!
//! A statement ends with the line, and goes on where brackets are open or the next line is indented.

#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "most nodes are treated alike; a match names those that are not"
)]

use super::diagnostic::{Diagnostic, Label};
use super::limits::ERRORS;
use super::markdown::{Block, columns};
use super::syntax::Span;
use super::unicode;
use crate::expression::Rational;
use std::sync::Arc;

/// The first words of statements.
pub(super) const KEYWORDS: [&str; 14] = [
    "scalar", "space", "random", "field", "noise", "test", "function", "given", "let", "claim", "refute",
    "assume", "instance", "where",
];

/// Signs of the language, longer ones before those that they begin with.
const SIGNS: [&str; 20] =
    [">=", "<=", "+", "-", "*", "/", "^", "'", "(", ")", "[", "]", "{", "}", ",", ":", "=", ">", "<", "~"];

/// Digits of the longest number.
const LONGEST_NUMBER: usize = 400;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    /// A name, in ASCII.
    Word(Arc<str>),
    Number(Rational),
    Text(Arc<str>),
    /// One of [`SIGNS`], or `dot`, which is the middle dot.
    Sign(&'static str),
    /// `²`
    Superscript(Rational),
    /// `∇`
    Nabla,
    /// `∇·`
    NablaDot,
    /// What could not be read, and was reported.
    Bad,
}

#[derive(Debug, Clone)]
pub(super) struct Lexeme {
    pub(super) token: Token,
    pub(super) span: Span,
}

/// The statements of a block, each at least one token.
pub(super) fn statements(text: &str, block: &Block, errors: &mut Vec<Diagnostic>) -> Vec<Vec<Lexeme>> {
    let mut lexer = Lexer { text, at: block.span.start, end: block.span.end, errors };
    let mut result: Vec<Vec<Lexeme>> = vec![];
    let mut depth = 0_usize;
    let mut last = None;
    loop {
        lexer.skip_space();
        if lexer.errors.len() >= ERRORS {
            break;
        }
        let Some(lexeme) = lexer.next() else { break };
        let fresh = last.is_none_or(|end| text[end..lexeme.span.start].contains('\n'));
        if fresh {
            let line = text[block.span.start..lexeme.span.start]
                .rfind('\n')
                .map_or(block.span.start, |at| block.span.start + at + 1);
            let indented = columns(&text[line..lexeme.span.start]) > block.indent;
            let keyword = matches!(&lexeme.token, Token::Word(word) if KEYWORDS.contains(&&**word));
            if result.is_empty() || (!indented && (depth == 0 || keyword)) {
                result.push(vec![]);
                depth = 0;
            }
        }
        match lexeme.token {
            Token::Sign("(" | "[" | "{") => depth += 1,
            Token::Sign(")" | "]" | "}") => depth = depth.saturating_sub(1),
            _ => {}
        }
        last = Some(lexeme.span.end);
        if let Some(statement) = result.last_mut() {
            statement.push(lexeme);
        }
    }
    result
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    end: usize,
    errors: &'a mut Vec<Diagnostic>,
}

impl Lexer<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..self.end]
    }

    /// White space and comments.
    fn skip_space(&mut self) {
        loop {
            let rest = self.rest();
            let space =
                rest.len() - rest.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}').len();
            let comment = match rest[space..].strip_prefix('#') {
                Some(comment) => 1 + comment.find('\n').unwrap_or(comment.len()),
                None => 0,
            };
            self.at += space + comment;
            if comment == 0 {
                return;
            }
        }
    }

    /// The next token; white space has been skipped.
    fn next(&mut self) -> Option<Lexeme> {
        let start = self.at;
        let first = self.rest().chars().next()?;
        let token = if first.is_ascii_alphabetic() || unicode::greek(first).is_some() {
            self.word()
        } else if first.is_ascii_digit() {
            self.number()
        } else if first == '"' {
            self.quoted()
        } else {
            self.sign(first)
        };
        Some(Lexeme { token, span: start..self.at })
    }

    fn word(&mut self) -> Token {
        let mut word = String::new();
        let mut length = 0;
        for c in self.rest().chars() {
            if c.is_ascii_alphanumeric() || c == '_' {
                word.push(c);
            } else if let Some(name) = unicode::greek(c) {
                word.push_str(name);
            } else {
                break;
            }
            length += c.len_utf8();
        }
        self.at += length;
        Token::Word(word.into())
    }

    fn number(&mut self) -> Token {
        let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
        let rest = self.rest();
        let mut length = digits(rest);
        if rest[length..].starts_with('.') {
            let fraction = digits(&rest[length + 1..]);
            length += if fraction > 0 { 1 + fraction } else { 0 };
        }
        if rest[length..].starts_with(['e', 'E']) {
            let sign = usize::from(rest[length + 1..].starts_with(['+', '-']));
            let exponent = digits(&rest[length + 1 + sign..]);
            length += if exponent > 0 { 1 + sign + exponent } else { 0 };
        }
        let value = if length <= LONGEST_NUMBER { Rational::decimal(&rest[..length]) } else { None };
        let span = self.at..self.at + length;
        self.at += length;
        let Some(value) = value else {
            self.errors.push(Diagnostic::error("this number is too long", Label::new(span, "")).note(
                format!("a number has at most {LONGEST_NUMBER} characters and an exponent of at most 400"),
            ));
            return Token::Bad;
        };
        Token::Number(value)
    }

    fn quoted(&mut self) -> Token {
        let start = self.at;
        let inside = &self.rest()[1..];
        let length = inside.find(['"', '\n']).unwrap_or(inside.len());
        if inside[length..].starts_with('"') {
            let token = Token::Text(inside[..length].into());
            self.at += length + 2;
            return token;
        }
        self.at += 1 + length;
        let label = Label::new(start..start + 1, "opened here");
        self.errors.push(
            Diagnostic::error("this text is never closed", label).note("a text ends on its line, with a \""),
        );
        Token::Bad
    }

    fn sign(&mut self, first: char) -> Token {
        if first == '∇' {
            self.at += first.len_utf8();
            let rest = self.rest();
            let space = rest.len() - rest.trim_start_matches(' ').len();
            let dot = rest[space..].chars().next().filter(|&c| unicode::ascii(c) == Some("dot"));
            self.at += dot.map_or(0, |dot| space + dot.len_utf8());
            return if dot.is_some() { Token::NablaDot } else { Token::Nabla };
        }
        if first == '∂' {
            self.at += first.len_utf8();
            return Token::Word("d".into());
        }
        if first == '⁻' || unicode::superscript(first).is_some() {
            return self.raised();
        }
        let sign = match unicode::ascii(first) {
            Some(sign) => Some((sign, first.len_utf8())),
            None => SIGNS.iter().find(|sign| self.rest().starts_with(**sign)).map(|sign| (*sign, sign.len())),
        };
        if let Some((sign, length)) = sign {
            self.at += length;
            return Token::Sign(sign);
        }
        self.unreadable(first)
    }

    /// `⁻¹`, `²`.
    fn raised(&mut self) -> Token {
        let start = self.at;
        let negative = self.rest().starts_with('⁻');
        self.at += if negative { '⁻'.len_utf8() } else { 0 };
        let digits: String = self.rest().chars().map_while(unicode::superscript).collect();
        self.at += self.rest().chars().take(digits.len()).map(char::len_utf8).sum::<usize>();
        match Rational::decimal(&digits).filter(|_| digits.len() <= LONGEST_NUMBER) {
            Some(value) => Token::Superscript(if negative { -value } else { value }),
            None => {
                let label = Label::new(start..self.at, "");
                self.errors.push(Diagnostic::error("this exponent is no number", label));
                Token::Bad
            }
        }
    }

    /// A run of characters that mean nothing, reported once.
    fn unreadable(&mut self, first: char) -> Token {
        let start = self.at;
        let length: usize = self.rest().chars().take_while(|&c| c == first).map(char::len_utf8).sum();
        self.at += length;
        let shown = if first.is_control() { first.escape_default().to_string() } else { first.to_string() };
        let said = Diagnostic::error(
            format!("the character {shown} means nothing here"),
            Label::new(start..self.at, ""),
        );
        let said = match unicode::instead(first) {
            Some(instead) => said.note(instead),
            None if first.is_alphabetic() => {
                said.note("names are of ASCII letters, Greek letters, digits and _")
            }
            None => said,
        };
        self.errors.push(said);
        Token::Bad
    }
}
