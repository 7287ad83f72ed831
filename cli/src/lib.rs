//! The observers: they ask relays how they are, judge, record and show. Blocking, no async; never part of a relay.

mod action;
pub mod args;
mod commands;
mod comparison;
mod diagnosis;
mod finding;
mod live;
mod moment;
mod monitor;
mod named;
mod output;
#[doc(hidden)]
pub mod outside;
mod profile;
mod reading;
mod recording;
mod render;
mod reporting;
mod rollout;
mod settings;
mod source;
mod stop;
mod summary;
mod terminal;
mod watching;
mod webhook;
mod words;

pub use named::{Named, NamedStack};

use std::process::ExitCode;

use args::{Cli, Command};
use clap::error::ErrorKind;

/// Reads the command line of this process, in the language that it will speak.
///
/// # Errors
/// The exit code, when there is nothing more to do: help and version were printed (0), or the line is wrong (64; 3
/// when it asks for Nagios' format).
pub fn parse() -> Result<Cli, ExitCode> {
    #[cfg(windows)]
    terminal::prepare();
    let line: Vec<_> = std::env::args_os().collect();
    // Nagios reads English, also where it goes wrong.
    let language = if monitor::is_asked(&line) { vitals::Language::En } else { args::spoken(&line) };
    language.decide();
    args::parse(line.clone()).map_err(|error| {
        let asked = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
        if asked {
            return end(output::result(&args::said(&error)).map(|()| vitals::exit::OK));
        }
        let text = args::said(&error);
        if monitor::is_asked(&line) {
            return ExitCode::from(monitor::explain(&output::Failure::usage(text)));
        }
        output::hint(&text);
        ExitCode::from(vitals::exit::USAGE)
    })
}

/// Colour on standard output, and its columns; `None` where it is no terminal.
#[must_use]
pub fn terminal(color: args::Color) -> (bool, Option<usize>) {
    (render::use_color(color), render::terminal_width())
}

/// Runs an observing command. `serve`, `channels` and `drill` belong to other crates; they end here with a usage error.
#[must_use]
pub fn run(cli: &Cli) -> ExitCode {
    let outcome = match &cli.command {
        Command::QuickCheck(args) => commands::quick_check::run(args, cli.color),
        Command::Watch(args) => commands::watch::run(args, cli.color),
        Command::Compare(args) => commands::compare::run(args, cli.color),
        Command::Record(args) => commands::record::run(args),
        Command::Report(args) => commands::report::run(args),
        Command::Diagnose(args) => commands::diagnose::run(args, cli.color),
        Command::Rollout(args) => commands::rollout::run(args, cli.color),
        Command::Keys(command) => commands::keys::run(*command),
        Command::Completions(args) => commands::pages::completions(args),
        Command::Man(args) => commands::pages::man(args),
        Command::Serve(_)
        | Command::Channels(_)
        | Command::Config(_)
        | Command::Init(_)
        | Command::Drill(_) => Err(output::Failure::usage(words::usage::only_observes())),
    };
    match outcome {
        Err(failure) if cli.command.is_for_nagios() => ExitCode::from(monitor::explain(&failure)),
        outcome => end(outcome),
    }
}

fn end(outcome: Result<u8, output::Failure>) -> ExitCode {
    ExitCode::from(outcome.unwrap_or_else(|failure| {
        failure.tell();
        failure.code()
    }))
}
