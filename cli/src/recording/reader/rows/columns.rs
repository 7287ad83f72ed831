//! Rows of CSV. Recordings of ours quote nothing, and a month of them has half a million rows: such a row is read in
//! one go over its bytes. What has a quotation mark, a blank or another separator goes through a general parser, and
//! gives the same.

use std::io::{self, Read};

use csv::ByteRecord;
use vitals::{FIELDS, Sample};

use super::digits::{self, cell_ends, decimal};
use super::lines::Lines;
use super::{Foreign, Line, Poll, Words};
use crate::finding::Odd;
use crate::recording::form::INSTANCE;

/// Which column means what.
#[derive(Debug)]
pub(super) struct Columns {
    count: usize,
    separator: u8,
    time: Option<usize>,
    elapsed: Option<usize>,
    ok: Option<usize>,
    error: Option<usize>,
    latency: Option<usize>,
    status: Option<usize>,
    instance: Option<usize>,
    /// The columns that are measurements, and the places of these in [`FIELDS`].
    measured: Vec<(usize, usize)>,
}

impl Columns {
    /// By the header. A name that comes twice counts the first time.
    pub(super) fn named(names: &[String], separator: u8) -> Self {
        let at = |wanted: &str| names.iter().position(|name| name == wanted);
        let measured = FIELDS.iter().enumerate().filter_map(|(i, field)| Some((at(field.csv?)?, i)));
        Self {
            count: names.len(),
            separator,
            time: at("ts"),
            elapsed: at("elapsed_s"),
            ok: at("ok"),
            error: at("error"),
            latency: at("latency_ms"),
            status: at("status"),
            instance: at(INSTANCE),
            measured: measured.collect(),
        }
    }

