//! The file's settings, section by section. Channels are read in [`super::upstreams`].

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::time::Duration;

use vitals::key::KeyHash;

use super::pattern::ModelPattern;
use super::rate::Rate;
use super::reader::{Section, Wanted};
use super::secrets::{self, Resolver};
use super::settings::{CallerKey, Config, Limits, Monitor, OnDisconnect, Timeouts};
use super::{tls, upstreams};

const MIB: u64 = 1024 * 1024;
const COUNT: RangeInclusive<i64> = 1..=1_000_000;
/// Bounds of every deadline.
pub(super) const DEADLINE: RangeInclusive<Duration> =
    Duration::from_millis(1)..=Duration::from_secs(24 * 3600);

/// Lays the file over `config`. `memory` is what shares are shares of, in bytes.
pub(super) fn read(top: &mut Section<'_>, config: &mut Config, resolver: &Resolver<'_>, memory: u64) {
    let wanted = Wanted::new("an address and a port", "\"127.0.0.1:3000\"");
    if let Some(listen) = top.parsed("listen", wanted, listen_address) {
        config.listen = listen;
        config.source.origins.remove("listen");
    }
    config.tls = top.section("tls", |section| tls::read(section, resolver)).flatten();
    top.section("limits", |section| limits(section, &mut config.limits, memory));
    top.section("timeouts", |section| timeouts(section, &mut config.timeouts));
    top.section("failover", |section| {
        let attempts = section.number("attempts", 1..=16, "4").and_then(|n| u32::try_from(n).ok());
        set(&mut config.failover.attempts, attempts);
    });
    top.section("shutdown", |section| {
        let drain = section.duration("drain", Duration::ZERO..=Duration::from_secs(3600));
        config.shutdown.drain = drain.unwrap_or(config.shutdown.drain);
    });
    let origins = &mut config.source.origins;
    config.admin.token = top.section("admin", |section| secrets::token(section, resolver, origins)).flatten();
    top.section("monitor", |section| {
        monitor(section, &mut config.monitor);
        config.monitor.token = secrets::token(section, resolver, origins);
    });
    let mut callers = Unique::default();
    config.keys = top.sections("keys", |section| caller(section, &mut callers));
    config.channels = upstreams::read(top, &config.timeouts, resolver, origins);
}

/// Reads an address to listen on: `127.0.0.1:3000`, `[::1]:3000`, `localhost:3000`, `:3000` (every IPv4 address) or
/// a port alone (loopback).
///
/// # Errors
/// A fragment that says what is expected.
pub(super) fn listen_address(text: &str) -> Result<SocketAddr, String> {
    let text = text.trim();
    let wrong = || {
        let hint = "write an IP address and a port, such as \"127.0.0.1:3000\" or \"0.0.0.0:3000\"";
        format!("`{text}` is not an address to listen on: {hint}")
    };
    if let Ok(address) = text.parse() {
        return Ok(address);
    }
    let (host, port) = text.rsplit_once(':').unwrap_or(("localhost", text));
    let port: u16 = port.parse().map_err(|_| wrong())?;
    let ip = match host {
        "localhost" => Ipv4Addr::LOCALHOST,
        "" | "*" => Ipv4Addr::UNSPECIFIED,
        _ => return Err(wrong()),
    };
    Ok(SocketAddr::new(IpAddr::V4(ip), port))
}

fn limits(section: &mut Section<'_>, limits: &mut Limits, memory: u64) {
    let body_bounds = 1024..=1024 * MIB;
    set(&mut limits.in_flight, count(section, "in_flight"));
    set(&mut limits.connections, count(section, "connections"));
    let buffered = section.size_or_share("buffered", MIB..=1024 * 1024 * MIB, memory);
    let body = section.size("request_body", body_bounds.clone());
    let event = section.size("sse_event", body_bounds);
    set(&mut limits.buffered, buffered.map(to_usize));
    let Limits { request_body, sse_event, .. } = Limits::default();
    for (name, given, default, value) in [
        ("request_body", body, request_body, &mut limits.request_body),
        ("sse_event", event, sse_event, &mut limits.sse_event),
    ] {
        *value = given.map_or(default, to_usize);
        // One body must fit into the budget for all; a default gives way, what was asked for is refused.
        if *value > limits.buffered {
            if given.is_some() {
                let budget = vitals::units::format_size(limits.buffered as u64);
                let text = format!(
                    "`limits.{name}` is larger than `limits.buffered` ({budget}), which is for all bodies together"
                );
                section.note(section.span.clone(), text);
            }
            *value = limits.buffered;
        }
    }
    let memory = section.size_or_share("memory", 16 * MIB..=1024 * 1024 * MIB, memory);
    set(&mut limits.memory, memory.map(to_usize));
    set(&mut limits.on_disconnect, on_disconnect(section));
}

