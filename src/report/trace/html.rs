//! The page of `driftproof trace`.

use super::TraceReport;
use super::summary::stretches;
use super::text::{in_words, named_ratios, said, steps};
use crate::report::figure;
use crate::report::layout::{count, readable};
use crate::report::page::{Block, Cell, Document, Markup, Picture, Section, Table};
use crate::systems::{Figure, Series, Style};
use crate::trace::Row;

/// Looks in the table of a page.
const SHOWN: usize = 60;

/// `v_noise = -(eta/2n) c div Cov[g]`, in MathML.
const FORMULA: &str = "<math display=\"block\" alttext=\"v_noise = -(eta/2n) c div Cov[g]\"><mrow><msub><mi>v</mi>\
    <mtext>noise</mtext></msub><mo>=</mo><mo>&#8722;</mo><mfrac><mi>&#951;</mi><mrow><mn>2</mn><mi>n</mi></mrow></mfrac>\
    <mi>c</mi><mspace width=\"0.2em\"/><mi>div</mi><mspace width=\"0.2em\"/><mi>Cov</mi><mo>[</mo><mi>g</mi><mo>]</mo>\
    </mrow></math>";

pub(super) fn document(report: &TraceReport<'_>) -> Document {
    let rows = &report.trace.rows;
    let mut lead = "The sizes of the exact drifts at the points where one run of SGD is, per unit of time; a step takes time eta."
        .to_owned();
    if report.trace.cancelled {
        let last = rows.last().map_or(0, |row| row.step);
        lead +=
            &format!(" Interrupted: looked at last after {} of {} steps.", count(last), count(report.steps));
    }
    let pictures = [sizes(rows), loss(rows), alignment(rows)].iter().enumerate().map(picture).collect();
    let settings = Block::Terms(report.settings().to_vec());
    let dominant = stretches(rows).iter().map(|one| (steps(one), said(one))).collect();
    let ratios =
        named_ratios(report).iter().map(|(name, found)| format!("{name}: {}", in_words(found))).collect();
    let section = |id: &str, heading: &str, blocks: Vec<Block>| Section {
        id: id.to_owned(),
        heading: heading.to_owned(),
        remark: None,
        blocks,
    };
    Document {
        title: format!("Drifts along a run of SGD: {}", report.loss_name),
        lead,
        sections: vec![
            section(
                "run",
                "The run",
                vec![Block::Markup(Markup::trusted(FORMULA.to_owned())), settings, Block::Pictures(pictures)],
            ),
            section("largest", "Which is the largest", vec![Block::Terms(dominant), Block::List(ratios)]),
            section("numbers", "Numbers", vec![Block::Table(table(rows))]),
        ],
    }
}

fn picture((number, figure): (usize, &Figure)) -> Picture {
    let drawing = figure::draw(figure, &format!("trace-{}", number + 1));
    Picture { caption: figure.title.clone(), drawing: drawing.svg, notes: drawing.notes }
}

/// A figure over the steps; a logarithmic axis has no 0, so that the start stands at half a step.
fn over_steps(title: &str, y_axis: &str, logarithmic: bool, series: Vec<Series>) -> Figure {
    Figure {
        title: title.to_owned(),
        x_axis: "steps (leftmost: the start)".to_owned(),
        y_axis: y_axis.to_owned(),
        logarithmic: (true, logarithmic),
        series,
    }
}

fn line(name: &str, rows: &[Row], of: fn(&Row) -> f64) -> Series {
    let points = rows.iter().map(|row| (row.numbers()[0].max(0.5), of(row))).collect();
    Series { name: name.to_owned(), style: Style::Line, points, errors: Vec::new() }
}

fn sizes(rows: &[Row]) -> Figure {
    let series = vec![
        line("mean gradient |G|", rows, |row| row.gradient),
        line("noise-induced drift |v_noise|", rows, |row| row.noise_induced),
        line("its half (eta/2n) |1/2 grad tr Sigma|", rows, |row| row.variance_half),
        line("its half (eta/2n) |Cov(g, tr H)|", rows, |row| row.covariance_half),
        line("finite-step term |(eta/2) Hbar G|", rows, |row| row.finite_step),
    ];
    over_steps("The drifts along the run", "size, per unit of time", true, series)
}

fn loss(rows: &[Row]) -> Figure {
    over_steps("The mean loss", "mean loss f", false, vec![line("f = E[u]", rows, |row| row.loss)])
}

fn alignment(rows: &[Row]) -> Figure {
    let series = vec![line("cos(v_noise, -G)", rows, |row| row.alignment)];
    over_steps("Whether noise and mean gradient pull the same way", "cosine of the angle", false, series)
}

fn table(rows: &[Row]) -> Table {
    let every = rows.len().div_ceil(SHOWN).max(1);
    let shown = rows.iter().enumerate().filter(|(k, _)| k.is_multiple_of(every) || k + 1 == rows.len());
    let cells = |row: &Row| {
        let mut cells = vec![Cell::number(&row.step.to_string())];
        cells.extend(row.numbers()[1..].iter().map(|x| Cell::number(&readable(*x))));
        cells
    };
    let notes = if every > 1 {
        vec![format!("Every {every}th look; --csv and --json give all.")]
    } else {
        Vec::new()
    };
    Table {
        caption: "Sizes of the drifts along the run".to_owned(),
        columns: Row::COLUMNS.map(|name| (name.replace('_', " "), true)).to_vec(),
        rows: shown.map(|(_, row)| cells(row)).collect(),
        notes,
    }
}
