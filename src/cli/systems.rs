//! `driftproof systems`: the gallery, a system of it, or the verdicts on what has been said.

use super::parameters::Parameters;
use super::session::{self, Outcome, Steps};
use super::{Cli, CliError, Common, Html};
use clap::builder::PossibleValuesParser;
use clap::{ArgAction, Args, CommandFactory};
use driftproof::check;
use driftproof::report::{SystemRun, SystemsReport, write_gallery, write_gallery_json, write_system};
use driftproof::statements::{self, Row};
use driftproof::systems::{self, Settings, System, SystemError, gallery, system};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

/// Time between two looks at whether the run is to end.
const LOOK: Duration = Duration::from_millis(100);

/// Room for the calls of a system, as much as a program's first thread commonly has.
const STACK: usize = 8 << 20;

/// The gallery of systems: exact answer, simulation, verdict
///
/// Systems whose noise depends on the place, each with what is claimed, the exact answer, a simulation with its error and
/// power, pictures (with --html), a verdict, and what it teaches. Without arguments: a list of them.
#[derive(Debug, Args)]
#[command(disable_help_flag = true, override_usage = USAGE, after_help = AFTER_HELP)]
pub(super) struct SystemsArgs {
    /// Systems to run
    #[arg(value_name = "NAME", value_parser = PossibleValuesParser::new(gallery().iter().map(|system| system.name)),
          hide_possible_values = true)]
    names: Vec<String>,
    /// Run all of them
    #[arg(long, conflicts_with = "names")]
    all: bool,
    /// Verdicts on what has been said about noise and drift, from all systems and the derivations
    #[arg(long, conflicts_with_all = ["names", "all"])]
    statements: bool,
    /// Make fewer draws, for a first look: error bars are about three times as wide
    #[arg(long)]
    quick: bool,
    #[command(flatten)]
    parameters: Parameters,
    #[command(flatten)]
    common: Common,
    #[command(flatten)]
    html: Html,
    /// Print help; after the name of a system, its parameters with their ranges
    #[arg(long, short, action = ArgAction::SetTrue)]
    pub(super) help: bool,
}

const USAGE: &str = "driftproof systems [OPTIONS]
       driftproof systems NAME... [--PARAMETER VALUE]... [OPTIONS]
       driftproof systems NAME --help";

const AFTER_HELP: &str = "\
Examples:
  driftproof systems pollen --lo 0.25 --html pollen.html
  driftproof systems --all --quick
  driftproof systems --statements --quick --json

Exit code: 0 all holds, 1 something fails or is inconclusive, 2 bad input, 130 interrupted (what was finished is printed).
The fields of --json are described in the crate's documentation, module report.";

/// Runs the subcommand.
pub(super) fn run(args: &SystemsArgs) -> Result<Outcome, CliError> {
    let chosen = args.chosen()?;
    if args.help && chosen.is_empty() {
        let mut program = Cli::command();
        program.build();
        let help = program.find_subcommand_mut("systems").map(clap::Command::render_long_help);
        session::print(|out| help.map_or(Ok(()), |help| write!(out, "{help}")))?;
        return Ok(Outcome::AsClaimed);
    }
    if args.help {
        let (style, width) = (session::style(), session::width());
        session::print(|mut out| {
            chosen.iter().try_for_each(|one| write_system(one, &mut out, style, width))
        })?;
        return Ok(Outcome::AsClaimed);
    }
    if chosen.is_empty() {
        return args.list();
    }
    let settings = args.settings(&chosen)?;
    session::start(&args.common)?;
    let (runs, failed) = args.runs(&chosen, &settings)?;
    let rows = if args.statements { Some(args.statements(&runs)?) } else { None };
    let report = SystemsReport {
        runs: &runs,
        asked: chosen.len(),
        seed: args.common.seed,
        quick: args.quick,
        statements: rows.as_deref(),
    };
    if args.common.json {
        session::print(|mut out| report.write_json(&mut out))?;
    } else {
        session::print(|mut out| report.write_text(&mut out, session::style(), session::width()))?;
    }
    args.html.write(|mut out| report.write_html(&mut out))?;
    match failed {
        Some(error) => Err(error),
        None => Ok(Outcome::of_run(report.is_as_claimed())),
    }
}

