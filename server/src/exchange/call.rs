//! The call to the upstream until its answer can be trusted: connect, send, wait for the first content. Nothing is
//! promised to the client before.

use adaptors::adaptor::{Adaptor, Call};
use adaptors::demo::{Ask, Reply};
use adaptors::dialect::Dialect;
use bytes::{Bytes, BytesMut};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Request};

use super::Exchange;
use super::deadline::Total;
use super::headers::{from_upstream, of_failure, upstream_id};
use super::signature::Signature;
use super::stream::Stream;
use crate::channel::ChannelState;
use crate::clock::deadline::Moment;
use crate::ledger::Phase;
use crate::reply::refusal::Refusal;
use crate::unpack::{Coding, Unpack};
use crate::upstream::demo::Demo;
use crate::upstream::feed::Feed;
use crate::upstream::source::{Source, Upstream};
use crate::upstream::upload::Upload;

/// Bytes of whatever has to be put into another form as a whole: an answer to be told as a stream or in another
/// dialect, a stream to be put together to one answer.
pub(super) const REPLAYED: usize = 16 * 1024 * 1024;
/// What a whole answer counts for while it is told as a stream, and a stream while it is put together: as it came, and as
/// it becomes.
pub(super) const RETOLD: usize = 2;
/// What either counts for while it is translated: what stands between the two dialects, too.
pub(super) const TRANSLATED: usize = 3;

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
        content_type: &'static str,
        headers: HeaderMap,
    },
    /// An answer too large to hold, from its first bytes on.
    Raw {
        first: Bytes,
        length: Option<u64>,
        content_type: HeaderValue,
        /// Its text tells where it ends, and what it cost.
        is_json: bool,
        headers: HeaderMap,
    },
}

impl Outcome {
    /// What of the upstream's headers passes.
    pub(super) fn headers(&self) -> &HeaderMap {
        match self {
            Self::Whole { headers, .. } | Self::Stream { headers, .. } | Self::Raw { headers, .. } => headers,
        }
    }
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
    /// What it was signed with.
    pub(crate) signature: Option<Signature<'a>>,
    /// What is still to come of the request.
    pub(crate) feed: Option<Feed>,
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
        let coding = coding(&head.headers);
        let unpack = coding.as_ref().ok().and_then(|coding| Unpack::new(*coding));
        if unpack.is_some() {
            // It counts the packed bytes.
            head.headers.remove(CONTENT_LENGTH);
        }
        let mut source = Source::Http(Upstream { body, lease, unpack, begun: None });
        if !head.status.is_success() {
            self.feed.iter().for_each(Feed::stop);
            if let Some(signature) = &self.signature {
                signature.answered(head.status.as_u16(), &head.headers);
            }
            let readable = coding.is_ok().then_some(source);
            let refusal = self.failed(head.status.as_u16(), &head.headers, readable).await;
            return Err(refusal.with(|refusal| of_failure(refusal, from_upstream(&head.headers))));
        }
        if let Err(coding) = coding {
            return Err(Refusal::upstream(format!(
                "the upstream compressed its answer ({coding:?}) although that was not asked for"
            )));
        }
        let Some(feed) = &self.feed else {
            return self.read(exchange, source, &head.headers, first_byte).await;
        };
        // Rare, and not a part of every request's own future.
        Box::pin(async {
            let first_byte = self.begun(feed, &mut source).await?;
            self.read(exchange, source, &head.headers, first_byte).await
        })
        .await
        .map_err(|refusal| feed.failure().unwrap_or(refusal))
    }

    /// Reads a 2xx answer, whatever kind of answer it is.
    pub(crate) async fn read(
        &self,
        exchange: &mut Exchange,
        mut source: Source,
        headers: &HeaderMap,
        first_byte: Moment,
    ) -> Result<Outcome, Refusal> {
        let passed = self.passed(headers);
        let is_media = self.call.operation.is_media();
        let read = match self.is_stream(&mut source, headers, first_byte).await {
            Ok(true) => self.stream(exchange, source, first_byte, passed).await,
            // Rare, and not a part of every request's own future.
            Ok(false) if is_media => Box::pin(self.media(exchange, source, headers, first_byte)).await,
            Ok(false) => self.whole(exchange, source, headers, first_byte, passed).await,
            Err(refusal) => Err(refusal),
        };
        read.map_err(|refusal| refusal.with(|refusal| of_failure(refusal, from_upstream(headers))))
    }

    /// The headers of an answer that the client sees.
    fn passed(&self, headers: &HeaderMap) -> HeaderMap {
        let mut passed = from_upstream(headers);
        if let Some(name) = self.client.turn_header().filter(|_| self.client == self.upstream)
            && let Some(state) = headers.get(name)
        {
            passed.insert(HeaderName::from_static(name), state.clone());
        }
        passed
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

    /// Holds so many bytes of the answer.
    ///
    /// # Errors
    /// 502 where they would not fit if nobody else held any, 503 where they do not fit now.
    pub(super) fn room(&self, exchange: &mut Exchange, bytes: usize) -> Result<(), Refusal> {
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
    pub(super) fn holding(&self, exchange: &mut Exchange, body: Bytes) -> Result<Bytes, Refusal> {
        self.room(exchange, body.len())?;
        Ok(exchange.reservation.take().around(body))
    }
}

pub(crate) enum Collected {
    Whole,
    Cut,
    TooLong,
}

pub(crate) async fn collect(source: &mut Source, into: &mut BytesMut, cap: usize) -> Collected {
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
pub(crate) fn coding(headers: &HeaderMap) -> Result<Coding, HeaderValue> {
    let coding = Coding::of(headers)?;
    if coding.streams() { Ok(coding) } else { Err(HeaderValue::from_static(coding.as_str())) }
}

/// Keeps what the provider calls this request.
fn note(exchange: &mut Exchange, headers: &HeaderMap) {
    let id = upstream_id(headers);
    exchange.record.upstream_id = id.and_then(|v| v.to_str().ok()).map(|id| id.chars().take(128).collect());
}
