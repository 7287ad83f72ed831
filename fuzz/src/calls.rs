//! What an adaptor is asked with, and what holds for every error that a client is shown.

use std::sync::Arc;

use adaptors::adaptor::{Adaptor, Call, Operation, Terms, UpstreamError};
use adaptors::dialect::{DIALECTS, Dialect, GEMINI, adaptor};
use adaptors::envelope::Envelope;
use bytes::Bytes;
use serde_json::Value;

/// Every pair of dialects, the client's and the upstream's, with what stands between them.
pub fn pairs() -> impl Iterator<Item = (Dialect, Dialect, Arc<dyn Adaptor>)> {
    let clients = DIALECTS.iter();
    let pairs = clients.flat_map(|client| DIALECTS.iter().map(move |upstream| (*client, *upstream)));
    pairs.map(|(client, upstream)| (client, upstream, adaptor(client, upstream)))
}

/// One pair of each client's dialect, and of each upstream's: which, the input says, so that an input costs a quarter of
/// what all pairs do, is tried with its own pairs again when it is run again, and its mutations are tried with others.
pub fn some_pairs(input: &[u8]) -> impl Iterator<Item = (Dialect, Dialect, Arc<dyn Adaptor>)> {
    let turn = input.iter().fold(0_usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(usize::from(*byte)));
    let count = DIALECTS.len();
    let pair = move |(at, client): (usize, &Dialect)| (*client, DIALECTS[(at + turn % count) % count]);
    let pairs = DIALECTS.iter().enumerate().map(pair);
    pairs.map(|(client, upstream)| (client, upstream, adaptor(client, upstream)))
}

/// A call with this body; `model` is the upstream's name for it.
pub fn call<'a>(client: Dialect, body: &'a Bytes, envelope: &'a Envelope, model: &'a str) -> Call<'a> {
    Call {
        operation: Operation::Chat,
        path: client.offer(Operation::Chat).expect("every dialect converses").inbound,
        body,
        envelope,
        upstream_model: model,
        id: "id",
        unix_seconds: 1_795_000_000,
        terms: Terms::default(),
    }
}

/// A small body that asks for a stream, or not.
pub fn asked(stream: bool) -> (Bytes, Envelope) {
    let body = Bytes::from(format!("{{\"model\":\"m\",\"stream\":{stream}}}"));
    let envelope = Envelope::scan(&body).expect("a good body");
    (body, envelope)
}

/// The same, with the wish for all that an answer may say: counts in a stream, thinking that can come back.
pub fn asked_for_all(client: Dialect, stream: bool) -> (Bytes, Envelope) {
    let more = match client.name() {
        "openai" if stream => r#","stream_options":{"include_usage":true}"#,
        "responses" => r#","include":["reasoning.encrypted_content"]"#,
        _ => "",
    };
    let body = Bytes::from(format!(r#"{{"model":"m","stream":{stream}{more}}}"#));
    let envelope = Envelope::scan(&body).expect("a good body");
    (body, envelope)
}

/// An error can be told to the client in its dialect, as an answer and as an event, and is no larger than what came.
pub fn check_error(error: &UpstreamError, client: Dialect, came: usize) {
    assert!((400..600).contains(&error.status) && ![401, 403].contains(&error.status), "{error:?}");
    let body = client.error_body(error, None, None);
    let read: Value = serde_json::from_slice(&body).expect("an error is JSON");
    assert!(read["error"]["message"].is_string(), "{read}");
    // A control character of one byte is written as six.
    assert!(body.len() <= 6 * came + 2048, "{} bytes of {came}", body.len());
    let event = client.error_event(error);
    // Google's clients are told in a line of JSON, behind which no blank line may stand.
    if let Ok(bare) = serde_json::from_slice::<Value>(&event) {
        assert!(client == GEMINI && bare["error"]["message"].is_string());
        return assert_eq!(event.iter().position(|byte| *byte == b'\n'), Some(event.len() - 1));
    }
    assert!(event.ends_with(b"\n\n") && !event[..event.len() - 2].windows(2).any(|two| two == b"\n\n"));
}
