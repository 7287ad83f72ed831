//! Requests over a time: how many ended, how many of them badly, and how long they took.
//!
//! A request ends badly by what the target or its upstream did, or failed to do: not because its client left, and not
//! with a 4xx, which is the client's own doing.

use serde::Serialize;
use serde::ser::{SerializeStruct, Serializer};

use crate::verdict::{Limit, Reason};
use crate::{Sample, Thresholds, Verdict};

/// Fewer requests than this say nothing of their share.
pub const FEW: u64 = 20;

/// Requests over a time, of one process.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Traffic {
    /// Those that ended; 0 where the target does not count requests.
    pub ended: u64,
    /// Those that ended badly; `None` where the target does not tell.
    pub badly: Option<u64>,
    /// How long the time was.
    pub seconds: f64,
    /// The time spent in all requests together: `None` where the target does not say how many are in flight.
    pub busy_s: Option<f64>,
}

impl Traffic {
    /// Everything since the process started, as far as one sample tells it.
    #[must_use]
    pub fn whole(sample: &Sample) -> Option<Self> {
        let ended = sample.ended.map(|ended| ended.all()).or_else(|| ended(sample));
        ended.or(sample.errors_total)?;
        let ended = ended.unwrap_or(0).max(sample.errors_total.filter(|_| ended.is_some()).unwrap_or(0));
        let seconds = sample.uptime_s.unwrap_or(0);
        #[expect(clippy::cast_precision_loss, reason = "seconds")]
        let seconds = seconds as f64;
        Some(Self { ended, badly: sample.errors_total, seconds, busy_s: None })
    }

    /// What came between two samples of the same process; `None` where neither requests nor bad ends are counted, or a
    /// counter fell.
    #[must_use]
    pub fn between(before: &Sample, now: &Sample, seconds: f64) -> Option<Self> {
        let grown = |get: fn(&Sample) -> Option<u64>| match get(before).zip(get(now)) {
            Some((before, now)) => now.checked_sub(before).map(Some),
            None => Some(None),
        };
        let (accepted, badly) = (grown(|s| s.requests_total)?, grown(|s| s.errors_total)?);
        accepted.or(badly)?;
        // What is counted when it begins has not ended while it is in flight.
        let begun = before.explained.and(now.explained).and(before.in_flight.zip(now.in_flight));
        let under_way = begun.map_or(0, |(before, now)| i128::from(now) - i128::from(before));
        let ended = accepted.map_or(0, |accepted| {
            u64::try_from(i128::from(accepted) - under_way).unwrap_or(0).max(badly.unwrap_or(0))
        });
        #[expect(clippy::cast_precision_loss, reason = "a mean needs no more")]
        let busy_s = before.in_flight.zip(now.in_flight).map(|(a, b)| (a as f64 + b as f64) / 2.0 * seconds);
        Some(Self { ended, badly, seconds, busy_s })
    }

    /// Both together.
    pub fn add(&mut self, other: &Self) {
        let sum = |a: Option<f64>, b: Option<f64>| a.or(b).map(|_| a.unwrap_or(0.0) + b.unwrap_or(0.0));
        self.ended += other.ended;
        let badly = self.badly.or(other.badly);
        self.badly = badly.map(|_| self.badly.unwrap_or(0) + other.badly.unwrap_or(0));
        self.seconds += other.seconds;
        self.busy_s = sum(self.busy_s, other.busy_s);
    }

    /// What is left of it without an earlier part.
    pub fn take_off(&mut self, part: &Self) {
        self.ended = self.ended.saturating_sub(part.ended);
        self.badly = self.badly.map(|badly| badly.saturating_sub(part.badly.unwrap_or(0)));
        self.seconds = (self.seconds - part.seconds).max(0.0);
        self.busy_s = self.busy_s.map(|busy| (busy - part.busy_s.unwrap_or(0.0)).max(0.0));
    }

    /// Per cent that ended badly; `None` where nothing ended or nobody tells.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a percentage needs no more")]
    pub fn error_percent(&self) -> Option<f64> {
        let badly = self.badly?;
        (self.ended > 0).then(|| badly as f64 / self.ended as f64 * 100.0)
    }

    /// There are enough requests to judge their share.
    #[must_use]
    pub const fn is_enough(&self) -> bool {
        self.ended >= FEW
    }

    /// How many ended a second.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a rate needs no more")]
    pub fn per_second(&self) -> Option<f64> {
        (self.seconds > 0.0).then(|| self.ended as f64 / self.seconds)
    }

    /// How long a request took on average, in seconds: by Little's law, the requests in flight over their rate.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a mean needs no more")]
    pub fn mean_s(&self) -> Option<f64> {
        // Of requests so short that no poll saw one, nothing is known.
        self.busy_s.filter(|busy| *busy > 0.0 && self.is_enough()).map(|busy| busy / self.ended as f64)
    }

