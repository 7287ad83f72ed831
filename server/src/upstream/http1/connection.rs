//! A connection that carries one request at a time. Whoever waits for its answer drives it; at rest it has a waker of its
//! own, so that its end is noticed.

use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};

use bytes::{Buf as _, Bytes};
use http::header::CONNECTION;
use http::{HeaderValue, Method, Request, Response};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::answer::{Answer, Taken};
use super::scratch;
use super::sending::{Sending, Unsent};
use crate::upstream::failed::{Cut, Failed, Why};
use crate::upstream::upload::Upload;

pub(crate) struct Connection<S> {
    io: S,
    answer: Answer,
    /// The head of an answer that has come.
    head: Option<Response<()>>,
    /// Content that has come and was not asked for yet.
    ready: Bytes,
    /// What has come behind it. Rare: several chunks at once.
    rest: Bytes,
    /// The part of the request that is still to be sent. Rare once the answer begins, and large.
    sending: Option<Box<Sending>>,
    /// The request asked for it to be closed, or did not come to its end.
    closes: bool,
    /// Why nothing more can be sent.
    unsent: Option<std::io::Error>,
}

/// What an idle connection has to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rest {
    /// Nothing, as it should be.
    Silent,
    Closed,
    /// Bytes that nobody asked for.
    Surplus,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Connection<S> {
    pub(crate) fn new(io: S) -> Self {
        let answer = Answer::new(false);
        Self {
            io,
            answer,
            head: None,
            ready: Bytes::new(),
            rest: Bytes::new(),
            sending: None,
            closes: false,
            unsent: None,
        }
    }

    /// Sends a request, and waits for the head of its answer. The connection must be free. `reused`: it has carried
    /// another before.
    pub(crate) async fn send(
        &mut self,
        request: &Request<Upload>,
        reused: bool,
    ) -> Result<Response<()>, Failed> {
        self.closes = request.headers().get(CONNECTION).is_some_and(is_close);
        (self.head, self.unsent) = (None, None);
        (self.ready, self.rest) = (Bytes::new(), Bytes::new());
        self.sending = Some(Box::new(Sending::new(request)));
        self.answer = Answer::new(request.method() == Method::HEAD);
        std::future::poll_fn(|cx| self.poll_head(cx, reused)).await
    }

    fn poll_head(&mut self, cx: &mut Context<'_>, reused: bool) -> Poll<Result<Response<()>, Failed>> {
        // Nothing comes before something is sent; later an answer may make the rest of the request needless.
        let first = self.sending.as_ref().is_some_and(|sending| !sending.began);
        if first {
            self.sends(cx, reused)?;
        }
        loop {
            if let Some(head) = self.head.take() {
                return Poll::Ready(Ok(head));
            }
            match self.poll_read(cx) {
                Poll::Ready(Ok(0)) => return Poll::Ready(Err(self.ended(None))),
                Poll::Ready(Ok(_)) if self.answer.no_answer().is_some() => {
                    return Poll::Ready(Err(self.ended(None)));
                }
                Poll::Ready(Ok(_)) => {}
                Poll::Ready(Err(error)) => return Poll::Ready(Err(self.ended(Some(error)))),
                Poll::Pending => break,
            }
        }
        if !first {
            self.sends(cx, reused)?;
        }
        Poll::Pending
    }

    /// Sends what can be sent before an answer has begun.
    fn sends(&mut self, cx: &mut Context<'_>, reused: bool) -> Result<(), Failed> {
        let Some(sending) = &mut self.sending else { return Ok(()) };
        match sending.poll(cx, &mut self.io) {
            Poll::Ready(Err(Unsent::Broke(error))) if reused && !sending.began => {
                self.breaks_off(None);
                return Err(Failed { why: Why::Untouched, text: error.to_string() });
            }
            // What the upstream said before it broke may still be there, and the next read ends with the same.
            Poll::Ready(Err(Unsent::Broke(error))) => self.breaks_off(Some(error)),
            Poll::Ready(Err(Unsent::Cutoff(cutoff))) => {
                self.breaks_off(None);
                return Err(Failed { why: Why::Broke, text: cutoff.to_string() });
            }
            Poll::Ready(Ok(())) => self.sending = None,
            Poll::Pending => {}
        }
        Ok(())
    }

    /// The connection has ended before the answer's head, or what came is none.
    fn ended(&mut self, error: Option<std::io::Error>) -> Failed {
        self.answer.ends();
        if let Some(why) = self.answer.no_answer() {
            return Failed { why: Why::NotHttp, text: why.to_owned() };
        }
        let why = if self.answer.has_begun() { Why::Begun } else { Why::Broke };
        let text = match error.or(self.unsent.take()) {
            Some(error) => error.to_string(),
            None => "the connection ended before the answer did".to_owned(),
        };
        Failed { why, text }
    }

    fn breaks_off(&mut self, error: Option<std::io::Error>) {
        (self.sending, self.closes, self.unsent) = (None, true, error);
    }

    /// The next content of the answer; `None` at a clean end. Sends on meanwhile.
    pub(crate) fn poll_data(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Cut>>> {
        loop {
            match self.poll_sent(cx) {
                Poll::Ready(Err(Cut)) => return Poll::Ready(Some(Err(Cut))),
                Poll::Ready(Ok(())) | Poll::Pending => {}
            }
            if !self.ready.is_empty() {
                return Poll::Ready(Some(Ok(std::mem::take(&mut self.ready))));
            }
            if !self.rest.is_empty() {
                let Taken { content, taken, .. } = self.answer.takes(&self.rest);
                self.ready = self.rest.slice(content);
                self.rest.advance(taken);
                continue;
            }
            if self.answer.is_over() {
                return Poll::Ready(None);
            }
            if self.answer.is_broken() {
                return Poll::Ready(Some(Err(Cut)));
            }
            match ready!(self.poll_read(cx)) {
                Ok(0) => self.answer.ends(),
                Ok(_) => {}
                Err(_) => {
                    self.closes = true;
                    return Poll::Ready(Some(Err(Cut)));
                }
            }
        }
    }

    /// Bytes of the answer that have come and were not asked for yet.
    pub(crate) fn ahead(&self) -> usize {
        self.ready.len() + self.rest.len()
    }

    /// Sends on while the answer comes. Ready when nothing is to be sent.
    ///
    /// # Errors
    /// When the request broke off: the upstream must not take what it got for the whole.
    pub(crate) fn poll_sent(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Cut>> {
        let Some(sending) = &mut self.sending else { return Poll::Ready(Ok(())) };
        match ready!(sending.poll(cx, &mut self.io)) {
            Ok(()) => self.sending = None,
            // An upstream that has begun to answer may end the answer without the rest of the request.
            Err(Unsent::Broke(error)) => self.breaks_off(Some(error)),
            Err(Unsent::Cutoff(_)) => {
                self.breaks_off(None);
                return Poll::Ready(Err(Cut));
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Reads what is there, once.
    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<std::io::Result<usize>> {
        scratch::with(|room| {
            let mut buffer = ReadBuf::new(room);
            ready!(Pin::new(&mut self.io).poll_read(cx, &mut buffer))?;
            let came = buffer.filled();
            let Taken { head, content, taken } = self.answer.takes(came);
            if head.is_some() {
                self.head = head;
            }
            // In their own size: a piece that is held for long does not hold a large buffer.
            self.ready = Bytes::copy_from_slice(&came[content]);
            self.rest = Bytes::copy_from_slice(&came[taken..]);
            Poll::Ready(Ok(came.len()))
        })
    }

    /// The answer was read to its end, the request is sent, and neither asked for the end of the connection.
    pub(crate) fn is_free(&self) -> bool {
        self.is_over() && self.sending.is_none()
    }

    /// As [`is_free`](Self::is_free), as soon as the rest of the request is sent.
    pub(crate) fn is_over(&self) -> bool {
        self.answer.leaves_it_free() && self.ready.is_empty() && !self.closes
    }

    /// Looks at an idle connection; as long as it is silent, `waker` is woken by whatever comes.
    pub(crate) fn rest(&mut self, waker: &Waker) -> Rest {
        let mut cx = Context::from_waker(waker);
        scratch::with(|room| {
            let mut buffer = ReadBuf::new(room);
            match Pin::new(&mut self.io).poll_read(&mut cx, &mut buffer) {
                Poll::Pending => Rest::Silent,
                Poll::Ready(Ok(())) if !buffer.filled().is_empty() => Rest::Surplus,
                Poll::Ready(_) => Rest::Closed,
            }
        })
    }
}

fn is_close(value: &HeaderValue) -> bool {
    value
        .as_bytes()
        .split(|byte| *byte == b',')
        .any(|token| token.trim_ascii().eq_ignore_ascii_case(b"close"))
}
