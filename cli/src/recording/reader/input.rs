//! What the command line names as recordings: files, globs, standard input, compressed or not.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::path::{Path, PathBuf};

use flate2::bufread::{GzDecoder, MultiGzDecoder};

use super::unread;
use crate::finding::{STANDARD_INPUT, Unread};
use crate::output::Failure;

/// Bytes: an input that cannot be read twice is kept in memory up to this size.
const PIPE_CAP: u64 = 256 << 20;

/// How much is read at once.
const BLOCK: usize = 1 << 16;

/// One recording.
#[derive(Debug)]
pub(crate) struct Input {
    name: String,
    content: Content,
    /// Its first bytes are those of gzip, whatever its name is.
    gzip: bool,
}

#[derive(Debug)]
enum Content {
    File(PathBuf),
    Bytes(Vec<u8>),
}

/// An argument is an address, not a file.
pub(crate) fn is_url(text: &str) -> bool {
    text.contains("://")
}

impl Input {
    /// A recording in memory.
    pub(crate) fn from_bytes(name: String, bytes: Vec<u8>) -> Self {
        Self { name, gzip: is_gzip(&bytes), content: Content::Bytes(bytes) }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The recordings that an argument names; `role` says in errors which argument it is.
    ///
    /// # Errors
    /// There is no such file, or it cannot be read.
    pub(crate) fn find(text: &str, role: &str) -> Result<Vec<Self>, Failure> {
        if text == "-" {
            return Ok(vec![Self::piped(STANDARD_INPUT, io::stdin().lock(), role)?]);
        }
        let path = Path::new(text);
        if path.exists() {
            return Ok(vec![Self::file(path, role)?]);
        }
        let pattern = text.contains(['*', '?', '[']);
        let found: Vec<PathBuf> = if pattern { matches(text, role)? } else { Vec::new() };
        if found.is_empty() {
            return Err(unread(role, text, &Unread::Missing));
        }
        found.iter().map(|path| Self::file(path, role)).collect()
    }

    fn file(path: &Path, role: &str) -> Result<Self, Failure> {
        let name = path.display().to_string();
        let meta = path.metadata().map_err(|error| unread(role, &name, &Unread::System(&error)))?;
        if meta.is_dir() {
            return Err(unread(role, &name, &Unread::Folder));
        }
        let mut file = File::open(path).map_err(|error| unread(role, &name, &Unread::System(&error)))?;
        if !meta.is_file() {
            return Self::piped(&name, file, role);
        }
        let mut mark = [0; 2];
        let marked = file.read(&mut mark).is_ok_and(|n| n == 2);
        if marked && is_utf16(mark) {
            let again = File::open(path).map_err(|error| unread(role, &name, &Unread::System(&error)))?;
            return Self::piped(&name, again, role);
        }
        Ok(Self { name, content: Content::File(path.to_owned()), gzip: marked && is_gzip(&mark) })
    }

    fn piped(name: &str, from: impl Read, role: &str) -> Result<Self, Failure> {
        let mut bytes = Vec::new();
        from.take(PIPE_CAP + 1)
            .read_to_end(&mut bytes)
            .map_err(|error| unread(role, name, &Unread::System(&error)))?;
        if bytes.len() as u64 > PIPE_CAP {
            return Err(unread(role, name, &Unread::TooLong));
        }
        if bytes.first_chunk().is_some_and(|mark| is_utf16(*mark)) {
            bytes = utf8(&bytes);
        }
        Ok(Self::from_bytes(name.to_owned(), bytes))
    }

    /// Its bytes as they are.
    fn raw(&self) -> io::Result<Box<dyn BufRead + '_>> {
        Ok(match &self.content {
            Content::File(path) => Box::new(BufReader::with_capacity(BLOCK, File::open(path)?)),
            Content::Bytes(bytes) => Box::new(Cursor::new(bytes.as_slice())),
        })
    }

    pub(super) fn open(&self) -> io::Result<Box<dyn BufRead + '_>> {
        let raw = self.raw()?;
        Ok(match self.gzip {
            true => Box::new(BufReader::with_capacity(BLOCK, MultiGzDecoder::new(raw))),
            false => raw,
        })
    }

    /// Why it cannot be read to its end.
    pub(super) fn broken(&self, role: &str, error: &io::Error) -> Failure {
        let why = match error.kind() {
            io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidInput if self.has_appended() => {
                Unread::Appended
            }
            io::ErrorKind::UnexpectedEof if self.gzip => Unread::CutOff,
            io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData if self.gzip => Unread::Damaged(error),
            _ => Unread::System(error),
        };
        unread(role, &self.name, &why)
    }

    /// Its gzip data ends as it should, and something else follows. Reads it once more: only errors ask.
    fn has_appended(&self) -> bool {
        let mut raw = match self.raw() {
            Ok(raw) if self.gzip => raw,
            _ => return false,
        };
        loop {
            if io::copy(&mut GzDecoder::new(&mut raw), &mut io::sink()).is_err() {
                return false;
            }
            match raw.fill_buf() {
                Ok([]) | Err(_) => return false,
                // A buffer may hold a single byte of what follows; that one could be the mark's first.
                Ok(rest) if rest[0] == GZIP[0] && rest.get(1).is_none_or(|second| *second == GZIP[1]) => {}
                Ok(_) => return true,
            }
        }
    }
}

fn matches(pattern: &str, role: &str) -> Result<Vec<PathBuf>, Failure> {
    let paths = glob::glob(pattern).map_err(|error| unread(role, pattern, &Unread::Pattern(error)))?;
    let is_recording = |path: &PathBuf| path.is_file() && !path.to_string_lossy().ends_with(".meta.json");
    Ok(paths.filter_map(Result::ok).filter(is_recording).collect())
}

/// PowerShell's `>>` writes UTF-16. What is appended to in other ways has no mark: a zero beside an ASCII character.
fn is_utf16(start: [u8; 2]) -> bool {
    matches!(start, [0xff, 0xfe] | [0xfe, 0xff] | [b' '..=b'~', 0] | [0, b' '..=b'~'])
}

/// RFC 1952, 2.3.1.
const GZIP: [u8; 2] = [0x1f, 0x8b];

fn is_gzip(start: &[u8]) -> bool {
    start.starts_with(&GZIP)
}

fn utf8(bytes: &[u8]) -> Vec<u8> {
    let little = matches!(bytes, [0xff, ..] | [_, 0, ..]);
    let unit = |pair: [u8; 2]| if little { u16::from_le_bytes(pair) } else { u16::from_be_bytes(pair) };
    // The mark stays as the one of UTF-8.
    let units: Vec<u16> = bytes.as_chunks().0.iter().map(|pair| unit(*pair)).collect();
    String::from_utf16_lossy(&units).into_bytes()
}

#[cfg(test)]
mod tests;
