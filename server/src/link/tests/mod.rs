//! Every verdict of the revoker's look, on a clock that stands where the test puts it.

mod exchange;
mod http2;
mod parked;

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use scope::Scope;
use tokio::net::TcpStream;
use tokio::runtime::Runtime;

use super::links::Links;
use super::terms::Terms;
use super::{Door, Link};
use crate::channel::ChannelState;
use crate::clock::scripted;
use crate::ledger::{Entry, Phase};
use crate::scene;
use crate::socket::Socket;

const START: u64 = 1_000_000;
/// The wheel looks again no later than this, in milliseconds.
const REACH: u64 = 12_750;
const TIMEOUTS: &str = r#"
    [timeouts]
    tls = "1s"
    request_header = "2s"
    client_idle = "4s"
    client_write = "5s"
    idle = "6s"
    connect = "7s"
    first_byte = "7s"
    total = "11s"
"#;

/// A link with a task of its own and a client at the other end, accepted at [`START`].
struct Stage {
    runtime: Runtime,
    links: Links,
    link: Arc<Link>,
    scope: Scope,
    channel: Arc<ChannelState>,
    client: Option<TcpStream>,
    socket: Socket,
}

fn stage() -> Stage {
    staged(TIMEOUTS)
}

fn staged(toml: &str) -> Stage {
    scripted::stands_at(START);
    let runtime = scene::runtime();
    let config = scene::config(toml);
    let (socket, client, peer) = runtime.block_on(scene::connection());
    let links = Links::new(Terms::new(&config.fixed));
    let link = links.connected(peer, socket.watch(), Door::Main);
    let scope = Scope::new();
    link.owned_by(runtime.block_on(async { scope.spawn("connection", std::future::pending()) }));
    Stage { runtime, links, link, scope, channel: scene::channel(&config), client: Some(client), socket }
}

impl Stage {
    /// Looks at the link this many milliseconds after the start; says when to look again, in the same way.
    fn look(&self, after: u64) -> Option<u64> {
        look(&self.link, after)
    }

    /// The task that serves the connection was aborted.
    fn is_cut(&self) -> bool {
        self.runtime.block_on(tokio::task::yield_now());
        self.scope.live() == 0
    }

    /// It lives on until a moment before `deadline`, is to be looked at then, and ends with it.
    fn ends_at(&self, deadline: u64) {
        assert_eq!(self.look(deadline - 1), Some(deadline));
        assert!(!self.is_cut());
        assert_eq!(self.look(deadline), None);
        assert!(self.is_cut());
    }

    /// A request is served, in this phase.
    fn serves(&self, phase: Phase) -> Arc<Entry> {
        let _runtime = self.runtime.enter();
        let entry = scene::entry(&self.channel);
        entry.set_phase(phase);
        self.link.request_begins();
        self.link.carries(&entry);
        entry
    }

    /// The client closes its end, and the runtime sees it.
    fn client_leaves(&mut self) {
        self.client = None;
        let watch = self.socket.watch();
        self.runtime.block_on(async {
            for _ in 0..400 {
                if watch.peer_left() {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            panic!("the client's end was not seen");
        });
    }
}

fn look(link: &Link, after: u64) -> Option<u64> {
    scripted::stands_at(START + after);
    // What is over is judged at the second look.
    link.look();
    link.look().map(|at| at - START)
}

#[test]
fn a_head_that_never_ends_has_its_deadline() {
    stage().ends_at(2_000);
}

/// Fault 57: the process stood still, and the rest of the head has come since.
#[test]
fn what_has_come_is_read_before_a_deadline_is_judged() {
    let stage = stage();
    scripted::stands_at(START + 60_000);
    assert_eq!(stage.link.look(), Some(START + 60_025));
    assert!(!stage.is_cut());
    stage.serves(Phase::Answering);
    assert!(stage.look(60_025).is_some() && !stage.is_cut());
}

#[test]
fn a_handshake_has_its_deadline_and_the_head_after_it_another() {
    let stage = stage();
    stage.link.shakes_hands();
    stage.ends_at(1_000);
    let stage = self::stage();
    stage.link.shakes_hands();
    scripted::stands_at(START + 500);
    stage.link.awaits_head();
    stage.ends_at(2_500);
}

#[test]
fn an_idle_connection_is_closed() {
    let stage = stage();
    stage.serves(Phase::Answering);
    scripted::stands_at(START + 1_000);
    stage.link.answer_over(None);
    stage.link.flushed();
    stage.ends_at(5_000);
}

#[test]
fn the_first_byte_of_a_next_request_ends_idleness() {
    let stage = stage();
    stage.serves(Phase::Answering);
    stage.link.answer_over(None);
    stage.link.flushed();
    scripted::stands_at(START + 3_000);
    stage.link.read();
    stage.ends_at(5_000);
}

#[test]
fn what_was_pipelined_is_a_head_under_way() {
    let stage = stage();
    stage.serves(Phase::Answering);
    stage.link.read();
    stage.link.answer_over(None);
    stage.link.flushed();
    stage.ends_at(2_000);
}

#[test]
fn the_wheel_keeps_one_place_for_a_link_and_loses_it_with_the_link() {
    let stage = stage();
    let due = |after: u64| stage.link.terms.wheel.due(START + after);
    stage.link.shakes_hands();
    let first = due(1_000).unwrap();
    assert!(
        stage.link.is(first) && due(100_000).is_none(),
        "the earlier deadline took the later one's place"
    );
    stage.link.next_look.store(u64::MAX, Relaxed);
    stage.link.awaits_head();
    assert!(!stage.link.is(first));
    stage.links.leave(&stage.link);
    assert_eq!((stage.links.len(), due(100_000)), (0, None));
}
