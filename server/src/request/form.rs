//! Reading a form: as far as its model, and then on while it goes up. What stands before the model is held like any body;
//! what stands behind it never is, but looked at piece by piece before the upstream gets it: for another model, for the
//! form's end, for its cap.

use std::borrow::Cow;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use adaptors::adaptor::Operation;
use adaptors::envelope::{Envelope, EnvelopeError};
use adaptors::form::{self, Reader};
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, request};
use http_body::Body;
use hyper::body::Incoming;

use super::intake::{self, BUFFERS, Collected};
use crate::access::gates::Reservation;
use crate::exchange::Exchange;
use crate::exchange::call::Outcome;
use crate::exchange::deadline::Total;
use crate::link::Link;
use crate::reply::refusal::Refusal;
use crate::unpack::Coding;
use crate::upstream::feed::{Feed, HELD, Rest};
use crate::words;

/// What a form holds of the budget while it goes up: what is read of it, what is written, and its first bytes.
const IN_HAND: usize = BUFFERS + HELD;

/// How the content type of a form begins.
const FORM: &str = "multipart/";

/// What is still to come of a form.
struct Coming {
    body: Incoming,
    look: Look,
    _place: Reservation,
}

/// The look at each piece.
struct Look {
    reader: Reader,
    default: Option<&'static str>,
    came: usize,
    /// What the client said it would send; 0: it did not.
    announced: usize,
    cap: usize,
}

