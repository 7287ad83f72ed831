//! A call that an error answers: what of it is read, and what of that the client is told.

use adaptors::adaptor::UpstreamError;
use bytes::BytesMut;
use http::HeaderMap;
use vitals::EndReason;

use super::call::{Attempt, Collected, collect};
use super::headers::retry_after;
use crate::reply::refusal::Refusal;
use crate::upstream::source::Source;

/// An error's body is read up to here.
const ERROR_BODY: usize = 64 * 1024;
/// A request up to here is taken to have arrived whole when an error answers it.
const SMALL_UPLOAD: usize = 64 * 1024;

impl Attempt<'_> {
    /// Reads an error's body within its own cap and deadline; `None` for one that cannot be read at all.
    pub(super) async fn failed(&self, status: u16, headers: &HeaderMap, source: Option<Source>) -> Refusal {
        let mut body = BytesMut::new();
        let mut whole = false;
        if let Some(mut source) = source {
            let limit = self.channel.config.timeouts.error_body;
            let read = collect(&mut source, &mut body, ERROR_BODY);
            let read = self.total.within(limit, EndReason::UpstreamError, read);
            whole = matches!(read.await, Ok(Collected::Whole));
            // An error that came before all of a large request was read: nobody knows how much of it is still under
            // way.
            if whole && self.call.body.len() <= SMALL_UPLOAD && self.feed.is_none() {
                source.finished();
            }
        }
        let body = body.freeze();
        let mut error = self.adaptor.error(status, &body, whole);
        self.mask(&mut error);
        let refusal = Refusal::reported(error);
        let asked = retry_after(headers).or_else(|| self.adaptor.asks_to_wait(&body));
        let asked = asked.filter(|_| !refusal.is_about_the_key());
        Refusal { retry_after: asked, ..refusal }
    }

    /// A provider that repeats the key or the address that it was called with must not tell them to the client.
    fn mask(&self, error: &mut UpstreamError) {
        let config = &self.channel.config;
        let address = config.base_url.as_ref().map(|base| base.authority.as_str());
        let signed = self.signature.as_ref().map_or(&[][..], |signature| &signature.signed.secrets);
        let secrets = config.keys.iter().chain(signed).map(vitals::Secret::reveal);
        for secret in secrets.chain(address).filter(|s| !s.is_empty()) {
            if error.message.contains(secret) {
                error.message = error.message.replace(secret, "***");
            }
            if error.body.as_ref().is_some_and(|body| memchr::memmem::find(body, secret.as_bytes()).is_some())
            {
                error.body = None;
            }
        }
    }
}
