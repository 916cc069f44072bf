//! The report of `driftproof drift` for people.

use super::DriftReport;
use crate::experiment::PointResult;
use crate::noise::Matrices;
use crate::report::Style;
use crate::report::layout::{
    NAME, Page, Tone, count, counted, deviations, given, probability, readable, scientific, shortened,
};
use crate::sampling::{Comparison, POWER, Power, Stopped};
use crate::sgd::Replacement;
use crate::verdict::Verdict;
use std::io::{self, Write};

/// Rows of numbers in a report, at most; JSON has all.
const MOST_ROWS: usize = 60;

/// Rows of a point, at least, however many points there are.
const LEAST_ROWS: usize = 5;

/// Components of a point that are shown.
const COMPONENTS: usize = 6;

/// Columns of a number in a table.
const NUMBER: usize = 10;

pub(super) fn write(report: &DriftReport<'_>, out: &mut impl Write, style: Style) -> io::Result<()> {
    let mut page = Page { out, style };
    settings(report, &mut page)?;
    let names = report.parameters();
    let points = &report.experiment.points;
    let rows = (MOST_ROWS / points.len().max(1)).max(LEAST_ROWS);
    for (number, point) in points.iter().enumerate() {
        let theta = theta(&point.theta);
        match report.experiment.asked {
            1 => page.heading(&format!("At {theta}"))?,
            asked => page.heading(&format!("Point {} of {asked}: {theta}", number + 1))?,
        }
        exact(point, report.matrices_of(number), &mut page)?;
        table(point, &names, rows, &mut page)?;
        evidence(&point.comparison, point.p_value, report.experiment.asked, &mut page)?;
        if let Some(caution) = point.caution {
            page.field("caution", &super::caution(caution))?;
        }
        if report.experiment.asked > 1 {
            verdict("verdict", point.verdict, &mut page)?;
        }
    }
    conclusion(report, &mut page)
}

fn settings<W: Write>(report: &DriftReport<'_>, page: &mut Page<'_, W>) -> io::Result<()> {
    let DriftReport { data, sgd, .. } = report;
    let title = page.style.paint(Tone::Heading, "Noise-induced drift of SGD, exact and by Monte Carlo");
    writeln!(page.out, "{title}\n\n    v_noise = -div D = -(eta/2n) div Cov[grad u]\n")?;
    let constants: String =
        super::constants(report.loss).iter().map(|(name, value)| format!("; {name} = {value}")).collect();
    page.field("loss u", &format!("{}: {}{constants}", report.name(), report.formula()))?;
    let standardized = if report.standardized { ", features standardized" } else { "" };
    let targets = match data.targets() {
        0 => String::new(),
        targets => format!(", {}", counted(targets, "target")),
    };
    page.field(
        "data",
        &format!(
            "{}: {}, {}{targets}{standardized}",
            data.name(),
            counted(data.len(), "row"),
            counted(data.features(), "feature"),
        ),
    )?;
    let replacement = match sgd.replacement() {
        Replacement::With => "with",
        Replacement::Without => "without",
    };
    page.field(
        "SGD",
        &format!(
            "learning rate eta = {}, batch n = {}, drawn {replacement} replacement",
            given(sgd.learning_rate()),
            sgd.batch()
        ),
    )?;
    page.field("random", &format!("seed {}, at most {} draws a point", report.seed, count(report.draws)))
}

/// `theta = 0`, or its first components.
fn theta(theta: &[f64]) -> String {
    if theta.len() > 1 && theta.iter().all(|t| t.abs() <= 0.0) {
        return format!("theta = 0 ({} components)", theta.len());
    }
    let shown: Vec<String> = theta.iter().take(COMPONENTS).map(|&t| given(t)).collect();
    match theta.len().saturating_sub(COMPONENTS) {
        0 if shown.len() == 1 => format!("theta = {}", shown[0]),
        0 => format!("theta = ({})", shown.join(", ")),
        more => format!("theta = ({}, and {more} more)", shown.join(", ")),
    }
}

fn exact<W: Write>(
    point: &PointResult,
    matrices: Option<&Matrices>,
    page: &mut Page<'_, W>,
) -> io::Result<()> {
    let moments = &point.exact.moments;
    page.field("mean loss", &format!("f = {}", readable(moments.loss)))?;
    page.field(
        "sizes",
        &format!(
            "|G| = {}, |v_noise| = {}, |(eta/2) Hbar G| = {}",
            readable(moments.gradient.norm()),
            readable(point.exact.v_noise.norm()),
            readable(point.exact.modified_term.norm())
        ),
    )?;
    let Some(matrices) = matrices else { return Ok(()) };
    let roots = match &matrices.roots {
        Ok(roots) => roots,
        Err(error) => return page.field("root B of 2D", &error.to_string()),
    };
    match &roots.spurious {
        Ok(smooth) => page.field(
            "root B of 2D",
            &format!(
                "{}: rank {} of {}{}; |S| = {}, |R| = {}",
                smooth.root.differentiability(),
                roots.symmetric.rank(),
                roots.symmetric.dim(),
                roots
                    .symmetric
                    .condition_on_range()
                    .map_or(String::new(), |c| format!(", condition of D {}", readable(c))),
                readable(smooth.drift.s.norm()),
                readable(smooth.drift.r.norm())
            ),
        ),
        Err(error) => page.field("root B of 2D", &error.to_string()),
    }
}