impl SystemsArgs {
    fn chosen(&self) -> Result<Vec<&'static System>, CliError> {
        if self.all || self.statements {
            return Ok(gallery().iter().collect());
        }
        let mut chosen: Vec<&'static System> = Vec::new();
        for name in &self.names {
            let one = system(name)?;
            if chosen.iter().all(|known| known.name != one.name) {
                chosen.push(one);
            }
        }
        Ok(chosen)
    }

    fn list(&self) -> Result<Outcome, CliError> {
        if let Some((name, _)) = self.parameters.given().first() {
            return Err(CliError::ParameterOfNothing { name: name.clone() });
        }
        if self.common.json {
            session::print(|mut out| write_gallery_json(gallery(), &mut out))?;
        } else {
            session::print(|mut out| write_gallery(gallery(), &mut out, session::style(), session::width()))?;
        }
        Ok(Outcome::AsClaimed)
    }

    /// Settings of each of the systems, all known to be in range: a parameter goes to every system that has it.
    fn settings(&self, chosen: &[&'static System]) -> Result<Vec<Settings>, CliError> {
        let has = |one: &System, name: &str| one.parameters.iter().any(|p| p.name == name);
        for (name, _) in self.parameters.given() {
            if let (Some(first), false) = (chosen.first(), chosen.iter().any(|one| has(one, name))) {
                let known = first.parameters.iter().map(|p| p.name).collect();
                return Err(match chosen {
                    [_] => SystemError::NoParameter { system: first.name, name: name.clone(), known }.into(),
                    _ => CliError::ParameterOfNone { name: name.clone() },
                });
            }
        }
        let plain = Settings::default().with_seed(self.common.seed).with_quick(self.quick);
        let of = |one: &&'static System| {
            let given = self.parameters.given().iter().filter(|(name, _)| has(one, name));
            let settings = given.fold(plain.clone(), |settings, (name, value)| settings.with(name, *value));
            one.check(&settings).map(|_| settings)
        };
        Ok(chosen.iter().map(of).collect::<Result<_, SystemError>>()?)
    }

    /// Runs the systems one after the other, until one cannot be computed or the run is interrupted.
    fn runs(
        &self,
        chosen: &[&'static System],
        settings: &[Settings],
    ) -> Result<(Vec<SystemRun>, Option<CliError>), CliError> {
        let bar = Steps::new(&self.common, Some(chosen.len()), "systems");
        let mut runs = Vec::new();
        for (number, (&system, settings)) in chosen.iter().zip(settings).enumerate() {
            bar.update(number, system.name);
            let outcome = match interruptible(system, settings)? {
                Some(Ok(outcome)) => outcome,
                Some(Err(error)) => {
                    bar.finish();
                    return Ok((runs, Some(CliError::Run { system: system.name, source: error })));
                }
                None => break,
            };
            let values = system.check(settings)?;
            let parameters = system.parameters.iter().map(|p| (*p, values.get(p.name))).collect();
            runs.push(SystemRun { system, parameters, outcome });
        }
        bar.finish();
        Ok((runs, None))
    }

    fn statements(&self, runs: &[SystemRun]) -> Result<Vec<Row>, CliError> {
        let options = check::Options::default().with_seed(self.common.seed).with_cancel(session::cancel());
        let derivations = statements::derivations(&options)?;
        let outcomes: Vec<_> = runs.iter().map(|run| (run.system.name, &run.outcome)).collect();
        Ok(statements::verdicts(&outcomes, &derivations))
    }
}

/// What a system shows; nothing if the run is interrupted first. A system that is not finished then is left to itself: the
/// program ends soon.
fn interruptible(
    system: &'static System,
    settings: &Settings,
) -> Result<Option<Result<systems::Outcome, SystemError>>, CliError> {
    if session::interrupted() {
        return Ok(None);
    }
    let (send, receive) = mpsc::channel();
    let settings = settings.clone();
    // Nobody listens any more after an interruption.
    let work = move || drop(send.send(system.run(&settings)));
    thread::Builder::new().stack_size(STACK).spawn(work)?;
    loop {
        match receive.recv_timeout(LOOK) {
            Ok(outcome) => return Ok(Some(outcome)),
            Err(RecvTimeoutError::Timeout) if session::interrupted() => return Ok(None),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Err(CliError::Died { system: system.name }),
        }
    }
}
