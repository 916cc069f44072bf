//! Series in a picture: which colour, mark and dashes each has, and how it is drawn.

use super::{Frame, Series, Style, bar};
use std::fmt::Write;

/// Colours of the style.
const COLOURS: usize = 6;

/// Shapes of marks; no divisor of the number of colours, so that colour and mark together repeat late.
const SHAPES: usize = 7;

/// Kinds of dashes of the style.
const DASHES: usize = 6;

/// Half the height of a mark.
const MARK: f64 = 4.5;

/// Half the width of the end of a bar.
const CAP: f64 = 5.0;

/// Marks along a line, where lines must be told apart.
const MARKS: usize = 5;

/// Distance below which points of a line are not told apart.
const FINE: f64 = 0.5;

/// How a series looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Look {
    pub(super) style: Style,
    /// Number of the colour, and of the mark.
    family: usize,
    dashes: usize,
    /// Whether marks stand along the line.
    marked: bool,
    /// Whether points have bars.
    barred: bool,
}

impl Look {
    /// Names of the classes of the style.
    pub(super) fn classes(self) -> String {
        format!("c{} d{}", self.family % COLOURS + 1, self.dashes % DASHES + 1)
    }
}

/// What a name begins with, up to the first colon or comma.
fn stem(name: &str) -> &str {
    name.split([':', ',']).next().unwrap_or("").trim()
}

/// The looks of all series: a series belongs to an earlier one of the same stem that has none of its style yet.
pub(super) fn looks(series: &[Series]) -> Vec<Look> {
    let mut families: Vec<(&str, Vec<Style>)> = Vec::new();
    let (mut dashed, mut looks) = (0, Vec::new());
    for one in series {
        let joins =
            |(name, styles): &(&str, Vec<Style>)| *name == stem(&one.name) && !styles.contains(&one.style);
        let family = families.iter().position(joins).unwrap_or_else(|| {
            families.push((stem(&one.name), Vec::new()));
            families.len() - 1
        });
        families[family].1.push(one.style);
        let dashes = if one.style == Style::Dashed {
            dashed += 1;
            dashed - 1
        } else {
            0
        };
        looks.push(Look { style: one.style, family, dashes, marked: false, barred: !one.errors.is_empty() });
    }
    let lines = looks.iter().filter(|look| look.style == Style::Line).count();
    for look in &mut looks {
        let has_points = families[look.family].1.contains(&Style::Points);
        look.marked = look.style == Style::Line && lines > 1 && !has_points;
    }
    looks
}

/// Series of points at places 1, 2, ...: those of one place beside one another, in the middle half between two places.
pub(super) fn side_by_side(all: &[Series]) -> Vec<Series> {
    let count = super::letters::lines(all.len());
    let aside = |k: usize| ((super::letters::lines(k) + 0.5) / count - 0.5) * f64::min(0.5, 0.12 * count);
    let moved = |(k, one): (usize, &Series)| Series {
        points: one.points.iter().map(|(x, y)| (x + aside(k), *y)).collect(),
        ..one.clone()
    };
    all.iter().enumerate().map(moved).collect()
}

/// Draws all series, lines first, so that points are not hidden.
pub(super) fn draw(series: &[Series], looks: &[Look], frame: &Frame, body: &mut String) {
    let mut lines = 0;
    for (one, look) in series.iter().zip(looks) {
        if look.style != Style::Points {
            let _ = writeln!(body, "<g class=\"{}\">", look.classes());
            line(one, *look, lines, frame, body);
            body.push_str("</g>\n");
            lines += 1;
        }
    }
    for (one, look) in series.iter().zip(looks) {
        if look.style == Style::Points {
            let _ = writeln!(body, "<g class=\"{}\">", look.classes());
            points(one, *look, frame, body);
            body.push_str("</g>\n");
        }
    }
}

fn class_of(style: Style) -> &'static str {
    if style == Style::Dashed { "line dashed" } else { "line" }
}

