//! How many frames of a client's may ask for nothing: they cost work, and a flood of them is an attack.

/// Frames that ask for nothing, at once: PING, SETTINGS, RST_STREAM, PRIORITY, DATA without data and the like.
const BURST: u64 = 1_000;
/// And in each second from then on.
const PER_SECOND: u64 = 100;
/// A client may give room back for what it was sent: at most twice, for its stream and for its connection, for a frame
/// of one byte.
const BYTES_A_ROOM: u64 = 5;
/// Bytes sent for which room may be given back later; a window is mostly smaller.
const SENT: u64 = 4 << 20;

/// How much idle talk is put up with: what was saved up, and some more every second.
#[derive(Debug)]
pub(super) struct Patience {
    left: u64,
    since: u64,
    /// Bytes that the client was sent and has not given room back for, as far as is known.
    sent: u64,
}

impl Patience {
    pub(super) fn new(now: u64) -> Self {
        Self { left: BURST, since: now, sent: 0 }
    }

    pub(super) fn sends(&mut self, bytes: usize) {
        self.sent = self.sent.saturating_add(bytes as u64).min(SENT);
    }

    /// Room was given back this many times. How many of them had nothing that they could be for.
    pub(super) fn for_nothing(&mut self, rooms: u64) -> u64 {
        let due = rooms.min(self.sent / BYTES_A_ROOM);
        self.sent -= due * BYTES_A_ROOM;
        rooms - due
    }

    pub(super) fn take(&mut self, frames: u64, now: u64) -> bool {
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

#[cfg(test)]
mod tests {
    use super::*;

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
