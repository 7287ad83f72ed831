//! `config` and `init`

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::ListFormat;

/// `config …`
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Show each value in effect and where it came from, secrets masked: flag, variable, file and line, or default
    Show(ConfigShowArgs),
}

/// `config show`
#[derive(Debug, Args)]
pub struct ConfigShowArgs {
    /// The configuration
    #[arg(short, long, value_name = "FILE", env = "WATERTIGHT_CONFIG", hide_env_values = true)]
    pub config: Option<PathBuf>,
    /// Where `serve` would listen; wins over the configuration
    #[arg(long, value_name = "ADDR:PORT", env = "WATERTIGHT_LISTEN", hide_env_values = true)]
    pub listen: Option<String>,
    /// As `serve --demo`: the built-in demo provider, whatever is configured
    #[arg(long)]
    pub demo: bool,
    /// The form of the result
    #[arg(long, value_enum, default_value_t)]
    pub format: ListFormat,
}

/// `init`
#[derive(Debug, Args)]
pub struct InitArgs {
    /// The file to write, which must not be there; `-` is standard output
    #[arg(short, long, value_name = "FILE", default_value = "watertight.toml")]
    pub output: PathBuf,
}
