//! An answer that comes as a stream: read to its first content, or gathered to its end.

use http::HeaderMap;
use vitals::EndReason;

use super::Exchange;
use super::call::{Attempt, Outcome, REPLAYED, RETOLD, TRANSLATED};
use super::stream::{Progress, Stream, Then};
use crate::clock::deadline::Moment;
use crate::clock::lock;
use crate::reply::refusal::Refusal;
use crate::upstream::source::Source;

impl Attempt<'_> {
    /// Reads a stream: to its first content, before which nothing has been promised and an error is still an error; or
    /// to its end, for a client that asked for a whole answer.
    pub(super) async fn stream(
        &self,
        exchange: &mut Exchange,
        mut source: Source,
        first_byte: Moment,
        headers: HeaderMap,
    ) -> Result<Outcome, Refusal> {
        let cap = exchange.snapshot.live.limits.sse_event;
        let wanted = self.call.envelope.stream || self.call.operation.is_media();
        let (reader, until) = match wanted {
            true => (self.adaptor.stream(&self.call), (Progress::Content, cap)),
            false => (self.adaptor.gather(&self.call), (Progress::Terminal, REPLAYED)),
        };
        let mut stream = Stream::new(self.client, self.upstream.framing(), reader, cap, self.channel.limits);
        stream.is_packed = source.is_packed();
        if self.adaptor.translates() {
            stream.counts(TRANSLATED);
        }
        let progress = self.advance(exchange, &mut source, &mut stream, first_byte, until).await?;
        if progress < Progress::Terminal {
            *lock(&exchange.entry.source) = Some(source);
        } else {
            // With bytes left over the connection must not carry another answer: dropped.
            if stream.framer.buffered() == 0 {
                source.settle();
            }
            stream.account(exchange, true);
            stream.then = Then::Whole;
        }
        if !wanted {
            let body = self.holding(exchange, stream.take_ready())?;
            return Ok(Outcome::Whole { body, content_type: "application/json", headers });
        }
        self.room(exchange, stream.held() + stream.unheld())?;
        stream.hold_ready(&mut exchange.reservation);
        let content_type = self.client.streams_as(self.call.path);
        Ok(Outcome::Stream { stream, content_type, headers })
    }

    /// Reads on until the stream has come as far as `wanted`, within `cap` bytes. Says how far it has come.
    async fn advance(
        &self,
        exchange: &mut Exchange,
        source: &mut Source,
        stream: &mut Stream,
        first_byte: Moment,
        (wanted, cap): (Progress, usize),
    ) -> Result<Progress, Refusal> {
        let (mut read, mut progress) = (0, Progress::Opening);
        let copies = match wanted {
            _ if self.adaptor.translates() => TRANSLATED,
            Progress::Terminal => RETOLD,
            _ => 1,
        };
        while progress < wanted {
            let silence = stream.patience().unwrap_or(self.channel.config.timeouts.idle);
            let (at, reason) = match progress {
                Progress::Opening => (first_byte, EndReason::FirstByteTimeout),
                _ => (Moment::now() + silence, EndReason::IdleTimeout),
            };
            progress = match self.total.until(at, reason, source.chunk()).await {
                Ok(None) => {
                    stream.finish().map_err(|refusal| *refusal)?;
                    Progress::Terminal
                }
                // Nothing was missing but the terminator.
                Err(EndReason::IdleTimeout) if stream.patience().is_some() && stream.finish().is_ok() => {
                    Progress::Terminal
                }
                Err(reason) => return Err(Refusal::deadline(reason)),
                Ok(Some(Err(_))) => return Err(Refusal::truncated()),
                Ok(Some(Ok(chunk))) => {
                    read += chunk.len();
                    self.room(exchange, copies * read + source.behind(read))?;
                    progress.max(stream.read(chunk).map_err(|refusal| *refusal)?)
                }
            };
            if progress > Progress::Opening && exchange.record.first_byte_ms.is_none() {
                exchange.record.first_byte_ms = Some(exchange.entry.age());
            }
            if progress < wanted && read > cap {
                return Err(match wanted {
                    Progress::Terminal => Refusal::answer_too_large(
                        "the upstream sent a stream too long to be put together to one answer",
                    ),
                    _ => Refusal::upstream("the upstream sent no content, only comments"),
                });
            }
        }
        Ok(progress)
    }
}
