//! Rows of CSV. Recordings of ours quote nothing, and a month of them has half a million rows: such a row is read in
//! one go over its bytes. What has a quotation mark goes through a general parser, and gives the same.

use std::io::{self, Read};

use csv::ByteRecord;
use vitals::{FIELDS, Field, Sample};

use super::lines::Lines;
use super::{Poll, Row};

/// What a column is for.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Time,
    Elapsed,
    Ok,
    Error,
    Latency,
    Measured(&'static Field),
    /// Nothing.
    Other,
}

/// Which column means what.
#[derive(Debug)]
pub(super) struct Columns {
    kinds: Vec<Kind>,
}

/// What a row says, cell by cell.
#[derive(Default)]
struct Cells<'a> {
    time: &'a [u8],
    ok: &'a [u8],
    error: &'a [u8],
    elapsed: &'a [u8],
    latency: &'a [u8],
    sample: Sample,
    /// A measurement is no number.
    odd: bool,
}

impl Columns {
    /// By the header. A name that comes twice counts the first time.
    pub(super) fn named(names: &[String]) -> Self {
        let kind = |(i, name): (usize, &String)| match name.as_str() {
            _ if names[..i].contains(name) => Kind::Other,
            "ts" => Kind::Time,
            "elapsed_s" => Kind::Elapsed,
            "ok" => Kind::Ok,
            "error" => Kind::Error,
            "latency_ms" => Kind::Latency,
            name => FIELDS.iter().find(|field| field.csv == Some(name)).map_or(Kind::Other, Kind::Measured),
        };
        Self { kinds: names.iter().enumerate().map(kind).collect() }
    }

    /// Every row after the header, which was line 1.
    pub(super) fn rows(
        &self,
        mut lines: Lines<impl Read>,
        take: &mut dyn FnMut(&str, Row<'_>),
    ) -> io::Result<()> {
        let mut poll = Poll::default();
        let mut number = 1;
        while let Some(line) = lines.next()? {
            number += 1;
            if memchr::memchr(b'"', line).is_some() {
                let length = line.len();
                return self.general(lines.again_from(length), number - 1, take);
            }
            let line = line.strip_suffix(b"\n").unwrap_or(line);
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if !line.is_empty() {
                let cells = self.plain(line);
                tell(cells.as_ref(), number, &mut poll, take);
            }
        }
        Ok(())
    }

    /// Rows after so many lines, with whatever CSV allows.
    fn general(&self, from: impl Read, before: u64, take: &mut dyn FnMut(&str, Row<'_>)) -> io::Result<()> {
        let mut poll = Poll::default();
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .buffer_capacity(1 << 16)
            .from_reader(from);
        let mut record = ByteRecord::new();
        while reader.read_byte_record(&mut record).map_err(csv_error)? {
            let line = record.position().map_or(0, csv::Position::line) + before;
            tell(self.record(&record).as_ref(), line, &mut poll, take);
        }
        Ok(())
    }

    /// The cells of a record; `None` if it has more or fewer than there are columns.
    fn record<'a>(&self, record: &'a ByteRecord) -> Option<Cells<'a>> {
        let mut cells = Cells::default();
        for (kind, cell) in self.kinds.iter().zip(record) {
            match kind {
                Kind::Measured(field) => cells.measure(field, cell.is_empty(), whole(cell)),
                kind => cells.keep(*kind, cell),
            }
        }
        (record.len() == self.kinds.len()).then_some(cells)
    }

    /// The same of a line without quotation marks.
    fn plain<'a>(&self, line: &'a [u8]) -> Option<Cells<'a>> {
        let mut cells = Cells::default();
        let mut rest = line;
        for (i, kind) in self.kinds.iter().enumerate() {
            if i > 0 {
                rest = rest.strip_prefix(b",")?;
            }
            rest = match kind {
                Kind::Measured(field) => {
                    let (value, length) = number(rest);
                    cells.measure(field, length == 0, value);
                    &rest[length..]
                }
                kind => {
                    let (cell, after) = rest.split_at(cell_end(rest));
                    cells.keep(*kind, cell);
                    after
                }
            };
        }
        rest.is_empty().then_some(cells)
    }
}

impl<'a> Cells<'a> {
    fn keep(&mut self, kind: Kind, cell: &'a [u8]) {
        match kind {
            Kind::Time => self.time = cell,
            Kind::Elapsed => self.elapsed = cell,
            Kind::Ok => self.ok = cell,
            Kind::Error => self.error = cell,
            Kind::Latency => self.latency = cell,
            Kind::Measured(_) | Kind::Other => {}
        }
    }

    fn measure(&mut self, field: &Field, empty: bool, value: Option<u64>) {
        self.odd |= value.is_none() && !empty;
        (field.set)(&mut self.sample, value);
    }
}

