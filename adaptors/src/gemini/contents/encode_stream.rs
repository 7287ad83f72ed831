//! Chunks for a client, or one answer. Calls are told whole, so they wait for their last piece; there is no last event but
//! the reason to stop.

use bytes::Bytes;
use serde::de::IgnoredAny;

use super::super::form::Form;
use super::parts::Parts;
use super::signature::{self, Thought};
use crate::adaptor::Call;
use crate::balance::Balance;
use crate::json::{Writer, mended, on_one_line};
use crate::neutral::{Encode, Event, Stop, Tokens, made_up};

/// Bytes that may wait: of calls that are not whole, and of thinking until its signature comes.
const MAX_WAITING: usize = 4 << 20;
/// Calls that may wait.
const MAX_CALLS: usize = 1024;
const TOO_MUCH: &str = "the upstream's answer has calls that are too large to be told whole";

#[derive(Debug)]
pub(crate) struct Encoder {
    form: Form,
    /// Something has been said.
    begun: bool,
    /// What the client's one answer says, where it gets one.
    whole: Option<Parts>,
    call_id: String,
    id: String,
    model: String,
    /// The thinking that is not signed yet, and what is and still has to be carried.
    thinking: String,
    thoughts: Vec<Thought>,
    /// The last of them may still get more of its signature.
    is_signing: bool,
    calls: Vec<Waiting>,
    waiting: usize,
    refused: bool,
    /// A text was said.
    spoke: bool,
    tokens: Tokens,
    stop: Option<Stop>,
}

/// A call that is not told yet.
#[derive(Debug)]
struct Waiting {
    tool: usize,
    id: String,
    name: String,
    json: String,
    balance: Balance,
    is_closed: bool,
    signature: Option<String>,
}

impl Encoder {
    pub(crate) fn new(call: &Call<'_>, whole: bool) -> Self {
        Self {
            form: Form::of(call.path),
            begun: false,
            whole: whole.then(Parts::default),
            call_id: call.id.to_owned(),
            id: call.id.to_owned(),
            model: call.envelope.model.clone(),
            thinking: String::new(),
            thoughts: Vec::new(),
            is_signing: false,
            calls: Vec::new(),
            waiting: 0,
            refused: false,
            spoke: false,
            tokens: Tokens::default(),
            stop: None,
        }
    }

    /// One chunk: its parts, and at the end what else there is.
    fn chunk(&mut self, out: &mut Vec<u8>, last: Option<&'static str>, parts: impl FnOnce(&mut Writer)) {
        let begun = std::mem::replace(&mut self.begun, true);
        self.form.write(out, begun, |out| {
            let mut w = Writer::on(std::mem::take(out));
            self.answer(&mut w, last, parts);
            *out = w.into_bytes();
        });
    }

    fn answer(&self, w: &mut Writer, last: Option<&'static str>, parts: impl FnOnce(&mut Writer)) {
        w.object(|w| {
            w.key("candidates").list(|w| {
                w.object(|w| {
                    w.key("content").object(|w| {
                        w.key("parts").list(parts);
                        w.field("role", "model");
                    });
                    w.maybe("finishReason", last);
                    w.field("index", &0);
                });
            });
            if last.is_some() {
                usage(w.key("usageMetadata"), &self.tokens);
            }
            w.field("modelVersion", &self.model);
            w.field("responseId", &self.id);
        });
    }

    fn text(&mut self, text: &str, proof: Option<&str>, out: &mut Vec<u8>) {
        let carried = signature::to_client(std::mem::take(&mut self.thoughts), proof);
        let write = |w: &mut Writer| {
            w.object(|w| {
                w.field("text", text);
                w.maybe("thoughtSignature", carried.as_ref());
            });
        };
        match &mut self.whole {
            Some(whole) if carried.is_none() => whole.text(text, false),
            Some(whole) => whole.part(write),
            None => self.chunk(out, None, write),
        }
    }

    fn thought(&mut self, text: &str, out: &mut Vec<u8>) {
        // What is longer comes back to nobody.
        if self.thinking.len() + text.len() <= MAX_WAITING {
            self.thinking.push_str(text);
        }
        match &mut self.whole {
            Some(whole) => whole.text(text, true),
            None => self.chunk(out, None, |w| {
                w.object(|w| {
                    w.field("text", text);
                    w.field("thought", &true);
                });
            }),
        }
    }

