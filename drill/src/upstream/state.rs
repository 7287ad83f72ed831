//! What the upstream knows about its peers, for tests to read: counts, and the last requests as they came.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::request::Request;

/// Requests that are remembered.
const REMEMBERED: usize = 1000;
/// Bytes of one body that are remembered, and of all of them together.
const BODY: usize = 1 << 20;
const BODIES: usize = 64 << 20;
/// Bodies whose refusals are counted.
const REFUSED: usize = 100_000;

#[derive(Default)]
struct Counts {
    open_requests: u64,
    /// The most that were open at once.
    most_open_requests: u64,
    open_connections: u64,
    /// Connections that carry a request.
    busy_connections: u64,
    connections_total: u64,
    requests_total: u64,
    answered: u64,
    cut_by_peer: u64,
    last_cut_ms: u64,
    reused: u64,
    /// The shortest time from the beginning of an answer to the next request on its connection.
    rested: Option<Duration>,
    discarded_bytes: u64,
    marked: u64,
    by_fault: BTreeMap<&'static str, u64>,
    requests: VecDeque<Remembered>,
    remembered_bytes: usize,
    /// How often a body came that was refused, by its hash.
    refused: HashMap<u64, u64>,
}

/// The counts that the drill's own verdicts stand on.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Snapshot {
    /// Requests that are neither answered nor disconnected.
    pub(crate) open_requests: u64,
    /// The most that were open at once so far.
    pub(crate) most_open_requests: u64,
    /// Connections, idle ones too.
    pub(crate) open_connections: u64,
    /// Those of them that carry a request, or over HTTP/2 several.
    pub(crate) busy_connections: u64,
    pub(crate) requests_total: u64,
    /// Requests whose answer, or fault, was carried out to its end.
    pub(crate) answered: u64,
    /// Requests on a connection that had carried one before.
    pub(crate) reused: u64,
    /// The shortest time from the beginning of an answer to the next request on its connection.
    pub(crate) rested: Option<Duration>,
    /// Bytes of uploads that came after their early answer.
    pub(crate) discarded_bytes: u64,
    /// Requests whose text says what is asked for.
    pub(crate) marked: u64,
}

impl Snapshot {
    /// Connections without a request.
    pub(crate) fn idle(&self) -> u64 {
        self.open_connections.saturating_sub(self.busy_connections)
    }
}

struct Remembered {
    connection: u64,
    number: u64,
    head: String,
    body: Vec<u8>,
    body_bytes: u64,
    whole: bool,
}

/// Shared by all connections of one upstream.
#[derive(Clone, Default)]
pub(crate) struct State(Arc<Mutex<Counts>>);

impl State {
    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A connection was accepted. Returns its guard; connections are numbered from 1.
    pub(crate) fn connected(&self) -> Connection {
        let mut counts = self.counts();
        counts.open_connections += 1;
        counts.connections_total += 1;
        Connection {
            state: self.clone(),
            number: counts.connections_total,
            control: AtomicBool::new(false),
            carries: Arc::default(),
        }
    }

    /// Remembers a request as it came. `whole` is false when its body was not read to the end.
    pub(crate) fn remember(&self, connection: u64, number: u64, request: &Request, whole: bool) {
        let mut counts = self.counts();
        let kept = request.body.len().min(BODY);
        counts.remembered_bytes += kept;
        counts.requests.push_back(Remembered {
            connection,
            number,
            head: request.head.clone(),
            body: request.body[..kept].to_vec(),
            body_bytes: request.body.len() as u64,
            whole,
        });
        while counts.requests.len() > REMEMBERED || counts.remembered_bytes > BODIES {
            let Some(oldest) = counts.requests.pop_front() else { break };
            counts.remembered_bytes -= oldest.body.len();
        }
    }

    /// Tells whether a request with this body is to be refused: the first `times` that it comes.
    pub(crate) fn refuses(&self, body: &[u8], times: u64) -> bool {
        let mut hasher = DefaultHasher::new();
        body.hash(&mut hasher);
        let mut counts = self.counts();
        if counts.refused.len() > REFUSED {
            counts.refused.clear();
        }
        let seen = counts.refused.entry(hasher.finish()).or_default();
        *seen += 1;
        *seen <= times
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        let counts = self.counts();
        Snapshot {
            open_requests: counts.open_requests,
            most_open_requests: counts.most_open_requests,
            open_connections: counts.open_connections,
            busy_connections: counts.busy_connections,
            requests_total: counts.requests_total,
            answered: counts.answered,
            reused: counts.reused,
            rested: counts.rested,
            discarded_bytes: counts.discarded_bytes,
            marked: counts.marked,
        }
    }

