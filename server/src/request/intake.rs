//! Reading the request's body: with a cap, a deadline without progress, and a place in the byte budget.

use std::time::Duration;

use adaptors::growth;
use bytes::Bytes;
use http::header::{CONTENT_LENGTH, EXPECT};
use http::{HeaderMap, request};
use http_body::Body as _;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use vitals::EndReason;

use super::packed;
use crate::clock::deadline::{Moment, until};
use crate::exchange::Exchange;
use crate::exchange::deadline::Total;
use crate::link::broke_the_rules;
use crate::reply::refusal::Refusal;
use crate::unpack::{CODINGS, Coding};

/// How much of a body that is refused anyway is read away, so that a client which sends first and reads later sees
/// the answer and not a reset.
pub(crate) const READ_AWAY: u64 = 256 * 1024 * 1024;
/// The longest that a refused body is read away.
pub(crate) const READ_AWAY_FOR: Duration = Duration::from_secs(5);

/// Room that is made at once for a body that was announced. More is made as it comes: what was only announced holds
/// nothing.
const AT_ONCE: usize = 256 * 1024;

/// What hyper takes to read a body that comes in many pieces, once so much of it has come.
pub(super) const BUFFERS: usize = 128 * 1024;
const MANY: usize = 64 * 1024;

/// A body as far as it has come. Most come in one piece and are never copied.
pub(super) struct Collected {
    first: Option<Bytes>,
    rest: Vec<u8>,
    /// Bytes that the client said it would send.
    announced: usize,
}

/// Reads the whole body.
///
/// # Errors
/// 413, 415, 408, 400 for a body that breaks off, 503 when the budget has no room now.
pub(super) async fn read(
    exchange: &mut Exchange,
    head: &request::Parts,
    mut body: Incoming,
    total: Total,
) -> Result<Bytes, Refusal> {
    let cap = exchange.snapshot.live.limits.request_body;
    let patience = exchange.snapshot.live.timeouts.request_body;
    let (coding, announced) = match announced(&head.headers, cap, Refusal::body_too_large) {
        Ok((_, announced)) if announced > exchange.relay.budget.limit() => {
            return Err(refuse(exchange.no_room(announced), head, body).await);
        }
        Ok(announced) => announced,
        Err(refusal) => return Err(refuse(refusal, head, body).await),
    };
    let mut collected = Collected::new(announced);
    while let Some(data) = next(&mut body, total, patience).await? {
        let held = collected.len() + data.len();
        let refusal =
            if held > cap { Some(Refusal::body_too_large(cap)) } else { hold(exchange, held).err() };
        if let Some(refusal) = refusal {
            drop((collected, data));
            return Err(give_up(exchange, refusal, held, (head, body)).await);
        }
        collected.take(data);
    }
    let body = packed::read(exchange, collected.into_bytes(), coding).await?;
    exchange.record.bytes_in = body.len() as u64;
    Ok(exchange.reservation.take().around(body))
}

/// Refuses a body of which so much was held.
pub(super) async fn give_up(
    exchange: &mut Exchange,
    refusal: Refusal,
    held: usize,
    (head, body): (&request::Parts, Incoming),
) -> Refusal {
    exchange.reservation.hold(0);
    let refusal = refuse(refusal, head, body).await;
    // What reading takes is not in the budget any more: nothing of it stays.
    if held > MANY {
        heap::give_back();
    }
    refusal
}

/// Takes a place for so much of a body, and for what reads it. One that nothing else stands in the way of needs room for
/// itself only.
pub(super) fn hold(exchange: &mut Exchange, held: usize) -> Result<(), Refusal> {
    let counted = if held > MANY { held + BUFFERS } else { held };
    let budget = &exchange.relay.budget;
    let is_alone = budget.used() == exchange.reservation.bytes();
    if exchange.reservation.hold(counted) || is_alone && exchange.reservation.hold(held) {
        return Ok(());
    }
    Err(exchange.no_room(held))
}

/// How the body is packed, and the length that the client announces; 0 where it does not.
pub(super) fn announced(
    headers: &HeaderMap,
    cap: usize,
    too_large: fn(usize) -> Refusal,
) -> Result<(Coding, usize), Refusal> {
    let coding = Coding::of(headers).map_err(|coding| {
        let text = format!(
            "the request body is packed in a way that is not read ({coding:?}): send one of {CODINGS}"
        );
        Refusal::client(415, text)
    })?;
    let length: Option<u64> = headers.get(CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.trim().parse().ok());
    match length {
        Some(length) if length > cap as u64 => Err(too_large(cap)),
        length => Ok((coding, length.and_then(|n| usize::try_from(n).ok()).unwrap_or(0))),
    }
}

/// The next bytes of the body; `None` at its end.
pub(super) async fn next(
    body: &mut Incoming,
    total: Total,
    patience: Duration,
) -> Result<Option<Bytes>, Refusal> {
    loop {
        let frame = total.until(Moment::now() + patience, EndReason::ClientError, body.frame()).await;
        match frame {
            Ok(None) => return Ok(None),
            Ok(Some(Ok(frame))) => {
                if let Ok(data) = frame.into_data() {
                    return Ok(Some(data));
                }
            }
            Ok(Some(Err(error))) => return Err(broke_off(&error)),
            Err(reason) => return Err(Refusal::body_too_slow(reason)),
        }
    }
}

/// A bad chunk, or frame, is the client's mistake; anything else is the connection's end.
pub(super) fn broke_off(error: &hyper::Error) -> Refusal {
    let reason = if is_malformed(error) { EndReason::ClientError } else { EndReason::ClientGone };
    Refusal { closes: true, ..Refusal::new(reason, 400, "the request body broke off") }
}

