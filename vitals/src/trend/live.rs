//! Looking again and again while samples come in.
//!
//! Each look is a chance to be wrong, so there is one at a block's end only, its bar is higher, and growth counts
//! when two looks in a row see it.

use super::judge::glance;
use super::series::{Reading, Series};
use super::{Course, Metric, Rules, Trend, Why};
use crate::{Sample, Verdict};

/// Looks in a row that must agree.
const LOOKS: u32 = 2;

/// A watch: takes samples, and judges at the ends of blocks. Its memory is that of a [`Series`], however long it
/// lasts; after half a day at 5 s, each cell stands for more than one sample.
#[derive(Clone, Debug)]
pub struct Live {
    rules: Rules,
    series: Series,
    next: Option<f64>,
    looked_at: Option<f64>,
    watched: [Watched; Metric::ALL.len()],
}

#[derive(Clone, Debug, Default)]
struct Watched {
    grown: u32,
    last: Option<Trend>,
    alarmed: bool,
}

impl Live {
    /// Nothing seen yet.
    #[must_use]
    pub fn new(rules: Rules) -> Self {
        Self { rules, series: Series::default(), next: None, looked_at: None, watched: Default::default() }
    }

    /// Takes in a sample at `t` seconds. True when a block ended and there is a new judgement.
    pub fn push_sample(&mut self, t: f64, sample: &Sample) -> bool {
        self.series.push_sample(t, sample);
        self.looked()
    }

    /// The same at `now` seconds since 1970, by a clock that may be set back.
    pub fn push_dated(&mut self, t: f64, now: f64, sample: &Sample) -> bool {
        self.series.push_dated(t, now, sample);
        self.looked()
    }

    /// Takes in a reading. True when a block ended and there is a new judgement.
    pub fn push(&mut self, reading: Reading) -> bool {
        self.series.push(reading);
        self.looked()
    }

    /// The last judgement of a metric; `None` before the first block's end.
    #[must_use]
    pub fn trend(&self, metric: Metric) -> Option<&Trend> {
        self.watched[metric as usize].last.as_ref()
    }

    /// Whether a metric was ever found to grow.
    #[must_use]
    pub const fn has_alarmed(&self, metric: Metric) -> bool {
        self.watched[metric as usize].alarmed
    }

    /// All samples so far.
    #[must_use]
    pub const fn series(&self) -> &Series {
        &self.series
    }

    fn looked(&mut self) -> bool {
        let Some(now) = self.series.end() else { return false };
        let next = *self.next.get_or_insert(now + self.rules.warm_up_s + self.rules.block_s);
        if now < next {
            return false;
        }
        self.look(now);
        true
    }

    /// The last look, when the watch ends between two blocks: a leak is largest then. False if nothing came since
    /// the look before.
    pub fn finish(&mut self) -> bool {
        let Some(now) = self.series.end().filter(|now| self.looked_at.is_none_or(|at| *now > at)) else {
            return false;
        };
        self.look(now);
        true
    }

    fn look(&mut self, now: f64) {
        let mut block = self.rules.block_s;
        for (metric, watched) in Metric::ALL.into_iter().zip(&mut self.watched) {
            let trend = glance(&self.series, metric, &self.rules);
            if metric == Metric::Tasks && trend.course != Course::Inconclusive {
                block = block.max(trend.block_s.unwrap_or_default());
            }
            watched.take(trend);
        }
        self.next = Some(now + block);
        self.looked_at = Some(now);
    }
}

impl Watched {
    fn take(&mut self, mut trend: Trend) {
        // Standing out from chance must be seen twice; that it matters, and goes on, once.
        let rises = trend.course == Course::Growing
            || matches!(*trend.reasons, [Why::Slight | Why::MayLevelOff | Why::Slowing]);
        self.grown = if rises { self.grown + 1 } else { 0 };
        if trend.course == Course::Growing {
            if self.grown < LOOKS {
                trend.course = Course::Stable;
                trend.verdict = Verdict::Ok;
                trend.reasons = vec![Why::Unconfirmed];
                trend.time_to_danger = None;
            } else {
                self.alarmed = true;
            }
        }
        self.last = Some(trend);
    }
}
