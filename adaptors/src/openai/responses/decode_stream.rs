//! An upstream's events, read. Deltas count; where an upstream leaves them out, what it says at the end of a part, of an
//! item or of the response does.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::framing::Frame;
use crate::json::{self, Fields};
use crate::neutral::{Decode, Event, Sink, Stop, Tokens, raw_piece, raw_text, read_whole};

/// Calls of one answer. No real answer comes near it.
const MAX_TOOLS: usize = 1024;

type Raw<'a> = Option<&'a RawValue>;

#[derive(Deserialize)]
struct Said<'a> {
    #[serde(borrow, rename = "type")]
    kind: Raw<'a>,
    #[serde(borrow)]
    response: Raw<'a>,
    #[serde(borrow)]
    item: Raw<'a>,
    #[serde(borrow)]
    output_index: Raw<'a>,
    #[serde(borrow)]
    content_index: Raw<'a>,
    #[serde(borrow)]
    summary_index: Raw<'a>,
    #[serde(borrow)]
    delta: Raw<'a>,
    #[serde(borrow)]
    text: Raw<'a>,
    #[serde(borrow)]
    refusal: Raw<'a>,
    #[serde(borrow)]
    arguments: Raw<'a>,
}

#[derive(Debug, Default)]
pub(super) struct Decoder {
    started: bool,
    /// The last part of which something was said: its item's place, its own, and whether it is of a summary.
    part: Option<(u64, u64, bool)>,
    /// The calls by their numbers: their items' places, and whether any of their arguments came.
    calls: Vec<(u64, bool)>,
    /// An item came.
    has_items: bool,
}

impl Decode for Decoder {
    fn frame(&mut self, frame: &Frame, sink: &mut Sink<'_>) -> Result<(), String> {
        let data = frame.data();
        let data = data.trim_ascii();
        if data.is_empty() || data == b"[DONE]" {
            return Ok(());
        }
        let said: Said<'_> = serde_json::from_slice(data)
            .map_err(|error| format!("the upstream's stream has an event that cannot be read: {error}"))?;
        let kind = match said.kind.and_then(json::text) {
            Some(kind) if !kind.is_empty() => kind,
            _ => String::from_utf8_lossy(frame.event().unwrap_or_default()),
        };
        self.event(&kind, &said, sink)
    }

    fn whole(&mut self, answer: &str, sink: &mut Sink<'_>) -> Result<(), String> {
        let response: &RawValue = read_whole(answer)?;
        match plain(fields(Some(response)).take("status")).as_deref() {
            None | Some("completed") => self.end("response.completed", Some(response), sink),
            Some("incomplete") => self.end("response.incomplete", Some(response), sink),
            // One that is not over yet (`background`).
            Some(_) => Err("the upstream's answer does not say why it stops".to_owned()),
        }
    }
}

impl Decoder {
    fn event(&mut self, kind: &str, said: &Said<'_>, sink: &mut Sink<'_>) -> Result<(), String> {
        let place = count(said.output_index).unwrap_or(0);
        match kind {
            "response.created" | "response.queued" | "response.in_progress" => {
                self.start(said.response, sink)
            }
            "response.output_item.added" => self.added(said.item, place, sink),
            "response.output_item.done" => self.done(said.item, place, sink),
            "response.output_text.delta" => self.text(said, (said.delta, Event::Text), place, sink),
            "response.output_text.done" if self.part != Some(part(said, place)) => {
                self.text(said, (said.text, Event::Text), place, sink)
            }
            "response.refusal.delta" => self.text(said, (said.delta, Event::Refusal), place, sink),
            "response.refusal.done" if self.part != Some(part(said, place)) => {
                self.text(said, (said.refusal, Event::Refusal), place, sink)
            }
            "response.reasoning_summary_text.delta" => self.thought(said, said.delta, (place, true), sink),
            "response.reasoning_text.delta" => self.thought(said, said.delta, (place, false), sink),
            "response.function_call_arguments.delta" => self.arguments(said.delta, place, sink),
            "response.function_call_arguments.done" if !self.has_arguments(place) => {
                self.arguments(said.arguments, place, sink)
            }
            "response.completed" | "response.incomplete" => self.end(kind, said.response, sink),
            _ => Ok(()),
        }
    }

