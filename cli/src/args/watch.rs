//! `watch`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::observe::{at_least_one, duration, flaw, interval, label, whole};
use super::{GateArgs, OnArgs, TargetsArgs, ThresholdArgs};

/// The lines of a watch and its verdict. Paragraphs of one line each: help and manual wrap them.
pub(super) const LONG: &str = "\
Poll a relay, show it live, or one line per sample, then a closing summary, and exit with the verdict

At a terminal there is a live view: chart with thresholds, verdict and why, numbers (`?` shows its keys). Elsewhere, \
with --plain, under CI or with TERM=dumb there is a line per sample.

Thresholds apply to the goroutines beyond those that the relay's own load explains (`beyond`), where the target \
tells, otherwise to all of them. So do `change`, since the sample before, and `net`, since the first one. A failed \
poll is a line and says what to check; the watch goes on. After a restart of the target, `net` counts anew.

The verdict at the end is the gravest of these:

danger: some sample was above a danger threshold (goroutines, live memory, overdue exchanges), the peak reached \
what --max-peak gives, goroutines or live memory grow and the load is not the cause, a stack that leaks has over half of \
the growth in three profiles a minute apart, the target is in a crash loop \
(three restarts within ten minutes, five within an hour, or three lives in a row of less than two minutes), or it \
restarted more often than --max-restarts allows;

unknown: no poll succeeded, more than half of them failed, or the last one failed; with --require-trend, also when \
it cannot be told whether the count grows;

warning: the last sample is above a warning threshold, of the requests that ended in the last five minutes (20 or more) \
over 5 % ended badly, answers to polls take over 2 s, something grows and nothing is known of the load (unless \
--steady-load says that it is steady), over half of all goroutines (and at least 100) stand in a stack that leaks and \
do not leave over three profiles, the target restarted more than once, or, without --max-peak, the peak reached 3000;

ok: otherwise. A warning that passed, and growth that levelled off, are only mentioned.

A restart begins a new life, which is judged by itself: the last one that is long enough (9 minutes) decides, with \
what came after it; what was before is told. The first restart is no finding: a deployment is one. Several instances \
behind one address are told apart by start times and counters that come back, and the worst of them decides.

Resident memory, descriptors, threads and connections are looked at, too. Their growth is a warning, and danger where \
their limit is near: that of descriptors by what the target says, that of memory by --memory-limit, the target or its \
control group. Resident memory that stays at its peak is no growth. A target without a count (Python, Node, any \
process by --pid) is judged by these alone.

Growth is looked for at the ends of blocks of a minute or more, after a warm-up of a minute; it takes 8 blocks, so \
about 9 minutes, and two looks in a row that agree. One step up and a rise with the load are no growth. What is \
stable comes with the smallest slope that the watch can show. `start to end` compares two samples and is no trend. A load \
test, whose load is known not to change by itself, may take shorter blocks: `-i 500ms --block 6s` judges the count \
after a minute. Memory keeps its minutes.

While goroutines of a Go program grow, its profile is taken once a minute, and the stacks that grow are named; with \
--pprof-url there is one at the start to compare with. Where answers that nobody closed grow, a heap profile goes with \
it, which says who asked for them.";

