//! gzip (RFC 1952) and deflate (RFC 1950, and RFC 1951 as some send it). Piece by piece, so that every token of a stream
//! goes on when it comes.

use bytes::{Buf as _, Bytes};
use flate2::{Crc, Decompress, FlushDecompress, Status};

use super::{Corrupt, PIECE, piece};

/// The longest head of a gzip member; real ones take ten bytes, or a file's name more.
const HEAD: usize = 4 * 1024;
/// Window and tables.
pub(super) const ROOM: usize = 64 * 1024;

pub(crate) struct Inflate {
    packed: Bytes,
    part: Part,
    engine: Decompress,
    crc: Crc,
    gzip: bool,
}

#[derive(Debug, PartialEq, Eq)]
enum Part {
    /// The beginning of a gzip member; of deflate the first byte, which tells its two kinds apart.
    Head(Vec<u8>),
    Data,
    /// Checksum and length at the end of a gzip member.
    Tail(Vec<u8>),
    /// Between gzip members, or at the end.
    Between,
    /// Behind the last one: not looked at.
    Over,
}

impl Inflate {
    /// Of gzip, or of deflate.
    pub(super) fn new(gzip: bool) -> Self {
        Self {
            packed: Bytes::new(),
            part: Part::Head(Vec::new()),
            engine: Decompress::new(false),
            crc: Crc::new(),
            gzip,
        }
    }

    /// Takes the next bytes of the body; what was pushed before has been read with [`Self::piece`].
    pub(super) fn push(&mut self, packed: Bytes) {
        self.packed = packed;
    }

    /// The next unpacked bytes; `None` when all that was pushed has been unpacked.
    pub(super) fn piece(&mut self) -> Result<Option<Bytes>, Corrupt> {
        loop {
            match &mut self.part {
                Part::Data => {
                    let (out, stuck) = self.unpack()?;
                    if !out.is_empty() {
                        self.crc.update(&out);
                        return Ok(Some(piece(out)));
                    }
                    if self.part == Part::Data && stuck {
                        return Ok(None);
                    }
                }
                _ if self.packed.is_empty() => return Ok(None),
                Part::Head(head) => {
                    head.push(self.packed.get_u8());
                    let complete = if self.gzip { is_gzip_head(head)? } else { true };
                    if !complete {
                        continue;
                    }
                    self.engine = Decompress::new(false);
                    if !self.gzip {
                        // A raw stream never begins like this: the bits would be padding, which is zero.
                        self.engine = Decompress::new(head[0] & 0x0f == 8);
                        let first = std::mem::take(head);
                        self.packed = [first.as_slice(), &self.packed].concat().into();
                    }
                    self.crc = Crc::new();
                    self.part = Part::Data;
                }
                Part::Tail(tail) => {
                    tail.push(self.packed.get_u8());
                    if let [a, b, c, d, e, f, g, h] = tail[..] {
                        let said = (u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h]));
                        if said != (self.crc.sum(), self.crc.amount()) {
                            return Err(Corrupt);
                        }
                        self.part = Part::Between;
                    }
                }
                // Another member may follow; anything else there is padding, as every other reader takes it.
                Part::Between if self.packed.first() == Some(&0x1f) => self.part = Part::Head(Vec::new()),
                Part::Between | Part::Over => {
                    self.part = Part::Over;
                    self.packed.clear();
                }
            }
        }
    }

    /// Unpacks a piece; `true` when that is not possible without more of the body.
    fn unpack(&mut self) -> Result<(Vec<u8>, bool), Corrupt> {
        let mut out = Vec::with_capacity(PIECE);
        let before = self.engine.total_in();
        let status = self.engine.decompress_vec(&self.packed, &mut out, FlushDecompress::None);
        let read = usize::try_from(self.engine.total_in() - before).unwrap_or(usize::MAX);
        self.packed.advance(read.min(self.packed.len()));
        match status {
            Ok(Status::StreamEnd) if self.gzip => self.part = Part::Tail(Vec::new()),
            Ok(Status::StreamEnd) => self.part = Part::Over,
            // No input or no room: neither is the end.
            Ok(Status::Ok | Status::BufError) => {}
            Err(_) => return Err(Corrupt),
        }
        Ok((out, self.packed.is_empty() || read == 0))
    }

    /// Tells whether the body may end here.
    pub(super) fn is_whole(&self) -> bool {
        match &self.part {
            Part::Between | Part::Over => true,
            // A body of no bytes at all is nothing, packed.
            Part::Head(head) => head.is_empty() && self.engine.total_in() == 0,
            Part::Data | Part::Tail(_) => false,
        }
    }
}

