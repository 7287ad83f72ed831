//! The demo as an Anthropic message.

use bytes::Bytes;
use serde_json::{Value, json};

use super::ask::{Ask, Reply};
use super::speech::Speech;
use crate::adaptor::Usage;

pub(super) fn count(ask: &Ask<'_>, body: &Value) -> Result<Reply, String> {
    let input = Speech::to(ask, body)?.input;
    Ok(Reply::Json { body: json!({"input_tokens": input}).to_string().into(), usage: Usage::default() })
}

pub(super) fn answer(ask: &Ask<'_>, body: &Value) -> Result<Reply, String> {
    let speech = Speech::to(ask, body)?;
    let message = |content: Value, stop: Value, output: u64| {
        json!({
            "id": format!("msg_{}", ask.id),
            "type": "message",
            "role": "assistant",
            "model": ask.envelope.model,
            "content": content,
            "stop_reason": stop,
            "stop_sequence": null,
            "usage": {"input_tokens": speech.input, "output_tokens": output},
        })
    };
    if !ask.envelope.stream {
        let content = json!([{"type": "text", "text": speech.text()}]);
        let body = message(content, "end_turn".into(), speech.output).to_string().into();
        return Ok(Reply::Json { body, usage: speech.usage() });
    }
    let mut frames = Vec::with_capacity(speech.pieces.len() + 5);
    let mut say = |name: &str, mut event: Value| {
        event["type"] = name.into();
        frames.push(Bytes::from(format!("event: {name}\ndata: {event}\n\n")));
    };
    say("message_start", json!({"message": message(json!([]), Value::Null, 1)}));
    say("content_block_start", json!({"index": 0, "content_block": {"type": "text", "text": ""}}));
    for piece in &speech.pieces {
        say("content_block_delta", json!({"index": 0, "delta": {"type": "text_delta", "text": piece}}));
    }
    say("content_block_stop", json!({"index": 0}));
    let delta = json!({"stop_reason": "end_turn", "stop_sequence": null});
    say("message_delta", json!({"delta": delta, "usage": {"output_tokens": speech.output}}));
    say("message_stop", json!({}));
    Ok(Reply::Stream { frames, usage: speech.usage() })
}
