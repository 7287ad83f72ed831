//! The JSON of `GET /api/monitor/health`: the six keys that old tools read come first and never change.

pub mod read;

pub use crate::end::Ended;
use crate::{Sample, Thresholds, Verdict, verdict};

/// The version of what follows the six old keys.
pub const SCHEMA: u32 = 1;

/// The word under `status`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Nothing is above its threshold.
    Ok,
    /// Something is above its warning threshold.
    Warning,
    /// Something is above its danger threshold, or an exchange is overdue.
    Danger,
    /// The relay is stopping.
    Draining,
}

impl Status {
    /// The word in the JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Danger => "danger",
            Self::Draining => "draining",
        }
    }
}

/// The status that a sample deserves. `Draining` is the relay's own to say.
#[must_use]
pub fn status(sample: &Sample, thresholds: &Thresholds) -> Status {
    match verdict::judge(sample, thresholds).verdict {
        Verdict::Ok | Verdict::Unknown => Status::Ok,
        Verdict::Warning => Status::Warning,
        Verdict::Danger => Status::Danger,
    }
}

/// The whole answer. Serialise with `serde_json::to_string`: compact, keys in this order.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Health {
    /// See [`status`].
    pub status: Status,
    /// Live tasks of all workers.
    pub goroutines: u64,
    /// Memory in MiB, rounded down.
    pub memory: Memory,
    /// What came after the six old keys; `None` leaves it out.
    #[serde(flatten)]
    pub detail: Option<Detail>,
}

/// The old memory block; all in MiB, rounded down, see [`mib`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Memory {
    /// Live heap.
    pub alloc_mb: u64,
    /// Ever allocated.
    pub total_alloc_mb: u64,
    /// Obtained from the system.
    pub sys_mb: u64,
    /// Garbage collections; 0 where there is no collector.
    pub num_gc: u64,
}

/// Bytes as whole MiB, rounded down.
#[must_use]
pub const fn mib(bytes: u64) -> u64 {
    bytes >> 20
}

/// What only this relay reports.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Detail {
    /// [`SCHEMA`].
    pub schema: u32,
    /// `watertight`.
    pub name: &'static str,
    /// The program's version.
    pub version: &'static str,
    /// When the process started, in seconds since 1970.
    pub start_time: u64,
    /// Seconds since then.
    pub uptime_s: u64,
    /// What the system says of the process.
    pub process: Process,
    /// What the relay does.
    pub relay: Relay,
}

/// What the system says of the process; what it does not say is left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Process {
    /// Resident memory in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rss_bytes: Option<u64>,
    /// Open descriptors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open_fds: Option<u64>,
    /// The limit of open descriptors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_fds: Option<u64>,
    /// Threads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threads: Option<u64>,
    /// The memory that its control group allows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_limit_bytes: Option<u64>,
}

/// What the relay does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Relay {
    /// Requests being relayed.
    pub in_flight: u64,
    /// Tasks that live connections and exchanges account for.
    pub explained: u64,
    /// Streamed answers under way.
    pub streams: u64,
    /// Age of the oldest live exchange in seconds.
    pub oldest_s: u64,
    /// Exchanges older than their own deadline.
    pub overdue: u64,
    /// Open connections to upstreams.
    pub upstream_open: u64,
    /// Those of them that are idle.
    pub upstream_idle: u64,
    /// Tasks of the idle ones: not each has one.
    pub idle_tasks: u64,
    /// Requests since the start.
    pub requests_total: u64,
    /// Requests refused because the relay was full.
    pub shed_total: u64,
    /// Requests that ended badly: not with a 4xx, and not because the client left.
    pub errors_total: u64,
    /// Ended exchanges by reason.
    pub ended: Ended,
}

impl Health {
    /// The six old keys only: what is answered without the monitor's token.
    #[must_use]
    pub fn public_only(self) -> Self {
        Self { detail: None, ..self }
    }

