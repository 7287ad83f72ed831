//! Metrics as text, Prometheus' or OpenMetrics'. Read line by line: a scrape may have 64 MiB, and is never held.

mod line;
mod names;

use std::io::{self, BufRead, Read};

use vitals::{Measure, Sample};

use line::Line;
use names::Found;

use super::content::{content, foreign, start, without_mark};
use super::{Endpoint, PollError};
use crate::reading::{Content, Metrics, NoNumber};

/// A line longer than this is none of ours; the rest of it is skipped.
const LINE_CAP: usize = 64 << 10;
/// So much shows whether it is a page for people, and its title.
const HEAD: u64 = 4 << 10;
/// So many lines that are none of the format show that it is something else.
const STRANGE: u64 = 20;

/// Why metrics could not be read.
#[derive(Debug)]
pub(super) enum Trouble {
    Io(io::Error),
    Content(PollError),
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// The sample, who answered, and what came as no number.
pub(super) type Answer = (Sample, Option<String>, Vec<NoNumber>);

/// Reads a whole scrape. `open`: it says that it is OpenMetrics, which has an end mark.
pub(super) fn read(text: &mut impl BufRead, open: bool) -> Result<Answer, Trouble> {
    let mut head = Vec::new();
    text.take(HEAD).read_to_end(&mut head)?;
    if let Some(error) = foreign(&head, Endpoint::Metrics) {
        return Err(Trouble::Content(error));
    }
    let mut text = without_mark(&head).chain(text);
    let mut scrape =
        Scrape { found: Found::new(), series: 0, strange: 0, example: None, ended: false, cut: false };
    let mut line = Vec::new();
    while next_line(&mut text, &mut line)? {
        scrape.add(&line);
        if scrape.series == 0 && scrape.strange > STRANGE {
            break;
        }
    }
    scrape.end(open).map_err(Trouble::Content)
}

/// Reads a line with its end; `false` when there are no more. What is beyond the cap is read and dropped.
fn next_line(text: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<bool> {
    line.clear();
    let mut any = false;
    loop {
        let block = text.fill_buf()?;
        if block.is_empty() {
            return Ok(any);
        }
        any = true;
        let end = block.iter().position(|byte| *byte == b'\n').map(|at| at + 1);
        let used = end.unwrap_or(block.len());
        let room = LINE_CAP.saturating_sub(line.len()).min(used);
        line.extend_from_slice(&block[..room]);
        if end.is_some() && line.last() != Some(&b'\n') {
            line.push(b'\n');
        }
        text.consume(used);
        if end.is_some() {
            return Ok(true);
        }
    }
}

struct Scrape {
    found: Found,
    series: u64,
    strange: u64,
    /// The first strange line.
    example: Option<String>,
    ended: bool,
    /// The last line has no end: the rest is missing.
    cut: bool,
}

impl Scrape {
    fn add(&mut self, bytes: &[u8]) {
        self.cut = bytes.last() != Some(&b'\n');
        match std::str::from_utf8(bytes).ok().and_then(line::line) {
            Some(Line::Series(series)) => {
                self.series += 1;
                self.found.take(&series);
            }
            Some(Line::Nothing) => {}
            Some(Line::End) => {
                self.ended = true;
                self.cut = false;
            }
            None => {
                self.strange += 1;
                let text = String::from_utf8_lossy(bytes);
                if let Some((name, value)) = line::unread(&text) {
                    self.found.take_unread(name, value);
                }
                self.example.get_or_insert_with(|| start(bytes));
            }
        }
    }

    fn end(self, open: bool) -> Result<Answer, PollError> {
        let trouble = |metrics| content(Content::Metrics(metrics));
        if self.series == 0 && self.found.unread().is_empty() {
            return Err(trouble(match self.example {
                Some(start) => Metrics::Other { start },
                None => Metrics::NoSeries,
            }));
        }
        if self.cut || (open && !self.ended) {
            return Err(trouble(Metrics::BrokenOff { series: self.series }));
        }
        let sample = self.found.sample();
        let mut unread = self.found.unread();
        // A count that is wrong in part is worse than none.
        if let Some(at) = unread.iter().position(|(measure, _)| *measure == Measure::Goroutines) {
            return Err(trouble(Metrics::NoNumber(unread.swap_remove(at).1)));
        }
        if sample.is_empty() {
            return Err(trouble(Metrics::Useless { series: self.series }));
        }
        Ok((sample, self.found.program, unread.into_iter().map(|(_, unread)| unread).collect()))
    }
}

#[cfg(test)]
mod tests;
