//! Chunks for a client. What all chunks begin with is written once; a piece of text costs one allocation.

use super::places::Spot;
use super::signature;
use crate::adaptor::Call;
use crate::json::{Fields, Writer};
use crate::neutral::{Encode, Event, Stop, Tokens, made_up};

#[derive(Debug)]
pub(crate) struct Encoder {
    /// `data: {…,"choices":[` once the answer has begun.
    head: Vec<u8>,
    made_up_id: String,
    model: String,
    created: u64,
    /// The client wants to know the cost.
    counts: bool,
    tokens: Tokens,
    /// Blocks of thinking that are whole, and whether another one is open.
    thoughts: usize,
    is_thinking: bool,
    /// A signature's beginning came.
    is_signing: bool,
    /// What was said and called so far.
    here: Spot,
    /// The calls that have begun and have no arguments yet.
    bare: Vec<usize>,
    stop: Option<Stop>,
}

impl Encoder {
    pub(crate) fn new(call: &Call<'_>) -> Self {
        let options =
            Fields::of_body(call.body).ok().and_then(|mut body| body.object("stream_options").ok()?);
        let counts = options.and_then(|mut options| options.flag("include_usage").ok()?);
        Self {
            head: Vec::new(),
            made_up_id: format!("chatcmpl-{}", call.id),
            model: call.envelope.model.clone(),
            created: call.unix_seconds,
            counts: counts.unwrap_or(false),
            tokens: Tokens::default(),
            thoughts: 0,
            is_thinking: false,
            is_signing: false,
            here: Spot::default(),
            bare: Vec::new(),
            stop: None,
        }
    }

    fn start(&mut self, id: Option<&str>, model: Option<&str>, out: &mut Vec<u8>) {
        if !self.head.is_empty() {
            return;
        }
        let mut w = Writer::on(b"data: ".to_vec());
        w.object(|w| {
            w.field("id", id.filter(|id| !id.is_empty()).unwrap_or(&self.made_up_id));
            w.field("object", "chat.completion.chunk");
            w.field("created", &self.created);
            w.field("model", model.filter(|model| !model.is_empty()).unwrap_or(&self.model));
            w.key("choices");
        });
        self.head = w.into_bytes();
        self.head.pop();
        self.head.push(b'[');
        self.delta(out, |w| {
            w.field("role", "assistant");
            w.field("content", "");
        });
    }

    /// One chunk with one delta.
    fn delta(&self, out: &mut Vec<u8>, write: impl FnOnce(&mut Writer)) {
        self.chunk(out, None, write);
    }

    fn chunk(&self, out: &mut Vec<u8>, finish: Option<&str>, write: impl FnOnce(&mut Writer)) {
        let mut frame = std::mem::take(out);
        frame.reserve(self.head.len() + 128);
        frame.extend_from_slice(&self.head);
        frame.extend_from_slice(b"{\"index\":0,\"delta\":");
        let mut w = Writer::on(frame);
        w.object(write);
        w.field("finish_reason", &finish);
        *out = w.into_bytes();
        out.extend_from_slice(if self.counts { b"}],\"usage\":null}\n\n" } else { b"}]}\n\n" });
    }

    fn thought(&mut self, out: &mut Vec<u8>, key: &str, text: &str) {
        let index = self.thoughts;
        // A signature of nothing that was told: without a text it would be taken for a piece of one.
        let is_silent = key == "signature" && !self.is_thinking;
        let is_proof = key != "thinking";
        let begins = is_proof && !std::mem::replace(&mut self.is_signing, is_proof);
        let text = if begins { self.here.on(text) } else { text.into() };
        self.delta(out, |w| {
            if key == "thinking" {
                w.field("reasoning_content", &text);
            }
            w.key("thinking_blocks").list(|w| {
                w.object(|w| {
                    w.field("index", &index);
                    w.field("type", if key == "data" { "redacted_thinking" } else { "thinking" });
                    if is_silent {
                        w.field("thinking", "");
                    }
                    w.field(key, &text);
                });
            });
        });
        self.is_thinking = true;
    }

    fn arguments(&self, out: &mut Vec<u8>, tool: usize, json: &str) {
        self.delta(out, |w| {
            w.key("tool_calls").list(|w| {
                w.object(|w| {
                    w.field("index", &tool);
                    w.key("function").object(|w| w.field("arguments", json));
                });
            });
        });
    }

    /// A call that is whole without arguments gets those of an empty object.
    fn close(&mut self, tool: usize, out: &mut Vec<u8>) {
        if self.has_begun(tool) {
            self.arguments(out, tool, "{}");
        }
    }

    /// True for the first arguments of a call.
    fn has_begun(&mut self, tool: usize) -> bool {
        let place = self.bare.iter().position(|bare| *bare == tool);
        place.map(|place| self.bare.swap_remove(place)).is_some()
    }

