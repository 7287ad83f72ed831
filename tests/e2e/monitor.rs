//! The monitor: old tools, new fields, metrics.

use std::collections::BTreeMap;

use std::io::Write;
use std::net::{SocketAddr, TcpStream};

use harness::{Baseline, Client, Relay, Signal, chat};

use crate::{OPENAI, PROGRAM, start};

const MONITORS: [&str; 4] = ["/healthz", "/readyz", "/metrics", "/api/monitor/health"];

#[test]
fn old_tools_work_unchanged() {
    let (_upstream, relay) = start(|setup| setup);
    let answer = relay.get("/api/monitor/health");
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.head.header("content-type"), Some("application/json"));
    let text = answer.text();
    // grep -o '"goroutines":[0-9]*'
    let (_, after) = text.split_once("\"goroutines\":").unwrap();
    let digits: String = after.chars().take_while(char::is_ascii_digit).collect();
    assert!(digits.parse::<u64>().is_ok_and(|n| n > 0), "{text}");
    let beginning = format!("{{\"status\":\"ok\",\"goroutines\":{digits},\"memory\":{{\"alloc_mb\":");
    assert!(text.starts_with(&beginning), "the six old keys come first, compact: {text}");
    let health = answer.json();
    for key in ["alloc_mb", "total_alloc_mb", "sys_mb", "num_gc"] {
        assert!(health["memory"][key].is_u64(), "memory.{key}: {text}");
    }
    let status = relay.get("/api/status");
    assert!(
        status.text().contains("\"success\":true") && status.text().contains("start_time"),
        "{}",
        status.text()
    );
    assert!(relay.log().contains("monitoring endpoints enabled at /api/monitor/health"), "{}", relay.log());
}

#[test]
fn health_has_what_the_contract_says() {
    let (_upstream, relay) = start(|setup| setup);
    relay.warm_up();
    let health = relay.health().0;
    assert_eq!(health["schema"], 1);
    assert_eq!(health["name"], "watertight");
    assert_eq!(health["version"], env!("CARGO_PKG_VERSION"));
    assert!(health["uptime_s"].is_u64() && health["start_time"].as_u64().is_some_and(|t| t > 1_700_000_000));
    for key in ["rss_bytes", "open_fds", "max_fds", "threads"] {
        assert!(health["process"][key].as_u64().is_some_and(|n| n > 0), "process.{key}: {health}");
    }
    let numbers = [
        "in_flight",
        "explained",
        "streams",
        "oldest_s",
        "overdue",
        "upstream_open",
        "upstream_idle",
        "idle_tasks",
    ];
    for key in numbers.into_iter().chain(["requests_total", "shed_total"]) {
        assert!(health["relay"][key].is_u64(), "relay.{key}: {health}");
    }
    let reasons = health["relay"]["ended"].as_object().unwrap();
    assert_eq!(reasons.len(), vitals::EndReason::ALL.len(), "{health}");
    // A request that ends between the reading of the two is in neither for a moment.
    harness::until(harness::PATIENCE, || {
        let health = relay.health();
        let (ended, total) = (health.ended().values().sum::<u64>(), health.relay("requests_total"));
        if ended == total { Ok(()) } else { Err(format!("counters do not add up: {}", health.0)) }
    });
}

#[test]
fn liveness_readiness_and_the_front_page_answer() {
    let (_upstream, relay) = start(|setup| setup);
    assert_eq!(relay.get("/healthz").status(), 200);
    assert_eq!(relay.get("/readyz").status(), 200);
    let front = relay.get("/");
    assert_eq!(front.status(), 200);
    assert!(
        front.text().contains("watertight") && front.text().contains("/api/monitor/health"),
        "{}",
        front.text()
    );
}

#[test]
fn health_shows_the_streams_that_are_open_and_explains_their_tasks() {
    let (upstream, relay) = start(|setup| setup);
    let baseline = Baseline::take(&relay, &upstream);
    let streams: Vec<_> = (0..50)
        .map(|_| {
            let mut client = relay.stream("fault-stall-3");
            client.event_with(" runs");
            client
        })
        .collect();
    let health = relay.health();
    assert_eq!((health.relay("in_flight"), health.relay("streams")), (50, 50), "{}", health.0);
    assert_eq!(health.relay("upstream_open"), 50, "{}", health.0);
    assert!(health.relay("explained") >= 50, "{}", health.0);
    let unexplained = health.tasks().saturating_sub(health.relay("explained"));
    assert!(unexplained < 50, "{unexplained} tasks belong to nothing: {}", health.0);
    let exchanges = relay.get("/api/monitor/exchanges");
    assert_eq!(exchanges.status(), 200);
    assert!(exchanges.text().contains("xai-0"), "{}", exchanges.text());
    drop(streams);
    baseline.assert_quiet(&[("client_gone", 50)]);
}

