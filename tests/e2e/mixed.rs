//! Fault 49: what time does to a relay. Good traffic, every fault, clients that vanish and stall, and reloads, round
//! after round: after each round the relay holds what it held before, and every request was counted once.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use harness::{Baseline, Client, PATIENCE, Relay, Setup, Upstream, chat, repeat, until};
use serde_json::Value;

use crate::{ANTHROPIC, OPENAI, PROGRAM, is_whole};

/// Rounds before the first sample: what is made once, and tables that grow to their working size.
const WARM_UP: usize = 4;
/// Requests under way at once.
const AT_ONCE: usize = 16;
/// Clients that vanish in a round, and clients that do not read.
const VANISHING: usize = 12;
const STALLING: usize = 4;
/// The channels, by the prefix of the models that they serve: one passes both dialects, the others translate one.
const CHANNELS: [&str; 3] = ["both", "openai", "anthropic"];

/// A relay in mixed traffic.
struct Mixed<'a> {
    upstream: &'a Upstream,
    relay: &'a Relay,
    /// Its configuration.
    file: String,
    faults: Vec<String>,
    /// Requests made so far.
    sent: AtomicU64,
}

/// What was read after a round.
#[derive(Default)]
struct Samples(BTreeMap<&'static str, Vec<u64>>);

fn setup(upstream: &Upstream) -> Setup {
    // Those that have to pass. The others are long: what has ended must not wait for them.
    let short = ["first_byte", "idle", "finish", "client_write", "upstream_idle", "error_body"];
    let setup = short.into_iter().fold(Relay::of(PROGRAM), |setup, deadline| setup.timeout(deadline, "1s"));
    // Good requests go by channels of their own, and must not fail because the machine is busy for a second.
    let patient = "timeouts = { first_byte = \"60s\", idle = \"60s\", total = \"60s\" }\n";
    let channels = CHANNELS.into_iter().flat_map(|name| [(name, ""), (name, patient)]);
    channels.fold(setup.timeout("total", "3s"), |setup, (name, timeouts)| {
        let dialect = if name == "both" { String::new() } else { format!("dialect = \"{name}\"\n") };
        let models = match (name, timeouts.is_empty()) {
            (_, true) => format!("\"{name}/*\""),
            ("both", _) => "\"good/both/*\", \"warm-up\", \"gpt-*\"".to_owned(),
            _ => format!("\"good/{name}/*\""),
        };
        setup.channel(
            "xai",
            &format!("http://{}", upstream.address()),
            &format!("{dialect}models = [{models}]\n{timeouts}weight = 1\n"),
        )
    })
}

/// Every fault of the drill's upstream that comes to an end by itself, with an argument that makes it quick.
fn faults() -> Vec<String> {
    let list =
        Command::new(PROGRAM).args(["drill", "upstream", "--list", "--format", "json"]).output().unwrap();
    let list: Value = serde_json::from_slice(&list.stdout).unwrap();
    let names = list.as_array().unwrap().iter().map(|fault| fault["name"].as_str().unwrap());
    // The latter sends bytes to whoever is next on a connection, on purpose.
    let ends = names.filter(|name| !["flood", "late-surplus"].contains(name)).map(|name| match name {
        "gzip-bomb" => "fault-gzip-bomb-4".to_owned(),
        name => format!("fault-{name}"),
    });
    let more =
        ["status-401", "status-429", "status-529", "fields-3", "fields-5", "fields-8", "early-error-400"];
    ends.chain(more.map(|name| format!("fault-{name}"))).collect()
}

/// The variants of a request: through which channel, in which dialect, streamed or not.
fn variant(n: usize) -> (&'static str, &'static str, bool) {
    (CHANNELS[n / 4 % 3], [OPENAI, ANTHROPIC][n / 2 % 2], n.is_multiple_of(2))
}

impl Mixed<'_> {
    fn count(&self, requests: u64) {
        self.sent.fetch_add(requests, Relaxed);
    }

    /// One fault, each round in another variant. What a client has to see is told by tests of its own.
    fn fault(&self, round: usize, which: usize) {
        let (channel, path, stream) = variant(round + which);
        let mut request = chat(&format!("{channel}/{}", self.faults[which]), stream);
        if self.faults[which].starts_with("fault-early-error") {
            request["messages"][0]["content"] = "water ".repeat(40_000).into();
        }
        let answer = self.relay.post(path, &request);
        assert!(answer.status() >= 200, "{answer:?}");
        self.count(1);
    }

    /// Good requests of every variant on one connection, while everything else goes on.
    fn good(&self) {
        let mut client = self.relay.connect();
        for (channel, path, stream) in (0..12).map(variant) {
            client.post(path, &chat(&format!("good/{channel}/m"), stream));
            let answer = client.answer();
            let good = if stream { is_whole(path, &answer) } else { answer.status() == 200 && answer.whole };
            assert!(good, "{channel} {path}: {answer:?}\n{}", answer.text());
            self.count(1);
        }
    }

    /// A configuration that changes every channel, one that changes nothing, and two that are wrong.
    fn reloads(&self, round: usize) {
        let weight = format!("weight = {}\n", 2 + round % 5);
        let changed = self.file.replace("weight = 1\n", &weight);
        let wrong = self.file.replace("weight = 1\n", "wait = 1\n");
        for (file, expected) in [(&changed, 200), (&wrong, 400), (&self.file, 200), (&"[".to_owned(), 400)] {
            std::fs::write(self.relay.dir().join("watertight.toml"), file).unwrap();
            let mut client = self.relay.connect().with_header("connection", "close");
            client.request("POST", "/admin/reload", b"");
            let answer = client.answer();
            assert_eq!(answer.status(), expected, "{}", answer.text());
        }
    }

    /// Streams that are counted by the relay before their clients do anything.
    fn open(&self, models: &[&str], count: usize, client: impl Fn() -> Client) -> Vec<Client> {
        let before = self.relay.health().relay("requests_total");
        let clients = (0..count).map(|n| {
            let (channel, path, _) = variant(n * 2);
            let mut client = client();
            let mut request = chat(&format!("{channel}/{}", models[n % models.len()]), true);
            request["max_tokens"] = 1_000_000.into();
            client.post(path, &request);
            client
        });
        let clients = clients.collect();
        until(PATIENCE, || match self.relay.health().relay("requests_total") - before {
            n if n == count as u64 => Ok(()),
            n => Err(format!("{n} of {count} are counted")),
        });
        self.count(count as u64);
        clients
    }

    fn round(&self, round: usize) {
        let stalling =
            self.open(&["fault-flood"], STALLING, || self.relay.connect().with_receive_buffer(4096));
        // The reloads, the good ones, the faults.
        repeat(1 + 4 + self.faults.len(), AT_ONCE, |i| match i {
            0 => self.reloads(round),
            1..5 => self.good(),
            _ => self.fault(round, i - 5),
        });
        let models =
            ["fault-pace-20", "fault-stall-1", "fault-silent", "fault-silent-after-headers", "fault-flood"];
        let vanishing = self.open(&models, VANISHING, || self.relay.connect());
        for (n, client) in vanishing.into_iter().enumerate() {
            if n % 3 == 0 { client.reset() } else { drop(client) }
        }
        drop(stalling);
    }

    /// Everything that was asked for has ended, and each request once.
    fn all_counted(&self, baseline: &Baseline<'_>) -> BTreeMap<String, u64> {
        let sent = self.sent.load(Relaxed);
        until(PATIENCE, || {
            let (health, ended) = (self.relay.health(), baseline.ended());
            match (ended.values().sum::<u64>(), health.relay("in_flight")) {
                (n, 0) if n == sent => Ok(ended),
                (_, open) => Err(format!("{sent} were sent, {open} are in flight, and ended: {ended:?}")),
            }
        })
    }

    /// What rests when the round is over: the least of a few readings, because a reading needs something itself, and
    /// so does what closes after the one before.
    fn sample(&self, baseline: &Baseline<'_>, samples: &mut Samples) {
        if let Err(left) = baseline.quiet(Duration::from_secs(10)) {
            panic!("leaked: {left}");
        }
        until(PATIENCE, || match self.relay.health().relay("upstream_idle") {
            0 => Ok(()),
            n => Err(format!("{n} idle")),
        });
        let mut client = self.relay.connect();
        let mut least = [u64::MAX; 3];
        for _ in 0..8 {
            let page = client.get("/metrics").text();
            let number = |name: &str| -> u64 {
                let value = page.lines().find_map(|line| line.strip_prefix(name));
                value.unwrap_or_else(|| panic!("no {name} in {page}")).trim().parse().unwrap()
            };
            let now = [
                number("watertight_tasks "),
                self.relay.child.descriptors().unwrap(),
                number("watertight_heap_alloc_bytes "),
            ];
            least = std::array::from_fn(|i| least[i].min(now[i]));
            std::thread::sleep(Duration::from_millis(10));
        }
        for (name, value) in ["tasks", "descriptors", "heap bytes"].into_iter().zip(least) {
            samples.0.entry(name).or_default().push(value);
        }
    }
}

