//! The bodies of responses: what hyper polls out of them, and what their end means.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use adaptors::adaptor::{Call, Operation, Terms};
use adaptors::dialect::GEMINI;
use bytes::Bytes;
use http_body::Body as _;
use vitals::EndReason;

use super::{CONTENT, DONE, LAST, stream, stream_of};
use crate::channel::Limits;
use crate::clock::scripted;
use crate::exchange::Exchange;
use crate::exchange::body::RelayBody;
use crate::exchange::stream::{Progress, Stream};
use crate::ledger::Phase;
use crate::scene::{self, Scene};
use crate::upstream::source::Source;

fn poll(body: &mut RelayBody) -> Poll<Option<Result<String, String>>> {
    let polled = Pin::new(body).poll_frame(&mut Context::from_waker(Waker::noop()));
    polled.map(|frame| {
        let text =
            |frame: http_body::Frame<Bytes>| String::from_utf8(frame.into_data().unwrap().to_vec()).unwrap();
        frame.map(|frame| frame.map(text).map_err(|broken| broken.to_string()))
    })
}

/// All that is there at once.
fn drain(body: &mut RelayBody) -> String {
    let mut told = String::new();
    while let Poll::Ready(Some(Ok(text))) = poll(body) {
        told += &text;
    }
    told
}

/// The first piece of what an upstream sends piece by piece.
fn first(scene: &Scene, body: &mut RelayBody) -> String {
    let frame = scene.runtime.block_on(std::future::poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx)));
    String::from_utf8(frame.unwrap().unwrap().into_data().unwrap().to_vec()).unwrap()
}

fn streaming(scene: &Scene, mut exchange: Box<Exchange>) -> RelayBody {
    exchange.begins_to_stream();
    RelayBody::stream(stream(), Arc::clone(&scene.link), exchange)
}

/// An upstream whose second piece is not there yet.
fn paced(first: &'static str) -> Source {
    scene::paced([first.as_bytes(), DONE.as_bytes()])
}

#[test]
fn a_whole_body_counts_when_the_kernel_has_it_and_not_before() {
    let scene = Scene::new("");
    let _runtime = scene.runtime.enter();
    let exchange = scene.exchange(scene::source(""));
    let mut body = RelayBody::whole(Bytes::from_static(b"abc"), Arc::clone(&scene.link), Some(exchange));
    assert_eq!((body.length(), body.is_end_stream()), (Some(3), false));
    assert_eq!(poll(&mut body), Poll::Ready(Some(Ok("abc".to_owned()))));
    assert!(body.is_end_stream() && poll(&mut body) == Poll::Ready(None));
    drop(body);
    assert_eq!((scene.ended(EndReason::Done), scene.worker.ledger.len()), (0, 1));
    scene.link.flushed();
    assert_eq!((scene.ended(EndReason::Done), scene.worker.ledger.len()), (1, 0));
}

#[test]
fn an_event_is_held_until_the_client_has_it_and_cut_where_there_is_no_room() {
    let big = format!(
        "data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{}\"}}}}]}}\n\n",
        "x".repeat(200_000)
    );
    for (room, reason) in [(500_000, None), (300_000, Some("\"shed\"")), (100_000, Some("\"too_large\""))] {
        let scene = Scene::new("");
        let _runtime = scene.runtime.enter();
        scene.relay.budget.set_limit(room);
        let mut others = scene.relay.budget.reservation();
        assert!(reason != Some("\"shed\"") || others.hold(200_000));
        let mut exchange = scene.exchange(scene::source([&big, LAST, DONE].concat()));
        exchange.begins_to_stream();
        let mut body = RelayBody::stream(stream_of(1 << 20), Arc::clone(&scene.link), exchange);
        let mut pieces = Vec::new();
        while let Poll::Ready(Some(Ok(frame))) =
            Pin::new(&mut body).poll_frame(&mut Context::from_waker(Waker::noop()))
        {
            pieces.push(frame.into_data().unwrap());
        }
        drop((body, others));
        let told = String::from_utf8(pieces.concat()).unwrap();
        let Some(reason) = reason else {
            assert_eq!(told.len(), big.len() + LAST.len() + DONE.len());
            assert!(pieces.iter().all(|piece| piece.len() <= 64 * 1024));
            assert!(scene.relay.budget.used() >= big.len(), "the client has not taken it");
            pieces.clear();
            assert_eq!(scene.relay.budget.used(), 0);
            continue;
        };
        assert!(told.contains(reason) && !told.contains("xxx") && !told.contains("[DONE]"), "{told}");
    }
}

#[test]
fn a_body_that_is_dropped_before_its_end_lost_its_client() {
    let scene = Scene::new("");
    let _runtime = scene.runtime.enter();
    let exchange = scene.exchange(scene::source(""));
    drop(RelayBody::whole(Bytes::from_static(b"abc"), Arc::clone(&scene.link), Some(exchange)));
    let mut body = streaming(&scene, scene.exchange(paced(CONTENT)));
    assert_eq!(scene.worker.streams.load(Relaxed), 1);
    assert_eq!(first(&scene, &mut body), CONTENT);
    drop(body);
    assert_eq!((scene.ended(EndReason::ClientGone), scene.worker.ledger.len()), (2, 0));
    assert_eq!(scene.worker.streams.load(Relaxed), 0);
}