/// Reads `name{…reason="x"…} n` lines of the Prometheus text.
fn by_reason(metrics: &str) -> BTreeMap<String, f64> {
    let lines = metrics.lines().filter(|line| !line.starts_with('#'));
    let mut all = BTreeMap::new();
    for line in lines {
        let Some((_, after)) = line.split_once("reason=\"") else { continue };
        let Some((reason, _)) = after.split_once('"') else { continue };
        let value: f64 = line.rsplit(' ').next().unwrap().parse().unwrap();
        *all.entry(reason.to_owned()).or_default() += value;
    }
    all.retain(|_, value| *value > 0.0);
    all
}

#[test]
fn metrics_and_health_agree() {
    let (_upstream, relay) = start(|setup| setup);
    for model in ["m", "fault-status-500", "fault-truncate", "m", "fault-silent-after-headers"] {
        let mut client = relay.connect();
        client.post(OPENAI, &chat(model, true));
        if model.contains("silent") {
            drop(client);
        } else {
            client.answer();
        }
    }
    harness::until(harness::PATIENCE, || {
        let health = relay.health();
        let mut ended = health.ended();
        ended.retain(|_, n| *n > 0);
        let metrics = relay.get("/metrics");
        assert_eq!(metrics.status(), 200);
        assert!(
            metrics.head.header("content-type").is_some_and(|t| t.starts_with("text/plain")),
            "{metrics:?}"
        );
        let counted = by_reason(&metrics.text());
        let wanted: BTreeMap<String, f64> = ended.iter().map(|(k, n)| (k.clone(), *n as f64)).collect();
        if counted == wanted && ended.values().sum::<u64>() == 5 {
            Ok(())
        } else {
            Err(format!("health {wanted:?}, metrics {counted:?}\n{}", metrics.text()))
        }
    });
}

#[test]
fn the_monitor_answers_under_overload() {
    let (upstream, relay) = start(|setup| setup.limit("in_flight", "4"));
    let busy: Vec<_> = (0..4).map(|_| relay.stream("fault-flood")).collect();
    upstream.wait("four are busy", |state| state.open_requests() == 4);
    harness::repeat(200, 4, |_| {
        let answer = relay.get("/api/monitor/health");
        assert!(answer.status() == 200 && answer.whole, "{answer:?}");
    });
    drop(busy);
}

/// Connections that begin a head, or a body, and say no more.
fn halves(address: SocketAddr, count: usize) -> Vec<TcpStream> {
    let half = |i: usize| {
        let mut stream = TcpStream::connect(address).unwrap_or_else(|e| panic!("connection {i}: {e}"));
        let more = ["host: re", "host: relay\r\ncontent-length: 1000\r\n\r\n{"][i % 2];
        // Beyond the reserve some are cut off at once.
        let _ = stream.write_all(format!("POST {OPENAI} HTTP/1.1\r\n{more}").as_bytes());
        stream
    };
    (0..count).map(half).collect()
}

/// Fault 56: those who only begin to ask must not keep the places that are there for monitors.
#[test]
fn the_monitor_answers_while_half_requests_hold_every_connection() {
    let (_upstream, relay) = start(|setup| setup.limit("connections", "20").timeout("request_header", "60s"));
    let mut held = halves(relay.address(), 300);
    for round in 0..20 {
        for path in MONITORS {
            let answer = relay.get(path);
            assert_eq!(answer.status(), 200, "{path} in round {round}: {answer:?}");
        }
        held.extend(halves(relay.address(), 20));
    }
    drop(held);
}

/// Where a relay says that monitors are answered.
fn monitor_of(relay: &Relay) -> SocketAddr {
    let log = relay.log();
    let (_, after) = log.split_once("monitors are also answered on http://").unwrap();
    after.split('"').next().unwrap().parse().unwrap()
}

#[test]
fn monitors_have_a_listener_of_their_own_where_it_is_wanted() {
    let (upstream, mut relay) =
        start(|setup| setup.monitor("listen", "\"127.0.0.1:0\"").limit("connections", "2").drain("20s"));
    let address = monitor_of(&relay);
    let taken = format!("\"{address}\"");
    let (code, output) = Relay::of(PROGRAM)
        .upstream(&upstream)
        .monitor("listen", &taken)
        .arg("--listen")
        .arg("127.0.0.1:0")
        .run();
    assert!(code == Some(69) && output.contains(&address.to_string()), "{code:?}: {output}");

    let stream = crate::stop::slow_stream(&relay, 1_000_000);
    let others = (halves(relay.address(), 10), halves(address, 200));
    assert_eq!(Client::connect(address).get("/healthz").status(), 200);
    relay.signal(Signal::TERM);
    crate::stop::drains(&relay);
    let mut kept = Client::connect(address);
    for path in MONITORS {
        let answer = kept.get(path);
        let wanted = if path == "/readyz" { 503 } else { 200 };
        assert_eq!(answer.status(), wanted, "{path} while it drains: {answer:?}");
    }
    for (path, method) in [(OPENAI, "POST"), ("/v1/models", "GET"), ("/admin/reload", "POST"), ("/", "GET")] {
        kept.request(method, path, b"");
        let answer = kept.answer();
        assert!(answer.status() == 404 && answer.text().contains("monitor.listen"), "{path}: {answer:?}");
    }
    drop((stream, others));
    assert_eq!(relay.child.exit_code(), Some(0));
}
