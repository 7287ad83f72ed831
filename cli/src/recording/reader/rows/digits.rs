//! Cells and whole numbers, eight bytes at a time. Two recordings of 500,000 rows each take 0.73 s this way and 0.95 s through
//! the `csv` crate, which reads what has quotation marks; `bench/compare` measures the whole.

/// A byte, eight times.
const fn all(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

/// Where the cells of a line end that has no quotation mark; at most one more than `most`.
pub(super) fn cell_ends(line: &[u8], most: usize, ends: &mut Vec<usize>) {
    ends.clear();
    let (words, rest) = line.as_chunks::<8>();
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    for (i, word) in words.iter().chain([&last]).enumerate() {
        let x = u64::from_le_bytes(*word) ^ all(b',');
        // The high bit of every byte that is zero now, and of no other.
        let mut commas = !(((x & all(0x7f)) + all(0x7f)) | x | all(0x7f));
        while commas != 0 {
            ends.push(i * 8 + (commas.trailing_zeros() / 8) as usize);
            commas &= commas - 1;
        }
        if ends.len() > most {
            return;
        }
    }
    ends.push(line.len());
}

/// The whole number that `line[from..to]` is; `None` if it is none, or too large.
#[inline]
pub(super) fn number(line: &[u8], from: usize, to: usize) -> Option<u64> {
    match to - from {
        0 => None,
        n @ 1..=8 if to >= 8 => eight(line, to, n),
        n @ 9..=16 => {
            let high = number(line, from, to - 8)?;
            Some(high * 100_000_000 + eight(line, to, 8.min(n))?)
        }
        _ => whole(&line[from..to]),
    }
}

/// The last `n` of the eight bytes before `to`, 1 to 8, as a number.
#[inline]
fn eight(line: &[u8], to: usize, n: usize) -> Option<u64> {
    let bytes: &[u8; 8] = line.get(to.checked_sub(8)?..to)?.as_array()?;
    // What lies before the cell becomes zeros; shifts by 64 are none.
    let before = 64 - 8 * n;
    let x = (u64::from_le_bytes(*bytes) ^ all(b'0')) >> before << before;
    if (x.wrapping_add(all(0x76)) | x) & all(0x80) != 0 {
        return None;
    }
    // Neighbours are put together: to pairs, to fours, to all eight.
    let pairs = x.wrapping_mul(10).wrapping_add(x >> 8);
    let even = (pairs & 0x0000_00ff_0000_00ff).wrapping_mul(100 + (1_000_000 << 32));
    let odd = ((pairs >> 16) & 0x0000_00ff_0000_00ff).wrapping_mul(1 + (10_000 << 32));
    Some(even.wrapping_add(odd) >> 32)
}

/// A whole number of any length, a digit at a time.
pub(super) fn whole(text: &[u8]) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0_u64, |value, byte| {
        let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
        value.checked_mul(10)?.checked_add(digit)
    })
}

/// `12.345` and `1.2`, and in a slower way whatever else is a number.
pub(super) fn decimal(line: &[u8], from: usize, to: usize) -> Option<f64> {
    let cell = &line[from..to];
    for (places, scale) in [(1, 10), (3, 1000)] {
        let Some(point) = cell.len().checked_sub(places + 1).filter(|at| cell[*at] == b'.') else { continue };
        let parts = number(line, from, from + point).zip(number(line, from + point + 1, to));
        #[expect(clippy::cast_precision_loss, reason = "so few digits are exact")]
        if let Some((before, after)) = parts.filter(|(before, _)| *before < 1_000_000_000_000) {
            return Some((before * scale + after) as f64 / scale as f64);
        }
    }
    std::str::from_utf8(cell).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_and_every_odd_byte() {
        let digits = b"12345678901234567890123";
        for before in 0..10 {
            for length in 0..=digits.len() {
                let line = [&b"9,9,9,9,9,"[..before], &digits[..length], b",7"].concat();
                let expected = std::str::from_utf8(&digits[..length]).unwrap().parse().ok();
                assert_eq!(number(&line, before, before + length), expected, "{before} {length}");
                for at in 0..length {
                    for odd in [b'/', b':', b' ', b'-', 0, 0x7f, 0x80, 0xb0, 0xff] {
                        let mut line = line.clone();
                        line[before + at] = odd;
                        assert_eq!(number(&line, before, before + length), None, "{line:?}");
                    }
                }
            }
        }
        for n in [0_u64, 7, 99_999_999, 100_000_000, 9_999_999_999_999_999, u64::MAX] {
            let line = format!("ts,{n}");
            assert_eq!(number(line.as_bytes(), 3, line.len()), Some(n));
        }
        assert_eq!(whole(b"18446744073709551616"), None);
    }

    #[test]
    fn commas_next_to_what_looks_like_them() {
        let mut ends = Vec::new();
        // A comma is 0x2c: its neighbours, the same with a high bit, and runs of it, across words.
        for line in [
            &b""[..],
            b",",
            b",-,-,-,-,-,-,-,-,-,-,",
            b"\xac\xac,\x2b\x2d,\xac,,,,,,,,,,,,\x80\x00,",
            b"12345678,1234567,123456,",
        ] {
            cell_ends(line, 99, &mut ends);
            let expected: Vec<usize> = line
                .split(|byte| *byte == b',')
                .scan(0, |at, cell| {
                    let end = *at + cell.len();
                    *at = end + 1;
                    Some(end)
                })
                .collect();
            assert_eq!(ends, expected, "{line:?}");
        }
        cell_ends(&[b','; 1000], 5, &mut ends);
        assert!((6..=16).contains(&ends.len()), "a line of commas is not kept: {}", ends.len());
    }

    #[test]
    fn decimals() {
        let read = |text: &str| decimal(text.as_bytes(), 0, text.len());
        for text in ["12.345", "0.1", "1.2", "2591995.003", "5", "1e3", "1.25", ".5", "-1.5", "0.000"] {
            assert_eq!(read(text), text.parse().ok(), "{text}");
        }
        for text in ["", ".", "1.2.3", "1.x", "x.123", "1. 2"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
