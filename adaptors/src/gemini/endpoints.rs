//! Where the dialect's operations are. The model, the operation and the wish for a stream stand in the path:
//! `/v1beta/models/MODEL:streamGenerateContent?alt=sse`.

use std::borrow::Cow;
use std::ops::Range;

use bytes::Bytes;
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::form::Form;
use crate::adaptor::{Call, Operation, Upload};
use crate::dropped::Dropped;
use crate::envelope::{Envelope, EnvelopeError};
use crate::neutral::Offer;

pub(super) static OFFERS: [Offer; 5] = [
    Offer {
        operation: Operation::Chat,
        inbound: "/v1beta/models/{model}:generateContent",
        outbound: "/models/{model}:generateContent",
    },
    Offer {
        operation: Operation::Chat,
        inbound: "/v1beta/models/{model}:streamGenerateContent",
        outbound: "/models/{model}:streamGenerateContent",
    },
    Offer {
        operation: Operation::Embeddings,
        inbound: "/v1beta/models/{model}:embedContent",
        outbound: "/models/{model}:embedContent",
    },
    Offer {
        operation: Operation::Embeddings,
        inbound: "/v1beta/models/{model}:batchEmbedContents",
        outbound: "/models/{model}:batchEmbedContents",
    },
    Offer {
        operation: Operation::CountTokens,
        inbound: "/v1beta/models/{model}:countTokens",
        outbound: "/models/{model}:countTokens",
    },
];

/// The versions of Google's API that clients put in front.
const VERSIONS: [&str; 3] = ["/v1beta/", "/v1/", "/v1alpha/"];
/// What a name may begin with. `models/` is left out of it; a tuned model's is a part of it.
const MODELS: &str = "models/";
const TUNED: &str = "tunedModels/";

/// Characters that a path cannot hold as they are.
const ESCAPED: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'`')
    .add(b'{')
    .add(b'}')
    .add(b'\\')
    .add(b'^')
    .add(b'|');

/// The same within one segment.
const SEGMENT: &AsciiSet = &ESCAPED.add(b'/').add(b'&');

/// Model and method of a client's path. What stands before the name, if anything, has been judged already.
fn parse(path: &str) -> Option<(String, String)> {
    let path = path.split('?').next().unwrap_or_default();
    let rest = [MODELS, TUNED].iter().filter_map(|begin| path.find(&format!("/{begin}"))).min();
    let rest = &path[rest? + 1..];
    let rest = percent_decode_str(rest).decode_utf8_lossy();
    let (model, method) = rest.rsplit_once(':')?;
    let model = match model.strip_prefix(MODELS) {
        Some(model) => model,
        None => Some(model).filter(|model| model.starts_with(TUNED) && model.len() > TUNED.len())?,
    };
    (!model.is_empty()).then(|| (model.to_owned(), method.to_owned()))
}

pub(super) fn find(path: &str) -> Option<&'static Offer> {
    let is_known = VERSIONS.iter().any(|version| {
        let rest = path.strip_prefix(version).unwrap_or_default();
        rest.starts_with(MODELS) || rest.starts_with(TUNED)
    });
    let (_, method) = parse(path).filter(|_| is_known)?;
    OFFERS.iter().find(|offer| method_of(offer) == method)
}

fn method_of(offer: &Offer) -> &'static str {
    offer.inbound.rsplit(':').next().unwrap_or_default()
}

pub(super) fn streams(offer: &Offer) -> bool {
    method_of(offer) == "streamGenerateContent"
}

pub(super) fn envelope(offer: &Offer, path: &str, body: &Bytes) -> Result<Envelope, EnvelopeError> {
    let bad = |message: String| EnvelopeError { message, param: Some("model") };
    let (model, _) = parse(path).ok_or_else(|| bad("the path names no model".to_owned()))?;
    let envelope = Envelope::of_path(body, model, streams(offer))?;
    let is_other = |at: &Range<usize>| {
        let named: Option<Cow<'_, str>> = serde_json::from_slice(&body[at.clone()]).ok();
        named.is_none_or(|named| named.strip_prefix(MODELS).unwrap_or(&named) != envelope.model)
    };
    // Else another model would be asked than the one that was authorised.
    if names(body).iter().any(is_other) {
        return Err(
            bad("the body names another model than the path does: name the same, or none".to_owned()),
        );
    }
    Ok(envelope)
}

