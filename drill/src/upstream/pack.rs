//! Compression that nobody asked for.

use std::io::{self, Write as _};

use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};

/// One compressed body under way.
pub(crate) enum Packer {
    Gzip(GzEncoder<Vec<u8>>),
    Deflate(ZlibEncoder<Vec<u8>>),
}

impl Packer {
    pub(crate) fn gzip() -> Self {
        Self::Gzip(GzEncoder::new(Vec::new(), Compression::fast()))
    }

    pub(crate) fn deflate() -> Self {
        Self::Deflate(ZlibEncoder::new(Vec::new(), Compression::fast()))
    }

    /// The name in `content-encoding`.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Gzip(_) => "gzip",
            Self::Deflate(_) => "deflate",
        }
    }

    /// Packs and flushes: what comes out can be unpacked to all that went in.
    pub(crate) fn pack(&mut self, bytes: &[u8]) -> io::Result<Vec<u8>> {
        match self {
            Self::Gzip(encoder) => {
                encoder.write_all(bytes)?;
                encoder.flush()?;
                Ok(std::mem::take(encoder.get_mut()))
            }
            Self::Deflate(encoder) => {
                encoder.write_all(bytes)?;
                encoder.flush()?;
                Ok(std::mem::take(encoder.get_mut()))
            }
        }
    }

    /// A body of its own, packed in the same way.
    pub(crate) fn whole(&self, bytes: &[u8]) -> io::Result<Vec<u8>> {
        let mut packer = match self {
            Self::Gzip(_) => Self::gzip(),
            Self::Deflate(_) => Self::deflate(),
        };
        let mut packed = packer.pack(bytes)?;
        packed.extend(packer.finish()?);
        Ok(packed)
    }

    /// The last bytes of the body.
    pub(crate) fn finish(self) -> io::Result<Vec<u8>> {
        match self {
            Self::Gzip(encoder) => encoder.finish(),
            Self::Deflate(encoder) => encoder.finish(),
        }
    }
}
