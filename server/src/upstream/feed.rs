//! A request's body that goes up while it still comes. One attempt at a time pulls it; nothing of it is held but its first
//! bytes, with which another attempt can begin as long as no more than they came.

use std::sync::{Arc, Mutex, Weak};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::Incoming;
use vitals::EndReason;

use crate::clock::deadline::Moment;
use crate::clock::{awake, lock};
use crate::reply::refusal::Refusal;

/// Bytes of what was pulled that are held for another attempt.
pub(crate) const HELD: usize = 64 * 1024;

/// What is still to come of a body, and whoever looks at it on its way.
pub(crate) trait Rest: Send {
    /// The next bytes; `None` at a clean end.
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Box<Refusal>>>>;

    /// Bytes that are still to come, where that was announced.
    fn left(&self) -> Option<u64>;

    /// The client asks for a stream, as far as it has come.
    fn wants_stream(&self) -> bool;

    /// What nobody wants any more.
    fn into_body(self: Box<Self>) -> Option<Incoming>;
}

/// The rest of a request's body, which its exchange owns.
#[derive(Clone)]
pub(crate) struct Feed(Arc<Mutex<State>>);

/// One attempt's hold on it: it ends with the exchange, and with the next attempt.
#[derive(Clone)]
pub(crate) struct Pull {
    state: Weak<Mutex<State>>,
    turn: u32,
    /// Pieces that were pulled again.
    again: usize,
    left: Option<u64>,
}

/// The body broke off, or another attempt has it: the upstream must not take what it got for the whole.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the request's body ends here")]
pub(crate) struct Cutoff;

struct State {
    /// `None` once it was taken away.
    rest: Option<Box<dyn Rest>>,
    left: Option<u64>,
    held: Vec<Bytes>,
    /// More came than is held.
    spent: bool,
    stage: Stage,
    failure: Option<Box<Refusal>>,
    came: u64,
    wants_stream: bool,
    turn: u32,
    /// Since when it waits for the client; 0: it does not. On the clock of deadlines, as below.
    waits: u64,
    /// When the upstream last took something.
    moved: u64,
    /// How long the client may take over its next bytes.
    patience: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Open,
    /// The upstream has answered and wants no more: what it would pull stays where it is.
    Stopped,
    Over,
    Failed,
}

impl Feed {
    pub(crate) fn new(rest: Box<dyn Rest>, patience: Duration) -> Self {
        Self(Arc::new(Mutex::new(State {
            left: rest.left(),
            rest: Some(rest),
            held: Vec::new(),
            spent: false,
            stage: Stage::Open,
            failure: None,
            came: 0,
            wants_stream: false,
            turn: 0,
            waits: 0,
            moved: awake(),
            patience,
        })))
    }

    /// Bytes behind those that the request is held with, where that was announced.
    pub(crate) fn left(&self) -> Option<u64> {
        lock(&self.0).left
    }

    /// A hold on it that does not pull before it [`begins`](Pull::begins).
    pub(crate) fn pull(&self) -> Pull {
        Pull { state: Arc::downgrade(&self.0), turn: 0, again: 0, left: self.left() }
    }

    /// More has gone than is held: there is no other attempt.
    pub(crate) fn is_spent(&self) -> bool {
        lock(&self.0).spent
    }

    /// All of it was pulled.
    pub(crate) fn is_over(&self) -> bool {
        lock(&self.0).stage == Stage::Over
    }

    /// Bytes that came of it, and whether they ask for a stream.
    pub(crate) fn came(&self) -> (u64, bool) {
        let state = lock(&self.0);
        (state.came, state.wants_stream)
    }

    /// The upstream has answered and wants no more.
    pub(crate) fn stop(&self) {
        let mut state = lock(&self.0);
        if state.stage == Stage::Open {
            state.stage = Stage::Stopped;
        }
    }

    /// What was left of it was read away.
    pub(crate) fn finish(&self) {
        lock(&self.0).stage = Stage::Over;
    }

    /// Why it broke off, once.
    pub(crate) fn failure(&self) -> Option<Refusal> {
        lock(&self.0).failure.take().map(|refusal| *refusal)
    }

    /// Until when either side has to move, and whose fault it is after that: the client's, which sends nothing
    /// (`client_error`), or the upstream's, which takes nothing, or has it all and does not answer.
    pub(crate) fn due(&self, first_byte: Duration) -> (Moment, EndReason) {
        let state = lock(&self.0);
        match state.waits {
            0 => (Moment::at(state.moved) + first_byte, EndReason::FirstByteTimeout),
            since => (Moment::at(since) + state.patience, EndReason::ClientError),
        }
    }

