//! One completion for a client that asked for no stream: what the chunks of one would add up to.

use std::borrow::Cow;

use super::encode_stream::{finish_of, usage};
use super::places::Spot;
use super::signature;
use crate::adaptor::Call as Asked;
use crate::json::Writer;
use crate::neutral::{Encode, Event, Stop, Tokens, made_up};

/// Blocks of thinking of one answer. No real answer comes near it.
const MAX_THOUGHTS: usize = 1024;

#[derive(Debug)]
pub(crate) struct Encoder {
    exchange: String,
    id: String,
    model: String,
    created: u64,
    begun: bool,
    content: String,
    refusal: String,
    thoughts: Vec<Thought>,
    /// The last of them may go on.
    is_thinking: bool,
    calls: Vec<Call>,
    /// Gemini's proof of the text.
    proof: Option<String>,
    tokens: Tokens,
    stop: Option<Stop>,
}

#[derive(Debug)]
enum Thought {
    Told { text: String, signature: Option<String> },
    Redacted(String),
}

#[derive(Debug)]
struct Call {
    tool: usize,
    id: String,
    name: String,
    arguments: String,
    signature: Option<String>,
}

impl Encoder {
    pub(crate) fn new(call: &Asked<'_>) -> Self {
        Self {
            exchange: call.id.to_owned(),
            id: format!("chatcmpl-{}", call.id),
            model: call.envelope.model.clone(),
            created: call.unix_seconds,
            begun: false,
            content: String::new(),
            refusal: String::new(),
            thoughts: Vec::new(),
            is_thinking: false,
            calls: Vec::new(),
            proof: None,
            tokens: Tokens::default(),
            stop: None,
        }
    }

    fn start(&mut self, id: Option<Cow<'_, str>>, model: Option<Cow<'_, str>>) {
        if std::mem::replace(&mut self.begun, true) {
            return;
        }
        for (given, known) in [(id, &mut self.id), (model, &mut self.model)] {
            if let Some(given) = given.filter(|given| !given.is_empty()) {
                *known = given.into_owned();
            }
        }
    }

    fn think(&mut self, thought: Thought) -> Result<(), String> {
        if self.thoughts.len() == MAX_THOUGHTS {
            return Err(format!("the upstream's answer has more than {MAX_THOUGHTS} blocks of thinking"));
        }
        self.is_thinking = matches!(thought, Thought::Told { .. });
        self.thoughts.push(thought);
        Ok(())
    }

    /// What was said and called so far.
    fn here(&self) -> Spot {
        Spot { calls: self.calls.len(), bytes: self.content.len() }
    }

    /// A piece of the thinking, or of its signature.
    fn thought(&mut self, piece: &str, is_signature: bool) -> Result<(), String> {
        if !self.is_thinking {
            self.think(Thought::Told { text: String::new(), signature: None })?;
        }
        let here = self.here();
        match self.thoughts.last_mut() {
            Some(Thought::Told { signature: Some(signature), .. }) if is_signature => {
                signature.push_str(piece);
            }
            Some(Thought::Told { signature, .. }) if is_signature => {
                *signature = Some(here.on(piece).into_owned());
            }
            Some(Thought::Told { text, .. }) => text.push_str(piece),
            _ => {}
        }
        Ok(())
    }

    /// All of the thinking that is told.
    fn reasoning(&self) -> Cow<'_, str> {
        let told: Vec<&str> = self.thoughts.iter().filter_map(Thought::text).collect();
        match told.as_slice() {
            [] => Cow::Borrowed(""),
            [text] => Cow::Borrowed(*text),
            several => several.concat().into(),
        }
    }

    fn message(&self, w: &mut Writer) {
        let is_silent = self.content.is_empty() && !(self.calls.is_empty() && self.refusal.is_empty());
        if is_silent {
            w.key("content").json("null");
        }
        w.field("role", "assistant");
        if !is_silent {
            w.field("content", &self.content);
        }
        w.maybe("reasoning_content", some(&self.reasoning()));
        if !self.thoughts.is_empty() {
            w.key("thinking_blocks").list(|w| self.thoughts.iter().for_each(|thought| thought.write(w)));
        }
        w.maybe("refusal", some(&self.refusal));
        signature::write(w, self.proof.as_deref());
        if !self.calls.is_empty() {
            w.key("tool_calls").list(|w| self.calls.iter().for_each(|call| call.write(w, &self.exchange)));
        }
    }
}