impl Collected {
    pub(super) fn new(announced: usize) -> Self {
        Self { first: None, rest: Vec::new(), announced }
    }

    pub(super) fn into_bytes(self) -> Bytes {
        self.first.unwrap_or_else(|| self.rest.into())
    }

    fn len(&self) -> usize {
        self.first.as_ref().map_or(0, Bytes::len) + self.rest.len()
    }

    pub(super) fn take(&mut self, data: Bytes) {
        if self.first.is_none() && self.rest.is_empty() {
            self.first = Some(data);
            return;
        }
        if let Some(first) = self.first.take() {
            self.rest.reserve_exact(self.announced.min(AT_ONCE).max(first.len() + data.len()));
            self.rest.extend_from_slice(&first);
        }
        let (held, wanted) = (self.rest.capacity(), self.rest.len() + data.len());
        if wanted > held && self.announced >= wanted {
            // Doubled, but for the last time to what was announced and no further.
            self.rest.reserve_exact(self.announced.min(2 * held).max(wanted) - self.rest.len());
        }
        growth::extend(&mut self.rest, &data);
    }
}

/// hyper tells a bad chunk by the kind of an error inside its own; h2 who ended the stream.
fn is_malformed(error: &hyper::Error) -> bool {
    use std::error::Error as _;
    let inner =
        error.source().and_then(|cause| cause.downcast_ref::<std::io::Error>()).map(std::io::Error::kind);
    error.is_parse()
        || broke_the_rules(error)
        || matches!(inner, Some(std::io::ErrorKind::InvalidInput | std::io::ErrorKind::InvalidData))
}

/// The refusal of a request whose body is not read for its own sake.
pub(super) async fn refuse(mut refusal: Refusal, head: &request::Parts, body: Incoming) -> Refusal {
    refusal.closes |= !read_away(head, body).await;
    refusal
}

/// Reads a body away, within bounds, unless its client waits to be told to send it: one that sends first and reads later
/// is to see the answer, and not a reset. Tells whether all of it was read.
pub(super) async fn read_away(head: &request::Parts, body: Incoming) -> bool {
    if body.is_end_stream() {
        return true;
    }
    if head.headers.contains_key(EXPECT) {
        return false;
    }
    away(body).await
}

/// Reads away what a client sends already.
pub(super) async fn away(mut body: Incoming) -> bool {
    let away = async {
        let mut read = 0;
        while let Some(Ok(frame)) = body.frame().await {
            read += frame.data_ref().map_or(0, |data| data.len() as u64);
            if read > READ_AWAY {
                return false;
            }
        }
        true
    };
    until(Moment::now() + READ_AWAY_FOR, away).await.unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use http::header::CONTENT_ENCODING;
    use http::{HeaderName, HeaderValue};

    use super::*;

    fn announces(name: HeaderName, value: &'static str) -> Result<usize, u16> {
        announced(
            &[(name, HeaderValue::from_static(value))].into_iter().collect(),
            100,
            Refusal::body_too_large,
        )
        .map(|(_, length)| length)
        .map_err(|r| r.status)
    }

    #[test]
    fn a_body_is_refused_by_its_head_where_that_says_enough() {
        assert_eq!(
            announced(&HeaderMap::new(), 100, Refusal::body_too_large).ok(),
            Some((Coding::Identity, 0))
        );
        assert_eq!(announces(CONTENT_LENGTH, " 100 "), Ok(100));
        assert_eq!(announces(CONTENT_LENGTH, "101"), Err(413));
        assert_eq!(announces(CONTENT_LENGTH, "18446744073709551615"), Err(413));
        assert_eq!(announces(CONTENT_LENGTH, "many"), Ok(0));
        assert_eq!(announces(CONTENT_ENCODING, "Identity"), Ok(0));
        assert_eq!(announces(CONTENT_ENCODING, "gzip"), Ok(0));
        assert_eq!(announces(CONTENT_ENCODING, "gzip, gzip"), Err(415));
        assert_eq!(announces(CONTENT_ENCODING, "compress"), Err(415));
    }

    #[test]
    fn what_was_only_announced_takes_no_room() {
        let mut collected = Collected::new(32 << 20);
        collected.take(Bytes::from_static(b"a"));
        collected.take(Bytes::from_static(b"b"));
        assert_eq!((collected.len(), collected.rest.capacity()), (2, AT_ONCE));
        collected.take(Bytes::from(vec![0; AT_ONCE]));
        assert!((AT_ONCE..=2 * AT_ONCE).contains(&collected.rest.capacity()));
        let mut collected = Collected::new(AT_ONCE + 10);
        for _ in 0..2 {
            collected.take(Bytes::from(vec![0; AT_ONCE / 2 + 5]));
        }
        assert_eq!(collected.rest.capacity(), AT_ONCE + 10, "the last step is to what was announced");
    }

    #[test]
    fn one_piece_is_kept_as_it_came_and_more_are_joined() {
        let mut collected = Collected::new(0);
        let one = Bytes::from_static(b"one");
        collected.take(one.clone());
        assert_eq!(collected.first.as_ref().map(|first| first.as_ptr()), Some(one.as_ptr()));
        collected.take(Bytes::from_static(b", two"));
        collected.take(Bytes::from_static(b", three"));
        assert_eq!((collected.len(), collected.first.is_none()), (15, true));
        assert_eq!(collected.rest, b"one, two, three");
    }
}
