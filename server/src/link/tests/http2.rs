//! HTTP/2: the connection around its streams, and a stream whose bytes wait.

use std::task::Context;
use std::time::Duration;

use futures_util::FutureExt as _;
use vitals::EndReason;

use super::{REACH, START, look, stage};
use crate::clock::scripted;
use crate::scene;

#[test]
fn an_unfinished_frame_ends_the_connection_and_its_streams() {
    for (head, limit) in [(true, 2_000), (false, 4_000)] {
        let stage = stage();
        stage.link.becomes_http2(Duration::from_secs(3));
        let stream = stage.links.open_stream(&stage.link);
        let _runtime = stage.runtime.enter();
        let entry = scene::entry(&stage.channel);
        stream.carries(&entry);
        stage.link.under_way(Some(head), true);
        scripted::stands_at(START + 1_000);
        stage.link.under_way(Some(head), false);
        stage.ends_at(limit);
        assert_eq!(entry.ended(), Some(EndReason::ClientError));
    }
}

#[test]
fn a_frame_that_ends_has_no_deadline_any_more_and_the_next_its_own() {
    let stage = stage();
    stage.link.becomes_http2(Duration::from_secs(3));
    let _stream = stage.links.open_stream(&stage.link);
    stage.link.under_way(Some(true), true);
    stage.link.under_way(None, false);
    assert_eq!(stage.look(3_000), Some(3_000 + REACH));
    stage.link.under_way(Some(true), true);
    scripted::stands_at(START + 4_000);
    stage.link.under_way(Some(false), true);
    stage.ends_at(8_000);
}

#[test]
fn an_idle_connection_is_asked_to_close_and_then_cut() {
    let stage = stage();
    stage.link.becomes_http2(Duration::from_secs(3));
    let stream = stage.links.open_stream(&stage.link);
    assert_eq!((stage.links.len(), stage.links.connections()), (2, 1));
    scripted::stands_at(START + 1_000);
    stage.links.close_stream(&stage.link, &stream);
    assert_eq!((stage.links.len(), stage.links.connections()), (1, 1));
    assert_eq!(stage.look(4_999), Some(5_000));
    assert!(stage.link.asked_to_close().now_or_never().is_none());
    assert_eq!(stage.look(5_000), Some(6_000));
    assert!(stage.link.asked_to_close().now_or_never().is_some() && !stage.is_cut());
    stage.ends_at(6_000);
}

#[test]
fn a_connection_that_was_told_to_close_ends_after_its_last_stream() {
    let stage = stage();
    stage.link.becomes_http2(Duration::from_secs(3));
    let stream = stage.links.open_stream(&stage.link);
    stage.link.closes();
    assert_eq!(stage.look(3_000), Some(3_000 + REACH), "its stream goes on");
    stage.links.close_stream(&stage.link, &stream);
    stage.ends_at(4_000);
}

#[test]
fn a_stream_is_blocked_while_its_bytes_wait() {
    let stage = stage();
    stage.link.becomes_http2(Duration::from_secs(3));
    let stream = stage.links.open_stream(&stage.link);
    stream.handed(10);
    scripted::stands_at(START + 1_000);
    stream.taken(4);
    assert!(!stream.all_taken());
    assert_eq!(look(&stream, 5_999), Some(6_000), "something moved at 1,000");
    stream.taken(6);
    let nobody = Context::from_waker(std::task::Waker::noop());
    assert!(stream.all_taken() && stream.poll_taken(&nobody).is_ready());
    assert_eq!(look(&stream, 6_000), Some(6_000 + REACH));
    stream.handed(1);
    assert!(stream.poll_taken(&nobody).is_pending());
    assert_eq!(look(&stream, 11_000), None);
}
