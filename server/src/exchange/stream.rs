//! A stream under way: the upstream's bytes cut into frames, each read by the adaptor. One reader for both
//! halves of its life: before the commit, when an error is still an error, and after it, when it is a last event.

use std::collections::VecDeque;
use std::time::Duration;

use adaptors::adaptor::{Ending, Kind, Output, StreamReader};
use adaptors::dialect::Dialect;
use adaptors::framing::{Framer, Framing};
use bytes::{Bytes, BytesMut};
use vitals::EndReason;

use super::Exchange;
use crate::access::gates::Reservation;
use crate::channel::Limits;
use crate::clock::awake;
use crate::reply::refusal::{Refusal, last_words};
use crate::upstream::source::SMALL;

/// Frames that came together go out together, up to this many bytes and pieces.
const PIECE: usize = 16 * 1024;
const PIECES: usize = 64;
/// A larger piece goes out in parts: what is behind it must not copy all of it.
pub(super) const LARGE: usize = 64 * 1024;

/// A stream between the upstream and the client.
pub(crate) struct Stream {
    pub(crate) dialect: Dialect,
    pub(crate) reader: Box<dyn StreamReader>,
    /// The upstream's framing, and what cuts by it.
    framing: &'static dyn Framing,
    pub(crate) framer: Box<dyn Framer>,
    /// Whole frames that are ready to go.
    pub(crate) ready: VecDeque<Bytes>,
    /// So many of them, from the front, have been looked at by [`Self::hold_ready`].
    with_place: usize,
    /// Holds once `ready` is empty.
    pub(crate) then: Then,
    /// How often an event is there while it is read: as it came, and where it is translated as what it becomes.
    copies: usize,
    /// The upstream packed it.
    pub(crate) is_packed: bool,
    limits: Limits,
    /// Content came.
    begun: bool,
    /// When silence will have been the end ([`now`]): nothing is missing but the terminator, or the last event's blank
    /// line. 0: it will not.
    pub(crate) ends_at: u64,
}

/// How a stream goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    /// With what the upstream sends.
    More,
    /// It is over, and whole.
    Whole,
    /// It is over; the reason is in the ledger, the client has been told.
    Broken,
}

/// How far the answer has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Progress {
    /// Comments and opening events only.
    Opening,
    Content,
    /// The terminal event came: the answer is whole.
    Terminal,
}

/// Neighbouring frames of one chunk that pass unchanged: they go out as one piece, as they came.
struct Run<'a> {
    chunk: &'a Bytes,
    span: Option<(usize, usize)>,
}

impl Stream {
    /// `event_cap` bounds one event, in bytes.
    pub(crate) fn new(
        dialect: Dialect,
        framing: &'static dyn Framing,
        reader: Box<dyn StreamReader>,
        event_cap: usize,
        limits: Limits,
    ) -> Box<Self> {
        let (framer, ready) = (framing.framer(event_cap), VecDeque::new());
        Box::new(Self {
            dialect,
            reader,
            framing,
            framer,
            ready,
            with_place: 0,
            then: Then::More,
            copies: 1,
            is_packed: false,
            limits,
            begun: false,
            ends_at: 0,
        })
    }

    /// An event of it is there so often while it is read.
    pub(crate) fn counts(&mut self, copies: usize) {
        self.copies = copies;
    }

    /// Reads a chunk of the upstream's.
    ///
    /// # Errors
    /// When the upstream reports an error, or an event is too large. What came before it is ready.
    pub(crate) fn read(&mut self, chunk: Bytes) -> Result<Progress, Box<Refusal>> {
        let whole = chunk.clone();
        let mut run = Run { chunk: &whole, span: None };
        self.framer.push(chunk);
        let mut progress = Progress::Opening;
        let mut completion: &[u8] = b"";
        let read = loop {
            let frame = match self.framer.next() {
                Ok(Some(frame)) => frame,
                Ok(None) => break Ok(progress),
                Err(_) => break Err(Box::new(last_words(EndReason::TooLarge))),
            };
            let step = self.reader.frame(&frame);
            match step.kind {
                Kind::Error(error) => break Err(Box::new(Refusal::reported(error))),
                Kind::Terminal => progress = Progress::Terminal,
                Kind::Content => {
                    self.begun = true;
                    progress = progress.max(Progress::Content);
                }
                Kind::Opening | Kind::Life => {}
            }
            match step.output {
                Output::Pass => {
                    if progress == Progress::Terminal {
                        completion = self.framing.completion(&frame.raw);
                    }
                    run.pass(frame.raw, &mut self.ready);
                }
                Output::Replace(bytes) => {
                    run.flush(&mut self.ready);
                    self.ready.extend(Some(bytes).filter(|bytes| !bytes.is_empty()));
                }
            }
            if progress == Progress::Terminal {
                break Ok(progress);
            }
        };
        run.flush(&mut self.ready);
        self.ready.extend(Some(Bytes::from_static(completion)).filter(|bytes| !bytes.is_empty()));
        self.expect_end(&whole, progress);
        read
    }

