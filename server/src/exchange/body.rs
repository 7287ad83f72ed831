//! The body of every response. It owns its exchange, so whatever happens to it happens to everything the exchange
//! holds; and it is pull-based: hyper polls it, it polls the upstream, nothing runs in between.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::task::{Context, Poll};

use adaptors::adaptor::Usage;
use adaptors::balance::Balance;
use adaptors::framing::sse::blanked;
use adaptors::usage::TAIL;
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use vitals::EndReason;

use super::Exchange;
use super::drain;
use super::stream::{LARGE, Progress, Stream, Then};
use crate::clock::{awake, lock};
use crate::ledger::Entry;
use crate::link::{Link, Parked};
use crate::reply::refusal::{Refusal, last_words};
use crate::reply::respond;
use crate::upstream::source::{SMALL, Source};

/// Bytes that hyper may hold for a client that does not take them.
const QUEUE: usize = 64 * 1024;

/// The answer was cut in the middle of a body that cannot say so itself: hyper cuts the connection.
#[derive(Debug, thiserror::Error)]
#[error("the answer broke off: {0}")]
pub(crate) struct Broken(EndReason);

pub(crate) struct RelayBody {
    content: Content,
    link: Arc<Link>,
    exchange: Option<Box<Exchange>>,
}

enum Content {
    Whole(Option<Bytes>),
    /// An event stream, frame by frame.
    Stream(Box<Stream>),
    /// A large answer as it comes; cut, it breaks the connection.
    Raw(Raw),
    Over,
    /// Cut: the connection goes with it.
    Broken,
}

/// A large answer under way.
struct Raw {
    first: Option<Bytes>,
    /// Bytes of the announced length that are still to come.
    left: Option<u64>,
    json: Option<Json>,
}

/// A large JSON answer as it passes.
#[derive(Default)]
struct Json {
    /// Without a length only the text itself can tell that it broke off.
    balance: Balance,
    /// Its last bytes: there stands what it cost.
    tail: Vec<u8>,
}

impl RelayBody {
    /// A body that is already here.
    pub(crate) fn whole(body: Bytes, link: Arc<Link>, exchange: Option<Box<Exchange>>) -> Self {
        Self { content: Content::Whole(Some(body)), link, exchange }
    }

    /// An event stream; the upstream's side is in the exchange's ledger entry.
    pub(crate) fn stream(stream: Box<Stream>, link: Arc<Link>, exchange: Box<Exchange>) -> Self {
        Self { content: Content::Stream(stream), link, exchange: Some(exchange) }
    }

    /// An answer too large to hold, as it comes.
    pub(crate) fn raw(
        first: Bytes,
        (length, is_json): (Option<u64>, bool),
        link: Arc<Link>,
        exchange: Box<Exchange>,
    ) -> Self {
        let raw = Raw { first: Some(first), left: length, json: is_json.then(Json::default) };
        Self { content: Content::Raw(raw), link, exchange: Some(exchange) }
    }

