//! What a relay holds, read from outside: its upstream connections always, the rest as far as it is told.

use std::fs;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use process::fence::Sum;
use serde_json::{Map, Value};
use tokio::time::timeout;
use vitals::{EndReason, health};

use crate::client::{Client, Target};
use crate::stacks::Stacks;
use crate::start::Watch;
use crate::upstream::{Snapshot, Upstream};

/// Requests by the reason of their end, in the order of [`EndReason::ALL`].
pub(crate) type Ended = [u64; EndReason::ALL.len()];

/// How long a relay's own numbers may take.
const ANSWER: Duration = Duration::from_secs(5);

/// One reading. `None` is what the target does not tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) upstream_requests: u64,
    /// Without those that are idle, as far as a pool may keep them.
    pub(crate) upstream_connections: Option<u64>,
    /// Without those that belong to idle upstream connections.
    pub(crate) tasks: Option<u64>,
    /// Its tasks are threads, which a program makes when it needs them and keeps.
    pub(crate) threads: bool,
    /// Without those of idle upstream connections.
    pub(crate) descriptors: Option<u64>,
    pub(crate) permits: Option<u64>,
    pub(crate) overdue: Option<u64>,
    /// Resident memory, in bytes.
    pub(crate) resident: Option<u64>,
    /// Live heap where it is told, otherwise resident memory; in bytes.
    pub(crate) memory: Option<u64>,
    pub(crate) start_time: Option<u64>,
    pub(crate) requests_total: Option<u64>,
    pub(crate) ended: Option<Ended>,
}

/// Something that was not given back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Left {
    pub(crate) name: &'static str,
    pub(crate) before: u64,
    pub(crate) after: u64,
}

/// What good requests alone leave behind after so many of them, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Expected(pub(crate) Vec<(&'static str, u64)>);

impl Expected {
    /// So many of these.
    pub(crate) fn of(&self, name: &str) -> u64 {
        self.0.iter().find(|(known, _)| *known == name).map_or(0, |(_, count)| *count)
    }
}

