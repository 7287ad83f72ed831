//! Gemini's signature of a call, or of a text. Its models want it back, and refuse a call without it:
//! `"extra_content":{"google":{"thought_signature":"…"}}`.

use std::borrow::Cow;

use serde_json::value::RawValue;

use crate::json::{Fields, Writer};

/// The signature in the `extra_content` of a call or a message, where there is one.
pub(super) fn read(extra: &RawValue) -> Option<Cow<'_, str>> {
    let mut google = Fields::of(extra).ok()?.object("google").ok()??;
    google.text("thought_signature").ok()?.filter(|signature| !signature.is_empty())
}

/// Writes it as a field of the call or the message.
pub(super) fn write(w: &mut Writer, signature: Option<&str>) {
    if let Some(signature) = signature {
        w.key("extra_content").object(|w| {
            w.key("google").object(|w| w.field("thought_signature", signature));
        });
    }
}
