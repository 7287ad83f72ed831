//! Puts a streamed answer together to a whole one, for clients that did not ask for a stream.

use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::form::Form;
use super::stream::Reader;
use crate::adaptor::{Ending, Kind, Output, Step, StreamReader, Usage};
use crate::failure;
use crate::framing::Frame;

/// Candidates of one answer. No real answer comes near it.
const MAX_CANDIDATES: usize = 128;

/// The reader of one stream whose chunks become one answer.
#[derive(Debug)]
pub(super) struct Gather {
    inner: Reader,
    answer: Map<String, Value>,
    candidates: Vec<Map<String, Value>>,
}

impl Default for Gather {
    fn default() -> Self {
        Self { inner: Reader::new(Form::Events), answer: Map::new(), candidates: Vec::new() }
    }
}

impl StreamReader for Gather {
    fn frame(&mut self, frame: &Frame) -> Step {
        let step = self.inner.frame(frame);
        let silent = |kind| Step { kind, output: Output::Replace(Bytes::new()) };
        match step.kind {
            Kind::Terminal => Step { kind: Kind::Terminal, output: Output::Replace(self.whole()) },
            Kind::Opening | Kind::Content => match self.take(frame) {
                Ok(()) => silent(step.kind),
                Err(said) => silent(Kind::Error(failure::broken(said))),
            },
            kind => silent(kind),
        }
    }

    fn end(&mut self) -> Ending {
        match self.inner.end() {
            Ending::Complete(_) => Ending::Complete(self.whole()),
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
        let chunk: Map<String, Value> = serde_json::from_slice(&frame.data())
            .map_err(|error| format!("the upstream's stream has a chunk that cannot be read: {error}"))?;
        for (key, value) in chunk {
            match value {
                Value::Array(candidates) if key == "candidates" => {
                    for candidate in candidates {
                        self.candidate(candidate)?;
                    }
                }
                Value::Null if self.answer.contains_key(&key) => {}
                value => {
                    self.answer.insert(key, value);
                }
            }
        }
        Ok(())
    }

    fn candidate(&mut self, candidate: Value) -> Result<(), String> {
        let Value::Object(fields) = candidate else { return Ok(()) };
        let index = fields.get("index").and_then(Value::as_u64).unwrap_or(0);
        let is_it =
            |known: &Map<String, Value>| known.get("index").and_then(Value::as_u64).unwrap_or(0) == index;
        let at = match self.candidates.iter().position(is_it) {
            Some(at) => at,
            None if self.candidates.len() == MAX_CANDIDATES => {
                return Err(format!("the upstream's answer has more than {MAX_CANDIDATES} candidates"));
            }
            None => {
                self.candidates.push(Map::from_iter([("content".to_owned(), json!({"parts": []}))]));
                self.candidates.len() - 1
            }
        };
        let known = &mut self.candidates[at];
        for (key, value) in fields {
            match value {
                Value::Object(content) if key == "content" => merge(known, content),
                Value::Null => {}
                value => {
                    known.insert(key, value);
                }
            }
        }
        Ok(())
    }

    fn whole(&mut self) -> Bytes {
        let mut answer = std::mem::take(&mut self.answer);
        let mut candidates = std::mem::take(&mut self.candidates);
        candidates.sort_by_key(|candidate| candidate.get("index").and_then(Value::as_u64));
        for candidate in &mut candidates {
            let content = candidate.get_mut("content").and_then(Value::as_object_mut);
            content.into_iter().for_each(|content| {
                content.entry("role").or_insert_with(|| "model".into());
            });
        }
        if !candidates.is_empty() || !answer.contains_key("promptFeedback") {
            answer.insert("candidates".into(), candidates.into());
        }
        Value::Object(answer).to_string().into()
    }
}

fn merge(candidate: &mut Map<String, Value>, mut more: Map<String, Value>) {
    let Some(content) = candidate.get_mut("content").and_then(Value::as_object_mut) else { return };
    if let Some(Value::Array(parts)) = more.remove("parts") {
        let known = content.entry("parts").or_insert_with(|| json!([]));
        for part in parts {
            let Some(known) = known.as_array_mut() else { continue };
            if !join(known, &part) {
                known.push(part);
            }
        }
    }
    content.extend(more);
}

/// Joins a piece of text to the one before it. Pieces with a signature stay as they are signed; an empty piece says
/// nothing.
fn join(known: &mut [Value], part: &Value) -> bool {
    let is_plain = |part: &Value| {
        let fields = part.as_object();
        fields.is_some_and(|fields| fields.keys().all(|key| matches!(key.as_str(), "text" | "thought")))
    };
    let Some(last) = known.last_mut() else { return false };
    let Some(piece) = part.get("text").and_then(Value::as_str).filter(|_| is_plain(part)) else {
        return false;
    };
    if piece.is_empty() {
        return true;
    }
    if !is_plain(last) || last.get("thought") != part.get("thought") {
        return false;
    }
    match last.get_mut("text") {
        Some(Value::String(text)) => {
            text.push_str(piece);
            true
        }
        _ => false,
    }
}
