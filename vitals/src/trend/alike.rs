//! Two recordings that rise alike: the same hours of two mornings. Where nothing is known of the load, the one is no
//! news beside the other. Growth that cannot come from the load stays a leak, whatever the other side does.

use super::{Course, Trend};

/// A slope of up to so many times the other's is like it, if their intervals meet.
const LIKE: f64 = 1.5;

/// Whether both grow, and the later one no faster than the earlier by what their intervals and this factor allow.
pub(super) fn is_alike(before: &Trend, now: &Trend) -> bool {
    let grow = [before, now].iter().all(|trend| trend.course == Course::Growing);
    let slopes = before.slope_per_h.zip(now.slope_per_h);
    let like = slopes.is_some_and(|(before, now)| now <= LIKE * before);
    let meet = before.slope_ci.zip(now.slope_ci).is_none_or(|([_, high], [low, _])| low <= high * 1.1);
    grow && like && meet
}

#[cfg(test)]
mod tests {
    use super::super::series::{Reading, Series};
    use super::super::{CompareVerdict, Metric, Rules, Why, compare};

    /// Half an hour from 800, by so much an hour.
    fn rising(per_h: f64, in_flight: Option<f64>) -> Series {
        let mut series = Series::default();
        for i in 0..360 {
            let t = 5.0 * f64::from(i);
            let tasks = Some((800.0 + per_h * t / 3600.0 + f64::from(i * 7919 % 31)).round());
            series.push(Reading { t, tasks, in_flight, ..Reading::default() });
        }
        series
    }

    #[test]
    fn both_sides_that_rise_alike_are_no_finding_unless_the_load_is_known() {
        let judged = |before: &Series, now: &Series| {
            let compared = compare(before, now, &Rules::default());
            let found = compared.metrics.into_iter().find(|m| m.metric == Metric::Tasks).unwrap();
            (found.verdict, found.reasons)
        };
        let (slow, fast) = (rising(600.0, None), rising(1400.0, None));
        assert_eq!(judged(&slow, &rising(640.0, None)), (CompareVerdict::Ok, vec![Why::BothRise]));
        assert_eq!(judged(&slow, &fast).0, CompareVerdict::Warning, "twice as fast");
        assert_eq!(judged(&rising(0.0, None), &slow).0, CompareVerdict::Warning, "it is new");
        let leak = rising(600.0, Some(50.0));
        assert_eq!(judged(&leak, &leak).0, CompareVerdict::Leak, "the load is steady on both");
    }
}
