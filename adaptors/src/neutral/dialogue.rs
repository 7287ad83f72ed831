//! What a dialect offers. All that the relay wants to know of one it asks here: nothing outside matches on dialects, so
//! that a new one is a new [`Dialogue`] and a line in the list of them.

use std::fmt;
use std::ops::Deref;

use bytes::Bytes;

use super::losses::Losses;
use super::place::{Place, Refused};
use super::plain;
use super::request::Conversation;
use super::stream::{Decode, Encode};
use crate::adaptor::{Adaptor, Call, Complaint, Operation, Unsupported, Upload, UpstreamError};
use crate::dropped::Dropped;
use crate::envelope::{Envelope, EnvelopeError};
use crate::framing::Framing;
use crate::names::{self, Names, Other};

/// An operation that a dialect has, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offer {
    pub operation: Operation,
    /// The path that clients call; in logs too, so that a part that varies is only named.
    pub inbound: &'static str,
    /// The path below an upstream's root.
    pub outbound: &'static str,
}

impl Offer {
    /// The name in a client's path, however that begins, where this is an operation by name.
    #[must_use]
    pub fn name_in<'p>(&self, path: &'p str) -> Option<&'p str> {
        // Asked of every request: the search in the path is for the few that have one.
        if !self.operation.is_by_name() {
            return None;
        }
        let (before, _) = self.outbound.split_once(names::PLACE)?;
        let path = path.split('?').next().unwrap_or_default().trim_end_matches('/');
        names::in_path(self.outbound, &path[path.find(before)?..])
    }
}

/// Whether the channels of a model offer an operation, or one that it can be translated to.
pub type Serves<'s> = dyn Fn(&str, Operation) -> bool + 's;