    /// More of them ended badly than may.
    #[must_use]
    pub fn errors(&self, thresholds: &Thresholds) -> Option<Reason> {
        let value = self.badly.filter(|_| self.is_enough())?;
        let most = u128::from(self.ended) * u128::from(thresholds.error_ppm) / 1_000_000;
        let threshold = u64::try_from(most).unwrap_or(u64::MAX);
        let limit = Limit::Errors { of: self.ended, ppm: thresholds.error_ppm };
        (value > threshold).then_some(Reason { limit, value, threshold, verdict: Verdict::Warning })
    }
}

/// Answers to polls take longer than they may; in microseconds.
#[must_use]
pub fn slow(latency_us: u64, thresholds: &Thresholds) -> Option<Reason> {
    let value = latency_us / 1000;
    let threshold = thresholds.latency_ms;
    (value > threshold).then_some(Reason {
        limit: Limit::Latency,
        value,
        threshold,
        verdict: Verdict::Warning,
    })
}

/// The requests that ended since the start, where only those are known that were begun.
fn ended(sample: &Sample) -> Option<u64> {
    let begun = sample.explained.and(sample.in_flight).unwrap_or(0);
    sample.requests_total.map(|requests| requests.saturating_sub(begun))
}

impl Serialize for Traffic {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let rounded = |value: Option<f64>| value.map(|value| (value * 1000.0).round() / 1000.0);
        let mut object = serializer.serialize_struct("Traffic", 4)?;
        object.serialize_field("ended", &self.ended)?;
        object.serialize_field("ended_badly", &self.badly)?;
        object.serialize_field("error_percent", &rounded(self.error_percent()))?;
        object.serialize_field("mean_s", &rounded(self.mean_s()))?;
        object.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(requests: u64, errors: u64, in_flight: u64, explained: Option<u64>) -> Sample {
        Sample {
            requests_total: Some(requests),
            errors_total: Some(errors),
            in_flight: Some(in_flight),
            explained,
            ..Sample::default()
        }
    }

    #[test]
    fn ends_bad_ends_and_the_mean_time_of_a_request() {
        let [before, now] = [sample(1000, 5, 20, Some(40)), sample(1110, 16, 30, Some(60))];
        let traffic = Traffic::between(&before, &now, 10.0).unwrap();
        assert_eq!((traffic.ended, traffic.badly, traffic.busy_s), (100, Some(11), Some(250.0)));
        assert_eq!((traffic.error_percent(), traffic.mean_s()), (Some(11.0), Some(2.5)));
        // Others count requests when they end.
        let others = [before, now].map(|sample| Sample { explained: None, ..sample });
        assert_eq!(Traffic::between(&others[0], &others[1], 10.0).unwrap().ended, 110);
        assert_eq!(Traffic::between(&now, &before, 10.0), None, "another process");
        assert_eq!(Traffic::between(&Sample::default(), &Sample::default(), 10.0), None);
        assert_eq!(Traffic::whole(&now).map(|all| (all.ended, all.badly)), Some((1080, Some(16))));
        let json = serde_json::to_string(&traffic).unwrap();
        assert_eq!(json, r#"{"ended":100,"ended_badly":11,"error_percent":11.0,"mean_s":2.5}"#);
    }

    #[test]
    fn parts_add_up_and_can_be_taken_off() {
        let part = |ended, badly| Traffic { ended, badly, seconds: 5.0, busy_s: Some(1.0) };
        let mut all = Traffic::default();
        all.add(&part(10, Some(1)));
        all.add(&part(30, Some(3)));
        assert_eq!(all, Traffic { ended: 40, badly: Some(4), seconds: 10.0, busy_s: Some(2.0) });
        all.take_off(&part(10, Some(1)));
        assert_eq!(all, part(30, Some(3)));
        let mut silent = part(1, None);
        silent.add(&part(1, None));
        assert_eq!(Traffic { busy_s: Some(0.0), ..part(50, None) }.mean_s(), None, "no poll saw one");
        assert_eq!((silent.badly, silent.error_percent(), silent.is_enough()), (None, None, false));
    }

    #[test]
    fn more_than_five_per_cent_of_twenty_or_more_are_a_warning() {
        let reason = |ended, badly| {
            let traffic = Traffic { ended, badly: Some(badly), ..Traffic::default() };
            traffic.errors(&Thresholds::default()).map(|reason| (reason.value, reason.threshold))
        };
        assert_eq!(reason(19, 19), None, "too few to judge");
        assert_eq!(reason(20, 1), None, "5 % are not above 5 %");
        assert_eq!(reason(20, 2), Some((2, 1)));
        assert_eq!(reason(1000, 50), None);
        assert_eq!(reason(1000, 51), Some((51, 50)));
        let strict = Thresholds { error_ppm: 1000, ..Thresholds::default() };
        let traffic = Traffic { ended: 1000, badly: Some(2), ..Traffic::default() };
        assert_eq!(traffic.errors(&strict).map(|reason| reason.verdict), Some(Verdict::Warning));
        assert_eq!(slow(2_000_999, &Thresholds::default()), None);
        assert_eq!(slow(2_001_000, &Thresholds::default()).map(|reason| reason.value), Some(2001));
    }
}
