//! HTTP/1 as it comes, before hyper reads it: hyper drops a `Content-Length` beside a `Transfer-Encoding` and goes by the
//! latter, as RFC 9112 allows (section 6.3), and nobody sees that it was there. Whoever stands before the relay may have
//! gone by the former. So the heads are looked at here, and the bodies between them skipped; the link is told of such a
//! head before its request begins.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::link::Link;

const CODING: &[u8] = b"transfer-encoding";
const LENGTH: &[u8] = b"content-length";

/// Where the next byte belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    /// A line of a head: its name, as far as it has come and may matter.
    Name,
    /// The value of a length.
    Length,
    /// What else there is of a line.
    Line,
    Body(u64),
    /// A chunk's size.
    Size(u64),
    /// What else there is of its line.
    Extension(u64),
    /// Its data and the line's end behind it.
    Data(u64),
    /// A line behind the last chunk; nothing of it has come yet.
    Trailer(bool),
    /// hyper refuses this, or the link has been told: the connection ends.
    Over,
}

/// Follows requests, line by line and otherwise byte by byte, however they are cut.
#[derive(Debug)]
struct Cursor {
    at: At,
    name: [u8; CODING.len()],
    named: usize,
    /// A line of this head has come.
    begun: bool,
    length: Option<u64>,
    coded: bool,
}

impl Cursor {
    fn new() -> Self {
        Self { at: At::Name, name: [0; CODING.len()], named: 0, begun: false, length: None, coded: false }
    }

    /// What has come ends where a head would begin.
    fn is_between(&self) -> bool {
        self.at == At::Name && self.named == 0 && !self.begun
    }

    /// Tells whether a head with both has ended.
    fn pass(&mut self, mut bytes: &[u8]) -> bool {
        while let Some((byte, rest)) = bytes.split_first() {
            match self.at {
                At::Over => return false,
                At::Line => match memchr::memchr(b'\n', bytes) {
                    None => return false,
                    Some(end) => {
                        self.at = At::Name;
                        bytes = &bytes[end + 1..];
                        continue;
                    }
                },
                At::Body(left) | At::Data(left) => {
                    let n = bytes.len().min(usize::try_from(left).unwrap_or(usize::MAX));
                    self.skipped(left - n as u64);
                    bytes = &bytes[n..];
                    continue;
                }
                At::Name => {
                    if let Some(n) = self.whole_line(bytes) {
                        bytes = &bytes[n..];
                        continue;
                    }
                    if self.name(*byte) {
                        return true;
                    }
                }
                At::Length => self.digit(*byte),
                At::Size(_) | At::Extension(_) | At::Trailer(_) => self.chunk(*byte),
            }
            bytes = rest;
        }
        false
    }

    /// Passes a line that is here as a whole, as nearly every line is. `None`: look at its bytes.
    fn whole_line(&mut self, bytes: &[u8]) -> Option<usize> {
        let first = bytes.first().filter(|_| self.named == 0)?;
        // The ends of lines and of names.
        if matches!(first, b'\r' | b'\n' | b':') {
            return None;
        }
        let end = memchr::memchr(b'\n', bytes)?;
        self.begun = true;
        match *first | 0x20 {
            b't' => self.coded |= value_of(CODING, &bytes[..end]).is_some(),
            b'c' => {
                for byte in value_of(LENGTH, &bytes[..end]).unwrap_or_default() {
                    self.digit(*byte);
                }
            }
            _ => {}
        }
        Some(end + 1)
    }

    /// So much of a body is still to come.
    fn skipped(&mut self, left: u64) {
        self.at = match (self.at, left) {
            (At::Body(_), 0) => At::Name,
            (At::Body(_), left) => At::Body(left),
            (_, 0) => At::Size(0),
            (_, left) => At::Data(left),
        };
    }

    /// A byte of a line's beginning. Tells whether it ended a head with both.
    fn name(&mut self, byte: u8) -> bool {
        match byte {
            b'\r' if self.named == 0 => {}
            b'\n' => {
                let empty = std::mem::take(&mut self.named) == 0;
                if empty && std::mem::take(&mut self.begun) {
                    return self.ended();
                }
                self.begun |= !empty;
            }
            b':' => {
                let name = &self.name[..std::mem::take(&mut self.named)];
                self.coded |= name == CODING;
                self.at = if name == LENGTH { At::Length } else { At::Line };
            }
            _ => {
                self.begun = true;
                let first = self.named == 0;
                // Most lines matter no further than their first letter.
                if self.named == self.name.len() || first && !matches!(byte | 0x20, b'c' | b't') {
                    (self.named, self.at) = (0, At::Line);
                } else {
                    self.name[self.named] = byte.to_ascii_lowercase();
                    self.named += 1;
                }
            }
        }
        false
    }

