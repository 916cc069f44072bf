//! Text for people: headings, labelled lines, aligned numbers; nothing here is wider than [`WIDTH`] columns.

use std::io::{self, Write};

/// Columns that a line has at most, so that it fits the narrowest terminal in use.
pub(super) const WIDTH: usize = 80;

/// Columns of a label, with the blanks around it.
const LABEL: usize = 18;

/// Columns of a name in a table; longer ones are shortened.
pub(super) const NAME: usize = 23;

/// Whether text is coloured, with the escape codes of ECMA-48; plain by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Style {
    /// Characters only.
    #[default]
    Plain,
    /// With colours, for a terminal.
    Coloured,
}

/// What a piece of text says; decides its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    Heading,
    Good,
    Bad,
    Doubtful,
}

impl Style {
    /// The text in the colour of its tone.
    pub(super) fn paint(self, tone: Tone, text: &str) -> String {
        let code = match (self, tone) {
            (Self::Plain, _) => return text.to_owned(),
            (Self::Coloured, Tone::Heading) => "1",
            (Self::Coloured, Tone::Good) => "1;32",
            (Self::Coloured, Tone::Bad) => "1;31",
            (Self::Coloured, Tone::Doubtful) => "1;33",
        };
        format!("\x1b[{code}m{text}\x1b[0m")
    }
}

/// Writes headings and labelled lines.
pub(super) struct Page<'a, W> {
    pub(super) out: &'a mut W,
    pub(super) style: Style,
}

impl<W: Write> Page<'_, W> {
    /// An empty line, then a heading.
    pub(super) fn heading(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out)?;
        for line in wrap(text, WIDTH) {
            writeln!(self.out, "{}", self.style.paint(Tone::Heading, &line))?;
        }
        Ok(())
    }

    /// A label and a text beside it, on as many lines as it needs.
    pub(super) fn field(&mut self, label: &str, text: &str) -> io::Result<()> {
        let mut label = format!("  {label}");
        for line in wrap(text, WIDTH - LABEL) {
            writeln!(self.out, "{label:LABEL$}{line}")?;
            label.clear();
        }
        Ok(())
    }

    /// The same in the colour of a tone.
    pub(super) fn field_toned(&mut self, label: &str, tone: Tone, text: &str) -> io::Result<()> {
        let mut label = format!("  {label}");
        for line in wrap(text, WIDTH - LABEL) {
            writeln!(self.out, "{label:LABEL$}{}", self.style.paint(tone, &line))?;
            label.clear();
        }
        Ok(())
    }

    /// Sentences, indented.
    pub(super) fn note(&mut self, text: &str) -> io::Result<()> {
        wrap(text, WIDTH - 2).iter().try_for_each(|line| writeln!(self.out, "  {line}"))
    }
}

/// Lines of up to `width` characters, broken at blanks; a longer word is shortened in its middle.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let word = shortened(word, width);
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(&word);
            }
            _ => lines.push(word),
        }
    }
    lines
}

/// The text in at most `width` characters, its middle left out if it is longer; characters that would move the cursor or
/// change colours are shown as `?`.
pub(super) fn shortened(text: &str, width: usize) -> String {
    let text: Vec<char> = text.chars().map(|c| if c.is_control() { '?' } else { c }).collect();
    if text.len() <= width {
        return text.into_iter().collect();
    }
    let kept = width.saturating_sub(2);
    let (head, tail) = (kept.div_ceil(2), kept / 2);
    text[..head].iter().chain(&['.', '.']).chain(&text[text.len() - tail..]).collect()
}

/// A number in four digits and a power of ten; 0 where it is exactly that, and `-` where it is not known.
pub(super) fn scientific(x: f64) -> String {
    if !x.is_finite() {
        "-".to_owned()
    } else if x.abs() > 0.0 {
        format!("{x:.3e}")
    } else {
        "0".to_owned()
    }
}

/// A number in four digits, as a decimal where that is readable.
pub(super) fn readable(x: f64) -> String {
    let digits = match x.abs() {
        a if (1e3..1e5).contains(&a) => 0,
        a if (1e2..1e3).contains(&a) => 1,
        a if (10.0..1e2).contains(&a) => 2,
        a if (1.0..10.0).contains(&a) => 3,
        a if (1e-1..1.0).contains(&a) => 4,
        a if (1e-2..1e-1).contains(&a) => 5,
        a if (1e-3..1e-2).contains(&a) => 6,
        _ => return scientific(x),
    };
    format!("{x:.digits$}")
}

