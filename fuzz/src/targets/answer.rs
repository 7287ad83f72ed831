//! Whole answers, passed on, translated and told as streams: JSON or whole events that our own readers take for a whole
//! answer, or an error.

use adaptors::adaptor::Answer;
use adaptors::dialect::Dialect;
use bytes::Bytes;

use crate::calls::{asked, call, check_error, pairs};
use crate::reading::{End, read};

pub fn run(input: &[u8]) {
    let body = Bytes::copy_from_slice(input);
    for stream in [false, true] {
        let (request, envelope) = asked(stream);
        for (client, upstream, adaptor) in pairs() {
            let told = adaptor.answer(&call(client, &request, &envelope, "m"), body.clone());
            match told {
                Answer::Deliver { body: out, content_type, .. } => {
                    assert!(out.len() <= 32 * body.len() + 4096, "{} bytes of {}", out.len(), body.len());
                    if stream {
                        assert_eq!(content_type, "text/event-stream");
                        is_whole_stream(client, &out);
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

/// What is told as an answer is one to our own reader.
fn is_whole_answer(client: Dialect, out: &Bytes) {
    let (request, envelope) = asked(false);
    let same = client.same();
    match same.answer(&call(client, &request, &envelope, "m"), out.clone()) {
        Answer::Deliver { body, .. } => assert_eq!(body, *out),
        Answer::Error(error) => panic!("{error:?}: {out:?}"),
    }
}

/// What is told as a stream is one to our own reader, and comes to its end.
fn is_whole_stream(client: Dialect, out: &Bytes) {
    assert!(out.ends_with(b"\n\n"), "half an event: {out:?}");
    let (request, envelope) = asked(true);
    let same = client.same();
    let told = read(same.stream(&call(client, &request, &envelope, "m")), client.framing(), out, out.len());
    assert_eq!(told.end, End::Whole, "{}", String::from_utf8_lossy(out));
}
