//! One look at a target: what was measured, and the one table that names each measurement everywhere.

use crate::end::Ended;
use crate::unit::Unit;

/// How a number moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Up and down.
    Gauge,
    /// Only up, until a restart.
    Counter,
}

impl Kind {
    /// The word in the `# TYPE` line of the Prometheus text format.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gauge => "gauge",
            Self::Counter => "counter",
        }
    }
}

/// The names of one measurement: the only place where they are written down.
#[derive(Debug)]
pub struct Field {
    /// The handle by which code speaks of it.
    pub measure: Measure,
    /// Where there is room for a word or two.
    pub label: &'static str,
    /// The column in a recording; `None` for what is not recorded.
    pub csv: Option<&'static str>,
    /// Where the health JSON has it, steps separated by dots: `memory.alloc_mb`.
    pub json: &'static str,
    /// What one unit of the JSON's number is worth here: 1, or 2^20 where the JSON counts MiB.
    pub json_scale: u64,
    /// The Prometheus series, with its unit.
    pub series: &'static str,
    /// How it moves.
    pub kind: Kind,
    /// What it counts.
    pub unit: Unit,
    /// One sentence for people.
    pub help: &'static str,
    /// Reads it.
    pub get: fn(&Sample) -> Option<u64>,
    /// Writes it.
    pub set: fn(&mut Sample, Option<u64>),
}

const MIB: u64 = 1 << 20;

macro_rules! fields {
    ($($name:ident $variant:ident $label:literal: $csv:expr, $json:literal x $scale:expr, $series:literal, $kind:ident, $unit:ident, $help:literal;)+) => {
        /// One look at a target. Every number may be missing: not every target reports it.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct Sample {
            $(#[doc = $help] pub $name: Option<u64>,)+
            /// Requests by the reason of their end, where a target tells them all.
            pub ended: Option<Ended>,
        }

        /// One of [`FIELDS`], in their order, or what is derived.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Measure {
            $(#[doc = $help] $variant,)+
            /// Tasks beyond those that load accounts for, where the target tells the latter.
            Unexplained,
            /// From asking to the last byte of the answer.
            Latency,
        }

        /// Every measurement: first the columns of a recording in their order, then what is not recorded.
        pub const FIELDS: &[Field] = &[$(Field {
            measure: Measure::$variant,
            label: $label,
            csv: $csv,
            json: $json,
            json_scale: $scale,
            series: $series,
            kind: Kind::$kind,
            unit: Unit::$unit,
            help: $help,
            get: |sample| sample.$name,
            set: |sample, value| sample.$name = value,
        }),+];

        impl Sample {
            /// A sample of one value for each of [`FIELDS`], in their order. A reader of very many rows has no time
            /// for a call for each.
            #[must_use]
            #[inline]
            pub fn of(values: &[Option<u64>; FIELDS.len()]) -> Self {
                let mut values = values.iter().copied();
                Self { $($name: values.next().flatten(),)+ ended: None }
            }
        }
    };
}

