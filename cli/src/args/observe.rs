//! The observing commands.

use std::ops::Deref;
use std::time::Duration;

use clap::{Arg, ArgAction, ArgMatches, Args, FromArgMatches, ValueEnum};
use vitals::units::{parse_duration, parse_size};
use vitals::{Expectation, Language};

use super::{GateArgs, SourceArgs};

const EACH_ADDRESS: &str = "each_address";

/// The target: these flags are alike in every command.
#[derive(Clone, Debug, Args)]
pub struct TargetArgs {
    /// The relay: a host, an address with port, a URL with or without a path, unix:///path/of.sock, or a recording
    /// that is being written [default: http://localhost:3000, unless --metrics-url, --pprof-url or --pid says enough]
    #[arg(
        long,
        visible_alias = "url",
        value_name = "URL",
        env = "WATERTIGHT_API_URL",
        hide_env_values = true
    )]
    pub api_url: Option<String>,
    /// How long one poll may take in all, for example 500ms or 5s (bare numbers are seconds)
    #[arg(long, value_name = "TIME", env = "WATERTIGHT_TIMEOUT", hide_env_values = true, default_value = "5s", value_parser = timeout)]
    pub timeout: Duration,
    /// The sources.
    #[command(flatten)]
    pub source: SourceArgs,
}

/// The flags of a target, with `--api-url` as often as there are targets.
#[derive(Clone, Debug)]
pub struct TargetsArgs {
    /// The first target, and what holds for all.
    pub shared: TargetArgs,
    /// Every address; none where another flag names what is observed.
    pub urls: Vec<Option<String>>,
    /// Every address that a name resolves to is a target.
    pub each_address: bool,
}

/// What holds for all of them.
impl Deref for TargetsArgs {
    type Target = TargetArgs;

    fn deref(&self) -> &TargetArgs {
        &self.shared
    }
}

impl FromArgMatches for TargetsArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        Self::from_arg_matches_mut(&mut matches.clone())
    }

    fn from_arg_matches_mut(matches: &mut ArgMatches) -> Result<Self, clap::Error> {
        let mut urls: Vec<_> = matches.get_many("api_url").into_iter().flatten().cloned().map(Some).collect();
        if urls.is_empty() {
            urls.push(None);
        }
        let each_address = matches.get_flag(EACH_ADDRESS);
        Ok(Self { shared: TargetArgs::from_arg_matches_mut(matches)?, urls, each_address })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for TargetsArgs {
    fn augment_args(command: clap::Command) -> clap::Command {
        let command = TargetArgs::augment_args(command).mut_arg("api_url", |arg| {
            arg.action(ArgAction::Append).help(
                "The relay: a host, an address with port, a URL with or without a path, unix:///path/of.sock, or a \
                 recording that is being written; repeat it for several relays, which are shown one by one, and of which \
                 the gravest verdict counts [default: http://localhost:3000, unless --metrics-url, --pprof-url or --pid \
                 says enough]",
            )
        });
        let each = Arg::new(EACH_ADDRESS).long("each-address").action(ArgAction::SetTrue).help(
            "Poll every address that the name of --api-url resolves to, each as an instance of its own, past any proxy. \
             Names are looked up once, at the start",
        );
        command.arg(each)
    }

    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        Self::augment_args(command)
    }
}

/// `quick-check`
#[derive(Debug, Args)]
pub struct QuickCheckArgs {
    /// The target or targets, and the way there.
    #[command(flatten)]
    pub target: TargetsArgs,
    /// The thresholds of goroutines.
    #[command(flatten)]
    pub thresholds: ThresholdArgs,
    /// From the verdict to the exit code.
    #[command(flatten)]
    pub gate: GateArgs,
    /// What must hold besides the thresholds, repeatable: a column of a recording, a number of the health JSON,
    /// `latency_ms` or `unexplained`, one of < <= > >= == != and a limit, for example 'goroutines<2000',
    /// 'memory.alloc_mb<1024', 'alloc_bytes<512MiB' or 'latency_ms<200'. What does not hold is danger; what the target
    /// does not report cannot be told
    #[arg(long = "expect", value_name = "METRIC<LIMIT", value_parser = Expectation::parse, help_heading = "Gates")]
    pub expectations: Vec<Expectation>,
    /// Poll this many times, one second apart, and judge the median of what came: one odd moment decides nothing.
    /// If fewer than half of the polls succeed, the target counts as unreachable
    #[arg(long, value_name = "COUNT", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1000), help_heading = "Gates")]
    pub samples: u32,
    /// Fail (exit 2) if the target restarts more often than this between the polls of --samples; 0 forbids the first
    /// restart, too. Without it, the first one is told, more are a warning, and a crash loop is danger
    #[arg(long, value_name = "COUNT", value_parser = whole, allow_negative_numbers = true, help_heading = "Gates")]
    pub max_restarts: Option<u64>,
    /// The form of the answer
    #[arg(long, value_enum, default_value_t)]
    pub format: CheckFormat,
}

