//! Reads a streamed answer, in either form.
//!
//! There is no terminal event: the answer is whole when every candidate has its `finishReason`, or the prompt was blocked,
//! and the body ends. Clients' SDKs hand every line that does not begin with `data: ` to a JSON parser, so comments and
//! the like go no further.

use std::borrow::Cow;

use bytes::Bytes;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::error::RULES;
use super::form::Form;
use super::usage;
use crate::adaptor::{Ending, Kind, Output, Step, StreamReader, Usage};
use crate::failure;
use crate::framing::{Frame, either};
use crate::json::look;
use crate::said::Texts;

type Raw<'a> = Option<&'a RawValue>;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Chunk<'a> {
    #[serde(borrow)]
    pub(super) candidates: Raw<'a>,
    #[serde(borrow)]
    pub(super) prompt_feedback: Raw<'a>,
    #[serde(borrow)]
    pub(super) usage_metadata: Raw<'a>,
    #[serde(borrow)]
    pub(super) error: Raw<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Candidate<'a> {
    #[serde(borrow)]
    index: Raw<'a>,
    #[serde(borrow)]
    content: Raw<'a>,
    #[serde(borrow)]
    finish_reason: Raw<'a>,
}

/// How far an answer has come.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct State {
    /// Content came.
    pub(super) begun: bool,
    /// The prompt was blocked: there will be no candidates.
    blocked: bool,
    /// Candidates (by index, as bits) that began, and those that got their finish reason.
    seen: u128,
    finished: u128,
}

/// The reader of one stream, from a Gemini upstream to a Gemini client.
#[derive(Debug)]
pub struct Reader {
    form: Form,
    state: State,
    /// Something has been said to the client.
    said: bool,
    /// The body broke off inside a frame.
    cut: bool,
    /// The array was closed.
    closed: bool,
    usage: Usage,
    /// Bytes of text.
    text: u64,
}

const TEXTS: Texts = Texts { keys: &[b"text"], objects: &[b"args"] };

impl Reader {
    pub(super) fn new(form: Form) -> Self {
        let (state, usage) = (State::default(), Usage::default());
        Self { form, state, said: false, cut: false, closed: false, usage, text: 0 }
    }
}

const NOTHING: Step = Step { kind: Kind::Life, output: Output::Replace(Bytes::new()) };
/// Line ends between frames, and the LF of a CR that has gone before, pass: clients read nothing in them.
const BLANK: Step = Step { kind: Kind::Life, output: Output::Pass };

impl StreamReader for Reader {
    fn frame(&mut self, frame: &Frame) -> Step {
        if self.closed {
            // Nothing can stand behind an array but line ends.
            return if frame.raw.trim_ascii().is_empty() { BLANK } else { NOTHING };
        }
        if !frame.is_terminated() {
            return self.rest(frame);
        }
        let data = frame.data();
        let data = data.trim_ascii();
        if data == b"[]" || frame.raw.trim_ascii_start().starts_with(b"]") {
            return self.close();
        }
        if frame.raw.trim_ascii().is_empty() {
            return BLANK;
        }
        if data.is_empty() || data == b"[DONE]" {
            // A comment, and OpenAI's terminator: never for this dialect's clients.
            return NOTHING;
        }
        let kind = self.read(data);
        let output = self.output(frame, data);
        self.said |= !matches!(kind, Kind::Error(_));
        Step { kind, output }
    }

    fn end(&mut self) -> Ending {
        match (self.cut, self.state.begun) {
            (false, true) if self.is_finished() => Ending::Complete(if self.closed {
                Bytes::new()
            } else {
                Bytes::from_static(self.form.end(self.said))
            }),
            (false, false) => Ending::Empty,
            _ => Ending::Truncated,
        }
    }

    fn is_finished(&self) -> bool {
        self.state.is_finished()
    }

    fn usage(&self) -> Usage {
        self.usage
    }

    fn said(&self) -> u64 {
        self.text
    }

    fn last_words(&mut self, body: &[u8]) -> Option<Bytes> {
        // Nothing can stand behind an array.
        if self.closed && self.form == Form::Array {
            return Some(Bytes::new());
        }
        Some(self.form.complaint(body, self.said))
    }
}

impl Reader {
    /// The array's closing bracket. It closes nothing where something is missing: the client is told so in the array.
    /// Where it passes, so does the line end behind it.
    fn close(&mut self) -> Step {
        if !self.is_finished() || self.closed {
            return NOTHING;
        }
        self.closed = true;
        match self.form {
            Form::Array => Step { kind: Kind::Life, output: Output::Pass },
            Form::Events => Step { kind: Kind::Terminal, output: Output::Replace(Bytes::new()) },
        }
    }

