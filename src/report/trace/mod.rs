//! What `driftproof trace` found: the drifts along a run, as CSV, text, JSON and a page with a picture.

mod html;
mod json;
mod summary;
mod text;

use super::layout::Style;
use crate::data::Data;
use crate::loss::Builtin;
use crate::loss::instance::AnyLoss;
use crate::sgd::Sgd;
use crate::trace::{Row, Trace};
use std::io::{self, Write};

/// The drifts along a run, with the settings of the run.
#[derive(Debug, Clone, Copy)]
pub struct TraceReport<'a> {
    /// Name of the loss, as in [`Builtin::named`](crate::loss::Builtin::named), or the expression that it is written as.
    pub loss_name: &'a str,
    /// The loss.
    pub loss: &'a AnyLoss,
    /// The data.
    pub data: &'a Data,
    /// Whether the features were standardised.
    pub standardized: bool,
    /// Learning rate and batches.
    pub sgd: &'a Sgd,
    /// Where the run started.
    pub start: &'a [f64],
    /// Seed of the batches.
    pub seed: u64,
    /// Steps asked for.
    pub steps: u64,
    /// The run.
    pub trace: &'a Trace,
}

impl TraceReport<'_> {
    /// Writes the table as CSV: the names of the columns, then a line a look, every number in all its digits.
    ///
    /// # Errors
    /// As `out`.
    pub fn write_csv(&self, out: &mut impl Write) -> io::Result<()> {
        writeln!(out, "{}", Row::COLUMNS.join(","))?;
        self.trace.rows.iter().try_for_each(|row| {
            let cells: Vec<String> = row.numbers().iter().map(f64::to_string).collect();
            writeln!(out, "{}", cells.join(","))
        })
    }

    /// Writes which term dominates when, for people; no line is longer than `width` columns, or than 60 if that is more.
    ///
    /// # Errors
    /// As `out`.
    pub fn write_text(&self, out: &mut impl Write, style: Style, width: usize) -> io::Result<()> {
        text::write(self, out, style, width)
    }

    /// Writes the JSON document described in the [module's page](super).
    ///
    /// # Errors
    /// As `out`.
    pub fn write_json(&self, out: &mut impl Write) -> io::Result<()> {
        json::write(self, out)
    }

    /// Writes a page of HTML that stands alone, with pictures.
    ///
    /// # Errors
    /// As `out`.
    pub fn write_html(&self, out: &mut impl Write) -> io::Result<()> {
        html::document(self).write(out)
    }

    /// The loss, the data and SGD, each in a line.
    fn settings(&self) -> [(String, String); 4] {
        let Self { data, sgd, .. } = self;
        let replacement = match sgd.replacement() {
            crate::sgd::Replacement::With => "with",
            crate::sgd::Replacement::Without => "without",
        };
        let name = match self.loss {
            AnyLoss::Builtin(_) => {
                let formula = Builtin::listing(self.loss_name).map_or("", |line| line.formula);
                format!("{}: {formula}", self.loss_name)
            }
            AnyLoss::Written(_) => self.loss_name.to_owned(),
        };
        let constants: String = super::drift::constants(self.loss)
            .iter()
            .map(|(name, value)| format!("; {name} = {value}"))
            .collect();
        let standardized = if self.standardized { ", features standardized" } else { "" };
        [
            ("loss u".to_owned(), format!("{name}{constants}")),
            (
                "data".to_owned(),
                format!(
                    "{}: {}, {}{standardized}",
                    data.name(),
                    super::layout::counted(data.len(), "row"),
                    super::layout::counted(data.features(), "feature")
                ),
            ),
            (
                "SGD".to_owned(),
                format!(
                    "learning rate eta = {}, batch n = {}, drawn {replacement} replacement",
                    super::layout::given(sgd.learning_rate()),
                    sgd.batch()
                ),
            ),
            ("random".to_owned(), format!("seed {}", self.seed)),
        ]
    }
}