/// What a row comes to.
fn tell(cells: Option<&Cells<'_>>, line: u64, poll: &mut Poll, take: &mut dyn FnMut(&str, Row<'_>)) {
    let text = |cell| std::str::from_utf8(cell).unwrap_or_default();
    let time = cells.map(|cells| text(cells.time)).unwrap_or_default();
    let row = match cells {
        Some(cells) if !time.is_empty() && cells.ok == b"0" => Row::Failed(text(cells.error)),
        Some(cells) if !time.is_empty() && !cells.odd => {
            poll.sample = cells.sample;
            poll.elapsed_s = decimal(cells.elapsed).filter(|seconds| seconds.is_finite());
            poll.latency_us = decimal(cells.latency).and_then(micros);
            Row::Good(poll)
        }
        _ => Row::Foreign(line),
    };
    take(time, row);
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked: up to 1e15")]
fn micros(ms: f64) -> Option<u64> {
    (0.0..=1e12).contains(&ms).then_some((ms * 1000.0).round() as u64)
}

fn csv_error(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

/// Where the first cell ends. Most are a few bytes long, too short for anything cleverer.
fn cell_end(text: &[u8]) -> usize {
    text.iter().position(|byte| *byte == b',').unwrap_or(text.len())
}

/// So many digits never overflow.
const SAFE: usize = 19;

/// The number in the first cell, if it is one, and how long the cell is.
fn number(text: &[u8]) -> (Option<u64>, usize) {
    let mut value = 0_u64;
    for (i, byte) in text.iter().enumerate() {
        let digit = byte.wrapping_sub(b'0');
        if digit < 10 && i < SAFE {
            value = value * 10 + u64::from(digit);
        } else if *byte == b',' {
            return ((i > 0).then_some(value), i);
        } else {
            let end = cell_end(text);
            return (whole(&text[..end]), end);
        }
    }
    ((!text.is_empty()).then_some(value), text.len())
}

/// `12.345`, and in a slower way whatever else is a number.
fn decimal(text: &[u8]) -> Option<f64> {
    let point = text.iter().position(|byte| *byte == b'.').unwrap_or(text.len());
    let (before, after) = (whole(&text[..point]), text.get(point + 1..).unwrap_or_default());
    match (before, after.len()) {
        #[expect(clippy::cast_precision_loss, reason = "so few digits are exact")]
        (Some(seconds), 1 | 3) if seconds < 1_000_000_000_000 && whole(after).is_some() => {
            let scale = if after.len() == 1 { 10 } else { 1000 };
            Some((seconds * scale + whole(after)?) as f64 / scale as f64)
        }
        _ => std::str::from_utf8(text).ok()?.parse().ok(),
    }
}

fn whole(text: &[u8]) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0_u64, |value, byte| {
        let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
        value.checked_mul(10)?.checked_add(digit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 9] =
        ["ts", "elapsed_s", "ok", "error", "note", "latency_ms", "goroutines", "alloc_bytes", "goroutines"];

    /// Every row in words.
    fn told(read: impl FnOnce(&mut dyn FnMut(&str, Row<'_>)) -> io::Result<()>) -> Vec<String> {
        let mut rows = Vec::new();
        read(&mut |time, row| rows.push(format!("{time} {row:?}"))).unwrap();
        rows
    }

    /// Numbers that look random (splitmix64).
    fn next(state: &mut u64, below: usize) -> usize {
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = *state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) >> 33).unwrap() % below
    }

    /// A few of each, so that odd cells meet whole rows and whole cells meet odd rows.
    const ODD: [&str; 24] = [
        "",
        " ",
        "0",
        "1",
        "5 ",
        "-1",
        "+1",
        "1.5",
        "1.500",
        "12.345",
        "1e3",
        "nan",
        "inf",
        "x",
        "\u{fffd}",
        "\0",
        "007",
        "9999999999999999999",
        "18446744073709551615",
        "18446744073709551616",
        "00000000000000000000000000000001",
        "T1",
        "2026-11-18T11:00:00.000Z",
        "1.2.3",
    ];

    #[test]
    fn the_fast_way_and_the_general_one_agree() {
        let columns = Columns::named(&NAMES.map(str::to_owned));
        let mut state = 7;
        for round in 0..3000 {
            let end = ["\n", "\r\n"][round % 2];
            let mut text = String::new();
            for _ in 0..=next(&mut state, 5) {
                let usual = if next(&mut state, 4) == 0 { 2 + next(&mut state, 10) } else { NAMES.len() };
                let cells: Vec<&str> = (0..usual)
                    .map(|_| match next(&mut state, 3) {
                        0 => ODD[next(&mut state, ODD.len())],
                        _ => ["7", "1", "1795000000"][next(&mut state, 3)],
                    })
                    .collect();
                text.push_str(&cells.join(","));
                text.push_str(end);
            }
            let fast = told(|take| columns.rows(Lines::new(text.as_bytes()), take));
            // The general parser counts the line feed of Windows to the next row.
            let text = text.replace('\r', "");
            let general = told(|take| columns.general(text.as_bytes(), 1, take));
            assert_eq!(fast, general, "round {round}: {text:?}");
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_no_time() {
        let columns = Columns::named(&["ts", "goroutines"].map(str::to_owned));
        for text in [&b"\xff,5\n"[..], b"T\xffT,5\n", b"T1,\xff\n"] {
            let fast = told(|take| columns.rows(Lines::new(text), take));
            assert_eq!(fast, told(|take| columns.general(text, 1, take)));
            assert!(fast[0].ends_with("Foreign(2)"), "{fast:?}");
        }
    }

    #[test]
    fn numbers_and_their_ends() {
        for (text, value, length) in [
            ("", None, 0),
            (",5", None, 0),
            ("5", Some(5), 1),
            ("18446744073709551615,", Some(u64::MAX), 20),
            ("18446744073709551616,", None, 20),
            ("5x,7", None, 2),
        ] {
            assert_eq!(number(text.as_bytes()), (value, length), "{text}");
        }
        assert_eq!(decimal(b"12.345"), Some(12.345));
        assert_eq!(decimal(b"0.1"), Some(0.1));
        assert_eq!(decimal(b"1e3"), Some(1000.0));
        assert_eq!((decimal(b""), decimal(b"1.2.3"), decimal(b".")), (None, None, None));
    }
}
