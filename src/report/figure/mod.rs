//! A [`Figure`] as a picture: SVG, written by hand.
//!
//! Lines are exact answers, dashed lines wrong readings, points with bars of [`BARS`] standard errors simulations. A series
//! whose name begins as that of an earlier one, up to a colon or comma, belongs to it and has its colour and mark: "Ito,
//! simulated" to "Ito: 1/x". Series are told apart without colour by marks and dashes, up to six of a kind. The colours are
//! safe for colour-blind readers, and those of the page: light, dark, print ([`STYLE`]).
//!
//! All coordinates are in units of a picture [`WIDTH`] units wide with letters of [`FONT`] units, so that text is 12 pixels
//! high in a picture 375 pixels wide. The legend stands below the axes and covers nothing.
//!
//! Where the horizontal axis has names and no numbers, such as those of parameters, points of several series at one place stand
//! side by side ([`draw_by_name`]).
//!
//! Points that are not finite, or not positive on a logarithmic axis, are left out, and the notes of the [`Drawing`] say how
//! many. A screen reader is given the title and the main numbers in words.

mod axis;
mod describe;
mod legend;
mod letters;
mod series;

use super::page::{Markup, escape};
use crate::systems::{Figure, Series, Style};
use axis::Axis;
use std::fmt::Write;

/// The style of pictures: the page that holds them must have it.
pub(in crate::report) const STYLE: &str = include_str!("style.css");

/// Width of a picture.
const WIDTH: f64 = 480.0;

/// Height of letters.
const FONT: f64 = 15.5;

/// Distance of lines of text.
const LINE: f64 = 19.0;

/// Height of the box between the axes.
const HEIGHT: f64 = 250.0;

/// What is free at the right, for half a label of the axis.
const RIGHT: f64 = 16.0;

/// Standard errors that a bar reaches to each side.
pub(in crate::report) const BARS: f64 = 2.0;

/// A picture, and what must be said below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::report) struct Drawing {
    pub(in crate::report) svg: Markup,
    pub(in crate::report) notes: Vec<String>,
}

/// The box between the axes, and the axes.
struct Frame {
    left: f64,
    top: f64,
    width: f64,
    height: f64,
    x: Axis,
    y: Axis,
}

impl Frame {
    /// Where a point is drawn; nothing if an axis has no place for it.
    fn place(&self, (x, y): (f64, f64)) -> Option<(f64, f64)> {
        let (x, y) = (self.x.place(x)?, self.y.place(y)?);
        Some((self.left + x * self.width, self.bottom() - y * self.height))
    }

    fn bottom(&self) -> f64 {
        self.top + self.height
    }

    fn right(&self) -> f64 {
        self.left + self.width
    }
}

/// Draws a figure. `id` must differ from those of other pictures of the page.
pub(in crate::report) fn draw(figure: &Figure, id: &str) -> Drawing {
    drawn(figure, &[], &figure.series, id)
}

/// Draws a figure whose horizontal axis has names: `x = 1` is the place of the first of them.
pub(in crate::report) fn draw_by_name(figure: &Figure, names: &[String], id: &str) -> Drawing {
    drawn(figure, names, &series::side_by_side(&figure.series), id)
}

fn drawn(figure: &Figure, names: &[String], all: &[Series], id: &str) -> Drawing {
    let (horizontal, vertical) = figure.logarithmic;
    let seen = |&(x, y): &(f64, f64)| axis::can_show(x, horizontal) && axis::can_show(y, vertical);
    let xs: Vec<f64> = all.iter().flat_map(|s| s.points.iter().filter(|p| seen(p)).map(|p| p.0)).collect();
    let ys: Vec<f64> = all.iter().flat_map(|s| reach(s, seen)).collect();
    let y = Axis::new(&ys, vertical, |_| 5);
    let left = y.ticks.iter().map(|tick| letters::width(&tick.label)).fold(0.0, f64::max) + 14.0;
    let width = WIDTH - left - RIGHT;
    // Names that do not fit are told below, and their numbers stand at the axis.
    let hidden = if axis::fitting_labels(names, width) < names.len() { names } else { &[] };
    let x = match (names, hidden) {
        ([], _) => Axis::new(&xs, horizontal, |widest| axis::fitting(width, widest)),
        (names, []) => Axis::of_places(names, width),
        (names, _) => Axis::of_places(&(1..=names.len()).map(|k| k.to_string()).collect::<Vec<_>>(), width),
    };
    let above = letters::wrap(&axis_name(&figure.y_axis, &y), WIDTH - 8.0);
    let top = LINE * letters::lines(above.len()) + 12.0;
    let frame = Frame { left, top, width, height: HEIGHT, x, y };

    let mut body = String::new();
    axis_names(&figure.x_axis, &above, &frame, &mut body);
    axes(&frame, &mut body);
    let looks = series::looks(all);
    series::draw(all, &looks, &frame, &mut body);
    let below = letters::wrap(&axis_name(&figure.x_axis, &frame.x), width);
    let legend_top = frame.bottom() + 26.0 + LINE * letters::lines(below.len()) + 10.0;
    let height = legend::draw(all, &looks, legend_top, &mut body);
    let id = super::page::identifier(id);
    let svg = format!(
        "<svg class=\"figure\" role=\"img\" viewBox=\"0 0 {WIDTH} {height:.0}\" aria-labelledby=\"{id}-title\" \
         aria-describedby=\"{id}-desc\">\n<title id=\"{id}-title\">{}</title>\n<desc id=\"{id}-desc\">{}</desc>\n{body}</svg>",
        escape(&figure.title),
        escape(&describe::in_words(figure, names)),
    );
    Drawing { svg: Markup::trusted(svg), notes: describe::notes(figure, hidden) }
}

