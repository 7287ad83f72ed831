//! Whether a target can be reached, step by step: name, connection, encryption, HTTP, content.

use std::io;
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

use super::local::{container, listeners};
use crate::finding::{Diagnosis, Outcome, Step};
use crate::source::{ErrorKind, Observed, PollError, Reading, Source, Target};

/// Walks towards the target until something fails.
pub(crate) fn reach(
    target: Option<&Target>,
    source: &mut Observed,
    timeout: Duration,
) -> (Vec<Step>, Option<Reading>) {
    let mut steps = Vec::new();
    if let Some(target) = target {
        match proxy(target) {
            Some(variable) => steps.push(Step::note("proxy", Diagnosis::Proxy(variable))),
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
    Step::ok(
        "answer",
        Diagnosis::Answered {
            source: source.to_owned(),
            program: reading.program.clone(),
            ms: reading.latency.as_millis(),
            sample: Box::new(reading.sample),
        },
    )
}

/// The step that a failed poll failed at, and those before it.
fn failed(error: &PollError, target: Option<&Target>) -> Vec<Step> {
    let encrypted = target.is_some_and(|target| target.base().scheme() == "https");
    let encryption = ("encryption", Diagnosis::Handshake);
    let http = ("http", Diagnosis::AnswerComes);
    let (passed, at): (&[(&'static str, Diagnosis)], _) = match error.kind {
        ErrorKind::Dns => (&[], "name"),
        ErrorKind::Refused => (&[], "connection"),
        ErrorKind::Tls => (&[], "encryption"),
        ErrorKind::Timeout => (&[], "answer"),
        ErrorKind::Http if encrypted => (&[encryption], "http"),
        ErrorKind::Http => (&[], "http"),
        ErrorKind::Content if encrypted => (&[encryption, http], "content"),
        ErrorKind::Content => (&[http], "content"),
    };
    let mut steps: Vec<_> = passed.iter().map(|(step, said)| Step::ok(step, said.clone())).collect();
    steps.push(Step::failed(at, Diagnosis::Error(error.clone())));
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
            let error = Some(error.to_string());
            steps.push(Step::failed("name", Diagnosis::NoAddress { host, error }));
            return;
        }
    };
    let shown = addresses.iter().map(SocketAddr::ip).collect();
    steps.push(Step::ok("name", Diagnosis::Name { host: host.clone(), addresses: shown }));
    let mut last = None;
    for address in &addresses {
        let start = Instant::now();
        match TcpStream::connect_timeout(address, timeout) {
            Ok(_) => {
                let ms = start.elapsed().as_millis();
                steps.push(Step::ok("connection", Diagnosis::Accepts { address: *address, ms }));
                return;
            }
            Err(error) => last = Some((address, error)),
        }
    }
    let Some((address, error)) = last else {
        steps.push(Step::failed("name", Diagnosis::NoAddress { host, error: None }));
        return;
    };
    let address = *address;
    let said = match error.kind() {
        io::ErrorKind::ConnectionRefused => Diagnosis::NothingListens(address),
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => Diagnosis::Silent(address),
        _ => Diagnosis::NoConnection { address, error: error.to_string() },
    };
    steps.push(Step::failed("connection", said));
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