/// Reads a form until its model is known. The rest becomes the exchange's upload.
///
/// # Errors
/// As of any body, and 400 for what is no form, or names no model or two.
pub(super) async fn read(
    exchange: &mut Exchange,
    head: &request::Parts,
    mut body: Incoming,
    (boundary, default): (&str, Option<&'static str>),
    total: Total,
) -> Result<(Bytes, Envelope), Refusal> {
    let live = &exchange.snapshot.live;
    let (cap, patience) = (live.limits.form(), live.timeouts.request_body);
    let whole = live.limits.request_body;
    let announced = match intake::announced(&head.headers, cap, Refusal::upload_too_large) {
        Ok((Coding::Identity, announced)) => announced,
        Ok(_) => {
            // It can only be looked at once it has come whole.
            let body = intake::read(exchange, head, body, total).await?;
            let envelope = form::envelope(&body, boundary, default).map_err(wrong)?;
            return Ok((body, envelope));
        }
        Err(refusal) => return Err(intake::refuse(refusal, head, body).await),
    };
    let mut look = Look { reader: Reader::new(boundary), default, came: 0, announced, cap };
    let mut collected = Collected::new(announced);
    let mut open = true;
    while open && look.reader.envelope().is_none() {
        let Some(data) = intake::next(&mut body, total, patience).await? else { break };
        open = !body.is_end_stream();
        let looked = look.at(&data, !open).and_then(|()| look.may_be_held(whole));
        let looked = looked.and_then(|()| intake::hold(exchange, look.came));
        if let Err(refusal) = looked {
            drop((collected, data));
            return Err(intake::give_up(exchange, refusal, look.came, (head, body)).await);
        }
        collected.take(data);
    }
    let first = exchange.reservation.take().around(collected.into_bytes());
    exchange.record.bytes_in = first.len() as u64;
    let Some(envelope) = look.reader.envelope().filter(|_| open) else {
        return Ok((first, look.reader.finish(default).map_err(wrong)?));
    };
    let budget = &exchange.relay.budget;
    let mut place = budget.reservation();
    if !place.hold(IN_HAND) && budget.used() > first.len() {
        return Err(intake::refuse(exchange.no_room(first.len() + IN_HAND), head, body).await);
    }
    exchange.upload = Some(Feed::new(Box::new(Coming { body, look, _place: place }), patience));
    Ok((first, envelope))
}

/// Whatever became of the request, its client is to see it: what nobody has read of the form is read away, within bounds,
/// unless the upstream may still want it. What is left then ends the connection, but not before the client has its answer.
pub(super) async fn settle(
    link: &Link,
    exchange: &Exchange,
    mut outcome: Result<Outcome, Refusal>,
) -> Result<Outcome, Refusal> {
    let Some(feed) = &exchange.upload else { return outcome };
    // An answer under way may still be one to what comes: its body sees to the rest.
    if matches!(outcome, Ok(Outcome::Stream { .. } | Outcome::Raw { .. })) {
        return outcome;
    }
    let closes = outcome.as_ref().is_err_and(|refusal| refusal.closes);
    if !closes
        && let Some(body) = feed.take()
        && intake::away(body).await
    {
        feed.finish();
    }
    if !feed.is_over() {
        link.leaves_unread();
    }
    if let Err(refusal) = &mut outcome {
        refusal.closes |= !feed.is_over();
    }
    outcome
}

pub(super) fn wrong(error: EnvelopeError) -> Refusal {
    Refusal { param: error.param.map(Cow::Borrowed), ..Refusal::client(400, error.message) }
}

/// What is wrong with a body that is not the JSON that it is taken for: where it is a form, that is what is said.
pub(super) fn not_json(operation: Operation, headers: &HeaderMap, error: EnvelopeError) -> Refusal {
    let kind = headers.get(CONTENT_TYPE).map_or(&b""[..], |kind| kind.as_bytes());
    let is_form = kind.get(..FORM.len()).is_some_and(|start| start.eq_ignore_ascii_case(FORM.as_bytes()));
    let is_json = kind.is_empty() || kind.windows(4).any(|part| part.eq_ignore_ascii_case(b"json"));
    match (is_form, operation.takes_form()) {
        // A bare file, for instance.
        (_, true) if !is_json => Refusal::client(400, words::NO_BOUNDARY),
        (true, false) => Refusal::client(400, words::NO_FORM),
        _ => wrong(error),
    }
}

impl Look {
    /// Looks at the next bytes.
    fn at(&mut self, data: &[u8], is_last: bool) -> Result<(), Refusal> {
        self.came += data.len();
        if self.came > self.cap {
            return Err(Refusal::upload_too_large(self.cap));
        }
        self.reader.read(data).map_err(wrong)?;
        if is_last || self.left() == Some(0) { self.is_whole() } else { Ok(()) }
    }

    /// What stands before the model is held like any body.
    fn may_be_held(&self, cap: usize) -> Result<(), Refusal> {
        if self.came > cap && self.reader.envelope().is_none() {
            return Err(Refusal::model_too_late(cap));
        }
        Ok(())
    }

    fn is_whole(&self) -> Result<(), Refusal> {
        self.reader.finish(self.default).map(drop).map_err(wrong)
    }

    fn left(&self) -> Option<u64> {
        Some(self.announced).filter(|all| *all > 0).map(|all| all.saturating_sub(self.came) as u64)
    }
}

impl Rest for Coming {
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Box<Refusal>>>> {
        loop {
            let looked = match ready!(Pin::new(&mut self.body).poll_frame(cx)) {
                None => self.look.is_whole().map(|()| None),
                Some(Err(error)) => Err(intake::broke_off(&error)),
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => self.look.at(&data, self.body.is_end_stream()).map(|()| Some(data)),
                    Err(_) => continue,
                },
            };
            return Poll::Ready(looked.map_err(Box::new).transpose());
        }
    }

    fn left(&self) -> Option<u64> {
        self.look.left()
    }

    fn wants_stream(&self) -> bool {
        self.look.reader.wants_stream()
    }

    fn into_body(self: Box<Self>) -> Option<Incoming> {
        Some(self.body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_in_the_place_of_json_is_told_as_a_form() {
        let said = |operation, kind: &'static str| {
            let headers = HeaderMap::from_iter([(CONTENT_TYPE, http::HeaderValue::from_static(kind))]);
            let error = EnvelopeError { message: "not valid JSON".to_owned(), param: None };
            not_json(operation, &headers, error).message.into_owned()
        };
        for kind in ["Multipart/form-data", "audio/mpeg"] {
            assert!(said(Operation::Transcriptions, kind).contains("boundary=…"), "{kind}");
        }
        assert!(said(Operation::Chat, "multipart/form-data; boundary=b").contains("send a JSON object"));
        assert_eq!(said(Operation::Transcriptions, "application/json"), "not valid JSON");
        assert_eq!(said(Operation::Chat, "multi"), "not valid JSON");
    }

    #[test]
    fn a_model_behind_more_than_is_held_is_too_late() {
        let part = |name: &str, value: &str| {
            format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
        };
        let looked = |form: String| {
            let reader = Reader::new("b");
            let mut look = Look { reader, default: None, came: 0, announced: 0, cap: 1 << 20 };
            look.at(form.as_bytes(), false)
                .and_then(|()| look.may_be_held(200))
                .err()
                .map(|refusal| refusal.status)
        };
        let (file, model) = (part("file", &"x".repeat(300)), part("model", "m"));
        assert_eq!(looked(part("file", "x")), None);
        assert_eq!(looked(file.clone()), Some(413));
        assert_eq!(looked(model + &file), None);
    }
}
