//! Events for a client: the whole cycle of a response, from `response.created` to the one event that ends it; or the
//! response alone.
//!
//! The end repeats all that was said, so all of it is held, up to a bound.

use bytes::Bytes;

use super::event::Events;
use super::item::{Item, Kind};
use super::outline::{Outline, State};
use super::signature;
use crate::adaptor::Call;
use crate::json::{Fields, Writer, text};
use crate::neutral::{Encode, Event, Stop, Tokens, made_up as made_up_call, spelled};

/// Bytes of one answer. No real answer comes near it.
const MAX_HELD: usize = 16 << 20;
/// Items of one answer.
const MAX_ITEMS: usize = 4096;
/// Bytes of the request that the answer repeats. They are copied, so that the request itself need not be held for as long
/// as its answer lasts, and count as held. A field for which there is no room any more is not repeated.
const MAX_ASKED: usize = 64 << 10;

/// What a response says again of its request; what may be long comes last.
const ASKED: [&str; 15] = [
    "max_output_tokens",
    "max_tool_calls",
    "metadata",
    "parallel_tool_calls",
    "prompt_cache_key",
    "reasoning",
    "safety_identifier",
    "temperature",
    "text",
    "tool_choice",
    "top_p",
    "truncation",
    "user",
    "instructions",
    "tools",
];

#[derive(Debug)]
pub(super) struct Encoder {
    exchange: String,
    outline: Outline,
    events: Events,
    started: bool,
    /// The client wants what proves thinking the model's own, to send it back.
    wants_proof: bool,
    /// Gemini's proof of what was said last: it is an item of its own, before the next one or at the end.
    proof: Option<String>,
    /// Items that are not whole yet, in the order of their places. Only calls may stand beside others.
    open: Vec<Item>,
    /// Nothing is added to the message that is open. It may still turn out to have been cut.
    is_said: bool,
    /// Those that are, as they stand in the answer, with their places.
    whole: Vec<(usize, String)>,
    held: usize,
    tokens: Tokens,
    stop: Option<Stop>,
}

/// The id of a response that is made of an answer in another dialect.
pub(super) fn made_up(exchange: &str) -> String {
    format!("resp_{exchange}")
}

