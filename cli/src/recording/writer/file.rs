//! The file of a recording: never overwritten by accident, locked, whole rows only, on disk every minute.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::sole;
use crate::finding::{NotOurs, Unopened};
use crate::recording::form::{Form, Last, Place};
use crate::recording::reader;

/// How long written rows may wait for the disk.
pub(super) const SYNC_EVERY: Duration = Duration::from_secs(60);

/// The fate of a file that exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Refuse.
    New,
    /// Go on where it ends.
    Append,
    /// Start again.
    Force,
}

impl Mode {
    /// By `--append` and `--force`.
    pub(crate) const fn of(append: bool, force: bool) -> Self {
        match (append, force) {
            (true, _) => Self::Append,
            (_, true) => Self::Force,
            _ => Self::New,
        }
    }
}

/// Where rows go.
#[derive(Debug)]
pub(crate) struct Sink {
    output: Output,
    /// The bytes before the first row.
    header: u64,
    /// How many columns its header names: fewer in a file of an earlier version.
    columns: usize,
    synced: Instant,
}

#[derive(Debug)]
enum Output {
    Stdout(io::Stdout),
    /// A file, and how long it is when all rows are whole. Devices and pipes have no length.
    File {
        file: File,
        path: PathBuf,
        good: Option<u64>,
    },
}

impl Sink {
    /// Rows to standard output.
    ///
    /// # Errors
    /// That of writing the header.
    pub(crate) fn stdout(form: Form) -> io::Result<Self> {
        let mut sink = Self::new(Output::Stdout(io::stdout()), form);
        sink.write(&form.header())?;
        Ok(sink)
    }

    fn new(output: Output, form: Form) -> Self {
        Self { output, header: form.header().len() as u64, columns: usize::MAX, synced: Instant::now() }
    }

    /// Opens a file, locks it, and makes it end with a whole row. Also says where an existing recording stands.
    ///
    /// # Errors
    /// See [`Unopened`]. The file is then as it was.
    pub(crate) fn open(path: &Path, mode: Mode, form: Form) -> Result<(Self, Option<Place>), Unopened> {
        let io = |error| Unopened::Io { path: path.to_owned(), error };
        let regular = std::fs::metadata(path).map_or(true, |meta| meta.is_file());
        let mut options = OpenOptions::new();
        options.read(mode == Mode::Append && regular).write(true);
        match mode {
            Mode::New if regular => options.create_new(true),
            _ => options.create(true).truncate(false),
        };
        let opened = sole::open(&options, path, regular).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => Unopened::Exists(path.to_owned()),
            _ => io(error),
        })?;
        let mut file = opened.ok_or_else(|| Unopened::Locked(path.to_owned()))?;
        if !regular {
            let mut sink = Self::new(Output::File { file, path: path.to_owned(), good: None }, form);
            sink.write(&form.header()).map_err(io)?;
            return Ok((sink, None));
        }
        let Tail { good, header, columns, place } = match mode {
            Mode::Append => {
                tail(&mut file, form).map_err(io)?.map_err(|why| Unopened::Foreign(path.to_owned(), why))?
            }
            Mode::New | Mode::Force => Tail::empty(form),
        };
        file.set_len(good).and_then(|()| file.seek(SeekFrom::End(0))).map_err(io)?;
        let output = Output::File { file, path: path.to_owned(), good: Some(good) };
        let mut sink = Self { output, header, columns, synced: Instant::now() };
        if good == 0 {
            sink.write(&form.header()).map_err(io)?;
            sink.sync().map_err(io)?;
            sync_folder(path);
        }
        Ok((sink, place))
    }

    /// A file on a disk, which notes can lie beside.
    pub(crate) fn is_regular(&self) -> bool {
        matches!(self.output, Output::File { good: Some(_), .. })
    }

    /// How many columns a row has in this file.
    pub(super) const fn columns(&self) -> usize {
        self.columns
    }

    /// How long the file is, and how much of that is no row; `None` where there is no length.
    pub(super) fn length(&self) -> Option<(u64, u64)> {
        match self.output {
            Output::File { good: Some(good), .. } => Some((good, self.header)),
            _ => None,
        }
    }

    /// Writes one line in one call. When that fails, a part that was written is taken back.
    ///
    /// # Errors
    /// Disk full, file too large, reader gone and the like: the rows before are whole. `NotFound`: nobody will find
    /// them, because the file is no longer where it was.
    pub(crate) fn write(&mut self, line: &[u8]) -> io::Result<()> {
        match &mut self.output {
            Output::Stdout(stdout) => stdout.write_all(line).and_then(|()| stdout.flush())?,
            Output::File { file, good: None, .. } => file.write_all(line)?,
            Output::File { file, path, good: Some(good) } => {
                is_there(file, path)?;
                if let Err(error) = file.write_all(line) {
                    let _ = file.set_len(*good);
                    return Err(error);
                }
                *good += line.len() as u64;
            }
        }
        if self.synced.elapsed() >= SYNC_EVERY { self.sync() } else { Ok(()) }
    }

    /// Makes sure that what was written is on the disk.
    ///
    /// # Errors
    /// The disk's.
    pub(crate) fn sync(&mut self) -> io::Result<()> {
        self.synced = Instant::now();
        match &self.output {
            Output::File { file, good: Some(_), .. } => file.sync_data(),
            _ => Ok(()),
        }
    }
}

