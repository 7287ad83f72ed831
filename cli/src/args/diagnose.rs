//! `diagnose`

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::observe::duration;
use super::{ListFormat, TargetsArgs};

/// The looks of a diagnosis. Paragraphs of one line each: help and manual wrap them.
pub(super) const LONG: &str = "\
Find out why a relay cannot be reached, and which stack or channel grows in it

First the way there, step by step: the name, the connection, the encryption, HTTP, and whether what comes is an \
answer. The step that fails is told with what was seen and what to do next. On this machine also who listens on the \
port, and which container publishes it, with the end of its log.

Then what grows, where the target shows it: two goroutine profiles of a Go program (net/http/pprof), some time apart, \
and of this program's own relay the live exchanges. A place that grows is told with its function and line, how many \
more there are a minute, its share of all growth, what it waits for, and, where the pattern is known, what that means \
and what cures it. Where answers grow that nobody closed, the function that forgot them has returned and is in no such \
profile; a heap profile then says who asked for them, as an inference. A load that rises in that time makes stacks grow, too: look again while it is steady.

With --pid, what the process holds by kind, then and now: descriptors by what they are (the path of a file, the peer of a \
connection, a pipe), threads by their names. Five or more of one kind between the two looks are a warning.

Last, how much of a swing of the goroutines the load explains, where requests in flight are known: from samples that \
are taken between the two looks, or from a --recording, which needs no target.

With --deep, Go lists every goroutine, once: how long each has waited, and who started it. The program stands still \
while the list is written, for some milliseconds with a thousand goroutines, for seconds with a hundred thousand.

With --prove, Go 1.27 itself names goroutines that nothing can ever wake: a proof, for one garbage collection.";

/// `diagnose`
#[derive(Debug, Args)]
pub struct DiagnoseArgs {
    /// The target or targets, and the way there.
    #[command(flatten)]
    pub target: TargetsArgs,
    /// The time between two looks at what grows
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = duration)]
    pub apart: Duration,
    /// Also ask Go 1.27 for a proof: goroutines that nothing can ever wake. It collects garbage once for that
    #[arg(long)]
    pub prove: bool,
    /// Also list every goroutine with its waiting time and who started it, once. The program stands still meanwhile
    #[arg(long)]
    pub deep: bool,
    /// Look only at this recording: how much of its swing the load explains
    #[arg(long, value_name = "FILE", conflicts_with_all = ["prove", "deep"])]
    pub recording: Option<PathBuf>,
    /// The form of the answer
    #[arg(long, value_enum, default_value_t)]
    pub format: ListFormat,
}
