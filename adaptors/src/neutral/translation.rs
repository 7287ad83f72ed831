//! The adaptor of every pair that is no pass-through.

use bytes::Bytes;
use serde_json::Value;

use super::alias::Aliases;
use super::call_ids;
use super::calls::Calls;
use super::dialogue::Dialect;
use super::halves::Halves;
use super::losses::Losses;
use super::reader::{Gathering, Opening, Reader};
use super::signed::Marks;
use super::stream::{Encode, Event, Tokens};
use crate::adaptor::{
    Adaptor, Answer, Call, Ending, Inexpressible, Kind, Operation, Output, Step, StreamReader, Unsupported,
    Upload, UpstreamError, Usage,
};
use crate::dropped::Dropped;
use crate::failure;
use crate::framing::Frame;
use crate::json;

/// A client's dialect in front, an upstream's behind, the neutral conversation between them.
#[derive(Clone, Copy, Debug)]
pub struct Translation {
    pub client: Dialect,
    pub upstream: Dialect,
}

impl Translation {
    fn reader(&self, call: &Call<'_>, encoder: Box<dyn Encode>) -> Reader {
        Reader {
            client: self.client,
            inner: self.upstream.same().stream(call),
            decoder: self.upstream.decoder(),
            halves: Halves::default(),
            calls: Calls::default(),
            marks: Marks {
                thinking: self.upstream.thinking_mark(),
                proof: self.upstream.proof_mark(),
                is_signing: false,
            },
            names: Aliases::back(call, self.client, self.upstream),
            encoder,
            opening: Opening::default(),
        }
    }

    fn frames(&self, stream: Bytes) -> impl Iterator<Item = Frame> {
        let mut framer = self.upstream.framing().framer(usize::MAX);
        framer.push(stream);
        std::iter::from_fn(move || framer.next().ok().flatten())
    }

    /// What the prompt cost: of a whole answer it is known before it begins to be told.
    fn cost(&self, stream: Bytes) -> Tokens {
        let (mut decoder, mut all) = (self.upstream.decoder(), Tokens::default());
        for frame in self.frames(stream) {
            let mut count = |event: Event<'_>| {
                if let Event::Tokens(tokens) = event {
                    all.update(tokens);
                }
                Ok(())
            };
            // What is wrong is found when it is told.
            let _ = decoder.frame(&frame, &mut count);
        }
        Tokens { output: None, reasoning: None, ..all }
    }

    /// A whole answer is a stream that came at once: so both say the same.
    fn retell(&self, call: &Call<'_>, stream: Bytes) -> Result<Bytes, UpstreamError> {
        let mut reader = if call.envelope.stream {
            let mut reader = self.reader(call, self.client.encoder(call, false));
            reader.expect(self.cost(stream.clone()));
            Box::new(reader)
        } else {
            self.gather(call)
        };
        let mut told = Vec::new();
        for frame in self.frames(stream) {
            match reader.frame(&frame) {
                Step { kind: Kind::Error(error), .. } => return Err(error),
                Step { kind, output: Output::Replace(bytes) } => {
                    told.extend_from_slice(&bytes);
                    if kind == Kind::Terminal {
                        return Ok(told.into());
                    }
                }
                Step { .. } => {}
            }
        }
        match reader.end() {
            Ending::Complete(bytes) => {
                told.extend_from_slice(&bytes);
                Ok(told.into())
            }
            _ => Err(failure::broken("the upstream's answer does not say why it stops")),
        }
    }

    /// A number of tokens, told in the client's way.
    fn recount(&self, call: &Call<'_>, body: Bytes) -> Answer {
        let body = match self.upstream.same().answer(call, body) {
            Answer::Error(error) => return Answer::Error(self.client.reworded(error)),
            Answer::Deliver { body, .. } => body,
        };
        let counted = serde_json::from_slice::<Value>(&body).ok();
        match counted.and_then(|counted| counted.get(self.upstream.count_key())?.as_u64()) {
            None => Answer::Error(failure::broken("the upstream's answer is not a number of tokens")),
            Some(tokens) => Answer::Deliver {
                body: self.client.count_body(tokens),
                content_type: "application/json",
                usage: Usage::default(),
            },
        }
    }
}

impl Adaptor for Translation {
    fn request(&self, call: &Call<'_>) -> Result<Upload, Unsupported> {
        let mended = json::mended_bytes(call.body);
        let call = &Call { body: mended.as_ref().unwrap_or(call.body), ..*call };
        let mut dropped = Dropped::new(call.terms.inexpressible == Inexpressible::Refuse);
        let mut conversation = self.client.read_request(call, &mut dropped)?;
        if call.operation == Operation::CountTokens {
            conversation = conversation.as_prompt();
        }
        call_ids::tell_apart(&mut conversation);
        Aliases::of(&conversation, self.upstream).apply(&mut conversation);
        let name = |place| self.client.place(place);
        let mut losses = Losses {
            name: &name,
            signature: self.client.signature_name(),
            thinking: self.client.thinking_names(),
            dropped: &mut dropped,
        };
        let written = self.upstream.write_request(call, &conversation, &mut losses);
        let upload = written.map_err(|refused| {
            let place = name(refused.place);
            let message = format!("`{place}` {}", refused.what);
            Unsupported::field(place, message)
        })?;
        Ok(Upload { dropped, ..upload })
    }

    fn stream(&self, call: &Call<'_>) -> Box<dyn StreamReader> {
        Box::new(self.reader(call, self.client.encoder(call, false)))
    }

    fn gather(&self, call: &Call<'_>) -> Box<dyn StreamReader> {
        let inner = self.reader(call, self.client.encoder(call, true));
        let framer = self.client.framing().framer(usize::MAX);
        Box::new(Gathering { inner, framer, gather: self.client.same().gather(call) })
    }

    fn answer(&self, call: &Call<'_>, body: Bytes) -> Answer {
        if call.operation == Operation::CountTokens {
            return self.recount(call, body);
        }
        let mut envelope = call.envelope.clone();
        envelope.stream = true;
        match self.upstream.same().answer(&Call { envelope: &envelope, ..*call }, body) {
            Answer::Error(error) => Answer::Error(self.client.reworded(error)),
            Answer::Deliver { body, usage, .. } => match self.retell(call, body) {
                Err(error) => Answer::Error(error),
                Ok(body) => {
                    let streamed = self.client.streams_as(call.path);
                    let content_type = if call.envelope.stream { streamed } else { "application/json" };
                    Answer::Deliver { body, content_type, usage }
                }
            },
        }
    }

    fn translates(&self) -> bool {
        true
    }

    fn error(&self, status: u16, body: &Bytes, whole: bool) -> UpstreamError {
        self.client.reworded(self.upstream.same().error(status, body, whole))
    }

    fn asks_to_wait(&self, body: &[u8]) -> Option<u64> {
        self.upstream.same().asks_to_wait(body)
    }
}
