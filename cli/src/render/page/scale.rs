//! Axes: round numbers at which a line and a label stand.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use vitals::units::format_duration;

use vitals::Unit;

use crate::words::{self, Term, term};

/// The vertical axis; it begins at 0, so that a height says how much.
#[derive(Debug)]
pub(super) struct Scale {
    /// The value at the upper edge.
    pub(super) top: f64,
    /// Where lines are, from below, with their labels.
    pub(super) ticks: Vec<(f64, String)>,
}

impl Scale {
    /// Room for values up to `max`, with about four lines.
    pub(super) fn new(max: f64, quantity: Unit) -> Self {
        let unit = match quantity {
            Unit::Bytes => 1024_f64.powi(power(max, 1024.0, 4)),
            Unit::Micros if max >= 1e6 => 1e6,
            Unit::Micros => 1e3,
            Unit::Count | Unit::Seconds => 1.0,
        };
        let raw = (max / unit / 4.0).max(1e-9);
        let magnitude = 10_f64.powf(raw.log10().floor());
        let nice = [1.0, 2.0, 2.5, 5.0, 10.0].into_iter().find(|nice| nice * magnitude >= raw * 0.999);
        let mut step = nice.unwrap_or(10.0) * magnitude;
        if quantity == Unit::Count {
            // There is no half of a goroutine.
            step = step.ceil().max(1.0);
        }
        let lines = (max / unit / step).ceil().max(1.0);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a handful of lines")]
        let ticks = (0..=lines as u32).map(|n| {
            let value = f64::from(n) * step;
            (value * unit, label(value, unit, quantity))
        });
        Self { ticks: ticks.collect(), top: lines * step * unit }
    }
}

/// How often `base` goes into a value, at most `most` times.
fn power(value: f64, base: f64, most: i32) -> i32 {
    (0..most).take_while(|n| value >= base.powi(n + 1)).count().try_into().unwrap_or(most)
}

fn label(value: f64, unit: f64, quantity: Unit) -> String {
    let number = format!("{value:.2}");
    let number = number.trim_end_matches('0').trim_end_matches('.');
    let unit = match quantity {
        Unit::Count | Unit::Seconds => "",
        Unit::Micros if unit >= 1e6 => " s",
        Unit::Micros => " ms",
        Unit::Bytes => [" B", " KiB", " MiB", " GiB", " TiB"]
            .get(usize::try_from(power(unit, 1024.0, 4)).unwrap_or(0))
            .copied()
            .unwrap_or_default(),
    };
    if value == 0.0 { "0".to_owned() } else { format!("{number}{unit}") }
}

const SECOND: i64 = 1000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
/// Steps of the horizontal axis.
const STEPS: [i64; 23] = [
    SECOND,
    2 * SECOND,
    5 * SECOND,
    10 * SECOND,
    30 * SECOND,
    MINUTE,
    2 * MINUTE,
    5 * MINUTE,
    10 * MINUTE,
    30 * MINUTE,
    HOUR,
    2 * HOUR,
    3 * HOUR,
    6 * HOUR,
    12 * HOUR,
    DAY,
    2 * DAY,
    7 * DAY,
    14 * DAY,
    30 * DAY,
    90 * DAY,
    365 * DAY,
    3650 * DAY,
];
/// Labels that fit beside one another on a telephone.
const LABELS: i64 = 6;

fn step(length: i64) -> i64 {
    STEPS.into_iter().find(|step| length / step < LABELS).unwrap_or(3650 * DAY)
}

/// Times of the clock, as milliseconds since `from`, which is since 1970.
pub(super) fn clock(from: i64, length: u64) -> Vec<(u64, String)> {
    let length = i64::try_from(length).unwrap_or(i64::MAX / 2);
    let step = step(length);
    let first = from.div_euclid(step) * step;
    let ticks = (0..=LABELS + 1).map(|n| first + n * step).filter(|at| *at >= from && at - from <= length);
    ticks.map(|at| (u64::try_from(at - from).unwrap_or(0), time(at, step))).collect()
}

fn time(at: i64, step: i64) -> String {
    let zoned = Timestamp::from_millisecond(at).unwrap_or_default().to_zoned(TimeZone::UTC);
    let form = match step {
        _ if at.rem_euclid(DAY) == 0 => words::day_form(),
        step if step < MINUTE => "%H:%M:%S",
        _ => "%H:%M",
    };
    zoned.strftime(form).to_string()
}

/// Times since the start.
pub(super) fn since_start(length: u64) -> Vec<(u64, String)> {
    let length = i64::try_from(length).unwrap_or(i64::MAX / 2);
    let step = step(length);
    let ticks = (0..LABELS).map(|n| n * step).filter(|at| *at <= length);
    ticks
        .map(|at| {
            let at = u64::try_from(at).unwrap_or(0);
            let label = match at {
                0 => term(Term::Start).to_owned(),
                at => format!("+{}", format_duration(std::time::Duration::from_millis(at))),
            };
            (at, label)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(max: f64, quantity: Unit) -> String {
        let scale = Scale::new(max, quantity);
        assert!(scale.top >= max && scale.ticks.len() <= 6, "{max}: {scale:?}");
        scale.ticks.into_iter().map(|(_, label)| label).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn round_numbers_with_units() {
        assert_eq!(labels(812.0, Unit::Count), "0 250 500 750 1000");
        assert_eq!(labels(169_000.0, Unit::Count), "0 50000 100000 150000 200000");
        assert_eq!(labels(0.0, Unit::Count), "0 1");
        assert_eq!(labels(3.0, Unit::Count), "0 1 2 3");
        assert_eq!(labels(300.0 * 1024.0 * 1024.0, Unit::Bytes), "0 100 MiB 200 MiB 300 MiB");
        assert_eq!(labels(1.5 * 1024.0 * 1024.0 * 1024.0, Unit::Bytes), "0 0.5 GiB 1 GiB 1.5 GiB");
        assert_eq!(labels(1200.0, Unit::Micros), "0 0.5 ms 1 ms 1.5 ms");
        assert_eq!(labels(3_000_000.0, Unit::Micros), "0 1 s 2 s 3 s");
    }

    #[test]
    fn times_are_round_and_few() {
        let from = "2026-11-18T22:58:40Z".parse::<Timestamp>().unwrap().as_millisecond();
        let shown = |length: i64| {
            let ticks = clock(from, u64::try_from(length).unwrap());
            ticks.into_iter().map(|(_, label)| label).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(shown(30 * MINUTE), "23:00 23:10 23:20");
        assert_eq!(shown(20 * SECOND), "22:58:40 22:58:45 22:58:50 22:58:55 22:59:00");
        assert_eq!(shown(5 * HOUR), "23:00 Nov 19 01:00 02:00 03:00");
        assert_eq!(shown(30 * DAY), "Nov 19 Nov 26 Dec 3 Dec 10 Dec 17");
        assert_eq!(shown(0), "22:58:40");
        let chinese = vitals::Language::Zh.during(|| shown(30 * DAY));
        assert_eq!(chinese, "11月19日 11月26日 12月3日 12月10日 12月17日");
        let relative: Vec<_> = since_start(7_200_000).into_iter().map(|(_, label)| label).collect();
        assert_eq!(relative, ["start", "+30m", "+1h", "+1h30m", "+2h"]);
    }
}
