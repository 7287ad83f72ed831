//! Events for a client, or one message. Content blocks follow one another here, so what comes for a later block while an
//! earlier one is not whole yet waits its turn; in one message all of them wait for the end.

use std::collections::VecDeque;

use crate::adaptor::Call;
use crate::json::Writer;
use crate::neutral::{Encode, Event, Stop, Tokens};

use super::stream_block::{Block, Kind, say};

/// Bytes that may wait for an earlier block to become whole. Interleaved calls are small.
const MAX_WAITING: usize = 4 << 20;
/// Blocks that may wait, and those of one message. No real answer comes near it.
const MAX_BLOCKS: usize = 2048;
const MAX_OF_MESSAGE: usize = 4096;

const TOO_MUCH: &str = "the upstream's answer interleaves more than can wait";

#[derive(Debug)]
pub(crate) struct Encoder {
    /// The client gets one message.
    whole: bool,
    call_id: String,
    /// The message's; it has one once it has begun.
    id: String,
    model: String,
    /// Blocks that are not whole yet; the first is open if its start has been said.
    blocks: VecDeque<Block>,
    is_open: bool,
    /// The open block's index.
    index: usize,
    waiting: usize,
    /// A proof that is said before the next block; one of a call at the end, too.
    proof: Option<(bool, String)>,
    called: bool,
    refused: bool,
    tokens: Tokens,
    stop: Option<Stop>,
}

impl Encoder {
    pub(crate) fn new(call: &Call<'_>, whole: bool) -> Self {
        Self {
            whole,
            call_id: call.id.to_owned(),
            id: String::new(),
            model: call.envelope.model.clone(),
            blocks: VecDeque::new(),
            is_open: false,
            index: 0,
            waiting: 0,
            proof: None,
            called: false,
            refused: false,
            tokens: Tokens::default(),
            stop: None,
        }
    }

    fn start(&mut self, id: Option<&str>, model: Option<&str>, out: &mut Vec<u8>) {
        if !self.id.is_empty() {
            return;
        }
        self.id = match id.filter(|id| !id.is_empty()) {
            Some(id) => id.to_owned(),
            None => format!("msg_{}", self.call_id),
        };
        if let Some(model) = model.filter(|model| !model.is_empty()) {
            model.clone_into(&mut self.model);
        }
        if !self.whole {
            say(out, "message_start", |w| self.message(w.key("message"), |_| {}, None, None));
        }
    }

    fn message(
        &self,
        w: &mut Writer,
        content: impl FnOnce(&mut Writer),
        reason: Option<&str>,
        sequence: Option<&str>,
    ) {
        w.object(|w| {
            w.field("id", &self.id);
            w.field("type", "message");
            w.field("role", "assistant");
            w.field("model", &self.model);
            w.key("content").list(content);
            w.field("stop_reason", &reason);
            w.field("stop_sequence", &sequence);
            usage(w.key("usage"), &self.tokens);
        });
    }

    /// A piece for the last block, or for a new one where that is of another kind.
    fn piece(&mut self, kind: Kind, text: &str, out: &mut Vec<u8>) -> Result<(), String> {
        match self.blocks.back() {
            Some(last) if last.kind == kind && !last.is_closed => {}
            _ => self.begin(kind, out)?,
        }
        self.add(self.blocks.len() - 1, text, out)
    }

    /// Gemini's proof of a call whose id has not been said yet goes with the id. Any other waits for the next block: an
    /// answer that ends in a block without a text would seem to say nothing, and Gemini does not insist on one of a text.
    fn prove(&mut self, tool: Option<usize>, signature: String) {
        let is_open = self.is_open;
        let mut blocks = self.blocks.iter_mut().enumerate();
        let call = tool.and_then(|tool| blocks.find(|(_, block)| block.is_call(tool)));
        match call {
            Some((at, Block { kind: Kind::Tool { signature: known, .. }, .. })) if at > 0 || !is_open => {
                *known = signature;
            }
            _ => self.proof = Some((tool.is_some(), signature)),
        }
    }