    fn begin(&mut self, call: Waiting) -> Result<(), String> {
        if self.calls.len() == MAX_CALLS {
            return Err(TOO_MUCH.to_owned());
        }
        self.calls.push(call);
        Ok(())
    }

    fn add(&mut self, tool: usize, json: &str) -> Result<(), String> {
        let Some(call) = self.calls.iter_mut().rev().find(|call| call.tool == tool) else {
            // It was told already, and white space adds nothing.
            let is_nothing = json.trim().is_empty();
            let said = "the upstream's answer goes on with a tool call that was whole";
            return if is_nothing { Ok(()) } else { Err(said.to_owned()) };
        };
        self.waiting += json.len();
        if self.waiting > MAX_WAITING {
            return Err(TOO_MUCH.to_owned());
        }
        call.json.push_str(json);
        call.balance.feed(json.as_bytes());
        Ok(())
    }

    /// The calls that wait, as parts. Signed thinking is carried by the first of them.
    ///
    /// # Errors
    /// When the arguments of one are no JSON: they are a part of the answer's own here, and no text that a client reads.
    fn parts(&mut self, is_cut: bool) -> Result<Vec<(Waiting, Option<String>)>, String> {
        let mut thoughts = std::mem::take(&mut self.thoughts);
        self.waiting = 0;
        let mut calls = Vec::new();
        for call in std::mem::take(&mut self.calls) {
            // The limit was reached inside it: there is nothing that could be called.
            if is_cut && call.balance.has_begun() && !call.balance.is_whole() {
                continue;
            }
            if let (false, Err(error)) =
                (call.json.trim().is_empty(), serde_json::from_str::<IgnoredAny>(&call.json))
            {
                return Err(format!(
                    "the upstream's answer has a tool call whose input cannot be read: {error}"
                ));
            }
            let carried = signature::to_client(std::mem::take(&mut thoughts), call.signature.as_deref());
            calls.push((call, carried));
        }
        Ok(calls)
    }

    /// Says the calls that came before something else.
    fn flush(&mut self, out: &mut Vec<u8>) -> Result<(), String> {
        let is_whole = |call: &Waiting| call.is_closed || call.balance.is_whole();
        if self.calls.is_empty() || !self.calls.iter().all(is_whole) {
            return Ok(());
        }
        let calls = self.parts(false)?;
        match &mut self.whole {
            Some(whole) => {
                calls.iter().for_each(|call| whole.part(|w| write_call(w, call, &self.call_id)));
            }
            None => {
                let call_id = self.call_id.clone();
                self.chunk(out, None, |w| calls.iter().for_each(|call| write_call(w, call, &call_id)));
            }
        }
        Ok(())
    }
}

