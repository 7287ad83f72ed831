//! One item of a client's stream, from its start to its end.

use super::event::Events;
use crate::balance::Balance;
use crate::json::Writer;

#[derive(Debug)]
pub(super) struct Item {
    pub(super) kind: Kind,
    /// Its place among the answer's items.
    pub(super) place: usize,
    id: String,
    /// What has been said of it: text, thinking, arguments.
    pub(super) text: String,
    /// Of a call's arguments, as far as they came.
    pub(super) balance: Balance,
}

#[derive(Debug)]
pub(super) enum Kind {
    Message,
    /// With what proves it the model's own.
    Reasoning {
        encrypted: Option<String>,
        is_told: bool,
    },
    Call {
        tool: usize,
        id: String,
        name: String,
    },
}

impl Item {
    /// Begins an item of the exchange with this id.
    pub(super) fn open(
        kind: Kind,
        place: usize,
        exchange: &str,
        events: &mut Events,
        out: &mut Vec<u8>,
    ) -> Self {
        let prefix = match kind {
            Kind::Message => "msg",
            Kind::Reasoning { .. } => "rs",
            Kind::Call { .. } => "fc",
        };
        let id = format!("{prefix}_{exchange}_{place}");
        let item = Self { kind, place, id, text: String::new(), balance: Balance::default() };
        events.say(out, "response.output_item.added", |w| {
            w.field("output_index", &place);
            item.write(w.key("item"), "in_progress", false);
        });
        if let Kind::Message = item.kind {
            item.part(events, out, "response.content_part.added");
        }
        item
    }

    pub(super) fn is_call(&self, tool: usize) -> bool {
        matches!(&self.kind, Kind::Call { tool: known, .. } if *known == tool)
    }

    /// A piece of it.
    pub(super) fn say(&mut self, piece: &str, events: &mut Events, out: &mut Vec<u8>) {
        if let Kind::Reasoning { is_told: is_told @ false, .. } = &mut self.kind {
            *is_told = true;
            self.part(events, out, "response.reasoning_summary_part.added");
        }
        self.text.push_str(piece);
        if let Kind::Call { .. } = self.kind {
            self.balance.feed(piece.as_bytes());
        }
        events.say(out, &format!("{}.delta", self.stem()), |w| {
            self.at(w);
            w.field("delta", piece);
            self.sure(w);
        });
    }

    /// It is over; `status` says whether it is whole. Gives the item as it stands in the answer.
    pub(super) fn close(mut self, status: &str, events: &mut Events, out: &mut Vec<u8>) -> String {
        if matches!(self.kind, Kind::Call { .. }) && self.text.is_empty() {
            self.say("{}", events, out);
        }
        let is_said = !matches!(self.kind, Kind::Reasoning { is_told: false, .. });
        if is_said {
            let key = if matches!(self.kind, Kind::Call { .. }) { "arguments" } else { "text" };
            events.say(out, &format!("{}.done", self.stem()), |w| {
                self.at(w);
                if let Kind::Call { name, .. } = &self.kind {
                    w.field("name", name);
                }
                w.field(key, &self.text);
                self.sure(w);
            });
        }
        match self.kind {
            Kind::Message => self.part(events, out, "response.content_part.done"),
            Kind::Reasoning { is_told: true, .. } => {
                self.part(events, out, "response.reasoning_summary_part.done");
            }
            _ => {}
        }
        let mut w = Writer::default();
        self.write(&mut w, status, true);
        let whole = String::from_utf8(w.into_bytes()).unwrap_or_default();
        events.say(out, "response.output_item.done", |w| {
            w.field("output_index", &self.place);
            w.key("item").json(&whole);
        });
        whole
    }

    fn stem(&self) -> &'static str {
        match self.kind {
            Kind::Message => "response.output_text",
            Kind::Reasoning { .. } => "response.reasoning_summary_text",
            Kind::Call { .. } => "response.function_call_arguments",
        }
    }

    /// Where an event belongs.
    fn at(&self, w: &mut Writer) {
        w.field("item_id", &self.id);
        w.field("output_index", &self.place);
        match self.kind {
            Kind::Message => w.field("content_index", &0),
            Kind::Reasoning { .. } => w.field("summary_index", &0),
            Kind::Call { .. } => {}
        }
    }

    /// How sure the model is of a text: SDKs want it said, and nobody knows.
    fn sure(&self, w: &mut Writer) {
        if let Kind::Message = self.kind {
            w.key("logprobs").list(|_| {});
        }
    }

    /// The one part of it, as far as it has been said.
    fn part(&self, events: &mut Events, out: &mut Vec<u8>, event: &str) {
        events.say(out, event, |w| {
            self.at(w);
            self.content(w.key("part"));
        });
    }

    fn content(&self, w: &mut Writer) {
        w.object(|w| match self.kind {
            Kind::Message => {
                w.field("type", "output_text");
                w.field("text", &self.text);
                w.key("annotations").list(|_| {});
                w.key("logprobs").list(|_| {});
            }
            _ => {
                w.field("type", "summary_text");
                w.field("text", &self.text);
            }
        });
    }

    fn write(&self, w: &mut Writer, status: &str, is_whole: bool) {
        w.object(|w| {
            w.field("id", &self.id);
            match &self.kind {
                Kind::Message => {
                    w.field("type", "message");
                    w.field("status", status);
                    w.field("role", "assistant");
                    w.key("content").list(|w| {
                        if is_whole {
                            self.content(w);
                        }
                    });
                }
                Kind::Reasoning { encrypted, is_told } => {
                    w.field("type", "reasoning");
                    w.key("summary").list(|w| {
                        if is_whole && *is_told {
                            self.content(w);
                        }
                    });
                    w.maybe("encrypted_content", encrypted.as_ref());
                }
                Kind::Call { id, name, .. } => {
                    w.field("type", "function_call");
                    w.field("status", status);
                    w.field("call_id", id);
                    w.field("name", name);
                    w.field("arguments", &self.text);
                }
            }
        });
    }
}
