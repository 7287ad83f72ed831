//! What proves a model's thinking, its calls and its texts its own. Gemini's models want their signature of a call back, and
//! refuse a call without it: `"extra_content":{"google":{"thought_signature":"…"}}`.

use std::borrow::Cow;

use serde_json::value::RawValue;

use crate::json::{Fields, Writer};
use crate::neutral::by;

/// Marks what an upstream of this dialect signed ([`crate::neutral::Signed::by`]): the dialect's name.
pub(super) const OWN: &str = "openai";

/// The signatures of calls and texts that an upstream takes: its own dialect's, and at an endpoint for Google's models
/// Gemini's too.
#[derive(Clone, Copy, Debug)]
pub(super) struct Proofs {
    is_googles: bool,
}

impl Proofs {
    pub(super) fn of(model: &str) -> Self {
        Self { is_googles: model.contains("gemini") }
    }

    /// The signature without its mark.
    pub(super) fn own(self, signature: &str) -> Option<&str> {
        by(signature, OWN).or_else(|| by(signature, "").filter(|_| self.is_googles))
    }
}

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
