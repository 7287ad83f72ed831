//! Puts a streamed message together to a whole one, for clients that did not ask for a stream.

use std::mem::take;

use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::stream::Reader;
use crate::adaptor::{Ending, Kind, Output, Step, StreamReader, Usage};
use crate::failure;
use crate::framing::Frame;

/// Content blocks of one answer. No real answer comes near it.
const MAX_BLOCKS: usize = 4096;

/// The reader of one stream whose events become one message.
#[derive(Debug, Default)]
pub(super) struct Gather {
    inner: Reader,
    message: Map<String, Value>,
    blocks: Vec<Block>,
}

#[derive(Debug)]
struct Block {
    index: Option<u64>,
    content: Map<String, Value>,
    /// A tool's input, as far as it came.
    input: String,
}

impl StreamReader for Gather {
    fn frame(&mut self, frame: &Frame) -> Step {
        let step = self.inner.frame(frame);
        let silent = |kind| Step { kind, output: Output::Replace(Bytes::new()) };
        let done = match step.kind {
            Kind::Terminal if !self.inner.is_finished() => {
                Err("the upstream ended its stream without a stop reason".to_owned())
            }
            Kind::Terminal => {
                self.whole().map(|body| Step { kind: Kind::Terminal, output: Output::Replace(body) })
            }
            Kind::Opening | Kind::Content => self.take(frame).map(|()| silent(step.kind)),
            kind => Ok(silent(kind)),
        };
        done.unwrap_or_else(|said| silent(Kind::Error(failure::broken(said))))
    }

    fn end(&mut self) -> Ending {
        match self.inner.end() {
            Ending::Complete(_) => self.whole().map_or(Ending::Truncated, Ending::Complete),
            other => other,
        }
    }

    fn is_finished(&self) -> bool {
        self.inner.is_finished()
    }

    fn usage(&self) -> Usage {
        self.inner.usage()
    }
}

impl Gather {
    fn take(&mut self, frame: &Frame) -> Result<(), String> {
        let mut event: Map<String, Value> = serde_json::from_slice(&frame.data())
            .map_err(|error| format!("the upstream's stream has an event that cannot be read: {error}"))?;
        let name = String::from_utf8_lossy(frame.event().unwrap_or_default()).into_owned();
        let typed =
            event.get("type").and_then(Value::as_str).filter(|kind| !kind.is_empty()).map(str::to_owned);
        let index = event.get("index").and_then(Value::as_u64);
        let mut object = |key: &str| match event.get_mut(key).map(Value::take) {
            Some(Value::Object(fields)) => Some(fields),
            _ => None,
        };
        match typed.unwrap_or(name).as_str() {
            "message_start" => self.message = object("message").unwrap_or_default(),
            "content_block_start" => {
                if self.blocks.len() == MAX_BLOCKS {
                    return Err(format!("the upstream's answer has more than {MAX_BLOCKS} content blocks"));
                }
                let content = object("content_block").unwrap_or_default();
                self.blocks.push(Block { index, content, input: String::new() });
            }
            "content_block_delta" => {
                let block = self.blocks.iter_mut().rev().find(|block| block.index == index);
                let block = block.ok_or("the upstream's stream has a delta of no content block")?;
                block.add(object("delta").unwrap_or_default());
            }
            "message_delta" => {
                let usage = object("usage");
                keep(&mut self.message, object("delta").unwrap_or_default());
                let total = self.message.entry("usage").or_insert_with(|| json!({}));
                if let (Some(total), Some(usage)) = (total.as_object_mut(), usage) {
                    keep(total, usage);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn whole(&mut self) -> Result<Bytes, String> {
        let mut message = take(&mut self.message);
        let cut = message.get("stop_reason").is_some_and(|reason| reason == "max_tokens");
        let mut content = Vec::with_capacity(self.blocks.len());
        for mut block in take(&mut self.blocks) {
            if !block.input.trim().is_empty() {
                match serde_json::from_str::<Value>(&block.input) {
                    Ok(input) => block.content.insert("input".into(), input),
                    // The limit was reached inside it: there is nothing that could be called.
                    Err(_) if cut => continue,
                    Err(error) => {
                        return Err(format!(
                            "the upstream's answer has a tool call whose input cannot be read: {error}"
                        ));
                    }
                };
            }
            content.push(Value::Object(block.content));
        }
        message.insert("content".into(), content.into());
        for (key, value) in [("type", "message"), ("role", "assistant")] {
            message.entry(key).or_insert_with(|| value.into());
        }
        message.entry("stop_sequence").or_insert(Value::Null);
        Ok(Value::Object(message).to_string().into())
    }
}

impl Block {
    fn add(&mut self, delta: Map<String, Value>) {
        for (key, value) in delta {
            match (key.as_str(), value) {
                ("partial_json", Value::String(piece)) => self.input.push_str(&piece),
                ("citation", citation) => {
                    let citations = self.content.entry("citations").or_insert_with(|| json!([]));
                    if !citations.is_array() {
                        *citations = json!([]);
                    }
                    citations.as_array_mut().into_iter().for_each(|list| list.push(citation.clone()));
                }
                ("type", _) => {}
                (_, Value::String(piece)) => match self.content.get_mut(&key) {
                    Some(Value::String(text)) => text.push_str(&piece),
                    _ => {
                        self.content.insert(key, piece.into());
                    }
                },
                (_, value) => {
                    self.content.insert(key, value);
                }
            }
        }
    }
}

/// Later values replace earlier ones; those that are null leave them.
fn keep(into: &mut Map<String, Value>, from: Map<String, Value>) {
    for (key, value) in from {
        if !value.is_null() || !into.contains_key(&key) {
            into.insert(key, value);
        }
    }
}