/// The path still leads to the file: a file that was removed, alone or with its folder, takes writes
/// without a complaint, and all of them are lost.
#[cfg(unix)]
fn is_there(file: &File, path: &Path) -> io::Result<()> {
    use std::os::unix::fs::MetadataExt;
    let id = |meta: &std::fs::Metadata| (meta.dev(), meta.ino());
    match std::fs::metadata(path) {
        Ok(meta) if id(&meta) != id(&file.metadata()?) => Err(io::ErrorKind::NotFound.into()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(error),
        // A folder that cannot be looked into for a moment has not lost its file.
        _ => Ok(()),
    }
}

/// Elsewhere an open file cannot be removed.
#[cfg(not(unix))]
fn is_there(_file: &File, _path: &Path) -> io::Result<()> {
    Ok(())
}

/// A new name must survive a crash, too. Where folders cannot be synced, nothing can be done.
fn sync_folder(path: &Path) {
    if cfg!(unix)
        && let Some(folder) = path.parent()
    {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let _ = File::open(folder).and_then(|folder| folder.sync_all());
    }
}

/// Where a recording stands by its file, which is left alone; `None` when it has no row.
///
/// # Errors
/// It cannot be read.
pub(super) fn place_of(path: &Path, form: Form) -> io::Result<Option<Place>> {
    let found = tail(&mut File::open(path)?, form)?;
    Ok(found.ok().and_then(|tail| tail.place))
}

/// What there is of a file that is gone on with.
struct Tail {
    /// How far it is whole, without the summary of a finished one.
    good: u64,
    /// The bytes before the first row.
    header: u64,
    columns: usize,
    /// Its last row.
    place: Option<Place>,
}

impl Tail {
    /// A file that begins anew.
    fn empty(form: Form) -> Self {
        Self { good: 0, header: form.header().len() as u64, columns: usize::MAX, place: None }
    }
}

/// The end of an existing file; or why it is not a recording. One of an earlier version keeps its columns.
fn tail(file: &mut File, form: Form) -> io::Result<Result<Tail, NotOurs>> {
    let expected = form.start();
    let mut start = Vec::new();
    Read::take(&mut *file, expected.len() as u64).read_to_end(&mut start)?;
    if start.len() < expected.len() && expected.starts_with(&start) {
        // Empty, or killed while the first line was written.
        return Ok(Ok(Tail::empty(form)));
    }
    let Some((header, columns)) = form.header_of(&start) else {
        return Ok(Err(match form {
            Form::Csv => NotOurs::OtherColumns,
            Form::Ndjson => NotOurs::FirstLine,
        }));
    };
    let end = file.seek(SeekFrom::End(0))?;
    let mut tail = Tail { good: line_start(file, end)?, header, columns, place: None };
    while tail.good > header {
        let from = line_start(file, tail.good - 1)?;
        let mut line = Vec::new();
        file.seek(SeekFrom::Start(from))?;
        Read::take(&mut *file, tail.good - from).read_to_end(&mut line)?;
        match reader::last(form, &line, columns) {
            Last::Row(place) => return Ok(Ok(Tail { place: Some(place), ..tail })),
            Last::Summary => tail.good = from,
            Last::Foreign => return Ok(Err(NotOurs::LastLine)),
        }
    }
    Ok(Ok(tail))
}

/// Where the line begins that `end` is in or right after.
fn line_start(file: &mut File, mut end: u64) -> io::Result<u64> {
    let mut block = [0_u8; 4096];
    while end > 0 {
        let from = end.saturating_sub(block.len() as u64);
        #[expect(clippy::cast_possible_truncation, reason = "at most the block's length")]
        let part = &mut block[..(end - from) as usize];
        file.seek(SeekFrom::Start(from))?;
        file.read_exact(part)?;
        if let Some(at) = part.iter().rposition(|byte| *byte == b'\n') {
            return Ok(from + at as u64 + 1);
        }
        end = from;
    }
    Ok(0)
}

#[cfg(test)]
mod tests;
