//! The parameters of the systems as options: every name that some system has. No other option may have such a name.

use super::number;
use clap::error::Error;
use clap::{Arg, ArgMatches, Args, Command, FromArgMatches};
use driftproof::systems::gallery;
use std::collections::BTreeSet;

/// Parameters with the values that were given, in the order of their names.
#[derive(Debug, Clone, Default)]
pub(super) struct Parameters(Vec<(String, f64)>);

impl Parameters {
    pub(super) fn given(&self) -> &[(String, f64)] {
        &self.0
    }
}

/// The names that systems have, each once.
fn names() -> BTreeSet<&'static str> {
    gallery().iter().flat_map(|system| system.parameters).map(|parameter| parameter.name).collect()
}

impl Args for Parameters {
    fn augment_args(command: Command) -> Command {
        names().into_iter().fold(command, |command, name| {
            command.arg(
                Arg::new(name)
                    .long(name)
                    .value_name("VALUE")
                    .hide(true)
                    .allow_hyphen_values(true)
                    .value_parser(number::finite),
            )
        })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Parameters {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let given = |name: &str| Some((name.to_owned(), *matches.get_one::<f64>(name)?));
        Ok(Self(names().into_iter().filter_map(given).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
