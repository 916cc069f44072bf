//! One verdict step by step: the claim, both sides in normal form, what cancels, and what is left.

use super::super::layout::{Page, Style, counted};
use super::{trials, words};
use crate::check::{Checked, Checkup};
use crate::expression::{Claim, Expr, Sides, Statement, Symbols};
use crate::reading::symbolic::{Expansion, Obstacle, expand};
use crate::verdict::claim::ClaimVerdict;
use crate::verdict::readings::Verdict;
use std::io::{self, Write};

/// The derivation of one verdict.
#[derive(Debug)]
pub struct Explanation<'a> {
    checkup: &'a Checkup,
    checked: &'a Checked,
    expansion: Option<Result<Expansion, Obstacle>>,
}

impl<'a> Explanation<'a> {
    /// Of a statement of a derivation.
    #[must_use]
    pub fn new(checkup: &'a Checkup, checked: &'a Checked) -> Self {
        let expansion = match &checked.statement {
            Statement::Claim(claim) if matches!(claim.sides, Sides::Equation { .. }) => {
                Some(expand(claim, &checkup.derivation.symbols))
            }
            Statement::Claim(_) | Statement::Assumption { .. } => None,
        };
        Self { checkup, checked, expansion }
    }

    /// Writes it in the language of the derivation.
    ///
    /// # Errors
    /// What the writer returns.
    pub fn write_text(&self, out: &mut impl Write, style: Style) -> io::Result<()> {
        let symbols = &self.checkup.derivation.symbols;
        let mut page = Page { out, style };
        let claim = match &self.checked.statement {
            Statement::Claim(claim) => claim,
            Statement::Assumption { name, text, .. } => {
                writeln!(page.out, "{}#{name}: assumed, and nobody checks it: {text}", self.checkup.name)?;
                return Ok(());
            }
        };
        writeln!(page.out, "{}#{}", self.checkup.name, claim.name)?;
        writeln!(page.out, "\n  {}", claim.text)?;
        match &self.expansion {
            None => page.note("The sides have different shapes, so that there is nothing to expand.")?,
            Some(Err(obstacle)) => page.note(&format!("There is no normal form: {obstacle}."))?,
            Some(Ok(expansion)) => steps(&mut page, expansion, claim, symbols)?,
        }
        self.conclusion(&mut page, claim, symbols)
    }

    fn conclusion<W: Write>(
        &self,
        page: &mut Page<'_, W>,
        claim: &Claim,
        symbols: &Symbols,
    ) -> io::Result<()> {
        let Some(verdict) = &self.checked.proof else { return Ok(()) };
        page.heading("Verdict")?;
        match verdict {
            ClaimVerdict::Proved(proof) => {
                let agreement = proof.proved.agreement();
                let dimensions: Vec<String> = agreement.dimensions().iter().map(usize::to_string).collect();
                page.note(&format!(
                    "proved: the sides are equal in normal form, and at {} with random functions, in dimension {}",
                    counted(agreement.instances().len(), "exact instance"),
                    dimensions.join(", "),
                ))?;
            }
            ClaimVerdict::Refuted(_) | ClaimVerdict::Undecided(_) | ClaimVerdict::Contradiction(_) => {
                page.note(verdict.word())?;
                for diagnosis in &self.checked.diagnoses {
                    page.note(&format!("- {}", words::slip(&diagnosis.slip, symbols)))?;
                }
                for note in super::text::notes(claim, verdict, symbols) {
                    for line in note.lines() {
                        writeln!(page.out, "  {line}")?;
                    }
                }
            }
        }
        for trial in &self.checked.trials {
            page.note(&format!("At {}: {}.", trials::place(trial), trials::exact(&trial.exact).join("; ")))?;
        }
        for assumption in super::assumptions_of(self.checked) {
            page.note(&format!("It rests on: {}.", words::assumption(assumption, symbols)))?;
        }
        Ok(())
    }

    /// Writes it in LaTeX, ready for a document with `amsmath`.
    ///
    /// # Errors
    /// What the writer returns.
    pub fn write_latex(&self, out: &mut impl Write) -> io::Result<()> {
        let symbols = &self.checkup.derivation.symbols;
        let Statement::Claim(claim) = &self.checked.statement else {
            return writeln!(out, "% {}: assumed", self.checked.name());
        };
        let (Sides::Equation { left, right } | Sides::DifferentShapes { left, right }) = &claim.sides;
        let verdict = self.checked.verdict.map_or("not reached", Verdict::word);
        writeln!(out, "% {}: {verdict}", claim.name)?;
        writeln!(out, "\\begin{{align*}}")?;
        writeln!(out, "  {} &= {}", left.to_latex(symbols), right.to_latex(symbols))?;
        if let Some(Ok(expansion)) = &self.expansion {
            let parts = [
                ("left", &expansion.left),
                ("right", &expansion.right),
                ("left} - \\text{right", &expansion.difference),
            ];
            for (name, terms) in parts {
                writeln!(out, "  \\\\ \\text{{{name}}} &= {}", latex_sum(terms, symbols))?;
            }
        }
        writeln!(out, "\\end{{align*}}")
    }
}

fn latex_sum(terms: &[Expr], symbols: &Symbols) -> String {
    if terms.is_empty() {
        return "0".to_owned();
    }
    terms.iter().map(|term| term.to_latex(symbols)).collect::<Vec<_>>().join(" + ")
}

fn steps<W: Write>(
    page: &mut Page<'_, W>,
    expansion: &Expansion,
    claim: &Claim,
    symbols: &Symbols,
) -> io::Result<()> {
    let (common, left, right) = split(expansion);
    terms(page, "Terms of the left side that the right side has too", &common, symbols)?;
    terms(page, "Other terms of the left side", &left, symbols)?;
    terms(page, "Other terms of the right side", &right, symbols)?;
    if !expansion.substituted.is_empty() {
        page.heading("Substituted in their difference")?;
        for (from, to) in &expansion.substituted {
            writeln!(page.out, "  {} = {}", from.to_text(symbols), to.to_text(symbols))?;
        }
    }
    if let Some(remainder) = &claim.remainder {
        let name = &symbols.get(remainder.symbol).name;
        page.note(&format!("(terms from {} on are left out)", words::power(name, &remainder.order)))?;
    }
    terms(page, "Left less right", &expansion.difference, symbols)
}

/// Terms of both sides, of the left only, of the right only.
fn split(expansion: &Expansion) -> (Vec<&Expr>, Vec<&Expr>, Vec<&Expr>) {
    let common: Vec<&Expr> = expansion.left.iter().filter(|term| expansion.right.contains(term)).collect();
    let rest = |side: &'_ [Expr]| -> Vec<usize> {
        (0..side.len()).filter(|&k| !common.contains(&&side[k])).collect()
    };
    let left = rest(&expansion.left).into_iter().map(|k| &expansion.left[k]).collect();
    let right = rest(&expansion.right).into_iter().map(|k| &expansion.right[k]).collect();
    (common, left, right)
}

fn terms<W: Write>(
    page: &mut Page<'_, W>,
    title: &str,
    terms: &[impl Term],
    symbols: &Symbols,
) -> io::Result<()> {
    page.heading(title)?;
    if terms.is_empty() {
        return writeln!(page.out, "  none");
    }
    terms.iter().try_for_each(|term| writeln!(page.out, "  {}", term.expr().to_text(symbols)))
}

/// A term, owned or not.
trait Term {
    fn expr(&self) -> &Expr;
}

impl Term for Expr {
    fn expr(&self) -> &Expr {
        self
    }
}

impl Term for &Expr {
    fn expr(&self) -> &Expr {
        self
    }
}
