//! Between a right HTTP/2 connection and its socket: frames that are put in or left out, so that the whole is wrong.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::upstream::stream::Stream;

/// A frame's head (RFC 9113, section 4.1): length, type, flags, stream.
const HEAD: usize = 9;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;
const ACK: u8 = 1;
/// Bytes that may wait for the socket.
const WAITING: usize = 64 << 10;

/// Puts frames of one connection in, or leaves them out.
#[derive(Clone)]
pub(super) struct Valve(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    without_acks: bool,
    put_in: Vec<u8>,
    waker: Option<Waker>,
}

impl Valve {
    pub(super) fn new(without_acks: bool) -> Self {
        Self(Arc::new(Mutex::new(Inner { without_acks, ..Inner::default() })))
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts in a GOAWAY without an error, after which streams above `last` were not processed.
    pub(super) fn go_away(&self, last: u32) {
        let mut inner = self.inner();
        inner.put_in.extend([0, 0, 8, GOAWAY, 0, 0, 0, 0, 0]);
        inner.put_in.extend(last.to_be_bytes());
        inner.put_in.extend([0; 4]);
        if let Some(waker) = inner.waker.take() {
            waker.wake();
        }
    }
}

/// The socket as the connection sees it.
pub(super) struct Tap {
    stream: Stream,
    valve: Valve,
    /// The beginning of a frame whose end has not come yet.
    frame: Vec<u8>,
    out: Vec<u8>,
}

impl Tap {
    pub(super) fn new(stream: Stream, valve: Valve) -> Self {
        Self { stream, valve, frame: Vec::new(), out: Vec::new() }
    }

    /// Moves whole frames on; what is put in goes between them.
    fn sort(&mut self) {
        let mut inner = self.valve.inner();
        let mut at = 0;
        while let Some(head) = self.frame.get(at..at + HEAD) {
            let length = usize::from(head[0]) << 16 | usize::from(head[1]) << 8 | usize::from(head[2]);
            let unacked = inner.without_acks && head[3] == SETTINGS && head[4] & ACK != 0;
            let Some(frame) = self.frame.get(at..at + HEAD + length) else { break };
            if !unacked {
                self.out.extend_from_slice(frame);
            }
            at += HEAD + length;
        }
        self.frame.drain(..at);
        if self.frame.is_empty() {
            self.out.append(&mut inner.put_in);
        }
    }

    fn drain(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.valve.inner().waker = Some(cx.waker().clone());
        self.sort();
        while !self.out.is_empty() {
            let n = ready!(Pin::new(&mut self.stream).poll_write(cx, &self.out))?;
            if n == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.out.drain(..n);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for Tap {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        // A connection that has nothing to say still has to pass on what is put in.
        if let Poll::Ready(Err(error)) = self.drain(cx) {
            return Poll::Ready(Err(error));
        }
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Tap {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        if self.out.len() > WAITING {
            ready!(self.drain(cx))?;
        }
        self.frame.extend_from_slice(buf);
        self.sort();
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.drain(cx))?;
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.drain(cx))?;
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
