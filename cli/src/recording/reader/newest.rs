//! The newest row of a recording that is being written, from its end.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use super::rows::{self, Line};
use crate::moment::Moment;
use crate::reading::Reading;

/// Rows are a few hundred bytes long: the newest ones are in here.
const TAIL: u64 = 64 << 10;

/// The last whole row.
#[derive(Debug)]
pub(crate) struct Newest {
    pub(crate) at: Moment,
    /// When the row before it was.
    pub(crate) before: Option<Moment>,
    /// The kind of the error where its poll failed.
    pub(crate) came: Result<Reading, String>,
}

/// The file's header is none of a recording.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NoHeader;

/// Reads it; `None` where there is no row yet.
///
/// # Errors
/// The outer one is the file's.
pub(crate) fn newest(path: &Path) -> io::Result<Result<Option<Newest>, NoHeader>> {
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
    let mut newest: Option<Newest> = None;
    let read = rows::read(&text[..whole], &mut |time, line| {
        let Some(at) = Moment::read(time).filter(Moment::is_utc) else { return };
        let came = match line {
            Line::Good(poll, words) => {
                let status = Some(String::from_utf8_lossy(words.status).into_owned());
                Ok(Reading { status, ..poll.reading(words) })
            }
            Line::Failed(kind, _) => Err(kind.to_owned()),
            Line::Foreign(_) => return,
        };
        newest = Some(Newest { at, before: newest.as_ref().map(|newest| newest.at), came });
    });
    Ok(read?.map(|()| newest).map_err(|_| NoHeader))
}
