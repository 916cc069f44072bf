//! Text in a picture: its width, its lines, raised and lowered letters.
//!
//! A picture does not know the letters of its reader's machine; widths are those of common sans-serif letters, rather too
//! wide than too narrow.

use super::{FONT, escape};
use std::fmt::Write;

/// Width of a text in units of the picture.
pub(super) fn width(text: &str) -> f64 {
    let of = |c: char| match c {
        'i' | 'j' | 'l' | '|' | '.' | ',' | ':' | ';' | '\'' | '!' | 'I' => 0.27,
        'f' | 't' | 'r' | '(' | ')' | '[' | ']' | '/' | ' ' | '-' | '⁻' => 0.34,
        '⁰' | '¹' | '²' | '³' | '⁴' | '⁵' | '⁶' | '⁷' | '⁸' | '⁹' => 0.38,
        'm' | 'w' | 'M' | 'W' | '%' | '@' => 0.9,
        c if c.is_uppercase() => 0.72,
        _ => 0.57,
    };
    FONT * text.chars().map(of).sum::<f64>()
}

/// A count of lines as a number.
#[allow(clippy::cast_precision_loss, reason = "lines are few")]
pub(super) fn lines(count: usize) -> f64 {
    count as f64
}

/// Lines of at most a width, broken at blanks, or within a word that is longer than that.
pub(super) fn wrap(text: &str, most: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let mut rest = word.to_owned();
        loop {
            let fits = |line: &String| width(line) + width(" ") + width(&rest) <= most;
            if let Some(line) = lines.last_mut().filter(|line| fits(line)) {
                line.push(' ');
                line.push_str(&rest);
                break;
            }
            let kept = longest_fitting(&rest, most);
            let tail: String = rest.chars().skip(kept).collect();
            lines.push(rest.chars().take(kept).collect());
            rest = tail;
            if rest.is_empty() {
                break;
            }
        }
    }
    lines
}

/// Characters of a word that fit, at least one.
fn longest_fitting(word: &str, most: f64) -> usize {
    let count = word.chars().count();
    (1..=count).rev().find(|&kept| width(&word.chars().take(kept).collect::<String>()) <= most).unwrap_or(1)
}

/// Names of letters, and the letters.
const GREEK: [(&str, char); 13] = [
    ("alpha", 'α'),
    ("gamma", 'γ'),
    ("delta", 'δ'),
    ("eta", 'η'),
    ("theta", 'θ'),
    ("kappa", 'κ'),
    ("lambda", 'λ'),
    ("mu", 'μ'),
    ("phi", 'φ'),
    ("sigma", 'σ'),
    ("Sigma", 'Σ'),
    ("tau", 'τ'),
    ("xi", 'ξ'),
];

/// The text with names of Greek letters as letters, where they stand alone.
fn greek(text: &str) -> String {
    let mut letters = String::new();
    let chars: Vec<char> = text.chars().collect();
    for word in chars.chunk_by(|a, b| a.is_alphabetic() == b.is_alphabetic()) {
        let word: String = word.iter().collect();
        match GREEK.iter().find(|(name, _)| *name == word) {
            Some((_, letter)) => letters.push(*letter),
            None => letters.push_str(&word),
        }
    }
    letters
}

/// Whether the last letter stands alone, as a symbol does that may have an index.
fn ends_with_symbol(before: &[char]) -> bool {
    match before {
        [.., other, letter] => letter.is_alphabetic() && !other.is_alphanumeric() && *other != '_',
        [letter] => letter.is_alphabetic(),
        [] => false,
    }
}

/// The text as markup, with Greek letters, `^2` raised, and `_a` lowered behind a symbol of one letter: a sign or not, then
/// letters or digits.
pub(super) fn rich(text: &str) -> String {
    let letters: Vec<char> = greek(text).chars().collect();
    let (mut markup, mut plain, mut at) = (String::new(), String::new(), 0);
    while at < letters.len() {
        let (before, rest) = letters.split_at(at);
        let scripted = match rest.first() {
            Some('_') => ends_with_symbol(before),
            _ => before.last().is_some_and(|c| !c.is_whitespace()),
        };
        let length = if scripted { script(rest) } else { 0 };
        if length == 0 {
            plain.push(letters[at]);
            at += 1;
            continue;
        }
        markup.push_str(&escape(&std::mem::take(&mut plain)));
        let script: String = letters[at + 1..at + length].iter().collect();
        let shift = if letters[at] == '_' { 0.25 * FONT } else { -0.35 * FONT };
        // Writing to a string does not fail.
        let _ = write!(
            markup,
            "<tspan class=\"script\" dy=\"{shift:.1}\">{}</tspan><tspan dy=\"{:.1}\">\u{200b}</tspan>",
            escape(&script),
            -shift
        );
        at += length;
    }
    markup + &escape(&plain)
}

/// Length of a raised or lowered piece, its first sign included; 0 if there is none.
fn script(letters: &[char]) -> usize {
    if !matches!(letters.first(), Some('_' | '^')) {
        return 0;
    }
    let sign = usize::from(matches!(letters.get(1), Some('+' | '-')));
    let word = letters.iter().skip(1 + sign).take_while(|c| c.is_alphanumeric()).count();
    if word + sign == 0 { 0 } else { 1 + sign + word }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_not_too_wide_and_nothing_is_lost() {
        let text = "fraction of starts that end in the sharp valley ".repeat(3) + &"x".repeat(200);
        for most in [40.0, 200.0, 470.0] {
            let lines = wrap(&text, most);
            assert!(lines.iter().all(|line| width(line) <= most), "{most}: {lines:?}");
            let kept: String = lines.concat().split_whitespace().collect();
            assert_eq!(kept, text.split_whitespace().collect::<String>(), "{most}");
        }
        assert_eq!(wrap("wide", 0.0).len(), 4, "a letter a line at least");
        assert!(wrap(" ", 10.0).is_empty(), "no line for nothing");
    }

    #[test]
    fn scripts_are_marked_and_the_rest_is_escaped() {
        assert_eq!(rich("a < b_"), "a &lt; b_");
        assert_eq!(rich("_x ^2"), "_x ^2", "nothing to lower or raise");
        let raised = rich("x^-2<");
        assert!(
            raised.starts_with("x<tspan class=\"script\" dy=\"-") && raised.ends_with("&lt;"),
            "{raised}"
        );
        assert_eq!(rich("softmax_3, mlp_2_3"), "softmax_3, mlp_2_3", "a name, not a symbol");
        assert!(rich("theta_0").starts_with("θ<tspan"), "{}", rich("theta_0"));
        assert_eq!(rich("beta, mutual"), "beta, mutual", "no letter within a word");
        assert!(rich("k_+").contains(">+</tspan>"), "a sign alone");
    }
}
