//! What all workers share.

use std::sync::atomic::{AtomicU8, Ordering::Relaxed};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use arc_swap::ArcSwap;
use tokio::sync::mpsc;
use tracing_appender::non_blocking::ErrorCounter;

use crate::admit::{Budget, Gate};
use crate::auth::Caller;
use crate::config::Config;
use crate::exchange::Exchange;
use crate::link::Link;
use crate::monitor::process::Readings;
use crate::refusal::Refusal;
use crate::reload::Asked;
use crate::snapshot::Snapshot;
use crate::table::AdaptorTable;
use crate::worker::Worker;

const STARTING: u8 = 0;
const READY: u8 = 1;
const DRAINING: u8 = 2;
const ABORTING: u8 = 3;

/// The relay.
pub(crate) struct Relay {
    /// As it was at the start: what takes a restart to change is read here.
    pub(crate) config: Config,
    snapshot: ArcSwap<Snapshot>,
    /// Where a reload is asked for.
    pub(crate) reloads: mpsc::Sender<Asked>,
    pub(crate) adaptors: AdaptorTable,
    pub(crate) in_flight: Arc<Gate>,
    pub(crate) connections: Arc<Gate>,
    pub(crate) budget: Arc<Budget>,
    pub(crate) started: Instant,
    /// Seconds since 1970.
    pub(crate) start_time: u64,
    pub(crate) log_dropped: Option<ErrorCounter>,
    pub(crate) readings: Mutex<Readings>,
    workers: OnceLock<Vec<Arc<Worker>>>,
    state: AtomicU8,
}

impl Relay {
    pub(crate) fn new(
        config: Config,
        adaptors: AdaptorTable,
        log_dropped: Option<ErrorCounter>,
        reloads: mpsc::Sender<Asked>,
    ) -> Arc<Self> {
        Arc::new(Self {
            snapshot: ArcSwap::new(Snapshot::new(config.clone(), None)),
            reloads,
            in_flight: Gate::new(config.limits.in_flight),
            connections: Gate::new(config.limits.connections),
            budget: Budget::new(config.limits.buffered),
            adaptors,
            started: Instant::now(),
            start_time: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs()),
            log_dropped,
            readings: Mutex::default(),
            workers: OnceLock::new(),
            state: AtomicU8::new(STARTING),
            config,
        })
    }

    /// What a request that begins now is served by.
    pub(crate) fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshot.load_full()
    }

    /// From now on requests begin with this configuration; those under way keep theirs.
    pub(crate) fn change(&self, config: Config) {
        self.in_flight.set_limit(config.limits.in_flight);
        self.connections.set_limit(config.limits.connections);
        self.budget.set_limit(config.limits.buffered);
        let next = Snapshot::new(config, Some(&self.snapshot()));
        self.snapshot.store(next);
    }

    pub(crate) fn set_workers(&self, workers: Vec<Arc<Worker>>) {
        let _ = self.workers.set(workers);
    }

    pub(crate) fn workers(&self) -> &[Arc<Worker>] {
        self.workers.get().map_or(&[], Vec::as_slice)
    }

    pub(crate) fn ready(&self) {
        self.state.store(READY, Relaxed);
    }

    pub(crate) fn drain(&self) {
        self.state.store(DRAINING, Relaxed);
    }

    pub(crate) fn abort(&self) {
        self.state.store(ABORTING, Relaxed);
    }

    pub(crate) fn is_ready(&self) -> bool {
        self.state.load(Relaxed) == READY
    }

    pub(crate) fn is_draining(&self) -> bool {
        self.state.load(Relaxed) >= DRAINING
    }

    pub(crate) fn is_aborting(&self) -> bool {
        self.state.load(Relaxed) == ABORTING
    }

    /// Takes the places that a request needs, or says at once which are taken.
    ///
    /// # Errors
    /// 503 when the relay is full, 429 when the caller is at its own limit.
    pub(crate) fn admit(
        &self,
        exchange: &mut Exchange,
        link: &Link,
        caller: Option<&Caller>,
    ) -> Result<(), Refusal> {
        if link.overflow {
            let mut refusal = Refusal::shed("limits.connections");
            refusal.unread = true;
            return Err(refusal);
        }
        if heap::live() > exchange.snapshot.config.limits.memory as u64 {
            return Err(Refusal::shed("limits.memory"));
        }
        let place = self.in_flight.enter().ok_or_else(|| Refusal::shed("limits.in_flight"))?;
        exchange.permits.push(place);
        if let Some(gate) = caller.map(|caller| &caller.gate) {
            let place = gate.enter().ok_or_else(|| {
                let text = format!("this key has {} requests in flight already, its limit", gate.limit());
                Refusal::new(vitals::EndReason::Limited, 429, text).kind("rate_limit_error").retry_after(1)
            })?;
            exchange.permits.push(place);
        }
        if let Some((caller, limiter)) = caller.and_then(|caller| Some((caller, caller.limiter.as_ref()?))) {
            limiter.take(self.started.elapsed()).map_err(|wait| {
                let rate = caller.key.rate.map(|rate| rate.to_string()).unwrap_or_default();
                let text =
                    format!("this key has used up its rate of {rate}: try again in {} s", seconds(wait));
                Refusal::new(vitals::EndReason::Limited, 429, text)
                    .kind("rate_limit_error")
                    .retry_after(seconds(wait))
            })?;
        }
        Ok(())
    }
}

/// Whole seconds, rounded up.
fn seconds(wait: std::time::Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}
