//! `GET /metrics`: Prometheus text, or OpenMetrics where it is asked for. Names come from the one field table.

use report::exposition::{Page, labels};
use vitals::EndReason;
use vitals::sample::FIELDS;

use crate::channel::{ChannelState, State};
use crate::counters::{BUCKETS, Count, Histogram};
use crate::ledger::account::Counters;
use crate::log::Dropped;
use crate::state::relay::Relay;

const PROMETHEUS: &str = "text/plain; version=0.0.4; charset=utf-8";
const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Name, help and where its counts are.
type Timed = (&'static str, &'static str, fn(&Counters) -> &Histogram);
const HISTOGRAMS: [Timed; 2] = [
    ("watertight_request_duration_seconds", "Time from a request to its end.", |c| &c.duration),
    ("watertight_first_byte_seconds", "Time from a request to its first content.", |c| &c.first_byte),
];

/// The content type and the text.
pub(crate) fn render(relay: &Relay, accept: &str) -> (&'static str, String) {
    let open = accept.contains("application/openmetrics-text");
    let mut page = Page::new(open);
    let ended = super::ended(relay);
    let sample = super::sample(relay);
    for field in FIELDS {
        if let Some(value) = (field.get)(&sample) {
            page.single(field.series, field.kind.as_str(), field.help, value);
        }
    }
    let name = "watertight_requests_ended_total";
    page.family(name, "counter", "Requests by the reason for which they ended.");
    for reason in EndReason::ALL {
        page.sample(name, &labels([("reason", reason.as_str())]), ended.0[reason.index()]);
    }
    totals(&mut page, relay);
    channels(&mut page, relay);
    for (name, help, of) in HISTOGRAMS {
        histogram(&mut page, relay, name, help, of);
    }
    (if open { OPENMETRICS } else { PROMETHEUS }, page.end())
}

/// The sums over all workers, and the places that are taken.
fn totals(page: &mut Page, relay: &Relay) {
    let sum =
        |of: fn(&Counters) -> &Count| relay.workers().iter().map(|w| of(&w.counters).get()).sum::<u64>();
    for (name, help, value) in [
        ("watertight_connections_total", "Client connections accepted.", sum(|c| &c.connections)),
        (
            "watertight_connections_refused_total",
            "Client connections beyond limits.connections.",
            sum(|c| &c.connections_refused),
        ),
        ("watertight_sent_bytes_total", "Bytes sent to clients.", sum(|c| &c.bytes_to_clients)),
        ("watertight_input_tokens_total", "Tokens of prompts, as reported.", sum(|c| &c.tokens_in)),
        ("watertight_output_tokens_total", "Tokens of answers, as reported.", sum(|c| &c.tokens_out)),
        (
            "watertight_log_lines_dropped_total",
            "Log lines that did not fit into the queue.",
            relay.log_dropped.as_ref().map_or(0, Dropped::lines),
        ),
    ] {
        page.single(name, "counter", help, value);
    }
    for (name, help, value) in [
        ("watertight_client_connections", "Client connections.", connections(relay)),
        ("watertight_buffered_bytes", "Bytes held for bodies.", relay.budget.used() as u64),
        (
            "watertight_buffered_limit_bytes",
            "Bytes that may be held for bodies.",
            relay.budget.limit() as u64,
        ),
        (
            "watertight_permits_used",
            "Places of limits.in_flight that are taken.",
            relay.in_flight.used() as u64,
        ),
        ("watertight_permits_limit", "limits.in_flight.", relay.in_flight.limit() as u64),
    ] {
        page.single(name, "gauge", help, value);
    }
}

/// One label set a channel of the configuration and outcome: clients cannot make more of them.
fn channels(page: &mut Page, relay: &Relay) {
    let now = crate::clock::now();
    let snapshot = relay.snapshot();
    let attempts = "watertight_attempts_total";
    page.family(attempts, "counter", "Attempts at channels by what became of them.");
    for channel in &snapshot.channels {
        for (attempted, count) in channel.attempts().filter(|(_, count)| *count > 0) {
            let labels = labels([("channel", &*channel.name), ("outcome", attempted.as_str())]);
            page.sample(attempts, &labels, count);
        }
    }
    type Gauge = (&'static str, &'static str, fn(&ChannelState, u64) -> u64);
    let gauges: [Gauge; 3] = [
        ("watertight_channel_in_flight", "Exchanges on a channel.", |c, _| c.gate.used() as u64),
        (
            "watertight_channel_resting",
            "1 while a channel rests because its attempts fail, 0 while it works.",
            |c, now| u64::from(c.state(now) != State::Closed),
        ),
        (
            "watertight_channel_keys_resting",
            "Keys of a channel that the upstream refused or limits.",
            |c, now| c.keys.resting(now) as u64,
        ),
    ];
    for (name, help, value) in gauges {
        page.family(name, "gauge", help);
        for channel in &snapshot.channels {
            page.sample(name, &labels([("channel", &*channel.name)]), value(channel, now));
        }
    }
}

fn connections(relay: &Relay) -> u64 {
    relay.workers().iter().map(|worker| worker.connections() as u64).sum()
}

fn histogram(page: &mut Page, relay: &Relay, name: &str, help: &str, of: fn(&Counters) -> &Histogram) {
    page.family(name, "histogram", help);
    let mut counts = [0; BUCKETS.len() + 1];
    let mut sum = 0;
    for worker in relay.workers() {
        let histogram = of(&worker.counters);
        counts.iter_mut().zip(histogram.counts()).for_each(|(total, n)| *total += n);
        sum += histogram.sum();
    }
    let (bucket, mut below) = (format!("{name}_bucket"), 0);
    let bounds = BUCKETS.iter().map(|bound| seconds(*bound)).chain(["+Inf".to_owned()]);
    for (bound, count) in bounds.zip(counts) {
        below += count;
        page.sample(&bucket, &labels([("le", bound.as_str())]), below);
    }
    page.sample(&format!("{name}_sum"), "", seconds(sum));
    page.sample(&format!("{name}_count"), "", below);
}

/// Milliseconds as seconds, exactly.
fn seconds(millis: u64) -> String {
    format!("{}.{:03}", millis / 1000, millis % 1000)
}
