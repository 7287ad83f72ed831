//! Trends as objects: the words and numbers that a comparison has for them, too.

use std::collections::BTreeMap;

use serde::Serialize;
use vitals::Verdict;
use vitals::trend::{Course, LoadBasis, Metric, TimeToDanger, Trend};

use crate::finding::Tale;
use crate::recording::ndjson::thousandths;
use crate::render::rounded;
use crate::watching::{METRICS, Trends};
use crate::words::en;

/// One metric's trend. What is not finite is null.
#[derive(Serialize)]
pub(super) struct Object {
    trend: Course,
    verdict: Verdict,
    text: String,
    slope_per_h: Option<f64>,
    slope_ci: Option<[f64; 2]>,
    z: Option<f64>,
    p: Option<f64>,
    blocks: usize,
    block_s: Option<f64>,
    span_s: f64,
    load: LoadBasis,
    load_adjusted: bool,
    min_detectable_slope_per_h: Option<f64>,
    time_to_danger_s: Option<Range>,
    needs_s: Option<f64>,
    /// Without a pause, before there is a trend.
    rising: Option<Rising>,
}

#[derive(Serialize)]
struct Rising {
    from: f64,
    to: f64,
    span_s: f64,
    per_h: f64,
}

/// Seconds from now; null: beyond what can be foretold.
#[derive(Serialize)]
struct Range {
    soonest: Option<f64>,
    latest: Option<f64>,
    horizon: f64,
}

impl From<TimeToDanger> for Range {
    fn from(time: TimeToDanger) -> Self {
        let whole = |s: Option<f64>| s.map(f64::round);
        Self { soonest: whole(time.soonest_s), latest: whole(time.latest_s), horizon: time.horizon_s.round() }
    }
}

impl Object {
    fn of(trend: &Trend, text: String, needs_s: Option<f64>) -> Self {
        let finite = |value: Option<f64>| value.filter(|value| value.is_finite()).map(thousandths);
        let slope = |value: Option<f64>| value.filter(|value| value.is_finite()).map(rounded);
        Self {
            trend: trend.course,
            verdict: trend.verdict,
            text,
            slope_per_h: slope(trend.slope_per_h),
            slope_ci: trend
                .slope_ci
                .filter(|ci| ci.iter().all(|end| end.is_finite()))
                .map(|ci| ci.map(rounded)),
            z: finite(trend.z),
            // Small ones matter.
            p: trend.p.filter(|p| p.is_finite()),
            blocks: trend.blocks,
            block_s: finite(trend.block_s),
            span_s: thousandths(trend.span_s),
            load: trend.load,
            load_adjusted: trend.load.is_accounted(),
            min_detectable_slope_per_h: slope(trend.min_detectable_slope_per_h),
            time_to_danger_s: trend.time_to_danger.map(Into::into),
            needs_s: finite(needs_s),
            rising: trend.rising.map(|rising| Rising {
                from: rounded(rising.from),
                to: rounded(rising.to),
                span_s: thousandths(rising.span_s),
                per_h: rounded(rising.per_h),
            }),
        }
    }
}

/// Those that were looked at, by the name of the metric.
pub(super) fn objects(trends: &Trends) -> BTreeMap<&'static str, Object> {
    let object = |metric: Metric| {
        // Many targets do not say what else they hold.
        if metric.is_resource() && matches!(trends.tale(metric), Tale::NotReported) {
            return None;
        }
        let (text, needs_s) = (en::tale(&trends.tale(metric)), trends.needs_s(metric));
        Some((metric.measure().column(), Object::of(trends.of(metric)?, text, needs_s)))
    };
    METRICS.into_iter().filter_map(object).collect()
}