/// Numbers of goroutines that stop being fine.
#[derive(Clone, Copy, Debug, Args)]
pub struct ThresholdArgs {
    /// Goroutines above which to warn [default: 2000]; load that the relay explains is subtracted first
    #[arg(long, value_name = "COUNT", env = "WATERTIGHT_WARNING", hide_env_values = true, value_parser = whole, allow_negative_numbers = true)]
    pub warning: Option<u64>,
    /// Goroutines above which there is danger [default: 5000]
    #[arg(long, value_name = "COUNT", env = "WATERTIGHT_DANGER", hide_env_values = true, value_parser = whole, allow_negative_numbers = true)]
    pub danger: Option<u64>,
    /// The memory that the target may use, for example 512MiB or 4GiB: resident memory above 90 % of it is a warning,
    /// and growth is told with the time until then [default: what the target, or with --pid its control group, says]
    #[arg(long, value_name = "SIZE", env = "WATERTIGHT_MEMORY_LIMIT", hide_env_values = true, value_parser = memory_limit, allow_negative_numbers = true)]
    pub memory_limit: Option<u64>,
    /// The share of requests that end badly above which to warn [default: 5%]: of those that end while it is looked
    /// at. Not bad are clients that leave, and answers of 4xx; fewer than 20 requests are not judged
    #[arg(long, value_name = "PERCENT", value_parser = error_rate, allow_hyphen_values = true)]
    pub max_error_rate: Option<u64>,
    /// How long an answer to a poll may take, in the median of three or more, before it is a warning [default: 2s]
    #[arg(long, value_name = "TIME", value_parser = latency)]
    pub max_latency: Option<Duration>,
}

/// The forms of a quick check's answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum CheckFormat {
    /// For people.
    #[default]
    Text,
    /// For programs: one object on one line.
    Json,
    /// One line with performance data, and Nagios' exit codes also for usage errors.
    Nagios,
    /// One line for a container's health check, and its exit codes: 0 is healthy, which a warning is; 1 is not.
    Docker,
    /// A test suite in XML.
    Junit,
    /// Annotations, and a summary where GITHUB_STEP_SUMMARY says.
    Github,
    /// For node_exporter's textfile collector.
    Prometheus,
}

/// What is wrong with a value, in the language that is spoken.
pub(super) fn flaw(en: &str, zh: &str) -> String {
    Language::current().pick(en, zh).to_owned()
}

/// A percentage in millionths.
pub(super) fn error_rate(text: &str) -> Result<u64, String> {
    let number = text.trim().strip_suffix('%').unwrap_or(text).trim();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to a million")]
    match number.parse::<f64>() {
        Ok(percent) if (0.0..=100.0).contains(&percent) => Ok((percent * 10_000.0).round() as u64),
        _ => Err(flaw("write a percentage from 0 to 100, like 5%", "请写 0 到 100 的百分比，例如 5%")),
    }
}

fn latency(text: &str) -> Result<Duration, String> {
    within(text, Duration::from_millis(1), HOUR, "1ms to 1h")
}

pub(super) fn whole(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| flaw("write a whole number, such as 3000", "请写整数，例如 3000"))
}

fn memory_limit(text: &str) -> Result<u64, String> {
    match parse_size(text) {
        Ok(0) => Err(flaw(
            "a limit of nothing is none: write a size such as 512MiB",
            "0 不是限制：请写大小，例如 512MiB",
        )),
        size => size,
    }
}

pub(super) fn at_least_one(text: &str) -> Result<u64, String> {
    match text.parse() {
        Ok(0) | Err(_) => {
            Err(flaw("write a whole number of 1 or more, such as 3000", "请写 1 以上的整数，例如 3000"))
        }
        Ok(count) => Ok(count),
    }
}

pub(super) fn within(text: &str, from: Duration, to: Duration, range: &str) -> Result<Duration, String> {
    let value = parse_duration(text)?;
    if (from..=to).contains(&value) {
        Ok(value)
    } else {
        let range_zh = range.replace(" to ", " 到 ");
        Err(Language::current().pick(
            format!("`{text}` is out of range: from {range}"),
            format!("`{text}` 超出范围：{range_zh}"),
        ))
    }
}

const HOUR: Duration = Duration::from_secs(3600);

pub(super) fn timeout(text: &str) -> Result<Duration, String> {
    within(text, Duration::from_millis(1), HOUR, "1ms to 1h")
}

pub(super) fn interval(text: &str) -> Result<Duration, String> {
    within(text, Duration::from_millis(100), 24 * HOUR, "100ms to 24h")
}

pub(super) fn duration(text: &str) -> Result<Duration, String> {
    within(text, Duration::from_millis(1), 10 * 365 * 24 * HOUR, "1ms to 3650d")
}

pub(super) fn label(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err(flaw("write it like version=1.4", "请写成 version=1.4 这样")),
    }
}