fn line(series: &Series, look: Look, number: usize, frame: &Frame, body: &mut String) {
    let mut runs: Vec<Vec<(f64, f64)>> = vec![Vec::new()];
    for point in &series.points {
        match (frame.place(*point), runs.last_mut()) {
            (Some(place), Some(run)) => run.push(place),
            // A gap where a point is left out.
            _ => runs.push(Vec::new()),
        }
    }
    let mut path = String::new();
    for run in runs.iter().filter(|run| !run.is_empty()) {
        for (k, (x, y)) in thinned(run).iter().enumerate() {
            let _ = write!(path, "{}{x:.1} {y:.1}", if k == 0 { "M" } else { "L" });
        }
        if run.len() == 1 {
            // A line of no length: a dot.
            path.push_str("h0");
        }
    }
    if path.is_empty() {
        return;
    }
    let _ = writeln!(body, "<path class=\"{}\" d=\"{path}\"/>", class_of(look.style));
    if look.marked {
        let all: Vec<(f64, f64)> = runs.concat();
        for place in along(&all, number) {
            mark(look, place, true, body);
        }
    }
}

/// Points for marks: evenly spaced along the horizontal, each line at places of its own.
fn along(points: &[(f64, f64)], number: usize) -> Vec<(f64, f64)> {
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return Vec::new() };
    if points.len() <= MARKS {
        return points.to_vec();
    }
    let shift = super::letters::lines(number % MARKS) / super::letters::lines(MARKS);
    let share = |k: usize| (super::letters::lines(k) + 0.1 + 0.8 * shift) / super::letters::lines(MARKS);
    let at = |k: usize| {
        let x = first.0 + share(k) * (last.0 - first.0);
        points.iter().copied().min_by(|a, b| (a.0 - x).abs().total_cmp(&(b.0 - x).abs()))
    };
    let mut found: Vec<(f64, f64)> = (0..MARKS).filter_map(at).collect();
    found.dedup();
    found
}

/// A line without the points that nobody can tell apart: of those in one column the first, lowest, highest and last.
fn thinned(run: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let column = |x: f64| (x / FINE).floor();
    let mut kept: Vec<(f64, f64)> = Vec::new();
    for points in run.chunk_by(|a, b| (column(a.0) - column(b.0)).abs() < 0.5) {
        let by_height = |a: &&(f64, f64), b: &&(f64, f64)| a.1.total_cmp(&b.1);
        let ends =
            [points.first(), points.iter().min_by(by_height), points.iter().max_by(by_height), points.last()];
        kept.extend(ends.into_iter().flatten());
    }
    kept.dedup();
    kept
}

fn points(series: &Series, look: Look, frame: &Frame, body: &mut String) {
    for (number, &(x, y)) in series.points.iter().enumerate() {
        let Some(place) = frame.place((x, y)) else { continue };
        if let Some(half) = bar(series, number).filter(|half| *half > 0.0) {
            // What is beyond the axis, or has no logarithm, ends at the axis.
            let end = |value: f64| frame.place((x, value)).map(|place| place.1);
            let up = end(y + half).unwrap_or(frame.top);
            let down = end(y - half).unwrap_or(frame.bottom());
            let (left, width) = (place.0 - CAP, 2.0 * CAP);
            let _ = writeln!(
                body,
                "<path class=\"bar\" d=\"M{left:.1} {up:.1}h{width}m-{CAP} 0V{down:.1}m-{CAP} 0h{width}\"/>"
            );
        }
        mark(look, place, false, body);
    }
}

/// A mark: filled for a point, open on a line.
pub(super) fn mark(look: Look, (x, y): (f64, f64), open: bool, body: &mut String) {
    let class = if open { "open" } else { "mark" };
    let r = MARK;
    let path = match look.family % SHAPES {
        0 => format!("M{:.1} {y:.1}a{r} {r} 0 1 0 {} 0a{r} {r} 0 1 0 -{} 0z", x - r, 2.0 * r, 2.0 * r),
        1 => polygon((x, y), &[(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)]),
        2 => polygon((x, y), &[(0.0, -1.2), (1.15, 0.85), (-1.15, 0.85)]),
        3 => polygon((x, y), &[(0.0, -1.35), (1.2, 0.0), (0.0, 1.35), (-1.2, 0.0)]),
        4 => polygon((x, y), &[(0.0, 1.2), (1.15, -0.85), (-1.15, -0.85)]),
        5 => polygon(
            (x, y),
            &[
                (-0.4, -1.2),
                (0.4, -1.2),
                (0.4, -0.4),
                (1.2, -0.4),
                (1.2, 0.4),
                (0.4, 0.4),
                (0.4, 1.2),
                (-0.4, 1.2),
                (-0.4, 0.4),
                (-1.2, 0.4),
                (-1.2, -0.4),
                (-0.4, -0.4),
            ],
        ),
        _ => polygon((x, y), &[(-1.4, -0.55), (1.4, -0.55), (1.4, 0.55), (-1.4, 0.55)]),
    };
    let _ = writeln!(body, "<path class=\"{class}\" d=\"{path}\"/>");
}

