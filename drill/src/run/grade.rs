//! How a row comes out.

/// A fault of a relay, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// The process ended, or good requests find nobody any more.
    Dead,
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
    /// All of them, the best first, and last what says nothing.
    pub(crate) const ALL: [Self; 7] = [
        Self::Pass,
        Self::Failed(Kind::Wrong),
        Self::Failed(Kind::Hang),
        Self::Failed(Kind::Lie),
        Self::Failed(Kind::Leak),
        Self::Failed(Kind::Dead),
        Self::Skipped,
    ];

    /// The grade of this word.
    pub(crate) fn read(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|grade| grade.word() == word)
    }

    /// How bad it is, to be compared with that of another: a pass is the least, and a skip is neither.
    pub(crate) fn badness(self) -> usize {
        Self::ALL.iter().position(|grade| *grade == self).unwrap_or_default()
    }

    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Failed(Kind::Dead) => "dead",
            Self::Failed(Kind::Leak) => "leak",
            Self::Failed(Kind::Lie) => "lie",
            Self::Failed(Kind::Hang) => "hang",
            Self::Failed(Kind::Wrong) => "wrong",
            Self::Skipped => "skipped",
        }
    }
}