    fn begin(&mut self, kind: Kind, out: &mut Vec<u8>) -> Result<(), String> {
        if let Some((_, signature)) = self.proof.take() {
            self.blocks.push_back(Block { signature, is_closed: true, ..Block::new(Kind::Proof) });
        }
        self.push(Block::new(kind), out)
    }

    fn push(&mut self, block: Block, out: &mut Vec<u8>) -> Result<(), String> {
        if self.whole && self.blocks.len() == MAX_OF_MESSAGE {
            return Err(format!("the upstream's answer has more than {MAX_OF_MESSAGE} content blocks"));
        }
        if !self.whole && self.blocks.len() == MAX_BLOCKS {
            return Err(TOO_MUCH.to_owned());
        }
        self.wait(block.waiting.len())?;
        self.blocks.push_back(block);
        self.advance(out);
        Ok(())
    }

    /// So many bytes more wait. Of one message all do, and who reads the upstream bounds them.
    fn wait(&mut self, bytes: usize) -> Result<(), String> {
        self.waiting += bytes;
        if self.waiting > MAX_WAITING && !self.whole { Err(TOO_MUCH.to_owned()) } else { Ok(()) }
    }

    /// It is said whole when it opens, so it must be known by then.
    fn redacted(&mut self, data: String, out: &mut Vec<u8>) -> Result<(), String> {
        self.push(Block { waiting: data, is_closed: true, ..Block::new(Kind::Redacted) }, out)
    }

    fn add(&mut self, at: usize, text: &str, out: &mut Vec<u8>) -> Result<(), String> {
        if text.is_empty() {
            return Ok(());
        }
        let is_open = at == 0 && self.is_open;
        let index = self.index;
        let Some(block) = self.blocks.get_mut(at) else { return Ok(()) };
        if let Kind::Tool { .. } = block.kind {
            block.balance.feed(text.as_bytes());
            block.has_arguments = true;
        }
        if is_open {
            block.say(index, text, out);
        } else {
            block.waiting.push_str(text);
            self.wait(text.len())?;
        }
        if at == 0 && self.blocks.len() > 1 {
            self.advance(out);
        }
        Ok(())
    }

    /// Closes what is whole, as long as something waits behind it, and opens what is next.
    fn advance(&mut self, out: &mut Vec<u8>) {
        if self.whole {
            return;
        }
        while let Some(first) = self.blocks.front_mut() {
            if !self.is_open {
                self.is_open = true;
                self.waiting -= first.waiting.len();
                first.open(self.index, &self.call_id, out);
            }
            if self.blocks.len() == 1 || !self.blocks[0].is_whole() {
                return;
            }
            self.close_first(out);
        }
    }

    fn close_first(&mut self, out: &mut Vec<u8>) {
        let Some(mut first) = self.blocks.pop_front() else { return };
        let index = self.index;
        first.finish(index, out);
        say(out, "content_block_stop", |w| w.field("index", &index));
        self.is_open = false;
        self.index += 1;
    }

