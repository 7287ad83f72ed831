//! The demo's words, counted.

use serde_json::Value;

use super::ask::Ask;
use crate::adaptor::Usage;

/// An answer to a conversation, piece by piece, and the tokens of both.
pub(super) struct Speech {
    pub(super) pieces: Vec<String>,
    pub(super) input: u64,
    pub(super) output: u64,
}

impl Speech {
    /// # Errors
    /// When there is no message to answer.
    pub(super) fn to(ask: &Ask<'_>, body: &Value) -> Result<Self, String> {
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

    pub(super) fn text(&self) -> String {
        self.pieces.concat()
    }

    pub(super) fn usage(&self) -> Usage {
        Usage { input: Some(self.input), output: Some(self.output), ..Usage::default() }
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
pub(super) fn tokens(text: &str) -> u64 {
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
