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

/// What most of a stream is made of, as Anthropic writes it: read without a parser.
const DELTA: &[u8] = b"event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":";
const DELTAS: [(&[u8], Delta); 3] = [
    (b",\"delta\":{\"type\":\"text_delta\",\"text\":", Delta::Text),
    (b",\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":", Delta::Input),
    (b",\"delta\":{\"type\":\"thinking_delta\",\"thinking\":", Delta::Thinking),
];

#[derive(Clone, Copy, Debug)]
enum Delta {
    Text,
    Thinking,
    Input,
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
        if let Some((index, kind, piece)) = usual(&frame.raw) {
            return self.piece(Some(index), kind, Some(piece), sink);
        }
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
            Some("text_delta") => {
                self.piece(index, Delta::Text, raw_piece(delta.take("text"), "text")?, sink)
            }
            Some("thinking_delta") => {
                self.piece(index, Delta::Thinking, raw_piece(delta.take("thinking"), "thinking")?, sink)
            }
            Some("signature_delta") => {
                say(raw_text(delta.take("signature"), "signature")?, Event::Signature, sink)
            }
            Some("input_json_delta") => {
                self.piece(index, Delta::Input, raw_piece(delta.take("partial_json"), "partial_json")?, sink)
            }
            _ => Ok(()),
        }
    }

    fn piece(
        &self,
        index: Option<u64>,
        kind: Delta,
        piece: Option<Cow<'_, str>>,
        sink: &mut Sink<'_>,
    ) -> Result<(), String> {
        match kind {
            Delta::Text => say(piece, Event::Text, sink),
            Delta::Thinking => say(piece, Event::Thinking, sink),
            Delta::Input => match self.tools.iter().rposition(|known| *known == index) {
                Some(tool) => say(piece, |json| Event::Arguments { tool, json }, sink),
                None => Ok(()),
            },
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

/// A delta in its usual form: the index of its block, what it is of, and the piece. May know less of them than there are.
fn usual(raw: &[u8]) -> Option<(u64, Delta, Cow<'_, str>)> {
    let rest = raw.strip_prefix(DELTA)?.strip_suffix(b"}}\n\n")?;
    let (index, rest) = rest.split_at(rest.iter().position(|byte| !byte.is_ascii_digit())?);
    let index = std::str::from_utf8(index).ok()?.parse().ok()?;
    let of = |(begin, kind): &(&'static [u8], Delta)| Some((rest.strip_prefix(*begin)?, *kind));
    let (piece, kind) = DELTAS.iter().find_map(of)?;
    Some((index, kind, json::string(std::str::from_utf8(piece).ok()?)?))
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

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::framing::sse::SSE;

    fn told(begun: &Decoder, frame: String) -> Vec<String> {
        let (mut decoder, mut told) =
            (Decoder { tools: begun.tools.clone(), ..Decoder::default() }, Vec::new());
        let done = decoder.frame(&Frame::new(Bytes::from(frame), &SSE), &mut |event| {
            told.push(format!("{event:?}"));
            Ok(())
        });
        told.extend(done.err());
        told
    }

    #[test]
    fn a_delta_in_its_usual_form_says_what_any_other_says() {
        let decoder = Decoder { tools: vec![Some(1), Some(12)], ..Decoder::default() };
        let (mut quick, mut slow) = (0, 0);
        for (kind, key) in
            [("text_delta", "text"), ("thinking_delta", "thinking"), ("input_json_delta", "partial_json")]
        {
            for piece in [
                "\"\"",
                "\"a\"",
                "\"a b\\n\\\"\u{e9}\"",
                "\"\\ud83d\"",
                "\"a\tb\"",
                "\"a\"b\"",
                "\"\\x\"",
                "\"",
                "1",
                "null",
                "{}",
                "\"a\",\"text\":\"b\"",
                "\"a\ndata: b\"",
            ] {
                for index in ["0", "1", "12", "", "x"] {
                    let frame = |space: &str| {
                        format!(
                            "event: content_block_delta\ndata: {{\"type\":\"content_block_delta\",\"index\":{space}{index},\
                             \"delta\":{{\"type\":\"{kind}\",\"{key}\":{piece}}}}}\n\n"
                        )
                    };
                    let is_quick = usual(frame("").as_bytes()).is_some();
                    assert!(usual(frame(" ").as_bytes()).is_none());
                    *if is_quick { &mut quick } else { &mut slow } += 1;
                    if is_quick {
                        assert_eq!(told(&decoder, frame("")), told(&decoder, frame(" ")), "{}", frame(""));
                    }
                }
            }
        }
        assert!(quick > 30 && slow > 30, "{quick} {slow}");
    }
}
