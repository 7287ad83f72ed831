//! One item of a client's stream, from its start to its end.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::event::Events;
use super::title::{Form, Title};
use crate::balance::Balance;
use crate::json::{Fields, Writer, mended, on_one_line};

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
    /// A message in which the model says that it will not answer.
    Refusal,
    /// With what proves it the model's own.
    Reasoning {
        encrypted: Option<String>,
        is_told: bool,
    },
    /// Its name is the neutral conversation's.
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
            Kind::Message | Kind::Refusal => "msg",
            Kind::Reasoning { .. } => "rs",
            Kind::Call { ref name, .. } => match Title::of(name).form {
                Form::Function => "fc",
                Form::Free => "ctc",
                Form::Search => "tsc",
                Form::Known(known) => known.prefix(),
            },
        };
        let id = format!("{prefix}_{exchange}_{place}");
        let item = Self { kind, place, id, text: String::new(), balance: Balance::default() };
        events.say(out, "response.output_item.added", |w| {
            w.field("output_index", &place);
            item.write(w.key("item"), "in_progress", false);
        });
        if let Kind::Message | Kind::Refusal = item.kind {
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
        // Other calls are told whole.
        if self.form() != Some(Form::Function) && matches!(self.kind, Kind::Call { .. }) {
            return;
        }
        events.step(out, (self.stem(), ".delta"), |w| {
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
        self.said(events, out);
        match self.kind {
            Kind::Message | Kind::Refusal => self.part(events, out, "response.content_part.done"),
            Kind::Reasoning { is_told: true, .. } => {
                self.part(events, out, "response.reasoning_summary_part.done");
            }
            _ => {}
        }
        let whole = self.shown(status);
        events.say(out, "response.output_item.done", |w| {
            w.field("output_index", &self.place);
            w.key("item").json(&whole);
        });
        whole
    }

    /// The item as far as it came.
    pub(super) fn cut(&self) -> String {
        self.shown("incomplete")
    }

    fn shown(&self, status: &str) -> String {
        let mut w = Writer::default();
        self.write(&mut w, status, true);
        String::from_utf8(w.into_bytes()).unwrap_or_default()
    }

    /// All that was said of it, where that is a text.
    fn said(&self, events: &mut Events, out: &mut Vec<u8>) {
        let (key, text) = match &self.kind {
            Kind::Reasoning { is_told: false, .. } => return,
            Kind::Refusal => ("refusal", Cow::Borrowed(self.text.as_str())),
            Kind::Message | Kind::Reasoning { .. } => ("text", Cow::Borrowed(self.text.as_str())),
            Kind::Call { name, .. } => match Title::of(name).form {
                Form::Search | Form::Known(_) => return,
                Form::Function => ("arguments", Cow::Borrowed(self.text.as_str())),
                Form::Free => ("input", input(&self.text)),
            },
        };
        if key == "input" && !text.is_empty() {
            events.step(out, (self.stem(), ".delta"), |w| {
                self.at(w);
                w.field("delta", &text);
            });
        }
        events.step(out, (self.stem(), ".done"), |w| {
            self.at(w);
            if let Kind::Call { name, .. } = &self.kind
                && key == "arguments"
            {
                w.field("name", Title::of(name).name);
            }
            w.field(key, &text);
            self.sure(w);
        });
    }

    /// What kind of call it is.
    fn form(&self) -> Option<Form> {
        match &self.kind {
            Kind::Call { name, .. } => Some(Title::of(name).form),
            _ => None,
        }
    }

    fn stem(&self) -> &'static str {
        match self.kind {
            Kind::Message => "response.output_text",
            Kind::Refusal => "response.refusal",
            Kind::Reasoning { .. } => "response.reasoning_summary_text",
            Kind::Call { .. } if self.form() == Some(Form::Free) => "response.custom_tool_call_input",
            Kind::Call { .. } => "response.function_call_arguments",
        }
    }

    /// Where an event belongs.
    fn at(&self, w: &mut Writer) {
        w.field("item_id", &self.id);
        w.field("output_index", &self.place);
        match self.kind {
            Kind::Message | Kind::Refusal => w.field("content_index", &0),
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
            Kind::Refusal => {
                w.field("type", "refusal");
                w.field("refusal", &self.text);
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
                Kind::Message | Kind::Refusal => {
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
                Kind::Call { id, name, .. } => self.call(w, status, id, Title::of(name)),
            }
        });
    }

    fn call(&self, w: &mut Writer, status: &str, id: &str, title: Title<'_>) {
        let (kind, status) = match title.form {
            Form::Function => ("function_call", status),
            Form::Free => ("custom_tool_call", status),
            Form::Search => ("tool_search_call", status),
            Form::Known(known) => (known.call(), known.status(status)),
        };
        w.field("type", kind);
        w.field("status", status);
        w.field("call_id", id);
        match title.form {
            Form::Known(known) => return known.write(w.key(known.key()), &self.text),
            Form::Search => {
                w.field("execution", "client");
                let is_whole = serde_json::from_str::<&RawValue>(&self.text).is_ok();
                let json = if is_whole { mended(self.text.trim()) } else { "{}".into() };
                return w.key("arguments").json(&on_one_line(&json));
            }
            Form::Function | Form::Free => {}
        }
        w.field("name", title.name);
        w.maybe("namespace", title.space);
        match title.form {
            Form::Free => w.field("input", &input(&self.text)),
            _ => w.field("arguments", &self.text),
        }
    }
}

/// The text that a tool without fields takes, of the arguments of the function that stood for it. What broke off, or is
/// something else, stays as it is.
fn input(arguments: &str) -> Cow<'_, str> {
    let text = Fields::of_body(arguments.as_bytes()).and_then(|mut fields| fields.need("input"));
    text.unwrap_or(Cow::Borrowed(if arguments == "{}" { "" } else { arguments }))
}
