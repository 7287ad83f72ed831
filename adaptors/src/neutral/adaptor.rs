//! The adaptor of every pair that is no pass-through.

use bytes::Bytes;

use super::calls::Calls;
use super::reader::{Gathering, Reader};
use super::{Dialogue, Encode};
use crate::adaptor::{
    Adaptor, Answer, Call, Class, Dialect, Ending, Kind, Output, Step, StreamReader, Unsupported,
    UpstreamError,
};
use crate::failure;
use crate::sse::Framer;

/// A client's dialect in front, an upstream's behind, the neutral conversation between them.
pub(crate) struct Translation {
    client: &'static dyn Dialogue,
    upstream: &'static dyn Dialogue,
}

impl Translation {
    pub(crate) const fn new(client: &'static dyn Dialogue, upstream: &'static dyn Dialogue) -> Self {
        Self { client, upstream }
    }

    fn reader(&self, call: &Call<'_>, encoder: Box<dyn Encode>) -> Reader {
        Reader {
            client: self.client.dialect(),
            inner: self.upstream.same().stream(call),
            decoder: self.upstream.decoder(),
            calls: Calls::default(),
            encoder,
        }
    }

    /// A whole answer is a stream that came at once: so both say the same.
    fn retell(&self, call: &Call<'_>, stream: Bytes) -> Result<Bytes, UpstreamError> {
        let mut reader = if call.envelope.stream { self.stream(call) } else { self.gather(call) };
        let mut framer = Framer::new(usize::MAX);
        framer.push(stream);
        let mut told = Vec::new();
        while let Ok(Some(frame)) = framer.next() {
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
}

impl Adaptor for Translation {
    fn request(&self, call: &Call<'_>) -> Result<Bytes, Unsupported> {
        let conversation = self.client.read_request(call)?;
        Ok(self.upstream.write_request(call, &conversation)?)
    }

    fn stream(&self, call: &Call<'_>) -> Box<dyn StreamReader> {
        Box::new(self.reader(call, self.client.encoder(call, false)))
    }

    fn gather(&self, call: &Call<'_>) -> Box<dyn StreamReader> {
        let inner = self.reader(call, self.client.encoder(call, true));
        Box::new(Gathering { inner, gather: self.client.same().gather(call) })
    }

    fn answer(&self, call: &Call<'_>, body: Bytes) -> Answer {
        let mut envelope = call.envelope.clone();
        envelope.stream = true;
        let operation = crate::dialect::upstream_operation(call.operation, self.upstream.dialect())
            .unwrap_or(call.operation);
        match self.upstream.same().answer(&Call { operation, envelope: &envelope, ..*call }, body) {
            Answer::Error(error) => Answer::Error(reworded(error, self.client.dialect())),
            Answer::Deliver { body, usage, .. } => match self.retell(call, body) {
                Err(error) => Answer::Error(error),
                Ok(body) => {
                    let content_type =
                        if call.envelope.stream { "text/event-stream" } else { "application/json" };
                    Answer::Deliver { body, content_type, usage }
                }
            },
        }
    }

    fn translates(&self) -> bool {
        true
    }

    fn error(&self, status: u16, body: &Bytes, whole: bool) -> UpstreamError {
        reworded(self.upstream.same().error(status, body, whole), self.client.dialect())
    }
}

/// Anthropic's error types that OpenAI's clients know too. Any other becomes what they call the status.
const SHARED: [&str; 3] = ["invalid_request_error", "not_found_error", "rate_limit_error"];

/// An upstream's error without its own body, which is in another dialect: status and message are kept.
pub(super) fn reworded(error: UpstreamError, client: Dialect) -> UpstreamError {
    let (shared, other) = match error.kind {
        Some(kind) if SHARED.contains(&kind.as_str()) => (Some(kind), None),
        other => (None, other),
    };
    let (kind, code) = match client {
        // Here a status has one type, and there are no codes.
        Dialect::Anthropic => (None, None),
        Dialect::OpenAi if error.class == Class::ContextLength => {
            (shared, Some("context_length_exceeded".to_owned()))
        }
        Dialect::OpenAi => (shared, error.code.or(other)),
    };
    UpstreamError { kind, code, body: None, ..error }
}
