//! Requests of all dialects, passed on and translated: what comes out is a request again, or a reason; passed on it is
//! what came; translated it can be read by the reader of its own dialect.

use adaptors::dialect::{Dialect, GEMINI, adaptor};
use adaptors::envelope::Envelope;
use bytes::Bytes;
use serde::de::IgnoredAny;

use crate::calls::{call, pairs};

/// What the writers say, not the readers: one dialect has no words for some of what the other can say.
const WRITERS: [&str; 3] = ["this model's upstream", "has nothing to answer", "is no image"];

pub fn run(input: &[u8]) {
    let body = Bytes::copy_from_slice(input);
    let Ok(envelope) = Envelope::scan(&body) else { return };
    assert!(is_json(&body), "taken for JSON");
    for (client, upstream, adaptor) in pairs() {
        match adaptor.request(&call(client, &body, &envelope, "upstream")) {
            Ok(made) => {
                let made = made.body;
                assert!(is_json(&made), "{client:?} to {upstream:?}: no JSON: {made:?}");
                // Its path names the model.
                let again = match upstream == GEMINI {
                    true => Envelope::of_path(&made, "upstream".to_owned(), envelope.stream),
                    false => Envelope::scan(&made),
                };
                let again =
                    again.unwrap_or_else(|why| panic!("{client:?} to {upstream:?}: {why:?}: {made:?}"));
                assert_eq!((again.model.as_str(), again.stream), ("upstream", envelope.stream));
                if client == upstream && client == GEMINI {
                    assert!(made.len() <= body.len() + 32 * (1 + body.len() / 8), "edited on its way");
                } else if client == upstream {
                    assert_eq!(made, envelope.with_model(&body, "upstream"), "edited on its way");
                } else {
                    translated(client, upstream, &made, &again);
                    assert!(made.len() <= 32 * body.len() + 4096, "{} bytes of {}", made.len(), body.len());
                }
            }
            Err(why) => {
                assert!(!why.message.is_empty() && client != upstream, "a pass-through refuses: {why}");
                assert!(why.message.len() <= 6 * body.len() + 1024, "{} bytes", why.message.len());
            }
        }
        if client == upstream {
            let same = adaptor.request(&call(client, &body, &envelope, &envelope.model));
            assert_eq!(same.expect("a pass-through refuses nothing").body, body);
        }
    }
}

/// As another reader sees it than those that are tried here.
fn is_json(text: &[u8]) -> bool {
    serde_json::from_slice::<IgnoredAny>(text).is_ok()
}

/// What was made for the upstream is a request of the upstream's dialect: its own reader takes it back, though
/// it may not be possible to write it in the client's again.
fn translated(client: Dialect, upstream: Dialect, made: &Bytes, envelope: &Envelope) {
    let back = adaptor(upstream, client);
    if let Err(why) = back.request(&call(upstream, made, envelope, "m"))
        && !WRITERS.iter().any(|words| why.message.contains(words))
    {
        panic!("{client:?} to {upstream:?} cannot be read again: {why}: {made:?}");
    }
}
