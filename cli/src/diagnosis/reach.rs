//! Whether a target can be reached, step by step: name, connection, encryption, HTTP, content.

use std::io;
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

use super::local::{container, listeners};
use super::{Outcome, Step};
use crate::source::{ErrorKind, Observed, PollError, Reading, Source, Target};
use crate::words::counted;

/// Walks towards the target until something fails.
pub(crate) fn reach(
    target: Option<&Target>,
    source: &mut Observed,
    timeout: Duration,
) -> (Vec<Step>, Option<Reading>) {
    let mut steps = Vec::new();
    if let Some(target) = target {
        match proxy(target) {
            Some(variable) => steps.push(Step::note(
                "proxy",
                format!(
                    "{variable} is set: the way leads through a proxy, which looks the name up and connects"
                ),
                Some("if it should not, add the host to NO_PROXY"),
            )),
            None if target.socket().is_none() => way(target, timeout, &mut steps),
            None => {}
        }
        if steps.iter().any(|step| step.outcome == Outcome::Failed) {
            return (steps, None);
        }
    }
    match source.poll(timeout) {
        Ok(reading) => {
            steps.push(answered(&reading, source.name()));
            (steps, Some(reading))
        }
        Err(error) => {
            steps.extend(failed(&error, target));
            (steps, None)
        }
    }
}

fn answered(reading: &Reading, source: &str) -> Step {
    let count =
        reading.sample.goroutines.map_or("no count".to_owned(), |n| counted(n, "goroutine", "goroutines"));
    let program = reading.program.as_ref().map(|program| format!(" from {program}")).unwrap_or_default();
    Step::ok("answer", format!("{source}{program} in {} ms: {count}", reading.latency.as_millis()))
}

/// The step that a failed poll failed at, and those before it.
fn failed(error: &PollError, target: Option<&Target>) -> Vec<Step> {
    let encrypted = target.is_some_and(|target| target.base().scheme() == "https");
    let (passed, at): (&[&'static str], _) = match error.kind {
        ErrorKind::Dns => (&[], "name"),
        ErrorKind::Refused => (&[], "connection"),
        ErrorKind::Tls => (&[], "encryption"),
        ErrorKind::Timeout => (&[], "answer"),
        ErrorKind::Http if encrypted => (&["encryption"], "http"),
        ErrorKind::Http => (&[], "http"),
        ErrorKind::Content if encrypted => (&["encryption", "http"], "content"),
        ErrorKind::Content => (&["http"], "content"),
    };
    let fine = |step| if step == "encryption" { "the handshake succeeds" } else { "an answer comes" };
    let mut steps: Vec<_> = passed.iter().map(|step| Step::ok(step, fine(*step))).collect();
    steps.push(Step::failed(at, &error.what, &error.cure));
    let port = target.and_then(|target| target.base().port_or_known_default());
    if let Some(port) = port.filter(|_| target.is_some_and(Target::is_loopback)) {
        // Another service than the expected one may have the port.
        steps.extend(listeners(port));
        steps.extend(container(port));
    }
    steps
}

/// Name and connection.
fn way(target: &Target, timeout: Duration, steps: &mut Vec<Step>) {
    let host = target.base().host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
    let port = target.base().port_or_known_default().unwrap_or(80);
    let addresses: Vec<SocketAddr> = match (host.as_str(), port).to_socket_addrs() {
        Ok(addresses) => addresses.collect(),
        Err(error) => {
            let seen = format!("the name `{host}` has no address ({error})");
            steps.push(Step::failed(
                "name",
                seen,
                "check its spelling, /etc/hosts and this machine's name server",
            ));
            return;
        }
    };
    let shown: Vec<_> = addresses.iter().map(|address| address.ip().to_string()).collect();
    steps.push(Step::ok("name", format!("{host} is {}", shown.join(", "))));
    let mut last = None;
    for address in &addresses {
        let start = Instant::now();
        match TcpStream::connect_timeout(address, timeout) {
            Ok(_) => {
                let took = start.elapsed().as_millis();
                steps.push(Step::ok("connection", format!("{address} accepts, after {took} ms")));
                return;
            }
            Err(error) => last = Some((address, error)),
        }
    }
    let Some((address, error)) = last else {
        steps.push(Step::failed("name", format!("the name `{host}` has no address"), "check its spelling"));
        return;
    };
    let (seen, next) = match error.kind() {
        io::ErrorKind::ConnectionRefused => (
            format!("nothing listens at {address} (connection refused)"),
            "start the service; if it runs, it listens on another port, or on another address of its machine",
        ),
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => (
            format!("{address} does not answer at all"),
            "a firewall drops the packets, the machine is down, or the address is wrong: try from the machine itself",
        ),
        _ => (format!("no connection to {address} ({error})"), "check the network between here and there"),
    };
    steps.push(Step::failed("connection", seen, next));
    if addresses.iter().any(|address| address.ip().is_loopback()) {
        steps.extend(listeners(port));
        steps.extend(container(port));
    }
}

/// The variable that sends requests to this target through a proxy.
fn proxy(target: &Target) -> Option<&'static str> {
    if target.is_loopback() || target.socket().is_some() {
        return None;
    }
    let names: &[&str] = match target.base().scheme() {
        "https" => &["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"],
        _ => &["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"],
    };
    let set = |name: &&&str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    names.iter().find(set).copied()
}