impl Held {
    /// Everything that must be given back, by name.
    pub(crate) fn counts(&self) -> [(&'static str, Option<u64>); 6] {
        [
            ("upstream requests", Some(self.upstream_requests)),
            ("upstream connections", self.upstream_connections),
            ("tasks", self.tasks),
            ("descriptors", self.descriptors),
            ("permits", self.permits),
            ("overdue exchanges", self.overdue),
        ]
    }

    /// Everything of which there is more than before.
    pub(crate) fn left(&self, before: &Self) -> Vec<Left> {
        self.beyond(before, &Expected::default())
    }

    /// Everything of which there is more than before and than was to be expected.
    pub(crate) fn beyond(&self, before: &Self, expected: &Expected) -> Vec<Left> {
        let left =
            before.counts().into_iter().zip(self.counts()).filter_map(|((name, before), (_, after))| {
                let (before, after) = (before?, after?);
                (after > before + expected.of(name)).then_some(Left { name, before, after })
            });
        left.collect()
    }

    /// So many threads stand for its tasks, where it tells none.
    fn has_threads(&mut self, threads: Option<u64>) {
        if self.tasks.is_none() {
            (self.tasks, self.threads) = (threads, threads.is_some());
        }
    }

    pub(crate) fn ended_total(&self) -> Option<u64> {
        self.ended.map(|ended| ended.iter().sum())
    }

    /// Takes away what idle connections account for: a pool is no leak, and its size comes and goes. `idle` of
    /// them, with so many tasks in all.
    fn without_idle(&mut self, idle: u64, tasks: u64) {
        self.tasks = self.tasks.map(|all| all.saturating_sub(tasks));
        self.descriptors = self.descriptors.map(|all| all.saturating_sub(idle));
    }
}

/// How many idle connections are taken for a pool, after as many requests at once: more than that are never of use. A
/// relay of several workers has a pool in each, and their busiest moments differ.
fn most_idle(at_once: u64) -> u64 {
    let workers = std::thread::available_parallelism().map_or(1, |n| n.get() as u64);
    2 * at_once + 8 * workers
}

/// A target's own numbers, and what they say about its idle upstream connections.
#[derive(Default)]
struct Told {
    held: Held,
    /// Idle upstream connections, where it knows.
    idle: Option<u64>,
    /// Tasks of each of them, where it does not know of all.
    per_idle: u64,
    /// Tasks of all of them, where it knows.
    idle_tasks: Option<u64>,
    /// Its tasks are its own word, and not its threads.
    counts_tasks: bool,
}

impl Told {
    /// Tells whether the target has no numbers at all.
    fn is_mute(&self) -> bool {
        let Held { tasks, descriptors, resident, start_time, .. } = self.held;
        tasks.or(descriptors).or(resident).or(start_time).is_none()
    }
}

/// Where the numbers come from.
pub(crate) struct Gauge {
    target: Target,
    upstream: Arc<Upstream>,
    /// Further upstreams, which a row has laid out.
    others: Vec<Arc<Upstream>>,
    pid: Option<u32>,
    /// Looks at what the drill started.
    watch: Option<Arc<Watch>>,
    /// Whoever can count its tasks, where it does not tell them.
    stacks: Stacks,
    /// How many requests clients have under way at once.
    at_once: u64,
    /// Resident memory as it was read last; 0 before that.
    resident: AtomicU64,
    /// It has answered, and has no numbers: known after its first answer.
    mute: OnceLock<bool>,
}

impl Gauge {
    pub(crate) fn new(target: Target, upstream: Arc<Upstream>, pid: Option<u32>, at_once: usize) -> Self {
        Self {
            target,
            upstream,
            others: Vec::new(),
            pid,
            watch: None,
            stacks: Stacks::default(),
            at_once: at_once as u64,
            resident: AtomicU64::new(0),
            mute: OnceLock::new(),
        }
    }

    /// Adds upstreams, whose requests and connections count as well.
    pub(crate) fn with(mut self, others: &[Arc<Upstream>]) -> Self {
        self.others.extend_from_slice(others);
        self
    }

    /// What the drill started is read from the system.
    pub(crate) fn watching(self, watch: &Arc<Watch>) -> Self {
        Self { watch: Some(Arc::clone(watch)), ..self }
    }

    /// Tasks are counted in profiles where the target does not tell them: those of a Go program are no threads.
    pub(crate) fn counting(self, stacks: &Stacks) -> Self {
        Self { stacks: stacks.clone(), ..self }
    }

    /// Reads everything that can be read. What cannot is `None`.
    pub(crate) async fn read(&self) -> Held {
        // Before the descriptors: the connection of the profiles is always counted then, or never.
        let counted =
            self.stacks.0.as_ref().map(|stacks| tokio::task::block_in_place(|| stacks.count().ok()));
        let told = timeout(ANSWER, self.told()).await;
        let mut told = told.unwrap_or_default();
        if let Some(count) = counted.filter(|_| !told.counts_tasks) {
            // Of an HTTP client of Go, as below.
            (told.held.tasks, told.held.threads, told.per_idle) = (count, false, 2);
        }
        let Told { mut held, idle, per_idle, idle_tasks, .. } = told;
        let seen: Vec<_> = self.upstreams().map(|upstream| upstream.seen()).collect();
        let sum = |of: fn(&Snapshot) -> u64| seen.iter().map(of).sum::<u64>();
        let connections = sum(|seen| seen.open_connections);
        // An answer that clients wait for may be over at the upstream; and rows may ask for more at once.
        let at_once = self.at_once.max(sum(|seen| seen.most_open_requests));
        let idle = idle.unwrap_or_else(|| sum(Snapshot::idle)).min(most_idle(at_once));
        held.upstream_requests = sum(|seen| seen.open_requests);
        held.upstream_connections = Some(connections.saturating_sub(idle));
        held.without_idle(idle, idle_tasks.map_or(idle * per_idle, |tasks| tasks.min(idle)));
        held
    }

