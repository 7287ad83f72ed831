//! Whole answers and errors, passed on, translated and told as streams: JSON or whole events, and a status that fits.
#![no_main]

use adaptors::adaptor::{Answer, Call, Dialect, Operation, UpstreamError};
use adaptors::dialect::PAIRS;
use adaptors::envelope::Envelope;
use bytes::Bytes;
use libfuzzer_sys::fuzz_target;

fn check(error: &UpstreamError, client: Dialect) {
    assert!((400..600).contains(&error.status) && ![401, 403].contains(&error.status), "{error:?}");
    let body: serde_json::Value = serde_json::from_slice(&client.error_body(error)).expect("an error is JSON");
    assert!(body["error"]["message"].is_string(), "{body}");
    assert!(client.error_event(error).ends_with(b"\n\n"));
}

fuzz_target!(|input: &[u8]| {
    let body = Bytes::copy_from_slice(input);
    for stream in [false, true] {
        let asked = Bytes::from(format!("{{\"model\":\"m\",\"stream\":{stream}}}"));
        let envelope = Envelope::scan(&asked).expect("a good body");
        for (client, _, adaptor) in &PAIRS {
            let operation = match client {
                Dialect::OpenAi => Operation::ChatCompletions,
                Dialect::Anthropic => Operation::Messages,
            };
            let call = Call {
                operation,
                body: &asked,
                envelope: &envelope,
                upstream_model: "m",
                id: "id",
                unix_seconds: 1_795_000_000,
            };
            match adaptor.answer(&call, body.clone()) {
                Answer::Deliver { body, content_type: "application/json", .. } => {
                    assert!(!stream && body.trim_ascii().starts_with(b"{"), "{body:?}");
                }
                Answer::Deliver { body, content_type, .. } => {
                    assert!(stream && content_type == "text/event-stream" && body.ends_with(b"\n\n"));
                }
                Answer::Error(error) => check(&error, *client),
            }
            for (status, whole) in [(302, true), (400, true), (401, true), (429, false), (500, true), (529, false)] {
                check(&adaptor.error(status, &body, whole), *client);
            }
        }
    }
});