/// The places of the model's name in a body, quotes included.
fn names(body: &[u8]) -> Vec<Range<usize>> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Names<'a> {
        #[serde(borrow)]
        model: Option<&'a RawValue>,
        #[serde(borrow)]
        requests: Option<&'a RawValue>,
        #[serde(borrow)]
        generate_content_request: Option<&'a RawValue>,
    }
    let mut found = Vec::new();
    let mut texts: Vec<&[u8]> = vec![body];
    while let Some(text) = texts.pop() {
        let Ok(names) = serde_json::from_slice::<Names<'_>>(text) else { continue };
        found.extend(names.model.map(|raw| {
            let start = raw.get().as_ptr() as usize - body.as_ptr() as usize;
            start..start + raw.get().len()
        }));
        if text.len() == body.len() {
            let inner = names.requests.and_then(crate::json::list).unwrap_or_default();
            texts.extend(
                inner.into_iter().chain(names.generate_content_request).map(|raw| raw.get().as_bytes()),
            );
        }
    }
    found.sort_by_key(|at| at.start);
    found
}

/// A client's body with the upstream's name of the model wherever it names one; the same bytes where that is the same.
pub(super) fn with_model(call: &Call<'_>) -> Bytes {
    let body = call.body;
    if call.upstream_model == call.envelope.model {
        return body.clone();
    }
    let places = names(body);
    if places.is_empty() {
        return body.clone();
    }
    let name = serde_json::Value::from(resource(call.upstream_model).as_ref()).to_string();
    let mut edited = Vec::with_capacity(body.len() + places.len() * name.len());
    let mut from = 0;
    for at in places {
        edited.extend_from_slice(&body[from..at.start]);
        edited.extend_from_slice(name.as_bytes());
        from = at.end;
    }
    edited.extend_from_slice(&body[from..]);
    edited.into()
}

/// The whole name of a model: `models/NAME`, unless it says where it stands itself.
pub(super) fn resource(model: &str) -> Cow<'_, str> {
    let is_whole = [MODELS, TUNED, "publishers/", "projects/"].iter().any(|begin| model.starts_with(begin));
    if is_whole { model.into() } else { format!("{MODELS}{model}").into() }
}

/// A request for an upstream in the client's own operation and form.
pub(super) fn passed(call: &Call<'_>) -> Upload {
    let method = parse(call.path).map_or_else(String::new, |(_, method)| method);
    let mut headers = Vec::new();
    let query = match Form::of(call.path) {
        Form::Events if call.envelope.stream => "?alt=sse",
        _ => {
            headers.push(("accept", "application/json".to_owned()));
            ""
        }
    };
    Upload { headers, ..upload(call, &method, query, with_model(call)) }
}

/// A translated request: streams as events, which can be read as they come.
pub(super) fn translated(call: &Call<'_>, body: Bytes) -> Upload {
    match call.envelope.stream {
        _ if call.operation == Operation::CountTokens => upload(call, "countTokens", "", body),
        true => upload(call, "streamGenerateContent", "?alt=sse", body),
        false => upload(call, "generateContent", "", body),
    }
}

fn upload(call: &Call<'_>, method: &str, query: &str, body: Bytes) -> Upload {
    let model = call.upstream_model;
    // A plain name is one segment: a slash in it must lead nowhere else.
    let path = match resource(model) {
        Cow::Borrowed(whole) => format!("/{}:{method}{query}", utf8_percent_encode(whole, ESCAPED)),
        Cow::Owned(_) => format!("/{MODELS}{}:{method}{query}", utf8_percent_encode(model, SEGMENT)),
    };
    let path = path.into();
    Upload { path, headers: Vec::new(), body, dropped: Dropped::default() }
}
