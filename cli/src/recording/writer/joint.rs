//! One recording that several runs of polls write: the addresses of one name, each as an instance.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use super::Recorder;
use crate::output::Failure;
use crate::reading::Outcome;

#[derive(Debug)]
pub(crate) struct Joint(Mutex<Held>);

#[derive(Debug)]
struct Held {
    recorder: Recorder,
    /// How many runs still write.
    runs: usize,
    /// A row could not be written: nothing more is.
    broken: bool,
}

impl Joint {
    /// For so many runs.
    pub(crate) const fn new(recorder: Recorder, runs: usize) -> Self {
        Self(Mutex::new(Held { recorder, runs, broken: false }))
    }

    /// Writes one poll; of which source, and of which instance, where there are several.
    ///
    /// # Errors
    /// See [`Recorder::write`].
    pub(crate) fn write(
        &self,
        at: Timestamp,
        elapsed: Duration,
        outcome: &Outcome,
        [source, instance]: [Option<&str>; 2],
    ) -> Result<(), Failure> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let written = held.recorder.write(at, elapsed, outcome, instance);
        let took = source.filter(|_| outcome.is_ok() && written.is_ok());
        let written = written.and_then(|()| took.map_or(Ok(()), |source| held.recorder.took(source)));
        held.broken |= written.is_err();
        written
    }

    /// One run is over; with the last one the recording is.
    ///
    /// # Errors
    /// See [`Recorder::finish`].
    pub(crate) fn finish(&self) -> Result<(), Failure> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.runs = held.runs.saturating_sub(1);
        if held.runs == 0 && !held.broken { held.recorder.finish() } else { Ok(()) }
    }
}