fn table<W: Write>(
    point: &PointResult,
    names: &[String],
    rows: usize,
    page: &mut Page<'_, W>,
) -> io::Result<()> {
    let components = &point.comparison.components;
    // A table that is longer by a row is better than a line that says that a row is left out.
    let shown = if components.len() <= rows + 1 { components.len() } else { rows };
    let name = names[..shown].iter().map(|n| n.chars().count()).max().unwrap_or(0).clamp(9, NAME);
    let mut line = |cells: [&str; 6]| {
        let [first, rest @ .., z] = cells;
        let rest: String = rest.iter().map(|cell| format!("  {cell:>NUMBER$}")).collect();
        writeln!(page.out, "{}", format!("  {first:name$}{rest} {z:>6}").trim_end())
    };
    line(["", "", "", "", "", ""])?;
    line(["v_noise", "exact,", "exact,", "Monte", "standard", ""])?;
    line(["component", "at theta", "in window", "Carlo", "error", "z"])?;
    for (i, component) in components[..shown].iter().enumerate() {
        line([
            &shortened(&names[i], name),
            &scientific(point.exact.v_noise[i]),
            &scientific(component.claimed),
            &scientific(component.first_order.value),
            &scientific(component.difference.standard_error),
            &deviations(component.z),
        ])?;
    }
    if shown < components.len() {
        let more = components.len() - shown;
        page.note(&format!("... and {}; --json gives all of them.", counted(more, "more component")))?;
    }
    writeln!(page.out)?;
    page.note(
        "Per unit of time; a step takes time eta. In window: averaged over the points drawn around theta, \
         as the Monte Carlo estimate is; z: their difference in standard errors.",
    )?;
    writeln!(page.out)
}

/// The joint test and what it could have seen.
fn evidence<W: Write>(
    comparison: &Comparison,
    adjusted: f64,
    points: usize,
    page: &mut Page<'_, W>,
) -> io::Result<()> {
    let Comparison { plan, vector, .. } = comparison;
    if let Some(test) = vector {
        let seen = match test.power {
            Power::Relative(error) if error.is_infinite() => {
                "none could be: the draws are too skew".to_owned()
            }
            Power::Relative(error) => format!("{:.1} % of the vector v_noise", 100.0 * error),
            Power::Added { detectable, needed } => format!(
                "v_noise is 0; an added drift of {}, where {} is enough for a verdict",
                readable(detectable),
                readable(needed)
            ),
        };
        page.field(
            "smallest error",
            &format!("{seen} (seen with probability {POWER}, false-alarm rate {})", plan.false_alarm),
        )?;
        let directions = if test.projected { "direction" } else { "component" };
        let holm =
            if points > 1 { format!(", for all points {}", probability(adjusted)) } else { String::new() };
        page.field(
            "joint test",
            &format!(
                "T^2 = {} in {}, p = {}{holm}",
                readable(test.statistic),
                counted(test.dimensions, directions),
                probability(test.p_value)
            ),
        )?;
    } else {
        page.field("joint test", "none, there were too few draws")?;
    }
    page.field("window", &format!("normal, standard deviation {} around theta", readable(plan.width)))?;
    let stopped = match comparison.stopped {
        Stopped::Power => "until enough was seen",
        Stopped::Cap => "the most allowed",
        Stopped::Cancelled => "then interrupted",
    };
    page.field(
        "draws",
        &format!(
            "{} pairs of points with {} each, {} steps: {stopped}",
            count(comparison.draws),
            if plan.steps == 1 { "1 batch".to_owned() } else { format!("{} batches", plan.steps) },
            count(comparison.steps)
        ),
    )
}

fn verdict<W: Write>(label: &str, verdict: Verdict, page: &mut Page<'_, W>) -> io::Result<()> {
    let tone = match verdict {
        Verdict::Consistent => Tone::Good,
        Verdict::Refuted => Tone::Bad,
        Verdict::Inconclusive(_) => Tone::Doubtful,
    };
    page.field_toned(label, tone, &verdict.to_string())
}

fn conclusion<W: Write>(report: &DriftReport<'_>, page: &mut Page<'_, W>) -> io::Result<()> {
    let experiment = report.experiment;
    page.heading("Verdict")?;
    if experiment.asked > 1 {
        page.field("points", &format!("{} of {} done", experiment.points.len(), experiment.asked))?;
    }
    verdict("v_noise", experiment.verdict, page)?;
    match experiment.verdict {
        Verdict::Consistent => page.field("", "no difference was found, and a factor of 2 would have been"),
        Verdict::Refuted => page.field("", "real steps do not have the exact drift beyond chance"),
        Verdict::Inconclusive(_) => Ok(()),
    }
}
