//! Verdicts for people: a line a statement, what is not as claimed in detail, what the verdicts rest on, a summary.

use super::super::layout::{Page, Style, Tone, counted};
use super::names::Names;
use super::{CheckReport, CheckedFile, trials, words};
use crate::check::{Checked, Checkup, Trial};
use crate::expression::{Claim, Expected, Statement, Symbols};
use crate::language::diagnostic::{Diagnostic, Label};
use crate::reading::exact::Evidence;
use crate::reading::sampled::Evidence as Sampled;
use crate::verdict::claim::{ClaimVerdict, Contradiction, Refutation};
use crate::verdict::readings::Verdict;
use std::io::{self, Write};
use std::time::Duration;

/// Columns that names may have before the verdicts move to the right.
const NAMES: usize = 28;

pub(super) fn write(report: &CheckReport<'_>, out: &mut impl Write, style: Style) -> io::Result<()> {
    for file in report.files {
        match &file.found {
            Ok(checkup) => write_file(checkup, report.why, out, style)?,
            Err(error) => writeln!(out, "{error}")?,
        }
    }
    summary(report, out, style)
}

fn write_file(checkup: &Checkup, why: bool, out: &mut impl Write, style: Style) -> io::Result<()> {
    writeln!(out, "{}", style.paint(Tone::Heading, &checkup.name))?;
    let width = checkup.statements.iter().map(|c| c.name().chars().count()).max().unwrap_or(0).min(NAMES);
    for checked in &checkup.statements {
        line(checked, width, out, style)?;
    }
    writeln!(out)?;
    for said in &checkup.wrong_instances {
        writeln!(out, "{}", said.render(&checkup.name, &checkup.text))?;
    }
    for checked in &checkup.statements {
        if !checked.as_claimed() || why && !checked.diagnoses.is_empty() {
            details(checkup, checked, out)?;
        }
    }
    assumptions(checkup, out, style)
}

fn line(checked: &Checked, width: usize, out: &mut impl Write, style: Style) -> io::Result<()> {
    let (kind, verdict) = match &checked.statement {
        Statement::Assumption { .. } => ("assume", "assumed"),
        Statement::Claim(claim) => {
            let word = checked.verdict.map_or("not reached", Verdict::word);
            (if claim.expected == Expected::Holds { "claim" } else { "refute" }, word)
        }
    };
    let mark = if checked.as_claimed() { "" } else { "  NOT AS CLAIMED" };
    let name = checked.name();
    let verdict = style.paint(tone(checked), &format!("{verdict:13}"));
    let time = milliseconds(checked.elapsed);
    writeln!(out, "  {kind:7}{name:width$}  {verdict}{time:>9}{}{mark}", instances(checked))
}

/// How a statement came out.
pub(super) fn tone(checked: &Checked) -> Tone {
    match (checked.as_claimed(), checked.verdict) {
        (true, _) => Tone::Good,
        (false, Some(Verdict::Undecided | Verdict::Inconclusive | Verdict::Consistent)) => Tone::Doubtful,
        (false, Some(Verdict::Proved | Verdict::Refuted | Verdict::Contradiction) | None) => Tone::Bad,
    }
}

/// The instances at which it was evaluated, and drawn.
fn instances(checked: &Checked) -> String {
    let named = |taken: &dyn Fn(&Trial) -> bool| -> Vec<&str> {
        let all = checked.trials.iter().filter(|trial| taken(trial));
        all.filter_map(|trial| trial.instance.as_deref()).collect()
    };
    let exact = named(&|trial| !matches!(trial.exact, Evidence::Unable(_)));
    let drawn = named(&|trial| matches!(&trial.sampled, Some(Sampled::Consistent(_) | Sampled::Refuted(_))));
    let mut text = String::new();
    for (what, names) in [("at", exact), ("drawn at", drawn)] {
        if !names.is_empty() {
            text += &format!("  {what} {}", names.join(", "));
        }
    }
    text
}

fn milliseconds(time: Duration) -> String {
    let ms = time.as_secs_f64() * 1e3;
    if ms < 99.95 { format!("{ms:.1} ms") } else { format!("{ms:.0} ms") }
}

