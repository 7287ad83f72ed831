//! The rows of recordings as tracks: one, or one for each instance that they name.

use std::collections::BTreeMap;
use std::path::Path;

use vitals::Thresholds;

use super::Track;
use super::tracking::Tracking;
use crate::finding::LeftOut;
use crate::output::Failure;
use crate::recording::{Input, Line, Notes, Recordings, beside};
use crate::words;

/// Instances that are told apart; the rows of others are one more track.
const MOST: usize = 32;

/// Reads recordings that follow each other.
#[derive(Debug)]
pub(crate) struct Tracks {
    thresholds: Thresholds,
    columns: u64,
    names: Vec<String>,
    /// Of the rows that name nobody, and of lines that are no rows.
    own: Tracking,
    each: BTreeMap<String, Tracking>,
}

impl Tracks {
    /// Nothing read yet; the picture of each will have up to so many columns.
    pub(crate) fn new(thresholds: Thresholds, columns: u64) -> Self {
        let own = Tracking::new(thresholds, columns);
        Self { thresholds, columns, names: Vec::new(), own, each: BTreeMap::new() }
    }

    /// Reads all of them.
    ///
    /// # Errors
    /// One of them cannot be read, or is no recording.
    pub(crate) fn read(&mut self, inputs: &[Input], role: &str) -> Result<(), Failure> {
        for recording in Recordings::sound(inputs, role)?.each() {
            let name = recording.name();
            self.names.push(name.to_owned());
            recording.read(&mut |time, line| self.of(&line).row(name, time, line))?;
        }
        Ok(())
    }

    /// Whose row it is.
    fn of(&mut self, line: &Line<'_>) -> &mut Tracking {
        let (Line::Good(_, words) | Line::Failed(_, words)) = line else { return &mut self.own };
        let Some(name) = words.instance() else { return &mut self.own };
        if !self.each.contains_key(name) && self.each.len() < MOST {
            // A page grows little with their number.
            let columns = self.columns * 2 / (self.each.len() as u64 + 2);
            self.each.insert(name.to_owned(), Tracking::new(self.thresholds, columns));
        }
        self.each.get_mut(name).unwrap_or(&mut self.own)
    }

    /// The first line that is no row, and the first time that cannot be read.
    pub(crate) fn odd(&self) -> (Option<LeftOut>, Option<String>) {
        (self.own.first_foreign.clone(), self.own.first_odd_time.clone())
    }

    /// All rows have come: the tracks in the order of their names.
    pub(crate) fn end(self) -> Vec<Track> {
        let Self { names, own, each, .. } = self;
        let name = match names.as_slice() {
            [only] => file_name(only),
            several => words::side_name(several),
        };
        let notes = || names.first().and_then(|name| notes_of(Path::new(name)));
        let foreign = own.foreign;
        let mut tracks: Vec<Track> = own.end(name.clone(), notes()).into_iter().collect();
        let named = each.into_iter().filter_map(|(of, own)| own.end(format!("{name} ({of})"), notes()));
        tracks.extend(named);
        // Lines that are no rows name nobody.
        if let Some(first) = tracks.first_mut() {
            first.foreign = first.foreign.max(foreign);
        }
        tracks
    }
}

fn file_name(path: &str) -> String {
    Path::new(path).file_name().map_or_else(|| path.to_owned(), |name| name.to_string_lossy().into_owned())
}

/// The notes beside a file, or, for one of several, beside their common name.
fn notes_of(path: &Path) -> Option<Notes> {
    let common = || {
        let stem = Path::new(path.file_stem()?);
        let name = stem.file_stem().filter(|_| stem.extension().is_some())?;
        Some(path.with_file_name(name).with_extension(path.extension()?))
    };
    Notes::read(&beside(path)).or_else(|| Notes::read(&beside(&common()?)))
}

#[cfg(test)]
mod tests;
