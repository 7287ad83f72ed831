//! Reads a streamed chat completion.
//!
//! Every frame is parsed until the first content. From then on a frame of the usual form is only searched for the
//! few keys that matter: a key's closing quote cannot stand inside a JSON string without a backslash before it, so a
//! search for `"error"` finds keys (or whole values) and never a part of the answer's text.

use std::sync::LazyLock;

use bytes::Bytes;
use memchr::memmem::Finder;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::chunk::{Chunk, has_value};
use super::like::{Like, after};
use super::mentions::TOLD;
use crate::adaptor::{Ending, Kind, Output, Step, StreamReader, Usage};
use crate::failure;
use crate::framing::{Frame, sse};
use crate::json::look;
use crate::names::{Names, Other};
use crate::said::Texts;

static CHOICES: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\"choices\""));
static ERROR: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\"error\""));
static FINISH: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\"finish_reason\""));
static INDEX: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\"index\""));
static ESCAPED: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\\u00"));
static USAGE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\"usage\""));

/// `thinking_blocks` repeat what stands under the others.
const TEXTS: Texts = Texts {
    keys: &[b"content", b"reasoning_content", b"reasoning", b"refusal", b"arguments", b"text"],
    objects: &[],
};

const DONE: &[u8] = b"data: [DONE]\n\n";

/// The reader of one stream, from an OpenAI upstream to an OpenAI client.
#[derive(Debug, Default)]
pub struct Reader {
    /// Content came.
    begun: bool,
    /// The body broke off inside a frame.
    cut: bool,
    /// Choices (by index, as bits) that began, and those that got their finish reason.
    seen: u128,
    finished: u128,
    usage: Usage,
    /// Bytes of text.
    said: u64,
    like: Like,
    /// What the answer named that only its upstream knows.
    named: Vec<Other>,
}

impl StreamReader for Reader {
    fn frame(&mut self, frame: &Frame) -> Step {
        if !frame.is_terminated() {
            return self.rest(frame);
        }
        if self.begun
            && let Some(content) = self.like.content(&frame.raw)
        {
            self.said += content.len() as u64;
            return pass(Kind::Content);
        }
        if self.begun && is_plain_chunk(&frame.raw) {
            self.like.learn(&frame.raw);
            self.said += TEXTS.length(&frame.raw);
            return pass(Kind::Content);
        }
        pass(self.read(frame))
    }

    fn end(&mut self) -> Ending {
        match (self.cut, self.begun) {
            (false, true) if self.is_finished() => Ending::Complete(Bytes::from_static(DONE)),
            (false, false) => Ending::Empty,
            _ => Ending::Truncated,
        }
    }

    /// Every choice that began got its finish reason.
    fn is_finished(&self) -> bool {
        self.finished != 0 && self.seen & !self.finished == 0
    }

    fn usage(&self) -> Usage {
        self.usage
    }

    fn said(&self) -> u64 {
        self.said
    }

    fn names(&self) -> Names {
        Names { others: self.named.clone(), ..Names::default() }
    }
}

impl Reader {
    /// An unterminated last frame: whole only as JSON, and where it is an error or nothing is missing after it.
    fn rest(&mut self, frame: &Frame) -> Step {
        let nothing = Step { kind: Kind::Life, output: Output::Replace(Bytes::new()) };
        if sse::is_comment(&frame.raw) {
            return nothing;
        }
        let is_json = serde_json::from_slice::<IgnoredAny>(&frame.data()).is_ok();
        let is_done = frame.data().trim_ascii() == b"[DONE]";
        match self.read(frame) {
            kind if is_done || (is_json && (matches!(kind, Kind::Error(_)) || self.is_finished())) => {
                Step { kind, output: Output::Replace(frame.completed()) }
            }
            _ => {
                self.cut = true;
                nothing
            }
        }
    }

    fn read(&mut self, frame: &Frame) -> Kind {
        if frame.is_empty() {
            return Kind::Life;
        }
        let data = frame.data();
        let data = data.trim_ascii();
        if data.is_empty() {
            return Kind::Life;
        }
        if data == b"[DONE]" {
            if self.begun {
                return Kind::Terminal;
            }
            return Kind::Error(failure::broken("the upstream ended its stream without any content"));
        }
        if frame.event() != Some(b"error")
            && let Some(chunk) = Chunk::quickly(data)
        {
            return self.take(&chunk, data);
        }
        match look(data) {
            Ok(chunk @ Value::Object(_)) => self.chunk(&chunk, data, frame.event()),
            // Nested too deep to be looked into: clients decide.
            Err(_) if data[0] == b'{' && serde_json::from_slice::<IgnoredAny>(data).is_ok() => {
                self.begun = true;
                Kind::Content
            }
            _ => Kind::Error(failure::listed(super::error::RULES, data).unwrap_or_else(|| {
                let what = failure::describe(data, true);
                failure::broken(format!("the upstream's stream has an event that is no chunk but {what}"))
            })),
        }
    }

