//! Where samples come from: the same flags for every observing command.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Sources, and the way to them. No secret is ever a flag's value.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Source")]
pub struct SourceArgs {
    /// What to ask; several, separated by commas, complete each other and must all answer. `auto` tries the health
    /// JSON, new-api's statistics, metrics, expvar and the goroutine profile in this order, until one knows the count
    #[arg(
        long = "source",
        value_name = "SOURCE",
        env = "WATERTIGHT_SOURCE",
        hide_env_values = true,
        value_enum,
        value_delimiter = ',',
        default_value = "auto"
    )]
    pub sources: Vec<SourceArg>,
    /// Where metrics are, if not at /metrics of the relay: they complete what the relay itself says
    #[arg(long, value_name = "URL", env = "WATERTIGHT_METRICS_URL", hide_env_values = true)]
    pub metrics_url: Option<String>,
    /// Where Go's net/http/pprof and expvar are, if not below /debug of the relay
    #[arg(long, value_name = "URL", env = "WATERTIGHT_PPROF_URL", hide_env_values = true)]
    pub pprof_url: Option<String>,
    /// Also look at a process of this machine: resident memory, threads, descriptors (Linux; on Windows handles)
    #[arg(long, value_name = "NUMBER", env = "WATERTIGHT_PID", hide_env_values = true, value_parser = clap::value_parser!(u32).range(1..))]
    pub pid: Option<u32>,
    /// Reach the relay through this Unix socket; short for --api-url unix:///path
    #[arg(long, value_name = "PATH", env = "WATERTIGHT_UNIX_SOCKET", hide_env_values = true)]
    pub unix_socket: Option<PathBuf>,
    /// A file with a bearer token; `-` reads it from standard input. It is sent to the relay's host only
    #[arg(long, value_name = "FILE", env = "WATERTIGHT_TOKEN_FILE", hide_env_values = true)]
    pub token_file: Option<PathBuf>,
    /// A file with `user:password`; `-` reads it from standard input. It is sent to the relay's host only
    #[arg(
        long,
        value_name = "FILE",
        env = "WATERTIGHT_BASIC_FILE",
        hide_env_values = true,
        conflicts_with = "token_file"
    )]
    pub basic_file: Option<PathBuf>,
    /// The number of the user whose token it is, for new-api
    #[arg(
        long,
        value_name = "NUMBER",
        env = "WATERTIGHT_NEW_API_USER",
        hide_env_values = true,
        default_value_t = 1
    )]
    pub new_api_user: u32,
    /// Trust only the certificate authorities in this PEM file
    #[arg(long, value_name = "FILE", env = "WATERTIGHT_CA_FILE", hide_env_values = true)]
    pub ca_file: Option<PathBuf>,
    /// Accept every certificate: anybody in between can read the token, and answer in the relay's place
    #[arg(long, conflicts_with = "ca_file")]
    pub insecure: bool,
}

/// A source by its name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum SourceArg {
    /// Whichever answers.
    #[default]
    Auto,
    /// The health JSON.
    Health,
    /// The statistics of new-api, for its root user.
    NewApi,
    /// Prometheus or OpenMetrics text.
    Metrics,
    /// Go's expvar: memory, no count.
    Expvar,
    /// The first line of Go's goroutine profile: the count alone.
    Pprof,
    /// The process that --pid names.
    Pid,
    /// The newest row of the recording that --api-url names.
    Csv,
}
