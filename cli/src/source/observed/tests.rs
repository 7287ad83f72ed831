//! Which source is taken, what completes what, and where credentials go: real sockets, scripted answers.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Mutex;
use std::thread;

use super::*;
use crate::source::{API_URL, ErrorKind, Login};
use crate::words::en;

const LONG: Duration = Duration::from_secs(30);
const HEALTH: &str = r#"{"status":"ok","goroutines":5,"memory":{"alloc_mb":1}}"#;
const METRICS: &str = "go_goroutines 11\nprocess_open_fds 9\nprocess_start_time_seconds 100\n";
const EXPVAR: &str = r#"{"memstats":{"Alloc":4096,"TotalAlloc":9000,"Sys":8192,"NumGC":2}}"#;
const PROFILE: &str = "goroutine profile: total 42\n42 @ 0x1\n#\t0x1\tmain.leak+0x1\t/m.go:3\n";

/// What a server answers to a path; anything else is 404.
type Routes = &'static [(&'static str, &'static str)];

/// A server while a test runs: its address, and the requests that came, each with its connection's number.
struct Server {
    address: String,
    requests: Mutex<Vec<(usize, String)>>,
}

impl Server {
    fn asked(&self) -> Vec<String> {
        let requests = self.requests.lock().unwrap();
        requests.iter().map(|(_, head)| head.split(' ').nth(1).unwrap_or_default().to_owned()).collect()
    }

    fn connections(&self) -> usize {
        let requests = self.requests.lock().unwrap();
        requests.iter().map(|(connection, _)| connection).collect::<std::collections::BTreeSet<_>>().len()
    }

    fn last(&self) -> String {
        self.requests.lock().unwrap().last().unwrap().1.clone()
    }
}

fn serving<T>(routes: Routes, test: impl FnOnce(&Server) -> T) -> T {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = Server { address: address.to_string(), requests: Mutex::default() };
    thread::scope(|scope| {
        let server = &server;
        scope.spawn(move || {
            for connection in 0.. {
                let (stream, _) = listener.accept().unwrap();
                let mut first = [0];
                if stream.peek(&mut first).unwrap_or(0) == 0 && connection > 0 {
                    return;
                }
                scope.spawn(move || answer(stream, routes, connection, server));
            }
        });
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| test(server)));
        drop(TcpStream::connect(address));
        drop(TcpStream::connect(address));
        outcome.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

fn answer(mut stream: TcpStream, routes: Routes, connection: usize, server: &Server) {
    stream.set_read_timeout(Some(Duration::from_secs(2))).unwrap();
    let mut head = Vec::new();
    let mut byte = [0];
    while let Ok(1) = stream.read(&mut byte) {
        head.push(byte[0]);
        if !head.ends_with(b"\r\n\r\n") {
            continue;
        }
        let text = String::from_utf8_lossy(&head).into_owned();
        head.clear();
        let path =
            text.split(' ').nth(1).unwrap_or_default().split('?').next().unwrap_or_default().to_owned();
        server.requests.lock().unwrap().push((connection, text));
        let found = routes.iter().find(|(route, _)| *route == path);
        let response = match found {
            Some((_, raw)) if raw.starts_with("HTTP/") => (*raw).to_owned(),
            Some((_, body)) => format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len()),
            None => "HTTP/1.1 404 Not Found\r\ncontent-length: 3\r\n\r\nno\n".to_owned(),
        };
        if stream.write_all(response.as_bytes()).is_err() {
            return;
        }
    }
}

fn at(address: &str) -> Plan {
    Plan { address: Some(address.to_owned()), ..Plan::default() }
}

fn named(address: &str, endpoints: &[Endpoint]) -> Plan {
    Plan { sources: endpoints.iter().map(|endpoint| Named::Http(*endpoint)).collect(), ..at(address) }
}

fn poll(plan: &Plan) -> (Result<Reading, PollError>, String) {
    let mut source = Observed::new(plan).unwrap();
    let outcome = source.poll(LONG);
    (outcome, source.name().to_owned())
}

