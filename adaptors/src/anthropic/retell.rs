//! A complete message, told as the stream of it.

use crate::json::{Level, Writer, items};

/// The events that a stream of this message would have had.
pub(super) fn as_stream(mut message: Level<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    let content = message.take("content").unwrap_or_default();
    let mut delta = Level::default();
    for key in ["stop_reason", "stop_sequence"] {
        delta.put(key, message.take(key).unwrap_or("null".into()));
        message.put(key, "null");
    }
    // Why it was refused: said only where it was.
    if let Some(details) = message.take("stop_details") {
        if details != "null" {
            delta.put("stop_details", details);
        }
        message.put("stop_details", "null");
    }
    let usage = message.get("usage").unwrap_or(r#"{"output_tokens":0}"#).to_owned();
    message.put("content", "[]");
    say(&mut out, "message_start", |w| message.write(w.key("message")));
    for (index, raw) in items(&content).unwrap_or_default().into_iter().enumerate() {
        block(&mut out, index, raw);
    }
    say(&mut out, "message_delta", |w| {
        delta.write(w.key("delta"));
        w.key("usage").json(&usage);
    });
    say(&mut out, "message_stop", |_| {});
    out
}

/// What a stream tells in deltas is taken out of a block; other blocks come whole in their start event.
fn block(out: &mut Vec<u8>, index: usize, raw: &str) {
    let mut block = Level::of(raw).ok();
    let deltas = block.as_mut().map(deltas_of).unwrap_or_default();
    say(out, "content_block_start", |w| {
        w.field("index", &index);
        w.key("content_block").json(&block.map_or_else(|| raw.to_owned(), |block| block.json()));
    });
    for (kind, key, value) in deltas {
        say(out, "content_block_delta", |w| {
            w.field("index", &index);
            w.key("delta").object(|w| {
                w.field("type", kind);
                w.key(key).json(&value);
            });
        });
    }
    say(out, "content_block_stop", |w| w.field("index", &index));
}

type Delta = (&'static str, &'static str, String);

fn deltas_of(block: &mut Level<'_>) -> Vec<Delta> {
    let kind = block.text("type").unwrap_or_default().into_owned();
    let mut take = |key: &'static str, empty: &'static str| {
        let value = block.get(key).filter(|value| *value != "null")?.to_owned();
        block.put(key, empty);
        Some(value)
    };
    let mut deltas = Vec::new();
    match kind.as_str() {
        "text" => {
            let citations = take("citations", "[]").unwrap_or_default();
            let citations = items(&citations).unwrap_or_default().into_iter();
            deltas.extend(citations.map(|one| ("citations_delta", "citation", one.to_owned())));
            deltas.extend(take("text", "\"\"").map(|text| ("text_delta", "text", text)));
        }
        "thinking" => {
            deltas.extend(take("thinking", "\"\"").map(|text| ("thinking_delta", "thinking", text)));
            deltas.extend(take("signature", "\"\"").map(|text| ("signature_delta", "signature", text)));
        }
        "tool_use" | "server_tool_use" | "mcp_tool_use" => {
            let input = take("input", "{}").unwrap_or_else(|| "{}".to_owned());
            let mut w = Writer::default();
            w.value(&input);
            let text = String::from_utf8(w.into_bytes()).unwrap_or_default();
            deltas.push(("input_json_delta", "partial_json", text));
        }
        _ => {}
    }
    deltas
}

fn say(out: &mut Vec<u8>, event: &str, write: impl FnOnce(&mut Writer)) {
    out.extend_from_slice(b"event: ");
    out.extend_from_slice(event.as_bytes());
    out.extend_from_slice(b"\ndata: ");
    let mut w = Writer::on(std::mem::take(out));
    w.object(|w| {
        w.field("type", event);
        write(w);
    });
    *out = w.into_bytes();
    out.extend_from_slice(b"\n\n");
}
