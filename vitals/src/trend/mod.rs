//! Whether a count is growing, and whether one recording is above another: statistics that allow for samples which
//! resemble their neighbours, for load, for garbage collection and for looking again and again.
//!
//! Pure functions of a [`Series`]; reasons are codes, the words are the caller's. The method, and how often it is
//! wrong, stand in docs/statistics.md.

mod alike;
pub mod autocorrelation;
mod bend;
mod blocks;
mod born;
mod compare;
mod compared;
mod danger;
pub mod days;
mod deciding;
mod ending;
mod flat;
mod goes_on;
mod judge;
pub mod kendall;
mod late;
mod level_off;
mod live;
mod lives;
mod load;
pub mod mann_whitney;
pub mod normal;
mod outgrown;
mod points;
mod power;
pub mod rank;
mod resource;
mod rising;
mod series;
mod since;
mod stand_in;
mod step;
mod swing;
mod walk;

pub use compare::compare;
pub use compared::{CompareVerdict, Comparison, MetricComparison, Side, Step};
pub use danger::TimeToDanger;
pub use days::{Change, DRIFT_DAYS, Day, Days, Drift, days};
pub use flat::Flat;
pub use judge::trend;
pub use live::Live;
pub use lives::{Life, lives};
pub use load::LoadBasis;
pub use points::BLOCKS;
pub use rising::Rising;
pub use series::{CAPACITY, Reading, Series};
pub use swing::{SWING_SAMPLES, Swing, SwingBasis, swing};

use std::time::Duration;

use serde::Serialize;

use crate::Verdict;

/// What a trend is looked for in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Metric {
    /// Live tasks, beyond the explained ones where the target explains them.
    #[serde(rename = "goroutines")]
    Tasks,
    /// Bytes of live heap.
    #[serde(rename = "alloc_bytes")]
    Heap,
    /// Bytes of resident memory. Allocators keep what was freed, so a plateau at the peak is no growth.
    #[serde(rename = "rss_bytes")]
    Resident,
    /// Open descriptors.
    #[serde(rename = "open_fds")]
    Descriptors,
    /// Threads.
    #[serde(rename = "threads")]
    Threads,
    /// Open connections to upstreams.
    #[serde(rename = "upstream_open")]
    Connections,
}

/// What the values do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Course {
    /// No growth that matters was seen; how much could have gone unseen stands beside it.
    Stable,
    /// They grow.
    Growing,
    /// They changed once, and were level before and after.
    Step,
    /// It cannot be told.
    Inconclusive,
}

/// Why a course is what it is. Stable codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// The metric was never reported.
    NoValues,
    /// Fewer than 8 blocks (a comparison: 6 a side); [`Trend::needs_s`] says how long it still takes.
    TooShort,
    /// The load moved, and what it costs cannot be told from a leak.
    LoadUndetermined,
    /// Nothing is known of the load, so growth is a warning at most.
    NotLoadAdjusted,
    /// It rises, by less than matters.
    Slight,
    /// It rose early and rises no more; [`Trend::rise`] says until when.
    Levelled,
    /// It rises ever more slowly, and how far it will cannot be told yet.
    Slowing,
    /// It rises, and may still level off as after a start.
    MayLevelOff,
    /// One change explains it.
    OneStep,
    /// It rose at the end, too late to tell a step from the start of a leak.
    RisenLately,
    /// Seen at one look, not yet at the next.
    Unconfirmed,
    /// What was seen is no more than chance.
    Chance,
    /// It rises beyond chance, and beyond what is slight.
    Rising,
    /// Both recordings rise, one about as fast as the other, and nothing is known of the load.
    BothRise,
    /// Two recordings differ in load, and what that costs cannot be told.
    LoadsDiffer,
    /// The current recording's level is above the baseline's, beyond chance and by more than is slight.
    Higher,
    /// Too short for a trend, and so level that no leak that matters fits into it.
    Flat,
    /// Its level rose once within it, and since then it is above the baseline's, or that cannot be told.
    SteppedUp,
}

