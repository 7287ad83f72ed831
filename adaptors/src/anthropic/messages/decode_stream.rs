//! An upstream's events, read. A field of a wrong type that carries the answer is an error; any other is left alone.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::ids;
use crate::framing::Frame;
use crate::json::{self, Fields};
use crate::neutral::{Decode, Event, Sink, Stop, Tokens, raw_piece, raw_text, read_whole};

/// Calls of one answer. No real answer comes near it.
const MAX_TOOLS: usize = 1024;

type Raw<'a> = Option<&'a RawValue>;

#[derive(Deserialize)]
struct Happening<'a> {
    #[serde(borrow, rename = "type")]
    kind: Raw<'a>,
    #[serde(borrow)]
    index: Raw<'a>,
    #[serde(borrow)]
    message: Raw<'a>,
    #[serde(borrow)]
    content_block: Raw<'a>,
    #[serde(borrow)]
    delta: Raw<'a>,
    #[serde(borrow)]
    usage: Raw<'a>,
}

#[derive(Debug, Default)]
pub(crate) struct Decoder {
    /// The blocks that are tool calls, by their index; a call's number is its place here.
    tools: Vec<Option<u64>>,
    /// The count of input tokens beside the cache, and what is in the cache: they may come one by one.
    beside: Option<u64>,
    tokens: Tokens,
}

impl Decode for Decoder {
    fn frame(&mut self, frame: &Frame, sink: &mut Sink<'_>) -> Result<(), String> {
        let data = frame.data();
        if data.trim_ascii().is_empty() {
            return Ok(());
        }
        let event: Happening<'_> = serde_json::from_slice(&data)
            .map_err(|error| format!("the upstream's stream has an event that cannot be read: {error}"))?;
        let kind = plain(event.kind).filter(|kind| !kind.is_empty());
        let kind = kind.or_else(|| frame.event().map(String::from_utf8_lossy)).unwrap_or_default();
        let index = event.index.and_then(|raw| serde_json::from_str(raw.get()).ok());
        match kind.as_ref() {
            "message_start" => self.begin(&mut fields(event.message, "message")?, sink),
            "content_block_start" => self.block(index, fields(event.content_block, "content_block")?, sink),
            "content_block_delta" => self.delta(index, fields(event.delta, "delta")?, sink),
            "content_block_stop" => self.close(index, sink),
            "message_delta" => {
                self.count(event.usage, sink)?;
                end(&mut fields(event.delta, "delta")?, sink)
            }
            _ => Ok(()),
        }
    }

    fn whole(&mut self, answer: &str, sink: &mut Sink<'_>) -> Result<(), String> {
        let mut message: Fields<'_> = read_whole(answer)?;
        self.begin(&mut message, sink)?;
        let blocks = message.take("content").and_then(json::list).unwrap_or_default();
        for (index, raw) in blocks.into_iter().enumerate() {
            let index = Some(index as u64);
            self.block(index, fields(Some(raw), "content_block")?, sink)?;
            self.close(index, sink)?;
        }
        end(&mut message, sink)
    }
}

impl Decoder {
    fn begin(&mut self, message: &mut Fields<'_>, sink: &mut Sink<'_>) -> Result<(), String> {
        sink(Event::Start { id: plain(message.take("id")), model: plain(message.take("model")) })?;
        self.count(message.take("usage"), sink)
    }

    fn close(&self, index: Option<u64>, sink: &mut Sink<'_>) -> Result<(), String> {
        sink(Event::Close(self.tools.iter().rposition(|known| *known == index)))
    }

    /// A block may begin with something in it already.
    fn block(
        &mut self,
        index: Option<u64>,
        mut block: Fields<'_>,
        sink: &mut Sink<'_>,
    ) -> Result<(), String> {
        match raw_text(block.take("type"), "content_block.type")?.as_deref() {
            Some("text") => say(raw_piece(block.take("text"), "text")?, Event::Text, sink),
            Some("thinking") => {
                say(raw_piece(block.take("thinking"), "thinking")?, Event::Thinking, sink)?;
                say(raw_text(block.take("signature"), "signature")?, Event::Signature, sink)
            }
            Some("redacted_thinking") => say(raw_text(block.take("data"), "data")?, Event::Redacted, sink),
            Some("tool_use") => {
                if self.tools.len() == MAX_TOOLS {
                    return Err(format!("the upstream's answer calls more than {MAX_TOOLS} tools"));
                }
                let tool = self.tools.len();
                self.tools.push(index);
                let id = plain(block.take("id")).map(ids::from_upstream).unwrap_or_default();
                let name = raw_text(block.take("name"), "name")?.unwrap_or_default();
                if name.is_empty() {
                    return Err("the upstream's answer calls a tool without a name".to_owned());
                }
                sink(Event::Tool { tool, id, name, signature: None })?;
                let input = block.take("input").map(RawValue::get).filter(|input| !is_empty_object(input));
                say(input.map(Cow::from), |json| Event::Arguments { tool, json }, sink)
            }
            // Only Anthropic runs them, and only its own dialect has words for them.
            _ => Ok(()),
        }
    }

