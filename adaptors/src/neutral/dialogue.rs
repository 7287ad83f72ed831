//! What a dialect offers. All that the relay wants to know of one it asks here: nothing outside matches on dialects, so
//! that a new one is a new [`Dialogue`] and a line in the list of them.

use std::fmt;
use std::ops::Deref;

use bytes::Bytes;

use super::losses::Losses;
use super::request::{Conversation, Place, Refused};
use super::stream::{Decode, Encode};
use crate::adaptor::{Adaptor, Call, Complaint, Operation, Unsupported, Upload, UpstreamError};
use crate::dropped::Dropped;
use crate::envelope::{Envelope, EnvelopeError};
use crate::framing::Framing;

/// An operation that a dialect has, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offer {
    pub operation: Operation,
    /// The path that clients call; in logs too, so that a part that varies is only named.
    pub inbound: &'static str,
    /// The path below an upstream's root.
    pub outbound: &'static str,
}

/// One dialect: towards clients, towards upstreams, and its part in translations. Stateless.
pub trait Dialogue: Send + Sync {
    /// The name in configurations, logs and metrics. No two dialects have the same.
    fn name(&self) -> &'static str;
    fn offers(&self) -> &'static [Offer];
    /// What clients put before a path that is one of this dialect's, if anything: its maker's name.
    fn maker(&self) -> &'static str {
        self.name()
    }
    /// How its streams are framed.
    fn framing(&self) -> &'static dyn Framing;
    /// What keeps a client's connection alive while a stream is silent, to be sent between frames; empty where clients
    /// understand nothing but answers.
    fn heartbeat(&self) -> &'static [u8] {
        self.framing().heartbeat()
    }

    /// The content type of a stream for a client that calls this path (with its query).
    fn streams_as(&self, _path: &str) -> &'static str {
        self.framing().content_type()
    }

    /// The offer that a client's path asks for; `None` for a path of none.
    fn find(&self, path: &str) -> Option<&'static Offer> {
        self.offers().iter().find(|offer| offer.inbound == path)
    }
    /// The model, and whether a stream is wanted, from path (with its query) and body.
    ///
    /// # Errors
    /// When they do not say it, or not clearly.
    fn envelope(&self, offer: &Offer, _path: &str, body: &Bytes) -> Result<Envelope, EnvelopeError> {
        Envelope::scan_or(body, offer.operation.default_model())
    }
    /// True where a client that calls a path of nobody's is to be answered in this dialect; `has` looks for a header.
    fn is_spoken(&self, path: &str, has: &dyn Fn(&str) -> bool) -> bool;

    /// What the paths at a bare host begin with, where a provider's row says nothing else.
    fn root(&self) -> &'static str {
        "/v1"
    }
    /// What all paths of the dialect begin with below a base URL, where its clients do not write that themselves.
    fn prefix(&self) -> &'static str {
        ""
    }
    /// Headers that every upstream of this dialect needs, in lower case; a forwarded header of the client's replaces its
    /// default.
    fn headers(&self) -> &'static [(&'static str, &'static str)] {
        &[]
    }
    /// Headers of the client that are passed on to every upstream of this dialect, in lower case, with all their lines.
    /// All others stay here: some name accounts (`openai-organization`, `openai-project` would choose who pays, and
    /// belong to the channel), some people, and the rest the upstream does not need.
    fn forwards(&self) -> &'static [&'static str] {
        &[]
    }

    /// Where clients look for the request's id, besides `x-request-id`.
    fn request_id_header(&self) -> Option<&'static str>;
    /// An error answer's body (JSON).
    fn complaint_body(&self, complaint: &Complaint<'_>) -> Bytes;
    /// An error answer's body as the last frame of a stream.
    fn complaint_frame(&self, body: &[u8]) -> Bytes;
    /// Type and code for clients of this dialect of an error that an upstream of another one reported.
    fn complaint_details(&self, error: &UpstreamError) -> (Option<String>, Option<String>);
    /// Where clients look for the models, where that is not `/v1/models`.
    fn models_inbound(&self) -> Option<&'static str> {
        None
    }
    /// Where an upstream lists its models, below its root, with the query that has it list all.
    fn models_path(&self) -> Option<&'static str> {
        None
    }
    /// The list of models.
    fn models_body(&self, names: &[&str]) -> Bytes;
    /// One model.
    fn model_body(&self, name: &str) -> Bytes;

    /// The adaptor between two sides that both speak it: it reads frames, answers and errors by the dialect's rules.
    fn same(&self) -> &'static dyn Adaptor;

    /// A client's request. What has no counterpart in the neutral conversation is noted in `dropped`.
    ///
    /// # Errors
    /// When a field is wrong, or must not be left out.
    fn read_request<'a>(
        &self,
        call: &Call<'a>,
        dropped: &mut Dropped,
    ) -> Result<Conversation<'a>, Unsupported>;
    /// The clients' name for a place in their request; empty for the request as a whole.
    fn place(&self, place: Place) -> String;
    /// The clients' name for Gemini's signature of a part.
    fn signature_name(&self) -> &'static str {
        "extra_content"
    }
    /// A request for an upstream.
    ///
    /// # Errors
    /// When something in the conversation cannot be expressed.
    fn write_request(
        &self,
        call: &Call<'_>,
        conversation: &Conversation<'_>,
        losses: &mut Losses<'_>,
    ) -> Result<Upload, Refused>;
    /// Reads an upstream's stream.
    fn decoder(&self) -> Box<dyn Decode>;
    /// Writes a client's stream; `whole` when it becomes one answer in the end, with all that belongs to one.
    fn encoder(&self, call: &Call<'_>, whole: bool) -> Box<dyn Encode>;
}

/// A dialect, by its name.
#[derive(Clone, Copy)]
pub struct Dialect(&'static dyn Dialogue);

impl Dialect {
    #[must_use]
    pub const fn new(dialogue: &'static dyn Dialogue) -> Self {
        Self(dialogue)
    }

    /// Where an upstream serves an operation; `None` where it does not.
    #[must_use]
    pub fn offer(self, operation: Operation) -> Option<&'static Offer> {
        self.offers().iter().find(|offer| offer.operation == operation)
    }

    /// An error as the last frame of a stream.
    #[must_use]
    pub fn complaint_event(self, complaint: &Complaint<'_>) -> Bytes {
        self.complaint_frame(&self.complaint_body(complaint))
    }

    /// The body for an upstream's error: its own where it may be passed on, else its message in this dialect.
    #[must_use]
    pub fn error_body(self, error: &UpstreamError) -> Bytes {
        error.body.clone().unwrap_or_else(|| self.complaint_body(&complaint_of(error)))
    }

    /// The last frame of a stream for an upstream's error, made like [`Self::error_body`].
    #[must_use]
    pub fn error_event(self, error: &UpstreamError) -> Bytes {
        self.complaint_frame(&self.error_body(error))
    }

    /// The error of an upstream of another dialect, without its own body: status and message are kept.
    pub(super) fn reworded(self, error: UpstreamError) -> UpstreamError {
        let (kind, code) = self.complaint_details(&error);
        UpstreamError { kind, code, body: None, ..error }
    }
}

impl Deref for Dialect {
    type Target = dyn Dialogue;

    fn deref(&self) -> &Self::Target {
        self.0
    }
}

impl PartialEq for Dialect {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Eq for Dialect {}

impl fmt::Debug for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
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
