//! When something was: in UTC, or, in the old scripts' logs, in the unknown local time of the machine that wrote it.
//! The one reader and the one writer of time stamps.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// A time of day on a date; local times are kept as if they were UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment {
    at: Timestamp,
    utc: bool,
}

/// RFC 3339 in UTC with milliseconds.
pub(crate) fn timestamp(at: Timestamp) -> String {
    format!("{at:.3}")
}

impl Moment {
    /// Reads RFC 3339, `2025-10-27 10:30:00`, and what else logs and spreadsheets write ([`elsewhere`]). A recording of a month has half a million times, so that the form
    /// which `record` writes is read without a general parser.
    pub(crate) fn read(text: &str) -> Option<Self> {
        if let Some(at) = written(text.as_bytes()).or_else(|| text.parse().ok()) {
            return Some(Self { at, utc: true });
        }
        let local =
            text.parse::<DateTime>().ok().or_else(|| elsewhere(text))?.to_zoned(TimeZone::UTC).ok()?;
        Some(Self { at: local.timestamp(), utc: false })
    }

    /// So many seconds since 1970, of a clock that is UTC or not.
    pub(crate) fn at(seconds: f64, utc: bool) -> Option<Self> {
        let at = Timestamp::from_millisecond(real_to_whole(seconds * 1000.0)?).ok()?;
        Some(Self { at, utc })
    }

    /// As if it were UTC.
    pub(crate) const fn timestamp(&self) -> Timestamp {
        self.at
    }

    /// Its zone is known.
    pub(crate) const fn is_utc(&self) -> bool {
        self.utc
    }

    /// Since 1970.
    pub(crate) fn seconds(&self) -> f64 {
        self.at.as_duration().as_secs_f64()
    }

    /// Since 1970.
    pub(crate) fn millis(&self) -> i64 {
        self.at.as_millisecond()
    }

    /// The day, counted from 1970.
    pub(crate) fn day(&self) -> i64 {
        self.at.as_second().div_euclid(86_400)
    }

    fn civil(&self) -> DateTime {
        TimeZone::UTC.to_datetime(self.at)
    }

    /// `14:30`, or with the date where that is not the other's.
    pub(crate) fn minute(&self, day: Option<&Self>) -> String {
        let same = day.is_some_and(|day| day.day() == self.day());
        self.civil().strftime(if same { "%H:%M" } else { "%Y-%m-%d %H:%M" }).to_string()
    }

    /// The time from an earlier moment to this one; `None` if it was not earlier.
    pub(crate) fn since(&self, earlier: &Self) -> Option<Duration> {
        Duration::try_from(self.at.duration_since(earlier.at)).ok()
    }

    /// Date and time, cut to the second: `2026-11-18 11:06:40 UTC`.
    pub(crate) fn long(&self) -> String {
        format!("{}{}", self.civil().strftime("%Y-%m-%d %H:%M:%S"), if self.utc { " UTC" } else { "" })
    }

    /// The time on this `day`, or month, day, hour and minute.
    pub(crate) fn short(&self, day: Option<&Self>) -> String {
        let same = day.is_some_and(|day| day.day() == self.day());
        self.civil().strftime(if same { "%H:%M:%S" } else { "%m-%d %H:%M" }).to_string()
    }
}

#[expect(clippy::cast_possible_truncation, reason = "checked: far below 2^63")]
fn real_to_whole(value: f64) -> Option<i64> {
    (value.abs() < 1e15).then(|| value.round() as i64)
}

/// Seconds since 1970 of what [`Moment`] reads.
pub(crate) fn seconds(text: &str) -> Option<f64> {
    Moment::read(text).map(|moment| moment.seconds())
}

/// `2026-11-18T11:06:40.750Z`.
fn written(text: &[u8]) -> Option<Timestamp> {
    let text: &[u8; 24] = text.try_into().ok()?;
    let marks = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':'), (19, b'.'), (23, b'Z')];
    let number = |range: std::ops::Range<usize>| {
        text[range]
            .iter()
            .try_fold(0_u32, |n, byte| byte.is_ascii_digit().then(|| n * 10 + u32::from(byte - b'0')))
    };
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    let (hour, minute, second, milli) = (number(11..13)?, number(14..16)?, number(17..19)?, number(20..23)?);
    let sound = marks.iter().all(|(at, mark)| text[*at] == *mark)
        && (1970..10_000).contains(&year)
        && (1..=12).contains(&month)
        && (1..=28).contains(&day)
        && hour < 24
        && minute < 60
        && second < 60;
    // Days since 1970 with the year starting in March, so that the leap day is its last (Howard Hinnant's
    // days_from_civil); the last days of months are left to the general parser, which knows how long each is.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = year * 365 + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1;
    let days = i64::from(days.checked_sub(719_468).filter(|_| sound)?);
    let seconds = days * 86_400 + i64::from(hour * 3600 + minute * 60 + second);
    Timestamp::from_millisecond(seconds * 1000 + i64::from(milli)).ok()
}