    /// Its length, where it is known.
    pub(crate) fn length(&self) -> Option<u64> {
        match &self.content {
            Content::Whole(body) => Some(body.as_ref().map_or(0, |b| b.len() as u64)),
            Content::Raw(raw) => raw.left,
            _ => None,
        }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Broken>>> {
        let Some(exchange) = self.exchange.as_mut() else {
            // The relay's own endpoints have no exchange.
            let Content::Whole(body) = &mut self.content else { return Poll::Ready(None) };
            return Poll::Ready(part(body).map(Ok));
        };
        let polled = match &mut self.content {
            Content::Over | Content::Broken => Poll::Ready(None),
            Content::Whole(body) => Poll::Ready(part(body).map(Ok)),
            Content::Raw(raw) => {
                let polled = raw.poll(&exchange.entry, cx);
                if raw.left == Some(0) || matches!(polled, Poll::Ready(None)) {
                    exchange.record.usage = raw.json.as_ref().map_or_else(Usage::default, Json::usage);
                }
                polled
            }
            Content::Stream(stream) => stream.poll(exchange, &self.link, cx).map(|bytes| bytes.map(Ok)),
        };
        match &polled {
            Poll::Ready(Some(Ok(bytes))) => {
                exchange.entry.bytes_out.fetch_add(bytes.len() as u64, Relaxed);
                exchange.entry.last_out.store(awake(), Relaxed);
            }
            Poll::Ready(Some(Err(_))) => self.content = Content::Broken,
            Poll::Ready(None) => self.content = Content::Over,
            Poll::Pending => {}
        }
        polled
    }

    /// Tells whether every byte of it has been handed out.
    fn is_over(&self) -> bool {
        match &self.content {
            Content::Over => true,
            Content::Whole(body) => body.as_ref().is_none_or(Bytes::is_empty),
            Content::Stream(stream) => stream.ready.is_empty() && stream.then != Then::More,
            Content::Raw(raw) => raw.left == Some(0),
            _ => false,
        }
    }
}

/// The next part of a body that is here: one that hyper, or TLS, may copy.
fn part(body: &mut Option<Bytes>) -> Option<Bytes> {
    match body {
        Some(long) if long.len() > LARGE => Some(long.split_to(LARGE)),
        _ => body.take().filter(|rest| !rest.is_empty()),
    }
}

impl Raw {
    fn poll(&mut self, entry: &Entry, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Broken>>> {
        if let Some(first) = part(&mut self.first) {
            return Poll::Ready(Some(Ok(self.pass(first, entry))));
        }
        let polled = entry.poll_source(cx);
        if let Some(reason) = entry.ended() {
            return Poll::Ready(Some(Err(Broken(reason))));
        }
        polled.map(|chunk| match chunk {
            Some(Ok(bytes)) => Some(Ok(self.pass(bytes, entry))),
            // Of what is no JSON only the upstream knows where it ends.
            None if self.json.as_ref().is_none_or(|json| json.balance.is_whole()) => {
                finish(entry);
                None
            }
            Some(Err(_)) | None => {
                entry.revoke(EndReason::UpstreamTruncated);
                Some(Err(Broken(EndReason::UpstreamTruncated)))
            }
        })
    }

    fn pass(&mut self, mut bytes: Bytes, entry: &Entry) -> Bytes {
        if let Some(json) = &mut self.json {
            json.pass(&bytes, self.left.is_none());
            let is_last =
                self.left.map_or_else(|| json.balance.is_whole(), |left| left == bytes.len() as u64);
            // Some end whole answers like streams.
            bytes = if is_last { blanked(bytes) } else { bytes };
        }
        match &mut self.left {
            None => {}
            Some(left) => {
                *left = left.saturating_sub(bytes.len() as u64);
                // hyper asks for nothing beyond the announced length, so this is where the answer is over.
                if *left == 0 {
                    let source = lock(&entry.source).take();
                    source.into_iter().for_each(Source::settle);
                }
            }
        }
        bytes
    }
}

impl Json {
    fn pass(&mut self, bytes: &[u8], follow: bool) {
        if follow {
            self.balance.feed(bytes);
        }
        let last = &bytes[bytes.len().saturating_sub(TAIL)..];
        if self.tail.len() + last.len() > 2 * TAIL {
            self.tail.drain(..self.tail.len() - TAIL);
        }
        self.tail.extend_from_slice(last);
    }

