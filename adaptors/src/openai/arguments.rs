//! The arguments of a call in a history, which are a text here.

use std::borrow::Cow;

use serde_json::value::RawValue;

use crate::json::{Bad, Read, mended};

/// The text of an object; some write none as nothing, or as null.
pub(super) fn arguments(text: Cow<'_, str>) -> Read<Cow<'_, str>> {
    if matches!(text.trim(), "" | "null") {
        return Ok("{}".into());
    }
    let parsed = serde_json::from_str::<&RawValue>(&text);
    if !parsed.is_ok_and(|json| json.get().starts_with('{')) {
        return Err(Bad::new("arguments", "must be the JSON text of an object for this model's upstream"));
    }
    // Elsewhere they are no text, and a part of the request.
    Ok(match mended(&text) {
        Cow::Borrowed(_) => text,
        Cow::Owned(mended) => mended.into(),
    })
}