/// `2025/10/27 10:30:00`, `2025年10月27日 10:30`, `10/27/2025 10:30:00 PM`, `27.10.2025 10:30`. What stands between slashes is
/// the month first, as PowerShell writes it in every country.
fn elsewhere(text: &str) -> Option<DateTime> {
    let (date, time) = text.trim().split_once([' ', 'T', '日'])?;
    let whole = |text: &str| text.trim().parse::<i16>().ok();
    let parts: Vec<i16> = date.split(['/', '-', '.', '年', '月']).map(whole).collect::<Option<_>>()?;
    let [first, second, third] = parts.as_slice().try_into().ok()?;
    let (year, month, day) = match () {
        () if first >= 1000 => (first, second, third),
        () if date.contains('/') => (third, first, second),
        () if date.contains('.') => (third, second, first),
        () => return None,
    };
    let half = |half: [&str; 2]| half.iter().any(|half| time.contains(half));
    let time = time.trim_matches(|c: char| !c.is_ascii_digit());
    let time = time.split('.').next()?;
    let parts: Vec<i16> = time.split(':').map(whole).collect::<Option<_>>()?;
    let (hour, minute, second) = match *parts.as_slice() {
        [hour, minute] => (hour, minute, 0),
        [hour, minute, second] => (hour, minute, second),
        _ => return None,
    };
    let hour = match () {
        () if half(["PM", "下午"]) => hour % 12 + 12,
        () if half(["AM", "上午"]) => hour % 12,
        () => hour,
    };
    let [month, day, hour, minute, second] = [month, day, hour, minute, second].map(i8::try_from);
    DateTime::new(year, month.ok()?, day.ok()?, hour.ok()?, minute.ok()?, second.ok()?, 0).ok()
}

/// For programs: RFC 3339 where the zone is known, and without a zone where it is not.
impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3}{}", self.civil(), if self.utc { "Z" } else { "" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(text: &str) -> Moment {
        Moment::read(text).unwrap()
    }

    #[test]
    fn timestamps_have_milliseconds_even_when_they_are_zero() {
        let at = Timestamp::from_second(1_795_000_000).unwrap();
        assert_eq!(timestamp(at), "2026-11-18T11:06:40.000Z");
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
    fn what_logs_and_spreadsheets_write() {
        for (text, expected) in [
            ("2025/10/27 10:30:00", "2025-10-27 10:30:00"),
            ("2025/10/27 10:30:00.250", "2025-10-27 10:30:00"),
            ("2025/1/7 9:05", "2025-01-07 09:05:00"),
            ("10/27/2025 10:30:00", "2025-10-27 10:30:00"),
            ("10/27/2025 10:30:00 PM", "2025-10-27 22:30:00"),
            ("10/27/2025 12:05:00 AM", "2025-10-27 00:05:00"),
            ("27.10.2025 10:30", "2025-10-27 10:30:00"),
            ("2025.10.27 10:30:00", "2025-10-27 10:30:00"),
            ("2025年10月27日 10:30:00", "2025-10-27 10:30:00"),
            ("2025/10/27 下午 10:30:00", "2025-10-27 22:30:00"),
        ] {
            let read = Moment::read(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!((read.long().as_str(), read.is_utc()), (expected, false), "{text}");
        }
        for wrong in
            ["27/10/2025 10:30:00", "10-27-2025 10:30:00", "2025/10/27", "1/2/3 4", "2025/2/30 1:00", "//"]
        {
            assert_eq!(Moment::read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_fast_way_and_the_general_one_agree() {
        for day in (0..40_000).step_by(13) {
            let at = Timestamp::from_second(day * 86_400 + day % 86_400).unwrap();
            let text = format!("{at:.3}");
            assert_eq!(seconds(&text), Some((day * 86_400 + day % 86_400) as f64), "{text}");
        }
        assert_eq!(seconds("2026-11-18T11:06:40.750Z"), Some(1_795_000_000.75));
        assert_eq!(seconds("2026-11-18T13:06:40.750+02:00"), Some(1_795_000_000.75));
        assert_eq!(seconds("2026-11-18 11:06:40"), Some(1_795_000_000.0));
        for wrong in
            ["2026-02-30T11:06:40.750Z", "2026-11-18T11:66:40.750Z", "2026-11-18x11:06:40.750Z", "", "x"]
        {
            assert_eq!(seconds(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn seconds_and_back() {
        for text in ["2026-11-18T11:06:40.750Z", "2025-10-27 10:30:00"] {
            let at = moment(text);
            assert_eq!(Moment::at(seconds(text).unwrap(), at.is_utc()), Some(at));
        }
        assert_eq!(Moment::at(f64::NAN, false), None);
    }

    #[test]
    fn from_seconds_and_to_the_minute() {
        let at = moment("2026-11-18T11:06:40.750Z");
        assert_eq!(Moment::at(1_795_000_000.75, true), Some(at));
        assert_eq!(Moment::at(f64::MAX, true), None);
        assert_eq!(at.minute(Some(&moment("2026-11-18T00:00:00Z"))), "11:06");
        assert_eq!((at.minute(None), at.is_utc()), ("2026-11-18 11:06".into(), true));
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
