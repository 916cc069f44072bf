//! `--data`, `--target`, `--features`, `--standardize`.

use super::CliError;
use clap::Args;
use driftproof::data::{Columns, Data};
use driftproof::loss::Listing;
use std::path::Path;

/// What to read and which columns of it.
#[derive(Debug, Args)]
#[command(next_help_heading = "Data")]
pub(super) struct DataArgs {
    /// CSV file with a header, .npy file of features (N x p), or built in: breast_cancer, wine
    /// [default: breast_cancer, standardized]
    #[arg(long, value_name = "FILE|breast_cancer|wine")]
    data: Option<String>,
    /// Column of the label, or several separated by commas; with --data X.npy a file y.npy [default: none in a file,
    /// "target" in the built-in data]
    #[arg(long, value_name = "COLUMN|FILE.npy")]
    target: Option<String>,
    /// Columns of the features, in this order [default: all but the target]
    #[arg(long, value_name = "A,B,...", value_delimiter = ',')]
    features: Option<Vec<String>>,
    /// Give every feature mean 0 and variance 1
    #[arg(long)]
    standardize: bool,
}

/// The data with the choice that was made.
pub(super) struct Chosen {
    pub(super) data: Data,
    pub(super) standardized: bool,
}

impl DataArgs {
    /// Reads the data for a loss that is an expression, with a target or without.
    pub(super) fn read_for_an_expression(&self) -> Result<Chosen, CliError> {
        let standardized = self.standardize || self.data.is_none();
        let data = self.raw()?;
        Ok(Chosen { data: if standardized { data.standardized()? } else { data }, standardized })
    }

    /// Reads the data for a loss.
    pub(super) fn read(&self, name: &str, loss: Option<&Listing>) -> Result<Chosen, CliError> {
        let has_target = loss.is_none_or(|loss| loss.target);
        if let (Some(target), false) = (&self.target, has_target) {
            return Err(CliError::TargetOfNothing { target: target.clone(), loss: name.to_owned() });
        }
        let data = self.raw()?;
        let data = match (data.targets(), has_target) {
            (0, true) => {
                return Err(CliError::NoTarget {
                    data: data.name().to_owned(),
                    loss: name.to_owned(),
                    columns: data.columns().to_vec(),
                });
            }
            // The built-in data have a target of their own, which this loss does not read.
            (1.., false) => {
                let features = data.columns()[..data.features()].to_vec();
                let none: [String; 0] = [];
                data.select(
                    &Columns::default()
                        .with_features(features.iter().map(|name| name.trim()))
                        .with_targets(none),
                )?
            }
            _ => data,
        };
        let standardized = self.standardize || self.data.is_none();
        let data = if standardized { data.standardized()? } else { data };
        Ok(Chosen { data, standardized })
    }

    fn raw(&self) -> Result<Data, CliError> {
        let built_in = |data: Data| Ok(data.select(&self.columns())?);
        match self.data.as_deref() {
            None | Some("breast_cancer") => built_in(Data::breast_cancer()),
            Some("wine") => built_in(Data::wine()),
            Some(file) if is_npy(file) => match &self.target {
                None => Err(CliError::NpyAlone { features: file.to_owned() }),
                Some(target) => Ok(Data::from_npy(file, target)?.select(&self.chosen_features())?),
            },
            Some(file) => Ok(Data::from_csv(file, &self.columns())?),
        }
    }

    fn columns(&self) -> Columns {
        let columns = self.chosen_features();
        match &self.target {
            Some(target) => columns.with_targets(target.split(',').map(str::trim)),
            None => columns,
        }
    }

    fn chosen_features(&self) -> Columns {
        match &self.features {
            Some(features) => Columns::default().with_features(features),
            None => Columns::default(),
        }
    }
}

fn is_npy(file: &str) -> bool {
    Path::new(file).extension().is_some_and(|extension| extension.eq_ignore_ascii_case("npy"))
}