    fn usage(&self) -> Usage {
        Usage::in_tail(&self.tail)
    }
}

/// The upstream's body was read to its end.
fn finish(entry: &Entry) {
    let source = lock(&entry.source).take();
    source.into_iter().for_each(Source::finished);
}

impl Stream {
    fn poll(&mut self, exchange: &mut Exchange, link: &Link, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        let entry = Arc::clone(&exchange.entry);
        loop {
            if self.then != Then::More {
                return Poll::Ready(self.gather());
            }
            if self.is_worth_sending() {
                return Poll::Ready(self.gather());
            }
            // The revoker has been here: the upstream is gone, the client is still to be told.
            if let Some(reason) = entry.ended() {
                self.break_off(exchange, &last_words(reason));
                continue;
            }
            match entry.poll_source(cx) {
                Poll::Pending => {
                    if entry.ended().is_some() {
                        continue;
                    }
                    if let Some(bytes) = self.gather() {
                        return Poll::Ready(Some(bytes));
                    }
                    if self.ends_at > 0 && awake() >= self.ends_at {
                        self.fell_silent(exchange, link);
                        continue;
                    }
                    if entry.beat.swap(false, Relaxed)
                        && let beat @ [_, ..] = self.dialect.heartbeat()
                    {
                        return Poll::Ready(Some(Bytes::from_static(beat)));
                    }
                    return Poll::Pending;
                }
                Poll::Ready(Some(Ok(chunk))) => {
                    self.take(exchange, link, chunk);
                    link.expect_end(&entry, self.ends_at);
                }
                Poll::Ready(Some(Err(_))) => self.break_off(exchange, &Refusal::truncated()),
                Poll::Ready(None) => {
                    if entry.ended().is_none() {
                        self.upstream_ended(exchange, link);
                    }
                }
            }
        }
    }

    /// Takes a chunk of the upstream's, after the commit.
    fn take(&mut self, exchange: &mut Exchange, link: &Link, chunk: Bytes) {
        let read = catch_unwind(AssertUnwindSafe(|| self.read(chunk)));
        if let Ok(Ok(_)) = read
            && let Err(refusal) = self.hold(exchange, link)
        {
            self.break_off(exchange, &refusal);
            return;
        }
        match read {
            Ok(Ok(Progress::Opening | Progress::Content)) => {}
            Ok(Ok(Progress::Terminal)) => {
                self.then = Then::Whole;
                self.account(exchange, true);
                // The terminal event was the end, whether or not the upstream ends its body.
                let source = lock(&exchange.entry.source).take();
                // With bytes left over it must not carry another answer: dropped.
                if let Some(source) = source.filter(|_| self.framer.buffered() == 0) {
                    source.settle();
                }
            }
            Ok(Err(refusal)) => self.break_off(exchange, &refusal),
            Err(_) => self.break_off(exchange, &last_words(EndReason::Panic)),
        }
    }

    /// Takes a place for what is held now: unfinished events and what they become, pieces that wait for the client, and
    /// what stands before and behind them.
    ///
    /// # Errors
    /// Where there is none; what came since the last place is gone then.
    fn hold(&mut self, exchange: &mut Exchange, link: &Link) -> Result<(), Refusal> {
        let (mut wanted, blocked) = (self.held() + self.unheld(), link.is_blocked());
        if wanted <= SMALL && !blocked && !self.is_packed && exchange.reservation.bytes() == 0 {
            return Ok(());
        }
        if blocked {
            wanted += QUEUE;
        }
        wanted += lock(&exchange.entry.source).as_mut().map_or(0, |source| source.behind(wanted));
        if !exchange.reservation.hold(wanted) {
            self.forget_new();
            let alone = wanted > exchange.relay.budget.limit();
            return Err(last_words(if alone { EndReason::TooLarge } else { EndReason::Shed }));
        }
        self.hold_ready(&mut exchange.reservation);
        Ok(())
    }

    /// Nothing came for so long that it was the end, if all is there. The upstream may still be at it: it is dropped.
    fn fell_silent(&mut self, exchange: &mut Exchange, link: &Link) {
        let source = lock(&exchange.entry.source).take();
        drop(source);
        exchange.entry.waiting_since.store(0, Relaxed);
        match catch_unwind(AssertUnwindSafe(|| self.finish())) {
            Ok(Ok(())) => self.ends_whole(exchange, link),
            Ok(Err(_)) => self.break_off(exchange, &last_words(EndReason::IdleTimeout)),
            Err(_) => self.break_off(exchange, &last_words(EndReason::Panic)),
        }
    }

