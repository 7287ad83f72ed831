//! What is plain to the eye before a trend can be judged: a rise without a pause, and a level that leaves no room for a
//! leak.

use std::time::Duration;

use vitals::trend::{Flat, LoadBasis, Rising, Trend};
use vitals::units::format_duration;

use super::mend::look;
use super::slope::grouped;
use crate::profile::Place;

/// `goroutines rose from 15 to 608 in 5m without a pause, 7,100/h; too short to tell a leak from a ramp: 7m more`
pub(super) fn rising(what: &str, trend: &Trend) -> Option<String> {
    let more = trend.needs_s.map(|needs| format!(": {} more", length((needs / 60.0).ceil() * 60.0)));
    let short = format!("too short to tell a leak from a ramp{}", more.unwrap_or_default());
    Some(format!("{what} {}; {short}", rose(trend.rising.as_ref()?)))
}

/// `rose from 15 to 608 in 5m without a pause, 7,100/h`
pub(super) fn rose(Rising { from, to, span_s, per_h }: &Rising) -> String {
    let [from, to] = [from, to].map(|value| grouped(*value));
    format!("rose from {from} to {to} in {} without a pause, {}/h", length(*span_s), about(*per_h))
}

/// `7,100 an hour`, where the rest is told elsewhere.
pub(super) fn rising_in_short(Rising { per_h, .. }: &Rising) -> String {
    format!("rising {}/h", about(*per_h))
}

/// `level between 8 and 9 for 5m: growth above 24/h is ruled out`, where that is enough to rest on.
pub(super) fn flat(trend: &Trend) -> Option<String> {
    let Flat { low, high, .. } = trend.flat.as_ref().filter(|flat| flat.is_safe)?;
    let [low, high] = [low, high].map(|value| grouped(*value));
    let level = if low == high { format!("at {low}") } else { format!("between {low} and {high}") };
    let time = length(trend.span_s);
    Some(format!("level {level} for {time}: growth above {} is ruled out", ruled_out(trend)?))
}

/// `24/h`
pub(super) fn ruled_out(trend: &Trend) -> Option<String> {
    trend.flat.map(|flat| format!("{}/h", about(flat.rules_out_per_h)))
}

/// Two digits: no more is known of a rate that was only looked at.
pub(in crate::words) fn about(per_h: f64) -> String {
    let unit = 10_f64.powf((per_h.abs().max(1.0).log10().floor() - 1.0).max(0.0));
    grouped((per_h / unit).round() * unit)
}

/// Whole minutes from two on.
pub(in crate::words) fn length(seconds: f64) -> String {
    let seconds = if seconds.is_finite() { seconds.clamp(1.0, 1e9) } else { 1.0 };
    let whole = if seconds < 120.0 { seconds.ceil() } else { (seconds / 60.0).round() * 60.0 };
    format_duration(Duration::from_secs_f64(whole))
}

/// In place of `OK`: between that and a warning.
pub(crate) const fn rises() -> &'static str {
    "RISING"
}

/// The sentence of a watch that has nothing else to say.
pub(crate) fn rising_alone(trend: &Trend) -> String {
    let what = super::sides::tasks(trend.load == LoadBasis::Explained);
    rising(what, trend).unwrap_or_default()
}

/// The next step meanwhile.
pub(crate) fn rising_advice(named: Option<&Place>) -> String {
    let meanwhile = named.map(look).unwrap_or_else(|| {
        "watertight diagnose names the stack that grows (for a Go program with --pprof-url)".to_owned()
    });
    format!("watch on: a ramp ends, and a leak goes on. Meanwhile, {meanwhile}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_that_were_only_looked_at_have_two_digits() {
        assert_eq!([7116.0, 24.0, 3.4, 0.2, 184_900.0].map(about), ["7,100", "24", "3", "0", "180,000"]);
        assert_eq!([298.0, 100.0, 0.0].map(length), ["5m", "1m40s", "1s"]);
    }
}