/// Tells whether a gzip member's head is complete.
fn is_gzip_head(head: &[u8]) -> Result<bool, Corrupt> {
    const EXTRA: u8 = 4;
    const NAME: u8 = 8;
    const COMMENT: u8 = 16;
    const CHECKSUM: u8 = 2;
    if head.iter().zip([0x1f, 0x8b, 8]).any(|(is, must)| *is != must) || head.len() > HEAD {
        return Err(Corrupt);
    }
    let Some((flags, mut rest)) = head.get(3).zip(head.get(10..)) else { return Ok(false) };
    if flags & EXTRA != 0 {
        let Some((length, behind)) = rest.split_first_chunk::<2>() else { return Ok(false) };
        let Some(behind) = behind.get(usize::from(u16::from_le_bytes(*length))..) else { return Ok(false) };
        rest = behind;
    }
    for flag in [NAME, COMMENT] {
        if flags & flag != 0 {
            let Some(end) = memchr::memchr(0, rest) else { return Ok(false) };
            rest = &rest[end + 1..];
        }
    }
    Ok(flags & CHECKSUM == 0 || rest.len() >= 2)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
    use proptest::prelude::*;

    use super::*;
    use crate::unpack::Coding;

    fn unpack(coding: Coding, packed: &[u8], step: usize) -> Result<(Vec<u8>, bool), Corrupt> {
        let mut inflate = Inflate::new(coding == Coding::Gzip);
        let mut all = Vec::new();
        for chunk in packed.chunks(step) {
            inflate.push(Bytes::copy_from_slice(chunk));
            while let Some(piece) = inflate.piece()? {
                assert!(piece.len() <= PIECE, "{} bytes at once", piece.len());
                all.extend_from_slice(&piece);
            }
        }
        Ok((all, inflate.is_whole()))
    }

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    fn all_kinds(text: &[u8]) -> [(Coding, Vec<u8>); 4] {
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
        let mut raw = DeflateEncoder::new(Vec::new(), Compression::default());
        let named = flate2::GzBuilder::new().filename("answer").comment("none").extra(*b"AB\x01\x00x");
        let mut named = named.write(Vec::new(), Compression::best());
        for encoder in [&mut zlib as &mut dyn std::io::Write, &mut raw, &mut named] {
            encoder.write_all(text).unwrap();
        }
        [
            (Coding::Gzip, gzip(text)),
            (Coding::Gzip, named.finish().unwrap()),
            (Coding::Deflate, zlib.finish().unwrap()),
            (Coding::Deflate, raw.finish().unwrap()),
        ]
    }

    proptest! {
        #[test]
        fn every_kind_unpacks_in_any_pieces_and_no_beginning_is_whole(
            text in prop::collection::vec(0..8_u8, 1..3_000),
            step in 1_usize..400,
            cut in any::<prop::sample::Index>(),
        ) {
            for (coding, packed) in all_kinds(&text) {
                prop_assert_eq!(unpack(coding, &packed, step), Ok((text.clone(), true)));
                let cut = 1 + cut.index(packed.len() - 1);
                let (beginning, whole) = unpack(coding, &packed[..cut], step).unwrap();
                prop_assert!(text.starts_with(&beginning) && !whole, "{:?} whole at {} of {}", coding, cut, packed.len());
            }
        }

        #[test]
        fn noise_is_corrupt_or_unpacks_but_never_panics(noise in prop::collection::vec(any::<u8>(), 0..600)) {
            let _ = unpack(Coding::Deflate, &noise, 7);
            let _ = unpack(Coding::Gzip, &noise, 7);
            let _ = unpack(Coding::Gzip, &[&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3], noise.as_slice()].concat(), 7);
        }
    }

    #[test]
    fn what_was_flushed_comes_at_once() {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        let mut inflate = Inflate::new(true);
        for token in ["one ", "two ", "three "] {
            encoder.write_all(token.as_bytes()).unwrap();
            encoder.flush().unwrap();
            inflate.push(std::mem::take(encoder.get_mut()).into());
            let mut got = Vec::new();
            while let Some(piece) = inflate.piece().unwrap() {
                got.extend_from_slice(&piece);
            }
            assert_eq!(String::from_utf8(got).unwrap(), token);
        }
    }

    #[test]
    fn members_follow_one_another_and_what_follows_them_is_padding() {
        let two = [gzip(b"one "), gzip(b"two")].concat();
        assert_eq!(unpack(Coding::Gzip, &two, 3), Ok((b"one two".to_vec(), true)));
        assert_eq!(
            unpack(Coding::Gzip, &[&two, &[0_u8; 9][..]].concat(), 3),
            Ok((b"one two".to_vec(), true))
        );
        let mut wrong = gzip(b"one");
        let crc = wrong.len() - 8;
        wrong[crc] ^= 1;
        assert_eq!(unpack(Coding::Gzip, &wrong, 99), Err(Corrupt));
        assert_eq!(unpack(Coding::Gzip, b"{\"error\":1}", 99), Err(Corrupt));
    }

    #[test]
    fn a_bomb_comes_in_pieces() {
        let bomb = gzip(&vec![b'x'; 64 << 20]);
        let mut inflate = Inflate::new(true);
        inflate.push(bomb.into());
        for _ in 0..1000 {
            assert!(inflate.piece().unwrap().is_some_and(|piece| piece.len() <= PIECE));
        }
    }
}
