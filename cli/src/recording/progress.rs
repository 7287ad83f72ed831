//! The progress bar of a recording: on a terminal's stderr, and nowhere else.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::source::{PollError, Reading};

const BOUNDED: &str = "[{bar:24}] {pos}/{len} rows, {eta} left  {msg}";
const OPEN: &str = "{spinner} {pos} rows in {elapsed}, Ctrl-C ends  {msg}";

/// Shows how far a recording is and what came last.
#[derive(Debug)]
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// A bar when the number of polls is known, otherwise a counter. Silent where stderr is no terminal.
    pub(crate) fn new(polls: Option<u64>) -> Self {
        let (bar, template) = match polls {
            Some(polls) => (ProgressBar::new(polls), BOUNDED),
            None => (ProgressBar::new_spinner(), OPEN),
        };
        // The templates are constants, and a test reads them.
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("=> "));
        }
        bar.enable_steady_tick(Duration::from_millis(500));
        Self(bar)
    }

    /// One more row.
    pub(crate) fn add(&self, outcome: &Result<Reading, PollError>) {
        self.0.set_message(match outcome {
            Ok(reading) => reading.sample.goroutines.map(|n| format!("goroutines {n}")).unwrap_or_default(),
            Err(error) => format!("failed: {}", error.what),
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
        for template in [BOUNDED, OPEN] {
            assert!(ProgressStyle::with_template(template).is_ok());
        }
    }
}
