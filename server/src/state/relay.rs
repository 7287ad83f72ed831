//! What all workers share, and the list of them.

use std::sync::atomic::{AtomicU8, Ordering::Relaxed};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use arc_swap::ArcSwap;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::readings::Readings;
use super::snapshot::Snapshot;
use super::worker::Worker;
use crate::access::gates::{Budget, Gate};
use crate::channel::ids::Ids;
use crate::config::{Fixed, Live};
use crate::link::Door;
use crate::link::reserve::Reserve;
use crate::log::Dropped;
use crate::table::AdaptorTable;

/// How far the process has come.
#[derive(Clone, Copy)]
#[repr(u8)]
enum Stage {
    Starting,
    Ready,
    /// Another process accepts at the same address.
    Leaving,
    Draining,
    Aborting,
}

/// Who asked for a reload by request, and waits for what came of it.
pub(crate) type Asked = oneshot::Sender<Result<String, String>>;

pub(crate) struct Relay {
    /// Settings that take a restart to change.
    pub(crate) fixed: Fixed,
    snapshot: ArcSwap<Snapshot>,
    /// Where a reload is asked for.
    pub(crate) reloads: mpsc::Sender<Asked>,
    pub(crate) adaptors: AdaptorTable,
    pub(crate) in_flight: Arc<Gate>,
    pub(crate) connections: Arc<Gate>,
    pub(crate) budget: Arc<Budget>,
    /// What only one upstream knows, and who got it.
    pub(crate) ids: Ids,
    /// For those beyond the connection limit, and for those who come by the monitor's own listener.
    overflow: Reserve,
    monitors: Reserve,
    pub(crate) started: Instant,
    /// Seconds since 1970.
    pub(crate) start_time: u64,
    pub(crate) log_dropped: Option<Dropped>,
    pub(crate) readings: Mutex<Readings>,
    workers: OnceLock<Vec<Arc<Worker>>>,
    /// Cancelled when others accept at this address.
    pub(crate) doors: CancellationToken,
    /// A [`Stage`].
    stage: AtomicU8,
}

impl Relay {
    pub(crate) fn new(
        fixed: Fixed,
        live: Live,
        adaptors: AdaptorTable,
        log_dropped: Option<Dropped>,
        reloads: mpsc::Sender<Asked>,
    ) -> Arc<Self> {
        Arc::new(Self {
            reloads,
            in_flight: Gate::new(live.limits.in_flight),
            connections: Gate::new(live.limits.connections),
            budget: Budget::new(live.limits.buffered),
            ids: Ids::default(),
            overflow: Reserve::default(),
            monitors: Reserve::default(),
            snapshot: ArcSwap::new(Snapshot::new(live, None)),
            adaptors,
            started: Instant::now(),
            start_time: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs()),
            log_dropped,
            readings: Mutex::default(),
            workers: OnceLock::new(),
            doors: CancellationToken::new(),
            stage: AtomicU8::new(Stage::Starting as u8),
            fixed,
        })
    }

    /// Where those who came by this door have their places, if it has few.
    pub(crate) fn reserve(&self, door: Door) -> Option<&Reserve> {
        match door {
            Door::Main => None,
            Door::Overflow => Some(&self.overflow),
            Door::Monitor => Some(&self.monitors),
        }
    }

    /// The configuration for a request that begins now.
    pub(crate) fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshot.load_full()
    }

    /// From now on requests begin with this configuration; those under way keep theirs.
    pub(crate) fn change(&self, live: Live) {
        self.in_flight.set_limit(live.limits.in_flight);
        self.connections.set_limit(live.limits.connections);
        self.budget.set_limit(live.limits.buffered);
        let next = Snapshot::new(live, Some(&self.snapshot()));
        self.snapshot.store(next);
    }

    pub(crate) fn set_workers(&self, workers: Vec<Arc<Worker>>) {
        let _ = self.workers.set(workers);
    }

    pub(crate) fn workers(&self) -> &[Arc<Worker>] {
        self.workers.get().map_or(&[], Vec::as_slice)
    }

    pub(crate) fn ready(&self) {
        self.stage.store(Stage::Ready as u8, Relaxed);
    }

    /// From now on nobody is accepted; who is connected is served once more.
    pub(crate) fn leave(&self) {
        self.stage.store(Stage::Leaving as u8, Relaxed);
        self.doors.cancel();
    }

    /// From now on nothing new is taken: there are no places any more.
    pub(crate) fn drain(&self) {
        self.stage.store(Stage::Draining as u8, Relaxed);
        self.in_flight.set_limit(0);
    }

    pub(crate) fn abort(&self) {
        self.stage.store(Stage::Aborting as u8, Relaxed);
    }

    pub(crate) fn is_ready(&self) -> bool {
        self.stage.load(Relaxed) == Stage::Ready as u8
    }

    /// Others accept at this address; who is connected still is served, and told to go.
    pub(crate) fn is_leaving(&self) -> bool {
        self.stage.load(Relaxed) == Stage::Leaving as u8
    }

    /// It leaves or drains; whoever looks is told the latter.
    pub(crate) fn is_ending(&self) -> bool {
        self.stage.load(Relaxed) >= Stage::Leaving as u8
    }

    pub(crate) fn is_draining(&self) -> bool {
        self.stage.load(Relaxed) >= Stage::Draining as u8
    }

    pub(crate) fn is_aborting(&self) -> bool {
        self.stage.load(Relaxed) == Stage::Aborting as u8
    }
}
