//! An answer as no dialect in particular streams it.

use std::borrow::Cow;

use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::framing::Frame;
use crate::{failure, json};

/// One step of an answer. Tools are numbered from 0 without gaps, in the order in which they begin.
#[derive(Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// The first event; may come once.
    Start {
        id: Option<Cow<'a, str>>,
        model: Option<Cow<'a, str>>,
    },
    Text(Cow<'a, str>),
    /// A text in which the model says that it will not answer, or why.
    Refusal(Cow<'a, str>),
    Thinking(Cow<'a, str>),
    /// Of the thinking before it, which it ends.
    Signature(Cow<'a, str>),
    Redacted(Cow<'a, str>),
    /// A tool's call begins; its id may be empty where the upstream gave none.
    Tool {
        tool: usize,
        id: Cow<'a, str>,
        name: Cow<'a, str>,
        /// Of the call, where the upstream wants it back with it.
        signature: Option<Cow<'a, str>>,
    },
    /// A piece of its arguments; those of several tools may interleave.
    Arguments {
        tool: usize,
        json: Cow<'a, str>,
    },
    /// Gemini's proof of that call, which came after its beginning, or else of the text before it.
    Proof {
        tool: Option<usize>,
        signature: Cow<'a, str>,
    },
    /// This call, or else what was begun last, is whole (dialects that do not say so never send it).
    Close(Option<usize>),
    /// Later counts replace earlier ones.
    Tokens(Tokens),
    Stop(Stop),
}

/// Why an answer stops.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    End,
    /// One of the client's stop sequences, where it is known which.
    Sequence(String),
    Length,
    Tools,
    /// A filter's. A model that says itself that it will not answer stops as ever.
    Refusal,
    /// The upstream wants to be asked to go on.
    Pause,
}

impl Stop {
    /// Reads each dialect's own words, and those of compatible servers (Mistral, Zhipu, Gemini, TGI).
    ///
    /// # Errors
    /// For a reason that is a failure, and for one that is not known: it must not be taken for success.
    pub fn of(reason: &str) -> Result<Self, String> {
        // Gemini's endpoint explains: `content_filter: RECITATION`.
        let word = reason.split(':').next().unwrap_or_default().trim().to_ascii_lowercase();
        Ok(match word.as_str() {
            "stop" | "end_turn" | "eos" | "eos_token" | "end" | "completed" => Self::End,
            "stop_sequence" => Self::Sequence(String::new()),
            // Gemini's last: the rest is for who asks again with its token, which no other dialect can tell.
            "length" | "max_tokens" | "model_length" | "model_context_window_exceeded" | "continuation" => {
                Self::Length
            }
            "tool_calls" | "tool_use" | "function_call" => Self::Tools,
            "content_filter" | "refusal" | "sensitive" | "safety" | "recitation" => Self::Refusal,
            "pause_turn" => Self::Pause,
            "error" | "network_error" | "insufficient_system_resource" | "abort" | "cancelled" => {
                return Err(format!("the upstream gave up in the middle of its answer ({word})"));
            }
            _ => {
                let reason = failure::excerpt(reason.as_bytes());
                return Err(format!("the upstream stopped for a reason that is not known (\"{reason}\")"));
            }
        })
    }
}

/// An answer's cost. `None` is not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tokens {
    /// All of the prompt, cached tokens included.
    pub input: Option<u64>,
    /// Of these, read from a cache.
    pub cached: Option<u64>,
    /// Of these, written to a cache.
    pub written: Option<u64>,
    /// All of the answer, thinking included.
    pub output: Option<u64>,
    /// Of these, thinking.
    pub reasoning: Option<u64>,
}

impl Tokens {
    pub fn update(&mut self, later: Self) {
        self.input = later.input.or(self.input);
        self.cached = later.cached.or(self.cached);
        self.written = later.written.or(self.written);
        self.output = later.output.or(self.output);
        self.reasoning = later.reasoning.or(self.reasoning);
    }
}

/// Takes events; an error says what is wrong with the upstream's stream.
pub type Sink<'s> = dyn FnMut(Event<'_>) -> Result<(), String> + 's;

/// Reads what an upstream answers and its dialect's own reader has found good: the frames of a stream, or a whole answer.
pub trait Decode: Send {
    /// Tells what a frame says.
    ///
    /// # Errors
    /// When a field that matters is not of its type; for the client and the log.
    fn frame(&mut self, frame: &Frame, sink: &mut Sink<'_>) -> Result<(), String>;

    /// Tells all of a whole answer, which has no line ends in it.
    ///
    /// # Errors
    /// As of [`Self::frame`].
    fn whole(&mut self, answer: &str, sink: &mut Sink<'_>) -> Result<(), String>;

    /// The stream is over.
    ///
    /// # Errors
    /// When something waits for what never came.
    fn end(&self) -> Result<(), String> {
        Ok(())
    }
}

/// Writes what a client gets: a stream, whole frames at a time; or one answer, of which nothing is said before its end.
pub trait Encode: Send {
    /// Appends what an event becomes: any number of frames.
    ///
    /// # Errors
    /// When the stream makes no sense; for the client and the log.
    fn event(&mut self, event: Event<'_>, out: &mut Vec<u8>) -> Result<(), String>;
    /// Appends what shows that the upstream lives.
    fn ping(&mut self, out: &mut Vec<u8>);
    /// Appends what ends a stream, or all of the one answer.
    ///
    /// # Errors
    /// When it is not whole: no reason to stop was given.
    fn end(&mut self, out: &mut Vec<u8>) -> Result<(), String>;
    /// See [`crate::adaptor::StreamReader::last_words`].
    fn last_words(&mut self, _body: &[u8]) -> Option<Bytes> {
        None
    }
    /// See [`crate::adaptor::StreamReader::held`].
    fn held(&self) -> usize {
        0
    }
}

/// What stands in a whole answer.
///
/// # Errors
/// Where it cannot be read.
pub(crate) fn read_whole<'a, T: Deserialize<'a>>(answer: &'a str) -> Result<T, String> {
    serde_json::from_str(answer).map_err(|error| format!("the upstream's answer cannot be read: {error}"))
}

/// A text that may be absent or null.
///
/// # Errors
/// When it is something else: what is meant as content must not be lost.
pub(crate) fn raw_text<'a>(raw: Option<&'a RawValue>, name: &str) -> Result<Option<Cow<'a, str>>, String> {
    Ok(raw_piece(raw, name)?.map(json::settled))
}

/// The same for a piece of what is said, at whose ends there may be half a character ([`super::halves`]).
///
/// # Errors
/// As of [`raw_text`].
pub(crate) fn raw_piece<'a>(raw: Option<&'a RawValue>, name: &str) -> Result<Option<Cow<'a, str>>, String> {
    match raw.filter(|raw| raw.get() != "null") {
        None => Ok(None),
        Some(raw) => match json::piece(raw) {
            Some(text) => Ok(Some(text)),
            None => Err(format!(
                "the upstream's answer has {} where `{name}` should be text",
                json::type_name(raw)
            )),
        },
    }
}
