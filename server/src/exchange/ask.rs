//! A request as its steps have read it, and what becomes of it for one channel.

use adaptors::adaptor::Call;
use adaptors::envelope::Envelope;
use adaptors::names::Names;
use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use vitals::key::KeyHash;

use super::headers;
use crate::access::auth::Caller;
use crate::channel::ChannelState;
use crate::channel::pick::Pick;
use crate::route::Target;

/// A request as its steps have read it.
#[derive(Clone, Copy)]
pub(crate) struct Ask<'a> {
    pub(crate) target: Target,
    /// With its query.
    pub(crate) path: &'a str,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a Bytes,
    pub(crate) envelope: &'a Envelope,
    /// The one to be asked: the client's, or one that stands in for it.
    pub(crate) model: &'a str,
    /// What it goes on with.
    pub(crate) names: &'a Names,
    /// Whose it is; `None` where the relay is open.
    pub(crate) caller: Option<&'a Caller>,
}

impl<'a> Ask<'a> {
    /// What its caller is known by.
    pub(super) fn key(&self) -> Option<&'a KeyHash> {
        self.caller.map(|caller| &caller.key.hash)
    }

    /// The call that it is for this channel.
    pub(super) fn call(&self, channel: &'a ChannelState, id: &'a str) -> Call<'a> {
        let model = self.model;
        let is_by_name = self.target.offer.operation.is_by_name();
        Call {
            operation: self.target.offer.operation,
            path: self.path,
            body: self.body,
            envelope: self.envelope,
            upstream_model: channel.config.upstream_name(model).filter(|_| !is_by_name).unwrap_or(model),
            id,
            unix_seconds: u64::try_from(jiff::Timestamp::now().as_second()).unwrap_or(0),
            terms: channel.config.terms,
        }
    }

    /// The method of its call.
    pub(super) fn method(&self) -> Method {
        match self.target.offer.operation.method() {
            "GET" => Method::GET,
            "DELETE" => Method::DELETE,
            _ => Method::POST,
        }
    }

    /// What stands otherwise in the upstream's headers for the operation's sake, or the turn's.
    pub(super) fn adjust(&self, headers: &mut HeaderMap, pick: &Pick) {
        let operation = self.target.offer.operation;
        if operation.is_media() {
            // It chooses among forms that only its client knows.
            let wanted = self.headers.get(ACCEPT).cloned();
            headers.insert(ACCEPT, wanted.unwrap_or(HeaderValue::from_static("*/*")));
            let form = headers::form(operation, self.headers).and_then(|_| self.headers.get(CONTENT_TYPE));
            if let Some(form) = form {
                headers.insert(CONTENT_TYPE, form.clone());
            }
        }
        if operation.is_by_name() {
            headers.remove(CONTENT_TYPE);
            if self.method() != Method::POST {
                headers.remove(CONTENT_LENGTH);
            }
        }
        let turn = self.target.dialect.turn_header();
        if let Some(name) = turn.filter(|_| pick.takes_turn && pick.dialect == self.target.dialect)
            && let Some(state) = self.headers.get(name)
        {
            headers.insert(HeaderName::from_static(name), state.clone());
        }
    }
}
