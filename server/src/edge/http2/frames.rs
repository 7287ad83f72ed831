//! A look at the client's frames as they pass, because hyper shows none of them: whether one has begun and does not
//! end, which would hold the whole connection up, how many there are that cost work and ask for nothing, and which begin
//! trailers (`trailers.rs`). A frame's head is handed on when it is whole, everything else where it was read.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use vitals::EndReason;

use super::patience::Patience;
use super::trailers::{END_STREAM, HEAD, LARGEST, PADDED, guard};
use crate::clock::now;
use crate::link::Link;

/// `PRI * HTTP/2.0` and so on (RFC 9113, 3.4).
pub(crate) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const CONTINUATION: u8 = 9;
const WINDOW_UPDATE: u8 = 8;
const END_HEADERS: u8 = 4;

/// Where in the client's frames the last byte read stands.
#[derive(Debug)]
struct Cursor {
    /// Of the preface, still to come.
    preface: usize,
    head: [u8; HEAD],
    /// Bytes of `head` that are here. They are handed on when it is whole.
    have: usize,
    /// Bytes of the frame's payload still to come.
    payload: usize,
    /// A header block whose end has not been announced.
    block: bool,
    /// The frame under way belongs to a header block.
    is_head: bool,
    /// The next byte says how much of the frame's payload is padding.
    padded: bool,
    /// The newest stream: headers on it or an older one are trailers.
    newest: u32,
    /// The first frame of trailers as far as it has come. It is handed on when it is whole.
    trailers: Option<Vec<u8>>,
}

/// The news of one read.
#[derive(Debug, Default, PartialEq, Eq)]
struct Seen {
    /// Frames that ask for nothing.
    idle_talk: u64,
    rooms: u64,
    /// The frame that is under way began with this read.
    anew: bool,
    /// Bytes of the read that may stay where they are. What is to be handed on of the others is in `out`.
    stay: usize,
}

impl Cursor {
    fn new() -> Self {
        Self {
            preface: PREFACE.len(),
            head: [0; HEAD],
            have: 0,
            payload: 0,
            block: false,
            is_head: false,
            padded: false,
            newest: 0,
            trailers: None,
        }
    }

    /// The frame that is under way: `Some(true)` a header block, `Some(false)` another one.
    fn under_way(&self) -> Option<bool> {
        let unfinished = self.block || self.have > 0 || self.payload > 0;
        unfinished.then_some(self.block || self.is_head || self.payload == 0)
    }

    fn pass(&mut self, bytes: &[u8], out: &mut BytesMut) -> Seen {
        let mut seen = Seen::default();
        let mut rest = bytes;
        let mut stays = self.have == 0 && self.trailers.is_none();
        while !rest.is_empty() {
            let skip = if self.preface > 0 { &mut self.preface } else { &mut self.payload };
            let n = (*skip).min(rest.len());
            if n > 0 {
                if std::mem::take(&mut self.padded) {
                    seen.idle_talk += u64::from(usize::from(rest[0]) + 1 >= *skip);
                }
                *skip -= n;
                if !stays {
                    self.hand_on(&rest[..n], out);
                }
                rest = &rest[n..];
            } else {
                if self.have == 0 && !self.block {
                    seen.anew = true;
                }
                let at = bytes.len() - rest.len();
                rest = self.head(rest, &mut seen);
                if stays && (self.have > 0 || self.trailers.is_some()) {
                    (stays, seen.stay) = (false, at);
                }
                if !stays && self.have == 0 {
                    self.hand_on(&{ self.head }, out);
                }
            }
        }
        if stays {
            seen.stay = bytes.len();
        }
        seen
    }

    /// Takes what belongs to a frame's head. The bytes behind it.
    fn head<'a>(&mut self, bytes: &'a [u8], seen: &mut Seen) -> &'a [u8] {
        let n = (self.head.len() - self.have).min(bytes.len());
        self.head[self.have..self.have + n].copy_from_slice(&bytes[..n]);
        self.have += n;
        if self.have == self.head.len() {
            self.have = 0;
            seen.idle_talk += u64::from(self.frame());
            seen.rooms += u64::from(self.head[3] == WINDOW_UPDATE);
        }
        &bytes[n..]
    }

    /// Puts bytes behind what is to be handed on; the first frame of trailers when it is whole.
    fn hand_on(&mut self, bytes: &[u8], out: &mut BytesMut) {
        let Some(trailers) = &mut self.trailers else { return out.extend_from_slice(bytes) };
        trailers.extend_from_slice(bytes);
        if self.payload == 0 {
            guard(trailers, out);
            self.trailers = None;
        }
    }

    /// A frame's head is whole. Whether it is one that asks for nothing.
    fn frame(&mut self) -> bool {
        let [high, middle, low, kind, flags, a, b, c, d] = self.head;
        self.payload = usize::from(high) << 16 | usize::from(middle) << 8 | usize::from(low);
        self.is_head = matches!(kind, HEADERS | CONTINUATION);
        if kind == HEADERS {
            self.opens(u32::from_be_bytes([a, b, c, d]) & (u32::MAX >> 1));
        }
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

    /// Headers for a stream: its first ones, or trailers. A frame that is too long is refused by h2.
    fn opens(&mut self, stream: u32) {
        if stream > self.newest {
            self.newest = stream;
        } else if self.payload <= LARGEST {
            self.trailers = Some(Vec::with_capacity(HEAD + self.payload));
        }
    }
}

/// A connection whose client's frames are looked at.
pub(crate) struct Frames<T> {
    inner: T,
    link: Arc<Link>,
    cursor: Cursor,
    patience: Patience,
    /// What was read and could not stay where it was read to.
    out: BytesMut,
}

