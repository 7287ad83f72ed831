//! A question to the demo, and its answer.

use bytes::Bytes;

use crate::adaptor::{Operation, Usage};
use crate::dialect::Dialect;
use crate::envelope::Envelope;

/// A question.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    /// One of [`super::DIALECTS`].
    pub dialect: Dialect,
    /// One that the dialect has.
    pub operation: Operation,
    /// The request's body, in the dialect.
    pub body: &'a Bytes,
    /// The client's model, and whether a stream is wanted.
    pub envelope: &'a Envelope,
    /// Becomes the answer's id, behind the dialect's prefix (`chatcmpl-`, `msg_`).
    pub id: &'a str,
    /// Now, in seconds since 1970.
    pub unix_seconds: u64,
}

/// The demo's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// A complete JSON body.
    Json {
        /// The body.
        body: Bytes,
        /// Its token counts.
        usage: Usage,
    },
    /// A stream: whole frames, in order, about one a token, for the relay to pace.
    Stream {
        /// The frames.
        frames: Vec<Bytes>,
        /// The token counts of the whole.
        usage: Usage,
    },
}
