//! Every goroutine of a Go program by itself: how long each has waited, and who started it. Go stops the whole program
//! while it writes this down, so it is asked for once, and only on request.

use std::time::Duration;

use crate::finding::{Diagnosis, Step};
use crate::profile::{Waiting, read_whole, waiting};
use crate::source::Probe;

/// The runtime writes at most 64 MiB.
const CAP: u64 = 65 << 20;
/// All of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Deep {
    pub(crate) listed: u64,
    /// The list breaks off: there are more.
    pub(crate) cut: bool,
    /// The largest crowds first.
    pub(crate) waiting: Vec<Waiting>,
}

/// Lists every goroutine, once.
///
/// # Errors
/// A step that says why there is no list.
pub(crate) fn deep(probe: &Probe, timeout: Duration) -> Result<Deep, Step> {
    let raw = probe
        .get("/debug/pprof/goroutine", Some("debug=2"), CAP, timeout)
        .map_err(|error| Step::note("deep", Diagnosis::SlowList(error)))?;
    if raw.status != 200 {
        return Err(Step::note("deep", Diagnosis::NoList { status: raw.status }));
    }
    let (all, cut) = read_whole(&String::from_utf8_lossy(&raw.body))
        .map_err(|why| Step::note("deep", Diagnosis::Unreadable(why)))?;
    Ok(Deep { listed: all.len() as u64, cut, waiting: waiting(&all) })
}
