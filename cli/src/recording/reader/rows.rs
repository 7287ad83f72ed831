//! Reads recordings by the names of their columns, and the old scripts' logs, one row at a time.

mod columns;
mod digits;
mod heading;
mod lines;
mod log_line;
mod ndjson;

use std::io::{self, BufRead, Read};
use std::time::Duration;

use vitals::{Measured, Sample};

use crate::finding::{LeftOut, NoRecording, Odd};
use crate::reading::Reading;
use crate::words;
pub(super) use heading::has_header;
use heading::{Form, Start};
use lines::Lines;
use ndjson::Object;
pub(in crate::recording) use ndjson::{again, last};

/// One line.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Line<'a> {
    /// A poll that succeeded, with the row's words.
    Good(&'a Poll, Words<'a>),
    /// A poll that failed, with the kind of its error and the row's words.
    Failed(&'a str, Words<'a>),
    /// A line that is neither.
    Foreign(&'a Foreign),
}

/// What a row says in words; empty where it does not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Words<'a> {
    /// The target's own word for its state.
    pub(crate) status: &'a [u8],
    /// Which of several behind one name answered, or was asked.
    pub(crate) instance: &'a [u8],
}

impl<'a> Words<'a> {
    /// The name of the instance, where it has one.
    pub(crate) fn instance(&self) -> Option<&'a str> {
        std::str::from_utf8(self.instance).ok().filter(|name| !name.is_empty())
    }
}

/// A line that is no row.
#[derive(Debug)]
pub(crate) struct Foreign {
    /// From 1.
    pub(crate) line: u64,
    pub(crate) why: Odd,
}

impl Foreign {
    /// In the recording of this name.
    pub(crate) fn left_out(&self, name: &str) -> LeftOut {
        LeftOut { name: name.to_owned(), line: self.line, why: self.why.clone() }
    }
}

/// A poll that succeeded.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Poll {
    pub(crate) sample: Sample,
    /// How long the answer took.
    pub(crate) latency_us: Option<u64>,
    /// Since the recording's start, by the monotonic clock.
    pub(crate) elapsed_s: Option<f64>,
}

impl Measured for Poll {
    fn sample(&self) -> &Sample {
        &self.sample
    }

    fn latency_us(&self) -> Option<u64> {
        self.latency_us
    }
}

impl Poll {
    /// As its source gave it, with the name of whose it is, and without the target's own words.
    pub(crate) fn reading(&self, words: Words<'_>) -> Reading {
        let instance = words.instance().map(str::to_owned);
        let latency = Duration::from_micros(self.latency_us.unwrap_or_default());
        Reading { instance, ..Reading::of(self.sample, latency) }
    }
}

/// Gives every row, with the text of its time, to `take`, in order. A reader should end with a line feed: what
/// comes after the last one is a part of a row.
///
/// # Errors
/// The outer one is the reader's; the inner one says why this is not a recording.
pub(in crate::recording) fn read(
    mut from: impl BufRead,
    take: &mut dyn FnMut(&str, Line<'_>),
) -> io::Result<Result<(), NoRecording>> {
    let Start { form, before, lines } = heading::read(&mut from)?;
    let start = before.as_slice();
    match form {
        Ok(Form::Csv(columns)) => columns.rows(Lines::new(from), lines, take).map(Ok),
        Ok(Form::Ndjson) => ndjson_lines(Lines::new(start.chain(from)), take).map(Ok),
        Ok(Form::Log) => log_lines(Lines::new(start.chain(from)), take).map(Ok),
        Err(why) => Ok(Err(why)),
    }
}

/// The samples of every whole row in these bytes; `None` where its poll failed.
pub(crate) fn samples(bytes: &[u8]) -> Result<Vec<Option<Sample>>, String> {
    let mut samples = Vec::new();
    let read = read(bytes, &mut |_, row| {
        samples.push(match row {
            Line::Good(poll, _) => Some(poll.sample),
            Line::Failed(..) | Line::Foreign(_) => None,
        });
    });
    match read {
        Ok(read) => read.map(|()| samples).map_err(|why| words::no_recording(&why)),
        Err(error) => Err(error.to_string()),
    }
}

fn log_lines(mut lines: Lines<impl Read>, take: &mut dyn FnMut(&str, Line<'_>)) -> io::Result<()> {
    let mut poll = Poll::default();
    let mut number = 0;
    while let Some(bytes) = lines.next()? {
        number += 1;
        let text = log_line::decoded(bytes);
        let text = text.trim_start_matches('\u{feff}');
        match log_line::read(text) {
            _ if text.trim().is_empty() => {}
            None => take("", Line::Foreign(&Foreign { line: number, why: Odd::Other })),
            Some(line) if line.goroutines.is_none() => {
                take(line.time, Line::Failed("content", Words::default()));
            }
            Some(line) => {
                poll.sample.goroutines = line.goroutines;
                poll.sample.alloc_bytes = line.memory_mib.and_then(|mib| mib.checked_mul(1 << 20));
                take(line.time, Line::Good(&poll, Words::default()));
            }
        }
    }
    Ok(())
}

fn ndjson_lines(mut lines: Lines<impl Read>, take: &mut dyn FnMut(&str, Line<'_>)) -> io::Result<()> {
    let mut number = 0;
    while let Some(bytes) = lines.next()? {
        number += 1;
        match Object::read(bytes) {
            Some(line) if line.is_summary() => {}
            Some(line) if !line.time().is_empty() => match line.poll() {
                Ok(poll) => take(line.time(), Line::Good(&poll, line.words())),
                Err(kind) => take(line.time(), Line::Failed(kind.as_str(), line.words())),
            },
            _ => take("", Line::Foreign(&Foreign { line: number, why: Odd::Other })),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
