//! Whole answers, passed on, translated and told as streams: JSON or whole events that our own readers take for a whole
//! answer, or an error. What is translated straight is what its stream, put together, would have said.

use adaptors::adaptor::{Adaptor, Answer};
use adaptors::dialect::{Dialect, OPENAI, RESPONSES};
use bytes::Bytes;
use serde::de::IgnoredAny;
use serde_json::Value;

use crate::calls::{asked, asked_for_all, call, check_error, pairs};
use crate::reading::{End, read};

pub fn run(input: &[u8]) {
    let body = Bytes::copy_from_slice(input);
    for (client, _, adaptor) in pairs().filter(|(client, upstream, _)| client != upstream) {
        is_what_a_stream_says(&*adaptor, client, &body);
    }
    for stream in [false, true] {
        let (request, envelope) = asked(stream);
        for (client, upstream, adaptor) in pairs() {
            let told = adaptor.answer(&call(client, &request, &envelope, "m"), body.clone());
            match told {
                Answer::Deliver { body: out, content_type, .. } => {
                    assert!(out.len() <= 32 * body.len() + 4096, "{} bytes of {}", out.len(), body.len());
                    if stream {
                        assert_eq!(content_type, "text/event-stream");
                        is_whole_stream(client, &out, client == upstream && goes_on(client, &body));
                    } else {
                        assert_eq!(content_type, "application/json");
                        assert!(client != upstream || out == body, "edited on its way");
                        is_whole_answer(client, &out);
                    }
                }
                Answer::Error(error) => check_error(&error, client, body.len()),
            }
        }
    }
}

/// An answer that is translated straight says what it says by the way of a stream, in the order and with the counts of it.
fn is_what_a_stream_says(adaptor: &dyn Adaptor, client: Dialect, answer: &Bytes) {
    let told = |stream| {
        let (request, envelope) = asked_for_all(client, stream);
        match adaptor.answer(&call(client, &request, &envelope, "m"), answer.clone()) {
            Answer::Deliver { body, .. } => Some(body),
            Answer::Error(_) => None,
        }
    };
    let (whole, stream) = (told(false), told(true));
    let put_together = stream.map(|stream| {
        let (request, envelope) = asked_for_all(client, false);
        let same = client.same();
        let reader = same.gather(&call(client, &request, &envelope, "m"));
        let told = read(reader, client.framing(), &stream, stream.len());
        assert_eq!(told.end, End::Whole, "{}", String::from_utf8_lossy(&stream));
        told.out
    });
    let meant = |body: &[u8]| {
        let read = serde_json::from_slice(body);
        if read.is_err() && serde_json::from_slice::<IgnoredAny>(body).is_ok() {
            // Nested too deep to be looked into.
            return Value::Null;
        }
        let mut body: Value = read.expect("an answer is JSON");
        // Chunks say that they do not count; an answer says nothing.
        if client == OPENAI && body["usage"].is_null() {
            body.as_object_mut().map(|body| body.remove("usage"));
        }
        body
    };
    assert_eq!(whole.as_deref().map(meant), put_together.as_deref().map(meant), "{client:?}");
}

/// What is told as an answer is one to our own reader.
fn is_whole_answer(client: Dialect, out: &Bytes) {
    let (request, envelope) = asked(false);
    let same = client.same();
    match same.answer(&call(client, &request, &envelope, "m"), out.clone()) {
        Answer::Deliver { body, .. } => assert_eq!(body, *out),
        Answer::Error(error) => panic!("{error:?}: {out:?}"),
    }
}

/// A response that its upstream still works on: its stream has no last event.
fn goes_on(client: Dialect, answer: &Bytes) -> bool {
    let status = || serde_json::from_slice::<Value>(answer).ok()?.get("status")?.as_str().map(str::to_owned);
    client == RESPONSES
        && status().is_some_and(|status| !matches!(status.as_str(), "completed" | "incomplete"))
}

/// What is told as a stream is one to our own reader, and comes to its end.
fn is_whole_stream(client: Dialect, out: &Bytes, goes_on: bool) {
    assert!(out.ends_with(b"\n\n"), "half an event: {out:?}");
    let (request, envelope) = asked(true);
    let same = client.same();
    let told = read(same.stream(&call(client, &request, &envelope, "m")), client.framing(), out, out.len());
    let end = if goes_on { &[End::Empty, End::Truncated][..] } else { &[End::Whole] };
    assert!(end.contains(&told.end), "{:?}: {}", told.end, String::from_utf8_lossy(out));
}