    /// The same as a sample; memory keeps the whole MiB of the JSON, as an observer would see it.
    #[must_use]
    pub fn sample(&self) -> Sample {
        let mut sample = Sample {
            goroutines: Some(self.goroutines),
            alloc_bytes: Some(self.memory.alloc_mb << 20),
            total_alloc_bytes: Some(self.memory.total_alloc_mb << 20),
            sys_bytes: Some(self.memory.sys_mb << 20),
            num_gc: Some(self.memory.num_gc),
            ..Sample::default()
        };
        if let Some(Detail { start_time, uptime_s, process, relay, .. }) = &self.detail {
            sample.start_time = Some(*start_time);
            sample.uptime_s = Some(*uptime_s);
            sample.rss_bytes = process.rss_bytes;
            sample.open_fds = process.open_fds;
            sample.max_fds = process.max_fds;
            sample.threads = process.threads;
            sample.memory_limit = process.memory_limit_bytes;
            sample.in_flight = Some(relay.in_flight);
            sample.explained = Some(relay.explained);
            sample.streams = Some(relay.streams);
            sample.oldest_s = Some(relay.oldest_s);
            sample.overdue = Some(relay.overdue);
            sample.upstream_open = Some(relay.upstream_open);
            sample.upstream_idle = Some(relay.upstream_idle);
            sample.requests_total = Some(relay.requests_total);
            sample.shed_total = Some(relay.shed_total);
            sample.errors_total = Some(relay.errors_total);
            sample.ended = Some(relay.ended);
        }
        sample
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{EndReason, FIELDS, Measure};

    fn health() -> Health {
        let mut ended = Ended::default();
        ended.0[EndReason::ClientGone.index()] = 2;
        Health {
            status: Status::Ok,
            goroutines: 312,
            memory: Memory { alloc_mb: 18, total_alloc_mb: 40, sys_mb: 31, num_gc: 3 },
            detail: Some(Detail {
                schema: SCHEMA,
                name: "watertight",
                version: "0.1.0",
                start_time: 1_795_000_000,
                uptime_s: 93,
                process: Process {
                    rss_bytes: Some(40_000_001),
                    open_fds: Some(50),
                    max_fds: Some(1024),
                    threads: Some(5),
                    memory_limit_bytes: Some(536_870_912),
                },
                relay: Relay {
                    in_flight: 11,
                    explained: 300,
                    streams: 7,
                    oldest_s: 61,
                    overdue: 0,
                    upstream_open: 9,
                    upstream_idle: 4,
                    idle_tasks: 1,
                    requests_total: 1000,
                    shed_total: 6,
                    errors_total: 8,
                    ended,
                },
            }),
        }
    }

    #[test]
    fn the_json_is_the_contract() {
        assert_eq!(
            serde_json::to_string(&health()).unwrap(),
            "{\"status\":\"ok\",\"goroutines\":312,\
             \"memory\":{\"alloc_mb\":18,\"total_alloc_mb\":40,\"sys_mb\":31,\"num_gc\":3},\
             \"schema\":1,\"name\":\"watertight\",\"version\":\"0.1.0\",\"start_time\":1795000000,\"uptime_s\":93,\
             \"process\":{\"rss_bytes\":40000001,\"open_fds\":50,\"max_fds\":1024,\"threads\":5,\
             \"memory_limit_bytes\":536870912},\
             \"relay\":{\"in_flight\":11,\"explained\":300,\"streams\":7,\"oldest_s\":61,\"overdue\":0,\
             \"upstream_open\":9,\"upstream_idle\":4,\"idle_tasks\":1,\"requests_total\":1000,\"shed_total\":6,\"errors_total\":8,\
             \"ended\":{\"done\":0,\"client_gone\":2,\"client_error\":0,\"upstream_error\":0,\
             \"upstream_truncated\":0,\"connect_timeout\":0,\"first_byte_timeout\":0,\"idle_timeout\":0,\
             \"total_timeout\":0,\"slow_client\":0,\"too_large\":0,\"shed\":0,\"limited\":0,\"no_channel\":0,\
             \"shutdown\":0,\"panic\":0}}}"
        );
    }

    #[test]
    fn the_public_form_is_what_the_old_endpoint_answered() {
        assert_eq!(
            serde_json::to_string(&health().public_only()).unwrap(),
            "{\"status\":\"ok\",\"goroutines\":312,\
             \"memory\":{\"alloc_mb\":18,\"total_alloc_mb\":40,\"sys_mb\":31,\"num_gc\":3}}"
        );
    }

    #[test]
    fn the_table_and_the_json_agree() {
        let json = serde_json::to_value(health()).unwrap();
        let sample = health().sample();
        assert_eq!(read::read(json.as_object().unwrap()), Ok(sample));
        assert_eq!(read::ended(json.as_object().unwrap()), health().detail.map(|detail| detail.relay.ended));
        // What only an observer, or another target, tells.
        let elsewhere = [Measure::Restarts];
        for field in FIELDS.iter().filter(|field| !elsewhere.contains(&field.measure)) {
            let found = json.pointer(&format!("/{}", field.json.replace('.', "/"))).and_then(|v| v.as_u64());
            assert!(found.is_some(), "{} is not in the health JSON", field.json);
            assert_eq!((field.get)(&sample), found.map(|n| n * field.json_scale), "{}", field.json);
        }
    }

    #[test]
    fn status_follows_the_rule() {
        let of = |change: fn(&mut Sample)| {
            let mut sample = health().sample();
            change(&mut sample);
            status(&sample, &Thresholds::default()).as_str()
        };
        assert_eq!(of(|_| ()), "ok");
        assert_eq!(of(|s| (s.goroutines, s.explained) = (Some(9012), Some(9000))), "ok");
        assert_eq!(of(|s| (s.goroutines, s.explained) = (Some(3000), Some(0))), "warning");
        assert_eq!(of(|s| s.open_fds = Some(1000)), "warning");
        assert_eq!(of(|s| s.overdue = Some(1)), "danger");
        assert_eq!(of(|s| s.alloc_bytes = Some(5 << 30)), "danger");
    }
}
