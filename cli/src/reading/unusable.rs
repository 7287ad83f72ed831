//! Why the command line names nothing that can be polled, as data.

/// Nothing was asked yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unusable {
    /// This flag or argument gives no address.
    Address {
        place: &'static str,
        wrong: Wrong,
    },
    /// The source csv without a recording.
    NoRecording,
    /// The source pid without a process.
    NoPid,
    /// Something besides a recording, which stands at this place.
    Completed {
        place: &'static str,
    },
    /// Only Linux and Windows tell of processes.
    #[cfg_attr(windows, expect(dead_code, reason = "not on Windows"))]
    ForeignSystem,
    /// The client cannot be built: most likely a proxy's variable.
    Client {
        error: String,
    },
    Tls {
        error: String,
    },
}

/// It never repeats the text, which may hold a password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wrong {
    Empty,
    NoAddress {
        error: String,
    },
    Scheme(String),
    NoSockets,
    /// A socket's path that is not a whole one.
    Relative,
}