/// `watch`
#[derive(Debug, Args)]
pub struct WatchArgs {
    /// The target or targets, and the way there.
    #[command(flatten)]
    pub target: TargetsArgs,
    /// Time between polls, for example 500ms, 5s or 1m (bare numbers are seconds)
    #[arg(short, long, value_name = "TIME", env = "WATERTIGHT_INTERVAL", hide_env_values = true, default_value = "5s", value_parser = interval)]
    pub interval: Duration,
    /// Stop after this time, for example 30m or 2h; without it and -n, watch until Ctrl-C
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub duration: Option<Duration>,
    /// Stop after this many polls
    #[arg(short = 'n', long, value_name = "COUNT", value_parser = at_least_one, allow_negative_numbers = true)]
    pub count: Option<u64>,
    /// The thresholds of goroutines.
    #[command(flatten)]
    pub thresholds: ThresholdArgs,
    /// From the verdict to the exit code.
    #[command(flatten)]
    pub gate: GateArgs,
    /// A gate: fail (exit 2) unless the peak stays below this; without it, a peak of 3000 or more is a warning
    #[arg(long, value_name = "COUNT", value_parser = at_least_one, allow_negative_numbers = true, help_heading = "Gates")]
    pub max_peak: Option<u64>,
    /// A gate: fail (exit 2) if the target restarts more often than this; 0 forbids the first restart, too. Without it,
    /// the first one is told, more are a warning, and a crash loop is danger
    #[arg(long, value_name = "COUNT", value_parser = whole, allow_negative_numbers = true, help_heading = "Gates")]
    pub max_restarts: Option<u64>,
    /// The load is steady, take my word for it: growth is then danger also where nothing is known of the load
    #[arg(long, help_heading = "Gates")]
    pub steady_load: bool,
    /// Judge whether the count grows in blocks of at least this time, after a warm-up of as much: for load tests. Less
    /// than a minute needs a shorter interval, of 12 polls a block or more
    #[arg(long, value_name = "TIME", default_value = "1m", value_parser = block, help_heading = "Gates")]
    pub block: Duration,
    /// A watch that cannot tell whether the count grows is unknown (exit 3): one of less than 9 minutes, but not one of 5 that
    /// is so level that no leak fits into it which would be danger within a day
    #[arg(long, help_heading = "Gates")]
    pub require_trend: bool,
    /// Also record every poll into this CSV file, as `record` does. Several targets need `{host}` in its name, and have a
    /// file each
    #[arg(long, value_name = "FILE", value_parser = file)]
    pub record: Option<PathBuf>,
    /// Go on with an existing recording
    #[arg(long, requires = "record", conflicts_with = "force")]
    pub append: bool,
    /// Overwrite an existing recording
    #[arg(long, requires = "record")]
    pub force: bool,
    /// A note for the recording's side file, repeatable: what was deployed, which load ran
    #[arg(long = "label", requires = "record", value_name = "NAME=VALUE", value_parser = label)]
    pub labels: Vec<(String, String)>,
    /// Tell a chat when the verdict changes, when the target restarts, when it does not answer and when it does again: the
    /// URL of a WeCom, DingTalk, Feishu or Slack robot, or of anything that takes JSON. It is a secret: rather than here,
    /// put it into the environment
    #[arg(
        long,
        value_name = "URL",
        env = "WATERTIGHT_WEBHOOK",
        hide_env_values = true,
        help_heading = "Webhook"
    )]
    pub webhook: Option<String>,
    /// The form of its messages
    #[arg(long, value_enum, default_value_t, requires = "webhook", help_heading = "Webhook")]
    pub webhook_format: WebhookFormat,
    /// Sign the messages with the secret in this file ("-": standard input), as robots of DingTalk and Feishu ask. Or put
    /// the secret into the variable WATERTIGHT_WEBHOOK_SECRET
    #[arg(long, value_name = "FILE", requires = "webhook", help_heading = "Webhook")]
    pub webhook_secret_file: Option<PathBuf>,
    /// What gets worse is told at once; what gets better not before this time has passed since the last message
    #[arg(long, value_name = "TIME", default_value = "5m", value_parser = duration, requires = "webhook", help_heading = "Webhook")]
    pub webhook_cooldown: Duration,
    /// Commands for what it sees.
    #[command(flatten)]
    pub on: OnArgs,
    /// A line a poll, also at a terminal, instead of the live view
    #[arg(long)]
    pub plain: bool,
    /// The form of the lines
    #[arg(long, value_enum, default_value_t)]
    pub format: WatchFormat,
}

/// The forms of a watch's lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum WatchFormat {
    /// For people.
    #[default]
    Text,
    /// For programs: one object per line, the last one is the summary.
    Ndjson,
}

/// The forms of a message to a chat.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum WebhookFormat {
    /// By the URL's host; plain JSON where that is not known.
    #[default]
    Auto,
    /// WeCom, group robot.
    Wecom,
    /// DingTalk, custom robot.
    Dingtalk,
    /// Feishu and Lark, custom bot.
    Feishu,
    /// Slack and what takes its incoming webhooks.
    Slack,
    /// One object with verdict, reasons and metrics.
    Json,
}

/// A block shorter than a second has too few polls, one longer than a day never ends.
fn block(text: &str) -> Result<Duration, String> {
    let block = duration(text)?;
    let range = Duration::from_secs(1)..=Duration::from_secs(86_400);
    if range.contains(&block) {
        Ok(block)
    } else {
        Err(flaw("a block takes from 1s to 24h", "时段从 1s 到 24h"))
    }
}

fn file(text: &str) -> Result<PathBuf, String> {
    match text {
        "-" => Err(flaw(
            "standard output carries the watch's own lines: name a file",
            "标准输出上已经是观察的各行：请写文件名",
        )),
        _ => Ok(text.into()),
    }
}
