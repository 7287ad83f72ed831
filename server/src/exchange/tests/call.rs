//! The reading of an answer up to what can be promised.

use std::sync::Arc;
use std::time::Duration;

use crate::clock::deadline::Moment;
use adaptors::adaptor::{Call, Operation, Terms};
use adaptors::dialect::{ANTHROPIC, Dialect, OPENAI};
use adaptors::envelope::Envelope;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue};
use vitals::EndReason;

use super::{CONTENT, DONE, LAST};
use crate::exchange::Exchange;
use crate::exchange::call::{Attempt, Outcome, TRANSLATED};
use crate::exchange::deadline::Total;
use crate::exchange::stream::Then;
use crate::exchange::whole::IN_HAND;
use crate::reply::refusal::Refusal;
use crate::scene::{self, Scene};
use crate::upstream::source::Source;

const EVENTS: Option<&str> = Some("text/event-stream; charset=utf-8");
const JSON: Option<&str> = Some("application/json");
const ANSWER: &str = "{\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"a\"},\
    \"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4}}";

/// Reads an answer of this content type for a client that asked for a stream, or not; `deadlines`: of the first byte and
/// of all, in milliseconds.
fn read(
    scene: &Scene,
    asked: (bool, Option<&'static str>),
    source: Source,
    deadlines: [u64; 2],
) -> (Result<Outcome, Refusal>, Box<Exchange>) {
    read_as(scene, OPENAI, asked, source, deadlines)
}

/// For a client of that dialect, from an upstream that speaks OpenAI's.
fn read_as(
    scene: &Scene,
    client: Dialect,
    (stream, kind): (bool, Option<&'static str>),
    source: Source,
    deadlines: [u64; 2],
) -> (Result<Outcome, Refusal>, Box<Exchange>) {
    let body = Bytes::from(format!("{{\"model\":\"m\",\"stream\":{stream},\"messages\":[]}}"));
    let envelope = Envelope::scan(&body).unwrap();
    let mut exchange = scene.exchange(scene::source(""));
    drop(exchange.entry.source.lock().unwrap().take());
    let channel = Arc::clone(&scene.relay.snapshot().channels[0]);
    let call = Call {
        operation: Operation::Chat,
        path: "/v1/chat/completions",
        body: &body,
        envelope: &envelope,
        upstream_model: "m",
        id: "one",
        unix_seconds: 0,
        terms: Terms::default(),
    };
    let adaptor = &**scene.relay.adaptors.get(client, OPENAI).unwrap();
    let [first_byte, total] = deadlines.map(|millis| Moment::now() + Duration::from_millis(millis));
    let (upstream, total) = (OPENAI, Total(total));
    let (channel, held, signature, feed) = (&channel, 0, None, None);
    let attempt = Attempt { channel, adaptor, call, total, client, upstream, held, signature, feed };
    let headers = kind.map(|kind| (CONTENT_TYPE, HeaderValue::from_static(kind))).into_iter().collect();
    let outcome = scene.runtime.block_on(attempt.read(&mut exchange, source, &headers, first_byte));
    (outcome, exchange)
}

const LONG: [u64; 2] = [60_000, 60_000];

fn refused(stream: bool, kind: Option<&'static str>, text: impl Into<Bytes>) -> Option<EndReason> {
    let scene = Scene::new("");
    let _runtime = scene.runtime.enter();
    read(&scene, (stream, kind), scene::source(text), LONG).0.err().map(|refusal| refusal.reason)
}

#[test]
fn an_answer_is_told_as_it_was_asked_for() {
    let scene = Scene::new("");
    let _runtime = scene.runtime.enter();
    let events = [CONTENT, LAST, DONE].concat();
    for kind in [EVENTS, None] {
        let (outcome, exchange) = read(&scene, (true, kind), scene::source(events.clone()), LONG);
        let Ok(Outcome::Stream { mut stream, .. }) = outcome else { panic!("no stream for {kind:?}") };
        assert_eq!((stream.then, &stream.take_ready()[..]), (Then::Whole, events.as_bytes()));
        assert_eq!(exchange.record.usage.output, Some(4));
    }
    for (stream, kind, text, told, as_kind) in [
        (false, EVENTS, events.as_str(), "\"content\":\"a\"", "application/json"),
        (true, JSON, ANSWER, "data: [DONE]", "text/event-stream"),
        (false, JSON, ANSWER, ANSWER, "application/json"),
        (false, None, ANSWER, ANSWER, "application/json"),
    ] {
        let (outcome, exchange) = read(&scene, (stream, kind), scene::source(text.to_owned()), LONG);
        let Ok(Outcome::Whole { body, content_type, .. }) = outcome else { panic!("{text} is not whole") };
        let body = String::from_utf8(body.to_vec()).unwrap();
        assert!(content_type == as_kind && body.contains(told), "{content_type}: {body}");
        assert_eq!(exchange.record.usage.output, Some(4), "{body}");
        assert!(exchange.record.first_byte_ms.is_some());
    }
}

#[test]
fn what_an_answer_is_its_first_bytes_say_and_not_its_label() {
    let scene = Scene::new("");
    let _runtime = scene.runtime.enter();
    let events = [CONTENT, LAST, DONE].concat();
    let behind = [ANSWER, "\n\n", DONE].concat();
    for kind in [
        "text/plain",
        "application/json",
        "application/x-ndjson",
        "application/octet-stream",
        "",
        "text/event-stream",
        "text/html",
    ] {
        for (stream, text) in [(true, &events), (false, &events), (true, &behind), (false, &behind)] {
            for text in [text.clone(), ["\n\n", text].concat()] {
                let (outcome, _) = read(&scene, (stream, Some(kind)), scene::source(text.clone()), LONG);
                let told = match outcome {
                    Ok(Outcome::Whole { body, .. }) => body,
                    Ok(Outcome::Stream { mut stream, .. }) => stream.take_ready(),
                    _ => panic!("{kind}: {text}"),
                };
                let told = String::from_utf8(told.to_vec()).unwrap();
                assert_eq!(
                    (told.contains("\"content\":\"a\""), told.contains("[DONE]")),
                    (true, stream),
                    "{kind}: {told}"
                );
            }
        }
    }
    let slow = scene::paced([b"\n\n", b"{"]);
    let (outcome, _) = read(&scene, (false, JSON), slow, [30, 60_000]);
    assert_eq!(
        outcome.err().map(|refusal| refusal.reason),
        Some(EndReason::FirstByteTimeout),
        "blank lines are no content"
    );
}

#[test]
fn silence_after_the_reason_to_stop_ends_an_answer_that_is_put_together() {
    let scene = Scene::new("[timeouts]\nfinish = \"30ms\"\n");
    let _runtime = scene.runtime.enter();
    let finished =
        "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"},\"finish_reason\":\"stop\"}]}\n\n";
    let (outcome, _) = read(&scene, (false, EVENTS), scene::paced([finished.as_bytes(), b""]), LONG);
    let Ok(Outcome::Whole { body, .. }) = outcome else { panic!("not whole") };
    assert!(body.ends_with(b"}") && String::from_utf8(body.to_vec()).unwrap().contains("\"stop\""));
}

#[test]
fn a_stream_is_promised_with_its_first_content_and_no_sooner() {
    let scene = Scene::new("");
    let _runtime = scene.runtime.enter();
    let (outcome, exchange) = read(&scene, (true, EVENTS), scene::paced([CONTENT.as_bytes(), b""]), LONG);
    let Ok(Outcome::Stream { stream, .. }) = outcome else { panic!("no stream") };
    assert_eq!(stream.then, Then::More);
    assert!(scene::has_source(&exchange.entry), "the revoker can take it");
    let comments = scene::paced([b": still here\n\n", b""]);
    let (outcome, exchange) = read(&scene, (true, EVENTS), comments, [30, 60_000]);
    assert_eq!(outcome.err().map(|refusal| refusal.reason), Some(EndReason::FirstByteTimeout));
    assert!(!scene::has_source(&exchange.entry) && exchange.record.first_byte_ms.is_none());
}

#[test]
fn nothing_is_promised_for_an_answer_that_is_none() {
    let error = "data: {\"error\":{\"message\":\"no\",\"type\":\"server_error\"}}\n\n";
    for (stream, kind, text, reason) in [
        (true, EVENTS, ": a comment\n\n", EndReason::UpstreamError),
        (true, EVENTS, error, EndReason::UpstreamError),
        (false, EVENTS, CONTENT, EndReason::UpstreamTruncated),
        (false, JSON, "<html>", EndReason::UpstreamError),
        (false, JSON, "", EndReason::UpstreamError),
        (true, JSON, "{\"error\":{\"message\":\"no\"}}", EndReason::UpstreamError),
    ] {
        assert_eq!(refused(stream, kind, text), Some(reason), "{text}");
    }
}

#[test]
fn what_is_too_large_to_hold_is_passed_on_or_refused() {
    let scene = Scene::new("");
    let _runtime = scene.runtime.enter();
    let large = format!("{{\"a\":\"{}\"}}", "x".repeat(1 << 20));
    let (outcome, exchange) = read(&scene, (false, JSON), scene::source(large.clone()), LONG);
    assert!(matches!(outcome, Ok(Outcome::Raw { first, .. }) if first == large));
    assert!(scene::has_source(&exchange.entry));
    assert_eq!(exchange.reservation.bytes(), IN_HAND, "what hyper holds of it");
    assert_eq!(refused(false, JSON, "x".repeat(1 << 21)), Some(EndReason::UpstreamError));
    assert_eq!(refused(true, JSON, "{".repeat(17 << 20)), Some(EndReason::TooLarge));
}

/// A whole answer and one told as a stream: 502 where it could never fit, 503 where it does not fit now, and what is
/// delivered is held until its last byte is gone.
#[test]
fn an_answer_has_its_place_in_the_budget_until_its_last_byte_is_gone() {
    let scene = Scene::new("");
    let _runtime = scene.runtime.enter();
    let events = [CONTENT, LAST, DONE].concat();
    for (stream, kind, text) in [(false, JSON, ANSWER), (true, JSON, ANSWER), (false, EVENTS, &events)] {
        let text = text.to_owned();
        let told = |outcome: &Result<Outcome, Refusal>| {
            outcome.as_ref().err().map(|told| (told.reason, told.status, told.retry_after, told.class()))
        };
        let read = || read(&scene, (stream, kind), scene::source(text.clone()), LONG);
        scene.relay.budget.set_limit(text.len() - 1);
        assert_eq!(told(&read().0), Some((EndReason::TooLarge, 502, None, None)), "{kind:?}");
        scene.relay.budget.set_limit(4 * text.len());
        let mut others = scene.relay.budget.reservation();
        assert!(others.hold(3 * text.len() + 1));
        assert_eq!(told(&read().0), Some((EndReason::Shed, 503, Some(1), None)), "{kind:?}");
        others.hold(0);
        let (outcome, exchange) = read();
        let Ok(Outcome::Whole { body, .. }) = outcome else { panic!("{kind:?}") };
        drop(exchange);
        assert_eq!(scene.relay.budget.used(), body.len());
        let last = body.slice(body.len() - 1..);
        drop(body);
        assert!(scene.relay.budget.used() > 0, "a slice keeps all of it");
        drop(last);
        assert_eq!(scene.relay.budget.used(), 0);
    }
}

/// A translation stands beside what it is made of: where all of it could never fit, nobody is to ask again.
#[test]
fn a_translated_answer_has_a_place_for_all_of_its_copies() {
    let scene = Scene::new("");
    let _runtime = scene.runtime.enter();
    let content = "x".repeat(20_000);
    let text = ANSWER.replace("\"a\"", &format!("\"{content}\""));
    let events = [&CONTENT.replace("\"a\"", &format!("\"{content}\"")), LAST, DONE].concat();
    for (stream, kind, text) in
        [(false, JSON, &text), (true, JSON, &text), (false, EVENTS, &events), (true, EVENTS, &events)]
    {
        let read = || read_as(&scene, ANTHROPIC, (stream, kind), scene::source(text.clone()), LONG);
        let room = TRANSLATED * text.len();
        scene.relay.budget.set_limit(room - 1);
        let told = read().0.err().map(|told| (told.reason, told.status, told.retry_after, told.class()));
        assert_eq!(told, Some((EndReason::TooLarge, 502, None, None)), "{stream} {kind:?}");
        scene.relay.budget.set_limit(room);
        let mut others = scene.relay.budget.reservation();
        assert!(others.hold(1));
        let told = read().0.err().map(|told| (told.reason, told.status, told.retry_after));
        assert_eq!(told, Some((EndReason::Shed, 503, Some(1))), "{stream} {kind:?}");
        others.hold(0);
        let (outcome, exchange) = read();
        assert!(outcome.is_ok() && scene.relay.budget.used() > 0, "{stream} {kind:?}");
        drop((outcome, exchange));
        assert_eq!(scene.relay.budget.used(), 0);
    }
}

#[test]
fn an_answer_that_stops_half_way_ends_with_the_total_deadline() {
    let scene = Scene::new("");
    let _runtime = scene.runtime.enter();
    for (kind, first) in [(JSON, "{\"choices\""), (EVENTS, CONTENT)] {
        let (outcome, exchange) =
            read(&scene, (false, kind), scene::paced([first.as_bytes(), b"}"]), [60_000, 50]);
        assert_eq!(outcome.err().map(|refusal| refusal.reason), Some(EndReason::TotalTimeout));
        assert!(exchange.record.first_byte_ms.is_some(), "{first}");
    }
}
