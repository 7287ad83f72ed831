//! Why something is no profile.

/// A profile was expected, and this came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unreadable {
    NoProfile,
    /// Neither form of it; its first characters.
    Other(String),
    /// A heap profile is always compressed.
    Uncompressed,
    Unpacking(String),
    /// More than 64 MiB.
    TooLarge,
    Damaged,
    /// A profile of something else.
    Kind {
        came: String,
        wanted: &'static [&'static str],
    },
    NoCount(String),
    BreaksOff {
        counted: u64,
        total: u64,
    },
    /// An older or another program's answer.
    NoList,
    EmptyList,
}
