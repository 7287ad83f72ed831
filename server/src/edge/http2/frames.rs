//! A look at the client's frames as they pass, because hyper shows none of them: whether one has begun and does not
//! end, which would hold the whole connection up, and how many there are that cost work and ask for nothing.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use vitals::EndReason;

use crate::clock::now;
use crate::link::Link;

/// `PRI * HTTP/2.0` and so on (RFC 9113, 3.4).
pub(crate) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// Frames that ask for nothing, at once: PING, SETTINGS, RST_STREAM, PRIORITY, DATA without data and the like.
const BURST: u64 = 1_000;
/// And in each second from then on.
const PER_SECOND: u64 = 100;
/// A client may give room back for what it was sent: at most twice, for its stream and for its connection, for a frame
/// of one byte.
const BYTES_A_ROOM: u64 = 5;
/// Bytes sent for which room may be given back later; a window is mostly smaller.
const SENT: u64 = 4 << 20;

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const CONTINUATION: u8 = 9;
const WINDOW_UPDATE: u8 = 8;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
const PADDED: u8 = 8;

/// Where in the client's frames the last byte read stands.
#[derive(Debug)]
struct Cursor {
    /// Of the preface, still to come.
    preface: usize,
    head: [u8; 9],
    /// Bytes of `head` that are here.
    have: usize,
    /// Bytes of the frame's payload still to come.
    payload: usize,
    /// A header block whose end has not been announced.
    block: bool,
    /// The frame under way belongs to a header block.
    is_head: bool,
    /// The next byte says how much of the frame's payload is padding.
    padded: bool,
}

/// The news of one read.
#[derive(Debug, Default, PartialEq, Eq)]
struct Seen {
    /// Frames that ask for nothing.
    idle_talk: u64,
    rooms: u64,
    /// The frame that is under way began with this read.
    anew: bool,
}

impl Cursor {
    fn new() -> Self {
        Self {
            preface: PREFACE.len(),
            head: [0; 9],
            have: 0,
            payload: 0,
            block: false,
            is_head: false,
            padded: false,
        }
    }

    /// The frame that is under way: `Some(true)` a header block, `Some(false)` another one.
    fn under_way(&self) -> Option<bool> {
        let unfinished = self.block || self.have > 0 || self.payload > 0;
        unfinished.then_some(self.block || self.is_head || self.payload == 0)
    }

    fn pass(&mut self, mut bytes: &[u8]) -> Seen {
        let mut seen = Seen::default();
        while !bytes.is_empty() {
            let skip = if self.preface > 0 { &mut self.preface } else { &mut self.payload };
            let n = (*skip).min(bytes.len());
            if n > 0 {
                if std::mem::take(&mut self.padded) {
                    seen.idle_talk += u64::from(usize::from(bytes[0]) + 1 >= *skip);
                }
                *skip -= n;
                bytes = &bytes[n..];
                continue;
            }
            if self.have == 0 && !self.block {
                seen.anew = true;
            }
            let n = (self.head.len() - self.have).min(bytes.len());
            self.head[self.have..self.have + n].copy_from_slice(&bytes[..n]);
            self.have += n;
            bytes = &bytes[n..];
            if self.have == self.head.len() {
                self.have = 0;
                seen.idle_talk += u64::from(self.frame());
                seen.rooms += u64::from(self.head[3] == WINDOW_UPDATE);
            }
        }
        seen
    }

    /// A frame's head is whole. Whether it is one that asks for nothing.
    fn frame(&mut self) -> bool {
        let [high, middle, low, kind, flags, ..] = self.head;
        self.payload = usize::from(high) << 16 | usize::from(middle) << 8 | usize::from(low);
        self.is_head = matches!(kind, HEADERS | CONTINUATION);
        match kind {
            HEADERS | CONTINUATION => {
                self.block = flags & END_HEADERS == 0;
                // A block that goes on with nothing.
                kind == CONTINUATION && self.payload == 0
            }
            DATA if flags & END_STREAM == 0 => {
                self.padded = flags & PADDED != 0 && self.payload > 0;
                self.payload == 0
            }
            DATA => false,
            WINDOW_UPDATE => false,
            _ => true,
        }
    }
}

/// How much idle talk is put up with: what was saved up, and some more every second.
#[derive(Debug)]
struct Patience {
    left: u64,
    since: u64,
    /// Bytes that the client was sent and has not given room back for, as far as is known.
    sent: u64,
}

impl Patience {
    fn new(now: u64) -> Self {
        Self { left: BURST, since: now, sent: 0 }
    }

    fn sends(&mut self, bytes: usize) {
        self.sent = self.sent.saturating_add(bytes as u64).min(SENT);
    }

    /// Room was given back this many times. How many of them had nothing that they could be for.
    fn for_nothing(&mut self, rooms: u64) -> u64 {
        let due = rooms.min(self.sent / BYTES_A_ROOM);
        self.sent -= due * BYTES_A_ROOM;
        rooms - due
    }