    /// Nothing is missing; the last event may have come with the end.
    fn ends_whole(&mut self, exchange: &mut Exchange, link: &Link) {
        match self.hold(exchange, link) {
            Ok(()) => {
                self.account(exchange, true);
                self.then = Then::Whole;
            }
            Err(refusal) => self.break_off(exchange, &refusal),
        }
    }

    /// The upstream's body ended cleanly.
    fn upstream_ended(&mut self, exchange: &mut Exchange, link: &Link) {
        let source = lock(&exchange.entry.source).take();
        match catch_unwind(AssertUnwindSafe(|| self.finish())) {
            Ok(Ok(())) => {
                if let Some(source) = source {
                    source.finished();
                }
                self.ends_whole(exchange, link);
            }
            Ok(Err(refusal)) => self.break_off(exchange, &refusal),
            Err(_) => self.break_off(exchange, &last_words(EndReason::Panic)),
        }
    }

    /// Ends the stream with an error in the client's own dialect. No terminator follows it.
    fn break_off(&mut self, exchange: &mut Exchange, refusal: &Refusal) {
        exchange.entry.revoke(refusal.reason);
        let reason = exchange.entry.ended().unwrap_or(refusal.reason);
        let place = if refusal.reason == EndReason::Panic { crate::log::panicked() } else { None };
        exchange.record.error = place.or_else(|| Some(refusal.message.to_string()));
        exchange.reservation.hold(0);
        let event = match reason {
            // Nobody is left to be told.
            EndReason::ClientGone | EndReason::SlowClient => None,
            _ => Some(self.last_words(refusal, &exchange.entry.id)),
        };
        self.ready.extend(event);
        self.then = Then::Broken;
        // The usage of a reader that panicked is not asked for.
        if reason != EndReason::Panic {
            self.account(exchange, false);
        }
    }
}

impl Stream {
    /// The refusal as the stream's last event.
    fn last_words(&mut self, refusal: &Refusal, id: &str) -> Bytes {
        let body = respond::refusal_body(refusal, self.dialect, Some(id));
        let said = match refusal.reason {
            // A reader that panicked is not asked.
            EndReason::Panic => None,
            _ => catch_unwind(AssertUnwindSafe(|| self.reader.last_words(&body))).ok().flatten(),
        };
        said.unwrap_or_else(|| self.dialect.complaint_frame(&body))
    }
}

impl http_body::Body for RelayBody {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        self.poll(cx).map(|item| item.map(|bytes| bytes.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.is_over()
    }

    fn size_hint(&self) -> SizeHint {
        self.length().map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

impl Drop for RelayBody {
    fn drop(&mut self) {
        // Handed out whole: it counts as delivered once the kernel has taken it. Dropped before: the client left.
        let whole = self.is_over();
        let mut exchange = self.exchange.take();
        let upload = exchange.as_ref().and_then(|exchange| exchange.upload.as_ref());
        if upload.is_some_and(|upload| !upload.is_over()) {
            self.link.leaves_unread();
        }
        if !whole && matches!(&self.content, Content::Stream(stream) if stream.then == Then::More) {
            let content = std::mem::replace(&mut self.content, Content::Over);
            let mut stream = if let Content::Stream(stream) = content { Some(stream) } else { None };
            if drain::begin(&mut exchange, &mut stream) {
                return;
            }
            if let (Some(exchange), Some(stream)) = (&mut exchange, &stream) {
                stream.account(exchange, false);
            }
        }
        if let Some(exchange) = exchange.as_mut().filter(|_| whole) {
            // What is left is hyper's buffer; the place is free for the next request before the client can ask.
            exchange.permits.clear();
            exchange.reservation.hold(0);
        }
        if whole || exchange.is_none() {
            self.link.answer_over(exchange.map(|exchange| exchange as Box<dyn Parked>));
        }
    }
}