    /// Every row after so many lines, the last of which was the header.
    pub(super) fn rows(
        &self,
        mut lines: Lines<impl Read>,
        before: u64,
        take: &mut dyn FnMut(&str, Line<'_>),
    ) -> io::Result<()> {
        let mut poll = Poll::default();
        let mut ends = Vec::with_capacity(self.count + 8);
        let mut number = before;
        while let Some(line) = lines.next()? {
            number += 1;
            // A row of ours has neither: blanks may stand beside what separates cells.
            if self.separator != b',' || memchr::memchr2(b'"', b' ', line).is_some() {
                let length = line.len();
                return self.general(lines.again_from(length), number - 1, take);
            }
            let line = line.strip_suffix(b"\n").unwrap_or(line);
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if !line.is_empty() {
                cell_ends(line, self.count, &mut ends);
                self.row(line, &ends, number, &mut poll, take);
            }
        }
        Ok(())
    }

    /// Rows after so many lines, with whatever CSV allows.
    fn general(&self, from: impl Read, before: u64, take: &mut dyn FnMut(&str, Line<'_>)) -> io::Result<()> {
        let mut poll = Poll::default();
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(self.separator)
            .trim(csv::Trim::All)
            // Its own rule counts the line feed of Windows to the next row; trimming takes the carriage return.
            .terminator(csv::Terminator::Any(b'\n'))
            .buffer_capacity(1 << 16)
            .from_reader(from);
        let mut record = ByteRecord::new();
        let (mut line, mut ends) = (Vec::new(), Vec::new());
        while reader.read_byte_record(&mut record).map_err(csv_error)? {
            if record.len() == 1 && record.get(0).is_some_and(<[u8]>::is_empty) {
                continue;
            }
            line.clear();
            ends.clear();
            for cell in &record {
                // What separates cells is not looked at.
                if !ends.is_empty() {
                    line.push(b',');
                }
                let from = line.len();
                line.extend_from_slice(cell);
                self.point(&mut line[from..]);
                ends.push(line.len());
            }
            let number = record.position().map_or(0, csv::Position::line) + before;
            self.row(&line, &ends, number, &mut poll, take);
        }
        Ok(())
    }

    /// Where a comma does not separate cells, it is what `12,5` has for a point.
    fn point(&self, cell: &mut [u8]) {
        let digits = |part: &[u8]| !part.is_empty() && part.iter().all(u8::is_ascii_digit);
        if self.separator != b','
            && let Some(comma) = memchr::memchr(b',', cell)
            && digits(&cell[..comma])
            && digits(&cell[comma + 1..])
        {
            cell[comma] = b'.';
        }
    }

    /// A row whose cells end there, and what it comes to. One path for all columns: a choice for each, or a call, is
    /// what takes longest here.
    fn row(
        &self,
        line: &[u8],
        ends: &[usize],
        number: u64,
        poll: &mut Poll,
        take: &mut dyn FnMut(&str, Line<'_>),
    ) {
        let span = |column: usize| match ends.get(column) {
            Some(to) => (column.checked_sub(1).map_or(0, |before| ends[before] + 1), *to),
            // The row ends before it.
            None => (0, 0),
        };
        let cell = |column: Option<usize>| {
            let (from, to) = column.map_or((0, 0), span);
            &line[from..to]
        };
        let text = |column| std::str::from_utf8(cell(column)).unwrap_or_default();
        let time = text(self.time);
        let words = || Words { status: cell(self.status), instance: cell(self.instance) };
        match ends.len() == self.count && !time.is_empty() {
            true if cell(self.ok) == b"0" => take(time, Line::Failed(text(self.error), words())),
            true if self.measure(line, span, poll) => take(time, Line::Good(poll, words())),
            _ => take(time, Line::Foreign(&Foreign { line: number, why: self.odd(line, ends.len(), span) })),
        }
    }

    /// The flaw of a line that is no row.
    fn odd(&self, line: &[u8], cells: usize, span: impl Fn(usize) -> (usize, usize)) -> Odd {
        if cells != self.count {
            return Odd::Cells { found: cells.min(self.count + 1), expected: self.count };
        }
        let cell = |(column, field): &(usize, usize)| {
            let (from, to) = span(*column);
            let odd = from < to && digits::number(line, from, to).is_none();
            odd.then(|| Odd::cell(*field, &line[from..to]))
        };
        self.measured.iter().find_map(cell).unwrap_or(Odd::NoTime)
    }

    /// Takes the numbers of a row; false if one of them is none.
    fn measure(&self, line: &[u8], span: impl Fn(usize) -> (usize, usize), poll: &mut Poll) -> bool {
        let mut values = [None; FIELDS.len()];
        let mut odd = false;
        for (column, place) in &self.measured {
            let (from, to) = span(*column);
            let value = digits::number(line, from, to);
            odd |= value.is_none() && from < to;
            values[*place] = value;
        }
        let decimal = |column: Option<usize>| {
            let (from, to) = span(column?);
            decimal(line, from, to)
        };
        poll.sample = Sample::of(&values);
        poll.elapsed_s = decimal(self.elapsed).filter(|seconds| seconds.is_finite());
        poll.latency_us = decimal(self.latency).and_then(micros);
        !odd
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked: up to 1e15")]
pub(super) fn micros(ms: f64) -> Option<u64> {
    (0.0..=1e12).contains(&ms).then_some((ms * 1000.0).round() as u64)
}

fn csv_error(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 9] =
        ["ts", "elapsed_s", "ok", "error", "note", "latency_ms", "goroutines", "alloc_bytes", "goroutines"];

    /// Every row in words.
    fn told(read: impl FnOnce(&mut dyn FnMut(&str, Line<'_>)) -> io::Result<()>) -> Vec<String> {
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
        let columns = Columns::named(&NAMES.map(str::to_owned), b',');
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
            let fast = told(|take| columns.rows(Lines::new(text.as_bytes()), 1, take));
            let general = told(|take| columns.general(text.as_bytes(), 1, take));
            assert_eq!(fast, general, "round {round}: {text:?}");
        }
    }

    /// Found by fuzzing: the time is looked for in a row that ends before it.
    #[test]
    fn a_row_that_ends_before_its_time_is_none() {
        let columns = Columns::named(&["note", "ts", "goroutines"].map(str::to_owned), b',');
        for text in ["x\n", "\"x\"\n", "x", "x,\n"] {
            let fast = told(|take| columns.rows(Lines::new(text.as_bytes()), 1, take));
            assert_eq!(fast, told(|take| columns.general(text.as_bytes(), 1, take)));
            assert!(fast[0].starts_with(" Foreign(Foreign { line: 2, why: Cells"), "{fast:?}");
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_no_time() {
        let columns = Columns::named(&["ts", "goroutines"].map(str::to_owned), b',');
        for text in [&b"\xff,5\n"[..], b"T\xffT,5\n", b"T1,\xff\n"] {
            let fast = told(|take| columns.rows(Lines::new(text), 1, take));
            assert_eq!(fast, told(|take| columns.general(text, 1, take)));
            assert!(fast[0].contains("Foreign(Foreign { line: 2, "), "{fast:?}");
        }
    }
}