    fn digit(&mut self, byte: u8) {
        match byte {
            b' ' | b'\t' | b'\r' => {}
            b'\n' => self.at = At::Name,
            b'0'..=b'9' => {
                let length = self.length.unwrap_or(0).saturating_mul(10);
                self.length = Some(length.saturating_add(u64::from(byte - b'0')));
            }
            _ => self.at = At::Over,
        }
    }

    fn ended(&mut self) -> bool {
        let (length, coded) = (self.length.take(), std::mem::take(&mut self.coded));
        self.at = match (length, coded) {
            (Some(_), true) => At::Over,
            (None, true) => At::Size(0),
            (Some(length), false) if length > 0 => At::Body(length),
            (_, false) => At::Name,
        };
        self.at == At::Over
    }

    fn chunk(&mut self, byte: u8) {
        self.at = match (self.at, byte) {
            (At::Size(size) | At::Extension(size), b'\n') => {
                if size == 0 {
                    At::Trailer(true)
                } else {
                    At::Data(size.saturating_add(2))
                }
            }
            (At::Size(size), digit) => match char::from(digit).to_digit(16) {
                Some(digit) => At::Size(size.saturating_mul(16).saturating_add(u64::from(digit))),
                None => At::Extension(size),
            },
            (At::Trailer(true), b'\n') => At::Name,
            (At::Trailer(_), b'\n') => At::Trailer(true),
            (At::Trailer(empty), b'\r') => At::Trailer(empty),
            (At::Trailer(_), _) => At::Trailer(false),
            (at, _) => at,
        };
    }
}

/// The value of a line that has this name.
fn value_of<'a>(name: &[u8], line: &'a [u8]) -> Option<&'a [u8]> {
    let (named, rest) = line.split_at_checked(name.len())?;
    rest.strip_prefix(b":").filter(|_| named.eq_ignore_ascii_case(name))
}

/// A connection whose client's heads are looked at.
pub(super) struct Heads<T> {
    inner: T,
    link: Arc<Link>,
    cursor: Cursor,
}

impl<T> Heads<T> {
    pub(super) fn new(inner: T, link: Arc<Link>) -> Self {
        Self { inner, link, cursor: Cursor::new() }
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Heads<T> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buf.filled().len();
        ready!(Pin::new(&mut this.inner).poll_read(cx, buf))?;
        if this.cursor.pass(&buf.filled()[before..]) {
            this.link.frames_twice();
        }
        this.link.stands_between(this.cursor.is_between());
        Poll::Ready(Ok(()))
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Heads<T> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().inner).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().inner).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The place at which a head with both has been seen, in pieces of this size.
    fn seen(text: &str, step: usize) -> Option<usize> {
        let mut cursor = Cursor::new();
        let found = text.as_bytes().chunks(step).position(|part| cursor.pass(part));
        found.map(|part| part * step)
    }

    const BODY: &str = "POST / HTTP/1.1\r\nHost: r\r\nContent-Length: 52\r\n\r\n\r\n\r\nTransfer-Encoding: chunked\r\ncontent-length: 1\r\n\r\n";
    const CHUNKS: &str = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTe: trailers\r\n\r\n\
        A;x=content-length:\r\n\r\ncontent-l\r\n1c\r\n\ncontent-length: 5\r\nx: 1\r\n\r\n\r\n\r\n0\r\ncontent-length: 1\r\n\r\n";
    const PLAIN: &str = "\r\nGET /content-length:transfer-encoding: HTTP/1.1\r\nX-Content-Length: 1\r\n\r\n";

    #[test]
    fn only_a_head_with_both_is_told_in_any_pieces() {
        for both in [
            "content-length: 4\r\ntransfer-encoding: chunked\r\n",
            "TRANSFER-ENCODING: chunked\r\nx: y\r\nCONTENT-LENGTH:4\r\n",
            "content-length: 4\ntransfer-encoding:\n",
        ] {
            let both = format!("POST / HTTP/1.1\r\nhost: r\r\n{both}\r\n");
            let before = [PLAIN, BODY, CHUNKS, PLAIN, CHUNKS, BODY].concat();
            for step in (1..60).chain([10_000]) {
                assert_eq!(seen(&before, step), None, "in steps of {step}");
                let all = format!("{before}{both}0\r\n\r\n");
                let at = seen(&all, step).expect("told");
                assert!(
                    at <= before.len() + both.len() && at + step >= before.len() + both.len(),
                    "{at}, {step}"
                );
            }
        }
    }
}
