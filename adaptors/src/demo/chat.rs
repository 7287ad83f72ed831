//! The demo as an OpenAI chat completion.

use bytes::Bytes;
use serde_json::{Value, json};

use super::ask::{Ask, Reply};
use super::speech::Speech;

pub(super) fn answer(ask: &Ask<'_>, body: &Value) -> Result<Reply, String> {
    let speech = Speech::to(ask, body)?;
    let id = format!("chatcmpl-{}", ask.id);
    let usage = json!({
        "prompt_tokens": speech.input,
        "completion_tokens": speech.output,
        "total_tokens": speech.input + speech.output,
    });
    if !ask.envelope.stream {
        let message = json!({"role": "assistant", "content": speech.text(), "refusal": null});
        let answer = json!({
            "id": id,
            "object": "chat.completion",
            "created": ask.unix_seconds,
            "model": ask.envelope.model,
            "choices": [{"index": 0, "message": message, "logprobs": null, "finish_reason": "stop"}],
            "usage": usage,
        });
        return Ok(Reply::Json { body: answer.to_string().into(), usage: speech.usage() });
    }
    let counts = body.pointer("/stream_options/include_usage").is_some_and(|include| include == true);
    let chunk = |choices: Value, usage: Value| {
        let mut chunk = json!({
            "id": id,
            "object": "chat.completion.chunk",
            "created": ask.unix_seconds,
            "model": ask.envelope.model,
            "choices": choices,
        });
        if counts {
            chunk["usage"] = usage;
        }
        Bytes::from(format!("data: {chunk}\n\n"))
    };
    let choice = |delta: Value, finish: Value| {
        chunk(json!([{"index": 0, "delta": delta, "logprobs": null, "finish_reason": finish}]), Value::Null)
    };
    let mut frames = vec![choice(json!({"role": "assistant", "content": ""}), Value::Null)];
    frames.extend(speech.pieces.iter().map(|piece| choice(json!({"content": piece}), Value::Null)));
    frames.push(choice(json!({}), "stop".into()));
    if counts {
        frames.push(chunk(json!([]), usage));
    }
    frames.push(Bytes::from_static(b"data: [DONE]\n\n"));
    Ok(Reply::Stream { frames, usage: speech.usage() })
}
