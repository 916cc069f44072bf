//! The list of the systems, and what one of them takes.

use super::text::{NARROWEST, paragraph};
use super::words::domain;
use crate::report::json;
use crate::report::layout::{Style, Tone, given, wrap};
use crate::systems::System;
use serde_json::{Value, json};
use std::io::{self, Write};

pub(super) fn gallery(
    systems: &[System],
    out: &mut impl Write,
    style: Style,
    width: usize,
) -> io::Result<()> {
    let width = width.max(NARROWEST);
    let names = systems.iter().map(|system| system.name.len()).max().unwrap_or(0) + 2;
    for system in systems {
        let mut name = style.paint(Tone::Heading, system.name) + &" ".repeat(names - system.name.len());
        for line in wrap(system.title, width - names) {
            writeln!(out, "{name}{line}")?;
            name = " ".repeat(names);
        }
        paragraph(first_sentence(system.claim), out, names, width)?;
    }
    writeln!(out)?;
    let more = "driftproof systems NAME runs one, driftproof systems --all runs all; driftproof systems NAME --help says \
                what parameters it has; driftproof systems --statements gives the verdicts on what has been said about \
                noise and drift.";
    paragraph(more, out, 0, width)
}

/// A claim up to the end of its first sentence.
fn first_sentence(claim: &str) -> &str {
    claim.find(". ").and_then(|end| claim.get(..=end)).unwrap_or(claim)
}

pub(super) fn gallery_json(systems: &[System], out: &mut impl Write) -> io::Result<()> {
    let document = json!({
        "format": super::json::FORMAT,
        "program": env!("CARGO_PKG_NAME"),
        "version": env!("CARGO_PKG_VERSION"),
        "command": "systems",
        "gallery": systems.iter().map(entry).collect::<Vec<_>>(),
    });
    json::write(out, &document)
}

fn entry(system: &System) -> Value {
    let parameters = system.parameters.iter().map(|p| {
        json!({
            "name": p.name,
            "meaning": p.meaning,
            "unit": p.unit,
            "default": p.default,
            "least": p.least,
            "greatest": p.greatest,
            "whole": p.whole,
        })
    });
    json!({
        "name": system.name,
        "title": system.title,
        "claim": system.claim,
        "teaches": system.teaches,
        "parameters": parameters.collect::<Vec<_>>(),
    })
}

pub(super) fn system(system: &System, out: &mut impl Write, style: Style, width: usize) -> io::Result<()> {
    let width = width.max(NARROWEST);
    writeln!(out, "{}", style.paint(Tone::Heading, &format!("{}: {}", system.name, system.title)))?;
    writeln!(out)?;
    paragraph(system.claim, out, 0, width)?;
    if system.parameters.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{}", style.paint(Tone::Heading, "Parameters:"))?;
    for p in system.parameters {
        writeln!(out, "  --{} VALUE", p.name)?;
        paragraph(&format!("{}: {}; default {}", p.meaning, domain(p), given(p.default)), out, 10, width)?;
    }
    Ok(())
}