/// What is not as claimed: where it stands, why, and an instance.
fn details(checkup: &Checkup, checked: &Checked, out: &mut impl Write) -> io::Result<()> {
    let (Statement::Claim(claim), Some(proof), Some(verdict)) =
        (&checked.statement, &checked.proof, checked.verdict)
    else {
        return Ok(());
    };
    let names = &Names::of_claim(&checkup.derivation, claim);
    let kind = if claim.expected == Expected::Holds { "claim" } else { "refute" };
    let said = format!("{kind} {} is {}", claim.name, verdict.word());
    let why = checked.diagnoses.first().map_or_else(String::new, |d| words::slip(&d.slip, names));
    let mut diagnostic = Diagnostic::error(said, Label::new(claim.span.clone(), why));
    for diagnosis in checked.diagnoses.iter().skip(1) {
        diagnostic = diagnostic.note(format!("or: {}", words::slip(&diagnosis.slip, names)));
    }
    if let Some(repaired) = checked.diagnoses.first().and_then(|d| words::repaired(&d.repaired, names)) {
        diagnostic = diagnostic.note(format!("proved instead: {repaired}"));
    }
    let all = match (verdict, proof) {
        (Verdict::Contradiction, ClaimVerdict::Proved(_) | ClaimVerdict::Undecided(_)) => {
            vec![
                "the readings contradict each other: this is a bug of driftproof, please report it"
                    .to_owned(),
            ]
        }
        _ => notes(claim, proof, names),
    };
    for note in all {
        diagnostic = diagnostic.note(note);
    }
    for trial in &checked.trials {
        if telling(verdict, matches!(trial.exact, Evidence::Refuted(_))) {
            let said = trials::exact_in_words(&trial.exact).join("\n");
            diagnostic = diagnostic.note(format!("at {}: {said}", trials::place(trial)));
        }
        if let Some(sampled) = &trial.sampled
            && telling(verdict, matches!(sampled, Sampled::Refuted(_)))
        {
            diagnostic = diagnostic.note(format!(
                "drawn at {}: {}",
                trials::place(trial),
                trials::sampled_in_words(trial).join("\n")
            ));
        }
    }
    if checked.as_claimed() {
        diagnostic.severity = crate::language::diagnostic::Severity::Note;
    }
    writeln!(out, "{}", diagnostic.render(&checkup.name, &checkup.text).trim_end())?;
    writeln!(out)
}

/// Whether what was found at an instance says more than the proof does.
fn telling(verdict: Verdict, refutes: bool) -> bool {
    match verdict {
        Verdict::Proved => false,
        Verdict::Refuted => refutes,
        Verdict::Consistent | Verdict::Undecided | Verdict::Inconclusive | Verdict::Contradiction => true,
    }
}

pub(super) fn notes(claim: &Claim, verdict: &ClaimVerdict, names: &Names<'_>) -> Vec<String> {
    match verdict {
        ClaimVerdict::Proved(_) => vec!["it is said to fail, and it holds".to_owned()],
        ClaimVerdict::Refuted(refutation) => refuted(claim, refutation, names),
        ClaimVerdict::Undecided(gaps) => gaps.iter().map(words::gap).collect(),
        ClaimVerdict::Contradiction(contradiction) => {
            let mut notes =
                vec!["the witnesses of the proof contradict each other: this is a bug of driftproof, please report it".into()];
            match &**contradiction {
                Contradiction::DifferentInstance(instance) => {
                    notes.push("equal in normal form, different at an exact instance".into());
                    notes.push(words::counterexample(instance, symbol(claim, names.declared())).join("\n"));
                }
                Contradiction::NoDifferentInstance(difference, agreement) => notes.push(format!(
                    "different in normal form by {}, equal at {}",
                    names.text(difference),
                    counted(agreement.instances().len(), "exact instance"),
                )),
            }
            notes
        }
    }
}

fn symbol<'a>(claim: &Claim, symbols: &'a Symbols) -> Option<&'a str> {
    claim.remainder.as_ref().map(|remainder| &*symbols.get(remainder.symbol).name)
}

fn refuted(claim: &Claim, refutation: &Refutation, names: &Names<'_>) -> Vec<String> {
    let symbols = names.declared();
    let mut notes = Vec::new();
    if let Some((left, right)) = &refutation.shapes {
        notes.push(format!(
            "the left side is {}, the right side is {}",
            left.describe(symbols),
            right.describe(symbols)
        ));
    }
    if let Some(difference) = &refutation.difference {
        notes.push(format!("left less right: {}", names.text(difference)));
    }
    if let (Some(order), Some(symbol)) = (&refutation.first_order, symbol(claim, names.declared())) {
        notes.push(match order.is_zero() {
            true => "the sides differ at order 0 already".to_owned(),
            false => format!("the sides differ first at order {}", words::power(symbol, order)),
        });
    }
    if let Some(instance) = &refutation.counterexample {
        notes.push(words::counterexample(instance, symbol(claim, names.declared())).join("\n"));
    }
    notes
}

/// What the verdicts of a file rest on, and how often chance may be wrong.
fn assumptions(checkup: &Checkup, out: &mut impl Write, style: Style) -> io::Result<()> {
    let (all, budget) = (assumptions_of_file(checkup), trials::budget(checkup));
    let mut page = Page { out, style };
    if !all.is_empty() {
        page.note("It rests on:")?;
    }
    for text in &all {
        page.note(&format!("- {text}"))?;
    }
    if let Some(budget) = &budget {
        page.note(budget)?;
    }
    if all.is_empty() && budget.is_none() {
        return Ok(());
    }
    writeln!(page.out)
}