#[test]
fn a_body_that_is_dropped_by_a_stop_was_stopped() {
    let scene = Scene::new("");
    let _runtime = scene.runtime.enter();
    let body = streaming(&scene, scene.exchange(paced(CONTENT)));
    scene.relay.abort();
    drop(body);
    assert_eq!(scene.ended(EndReason::Shutdown), 1);
}

#[test]
fn a_stream_is_passed_to_its_end() {
    let scene = Scene::new("");
    let _runtime = scene.runtime.enter();
    let text = [CONTENT, LAST, DONE].concat();
    let mut body = streaming(&scene, scene.exchange(scene::source(text.clone())));
    assert!(!body.is_end_stream() && body.length().is_none());
    assert_eq!(drain(&mut body), text);
    assert!(body.is_end_stream());
    drop(body);
    scene.link.flushed();
    assert_eq!((scene.ended(EndReason::Done), scene.worker.counters.tokens_out.get()), (1, 4));
}

#[test]
fn a_stream_whose_upstream_breaks_off_ends_with_an_error_and_no_terminator() {
    let scene = Scene::new("");
    let _runtime = scene.runtime.enter();
    let mut body = streaming(&scene, scene.exchange(scene::source(CONTENT)));
    let told = drain(&mut body);
    assert!(told.starts_with(CONTENT) && told.contains("\"upstream_truncated\""), "{told}");
    assert!(!told.contains("[DONE]") && body.is_end_stream());
    drop(body);
    scene.link.flushed();
    assert_eq!(scene.ended(EndReason::UpstreamTruncated), 1);
}

#[test]
fn a_stream_that_was_revoked_says_why() {
    for (reason, told) in
        [(EndReason::IdleTimeout, true), (EndReason::Shutdown, true), (EndReason::SlowClient, false)]
    {
        let scene = Scene::new("");
        let _runtime = scene.runtime.enter();
        let exchange = scene.exchange(paced(CONTENT));
        let entry = Arc::clone(&exchange.entry);
        let mut body = streaming(&scene, exchange);
        assert_eq!(first(&scene, &mut body), CONTENT);
        assert_eq!(poll(&mut body), Poll::Pending);
        assert!(entry.waiting_since.load(Relaxed) > 0, "the upstream was asked and had nothing");
        entry.revoke(reason);
        assert_eq!(drain(&mut body).contains(reason.as_str()), told, "{reason}");
        assert!(body.is_end_stream());
        drop(body);
        scene.link.flushed();
        assert_eq!(scene.ended(reason), 1, "{reason}");
    }
}

#[test]
fn a_heartbeat_goes_out_between_events_only_when_it_is_asked_for() {
    let scene = Scene::new("");
    let _runtime = scene.runtime.enter();
    let exchange = scene.exchange(paced(CONTENT));
    let entry = Arc::clone(&exchange.entry);
    let mut body = streaming(&scene, exchange);
    assert_eq!(first(&scene, &mut body), CONTENT);
    entry.beat.store(true, Relaxed);
    assert_eq!(poll(&mut body), Poll::Ready(Some(Ok(":\n\n".to_owned()))));
    assert_eq!(poll(&mut body), Poll::Pending);
}

#[test]
fn a_stream_without_its_client_is_read_on_where_that_is_wanted() {
    for (wanted, tokens) in [("cancel", 0), ("drain", 4)] {
        let scene = Scene::new(&format!("[limits]\non_disconnect = \"{wanted}\"\n"));
        let _runtime = scene.runtime.enter();
        let exchange = scene.exchange(scene::source([LAST, DONE].concat()));
        let entry = Arc::clone(&exchange.entry);
        drop(streaming(&scene, exchange));
        assert_eq!(entry.phase() == Phase::Draining, tokens > 0);
        assert_eq!(
            (scene.worker.draining.get(), scene.worker.streams.load(Relaxed)),
            (usize::from(tokens > 0), 0)
        );
        scene.runtime.block_on(scene.worker.scope.idle());
        assert_eq!((scene.ended(EndReason::ClientGone), scene.worker.draining.get()), (1, 0));
        assert_eq!(scene.worker.counters.tokens_out.get(), tokens, "{wanted}");
    }
}

