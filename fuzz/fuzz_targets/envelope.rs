//! What the scan of a body reads is what any reader of JSON reads; a new model's name changes nothing else.
#![no_main]

use adaptors::envelope::Envelope;
use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|input: &[u8]| {
    let body = Bytes::copy_from_slice(input);
    let envelope = match Envelope::scan(&body) {
        Ok(envelope) => envelope,
        Err(error) => return assert!(!error.message.is_empty()),
    };
    let renamed = envelope.with_model(&body, "a \"new\"\nname");
    // A lone surrogate, or deep nesting, is more than this reader takes.
    let Ok(read) = serde_json::from_slice::<Value>(&body) else { return };
    assert_eq!(read["model"], envelope.model.as_str());
    assert_eq!(read.get("stream").and_then(Value::as_bool).unwrap_or(false), envelope.stream);
    let mut expected = read;
    expected["model"] = "a \"new\"\nname".into();
    assert_eq!(serde_json::from_slice::<Value>(&renamed).expect("still JSON"), expected);
});
