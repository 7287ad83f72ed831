//! An upstream's chunks, read. A field of a wrong type that carries the answer is an error; any other is left alone.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::super::like::{CONTENT, Like};
use super::calls::{Calls, Piece};
use super::signature;
use crate::failure;
use crate::framing::Frame;
use crate::json;
use crate::neutral::{Decode, Event, Sink, Stop, Tokens, raw_piece, raw_text, read_whole};

type Raw<'a> = Option<&'a RawValue>;

#[derive(Deserialize)]
struct Chunk<'a> {
    #[serde(borrow)]
    id: Raw<'a>,
    #[serde(borrow)]
    model: Raw<'a>,
    #[serde(borrow)]
    choices: Raw<'a>,
    #[serde(borrow)]
    usage: Raw<'a>,
}

#[derive(Deserialize)]
struct Choice<'a> {
    #[serde(borrow)]
    index: Raw<'a>,
    #[serde(borrow)]
    delta: Raw<'a>,
    #[serde(borrow)]
    message: Raw<'a>,
    #[serde(borrow)]
    finish_reason: Raw<'a>,
    /// vLLM: the stop sequence that matched, or a token's number.
    #[serde(borrow)]
    stop_reason: Raw<'a>,
    #[serde(borrow)]
    usage: Raw<'a>,
}

#[derive(Deserialize)]
struct Delta<'a> {
    #[serde(borrow)]
    content: Raw<'a>,
    #[serde(borrow)]
    reasoning_content: Raw<'a>,
    /// OpenRouter and vLLM name it so.
    #[serde(borrow)]
    reasoning: Raw<'a>,
    #[serde(borrow)]
    thinking_blocks: Raw<'a>,
    #[serde(borrow)]
    refusal: Raw<'a>,
    #[serde(borrow)]
    tool_calls: Raw<'a>,
    #[serde(borrow)]
    extra_content: Raw<'a>,
}

#[derive(Deserialize)]
struct Thinking<'a> {
    #[serde(borrow)]
    index: Raw<'a>,
    #[serde(borrow, rename = "type")]
    kind: Raw<'a>,
    #[serde(borrow)]
    thinking: Raw<'a>,
    #[serde(borrow)]
    signature: Raw<'a>,
    #[serde(borrow)]
    data: Raw<'a>,
}

#[derive(Deserialize)]
struct Call<'a> {
    #[serde(borrow)]
    index: Raw<'a>,
    #[serde(borrow)]
    id: Raw<'a>,
    #[serde(borrow)]
    function: Raw<'a>,
    #[serde(borrow)]
    extra_content: Raw<'a>,
}

#[derive(Deserialize)]
struct Function<'a> {
    #[serde(borrow)]
    name: Raw<'a>,
    #[serde(borrow)]
    arguments: Raw<'a>,
}

#[derive(Debug, Default)]
pub(crate) struct Decoder {
    started: bool,
    /// It is no stream: choices and calls are told by their places.
    is_whole: bool,
    /// The thinking comes in blocks with signatures, so that the plain text of it would be said twice.
    signs: bool,
    /// The last chunk that said a text and nothing else.
    like: Like,
    /// The block of thinking that came last.
    thought: Option<u64>,
    calls: Calls,
}

impl Decode for Decoder {
    fn frame(&mut self, frame: &Frame, sink: &mut Sink<'_>) -> Result<(), String> {
        let content = self.like.content(&frame.raw).and_then(|content| std::str::from_utf8(content).ok());
        if let Some(content) = content {
            return say(Some(content.into()), Event::Text, sink);
        }
        let data = frame.data();
        let data = data.trim_ascii();
        if data.is_empty() || data == b"[DONE]" {
            return Ok(());
        }
        let chunk: Chunk<'_> = serde_json::from_slice(data)
            .map_err(|error| format!("the upstream's stream has a chunk that cannot be read: {error}"))?;
        let (mut texts, mut others) = (0, 0);
        self.chunk(&chunk, &mut |event| {
            *if let Event::Text(_) = event { &mut texts } else { &mut others } += 1;
            sink(event)
        })?;
        // It says nothing but a text, and has no other content that this could be.
        if (texts, others) == (1, 0) && CONTENT.find_iter(&frame.raw).nth(1).is_none() {
            self.like.learn(&frame.raw);
        }
        Ok(())
    }

    /// One chunk says all of it.
    fn whole(&mut self, answer: &str, sink: &mut Sink<'_>) -> Result<(), String> {
        self.is_whole = true;
        let mut says = false;
        self.chunk(&read_whole(answer)?, &mut |event| {
            says |= !matches!(event, Event::Start { .. } | Event::Tokens(_));
            sink(event)
        })?;
        if says {
            return Ok(());
        }
        let begins = failure::excerpt(answer.as_bytes());
        Err(format!("the upstream's answer has no content and no reason to stop: it begins {begins}"))
    }