    fn upstreams(&self) -> impl Iterator<Item = &Arc<Upstream>> {
        std::iter::once(&self.upstream).chain(&self.others)
    }

    /// Connections that the upstreams see, idle or not.
    pub(crate) fn connections(&self) -> u64 {
        self.upstreams().map(|upstream| upstream.seen().open_connections).sum()
    }

    /// The target's process, where it is known.
    pub(crate) fn pid(&self) -> Option<u32> {
        self.pid
    }

    /// The process that relays: the one that is known, or the largest of those that the drill started.
    pub(crate) fn process(&self) -> Option<u32> {
        self.pid.or_else(|| self.watch.as_ref()?.largest())
    }

    /// Resident memory as it was read last, in bytes.
    pub(crate) fn last_resident(&self) -> Option<u64> {
        Some(self.resident.load(Relaxed)).filter(|bytes| *bytes > 0)
    }

    /// Live heap where it is told, otherwise resident memory; in bytes.
    pub(crate) async fn memory(&self) -> Option<u64> {
        timeout(ANSWER, self.told()).await.ok()?.held.memory
    }

    /// Its idle upstream connections, where it knows.
    pub(crate) async fn read_idle(&self) -> Option<u64> {
        timeout(ANSWER, self.told()).await.ok()?.idle
    }

    pub(crate) async fn metrics(&self) -> anyhow::Result<String> {
        let body =
            timeout(ANSWER, async { Client::connect(&self.target).await?.get("/metrics").await }).await;
        Ok(String::from_utf8_lossy(&body??).into_owned())
    }

    /// The target's own numbers. The connection that asks is held until the descriptors have been counted, so that
    /// it is always counted, and once.
    async fn told(&self) -> Told {
        let mut told = Told::default();
        if self.mute.get() == Some(&true) {
            self.ask_system(&mut told);
            return told;
        }
        let Ok(mut client) = Client::connect(&self.target).await else { return told };
        let body = client.get("/api/monitor/health").await;
        let answered = body.as_ref().map_or_else(|error| error.kind() == io::ErrorKind::Other, |_| true);
        if let Some(json) = body.ok().and_then(|body| serde_json::from_slice::<Map<_, _>>(&body).ok())
            && json.get("goroutines").is_some_and(Value::is_u64)
        {
            health_json(&json, &mut told);
        } else if let Ok(mut other) = Client::connect(&self.target).await
            && let Ok(body) = other.get("/metrics").await
        {
            prometheus(&String::from_utf8_lossy(&body), &mut told);
        }
        // Whoever tells nothing of itself is not asked again: some leave something behind for every question.
        if answered {
            self.mute.get_or_init(|| told.is_mute());
        }
        if told.held.requests_total.is_some()
            && let Ok(body) = client.get("/metrics").await
        {
            told.held.memory = series(&String::from_utf8_lossy(&body), "watertight_heap_alloc_bytes");
        }
        self.ask_system(&mut told);
        told
    }