    /// After a chunk: could silence be the end now?
    fn expect_end(&mut self, chunk: &[u8], progress: Progress) {
        let is_held = self.framer.buffered() > 0;
        let may_be_whole = !is_held || matches!(chunk.trim_ascii_end().last(), Some(b'}' | b']'));
        let is_finished = may_be_whole && self.reader.is_finished();
        self.ends_at = match (is_finished, is_held && may_be_whole) {
            // A comment is no reason to wait longer.
            (true, _) if self.ends_at > 0 && progress == Progress::Opening => self.ends_at,
            (true, _) => awake() + self.limits.finish.min(self.limits.idle),
            (false, true) => awake() + self.limits.idle,
            (false, false) => 0,
        };
    }

    /// How long silence is still waited for until it is the end; `None` where it is none.
    pub(crate) fn patience(&self) -> Option<Duration> {
        (self.ends_at > 0).then(|| Duration::from_millis(self.ends_at.saturating_sub(awake())))
    }

    /// The upstream's body ended cleanly, or silence was its end. `Ok`: the answer is whole all the same, and its end is
    /// ready.
    ///
    /// # Errors
    /// When it broke off, or nothing but comments and opening events came.
    pub(crate) fn finish(&mut self) -> Result<(), Box<Refusal>> {
        let mut last = None;
        if let Some(rest) = self.framer.finish() {
            let step = self.reader.frame(&rest);
            last = Some(match step.output {
                Output::Pass => [&rest.raw[..], self.framing.completion(&rest.raw)].concat().into(),
                Output::Replace(bytes) => bytes,
            });
            match step.kind {
                Kind::Error(error) => return Err(Box::new(Refusal::reported(error))),
                Kind::Terminal => {
                    self.ready.extend(last);
                    return Ok(());
                }
                // The reader knows whether anything is missing.
                Kind::Content | Kind::Opening | Kind::Life => {}
            }
        }
        match self.reader.end() {
            Ending::Complete(end) => {
                self.ready.extend(last.into_iter().chain([end]).filter(|bytes| !bytes.is_empty()));
                Ok(())
            }
            Ending::Truncated => Err(Box::new(Refusal::truncated())),
            Ending::Empty => {
                Err(Box::new(Refusal::upstream("the upstream ended its stream without any content")))
            }
        }
    }

    /// Writes down what the answer cost: as it was reported, and where it was cut, how much of it came. What it named is its
    /// caller's from now on.
    pub(crate) fn account(&self, exchange: &mut Exchange, whole: bool) {
        if let Some(giver) = exchange.giver.take() {
            giver.gives(&exchange.relay.ids, &self.reader.names().others);
        }
        let record = &mut exchange.record;
        record.usage = self.reader.usage();
        record.cut = (!whole && self.begun).then(|| self.reader.said());
    }

    /// Bytes held of what has come: unfinished events, with what a large one is about to become, what the end repeats, and
    /// small pieces that are ready.
    pub(crate) fn held(&self) -> usize {
        let small = self.ready.iter().map(Bytes::len).filter(|length| *length <= PIECE);
        let event = self.framer.buffered();
        let copies = if event > SMALL { self.copies } else { 1 };
        event * copies + self.reader.held() + small.sum::<usize>()
    }

    /// Bytes of large pieces that are ready and have no place in the budget of their own yet.
    pub(crate) fn unheld(&self) -> usize {
        let large = self.ready.iter().skip(self.with_place).map(Bytes::len).filter(|length| *length > PIECE);
        large.sum()
    }

