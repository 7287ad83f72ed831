//! The newest rows of a recording that is being written, from its end: one of each instance that they name.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use super::rows::{self, Line};
use crate::moment::Moment;
use crate::reading::Reading;

/// Rows are a few hundred bytes long: the newest ones are in here.
const TAIL: u64 = 64 << 10;

/// The last whole row of an instance.
#[derive(Debug)]
pub(crate) struct Newest {
    pub(crate) at: Moment,
    /// When its row before that was.
    pub(crate) before: Option<Moment>,
    /// The kind of the error where its poll failed.
    pub(crate) came: Result<Reading, String>,
}

/// The file's header is none of a recording.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NoHeader;

/// Reads them, in the order of the instances' names; none where there is no row yet.
///
/// # Errors
/// The outer one is the file's.
pub(crate) fn newest(path: &Path) -> io::Result<Result<Vec<Newest>, NoHeader>> {
    let mut file = BufReader::new(File::open(path)?);
    let mut text = Vec::new();
    let header = file.by_ref().take(TAIL).read_until(b'\n', &mut text)? as u64;
    if !rows::has_header(&text) {
        return Ok(Err(NoHeader));
    }
    let length = file.get_ref().metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL).max(header)))?;
    file.take(TAIL).read_to_end(&mut text)?;
    // A line that is being written has no end yet. One that is cut at its start is no row.
    let whole = memchr::memrchr(b'\n', &text).map_or(0, |end| end + 1);
    let mut newest: BTreeMap<String, Newest> = BTreeMap::new();
    let read = rows::read(&text[..whole], &mut |time, line| {
        let Some(at) = Moment::read(time).filter(Moment::is_utc) else { return };
        let came = match line {
            Line::Good(poll, words) => {
                let status = Some(String::from_utf8_lossy(words.status).into_owned());
                (Ok(Reading { status, ..poll.reading(words) }), words)
            }
            Line::Failed(kind, words) => (Err(kind.to_owned()), words),
            Line::Foreign(_) => return,
        };
        let (came, words) = came;
        let name = words.instance().unwrap_or_default();
        let before = newest.get(name).map(|newest| newest.at);
        newest.insert(name.to_owned(), Newest { at, before, came });
    });
    Ok(read?.map(|()| newest.into_values().collect()).map_err(|_| NoHeader))
}
