//! Puts a streamed message together to a whole one, for clients that did not ask for a stream.

use std::mem::take;

use bytes::Bytes;
use serde_json::value::RawValue;

use crate::framing::Frame;
use crate::gathered::Pieces;
use crate::json::{self, Level, Writer, is_text, items, mended};

/// Content blocks of one answer. No real answer comes near it.
const MAX_BLOCKS: usize = 4096;

/// One message, as far as it came.
#[derive(Debug, Default)]
pub(super) struct Gather {
    message: Level<'static>,
    usage: Level<'static>,
    blocks: Vec<Block>,
}

#[derive(Debug)]
struct Block {
    index: Option<u64>,
    content: Level<'static>,
    /// The JSON string of a tool's input, as far as it came.
    input: String,
    citations: Vec<String>,
}

impl Pieces for Gather {
    const LACKS: &'static str = "stop reason";

    fn take(&mut self, frame: &Frame) -> Result<(), String> {
        let data = frame.data();
        let event = Level::of_bytes(&data)
            .map_err(|error| format!("the upstream's stream has an event that cannot be read: {error}"))?;
        let typed = event.text("type").filter(|kind| !kind.is_empty());
        let name = typed.unwrap_or_else(|| String::from_utf8_lossy(frame.event().unwrap_or_default()));
        let index = event.count("index");
        let object = |key: &str| event.get(key).and_then(|value| Level::of(value).ok()).unwrap_or_default();
        match name.as_ref() {
            "message_start" => {
                let mut message = object("message");
                let usage = message.get("usage").and_then(|usage| Level::of(usage).ok());
                self.usage = usage.unwrap_or_default().owned();
                message.put("usage", "null");
                self.message = message.owned();
            }
            "content_block_start" => {
                if self.blocks.len() == MAX_BLOCKS {
                    return Err(format!("the upstream's answer has more than {MAX_BLOCKS} content blocks"));
                }
                self.blocks.push(Block::new(index, object("content_block").owned()));
            }
            "content_block_delta" => {
                let block = self.blocks.iter_mut().rev().find(|block| block.index == index);
                let block = block.ok_or("the upstream's stream has a delta of no content block")?;
                block.add(&object("delta"));
            }
            "message_delta" => {
                keep(&mut self.message, &object("delta"));
                keep(&mut self.usage, &object("usage"));
            }
            _ => {}
        }
        Ok(())
    }

    fn whole(&mut self) -> Result<Bytes, String> {
        let mut message = take(&mut self.message);
        let cut = message.text("stop_reason").is_some_and(|reason| reason == "max_tokens");
        let mut w = Writer::default();
        let mut done = Ok(());
        w.list(|w| {
            for block in take(&mut self.blocks) {
                if done.is_ok() {
                    done = block.write(w, cut);
                }
            }
        });
        done?;
        message.put("content", String::from_utf8(w.into_bytes()).unwrap_or_default());
        message.put("usage", take(&mut self.usage).json());
        for (key, value) in [("type", "\"message\""), ("role", "\"assistant\""), ("stop_sequence", "null")] {
            message.or(key, value);
        }
        Ok(mended(&message.json()).into_owned().into())
    }
}

impl Block {
    fn new(index: Option<u64>, mut content: Level<'static>) -> Self {
        let citations = content.get("citations").and_then(items).unwrap_or_default();
        let citations: Vec<String> = citations.into_iter().map(str::to_owned).collect();
        if !citations.is_empty() {
            content.put("citations", "[]");
        }
        Self { index, content, input: String::from("\"\""), citations }
    }

    fn add(&mut self, delta: &Level<'_>) {
        for (key, value) in delta.iter() {
            match key {
                "type" => {}
                "partial_json" if is_text(value) => {
                    json::join(&mut self.input, value);
                }
                "citation" => {
                    self.content.put("citations", "[]");
                    self.citations.push(value.to_owned());
                }
                _ if is_text(value) && self.content.join(key, value) => {}
                _ => self.content.keep(key, value),
            }
        }
    }

    /// Writes it, where it is whole. `cut`: the answer reached its limit.
    fn write(mut self, w: &mut Writer, cut: bool) -> Result<(), String> {
        let input = json::text_of(&self.input).unwrap_or_default();
        if !input.trim().is_empty() {
            match serde_json::from_str::<&RawValue>(&input) {
                Ok(input) => self.content.keep("input", &mended(input.get())),
                // The limit was reached inside it: there is nothing that could be called.
                Err(_) if cut => return Ok(()),
                Err(error) => {
                    return Err(format!(
                        "the upstream's answer has a tool call whose input cannot be read: {error}"
                    ));
                }
            }
        }
        if !self.citations.is_empty() {
            self.content.put("citations", format!("[{}]", self.citations.join(",")));
        }
        self.content.write(w);
        Ok(())
    }
}

/// Later values replace earlier ones; those that are null leave them.
fn keep(into: &mut Level<'static>, from: &Level<'_>) {
    for (key, value) in from.iter() {
        if value != "null" || into.get(key).is_none() {
            into.keep(key, value);
        }
    }
}
