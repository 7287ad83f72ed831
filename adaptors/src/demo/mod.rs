//! The provider that answers by itself, offline: it says what it is and how to add a real one.

mod ask;
mod chat;
mod embeddings;
mod messages;
mod speech;

use serde_json::Value;

pub use self::ask::{Ask, Reply};
use crate::adaptor::Operation;
use crate::dialect::{ANTHROPIC, Dialect, OPENAI};

/// The names that `/v1/models` lists; any other name is answered too.
pub const MODELS: [&str; 2] = ["demo", "demo-embedding"];

/// The dialects that it answers in.
pub const DIALECTS: [Dialect; 2] = [OPENAI, ANTHROPIC];

/// Answers.
///
/// # Errors
/// A message for the client (status 400) when the body lacks what the operation needs.
pub fn answer(ask: &Ask<'_>) -> Result<Reply, String> {
    let body: Value = serde_json::from_slice(ask.body)
        .map_err(|error| format!("the request body cannot be read: {error}"))?;
    match ask.operation {
        Operation::Chat if ask.dialect == ANTHROPIC => messages::answer(ask, &body),
        Operation::Chat => chat::answer(ask, &body),
        Operation::CountTokens => messages::count(ask, &body),
        Operation::Embeddings => embeddings::answer(ask, &body),
        _ => {
            Err("the demo provider has chat, messages and embeddings: configure a provider for the rest"
                .into())
        }
    }
}
