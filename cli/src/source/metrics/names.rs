//! Which series of which client library is which measurement.

use vitals::health::Ended;
use vitals::health::read::certain;
use vitals::{EndReason, FIELDS, Field, Measure, Sample, Unit};

use super::line::Series;
use crate::reading::NoNumber;
use crate::source::content::start;

/// The names of a measurement, the best first: the first that came is taken. A name is a sum of several series where
/// only that is the whole.
type Names = (&'static str, &'static [&'static [&'static str]]);

/// By the measurement's name in the health JSON. Its own series (`Field::series`) stands before all of these.
///
/// - Go: client_golang's collectors, old and new, and OpenTelemetry's. A goroutine is a goroutine.
/// - Rust: tokio-metrics, as its exporters name it. A goroutine is a task.
/// - Node: prom-client. A goroutine is what keeps the event loop alive: a socket, a timer, a request.
/// - Python: prometheus_client. It counts no tasks.
const NAMES: &[Names] = &[
    (
        "goroutines",
        &[
            &["go_goroutines"],
            &["go_sched_goroutines_goroutines"],
            &["go_goroutine_count"],
            &["process_runtime_go_goroutines"],
            &["tokio_live_tasks_count"],
            &["tokio_num_alive_tasks"],
            &["tokio_live_tasks"],
            &["nodejs_active_resources_total"],
            &["nodejs_active_handles_total", "nodejs_active_requests_total"],
        ],
    ),
    (
        "memory.alloc_mb",
        &[
            &["go_memstats_alloc_bytes"],
            &["go_memstats_heap_alloc_bytes"],
            &["process_runtime_go_mem_heap_alloc_bytes"],
            &["nodejs_heap_size_used_bytes"],
        ],
    ),
    ("memory.total_alloc_mb", &[&["go_memstats_alloc_bytes_total"], &["go_memory_allocated_bytes_total"]]),
    ("memory.sys_mb", &[&["go_memstats_sys_bytes"], &["nodejs_heap_size_total_bytes"]]),
    (
        "memory.num_gc",
        &[
            &["go_gc_duration_seconds_count"],
            &["go_gc_cycles_total_gc_cycles_total"],
            &["nodejs_gc_duration_seconds_count"],
            &["python_gc_collections_total"],
        ],
    ),
    ("process.threads", &[&["go_threads"], &["process_num_threads"]]),
    (
        "relay.in_flight",
        &[
            &["http_requests_in_flight"],
            &["http_server_active_requests"],
            &["http_server_requests_in_flight"],
            &["http_in_flight_requests"],
            &["http_inflight_requests"],
            &["in_flight_requests"],
            &["http_requests_inprogress"],
            &["axum_http_requests_pending"],
            &["vllm:num_requests_running"],
            &["envoy_http_downstream_rq_active"],
        ],
    ),
    (
        "relay.requests_total",
        &[
            &["http_requests_total"],
            &["http_server_requests_total"],
            &["http_server_request_duration_seconds_count"],
            &["http_request_duration_seconds_count"],
            &["axum_http_requests_total"],
            &["litellm_proxy_total_requests_metric_total"],
            &["vllm:request_success_total"],
            &["envoy_http_downstream_rq_xx"],
            &["istio_requests_total"],
            &["traefik_entrypoint_requests_total"],
            &["traefik_service_requests_total"],
            &["haproxy_frontend_http_responses_total"],
            &["kong_http_requests_total"],
            &["apisix_http_status"],
            &["caddy_http_request_duration_seconds_count"],
            &["nginx_http_requests_total"],
        ],
    ),
    ("relay.errors_total", &[&["litellm_proxy_failed_requests_metric_total"]]),
];

/// Requests of this relay by the reason of their end.
const ENDED: &str = "watertight_requests_ended_total";
/// The labels that carry a status, or its class: `500`, `5xx`, `5`.
const CODES: [&str; 8] = [
    "code",
    "status",
    "status_code",
    "http_status_code",
    "http_response_status_code",
    "response_code",
    "envoy_response_code_class",
    "exception_status",
];

/// The values so far: one cell for each name of the table.
#[derive(Debug)]
pub(super) struct Found {
    cells: Vec<Cell>,
    ended: Option<Ended>,
    /// The program that answers, for example `Go 1.27.3`.
    pub(super) program: Option<String>,
}

#[derive(Debug)]
struct Cell {
    name: &'static str,
    value: Option<f64>,
    /// What of it ended with a status of 5xx; `None` where no series has a status.
    failed: Option<f64>,
    /// The first value that is no number of things.
    odd: Option<String>,
    /// Points in time and ages do not add up: the latest counts.
    latest: bool,
}

