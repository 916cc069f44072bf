//! Verdicts as a page of HTML: the prose of each derivation with its claims typeset, the verdict beside each, and on request
//! what it rests on.

use super::super::figure;
use super::super::layout::{counted, readable};
use super::super::page::{Block, Document, Markup, Picture, Section, Tone};
use super::names::Names;
use super::{CheckReport, CheckedFile, instance, prose, text, trials, words};
use crate::check::{Checked, Checkup, InstanceDrift};
use crate::expression::{Claim, Expected, Sides, Statement, equation_to_mathml};
use crate::systems::{Figure, Series, Style};
use crate::verdict::claim::ClaimVerdict;
use crate::verdict::readings::Verdict;
use std::ops::Range;

pub(super) fn document(report: &CheckReport<'_>) -> Document {
    let titles: Vec<String> = report.files.iter().map(title).collect();
    Document {
        title: match &titles[..] {
            [one] => one.clone(),
            many => format!("{} with verdicts", counted(many.len(), "derivation")),
        },
        lead: lead(report),
        sections: report.files.iter().zip(titles).map(|(file, title)| section(file, title)).collect(),
    }
}

fn lead(report: &CheckReport<'_>) -> String {
    let interrupted =
        if report.interrupted { " The run was interrupted; some statements were not reached." } else { "" };
    format!(
        "{}. A proof holds for all smooth functions, in every dimension that the claim speaks of; \
         what was computed at an instance holds there.{interrupted}",
        text::summary_line(report)
    )
}

fn title(file: &CheckedFile) -> String {
    let name = || file.name.clone();
    let Ok(checkup) = &file.found else { return name() };
    prose::title(&checkup.text).unwrap_or_else(name)
}

fn section(file: &CheckedFile, title: String) -> Section {
    let (remark, blocks) = match &file.found {
        Ok(checkup) => {
            let word = if checkup.is_as_claimed() { "as claimed" } else { "not as claimed" };
            let tone = if checkup.is_as_claimed() { Tone::Good } else { Tone::Bad };
            ((tone, word.to_owned()), derivation(checkup))
        }
        Err(error) => ((Tone::Bad, "error".to_owned()), vec![Block::Verbatim(error.to_string())]),
    };
    Section { id: file.name.clone(), heading: title, remark: Some(remark), blocks }
}

fn derivation(checkup: &Checkup) -> Vec<Block> {
    let mut blocks = vec![Block::Paragraph(format!("File: {}", checkup.name))];
    let wrong: Vec<String> =
        checkup.wrong_instances.iter().map(|said| said.render(&checkup.name, &checkup.text)).collect();
    blocks.extend(wrong.into_iter().map(Block::Verbatim));
    let bare = matches!(&checkup.derivation.blocks[..], [whole] if *whole == (0..checkup.text.len()));
    let mut at = 0;
    for range in &checkup.derivation.blocks {
        if !bare {
            push_prose(&checkup.text[at..range.start], &mut blocks);
        }
        statements(checkup, range, &mut blocks);
        at = range.end;
    }
    if !bare {
        push_prose(&checkup.text[at..], &mut blocks);
    }
    let assumptions = text::assumptions_of_file(checkup);
    if !assumptions.is_empty() {
        blocks.push(Block::Part {
            heading: "What it rests on".to_owned(),
            blocks: vec![Block::List(assumptions)],
        });
    }
    blocks.extend(trials::budget(checkup).map(Block::Paragraph));
    blocks.push(Block::Paragraph(again(checkup)));
    blocks
}

/// How to see the same again.
fn again(checkup: &Checkup) -> String {
    let draws = checkup.draws.map_or_else(String::new, |draws| format!(" --draws {draws}"));
    format!(
        "To see the same again, with driftproof {}: `driftproof check --level {} --seed {}{draws} {}`",
        env!("CARGO_PKG_VERSION"),
        checkup.level.word(),
        checkup.seed,
        checkup.name
    )
}

fn push_prose(text: &str, blocks: &mut Vec<Block>) {
    let text = prose::between_fences(text);
    if !text.trim().is_empty() {
        blocks.push(Block::Prose(prose::html(text)));
    }
}

/// The declarations of a block as they stand, and its statements as cards.
fn statements(checkup: &Checkup, range: &Range<usize>, blocks: &mut Vec<Block>) {
    let mut at = range.start;
    let verbatim = |from: usize, to: usize, blocks: &mut Vec<Block>| {
        let text = checkup.text.get(from..to).unwrap_or("").trim_matches('\n');
        if !text.trim().is_empty() {
            blocks.push(Block::Verbatim(text.to_owned()));
        }
    };
    for checked in &checkup.statements {
        let (Statement::Claim(Claim { span, .. }) | Statement::Assumption { span, .. }) = &checked.statement;
        if !range.contains(&span.start) {
            continue;
        }
        verbatim(at, span.start, blocks);
        blocks.push(card(checkup, checked));
        at = span.end;
    }
    verbatim(at, range.end, blocks);
    let declared = |drift: &&InstanceDrift| {
        let instance = checkup.derivation.instances.iter().find(|instance| instance.name == drift.instance);
        instance.is_some_and(|instance| range.contains(&instance.span.start))
    };
    let drifts = checkup.drifts.iter().filter(declared);
    let pictures: Vec<Picture> = drifts.map(|drift| drift_picture(drift, &checkup.name)).collect();
    if !pictures.is_empty() {
        blocks.push(Block::Pictures(pictures));
    }
}

