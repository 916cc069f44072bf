//! What the readings in numbers found at an instance, for a page: in words, as a table and as a picture by component.

use super::super::figure;
use super::super::layout::{counted, deviations, estimated, readable};
use super::super::page::{Block, Cell, Picture, Table};
use super::trials;
use crate::check::Trial;
use crate::reading::exact::{self, Evidence};
use crate::reading::sampled::{self, Sample};
use crate::sampling::Estimate;
use crate::systems::{Figure, Series, Style};

/// Components that the table shows.
const MOST_ROWS: usize = 12;

/// Components that the picture shows.
const MOST_PLACES: usize = 100;

/// All that is to be said of a trial. `id` must differ from those of other trials of the page.
pub(super) fn block(trial: &Trial, id: &str) -> Block {
    let mut terms = vec![("by automatic differentiation", trials::exact(&trial.exact).join("; "))];
    if trial.sampled.is_some() {
        terms.extend(trials::sampled(trial));
    }
    if let Some(sample) = sample(trial).filter(|sample| !sample.notes.is_empty()) {
        terms.push(("how drawn", sample.notes.join("; ")));
    }
    let terms = terms.into_iter().map(|(name, text)| (name.to_owned(), text)).collect();
    let mut blocks = vec![Block::Terms(terms)];
    blocks.extend(table(trial).map(Block::Table));
    blocks.extend(picture(trial, id).map(|picture| Block::Pictures(vec![picture])));
    Block::Part { heading: format!("With {}", trials::place(trial)), blocks }
}

fn sample(trial: &Trial) -> Option<&Sample> {
    trials::sample_of(trial.sampled.as_ref()?)
}

/// What the exact reading found: the point, the components, and what was left out or drawn beside the instance.
fn exactly(evidence: &Evidence) -> (&[f64], &[exact::Component], &[String]) {
    match evidence {
        Evidence::Holds(found) => (&found.point, &found.components, &found.notes),
        Evidence::Refuted(found) => (&found.point, &found.components, &found.notes),
        Evidence::Unable(_) => (&[], &[], &[]),
    }
}

/// Both sides by component, as each reading found them.
fn table(trial: &Trial) -> Option<Table> {
    let (_, exactly, _) = exactly(&trial.exact);
    let drawn: &[sampled::Component] = sample(trial).map_or(&[], |sample| &sample.components);
    let mut indices: Vec<&[usize]> = drawn.iter().map(|c| &c.indices[..]).collect();
    if indices.is_empty() {
        indices = exactly.iter().map(|c| &c.indices[..]).collect();
    }
    if indices.is_empty() {
        return None;
    }
    let mut columns = vec![("component", false)];
    if !exactly.is_empty() {
        columns.extend([("left, exact", true), ("right, exact", true)]);
    }
    if !drawn.is_empty() {
        columns.extend([
            ("left, drawn", true),
            ("right, drawn", true),
            ("difference", true),
            ("deviation", true),
        ]);
    }
    let row = |indices: &&[usize]| {
        let mut cells = vec![Cell::text(&trials::label(indices))];
        if !exactly.is_empty() {
            let found = exactly.iter().find(|c| c.indices == *indices);
            let sides = found.map_or([None; 2], |c| [Some(c.left), Some(c.right)]);
            cells.extend(sides.map(|side| Cell::number(&side.map_or_else(|| "-".to_owned(), readable))));
        }
        if let Some(c) = drawn.iter().find(|c| c.indices == *indices) {
            cells.extend(
                [&c.left, &c.right, &c.difference]
                    .map(|e| Cell::number(&estimated(e.value, e.standard_error))),
            );
            cells.push(Cell::number(&deviations(c.z)));
        }
        cells
    };
    Some(Table {
        caption: "Both sides by component".to_owned(),
        columns: columns.into_iter().map(|(name, number)| (name.to_owned(), number)).collect(),
        rows: indices.iter().take(MOST_ROWS).map(row).collect(),
        notes: table_notes(trial, indices.len()),
    })
}

