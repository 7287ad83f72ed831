//! The OpenAI dialect: chat completions and embeddings.

mod answer;
mod chat;
mod error;
mod gather;
mod stream;

use bytes::Bytes;
use serde_json::json;

use crate::adaptor::{Adaptor, Answer, Call, StreamReader, Unsupported, UpstreamError};
use crate::failure;

pub(crate) use chat::Chat;
pub use error::complaint_body;
pub use stream::Reader;

/// OpenAI in front, OpenAI behind: the original bytes in both directions, only the model's name is rewritten.
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
        answer::read(call.operation, body, call.envelope.stream)
    }

    fn error(&self, status: u16, body: &Bytes, whole: bool) -> UpstreamError {
        failure::answered(error::RULES, status, body, whole)
    }
}

/// The body of `GET /v1/models`.
#[must_use]
pub fn models_body(names: &[&str]) -> Bytes {
    let models: Vec<_> = names.iter().map(|name| model(name)).collect();
    json!({"object": "list", "data": models}).to_string().into()
}

/// One model of [`models_body`].
pub(crate) fn model(name: &str) -> serde_json::Value {
    json!({"id": name, "object": "model", "created": 0, "owned_by": "watertight"})
}