fn median(values: &[u64]) -> u64 {
    let mut values = values.to_vec();
    values.sort_unstable();
    values[values.len() / 2]
}

impl Samples {
    /// The medians of the first and of the last third.
    fn thirds(&self) -> impl Iterator<Item = (&'static str, u64, u64, &[u64])> {
        self.0.iter().map(|(name, values)| {
            let third = values.len() / 3;
            (*name, median(&values[..third]), median(&values[values.len() - third..]), values.as_slice())
        })
    }

    fn assert_flat(&self) {
        for (name, first, last, values) in self.thirds() {
            assert!(last * 100 <= first * 103, "{name} grew from {first} to {last}: {values:?}");
        }
    }

    fn table(&self) -> String {
        let mut table =
            format!("{:<12} {:>12} {:>12} {:>8}\n", "median of", "first third", "last third", "change");
        for (name, first, last, _) in self.thirds() {
            let change = (last as f64 / first as f64 - 1.0) * 100.0;
            // Writing to a string does not fail.
            let _ = writeln!(table, "{name:<12} {first:>12} {last:>12} {change:>7.2}%");
        }
        table
    }
}

/// Runs rounds until `enough` says so of their number and the time they took. Returns what to tell of them.
fn mixed_traffic(enough: impl Fn(usize, Duration) -> bool) -> String {
    let upstream = Upstream::start(PROGRAM);
    let setup = setup(&upstream);
    let file = setup.configuration();
    let relay = setup.start();
    let mixed = Mixed { upstream: &upstream, relay: &relay, file, faults: faults(), sent: AtomicU64::new(0) };
    let baseline = Baseline::take(mixed.relay, mixed.upstream);
    (0..WARM_UP).for_each(|round| mixed.round(round));
    let (mut samples, mut rounds, begun) = (Samples::default(), 0, Instant::now());
    while !enough(rounds, begun.elapsed()) {
        mixed.round(WARM_UP + rounds);
        mixed.all_counted(&baseline);
        mixed.sample(&baseline, &mut samples);
        rounds += 1;
    }
    let (ended, sent) = (mixed.all_counted(&baseline), mixed.sent.load(Relaxed));
    let told = format!(
        "{rounds} rounds in {:?}, {sent} requests, each counted once: {ended:?}\n\n{}",
        begun.elapsed(),
        samples.table()
    );
    samples.assert_flat();
    for reason in
        ["done", "client_gone", "slow_client", "first_byte_timeout", "idle_timeout", "upstream_truncated"]
    {
        assert!(ended.contains_key(reason), "no request ended as {reason}: {ended:?}");
    }
    assert!(!ended.contains_key("panic"), "{ended:?}");
    let ended: Vec<_> = ended.iter().map(|(reason, n)| (reason.as_str(), *n)).collect();
    baseline.assert_quiet(&ended);
    told
}

#[test]
fn mixed_traffic_ends_flat() {
    mixed_traffic(|rounds, _| rounds == 9);
}

/// Run by `bench/mixed`, which says for how long.
#[test]
#[ignore = "as long as WATERTIGHT_MIXED says, ten minutes if it does not: bench/mixed"]
fn mixed_traffic_for_long_ends_flat() {
    let length = std::env::var("WATERTIGHT_MIXED").unwrap_or_else(|_| "10m".to_owned());
    let length = vitals::units::parse_duration(&length).unwrap();
    println!("{}", mixed_traffic(|rounds, time| rounds >= 9 && time >= length));
}