fn names(field: &'static Field) -> impl Iterator<Item = &'static str> {
    let others = NAMES.iter().filter(|(json, _)| *json == field.json).flat_map(|(_, names)| *names);
    std::iter::once(field.series).chain(others.flat_map(|names| names.iter().copied()))
}

impl Found {
    pub(super) fn new() -> Self {
        let cells = FIELDS.iter().flat_map(|field| {
            let latest = field.unit == Unit::Seconds;
            names(field).map(move |name| Cell { name, value: None, odd: None, failed: None, latest })
        });
        Self { cells: cells.collect(), ended: None, program: None }
    }

    /// Takes a series, if it is one of ours. Several of one name, by label, worker or repetition, are summed.
    pub(super) fn take(&mut self, series: &Series<'_>) {
        self.program = self.program.take().or_else(|| program(series));
        if series.name == ENDED {
            self.reason(series);
        }
        let Some(cell) = self.cells.iter_mut().find(|cell| cell.name == series.name) else { return };
        if is_the_scrape(series) {
            return;
        }
        // Not a number of things: an average of nothing, or a counter that its library gave up.
        if certain(series.value, true).is_none() {
            cell.odd.get_or_insert_with(|| start(series.written.as_bytes()));
            return;
        }
        let class = class(series);
        // What is refused with a 4xx has not failed.
        if class == Some(b'4') && cell.name.contains("_failed_") {
            return;
        }
        if class.is_some() {
            let failed = if class == Some(b'5') { series.value } else { 0.0 };
            cell.failed = Some(cell.failed.unwrap_or(0.0) + failed);
        }
        cell.value = Some(match cell.value {
            None => series.value,
            Some(value) if cell.latest => value.max(series.value),
            Some(value) => value + series.value,
        });
    }

    pub(super) fn sample(&self) -> Sample {
        let mut sample = Sample::default();
        for field in FIELDS {
            let others = NAMES.iter().filter(|(json, _)| *json == field.json).flat_map(|(_, names)| *names);
            let value = std::iter::once(&[field.series][..])
                .chain(others.copied())
                .find_map(|names| names.iter().map(|name| self.value(name)).sum::<Option<f64>>());
            (field.set)(&mut sample, value.and_then(|value| certain(value, true)));
        }
        sample.ended = self.ended;
        let by_reason = || self.ended.map(|ended| ended.badly());
        sample.errors_total = sample.errors_total.or_else(by_reason).or_else(|| self.failed());
        sample
    }

    /// Requests that ended badly, by the status of those that are counted.
    fn failed(&self) -> Option<u64> {
        let requests = FIELDS.iter().find(|field| field.measure == Measure::RequestsTotal)?;
        let cells = names(requests).filter_map(|name| self.cells.iter().find(|cell| cell.name == name));
        cells.into_iter().find(|cell| cell.value.is_some())?.failed.and_then(|failed| certain(failed, true))
    }

    fn reason(&mut self, series: &Series<'_>) {
        let reason = series.label("reason");
        let known = EndReason::ALL.into_iter().find(|known| Some(known.as_str()) == reason.as_deref());
        if let Some((reason, count)) = known.zip(certain(series.value, true)) {
            self.ended.get_or_insert_default().0[reason.index()] += count;
        }
    }

    /// Takes a line that cannot be read, if its name is one of ours.
    pub(super) fn take_unread(&mut self, name: &str, value: &str) {
        if let Some(cell) = self.cells.iter_mut().find(|cell| cell.name == name) {
            cell.odd.get_or_insert_with(|| start(value.as_bytes()));
        }
    }

    /// What is measured, and came as no number, or in part so. Of limits, and of what is not recorded, none is expected.
    pub(super) fn unread(&self) -> Vec<(Measure, NoNumber)> {
        let is_limit = |measure| matches!(measure, Measure::MaxFds | Measure::MemoryLimit);
        let recorded = FIELDS.iter().filter(|field| field.csv.is_some() && !is_limit(field.measure));
        recorded.filter_map(|field| Some((field.measure, self.unread_of(field)?))).collect()
    }

    /// Of the name that counts: the first with a value, or else the first with what is none.
    fn unread_of(&self, field: &'static Field) -> Option<NoNumber> {
        let cells: Vec<_> =
            names(field).filter_map(|name| self.cells.iter().find(|c| c.name == name)).collect();
        let valued = cells.iter().find(|cell| cell.value.is_some());
        let cell = valued.or_else(|| cells.iter().find(|cell| cell.odd.is_some()))?;
        Some(NoNumber { series: cell.name, value: cell.odd.clone()? })
    }

    fn value(&self, name: &str) -> Option<f64> {
        self.cells.iter().find(|cell| cell.name == name)?.value
    }
}

/// The first digit of a series' status.
fn class(series: &Series<'_>) -> Option<u8> {
    let code = CODES.into_iter().find_map(|label| series.label(label))?;
    let [first, rest @ ..] = code.as_bytes() else { return None };
    let whole = rest.is_empty() || (rest.len() == 2 && rest.iter().all(|b| b.is_ascii_digit() || *b == b'x'));
    (first.is_ascii_digit() && whole).then_some(*first)
}

/// A series that counts the requests for metrics and profiles: asking makes no load.
fn is_the_scrape(series: &Series<'_>) -> bool {
    let for_us = |path: String| {
        path.ends_with("/metrics") || path.contains("/debug/pprof") || path.ends_with("/debug/vars")
    };
    ["handler", "path", "route", "http_route", "endpoint", "uri", "url"]
        .into_iter()
        .any(|label| series.label(label).is_some_and(for_us))
}

fn program(series: &Series<'_>) -> Option<String> {
    let version = |prefix: &str| {
        let version = series.label("version")?;
        Some(version.strip_prefix(prefix).unwrap_or(&version).to_owned())
    };
    let text = match series.name {
        "go_info" => format!("Go {}", version("go")?),
        "nodejs_version_info" => format!("Node {}", version("v")?),
        "python_info" => format!("{} {}", series.label("implementation")?, version("")?),
        _ => return None,
    };
    crate::source::content::word(&text)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_table_names_fields_that_exist_and_no_series_twice() {
        for (json, _) in NAMES {
            assert!(FIELDS.iter().any(|field| field.json == *json), "{json}");
        }
        let all: Vec<_> = FIELDS.iter().flat_map(names).collect();
        let unique: BTreeSet<_> = all.iter().collect();
        assert_eq!(unique.len(), all.len());
        assert!(!all.iter().any(|name| name.starts_with("promhttp_")), "a scrape's own gauge is no load");
    }
}
