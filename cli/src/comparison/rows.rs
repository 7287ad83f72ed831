//! Reads recordings by the names of their columns, and the old scripts' logs, one row at a time.

use std::io::{self, BufRead};

use csv::ByteRecord;
use vitals::{FIELDS, Field, Sample};

use super::log_line;
use crate::recording::NdjsonLine;

/// One row.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Row<'a> {
    /// A poll that succeeded.
    Good(&'a Poll),
    /// A poll that failed, with the kind of its error.
    Failed(&'a str),
    /// A line that is neither, by its number in the file, from 1.
    Foreign(u64),
}

/// A poll that succeeded.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Poll {
    /// What was measured.
    pub(crate) sample: Sample,
    /// How long the answer took.
    pub(crate) latency_us: Option<u64>,
    /// Since the recording's start, by the monotonic clock.
    pub(crate) elapsed_s: Option<f64>,
}

/// Why something is not a recording, as a fragment that follows its name.
pub(super) type NoRecording = String;

/// The first line decides what a file is.
#[derive(Debug)]
enum Form {
    Csv(Columns),
    Ndjson,
    Log,
}

/// Which column means what.
#[derive(Debug, Default)]
struct Columns {
    time: usize,
    elapsed: Option<usize>,
    ok: Option<usize>,
    error: Option<usize>,
    latency: Option<usize>,
    /// One entry a column that is a measurement.
    fields: Vec<(usize, &'static Field)>,
    count: usize,
}

/// Gives every row, with the text of its time, to `take`, in order. A reader should end with a line feed: what
/// comes after the last one is a part of a row.
///
/// # Errors
/// The outer one is the reader's; the inner one says why this is not a recording.
pub(super) fn read(
    mut from: impl BufRead,
    take: &mut dyn FnMut(&str, Row<'_>),
) -> io::Result<Result<(), NoRecording>> {
    let mut first = Vec::new();
    from.read_until(b'\n', &mut first)?;
    match form(&first) {
        Ok(Form::Csv(columns)) => csv_rows(from, &columns, take).map(Ok),
        Ok(Form::Ndjson) => ndjson_lines(first.chain_rest(from), take).map(Ok),
        Ok(Form::Log) => log_lines(first.chain_rest(from), take).map(Ok),
        Err(why) => Ok(Err(why)),
    }
}

/// What every row in what is here whole has measured.
pub(crate) fn samples(bytes: &[u8]) -> Result<Vec<Option<Sample>>, NoRecording> {
    let mut samples = Vec::new();
    let read = read(bytes, &mut |_, row| {
        samples.push(match row {
            Row::Good(poll) => Some(poll.sample),
            Row::Failed(_) | Row::Foreign(_) => None,
        });
    });
    match read {
        Ok(read) => read.map(|()| samples),
        Err(error) => Err(error.to_string()),
    }
}

/// The first line again, before the rest.
trait ChainRest {
    fn chain_rest<R: BufRead>(self, rest: R) -> io::Chain<io::Cursor<Vec<u8>>, R>;
}

impl ChainRest for Vec<u8> {
    fn chain_rest<R: BufRead>(self, rest: R) -> io::Chain<io::Cursor<Self>, R> {
        io::Read::chain(io::Cursor::new(self), rest)
    }
}

fn without_mark(start: &[u8]) -> &[u8] {
    start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start)
}

/// Whether the first line of what starts like this is a header; logs and NDJSON have none.
pub(super) fn has_header(start: &[u8]) -> bool {
    !without_mark(start).trim_ascii_start().starts_with(b"[") && !is_ndjson(start)
}

fn is_ndjson(start: &[u8]) -> bool {
    start.starts_with(br#"{"type":"s"#)
}

fn form(first: &[u8]) -> Result<Form, NoRecording> {
    if is_ndjson(first) {
        return Ok(Form::Ndjson);
    }
    if !has_header(first) {
        return Ok(Form::Log);
    }
    let line = String::from_utf8_lossy(without_mark(first));
    let line = line.trim_end();
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(line.as_bytes());
    let names: Vec<String> = reader
        .records()
        .next()
        .and_then(Result::ok)
        .map(|record| record.iter().map(|name| name.trim().to_owned()).collect())
        .unwrap_or_default();
    let shown: String = line.chars().filter(|c| !c.is_control()).take(60).collect();
    if names.len() < 2 || names.iter().all(|name| name.parse::<f64>().is_ok()) {
        return Err(format!(
            "is not a recording: its line 1 is `{shown}`, not a header such as `ts,…,goroutines,…`: \
             take a file written by `watertight record`, or a log of the old scripts"
        ));
    }
    let at = |wanted: &str| names.iter().position(|name| name == wanted);
    let needed = |wanted: &str| {
        at(wanted).ok_or_else(|| {
            format!(
                "has no column `{wanted}`; line 1 names `{shown}`: take a file written by `watertight record`"
            )
        })
    };
    let field = |field: &'static Field| Some((at(field.csv?)?, field));
    needed("goroutines")?;
    Ok(Form::Csv(Columns {
        time: needed("ts")?,
        elapsed: at("elapsed_s"),
        ok: at("ok"),
        error: at("error"),
        latency: at("latency_ms"),
        fields: FIELDS.iter().filter_map(field).collect(),
        count: names.len(),
    }))
}

fn csv_rows(
    mut from: impl BufRead,
    columns: &Columns,
    take: &mut dyn FnMut(&str, Row<'_>),
) -> io::Result<()> {
    let mut poll = Poll::default();
    let Some((quoted, before)) = plain_rows(&mut from, columns, &mut poll, take)? else { return Ok(()) };
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .buffer_capacity(1 << 16)
        .from_reader(quoted.chain_rest(from));
    let mut record = ByteRecord::new();
    while reader.read_byte_record(&mut record).map_err(csv_error)? {
        let line = record.position().map_or(0, csv::Position::line) + before;
        let cell = |column: usize| record.get(column).unwrap_or_default();
        columns.row(record.len(), &cell, line, &mut poll, take);
    }
    Ok(())
}

/// Recordings of ours quote nothing, and a month of them has half a million rows: what has no quotation mark is
/// split at its commas, without a general parser. Gives the first line that has one, if there is one, and the
/// number of lines before it.
fn plain_rows(
    from: &mut impl BufRead,
    columns: &Columns,
    poll: &mut Poll,
    take: &mut dyn FnMut(&str, Row<'_>),
) -> io::Result<Option<(Vec<u8>, u64)>> {
    let mut bytes = Vec::new();
    // Where cells end.
    let mut ends: Vec<usize> = Vec::with_capacity(columns.count + 1);
    // The header was line 1.
    for number in 2.. {
        bytes.clear();
        if io::Read::take(&mut *from, LINE_CAP).read_until(b'\n', &mut bytes)? == 0 {
            break;
        }
        let line = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        ends.clear();
        let mut quoted = false;
        for (at, byte) in line.iter().enumerate() {
            match byte {
                b',' if ends.len() <= columns.count => ends.push(at),
                b'"' => quoted = true,
                _ => {}
            }
        }
        if quoted {
            return Ok(Some((bytes, number - 1)));
        }
        ends.push(line.len());
        let cell = |column: usize| match (column, ends.get(column)) {
            (0, Some(end)) => &line[..*end],
            (_, Some(end)) => &line[ends[column - 1] + 1..*end],
            _ => &[],
        };
        if !line.is_empty() {
            columns.row(ends.len(), &cell, number, poll, take);
        }
    }
    Ok(None)
}

fn csv_error(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

impl Columns {
    /// One row of `count` cells, on this line of the file.
    fn row<'a>(
        &self,
        count: usize,
        cell: &impl Fn(usize) -> &'a [u8],
        line: u64,
        poll: &mut Poll,
        take: &mut dyn FnMut(&str, Row<'_>),
    ) {
        let text = |column: Option<usize>| column.map(cell).unwrap_or_default();
        let time = std::str::from_utf8(cell(self.time)).unwrap_or_default();
        let row = if count != self.count || time.is_empty() {
            Row::Foreign(line)
        } else if text(self.ok) == b"0" {
            Row::Failed(std::str::from_utf8(text(self.error)).unwrap_or_default())
        } else if self.fill(cell, poll) {
            Row::Good(poll)
        } else {
            Row::Foreign(line)
        };
        take(time, row);
    }

    /// Takes the numbers of a row; false if one of them is none.
    fn fill<'a>(&self, cell: &impl Fn(usize) -> &'a [u8], poll: &mut Poll) -> bool {
        for (column, field) in &self.fields {
            let text = cell(*column);
            let value = whole(text);
            if value.is_none() && !text.is_empty() {
                return false;
            }
            (field.set)(&mut poll.sample, value);
        }
        let decimal = |column: Option<usize>| decimal(cell(column?));
        poll.elapsed_s = decimal(self.elapsed).filter(|seconds| seconds.is_finite());
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked: up to 1e15")]
        let micros = |ms: f64| (0.0..=1e12).contains(&ms).then_some((ms * 1000.0).round() as u64);
        poll.latency_us = decimal(self.latency).and_then(micros);
        true
    }
}

/// `12.345`, and in a slower way whatever else is a number.
fn decimal(text: &[u8]) -> Option<f64> {
    let point = text.iter().position(|byte| *byte == b'.').unwrap_or(text.len());
    let (before, after) = (whole(&text[..point]), text.get(point + 1..).unwrap_or_default());
    match (before, after.len()) {
        #[expect(clippy::cast_precision_loss, reason = "so few digits are exact")]
        (Some(seconds), 3) if seconds < 1_000_000_000_000 && whole(after).is_some() => {
            Some((seconds * 1000 + whole(after)?) as f64 / 1000.0)
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

/// A line longer than this is no log line; it is read in parts of this length.
const LINE_CAP: u64 = 64 << 10;

fn log_lines(mut from: impl BufRead, take: &mut dyn FnMut(&str, Row<'_>)) -> io::Result<()> {
    let mut bytes = Vec::new();
    let mut poll = Poll::default();
    for number in 1.. {
        bytes.clear();
        if io::Read::take(&mut from, LINE_CAP).read_until(b'\n', &mut bytes)? == 0 {
            break;
        }
        let text = String::from_utf8_lossy(&bytes);
        let text = text.trim_start_matches('\u{feff}');
        match log_line::read(text) {
            _ if text.trim().is_empty() => {}
            None => take("", Row::Foreign(number)),
            Some(line) if line.goroutines.is_none() => take(line.time, Row::Failed("content")),
            Some(line) => {
                poll.sample.goroutines = line.goroutines;
                poll.sample.alloc_bytes = line.memory_mib.and_then(|mib| mib.checked_mul(1 << 20));
                take(line.time, Row::Good(&poll));
            }
        }
    }
    Ok(())
}

fn ndjson_lines(mut from: impl BufRead, take: &mut dyn FnMut(&str, Row<'_>)) -> io::Result<()> {
    let mut bytes = Vec::new();
    for number in 1.. {
        bytes.clear();
        if io::Read::take(&mut from, LINE_CAP).read_until(b'\n', &mut bytes)? == 0 {
            break;
        }
        match NdjsonLine::read(&bytes) {
            Some(line) if line.is_summary() => {}
            Some(line) if !line.time().is_empty() => match line.outcome() {
                Ok(reading) => {
                    let latency_us = u64::try_from(reading.latency.as_micros()).ok();
                    let poll = Poll { sample: reading.sample, latency_us, elapsed_s: line.elapsed_s() };
                    take(line.time(), Row::Good(&poll));
                }
                Err(error) => take(line.time(), Row::Failed(error.kind.as_str())),
            },
            _ => take("", Row::Foreign(number)),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every row in a few characters.
    fn rows(text: &str) -> Result<Vec<String>, NoRecording> {
        let mut rows = Vec::new();
        let mut take = |time: &str, row: Row<'_>| {
            rows.push(match row {
                Row::Good(poll) => {
                    let number = |n: Option<u64>| n.map_or("-".to_owned(), |n| n.to_string());
                    let sample = &poll.sample;
                    let (all, memory) = (number(sample.goroutines), number(sample.alloc_bytes));
                    format!("{time} {all} {memory} {}", number(poll.latency_us))
                }
                Row::Failed(kind) => format!("{time} failed {kind}"),
                Row::Foreign(line) => format!("foreign {line}"),
            });
        };
        read(text.as_bytes(), &mut take).unwrap()?;
        Ok(rows)
    }

    #[test]
    fn our_recordings_with_failures_and_holes() {
        let header = "ts,elapsed_s,seq,ok,error,latency_ms,status,goroutines,alloc_bytes";
        let text = format!(
            "{header}\nT1,0.0,0,1,,1.2,ok,312,18\nT2,5.0,1,0,refused,,,,\nT3,10.0,2,1,,2,\"a,b\",,\n"
        );
        let expected = ["T1 312 18 1200", "T2 failed refused", "T3 - - 2000"];
        assert_eq!(rows(&text).unwrap(), expected);
        assert_eq!(rows(&text.replace('\n', "\r\n")).unwrap(), expected, "as Windows writes it");
        assert_eq!(rows(&format!("\u{feff}{text}")).unwrap(), expected, "with a byte order mark");
    }

    #[test]
    fn columns_go_by_name_and_unknown_ones_are_left_alone() {
        let text = "goroutines,note,ts\n5,x,T1\n";
        assert_eq!(rows(text).unwrap(), ["T1 5 - -"]);
    }

    #[test]
    fn lines_that_are_no_rows_are_counted_not_believed() {
        let text = "ts,goroutines\nT1,5\nT2\nT3,x\n,7\nT4,99999999999999999999\nT5,-1\nT6,6\n";
        assert_eq!(
            rows(text).unwrap(),
            ["T1 5 - -", "foreign 3", "foreign 4", "foreign 5", "foreign 6", "foreign 7", "T6 6 - -"]
        );
    }

    #[test]
    fn a_quotation_mark_anywhere_changes_nothing_else() {
        let text =
            "ts,ok,error,goroutines\nT1,1,,5\n\nT2,0,\"a,\"\"b\",\nT3,1,,\"6\"\nT4\nT5,1,,7,8\nT6,1,,9\n";
        assert_eq!(
            rows(text).unwrap(),
            ["T1 5 - -", "T2 failed a,\"b", "T3 6 - -", "foreign 6", "foreign 7", "T6 9 - -"]
        );
        assert_eq!(decimal(b"12.345"), Some(12.345));
        assert_eq!(decimal(b"1e3"), Some(1000.0));
        assert_eq!((decimal(b""), decimal(b"1.2.3"), decimal(b".")), (None, None, None));
    }

    #[test]
    fn logs_of_the_old_scripts() {
        let text = "[T1] Goroutines: 856, Memory: 2MB\r\n\r\n[T2] Goroutines: , Memory: MB\nhello\n[T3] Goroutines: 5\n";
        assert_eq!(rows(text).unwrap(), ["T1 856 2097152 -", "T2 failed content", "foreign 4", "T3 5 - -"]);
        assert_eq!(rows(&format!("\u{feff}{}", "[T1] Goroutines: 1\n")).unwrap(), ["T1 1 - -"]);
    }

    #[test]
    fn ndjson_of_record_and_of_watch() {
        let text = r#"{"type":"sample","ts":"T1","elapsed_s":0.0,"seq":0,"ok":true,"error":null,"latency_ms":1.2,"goroutines":312,"alloc_bytes":18,"verdict":"ok"}
{"type":"sample","ts":"T2","elapsed_s":5.0,"seq":1,"ok":false,"error":{"kind":"refused","text":"x"}}
hello
{"type":"summary","polls":2}
"#;
        assert_eq!(rows(text).unwrap(), ["T1 312 18 1200", "T2 failed refused", "foreign 3"]);
    }

    #[test]
    fn what_is_no_recording_says_why() {
        for (text, why) in [
            ("hello\n", "its line 1 is `hello`"),
            ("{\"schema\":1}\n", "is not a recording"),
            ("1,2,3\n", "not a header"),
            ("ts,count\nT1,5\n", "has no column `goroutines`"),
            ("time,goroutines\nT1,5\n", "has no column `ts`"),
        ] {
            let error = rows(text).unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
