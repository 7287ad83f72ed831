//! The endpoints that tell how a process is: one table of what is asked where.

/// An endpoint, in the order in which they are tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Endpoint {
    /// The health JSON of a relay, ours or any with the old endpoint.
    Health,
    /// The statistics of new-api, for its root user.
    NewApi,
    /// Prometheus or OpenMetrics text.
    Metrics,
    /// Go's expvar: memory, no goroutine count.
    Expvar,
    /// The first line of Go's goroutine profile: the count and nothing else.
    Pprof,
}

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;

impl Endpoint {
    /// All of them, in the order in which they are tried.
    pub(crate) const ALL: [Self; 5] = [Self::Health, Self::NewApi, Self::Metrics, Self::Expvar, Self::Pprof];

    /// The source's name on the command line and in JSON.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Health => "health",
            Self::NewApi => "new-api",
            Self::Metrics => "metrics",
            Self::Expvar => "expvar",
            Self::Pprof => "pprof",
        }
    }

    /// Below the target's base path.
    pub(crate) const fn path(self) -> &'static str {
        match self {
            Self::Health => "/api/monitor/health",
            Self::NewApi => "/api/performance/stats",
            Self::Metrics => "/metrics",
            Self::Expvar => "/debug/vars",
            Self::Pprof => "/debug/pprof/goroutine",
        }
    }

    pub(crate) const fn query(self) -> Option<&'static str> {
        match self {
            Self::Pprof => Some("debug=1"),
            _ => None,
        }
    }

    pub(crate) const fn accept(self) -> &'static str {
        match self {
            Self::Health | Self::NewApi | Self::Expvar => "application/json",
            // The plain form is the smaller one, and has everything that is read here.
            Self::Metrics => {
                "text/plain;version=0.0.4,application/openmetrics-text;version=1.0.0;q=0.5,*/*;q=0.1"
            }
            Self::Pprof => "text/plain",
        }
    }

    /// More than this is something else. Metrics are never held as a whole.
    pub(crate) const fn cap(self) -> u64 {
        match self {
            Self::Health | Self::NewApi => MIB,
            Self::Metrics => 64 * MIB,
            Self::Expvar => 8 * MIB,
            Self::Pprof => 64 * KIB,
        }
    }
}
