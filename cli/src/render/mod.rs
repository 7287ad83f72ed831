//! Results as text and JSON: pure functions of data, styles and width.

mod json;
mod quick_check;
mod style;

pub(crate) use json::quick_check as quick_check_json;
pub(crate) use quick_check::quick_check;
pub(crate) use style::{Styles, use_color, width};

use jiff::Timestamp;
use vitals::{Judgement, Thresholds};

use crate::source::{PollError, Reading};

/// All that a quick check found out.
#[derive(Debug)]
pub(crate) struct Checked<'a> {
    /// The target, without credentials.
    pub(crate) target: &'a str,
    /// The name of the source.
    pub(crate) source: &'static str,
    /// When it was asked.
    pub(crate) at: Timestamp,
    /// What it was judged by.
    pub(crate) thresholds: Thresholds,
    /// What came, with its judgement.
    pub(crate) outcome: Result<(Reading, Judgement), PollError>,
}

impl Checked<'_> {
    /// The verdict: unknown when nothing came.
    pub(crate) fn verdict(&self) -> vitals::Verdict {
        self.outcome.as_ref().map_or(vitals::Verdict::Unknown, |(_, judgement)| judgement.verdict)
    }
}

/// RFC 3339 in UTC with milliseconds.
pub(crate) fn timestamp(at: Timestamp) -> String {
    format!("{at:.3}")
}

#[cfg(test)]
mod tests {
    #[test]
    fn timestamps_have_milliseconds_even_when_they_are_zero() {
        let at = jiff::Timestamp::from_second(1_795_000_000).unwrap();
        assert_eq!(super::timestamp(at), "2026-11-18T11:06:40.000Z");
    }
}