impl<T> Frames<T> {
    pub(crate) fn new(inner: T, link: Arc<Link>) -> Self {
        Self { inner, link, cursor: Cursor::new(), patience: Patience::new(now()), out: BytesMut::new() }
    }

    /// Looks at bytes that were read. How many of them may stay where they are.
    fn passed(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let seen = self.cursor.pass(bytes, &mut self.out);
        self.link.under_way(self.cursor.under_way(), seen.anew);
        let idle_talk = seen.idle_talk + self.patience.for_nothing(seen.rooms);
        if idle_talk > 0 && !self.patience.take(idle_talk, now()) {
            self.link.cut(EndReason::ClientError);
            return Err(io::Error::other("a flood of frames that ask for nothing"));
        }
        Ok(seen.stay)
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Frames<T> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buf.filled().len();
        loop {
            if !this.out.is_empty() {
                let n = this.out.len().min(buf.remaining());
                buf.put_slice(&this.out.split_to(n));
                return Poll::Ready(Ok(()));
            }
            ready!(Pin::new(&mut this.inner).poll_read(cx, buf))?;
            let read = &buf.filled()[before..];
            let is_end = read.is_empty();
            let stay = this.passed(read)?;
            buf.set_filled(before + stay);
            if is_end || stay > 0 {
                return Poll::Ready(Ok(()));
            }
        }
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

    /// What the next reader gets of one read, in one piece.
    fn pass(cursor: &mut Cursor, bytes: &[u8]) -> (Seen, Vec<u8>) {
        let mut out = BytesMut::new();
        let seen = cursor.pass(bytes, &mut out);
        let handed = [&bytes[..seen.stay], &out].concat();
        (seen, handed)
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
            let (seen, handed): (Vec<_>, Vec<_>) =
                bytes.chunks(step).map(|part| pass(&mut cursor, part)).unzip();
            let idle: u64 = seen.iter().map(|seen| seen.idle_talk).sum();
            let rooms: u64 = seen.iter().map(|seen| seen.rooms).sum();
            assert_eq!((idle, rooms, cursor.under_way()), (4, 1, None), "in steps of {step}");
            assert!(handed.concat() == bytes, "in steps of {step}");
        }
    }

    #[test]
    fn any_split_guards_the_trailers_and_nothing_else() {
        let pieces = [
            (frame(1, 4, 12), false),
            (frame(0, 0, 20), false),
            // Trailers in two frames, empty ones, and full ones.
            (frame(1, 1, 3), true),
            (frame(9, 4, 4), false),
            (frame(1, 5, 0), true),
            (frame(1, 5, LARGEST), true),
            (frame(0, 1, 2), false),
        ];
        let mut wanted = BytesMut::from(PREFACE);
        for (piece, is_guarded) in &pieces {
            if *is_guarded { guard(piece, &mut wanted) } else { wanted.extend_from_slice(piece) }
        }
        let bytes = [PREFACE, &pieces.map(|(piece, _)| piece).concat()].concat();
        assert_eq!(wanted.len(), bytes.len() + 2, "a byte for each that is not full");
        for step in (1..140).chain([1_000, bytes.len()]) {
            let mut cursor = Cursor::new();
            let handed: Vec<_> = bytes.chunks(step).map(|part| pass(&mut cursor, part).1).collect();
            assert!(handed.concat() == wanted, "in steps of {step}");
        }
        // Another stream's headers are a request's, and what is too long for a frame is not kept here.
        let mut next = frame(1, 5, 12);
        next[8] = 3;
        let long = frame(1, 5, LARGEST + 1);
        let bytes = [PREFACE, &frame(1, 4, 12), &next, &long].concat();
        assert!(pass(&mut Cursor::new(), &bytes).1 == bytes);
    }

    proptest::proptest! {
        #[test]
        fn whatever_comes_any_split_hands_the_same_on(
            bytes: Vec<u8>,
            frames in proptest::collection::vec((0_u8..11, 0_u8..64, 0_usize..40), 0..12),
            steps in proptest::collection::vec(1_usize..30, 1..8),
        ) {
            let frames = frames.into_iter().map(|(kind, flags, length)| frame(kind, flags, length)).collect::<Vec<_>>();
            let bytes = [PREFACE, &frames.concat(), &bytes].concat();
            let (mut cursor, mut split, mut rest) = (Cursor::new(), Vec::new(), &bytes[..]);
            for step in steps.iter().cycle() {
                let (part, next) = rest.split_at((*step).min(rest.len()));
                split.extend(pass(&mut cursor, part).1);
                rest = next;
                if rest.is_empty() {
                    break;
                }
            }
            proptest::prop_assert_eq!(split, pass(&mut Cursor::new(), &bytes).1);
        }
    }

    #[test]
    fn what_has_begun_is_under_way_until_its_last_byte() {
        let mut cursor = Cursor::new();
        pass(&mut cursor, PREFACE);
        assert_eq!(cursor.under_way(), None);
        let block = [frame(1, 0, 5), frame(9, 0, 5), frame(9, 4, 5)].concat();
        for (at, byte) in block.iter().enumerate() {
            let (seen, _) = pass(&mut cursor, &[*byte]);
            assert_eq!(seen.anew, at == 0, "{at}");
            let wanted = (at + 1 < block.len()).then_some(true);
            assert_eq!(cursor.under_way(), wanted, "after byte {at}");
        }
        let data = frame(0, 0, 100);
        pass(&mut cursor, &data[..50]);
        assert_eq!(cursor.under_way(), Some(false), "data has the body's deadline");
        assert!(
            pass(&mut cursor, &[&data[50..], &data[..20]].concat()).0.anew,
            "another frame, another deadline"
        );
    }
}
