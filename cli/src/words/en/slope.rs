//! Slopes in words. A slope that matters over months is small an hour: what would be less than one goroutine an hour is
//! told by the day, and no number is printed as 0 that is none beside the others on its line.

use vitals::trend::{Metric, Trend};
use vitals::units::format_size;

/// The time that slopes on one line are counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Per {
    Hour,
    Day,
}

/// How the slopes on one line are written: all by the same time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slopes {
    metric: Metric,
    per: Per,
    /// The largest, in its unit of time: what is a thousandth of it is nothing.
    largest: f64,
}

impl Slopes {
    /// For all that a trend says: its slope, the ends of its interval, and the smallest that would have been seen.
    pub(crate) fn of(trend: &Trend) -> Self {
        let ends = trend.slope_ci.into_iter().flatten();
        let all = ends.chain(trend.slope_per_h).chain(trend.min_detectable_slope_per_h);
        let largest =
            all.filter(|slope| slope.is_finite()).fold(0.0, |most: f64, slope| most.max(slope.abs()));
        let one = if trend.metric.is_bytes() { 1024.0 } else { 1.0 };
        let per = if largest > 0.0 && largest < one { Per::Day } else { Per::Hour };
        Self { metric: trend.metric, per, largest: largest * per.hours() }
    }

    /// They are told by the day, not by the hour.
    pub(crate) fn is_by_day(&self) -> bool {
        self.per == Per::Day
    }

    /// A slope without its time; `signed` puts a plus before what is above 0.
    pub(crate) fn bare(&self, per_h: f64, signed: bool) -> String {
        let slope = per_h * self.per.hours();
        let number = match self.metric.is_bytes() {
            false => count(slope.abs(), self.largest),
            true => bytes(slope.abs()),
        };
        let sign = match () {
            () if number == "0" || number == "0 B" => "",
            () if slope < 0.0 => "-",
            () if signed => "+",
            () => "",
        };
        format!("{sign}{number}")
    }

    /// `+12/h`
    pub(crate) fn short(&self, per_h: f64, signed: bool) -> String {
        let per = match self.per {
            Per::Hour => "h",
            Per::Day => "day",
        };
        format!("{}/{per}", self.bare(per_h, signed))
    }

    /// `12 per hour`
    pub(crate) fn long(&self, per_h: f64, signed: bool) -> String {
        let per = match self.per {
            Per::Hour => "hour",
            Per::Day => "day",
        };
        format!("{} per {per}", self.bare(per_h, signed))
    }
}

impl Per {
    const fn hours(self) -> f64 {
        match self {
            Self::Hour => 1.0,
            Self::Day => 24.0,
        }
    }
}

/// Whole from ten on, else with two digits that say something.
fn count(slope: f64, largest: f64) -> String {
    if !slope.is_finite() || slope < largest / 1000.0 || slope < 1e-6 {
        return "0".to_owned();
    }
    if slope >= 9.95 {
        return grouped(slope);
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 7")]
    let decimals = (1.0 - slope.log10().floor()).clamp(1.0, 7.0) as usize;
    let text = format!("{slope:.decimals$}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A whole number, its thousands apart: `5,232`.
pub(in crate::words) fn grouped(number: f64) -> String {
    let digits = format!("{:.0}", number.abs());
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    if number < 0.0 && digits != "0" { format!("-{text}") } else { text }
}

fn bytes(slope: f64) -> String {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "rounded, for display")]
    let size = slope.round() as u64;
    format_size(size)
}

#[cfg(test)]
mod tests {
    use vitals::trend::{Rules, Series, trend};

    use super::*;

    fn slopes(metric: Metric, slope: f64, ends: [f64; 2], least: f64) -> Slopes {
        let nothing = trend(&Series::default(), metric, &Rules::default());
        Slopes::of(&Trend {
            slope_per_h: Some(slope),
            slope_ci: Some(ends),
            min_detectable_slope_per_h: Some(least),
            ..nothing
        })
    }

    #[test]
    fn a_slope_that_matters_is_never_0() {
        let by_hour = slopes(Metric::Tasks, 480.4, [460.0, -501.0], 0.0);
        assert_eq!([480.4, 460.0, -501.0].map(|s| by_hour.short(s, true)), ["+480/h", "+460/h", "-501/h"]);
        let small = slopes(Metric::Tasks, 0.42, [-0.3, 9.2], 1.3);
        assert_eq!([0.42, -0.3, 9.2, 1.3].map(|s| small.bare(s, true)), ["+0.42", "-0.3", "+9.2", "+1.3"]);
        let of_months = slopes(Metric::Tasks, 0.42, [0.36, 0.48], 0.011);
        assert_eq!(
            [0.42, 0.36, 0.011].map(|s| of_months.short(s, true)),
            ["+10/day", "+8.6/day", "+0.26/day"]
        );
        assert_eq!(of_months.long(0.42, false), "10 per day");
        let heap = slopes(Metric::Heap, 300.0, [200.0, 400.0], 100.0);
        assert_eq!(heap.short(300.0, true), "+7.0 KiB/day");
        let usual = slopes(Metric::Heap, -3e6, [-4e6, 1e6], 5e6);
        assert_eq!(
            (usual.short(-3e6, true), usual.long(5e6, false)),
            ("-2.9 MiB/h".into(), "4.8 MiB per hour".into())
        );
    }

    #[test]
    fn thousands_are_apart() {
        let told = [0.0, -0.3, 999.4, 999.6, 5232.0, -1_234_567.0].map(grouped);
        assert_eq!(told, ["0", "0", "999", "1,000", "5,232", "-1,234,567"]);
    }

    #[test]
    fn nothing_is_0_without_a_sign() {
        let none = slopes(Metric::Tasks, 0.0, [0.0, 0.0], 0.0);
        assert_eq!((none.short(0.0, true), none.short(-0.0, true)), ("0/h".into(), "0/h".into()));
        let beside = slopes(Metric::Tasks, -1e-9, [-900.0, 900.0], 400.0);
        assert_eq!(beside.short(-1e-9, true), "0/h");
        assert_eq!(slopes(Metric::Heap, 0.0, [0.0, 0.0], 0.0).short(0.0, true), "0 B/h");
    }
}
