//! Expressions in Presentation MathML (MathML Core), to stand in HTML.
//!
//! Made to be read aloud: products and applications of functions are said by invisible signs, every bracket and its
//! content is one row, and the expression in the language is the alternative text.

use super::notation::{Fence, GREEK, Notation, Sign, name_parts, notation};
use super::{Expr, Rational, Remainder, Symbols};
use std::fmt::Write as _;

impl Expr {
    /// The expression as one `math` element.
    #[must_use]
    pub fn to_mathml(&self, symbols: &Symbols) -> String {
        let alternative = escape(&self.to_text(symbols));
        let mut text =
            format!("<math xmlns=\"http://www.w3.org/1998/Math/MathML\" alttext=\"{alternative}\">");
        write(&notation(self, symbols), &mut text);
        text.push_str("</math>");
        text
    }
}

/// `left = right + O(symbol^order)` as one `math` element that stands on a line of its own.
#[must_use]
pub fn equation_to_mathml(
    left: &Expr,
    right: &Expr,
    remainder: Option<&Remainder>,
    symbols: &Symbols,
) -> String {
    let mut alternative = super::equation_to_text(left, right, symbols);
    let (mut rest, mut sides) = (String::new(), [String::new(), String::new()]);
    for (side, text) in [left, right].into_iter().zip(&mut sides) {
        text.push_str("<mrow>");
        write(&notation(side, symbols), text);
        text.push_str("</mrow>");
    }
    if let Some(Remainder { symbol, order }) = remainder {
        let name = &symbols.get(*symbol).name;
        alternative += &format!(" + O({name}^({order}))");
        rest += "<mo>+</mo><mi>O</mi><mo>&#x2061;</mo><mrow><mo>(</mo>";
        if *order == Rational::ONE {
            write_name(name, &mut rest);
        } else {
            rest += "<msup>";
            write_name(name, &mut rest);
            let _ = match order.to_parts() {
                Some((above, below)) if below != 1 => {
                    write!(rest, "<mfrac><mn>{above}</mn><mn>{below}</mn></mfrac></msup>")
                }
                _ => write!(rest, "<mn>{order}</mn></msup>"),
            };
        }
        rest += "<mo>)</mo></mrow>";
    }
    let [left, right] = sides;
    let alternative = escape(&alternative);
    format!(
        "<math xmlns=\"http://www.w3.org/1998/Math/MathML\" display=\"block\" alttext=\"{alternative}\"><mrow>{left}\
         <mo>=</mo>{right}{rest}</mrow></math>"
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// One element around parts.
fn element(tag: &str, text: &mut String, parts: &[&Notation]) {
    let _ = write!(text, "<{tag}>");
    parts.iter().for_each(|part| write(part, text));
    let _ = write!(text, "</{tag}>");
}

fn write(notation: &Notation, text: &mut String) {
    match notation {
        Notation::Name(name) => write_name(name, text),
        Notation::Word("E") => text.push_str("<mi>𝔼</mi>"),
        Notation::Word("sum") => text.push_str("<mo>∑</mo>"),
        Notation::Word("d") => text.push_str("<mi mathvariant=\"normal\">d</mi>"),
        Notation::Word(word) => {
            let _ = write!(text, "<mi>{word}</mi>");
        }
        Notation::Digits(digits) => {
            let _ = write!(text, "<mn>{digits}</mn>");
        }
        Notation::Sign(sign) => {
            let _ = write!(text, "<mo>{}</mo>", sign_text(*sign));
        }
        Notation::Row(parts) => element("mrow", text, &parts.iter().collect::<Vec<_>>()),
        Notation::Fraction(above, below) => element("mfrac", text, &[above, below]),
        Notation::Raised(base, exponent) => element("msup", text, &[base, exponent]),
        Notation::Lowered(base, below) => element("msub", text, &[base, below]),
        Notation::Root(inner) => element("msqrt", text, &[inner]),
        Notation::Fenced(fence, inner) => {
            let (open, close) = match fence {
                Fence::Round => ("<mo>(</mo>", "<mo>)</mo>"),
                Fence::Square => ("<mo>[</mo>", "<mo>]</mo>"),
                Fence::Bars => ("<mo form=\"prefix\">|</mo>", "<mo form=\"postfix\">|</mo>"),
                Fence::Taken => ("", "<mo form=\"postfix\">|</mo>"),
            };
            let _ = write!(text, "<mrow>{open}");
            write(inner, text);
            let _ = write!(text, "{close}</mrow>");
        }
        Notation::Table(rows) => {
            text.push_str("<mtable>");
            for row in rows {
                text.push_str("<mtr>");
                row.iter().for_each(|entry| element("mtd", text, &[entry]));
                text.push_str("</mtr>");
            }
            text.push_str("</mtable>");
        }
    }
}

const fn sign_text(sign: Sign) -> &'static str {
    match sign {
        Sign::Plus => "+",
        Sign::Minus => "−",
        Sign::Equals => "=",
        Sign::Comma => ",",
        Sign::Dot => "⋅",
        Sign::Outer => "⊗",
        Sign::Nabla => "∇",
        Sign::Partial => "∂",
        Sign::Laplace => "Δ",
        Sign::Integral => "∫",
        Sign::Times => "&#x2062;",
        Sign::Apply => "&#x2061;",
        Sign::Prime => "′",
        Sign::Transposed => "⊤",
        Sign::Dots => "…",
    }
}

fn write_name(name: &str, text: &mut String) {
    let (stem, below) = name_parts(name);
    let letter = GREEK.iter().find(|(greek, _, _)| *greek == stem).map(|(_, letter, _)| *letter);
    let stem = letter.map_or_else(|| escape(stem), String::from);
    let _ = match below {
        Some(below) if below.bytes().all(|c| c.is_ascii_digit()) => {
            write!(text, "<msub><mi>{stem}</mi><mn>{below}</mn></msub>")
        }
        Some(below) => write!(text, "<msub><mi>{stem}</mi><mi>{}</mi></msub>", escape(below)),
        None => write!(text, "<mi>{stem}</mi>"),
    };
}

#[cfg(test)]
mod tests {
    use super::super::{Kind, Rational, Shape, Sign as Of, SymbolKind};
    use super::*;

    #[test]
    fn a_product_is_said_and_a_fraction_is_one() {
        let mut symbols = Symbols::default();
        let eta = symbols.declare("eta", SymbolKind::Scalar(Of::Positive));
        let x1 = symbols.declare("x_1", SymbolKind::Scalar(Of::Any));
        let [eta, x1] = [eta, x1].map(|id| Expr::new(Kind::Symbol(id), Shape::Scalar));
        let half = Expr::number(Rational::half(1));
        let product = Expr::new(Kind::Mul(half, Expr::new(Kind::Mul(eta, x1), Shape::Scalar)), Shape::Scalar);
        assert_eq!(
            product.to_mathml(&symbols),
            "<math xmlns=\"http://www.w3.org/1998/Math/MathML\" alttext=\"1/2*(eta*x_1)\"><mrow><mfrac><mn>1</mn><mn>2</mn>\
             </mfrac><mo>&#x2062;</mo><mrow><mi>η</mi><mo>&#x2062;</mo><msub><mi>x</mi><mn>1</mn></msub></mrow></mrow></math>",
            "invisible times, the language as alternative text"
        );
        assert_eq!(product.to_latex(&symbols), "\\frac{1}{2}\\,{\\eta}\\,x_{1}", "the same in LaTeX");
    }
}
