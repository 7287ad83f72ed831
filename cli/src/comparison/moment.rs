//! When something was: in UTC, or, in the old scripts' logs, in the unknown local time of the machine that wrote it.

use std::fmt;
use std::time::Duration;

use jiff::civil::{DateTime, DateTimeRound};
use jiff::tz::TimeZone;
use jiff::{RoundMode, Timestamp, Unit};

/// A time of day on a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment {
    at: DateTime,
    utc: bool,
}

impl Moment {
    /// Reads RFC 3339 or `2025-10-27 10:30:00`.
    pub(super) fn read(text: &str) -> Option<Self> {
        if let Ok(at) = text.parse::<Timestamp>() {
            return Some(Self { at: at.to_zoned(TimeZone::UTC).datetime(), utc: true });
        }
        text.parse().ok().map(|at| Self { at, utc: false })
    }

    /// The time from an earlier moment to this one; `None` if it was not earlier.
    pub(crate) fn since(&self, earlier: &Self) -> Option<Duration> {
        let span = self.at.duration_since(earlier.at);
        Duration::try_from(span).ok()
    }

    /// Cut to the second, as `watch` shows it.
    fn second(&self) -> DateTime {
        let cut = DateTimeRound::new().smallest(Unit::Second).mode(RoundMode::Trunc);
        self.at.round(cut).unwrap_or(self.at)
    }

    /// Date and time, to the second: `2026-11-18 11:06:40 UTC`.
    pub(crate) fn long(&self) -> String {
        let at = self.second();
        format!("{} {}{}", at.date(), at.time(), if self.utc { " UTC" } else { "" })
    }

    /// The time on this `day`, or month, day, hour and minute.
    pub(crate) fn short(&self, day: Option<&Self>) -> String {
        let at = self.second();
        match day {
            Some(day) if day.at.date() == at.date() => at.time().to_string(),
            _ => at.strftime("%m-%d %H:%M").to_string(),
        }
    }
}

/// For programs: RFC 3339 where the zone is known, and without a zone where it is not.
impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3}{}", self.at, if self.utc { "Z" } else { "" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(text: &str) -> Moment {
        Moment::read(text).unwrap()
    }

    #[test]
    fn both_forms() {
        let utc = moment("2026-11-18T11:06:40.750Z");
        assert_eq!(
            (utc.to_string(), utc.long()),
            ("2026-11-18T11:06:40.750Z".into(), "2026-11-18 11:06:40 UTC".into())
        );
        assert_eq!(moment("2026-11-18T13:06:40.750+02:00"), utc);
        let local = moment("2025-10-27 10:30:00");
        assert_eq!(
            (local.to_string(), local.long()),
            ("2025-10-27T10:30:00.000".into(), "2025-10-27 10:30:00".into())
        );
        assert_eq!(Moment::read("yesterday"), None);
    }

    #[test]
    fn dates_are_shown_where_they_differ() {
        let start = moment("2026-11-18T23:59:58Z");
        assert_eq!(moment("2026-11-18T23:59:59Z").short(Some(&start)), "23:59:59");
        assert_eq!(moment("2026-11-19T00:00:01Z").short(Some(&start)), "11-19 00:00");
        assert_eq!(moment("2026-11-19T00:00:01Z").since(&start), Some(Duration::from_secs(3)));
        assert_eq!(start.since(&moment("2026-11-19T00:00:01Z")), None);
    }
}
