//! The summary of `driftproof trace` for people.

use super::TraceReport;
use super::summary::{Ratios, Stretch, Term, ratios, stretches};
use crate::report::layout::{Page, Style, Tone, WIDTH, count, readable};
use std::io::{self, Write};

/// Columns that a report is made for at least.
const NARROWEST: usize = 60;

/// Looks that are shown; CSV and JSON have all.
const SHOWN: usize = 12;

/// Columns of the steps, and of a number.
const STEPS: usize = 9;
const NUMBER: usize = 11;

pub(super) fn write(
    report: &TraceReport<'_>,
    out: &mut impl Write,
    style: Style,
    width: usize,
) -> io::Result<()> {
    let width = width.clamp(NARROWEST, WIDTH);
    let mut page = Page { out, style };
    let title = page.style.paint(Tone::Heading, "Drifts along a run of SGD, per unit of time");
    writeln!(page.out, "{title}\n")?;
    report.settings().iter().try_for_each(|(name, text)| page.field(name, text))?;
    table(report, page.out, width)?;
    page.heading("Which is the largest")?;
    for stretch in stretches(&report.trace.rows) {
        page.field(&steps(&stretch), &said(&stretch))?;
    }
    page.heading("Ratios")?;
    for (name, found) in named_ratios(report) {
        page.note(&format!("{name}: {}", in_words(&found)))?;
    }
    if report.trace.cancelled {
        let last = report.trace.rows.last().map_or(0, |row| row.step);
        writeln!(page.out)?;
        page.note(&format!(
            "Interrupted: looked at last after {} of {} steps.",
            count(last),
            count(report.steps)
        ))?;
    }
    Ok(())
}

/// The looks, evenly thinned to those that fit on a screen.
fn table(report: &TraceReport<'_>, out: &mut impl Write, width: usize) -> io::Result<()> {
    let rows = &report.trace.rows;
    let columns = ["|G|", "|v_noise|", "finite step", "cos(v,-G)", "loss"];
    let fitting = (width - 2 - STEPS) / NUMBER;
    writeln!(out)?;
    let header: String = columns.iter().take(fitting).map(|name| format!("{name:>NUMBER$}")).collect();
    writeln!(out, "  {:>STEPS$}{header}", "steps")?;
    let every = rows.len().div_ceil(SHOWN).max(1);
    for (number, row) in rows.iter().enumerate() {
        if number.is_multiple_of(every) || number + 1 == rows.len() {
            let numbers = [row.gradient, row.noise_induced, row.finite_step, row.alignment, row.loss];
            let cells: String =
                numbers.iter().take(fitting).map(|x| format!("{:>NUMBER$}", readable(*x))).collect();
            writeln!(out, "  {:>STEPS$}{cells}", row.step)?;
        }
    }
    Ok(())
}

pub(super) fn steps(stretch: &Stretch) -> String {
    match stretch.to == stretch.from {
        true => format!("step {}", stretch.from),
        false => format!("{} to {}", stretch.from, stretch.to),
    }
}

pub(super) fn said(stretch: &Stretch) -> String {
    stretch.term.map_or("nothing: all vanish, or are not finite", Term::name).to_owned()
}

/// The ratios that say whether the noise drives, each with its name.
pub(super) fn named_ratios(report: &TraceReport<'_>) -> [(&'static str, Ratios); 2] {
    let rows = &report.trace.rows;
    [
        ("|v_noise|/|G|", ratios(rows, |row| [row.noise_induced, row.gradient])),
        ("|v_noise|/|(eta/2) Hbar G|", ratios(rows, |row| [row.noise_induced, row.finite_step])),
    ]
}

pub(super) fn in_words(found: &Ratios) -> String {
    format!(
        "{} at the start, {} at the end, {} in the second half of the run (geometric mean over the looks)",
        readable(found.first),
        readable(found.last),
        readable(found.late)
    )
}
