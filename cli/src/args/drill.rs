//! `drill` and `drill upstream`

use std::{path::PathBuf, time::Duration};

use clap::{Args, Subcommand, ValueEnum};

use vitals::Language;

use super::ListFormat;
use super::observe::flaw;

pub(super) const LONG: &str = "\
Put a relay through every fault that upstreams and clients are known to commit, and exit with the verdict

Without --target, the relay is this program's own `serve`: a fresh one for each row of the fault matrix, with short \
deadlines, in front of the drill's misbehaving upstream. With --target it is any relay, of any make, that has been \
pointed at the drill's upstream; rows that need a configuration of their own are skipped then.

A row's verdict is `dead` (the process ended, or good requests find nobody any more), `leak` (something was not given back within 5 seconds), `lie` (a broken answer that an official \
SDK takes for a whole one), `hang` (no end within --patience), `wrong` (anything else that is not as it must be), \
`pass`, or `skipped` with its reason.";

const COMPARE: &str = "\
Put the results of several drills side by side

Shows the verdict of each row in each file, how many rows came out how, and a sentence for each row that came out \
differently. With --gate the files are one relay in order of time: what is worse in the last one than in the one \
before it is named, `new leak in row 8`, and the exit code says so: 2 when a row is worse; otherwise 3 when no row is in \
both, or the last drill was interrupted. From good to bad: pass, wrong, hang, lie, leak, dead.";

/// `drill`
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct DrillArgs {
    /// A part of the drill alone.
    #[command(subcommand)]
    pub command: Option<DrillCommand>,
    /// The command of the drill.
    #[command(flatten)]
    pub run: DrillRunArgs,
}

/// `drill …`
#[derive(Debug, Subcommand)]
pub enum DrillCommand {
    /// Run an upstream that answers, and misbehaves on request
    Upstream(UpstreamArgs),
    /// Put the results of several drills side by side
    #[command(long_about = COMPARE)]
    Compare(DrillCompareArgs),
}

/// `drill compare`
#[derive(Debug, Args)]
pub struct DrillCompareArgs {
    /// Results that `drill --format json` has written, one for each column
    #[arg(value_name = "FILE", required = true, num_args = 2..=16)]
    pub files: Vec<PathBuf>,
    /// The form of the answer
    #[arg(long, value_enum, default_value_t)]
    pub format: DrillCompareFormat,
    /// Take the files for one relay in order of time, and exit with 2 when the last is worse than the one before in any
    /// row that was done in both, otherwise with 3 when the last was interrupted
    #[arg(long)]
    pub gate: bool,
}

/// The forms of a comparison of drills.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum DrillCompareFormat {
    /// For people.
    #[default]
    Text,
    /// For programs.
    Json,
    /// For pull requests and documents.
    Markdown,
    /// A page that needs nothing else.
    Html,
}

/// `drill` without a further command
#[derive(Debug, Args)]
pub struct DrillRunArgs {
    /// Run only these rows: numbers, ranges and names, as in `1-7,14,huge-events`
    #[arg(long, value_name = "ROWS")]
    pub only: Vec<String>,
    /// Leave these rows out
    #[arg(long, value_name = "ROWS")]
    pub skip: Vec<String>,
    /// Requests of each row [default: 100, with --full 300]
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub requests: Option<u32>,
    /// How many at once [default: 25, with --full 50]
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=5000))]
    pub concurrency: Option<u32>,
    /// Start requests when they are due, so many a second or minute (`200/s`, `60/m`), whether or not the ones before
    /// are over; latency counts from then. Rows of one kind of request only; the others keep to --concurrency
    #[arg(long, value_name = "RATE", value_parser = rate)]
    pub rate: Option<f64>,
    /// How long a client waits before a row counts as hanging [default: 30s, with --full 45s]
    #[arg(long, value_name = "TIME", value_parser = patience)]
    pub patience: Option<Duration>,
    /// 300 requests of each row, 50 at once, three times over, and instead of short deadlines the relay's defaults,
    /// divided by 60: a minute becomes a second
    #[arg(long)]
    pub full: bool,
    /// List the rows, and exit
    #[arg(long)]
    pub list: bool,
    /// The form of the result
    #[arg(long, value_enum, default_value_t)]
    pub format: DrillFormat,
    /// Go on from a result in JSON: rows that were done in it stay, also a `dead` one; rows that were skipped or
    /// interrupted are done. The target and the options must be the same
    #[arg(long, value_name = "FILE")]
    pub resume: Option<PathBuf>,
    /// Another relay: its URL, for example http://127.0.0.1:4000; it must have been pointed at --upstream-listen
    #[arg(long, value_name = "URL", help_heading = "Another relay")]
    pub target: Option<String>,
    /// The one model to ask for; the fault is asked for in the text of the message [default: drill]
    #[arg(
        long,
        value_name = "NAME",
        value_parser = model,
        requires = "target",
        conflicts_with = "model_prefix",
        help_heading = "Another relay"
    )]
    pub model: Option<String>,
    /// Ask for the fault in the model's name instead, behind TEXT, for example `openai/`: the relay must pass any on
    #[arg(long, value_name = "TEXT", requires = "target", help_heading = "Another relay")]
    pub model_prefix: Option<String>,
    /// A file with the key that it wants to see; `-` is standard input
    #[arg(long, value_name = "FILE", requires = "target", help_heading = "Another relay")]
    pub key_file: Option<PathBuf>,
    /// Where the drill's upstream listens for it
    #[arg(
        long,
        value_name = "ADDR:PORT",
        default_value = "127.0.0.1:9900",
        requires = "target",
        help_heading = "Another relay"
    )]
    pub upstream_listen: String,
    /// Start it by this command (`sh -c`, on Windows `cmd /C`), and end it at the end: its processes are known then, and
    /// after a death it is started anew
    #[arg(
        long,
        value_name = "COMMAND",
        value_parser = command,
        requires = "target",
        conflicts_with = "pid",
        help_heading = "Another relay"
    )]
    pub start: Option<String>,
    /// Start it anew for each row
    #[arg(long, requires = "start", help_heading = "Another relay")]
    pub start_each: bool,
    /// End it when its processes have more memory than this together, on Linux [default: half of what is free]
    #[arg(
        long,
        value_name = "SIZE",
        value_parser = memory,
        requires = "start",
        help_heading = "Another relay"
    )]
    pub start_memory: Option<u64>,
    /// How long it may be silent after its start [default: 60s]
    #[arg(
        long,
        value_name = "TIME",
        value_parser = patience,
        requires = "start",
        help_heading = "Another relay"
    )]
    pub start_wait: Option<Duration>,
    /// The number of its one process, on this Linux machine: descriptors, memory and threads are read from /proc
    ///
    /// The process must be the one that relays, and not one that only starts others: of nginx a worker's, of a program
    /// behind a shell or a supervisor its own. Reading its descriptors needs the same user, or root; in a container,
    /// the number that it has outside. A relay of several processes is drilled without, or told to have one worker.
    #[arg(long, value_name = "PID", requires = "target", help_heading = "Another relay")]
    pub pid: Option<u32>,
    /// Where it serves Go's net/http/pprof: tasks are counted there, and those that stay are told by their stacks
    #[arg(long, value_name = "URL", requires = "target", help_heading = "Another relay")]
    pub pprof_url: Option<String>,
}