fn polygon((x, y): (f64, f64), corners: &[(f64, f64)]) -> String {
    let mut path = String::new();
    for (k, (dx, dy)) in corners.iter().enumerate() {
        let _ = write!(path, "{}{:.1} {:.1}", if k == 0 { "M" } else { "L" }, x + MARK * dx, y + MARK * dy);
    }
    path + "z"
}

/// The piece of a line, dashes or a point with its bar that stands in the legend, from `x` on at height `y`.
pub(super) fn sample(look: Look, (x, y): (f64, f64), width: f64, body: &mut String) {
    let _ = write!(body, "<g class=\"{}\">", look.classes());
    let middle = x + 0.5 * width;
    if look.style == Style::Points {
        if look.barred {
            let _ = write!(body, "<path class=\"bar\" d=\"M{middle:.1} {:.1}v{:.1}\"/>", y - 8.0, 16.0);
        }
        mark(look, (middle, y), false, body);
    } else {
        let _ = write!(body, "<path class=\"{}\" d=\"M{x:.1} {y:.1}h{width:.1}\"/>", class_of(look.style));
        if look.marked {
            mark(look, (middle, y), true, body);
        }
    }
    body.push_str("</g>\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(name: &str, style: Style) -> Series {
        Series { name: name.to_owned(), style, points: Vec::new(), errors: Vec::new() }
    }

    #[test]
    fn a_simulation_has_the_colour_of_what_it_simulates() {
        let all = [
            series("Ito: 1/x_1", Style::Line),
            series("isothermal: uniform", Style::Line),
            series("Stratonovich", Style::Dashed),
            series("Ito, simulated", Style::Points),
            series("isothermal, simulated", Style::Points),
            series("Ito, again", Style::Points),
        ];
        let found: Vec<usize> = looks(&all).iter().map(|look| look.family).collect();
        assert_eq!(found, [0, 1, 2, 0, 1, 3], "one simulation a family");
    }

    #[test]
    fn six_series_of_a_style_differ_without_colour() {
        for style in [Style::Line, Style::Dashed, Style::Points] {
            let all: Vec<Series> = (0..6).map(|k| series(&format!("name {k}"), style)).collect();
            let looks = looks(&all);
            let told = |look: &Look| {
                (look.dashes % DASHES, if style == Style::Dashed { 0 } else { look.family % SHAPES })
            };
            let mut kinds: Vec<_> = looks.iter().map(told).collect();
            kinds.sort_unstable();
            kinds.dedup();
            assert_eq!(kinds.len(), 6, "{style:?}");
            assert_eq!(
                looks.iter().filter(|look| look.marked).count(),
                if style == Style::Line { 6 } else { 0 }
            );
        }
    }

    #[test]
    fn thinning_keeps_ends_and_extremes() {
        let run: Vec<(f64, f64)> =
            (0..10_000_u16).map(|k| (f64::from(k) * 0.01, f64::from(k % 97))).collect();
        let kept = thinned(&run);
        assert!(kept.len() <= 4 * 201, "{} points", kept.len());
        assert_eq!((kept.first(), kept.last()), (run.first(), run.last()), "ends");
        assert!(kept.iter().any(|p| p.1 >= 96.0) && kept.iter().any(|p| p.1 <= 0.0), "extremes");
        let few = [(0.0, 1.0), (10.0, 2.0), (20.0, 1.0)];
        assert_eq!(thinned(&few), few, "few points stay");
    }
}