    /// Gives large pieces a place of their own, which they keep until the client has them: out of what was reserved for
    /// all that is ready.
    pub(crate) fn hold_ready(&mut self, reserved: &mut Reservation) {
        for piece in self.ready.iter_mut().skip(self.with_place).filter(|piece| piece.len() > PIECE) {
            *piece = reserved.split(piece.len()).around(std::mem::take(piece));
        }
        self.with_place = self.ready.len();
    }

    /// Lets go of what is ready and has no place. What has one may have begun to go out, and a last word follows it.
    pub(crate) fn forget_new(&mut self) {
        self.ready.truncate(self.with_place);
    }

    /// Tells whether enough is ready to send it without asking the upstream for more.
    pub(crate) fn is_worth_sending(&self) -> bool {
        self.ready.len() >= PIECES || self.ready.iter().map(Bytes::len).sum::<usize>() >= PIECE
    }

    /// The next piece: what is ready, as far as it fits into one.
    pub(crate) fn gather(&mut self) -> Option<Bytes> {
        let mut first = self.ready.pop_front()?;
        if first.len() > LARGE {
            let piece = first.split_to(LARGE);
            self.ready.push_front(first);
            return Some(piece);
        }
        self.with_place = self.with_place.saturating_sub(1);
        let mut length = first.len();
        let fits = |next: &&Bytes| {
            length += next.len();
            length <= PIECE
        };
        let more = self.ready.iter().take_while(fits).count();
        if more == 0 {
            return Some(first);
        }
        let mut piece = BytesMut::with_capacity(PIECE.min(length));
        piece.extend_from_slice(&first);
        self.ready.drain(..more).for_each(|next| piece.extend_from_slice(&next));
        self.with_place = self.with_place.saturating_sub(more);
        Some(piece.freeze())
    }

    /// All that is ready, as one piece.
    pub(crate) fn take_ready(&mut self) -> Bytes {
        if self.ready.len() == 1 {
            return self.ready.pop_front().unwrap_or_default();
        }
        let mut all = BytesMut::with_capacity(self.ready.iter().map(Bytes::len).sum());
        self.ready.drain(..).for_each(|piece| all.extend_from_slice(&piece));
        all.freeze()
    }
}

impl Run<'_> {
    fn pass(&mut self, frame: Bytes, ready: &mut VecDeque<Bytes>) {
        let start = (frame.as_ptr() as usize).wrapping_sub(self.chunk.as_ptr() as usize);
        let end = start.wrapping_add(frame.len());
        let inside = start < self.chunk.len() && end <= self.chunk.len();
        match &mut self.span {
            Some((_, last)) if inside && *last == start => *last = end,
            _ => {
                self.flush(ready);
                if inside { self.span = Some((start, end)) } else { ready.push_back(frame) }
            }
        }
    }

    fn flush(&mut self, ready: &mut VecDeque<Bytes>) {
        if let Some((start, end)) = self.span.take() {
            ready.push_back(self.chunk.slice(start..end));
        }
    }
}

#[cfg(test)]
mod tests {
    use adaptors::dialect::OPENAI;

    use super::*;

    #[test]
    fn what_came_together_goes_out_together_in_bounded_pieces() {
        let reader = Box::<adaptors::openai::Reader>::default();
        let limits = Limits { idle: 1, finish: 1, total: 1, heartbeat: 1 };
        let mut stream = Stream::new(OPENAI, OPENAI.framing(), reader, 1024, limits);
        stream.ready.extend(
            [vec![1; 5], vec![2; 7], vec![3; PIECE], vec![4; PIECE - 1], vec![5; 1], vec![6; 1]]
                .map(Bytes::from),
        );
        assert!(stream.is_worth_sending());
        let pieces: Vec<usize> = std::iter::from_fn(|| stream.gather()).map(|piece| piece.len()).collect();
        assert_eq!(pieces, [12, PIECE, PIECE, 1]);
        stream.ready.extend((0..PIECES - 1).map(|_| Bytes::from_static(b"x")));
        assert!(!stream.is_worth_sending(), "the upstream is asked for more first");
        stream.ready.push_back(Bytes::from_static(b"y"));
        assert!(stream.is_worth_sending());
        assert!(stream.gather().is_some_and(|piece| piece.len() == PIECES && piece.ends_with(b"xy")));
    }
}
