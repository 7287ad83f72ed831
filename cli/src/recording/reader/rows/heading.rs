//! What a file is, by its first lines: a header with columns, NDJSON, or an old script's log. A table that went through
//! another program is read, too, whatever separates its columns.

use std::io::{self, BufRead, Read};

use super::columns::Columns;
use super::log_line;
use crate::finding::NoRecording;

/// The first line of a log is among so many; before it may stand a banner.
const BANNER: u64 = 20;
/// Longer lines are none of a header or a banner.
const LONGEST: u64 = 64 << 10;
/// What separates columns, the usual one first.
const SEPARATORS: [u8; 4] = [b',', b';', b'\t', b'|'];

#[derive(Debug)]
pub(super) enum Form {
    Csv(Columns),
    Ndjson,
    Log,
}

/// The first lines of a file.
#[derive(Debug)]
pub(super) struct Start {
    pub(super) form: Result<Form, NoRecording>,
    /// What was read of it.
    pub(super) before: Vec<u8>,
    /// How many lines that is.
    pub(super) lines: u64,
}

/// Reads as much as tells what it is.
///
/// # Errors
/// The reader's.
pub(super) fn read(from: &mut impl BufRead) -> io::Result<Start> {
    let mut before = Vec::new();
    let (mut lines, mut header) = (1, 0);
    line(from, &mut before)?;
    let separator = told_separator(&before);
    if separator.is_some() || without_mark(&before).starts_with(b"#TYPE") {
        header = before.len();
        lines += 1;
        line(from, &mut before)?;
    }
    let mut form = form(&before[header..], separator);
    while matches!(form, Err(NoRecording::NoHeader(_))) && lines < BANNER {
        let at = before.len();
        lines += 1;
        if line(from, &mut before)? == 0 {
            break;
        }
        if is_log(&before[at..]) {
            form = Ok(Form::Log);
        }
    }
    Ok(Start { form, before, lines })
}

fn line(from: &mut impl BufRead, into: &mut Vec<u8>) -> io::Result<usize> {
    from.take(LONGEST).read_until(b'\n', into)
}

/// A file that starts like this has a header; logs and NDJSON have none.
pub(crate) fn has_header(start: &[u8]) -> bool {
    let first = start.split(|byte| *byte == b'\n').next().unwrap_or_default();
    !without_mark(start).trim_ascii_start().starts_with(b"[") && !is_ndjson(start) && !is_log(first)
}

fn is_log(line: &[u8]) -> bool {
    log_line::read(&log_line::decoded(without_mark(line))).is_some()
}

fn is_ndjson(start: &[u8]) -> bool {
    start.starts_with(b"{\"type\":\"s")
}

fn without_mark(start: &[u8]) -> &[u8] {
    start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start)
}

/// `sep=;`, which tells Excel what separates the columns.
fn told_separator(first: &[u8]) -> Option<u8> {
    let told = without_mark(first).trim_ascii_end();
    match told.strip_prefix(b"sep=").or_else(|| told.strip_prefix(b"\"sep=")) {
        Some([separator, ..]) => Some(*separator),
        // A tab is trimmed with the line's end.
        Some([]) => Some(b'\t'),
        None => None,
    }
}

fn form(header: &[u8], separator: Option<u8>) -> Result<Form, NoRecording> {
    if is_ndjson(header) {
        return Ok(Form::Ndjson);
    }
    if !has_header(header) {
        return Ok(Form::Log);
    }
    let line = log_line::decoded(without_mark(header));
    let line = line.trim_end();
    let count = |separator: &u8| memchr::memchr_iter(*separator, line.as_bytes()).count();
    let most = || SEPARATORS.into_iter().rev().max_by_key(count).unwrap_or(b',');
    let separator = separator.unwrap_or_else(most);
    let names: Vec<String> = csv::ReaderBuilder::new()
        .has_headers(false)
        .delimiter(separator)
        .trim(csv::Trim::All)
        .from_reader(line.as_bytes())
        .records()
        .next()
        .and_then(Result::ok)
        .map(|record| record.iter().map(str::to_owned).collect())
        .unwrap_or_default();
    let shown: String = line.chars().filter(|c| !c.is_control()).take(60).collect();
    if names.len() < 2 || names.iter().all(|name| name.parse::<f64>().is_ok()) {
        return Err(NoRecording::NoHeader(shown));
    }
    let needed = |wanted: &'static str| match names.iter().any(|name| name == wanted) {
        true => Ok(()),
        false => Err(NoRecording::NoColumn(wanted, shown.clone())),
    };
    needed("goroutines")?;
    needed("ts")?;
    Ok(Form::Csv(Columns::named(&names, separator)))
}