    /// An unterminated last frame: whole only as JSON, and where it is an error or nothing is missing after it.
    fn rest(&mut self, frame: &Frame) -> Step {
        let data = frame.data();
        let data = data.trim_ascii();
        if data.is_empty() {
            return NOTHING;
        }
        if serde_json::from_slice::<IgnoredAny>(data).is_ok() {
            let kind = self.read(data);
            if matches!(kind, Kind::Error(_)) || self.is_finished() {
                let output = match self.output(frame, data) {
                    Output::Pass => Output::Replace(frame.completed()),
                    replaced @ Output::Replace(_) => replaced,
                };
                self.said |= !matches!(kind, Kind::Error(_));
                return Step { kind, output };
            }
        }
        self.cut = true;
        NOTHING
    }

    fn read(&mut self, data: &[u8]) -> Kind {
        match serde_json::from_slice::<Chunk<'_>>(data) {
            Ok(chunk) if data.starts_with(b"{") => {
                if chunk.error.is_some_and(|raw| raw.get() != "null") {
                    return error(data);
                }
                if let Some(raw) = chunk.usage_metadata {
                    self.usage.update(usage::usage(Some(raw)));
                }
                self.text += chunk.candidates.map_or(0, |raw| TEXTS.length(raw.get().as_bytes()));
                self.state.take(&chunk);
                if self.state.begun { Kind::Content } else { Kind::Opening }
            }
            _ => error(data),
        }
    }

    /// The frame's own bytes where they are in the client's form, and such as its SDK reads.
    fn output(&self, frame: &Frame, data: &[u8]) -> Output {
        let raw = frame.raw.trim_ascii();
        let is_own = match self.form {
            Form::Array => {
                let first = frame.raw.trim_ascii_start().first();
                first == Some(if self.said { &b',' } else { &b'[' })
            }
            Form::Events => {
                !either::is_element(raw)
                    && raw.starts_with(b"data: ")
                    && raw.len() == data.len() + b"data: ".len()
            }
        };
        if is_own { Output::Pass } else { Output::Replace(self.form.frame(data, self.said)) }
    }
}

/// What stands where a chunk should.
fn error(data: &[u8]) -> Kind {
    let reported = match look(data) {
        Ok(value) if value.get("error").is_some() => Some(failure::reported(RULES, &value, data)),
        _ => failure::listed(RULES, data),
    };
    Kind::Error(reported.unwrap_or_else(|| {
        let what = failure::describe(data, true);
        failure::broken(format!("the upstream's stream has an event that is no chunk but {what}"))
    }))
}

impl State {
    pub(super) fn take(&mut self, chunk: &Chunk<'_>) {
        self.blocked |= chunk.prompt_feedback.is_some_and(blocks);
        self.begun |= self.blocked;
        for raw in chunk.candidates.and_then(crate::json::list).unwrap_or_default() {
            let Ok(candidate) = serde_json::from_str::<Candidate<'_>>(raw.get()) else { continue };
            let index = candidate.index.and_then(|raw| serde_json::from_str::<u64>(raw.get()).ok());
            let bit = 1 << index.unwrap_or(0).min(127);
            self.seen |= bit;
            self.begun |= candidate.content.is_some_and(has_parts);
            if candidate.finish_reason.and_then(crate::json::text).is_some_and(|reason| is_reason(&reason)) {
                self.finished |= bit;
                self.begun = true;
            }
        }
    }

    /// Every candidate that began got its finish reason, or there will be none.
    pub(super) fn is_finished(self) -> bool {
        self.blocked || (self.finished != 0 && self.seen & !self.finished == 0)
    }
}

/// The default of Google's list of reasons says nothing.
pub(super) fn is_reason(reason: &str) -> bool {
    !reason.is_empty() && reason != "FINISH_REASON_UNSPECIFIED"
}

/// The reason for which a prompt was blocked.
pub(super) fn block_reason(feedback: &RawValue) -> Option<Cow<'_, str>> {
    let mut fields = crate::json::Fields::of(feedback).ok()?;
    let reason = fields.take("blockReason").and_then(crate::json::text)?;
    Some(reason).filter(|reason| {
        !matches!(reason.as_ref(), "" | "BLOCK_REASON_UNSPECIFIED" | "BLOCKED_REASON_UNSPECIFIED")
    })
}

fn blocks(feedback: &RawValue) -> bool {
    block_reason(feedback).is_some()
}

fn has_parts(content: &RawValue) -> bool {
    let parts = crate::json::Fields::of(content).ok().and_then(|mut fields| fields.take("parts"));
    parts.and_then(crate::json::list).is_some_and(|parts| !parts.is_empty())
}