/// `drill upstream`
#[derive(Debug, Args)]
pub struct UpstreamArgs {
    /// Where to listen
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:9900")]
    pub listen: String,
    /// List the faults and how to ask for them, and exit
    #[arg(long)]
    pub list: bool,
    /// Leave when standard input is closed, so that it does not outlive what started it
    #[arg(long)]
    pub until_stdin_closes: bool,
    /// Speak TLS too, on the same port: an authority is made at the start, and its certificate written to FILE
    #[arg(long, value_name = "FILE")]
    pub tls_authority: Option<PathBuf>,
    /// Misbehave on every connection: `max-streams-1`, `silent`, `tls-stall` and others that --list shows
    #[arg(long, value_name = "FAULT")]
    pub connections: Option<String>,
    /// The form of the list
    #[arg(long, value_enum, default_value_t, requires = "list")]
    pub format: ListFormat,
}

/// The forms of a drill's result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum DrillFormat {
    /// For people.
    #[default]
    Text,
    /// For programs.
    Json,
    /// For pull requests and documents.
    Markdown,
    /// For CI servers.
    Junit,
}

fn patience(text: &str) -> Result<Duration, String> {
    let patience = vitals::units::parse_duration(text)?;
    let bounds = Duration::from_millis(100)..=Duration::from_secs(3600);
    if bounds.contains(&patience) {
        Ok(patience)
    } else {
        Err(flaw("must be between 100ms and 1h", "必须在 100ms 和 1h 之间"))
    }
}

fn command(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() {
        Err(flaw("name the command that starts the relay", "请写启动中继的命令"))
    } else {
        Ok(text.to_owned())
    }
}

fn memory(text: &str) -> Result<u64, String> {
    let bytes = vitals::units::parse_size(text)?;
    if bytes >= 16 << 20 { Ok(bytes) } else { Err(flaw("must be at least 16 MiB", "至少 16 MiB")) }
}

fn model(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() {
        Err(flaw("name a model that the relay knows", "请写中继认识的模型"))
    } else {
        Ok(text.to_owned())
    }
}

/// Requests a second.
fn rate(text: &str) -> Result<f64, String> {
    let (number, seconds) = match text.trim().rsplit_once('/') {
        Some((number, "s")) => (number, 1.0),
        Some((number, "m" | "min")) => (number, 60.0),
        Some(_) => {
            return Err(flaw(
                "a rate is so many a second or a minute: `200/s` or `60/m`",
                "速率是每秒或每分钟多少个：`200/s` 或 `60/m`",
            ));
        }
        None => (text, 1.0),
    };
    let number: f64 = number.trim().parse().map_err(|_| {
        let number = number.trim();
        Language::current().pick(format!("`{number}` is not a number"), format!("`{number}` 不是数字"))
    })?;
    let rate = number / seconds;
    if (0.1..=10_000.0).contains(&rate) {
        Ok(rate)
    } else {
        Err(flaw("must be between 6/m and 10000/s", "必须在 6/m 和 10000/s 之间"))
    }
}

#[cfg(test)]
mod tests {
    use super::rate;

    #[test]
    fn rates_are_read() {
        assert_eq!((rate("200/s"), rate("60/m"), rate("5")), (Ok(200.0), Ok(1.0), Ok(5.0)));
        for (wrong, why) in [
            ("fast", "`fast`"),
            ("5/h", "200/s"),
            ("0/s", "between"),
            ("inf/s", "between"),
            ("NaN", "between"),
        ] {
            assert!(rate(wrong).is_err_and(|error| error.contains(why)), "{wrong}");
        }
    }
}
