//! `compare`

use std::time::Duration;

use clap::{Args, ValueEnum};
use vitals::Language;

use super::observe::{at_least_one, duration, flaw, interval, timeout, whole};
use super::{GateArgs, SourceArgs, ThresholdArgs};

/// `compare`
#[derive(Debug, Args)]
pub struct CompareArgs {
    /// The recording to compare with: a file of `record` (CSV or NDJSON, gzipped or not), a log of the old scripts, a
    /// quoted glob of several (joined in order of time), or `-` for standard input
    pub baseline: String,
    /// The recording to judge, in the same forms; or a URL, which is polled for a while
    #[arg(required_unless_present_any = ["days", "each"])]
    pub current: Option<String>,
    /// More recordings: with three or more, each is a column as with --each
    #[arg(value_name = "MORE")]
    pub more: Vec<String>,
    /// Cut all recordings at midnight (UTC; old logs at that of their own clock), and say which day changed: each is
    /// compared with all earlier ones since the level last changed
    #[arg(long, conflicts_with = "each", help_heading = "More than two")]
    pub days: bool,
    /// The same with a column for every file that the arguments and their globs name, in order of time
    #[arg(long, help_heading = "More than two")]
    pub each: bool,
    /// Fail if goroutines grew by more than this and by more than 50: CURRENT's level (median) above BASELINE's, or
    /// the median of the last fifth of CURRENT's rows above that of its first fifth. Goroutines that the load
    /// explains do not count where both sides report them
    #[arg(long, value_name = "PERCENT", value_parser = percent, allow_hyphen_values = true, help_heading = "Gates")]
    pub max_growth: Option<f64>,
    /// Fail unless CURRENT's goroutines, without those that its load explains, always stayed below this
    #[arg(long, value_name = "COUNT", value_parser = at_least_one, allow_negative_numbers = true, help_heading = "Gates")]
    pub max_peak: Option<u64>,
    /// Let a CURRENT pass that idles: without this, one whose median load (requests in flight, else requests or bytes
    /// allocated a second) is under a tenth of BASELINE's cannot be told, whatever the gates say; with --days and
    /// --each, any column beside most of those that it is compared with
    #[arg(long, help_heading = "Gates")]
    pub allow_idle: bool,
    /// Fail if CURRENT's target (with --days and --each: that of any column) restarted more often than this; 0 forbids
    /// the first restart, too. Without it, the first one is told, more an hour than BASELINE's (than those of earlier
    /// columns) are a warning, and a crash loop is danger
    #[arg(long, value_name = "COUNT", value_parser = whole, allow_negative_numbers = true, help_heading = "Gates")]
    pub max_restarts: Option<u64>,
    /// How sure a difference of levels must be: a regression is one that chance gives less often than this. It must
    /// also matter: over 10 % and 50 goroutines, or over 10 % and 16 MiB
    #[arg(long, value_name = "SHARE", default_value_t = 0.05, value_parser = share, allow_negative_numbers = true, help_heading = "Gates")]
    pub alpha: f64,
    /// CURRENT is judged by these: its level by both, its peak by the one for danger.
    #[command(flatten)]
    pub thresholds: ThresholdArgs,
    /// From the verdict to the exit code.
    #[command(flatten)]
    pub gate: GateArgs,
    /// The form of the answer
    #[arg(long, value_enum, default_value_t)]
    pub format: CompareFormat,
    /// How a URL is polled.
    #[command(flatten)]
    pub polling: PollingArgs,
}

/// How CURRENT is polled when it is a URL.
#[derive(Debug, Args)]
#[command(next_help_heading = "When CURRENT is a URL")]
pub struct PollingArgs {
    /// Time between polls
    #[arg(short, long, value_name = "TIME", default_value = "1s", value_parser = interval)]
    pub interval: Duration,
    /// Stop after this time [default: 1m, unless -n is given]; Ctrl-C stops earlier and compares what there is
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub duration: Option<Duration>,
    /// Stop after this many polls
    #[arg(short = 'n', long, value_name = "COUNT", value_parser = polls, allow_negative_numbers = true)]
    pub count: Option<u64>,
    /// How long one poll may take in all
    #[arg(long, value_name = "TIME", env = "WATERTIGHT_TIMEOUT", hide_env_values = true, default_value = "5s", value_parser = timeout)]
    pub timeout: Duration,
    /// The sources.
    #[command(flatten)]
    pub source: SourceArgs,
}

/// Polls are kept in memory, so there is an end to them.
pub(crate) const MAX_POLLS: u64 = 100_000;

/// The forms of a comparison.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum CompareFormat {
    /// For people.
    #[default]
    Text,
    /// For programs: one object on one line.
    Json,
    /// For pull requests and chats.
    Markdown,
    /// A test suite in XML.
    Junit,
    /// Annotations, and a summary where GITHUB_STEP_SUMMARY says.
    Github,
    /// One line with performance data, and Nagios' exit codes also for usage errors.
    Nagios,
}

fn percent(text: &str) -> Result<f64, String> {
    let number = text.trim().strip_suffix('%').unwrap_or(text).trim();
    match number.parse::<f64>() {
        Ok(percent) if percent.is_finite() && percent >= 0.0 => Ok(percent),
        _ => Err(flaw("write a percentage of 0 or more, like 20%", "请写 0 以上的百分比，例如 20%")),
    }
}

fn polls(text: &str) -> Result<u64, String> {
    match at_least_one(text)? {
        polls if polls <= MAX_POLLS => Ok(polls),
        _ => Err(Language::current().pick(
            format!("up to {MAX_POLLS} polls are kept: use `watertight record`, and compare its file"),
            format!("最多保留 {MAX_POLLS} 次采样：请用 `watertight record`，再对比它的文件"),
        )),
    }
}

fn share(text: &str) -> Result<f64, String> {
    match text.trim().parse::<f64>() {
        Ok(share) if share > 0.0 && share < 1.0 => Ok(share),
        _ => Err(flaw("write a share between 0 and 1, like 0.05", "请写 0 和 1 之间的数，例如 0.05")),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn shares() {
        assert_eq!(super::share("0.01"), Ok(0.01));
        for wrong in ["", "0", "1", "5%", "nan", "-0.1"] {
            assert!(super::share(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn percentages() {
        for (text, percent) in [("20%", 20.0), ("20", 20.0), (" 7.5 % ", 7.5), ("0", 0.0)] {
            assert_eq!(super::percent(text), Ok(percent));
        }
        for wrong in ["", "%", "-1%", "inf", "nan", "20%%", "a"] {
            assert!(super::percent(wrong).is_err(), "{wrong}");
        }
    }
}
