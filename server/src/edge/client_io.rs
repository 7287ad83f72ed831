//! The client's socket as hyper or TLS reads and writes it; what happens on it is noted on the link.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::{Buf as _, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::link::Link;
use crate::socket::Socket;
use crate::state::worker::Worker;

pub(crate) struct ClientIo {
    inner: Socket,
    link: Arc<Link>,
    worker: Arc<Worker>,
    /// The bytes that were read to see what the client speaks: they come first.
    first: Bytes,
}

impl ClientIo {
    pub(crate) fn new(socket: Socket, link: Arc<Link>, worker: Arc<Worker>) -> Self {
        Self { inner: socket, link, worker, first: Bytes::new() }
    }

    /// The socket, for when this is given up.
    pub(crate) fn socket(&self) -> Socket {
        self.inner.another()
    }

    /// Gives bytes back, to be read again.
    pub(crate) fn unread(&mut self, bytes: Bytes) {
        self.first = bytes;
    }

    fn wrote(&self, result: &Poll<io::Result<usize>>) {
        match result {
            Poll::Pending => self.link.blocks(),
            Poll::Ready(Ok(n)) if *n > 0 => {
                self.link.moves();
                self.worker.counters.bytes_to_clients.add(*n as u64);
            }
            Poll::Ready(_) => {}
        }
    }
}

impl AsyncRead for ClientIo {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if !this.first.is_empty() {
            let n = this.first.len().min(buf.remaining());
            buf.put_slice(&this.first[..n]);
            this.first.advance(n);
            if this.first.is_empty() {
                this.first = Bytes::new();
            }
            return Poll::Ready(Ok(()));
        }
        let before = buf.filled().len();
        let result = Pin::new(&mut this.inner).poll_read(cx, buf);
        if result.is_ready() && buf.filled().len() > before {
            this.link.read();
        } else {
            this.link.read_up();
        }
        result
    }
}

impl AsyncWrite for ClientIo {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let result = Pin::new(&mut this.inner).poll_write(cx, buf);
        this.wrote(&result);
        result
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let result = Pin::new(&mut this.inner).poll_write_vectored(cx, bufs);
        this.wrote(&result);
        result
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    /// hyper flushes the socket only when it has nothing left in its own buffer, and so does TLS.
    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let result = Pin::new(&mut this.inner).poll_flush(cx);
        if matches!(result, Poll::Ready(Ok(()))) {
            this.link.flushed();
        }
        result
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_shutdown(cx)
    }
}