/// The values that the vertical axis must reach: points, and the ends of their bars.
fn reach<'a>(series: &'a Series, seen: impl Fn(&(f64, f64)) -> bool + 'a) -> impl Iterator<Item = f64> + 'a {
    series.points.iter().enumerate().filter(move |(_, point)| seen(point)).flat_map(|(number, &(_, y))| {
        let bar = bar(series, number).unwrap_or(0.0);
        // A bar that reaches down to 0 on a logarithmic axis is cut off, not shown whole.
        let low = if y > 0.0 && y - bar <= 0.0 { y } else { y - bar };
        [y, y + bar, low].into_iter().filter(|value| value.is_finite())
    })
}

/// Half the length of the bar of a point; nothing if the series has none, or it is not finite.
fn bar(series: &Series, number: usize) -> Option<f64> {
    let error = *series.errors.get(number)?;
    (series.style == Style::Points && error.is_finite() && error >= 0.0).then_some(BARS * error)
}

/// The name of an axis with the unit that its labels are in.
fn axis_name(name: &str, axis: &Axis) -> String {
    match (name.is_empty(), axis.unit()) {
        (_, None) => name.to_owned(),
        (true, Some(unit)) => unit,
        (false, Some(unit)) => format!("{name}, {unit}"),
    }
}

fn axis_names(x_axis: &str, above: &[String], frame: &Frame, body: &mut String) {
    for (number, line) in above.iter().enumerate() {
        let y = LINE * letters::lines(number) + FONT;
        // Writing to a string does not fail; so below.
        let _ = writeln!(body, "<text x=\"2\" y=\"{y:.1}\">{}</text>", letters::rich(line));
    }
    let centre = frame.left + 0.5 * frame.width;
    for (number, line) in letters::wrap(&axis_name(x_axis, &frame.x), frame.width).iter().enumerate() {
        let y = frame.bottom() + 26.0 + LINE * letters::lines(number) + FONT;
        let _ = writeln!(
            body,
            "<text x=\"{centre:.1}\" y=\"{y:.1}\" text-anchor=\"middle\">{}</text>",
            letters::rich(line)
        );
    }
}

fn axes(frame: &Frame, body: &mut String) {
    let (left, right, top, bottom) = (frame.left, frame.right(), frame.top, frame.bottom());
    for tick in &frame.y.ticks {
        let y = bottom - tick.at * frame.height;
        let _ = writeln!(body, "<path class=\"grid\" d=\"M{left:.1} {y:.1}H{right:.1}\"/>");
        let _ = writeln!(
            body,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
            left - 8.0,
            y + 0.35 * FONT,
            escape(&tick.label)
        );
    }
    for tick in &frame.x.ticks {
        let x = left + tick.at * frame.width;
        let _ = writeln!(body, "<path class=\"axis\" d=\"M{x:.1} {bottom:.1}v6\"/>");
        let _ = writeln!(
            body,
            "<text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
            bottom + 8.0 + FONT,
            escape(&tick.label)
        );
    }
    for at in &frame.x.minor {
        let _ = writeln!(body, "<path class=\"axis\" d=\"M{:.1} {bottom:.1}v3\"/>", left + at * frame.width);
    }
    for at in &frame.y.minor {
        let _ =
            writeln!(body, "<path class=\"axis\" d=\"M{left:.1} {:.1}h-3\"/>", bottom - at * frame.height);
    }
    let _ = writeln!(body, "<path class=\"axis\" d=\"M{left:.1} {top:.1}V{bottom:.1}H{right:.1}\"/>");
}

#[cfg(test)]
mod tests;
