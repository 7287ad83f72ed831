//! What the scan of a body reads is what any reader of JSON reads; a new model's name changes nothing else.

use adaptors::envelope::Envelope;
use bytes::Bytes;
use serde::de::IgnoredAny;
use serde_json::Value;

const NAME: &str = "a \"new\"\nname";

pub fn run(input: &[u8]) {
    let body = Bytes::copy_from_slice(input);
    let envelope = match Envelope::scan(&body) {
        Ok(envelope) => envelope,
        Err(error) => return assert!(!error.message.is_empty() && error.message.len() < 512, "{error}"),
    };
    // The same name: the same bytes, not a copy of them.
    assert_eq!(envelope.with_model(&body, &envelope.model).as_ptr(), body.as_ptr());
    let renamed = envelope.with_model(&body, NAME);
    let again = Envelope::scan(&renamed).expect("a body with another model is as good");
    assert_eq!((again.model.as_str(), again.stream), (NAME, envelope.stream));
    // Back again: what stood around the name has not moved.
    let back = again.with_model(&renamed, &envelope.model);
    let around = body.iter().zip(&back).take_while(|(a, b)| a == b).count();
    let behind = body.iter().rev().zip(back.iter().rev()).take_while(|(a, b)| a == b).count();
    // Only the escaping of the name may differ.
    let name = serde_json::to_string(&envelope.model).expect("text is JSON");
    assert!(around + behind + name.len() >= back.len(), "more than the name has changed");
    assert!(serde_json::from_slice::<IgnoredAny>(&body).is_ok(), "what is no JSON is read");
    // A lone surrogate, or deep nesting, is more than this reader takes.
    let Ok(read) = serde_json::from_slice::<Value>(&body) else { return };
    assert_eq!(read["model"], envelope.model.as_str());
    assert_eq!(read.get("stream").and_then(Value::as_bool).unwrap_or(false), envelope.stream);
    let mut expected = read;
    expected["model"] = NAME.into();
    assert_eq!(serde_json::from_slice::<Value>(&renamed).expect("still JSON"), expected);
}
