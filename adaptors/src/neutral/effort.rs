//! How much a model is to think.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Thinking {
    Off,
    /// As much as the model finds right.
    Adaptive,
    /// Up to so many tokens, inside the limit.
    Budget(u64),
}

/// The words for it, the least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effort {
    Minimal,
    Low,
    Medium,
    High,
    /// `xhigh`.
    Higher,
    /// `max`.
    Highest,
}

impl Effort {
    const ALL: [(&'static str, Self); 6] = [
        ("minimal", Self::Minimal),
        ("low", Self::Low),
        ("medium", Self::Medium),
        ("high", Self::High),
        ("xhigh", Self::Higher),
        ("max", Self::Highest),
    ];

    /// The one that fits a budget of thinking tokens.
    #[must_use]
    pub fn of_budget(tokens: u64) -> Self {
        match tokens {
            ..=4096 => Self::Low,
            4097..=12_288 => Self::Medium,
            _ => Self::High,
        }
    }

    /// The one that this word means, in every dialect that knows it.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == word).map(|(_, effort)| *effort)
    }

    #[must_use]
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(_, effort)| *effort == self).map_or("", |(word, _)| word)
    }
}
