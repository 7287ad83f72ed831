//! What the relay says about itself. Nothing here waits for a worker, and nothing is computed more often than it
//! changes, so that it can be asked a hundred times a second under overload.

pub(crate) mod metrics;
pub(crate) mod process;
pub(crate) mod selfcheck;

use std::time::Duration;

use serde::Serialize;
use vitals::health::{self, Detail, Ended, Health, Memory, Status};
use vitals::{EndReason, Sample, Thresholds};

use crate::state::relay::Relay;

/// How old readings that cost something (files of the system, a walk through the ledger) may be.
const FRESH: Duration = Duration::from_millis(200);

/// Everything the relay knows about itself, in one sample.
pub(crate) fn sample(relay: &Relay) -> Sample {
    let readings = process::readings(relay, FRESH);
    let sum = |of: &dyn Fn(&crate::state::worker::Worker) -> usize| -> u64 {
        relay.workers().iter().map(|worker| of(worker) as u64).sum()
    };
    let count = |of: &dyn Fn(&crate::ledger::account::Counters) -> u64| -> u64 {
        relay.workers().iter().map(|worker| of(&worker.counters)).sum()
    };
    let idle = sum(&|w| w.pool.idle());
    Sample {
        goroutines: Some(sum(&|w| w.tasks())),
        alloc_bytes: Some(heap::live()),
        total_alloc_bytes: Some(heap::total()),
        sys_bytes: readings.rss_bytes,
        rss_bytes: readings.rss_bytes,
        num_gc: Some(0),
        threads: readings.threads,
        open_fds: readings.open_fds,
        max_fds: readings.max_fds,
        memory_limit: readings.memory_limit,
        in_flight: Some(sum(&|w| w.ledger.len())),
        upstream_open: Some(sum(&|w| w.pool.open()) + idle),
        upstream_idle: Some(idle),
        requests_total: Some(count(&|c| c.requests.get())),
        overdue: Some(readings.overdue),
        oldest_s: Some(readings.oldest_s),
        streams: Some(sum(&|w| w.streams.load(std::sync::atomic::Ordering::Relaxed))),
        start_time: Some(relay.start_time),
        uptime_s: Some(relay.started.elapsed().as_secs()),
        explained: Some(sum(&|w| w.explained())),
        shed_total: Some(count(&|c| c.ended[EndReason::Shed.index()].get())),
        errors_total: Some(count(&|c| c.failed.get())),
        // Seen by whoever looks from outside.
        restarts: None,
        ended: None,
    }
}

pub(crate) fn ended(relay: &Relay) -> Ended {
    let mut ended = Ended::default();
    for worker in relay.workers() {
        for (total, count) in ended.0.iter_mut().zip(&worker.counters.ended) {
            *total += count.get();
        }
    }
    ended
}

pub(crate) fn thresholds(relay: &Relay) -> Thresholds {
    let snapshot = relay.snapshot();
    let monitor = &snapshot.live.monitor;
    Thresholds::with_goroutines(monitor.warning, monitor.danger).unwrap_or_default()
}

/// `GET /api/monitor/health`; without `whole` the six old keys only.
pub(crate) fn health(relay: &Relay, whole: bool) -> String {
    // Ended first: a request that ends in between is then in neither, never in both.
    let ended = ended(relay);
    let s = sample(relay);
    let n = |value: Option<u64>| value.unwrap_or(0);
    let status = if relay.is_ending() { Status::Draining } else { health::status(&s, &thresholds(relay)) };
    let health = Health {
        status,
        goroutines: n(s.goroutines),
        memory: Memory {
            alloc_mb: health::mib(n(s.alloc_bytes)),
            total_alloc_mb: health::mib(n(s.total_alloc_bytes)),
            sys_mb: health::mib(n(s.sys_bytes)),
            num_gc: 0,
        },
        detail: Some(Detail {
            schema: health::SCHEMA,
            name: "watertight",
            version: env!("CARGO_PKG_VERSION"),
            start_time: relay.start_time,
            uptime_s: n(s.uptime_s),
            process: health::Process {
                rss_bytes: s.rss_bytes,
                open_fds: s.open_fds,
                max_fds: s.max_fds,
                threads: s.threads,
                memory_limit_bytes: s.memory_limit,
            },
            relay: health::Relay {
                in_flight: n(s.in_flight),
                explained: n(s.explained),
                streams: n(s.streams),
                oldest_s: n(s.oldest_s),
                overdue: n(s.overdue),
                upstream_open: n(s.upstream_open),
                upstream_idle: n(s.upstream_idle),
                idle_tasks: relay.workers().iter().map(|worker| worker.pool.idle_tasks() as u64).sum(),
                requests_total: n(s.requests_total),
                shed_total: n(s.shed_total),
                errors_total: n(s.errors_total),
                ended,
            },
        }),
    };
    json(&if whole { health } else { health.public_only() })
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "{}".to_owned())
}

