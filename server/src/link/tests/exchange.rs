//! The exchange that a link carries: its deadlines, its client, its end.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use vitals::EndReason;

use super::{REACH, START, TIMEOUTS, stage, staged};
use crate::clock::scripted;
use crate::ledger::{Entry, Phase};
use crate::scene;

#[test]
fn a_client_that_takes_nothing_is_cut() {
    let stage = stage();
    let entry = stage.serves(Phase::Streaming);
    stage.link.blocks();
    scripted::stands_at(START + 4_000);
    stage.link.blocks();
    stage.ends_at(5_000);
    assert_eq!(entry.ended(), Some(EndReason::SlowClient));
    assert!(!scene::has_source(&entry));
}

#[test]
fn a_client_that_takes_something_begins_anew() {
    let stage = stage();
    let entry = stage.serves(Phase::Waiting);
    entry.waiting_since.store(START, Relaxed);
    stage.link.blocks();
    scripted::stands_at(START + 4_999);
    stage.link.moves();
    assert_eq!(entry.waiting_since.load(Relaxed), 0, "the upstream was not asked meanwhile");
    assert!(stage.look(5_000).is_some());
    scripted::stands_at(START + 5_500);
    stage.link.blocks();
    stage.ends_at(10_500);
}

#[test]
fn a_client_with_unread_input_is_asked_for_and_its_departure_seen() {
    let mut stage = stage();
    let entry = stage.serves(Phase::Waiting);
    assert_eq!(stage.look(0), Some(12_000), "nothing was read: hyper itself sees it go");
    stage.link.read();
    assert_eq!(stage.look(1_000), Some(1_250));
    stage.client_leaves();
    stage.link.read_up();
    assert!(stage.look(1_250).is_some(), "all was read: hyper itself sees it go");
    stage.link.read();
    assert_eq!(stage.look(1_500), None);
    assert!(stage.is_cut() && !scene::has_source(&entry));
    assert_eq!(entry.ended(), Some(EndReason::ClientGone));
}

#[test]
fn a_stream_that_is_to_be_drained_keeps_its_upstream() {
    let drain = format!("{TIMEOUTS}[limits]\non_disconnect = \"drain\"\n");
    for (phase, kept) in [(Phase::Streaming, true), (Phase::Waiting, false)] {
        let mut stage = staged(&drain);
        let entry = stage.serves(phase);
        stage.link.read();
        stage.client_leaves();
        assert_eq!(stage.look(100), None);
        assert_eq!((entry.ended(), scene::has_source(&entry)), (Some(EndReason::ClientGone), kept));
    }
}

#[test]
fn the_total_deadline_takes_the_upstream_and_then_the_connection() {
    // Before the commit the handler has a moment to say it with a status.
    for (phase, total) in [(Phase::Streaming, 11_000), (Phase::Waiting, 12_000)] {
        let stage = stage();
        let entry = stage.serves(phase);
        entry.waiting_since.store(0, Relaxed);
        assert_eq!(stage.look(total - 1), Some(total));
        assert!(entry.ended().is_none() && scene::has_source(&entry));
        assert_eq!(stage.look(total), Some(total + 1_000), "its last words");
        assert_eq!(entry.ended(), Some(EndReason::TotalTimeout));
        assert!(!scene::has_source(&entry));
        stage.ends_at(total + 1_000);
    }
}

#[test]
fn an_upstream_that_falls_silent_is_taken_away() {
    let stage = stage();
    let entry = stage.serves(Phase::Streaming);
    entry.waiting_since.store(START + 1_000, Relaxed);
    assert_eq!(stage.look(6_999), Some(7_000));
    assert_eq!(entry.ended(), None);
    assert_eq!(stage.look(7_000), Some(8_000));
    assert_eq!(entry.ended(), Some(EndReason::IdleTimeout));
}

#[test]
fn silence_is_nobodys_fault_while_the_client_takes_nothing_or_nothing_is_asked() {
    let stage = stage();
    let entry = stage.serves(Phase::Streaming);
    assert_eq!(stage.look(1_000), Some(7_000), "asked since nobody knows when: no earlier than that");
    entry.waiting_since.store(START, Relaxed);
    scripted::stands_at(START + 2_000);
    stage.link.blocks();
    assert_eq!(stage.look(6_500), Some(7_000), "the client's own deadline");
    assert_eq!(entry.ended(), None);
}

#[test]
fn a_silent_stream_gets_a_heartbeat() {
    for (heartbeat, beat) in [("\"10s\"", 10_000), ("3", 3_000), ("0", 100_000)] {
        let stage = staged(&format!("[timeouts]\nidle = \"100s\"\nheartbeat = {heartbeat}\n"));
        let entry = stage.serves(Phase::Streaming);
        entry.waiting_since.store(START, Relaxed);
        let within = |at: u64, now: u64| Some(at.min(now + REACH));
        assert_eq!(stage.look(2_250), within(beat, 2_250));
        assert_eq!(stage.look(beat - 1), Some(beat));
        assert!(!entry.beat.load(Relaxed));
        let next = stage.look(beat);
        assert_eq!((entry.beat.load(Relaxed), entry.ended().is_none()), (heartbeat != "0", heartbeat != "0"));
        assert!(heartbeat == "0" || next == within(2 * beat, beat), "{next:?}");
    }
}

#[test]
fn silence_that_may_be_the_end_is_left_to_the_body_for_a_moment() {
    let stage = staged("[timeouts]\nidle = \"6s\"\nheartbeat = 0\n");
    for (ends_at, idle) in [(3_000, 6_000), (6_000, 7_000)] {
        let entry = stage.serves(Phase::Streaming);
        entry.waiting_since.store(START, Relaxed);
        stage.link.expect_end(&entry, START + ends_at);
        assert_eq!(stage.look(ends_at - 1), Some(ends_at));
        assert_eq!(stage.look(ends_at), Some(idle), "nobody took it for the end");
        assert_eq!(entry.ended(), None);
        stage.look(idle);
        assert_eq!(entry.ended(), Some(EndReason::IdleTimeout));
    }
}

#[test]
fn a_request_without_a_channel_has_its_deadlines_elsewhere() {
    let stage = stage();
    stage.link.request_begins();
    stage.link.carries(&Arc::new(Entry::new("one".to_owned())));
    assert_eq!(stage.look(1_000_000), Some(1_000_000 + REACH));
}

#[test]
fn a_stop_tells_a_stream_and_a_request_and_cuts_who_is_idle() {
    for (phase, told) in [
        (Phase::Streaming, Some(EndReason::Shutdown)),
        (Phase::Waiting, Some(EndReason::Shutdown)),
        (Phase::Answering, None),
    ] {
        let stage = stage();
        let entry = stage.serves(phase);
        stage.link.stop();
        assert_eq!(entry.ended(), told);
        assert!(!stage.is_cut());
    }
    let idle = stage();
    idle.link.stop();
    assert!(idle.is_cut());
    let http2 = stage();
    http2.link.becomes_http2(Duration::from_secs(3));
    let _stream = http2.links.open_stream(&http2.link);
    http2.link.stop();
    assert!(!http2.is_cut(), "its streams say their last words");
}
