//! The surroundings of a run: terminal, threads, progress, Ctrl-C.

use super::{CliError, Common};
use driftproof::report::Style;
use driftproof::sampling::{Power, Progress};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::env;
use std::fs::File;
use std::io::{self, BufWriter, ErrorKind, IsTerminal, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

/// Exit code of a run that was interrupted.
pub(super) const INTERRUPTED: u8 = 130;

static CANCEL: AtomicBool = AtomicBool::new(false);

/// How a subcommand ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    AsClaimed,
    NotAsClaimed,
    /// What is wrong has been said.
    BadInput,
    Interrupted,
}

impl Outcome {
    /// A run that was interrupted claims nothing else.
    pub(super) fn of_run(as_claimed: bool) -> Self {
        match (interrupted(), as_claimed) {
            (true, _) => Self::Interrupted,
            (false, true) => Self::AsClaimed,
            (false, false) => Self::NotAsClaimed,
        }
    }
}

/// Starts the threads, and listens for Ctrl-C: the first ends the run in order, the second at once.
///
/// # Errors
/// There are too many threads for the system.
pub(super) fn start(common: &Common) -> Result<(), CliError> {
    let stop = || {
        if CANCEL.swap(true, Ordering::Relaxed) {
            std::process::exit(i32::from(INTERRUPTED));
        }
    };
    // Without it Ctrl-C ends the run at once, which is no reason not to run.
    let _ = ctrlc::set_handler(stop);
    if let Some(count) = common.threads {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(count).build_global();
        pool.map_err(|error| CliError::Threads { count, reason: error.to_string() })?;
    }
    Ok(())
}

/// Set once the run is to end.
pub(super) fn cancel() -> &'static AtomicBool {
    &CANCEL
}

/// Whether the run is to end.
pub(super) fn interrupted() -> bool {
    CANCEL.load(Ordering::Relaxed)
}

/// Columns of text where standard output is no terminal.
const WIDTH: usize = 80;

/// Columns beyond which lines are hard to read.
const WIDEST: usize = 110;

/// Columns of the terminal.
pub(super) fn width() -> usize {
    terminal_size::terminal_size().map_or(WIDTH, |(width, _)| usize::from(width.0).min(WIDEST))
}

/// Colours of standard output: on a terminal that shows them, unless `NO_COLOR` is set.
pub(super) fn style() -> Style {
    style_of(io::stdout().is_terminal())
}

/// The same for standard error.
pub(super) fn style_of_errors() -> Style {
    style_of(io::stderr().is_terminal())
}

fn style_of(terminal: bool) -> Style {
    let set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
    let dumb = env::var_os("TERM").is_some_and(|term| term == "dumb");
    if terminal && !set("NO_COLOR") && !dumb { Style::Coloured } else { Style::Plain }
}

/// Hands standard output to `write`. A reader that has seen enough, as `head` has, is no error.
pub(super) fn print(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), CliError> {
    let mut out = BufWriter::new(io::stdout().lock());
    match write(&mut out).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
        _ => {
            // What is left in the buffer would be tried again when it is dropped.
            let _ = out.into_parts();
            Ok(())
        }
    }
}

/// Hands a new file to `write`; one that is there is replaced.
pub(super) fn write(
    file: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), CliError> {
    let written = File::create(file).and_then(|file| {
        let mut out = BufWriter::new(file);
        write(&mut out)?;
        out.flush()
    });
    written.map_err(|source| CliError::Unwritable { file: file.display().to_string(), source })
}

/// Hands standard error to `write`.
pub(super) fn tell(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) {
    // There is nowhere else to say that this did not work.
    let _ = write(&mut io::stderr().lock());
}

/// Says on standard error what went wrong.
pub(super) fn complain(error: &CliError) {
    // There is nowhere else to say that this did not work.
    let _ = writeln!(io::stderr(), "error: {error}");
}

/// A bar on standard error, if that is a terminal.
pub(super) struct Bar(ProgressBar);

/// A bar without a length, if there is a terminal.
fn bar(common: &Common) -> ProgressBar {
    let shown = !common.quiet && io::stderr().is_terminal();
    let target = if shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    ProgressBar::with_draw_target(None, target)
}

impl Bar {
    pub(super) fn new(common: &Common, points: usize) -> Self {
        let bar = bar(common);
        if let Ok(style) = ProgressStyle::with_template("{prefix}{bar:30} {pos} of at most {len} draws{msg}")
        {
            bar.set_style(style);
        }
        if points > 1 {
            bar.set_prefix(format!("point 1 of {points} "));
        }
        Self(bar)
    }

    pub(super) fn update(&self, points: usize, progress: Progress) {
        self.0.set_length(progress.cap);
        self.0.set_position(progress.draws);
        if points > 1 {
            self.0.set_prefix(format!("point {} of {points} ", u64::from(progress.point) + 1));
        }
        if let Some(Power::Relative(error)) = progress.power
            && error.is_finite()
        {
            self.0.set_message(format!(", errors of {:.0} % would be seen", 100.0 * error));
        }
    }

    pub(super) fn finish(&self) {
        self.0.finish_and_clear();
    }
}

/// A bar of steps whose number is known, on standard error, if that is a terminal.
pub(super) struct Steps(ProgressBar);

impl Steps {
    /// `what` is counted, `count` of them where that is known.
    pub(super) fn new(common: &Common, count: Option<usize>, what: &str) -> Self {
        let bar = bar(common);
        if let Ok(style) =
            ProgressStyle::with_template(&format!("{{bar:30}} {{pos}} of {{len}} {what}{{msg}}"))
        {
            bar.set_style(style);
        }
        if let Some(count) = count {
            bar.set_length(count as u64);
        }
        Self(bar)
    }

    /// So many are done, and this one is next.
    pub(super) fn update(&self, done: usize, next: &str) {
        self.0.set_position(done as u64);
        if !next.is_empty() {
            self.0.set_message(format!(", now {next}"));
        }
    }

    /// So many of so many of a file are done, in any order: it never goes back.
    pub(super) fn update_of(&self, done: usize, all: usize, file: &str) {
        self.0.set_length(all as u64);
        self.0.set_position(self.0.position().max(done as u64));
        self.0.set_message(format!(" of {file}"));
    }

    pub(super) fn finish(&self) {
        self.0.finish_and_clear();
    }
}
