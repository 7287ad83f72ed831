//! A request on its way up: its head and the first of its body in one write, then the rest as the upstream takes it and
//! as it comes.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::Request;
use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use tokio::io::AsyncWrite;

use crate::upstream::feed::Cutoff;
use crate::upstream::upload::Upload;

/// Bytes of a body that are sent in one step: an upstream that answers early is not fed the rest.
const SLICE: usize = 64 * 1024;
/// Where a write takes one piece at a time, up to so many bytes of a body go behind the head.
const SMALL: usize = 8 * 1024;

/// Why a request was not sent to its end.
pub(super) enum Unsent {
    /// Its body broke off.
    Cutoff(Cutoff),
    /// The connection takes no more; what it has answered may still be there.
    Broke(io::Error),
}

pub(super) struct Sending {
    /// The head, or the line before a chunk.
    line: Vec<u8>,
    piece: Bytes,
    /// What stands behind the piece.
    tail: &'static [u8],
    /// Bytes of these three that are gone.
    gone: usize,
    body: Upload,
    coding: Coding,
    /// There is no room for more of the body before this is gone.
    full: bool,
    /// The connection has taken something.
    pub(super) began: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Coding {
    /// So many bytes are still to come, as was announced.
    Length(u64),
    Chunked,
    /// Everything is on its way.
    Over,
}

impl Sending {
    /// Writes the head. What of its headers frames the body is our own.
    pub(super) fn new(request: &Request<Upload>) -> Self {
        let body = request.body().clone();
        let coding = match body.length() {
            Some(0) => Coding::Over,
            Some(length) => Coding::Length(length),
            None => Coding::Chunked,
        };
        let mut line = Vec::with_capacity(1024);
        let path = request.uri().path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
        for part in [request.method().as_str(), " ", path, " HTTP/1.1\r\n"] {
            line.extend_from_slice(part.as_bytes());
        }
        let length = body.length().unwrap_or(0);
        // A request without a body says so where its maker thought of one.
        let mut unsaid = length > 0;
        for (name, value) in request.headers() {
            if *name == TRANSFER_ENCODING {
                continue;
            }
            if *name == CONTENT_LENGTH {
                if coding != Coding::Chunked {
                    write_line(&mut line, CONTENT_LENGTH.as_str(), length.to_string().as_bytes());
                    unsaid = false;
                }
                continue;
            }
            write_line(&mut line, name.as_str(), value.as_bytes());
        }
        if coding == Coding::Chunked {
            write_line(&mut line, TRANSFER_ENCODING.as_str(), b"chunked");
        } else if unsaid {
            write_line(&mut line, CONTENT_LENGTH.as_str(), length.to_string().as_bytes());
        }
        line.extend_from_slice(b"\r\n");
        Self { line, piece: Bytes::new(), tail: b"", gone: 0, body, coding, full: false, began: false }
    }

    /// Sends on. Ready when the connection has all of it.
    pub(super) fn poll<W>(&mut self, cx: &mut Context<'_>, io: &mut W) -> Poll<Result<(), Unsent>>
    where
        W: AsyncWrite + Unpin,
    {
        loop {
            let filled = match self.fill(cx, io.is_write_vectored()) {
                Poll::Ready(Err(cutoff)) => return Poll::Ready(Err(Unsent::Cutoff(cutoff))),
                Poll::Ready(Ok(())) => true,
                Poll::Pending => false,
            };
            while self.gone < self.line.len() + self.piece.len() + self.tail.len() {
                match ready!(self.write(cx, io)) {
                    Ok(0) => return Poll::Ready(Err(Unsent::Broke(io::ErrorKind::WriteZero.into()))),
                    Ok(written) => {
                        self.gone += written;
                        self.began = true;
                    }
                    Err(error) => return Poll::Ready(Err(Unsent::Broke(error))),
                }
            }
            self.line.clear();
            (self.piece, self.tail, self.gone, self.full) = (Bytes::new(), b"", 0, false);
            if filled && self.coding != Coding::Over {
                continue;
            }
            // Encrypted, it may still be with the connection.
            if let Err(error) = ready!(Pin::new(&mut *io).poll_flush(cx)) {
                return Poll::Ready(Err(Unsent::Broke(error)));
            }
            return if filled { Poll::Ready(Ok(())) } else { Poll::Pending };
        }
    }

    /// Puts the next of the body behind what is to be written. Pending: nothing has come of it.
    fn fill(&mut self, cx: &mut Context<'_>, vectored: bool) -> Poll<Result<(), Cutoff>> {
        if self.full || self.gone > 0 || self.coding == Coding::Over {
            return Poll::Ready(Ok(()));
        }
        match ready!(self.body.poll_piece(cx, SLICE)) {
            Some(Ok(piece)) if piece.is_empty() => Poll::Ready(Ok(())),
            Some(Ok(piece)) => Poll::Ready(self.puts(piece, vectored)),
            Some(Err(cutoff)) => Poll::Ready(Err(cutoff)),
            None if self.coding == Coding::Chunked => {
                (self.tail, self.coding, self.full) = (b"0\r\n\r\n", Coding::Over, true);
                Poll::Ready(Ok(()))
            }
            // Less came than was announced.
            None => Poll::Ready(Err(Cutoff)),
        }
    }

    fn puts(&mut self, piece: Bytes, vectored: bool) -> Result<(), Cutoff> {
        if let Coding::Length(left) = self.coding {
            self.coding = match left.checked_sub(piece.len() as u64).ok_or(Cutoff)? {
                0 => Coding::Over,
                left => Coding::Length(left),
            };
        } else {
            self.line.extend_from_slice(format!("{:x}\r\n", piece.len()).as_bytes());
            self.tail = b"\r\n";
        }
        self.full = true;
        if vectored || piece.len() > SMALL {
            self.piece = piece;
        } else {
            self.line.extend_from_slice(&piece);
            self.line.extend_from_slice(std::mem::take(&mut self.tail));
        }
        Ok(())
    }

    fn write<W>(&self, cx: &mut Context<'_>, io: &mut W) -> Poll<io::Result<usize>>
    where
        W: AsyncWrite + Unpin,
    {
        let (mut gone, mut some, mut slices) = (self.gone, 0, [IoSlice::new(&[]); 3]);
        for part in [&*self.line, &*self.piece, self.tail] {
            let rest = &part[gone.min(part.len())..];
            gone -= part.len() - rest.len();
            if !rest.is_empty() {
                slices[some] = IoSlice::new(rest);
                some += 1;
            }
        }
        match &slices[..some] {
            [one, ..] if some == 1 || !io.is_write_vectored() => Pin::new(io).poll_write(cx, one),
            several => Pin::new(io).poll_write_vectored(cx, several),
        }
    }
}

fn write_line(line: &mut Vec<u8>, name: &str, value: &[u8]) {
    for part in [name.as_bytes(), b": ", value, b"\r\n"] {
        line.extend_from_slice(part);
    }
}
