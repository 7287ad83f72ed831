//! The one command tree: parsing, help, completions and man pages all come from it.

mod channels;
mod compare;
mod config;
mod diagnose;
mod drill;
mod gate;
mod help;
mod language;
mod observe;
mod on;
mod origin;
mod record;
mod report;
mod rollout;
mod serve;
mod source;
mod watch;
mod zh;

use std::path::PathBuf;

use clap::parser::ValueSource;
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use vitals::Language;

pub use self::report::ReportArgs;
pub use channels::{ChannelsArgs, ChannelsCommand, ChannelsModelsArgs, ChannelsTestArgs};
pub(crate) use compare::MAX_POLLS;
pub use compare::{CompareArgs, CompareFormat, PollingArgs};
pub use config::{ConfigCommand, ConfigShowArgs, InitArgs};
pub use diagnose::DiagnoseArgs;
pub use drill::{
    DrillArgs, DrillCommand, DrillCompareArgs, DrillCompareFormat, DrillFormat, DrillRunArgs, UpstreamArgs,
};
pub use gate::{FailOnArg, GateArgs, UnreachableArg};
pub(crate) use help::Page;
pub use help::exits;
pub use language::LanguageArg;
pub(crate) use language::spoken;
pub use observe::{CheckFormat, QuickCheckArgs, TargetArgs, TargetsArgs, ThresholdArgs};
pub use on::{On, OnArgs, OnEvent, OnLimit};
pub use record::{RecordArgs, RecordFormat};
pub use rollout::{RolloutArgs, RolloutCommand, RolloutFormat, RoutineArgs, Scheduler};
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
    /// The language of what people read: messages, tables, reports, help; by default that of LC_ALL, LC_MESSAGES or LANG.
    /// What programs read is English always
    #[arg(long, global = true, value_enum, value_name = "LANGUAGE")]
    pub lang: Option<LanguageArg>,
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
    /// Deploy a relay and observe it, by a plan, and exit with the verdict
    #[command(long_about = rollout::LONG)]
    Rollout(RolloutArgs),
    /// Look at the channels of a configuration: list them, test them, ask for their models
    #[command(subcommand, arg_required_else_help = true)]
    Channels(ChannelsCommand),
    /// Look at the relay's configuration
    #[command(subcommand, arg_required_else_help = true)]
    Config(ConfigCommand),
    /// Write a first configuration, from the provider keys in the environment
    #[command(long_about = "\
Write a first configuration, from the provider keys in the environment

Each key of a provider in the environment, such as OPENAI_API_KEY or ANTHROPIC_API_KEY, makes a channel; without any, the \
demo answers. Around the channels stands each setting with its default, as a comment. Nothing is asked, and no file is \
overwritten. The keys themselves are not written: `env:NAME` is.")]
    Init(InitArgs),
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
    /// What a variable gave is no flag: the relay reads its variables by itself, and tells them apart.
    fn leaves_to_the_environment(&mut self, matches: &clap::ArgMatches) {
        let (config, listen) = match self {
            Self::Serve(args) => (&mut args.config, &mut args.listen),
            Self::Config(ConfigCommand::Show(args)) => (&mut args.config, &mut args.listen),
            _ => return,
        };
        let mut matches = matches;
        while let Some((_, below)) = matches.subcommand() {
            matches = below;
        }
        let is_given = |name| matches.value_source(name) == Some(ValueSource::CommandLine);
        config.take_if(|_| !is_given("config"));
        listen.take_if(|_| !is_given("listen"));
    }

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

/// The command tree in English, with examples and exit codes in its help.
#[must_use]
pub fn command() -> clap::Command {
    help::dress(Cli::command(), help::ENGLISH)
}

/// The tree as it is shown at a terminal; [`said`] makes text of its errors and help.
fn shown() -> clap::Command {
    match Language::current() {
        Language::En => command(),
        Language::Zh => zh::speak(help::dress(Cli::command(), zh::SCREEN), zh::Use::Screen),
    }
}

/// The tree that manual pages are written from, and what they say of examples and exit codes.
pub(crate) fn manual(language: Language) -> (clap::Command, fn(&str) -> Option<&'static Page>) {
    match language {
        Language::En => (command(), help::page),
        Language::Zh => (zh::speak(command(), zh::Use::Manual), zh::page),
    }
}

/// A manual page, once it is written, in this language throughout.
pub(crate) fn manual_page(language: Language, written: Vec<u8>) -> Vec<u8> {
    match (language, String::from_utf8(written)) {
        (Language::Zh, Ok(text)) => zh::manual(&text).into_bytes(),
        (_, Ok(text)) => text.into_bytes(),
        (_, Err(error)) => error.into_bytes(),
    }
}

/// Reads a command line.
///
/// # Errors
/// clap's, also for `--help` and `--version`.
pub fn parse(args: impl IntoIterator<Item = std::ffi::OsString>) -> Result<Cli, clap::Error> {
    let args: Vec<_> = args.into_iter().collect();
    let matches = shown().try_get_matches_from(&args).map_err(|error| origin::named(error, &args))?;
    let mut cli = Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut shown()))?;
    cli.command.leaves_to_the_environment(&matches);
    Ok(cli)
}

/// Help, version, or what is wrong, as text.
#[must_use]
pub fn said(error: &clap::Error) -> String {
    use clap::error::ErrorKind::{DisplayHelp, DisplayHelpOnMissingArgumentOrSubcommand, DisplayVersion};
    let rendered = || error.render().to_string();
    match (Language::current(), error.kind()) {
        (Language::Zh, DisplayHelp | DisplayHelpOnMissingArgumentOrSubcommand) => {
            zh::help(&rendered(), zh::width())
        }
        (Language::En, _) | (_, DisplayVersion) => rendered(),
        (Language::Zh, _) => zh::said(error),
    }
}

#[cfg(test)]
mod tests;
