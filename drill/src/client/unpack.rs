//! Bodies that come compressed: an official SDK's HTTP library unpacks them, so the drill looks into them, too.

use std::io::{self, Write};

use flate2::write::{GzDecoder, ZlibDecoder};

/// One body on its way.
pub(super) struct Unpack {
    coding: Coding,
    broken: bool,
}

enum Coding {
    Gzip(GzDecoder<Vec<u8>>),
    Deflate(ZlibDecoder<Vec<u8>>),
}

impl Unpack {
    /// For a value of `content-encoding`; `None` for one that is not known, whose bytes are taken as they are.
    pub(super) fn of(name: &str) -> Option<Self> {
        let coding = match name.trim().to_ascii_lowercase().as_str() {
            "gzip" | "x-gzip" => Coding::Gzip(GzDecoder::new(Vec::new())),
            "deflate" => Coding::Deflate(ZlibDecoder::new(Vec::new())),
            _ => return None,
        };
        Some(Self { coding, broken: false })
    }

    /// Unpacks these bytes; nothing more after the first that cannot be unpacked.
    pub(super) fn take(&mut self, bytes: &[u8]) -> Vec<u8> {
        if self.broken {
            return Vec::new();
        }
        let (done, plain) = match &mut self.coding {
            Coding::Gzip(decoder) => (push(decoder, bytes), std::mem::take(decoder.get_mut())),
            Coding::Deflate(decoder) => (push(decoder, bytes), std::mem::take(decoder.get_mut())),
        };
        self.broken = done.is_err();
        plain
    }

    /// Tells whether nothing is missing at its end.
    pub(super) fn is_whole(&mut self) -> bool {
        let finished = match &mut self.coding {
            Coding::Gzip(decoder) => decoder.try_finish(),
            Coding::Deflate(decoder) => decoder.try_finish(),
        };
        !self.broken && finished.is_ok()
    }
}

fn push(decoder: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    decoder.write_all(bytes)?;
    decoder.flush()
}

#[cfg(test)]
mod tests {
    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    #[test]
    fn a_packed_body_is_read_piece_by_piece_and_its_end_is_missed() {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
        gzip.write_all(b"water").unwrap();
        gzip.flush().unwrap();
        let first = gzip.get_ref().len();
        gzip.write_all(b"tight").unwrap();
        let packed = gzip.finish().unwrap();
        let mut unpack = Unpack::of("GZIP").unwrap();
        assert_eq!(unpack.take(&packed[..first]), b"water");
        assert!(
            !Unpack::of("gzip").map(|mut half| (half.take(&packed[..first]), half.is_whole()).1).unwrap()
        );
        assert_eq!(unpack.take(&packed[first..]), b"tight");
        assert!(unpack.is_whole());
        let mut broken = Unpack::of("gzip").unwrap();
        broken.take(b"not packed at all");
        assert!(!broken.is_whole());
        assert!(Unpack::of("br").is_none() && Unpack::of("identity").is_none());
    }
}