#[test]
fn health_needs_one_request_and_nothing_else_is_asked() {
    serving(&[("/api/monitor/health", HEALTH), ("/metrics", METRICS)], |server| {
        let mut source = Observed::new(&at(&server.address)).unwrap();
        assert_eq!(source.name(), "auto");
        for _ in 0..3 {
            assert_eq!(source.poll(LONG).unwrap().sample.goroutines, Some(5));
        }
        assert_eq!(
            (source.name(), source.target()),
            ("health", format!("http://{}", server.address).as_str())
        );
        assert_eq!((server.asked(), server.connections()), (vec!["/api/monitor/health".to_owned(); 3], 1));
    });
}

#[test]
fn the_first_that_knows_the_count_is_kept() {
    serving(&[("/metrics", METRICS), ("/debug/pprof/goroutine", PROFILE)], |server| {
        let mut source = Observed::new(&at(&server.address)).unwrap();
        assert_eq!(source.poll(LONG).unwrap().sample.goroutines, Some(11));
        assert_eq!(source.poll(LONG).unwrap().sample.open_fds, Some(9));
        assert_eq!(source.name(), "metrics");
        let order = ["/api/monitor/health", "/api/performance/stats", "/metrics", "/metrics"];
        assert_eq!(server.asked(), order);
        assert_eq!(server.connections(), 1);
    });
}

#[test]
fn what_lacks_the_count_is_completed() {
    serving(&[("/debug/vars", EXPVAR), ("/debug/pprof/goroutine", PROFILE)], |server| {
        let mut source = Observed::new(&at(&server.address)).unwrap();
        for _ in 0..2 {
            let sample = source.poll(LONG).unwrap().sample;
            assert_eq!(
                (sample.goroutines, sample.alloc_bytes, sample.num_gc),
                (Some(42), Some(4096), Some(2))
            );
        }
        assert_eq!(source.name(), "expvar+pprof");
        assert_eq!(server.asked().len(), 5 + 2);
    });
}

/// That the health endpoint is missing would send its reader to the wrong place.
#[test]
fn an_answer_that_cannot_be_used_says_more_than_a_404() {
    let told =
        |routes: Routes| serving(routes, |server| poll(&at(&server.address)).0.unwrap_err().to_string());
    let counts: [(&str, Routes); 5] = [
        ("1,234", &[("/metrics", "process_open_fds 9\ngo_goroutines 1,234\n")]),
        ("NaN", &[("/metrics", "process_open_fds 9\ngo_goroutines NaN\n")]),
        ("-5", &[("/metrics", "process_open_fds 9\ngo_goroutines -5\n")]),
        ("+Inf", &[("/metrics", "process_open_fds 9\ngo_goroutines +Inf\n")]),
        ("1e18", &[("/metrics", "process_open_fds 9\ngo_goroutines 1e18\n")]),
    ];
    for (count, routes) in counts {
        let error = told(routes);
        assert!(error.contains(&format!("/metrics: `go_goroutines` is `{count}`, ")), "{error}");
        assert!(error.contains("nor is there health, new-api, expvar or pprof"), "{error}");
    }
    assert!(told(&[("/metrics", "http_requests 1\n")]).contains("/metrics"));
    assert!(told(&[("/metrics", "<html>")]).contains("answered 404"), "a page for people is no answer");
}

#[test]
fn a_recovered_target_is_looked_at_anew() {
    let mut source = Observed::new(&at("127.0.0.1:1")).unwrap();
    assert_eq!(source.poll(LONG).unwrap_err().kind, ErrorKind::Refused);
    assert_eq!(source.name(), "auto");
}