    fn end(&self) -> Result<(), String> {
        self.calls.end()
    }
}

impl Decoder {
    fn chunk(&mut self, chunk: &Chunk<'_>, sink: &mut Sink<'_>) -> Result<(), String> {
        let choices = some(chunk.choices).and_then(json::list).unwrap_or_default();
        let (id, model) = (named(chunk.id), named(chunk.model));
        // Azure begins with a chunk that has neither.
        if !self.started && (id.is_some() || !choices.is_empty()) {
            self.started = true;
            sink(Event::Start { id, model })?;
        }
        if let Some(tokens) = tokens(chunk.usage) {
            sink(Event::Tokens(tokens))?;
        }
        for (place, raw) in choices.into_iter().enumerate() {
            let choice: Choice<'_> =
                object(Some(raw), "choices[0]")?.ok_or("the upstream's answer has no choice")?;
            // Only one answer was asked for.
            let unnumbered = if self.is_whole { place as u64 } else { 0 };
            if count(choice.index).unwrap_or(unnumbered) == 0 {
                self.choice(&choice, sink)?;
            }
        }
        Ok(())
    }

    fn choice(&mut self, choice: &Choice<'_>, sink: &mut Sink<'_>) -> Result<(), String> {
        if let Some(tokens) = tokens(choice.usage) {
            sink(Event::Tokens(tokens))?;
        }
        if let Some(delta) = object(some(choice.delta).or(choice.message), "delta")? {
            self.delta(&delta, sink)?;
        }
        match raw_text(choice.finish_reason, "finish_reason")?.as_deref() {
            None | Some("") => Ok(()),
            Some(reason) => sink(Event::Stop(stop(reason, plain(choice.stop_reason))?)),
        }
    }

    fn delta(&mut self, delta: &Delta<'_>, sink: &mut Sink<'_>) -> Result<(), String> {
        for raw in some(delta.thinking_blocks).and_then(json::list).unwrap_or_default() {
            if let Some(block) = object::<Thinking<'_>>(Some(raw), "thinking_blocks")? {
                let index = count(block.index);
                if self.signs && index != self.thought {
                    sink(Event::Close(None))?;
                }
                (self.signs, self.thought) = (true, index);
                thinking(&block, sink)?;
            }
        }
        if !self.signs {
            let thought = raw_piece(delta.reasoning_content, "reasoning_content")?;
            let thought = thought.or(some(delta.reasoning).and_then(json::piece));
            say(thought, Event::Thinking, sink)?;
        }
        say(content(delta.content)?, Event::Text, sink)?;
        say(raw_piece(delta.refusal, "refusal")?, Event::Refusal, sink)?;
        if let Some(signature) = some(delta.extra_content).and_then(signature::read) {
            sink(Event::Proof { tool: None, signature })?;
        }
        let Some(calls) = some(delta.tool_calls) else { return Ok(()) };
        let calls = json::list(calls).ok_or("the upstream's answer has tool calls that are no list")?;
        for (position, raw) in calls.into_iter().enumerate() {
            if let Some(call) = object(Some(raw), "tool_calls")? {
                self.call(&call, position, sink)?;
            }
        }
        Ok(())
    }

    fn call(&mut self, call: &Call<'_>, position: usize, sink: &mut Sink<'_>) -> Result<(), String> {
        let function: Option<Function<'_>> = object(call.function, "function")?;
        let (name, arguments) = function.map_or((None, None), |function| (function.name, function.arguments));
        let name = raw_text(name, "function.name")?.unwrap_or_default();
        let id = plain(call.id).unwrap_or_default();
        let index = if self.is_whole { Some(position as u64) } else { count(call.index) };
        let json = match some(arguments) {
            // Some send the object itself.
            Some(raw) if raw.get().starts_with('{') => raw.get().into(),
            other => raw_piece(other, "function.arguments")?.unwrap_or_default(),
        };
        let signature = call.extra_content.and_then(signature::read);
        self.calls.piece(Piece { index, id, name, json, position, signature }, sink)
    }
}

fn thinking(block: &Thinking<'_>, sink: &mut Sink<'_>) -> Result<(), String> {
    if plain(block.kind).as_deref() == Some("redacted_thinking") {
        say(raw_text(block.data, "data")?, Event::Redacted, sink)?;
        return sink(Event::Close(None));
    }
    say(raw_piece(block.thinking, "thinking")?, Event::Thinking, sink)?;
    let signature = raw_text(block.signature, "signature")?.filter(|signature| !signature.is_empty());
    let Some(signature) = signature else { return Ok(()) };
    sink(Event::Signature(signature))?;
    sink(Event::Close(None))
}

