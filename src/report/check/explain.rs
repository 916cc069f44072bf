//! One verdict step by step: the claim, both sides in normal form, what cancels, and what is left.

use super::super::layout::{Page, Style};
use super::names::Names;
use super::{trials, words};
use crate::check::{Checked, Checkup};
use crate::expression::{Claim, Expr, Kind, Rational, Remainder, Shape, Sides, Statement};
use crate::reading::symbolic::{Expansion, Obstacle, expand};
use crate::verdict::claim::ClaimVerdict;
use crate::verdict::readings::Verdict;
use std::io::{self, Write};

/// Terms of a sum that stand on one line in LaTeX.
const TERMS_ON_A_LINE: usize = 3;

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
        let mut page = Page { out, style };
        let claim = match &self.checked.statement {
            Statement::Claim(claim) => claim,
            Statement::Assumption { name, text, .. } => {
                writeln!(page.out, "{}#{name}: assumed, and nobody checks it: {text}", self.checkup.name)?;
                return Ok(());
            }
        };
        let names = &Names::of_claim(&self.checkup.derivation, claim);
        writeln!(page.out, "{}#{}", self.checkup.name, claim.name)?;
        writeln!(page.out, "\n  {}", claim.text)?;
        match &self.expansion {
            None => page.note("The sides have different shapes, so that there is nothing to expand.")?,
            Some(Err(obstacle)) => page.note(&format!("There is no normal form: {obstacle}."))?,
            Some(Ok(expansion)) => steps(&mut page, expansion, claim, names)?,
        }
        self.conclusion(&mut page, claim, names)
    }

    fn conclusion<W: Write>(
        &self,
        page: &mut Page<'_, W>,
        claim: &Claim,
        names: &Names<'_>,
    ) -> io::Result<()> {
        let Some(verdict) = &self.checked.proof else { return Ok(()) };
        page.heading("Verdict")?;
        match verdict {
            ClaimVerdict::Proved(proof) => page.note(&words::proved(proof))?,
            ClaimVerdict::Refuted(_) | ClaimVerdict::Undecided(_) | ClaimVerdict::Contradiction(_) => {
                page.note(verdict.word())?;
                for diagnosis in &self.checked.diagnoses {
                    page.note(&format!("- {}", words::slip(&diagnosis.slip, names)))?;
                    if let Some(repaired) = words::repaired(&diagnosis.repaired, names) {
                        page.note(&format!("  proved instead: {repaired}"))?;
                    }
                }
                for note in super::text::notes(claim, verdict, names) {
                    for line in note.lines() {
                        writeln!(page.out, "  {line}")?;
                    }
                }
            }
        }
        for trial in &self.checked.trials {
            page.note(&format!(
                "At {}: {}.",
                trials::place(trial),
                trials::exact_in_words(&trial.exact).join("; ")
            ))?;
            if trial.sampled.is_some() {
                page.note(&format!("Drawn there: {}.", trials::sampled_in_words(trial).join("; ")))?;
            }
        }
        for assumption in super::assumptions_of(self.checked) {
            page.note(&format!("It rests on: {}.", words::assumption(assumption, names)))?;
        }
        Ok(())
    }

    /// Writes it in LaTeX, ready for a document with `amsmath`.
    ///
    /// # Errors
    /// What the writer returns.
    pub fn write_latex(&self, out: &mut impl Write) -> io::Result<()> {
        let Statement::Claim(claim) = &self.checked.statement else {
            return writeln!(out, "% {}: assumed", self.checked.name());
        };
        let names = &Names::of_claim(&self.checkup.derivation, claim);
        let (Sides::Equation { left, right } | Sides::DifferentShapes { left, right }) = &claim.sides;
        let verdict = self.checked.verdict.map_or("not reached", Verdict::word);
        writeln!(out, "% {}: {verdict}", claim.name)?;
        writeln!(out, "\\begin{{align*}}")?;
        let remainder = claim.remainder.as_ref().map_or_else(String::new, |Remainder { symbol, order }| {
            let [symbol, order] = [Kind::Symbol(*symbol), Kind::Number(order.clone())];
            let [symbol, order] = [symbol, order].map(|kind| Expr::new(kind, Shape::Scalar));
            let is_one = *order.kind() == Kind::Number(Rational::ONE);
            let power = if is_one { symbol } else { Expr::new(Kind::Pow(symbol, order), Shape::Scalar) };
            format!(" + O\\left({}\\right)", names.latex(&power))
        });
        writeln!(out, "  {} &= {}{remainder}", names.latex(left), names.latex(right))?;
        if let Some(Ok(expansion)) = &self.expansion {
            let parts = [
                ("left", &expansion.left),
                ("right", &expansion.right),
                ("left} - \\text{right", &expansion.difference),
            ];
            for (name, terms) in parts {
                writeln!(out, "  \\\\ \\text{{{name}}} &= {}", latex_sum(terms, names))?;
            }
        }
        writeln!(out, "\\end{{align*}}")
    }
}

/// Terms of a sum, a few on each line.
fn latex_sum(terms: &[Expr], names: &Names<'_>) -> String {
    let mut sum = String::new();
    for (at, term) in terms.iter().enumerate() {
        let term = names.latex(term);
        if at > 0 && at % TERMS_ON_A_LINE == 0 {
            sum += " \\\\\n  &\\quad {}";
        }
        match term.strip_prefix('-') {
            Some(positive) if !sum.is_empty() => sum += &format!(" - {}", positive.trim_start()),
            _ if sum.is_empty() => sum += &term,
            _ => sum += &format!(" + {term}"),
        }
    }
    if sum.is_empty() { "0".to_owned() } else { sum }
}

fn steps<W: Write>(
    page: &mut Page<'_, W>,
    expansion: &Expansion,
    claim: &Claim,
    names: &Names<'_>,
) -> io::Result<()> {
    let (common, left, right) = split(expansion);
    terms(page, "Terms of the left side that the right side has too", &common, names)?;
    terms(page, "Other terms of the left side", &left, names)?;
    terms(page, "Other terms of the right side", &right, names)?;
    if !expansion.substituted.is_empty() {
        page.heading("Substituted in their difference")?;
        for (from, to) in &expansion.substituted {
            writeln!(page.out, "  {} = {}", names.text(from), names.text(to))?;
        }
    }
    if let Some(remainder) = &claim.remainder {
        let name = &names.declared().get(remainder.symbol).name;
        page.note(&format!("(terms from {} on are left out)", words::power(name, &remainder.order)))?;
    }
    terms(page, "Left less right", &expansion.difference, names)
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
    names: &Names<'_>,
) -> io::Result<()> {
    page.heading(title)?;
    if terms.is_empty() {
        return writeln!(page.out, "  none");
    }
    terms.iter().try_for_each(|term| writeln!(page.out, "  {}", names.text(term.expr())))
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
