//! The forms in which bytes are held.

use super::MIB;
use crate::client::{ANTHROPIC, OPENAI};
use crate::run::Bench;

/// The size in MiB of an answer that is larger than the smallest budget.
pub(super) const BEYOND: u64 = 10;

/// One form of what is held.
#[derive(Clone, Copy)]
pub(super) struct Form {
    pub(super) what: &'static str,
    pub(super) path: &'static str,
    pub(super) stream: bool,
    pub(super) fault: &'static str,
    /// With the size of the budget's answers as its argument.
    pub(super) sized: bool,
    /// Through a channel of the other dialect.
    pub(super) told: bool,
    /// Clients speak HTTP/2.
    pub(super) http2: bool,
    /// Bytes of each prompt.
    pub(super) prompt: usize,
    /// Something is still held when nothing moves any more.
    pub(super) stays: bool,
    /// An unoptimised relay takes few seconds for hundreds of megabytes of it.
    pub(super) is_quick: bool,
}

pub(super) const FORM: Form = Form {
    what: "",
    path: OPENAI,
    stream: false,
    fault: "big-answer",
    sized: true,
    told: false,
    http2: false,
    prompt: 0,
    stays: false,
    is_quick: false,
};
/// Through the other dialect.
const TOLD: Form = Form { path: ANTHROPIC, told: true, stays: true, ..FORM };
const EVENT: Form = Form { fault: "big-event", ..FORM };
const ENDLESS: Form = Form { stream: true, sized: false, ..FORM };
/// Bodies that wait for an upstream that says nothing.
const UPLOAD: Form = Form { fault: "silent", sized: false, prompt: 3 * MIB, stays: true, ..FORM };

pub(super) const FORMS: [Form; 12] = [
    Form { what: "whole answers", stays: true, is_quick: true, ..FORM },
    Form { what: "translated answers", ..TOLD },
    Form { what: "answers told as streams", stream: true, stays: true, is_quick: true, ..FORM },
    Form { what: "answers translated and told as streams", stream: true, ..TOLD },
    Form { what: "translated answers over HTTP/2", http2: true, ..TOLD },
    Form { what: "streams put together", ..EVENT },
    Form { what: "large events", stream: true, ..EVENT },
    Form { what: "large events, translated", stream: true, path: ANTHROPIC, told: true, ..EVENT },
    Form { what: "events without end", fault: "endless-event", is_quick: true, ..ENDLESS },
    Form { what: "streams without end", fault: "flood", stays: true, ..ENDLESS },
    Form { what: "uploads", is_quick: true, ..UPLOAD },
    Form { what: "translated uploads", path: ANTHROPIC, told: true, ..UPLOAD },
];

impl Form {
    pub(super) fn fault(&self, answer: u64) -> String {
        if self.sized { format!("{}-{answer}", self.fault) } else { self.fault.to_owned() }
    }

    /// The model that leads to a channel which speaks OpenAI's dialect alone.
    pub(super) fn told_as(fault: &str) -> String {
        format!("told-{fault}")
    }

    pub(super) fn body(&self, bench: &Bench, answer: u64) -> Vec<u8> {
        let fault = self.fault(answer);
        let mut body = bench.value(&fault, self.stream, 20);
        if self.told {
            body["model"] = Self::told_as(&fault).into();
        }
        if self.prompt > 0 {
            body["messages"][0]["content"] = "x".repeat(self.prompt).into();
        }
        body.to_string().into_bytes()
    }
}
