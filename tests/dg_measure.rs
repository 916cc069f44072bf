#![allow(clippy::all)]
mod plants;
use driftproof::check::decide;
use driftproof::reading::symbolic::witness::Options;
use driftproof::reading::symbolic::diagnose;
use driftproof::verdict::claim::ClaimVerdict;
use driftproof::expression::equation_to_text;
use rayon::prelude::*;
use std::collections::BTreeMap;
use plants::*;
#[test]
fn measure() {
    let file = std::env::var("DG_FILE").unwrap_or("tests/data/claims-abstract.md".into());
    let per: usize = std::env::var("DG_PER").ok().and_then(|v| v.parse().ok()).unwrap_or(1);
    let (claims, symbols) = if file.starts_with('/') { true_claims_of(&file, &std::fs::read_to_string(&file).unwrap()) } else { true_claims(&file) };
    let mut todo = vec![];
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for claim in &claims {
        match decide(claim, &symbols, &Options::default()) { ClaimVerdict::Proved(_) => {}, v => println!("NOT PROVED {} {}", claim.name, v.word()) }
        let all = plants(claim, &symbols);
        let mut by: BTreeMap<&str, Vec<&Plant>> = BTreeMap::new();
        for p in &all { by.entry(p.kind).or_default().push(p); }
        for (_, v) in by { for k in 0..per.min(v.len()) { let i = (k * v.len() / per.min(v.len()) + claim.name.len()) % v.len(); todo.push((claim.name.clone(), v[i].kind, v[i].said.clone(), v[i].claim.clone())); } }
    }
    let t = std::time::Instant::now();
    let out: Vec<(String, String)> = todo.par_iter().map(|(name, kind, said, wrong)| {
        let t = std::time::Instant::now();
        let proves = |c: &driftproof::expression::Claim| matches!(decide(c, &symbols, &Options::default()), ClaimVerdict::Proved(_));
        match decide(wrong, &symbols, &Options::default()) {
            ClaimVerdict::Refuted(r) => {
                let found = diagnose(wrong, &symbols, r.difference.as_ref(), proves);
                let slow = if t.elapsed().as_millis() > 1500 { format!(" SLOW {} ms", t.elapsed().as_millis()) } else { String::new() };
                let text = |c: &driftproof::expression::Claim| equation_to_text(left(c), right(c), &symbols);
                if found.is_empty() { ("none".into(), format!("{kind:20} NONE {name}: {said}{slow}\n     {}\n     diff {}", text(wrong), r.difference.map_or("?".into(), |d| d.to_text(&symbols)))) }
                else { ("ok".into(), format!("{kind:20} ok   {name}: {said}{slow}\n     {}\n{}", text(wrong), found.iter().map(|d| format!("     -> {} : {}\n", d.slip.name(), text(&d.repaired))).collect::<String>())) }
            }
            v => (v.word().into(), format!("{kind:20} {} {name}: {said}", v.word())),
        }
    }).collect();
    for (w, text) in &out { *counts.entry(w.clone()).or_default() += 1; if w != "ok" || std::env::var("DG_ALL").is_ok() { println!("{text}"); } }
    for (_, text) in &out { if text.contains("SLOW") { println!("{}", text.lines().next().unwrap()); } }
    println!("{counts:?} in {:?}", t.elapsed());
}
