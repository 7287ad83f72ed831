//! Requests of both dialects, passed on and translated: what comes out is a request again, or a reason.
#![no_main]

use adaptors::adaptor::{Call, Dialect, Operation};
use adaptors::dialect::PAIRS;
use adaptors::envelope::Envelope;
use bytes::Bytes;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let body = Bytes::copy_from_slice(input);
    let Ok(envelope) = Envelope::scan(&body) else { return };
    for (client, upstream, adaptor) in &PAIRS {
        let operation = match client {
            Dialect::OpenAi => Operation::ChatCompletions,
            Dialect::Anthropic => Operation::Messages,
        };
        let call = Call {
            operation,
            body: &body,
            envelope: &envelope,
            upstream_model: "upstream",
            id: "id",
            unix_seconds: 1_795_000_000,
        };
        match adaptor.request(&call) {
            Ok(made) => {
                let again = Envelope::scan(&made);
                let again = again.unwrap_or_else(|why| panic!("{client:?} to {upstream:?}: {why:?}: {made:?}"));
                assert_eq!((again.model.as_str(), again.stream), ("upstream", envelope.stream));
            }
            Err(why) => assert!(!why.message.is_empty()),
        }
    }
});