/// What a trend is judged by. The numbers are those of docs/statistics.md.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rules {
    /// Seconds after each start of the process, or of the recording, that do not count.
    pub warm_up_s: f64,
    /// The shortest block, in seconds.
    pub block_s: f64,
    /// The operator's word that the load is steady.
    pub steady_load: bool,
    /// Growth of tasks must be at least this share of the first level.
    pub tasks_share: f64,
    /// And at least this many.
    pub tasks: f64,
    /// Growth of heap must be at least this share of the first level.
    pub heap_share: f64,
    /// And at least this many bytes an hour.
    pub heap_per_h: f64,
    /// A heap's level must be this many bytes above another recording's.
    pub heap_shift: f64,
    /// One look: standard deviations that growth must stand out by.
    pub z: f64,
    /// Looks at every block's end: the same, twice in a row; more with fewer than 12 blocks.
    pub live_z: f64,
    /// How sure a difference of levels must be.
    pub alpha: f64,
    /// Tasks that are danger, for the time until then.
    pub danger: Option<f64>,
    /// The same for heap, in bytes.
    pub heap_danger: Option<f64>,
    /// Growth of threads must be at least this many.
    pub threads: f64,
    /// The memory that the target may use, in bytes: the operator's word, which goes before the target's own.
    pub memory_limit: Option<f64>,
    /// The descriptors that it may open; the target's own word.
    pub descriptor_limit: Option<f64>,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            warm_up_s: 60.0,
            block_s: 60.0,
            steady_load: false,
            tasks_share: 0.1,
            tasks: 50.0,
            heap_share: 0.05,
            heap_per_h: 0.7e6,
            heap_shift: 16.0 * 1024.0 * 1024.0,
            z: 2.33,
            live_z: 2.58,
            alpha: 0.05,
            danger: Some(5000.0),
            heap_danger: None,
            threads: 20.0,
            memory_limit: None,
            descriptor_limit: None,
        }
    }
}

impl Rules {
    /// With blocks, and a warm-up, of at least this length.
    #[must_use]
    pub fn with_blocks(block: Duration) -> Self {
        let block_s = block.as_secs_f64();
        Self { warm_up_s: block_s, block_s, ..Self::default() }
    }
}

/// What was found about one metric of one run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Trend {
    /// Of what.
    pub metric: Metric,
    /// What it does.
    pub course: Course,
    /// What that means: growth is danger where the load is accounted for, else a warning; a course that cannot be
    /// told is unknown.
    pub verdict: Verdict,
    /// Why.
    pub reasons: Vec<Why>,
    /// Samples (or cells of several, in a long run) that counted.
    pub samples: usize,
    /// Blocks that they were cut into.
    pub blocks: usize,
    /// A block's length in seconds.
    pub block_s: Option<f64>,
    /// The integrated autocorrelation time, in samples.
    pub tau: Option<f64>,
    /// Seconds from the first to the last sample of the longest life.
    pub span_s: f64,
    /// The slope, per hour.
    pub slope_per_h: Option<f64>,
    /// Its 95 % interval.
    pub slope_ci: Option<[f64; 2]>,
    /// By how much it grew over the span.
    pub growth: Option<f64>,
    /// By how much it would have to grow to matter.
    pub matters: Option<f64>,
    /// Standard deviations that the Mann-Kendall statistic stands out by.
    pub z: Option<f64>,
    /// How often chance gives as much (one-sided).
    pub p: Option<f64>,
    /// The median of the first three blocks.
    pub first: Option<f64>,
    /// That of the last three.
    pub last: Option<f64>,
    /// The smallest slope that would most likely have been seen.
    pub min_detectable_slope_per_h: Option<f64>,
    /// How the load was taken into account.
    pub load: LoadBasis,
    /// What one unit of load costs.
    pub beta: Option<f64>,
    /// The standard error of that.
    pub beta_error: Option<f64>,
    /// How long until it is danger at this rate; only when growing.
    pub time_to_danger: Option<TimeToDanger>,
    /// Seconds until there is enough to tell, as far as can be foreseen.
    pub needs_s: Option<f64>,
    /// A rise that is over, as after a start: it levelled off, or grows more slowly behind that.
    pub rise: Option<Rise>,
    /// By how many squared standard deviations a line explains the growth better than a rise that ends does.
    #[serde(skip)]
    pub straight: Option<f64>,
    /// The time of the first sample.
    #[serde(skip)]
    pub start: Option<f64>,
    /// Of tasks for which there is no trend yet: they rise without a pause.
    pub rising: Option<Rising>,
    /// Of tasks for which there is no trend yet: the band that they lie in.
    pub flat: Option<Flat>,
    /// Restarts of the process.
    pub restarts: u32,
    /// Gaps in the recording.
    pub gaps: u64,
}

/// A rise that is over.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Rise {
    /// Where it began, after the warm-up.
    pub from: f64,
    /// Where it ended.
    pub to: f64,
    /// When, by the clock of the series.
    pub until: f64,
    /// The same in seconds after its first sample.
    pub after_s: f64,
}

#[cfg(test)]
mod tests;