    /// The client is waited for.
    pub(crate) fn is_awaited(&self) -> bool {
        lock(&self.0).waits > 0
    }

    /// The longest time between two looks at [`Feed::due`].
    pub(crate) fn step(&self, first_byte: Duration) -> Duration {
        first_byte.min(lock(&self.0).patience)
    }

    /// Takes what nobody pulled, to be read away. `None`: it came to its end, or broke off.
    pub(crate) fn take(&self) -> Option<Incoming> {
        let mut state = lock(&self.0);
        let rest = state.rest.take();
        let wanted = matches!(state.stage, Stage::Open | Stage::Stopped);
        rest.filter(|_| wanted).and_then(Rest::into_body)
    }
}

impl Pull {
    /// Begins a new attempt, from the beginning; whoever had it before has it no more.
    pub(crate) fn begins(&mut self) {
        let Some(state) = self.state.upgrade() else { return };
        let mut state = lock(&state);
        state.turn += 1;
        (state.waits, state.moved) = (0, awake());
        if state.stage == Stage::Stopped {
            state.stage = Stage::Open;
        }
        (self.turn, self.again, self.left) = (state.turn, 0, state.left);
    }

    /// Bytes that are still to come, where that was announced.
    pub(crate) fn left(&self) -> Option<u64> {
        self.left
    }

    /// The upstream takes something that was held before it.
    pub(crate) fn moves(&self) {
        if let Some(state) = self.state.upgrade() {
            lock(&state).moved = awake();
        }
    }

    /// The next bytes; `None` at the end.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Cutoff>>> {
        let Some(state) = self.state.upgrade() else { return Poll::Ready(Some(Err(Cutoff))) };
        let mut state = lock(&state);
        if state.turn != self.turn || self.again == 0 && state.spent {
            return Poll::Ready(Some(Err(Cutoff)));
        }
        let piece = match state.held.get(self.again) {
            Some(piece) => Poll::Ready(Some(Ok(piece.clone()))),
            None => state.poll(cx),
        };
        if let Poll::Ready(Some(Ok(piece))) = &piece {
            self.again += 1;
            self.left = self.left.map(|left| left.saturating_sub(piece.len() as u64));
            state.moved = awake();
        }
        piece
    }
}

impl State {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Cutoff>>> {
        match self.stage {
            Stage::Open => {}
            Stage::Stopped => return Poll::Pending,
            Stage::Over => return Poll::Ready(None),
            Stage::Failed => return Poll::Ready(Some(Err(Cutoff))),
        }
        let Some(rest) = &mut self.rest else { return Poll::Ready(Some(Err(Cutoff))) };
        let Poll::Ready(piece) = rest.poll_next(cx) else {
            if self.waits == 0 {
                self.waits = awake();
            }
            return Poll::Pending;
        };
        self.waits = 0;
        Poll::Ready(match piece {
            Some(Ok(piece)) => {
                self.came += piece.len() as u64;
                self.wants_stream = rest.wants_stream();
                // Nobody asks for more than was announced.
                if rest.left() == Some(0) {
                    self.stage = Stage::Over;
                }
                self.hold(&piece);
                Some(Ok(piece))
            }
            Some(Err(refusal)) => {
                (self.stage, self.failure) = (Stage::Failed, Some(refusal));
                Some(Err(Cutoff))
            }
            None => {
                (self.stage, self.moved) = (Stage::Over, awake());
                None
            }
        })
    }

