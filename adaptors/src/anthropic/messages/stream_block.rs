//! One content block of a client's answer: of a stream, from its start to its end, or of one message.

use serde_json::value::RawValue;

use super::ids;
use crate::balance::Balance;
use crate::json::{Writer, mended};
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
        let is_redacted = self.kind == Kind::Redacted;
        say(out, "content_block_start", |w| {
            w.field("index", &index);
            w.key("content_block").object(|w| {
                self.write_as(w, call_id, if is_redacted { &waiting } else { "" }, "");
                if let Kind::Tool { .. } = self.kind {
                    w.key("input").object(|_| {});
                }
            });
        });
        if !waiting.is_empty() && !is_redacted {
            self.say(index, &waiting, out);
        }
    }

    /// Its fields, with as much as has been said of it; a call's input aside.
    fn write_as(&self, w: &mut Writer, call_id: &str, text: &str, signature: &str) {
        match &self.kind {
            Kind::Text => {
                w.field("type", "text");
                w.field("text", text);
            }
            Kind::Thinking | Kind::Proof => {
                w.field("type", "thinking");
                w.field("thinking", text);
                w.field("signature", signature);
            }
            Kind::Redacted => {
                w.field("type", "redacted_thinking");
                w.field("data", &format_args!("{}{text}", ids::SIGNED));
            }
            Kind::Tool { tool, id, name, signature } => {
                w.field("type", "tool_use");
                match id.as_str() {
                    "" => w.field("id", &ids::to_client(made_up(call_id, *tool).into(), signature)),
                    id => w.field("id", &ids::to_client(id.into(), signature)),
                }
                w.field("name", name);
            }
        }
    }

    /// Writes it whole. `is_cut`: the answer reached its limit.
    ///
    /// # Errors
    /// When a call's input is no JSON: it is a part of the message's own here, and no text that a client reads.
    pub(super) fn write(&self, w: &mut Writer, call_id: &str, is_cut: bool) -> Result<(), String> {
        let input = match &self.kind {
            Kind::Tool { .. } if !self.waiting.trim().is_empty() => {
                match serde_json::from_str::<&RawValue>(&self.waiting) {
                    Ok(input) => mended(input.get()),
                    // The limit was reached inside it: there is nothing that could be called.
                    Err(_) if is_cut => return Ok(()),
                    Err(error) => {
                        return Err(format!(
                            "the upstream's answer has a tool call whose input cannot be read: {error}"
                        ));
                    }
                }
            }
            _ => "{}".into(),
        };
        w.object(|w| {
            self.write_as(w, call_id, &self.waiting, &self.signed());
            if let Kind::Tool { .. } = self.kind {
                w.key("input").json(&input);
            }
        });
        Ok(())
    }

    /// Its signature with the mark of the relay.
    fn signed(&self) -> String {
        match self.kind {
            _ if self.signature.is_empty() => String::new(),
            Kind::Proof => format!("{}{}", ids::PROOF, self.signature),
            _ => format!("{}{}", ids::SIGNED, self.signature),
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
                delta(out, index, "signature_delta", "signature", &self.signed());
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