fields! {
    goroutines Goroutines "goroutines": Some("goroutines"), "goroutines" x 1, "watertight_tasks", Gauge, Count,
        "Live tasks (goroutines) of the process.";
    alloc_bytes AllocBytes "memory": Some("alloc_bytes"), "memory.alloc_mb" x MIB, "watertight_heap_alloc_bytes", Gauge, Bytes,
        "Bytes of live heap memory.";
    total_alloc_bytes TotalAllocBytes "allocated": Some("total_alloc_bytes"), "memory.total_alloc_mb" x MIB,
        "watertight_heap_allocated_bytes_total", Counter, Bytes, "Bytes ever allocated on the heap.";
    sys_bytes SysBytes "from the system": Some("sys_bytes"), "memory.sys_mb" x MIB, "watertight_heap_sys_bytes", Gauge, Bytes,
        "Bytes of memory obtained from the system.";
    rss_bytes RssBytes "resident": Some("rss_bytes"), "process.rss_bytes" x 1, "process_resident_memory_bytes", Gauge, Bytes,
        "Resident memory size in bytes.";
    num_gc NumGc "collections": Some("num_gc"), "memory.num_gc" x 1, "watertight_gc_cycles_total", Counter, Count,
        "Completed garbage collections; 0 where there is no collector.";
    threads Threads "threads": Some("threads"), "process.threads" x 1, "process_threads", Gauge, Count,
        "Threads of the process.";
    open_fds OpenFds "descriptors": Some("open_fds"), "process.open_fds" x 1, "process_open_fds", Gauge, Count,
        "Open file descriptors.";
    in_flight InFlight "in flight": Some("in_flight"), "relay.in_flight" x 1, "watertight_requests_in_flight", Gauge, Count,
        "Requests being relayed now.";
    upstream_open UpstreamOpen "upstream connections": Some("upstream_open"), "relay.upstream_open" x 1, "watertight_upstream_connections_open", Gauge,
        Count, "Open connections to upstreams.";
    requests_total RequestsTotal "requests": Some("requests_total"), "relay.requests_total" x 1, "watertight_requests_total", Counter, Count,
        "Requests accepted since the start.";
    overdue Overdue "overdue": Some("overdue"), "relay.overdue" x 1, "watertight_exchanges_overdue", Gauge, Count,
        "Exchanges older than their own deadline: leaks, so this must be 0.";
    start_time StartTime "started": Some("start_time"), "start_time" x 1, "process_start_time_seconds", Gauge, Seconds,
        "When the process started, in seconds since 1970.";
    explained Explained "explained": Some("explained"), "relay.explained" x 1, "watertight_tasks_explained", Gauge, Count,
        "Tasks that live connections and exchanges account for.";
    streams Streams "streams": Some("streams"), "relay.streams" x 1, "watertight_streams", Gauge, Count,
        "Streamed answers under way.";
    errors_total ErrorsTotal "errors": Some("errors_total"), "relay.errors_total" x 1, "watertight_requests_failed_total", Counter, Count,
        "Requests that ended badly since the start.";
    restarts Restarts "restarts": Some("restarts"), "restarts" x 1, "watertight_restarts", Gauge, Count,
        "Restarts of the process that were seen since the recording's first row.";
    max_fds MaxFds "limit of descriptors": Some("max_fds"), "process.max_fds" x 1, "process_max_fds", Gauge, Count,
        "The limit of open file descriptors.";
    memory_limit MemoryLimit "limit of memory": Some("memory_limit_bytes"), "process.memory_limit_bytes" x 1, "watertight_memory_limit_bytes", Gauge, Bytes,
        "The memory that the process may use, with what shares its control group.";
    uptime_s UptimeS "uptime": None, "uptime_s" x 1, "watertight_uptime_seconds", Gauge, Seconds,
        "Seconds since the process started.";
    oldest_s OldestS "oldest": None, "relay.oldest_s" x 1, "watertight_exchange_oldest_seconds", Gauge, Seconds,
        "Age of the oldest live exchange in seconds.";
    upstream_idle UpstreamIdle "idle upstream connections": None, "relay.upstream_idle" x 1, "watertight_upstream_connections_idle", Gauge, Count,
        "Idle connections kept open to upstreams.";
    shed_total ShedTotal "shed": None, "relay.shed_total" x 1, "watertight_requests_shed_total", Counter, Count,
        "Requests refused because the relay was full.";
}

impl Sample {
    /// Tasks beyond what live connections and exchanges account for, where the target tells; otherwise all tasks.
    /// Thresholds apply to this number, so that a busy relay is not taken for a leaking one.
    #[must_use]
    pub fn unexplained(&self) -> Option<u64> {
        self.goroutines.map(|all| all.saturating_sub(self.explained.unwrap_or(0)))
    }

    /// Whether the process restarted between an earlier sample and this one: its start time changed, or a counter,
    /// which only a restart sets back, fell.
    #[must_use]
    pub fn restarted_since(&self, earlier: &Self) -> bool {
        let moved = |before: Option<u64>, now: Option<u64>| before.zip(now).is_some_and(|(a, b)| a != b);
        let fell = |field: &Field| (field.get)(earlier).zip((field.get)(self)).is_some_and(|(a, b)| b < a);
        moved(earlier.start_time, self.start_time)
            || FIELDS.iter().filter(|field| field.kind == Kind::Counter).any(fell)
    }

