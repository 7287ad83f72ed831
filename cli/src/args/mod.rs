//! The one command tree: parsing, help, completions and man pages all come from it.

mod channels;
mod compare;
mod diagnose;
mod drill;
mod gate;
mod help;
mod observe;
mod origin;
mod record;
mod report;
mod serve;
mod source;
mod watch;

use std::path::PathBuf;

use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

pub use self::report::ReportArgs;
pub use channels::{ChannelsArgs, ChannelsCommand, ChannelsModelsArgs, ChannelsTestArgs};
pub(crate) use compare::MAX_POLLS;
pub use compare::{CompareArgs, CompareFormat, PollingArgs};
pub use diagnose::DiagnoseArgs;
pub use drill::{DrillArgs, DrillCommand, DrillFormat, DrillRunArgs, UpstreamArgs};
pub use gate::{FailOnArg, GateArgs, UnreachableArg};
pub use help::exits;
pub(crate) use help::page;
pub use observe::{CheckFormat, QuickCheckArgs, TargetArgs, TargetsArgs, ThresholdArgs};
pub use record::{RecordArgs, RecordFormat};
pub use serve::{LogFormat, LogLevel, ServeArgs};
pub use source::{SourceArg, SourceArgs};
pub use watch::{WatchArgs, WatchFormat, WebhookFormat};

/// Relay LLM API traffic without leaking, and prove whether any relay leaks.
#[derive(Debug, Parser)]
#[command(name = "watertight", version, arg_required_else_help = true, max_term_width = 100)]
pub struct Cli {
    /// When to use colour; `auto` also obeys NO_COLOR, CLICOLOR_FORCE, FORCE_COLOR and TERM=dumb
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN")]
    pub color: Color,
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// When to use colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal.
    #[default]
    Auto,
    /// Also in files and pipes.
    Always,
    /// Nowhere.
    Never,
}

/// All commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the relay
    Serve(ServeArgs),
    /// Ask a relay how it is, and exit with the verdict
    QuickCheck(QuickCheckArgs),
    /// Poll a relay, print a line per sample and a closing summary, and exit with the verdict
    #[command(long_about = watch::LONG)]
    Watch(WatchArgs),
    /// Record the numbers of one relay or several, a file each
    Record(RecordArgs),
    /// Compare two recordings, or a recording and a running relay, and exit with the verdict
    Compare(CompareArgs),
    /// Turn recordings into a page with charts, verdicts and tables
    Report(ReportArgs),
    /// Find out why a relay cannot be reached, and which stack or channel grows in it
    #[command(long_about = diagnose::LONG)]
    Diagnose(DiagnoseArgs),
    /// Look at the channels of a configuration: list them, test them, ask for their models
    #[command(subcommand, arg_required_else_help = true)]
    Channels(ChannelsCommand),
    /// Make and hash the keys that callers use
    #[command(subcommand, arg_required_else_help = true)]
    Keys(KeysCommand),
    /// Put a relay through every fault of upstreams and clients, and exit with the verdict
    #[command(long_about = drill::LONG)]
    Drill(DrillArgs),
    /// Print a completion script
    Completions(CompletionsArgs),
    /// Print a manual page, or write all pages into a folder
    Man(ManArgs),
}

impl Command {
    /// Nagios reads errors on standard output.
    pub(crate) fn is_for_nagios(&self) -> bool {
        match self {
            Self::QuickCheck(args) => args.format == CheckFormat::Nagios,
            Self::Compare(args) => args.format == CompareFormat::Nagios,
            _ => false,
        }
    }
}

/// `keys …`
#[derive(Clone, Copy, Debug, Subcommand)]
pub enum KeysCommand {
    /// Make a key: the key on standard output, its hash and where to put it on standard error
    New,
    /// Read a key from standard input and print its hash
    Hash,
}

/// The form of a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ListFormat {
    /// For people.
    #[default]
    Text,
    /// For programs.
    Json,
}

/// `completions`
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// For which shell
    #[arg(value_enum)]
    pub shell: Shell,
}

/// `man`
#[derive(Debug, Args)]
pub struct ManArgs {
    /// The command whose page is printed, such as `quick-check` or `keys new`; or the folder to write all pages into,
    /// one per command: one that is there, or a path with a slash, such as ./pages
    #[arg(value_name = "COMMAND|DIR", num_args = 0..=2)]
    pub what: Vec<PathBuf>,
}

/// The command tree, with examples and exit codes in its help.
#[must_use]
pub fn command() -> clap::Command {
    help::dress(Cli::command())
}

/// Reads a command line.
///
/// # Errors
/// clap's, also for `--help` and `--version`.
pub fn parse(args: impl IntoIterator<Item = std::ffi::OsString>) -> Result<Cli, clap::Error> {
    let args: Vec<_> = args.into_iter().collect();
    let matches = command().try_get_matches_from(&args).map_err(|error| origin::named(error, &args))?;
    Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut command()))
}

#[cfg(test)]
mod tests;
