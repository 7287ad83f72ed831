//! How a row comes out.

/// A fault of a relay, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// Something was not given back.
    Leak,
    /// A broken answer was reported as a success.
    Lie,
    /// A client waited for nothing.
    Hang,
    /// Anything else that is not as required.
    Wrong,
}

/// The result of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Grade {
    Pass,
    Failed(Kind),
    Skipped,
}

impl Grade {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Failed(Kind::Leak) => "leak",
            Self::Failed(Kind::Lie) => "lie",
            Self::Failed(Kind::Hang) => "hang",
            Self::Failed(Kind::Wrong) => "wrong",
            Self::Skipped => "skipped",
        }
    }
}
