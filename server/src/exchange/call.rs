//! The call to the upstream until its answer can be trusted: connect, send, wait for the first content. Nothing is
//! promised to the client before.

use adaptors::adaptor::{Adaptor, Answer, Call, UpstreamError};
use adaptors::demo::{Ask, Reply};
use adaptors::dialect::Dialect;
use bytes::{Bytes, BytesMut};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderValue, Request};
use vitals::EndReason;

use super::Exchange;
use super::deadline::Total;
use super::headers::{from_upstream, of_failure, retry_after, upstream_id};
use super::stream::{Progress, Stream, Then};
use crate::channel::ChannelState;
use crate::clock::deadline::Moment;
use crate::clock::lock;
use crate::ledger::Phase;
use crate::reply::refusal::Refusal;
use crate::reply::respond::JSON;
use crate::unpack::{Coding, Unpack};
use crate::upstream::demo::Demo;
use crate::upstream::source::{Source, Upstream};
use crate::upstream::upload::Upload;

/// An error's body is read up to here.
const ERROR_BODY: usize = 64 * 1024;
/// A request up to here is taken to have arrived whole when an error answers it.
const SMALL_UPLOAD: usize = 64 * 1024;
/// A whole answer is held up to here; a larger one is passed on as it comes.
const HELD: usize = 1024 * 1024;
/// Bytes that are held of one which is passed on in any case.
const BEGINNING: usize = 4 * 1024;
/// Bytes of whatever has to be put into another form as a whole: an answer to be told as a stream or in another
/// dialect, a stream to be put together to one answer.
const REPLAYED: usize = 16 * 1024 * 1024;
/// What a whole answer counts for while it is told as a stream: as it came, and as it becomes.
const RETOLD: usize = 2;
/// A whole answer from here on leaves so much behind, put into another form, that it is given back at once.
const LARGE: usize = 512 * 1024;
/// While it is translated: what stands between the two dialects, too.
const TRANSLATED: usize = 3;

/// An answer that can be promised to the client.
pub(crate) enum Outcome {
    Whole {
        body: Bytes,
        content_type: &'static str,
        headers: HeaderMap,
    },
    /// A stream whose first content has come; the rest is in the exchange's ledger entry.
    Stream {
        stream: Box<Stream>,
        headers: HeaderMap,
    },
    /// An answer too large to hold, from its first bytes on.
    Raw {
        first: Bytes,
        length: Option<u64>,
        content_type: HeaderValue,
        headers: HeaderMap,
    },
}

/// One call: what is sent where, by when.
pub(crate) struct Attempt<'a> {
    pub(crate) channel: &'a ChannelState,
    pub(crate) adaptor: &'a dyn Adaptor,
    pub(crate) call: Call<'a>,
    pub(crate) total: Total,
    pub(crate) client: Dialect,
    pub(crate) upstream: Dialect,
    /// Bytes that the request itself holds meanwhile.
    pub(crate) held: usize,
}