    /// Gemini's proof of a call, or of the text.
    fn proof(&self, out: &mut Vec<u8>, tool: Option<usize>, proof: &str) {
        self.delta(out, |w| match tool {
            None => signature::write(w, Some(proof)),
            Some(tool) => w.key("tool_calls").list(|w| {
                w.object(|w| {
                    w.field("index", &tool);
                    signature::write(w, Some(proof));
                });
            }),
        });
    }

    fn end_thought(&mut self) {
        self.thoughts += usize::from(std::mem::take(&mut self.is_thinking));
        self.is_signing = false;
    }
}

impl Encode for Encoder {
    fn event(&mut self, event: Event<'_>, out: &mut Vec<u8>) -> Result<(), String> {
        match &event {
            Event::Start { id, model } => self.start(id.as_deref(), model.as_deref(), out),
            Event::Tokens(_) => {}
            _ => self.start(None, None, out),
        }
        match event {
            Event::Start { .. } => {}
            Event::Text(text) => {
                self.end_thought();
                self.here.bytes += text.len();
                self.delta(out, |w| w.field("content", &text));
            }
            Event::Refusal(text) => {
                self.end_thought();
                self.delta(out, |w| w.field("refusal", &text));
            }
            Event::Thinking(text) => self.thought(out, "thinking", &text),
            Event::Signature(text) => self.thought(out, "signature", &text),
            Event::Redacted(data) => {
                self.end_thought();
                self.thought(out, "data", &data);
                self.end_thought();
            }
            Event::Tool { tool, id, name, signature } => {
                self.end_thought();
                self.here.calls += 1;
                self.bare.push(tool);
                let made_up = made_up(&self.made_up_id["chatcmpl-".len()..], tool);
                let id = if id.is_empty() { made_up.as_str() } else { id.as_ref() };
                self.delta(out, |w| {
                    w.key("tool_calls").list(|w| {
                        w.object(|w| {
                            w.field("index", &tool);
                            w.field("id", id);
                            w.field("type", "function");
                            w.key("function").object(|w| {
                                w.field("name", &name);
                                w.field("arguments", "");
                            });
                            signature::write(w, signature.as_deref());
                        });
                    });
                });
            }
            Event::Arguments { json, .. } if json.is_empty() => {}
            Event::Arguments { tool, json } => {
                self.has_begun(tool);
                self.arguments(out, tool, &json);
            }
            Event::Proof { tool, signature } => self.proof(out, tool, &signature),
            Event::Close(Some(tool)) => self.close(tool, out),
            Event::Close(None) => self.end_thought(),
            Event::Tokens(tokens) => self.tokens.update(tokens),
            // Said only at the end: what reports an error after it was no success.
            Event::Stop(stop) => self.stop = Some(stop),
        }
        Ok(())
    }

    fn ping(&mut self, out: &mut Vec<u8>) {
        out.extend_from_slice(b":\n\n");
    }

    fn end(&mut self, out: &mut Vec<u8>) -> Result<(), String> {
        let stop = self.stop.take().ok_or("the upstream ended its stream without a reason to stop")?;
        for tool in std::mem::take(&mut self.bare) {
            self.arguments(out, tool, "{}");
        }
        let finish = finish_of(&stop, self.here.calls > 0);
        self.chunk(out, Some(finish), |_| {});
        if self.counts && self.tokens != Tokens::default() {
            out.extend_from_slice(&self.head);
            let mut w = Writer::on(std::mem::take(out));
            w.json("]");
            usage(w.key("usage"), &self.tokens);
            *out = w.into_bytes();
            out.extend_from_slice(b"}\n\n");
        }
        out.extend_from_slice(b"data: [DONE]\n\n");
        Ok(())
    }
}

/// `called`: the answer calls tools. Some upstreams then say that they just stopped.
pub(super) fn finish_of(stop: &Stop, called: bool) -> &'static str {
    match stop {
        Stop::End | Stop::Tools | Stop::Sequence(_) if called => "tool_calls",
        Stop::End | Stop::Sequence(_) | Stop::Pause | Stop::Tools => "stop",
        Stop::Length => "length",
        Stop::Refusal => "content_filter",
    }
}

pub(super) fn usage(w: &mut Writer, tokens: &Tokens) {
    let (input, output) = (tokens.input.unwrap_or(0), tokens.output.unwrap_or(0));
    w.object(|w| {
        w.field("prompt_tokens", &input);
        w.field("completion_tokens", &output);
        w.field("total_tokens", &input.saturating_add(output));
        if tokens.cached.is_some() || tokens.written.is_some() {
            w.key("prompt_tokens_details").object(|w| {
                w.field("cached_tokens", &tokens.cached.unwrap_or(0));
                w.maybe("cache_write_tokens", tokens.written.filter(|written| *written > 0));
            });
        }
        if let Some(reasoning) = tokens.reasoning {
            w.key("completion_tokens_details").object(|w| w.field("reasoning_tokens", &reasoning));
        }
    });
}