fn stop(reason: &str, sequence: Option<Cow<'_, str>>) -> Result<Stop, String> {
    Ok(match (Stop::of(reason)?, sequence) {
        (Stop::End, Some(sequence)) if !sequence.is_empty() => Stop::Sequence(sequence.into_owned()),
        (stop, _) => stop,
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

/// A text; some (Mistral) send a list of parts.
fn content<'a>(raw: Raw<'a>) -> Result<Option<Cow<'a, str>>, String> {
    let is_list = |raw: &&RawValue| raw.get().starts_with('[');
    let Some(parts) = raw.filter(is_list).and_then(json::list) else { return raw_piece(raw, "content") };
    let mut joined = String::new();
    for part in parts {
        let mut part = json::Fields::of(part)
            .map_err(|_| "the upstream's answer has a content part that is no object")?;
        joined.push_str(&raw_text(part.take("text"), "text")?.unwrap_or_default());
    }
    Ok(Some(joined.into()))
}

fn some(raw: Raw<'_>) -> Raw<'_> {
    raw.filter(|raw| raw.get() != "null")
}

/// A text that may just as well be missing.
fn plain(raw: Raw<'_>) -> Option<Cow<'_, str>> {
    some(raw).and_then(json::text)
}

/// A text that may just as well be missing or empty.
fn named(raw: Raw<'_>) -> Option<Cow<'_, str>> {
    plain(raw).filter(|text| !text.is_empty())
}

fn count(raw: Raw<'_>) -> Option<u64> {
    some(raw).and_then(|raw| serde_json::from_str(raw.get()).ok())
}

fn object<'a, T: Deserialize<'a>>(raw: Raw<'a>, name: &str) -> Result<Option<T>, String> {
    let Some(raw) = some(raw) else { return Ok(None) };
    let wrong =
        || format!("the upstream's answer has {} where `{name}` should be an object", json::type_name(raw));
    if !raw.get().starts_with('{') {
        return Err(wrong());
    }
    serde_json::from_str(raw.get()).map(Some).map_err(|error| format!("{}: {error}", wrong()))
}

fn tokens(usage: Raw<'_>) -> Option<Tokens> {
    let mut usage = json::Fields::of(some(usage)?).ok()?;
    let mut count = |key: &str| count(usage.take(key));
    let (input, output) = (count("prompt_tokens"), count("completion_tokens"));
    // DeepSeek's name for it.
    let hits = count("prompt_cache_hit_tokens");
    let mut details = |key: &str| usage.take(key).and_then(|raw| json::Fields::of(raw).ok());
    let (mut prompt, mut completion) =
        (details("prompt_tokens_details"), details("completion_tokens_details"));
    let inner = |details: &mut Option<json::Fields<'_>>, key: &str| {
        details.as_mut().and_then(|details| self::count(details.take(key)))
    };
    Some(Tokens {
        input,
        output,
        cached: inner(&mut prompt, "cached_tokens").or(hits),
        written: inner(&mut prompt, "cache_write_tokens"),
        reasoning: inner(&mut completion, "reasoning_tokens"),
    })
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::framing::sse::SSE;

    fn told(decoder: &mut Decoder, frame: &str) -> Vec<String> {
        let mut told = Vec::new();
        let done = decoder.frame(&Frame::new(Bytes::from(frame.to_owned()), &SSE), &mut |event| {
            told.push(format!("{event:?}"));
            Ok(())
        });
        told.extend(done.err());
        told
    }

    #[test]
    fn chunks_that_are_alike_say_what_each_says_alone() {
        let forms = [
            r#"{"id":"c","choices":[{"index":0,"delta":{"content":"@"},"finish_reason":null}]}"#,
            r#"{"id":"c","choices":[{"index":0,"delta":{"content":"@"},"finish_reason":null}],"usage":{"prompt_tokens":1}}"#,
            r#"{"id":"c","choices":[{"index":1,"delta":{"content":"@"}}]}"#,
            r#"{"id":"c","choices":[{"index":0,"delta":{"content":"@","x":{"content":"a"}}}]}"#,
            r#"{"id":"c","x":{"content":"@"},"choices":[{"index":0,"delta":{"content":"a"}}]}"#,
            r#"{"id":"c","choices":[{"index":0,"delta":{"content":"@","reasoning_content":"a"}}]}"#,
        ];
        let contents = ["a", "b c", "", "a", "\u{e9}", "\\n", "x\ty", "\\ud83d", "d", "x\ndata: y", "e"];
        for form in forms {
            let mut alike = Decoder { started: true, ..Decoder::default() };
            for content in contents {
                let frame = format!("data: {}\n\n", form.replace('@', content));
                let mut alone = Decoder { started: true, ..Decoder::default() };
                assert_eq!(told(&mut alike, &frame), told(&mut alone, &frame), "{frame}");
            }
        }
    }
}