    fn take(&mut self, frames: u64, now: u64) -> bool {
        let earned = now.saturating_sub(self.since) * PER_SECOND / 1_000;
        if earned > 0 {
            self.left = (self.left + earned).min(BURST);
            self.since = now;
        }
        let enough = self.left >= frames;
        self.left = self.left.saturating_sub(frames);
        enough
    }
}

/// A connection whose client's frames are looked at.
pub(crate) struct Frames<T> {
    inner: T,
    link: Arc<Link>,
    cursor: Cursor,
    patience: Patience,
}

impl<T> Frames<T> {
    pub(crate) fn new(inner: T, link: Arc<Link>) -> Self {
        Self { inner, link, cursor: Cursor::new(), patience: Patience::new(now()) }
    }

    fn passed(&mut self, bytes: &[u8]) -> io::Result<()> {
        let seen = self.cursor.pass(bytes);
        self.link.under_way(self.cursor.under_way(), seen.anew);
        let idle_talk = seen.idle_talk + self.patience.for_nothing(seen.rooms);
        if idle_talk > 0 && !self.patience.take(idle_talk, now()) {
            self.link.cut(EndReason::ClientError);
            return Err(io::Error::other("a flood of frames that ask for nothing"));
        }
        Ok(())
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Frames<T> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buf.filled().len();
        ready!(Pin::new(&mut this.inner).poll_read(cx, buf))?;
        Poll::Ready(this.passed(&buf.filled()[before..]))
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Frames<T> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let wrote = ready!(Pin::new(&mut this.inner).poll_write(cx, buf))?;
        this.patience.sends(wrote);
        Poll::Ready(Ok(wrote))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let wrote = ready!(Pin::new(&mut this.inner).poll_write_vectored(cx, bufs))?;
        this.patience.sends(wrote);
        Poll::Ready(Ok(wrote))
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

    fn frame(kind: u8, flags: u8, payload: usize) -> Vec<u8> {
        let length = u32::try_from(payload).unwrap().to_be_bytes();
        let mut frame = vec![length[1], length[2], length[3], kind, flags, 0, 0, 0, 1];
        frame.resize(9 + payload, 7);
        frame
    }

    #[test]
    fn any_split_gives_the_same_count_and_the_same_place() {
        // Padding of 7 bytes: all of the first frame's payload, not of the second's.
        let padding = [frame(0, 8, 8), frame(0, 8, 9), frame(0, 9, 8)];
        let talk =
            [frame(4, 0, 6), frame(1, 4, 30), frame(6, 0, 8), frame(0, 0, 0), frame(0, 1, 0), frame(8, 0, 4)];
        let talk = [talk.concat(), padding.concat()];
        let bytes = [PREFACE, &talk.concat()].concat();
        for step in 1..bytes.len() {
            let mut cursor = Cursor::new();
            let seen: Vec<_> = bytes.chunks(step).map(|part| cursor.pass(part)).collect();
            let idle: u64 = seen.iter().map(|seen| seen.idle_talk).sum();
            let rooms: u64 = seen.iter().map(|seen| seen.rooms).sum();
            assert_eq!((idle, rooms, cursor.under_way()), (4, 1, None), "in steps of {step}");
        }
    }

    #[test]
    fn what_has_begun_is_under_way_until_its_last_byte() {
        let mut cursor = Cursor::new();
        cursor.pass(PREFACE);
        assert_eq!(cursor.under_way(), None);
        let block = [frame(1, 0, 5), frame(9, 0, 5), frame(9, 4, 5)].concat();
        for (at, byte) in block.iter().enumerate() {
            let seen = cursor.pass(&[*byte]);
            assert_eq!(seen.anew, at == 0, "{at}");
            let wanted = (at + 1 < block.len()).then_some(true);
            assert_eq!(cursor.under_way(), wanted, "after byte {at}");
        }
        let data = frame(0, 0, 100);
        cursor.pass(&data[..50]);
        assert_eq!(cursor.under_way(), Some(false), "data has the body's deadline");
        assert!(cursor.pass(&[&data[50..], &data[..20]].concat()).anew, "another frame, another deadline");
    }

    #[test]
    fn patience_ends_and_grows_again() {
        let mut patience = Patience::new(0);
        assert!(patience.take(BURST, 0));
        assert!(!patience.take(1, 5), "all of it is used up");
        assert!(patience.take(PER_SECOND, 1_000));
        assert!(!patience.take(BURST + 1, 1_000_000), "no more than a burst is saved up");
    }

    #[test]
    fn room_is_given_back_for_what_was_sent() {
        let mut patience = Patience::new(0);
        assert_eq!(patience.for_nothing(3), 3);
        patience.sends(10);
        assert_eq!(patience.for_nothing(3), 1, "a frame of one byte: for its stream and for its connection");
        patience.sends(usize::MAX);
        assert_eq!(patience.for_nothing(SENT), SENT - SENT / BYTES_A_ROOM, "what is saved up is bounded");
    }
}
