//! A picture in words: for who does not see it, and for what it leaves out.

use super::{BARS, Figure, Series, Style, axis};
use crate::report::layout::{count, counted, readable};

/// Points of a series that are told one by one, at most.
const FEW: usize = 8;

/// Names of places that are told, at most.
const MOST_NAMES: usize = 40;

/// Where a point stands: its number, or the name of its place.
fn place(x: f64, names: &[String]) -> String {
    let named = (1..).zip(names).find(|(k, _)| (x - f64::from(*k)).abs() < 0.5);
    named.map_or_else(|| readable(x), |(_, name): (u32, _)| name.clone())
}

/// What is to be seen, with the main numbers.
pub(super) fn in_words(figure: &Figure, names: &[String]) -> String {
    let scale = |logarithmic: bool| if logarithmic { ", logarithmic" } else { "" };
    let (horizontal, vertical) = figure.logarithmic;
    let name = |name: &str| if name.trim().is_empty() { "a number".to_owned() } else { name.to_owned() };
    let mut text = format!(
        "Horizontal axis: {}{}. Vertical axis: {}{}.",
        name(&figure.x_axis),
        scale(horizontal),
        name(&figure.y_axis),
        scale(vertical)
    );
    for series in &figure.series {
        text.push(' ');
        text.push_str(&told(series, names, figure.logarithmic));
    }
    text
}

fn told(series: &Series, names: &[String], logarithmic: (bool, bool)) -> String {
    let kind = match series.style {
        Style::Line => "line",
        Style::Dashed => "dashed line",
        Style::Points => "points",
    };
    let shown: Vec<(usize, (f64, f64))> =
        series.points.iter().copied().enumerate().filter(|(_, p)| can_show(*p, logarithmic)).collect();
    let (Some((_, first)), Some((_, last))) = (shown.first(), shown.last()) else {
        return format!("{} ({kind}): nothing to show.", series.name);
    };
    if series.style == Style::Points && shown.len() <= FEW {
        let one = |(number, (x, y)): &(usize, (f64, f64))| match series.errors.get(*number) {
            Some(error) => format!("{} ± {} at {}", readable(*y), readable(*error), place(*x, names)),
            None => format!("{} at {}", readable(*y), place(*x, names)),
        };
        return format!(
            "{} ({kind}): {}.",
            series.name,
            shown.iter().map(one).collect::<Vec<_>>().join(", ")
        );
    }
    let low = shown.iter().map(|(_, p)| p.1).fold(f64::INFINITY, f64::min);
    let high = shown.iter().map(|(_, p)| p.1).fold(f64::NEG_INFINITY, f64::max);
    format!(
        "{} ({kind}, {}): from {} at {} to {} at {}, least {}, greatest {}.",
        series.name,
        counted(shown.len(), "point"),
        readable(first.1),
        place(first.0, names),
        readable(last.1),
        place(last.0, names),
        readable(low),
        readable(high)
    )
}

fn can_show((x, y): (f64, f64), (horizontal, vertical): (bool, bool)) -> bool {
    axis::can_show(x, horizontal) && axis::can_show(y, vertical)
}

/// What bars are, what is left out, and the names of places that stand at the axis by number only.
pub(super) fn notes(figure: &Figure, by_number: &[String]) -> Vec<String> {
    let mut notes = Vec::new();
    if !by_number.is_empty() {
        let told = by_number.iter().take(MOST_NAMES).enumerate();
        let told: Vec<String> = told.map(|(k, name)| format!("{} {name}", k + 1)).collect();
        let more = if by_number.len() > MOST_NAMES { ", ..." } else { "" };
        notes.push(format!("Places: {}{more}.", told.join(", ")));
    }
    let all = || figure.series.iter().filter(|series| series.style == Style::Points);
    if all().any(|series| !series.errors.is_empty()) {
        notes.push(format!(
            "Bars: {BARS} standard errors to each side; where none is seen it is shorter than the mark."
        ));
    }
    let total = |of: &dyn Fn(&Series) -> usize| figure.series.iter().map(of).sum::<usize>();
    let infinite = total(&|s| s.points.iter().filter(|(x, y)| !(x.is_finite() && y.is_finite())).count());
    if infinite > 0 {
        notes.push(format!("{} left out: not finite.", points(infinite)));
    }
    let hidden =
        total(&|s| s.points.iter().filter(|p| !can_show(**p, figure.logarithmic)).count()) - infinite;
    if hidden > 0 {
        notes.push(format!("{} left out: not positive, on a logarithmic axis.", points(hidden)));
    }
    let bare = total(&|s| match s.style {
        Style::Points => s.errors.iter().filter(|error| !(error.is_finite() && **error >= 0.0)).count(),
        Style::Line | Style::Dashed => 0,
    });
    if bare > 0 {
        notes.push(format!("{} without a bar: the standard error is not known.", points(bare)));
    }
    notes
}

fn points(number: usize) -> String {
    format!("{} {}", count(number as u64), if number == 1 { "point is" } else { "points are" })
}