impl Encoder {
    pub(super) fn new(call: &Call<'_>, whole: bool) -> Self {
        let mut fields = Fields::of_body(call.body).unwrap_or_default();
        let includes = fields.list("include").ok().flatten().unwrap_or_default();
        let wants_proof =
            includes.iter().any(|raw| text(raw).is_some_and(|name| name == "reasoning.encrypted_content"));
        let mut held = 0;
        let asked = |key: &'static str| {
            let raw = fields.take(key).filter(|raw| held + raw.get().len() <= MAX_ASKED)?;
            held += raw.get().len();
            // A line of an event has no line breaks; in JSON they are outside of texts.
            Some((key, raw.get().replace(['\n', '\r'], "")))
        };
        let outline = Outline {
            id: made_up(call.id),
            model: call.envelope.model.clone(),
            created: call.unix_seconds,
            asked: ASKED.into_iter().filter_map(asked).collect(),
        };
        Self {
            exchange: call.id.to_owned(),
            outline,
            events: Events { is_silent: whole, ..Events::default() },
            started: false,
            wants_proof,
            proof: None,
            open: Vec::new(),
            is_said: false,
            whole: Vec::new(),
            held,
            tokens: Tokens::default(),
            stop: None,
        }
    }

    fn start(&mut self, model: Option<&str>, out: &mut Vec<u8>) {
        if std::mem::replace(&mut self.started, true) {
            return;
        }
        if let Some(model) = model.filter(|model| !model.is_empty()) {
            model.clone_into(&mut self.outline.model);
        }
        for event in ["response.created", "response.in_progress"] {
            let outline = &self.outline;
            self.events.say(out, event, |w| {
                outline.write(w.key("response"), &State::InProgress, |w| w.list(|_| {}), |w| w.json("null"));
            });
        }
    }

    /// Begins an item; what was begun before and is whole ends.
    fn begin(&mut self, kind: Kind, out: &mut Vec<u8>) -> Result<(), String> {
        if let Some(proof) = self.proof.take() {
            self.sealed(signature::proof(&proof), false, out)?;
        }
        self.settle(out);
        self.is_said = false;
        let place = self.open.len() + self.whole.len();
        if place == MAX_ITEMS {
            return Err(format!("the upstream's answer has more than {MAX_ITEMS} items"));
        }
        self.open.push(Item::open(kind, place, &self.exchange, &mut self.events, out));
        Ok(())
    }

    /// Ends what is whole: texts end where something else begins, calls where their arguments do.
    fn settle(&mut self, out: &mut Vec<u8>) {
        let mut at = 0;
        while at < self.open.len() {
            match &self.open[at] {
                Item { kind: Kind::Call { .. }, balance, .. } if !balance.is_whole() => at += 1,
                _ => self.close(at, "completed", out),
            }
        }
    }

    fn close(&mut self, at: usize, status: &str, out: &mut Vec<u8>) {
        let item = self.open.remove(at);
        let place = item.place;
        self.whole.push((place, item.close(status, &mut self.events, out)));
    }

    fn piece(&mut self, at: usize, piece: &str, out: &mut Vec<u8>) -> Result<(), String> {
        self.held += piece.len();
        if self.held > MAX_HELD {
            return Err(format!("the upstream's answer is longer than {MAX_HELD} bytes"));
        }
        self.open[at].say(piece, &mut self.events, out);
        Ok(())
    }

    /// A piece for the last item, or for a new one where that is of another kind.
    fn text(
        &mut self,
        is_it: fn(&Kind) -> bool,
        new: Kind,
        piece: &str,
        out: &mut Vec<u8>,
    ) -> Result<(), String> {
        if self.is_said || !self.open.last().is_some_and(|last| is_it(&last.kind)) {
            self.begin(new, out)?;
        }
        self.piece(self.open.len() - 1, piece, out)
    }

    /// What proves the thinking before it, which it ends, or thinking that nobody may read.
    fn sealed(&mut self, proof: String, belongs: bool, out: &mut Vec<u8>) -> Result<(), String> {
        if !self.wants_proof {
            self.settle(out);
            return Ok(());
        }
        self.held += proof.len();
        if self.held > MAX_HELD {
            return Err(format!("the upstream's answer is longer than {MAX_HELD} bytes"));
        }
        let is_open = |last: &Item| matches!(last.kind, Kind::Reasoning { encrypted: None, .. });
        if !(belongs && self.open.last().is_some_and(is_open)) {
            self.begin(Kind::Reasoning { encrypted: None, is_told: false }, out)?;
        }
        if let Some(Item { kind: Kind::Reasoning { encrypted, .. }, .. }) = self.open.last_mut() {
            *encrypted = Some(proof);
        }
        self.settle(out);
        Ok(())
    }

    fn call(
        &mut self,
        (tool, id, name): (usize, &str, &str),
        signature: Option<&str>,
        out: &mut Vec<u8>,
    ) -> Result<(), String> {
        let made_up = made_up_call(&self.exchange, tool);
        let id = if id.is_empty() { made_up.as_str() } else { id };
        let id = match signature.filter(|signature| !signature.is_empty()) {
            Some(signature) => spelled::join(id, signature),
            None => id.to_owned(),
        };
        self.held += id.len() + name.len();
        self.begin(Kind::Call { tool, id, name: name.to_owned() }, out)
    }

    fn arguments(&mut self, tool: usize, json: &str, out: &mut Vec<u8>) -> Result<(), String> {
        match self.open.iter().rposition(|item| item.is_call(tool)) {
            _ if json.is_empty() => Ok(()),
            Some(at) => self.piece(at, json, out),
            // Its arguments were whole, and white space adds nothing.
            None if json.trim().is_empty() => Ok(()),
            None => Err("the upstream's answer goes on with a tool call that was whole".to_owned()),
        }
    }
}

