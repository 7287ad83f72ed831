//! Events for a client, numbered as they are said.

use crate::json::Writer;

/// What has been said of one response.
#[derive(Debug, Default)]
pub(super) struct Events {
    /// The next event's number.
    pub(super) sequence: u64,
}

impl Events {
    /// Appends one event. Its name stands twice: some clients read the one, some the other.
    pub(super) fn say(&mut self, out: &mut Vec<u8>, kind: &str, write: impl FnOnce(&mut Writer)) {
        let mut frame = std::mem::take(out);
        frame.reserve(256);
        frame.extend_from_slice(b"event: ");
        frame.extend_from_slice(kind.as_bytes());
        frame.extend_from_slice(b"\ndata: ");
        let mut w = Writer::on(frame);
        w.object(|w| {
            w.field("type", kind);
            w.field("sequence_number", &self.sequence);
            write(w);
        });
        *out = w.into_bytes();
        out.extend_from_slice(b"\n\n");
        self.sequence += 1;
    }
}