    /// Whether it says what a process holds: what a target without a count is judged by.
    #[must_use]
    pub const fn has_resources(&self) -> bool {
        self.rss_bytes.is_some() || self.open_fds.is_some() || self.threads.is_some()
    }

    /// Whether the target reported any number at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_field_reads_what_it_writes_and_nothing_else() {
        for (i, field) in FIELDS.iter().enumerate() {
            let mut sample = Sample::default();
            (field.set)(&mut sample, Some(7));
            for (j, other) in FIELDS.iter().enumerate() {
                assert_eq!((other.get)(&sample), (i == j).then_some(7), "{} and {}", field.json, other.json);
            }
        }
    }

    #[test]
    fn names_are_unique_and_series_carry_their_unit() {
        let unique = |names: Vec<&str>| names.iter().collect::<BTreeSet<_>>().len() == names.len();
        assert!(unique(FIELDS.iter().map(|f| f.json).collect()));
        assert!(unique(FIELDS.iter().map(|f| f.series).collect()));
        assert!(unique(FIELDS.iter().filter_map(|f| f.csv).collect()));
        for field in FIELDS {
            let base = field.series.strip_suffix("_total").unwrap_or(field.series);
            assert_eq!(base == field.series, field.kind == Kind::Gauge, "{}", field.series);
            assert_eq!(base.ends_with("_bytes"), field.unit == Unit::Bytes, "{}", field.series);
            assert_eq!(base.ends_with("_seconds"), field.unit == Unit::Seconds, "{}", field.series);
        }
    }

    #[test]
    fn recorded_columns_keep_their_order() {
        let columns: Vec<_> = FIELDS.iter().filter_map(|f| f.csv).collect();
        assert_eq!(
            columns.join(","),
            "goroutines,alloc_bytes,total_alloc_bytes,sys_bytes,rss_bytes,num_gc,threads,open_fds,in_flight,\
             upstream_open,requests_total,overdue,start_time,explained,streams,errors_total,restarts,\
             max_fds,memory_limit_bytes"
        );
        assert!(FIELDS[..columns.len()].iter().all(|f| f.csv.is_some()), "recorded fields come first");
    }

    #[test]
    fn restarts_are_seen_by_the_start_time_and_by_counters_that_fall() {
        let sample = |start_time, num_gc, total_alloc_bytes| Sample {
            goroutines: Some(5),
            start_time,
            num_gc,
            total_alloc_bytes,
            ..Sample::default()
        };
        let before = sample(Some(100), Some(7), Some(1 << 30));
        for (now, restarted) in [
            (before, false),
            (sample(Some(100), Some(8), Some(2 << 30)), false),
            (sample(None, None, None), false),
            (sample(Some(99), Some(8), Some(2 << 30)), true),
            (sample(None, Some(6), Some(2 << 30)), true),
            (sample(None, Some(7), Some(1 << 20)), true),
        ] {
            assert_eq!(now.restarted_since(&before), restarted, "{now:?}");
        }
        let asked = |n| Sample { requests_total: Some(n), ..before };
        assert!(asked(3).restarted_since(&asked(4)) && !asked(4).restarted_since(&asked(3)));
    }

    #[test]
    fn values_come_in_the_order_of_the_fields() {
        let values: [Option<u64>; FIELDS.len()] = std::array::from_fn(|i| (i != 3).then_some(i as u64));
        let sample = Sample::of(&values);
        assert_eq!(FIELDS.iter().map(|field| (field.get)(&sample)).collect::<Vec<_>>(), values);
    }

    #[test]
    fn unexplained_never_wraps() {
        let sample = |goroutines, explained| Sample { goroutines, explained, ..Sample::default() };
        assert_eq!(sample(Some(9012), Some(9000)).unexplained(), Some(12));
        assert_eq!(sample(Some(10), Some(12)).unexplained(), Some(0));
        assert_eq!(sample(Some(10), None).unexplained(), Some(10));
        assert_eq!(sample(None, Some(12)).unexplained(), None);
    }
}
