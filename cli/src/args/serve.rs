//! `serve`

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// `serve`
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// The configuration
    #[arg(short, long, value_name = "FILE", env = "WATERTIGHT_CONFIG", hide_env_values = true)]
    pub config: Option<PathBuf>,
    /// Where to listen; wins over the configuration
    #[arg(long, value_name = "ADDR:PORT", env = "WATERTIGHT_LISTEN", hide_env_values = true)]
    pub listen: Option<String>,
    /// Check the configuration, print what is in effect with secrets masked, and exit
    #[arg(long)]
    pub check: bool,
    /// Answer from the built-in demo provider, whatever is configured
    #[arg(long)]
    pub demo: bool,
    /// Follow the relay that serves this address now, without a gap: it hands its listeners over and finishes what it
    /// has under way; where none of this user serves, start as usual (not on Windows)
    #[arg(long, conflicts_with = "check")]
    pub take_over: bool,
    /// The form of the log on standard error: `auto` is text on a terminal and JSON elsewhere
    #[arg(long, value_enum, default_value_t, env = "WATERTIGHT_LOG_FORMAT", hide_env_values = true)]
    pub log_format: LogFormat,
    /// How much to log
    #[arg(long, value_enum, default_value_t, env = "WATERTIGHT_LOG_LEVEL", hide_env_values = true)]
    pub log_level: LogLevel,
}

/// The form of the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Text on a terminal, JSON elsewhere.
    #[default]
    Auto,
    /// For people.
    Text,
    /// For programs: one object per line.
    Json,
}

/// How much to log: everything at least as serious as this.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LogLevel {
    /// What failed.
    Error,
    /// What may fail soon.
    Warn,
    /// One line per request.
    #[default]
    Info,
    /// Why the relay did what it did.
    Debug,
    /// Everything.
    Trace,
}