/// A number in up to four digits: without those that say nothing.
pub(super) fn short(x: f64) -> String {
    let (all, four) = (given(x), readable(x));
    if x.is_finite() && all.len() <= four.len() { all } else { four }
}

/// An estimate and its standard error, which has two digits.
pub(super) fn estimated(value: f64, error: f64) -> String {
    const DECIMALS: std::ops::Range<f64> = 1e-6..1e4;
    if value.abs() < 1e5 && DECIMALS.contains(&error) {
        let digits = match error {
            e if e >= 9.95 => 0,
            e if e >= 0.995 => 1,
            e if e >= 0.0995 => 2,
            e if e >= 0.00995 => 3,
            e if e >= 0.000_995 => 4,
            e if e >= 0.000_099_5 => 5,
            _ => 6,
        };
        return format!("{value:.digits$} \u{b1} {error:.digits$}");
    }
    let error = if error > 0.0 && error.is_finite() { format!("{error:.1e}") } else { scientific(error) };
    format!("{} \u{b1} {error}", readable(value))
}

/// A number given by the user, in all its digits.
pub(super) fn given(x: f64) -> String {
    match x.abs() {
        a if (1e-4..1e7).contains(&a) || a <= 0.0 => format!("{x}"),
        _ => format!("{x:e}"),
    }
}

/// A number of standard errors.
pub(super) fn deviations(z: f64) -> String {
    match z.abs() {
        a if a.is_nan() || a.is_infinite() => "-".to_owned(),
        // Below half of the last digit there is no sign to show.
        a if a < 5e-3 => "0.00".to_owned(),
        a if a < 1e3 => format!("{z:.2}"),
        _ => format!("{z:.0e}"),
    }
}

/// A probability.
pub(super) fn probability(p: f64) -> String {
    if p >= 1e-3 { format!("{p:.3}") } else { scientific(p) }
}

/// A count with its thousands apart.
pub(super) fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (k, digit) in digits.chars().enumerate() {
        if k > 0 && (digits.len() - k).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

/// A count and what is counted, in the singular or with an `s`.
pub(super) fn counted(n: usize, what: &str) -> String {
    format!("{} {what}{}", count(n as u64), if n == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_readable() {
        assert_eq!(
            [0.05, 1e-9, 2.5, 12_345_678.0, 0.0].map(given),
            ["0.05", "1e-9", "2.5", "1.2345678e7", "0"]
        );
        assert_eq!([0.414_774_7, 1234.4, 1e-9, f64::NAN].map(readable), ["0.4148", "1234", "1.000e-9", "-"]);
        assert_eq!([0.05, -1.0, 1.0 / 3.0, 1e-9, f64::NAN].map(short), ["0.05", "-1", "0.3333", "1e-9", "-"]);
        assert_eq!(
            [(0.78125, 0.0254), (-3.0, 2.0), (0.5, 1e-9), (0.0, 0.0), (1e7, 1e5), (1.0, f64::NAN)]
                .map(|(value, error)| estimated(value, error)),
            ["0.781 ± 0.025", "-3.0 ± 2.0", "0.5000 ± 1.0e-9", "0 ± 0", "1.000e7 ± 1.0e5", "1.000 ± -"]
        );
        assert_eq!([-1.25e-5, -0.0, f64::INFINITY].map(scientific), ["-1.250e-5", "0", "-"]);
        assert_eq!([0, 999, 1000, 1_234_567].map(count), ["0", "999", "1 000", "1 234 567"]);
        assert_eq!([-2.714, 4e7, f64::NAN, -1e-9].map(deviations), ["-2.71", "4e7", "-", "0.00"]);
        assert_eq!([1.0, 0.25, 1e-5].map(probability), ["1.000", "0.250", "1.000e-5"]);
    }

    #[test]
    fn nothing_is_too_wide_and_no_control_character_passes() {
        let long = "word ".repeat(60) + &"x".repeat(300) + "\x1b[31m";
        for width in [10, 40, WIDTH] {
            assert!(wrap(&long, width).iter().all(|line| line.chars().count() <= width), "width {width}");
        }
        assert_eq!(shortened("fractal_dimension_error", 12), "fract..error");
        assert_eq!(shortened("a\x1b[31m\n", 12), "a?[31m?");
        assert_eq!(wrap("", 10), Vec::<String>::new());
    }
}
