//! Counting tokens at Vertex: it knows no wrapped request, but what is in one beside the model.

use bytes::Bytes;

use crate::json::{Fields, Writer};

/// Where Google's AI Studio takes the request whose tokens are to be counted.
const WRAPPED: &str = "generateContentRequest";
/// What Vertex takes.
const TAKEN: [&str; 4] = ["contents", "systemInstruction", "tools", "generationConfig"];

/// The body with what was wrapped; the same bytes where nothing is.
#[must_use]
pub fn unwrapped(body: Bytes) -> Bytes {
    let Ok(fields) = Fields::of_body(&body) else { return body };
    let Ok(Some(inner)) = fields.camel().and_then(|mut fields| fields.object(WRAPPED)) else { return body };
    let Ok(mut inner) = inner.camel() else { return body };
    let mut w = Writer::default();
    w.object(|w| TAKEN.iter().for_each(|key| w.maybe(key, inner.take(key))));
    w.into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_vertex_takes_is_taken_out() {
        let told = |body: &'static str| unwrapped(Bytes::from_static(body.as_bytes()));
        let plain = r#"{ "contents":[] }"#;
        assert_eq!(told(plain), plain);
        assert_eq!(told("[1]"), "[1]");
        let wrapped = r#"{"generate_content_request":{"model":"models/m","tools":[{ }],"contents":[{"a":1}],"toolConfig":{},"system_instruction":{}}}"#;
        assert_eq!(told(wrapped), r#"{"contents":[{"a":1}],"systemInstruction":{},"tools":[{ }]}"#);
    }
}
