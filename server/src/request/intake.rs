//! Reading the request's body: with a cap, a deadline without progress, and a place in the byte budget.

use bytes::{Bytes, BytesMut};
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, EXPECT};
use http::{HeaderMap, request};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use tokio::time::Instant;
use vitals::EndReason;

use crate::exchange::Exchange;
use crate::exchange::deadline::Total;
use crate::reply::refusal::Refusal;

/// How much of a body that is refused anyway is read away, so that a client which sends first and reads later sees
/// the answer and not a reset.
const READ_AWAY: u64 = 256 * 1024 * 1024;
/// And for how long.
const READ_AWAY_FOR: std::time::Duration = std::time::Duration::from_secs(5);

/// Reads the whole body.
///
/// # Errors
/// 413, 415, 408, 400 for a body that breaks off, 503 when the budget has no room.
pub(crate) async fn read(
    exchange: &mut Exchange,
    head: &request::Parts,
    mut body: Incoming,
    total: Total,
) -> Result<Bytes, Refusal> {
    let limits = exchange.snapshot.live.limits.clone();
    let cap = limits.request_body;
    if let Some(encoding) =
        head.headers.get(CONTENT_ENCODING).filter(|e| !e.as_bytes().eq_ignore_ascii_case(b"identity"))
    {
        let text = format!("the request body is compressed ({encoding:?}): send it as it is");
        return Err(refuse(Refusal::client(415, text), head, body).await);
    }
    let announced = length(&head.headers);
    if announced.is_some_and(|n| n > cap as u64) {
        return Err(refuse(too_large(cap), head, body).await);
    }
    let announced = announced.and_then(|n| usize::try_from(n).ok()).unwrap_or(0);
    if !exchange.reservation.hold(announced) {
        return Err(refuse(Refusal::shed("too many bytes of request bodies at once"), head, body).await);
    }
    let patience = exchange.snapshot.live.timeouts.request_body;
    let mut first: Option<Bytes> = None;
    let mut rest = BytesMut::new();
    loop {
        let frame = total.until(Instant::now() + patience, EndReason::ClientError, body.frame()).await;
        let frame = match frame {
            Err(reason) => {
                let mut late =
                    Refusal::new(reason, 408, "the request body came too slowly").kind("timeout_error");
                late.unread = true;
                return Err(late);
            }
            Ok(None) => break,
            Ok(Some(Err(error))) => {
                // A bad chunk is the client's mistake; anything else is the connection's end.
                let reason =
                    if is_malformed(&error) { EndReason::ClientError } else { EndReason::ClientGone };
                let mut cut = Refusal::new(reason, 400, "the request body broke off");
                cut.unread = true;
                return Err(cut);
            }
            Ok(Some(Ok(frame))) => frame,
        };
        let Ok(data) = frame.into_data() else { continue };
        let held = first.as_ref().map_or(0, Bytes::len) + rest.len();
        if held + data.len() > cap {
            drop((first, rest));
            return Err(refuse(too_large(cap), head, body).await);
        }
        if held + data.len() > announced && !exchange.reservation.hold(held + data.len()) {
            drop((first, rest));
            return Err(refuse(Refusal::shed("too many bytes of request bodies at once"), head, body).await);
        }
        // Most bodies come in one piece and are never copied.
        match (&first, rest.is_empty()) {
            (None, true) => first = Some(data),
            _ => {
                if let Some(first) = first.take() {
                    rest.reserve(announced.max(first.len() + data.len()));
                    rest.extend_from_slice(&first);
                }
                rest.extend_from_slice(&data);
            }
        }
    }
    let body = first.unwrap_or_else(|| rest.freeze());
    exchange.reservation.hold(body.len());
    exchange.record.bytes_in = body.len() as u64;
    Ok(body)
}

/// hyper tells a bad chunk by the kind of an error inside its own.
fn is_malformed(error: &hyper::Error) -> bool {
    use std::error::Error as _;
    let inner =
        error.source().and_then(|cause| cause.downcast_ref::<std::io::Error>()).map(std::io::Error::kind);
    error.is_parse()
        || matches!(inner, Some(std::io::ErrorKind::InvalidInput | std::io::ErrorKind::InvalidData))
}

fn too_large(cap: usize) -> Refusal {
    let size = vitals::units::format_size(cap as u64);
    Refusal::new(
        EndReason::TooLarge,
        413,
        format!("the request body is larger than {size} (limits.request_body)"),
    )
}

fn length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.trim().parse().ok()
}

/// Reads the rest of a refused body away, within bounds, unless the client waits to be told to send it.
async fn refuse(mut refusal: Refusal, head: &request::Parts, mut body: Incoming) -> Refusal {
    if head.headers.contains_key(EXPECT) {
        refusal.unread = true;
        return refusal;
    }
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
    refusal.unread = !tokio::time::timeout(READ_AWAY_FOR, away).await.unwrap_or(false);
    refusal
}