/// One dialect: towards clients, towards upstreams, and its part in translations. Stateless.
pub trait Dialogue: Send + Sync {
    /// The name in configurations, logs and metrics. No two dialects have the same.
    fn name(&self) -> &'static str;
    fn offers(&self) -> &'static [Offer];
    /// Operations on what an upstream keeps, by its name: their paths are patterns (`/v1/responses/{id}`). None is
    /// translated.
    fn by_name(&self) -> &'static [Offer] {
        &[]
    }
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
    /// What a request goes on with that only one upstream knows.
    ///
    /// # Errors
    /// When it does not say it clearly.
    fn goes_on_with(&self, _body: &Bytes) -> Result<Names, EnvelopeError> {
        Ok(Names::default())
    }
    /// What else a request names that only one upstream knows. Asked where there are callers to be told apart, of bodies
    /// that are JSON. At most [`Names::MOST`] are told; `None`: it cannot be read.
    fn mentions(&self, _body: &[u8]) -> Option<Vec<Other>> {
        Some(Vec::new())
    }
    /// What else a whole answer names, so that a later request may name it.
    fn gives(&self, _answer: &[u8]) -> Vec<Other> {
        Vec::new()
    }
    /// The names in a whole answer, or in its beginning, that only its upstream knows.
    fn named(&self, _answer: &[u8]) -> Names {
        Names::default()
    }
    /// The names in an answer to the exchange of this id that comes from another dialect: no upstream knows them.
    fn made_up(&self, _id: &str) -> Names {
        Names::default()
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

    /// The header by which an upstream's answer says where the next requests of the same turn should go: clients send it
    /// back, and no other upstream must see it.
    fn turn_header(&self) -> Option<&'static str> {
        None
    }

    /// Where clients look for the request's id, besides `x-request-id`.
    fn request_id_header(&self) -> Option<&'static str>;
    /// An error answer's body (JSON).
    fn complaint_body(&self, complaint: &Complaint<'_>) -> Bytes;
    /// An error answer's body as the last frame of a stream.
    fn complaint_frame(&self, body: &[u8]) -> Bytes;
    /// Type and code for clients of this dialect of an error that an upstream of another one reported.
    fn complaint_details(&self, error: &UpstreamError) -> (Option<String>, Option<String>);
    /// The name of the number in an answer that counts tokens.
    fn count_key(&self) -> &'static str {
        "input_tokens"
    }
    /// An answer that counts tokens.
    fn count_body(&self, tokens: u64) -> Bytes {
        format!("{{\"{}\":{tokens}}}", self.count_key()).into()
    }
    /// Where clients look for the models, where that is not `/v1/models`.
    fn models_inbound(&self) -> Option<&'static str> {
        None
    }
    /// Where an upstream lists its models, below its root, with the query that has it list all.
    fn models_path(&self) -> Option<&'static str> {
        None
    }
    /// The list of models; `serves` tells whether a model's channels can do something for clients of this dialect.
    fn models_body(&self, names: &[&str], serves: &Serves<'_>, more: bool) -> Bytes;
    /// The parameters of a query for a part of the list: how many models, and behind and before which.
    fn pages_by(&self) -> [&'static str; 3] {
        ["limit", "after", "before"]
    }
    /// One model.
    fn model_body(&self, name: &str, serves: &Serves<'_>) -> Bytes;

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
    /// True where a request may offer tools that are known by more than their names (see [`crate::neutral`]'s `alias`).
    fn has_spaces(&self, _body: &[u8]) -> bool {
        false
    }
    /// True for a name of a tool that upstreams of this dialect take.
    fn takes_name(&self, name: &str) -> bool {
        plain::is_plain(name)
    }
    /// The clients' name for a place in their request; empty for the request as a whole.
    fn place(&self, place: Place) -> String;
    /// The clients' name for the signature of a call or a text.
    fn signature_name(&self) -> &'static str {
        "extra_content"
    }
    /// The clients' names for a thinking that is not signed, and for one that is.
    fn thinking_names(&self) -> [&'static str; 2] {
        ["thinking"; 2]
    }
    /// What marks the thinking that upstreams of this dialect sign ([`super::Signed::by`]).
    fn thinking_mark(&self) -> &'static str {
        self.name()
    }
    /// What marks their signatures of calls and texts.
    fn proof_mark(&self) -> &'static str {
        self.name()
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
    /// Reads what an upstream answers.
    fn decoder(&self) -> Box<dyn Decode>;
    /// Writes a client's stream, or one answer (`whole`), with all that belongs to one.
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
        self.offers().iter().chain(self.by_name()).find(|offer| offer.operation == operation)
    }

    /// What is offered at a client's path: more than one thing where they differ by their method.
    pub fn at(self, path: &str) -> impl Iterator<Item = &'static Offer> {
        let found = self.find(path);
        let by_name = self.by_name().iter().filter(move |_| found.is_none());
        found.into_iter().chain(by_name.filter(|offer| names::in_path(offer.inbound, path).is_some()))
    }

    /// An error as the last frame of a stream.
    #[must_use]
    pub fn complaint_event(self, complaint: &Complaint<'_>) -> Bytes {
        self.complaint_frame(&self.complaint_body(complaint))
    }

    /// The body for an upstream's error in the request of this id: its own where it may be passed on, else its message in
    /// this dialect, with how long the upstream wants to be left alone.
    #[must_use]
    pub fn error_body(
        self,
        error: &UpstreamError,
        retry_after: Option<u64>,
        request_id: Option<&str>,
    ) -> Bytes {
        let worded = || self.complaint_body(&Complaint { retry_after, request_id, ..complaint_of(error) });
        error.body.clone().unwrap_or_else(worded)
    }

    /// The last frame of a stream for an upstream's error, made like [`Self::error_body`].
    #[must_use]
    pub fn error_event(self, error: &UpstreamError) -> Bytes {
        self.complaint_frame(&self.error_body(error, None, None))
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
        retry_after: None,
        request_id: None,
        is_passed: !error.is_worded,
    }
}
