//! The adaptor of every pair that is no pass-through.

use bytes::Bytes;
use serde_json::Value;

use super::alias::Aliases;
use super::call_ids;
use super::calls::Calls;
use super::dialogue::Dialect;
use super::halves::Halves;
use super::losses::Losses;
use super::reader::Reader;
use super::signed::Marks;
use super::stream::{Event, Tokens};
use super::telling::{Opening, Telling};
use crate::adaptor::{
    Adaptor, Answer, Call, Inexpressible, Operation, StreamReader, Unsupported, Upload, UpstreamError, Usage,
};
use crate::dropped::Dropped;
use crate::failure;
use crate::json::{self, on_one_line};

/// A client's dialect in front, an upstream's behind, the neutral conversation between them.
#[derive(Clone, Copy, Debug)]
pub struct Translation {
    pub client: Dialect,
    pub upstream: Dialect,
}

impl Translation {
    /// `whole`: the client gets one answer.
    fn telling(&self, call: &Call<'_>, whole: bool) -> Telling {
        Telling {
            halves: Halves::default(),
            calls: Calls::default(),
            marks: Marks {
                thinking: self.upstream.thinking_mark(),
                proof: self.upstream.proof_mark(),
                is_signing: false,
            },
            names: Aliases::back(call, self.client, self.upstream),
            encoder: self.client.encoder(call, whole),
            opening: Opening::default(),
        }
    }

    fn reader(&self, call: &Call<'_>, whole: bool) -> Box<Reader> {
        Box::new(Reader {
            client: self.client,
            inner: self.upstream.same().stream(call),
            decoder: self.upstream.decoder(),
            telling: self.telling(call, whole),
        })
    }

    /// A whole answer, told at once.
    fn retell(&self, call: &Call<'_>, answer: &[u8]) -> Result<Vec<u8>, String> {
        let answer = on_one_line(std::str::from_utf8(answer).unwrap_or_default());
        let (mut decoder, mut telling) = (self.upstream.decoder(), self.telling(call, !call.envelope.stream));
        // It becomes about as long as it was.
        let (mut tokens, mut told) = (Tokens::default(), Vec::with_capacity(answer.len() + 256));
        decoder.whole(&answer, &mut |event| match event {
            // As in a stream: what the prompt cost is known before the first word is told, the rest at the end.
            Event::Tokens(all) => {
                tokens.update(all);
                let of_prompt = Tokens { output: None, reasoning: None, ..all };
                telling.tell(Event::Tokens(of_prompt), &mut told)
            }
            event => telling.tell(event, &mut told),
        })?;
        telling.tell(Event::Tokens(tokens), &mut told)?;
        telling.end(&*decoder, &mut told)?;
        Ok(told)
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
        self.reader(call, false)
    }

    fn gather(&self, call: &Call<'_>) -> Box<dyn StreamReader> {
        self.reader(call, true)
    }

    fn answer(&self, call: &Call<'_>, body: Bytes) -> Answer {
        if call.operation == Operation::CountTokens {
            return self.recount(call, body);
        }
        let mut envelope = call.envelope.clone();
        envelope.stream = false;
        match self.upstream.same().answer(&Call { envelope: &envelope, ..*call }, body) {
            Answer::Error(error) => Answer::Error(self.client.reworded(error)),
            Answer::Deliver { body, usage, .. } => match self.retell(call, &body) {
                Err(said) => Answer::Error(failure::broken(said)),
                Ok(body) => {
                    let streamed = self.client.streams_as(call.path);
                    let content_type = if call.envelope.stream { streamed } else { "application/json" };
                    Answer::Deliver { body: body.into(), content_type, usage }
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
