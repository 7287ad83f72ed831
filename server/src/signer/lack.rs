//! Why there is nothing to sign with.

use std::fmt;

/// Why there is nothing to sign with: for the log, and for who looks at a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lack {
    pub(crate) text: String,
    /// Nobody is where tokens come from.
    pub(crate) is_unreachable: bool,
}

impl Lack {
    pub(super) fn unreachable(text: String) -> Self {
        Self { text, is_unreachable: true }
    }
}

impl From<String> for Lack {
    fn from(text: String) -> Self {
        Self { text, is_unreachable: false }
    }
}

impl From<&str> for Lack {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl fmt::Display for Lack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
