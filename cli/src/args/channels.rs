//! `channels`

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};

use super::ListFormat;
use super::observe::timeout;

/// `channels …`
#[derive(Debug, Subcommand)]
pub enum ChannelsCommand {
    /// Show the channels that are configured, without asking anybody
    List(ChannelsArgs),
    /// Send one small real request to each channel, or to one, and say step by step how it went
    Test(ChannelsTestArgs),
    /// Ask a channel's provider which models it has
    Models(ChannelsModelsArgs),
}

/// What all of them take.
#[derive(Debug, Args)]
pub struct ChannelsArgs {
    /// The configuration
    #[arg(short, long, value_name = "FILE", env = "WATERTIGHT_CONFIG", hide_env_values = true)]
    pub config: Option<PathBuf>,
    /// The form of the result
    #[arg(long, value_enum, default_value_t)]
    pub format: ListFormat,
}

/// `channels test`
#[derive(Debug, Args)]
pub struct ChannelsTestArgs {
    /// The channel; all of them by default
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
    /// The model to ask for; by default the first that the configuration or the provider names
    #[arg(long, value_name = "NAME")]
    pub model: Option<String>,
    /// The longest that one channel may take; `channels.timeouts` hold where they are shorter
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = timeout)]
    pub timeout: Duration,
    /// The rest.
    #[command(flatten)]
    pub common: ChannelsArgs,
}

/// `channels models`
#[derive(Debug, Args)]
pub struct ChannelsModelsArgs {
    /// The channel
    #[arg(value_name = "NAME")]
    pub name: String,
    /// The longest that it may take; `channels.timeouts` hold where they are shorter
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = timeout)]
    pub timeout: Duration,
    /// The rest.
    #[command(flatten)]
    pub common: ChannelsArgs,
}
