//! The page of `driftproof systems`.

use super::{SystemRun, SystemsReport, text, words};
use crate::report::figure;
use crate::report::layout::given;
use crate::report::page::{Block, Cell, Document, Picture, Section, Table, Tone};
use crate::report::statements;
use crate::systems::{Figure, Finding, Found, Outcome};

pub(super) fn document(report: &SystemsReport<'_>) -> Document {
    let title = match report.runs {
        [run] if report.asked == 1 => run.system.title.to_owned(),
        _ => "Systems whose noise depends on the place".to_owned(),
    };
    let draws = if report.quick { "a first look with fewer draws" } else { "thorough" };
    let mut lead = format!(
        "Each with what is claimed, the exact answer, a simulation with its error and power, and the verdict. Seed {}, {draws}.",
        report.seed
    );
    if report.interrupted() {
        lead += &format!(" Interrupted: {} of {} systems were reached.", report.runs.len(), report.asked);
    }
    let mut sections = Vec::new();
    if let Some(rows) = report.statements {
        sections.push(statements::section(rows));
    }
    sections.extend(report.runs.iter().map(section));
    Document { title, lead, sections }
}

fn tone(found: Found) -> Tone {
    text::tone(found).into()
}

fn section(run: &SystemRun) -> Section {
    let SystemRun { system, parameters, outcome } = run;
    let verdict = outcome.verdict();
    let mut blocks = vec![
        Block::Paragraph(system.claim.to_owned()),
        Block::Verdict {
            tone: tone(verdict),
            word: words::found(verdict).to_owned(),
            text: words::said(outcome),
        },
    ];
    if !outcome.figures.is_empty() {
        blocks.push(Block::Pictures(pictures(system.name, &outcome.figures)));
    }
    blocks.push(Block::Table(findings(system.name, outcome)));
    blocks.push(Block::Part {
        heading: "What it teaches".to_owned(),
        blocks: vec![Block::Paragraph(system.teaches.to_owned())],
    });
    if !outcome.statements.is_empty() {
        let said = outcome.statements.iter().map(|one| (one.id.to_owned(), one.verdict.clone())).collect();
        blocks.push(Block::Part { heading: "Statements".to_owned(), blocks: vec![Block::Terms(said)] });
    }
    if !parameters.is_empty() {
        let rows = parameters.iter().map(|(p, value)| {
            vec![
                Cell::text(p.name),
                Cell::text(p.meaning),
                Cell::number(&given(*value)),
                Cell::number(&given(p.default)),
                Cell::text(&words::domain(p)),
            ]
        });
        let names =
            [("parameter", false), ("meaning", false), ("value", true), ("default", true), ("range", false)];
        blocks.push(Block::Table(table(&format!("Parameters of {}", system.name), &names, rows.collect())));
    }
    Section {
        id: system.name.to_owned(),
        heading: format!("{}: {}", system.name, system.title),
        remark: Some((tone(verdict), words::found(verdict).to_owned())),
        blocks,
    }
}

fn table(caption: &str, columns: &[(&str, bool)], rows: Vec<Vec<Cell>>) -> Table {
    let columns = columns.iter().map(|(name, number)| ((*name).to_owned(), *number)).collect();
    Table { caption: caption.to_owned(), columns, rows, notes: Vec::new() }
}

/// Pictures of figures, with names that are unique in a page where those of `owner` are.
pub(in crate::report) fn pictures(owner: &str, figures: &[Figure]) -> Vec<Picture> {
    let draw = |(number, one): (usize, &Figure)| {
        let drawing = figure::draw(one, &format!("{owner}-{}", number + 1));
        Picture { caption: one.title.clone(), drawing: drawing.svg, notes: drawing.notes }
    };
    figures.iter().enumerate().map(draw).collect()
}

fn findings(name: &str, outcome: &Outcome) -> Table {
    let mut columns = vec![("finding", false)];
    columns.extend(words::COLUMNS.map(|name| (name, true)));
    columns.push(("verdict", false));
    let row = |finding: &Finding| {
        let mut cells = vec![Cell::text(&words::what(finding))];
        cells.extend(words::cells(&finding.evidence).iter().map(|cell| Cell::number(cell)));
        let tone = tone(finding.evidence.found());
        cells.push(Cell::text(words::verdict(&finding.evidence)).toned(tone));
        cells
    };
    let mut table =
        table(&format!("Findings of {name}"), &columns, outcome.findings.iter().map(row).collect());
    table.notes.push(words::LEGEND.to_owned());
    table
}
