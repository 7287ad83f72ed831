//! The units of measurements: the one place where a measured number becomes text.

use std::cmp::Ordering;

use crate::units::format_size;

const MIB: u64 = 1 << 20;

/// The unit of a measurement's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A whole number of things.
    Count,
    /// Bytes.
    Bytes,
    /// Seconds, of a span or since 1970.
    Seconds,
    /// Microseconds, shown as milliseconds.
    Micros,
}

impl Unit {
    /// A number with its unit: `312`, `18.2 MiB`, `1.5 ms`.
    #[must_use]
    pub fn show(self, value: u64) -> String {
        match self {
            Self::Count | Self::Seconds => value.to_string(),
            Self::Bytes => format_size(value),
            Self::Micros => format!("{:.1} ms", self.number(value)),
        }
    }

    /// In seven columns at most, unless a count is longer. Health answers count whole MiB, so bytes have no decimals
    /// below a GiB.
    #[must_use]
    pub fn brief(self, value: u64) -> String {
        #[expect(clippy::cast_precision_loss, reason = "one decimal is printed")]
        match self {
            Self::Count | Self::Seconds => value.to_string(),
            Self::Bytes if value < MIB => "<1 MiB".to_owned(),
            Self::Bytes if value < 1000 * MIB => format!("{} MiB", value / MIB),
            Self::Bytes => format!("{:.1} GiB", value as f64 / 1_073_741_824.0),
            Self::Micros => match self.number(value) {
                ms if ms < 10.0 => format!("{ms:.1} ms"),
                ms if ms < 1000.0 => format!("{ms:.0} ms"),
                ms => format!("{:.1} s", ms / 1000.0),
            },
        }
    }

    /// A difference with its sign and unit: `-3`, `+3.0 MiB`.
    #[must_use]
    pub fn difference(self, from: u64, to: u64) -> String {
        let sign = match from.cmp(&to) {
            Ordering::Less => "+",
            Ordering::Equal => "",
            Ordering::Greater => "-",
        };
        format!("{sign}{}", self.show(from.abs_diff(to)))
    }

    /// The number as a column has it: microseconds as milliseconds.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "exact up to 2^53")]
    pub fn number(self, value: u64) -> f64 {
        if self == Self::Micros { value as f64 / 1000.0 } else { value as f64 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_and_signs() {
        assert_eq!(
            [Unit::Count, Unit::Bytes, Unit::Micros].map(|unit| unit.show(3000)),
            ["3000", "2.9 KiB", "3.0 ms"]
        );
        assert_eq!(Unit::Count.difference(10, 7), "-3");
        assert_eq!(Unit::Bytes.difference(0, 3 << 20), "+3.0 MiB");
        assert_eq!(Unit::Micros.difference(1500, 1500), "0.0 ms");
        assert_eq!([Unit::Micros.number(1500), Unit::Bytes.number(1500)], [1.5, 1500.0]);
    }

    #[test]
    fn brief_numbers_fit_their_columns() {
        let sizes = [0, MIB - 1, MIB, 999 * MIB, 1000 * MIB, 20 << 30].map(|n| Unit::Bytes.brief(n));
        assert_eq!(sizes, ["<1 MiB", "<1 MiB", "1 MiB", "999 MiB", "1.0 GiB", "20.0 GiB"]);
        let times = [100, 9_949, 10_000, 999_400, 12_340_000].map(|us| Unit::Micros.brief(us));
        assert_eq!(times, ["0.1 ms", "9.9 ms", "10 ms", "999 ms", "12.3 s"]);
    }
}