impl Attempt<'_> {
    /// Runs the call until there is something that can be promised to the client.
    pub(crate) async fn run(
        &self,
        exchange: &mut Exchange,
        request: Request<Upload>,
    ) -> Result<Outcome, Refusal> {
        let first_byte = Moment::now() + self.channel.config.timeouts.first_byte;
        let (response, lease) = self.send(exchange, request, first_byte).await?;
        let (mut head, body) = response.into_parts();
        note(exchange, &head.headers);
        if head.headers.contains_key(TRANSFER_ENCODING) && head.headers.contains_key(CONTENT_LENGTH) {
            // Where such an answer ends is a matter of opinion (RFC 9112, section 6.3).
            return Err(Refusal::upstream("the upstream's answer has both a length and a transfer coding"));
        }
        let coding = coding(&head.headers);
        let unpack = coding.as_ref().ok().and_then(|coding| Unpack::new(*coding));
        if unpack.is_some() {
            // It counts the packed bytes.
            head.headers.remove(CONTENT_LENGTH);
        }
        let source = Source::Http(Upstream { body, lease, unpack, begun: None });
        if !head.status.is_success() {
            let readable = coding.is_ok().then_some(source);
            let refusal = self.failed(head.status.as_u16(), &head.headers, readable).await;
            return Err(refusal.with(|refusal| of_failure(refusal, from_upstream(&head.headers))));
        }
        if let Err(coding) = coding {
            return Err(Refusal::upstream(format!(
                "the upstream compressed its answer ({coding:?}) although that was not asked for"
            )));
        }
        self.read(exchange, source, &head.headers, first_byte).await
    }

    /// Reads a 2xx answer, whatever kind of answer it is.
    pub(crate) async fn read(
        &self,
        exchange: &mut Exchange,
        mut source: Source,
        headers: &HeaderMap,
        first_byte: Moment,
    ) -> Result<Outcome, Refusal> {
        let passed = from_upstream(headers);
        let read = match self.is_stream(&mut source, headers, first_byte).await {
            Ok(true) => self.stream(exchange, source, first_byte, passed).await,
            Ok(false) => self.whole(exchange, source, headers, first_byte, passed).await,
            Err(refusal) => Err(refusal),
        };
        read.map_err(|refusal| refusal.with(|refusal| of_failure(refusal, from_upstream(headers))))
    }

    /// The built-in provider's answer takes the same way as any other.
    pub(crate) async fn demo(&self, exchange: &mut Exchange, body: &Bytes) -> Result<Outcome, Refusal> {
        exchange.entry.set_phase(Phase::Waiting);
        let ask = Ask {
            dialect: self.upstream,
            operation: self.call.operation,
            body,
            envelope: self.call.envelope,
            id: self.call.id,
            unix_seconds: self.call.unix_seconds,
        };
        let reply = adaptors::demo::answer(&ask).map_err(|message| Refusal::client(400, message))?;
        let mut headers = HeaderMap::new();
        let source = match reply {
            Reply::Json { body, .. } => Source::Demo(Demo::whole(body)),
            Reply::Stream { frames, .. } => {
                headers
                    .insert(CONTENT_TYPE, HeaderValue::from_static(self.upstream.framing().content_type()));
                Source::Demo(Demo::paced(frames))
            }
        };
        self.read(exchange, source, &headers, self.total.0).await
    }

    /// Reads an error's body within its own cap and deadline; `None` for one that cannot be read at all.
    async fn failed(&self, status: u16, headers: &HeaderMap, source: Option<Source>) -> Refusal {
        let mut body = BytesMut::new();
        let mut whole = false;
        if let Some(mut source) = source {
            let limit = self.channel.config.timeouts.error_body;
            let read = collect(&mut source, &mut body, ERROR_BODY);
            let read = self.total.within(limit, EndReason::UpstreamError, read);
            whole = matches!(read.await, Ok(Collected::Whole));
            // An error that came before all of a large request was read: nobody knows how much of it is still under
            // way.
            if whole && self.call.body.len() <= SMALL_UPLOAD {
                source.finished();
            }
        }
        let body = body.freeze();
        let mut error = self.adaptor.error(status, &body, whole);
        self.mask(&mut error);
        let refusal = Refusal::reported(error);
        let asked = retry_after(headers).filter(|_| !refusal.is_about_the_key());
        Refusal { retry_after: asked, ..refusal }
    }

    /// A provider that repeats the key or the address that it was called with must not tell them to the client.
    fn mask(&self, error: &mut UpstreamError) {
        let config = &self.channel.config;
        let address = config.base_url.as_ref().map(|base| base.authority.as_str());
        for secret in config.keys.iter().map(vitals::Secret::reveal).chain(address).filter(|s| !s.is_empty())
        {
            if error.message.contains(secret) {
                error.message = error.message.replace(secret, "***");
            }
            if error.body.as_ref().is_some_and(|body| memchr::memmem::find(body, secret.as_bytes()).is_some())
            {
                error.body = None;
            }
        }
    }

    /// Reads a whole answer; one that is larger than what is held is passed on from there.
    async fn whole(
        &self,
        exchange: &mut Exchange,
        mut source: Source,
        headers: &HeaderMap,
        first_byte: Moment,
        passed: HeaderMap,
    ) -> Result<Outcome, Refusal> {
        // What has to be told in another way, as a stream or in another dialect, is needed whole.
        let retold = self.call.envelope.stream || self.adaptor.translates();
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
                *lock(&exchange.entry.source) = Some(source);
                let first = exchange.reservation.take().around(body);
                Ok(Outcome::Raw { first, length, content_type: JSON, headers: passed })
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

    /// Holds an answer as far as it comes, and a little beyond `cap` bytes at most; `expected`: bytes of it that have their
    /// place already.
    async fn hold(
        &self,
        exchange: &mut Exchange,
        source: &mut Source,
        first_byte: Moment,
        (cap, expected): (usize, usize),
    ) -> Result<(Collected, Bytes), Refusal> {
        let mut body = BytesMut::with_capacity(expected);
        let idle = self.channel.config.timeouts.idle;
        let (mut at, mut reason) = (first_byte, EndReason::FirstByteTimeout);
        loop {
            let chunk = self.total.until(at, reason, source.chunk()).await.map_err(Refusal::deadline)?;
            let bytes = match chunk {
                None => return Ok((Collected::Whole, body.freeze())),
                Some(Err(_)) => return Ok((Collected::Cut, body.freeze())),
                Some(Ok(bytes)) => bytes,
            };
            if reason == EndReason::FirstByteTimeout {
                exchange.record.first_byte_ms = Some(exchange.entry.age());
            }
            let held = (body.len() + bytes.len()).max(exchange.reservation.bytes());
            self.room(exchange, held)?;
            body.extend_from_slice(&bytes);
            if body.len() > cap {
                return Ok((Collected::TooLong, body.freeze()));
            }
            (at, reason) = (Moment::now() + idle, EndReason::IdleTimeout);
        }
    }

    /// Reads a stream: to its first content, before which nothing has been promised and an error is still an error; or
    /// to its end, for a client that asked for a whole answer.
    async fn stream(
        &self,
        exchange: &mut Exchange,
        mut source: Source,
        first_byte: Moment,
        headers: HeaderMap,
    ) -> Result<Outcome, Refusal> {
        let cap = exchange.snapshot.live.limits.sse_event;
        let wanted = self.call.envelope.stream;
        let (reader, until) = match wanted {
            true => (self.adaptor.stream(&self.call), (Progress::Content, cap)),
            false => (self.adaptor.gather(&self.call), (Progress::Terminal, REPLAYED)),
        };
        let mut stream = Stream::new(self.client, self.upstream.framing(), reader, cap, self.channel.limits);
        let progress = self.advance(exchange, &mut source, &mut stream, first_byte, until).await?;
        if progress < Progress::Terminal {
            *lock(&exchange.entry.source) = Some(source);
        } else {
            // With bytes left over the connection must not carry another answer: dropped.
            if stream.framer.buffered() == 0 {
                source.settle();
            }
            exchange.record.usage = stream.reader.usage();
            stream.then = Then::Whole;
        }
        if !wanted {
            let body = self.holding(exchange, stream.take_ready())?;
            return Ok(Outcome::Whole { body, content_type: "application/json", headers });
        }
        self.room(exchange, stream.held() + stream.unheld())?;
        stream.hold_ready(&mut exchange.reservation);
        Ok(Outcome::Stream { stream, headers })
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
        // What is put together is held as it came, and as what it becomes.
        let copies = if wanted == Progress::Terminal { 2 } else { 1 };
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
                    self.room(exchange, copies * read)?;
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

    /// Holds so many bytes of the answer.
    ///
    /// # Errors
    /// 502 where they would not fit if nobody else held any, 503 where they do not fit now.
    fn room(&self, exchange: &mut Exchange, bytes: usize) -> Result<(), Refusal> {
        if exchange.reservation.hold(bytes) {
            return Ok(());
        }
        let budget = exchange.relay.budget.limit();
        if self.held + bytes <= budget {
            return Err(Refusal::shed("no room for the answer"));
        }
        let budget = vitals::units::format_size(budget as u64);
        let text =
            format!("the upstream's answer, and what it becomes, is larger than {budget} (limits.buffered)");
        Err(Refusal::answer_too_large(text))
    }

    /// The answer with its place in the budget, which it keeps until its last byte is gone.
    fn holding(&self, exchange: &mut Exchange, body: Bytes) -> Result<Bytes, Refusal> {
        self.room(exchange, body.len())?;
        Ok(exchange.reservation.take().around(body))
    }
}

pub(super) enum Collected {
    Whole,
    Cut,
    TooLong,
}

pub(super) async fn collect(source: &mut Source, into: &mut BytesMut, cap: usize) -> Collected {
    loop {
        match source.chunk().await {
            None => return Collected::Whole,
            Some(Err(_)) => return Collected::Cut,
            Some(Ok(chunk)) => {
                let room = cap - into.len();
                into.extend_from_slice(&chunk[..chunk.len().min(room)]);
                if chunk.len() > room {
                    return Collected::TooLong;
                }
            }
        }
    }
}

/// How an answer is packed, where that can be read as it comes.
pub(super) fn coding(headers: &HeaderMap) -> Result<Coding, HeaderValue> {
    let coding = Coding::of(headers)?;
    if coding.streams() { Ok(coding) } else { Err(HeaderValue::from_static(coding.as_str())) }
}

/// Keeps what the provider calls this request.
fn note(exchange: &mut Exchange, headers: &HeaderMap) {
    let id = upstream_id(headers);
    exchange.record.upstream_id = id.and_then(|v| v.to_str().ok()).map(|id| id.chars().take(128).collect());
}