impl Encode for Encoder {
    fn event(&mut self, event: Event<'_>, out: &mut Vec<u8>) -> Result<(), String> {
        match &event {
            Event::Start { model, .. } => self.start(model.as_deref(), out),
            Event::Tokens(_) => {}
            _ => self.start(None, out),
        }
        match event {
            Event::Start { .. } => {}
            Event::Text(piece) => {
                self.text(|kind| matches!(kind, Kind::Message), Kind::Message, &piece, out)?;
            }
            Event::Refusal(piece) => {
                self.text(|kind| matches!(kind, Kind::Refusal), Kind::Refusal, &piece, out)?;
            }
            Event::Thinking(piece) => {
                let new = Kind::Reasoning { encrypted: None, is_told: false };
                self.text(|kind| matches!(kind, Kind::Reasoning { .. }), new, &piece, out)?;
            }
            Event::Signature(proof) => self.sealed(signature::signed(&proof), true, out)?,
            Event::Redacted(data) => self.sealed(signature::redacted(&data), false, out)?,
            Event::Proof { signature, .. } => self.proof = Some(signature.into_owned()),
            Event::Tool { tool, id, name, signature } => {
                self.call((tool, &id, &name), signature.as_deref(), out)?;
            }
            Event::Arguments { tool, json } => self.arguments(tool, &json, out)?,
            // Only the end tells whether it was cut there: what is not whole waits for it.
            Event::Close(Some(tool)) => {
                let is_whole = |item: &Item| !item.balance.has_begun() || item.balance.is_whole();
                if let Some(at) = self.open.iter().rposition(|item| item.is_call(tool) && is_whole(item)) {
                    self.close(at, "completed", out);
                }
            }
            Event::Close(None) => match self.open.last().map(|last| &last.kind) {
                Some(Kind::Message | Kind::Refusal) => self.is_said = true,
                _ => self.settle(out),
            },
            Event::Tokens(tokens) => self.tokens.update(tokens),
            // Said only at the end: what reports an error after it was no success.
            Event::Stop(stop) => self.stop = Some(stop),
        }
        Ok(())
    }

    fn ping(&mut self, out: &mut Vec<u8>) {
        if !self.events.is_silent {
            out.extend_from_slice(b":\n\n");
        }
    }

    fn end(&mut self, out: &mut Vec<u8>) -> Result<(), String> {
        let stop = self.stop.take().ok_or("the upstream ended its stream without a reason to stop")?;
        self.start(None, out);
        let (event, state) = match stop {
            Stop::Length => ("response.incomplete", State::Incomplete("max_output_tokens")),
            Stop::Refusal => ("response.incomplete", State::Incomplete("content_filter")),
            Stop::End | Stop::Sequence(_) | Stop::Pause | Stop::Tools => {
                ("response.completed", State::Completed)
            }
        };
        if let Some(proof) = self.proof.take().filter(|_| self.wants_proof) {
            self.sealed(signature::proof(&proof), false, out)?;
        }
        let status = if matches!(state, State::Completed) { "completed" } else { "incomplete" };
        while !self.open.is_empty() {
            self.close(0, status, out);
        }
        self.whole.sort_by_key(|(place, _)| *place);
        let Self { outline, whole, tokens, .. } = self;
        let response = |w: &mut Writer| {
            let output = |w: &mut Writer| w.list(|w| whole.iter().for_each(|(_, item)| w.json(item)));
            outline.write(w, &state, output, |w| usage(w, tokens));
        };
        if self.events.is_silent {
            let mut w = Writer::on(std::mem::take(out));
            response(&mut w);
            *out = w.into_bytes();
        } else {
            self.events.say(out, event, |w| response(w.key("response")));
        }
        Ok(())
    }

    fn last_words(&mut self, body: &[u8]) -> Option<Bytes> {
        if self.events.is_silent {
            return None;
        }
        let mut items = std::mem::take(&mut self.whole);
        items.extend(self.open.iter().map(|item| (item.place, item.cut())));
        items.sort_by_key(|(place, _)| *place);
        Some(self.outline.failed(&mut self.events, body, |w| items.iter().for_each(|(_, item)| w.json(item))))
    }

    fn held(&self) -> usize {
        self.held
    }
}

/// All counts are always there.
fn usage(w: &mut Writer, tokens: &Tokens) {
    let (input, output) = (tokens.input.unwrap_or(0), tokens.output.unwrap_or(0));
    w.object(|w| {
        w.field("input_tokens", &input);
        w.key("input_tokens_details").object(|w| {
            w.field("cached_tokens", &tokens.cached.unwrap_or(0));
            w.field("cache_write_tokens", &tokens.written.unwrap_or(0));
        });
        w.field("output_tokens", &output);
        w.key("output_tokens_details").object(|w| {
            w.field("reasoning_tokens", &tokens.reasoning.unwrap_or(0));
        });
        w.field("total_tokens", &input.saturating_add(output));
    });
}
