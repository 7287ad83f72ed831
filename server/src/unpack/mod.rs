//! Bodies that come packed: requests as their clients like, answers although the upstream was asked for none. Never more
//! than [`PIECE`] bytes at a time: how much a bomb unpacks to is up to whoever reads it, and held to what anything else
//! is. What the decoders themselves hold is bounded by the window of each coding, and told by [`Unpack::room`]. No C.

mod brotli;
mod inflate;
#[cfg(test)]
mod tests;
mod zstd;

use bytes::Bytes;
use http::header::CONTENT_ENCODING;
use http::{HeaderMap, HeaderValue};

use self::brotli::Brotli;
use self::inflate::Inflate;
use self::zstd::Zstd;

/// The most that one step unpacks.
const PIECE: usize = 16 * 1024;
/// The codings that are read, as `accept-encoding` names them.
pub(crate) const CODINGS: &str = "gzip, deflate, br, zstd";

/// A packed body cannot be read: it is broken, or asks for a window beyond the bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Corrupt;

/// How a body is packed, by its `content-encoding`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coding {
    Identity,
    Gzip,
    Deflate,
    Brotli,
    Zstd,
}

impl Coding {
    /// # Errors
    /// The header, where it names something else, or several codings over one another.
    pub(crate) fn of(headers: &HeaderMap) -> Result<Self, HeaderValue> {
        let mut found = Self::Identity;
        for value in headers.get_all(CONTENT_ENCODING) {
            for name in value.to_str().map_err(|_| value.clone())?.split(',') {
                let coding = Self::named(name.trim()).ok_or_else(|| value.clone())?;
                if found != Self::Identity && coding != Self::Identity {
                    return Err(value.clone());
                }
                found = if coding == Self::Identity { found } else { coding };
            }
        }
        Ok(found)
    }

    fn named(name: &str) -> Option<Self> {
        let is = |other: &str| name.eq_ignore_ascii_case(other);
        Some(match () {
            () if name.is_empty() || is("identity") => Self::Identity,
            () if is("gzip") || is("x-gzip") => Self::Gzip,
            () if is("deflate") => Self::Deflate,
            () if is("br") => Self::Brotli,
            () if is("zstd") => Self::Zstd,
            () => return None,
        })
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Gzip => "gzip",
            Self::Deflate => "deflate",
            Self::Brotli => "br",
            Self::Zstd => "zstd",
        }
    }

    /// Tells whether it can be read as it comes. The reader of zstd wants the whole body, and keeps its last megabytes
    /// to itself until the end: a stream's tokens would be late.
    pub(crate) fn streams(self) -> bool {
        self != Self::Zstd
    }
}

/// A packed body on its way out.
pub(crate) enum Unpack {
    Inflate(Box<Inflate>),
    Brotli(Box<Brotli>),
    Zstd(Box<Zstd>),
}

impl Unpack {
    /// `None` for what is not packed.
    pub(crate) fn new(coding: Coding) -> Option<Self> {
        Some(match coding {
            Coding::Identity => return None,
            Coding::Gzip => Self::Inflate(Box::new(Inflate::new(true))),
            Coding::Deflate => Self::Inflate(Box::new(Inflate::new(false))),
            Coding::Brotli => Self::Brotli(Box::new(Brotli::new())),
            Coding::Zstd => Self::Zstd(Box::new(Zstd::new())),
        })
    }

    /// Takes the next bytes of the body, what was pushed before having been read with [`Self::piece`]; of a coding that
    /// does not stream, all of them.
    pub(crate) fn push(&mut self, packed: Bytes) {
        match self {
            Self::Inflate(inflate) => inflate.push(packed),
            Self::Brotli(brotli) => brotli.push(packed),
            Self::Zstd(zstd) => zstd.push(packed),
        }
    }

    /// The next unpacked bytes; `None` when all that was pushed has been unpacked.
    ///
    /// # Errors
    /// [`Corrupt`]: no more can be read.
    pub(crate) fn piece(&mut self) -> Result<Option<Bytes>, Corrupt> {
        match self {
            Self::Inflate(inflate) => inflate.piece(),
            Self::Brotli(brotli) => brotli.piece(),
            Self::Zstd(zstd) => zstd.piece(),
        }
    }

    /// Tells whether the body may end here.
    pub(crate) fn is_whole(&self) -> bool {
        match self {
            Self::Inflate(inflate) => inflate.is_whole(),
            Self::Brotli(brotli) => brotli.is_whole(),
            Self::Zstd(zstd) => zstd.is_whole(),
        }
    }

    /// Bytes that the decoder holds at most by now, besides what was pushed and what it gave.
    pub(crate) fn room(&self) -> usize {
        match self {
            Self::Inflate(_) => inflate::ROOM,
            Self::Brotli(brotli) => brotli.room(),
            Self::Zstd(zstd) => zstd.room(),
        }
    }
}

/// Unpacked bytes as they are handed out: a token must not keep a whole piece's room.
fn piece(out: Vec<u8>) -> Bytes {
    if out.len() < PIECE / 4 { Bytes::copy_from_slice(&out) } else { out.into() }
}
