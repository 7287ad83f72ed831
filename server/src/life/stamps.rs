//! By what a changed file is known: its time and its length.
//!
//! A file is stamped *before* it is read. Stamped afterwards, what somebody wrote in between would count as read, and a
//! relay whose configuration is changed in its first second would run by the old one for ever.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::config::inputs;

/// When a file was changed last, and how many bytes it has.
pub(super) type Stamp = (SystemTime, u64);

/// The stamp of a file as it is now; `None` where there is none.
pub(super) fn stamp(file: &Path) -> Option<Stamp> {
    let metadata = std::fs::metadata(file).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}

/// The stamps of the files that a configuration was read from, by their paths.
#[derive(Default)]
pub(super) struct Stamps(RefCell<BTreeMap<PathBuf, Option<Stamp>>>);

impl Stamps {
    /// The text of a file, stamped as `stamp` finds it.
    ///
    /// # Errors
    /// The system's.
    pub(super) fn read(&self, file: &Path) -> io::Result<String> {
        self.0.borrow_mut().insert(file.to_owned(), stamp(file));
        inputs::read(file)
    }

    /// What a file was when it was read; `None` also where it was not.
    pub(super) fn of(&self, file: &Path) -> Option<Stamp> {
        self.0.borrow().get(file).copied().flatten()
    }
}