    fn start(&mut self, response: Raw<'_>, sink: &mut Sink<'_>) -> Result<(), String> {
        if std::mem::replace(&mut self.started, true) {
            return Ok(());
        }
        let mut fields = fields(response);
        sink(Event::Start { id: plain(fields.take("id")), model: plain(fields.take("model")) })
    }

    fn added(&mut self, item: Raw<'_>, place: u64, sink: &mut Sink<'_>) -> Result<(), String> {
        self.has_items = true;
        let mut item = fields(item);
        match plain(item.take("type")).as_deref() {
            Some("function_call") => self.call(&mut item, place, sink),
            _ => Ok(()),
        }
    }

    fn call(&mut self, item: &mut Fields<'_>, place: u64, sink: &mut Sink<'_>) -> Result<(), String> {
        if self.calls.len() == MAX_TOOLS {
            return Err(format!("the upstream's answer calls more than {MAX_TOOLS} tools"));
        }
        let name = raw_text(item.take("name"), "name")?.filter(|name| !name.is_empty());
        let name = name.ok_or("the upstream's answer calls a tool without a name")?;
        let id = plain(item.take("call_id")).or_else(|| plain(item.take("id"))).unwrap_or_default();
        let tool = self.calls.len();
        self.calls.push((place, false));
        sink(Event::Tool { tool, id, name, signature: None })
    }

    fn has_arguments(&self, place: u64) -> bool {
        self.calls.iter().any(|(known, has)| *known == place && *has)
    }

    fn arguments(&mut self, raw: Raw<'_>, place: u64, sink: &mut Sink<'_>) -> Result<(), String> {
        let json = raw_piece(raw, "arguments")?.unwrap_or_default();
        let tool = self.calls.iter().rposition(|(known, _)| *known == place);
        let tool = tool.ok_or("the upstream's stream has arguments of no call")?;
        if json.is_empty() {
            return Ok(());
        }
        self.calls[tool].1 = true;
        sink(Event::Arguments { tool, json })
    }