impl Encode for Encoder {
    fn event(&mut self, event: Event<'_>, out: &mut Vec<u8>) -> Result<(), String> {
        let begins_to_refuse = !self.refused && matches!(event, Event::Refusal(_));
        self.refused |= begins_to_refuse;
        let was_signing = std::mem::replace(&mut self.is_signing, matches!(event, Event::Signature(_)));
        match event {
            Event::Start { id, model } => {
                let named = |given: Option<std::borrow::Cow<'_, str>>, known: &mut String| {
                    if let Some(given) = given.filter(|given| !given.is_empty()) {
                        *known = given.into_owned();
                    }
                };
                named(id, &mut self.id);
                named(model, &mut self.model);
            }
            Event::Text(text) | Event::Refusal(text) => {
                self.flush(out)?;
                // What it says instead of an answer is a text of its own.
                if begins_to_refuse && self.spoke {
                    self.text("\n\n", None, out);
                }
                self.spoke = true;
                self.text(&text, None, out);
            }
            Event::Thinking(text) => {
                self.flush(out)?;
                self.thought(&text, out);
            }
            Event::Signature(more) if was_signing => {
                if let Some(Thought::Signed(_, signature)) = self.thoughts.last_mut() {
                    signature.push_str(&more);
                }
            }
            Event::Signature(signature) => {
                let text = std::mem::take(&mut self.thinking);
                self.thoughts.push(Thought::Signed(text, signature.into_owned()));
            }
            Event::Redacted(data) => self.thoughts.push(Thought::Redacted(data.into_owned())),
            Event::Tool { tool, id, name, signature } => {
                let (id, name) = (id.into_owned(), name.into_owned());
                let (json, balance) = (String::new(), Balance::default());
                let signature = signature.map(std::borrow::Cow::into_owned);
                self.begin(Waiting { tool, id, name, json, balance, is_closed: false, signature })?;
            }
            Event::Arguments { tool, json } => self.add(tool, &json)?,
            Event::Proof { tool: None, signature } => {
                self.flush(out)?;
                self.text("", Some(&signature), out);
            }
            Event::Proof { tool, signature } => {
                if let Some(call) = self.calls.iter_mut().find(|call| Some(call.tool) == tool) {
                    call.signature = Some(signature.into_owned());
                }
            }
            Event::Close(Some(tool)) => {
                if let Some(call) = self.calls.iter_mut().find(|call| call.tool == tool) {
                    call.is_closed = true;
                }
            }
            Event::Close(None) => self.thinking.clear(),
            Event::Tokens(tokens) => self.tokens.update(tokens),
            // Said only at the end: what reports an error after it was no success.
            Event::Stop(stop) => self.stop = Some(stop),
        }
        Ok(())
    }

    /// Clients take every line for JSON.
    fn ping(&mut self, _out: &mut Vec<u8>) {}

    fn end(&mut self, out: &mut Vec<u8>) -> Result<(), String> {
        let stop = self.stop.take().ok_or("the upstream ended its stream without a reason to stop")?;
        let reason = match stop {
            Stop::End | Stop::Sequence(_) if self.refused => "SAFETY",
            Stop::End | Stop::Sequence(_) | Stop::Tools | Stop::Pause => "STOP",
            Stop::Length => "MAX_TOKENS",
            Stop::Refusal => "SAFETY",
        };
        // Signed thinking that nothing followed is carried by an empty text.
        let carried = signature::to_client(
            if self.calls.is_empty() { std::mem::take(&mut self.thoughts) } else { Vec::new() },
            None,
        );
        let calls = self.parts(stop == Stop::Length)?;
        if let Some(mut whole) = self.whole.take() {
            calls.iter().for_each(|call| whole.part(|w| write_call(w, call, &self.call_id)));
            if calls.is_empty() && (carried.is_some() || whole.is_empty()) {
                whole.part(|w| write_silence(w, carried.as_deref()));
            }
            let mut w = Writer::on(std::mem::take(out));
            self.answer(&mut w, Some(reason), |w| whole.write_into(w));
            *out = w.into_bytes();
            return Ok(());
        }
        let call_id = self.call_id.clone();
        self.chunk(out, Some(reason), |w| {
            calls.iter().for_each(|call| write_call(w, call, &call_id));
            if calls.is_empty() {
                write_silence(w, carried.as_deref());
            }
        });
        out.extend_from_slice(self.form.end(true));
        Ok(())
    }

    fn last_words(&mut self, body: &[u8]) -> Option<Bytes> {
        Some(self.form.complaint(body, self.begun)).filter(|_| self.whole.is_none())
    }
}

/// What stands where nothing more was said.
fn write_silence(w: &mut Writer, carried: Option<&str>) {
    w.object(|w| {
        w.field("text", "");
        w.maybe("thoughtSignature", carried);
    });
}

fn write_call(w: &mut Writer, (call, carried): &(Waiting, Option<String>), call_id: &str) {
    let made_up = made_up(call_id, call.tool);
    w.object(|w| {
        w.key("functionCall").object(|w| {
            w.field("id", if call.id.is_empty() { &made_up } else { &call.id });
            w.field("name", &call.name);
            let json = mended(call.json.trim());
            let json = on_one_line(&json);
            w.key("args").json(if json.is_empty() { "{}" } else { &json });
        });
        w.maybe("thoughtSignature", carried.as_ref());
    });
}

/// Thoughts are beside the candidates' tokens here.
fn usage(w: &mut Writer, tokens: &Tokens) {
    let (input, output) = (tokens.input.unwrap_or(0), tokens.output.unwrap_or(0));
    w.object(|w| {
        w.field("promptTokenCount", &input);
        w.maybe("cachedContentTokenCount", tokens.cached);
        w.field("candidatesTokenCount", &output.saturating_sub(tokens.reasoning.unwrap_or(0)));
        w.maybe("thoughtsTokenCount", tokens.reasoning);
        w.field("totalTokenCount", &input.saturating_add(output));
    });
}
