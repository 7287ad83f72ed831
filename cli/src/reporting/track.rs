//! One recording, or one instance of several that it is of: what its polls came to, the picture of it, and what
//! happened on the way.

use vitals::Spread;
use vitals::Verdict;
use vitals::trend::{Course, Metric, Trend, Why};

use super::pace::{GAP, Span};
use super::{Grid, SHOWN};
use crate::comparison::UNEXPLAINED;
use crate::recording::Notes;
use crate::watching::{Conclusion, Watching};

/// One metric's numbers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Numbers {
    /// How they are spread.
    pub(crate) spread: Spread,
    /// When they were highest, the first time, in milliseconds since the recording's first row.
    pub(crate) max_at: u64,
    /// The last one.
    pub(crate) last: u64,
}

/// One recording.
#[derive(Debug)]
pub(crate) struct Track {
    /// Its file, or the first and the number of them.
    pub(crate) name: String,
    /// The notes beside it.
    pub(crate) notes: Option<Notes>,
    /// When its first row was, in milliseconds since 1970; in the unknown local time of a machine unless `utc`.
    pub(crate) from: i64,
    pub(crate) utc: bool,
    /// From the first row to the last, in milliseconds.
    pub(crate) length: u64,
    /// The usual time between rows, in milliseconds.
    pub(crate) interval: Option<u64>,
    /// The numbers of each metric.
    pub(crate) numbers: [Numbers; SHOWN],
    /// What a request in flight costs, where that can be told.
    pub(super) cost: Option<f64>,
    /// The picture.
    pub(crate) grid: Grid<SHOWN>,
    /// When the target restarted.
    pub(crate) restarts: Vec<u64>,
    /// When there were no rows.
    pub(crate) gaps: Vec<Span>,
    /// How many gaps there are in all.
    pub(crate) gap_count: u64,
    /// Lines that are no rows.
    pub(crate) foreign: u64,
    /// The polls as a watch would have judged them.
    pub(crate) watching: Watching,
    /// The verdict on levels and peaks, and what it rests on.
    pub(crate) conclusion: Conclusion,
    /// Of each metric, in their order.
    pub(crate) trends: [Trend; Metric::ALL.len()],
}

impl Track {
    /// The verdict on everything. What cannot be told of a trend changes nothing.
    pub(crate) fn verdict(&self) -> Verdict {
        let growing = self.trends.iter().filter(|trend| trend.course == Course::Growing);
        growing.fold(self.conclusion.verdict, |worst, trend| worst.max(trend.verdict))
    }

    /// The trends that say something: beside a count, a resource that does not grow says nothing; and growth of several
    /// instances is among the findings, with the name of each.
    pub(crate) fn told(&self) -> impl Iterator<Item = &Trend> {
        let has_values = |trend: &&Trend| trend.reasons.first() != Some(&Why::NoValues);
        let is_counted = self.watching.summary.judged.spread.n() > 0;
        let is_several = self.watching.summary.processes.is_several();
        self.trends.iter().filter(has_values).filter(move |trend| match trend.course {
            Course::Growing => !is_several,
            _ => !is_counted || !trend.metric.is_resource(),
        })
    }

    /// The rows have values of this metric, which are not only drawn.
    pub(crate) fn has(&self, metric: usize) -> bool {
        let only_drawn = metric == UNEXPLAINED && self.cost.is_some();
        self.numbers[metric].spread.n() > 0 && !only_drawn
    }

    /// The longest time between rows over which a line is drawn.
    pub(crate) fn reach(&self) -> u64 {
        (GAP * self.interval.unwrap_or(0)).max(2 * self.grid.width())
    }
}