    fn text<'a>(
        &mut self,
        said: &Said<'_>,
        (raw, event): (Raw<'a>, fn(Cow<'a, str>) -> Event<'a>),
        place: u64,
        sink: &mut Sink<'_>,
    ) -> Result<(), String> {
        self.part = Some(part(said, place));
        say(raw_piece(raw, "text")?, event, sink)
    }

    /// Where an upstream shows both its thinking and a summary of it, what comes first counts.
    fn thought(
        &mut self,
        said: &Said<'_>,
        raw: Raw<'_>,
        (place, is_summary): (u64, bool),
        sink: &mut Sink<'_>,
    ) -> Result<(), String> {
        let index = if is_summary { said.summary_index } else { said.content_index };
        let index = count(index).unwrap_or(0);
        match self.part {
            Some((item, _, other)) if item == place && other != is_summary => return Ok(()),
            Some((item, before, _)) if item == place && before != index => {
                sink(Event::Thinking("\n\n".into()))?;
            }
            _ => {}
        }
        self.part = Some((place, index, is_summary));
        say(raw_piece(raw, "delta")?, Event::Thinking, sink)
    }

    /// An item is whole.
    fn done(&mut self, item: Raw<'_>, place: u64, sink: &mut Sink<'_>) -> Result<(), String> {
        self.has_items = true;
        let is_new = self.part.is_none_or(|(item, ..)| item != place);
        let mut item = fields(item);
        match plain(item.take("type")).as_deref() {
            Some("function_call") => {
                if !self.calls.iter().any(|(known, _)| *known == place) {
                    self.call(&mut item, place, sink)?;
                }
                if !self.has_arguments(place) {
                    self.arguments(item.take("arguments"), place, sink)?;
                }
                sink(Event::Close(self.calls.iter().rposition(|(known, _)| *known == place)))
            }
            Some("reasoning") => {
                if is_new {
                    let thought = thought_of(&mut item);
                    say(thought.map(Cow::from), Event::Thinking, sink)?;
                }
                let encrypted = plain(item.take("encrypted_content")).filter(|text| !text.is_empty());
                if let Some(encrypted) = encrypted {
                    sink(Event::Signature(encrypted))?;
                }
                sink(Event::Close(None))
            }
            Some("message") if is_new => {
                self.part = Some((place, 0, false));
                for raw in item.take("content").and_then(json::list).unwrap_or_default() {
                    let mut part = fields(Some(raw));
                    say(raw_piece(part.take("text"), "text")?, Event::Text, sink)?;
                    say(raw_piece(part.take("refusal"), "refusal")?, Event::Refusal, sink)?;
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn end(&mut self, kind: &str, response: Raw<'_>, sink: &mut Sink<'_>) -> Result<(), String> {
        self.start(response, sink)?;
        let mut fields = fields(response);
        if let Some(usage) = fields.take("usage") {
            sink(Event::Tokens(tokens(usage)))?;
        }
        if !self.has_items {
            for (place, raw) in
                fields.take("output").and_then(json::list).unwrap_or_default().into_iter().enumerate()
            {
                self.done(Some(raw), place as u64, sink)?;
            }
        }
        let reason = fields.take("incomplete_details").and_then(|raw| Fields::of(raw).ok());
        let reason = reason.and_then(|mut details| plain(details.take("reason")));
        sink(Event::Stop(match (kind, reason.as_deref()) {
            ("response.incomplete", Some("content_filter")) => Stop::Refusal,
            ("response.incomplete", _) => Stop::Length,
            _ if !self.calls.is_empty() => Stop::Tools,
            _ => Stop::End,
        }))
    }
}

fn part(said: &Said<'_>, place: u64) -> (u64, u64, bool) {
    (place, count(said.content_index).unwrap_or(0), false)
}

/// Of a whole reasoning item: its summary, else what it shows of the thinking itself.
fn thought_of(item: &mut Fields<'_>) -> Option<String> {
    ["summary", "content"].into_iter().find_map(|key| {
        let parts = item.take(key).and_then(json::list)?;
        let texts = parts.into_iter().filter_map(|raw| plain(fields(Some(raw)).take("text")));
        let joined = texts.collect::<Vec<_>>().join("\n\n");
        (!joined.is_empty()).then_some(joined)
    })
}

/// Empty pieces say nothing.
fn say<'a>(
    text: Option<Cow<'a, str>>,
    event: impl FnOnce(Cow<'a, str>) -> Event<'a>,
    sink: &mut Sink<'_>,
) -> Result<(), String> {
    text.filter(|text| !text.is_empty()).map_or(Ok(()), |text| sink(event(text)))
}

/// What is no object has no fields.
fn fields(raw: Raw<'_>) -> Fields<'_> {
    raw.and_then(|raw| Fields::of(raw).ok()).unwrap_or_default()
}

/// A text that may just as well be missing.
fn plain(raw: Raw<'_>) -> Option<Cow<'_, str>> {
    raw.and_then(json::text)
}

fn count(raw: Raw<'_>) -> Option<u64> {
    raw.and_then(|raw| serde_json::from_str(raw.get()).ok())
}

fn tokens(usage: &RawValue) -> Tokens {
    let mut usage = fields(Some(usage));
    let mut inner = |outer: &str, key: &str| count(fields(usage.take(outer)).take(key));
    let reasoning = inner("output_tokens_details", "reasoning_tokens");
    let mut prompt = fields(usage.take("input_tokens_details"));
    Tokens {
        input: count(usage.take("input_tokens")),
        cached: count(prompt.take("cached_tokens")),
        written: count(prompt.take("cache_write_tokens")),
        output: count(usage.take("output_tokens")),
        reasoning,
    }
}
