//! Verdicts on what has been said about noise and drift, a row a statement: as text, JSON and a section of a page.

use super::layout::{Style, Tone as Colour, counted, wrap};
use super::page::{Block, Cell, Section, Table, Tone};
use crate::statements::{Row, Settled, Support};
use serde_json::{Value, json};
use std::io::{self, Write};

/// Columns of the label of a line.
const LABEL: usize = 14;

fn is_settled(row: &Row) -> bool {
    match row.settled() {
        Settled::Proved | Settled::Simulated | Settled::Both => true,
        Settled::Undecided => false,
    }
}

/// Whether every row has its verdict.
pub(super) fn all_settled(rows: &[Row]) -> bool {
    rows.iter().all(is_settled)
}

/// The answer, or that there is none.
fn answer(row: &Row) -> &'static str {
    row.answer().map_or("undecided", crate::statements::Answer::word)
}

/// The systems and derivations that bear a row out.
fn givers(row: &Row) -> Vec<String> {
    let giver = |support: &Support| match support {
        Support::System { name, .. } => (*name).to_owned(),
        Support::Claim { address, word } => format!("{address} ({word})"),
    };
    row.support.iter().map(giver).collect()
}

/// What systems say of a row, with their numbers.
fn numbers(row: &Row) -> Vec<String> {
    let said = |support: &Support| match support {
        Support::System { name, words, .. } => Some(format!("{name}: {words}")),
        Support::Claim { .. } => None,
    };
    row.support.iter().filter_map(said).collect()
}

/// Lines behind a label; none for an empty text.
fn field(label: &str, text: &str, out: &mut impl Write, width: usize) -> io::Result<()> {
    let mut label = format!("  {label}");
    for line in wrap(text, width.saturating_sub(LABEL).max(1)) {
        writeln!(out, "{label:LABEL$}{line}")?;
        label.clear();
    }
    Ok(())
}

/// The table for people.
pub(super) fn write_text(rows: &[Row], out: &mut impl Write, style: Style, width: usize) -> io::Result<()> {
    for row in rows {
        let statement = row.statement;
        let colour = if is_settled(row) { Colour::Good } else { Colour::Bad };
        let verdict = match row.answer() {
            Some(answer) => format!("{}, {}", answer.word(), row.settled().word()),
            None => answer(row).to_owned(),
        };
        writeln!(out, "{}  {}", style.paint(Colour::Heading, statement.id), style.paint(colour, &verdict))?;
        for line in wrap(statement.said, width.saturating_sub(2).max(1)) {
            writeln!(out, "  {line}")?;
        }
        field("conditions", statement.conditions, out, width)?;
        numbers(row).iter().try_for_each(|text| field("found", text, out, width))?;
        field("given by", &givers(row).join(", "), out, width)?;
        row.missing.iter().try_for_each(|text| field("missing", text, out, width))?;
        writeln!(out)?;
    }
    let settled = rows.iter().filter(|row| is_settled(row)).count();
    let text = format!(
        "{}: {settled} with a verdict, {} undecided",
        counted(rows.len(), "statement"),
        rows.len() - settled
    );
    writeln!(out, "{}", style.paint(if all_settled(rows) { Colour::Good } else { Colour::Bad }, &text))
}

/// A row for programs.
pub(super) fn json(row: &Row) -> Value {
    let support = row.support.iter().map(|support| match support {
        Support::System { name, words, findings } => {
            json!({ "kind": "system", "name": name, "words": words, "findings": findings })
        }
        Support::Claim { address, word } => json!({ "kind": "claim", "name": address, "verdict": word }),
    });
    json!({
        "id": row.statement.id,
        "statement": row.statement.said,
        "verdict": answer(row),
        "settled": row.settled().word(),
        "conditions": row.statement.conditions,
        "evidence": support.collect::<Vec<_>>(),
        "missing": row.missing,
    })
}

/// The table as a section of a page.
pub(super) fn section(rows: &[Row]) -> Section {
    let columns = ["statement", "what is said", "verdict", "conditions", "evidence", "given by"];
    let cells = |row: &Row| {
        let tone = if is_settled(row) { Tone::Good } else { Tone::Bad };
        let mut evidence = vec![row.settled().word().to_owned()];
        evidence.extend(numbers(row));
        evidence.extend(row.missing.iter().map(|why| format!("missing: {why}")));
        vec![
            Cell::text(row.statement.id),
            Cell::text(row.statement.said),
            Cell::text(answer(row)).toned(tone),
            Cell::text(row.statement.conditions),
            Cell::lines(&evidence),
            Cell::lines(&givers(row)),
        ]
    };
    let table = Table {
        caption: "Statements about noise and drift, with verdicts".to_owned(),
        columns: columns.map(|name| (name.to_owned(), false)).to_vec(),
        rows: rows.iter().map(cells).collect(),
        notes: Vec::new(),
    };
    let all = all_settled(rows);
    let settled = rows.iter().filter(|row| is_settled(row)).count();
    let remark = (if all { Tone::Good } else { Tone::Bad }, format!("{settled} of {} settled", rows.len()));
    Section {
        id: "statements".to_owned(),
        heading: "What has been said".to_owned(),
        remark: Some(remark),
        blocks: vec![Block::Table(table)],
    }
}
