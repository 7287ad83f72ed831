//! The one reader of recordings: ours, the NDJSON of `watch`, and the logs of the old scripts; one streaming pass, in
//! bounded memory, several of them in order of time.

mod input;
mod last;
mod newest;
mod rows;

use std::io::{self, BufRead, BufReader, Read};

use crate::finding::{LeftOut, Unread};
use crate::moment::Moment;
use crate::output::Failure;
use crate::words;
pub(crate) use input::{Input, is_url};
pub(in crate::recording) use last::last;
pub(crate) use newest::{Newest, NoHeader, newest};
pub(in crate::recording) use rows::again;
pub(crate) use rows::{Line, Poll, Words, samples};

/// Recordings that are about to be read, in order of time.
#[derive(Debug)]
pub(crate) struct Recordings<'a> {
    role: &'a str,
    /// By the times of their first rows.
    sounded: Vec<(Sounding, &'a Input)>,
}

/// One of them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Recording<'a> {
    role: &'a str,
    /// Bytes up to and with the last line feed.
    whole: u64,
    input: &'a Input,
}

/// A first look through a recording.
#[derive(Debug)]
struct Sounding {
    /// How many rows there are, as far as their line feeds tell.
    rows: u64,
    /// Bytes up to and with the last line feed: what follows is a part of a row.
    whole: u64,
    /// The time of the first row.
    from: Option<Moment>,
}

impl<'a> Recordings<'a> {
    /// Looks through each of them once; `role` says in errors which argument they are.
    ///
    /// # Errors
    /// One of them cannot be read, or is empty.
    pub(crate) fn sound(inputs: &'a [Input], role: &'a str) -> Result<Self, Failure> {
        let mut sounded = Vec::new();
        for input in inputs {
            let sounding = sound(input).map_err(|error| input.broken(role, &error))?;
            if sounding.whole == 0 {
                return Err(unread(role, input.name(), &Unread::Empty));
            }
            sounded.push((sounding, input));
        }
        sounded.sort_by_key(|(sounding, _)| sounding.from);
        Ok(Self { role, sounded })
    }

    /// About how many rows they have together.
    pub(crate) fn rows(&self) -> u64 {
        self.sounded.iter().map(|(sounding, _)| sounding.rows).sum()
    }

    /// Each of them, the oldest first.
    pub(crate) fn each(&self) -> impl Iterator<Item = Recording<'a>> {
        let role = self.role;
        self.sounded.iter().map(move |(sounding, input)| Recording { role, whole: sounding.whole, input })
    }

    /// Gives all rows, whichever recording they are in.
    ///
    /// # Errors
    /// See [`Recording::read`].
    pub(crate) fn read(&self, take: &mut dyn FnMut(&str, Line<'_>)) -> Result<(), Failure> {
        self.each().try_for_each(|recording| recording.read(take))
    }
}

impl<'a> Recording<'a> {
    pub(crate) fn name(&self) -> &'a str {
        self.input.name()
    }

    /// Gives every row, with the text of its time. What comes after the last line feed is a part of a row.
    ///
    /// # Errors
    /// It cannot be read, or is no recording.
    pub(crate) fn read(&self, take: &mut dyn FnMut(&str, Line<'_>)) -> Result<(), Failure> {
        let Self { role, whole, input } = self;
        let read = input.open().and_then(|reader| rows::read(reader.take(*whole), take));
        read.map_err(|error| input.broken(role, &error))?
            .map_err(|why| unread(role, input.name(), &Unread::No(&why)))
    }
}

/// A recording that cannot be read.
pub(crate) fn unread(role: &str, name: &str, why: &Unread<'_>) -> Failure {
    Failure::usage(words::unread(role, name, why))
}

/// Something whose lines are no rows for the most part.
pub(crate) fn no_rows(role: &str, first: &LeftOut) -> Failure {
    unread(role, &first.name, &Unread::NoRows(first))
}

fn sound(input: &Input) -> io::Result<Sounding> {
    let mut sounding = Sounding { rows: 0, whole: 0, from: None };
    let mut reader = input.open()?;
    let mut at = 0;
    loop {
        let block = reader.fill_buf()?;
        if block.is_empty() {
            break;
        }
        if let Some(last) = memchr::memrchr(b'\n', block) {
            sounding.whole = at + last as u64 + 1;
            sounding.rows += memchr::memchr_iter(b'\n', block).count() as u64;
        }
        at += block.len() as u64;
        let length = block.len();
        reader.consume(length);
    }
    // The first rows are enough to know when it starts.
    let mut take = |time: &str, _: Line<'_>| {
        sounding.from = sounding.from.or_else(|| Moment::read(time));
    };
    let start = input.open()?.take(sounding.whole.min(8192));
    let _ = rows::read(BufReader::new(start), &mut take)?;
    sounding.rows -= u64::from(rows::has_header(input.open()?.fill_buf()?)).min(sounding.rows);
    Ok(sounding)
}
