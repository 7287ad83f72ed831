//! How much of a swinging count its load explains: from samples between two looks, or from a recording.

use std::path::Path;
use std::time::{Duration, Instant};

use vitals::trend::{SWING_SAMPLES, Series, Swing, swing};

use crate::moment::seconds;
use crate::output::Failure;
use crate::recording::{Input, Line, Recordings};
use crate::source::Source;
use crate::stop::Stop;
use crate::words;

/// Between two samples: so many are taken in the time, at most four a second.
const SAMPLES: u32 = 120;
const SOONEST: Duration = Duration::from_millis(250);

/// Samples that are taken while something else is waited for.
#[derive(Debug, Default)]
pub(crate) struct Sampling {
    series: Series,
    polls: usize,
}

impl Sampling {
    /// Polls until the time is over; true if somebody interrupts.
    pub(crate) fn fill(
        &mut self,
        source: &mut dyn Source,
        time: Duration,
        timeout: Duration,
        stop: &Stop,
    ) -> bool {
        let (start, every) = (Instant::now(), SOONEST.max(time / SAMPLES));
        let mut next = start;
        while next <= start + time {
            if stop.wait_until(next) {
                return true;
            }
            if let Ok(reading) = source.poll(timeout) {
                self.series.push_sample(start.elapsed().as_secs_f64(), &reading.sample);
                self.polls += 1;
            }
            // What a slow answer has missed is not made up for.
            next = (next + every).max(Instant::now());
        }
        stop.wait_until(start + time)
    }

    /// Nothing was sampled.
    pub(crate) const fn is_empty(&self) -> bool {
        self.polls == 0
    }

    /// The swing; `None` where nothing was sampled, or too little.
    pub(crate) fn swing(&self) -> Option<Swing> {
        swing(&self.series)
    }
}

/// The swing of a recording.
///
/// # Errors
/// It cannot be read, is no recording, or has too few rows.
pub(crate) fn recorded(path: &Path) -> Result<Swing, Failure> {
    const ROLE: &str = "recording";
    let name = path.to_string_lossy();
    let mut sampling = Sampling::default();
    Recordings::sound(&Input::find(&name, ROLE)?, ROLE)?.read(&mut |time, line| {
        if let (Some(at), Line::Good(poll, _)) = (seconds(time), line) {
            sampling.series.push_sample(at, &poll.sample);
            sampling.polls += 1;
        }
    })?;
    sampling
        .swing()
        .ok_or_else(|| Failure::usage(words::few_samples(ROLE, &name, sampling.polls, SWING_SAMPLES)))
}
