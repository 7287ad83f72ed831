//! The Anthropic dialect: messages.

mod answer;
mod error;
mod gather;
mod messages;
mod stream;

use bytes::Bytes;
use serde_json::json;

use crate::adaptor::{Adaptor, Answer, Call, StreamReader, Unsupported, UpstreamError};
use crate::failure;

pub use error::complaint_body;
pub(crate) use messages::Messages;
pub use stream::Reader;

/// Anthropic in front, Anthropic behind: the original bytes in both directions, only the model's name is rewritten,
/// and events that lack their `event:` line get it.
#[derive(Clone, Copy, Debug)]
pub struct PassThrough;

impl Adaptor for PassThrough {
    fn request(&self, call: &Call<'_>) -> Result<Bytes, Unsupported> {
        Ok(call.envelope.with_model(call.body, call.upstream_model))
    }

    fn stream(&self, _call: &Call<'_>) -> Box<dyn StreamReader> {
        Box::<Reader>::default()
    }

    fn gather(&self, _call: &Call<'_>) -> Box<dyn StreamReader> {
        Box::<gather::Gather>::default()
    }

    fn answer(&self, call: &Call<'_>, body: Bytes) -> Answer {
        answer::read(body, call.envelope.stream)
    }

    fn error(&self, status: u16, body: &Bytes, whole: bool) -> UpstreamError {
        failure::answered(error::RULES, status, body, whole)
    }
}

/// The body of `GET /v1/models` for Anthropic's clients.
#[must_use]
pub fn models_body(names: &[&str]) -> Bytes {
    let models: Vec<_> = names.iter().map(|name| model(name)).collect();
    json!({"data": models, "has_more": false, "first_id": names.first(), "last_id": names.last()})
        .to_string()
        .into()
}

/// One model of [`models_body`].
pub(crate) fn model(name: &str) -> serde_json::Value {
    json!({"type": "model", "id": name, "display_name": name, "created_at": "1970-01-01T00:00:00Z"})
}