#[test]
fn a_large_answer_is_cut_where_it_breaks_off() {
    for (rest, length, whole) in [("[4]}", Some(9), true), ("4}", None, true), ("[4", None, false)] {
        let scene = Scene::new("");
        let _runtime = scene.runtime.enter();
        let mut exchange = scene.exchange(scene::source(rest));
        exchange.begins_to_stream();
        let first = Bytes::from_static(b"{\"a\":");
        let mut body = RelayBody::raw(first, (length, true), Arc::clone(&scene.link), exchange);
        let (mut told, mut why) = (String::new(), None);
        while !body.is_end_stream()
            && let Poll::Ready(Some(piece)) = poll(&mut body)
        {
            match piece {
                Ok(text) => told += &text,
                Err(text) => why = Some(text),
            }
        }
        assert_eq!(told, ["{\"a\":", rest].concat());
        assert_eq!(why.is_none(), whole, "{rest}: {why:?}");
        drop(body);
        scene.link.flushed();
        let reason = if whole { EndReason::Done } else { EndReason::UpstreamTruncated };
        assert_eq!(scene.ended(reason), 1, "{rest}");
    }
}

#[test]
fn silence_after_the_reason_to_stop_is_the_end() {
    const STOP: &str =
        "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"},\"finish_reason\":\"stop\"}]}\n\n";
    for (came, wait, told, reason) in [
        (STOP, 10_000, Some(DONE), EndReason::Done),
        (&STOP[..STOP.len() - 2], 60_000, Some(DONE), EndReason::Done),
        (CONTENT, 10_000, None, EndReason::ClientGone),
    ] {
        scripted::stands_at(1_000);
        let scene = Scene::new("");
        let _runtime = scene.runtime.enter();
        let exchange = scene.exchange(paced(came));
        let entry = Arc::clone(&exchange.entry);
        let mut body = streaming(&scene, exchange);
        let says_nothing = |body: &mut RelayBody| {
            let next = std::future::poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx));
            scene
                .runtime
                .block_on(async { tokio::time::timeout(Duration::from_millis(20), next).await.is_err() })
        };
        let is_held = !came.ends_with('\n');
        assert!(if is_held { says_nothing(&mut body) } else { first(&scene, &mut body) == came });
        scripted::stands_at(1_000 + wait - 1);
        assert!(says_nothing(&mut body), "too early");
        scripted::stands_at(1_000 + wait);
        let all = drain(&mut body);
        assert_eq!(
            told.map(|end| all.ends_with(end) && all.matches("[DONE]").count() == 1),
            told.map(|_| true),
            "{all}"
        );
        assert_eq!((told.is_some(), scene::has_source(&entry)), (body.is_end_stream(), told.is_none()));
        drop(body);
        scene.link.flushed();
        assert_eq!(scene.ended(reason), 1, "{came}");
    }
}

#[test]
fn a_terminator_behind_a_large_whole_answer_is_blanked_wherever_it_comes() {
    for (rest, told) in [
        ("1}\n\ndata: [DONE]\n\n", "1}               "),
        ("1}", "1}"),
        ("\"}data: [DONE]\"}", "\"}data: [DONE]\"}"),
    ] {
        for length in [None, Some(5 + rest.len() as u64)] {
            let scene = Scene::new("");
            let _runtime = scene.runtime.enter();
            let exchange = scene.exchange(scene::source(rest.to_owned()));
            let first = Bytes::from_static(b"{\"a\":");
            let mut body = RelayBody::raw(first, (length, true), Arc::clone(&scene.link), exchange);
            assert_eq!(
                drain(&mut body).trim_end(),
                ["{\"a\":", told.trim_end()].concat(),
                "{rest}: {length:?}"
            );
        }
    }
}

/// What is held of an array may be its beginning: an error behind it must be an element.
#[test]
fn an_array_for_which_there_is_no_room_stays_an_array() {
    let (scene, path) = (Scene::new(""), "/v1beta/models/m:streamGenerateContent");
    let _runtime = scene.runtime.enter();
    let body = Bytes::from_static(b"{}");
    let envelope = GEMINI.envelope(GEMINI.find(path).unwrap(), path, &body).unwrap();
    let reader = GEMINI.same().stream(&Call {
        operation: Operation::Chat,
        path,
        body: &body,
        envelope: &envelope,
        upstream_model: "m",
        id: "id",
        unix_seconds: 0,
        terms: Terms::default(),
    });
    let limits = Limits { idle: 60_000, finish: 10_000, total: 900_000, heartbeat: 10_000 };
    let mut stream = Stream::new(GEMINI, GEMINI.framing(), reader, 1 << 20, limits);
    let chunk = |text: &str| format!(r#"{{"candidates":[{{"content":{{"parts":[{{"text":"{text}"}}]}}}}]}}"#);
    let read = stream.read(format!("[{}", chunk("first")).into());
    assert!(matches!(read, Ok(Progress::Content)));
    let big = format!("\n,{}\n,", chunk(&"x".repeat(200_000)));
    let mut exchange = scene.exchange(scene::source(big));
    stream.hold_ready(&mut exchange.reservation);
    exchange.begins_to_stream();
    scene.relay.budget.set_limit(100_000);
    let told = drain(&mut RelayBody::stream(stream, Arc::clone(&scene.link), exchange));
    let list: Vec<serde_json::Value> =
        serde_json::from_str(&told).unwrap_or_else(|error| panic!("{error}: {told}"));
    assert!(list.len() == 2 && list[1]["error"]["message"].is_string(), "{told}");
}
