//! Durations and sizes as people write them: `250ms`, `5s`, `15m`, `1h30m`, `32MiB`, `64k`.

use std::time::Duration;

use super::Language;

/// Reads a duration: numbers with units `ms`, `s`, `m`, `h`, `d`, one after the other; a bare number is seconds.
///
/// # Errors
/// A fragment that says what is wrong and what is expected.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let text = text.trim();
    let wrong = || {
        Language::current().pick(
            format!("`{text}` is not a duration: write a number with a unit, like 500ms, 5s, 15m or 1h30m"),
            format!("`{text}` 不是时长：请写带单位的数字，例如 500ms、5s、15m 或 1h30m"),
        )
    };
    if let Some(seconds) = parse_number(text) {
        return Duration::try_from_secs_f64(seconds).map_err(|_| wrong());
    }
    let mut rest = text;
    let mut total = Duration::ZERO;
    if rest.is_empty() {
        return Err(wrong());
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(wrong)?;
        let number = parse_number(&rest[..digits]).ok_or_else(wrong)?;
        rest = rest[digits..].trim_start();
        let letters = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
        let unit = match &rest[..letters] {
            "ms" => 0.001,
            "s" | "sec" => 1.0,
            "m" | "min" => 60.0,
            "h" => 3600.0,
            "d" => 86400.0,
            _ => return Err(wrong()),
        };
        rest = rest[letters..].trim_start();
        let part = Duration::try_from_secs_f64(number * unit).map_err(|_| wrong())?;
        total = total.checked_add(part).ok_or_else(wrong)?;
    }
    Ok(total)
}

/// Reads a size in bytes: a number with `B`, `k`/`KiB`, `M`/`MiB`, `G`/`GiB` (all powers of 1024; `KB`, `MB` and
/// `GB` are taken as powers of 1000); a bare number is bytes.
///
/// # Errors
/// A fragment that says what is wrong and what is expected.
pub fn parse_size(text: &str) -> Result<u64, String> {
    let text = text.trim();
    let wrong = || {
        Language::current().pick(
            format!("`{text}` is not a size: write a number with a unit, like 64KiB, 32MiB or 1GiB"),
            format!("`{text}` 不是大小：请写带单位的数字，例如 64KiB、32MiB 或 1GiB"),
        )
    };
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let number = parse_number(&text[..digits]).ok_or_else(wrong)?;
    let unit = match text[digits..].trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1.0,
        "k" | "kib" => 1024.0,
        "m" | "mib" => 1024.0 * 1024.0,
        "g" | "gib" => 1024.0 * 1024.0 * 1024.0,
        "kb" => 1e3,
        "mb" => 1e6,
        "gb" => 1e9,
        _ => return Err(wrong()),
    };
    let bytes = number * unit;
    if bytes > 9e18 {
        return Err(wrong());
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked: between 0 and 9e18"
    )]
    Ok(bytes as u64)
}

fn parse_number(text: &str) -> Option<f64> {
    let plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    plain.then(|| text.parse().ok()).flatten()
}

/// Writes a duration in the form that [`parse_duration`] reads: `1h30m`, `15m`, `2.5s`, `250ms`.
#[must_use]
pub fn format_duration(duration: Duration) -> String {
    let millis = duration.as_millis();
    if millis < 1000 {
        return format!("{millis}ms");
    }
    if !millis.is_multiple_of(1000) {
        let text = format!("{:.3}", duration.as_secs_f64());
        return format!("{}s", text.trim_end_matches('0'));
    }
    let seconds = duration.as_secs();
    let parts =
        [(seconds / 86400, "d"), (seconds / 3600 % 24, "h"), (seconds / 60 % 60, "m"), (seconds % 60, "s")];
    parts.into_iter().filter(|(n, _)| *n > 0).map(|(n, unit)| format!("{n}{unit}")).collect()
}

/// Writes a size with a binary unit: `512 B`, `18.2 MiB`.
#[must_use]
pub fn format_size(bytes: u64) -> String {
    size(bytes, 1)
}

/// Writes two sizes with as many decimals as it takes to tell them apart: `4.0003 GiB` and `4.0000 GiB`.
#[must_use]
pub fn format_sizes(one: u64, other: u64) -> [String; 2] {
    let with = |decimals| [one, other].map(|bytes| size(bytes, decimals));
    let differ = |[one, other]: &[String; 2]| one != other;
    let bytes = || [one, other].map(|bytes| format!("{bytes} B"));
    if one == other { with(1) } else { (1..7).map(with).find(differ).unwrap_or_else(bytes) }
}

fn size(bytes: u64, decimals: usize) -> String {
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    #[expect(clippy::cast_precision_loss, reason = "a few decimals are printed")]
    let mut value = bytes as f64;
    let mut unit = 0;
    while value >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    if unit == 0 { format!("{bytes} B") } else { format!("{value:.decimals$} {}", UNITS[unit]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (text, millis) in [
            ("5", 5_000),
            ("0.5", 500),
            ("250ms", 250),
            ("5s", 5_000),
            ("15m", 900_000),
            ("1h30m", 5_400_000),
            ("1h 30m", 5_400_000),
            ("2d", 172_800_000),
            (" 10s ", 10_000),
            ("0", 0),
        ] {
            assert_eq!(parse_duration(text).unwrap(), Duration::from_millis(millis), "{text}");
        }
        for wrong in ["", "s", "5x", "-1s", "1e9s", "5s3", "nan", "inf", "99999999999999999999d", "1.2.3s"] {
            assert!(parse_duration(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn durations_round_trip() {
        for text in ["250ms", "2.5s", "5s", "15m", "1h30m", "2d"] {
            assert_eq!(format_duration(parse_duration(text).unwrap()), text);
        }
        assert_eq!(format_duration(Duration::ZERO), "0ms");
    }

    #[test]
    fn sizes() {
        for (text, bytes) in
            [("12", 12), ("64KiB", 65536), ("64k", 65536), ("32 MiB", 33_554_432), ("1GB", 1_000_000_000)]
        {
            assert_eq!(parse_size(text).unwrap(), bytes, "{text}");
        }
        for wrong in ["", "MiB", "-1", "5x", "1e3", "99999999999GiB"] {
            assert!(parse_size(wrong).is_err(), "{wrong}");
        }
        assert_eq!(format_size(512), "512 B");
        assert_eq!(format_size(19_084_083), "18.2 MiB");
    }

    #[test]
    fn sizes_that_differ_look_different() {
        let gib = 4 << 30;
        for (one, other, written) in [
            (5 << 30, gib, ["5.0 GiB", "4.0 GiB"]),
            (gib, gib, ["4.0 GiB", "4.0 GiB"]),
            (gib + (10 << 20), gib, ["4.01 GiB", "4.00 GiB"]),
            (gib + (1 << 20), gib, ["4.001 GiB", "4.000 GiB"]),
            (gib + 1, gib, ["4294967297 B", "4294967296 B"]),
        ] {
            assert_eq!(format_sizes(one, other), written);
        }
    }
}
