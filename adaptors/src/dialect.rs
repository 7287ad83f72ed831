//! Which adaptor serves which pair of dialects, and what the relay itself says in each.

use bytes::Bytes;

use crate::adaptor::{Adaptor, Complaint, Dialect, Operation, UpstreamError};
use crate::neutral::Translation;
use crate::{anthropic, openai};

/// Every pair that is served: the client's dialect, the upstream's, and what stands between them. The only such table.
pub static PAIRS: [(Dialect, Dialect, &dyn Adaptor); 4] = [
    (Dialect::OpenAi, Dialect::OpenAi, &openai::PassThrough),
    (Dialect::OpenAi, Dialect::Anthropic, &Translation::new(&openai::Chat, &anthropic::Messages)),
    (Dialect::Anthropic, Dialect::OpenAi, &Translation::new(&anthropic::Messages, &openai::Chat)),
    (Dialect::Anthropic, Dialect::Anthropic, &anthropic::PassThrough),
];

/// The adaptor for clients of one dialect in front of upstreams of another, or `None` where there is none.
#[must_use]
pub fn adaptor(client: Dialect, upstream: Dialect) -> Option<&'static dyn Adaptor> {
    PAIRS.iter().find(|(c, u, _)| (*c, *u) == (client, upstream)).map(|(_, _, adaptor)| *adaptor)
}

/// What is called at an upstream of this dialect to serve a client's operation, or `None` where it cannot be served.
#[must_use]
pub fn upstream_operation(operation: Operation, upstream: Dialect) -> Option<Operation> {
    match (operation, upstream) {
        (Operation::Embeddings, Dialect::OpenAi) => Some(Operation::Embeddings),
        (Operation::Embeddings, Dialect::Anthropic) => None,
        (Operation::ChatCompletions | Operation::Messages, Dialect::OpenAi) => {
            Some(Operation::ChatCompletions)
        }
        (Operation::ChatCompletions | Operation::Messages, Dialect::Anthropic) => Some(Operation::Messages),
    }
}

impl Dialect {
    /// The name in configurations, logs and metrics.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::OpenAi => "openai",
            Self::Anthropic => "anthropic",
        }
    }

    /// An error answer's body (JSON).
    #[must_use]
    pub fn complaint_body(self, complaint: &Complaint<'_>) -> Bytes {
        match self {
            Self::OpenAi => openai::complaint_body(complaint),
            Self::Anthropic => anthropic::complaint_body(complaint),
        }
    }

    /// An error as the last frame of a stream.
    #[must_use]
    pub fn complaint_event(self, complaint: &Complaint<'_>) -> Bytes {
        self.event_of(&self.complaint_body(complaint))
    }

    /// The body for an upstream's error: its own where it may be passed on, else its message in this dialect.
    #[must_use]
    pub fn error_body(self, error: &UpstreamError) -> Bytes {
        error.body.clone().unwrap_or_else(|| self.complaint_body(&complaint_of(error)))
    }

    /// The last frame of a stream for an upstream's error, made like [`Self::error_body`].
    #[must_use]
    pub fn error_event(self, error: &UpstreamError) -> Bytes {
        self.event_of(&self.error_body(error))
    }

    /// A frame that clients ignore and that keeps the connection alive. Only to be sent between frames.
    #[must_use]
    pub fn heartbeat(self) -> &'static [u8] {
        b":\n\n"
    }

    /// The list of models, in the dialect's shape.
    #[must_use]
    pub fn models_body(self, names: &[&str]) -> Bytes {
        match self {
            Self::OpenAi => openai::models_body(names),
            Self::Anthropic => anthropic::models_body(names),
        }
    }

    /// One model, in the dialect's shape.
    #[must_use]
    pub fn model_body(self, name: &str) -> Bytes {
        match self {
            Self::OpenAi => openai::model(name),
            Self::Anthropic => anthropic::model(name),
        }
        .to_string()
        .into()
    }

    /// An error body as a frame; its lines, if it has several, become lines of data.
    fn event_of(self, body: &[u8]) -> Bytes {
        let mut frame = match self {
            Self::OpenAi => Vec::new(),
            Self::Anthropic => b"event: error\n".to_vec(),
        };
        for line in body.split(|byte| matches!(byte, b'\n' | b'\r')).filter(|line| !line.is_empty()) {
            frame.extend_from_slice(b"data: ");
            frame.extend_from_slice(line);
            frame.push(b'\n');
        }
        frame.push(b'\n');
        frame.into()
    }
}

fn complaint_of(error: &UpstreamError) -> Complaint<'_> {
    Complaint {
        status: error.status,
        message: &error.message,
        kind: error.kind.as_deref(),
        code: error.code.as_deref(),
        param: None,
        request_id: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_and_the_operations_agree() {
        for (client, upstream, _) in PAIRS {
            let operation = match client {
                Dialect::OpenAi => Operation::ChatCompletions,
                Dialect::Anthropic => Operation::Messages,
            };
            let called = upstream_operation(operation, upstream);
            assert_eq!(called == Some(operation), client == upstream, "{client:?} {upstream:?}");
        }
        assert_eq!(upstream_operation(Operation::Embeddings, Dialect::OpenAi), Some(Operation::Embeddings));
        assert_eq!(upstream_operation(Operation::Embeddings, Dialect::Anthropic), None);
    }
}