    /// The answer is over: whatever waits is said in order.
    fn close_all(&mut self, out: &mut Vec<u8>) {
        while let Some(first) = self.blocks.front_mut() {
            if !self.is_open {
                self.waiting -= first.waiting.len();
                first.open(self.index, &self.call_id, out);
            }
            self.close_first(out);
        }
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
            Event::Text(text) => self.piece(Kind::Text, &text, out)?,
            Event::Refusal(text) => {
                let last = self.blocks.back().filter(|_| !self.refused);
                if last.is_some_and(|last| last.kind == Kind::Text && !last.is_closed) {
                    self.piece(Kind::Text, "\n\n", out)?;
                }
                self.refused = true;
                self.piece(Kind::Text, &text, out)?;
            }
            Event::Thinking(text) => self.piece(Kind::Thinking, &text, out)?,
            Event::Signature(text) => {
                self.piece(Kind::Thinking, "", out)?;
                if let Some(last) = self.blocks.back_mut() {
                    last.signature.push_str(&text);
                }
            }
            Event::Redacted(data) => self.redacted(data.into_owned(), out)?,
            Event::Tool { tool, id, name, signature } => {
                self.called = true;
                let (id, name) = (id.into_owned(), name.into_owned());
                let signature = signature.unwrap_or_default().into_owned();
                self.begin(Kind::Tool { tool, id, name, signature }, out)?;
            }
            Event::Arguments { tool, json } => {
                match self.blocks.iter().rposition(|block| block.is_call(tool)) {
                    Some(at) => self.add(at, &json, out)?,
                    // Its arguments were whole, and white space adds nothing.
                    None if json.trim().is_empty() => {}
                    None => {
                        let said = "the upstream's answer goes on with a tool call that was whole";
                        return Err(said.to_owned());
                    }
                }
            }
            Event::Proof { tool, signature } => self.prove(tool, signature.into_owned()),
            Event::Close(tool) => {
                let is_it = |block: &&mut Block| tool.is_none_or(|tool| block.is_call(tool));
                if let Some(block) = self.blocks.iter_mut().rev().find(is_it) {
                    block.is_closed = true;
                }
            }
            Event::Tokens(tokens) => self.tokens.update(tokens),
            Event::Stop(stop) => self.stop = Some(stop),
        }
        Ok(())
    }

    fn ping(&mut self, out: &mut Vec<u8>) {
        if !self.id.is_empty() && !self.whole {
            say(out, "ping", |_| {});
        }
    }

    fn end(&mut self, out: &mut Vec<u8>) -> Result<(), String> {
        let stop = self.stop.take().ok_or("the upstream ended its stream without a reason to stop")?;
        if let Some((true, signature)) = self.proof.take() {
            self.blocks.push_back(Block { signature, is_closed: true, ..Block::new(Kind::Proof) });
        }
        let sequence = match &stop {
            Stop::Sequence(sequence) if !sequence.is_empty() && !self.called && !self.refused => {
                Some(sequence.as_str())
            }
            _ => None,
        };
        let reason = match &stop {
            // Some upstreams call tools and say that they just stopped.
            Stop::End | Stop::Tools | Stop::Sequence(_) if self.called => "tool_use",
            Stop::End | Stop::Sequence(_) if self.refused => "refusal",
            Stop::End | Stop::Tools => "end_turn",
            Stop::Sequence(_) => "stop_sequence",
            Stop::Length => "max_tokens",
            Stop::Refusal => "refusal",
            Stop::Pause => "pause_turn",
        };
        if self.whole {
            self.start(None, None, out);
            let (mut w, mut done) = (Writer::on(std::mem::take(out)), Ok(()));
            let blocks = |w: &mut Writer| {
                let is_cut = stop == Stop::Length;
                done = self.blocks.iter().try_for_each(|block| block.write(w, &self.call_id, is_cut));
            };
            self.message(&mut w, blocks, Some(reason), sequence);
            *out = w.into_bytes();
            return done;
        }
        self.close_all(out);
        say(out, "message_delta", |w| {
            w.key("delta").object(|w| {
                w.field("stop_reason", reason);
                w.field("stop_sequence", &sequence);
            });
            usage(w.key("usage"), &self.tokens);
        });
        say(out, "message_stop", |_| {});
        Ok(())
    }
}

/// Cached tokens are beside the others here.
fn usage(w: &mut Writer, tokens: &Tokens) {
    let (cached, written) = (tokens.cached.unwrap_or(0), tokens.written.unwrap_or(0));
    let beside = tokens.input.unwrap_or(0).saturating_sub(cached).saturating_sub(written);
    w.object(|w| {
        w.field("input_tokens", &beside);
        w.maybe("cache_creation_input_tokens", tokens.written);
        w.maybe("cache_read_input_tokens", tokens.cached);
        w.field("output_tokens", &tokens.output.unwrap_or(0));
    });
}