    /// `GET /drill/state`.
    pub(crate) fn to_json(&self) -> Value {
        let counts = self.counts();
        json!({
            "open_requests": counts.open_requests,
            "open_connections": counts.open_connections,
            "connections_total": counts.connections_total,
            "requests_total": counts.requests_total,
            "answered": counts.answered,
            "cut_by_peer": counts.cut_by_peer,
            "last_cut_ms": counts.last_cut_ms,
            "reused": counts.reused,
            "rested_ms": counts.rested.map(|rested| rested.as_secs_f64() * 1e3),
            "discarded_bytes": counts.discarded_bytes,
            "by_fault": counts.by_fault,
        })
    }

    /// `GET /drill/requests`, oldest first.
    pub(crate) fn requests_to_json(&self) -> Value {
        self.counts().requests.iter().map(Remembered::to_json).collect()
    }

    /// `POST /drill/reset`: totals and memory start anew, what is open stays counted.
    pub(crate) fn reset(&self) {
        let mut counts = self.counts();
        *counts = Counts {
            open_requests: counts.open_requests,
            open_connections: counts.open_connections,
            busy_connections: counts.busy_connections,
            // Connections keep their numbers, so that a test can tell old ones from new ones.
            connections_total: counts.connections_total,
            ..Counts::default()
        };
    }
}

impl Remembered {
    fn to_json(&self) -> Value {
        let mut lines = self.head.split("\r\n");
        let mut first = lines.next().unwrap_or_default().split(' ');
        let (method, path, version) = (first.next(), first.next(), first.next());
        let headers: Vec<_> =
            lines.filter_map(|line| line.split_once(": ").or_else(|| line.split_once(':'))).collect();
        let mut json = json!({
            "connection": self.connection,
            "number": self.number,
            "method": method,
            "path": path,
            "version": version,
            "headers": headers,
            "body_bytes": self.body_bytes,
            "whole": self.whole,
        });
        match std::str::from_utf8(&self.body) {
            Ok(text) => json["body"] = text.into(),
            Err(_) => json["body_base64"] = BASE64_STANDARD.encode(&self.body).into(),
        }
        json
    }
}

/// An open connection; counted until it is dropped.
pub(crate) struct Connection {
    state: State,
    /// Its number, from 1.
    pub(crate) number: u64,
    control: AtomicBool,
    /// Its open requests; only changed while the counts are held.
    carries: Arc<AtomicU64>,
}

impl Connection {
    /// This connection asks for `/drill/…`: it is not one of the relay's and is not counted.
    pub(crate) fn is_control(&self) {
        let mut counts = self.state.counts();
        if !self.control.swap(true, Relaxed) {
            counts.open_connections -= 1;
            counts.connections_total -= 1;
        }
    }

    /// The connection is asked again, so long after its last answer began.
    pub(crate) fn rested(&self, time: Duration) {
        let mut counts = self.state.counts();
        counts.rested = Some(counts.rested.map_or(time, |shortest| shortest.min(time)));
    }

    /// A request's headers were received; `number` counts the requests of this connection from 1.
    pub(crate) fn request(&self, number: u64) -> OpenRequest {
        let mut counts = self.state.counts();
        counts.open_requests += 1;
        counts.most_open_requests = counts.most_open_requests.max(counts.open_requests);
        counts.requests_total += 1;
        counts.reused += u64::from(number > 1);
        counts.busy_connections += u64::from(self.carries.fetch_add(1, Relaxed) == 0);
        OpenRequest { state: self.state.clone(), ended: false, carries: Arc::clone(&self.carries) }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if !*self.control.get_mut() {
            self.state.counts().open_connections -= 1;
        }
    }
}

/// A request that is neither answered completely nor disconnected; counted until it is dropped.
pub(crate) struct OpenRequest {
    state: State,
    ended: bool,
    carries: Arc<AtomicU64>,
}

impl OpenRequest {
    /// Counts the fault that was chosen for it.
    pub(crate) fn fault(&self, name: &'static str) {
        *self.state.counts().by_fault.entry(name).or_default() += 1;
    }

    /// Its text says what is asked for.
    pub(crate) fn marked(&self) {
        self.state.counts().marked += 1;
    }

    /// Counts bytes of an upload that came after its early answer.
    pub(crate) fn discarded(&self, bytes: usize) {
        self.state.counts().discarded_bytes += bytes as u64;
    }

    /// The answer, or the fault, was carried out to its end.
    pub(crate) fn answered(mut self) {
        self.ended = true;
        self.state.counts().answered += 1;
    }
}

impl Drop for OpenRequest {
    fn drop(&mut self) {
        let mut counts = self.state.counts();
        counts.open_requests -= 1;
        counts.busy_connections -= u64::from(self.carries.fetch_sub(1, Relaxed) == 1);
        if !self.ended {
            counts.cut_by_peer += 1;
            counts.last_cut_ms = now_ms();
        }
    }
}

/// Milliseconds since the Unix epoch.
pub(crate) fn now_ms() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |d| u64::try_from(d.as_millis()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_keep_their_numbers_over_a_reset() {
        let state = State::default();
        let (_first, second) = (state.connected(), state.connected());
        state.reset();
        assert_eq!((second.number, state.connected().number), (2, 3));
    }
}
