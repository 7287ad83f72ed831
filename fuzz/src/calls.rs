//! What an adaptor is asked with, and what holds for every error that a client is shown.

use adaptors::adaptor::{Call, Dialect, Operation, UpstreamError};
use adaptors::envelope::Envelope;
use bytes::Bytes;
use serde_json::Value;

/// What a client of this dialect calls.
pub fn operation(dialect: Dialect) -> Operation {
    match dialect {
        Dialect::OpenAi => Operation::ChatCompletions,
        Dialect::Anthropic => Operation::Messages,
    }
}

/// A call with this body; `model` is the upstream's name for it.
pub fn call<'a>(client: Dialect, body: &'a Bytes, envelope: &'a Envelope, model: &'a str) -> Call<'a> {
    Call {
        operation: operation(client),
        body,
        envelope,
        upstream_model: model,
        id: "id",
        unix_seconds: 1_795_000_000,
    }
}

/// A small body that asks for a stream, or not.
pub fn asked(stream: bool) -> (Bytes, Envelope) {
    let body = Bytes::from(format!("{{\"model\":\"m\",\"stream\":{stream}}}"));
    let envelope = Envelope::scan(&body).expect("a good body");
    (body, envelope)
}

/// An error can be told to the client in its dialect, as an answer and as an event, and is no larger than what came.
pub fn check_error(error: &UpstreamError, client: Dialect, came: usize) {
    assert!((400..600).contains(&error.status) && ![401, 403].contains(&error.status), "{error:?}");
    let body = client.error_body(error);
    let read: Value = serde_json::from_slice(&body).expect("an error is JSON");
    assert!(read["error"]["message"].is_string(), "{read}");
    // A control character of one byte is written as six.
    assert!(body.len() <= 6 * came + 2048, "{} bytes of {came}", body.len());
    let event = client.error_event(error);
    assert!(event.ends_with(b"\n\n") && !event[..event.len() - 2].windows(2).any(|two| two == b"\n\n"));
}
