//! An upstream's chunks, read. A field of a wrong type that carries the answer is an error; any other is left alone.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::super::stream::{Chunk, block_reason, is_reason};
use super::super::usage;
use crate::framing::Frame;
use crate::json::{self, Fields};
use crate::neutral::{Decode, Event, Sink, Stop, raw_piece, raw_text, read_whole};

/// Calls of one answer. No real answer comes near it.
const MAX_TOOLS: usize = 1024;

/// Reasons that are a failure of the model's, and no answer.
const FAILURES: [&str; 5] = [
    "MALFORMED_FUNCTION_CALL",
    "UNEXPECTED_TOOL_CALL",
    "TOO_MANY_TOOL_CALLS",
    "MALFORMED_RESPONSE",
    "MISSING_THOUGHT_SIGNATURE",
];
/// Reasons that mean that something was held back.
const REFUSALS: [&str; 15] = [
    "SAFETY",
    "RECITATION",
    "LANGUAGE",
    "OTHER",
    "BLOCKLIST",
    "PROHIBITED_CONTENT",
    "SPII",
    "MODEL_ARMOR",
    "ESCALATION",
    "IMAGE_SAFETY",
    "IMAGE_PROHIBITED_CONTENT",
    "IMAGE_RECITATION",
    "IMAGE_OTHER",
    "NO_IMAGE",
    "JAILBREAK",
];
/// Kinds of parts whose loss would be another answer.
const UNTOLD: [&str; 2] = ["inlineData", "fileData"];

#[derive(Debug, Default)]
pub(crate) struct Decoder {
    started: bool,
    tools: usize,
}

impl Decode for Decoder {
    fn frame(&mut self, frame: &Frame, sink: &mut Sink<'_>) -> Result<(), String> {
        let data = frame.data();
        let data = data.trim_ascii();
        if data.is_empty() || data == b"[DONE]" {
            return Ok(());
        }
        let wrong = |error| format!("the upstream's stream has a chunk that cannot be read: {error}");
        if !self.started {
            self.start(serde_json::from_slice(data).map_err(wrong)?, sink)?;
        }
        self.chunk(&serde_json::from_slice(data).map_err(wrong)?, sink)
    }

    /// One chunk says all of it.
    fn whole(&mut self, answer: &str, sink: &mut Sink<'_>) -> Result<(), String> {
        self.start(read_whole(answer)?, sink)?;
        let mut has_stopped = false;
        self.chunk(&read_whole(answer)?, &mut |event| {
            has_stopped |= matches!(event, Event::Stop(_));
            sink(event)
        })?;
        if has_stopped { Ok(()) } else { Err("the upstream's answer does not say why it stops".to_owned()) }
    }
}

impl Decoder {
    fn start(&mut self, mut top: Fields<'_>, sink: &mut Sink<'_>) -> Result<(), String> {
        self.started = true;
        let mut named = |key: &str| top.take(key).and_then(json::text).filter(|text| !text.is_empty());
        sink(Event::Start { id: named("responseId"), model: named("modelVersion") })
    }

    fn chunk(&mut self, chunk: &Chunk<'_>, sink: &mut Sink<'_>) -> Result<(), String> {
        if let Some(tokens) = chunk.usage_metadata.and_then(usage::tokens) {
            sink(Event::Tokens(tokens))?;
        }
        for raw in chunk.candidates.and_then(json::list).unwrap_or_default() {
            let mut candidate = object(raw, "candidates[0]")?;
            let index = candidate.take("index").and_then(|raw| serde_json::from_str::<u64>(raw.get()).ok());
            // Only one answer was asked for.
            if index.unwrap_or(0) == 0 {
                self.candidate(candidate, sink)?;
            }
        }
        match chunk.prompt_feedback.and_then(block_reason) {
            Some(_) => sink(Event::Stop(Stop::Refusal)),
            None => Ok(()),
        }
    }