/// What the numbers of the table are.
fn table_notes(trial: &Trial, rows: usize) -> Vec<String> {
    let mut notes = Vec::new();
    if rows > MOST_ROWS {
        notes.push(format!("And {}: --json gives all.", counted(rows - MOST_ROWS, "more component")));
    }
    let (point, _, left_out) = exactly(&trial.exact);
    let at_point = || format!("at the point {}", trials::vector(point));
    let values = match &trial.exact {
        Evidence::Holds(agreement) if agreement.slope.is_some() => {
            Some("coefficients of the highest power that is compared and not 0".to_owned())
        }
        Evidence::Refuted(refutation) => Some(match &refutation.order {
            Some(order) => format!("the coefficients that differ first, of the power {order}"),
            None => at_point(),
        }),
        Evidence::Holds(_) => Some(at_point()),
        Evidence::Unable(_) => None,
    };
    let left_out: String = left_out.iter().map(|note| format!("; {note}")).collect();
    notes.extend(values.map(|text| format!("Exact: {text}{left_out}.")));
    notes.extend(sample(trial).map(|sample| match &sample.ladder {
        Some(ladder) => format!(
            "Drawn: averages over the window, over {}^{}, without the terms of the right side of lower order; \
             \u{b1} is one standard error of them and of their difference, a deviation is counted in the last.",
            ladder.symbol, ladder.power
        ),
        None => "Drawn: averages over the window; \u{b1} is one standard error of them and of their difference, a \
                 deviation is counted in the last."
            .to_owned(),
    }));
    notes
}

/// Both sides as they were drawn, with error bars, by component; the exact values beside them where they are of the same
/// numbers.
fn picture(trial: &Trial, id: &str) -> Option<Picture> {
    let sample = sample(trial)?;
    let components = &sample.components;
    if components.len() < 2 || components.len() > MOST_PLACES {
        return None;
    }
    let series = |name: &str, side: fn(&sampled::Component) -> &Estimate| Series {
        name: name.to_owned(),
        style: Style::Points,
        points: (1..).zip(components).map(|(k, c)| (f64::from(k), side(c).value)).collect(),
        errors: components.iter().map(|c| side(c).standard_error).collect(),
    };
    let title = format!("Both sides by component, {}", trials::place(trial));
    let mut figure = Figure {
        title: title.clone(),
        x_axis: "component".to_owned(),
        y_axis: match &sample.ladder {
            Some(ladder) => format!("average over the window, over {}^{}", ladder.symbol, ladder.power),
            None => "average over the window".to_owned(),
        },
        logarithmic: (false, false),
        series: vec![series("left side, drawn", |c| &c.left), series("right side, drawn", |c| &c.right)],
    };
    figure.series.extend(exact_series(&trial.exact, sample));
    let names: Vec<String> = components.iter().map(|c| trials::label(&c.indices)).collect();
    let drawing = figure::draw_by_name(&figure, &names, id);
    Some(Picture { caption: title, drawing: drawing.svg, notes: drawing.notes })
}

/// The values in the middle of the window, where nothing was left out: once where the sides agree.
fn exact_series(evidence: &Evidence, sample: &Sample) -> Vec<Series> {
    type Side = fn(&exact::Component) -> f64;
    const LEFT: Side = |c| c.left;
    const RIGHT: Side = |c| c.right;
    let (point, all, left_out) = exactly(evidence);
    if sample.ladder.is_some() || !left_out.is_empty() || point != sample.centre {
        return vec![];
    }
    let sides: &[(&str, Side)] = match evidence {
        Evidence::Holds(_) => &[("both sides, exact in the middle of the window", LEFT)],
        Evidence::Refuted(_) => &[
            ("left side, exact in the middle of the window", LEFT),
            ("right side, exact in the middle of the window", RIGHT),
        ],
        Evidence::Unable(_) => &[],
    };
    let place = |c: &exact::Component| {
        (1..).zip(&sample.components).find(|(_, p)| p.indices == c.indices).map(|(k, _)| k)
    };
    let points = |side: Side| {
        let points = all.iter().filter_map(|c| Some((f64::from(place(c)?), side(c))));
        points.collect::<Vec<(f64, f64)>>()
    };
    sides
        .iter()
        .map(|(name, side)| Series {
            name: (*name).to_owned(),
            style: Style::Points,
            points: points(*side),
            errors: Vec::new(),
        })
        .collect()
}