#[test]
fn named_sources_must_answer_and_complete_each_other() {
    serving(&[("/api/monitor/health", HEALTH), ("/metrics", METRICS)], |server| {
        let both = [Endpoint::Health, Endpoint::Metrics];
        let (outcome, name) = poll(&named(&server.address, &both));
        let sample = outcome.unwrap().sample;
        assert_eq!(
            (sample.goroutines, sample.alloc_bytes, sample.open_fds),
            (Some(5), Some(1 << 20), Some(9))
        );
        assert_eq!(name, "health+metrics");
        let (outcome, _) = poll(&named(&server.address, &[Endpoint::Health, Endpoint::Expvar]));
        let error = outcome.unwrap_err();
        assert!(
            error
                .to_string()
                .contains("/debug/vars answered 404 Not Found: the service answers, but has no expvar"),
            "{error}"
        );
    });
}

#[test]
fn other_addresses_complete_the_relay_and_stand_for_it_when_it_is_not_named() {
    serving(&[("/api/monitor/health", HEALTH)], |relay| {
        serving(&[("/m/prometheus", METRICS), ("/debug/pprof/goroutine", PROFILE)], |other| {
            let metrics = Some(format!("http://{}/m/prometheus", other.address));
            let (outcome, name) = poll(&Plan { metrics: metrics.clone(), ..at(&relay.address) });
            let sample = outcome.unwrap().sample;
            assert_eq!(
                (sample.goroutines, sample.open_fds, name.as_str()),
                (Some(5), Some(9), "health+metrics")
            );

            let (outcome, name) = poll(&Plan { metrics, ..Plan::default() });
            assert_eq!((outcome.unwrap().sample.goroutines, name.as_str()), (Some(11), "metrics"));

            let pprof = Some(format!("{}/debug/pprof/", other.address));
            let plan = Plan { pprof, ..Plan::default() };
            let (outcome, name) = poll(&plan);
            assert_eq!((outcome.unwrap().sample.goroutines, name.as_str()), (Some(42), "pprof"));
            let named = Plan { sources: vec![Named::Http(Endpoint::Pprof)], ..plan };
            assert_eq!(
                Observed::new(&named).unwrap().target(),
                format!("http://{}", other.address),
                "not the default"
            );
        });
    });
}

#[cfg(target_os = "linux")]
#[test]
fn a_process_completes_or_stands_alone() {
    let pid = Some(std::process::id());
    serving(&[("/api/monitor/health", HEALTH)], |server| {
        let (outcome, name) = poll(&Plan { pid, ..at(&server.address) });
        let sample = outcome.unwrap().sample;
        assert_eq!((sample.goroutines, name.as_str()), (Some(5), "health+pid"));
        assert!(sample.rss_bytes.is_some() && sample.max_fds.is_some(), "{sample:?}");
    });
    let mut source = Observed::new(&Plan { pid, ..Plan::default() }).unwrap();
    let sample = source.poll(LONG).unwrap().sample;
    assert!(sample.rss_bytes.is_some() && sample.goroutines.is_none(), "{sample:?}");
    assert_eq!((source.name(), source.target()), ("pid", format!("process {}", std::process::id()).as_str()));
    let unnamed = Plan { sources: vec![Named::Process], ..Plan::default() };
    assert_eq!(Observed::new(&unnamed).unwrap_err(), Unusable::NoPid);
}

#[test]
fn an_address_that_names_an_endpoint_asks_it_first() {
    serving(&[("/x/metrics", METRICS)], |server| {
        let (outcome, name) = poll(&at(&format!("{}/x/metrics", server.address)));
        assert_eq!((outcome.unwrap().sample.goroutines, name.as_str()), (Some(11), "metrics"));
        assert_eq!(server.asked(), ["/x/metrics"]);
    });
}

