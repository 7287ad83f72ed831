//! The stages of a connection, and how long each may last.

use super::terms::Terms;

/// Milliseconds that a client has to take its last words, and a connection to end by itself.
pub(crate) const LAST_WORDS: u64 = 1_000;

/// The stages of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Phase {
    Handshake,
    /// A request's head is waited for, or under way.
    Head,
    /// A request is served.
    Busy,
    /// Nothing is asked.
    Idle,
    /// It was told to end, and has a moment to do so by itself.
    Closing,
}

impl Phase {
    const ALL: [Self; 5] = [Self::Handshake, Self::Head, Self::Busy, Self::Idle, Self::Closing];

    pub(super) fn of(number: u8) -> Self {
        Self::ALL[usize::from(number)]
    }

    /// How long it may last, in milliseconds; while a request is served, it has deadlines of its own.
    pub(super) fn limit(self, terms: &Terms) -> Option<u64> {
        Some(match self {
            Self::Handshake => terms.tls,
            Self::Head => terms.request_header,
            Self::Idle => terms.client_idle,
            Self::Closing => LAST_WORDS,
            Self::Busy => return None,
        })
    }
}
