//! An answer that comes whole: held until its end while nothing is promised, or passed on where it is too large.

use adaptors::adaptor::Answer;
use adaptors::growth;
use bytes::Bytes;
use http::HeaderMap;
use http::header::CONTENT_LENGTH;
use vitals::EndReason;

use super::Exchange;
use super::call::{Attempt, Collected, Outcome, REPLAYED, RETOLD, TRANSLATED};
use crate::clock::deadline::Moment;
use crate::clock::lock;
use crate::reply::refusal::Refusal;
use crate::reply::respond::JSON;
use crate::upstream::source::Source;

/// A whole answer is held up to here; a larger one is passed on as it comes.
const HELD: usize = 1024 * 1024;
/// Bytes that are held of one which is passed on in any case.
const BEGINNING: usize = 4 * 1024;
/// What hyper holds of an answer that is passed on as it comes, for a client that reads slowly: what it has read, and what
/// it is to write.
pub(super) const IN_HAND: usize = 128 * 1024;
/// A whole answer from here on leaves so much behind, put into another form, that it is given back at once.
const LARGE: usize = 512 * 1024;

impl Attempt<'_> {
    /// Reads a whole answer; one that is larger than what is held is passed on from there.
    pub(super) async fn whole(
        &self,
        exchange: &mut Exchange,
        mut source: Source,
        headers: &HeaderMap,
        first_byte: Moment,
        passed: HeaderMap,
    ) -> Result<Outcome, Refusal> {
        // What has to be told in another way, as a stream or in another dialect, is needed whole.
        let retold = self.wants_stream() || self.adaptor.translates();
        let copies = if self.adaptor.translates() { TRANSLATED } else { RETOLD };
        let length: Option<u64> =
            headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
        let announced = length.and_then(|length| usize::try_from(length).ok()).unwrap_or(0);
        let cap = match retold {
            true => REPLAYED,
            // It is passed on in any case: there is no use in holding more of it than its beginning.
            false if announced > HELD => BEGINNING,
            false => HELD,
        };
        let expected = if retold && announced <= cap { announced } else { 0 };
        // All of it or nothing: many that hold a part each would all be refused in the end.
        self.room(exchange, copies * expected)?;
        let (collected, body) = self.hold(exchange, &mut source, first_byte, (cap, expected)).await?;
        match collected {
            Collected::Cut => Err(Refusal::truncated()),
            Collected::TooLong if retold => {
                let text = "the upstream's answer is too large to be put into another form";
                Err(Refusal::answer_too_large(text))
            }
            Collected::TooLong => {
                if !body.trim_ascii_start().starts_with(b"{") {
                    return Err(Refusal::upstream("the upstream's answer is not a JSON object"));
                }
                self.room(exchange, body.len() + IN_HAND + source.behind(body.len()))?;
                *lock(&exchange.entry.source) = Some(source);
                let first = exchange.reservation.split(body.len()).around(body);
                Ok(Outcome::Raw { first, length, content_type: JSON, is_json: true, headers: passed })
            }
            Collected::Whole => {
                source.finished();
                if retold {
                    self.room(exchange, copies * body.len())?;
                }
                let large = retold && body.len() >= LARGE;
                let answer = self.adaptor.answer(&self.call, body);
                if large {
                    heap::give_back();
                }
                match answer {
                    Answer::Deliver { body, content_type, usage } => {
                        exchange.record.usage = usage;
                        let body = self.holding(exchange, body)?;
                        Ok(Outcome::Whole { body, content_type, headers: passed })
                    }
                    Answer::Error(error) => Err(Refusal::reported(error)),
                }
            }
        }
    }

    /// Tells whether a whole answer has to become a stream: media pass as they come.
    fn wants_stream(&self) -> bool {
        self.call.envelope.stream && !self.call.operation.is_media()
    }

    /// Holds an answer as far as it comes, and a little beyond `cap` bytes at most; `expected`: bytes of it that have their
    /// place already.
    async fn hold(
        &self,
        exchange: &mut Exchange,
        source: &mut Source,
        first_byte: Moment,
        (cap, expected): (usize, usize),
    ) -> Result<(Collected, Bytes), Refusal> {
        let mut body = Vec::with_capacity(expected);
        let idle = self.channel.config.timeouts.idle;
        let (mut at, mut reason) = (first_byte, EndReason::FirstByteTimeout);
        loop {
            let chunk = self.total.until(at, reason, source.chunk()).await.map_err(Refusal::deadline)?;
            let bytes = match chunk {
                None => return Ok((Collected::Whole, body.into())),
                Some(Err(_)) => return Ok((Collected::Cut, body.into())),
                Some(Ok(bytes)) => bytes,
            };
            if reason == EndReason::FirstByteTimeout {
                exchange.record.first_byte_ms = Some(exchange.entry.age());
            }
            let held = body.len() + bytes.len();
            let held = held + source.behind(held);
            self.room(exchange, held.max(exchange.reservation.bytes()))?;
            growth::extend(&mut body, &bytes);
            if body.len() > cap {
                return Ok((Collected::TooLong, body.into()));
            }
            (at, reason) = (Moment::now() + idle, EndReason::IdleTimeout);
        }
    }
}
