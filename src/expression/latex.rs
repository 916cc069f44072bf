//! Expressions in LaTeX, for math mode; the commands are those of LaTeX with `amsmath` and `amssymb`.

use super::notation::{Fence, GREEK, Notation, Sign, name_parts, notation};
use super::{Expr, Symbols};

impl Expr {
    /// The expression in LaTeX, without the dollars around it.
    #[must_use]
    pub fn to_latex(&self, symbols: &Symbols) -> String {
        let mut text = String::new();
        write(&notation(self, symbols), &mut text);
        text.trim().to_owned()
    }
}

fn write(notation: &Notation, text: &mut String) {
    match notation {
        Notation::Name(name) => write_name(name, text),
        Notation::Word("E") => text.push_str("\\mathbb{E}"),
        Notation::Word("d") => text.push_str("\\mathrm{d}"),
        Notation::Word("sum") => text.push_str("\\sum"),
        Notation::Word(word @ ("exp" | "log" | "sin" | "cos" | "tan" | "sinh" | "cosh" | "tanh")) => {
            text.push('\\');
            text.push_str(word);
        }
        Notation::Word(word) => surround("\\operatorname{", text, "}", |text| text.push_str(word)),
        Notation::Digits(digits) => text.push_str(digits),
        Notation::Sign(sign) => text.push_str(sign_text(*sign)),
        Notation::Row(parts) => parts.iter().for_each(|part| write(part, text)),
        Notation::Fraction(above, below) => {
            surround("\\frac{", text, "}", |text| write(above, text));
            surround("{", text, "}", |text| write(below, text));
        }
        Notation::Raised(base, exponent) => {
            surround("{", text, "}", |text| write(base, text));
            surround("^{", text, "}", |text| write(exponent, text));
        }
        Notation::Lowered(base, below) => {
            surround("{", text, "}", |text| write(base, text));
            surround("_{", text, "}", |text| write(below, text));
        }
        Notation::Root(inner) => surround("\\sqrt{", text, "}", |text| write(inner, text)),
        Notation::Fenced(fence, inner) => {
            let (open, close) = match fence {
                Fence::Round => ("\\left(", "\\right)"),
                Fence::Square => ("\\left[", "\\right]"),
                Fence::Bars => ("\\left|", "\\right|"),
                Fence::Taken => ("\\left.", "\\right|"),
            };
            surround(open, text, close, |text| write(inner, text));
        }
        Notation::Table(rows) => {
            let write_rows = |text: &mut String| {
                for (at, row) in rows.iter().enumerate() {
                    text.push_str(if at > 0 { " \\\\ " } else { "" });
                    for (at, entry) in row.iter().enumerate() {
                        text.push_str(if at > 0 { " & " } else { "" });
                        write(entry, text);
                    }
                }
            };
            surround("\\begin{matrix}", text, "\\end{matrix}", write_rows);
        }
    }
}

fn surround(open: &str, text: &mut String, close: &str, inner: impl FnOnce(&mut String)) {
    text.push_str(open);
    inner(text);
    text.push_str(close);
}

const fn sign_text(sign: Sign) -> &'static str {
    match sign {
        Sign::Plus => " + ",
        Sign::Minus => " - ",
        Sign::Equals => " = ",
        Sign::Comma => ", ",
        Sign::Dot => " \\cdot ",
        Sign::Outer => " \\otimes ",
        Sign::Nabla => "\\nabla ",
        Sign::Partial => "\\partial",
        Sign::Laplace => "\\Delta ",
        Sign::Integral => "\\int ",
        Sign::Times => "\\,",
        Sign::Apply => "",
        Sign::Prime => "'",
        Sign::Transposed => "\\mathsf{T}",
        Sign::Dots => "\\dots ",
    }
}

fn write_name(name: &str, text: &mut String) {
    let (stem, below) = name_parts(name);
    match GREEK.iter().find(|(greek, _, _)| *greek == stem) {
        Some((_, _, true)) => surround("{\\", text, "}", |text| text.push_str(stem)),
        _ if stem.len() == 1 => text.push_str(stem),
        _ => surround("\\mathit{", text, "}", |text| text.push_str(&stem.replace('_', "\\_"))),
    }
    match below {
        Some(below) if below.len() == 1 || below.bytes().all(|c| c.is_ascii_digit()) => {
            surround("_{", text, "}", |text| text.push_str(below));
        }
        Some(below) => surround("_{\\mathit{", text, "}}", |text| text.push_str(&below.replace('_', "\\_"))),
        None => {}
    }
}