#[test]
fn what_fails_is_named_with_what_was_tried() {
    serving(&[("/metrics", "<html><title>App</title>")], |server| {
        let (outcome, name) = poll(&at(&server.address));
        let error = outcome.unwrap_err();
        assert_eq!((error.kind, name.as_str()), (ErrorKind::Http, "auto"));
        assert!(
            en::error_seen(&error)
                .ends_with("answered 404 Not Found (nor is there new-api, metrics, expvar or pprof)"),
            "{error}"
        );
    });
    serving(
        &[("/api/performance/stats", "HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n")],
        |server| {
            let error = poll(&at(&server.address)).0.unwrap_err();
            assert!(en::error_seen(&error).contains("/api/performance/stats answered 401"), "{error}");
            assert!(
                ["root user", "--token-file"].iter().all(|text| en::error_cure(&error).contains(text)),
                "{error}"
            );
        },
    );
    const BROKEN: &str = "HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n";
    let routes: Routes = &[("/api/monitor/health", BROKEN)];
    serving(routes, |server| {
        assert!(
            en::error_cure(&poll(&at(&server.address)).0.unwrap_err()).contains("is the service running")
        );
        assert_eq!(server.asked().len(), 1, "a server in trouble is not asked for more");
    });
}

#[test]
fn credentials_go_to_the_host_that_they_are_for_and_nowhere_else() {
    let login = Some(Login::Token(vitals::Secret::new("sentinel")));
    let access = Access { login, new_api_user: 7, ..Access::default() };
    const STATS: &str = r#"{"success":true,"data":{"memory_stats":{"num_goroutine":3}}}"#;
    let routes: Routes = &[("/api/performance/stats", STATS), ("/metrics", METRICS)];
    serving(routes, |server| {
        let plan = Plan { access: access.clone(), ..named(&server.address, &[Endpoint::NewApi]) };
        assert_eq!(poll(&plan).0.unwrap().sample.goroutines, Some(3));
        let head = server.last().to_ascii_lowercase();
        assert!(
            head.contains("authorization: bearer sentinel") && head.contains("new-api-user: 7"),
            "{head}"
        );

        // The same machine by another name is another host.
        let elsewhere =
            Some(format!("http://localhost:{}/metrics", server.address.rsplit(':').next().unwrap()));
        let plan = Plan {
            metrics: elsewhere,
            access: access.clone(),
            ..named(&server.address, &[Endpoint::NewApi])
        };
        assert_eq!(poll(&plan).1, "new-api+metrics");
        let head = server.last().to_ascii_lowercase();
        assert!(head.starts_with("get /metrics") && !head.contains("sentinel"), "{head}");
    });
}

#[cfg(unix)]
#[test]
fn through_a_unix_socket() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("relay.sock");
    let listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
    thread::scope(|scope| {
        scope.spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            stream.set_read_timeout(Some(LONG)).unwrap();
            let mut block = [0; 1024];
            for _ in 0..2 {
                assert!(stream.read(&mut block).unwrap() > 0);
                write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{HEALTH}", HEALTH.len())
                    .unwrap();
            }
        });
        let mut source = Observed::new(&at(&format!("unix://{}", path.display()))).unwrap();
        for _ in 0..2 {
            assert_eq!(source.poll(LONG).unwrap().sample.goroutines, Some(5));
        }
    });
    let missing = dir.path().join("none.sock");
    let plan = Plan { unix_socket: Some(missing.clone()), ..Plan::default() };
    let error = poll(&plan).0.unwrap_err();
    assert_eq!(
        (error.kind, en::error_seen(&error)),
        (ErrorKind::Refused, format!("there is no socket {}", missing.display()))
    );
}

#[test]
fn a_recording_is_a_source_of_its_own() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("day1.csv");
    let now = Timestamp::now();
    std::fs::write(&path, format!("ts,ok,goroutines\n{now},1,17\n")).unwrap();
    let (outcome, name) = poll(&at(path.to_str().unwrap()));
    assert_eq!((outcome.unwrap().sample.goroutines, name.as_str()), (Some(17), "csv"));
    let csv = |address: Option<String>| Plan { address, sources: vec![Named::Csv], ..Plan::default() };
    assert_eq!(Observed::new(&csv(None)).unwrap_err(), Unusable::NoRecording);
    let both = Plan { pid: Some(1), ..csv(Some("a.csv".to_owned())) };
    assert_eq!(Observed::new(&both).unwrap_err(), Unusable::Completed { place: API_URL });
}
