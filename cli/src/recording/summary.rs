//! What a recording came to: counts, and the spread of goroutines.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::source::{ErrorKind, PollError, Reading};

/// Grows with the number of different counts, not with the length of the recording.
#[derive(Clone, Debug, Default)]
pub(crate) struct Summary {
    failed: BTreeMap<ErrorKind, u64>,
    goroutines: BTreeMap<u64, u64>,
    good: u64,
    last_error: Option<PollError>,
}

impl Summary {
    /// Counts one row.
    pub(crate) fn add(&mut self, outcome: &Result<Reading, PollError>) {
        match outcome {
            Ok(reading) => {
                self.good += 1;
                if let Some(count) = reading.sample.goroutines {
                    *self.goroutines.entry(count).or_default() += 1;
                }
            }
            Err(error) => {
                *self.failed.entry(error.kind).or_default() += 1;
                self.last_error = Some(error.clone());
            }
        }
    }

    /// All rows.
    pub(crate) fn rows(&self) -> u64 {
        self.good + self.failed.values().sum::<u64>()
    }

    /// Rows of polls that succeeded.
    pub(crate) fn good(&self) -> u64 {
        self.good
    }

    /// Why the last failed poll failed.
    pub(crate) fn last_error(&self) -> Option<&PollError> {
        self.last_error.as_ref()
    }

    /// The middle of the counts; the lower one of two.
    fn median(&self) -> Option<u64> {
        let total: u64 = self.goroutines.values().sum();
        let mut before = 0;
        self.goroutines.iter().find_map(|(count, times)| {
            before += times;
            (before * 2 >= total).then_some(*count)
        })
    }
}

impl Summary {
    /// One sentence: how many rows, `where_to` they went, and how the counts are spread.
    pub(crate) fn text(&self, where_to: &str) -> String {
        let mut text = format!("recorded {}", counted(self.rows(), "row", "rows"));
        if !self.failed.is_empty() {
            let kinds: Vec<_> =
                self.failed.iter().map(|(kind, n)| format!("{n} {}", kind.as_str())).collect();
            let _ = write!(text, ", of which {} failed ({}),", self.rows() - self.good, kinds.join(", "));
        }
        text.push_str(where_to);
        let ends = self.goroutines.first_key_value().zip(self.goroutines.last_key_value()).zip(self.median());
        if let Some((((min, _), (max, _)), median)) = ends {
            let _ = write!(text, "; goroutines min {min}, median {median}, max {max}");
        }
        text
    }
}

/// A number with its noun.
pub(crate) fn counted(n: u64, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use vitals::Sample;

    use super::*;

    fn summary(counts: &[u64], failures: &[ErrorKind]) -> Summary {
        let mut summary = Summary::default();
        for count in counts {
            let sample = Sample { goroutines: Some(*count), ..Sample::default() };
            summary.add(&Ok(Reading { sample, status: None, program: None, latency: Duration::ZERO }));
        }
        for kind in failures {
            summary.add(&Err(PollError::new(*kind, "what", "cure")));
        }
        summary
    }

    #[test]
    fn text() {
        assert_eq!(summary(&[], &[]).text(" in 0ms"), "recorded 0 rows in 0ms");
        assert_eq!(
            summary(&[7], &[]).text(" into a"),
            "recorded 1 row into a; goroutines min 7, median 7, max 7"
        );
        assert_eq!(
            summary(&[9, 1, 5, 5], &[ErrorKind::Timeout, ErrorKind::Refused, ErrorKind::Timeout])
                .text(" into a"),
            "recorded 7 rows, of which 3 failed (1 refused, 2 timeout), into a; goroutines min 1, median 5, max 9"
        );
    }

    #[test]
    fn medians() {
        for (counts, median) in [(&[3, 1, 2][..], 2), (&[4, 1, 2, 3], 2), (&[1, 1, 1, 9, 9], 1)] {
            assert_eq!(summary(counts, &[]).median(), Some(median));
        }
    }
}
