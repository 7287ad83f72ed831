//! The progress bar of a recording: on a terminal's stderr, and nowhere else.

use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use vitals::Measure;

use crate::reading::Outcome;
use crate::words;

/// Shows how far a recording is and what came last.
#[derive(Debug)]
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// A bar when the number of polls is known, otherwise a counter. Silent where stderr is no terminal.
    pub(crate) fn new(polls: Option<u64>) -> Self {
        Self(polls.map_or_else(ProgressBar::new_spinner, ProgressBar::new)).in_style(polls.is_some())
    }

    /// One line a target, where there are several.
    pub(crate) fn several(polls: Option<u64>, targets: &[&str]) -> Vec<Self> {
        if targets.len() < 2 {
            return vec![Self::new(polls)];
        }
        let lines = MultiProgress::new();
        let bars = targets.iter().map(|target| {
            let bar = polls.map_or_else(ProgressBar::new_spinner, ProgressBar::new);
            Self(lines.add(bar).with_prefix(format!("{target} "))).in_style(polls.is_some())
        });
        bars.collect()
    }

    fn in_style(self, bounded: bool) -> Self {
        // The templates are constants, and a test reads them.
        if let Ok(style) = ProgressStyle::with_template(words::progress_line(bounded)) {
            self.0.set_style(style.progress_chars("=> "));
        }
        self.0.enable_steady_tick(Duration::from_millis(500));
        self
    }

    /// One more row.
    pub(crate) fn add(&self, outcome: &Outcome) {
        self.0.set_message(match outcome {
            Ok(reading) => reading
                .sample
                .goroutines
                .map(|n| format!("{} {n}", words::label(Measure::Goroutines)))
                .unwrap_or_default(),
            Err(error) => words::headed(words::failing_poll(), &words::error_seen(error)),
        });
        self.0.inc(1);
    }

    /// Takes the bar away, so that what follows starts on a clean line.
    pub(crate) fn finish(&self) {
        self.0.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_valid() {
        for bounded in [true, false] {
            assert!(ProgressStyle::with_template(words::progress_line(bounded)).is_ok());
        }
    }
}
