//! The time of a line, to the microsecond: `2026-11-29T09:30:00.123456Z`. What stays for a second is made once.

use std::time::Duration;

const DAY: u64 = 24 * 60 * 60;

/// The text of the last time.
pub(super) struct Stamp {
    /// `u64::MAX`: none yet.
    second: u64,
    text: [u8; 27],
}

impl Stamp {
    pub(super) const fn new() -> Self {
        Self { second: u64::MAX, text: *b"0000-00-00T00:00:00.000000Z" }
    }

    /// The text of a time since 1970.
    pub(super) fn of(&mut self, time: Duration) -> &[u8] {
        if self.second != time.as_secs() {
            self.second = time.as_secs();
            self.date(self.second);
        }
        digits(&mut self.text[20..26], time.subsec_micros().into());
        &self.text
    }

    fn date(&mut self, second: u64) {
        let (year, month, day) = civil(second / DAY);
        let (hour, minute) = (second / 3600 % 24, second / 60 % 60);
        for (at, size, number) in
            [(0, 4, year), (5, 2, month), (8, 2, day), (11, 2, hour), (14, 2, minute), (17, 2, second % 60)]
        {
            digits(&mut self.text[at..at + size], number);
        }
    }
}

/// The last digits of a number, as many as there is room for.
fn digits(room: &mut [u8], mut number: u64) {
    for digit in room.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

/// Year, month and day of a day since 1970. Years begin in March here, so that a leap day is a year's last.
fn civil(day: u64) -> (u64, u64, u64) {
    let day = day + 719_468;
    let (era, of_era) = (day / 146_097, day % 146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    (era * 400 + year + next, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_written_to_the_microsecond() {
        let mut stamp = Stamp::new();
        let mut of = |micros| String::from_utf8_lossy(stamp.of(Duration::from_micros(micros))).into_owned();
        for (micros, text) in [
            (0, "1970-01-01T00:00:00.000000Z"),
            (999_999, "1970-01-01T00:00:00.999999Z"),
            (951_782_399_000_001, "2000-02-28T23:59:59.000001Z"),
            (951_782_400_000_000, "2000-02-29T00:00:00.000000Z"),
            (951_868_800_000_000, "2000-03-01T00:00:00.000000Z"),
            (1_798_761_599_500_000, "2026-12-31T23:59:59.500000Z"),
            (1_798_761_600_020_000, "2027-01-01T00:00:00.020000Z"),
            (4_107_542_399_000_000, "2100-02-28T23:59:59.000000Z"),
            (4_107_542_400_000_000, "2100-03-01T00:00:00.000000Z"),
            (1_709_210_096_123_456, "2024-02-29T12:34:56.123456Z"),
        ] {
            assert_eq!(of(micros), text);
        }
    }
}
