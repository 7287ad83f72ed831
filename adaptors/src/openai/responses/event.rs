//! Events for a client, numbered as they are said.

use crate::json::Writer;

/// What has been said of one response.
#[derive(Debug, Default)]
pub(super) struct Events {
    /// The client gets none: only what they add up to.
    pub(super) is_silent: bool,
    /// The next event's number.
    pub(super) sequence: u64,
}

impl Events {
    /// Appends one event. Its name stands twice: some clients read the one, some the other.
    pub(super) fn say(&mut self, out: &mut Vec<u8>, kind: &str, write: impl FnOnce(&mut Writer)) {
        self.step(out, (kind, ""), write);
    }

    /// The same, of a name in two parts.
    pub(super) fn step(
        &mut self,
        out: &mut Vec<u8>,
        (stem, step): (&str, &str),
        write: impl FnOnce(&mut Writer),
    ) {
        if self.is_silent {
            return;
        }
        let mut frame = std::mem::take(out);
        frame.reserve(256);
        for piece in ["event: ", stem, step, "\ndata: {\"type\":\"", stem, step, "\""] {
            frame.extend_from_slice(piece.as_bytes());
        }
        let mut w = Writer::on(frame);
        w.field("sequence_number", &self.sequence);
        write(&mut w);
        *out = w.into_bytes();
        out.extend_from_slice(b"}\n\n");
        self.sequence += 1;
    }
}
