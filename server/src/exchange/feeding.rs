//! Waiting for an upstream while the request still goes up: not until one moment, but as long as either side moves.

use std::future::Future;
use std::pin::pin;

use bytes::Bytes;
use http::HeaderMap;
use http::header::{CONTENT_LENGTH, HeaderValue};
use vitals::EndReason;

use super::Exchange;
use super::call::Attempt;
use crate::clock::deadline::Moment;
use crate::reply::refusal::Refusal;
use crate::upstream::feed::Feed;
use crate::upstream::source::Source;
use crate::upstream::upload::Upload;

impl Attempt<'_> {
    /// Waits for `future`: while the client sends, the upstream takes, or has taken all of it not too long ago.
    ///
    /// # Errors
    /// 408 for a client that sends nothing more, 504 for an upstream that takes nothing, or does not answer.
    pub(super) async fn moving<F: Future>(&self, feed: &Feed, future: F) -> Result<F::Output, Refusal> {
        let first_byte = self.channel.config.timeouts.first_byte;
        let mut future = pin!(future);
        loop {
            let look = (Moment::now() + feed.step(first_byte)).min(feed.due(first_byte).0);
            let waited = self.total.until(look, EndReason::FirstByteTimeout, future.as_mut()).await;
            let (due, reason) = feed.due(first_byte);
            let reason = match waited {
                Ok(output) => return Ok(output),
                Err(EndReason::TotalTimeout) => EndReason::TotalTimeout,
                // It moved meanwhile.
                Err(_) if due > Moment::now() => continue,
                Err(_) => reason,
            };
            return Err(match feed.is_awaited() {
                true => Refusal::body_too_slow(reason),
                false => Refusal::deadline(reason),
            });
        }
    }

    /// Waits for the first bytes of an answer that began before all of the request was sent. Tells until when it has to
    /// have content.
    pub(super) async fn begun(&self, feed: &Feed, source: &mut Source) -> Result<Moment, Refusal> {
        let first_byte = self.channel.config.timeouts.first_byte;
        if feed.is_over() {
            return Ok(feed.due(first_byte).0);
        }
        match self.moving(feed, source.chunk()).await? {
            Some(Ok(chunk)) => source.unread(chunk),
            Some(Err(_)) => return Err(feed.failure().unwrap_or_else(Refusal::truncated)),
            None => {}
        }
        Ok(Moment::now() + first_byte)
    }

    /// The whole body, for whoever cannot begin without its end.
    ///
    /// # Errors
    /// As of any body, and where the budget has no room for it.
    pub(super) async fn gather(
        &self,
        exchange: &mut Exchange,
        feed: &Feed,
        first: Bytes,
    ) -> Result<Bytes, Refusal> {
        let (mut body, mut upload) = (Vec::new(), Upload::fed(first, feed));
        upload.begins();
        loop {
            let piece = std::future::poll_fn(|cx| upload.poll_piece(cx, usize::MAX));
            match self.moving(feed, piece).await? {
                Some(Ok(piece)) => {
                    if !exchange.reservation.hold(body.len() + piece.len()) {
                        return Err(exchange.no_room(body.len() + piece.len()));
                    }
                    adaptors::growth::extend(&mut body, &piece);
                }
                Some(Err(cutoff)) => {
                    let refusal = feed.failure();
                    return Err(refusal.unwrap_or_else(|| Refusal::client(400, cutoff.to_string())));
                }
                None => return Ok(exchange.reservation.take().around(body.into())),
            }
        }
    }
}

/// The length of a body whose rest still comes, where the client announced it.
pub(super) fn set_length(headers: &mut HeaderMap, first: usize, feed: &Feed) {
    match feed.left() {
        Some(left) => headers.insert(CONTENT_LENGTH, HeaderValue::from(first as u64 + left)),
        None => headers.remove(CONTENT_LENGTH),
    };
}
