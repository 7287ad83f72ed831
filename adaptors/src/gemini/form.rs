//! The two forms in which one stream is told: events, or the elements of an array.

use bytes::Bytes;

/// A client's form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// `data: {…}` and a blank line.
    Events,
    /// `[{…}`, `,{…}`, `]`.
    Array,
}

impl Form {
    /// The form that a path (with its query) asks for. Other dialects' paths ask for none, and events are read as they
    /// come.
    pub(super) fn of(path: &str) -> Self {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let is_it = |pair: &str| matches!(pair, "alt=sse" | "%24alt=sse" | "$alt=sse");
        let is_events = !path.ends_with("streamGenerateContent") || query.split('&').any(is_it);
        if is_events { Self::Events } else { Self::Array }
    }

    pub(super) fn content_type(self) -> &'static str {
        match self {
            Self::Events => "text/event-stream",
            Self::Array => "application/json",
        }
    }

    /// One JSON text as the next frame; `begun`: others came before it.
    pub(super) fn frame(self, json: &[u8], begun: bool) -> Bytes {
        let mut out = Vec::with_capacity(json.len() + 16);
        self.write(&mut out, begun, |out| out.extend_from_slice(&one_line(json)));
        out.into()
    }

    /// Writes the next frame; `json` writes what is in it, on one line.
    pub(super) fn write(self, out: &mut Vec<u8>, begun: bool, json: impl FnOnce(&mut Vec<u8>)) {
        out.extend_from_slice(match (self, begun) {
            (Self::Events, _) => b"data: ",
            (Self::Array, false) => b"[",
            (Self::Array, true) => b",\n ",
        });
        json(out);
        if self == Self::Events {
            out.extend_from_slice(b"\n\n");
        }
    }

    /// What ends a stream after its last element.
    pub(super) fn end(self, begun: bool) -> &'static [u8] {
        match (self, begun) {
            (Self::Events, _) => b"",
            (Self::Array, true) => b"]",
            (Self::Array, false) => b"[]",
        }
    }

    /// An error as the last thing that is said.
    pub(super) fn complaint(self, body: &[u8], begun: bool) -> Bytes {
        match self {
            Self::Events => bare(body),
            Self::Array => [&self.frame(body, begun)[..], b"]"].concat().into(),
        }
    }
}

/// An error behind events, as Google tells it: a line of JSON that is no event, and no blank line behind it. Of Google's
/// clients for JavaScript an earlier one takes an event for an answer, whatever is in it, and each leaves out what stands
/// before a blank line and is none, where it comes in one piece with an event: a broken answer would pass for a whole one.
pub(super) fn bare(body: &[u8]) -> Bytes {
    [&one_line(body)[..], b"\n"].concat().into()
}

/// JSON without line ends, which stand between its tokens only: clients of this dialect want a frame on one line.
pub(super) fn one_line(json: &[u8]) -> Vec<u8> {
    json.trim_ascii().iter().map(|byte| if matches!(byte, b'\n' | b'\r') { b' ' } else { *byte }).collect()
}
