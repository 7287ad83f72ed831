//! The provider that answers by itself, offline: it says what it is and how to add a real one.

mod chat;
mod embeddings;
mod messages;

use bytes::Bytes;
use serde_json::Value;

use crate::adaptor::{Operation, Usage};
use crate::envelope::Envelope;

/// The names that `/v1/models` lists; any other name is answered too.
pub const MODELS: [&str; 2] = ["demo", "demo-embedding"];

/// What the demo is asked.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    /// The operation.
    pub operation: Operation,
    /// The request's body.
    pub body: &'a Bytes,
    /// What its scan found.
    pub envelope: &'a Envelope,
    /// Becomes the answer's id, behind the dialect's prefix (`chatcmpl-`, `msg_`).
    pub id: &'a str,
    /// Now, in seconds since 1970.
    pub unix_seconds: u64,
}

/// The demo's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// A complete JSON body.
    Json {
        /// The body.
        body: Bytes,
        /// Its token counts.
        usage: Usage,
    },
    /// A stream: whole frames, in order, about one a token, for the relay to pace.
    Stream {
        /// The frames.
        frames: Vec<Bytes>,
        /// The token counts of the whole.
        usage: Usage,
    },
}

/// Answers.
///
/// # Errors
/// A message for the client (status 400) when the body lacks what the operation needs.
pub fn answer(ask: &Ask<'_>) -> Result<Reply, String> {
    let body: Value = serde_json::from_slice(ask.body)
        .map_err(|error| format!("the request body cannot be read: {error}"))?;
    match ask.operation {
        Operation::ChatCompletions => chat::answer(ask, &body),
        Operation::Messages => messages::answer(ask, &body),
        Operation::Embeddings => embeddings::answer(ask, &body),
    }
}

/// What the demo says to a conversation, piece by piece, and what it counted.
struct Speech {
    pieces: Vec<String>,
    input: u64,
    output: u64,
}

impl Speech {
    /// # Errors
    /// When there is no message to answer.
    fn to(ask: &Ask<'_>, body: &Value) -> Result<Self, String> {
        let messages = body.get("messages").and_then(Value::as_array).filter(|messages| !messages.is_empty());
        let messages = messages.ok_or("`messages` is missing or empty: send at least one message")?;
        let is_user = |message: &&Value| message.get("role").is_some_and(|role| role == "user");
        let last = messages.iter().rev().find(is_user).or(messages.last());
        let said = text_of(last.and_then(|message| message.get("content")));
        let read = messages.iter().map(|message| tokens(&text_of(message.get("content")))).sum::<u64>();
        let system = tokens(&text_of(body.get("system")));
        let pieces = pieces(&wording(&said, &ask.envelope.model));
        let output = pieces.len() as u64;
        Ok(Self { pieces, input: read + system, output })
    }

    fn text(&self) -> String {
        self.pieces.concat()
    }

    fn usage(&self) -> Usage {
        Usage { input: Some(self.input), output: Some(self.output) }
    }
}

fn wording(said: &str, model: &str) -> String {
    let heard = match said.split_whitespace().collect::<Vec<_>>().join(" ") {
        said if said.is_empty() => "You sent a message without text".to_owned(),
        said if said.chars().count() > 120 => {
            format!("You wrote \"{}…\"", said.chars().take(120).collect::<String>())
        }
        said => format!("You wrote \"{said}\""),
    };
    format!(
        "Hello! {heard}, and every part of the relay worked to bring you this answer. \
         I am the built-in demo: I run offline and answer for any model name, this time for \"{model}\". \
         To talk to a real model, set a provider's key such as OPENAI_API_KEY or ANTHROPIC_API_KEY in the \
         environment, or describe a channel in watertight.toml, and start the relay again."
    )
}

/// Text of a message's content: a string, or the texts among its parts.
fn text_of(content: Option<&Value>) -> String {
    match content {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(parts)) => {
            let texts = parts.iter().filter_map(|part| part.get("text").and_then(Value::as_str));
            texts.collect::<Vec<_>>().join(" ")
        }
        _ => String::new(),
    }
}

/// A rough count: four characters a token, as is usual for English.
fn tokens(text: &str) -> u64 {
    (text.chars().count() as u64).div_ceil(4)
}

/// Words with the space before them: the demo's tokens.
fn pieces(text: &str) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    for word in text.split_inclusive(' ') {
        // The space goes to the next piece, as in real tokenizers.
        let lead = if pieces.is_empty() { "" } else { " " };
        pieces.push(format!("{lead}{}", word.trim_end_matches(' ')));
    }
    pieces
}
