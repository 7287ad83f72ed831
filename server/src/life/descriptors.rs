//! Fitting the limits to the descriptors that the system allows.

use crate::config::{Limits, Live};
use crate::link::reserve::PLACES;
use crate::monitor::process;
use crate::upstream;

/// Descriptors that are not for connections: listeners, logs, files, the runtime's own.
const RESERVED_FDS: u64 = 128;

/// Limits that were lowered to fit the descriptors that the system allows.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Lowered {
    descriptors: u64,
    asked: [usize; 2],
    given: [usize; 2],
}

impl Lowered {
    pub(super) fn say(&self) {
        let Self { descriptors, asked: [connections, in_flight], given } = self;
        tracing::info!(
            descriptors,
            connections = given[0],
            in_flight = given[1],
            "limits.connections ({connections}) and limits.in_flight ({in_flight}) are lowered to what the descriptor limit allows"
        );
    }

    /// Tells whether these limits have been lowered already, and it was said then.
    pub(super) fn is_known(&self, limits: &Limits) -> bool {
        self.given == [limits.connections, limits.in_flight]
    }
}

/// Fits the connection limits to the descriptors that the system allows: a client and an upstream each. Where all
/// channels are known to speak HTTP/2, an exchange needs a place on an upstream's connection and not one of its own.
pub(super) fn clamp(live: &mut Live) -> Option<Lowered> {
    let fds = process::raise_limit()?;
    let room = usize::try_from(fds.saturating_sub(RESERVED_FDS + 2 * PLACES as u64)).unwrap_or(usize::MAX);
    let shared = live.channels.iter().all(|channel| channel.http2 == Some(true));
    let upstream = live.limits.in_flight / if shared { upstream::STREAMS } else { 1 };
    let wanted = live.limits.connections.saturating_add(upstream);
    if wanted <= room {
        return None;
    }
    let (connections, in_flight) = (live.limits.connections, live.limits.in_flight);
    // Exchanges need the fewest, and each needs its client's connection too.
    live.limits.in_flight = in_flight.min((room / 3).max(1));
    live.limits.connections = connections.min(room.saturating_sub(live.limits.in_flight).max(1));
    let given = [live.limits.connections, live.limits.in_flight];
    Some(Lowered { descriptors: fds, asked: [connections, in_flight], given })
}