    /// What the system says of the target's processes.
    fn ask_system(&self, told: &mut Told) {
        told.counts_tasks = told.held.tasks.is_some();
        if let Some(pid) = self.pid {
            process(pid, &mut told.held);
        }
        if let Some((sum, members)) = self.watch.as_ref().and_then(|watch| watch.sum()) {
            processes(sum, &members, &mut told.held);
        }
        told.held.resident.into_iter().for_each(|bytes| self.resident.store(bytes, Relaxed));
        told.held.memory = told.held.memory.or(told.held.resident);
    }
}

fn health_json(object: &Map<String, Value>, told: &mut Told) {
    let (sample, held) = (health::read::told(object), &mut told.held);
    held.tasks = sample.goroutines;
    held.permits = sample.in_flight;
    held.overdue = sample.overdue;
    held.start_time = sample.start_time;
    held.descriptors = sample.open_fds;
    held.resident = sample.rss_bytes;
    held.requests_total = sample.requests_total;
    held.ended = health::read::ended(object).map(|ended| ended.0);
    told.idle = sample.upstream_idle;
    told.idle_tasks = object.get("relay").and_then(|relay| relay.get("idle_tasks")).and_then(Value::as_u64);
    // A Go client has a reading and a writing goroutine for each.
    told.per_idle = if told.idle.is_some() { 1 } else { 2 };
}

fn prometheus(text: &str, told: &mut Told) {
    let held = &mut told.held;
    held.tasks = series(text, "go_goroutines");
    held.descriptors = series(text, "process_open_fds");
    held.resident = series(text, "process_resident_memory_bytes");
    held.start_time = series(text, "process_start_time_seconds");
    // As above; where there are no goroutines, threads are counted instead, which idle connections have none of.
    told.per_idle = if held.tasks.is_some() { 2 } else { 0 };
}

/// The value of a series, with its labels if it has any; Prometheus writes large ones as `1.5e+07`.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be a count")]
pub(crate) fn series(text: &str, name: &str) -> Option<u64> {
    let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))?;
    let value: f64 = value.split_whitespace().next()?.parse().ok()?;
    (0.0..1e18).contains(&value).then_some(value as u64)
}

/// Reads a process' own numbers from the system, where it tells.
fn process(pid: u32, held: &mut Held) {
    if let Ok(entries) = fs::read_dir(format!("/proc/{pid}/fd")) {
        held.descriptors = Some(entries.count() as u64);
    }
    let Ok(status) = fs::read_to_string(format!("/proc/{pid}/status")) else { return };
    let number = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim_start_matches(':').trim().trim_end_matches("kB").trim().parse::<u64>().ok()
    };
    held.resident = number("VmRSS").map(|kib| kib * 1024).or(held.resident);
    held.has_threads(number("Threads"));
}

/// All processes of what the drill started, together.
fn processes(sum: Sum, members: &[u32], held: &mut Held) {
    let open = |pid: &u32| fs::read_dir(format!("/proc/{pid}/fd")).ok().map(|entries| entries.count() as u64);
    let descriptors: u64 = members.iter().filter_map(open).sum();
    held.descriptors = Some(descriptors).filter(|count| *count > 0).or(held.descriptors);
    held.resident = Some(sum.resident).filter(|bytes| *bytes > 0).or(held.resident);
    held.has_threads(Some(sum.threads));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_idle_connections_account_for_is_not_left() {
        let mut before = Held { tasks: Some(32), descriptors: Some(47), ..Held::default() };
        before.without_idle(25, 25);
        assert_eq!((before.tasks, before.descriptors), (Some(7), Some(22)));
        // The pool was emptied: what is above it is still seen.
        let leaked = Held { tasks: Some(8), ..before };
        assert_eq!(leaked.left(&before), [Left { name: "tasks", before: 7, after: 8 }]);
        assert_eq!(before.left(&leaked), []);
        // A number that is not told is not judged.
        assert_eq!(Held { tasks: None, ..leaked }.left(&before), []);
    }

    #[test]
    fn numbers_are_read_in_every_form() {
        let mut told = Told::default();
        prometheus("# HELP x\ngo_goroutines 42\nprocess_resident_memory_bytes 1.5e+07\n", &mut told);
        let held = &told.held;
        assert_eq!((held.tasks, held.resident, held.descriptors), (Some(42), Some(15_000_000), None));
        let json = "{\"goroutines\":9,\"relay\":{\"in_flight\":1,\"upstream_idle\":2,\"ended\":{\"done\":3,\"shed\":1}}}";
        health_json(&serde_json::from_str(json).unwrap(), &mut told);
        let held = &told.held;
        assert_eq!(
            (held.tasks, held.permits, held.ended_total(), told.idle),
            (Some(9), Some(1), Some(4), Some(2))
        );
    }
}
