//! Where an answer's body ends, and which of its bytes are content (RFC 9112, sections 6 and 7). Every doubt is a fault:
//! whoever guesses where one answer ends takes the rest for the beginning of another.

use std::ops::Range;

/// Header lines of one head, or of all trailers.
pub(super) const HEADERS: usize = 100;
/// Bytes of chunk extensions, for a whole body.
const EXTENSIONS: usize = 16 * 1024;
/// Bytes of all trailers.
const TRAILERS: usize = 16 * 1024;

/// How far a body has come.
#[derive(Debug)]
pub(super) enum Framing {
    /// So many bytes are still to come.
    Length(u64),
    Chunked(Chunked),
    /// The connection's end is its end.
    UntilClose,
    /// It has come to its end.
    Over,
    /// It breaks the rules: nothing more of it is content.
    Broken,
}

/// What comes next of a chunked body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    FirstDigit,
    Digit,
    /// Blanks behind the size.
    Blank,
    Extension,
    SizeLf,
    Data,
    DataCr,
    DataLf,
    /// Behind the last chunk: a trailer, or the end.
    LineStart,
    Trailer,
    TrailerLf,
    EndLf,
    End,
}

#[derive(Debug)]
pub(super) struct Chunked {
    at: At,
    /// Bytes of the chunk that are still to come, while its size is read: the size.
    left: u64,
    extensions: usize,
    trailers: Vec<u8>,
}

impl Framing {
    pub(super) fn length(length: u64) -> Self {
        if length == 0 { Self::Over } else { Self::Length(length) }
    }

    pub(super) fn chunked() -> Self {
        let (left, extensions, trailers) = (0, 0, Vec::new());
        Self::Chunked(Chunked { at: At::FirstDigit, left, extensions, trailers })
    }

    /// Reads of what has come. Returns which of it is content, in one piece, and how many bytes belong to the body up to
    /// there: a chunk is handed on by itself, and whoever reads asks again for the next.
    pub(super) fn read(&mut self, came: &[u8]) -> (Range<usize>, usize) {
        match self {
            Self::Length(left) => {
                let taken = usize::try_from(*left).map_or(came.len(), |left| left.min(came.len()));
                *left -= taken as u64;
                if *left == 0 {
                    *self = Self::Over;
                }
                (0..taken, taken)
            }
            Self::UntilClose => (0..came.len(), came.len()),
            Self::Over | Self::Broken => (0..0, 0),
            Self::Chunked(chunked) => {
                let (content, taken) = chunked.read(came);
                if taken.is_none() {
                    *self = Self::Broken;
                } else if chunked.at == At::End {
                    *self = Self::Over;
                }
                (content, taken.unwrap_or(0))
            }
        }
    }

    /// The connection ended.
    pub(super) fn ends(&mut self) {
        *self = match self {
            Self::UntilClose | Self::Over => Self::Over,
            _ => Self::Broken,
        }
    }
}

impl Chunked {
    /// Reads up to the next chunk's content, the end of the body, or of what has come. `None`: it breaks the rules.
    fn read(&mut self, came: &[u8]) -> (Range<usize>, Option<usize>) {
        let (mut content, mut at) = (0..0, 0);
        while self.at != At::End && at < came.len() {
            if self.at == At::Data {
                if !content.is_empty() {
                    break;
                }
                let here = usize::try_from(self.left).map_or(usize::MAX, |left| left).min(came.len() - at);
                content = at..at + here;
                at += here;
                self.left -= here as u64;
                if self.left == 0 {
                    self.at = At::DataCr;
                }
            } else if let Some(next) = self.step(came[at]) {
                self.at = next;
                at += 1;
            } else {
                return (content, None);
            }
        }
        (content, Some(at))
    }

    /// One byte of the framing itself.
    fn step(&mut self, byte: u8) -> Option<At> {
        Some(match (self.at, byte) {
            (At::FirstDigit | At::Digit, digit) if digit.is_ascii_hexdigit() => {
                let value = u64::from((digit as char).to_digit(16)?);
                self.left = self.left.checked_mul(16)?.checked_add(value)?;
                At::Digit
            }
            (At::Digit | At::Blank, b' ' | b'\t') => At::Blank,
            (At::Digit | At::Blank, b';') => At::Extension,
            (At::Digit | At::Blank | At::Extension, b'\r') => At::SizeLf,
            // Whoever takes a lone LF for the end of the line sees another body.
            (At::Extension, byte) if byte != b'\n' => {
                self.extensions += 1;
                (self.extensions < EXTENSIONS).then_some(At::Extension)?
            }
            (At::SizeLf, b'\n') if self.left == 0 => At::LineStart,
            (At::SizeLf, b'\n') => At::Data,
            (At::DataCr, b'\r') => At::DataLf,
            (At::DataLf, b'\n') => At::FirstDigit,
            (At::LineStart, b'\r') => {
                self.hold(byte)?;
                At::EndLf
            }
            (At::LineStart | At::Trailer, byte) => {
                self.hold(byte)?;
                if byte == b'\r' { At::TrailerLf } else { At::Trailer }
            }
            (At::TrailerLf, b'\n') => {
                self.hold(byte)?;
                At::LineStart
            }
            (At::EndLf, b'\n') => {
                self.hold(byte)?;
                self.trailers_are_good().then_some(At::End)?
            }
            _ => return None,
        })
    }

    fn hold(&mut self, byte: u8) -> Option<()> {
        // Mostly there are none, and then none are to be checked.
        if self.trailers.is_empty() && self.at == At::LineStart && byte == b'\r' {
            return Some(());
        }
        if self.trailers.is_empty() && self.at == At::EndLf {
            return Some(());
        }
        self.trailers.push(byte);
        (self.trailers.len() < TRAILERS).then_some(())
    }

    /// Nobody reads them, but what is none is no end of an answer.
    fn trailers_are_good(&self) -> bool {
        if self.trailers.is_empty() {
            return true;
        }
        let mut room = [httparse::EMPTY_HEADER; HEADERS];
        let read = httparse::parse_headers(&self.trailers, &mut room);
        matches!(read, Ok(httparse::Status::Complete((length, _))) if length == self.trailers.len())
    }
}
