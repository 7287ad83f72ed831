//! When to poll: on multiples of the interval since the start, so that slow polls cause no drift.

use std::time::{Duration, Instant};

/// The times of polls on the monotonic clock.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Schedule {
    start: Instant,
    interval: Duration,
    /// No poll starts later than this after the start.
    length: Option<Duration>,
    next: u32,
    skipped: u32,
}

impl Schedule {
    /// The first poll is at `start`; `interval` is above zero.
    pub(crate) fn new(start: Instant, interval: Duration, length: Option<Duration>) -> Self {
        Self { start, interval, length, next: 0, skipped: 0 }
    }

    /// When the next poll is due, given the time now; `None` when the schedule is over. Polls that were missed,
    /// because one took long or the machine slept, are skipped and never caught up with.
    pub(crate) fn next(&mut self, now: Instant) -> Option<Instant> {
        let late = now.saturating_duration_since(self.start).as_nanos();
        let missed = late.div_ceil(self.interval.as_nanos().max(1));
        let index = if self.next == 0 { 0 } else { self.next.max(u32::try_from(missed).ok()?) };
        let offset = self.interval.checked_mul(index)?;
        if let Some(length) = self.length.filter(|length| offset > *length) {
            let due = length.as_nanos() / self.interval.as_nanos().max(1) + 1;
            self.skipped += u32::try_from(due).unwrap_or(u32::MAX).saturating_sub(self.next);
            self.next = u32::MAX;
            return None;
        }
        self.skipped += index.saturating_sub(self.next);
        self.next = index.checked_add(1)?;
        self.start.checked_add(offset)
    }

    /// How many polls were due by now and did not begin, because another one took long or the machine slept.
    pub(crate) const fn skipped(&self) -> u32 {
        self.skipped
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: Duration = Duration::from_secs(1);

    /// Runs a schedule whose polls take the given seconds, and returns when they started.
    fn run(interval: u32, length: Option<u32>, polls: &[u32]) -> Vec<u64> {
        let start = Instant::now();
        let mut schedule = Schedule::new(start, S * interval, length.map(|l| S * l));
        let mut now = start;
        let mut starts = Vec::new();
        for poll in polls {
            let Some(at) = schedule.next(now) else { break };
            starts.push((at - start).as_secs());
            now = at.max(now) + S * *poll;
        }
        starts
    }

    #[test]
    fn what_was_due_is_begun_or_skipped() {
        let skipped = |length, polls: &[u32]| {
            let start = Instant::now();
            let mut schedule = Schedule::new(start, S * 5, Some(S * length));
            let (mut now, mut begun) = (start, 0);
            for poll in polls.iter().cycle() {
                let Some(at) = schedule.next(now) else { break };
                now = at.max(now) + S * *poll;
                begun += 1;
            }
            assert_eq!(schedule.next(now), None, "it stays over");
            (begun, schedule.skipped())
        };
        assert_eq!(skipped(45, &[1]), (10, 0));
        assert_eq!(skipped(45, &[5]), (10, 0), "an answer that takes the whole interval costs nothing");
        assert_eq!(skipped(45, &[12]), (4, 6));
        assert_eq!(skipped(40, &[12]), (3, 6), "also those after the last");
        assert_eq!(skipped(45, &[100]), (1, 9));
    }

    #[test]
    fn slow_polls_do_not_drift() {
        assert_eq!(run(5, None, &[0, 1, 4, 5, 0]), [0, 5, 10, 15, 20]);
    }

    #[test]
    fn missed_polls_are_skipped_and_never_burst() {
        assert_eq!(run(5, None, &[1, 12, 1, 3600, 1]), [0, 5, 20, 25, 3625]);
    }

    #[test]
    fn both_ends_of_the_time_are_polled() {
        assert_eq!(run(5, Some(15), &[0; 9]), [0, 5, 10, 15]);
        assert_eq!(run(5, Some(14), &[0; 9]), [0, 5, 10]);
        assert_eq!(run(5, Some(1), &[60; 9]), [0]);
    }
}