    fn delta(
        &mut self,
        index: Option<u64>,
        mut delta: Fields<'_>,
        sink: &mut Sink<'_>,
    ) -> Result<(), String> {
        match raw_text(delta.take("type"), "delta.type")?.as_deref() {
            Some("text_delta") => say(raw_piece(delta.take("text"), "text")?, Event::Text, sink),
            Some("thinking_delta") => {
                say(raw_piece(delta.take("thinking"), "thinking")?, Event::Thinking, sink)
            }
            Some("signature_delta") => {
                say(raw_text(delta.take("signature"), "signature")?, Event::Signature, sink)
            }
            Some("input_json_delta") => {
                let json = raw_piece(delta.take("partial_json"), "partial_json")?;
                match self.tools.iter().rposition(|known| *known == index) {
                    Some(tool) => say(json, |json| Event::Arguments { tool, json }, sink),
                    None => Ok(()),
                }
            }
            _ => Ok(()),
        }
    }

    /// Cached tokens are beside the others here, and among them in the neutral counts.
    fn count(&mut self, usage: Raw<'_>, sink: &mut Sink<'_>) -> Result<(), String> {
        let Some(mut usage) = usage.and_then(|raw| Fields::of(raw).ok()) else { return Ok(()) };
        let mut count =
            |key: &str| usage.take(key).and_then(|raw| serde_json::from_str::<u64>(raw.get()).ok());
        self.beside = count("input_tokens").or(self.beside);
        self.tokens.update(Tokens {
            input: None,
            cached: count("cache_read_input_tokens"),
            written: count("cache_creation_input_tokens"),
            output: count("output_tokens"),
            reasoning: None,
        });
        let cached = [self.tokens.cached, self.tokens.written].into_iter().flatten();
        self.tokens.input = self.beside.map(|beside| cached.fold(beside, u64::saturating_add));
        sink(Event::Tokens(self.tokens))
    }
}

/// Why a message ends, and what is said of it.
fn end(message: &mut Fields<'_>, sink: &mut Sink<'_>) -> Result<(), String> {
    let reason = raw_text(message.take("stop_reason"), "stop_reason")?;
    let sequence = plain(message.take("stop_sequence"));
    let details = message.take("stop_details").and_then(|raw| Fields::of(raw).ok());
    say(plain(details.and_then(|mut details| details.take("explanation"))), Event::Refusal, sink)?;
    reason.map_or(Ok(()), |reason| sink(Event::Stop(stop(&reason, sequence)?)))
}

fn stop(reason: &str, sequence: Option<Cow<'_, str>>) -> Result<Stop, String> {
    Ok(match Stop::of(reason)? {
        Stop::Sequence(_) => Stop::Sequence(sequence.unwrap_or_default().into_owned()),
        stop => stop,
    })
}

fn say<'a>(
    text: Option<Cow<'a, str>>,
    event: impl FnOnce(Cow<'a, str>) -> Event<'a>,
    sink: &mut Sink<'_>,
) -> Result<(), String> {
    text.filter(|text| !text.is_empty()).map_or(Ok(()), |text| sink(event(text)))
}

fn is_empty_object(json: &str) -> bool {
    json.split_ascii_whitespace().collect::<String>() == "{}"
}

fn plain(raw: Raw<'_>) -> Option<Cow<'_, str>> {
    raw.and_then(json::text)
}

/// An absent object is an empty one.
fn fields<'a>(raw: Raw<'a>, name: &str) -> Result<Fields<'a>, String> {
    match raw.filter(|raw| raw.get() != "null") {
        None => Ok(Fields::default()),
        Some(raw) => Fields::of(raw).map_err(|_| {
            format!("the upstream's answer has {} where `{name}` should be an object", json::type_name(raw))
        }),
    }
}
