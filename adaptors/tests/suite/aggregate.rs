//! Puts streams back together, the way the SDKs do: what a stream of a complete answer is tested with.

use serde_json::{Value, json};

use crate::support::frames;

fn events(stream: &[u8]) -> Vec<Value> {
    let frames = frames(stream);
    let data = frames.iter().map(|frame| frame.data().into_owned()).filter(|data| data != b"[DONE]");
    data.map(|data| serde_json::from_slice(&data).expect("JSON")).collect()
}

fn append(slot: &mut Value, text: &Value) {
    let joined = format!("{}{}", slot.as_str().unwrap_or_default(), text.as_str().expect("text"));
    *slot = joined.into();
}

/// A chat completion from its chunks.
pub(crate) fn chat(stream: &[u8]) -> Value {
    let mut whole = json!({"object": "chat.completion", "choices": []});
    for chunk in events(stream) {
        assert_eq!(chunk["object"], "chat.completion.chunk");
        for (key, value) in chunk.as_object().expect("a chunk") {
            if key != "choices" && key != "object" {
                whole[key] = value.clone();
            }
        }
        for choice in chunk["choices"].as_array().expect("choices") {
            let index = usize::try_from(choice["index"].as_u64().expect("an index")).unwrap();
            let choices = whole["choices"].as_array_mut().unwrap();
            while choices.len() <= index {
                choices.push(json!({"index": choices.len(), "message": {}}));
            }
            let slot = &mut choices[index];
            slot["finish_reason"] = choice["finish_reason"].clone();
            for (key, value) in choice["delta"].as_object().expect("a delta") {
                match value {
                    Value::String(text) if key == "content" && text.is_empty() => {}
                    Value::String(_) => append(&mut slot["message"][key], value),
                    Value::Array(calls) => {
                        let calls = calls.iter().enumerate().map(|(at, call)| {
                            let mut call = call.clone();
                            assert_eq!(call.as_object_mut().unwrap().remove("index"), Some(at.into()));
                            call
                        });
                        slot["message"][key] = calls.collect();
                    }
                    other => slot["message"][key] = other.clone(),
                }
            }
        }
    }
    whole
}

/// A message from its events.
pub(crate) fn message(stream: &[u8]) -> Value {
    let mut whole = Value::Null;
    let mut input = String::new();
    for (frame, event) in frames(stream).iter().zip(events(stream)) {
        let kind = event["type"].as_str().expect("a type");
        assert_eq!(frame.event(), Some(kind.as_bytes()));
        let index: usize = event["index"].as_u64().unwrap_or_default().try_into().unwrap();
        match kind {
            "message_start" => whole = event["message"].clone(),
            "content_block_start" => {
                let blocks = whole["content"].as_array_mut().unwrap();
                assert_eq!(blocks.len(), index, "blocks follow one another");
                blocks.push(event["content_block"].clone());
            }
            "content_block_delta" => {
                let (delta, block) = (&event["delta"], &mut whole["content"][index]);
                match delta["type"].as_str().expect("a delta's type") {
                    "text_delta" => append(&mut block["text"], &delta["text"]),
                    "thinking_delta" => append(&mut block["thinking"], &delta["thinking"]),
                    "signature_delta" => append(&mut block["signature"], &delta["signature"]),
                    "input_json_delta" => input += delta["partial_json"].as_str().expect("text"),
                    "citations_delta" => {
                        block["citations"].as_array_mut().unwrap().push(delta["citation"].clone());
                    }
                    other => panic!("unknown delta {other}"),
                }
            }
            "content_block_stop" if !input.is_empty() => {
                whole["content"][index]["input"] = serde_json::from_str(&std::mem::take(&mut input)).unwrap();
            }
            "message_delta" => {
                whole["stop_reason"] = event["delta"]["stop_reason"].clone();
                whole["stop_sequence"] = event["delta"]["stop_sequence"].clone();
                for (key, value) in event["usage"].as_object().expect("usage") {
                    whole["usage"][key] = value.clone();
                }
            }
            _ => {}
        }
    }
    whole
}
