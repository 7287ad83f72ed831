//! How fast a counter grows.

use vitals::Spread;

/// A counter's growth, over the time in which it could be seen.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rate {
    grown: u64,
    seconds: f64,
    /// The stretch of time being added up, and the highest rate of those that are complete.
    stretch: (u64, f64),
    most: Option<f64>,
    /// Those of all complete stretches, a thousand times as high.
    stretches: Spread,
}

/// A highest rate is that of at least this many seconds: a counter may be in whole MiB.
const STRETCH_S: f64 = 30.0;

impl Rate {
    /// Per second; `None` if nothing was seen.
    pub(crate) fn per_second(&self) -> Option<f64> {
        #[expect(clippy::cast_precision_loss, reason = "a rate needs no more")]
        (self.seconds > 0.0).then(|| self.grown as f64 / self.seconds)
    }

    /// The highest rate of half a minute; `None` if there was none.
    pub(super) const fn most(&self) -> Option<f64> {
        self.most
    }

    /// The median rate of half a minute; that of the whole time where it is shorter.
    pub(super) fn usual(&self) -> Option<f64> {
        #[expect(clippy::cast_precision_loss, reason = "a rate needs no more")]
        let median = self.stretches.median().map(|rate| rate as f64 / 1000.0);
        median.or_else(|| self.per_second())
    }

    pub(super) fn add(&mut self, before: Option<u64>, now: Option<u64>, seconds: f64) {
        if let Some(grown) = before.zip(now).and_then(|(before, now)| now.checked_sub(before)) {
            self.grown = self.grown.saturating_add(grown);
            self.seconds += seconds;
            self.stretch = (self.stretch.0.saturating_add(grown), self.stretch.1 + seconds);
            if self.stretch.1 >= STRETCH_S {
                let (grown, seconds) = std::mem::take(&mut self.stretch);
                #[expect(clippy::cast_precision_loss, reason = "a rate needs no more")]
                let rate = grown as f64 / seconds;
                self.most = Some(self.most.map_or(rate, |most| most.max(rate)));
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it saturates")]
                self.stretches.add((rate * 1000.0) as u64);
            }
        }
    }
}