    fn candidate(&mut self, mut candidate: Fields<'_>, sink: &mut Sink<'_>) -> Result<(), String> {
        if let Some(raw) = candidate.take("content") {
            let mut content = object(raw, "content")?;
            if let Some(raw) = content.take("parts") {
                let parts = json::list(raw).ok_or("the upstream's answer has parts that are no list")?;
                for raw in parts {
                    self.part(object(raw, "parts")?, sink)?;
                }
            }
        }
        let reason = raw_text(candidate.take("finishReason"), "finishReason")?;
        match reason.filter(|reason| is_reason(reason)) {
            Some(reason) => {
                let said = raw_text(candidate.take("finishMessage"), "finishMessage")?;
                sink(Event::Stop(self.stop(&reason, said)?))
            }
            None => Ok(()),
        }
    }

    fn stop(&self, reason: &str, said: Option<Cow<'_, str>>) -> Result<Stop, String> {
        if FAILURES.contains(&reason) {
            let said = said
                .map_or_else(String::new, |said| format!(": {}", crate::failure::excerpt(said.as_bytes())));
            return Err(format!("the upstream gave up in the middle of its answer ({reason}{said})"));
        }
        if REFUSALS.contains(&reason) {
            return Ok(Stop::Refusal);
        }
        // A call ends with a plain stop.
        Ok(match Stop::of(reason)? {
            Stop::End if self.tools > 0 => Stop::Tools,
            stop => stop,
        })
    }

    fn part(&mut self, mut part: Fields<'_>, sink: &mut Sink<'_>) -> Result<(), String> {
        let signature = raw_text(part.take("thoughtSignature"), "thoughtSignature")?;
        let signature = signature.filter(|signature| !signature.is_empty());
        if let Some(raw) = part.take("functionCall") {
            return self.call(object(raw, "functionCall")?, signature, sink);
        }
        if UNTOLD.iter().any(|kind| part.take(kind).is_some()) {
            return Err(
                "the upstream's answer has a picture or a file, which the client's API has no words for"
                    .to_owned(),
            );
        }
        let is_thought = part.take("thought").is_some_and(|raw| raw.get() == "true");
        let text = raw_piece(part.take("text"), "text")?.filter(|text| !text.is_empty());
        match (text, is_thought) {
            (Some(text), true) => sink(Event::Thinking(text))?,
            (Some(text), false) => sink(Event::Text(text))?,
            (None, _) => {}
        }
        match (signature, is_thought) {
            (Some(signature), true) => sink(Event::Signature(signature)),
            (Some(signature), false) => sink(Event::Proof { tool: None, signature }),
            (None, _) => Ok(()),
        }
    }

    /// Calls come whole: pieces come only where they were asked for.
    fn call(
        &mut self,
        mut call: Fields<'_>,
        signature: Option<Cow<'_, str>>,
        sink: &mut Sink<'_>,
    ) -> Result<(), String> {
        if self.tools == MAX_TOOLS {
            return Err(format!("the upstream's answer calls more than {MAX_TOOLS} tools"));
        }
        let name = raw_text(call.take("name"), "functionCall.name")?.unwrap_or_default();
        if name.is_empty() {
            return Err("the upstream's answer calls a tool without a name".to_owned());
        }
        if call.take("willContinue").is_some_and(|raw| raw.get() == "true") {
            return Err("the upstream's answer has a part of a call where all of it should be".to_owned());
        }
        let id = call.take("id").and_then(json::text).unwrap_or_default();
        let tool = self.tools;
        self.tools += 1;
        sink(Event::Tool { tool, id, name, signature })?;
        if let Some(args) = call.take("args") {
            sink(Event::Arguments { tool, json: args.get().into() })?;
        }
        sink(Event::Close(Some(tool)))
    }
}

fn object<'a>(raw: &'a RawValue, name: &str) -> Result<Fields<'a>, String> {
    Fields::of(raw).map_err(|_| {
        format!("the upstream's answer has {} where `{name}` should be an object", json::type_name(raw))
    })
}