    /// Holds a piece for another attempt, as long as all before it is held. A copy: the piece may be a small part of
    /// a large buffer.
    fn hold(&mut self, piece: &Bytes) {
        let held: usize = self.held.iter().map(Bytes::len).sum();
        self.spent |= held + piece.len() > HELD;
        if self.spent {
            self.held = Vec::new();
        } else {
            self.held.push(Bytes::copy_from_slice(piece));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::task::Waker;

    use super::*;
    use crate::clock::scripted;

    /// What a client sends, and when it does not: `None`.
    struct Script(VecDeque<Option<Result<Bytes, Box<Refusal>>>>);

    impl Rest for Script {
        fn poll_next(&mut self, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, Box<Refusal>>>> {
            match self.0.pop_front() {
                None => Poll::Ready(None),
                Some(None) => Poll::Pending,
                Some(piece) => Poll::Ready(piece),
            }
        }

        fn left(&self) -> Option<u64> {
            None
        }

        fn wants_stream(&self) -> bool {
            true
        }

        fn into_body(self: Box<Self>) -> Option<Incoming> {
            None
        }
    }

    const PATIENCE: Duration = Duration::from_secs(60);
    const FIRST_BYTE: Duration = Duration::from_secs(900);

    fn feed(pieces: impl IntoIterator<Item = Option<Result<Bytes, Box<Refusal>>>>) -> Feed {
        Feed::new(Box::new(Script(pieces.into_iter().collect())), PATIENCE)
    }

    fn sends(length: usize) -> Option<Result<Bytes, Box<Refusal>>> {
        Some(Ok(Bytes::from(vec![b'x'; length])))
    }

    fn begun(feed: &Feed) -> Pull {
        let mut pull = feed.pull();
        pull.begins();
        pull
    }

    /// The length of the next piece; 0 at the end, -1 where nothing comes, -2 where it broke off.
    fn next(pull: &mut Pull) -> i64 {
        match pull.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Pending => -1,
            Poll::Ready(None) => 0,
            Poll::Ready(Some(Ok(piece))) => piece.len() as i64,
            Poll::Ready(Some(Err(Cutoff))) => -2,
        }
    }

    #[test]
    fn another_attempt_begins_from_the_beginning_as_long_as_all_of_it_is_held() {
        let feed = feed([sends(10), sends(HELD - 10), sends(1), sends(7)]);
        let mut first = begun(&feed);
        assert_eq!([next(&mut first), next(&mut first)], [10, HELD as i64 - 10]);
        assert!(!feed.is_spent());
        let mut second = begun(&feed);
        assert_eq!(next(&mut first), -2, "one attempt at a time");
        assert_eq!([(); 3].map(|()| next(&mut second)), [10, HELD as i64 - 10, 1]);
        assert!(feed.is_spent());
        assert_eq!(next(&mut begun(&feed)), -2, "what is not held cannot be sent again");
        assert_eq!((feed.came(), feed.is_over()), ((HELD as u64 + 1, true), false));
    }

    #[test]
    fn it_ends_with_its_exchange_its_failure_or_its_end() {
        let whole = feed([sends(1)]);
        let mut pull = begun(&whole);
        assert_eq!(([(); 3].map(|()| next(&mut pull)), whole.is_over()), ([1, 0, 0], true));
        drop(whole);
        assert_eq!(next(&mut pull), -2);
        let broken = feed([Some(Err(Box::new(Refusal::body_too_large(1)))), sends(1)]);
        let mut pull = begun(&broken);
        assert_eq!([next(&mut pull), next(&mut pull)], [-2, -2], "nothing may follow and make it whole");
        assert_eq!(broken.failure().map(|refusal| refusal.status), Some(413));
        let answered = feed([sends(1), sends(2)]);
        let mut pull = begun(&answered);
        answered.stop();
        assert_eq!((next(&mut pull), answered.is_over()), (-1, false));
        assert_eq!(next(&mut begun(&answered)), 1, "another upstream may still want it");
    }

    #[test]
    fn whoever_does_not_move_is_the_one_to_blame() {
        scripted::stands_at(1_000);
        let feed = feed([sends(5), None, None, sends(5)]);
        let mut pull = begun(&feed);
        let due = |at: u64, patience, reason| (Moment::at(at) + patience, reason);
        assert_eq!(feed.due(FIRST_BYTE), due(1_000, FIRST_BYTE, EndReason::FirstByteTimeout));
        scripted::stands_at(2_000);
        assert_eq!([next(&mut pull), next(&mut pull)], [5, -1]);
        scripted::stands_at(3_000);
        assert_eq!(next(&mut pull), -1);
        assert_eq!(
            feed.due(FIRST_BYTE),
            due(2_000, PATIENCE, EndReason::ClientError),
            "since the first wait"
        );
        assert!(feed.is_awaited());
        assert_eq!(next(&mut pull), 5);
        assert_eq!(feed.due(FIRST_BYTE), due(3_000, FIRST_BYTE, EndReason::FirstByteTimeout));
        scripted::stands_at(4_000);
        assert_eq!(next(&mut pull), 0);
        assert_eq!(feed.due(FIRST_BYTE), due(4_000, FIRST_BYTE, EndReason::FirstByteTimeout));
        assert_eq!(feed.step(FIRST_BYTE), PATIENCE);
    }
}
