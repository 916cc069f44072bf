//! The legend: below the axes, as many entries on a line as fit.

use super::series::{Look, sample};
use super::{LINE, Series, WIDTH, letters};
use std::fmt::Write;

/// Width of the piece of line, or of the room for a mark.
const SAMPLE: f64 = 32.0;

/// Room between the piece of line and the name.
const GAP: f64 = 7.0;

/// Room between two entries on a line.
const APART: f64 = 20.0;

/// Draws the legend from the height `top` on and returns the height below it.
pub(super) fn draw(series: &[Series], looks: &[Look], top: f64, body: &mut String) -> f64 {
    let (mut x, mut y, mut below) = (0.0, top, top);
    for (one, look) in series.iter().zip(looks) {
        let name = if one.name.trim().is_empty() { "unnamed" } else { &one.name };
        let lines = letters::wrap(name, WIDTH - SAMPLE - GAP - 4.0);
        let width = SAMPLE + GAP + lines.iter().map(|line| letters::width(line)).fold(0.0, f64::max);
        if x > 0.0 && (x + width > WIDTH || lines.len() > 1) {
            (x, y) = (0.0, below);
        }
        sample(*look, (x + 2.0, y + 0.5 * LINE), SAMPLE - 4.0, body);
        for (number, line) in lines.iter().enumerate() {
            let height = y + LINE * letters::lines(number) + 0.5 * LINE + 5.0;
            // Writing to a string does not fail.
            let _ = writeln!(
                body,
                "<text x=\"{:.1}\" y=\"{height:.1}\">{}</text>",
                x + SAMPLE + GAP,
                letters::rich(line)
            );
        }
        below = f64::max(below, y + LINE * letters::lines(lines.len()) + 3.0);
        x += width + APART;
    }
    below + 4.0
}