/// What the verdicts of a file rest on, each once with the number of verdicts that do.
pub(super) fn assumptions_of_file(checkup: &Checkup) -> Vec<String> {
    let names = &Names::of_derivation(&checkup.derivation);
    let mut all: Vec<(String, usize)> = Vec::new();
    for checked in &checkup.statements {
        if let Statement::Assumption { name, text, .. } = &checked.statement {
            all.push((format!("{name}: {text}"), 0));
        }
        for assumption in super::assumptions_of(checked) {
            let text = words::assumption(assumption, names);
            match all.iter_mut().find(|(known, _)| *known == text) {
                Some((_, count)) => *count += 1,
                None => all.push((text, 1)),
            }
        }
    }
    all.into_iter()
        .map(|(text, count)| match count {
            0 => text,
            count => format!("{text} ({})", counted(count, "verdict")),
        })
        .collect()
}

fn summary(report: &CheckReport<'_>, out: &mut impl Write, style: Style) -> io::Result<()> {
    let elapsed: Duration = report
        .files
        .iter()
        .filter_map(|file| file.found.as_ref().ok())
        .flat_map(|checkup| checkup.statements.iter().map(|checked| checked.elapsed))
        .sum();
    let text = format!("{}; {}", summary_line(report), milliseconds(elapsed));
    let tone = if report.is_as_claimed() { Tone::Good } else { Tone::Bad };
    writeln!(out, "{}", style.paint(tone, &text))
}

/// How many statements there are, and how many are as claimed.
pub(super) fn summary_line(report: &CheckReport<'_>) -> String {
    let checkups = || report.files.iter().filter_map(|file: &CheckedFile| file.found.as_ref().ok());
    let all: Vec<&Checked> = checkups().flat_map(|checkup| &checkup.statements).collect();
    let wrong: usize = checkups().map(|checkup| checkup.wrong_instances.len()).sum();
    let expected = |what: Expected| {
        all.iter()
            .filter(|c| {
                c.as_claimed() && matches!(&c.statement, Statement::Claim(claim) if claim.expected == what)
            })
            .count()
    };
    let failed = all.iter().filter(|checked| !checked.as_claimed()).count();
    let unreadable = report.files.len() - checkups().count();
    let mut text = format!(
        "{}: {} as claimed ({} proved, {} refuted)",
        counted(all.len(), "statement"),
        all.len() - failed,
        expected(Expected::Holds),
        expected(Expected::Fails),
    );
    if failed > 0 {
        text += &format!(", {failed} not");
    }
    if unreadable > 0 {
        text += &format!("; {} with errors in the text", counted(unreadable, "file"));
    }
    if wrong > 0 {
        text += &format!("; {} that cannot be used", counted(wrong, "instance"));
    }
    if report.interrupted {
        text += "; interrupted, the others were not reached";
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{Level, Options, text};

    /// Regression: what a function rests on was noted again while it was expanded in the root of `eta`, and printed a second
    /// time with `?^2` for `eta`.
    #[test]
    fn what_a_series_rests_on_is_said_once() {
        let source = "
scalar eta > 0, c, k > 0
noise dW(eta): scalar
random x ~ moments(0, c)
claim falls: E[log(1 - eta*x)] = -1/2*c*eta^2 + O(eta^3)
claim steps: E[log(k + dW)] = log(k) - eta/(2*k^2) + O(eta^2)
";
        let checkup = text("t.drift", source, &Options::default().with_level(Level::Proof)).unwrap();
        assert!(checkup.is_as_claimed(), "{checkup}");
        let positive = ["`-(eta*x - 1)` is positive (1 verdict)", "`dW + k` is positive (1 verdict)"];
        assert_eq!(assumptions_of_file(&checkup), positive);
    }

    /// Regression: a hypothesis that was substituted and used as an identity as well was printed twice, as written and as
    /// `E[r] - 1 = 0`.
    #[test]
    fn a_hypothesis_is_said_once() {
        let source = "
space theta
random X
field r(X): scalar > 0
given E[r] = 1
let surprise = -log(r)
claim score: E[r*grad(surprise)] = 0
claim information: E[r*outer(grad(surprise), grad(surprise))] = E[r*hess(surprise)]
";
        let checkup = text("t.drift", source, &Options::default().with_level(Level::Proof)).unwrap();
        assert!(checkup.is_as_claimed(), "{checkup}");
        let mut given = assumptions_of_file(&checkup);
        given.retain(|text| text.starts_with("given"));
        assert_eq!(given, ["given: `E[r]` = `1` (2 verdicts)"]);
    }
}
