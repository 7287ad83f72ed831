//! One content block of a client's stream, from its start to its end.

use super::ids;
use crate::balance::Balance;
use crate::json::Writer;
use crate::neutral::made_up;

#[derive(Debug)]
pub(super) struct Block {
    pub(super) kind: Kind,
    /// Text that came while an earlier block was open.
    pub(super) waiting: String,
    /// Said last.
    pub(super) signature: String,
    /// Of a tool's arguments, as far as they came.
    pub(super) balance: Balance,
    pub(super) has_arguments: bool,
    pub(super) is_closed: bool,
}

#[derive(Debug, PartialEq)]
pub(super) enum Kind {
    Text,
    Thinking,
    Redacted,
    /// A thinking that is none: only its signature counts.
    Proof,
    Tool {
        tool: usize,
        id: String,
        name: String,
        signature: String,
    },
}

impl Block {
    pub(super) fn new(kind: Kind) -> Self {
        let balance = Balance::default();
        let (waiting, signature) = (String::new(), String::new());
        Self { kind, waiting, signature, balance, has_arguments: false, is_closed: false }
    }

    pub(super) fn is_call(&self, tool: usize) -> bool {
        matches!(&self.kind, Kind::Tool { tool: known, .. } if *known == tool)
    }

    /// Texts end where something else begins, calls where their arguments do.
    pub(super) fn is_whole(&self) -> bool {
        match self.kind {
            Kind::Tool { .. } => self.is_closed || self.balance.is_whole(),
            _ => true,
        }
    }

    pub(super) fn open(&mut self, index: usize, call_id: &str, out: &mut Vec<u8>) {
        let waiting = std::mem::take(&mut self.waiting);
        say(out, "content_block_start", |w| {
            w.field("index", &index);
            w.key("content_block").object(|w| match &self.kind {
                Kind::Text => {
                    w.field("type", "text");
                    w.field("text", "");
                }
                Kind::Thinking | Kind::Proof => {
                    w.field("type", "thinking");
                    w.field("thinking", "");
                    w.field("signature", "");
                }
                Kind::Redacted => {
                    w.field("type", "redacted_thinking");
                    w.field("data", &format_args!("{}{waiting}", ids::SIGNED));
                }
                Kind::Tool { tool, id, name, signature } => {
                    let made_up = made_up(call_id, *tool);
                    let id = if id.is_empty() { made_up.as_str() } else { id };
                    w.field("type", "tool_use");
                    w.field("id", &ids::to_client(id.into(), signature));
                    w.field("name", name);
                    w.key("input").object(|_| {});
                }
            });
        });
        if !waiting.is_empty() && self.kind != Kind::Redacted {
            self.say(index, &waiting, out);
        }
    }

    pub(super) fn say(&self, index: usize, text: &str, out: &mut Vec<u8>) {
        let (kind, key) = match self.kind {
            Kind::Text => ("text_delta", "text"),
            Kind::Thinking => ("thinking_delta", "thinking"),
            Kind::Tool { .. } => ("input_json_delta", "partial_json"),
            Kind::Redacted | Kind::Proof => return,
        };
        delta(out, index, kind, key, text);
    }

    pub(super) fn finish(&mut self, index: usize, out: &mut Vec<u8>) {
        match self.kind {
            Kind::Thinking | Kind::Proof if !self.signature.is_empty() => {
                let mark = if self.kind == Kind::Proof { ids::PROOF } else { ids::SIGNED };
                let signature = format!("{mark}{}", self.signature);
                delta(out, index, "signature_delta", "signature", &signature);
            }
            Kind::Tool { .. } if !self.has_arguments => {
                delta(out, index, "input_json_delta", "partial_json", "{}");
            }
            _ => {}
        }
    }
}

/// One event, name first: SDKs ignore what has none.
pub(super) fn say(out: &mut Vec<u8>, event: &str, write: impl FnOnce(&mut Writer)) {
    let mut frame = std::mem::take(out);
    frame.reserve(160);
    frame.extend_from_slice(b"event: ");
    frame.extend_from_slice(event.as_bytes());
    frame.extend_from_slice(b"\ndata: ");
    let mut w = Writer::on(frame);
    w.object(|w| {
        w.field("type", event);
        write(w);
    });
    *out = w.into_bytes();
    out.extend_from_slice(b"\n\n");
}

fn delta(out: &mut Vec<u8>, index: usize, kind: &str, key: &str, text: &str) {
    say(out, "content_block_delta", |w| {
        w.field("index", &index);
        w.key("delta").object(|w| {
            w.field("type", kind);
            w.field(key, text);
        });
    });
}