/// `GET /api/status`: what the health checks of old compose files look for.
pub(crate) fn status(relay: &Relay) -> String {
    json(&serde_json::json!({
        "success": true,
        "message": "",
        "data": {
            "system_name": "watertight",
            "version": env!("CARGO_PKG_VERSION"),
            "start_time": relay.start_time,
        }
    }))
}

#[derive(Serialize)]
struct Live<'a> {
    id: &'a str,
    channel: Option<String>,
    model: Option<&'a str>,
    phase: &'static str,
    age_ms: u64,
    bytes_out: u64,
    overdue: bool,
}

/// `GET /api/monitor/exchanges`: the live ledger, the oldest first.
pub(crate) fn exchanges(relay: &Relay) -> String {
    let mut entries: Vec<_> = relay.workers().iter().flat_map(|worker| worker.ledger.entries()).collect();
    entries.sort_by_key(|entry| entry.started);
    let live: Vec<Live<'_>> = entries
        .iter()
        .map(|entry| Live {
            id: &entry.id,
            channel: entry.channel().map(|channel| channel.name.to_string()),
            model: entry.model.get().map(|model| crate::log::shorten(model)),
            phase: entry.phase().as_str(),
            age_ms: entry.age(),
            bytes_out: entry.bytes_out.load(std::sync::atomic::Ordering::Relaxed),
            overdue: entry.is_overdue(),
        })
        .collect();
    json(&serde_json::json!({ "exchanges": live }))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::Value;

    use super::*;
    use crate::clock::scripted;
    use crate::ledger::Phase;
    use crate::scene::{self, Scene};

    fn told(text: &str) -> Value {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn a_live_exchange_is_counted_and_listed_and_leaves_its_end() {
        scripted::stands_at(1_000);
        let scene = Scene::new("");
        let _runtime = scene.runtime.enter();
        scene.relay.set_workers(vec![Arc::clone(&scene.worker)]);
        let mut exchange = scene.exchange(scene::source(""));
        exchange.begins_to_stream();
        let _ = exchange.entry.model.set("m".repeat(300));
        scripted::stands_at(1_500);
        let sample = sample(&scene.relay);
        assert_eq!((sample.in_flight, sample.streams, sample.requests_total), (Some(1), Some(1), Some(1)));
        assert_eq!((sample.explained, sample.upstream_open, sample.overdue), (Some(1), Some(0), Some(0)));
        let live = &told(&exchanges(&scene.relay))["exchanges"][0];
        assert_eq!(
            (&live["id"], &live["channel"], &live["phase"]),
            (&"one".into(), &"demo".into(), &"streaming".into())
        );
        assert_eq!((&live["age_ms"], &live["overdue"]), (&500.into(), &false.into()));
        assert_eq!(live["model"].as_str().map(str::len), Some(200), "what a client sent is cut");
        exchange.entry.set_phase(Phase::Streaming);
        drop(exchange);
        let health = told(&health(&scene.relay, true));
        assert_eq!((&health["relay"]["in_flight"], &health["relay"]["streams"]), (&0.into(), &0.into()));
        assert_eq!(health["relay"]["ended"]["client_gone"], 1, "{health}");
        assert_eq!(ended(&scene.relay).0.iter().sum::<u64>(), 1);
        assert_eq!(told(&exchanges(&scene.relay))["exchanges"], Value::Array(Vec::new()));
    }

    #[test]
    fn strangers_see_the_old_keys_and_whether_it_stops() {
        let scene = Scene::new("");
        scene.relay.drain();
        let health = told(&health(&scene.relay, false));
        assert_eq!((&health["status"], health.get("relay")), (&"draining".into(), None));
        assert_eq!(told(&status(&scene.relay))["data"]["system_name"], "watertight");
    }

    #[test]
    fn an_overdue_exchange_shows_once_the_readings_are_old() {
        scripted::stands_at(1_000);
        let scene = Scene::new("[timeouts]\ntotal = \"20s\"\nidle = \"20s\"\nfirst_byte = \"20s\"\n");
        let _runtime = scene.runtime.enter();
        scene.relay.set_workers(vec![Arc::clone(&scene.worker)]);
        let _exchange = scene.exchange(scene::source(""));
        assert_eq!(process::readings(&scene.relay, Duration::ZERO).overdue, 0);
        scripted::stands_at(32_000);
        assert_eq!(
            process::readings(&scene.relay, Duration::from_secs(3_600)).overdue,
            0,
            "kept for a while"
        );
        let readings = process::readings(&scene.relay, Duration::ZERO);
        assert_eq!((readings.overdue, readings.oldest_s), (1, 31));
    }
}
