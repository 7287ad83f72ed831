//! Which life of a run speaks for it: the last one that is long enough.

use super::Rules;
use super::points::BLOCKS;
use super::rank::real;
use super::series::Series;

/// The life whose trends are those of the run; `None` where it has only one.
pub(super) fn deciding(series: &Series, rules: &Rules) -> Option<Series> {
    if series.restarts() == 0 {
        return None;
    }
    let spans = series.spans();
    let last = spans.last()?;
    let long = spans.iter().rfind(|(_, from, to)| is_long(to - from, rules));
    Some(series.life(long.unwrap_or(last).0))
}

/// Whether a life of so many seconds can be judged, if its samples are not too alike.
pub(super) fn is_long(seconds: f64, rules: &Rules) -> bool {
    seconds >= rules.warm_up_s + rules.block_s * real(BLOCKS)
}