fn on_disconnect(section: &mut Section<'_>) -> Option<OnDisconnect> {
    const DRAIN: OnDisconnect = OnDisconnect::Drain { time: Duration::from_secs(30), bytes: 8 * MIB };
    let wanted = Wanted::new("a word or a table", "\"cancel\" or { drain = \"30s\", bytes = \"8MiB\" }");
    section.word_or_section(
        "on_disconnect",
        wanted,
        |word| match word {
            "cancel" => Ok(OnDisconnect::Cancel),
            "drain" => Ok(DRAIN),
            _ => Err(format!(
                "`{word}` is not known: \"cancel\" drops the upstream when the client leaves, \"drain\" reads a stream on for its usage"
            )),
        },
        |inner| {
            let time = inner.duration("drain", Duration::from_millis(1)..=Duration::from_secs(3600));
            let bytes = inner.size("bytes", 1024..=1024 * MIB);
            inner.require(time.is_some(), "drain", "\"30s\"");
            let OnDisconnect::Drain { bytes: default, .. } = DRAIN else { return OnDisconnect::Cancel };
            OnDisconnect::Drain { time: time.unwrap_or_default(), bytes: bytes.unwrap_or(default) }
        },
    )
}

/// A whole number of things, at least one.
pub(super) fn count(section: &mut Section<'_>, key: &'static str) -> Option<usize> {
    section.number(key, COUNT, "100").and_then(|n| usize::try_from(n).ok())
}

fn timeouts(section: &mut Section<'_>, timeouts: &mut Timeouts) {
    exchange_timeouts(section, timeouts);
    for (key, value) in [
        ("client_write", &mut timeouts.client_write),
        ("error_body", &mut timeouts.error_body),
        ("request_header", &mut timeouts.request_header),
        ("request_body", &mut timeouts.request_body),
        ("tls", &mut timeouts.tls),
        ("client_idle", &mut timeouts.client_idle),
        ("upstream_idle", &mut timeouts.upstream_idle),
    ] {
        set(value, section.duration(key, DEADLINE));
    }
}

/// The deadlines that a channel can have of its own.
pub(super) fn exchange_timeouts(section: &mut Section<'_>, timeouts: &mut Timeouts) {
    for (key, value) in [
        ("connect", &mut timeouts.connect),
        ("first_byte", &mut timeouts.first_byte),
        ("idle", &mut timeouts.idle),
        ("total", &mut timeouts.total),
    ] {
        set(value, section.duration(key, DEADLINE));
    }
}

fn monitor(section: &mut Section<'_>, monitor: &mut Monitor) {
    set(
        &mut monitor.every,
        section.duration("every", Duration::from_millis(100)..=Duration::from_secs(24 * 3600)),
    );
    let warning = section.number("warning", 1..=1_000_000_000, "2000").and_then(|n| u64::try_from(n).ok());
    let danger = section.number("danger", 1..=1_000_000_000, "5000").and_then(|n| u64::try_from(n).ok());
    set(&mut monitor.warning, warning);
    set(&mut monitor.danger, danger);
    if monitor.warning > monitor.danger {
        let Monitor { warning, danger, .. } = monitor;
        let text = format!(
            "`monitor.warning` ({warning}) is above `monitor.danger` ({danger}): lower it or raise the other"
        );
        section.note(section.span.clone(), text);
    }
}

/// Reads one `[[keys]]`; also used for the state file of the first key.
pub(super) fn caller(section: &mut Section<'_>, unique: &mut Unique) -> Option<CallerKey> {
    let name = section.string("name", Wanted::new("a name", "\"alice\""));
    let hash = section.parsed(
        "hash",
        Wanted::secret("a hash", "\"sha256:…\", made by `watertight keys hash`"),
        KeyHash::parse,
    );
    let models = patterns(section);
    let in_flight = count(section, "in_flight");
    let rate = section.parsed("rate", Wanted::new("a rate", "\"60/m\""), Rate::parse);
    section.require(name.is_some(), "name", "\"alice\"");
    section.require(hash.is_some(), "hash", "\"sha256:…\", made by `watertight keys hash`");
    let (name, hash) = (name?, hash?);
    unique.check(section, "key", &name.value);
    if !unique.hashes.insert(hash.to_string()) {
        section.note(
            section.span.clone(),
            format!("the key `{}` has the same hash as another: one key, one caller", name.value),
        );
    }
    Some(CallerKey { name: name.value, hash, models, in_flight, rate })
}

fn patterns(section: &mut Section<'_>) -> Vec<ModelPattern> {
    let wanted = Wanted::new("a list of model patterns", "[\"gpt-*\"]");
    let mut all = Vec::new();
    for text in section.strings("models", wanted).unwrap_or_default() {
        match ModelPattern::parse(&text.value) {
            Ok(pattern) => all.push(pattern),
            Err(why) => section.note(text.span, format!("`keys.models`: {why}")),
        }
    }
    all
}

/// Names and hashes that were used before.
#[derive(Default)]
pub(super) struct Unique {
    names: BTreeSet<String>,
    hashes: BTreeSet<String>,
}

impl Unique {
    /// Notes a name that is empty, too long for a label, or taken.
    pub(super) fn check(&mut self, section: &Section<'_>, what: &str, name: &str) {
        if name.is_empty() || name.len() > 64 || name.chars().any(|c| c.is_control() || c == '"') {
            let text =
                format!("the name of a {what} has 1 to 64 characters without quotes and control characters");
            section.note(section.span.clone(), text);
        } else if !self.names.insert(name.to_owned()) {
            section.note(
                section.span.clone(),
                format!("there is another {what} named `{name}`: give each its own `name`"),
            );
        }
    }
}

fn set<T>(value: &mut T, given: Option<T>) {
    if let Some(given) = given {
        *value = given;
    }
}

pub(super) fn to_usize(bytes: u64) -> usize {
    usize::try_from(bytes).unwrap_or(usize::MAX)
}
