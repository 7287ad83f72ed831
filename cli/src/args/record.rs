//! `record`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use vitals::Language;
use vitals::units::parse_size;

use super::TargetsArgs;
use super::observe::{at_least_one, duration, interval, label, within};

/// `record`
#[derive(Debug, Args)]
pub struct RecordArgs {
    /// The targets, and the way to them.
    #[command(flatten)]
    pub targets: TargetsArgs,
    /// Where to write: a file, `-` for standard output, a folder, or a name with `{host}` in it. Folders and `{host}`
    /// take the target's host, and several targets need one of the two
    #[arg(long, short = 'o', visible_alias = "output", value_name = "FILE")]
    pub csv: PathBuf,
    /// The form of the rows. `openmetrics` records CSV and, at the end, writes NAME.om beside it, for `promtool tsdb
    /// create-blocks-from openmetrics`
    #[arg(long, value_enum, default_value_t)]
    pub format: RecordFormat,
    /// Time between polls, for example 500ms, 5s or 1m (bare numbers are seconds)
    #[arg(short, long, value_name = "TIME", env = "WATERTIGHT_INTERVAL", hide_env_values = true, default_value = "5s", value_parser = interval)]
    pub interval: Duration,
    /// Stop after this time, for example 30m or 2h; without it and -n, record until Ctrl-C
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub duration: Option<Duration>,
    /// Stop after this many polls
    #[arg(short = 'n', long, value_name = "COUNT", value_parser = at_least_one, allow_negative_numbers = true)]
    pub count: Option<u64>,
    /// Go on with an existing recording
    #[arg(long, conflicts_with = "force")]
    pub append: bool,
    /// Overwrite an existing file; with rotation, every file of the recording
    #[arg(long)]
    pub force: bool,
    /// Begin a new file at each multiple of this time in UTC, for example 1h or 1d: `day.csv` becomes
    /// `day.20261118T000000000Z.csv`, by the time of its first row
    #[arg(long, value_name = "TIME", value_parser = period, help_heading = "Rotation")]
    pub rotate: Option<Duration>,
    /// Begin a new file before one grows beyond this, for example 64MiB
    #[arg(long, value_name = "SIZE", value_parser = file_size, help_heading = "Rotation")]
    pub rotate_size: Option<u64>,
    /// Keep this many files, with the one that is being written, and delete older ones; without it all are kept
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..), help_heading = "Rotation")]
    pub keep: Option<u32>,
    /// A note for the side file, repeatable: what was deployed, which load ran
    #[arg(long = "label", value_name = "NAME=VALUE", value_parser = label)]
    pub labels: Vec<(String, String)>,
}

/// The forms of a recording.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum RecordFormat {
    /// One row a poll.
    #[default]
    Csv,
    /// One object a poll, and a summary as the last one.
    Ndjson,
    /// CSV, and from it a file for Prometheus.
    Openmetrics,
}

fn period(text: &str) -> Result<Duration, String> {
    let day = Duration::from_secs(86400);
    within(text, Duration::from_secs(1), 366 * day, "1s to 366d")
}

fn file_size(text: &str) -> Result<u64, String> {
    match parse_size(text)? {
        size if size < 1024 => Err(Language::current()
            .pick(format!("`{text}` is too small: from 1KiB"), format!("`{text}` 太小：至少 1KiB"))),
        size => Ok(size),
    }
}