fn some(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

impl Thought {
    fn text(&self) -> Option<&str> {
        match self {
            Self::Told { text, .. } => Some(text),
            Self::Redacted(_) => None,
        }
    }

    fn write(&self, w: &mut Writer) {
        w.object(|w| match self {
            Self::Told { text, signature } => {
                w.field("type", "thinking");
                w.field("thinking", text);
                w.maybe("signature", signature.as_ref());
            }
            Self::Redacted(data) => {
                w.field("type", "redacted_thinking");
                w.field("data", data);
            }
        });
    }
}

impl Call {
    fn write(&self, w: &mut Writer, exchange: &str) {
        w.object(|w| {
            match self.id.as_str() {
                "" => w.field("id", &made_up(exchange, self.tool)),
                id => w.field("id", id),
            }
            w.field("type", "function");
            w.key("function").object(|w| {
                w.field("name", &self.name);
                w.field("arguments", if self.arguments.is_empty() { "{}" } else { &self.arguments });
            });
            signature::write(w, self.signature.as_deref());
        });
    }
}

impl Encode for Encoder {
    fn event(&mut self, event: Event<'_>, _out: &mut Vec<u8>) -> Result<(), String> {
        match &event {
            Event::Start { .. } | Event::Tokens(_) => {}
            Event::Thinking(_) | Event::Signature(_) | Event::Arguments { .. } => self.begun = true,
            _ => (self.begun, self.is_thinking) = (true, false),
        }
        match event {
            Event::Start { id, model } => self.start(id, model),
            Event::Text(text) => self.content.push_str(&text),
            Event::Refusal(text) => self.refusal.push_str(&text),
            Event::Thinking(text) => self.thought(&text, false)?,
            Event::Signature(text) => self.thought(&text, true)?,
            Event::Redacted(data) => self.think(Thought::Redacted(self.here().on(&data).into_owned()))?,
            Event::Tool { tool, id, name, signature } => self.calls.push(Call {
                tool,
                id: id.into_owned(),
                name: name.into_owned(),
                arguments: String::new(),
                signature: signature.map(Cow::into_owned),
            }),
            Event::Arguments { tool, json } => {
                if let Some(call) = self.calls.iter_mut().rev().find(|call| call.tool == tool) {
                    call.arguments.push_str(&json);
                }
            }
            Event::Proof { tool: None, signature } => {
                self.proof.get_or_insert_default().push_str(&signature);
            }
            Event::Proof { tool, signature } => {
                if let Some(call) = self.calls.iter_mut().find(|call| Some(call.tool) == tool) {
                    call.signature.get_or_insert_default().push_str(&signature);
                }
            }
            Event::Close(_) => {}
            Event::Tokens(tokens) => self.tokens.update(tokens),
            Event::Stop(stop) => self.stop = Some(stop),
        }
        Ok(())
    }

    fn ping(&mut self, _out: &mut Vec<u8>) {}

    fn end(&mut self, out: &mut Vec<u8>) -> Result<(), String> {
        let stop = self.stop.take().ok_or("the upstream ended its stream without a reason to stop")?;
        let finish = finish_of(&stop, !self.calls.is_empty());
        let mut w = Writer::on(std::mem::take(out));
        w.object(|w| {
            w.field("id", &self.id);
            w.field("object", "chat.completion");
            w.field("created", &self.created);
            w.field("model", &self.model);
            w.key("choices").list(|w| {
                w.object(|w| {
                    w.field("index", &0);
                    w.field("finish_reason", finish);
                    w.key("message").object(|w| self.message(w));
                });
            });
            if self.tokens != Tokens::default() {
                usage(w.key("usage"), &self.tokens);
            }
        });
        *out = w.into_bytes();
        Ok(())
    }
}
