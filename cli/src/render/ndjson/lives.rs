//! The lives of a watch, each judged by itself.

use serde::Serialize;
use vitals::Verdict;
use vitals::trend::{Course, Metric};

use crate::render::{number, rounded, timestamp};
use crate::watching::{OneLife, Watching};

/// From the first answer of a process to its last.
#[derive(Serialize)]
pub(super) struct Object {
    /// The number of its instance, where there are several.
    instance: Option<usize>,
    from: String,
    to: String,
    /// It is long enough for a trend.
    judged: bool,
    verdict: Verdict,
    trend: Option<Course>,
    slope_per_h: Option<serde_json::Number>,
    alloc_trend: Option<Course>,
    alloc_slope_per_h: Option<serde_json::Number>,
}

impl From<OneLife<'_>> for Object {
    fn from(life: OneLife<'_>) -> Self {
        let OneLife { instance, time: (from, to), is_long, verdict, trends } = life;
        let slope = |metric| trends.of(metric).and_then(|trend| trend.slope_per_h);
        let slope = |metric| slope(metric).map(rounded).and_then(number);
        Self {
            instance: instance.map(|instance| instance.number),
            from: timestamp(from),
            to: timestamp(to),
            judged: is_long,
            verdict,
            trend: trends.course(Metric::Tasks),
            slope_per_h: slope(Metric::Tasks),
            alloc_trend: trends.course(Metric::Heap),
            alloc_slope_per_h: slope(Metric::Heap),
        }
    }
}

/// Those that are remembered, in order of time within each instance; none where nothing restarted.
pub(super) fn objects(watching: &Watching) -> Vec<Object> {
    let lives = watching.lives();
    if lives.len() < 2 { Vec::new() } else { lives.into_iter().map(Object::from).collect() }
}