    fn chunk(&mut self, chunk: &Value, data: &[u8], event: Option<&[u8]>) -> Kind {
        let choices = chunk.get("choices").and_then(Value::as_array);
        let is_error = has_value(chunk.get("error"))
            || event == Some(b"error")
            || chunk.get("object").is_some_and(|object| object == "error")
            || (choices.is_none() && chunk.get("usage").is_none() && failure::message(chunk).is_some());
        if is_error {
            return Kind::Error(failure::reported(super::error::RULES, chunk, data));
        }
        match Chunk::surely(chunk) {
            Err(error) => Kind::Error(error),
            Ok(found) => {
                if found.has_sound {
                    TOLD.in_value(chunk, &mut self.named);
                }
                self.take(&found, data)
            }
        }
    }

    fn take(&mut self, chunk: &Chunk, data: &[u8]) -> Kind {
        self.usage.update(chunk.usage);
        self.said += TEXTS.length(data);
        self.seen |= chunk.seen;
        self.finished |= chunk.finished;
        self.begun |= chunk.has_content || chunk.finished != 0;
        if self.begun { Kind::Content } else { Kind::Opening }
    }
}

fn pass(kind: Kind) -> Step {
    Step { kind, output: Output::Pass }
}

/// True for one line of data with a chunk of choice 0 that finishes nothing, counts nothing and reports
/// no error: nothing in it needs parsing. May say no to such a chunk, never yes to another.
fn is_plain_chunk(raw: &[u8]) -> bool {
    if !raw.starts_with(b"data: {") && !raw.starts_with(b"data:{") {
        return false;
    }
    let Some(choices) = CHOICES.find(raw) else { return false };
    let Some(first) = after(&raw[choices + CHOICES.needle().len()..], &[b":", b"[", b"{"]) else {
        return false;
    };
    let is_of_choice_0 = after(first, &[b"\"index\"", b":", b"0", b","]).is_some() || is_zero(&INDEX, raw);
    is_of_choice_0 && is_null(&ERROR, raw) && is_null(&FINISH, raw) && is_null(&USAGE, raw)
}

/// True where the key is 0 wherever it stands, also where it does not come first in its object. A key may be written
/// with escapes, and is then not found: a chunk with any that could be of a letter is left to the parser.
fn is_zero(key: &Finder<'_>, raw: &[u8]) -> bool {
    let zero = |at| {
        let value = after(&raw[at + key.needle().len()..], &[b":", b"0"]);
        value.is_some_and(|rest| matches!(rest.trim_ascii_start(), [b',' | b'}', ..]))
    };
    ESCAPED.find(raw).is_none() && key.find_iter(raw).all(zero)
}

/// True where the key is absent, or null or empty wherever it stands.
fn is_null(key: &Finder<'_>, raw: &[u8]) -> bool {
    key.find_iter(raw).all(|at| {
        let value = after(&raw[at + key.needle().len()..], &[b":"]).unwrap_or_default().trim_ascii_start();
        value.starts_with(b"null") || value.starts_with(b"\"\"")
    })
}

#[cfg(test)]
mod tests {
    use super::is_plain_chunk;

    fn plain(choice: &str) -> bool {
        is_plain_chunk(format!("data: {{\"choices\":[{{{choice}}}],\"usage\":null}}\n\n").as_bytes())
    }

    #[test]
    fn the_order_of_a_choice_s_keys_does_not_matter() {
        assert!(plain(r#""index":0,"delta":{"content":"a"},"finish_reason":null"#));
        assert!(plain(r#""delta":{"content":"a"},"finish_reason":null,"index":0"#));
        assert!(plain(r#""delta":{"content":"\u2014"},"index" : 0 "#));
        assert!(plain(r#""index":0,"delta":{"tool_calls":[{"index":1}]}"#));
    }

    #[test]
    fn what_could_be_of_another_choice_is_parsed() {
        for choice in [
            r#""delta":{"content":"a"},"index":1"#,
            r#""delta":{"content":"a"},"index":0.5"#,
            r#""delta":{"content":"a"},"index":"0""#,
            r#""delta":{"content":"a"},"index":0},{"delta":{"content":"b"},"index":1"#,
            r#""delta":{"content":"a"},"\u0069ndex":1"#,
            r#""delta":{"content":"a"},"index":0,"finish_reason":"stop""#,
        ] {
            assert!(!plain(choice), "{choice}");
        }
    }
}
