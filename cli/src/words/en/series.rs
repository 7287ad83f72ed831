//! The descriptions of the series that observers write: `# HELP` lines are English, as the names beside them are.

pub(crate) const UP: &str = "Whether the target answered.";
pub(crate) const LATENCY: &str = "How long the answer took.";
pub(crate) const VERDICT: &str = "The verdict: 0 ok, 1 warning, 2 danger, 3 unknown.";
pub(crate) const ASKED: &str = "When the target was asked, in seconds since 1970.";
pub(crate) const EXPECTED: &str = "Whether an expectation holds.";