fn card(checkup: &Checkup, checked: &Checked) -> Block {
    let claim = match &checked.statement {
        Statement::Assumption { name, text, .. } => {
            return Block::Card {
                heading: name.to_string(),
                tone: Tone::Neutral,
                word: "assumed".to_owned(),
                blocks: vec![Block::Paragraph(text.to_string())],
            };
        }
        Statement::Claim(claim) => claim,
    };
    let word = checked.verdict.map_or("not reached", Verdict::word);
    let word = match (claim.expected, checked.as_claimed()) {
        (Expected::Fails, true) => format!("{word}, as said"),
        (_, true) => word.to_owned(),
        (_, false) => format!("{word}: not as claimed"),
    };
    let symbols = &checkup.derivation.symbols;
    let names = &Names::of_claim(&checkup.derivation, claim);
    let (Sides::Equation { left, right } | Sides::DifferentShapes { left, right }) = &claim.sides;
    let equation = equation_to_mathml(left, right, claim.remainder.as_ref(), symbols);
    let mut blocks = vec![Block::Markup(Markup::trusted(equation))];
    blocks.extend(restriction(claim).map(Block::Paragraph));
    for (place, diagnosis) in checked.diagnoses.iter().enumerate() {
        let or = if place == 0 { "" } else { "Or: " };
        blocks.push(Block::Paragraph(format!("{or}{}.", capital(&words::slip(&diagnosis.slip, names)))));
    }
    if let Some(repaired) = checked.diagnoses.first().and_then(|d| words::repaired(&d.repaired, names)) {
        blocks.push(Block::Paragraph(format!("Proved instead: {repaired}")));
    }
    let evidence = evidence(checkup, claim, checked);
    blocks.push(Block::Details { summary: "Evidence".to_owned(), blocks: evidence });
    Block::Card { heading: claim.name.to_string(), tone: text::tone(checked).into(), word, blocks }
}

fn capital(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// `where ...`, as it is written.
fn restriction(claim: &Claim) -> Option<String> {
    let (_, after) = claim.text.split_once(" where ")?;
    let (condition, _) = after.split_once(':')?;
    Some(format!("where {}", condition.trim()))
}

fn evidence(checkup: &Checkup, claim: &Claim, checked: &Checked) -> Vec<Block> {
    let names = &Names::of_claim(&checkup.derivation, claim);
    let mut blocks = vec![Block::Verbatim(claim.text.to_string())];
    match &checked.proof {
        Some(ClaimVerdict::Proved(proof)) => {
            blocks.push(Block::Paragraph(format!("{}.", capital(&words::proved(proof)))));
        }
        Some(proof) => {
            blocks.extend(text::notes(claim, proof, names).into_iter().map(Block::Verbatim));
        }
        None => {}
    }
    for (k, trial) in (1..).zip(&checked.trials) {
        blocks.push(instance::block(trial, &format!("{}-{}-{k}", checkup.name, claim.name)));
    }
    let rests: Vec<String> = super::assumptions_of(checked)
        .iter()
        .map(|assumption| words::assumption(assumption, names))
        .collect();
    if !rests.is_empty() {
        blocks.push(Block::Paragraph(format!("It rests on: {}.", rests.join("; "))));
    }
    blocks
}

/// Both halves of the noise-induced drift, their sum and the finite-step term, by component.
fn drift_picture(drift: &InstanceDrift, file: &str) -> Picture {
    let series = |name: &str, values: &nalgebra::DVector<f64>| Series {
        name: name.to_owned(),
        style: Style::Points,
        points: (1..).zip(values.iter()).map(|(k, &v)| (f64::from(k), v)).collect(),
        errors: Vec::new(),
    };
    let (eta, n) = (drift.sgd.learning_rate(), drift.sgd.batch());
    let title = format!("Drifts of SGD at instance {}", drift.instance);
    let figure = Figure {
        title: title.clone(),
        x_axis: "parameter".to_owned(),
        y_axis: "drift per unit of time (a step takes time eta)".to_owned(),
        logarithmic: (false, false),
        series: vec![
            series("v_noise = -(eta/2n) div Sigma", &drift.v_noise),
            series("first half, -(eta/4n) grad tr Sigma", &drift.first_half),
            series("second half, -(eta/2n) Cov(g, tr H)", &drift.second_half),
            series("finite-step term, -(eta/2) Hbar G", &drift.finite_step),
        ],
    };
    let drawing = figure::draw_by_name(&figure, &drift.parameters, &format!("{file}-{}", drift.instance));
    let size = |v: &nalgebra::DVector<f64>| readable(v.norm());
    let mut notes = vec![format!(
        "{} rows, {}, eta = {eta}, n = {n}, at theta = {}. Lengths: -G {}, v_noise {}, its halves {} and {}, \
             finite-step term {}.",
        drift.rows,
        counted(drift.theta.len(), "parameter"),
        trials::vector(&drift.theta),
        size(&drift.descent),
        size(&drift.v_noise),
        size(&drift.first_half),
        size(&drift.second_half),
        size(&drift.finite_step),
    )];
    notes.extend(drawing.notes);
    Picture { caption: title, drawing: drawing.svg, notes }
}
