//! The report of `driftproof systems` for people.

use super::{SystemRun, SystemsReport, words};
use crate::report::layout::{Style, Tone, count, counted, given, wrap};
use crate::report::statements;
use crate::systems::{Finding, Found};
use std::io::{self, Write};

/// Columns that a report is made for at least.
pub(super) const NARROWEST: usize = 60;

/// Columns of a number.
const NUMBER: usize = 11;

/// Columns of a verdict.
const VERDICT: usize = 12;

pub(super) fn write(
    report: &SystemsReport<'_>,
    out: &mut impl Write,
    style: Style,
    width: usize,
) -> io::Result<()> {
    let width = width.max(NARROWEST);
    if let Some(rows) = report.statements {
        statements::write_text(rows, out, style, width)?;
        return summary(report, out, style, width);
    }
    for (number, run) in report.runs.iter().enumerate() {
        if number > 0 {
            writeln!(out)?;
        }
        system(run, out, style, width)?;
    }
    if report.runs.iter().any(|run| !run.outcome.findings.is_empty()) {
        writeln!(out)?;
        paragraph(words::LEGEND, out, 0, width)?;
    }
    if report.asked != 1 || report.interrupted() {
        summary(report, out, style, width)?;
    }
    Ok(())
}

/// Lines indented by so many blanks.
pub(super) fn paragraph(text: &str, out: &mut impl Write, indent: usize, width: usize) -> io::Result<()> {
    wrap(text, width - indent).iter().try_for_each(|line| writeln!(out, "{:indent$}{line}", ""))
}

pub(super) const fn tone(found: Found) -> Tone {
    match found {
        Found::Measured | Found::Holds => Tone::Good,
        Found::Inconclusive => Tone::Doubtful,
        Found::Fails => Tone::Bad,
    }
}

fn system(run: &SystemRun, out: &mut impl Write, style: Style, width: usize) -> io::Result<()> {
    let SystemRun { system, parameters, outcome } = run;
    writeln!(out, "{}", style.paint(Tone::Heading, &format!("{}: {}", system.name, system.title)))?;
    writeln!(out)?;
    paragraph(system.claim, out, 2, width)?;
    let values: Vec<String> =
        parameters.iter().map(|(p, value)| format!("{} = {}", p.name, given(*value))).collect();
    if !values.is_empty() {
        writeln!(out)?;
        paragraph(&values.join(", "), out, 2, width)?;
    }
    if !outcome.findings.is_empty() {
        writeln!(out)?;
        let header: String = words::COLUMNS.map(|name| format!("{name:>NUMBER$}")).concat();
        writeln!(out, "  finding\n  {header}  verdict")?;
        outcome.findings.iter().try_for_each(|one| finding(one, out, style, width))?;
    }
    writeln!(out)?;
    let verdict = outcome.verdict();
    writeln!(out, "  {}", style.paint(tone(verdict), words::found(verdict)))?;
    paragraph(&words::said(outcome), out, 2, width)?;
    for statement in &outcome.statements {
        paragraph(&format!("{}: {}", statement.id, statement.verdict), out, 2, width)?;
    }
    writeln!(out)?;
    paragraph(system.teaches, out, 2, width)
}

fn finding(finding: &Finding, out: &mut impl Write, style: Style, width: usize) -> io::Result<()> {
    paragraph(&words::what(finding), out, 2, width)?;
    let cells: String = words::cells(&finding.evidence).map(|cell| format!("{cell:>NUMBER$}")).concat();
    let verdict = format!("{:VERDICT$}", words::verdict(&finding.evidence));
    let verdict = style.paint(tone(finding.evidence.found()), verdict.trim_end());
    writeln!(out, "  {cells}  {verdict}")
}

/// The verdicts of all systems, one a line.
fn summary(report: &SystemsReport<'_>, out: &mut impl Write, style: Style, width: usize) -> io::Result<()> {
    writeln!(out)?;
    let names = report.runs.iter().map(|run| run.system.name.len()).max().unwrap_or(0);
    for run in report.runs {
        let verdict = run.outcome.verdict();
        let word = style.paint(tone(verdict), words::found(verdict));
        writeln!(out, "  {:names$}  {word}; {}", run.system.name, words::said(&run.outcome))?;
    }
    let as_claimed = report.runs.iter().filter(|run| run.outcome.verdict() <= Found::Holds).count();
    let mut text = format!(
        "{}: {as_claimed} with nothing but what is claimed or measured",
        counted(report.asked, "system"),
    );
    if report.interrupted() {
        text += &format!("; interrupted, {} not reached", count((report.asked - report.runs.len()) as u64));
    }
    let good = as_claimed == report.asked;
    for line in wrap(&text, width) {
        writeln!(out, "{}", style.paint(if good { Tone::Good } else { Tone::Bad }, &line))?;
    }
    Ok(())
}
