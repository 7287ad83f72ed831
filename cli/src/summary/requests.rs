//! The requests of a run: all of them, and those of the last minutes, which are judged.

use std::collections::{BTreeMap, VecDeque};

use jiff::Timestamp;
use vitals::traffic::{FEW, slow};
use vitals::{Reason, Sample, Thresholds, Traffic};

use crate::reading::Reading;

/// So many seconds are recent, or more where fewer requests than can be judged ended in them.
const RECENT_S: f64 = 300.0;
/// Parts of the recent time are no shorter.
const PART_S: f64 = 5.0;
/// So many of the newest polls tell how long answers take,
const POLLS: usize = 60;
/// and no fewer than these.
const FEW_POLLS: usize = 3;
/// Processes whose last sample is remembered.
const REMEMBERED: usize = 64;

/// Counts what ended between good polls.
#[derive(Clone, Debug, Default)]
pub(crate) struct Requests {
    /// Of the whole run.
    pub(crate) all: Traffic,
    /// Of the last minutes.
    pub(crate) recent: Traffic,
    /// Of each process that answers: several may share an address.
    last: BTreeMap<u32, (Timestamp, Sample)>,
    /// The recent ones by their time, the oldest first.
    parts: VecDeque<(Timestamp, Traffic)>,
    /// Microseconds that the newest polls took.
    latencies: VecDeque<u64>,
}

impl Requests {
    /// Takes in a good poll of a process.
    pub(super) fn add(&mut self, at: Timestamp, reading: &Reading, process: u32) {
        if self.latencies.len() == POLLS {
            self.latencies.pop_front();
        }
        self.latencies.extend(u64::try_from(reading.latency.as_micros()).ok());
        let before = self.last.insert(process, (at, reading.sample));
        if self.last.len() > REMEMBERED {
            self.last.pop_first();
        }
        let Some((then, before)) = before else { return };
        let seconds = at.duration_since(then).as_secs_f64().max(0.0);
        let Some(traffic) = Traffic::between(&before, &reading.sample, seconds) else { return };
        self.all.add(&traffic);
        self.recent.add(&traffic);
        match self.parts.back_mut() {
            // Idle time is one part, however long it is.
            Some((_, part)) if part.seconds < PART_S || part.ended + traffic.ended == 0 => part.add(&traffic),
            _ => self.parts.push_back((at, traffic)),
        }
        while let Some((then, part)) = self.parts.front()
            && at.duration_since(*then).as_secs_f64() > RECENT_S
            && self.recent.ended.saturating_sub(part.ended) >= FEW
        {
            self.recent.take_off(part);
            self.parts.pop_front();
        }
    }

    /// What is above its limit by now.
    pub(crate) fn reasons(&self, thresholds: &Thresholds) -> impl Iterator<Item = Reason> {
        let late = self.latency().and_then(|latency| slow(latency, thresholds));
        self.recent.errors(thresholds).into_iter().chain(late)
    }

    /// The median of the newest polls, in microseconds.
    fn latency(&self) -> Option<u64> {
        let mut sorted: Vec<u64> = self.latencies.iter().copied().collect();
        sorted.sort_unstable();
        sorted.get(sorted.len().saturating_sub(1) / 2).copied().filter(|_| sorted.len() >= FEW_POLLS)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn polled(requests: &mut Requests, second: i64, asked: u64, failed: u64, latency_ms: u64) {
        of(0, requests, second, asked, failed, latency_ms);
    }

    fn of(process: u32, requests: &mut Requests, second: i64, asked: u64, failed: u64, latency_ms: u64) {
        let sample = Sample { requests_total: Some(asked), errors_total: Some(failed), ..Sample::default() };
        let latency = Duration::from_millis(latency_ms);
        let reading = Reading::of(sample, latency);
        requests.add(Timestamp::from_second(second).unwrap(), &reading, process);
    }

    fn said(requests: &Requests) -> Vec<&'static str> {
        requests.reasons(&Thresholds::default()).map(|reason| reason.limit.measure().column()).collect()
    }

    #[test]
    fn a_burst_of_errors_is_forgotten_after_minutes_and_an_hour_of_idling_is_one_part() {
        let mut requests = Requests::default();
        // 10 a second, of which a tenth fails in the second minute.
        let failed = |second: i64| u64::try_from((second - 60).clamp(0, 60)).unwrap();
        let counts = |second: i64| u64::try_from(second * 10 + 1).unwrap();
        for second in (0..=600).step_by(5) {
            polled(&mut requests, second, counts(second), failed(second), 1);
            let above = requests.recent.error_percent().is_some_and(|percent| percent > 5.0);
            assert_eq!(said(&requests).contains(&"errors_total"), above, "{second}");
        }
        assert_eq!((requests.all.ended, requests.all.badly), (6000, Some(60)));
        assert_eq!((said(&requests), requests.recent.badly), (vec![], Some(0)));
        for second in (605..4000).step_by(5) {
            polled(&mut requests, second, counts(600), 60, 1);
        }
        assert!(requests.parts.len() < 70, "{}", requests.parts.len());
        // One request a minute, and each fails: judged once there are twenty.
        for minute in 0..30_u64 {
            let second = 4000 + i64::try_from(minute).unwrap() * 60;
            polled(&mut requests, second, counts(600) + minute, 60 + minute, 1);
        }
        assert_eq!((said(&requests), requests.recent.ended), (vec!["errors_total"], 20));
    }

    #[test]
    fn each_process_counts_by_itself_and_slow_answers_are_told_from_the_third_on() {
        let mut requests = Requests::default();
        for (second, process, asked) in [(0, 0, 100), (5, 1, 7000), (10, 0, 200), (15, 1, 7050)] {
            assert_eq!(said(&requests).len(), usize::from(second > 10), "{second}");
            of(process, &mut requests, second, asked, 0, 2500);
        }
        assert_eq!(requests.all.ended, 150);
        assert_eq!(said(&requests), ["latency_ms"]);
    }
}
