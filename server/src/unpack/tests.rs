use proptest::prelude::*;
use ruzstd::encoding::{CompressionLevel, compress_to_vec};

use super::*;

const TEXT: &[u8] = br#"{"model":"m","messages":[{"role":"user","content":"the time and the place of the first meeting, the time and the place of the second meeting"}]}"#;
/// The same by the encoders that others use: brotli 1.2, zstd 1.5 at level 19 with a checksum.
const BROTLI: &[u8] = b"\x1b\x8f\x00\x48\x9c\x07\xb6\x0d\x6b\xbb\xb1\x59\x58\x90\x9e\x3d\x54\xd4\x22\x7b\x64\x5b\x33\xac\x8d\xae\x75\x58\xba\xfa\x16\x9a\x9b\x4e\x0e\x1c\xfe\x07\x92\xd5\x92\xb0\x79\x44\x41\x6e\x63\xcb\x73\x15\x11\xa4\xf3\x3b\x7a\xb4\x8d\xa4\x70\x58\x4a\x03\xa9\x12\xe6\xe3\x97\x2d\xfd\x4e\x24\x58\xb5\x30\xe2\x3c\x82\x47\x18\xda\x77";
const ZSTD: &[u8] = b"\x28\xb5\x2f\xfd\x24\x90\xc5\x02\x00\x52\x86\x12\x11\xa0\xed\x85\xe7\xd4\xcc\x7e\x73\xf8\xa3\xea\x5b\x17\xc9\xff\x17\x04\x75\x54\x9b\xe6\xca\xe3\x02\xd4\x94\xfc\xd9\xca\x08\xd5\x39\x6e\x5f\xc8\x7a\xfb\x24\xd7\x34\xb2\x67\x4a\xee\x93\x74\xb0\x6c\x97\xcd\x15\x03\xc3\xc7\xe9\xe0\x2f\x07\x4d\x45\x70\x3c\x22\x31\x9e\x19\x98\x39\x78\xdd\x38\x66\x1a\x03\x00\x51\x11\x05\x54\xa2\x32\x20\xcc\x28\xac\x28\x52\x2f";

fn unpack(coding: Coding, packed: &[u8], step: usize) -> Result<(Vec<u8>, bool), Corrupt> {
    let mut unpack = Unpack::new(coding).unwrap();
    let mut all = Vec::new();
    for chunk in packed.chunks(step) {
        unpack.push(Bytes::copy_from_slice(chunk));
        while let Some(piece) = unpack.piece()? {
            assert!(piece.len() <= PIECE, "{} bytes at once", piece.len());
            all.extend_from_slice(&piece);
        }
    }
    Ok((all, unpack.is_whole()))
}

/// Packs in brotli without packing: metablocks that are not compressed (RFC 7932, section 9.2).
fn stored(text: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    for (n, block) in text.chunks(1 << 16).enumerate() {
        // Not the last, four nibbles of length, not compressed; before the first, the window in a bit.
        let head = u32::try_from(block.len() - 1).unwrap() << 3 | 1 << 19;
        let head = if n == 0 { head << 1 } else { head };
        packed.extend_from_slice(&head.to_le_bytes()[..3]);
        packed.extend_from_slice(block);
    }
    packed.push(if text.is_empty() { 6 } else { 3 });
    packed
}

/// A zstd frame with a window of 1 KiB << `log`, and these blocks of one repeated byte.
fn repeated(log: u8, blocks: usize) -> Vec<u8> {
    let mut frame = vec![0x28, 0xb5, 0x2f, 0xfd, 0, log << 3];
    for n in 1..=blocks {
        let head = u32::try_from(128 * 1024).unwrap() << 3 | 1 << 1 | u32::from(n == blocks);
        frame.extend_from_slice(&head.to_le_bytes()[..3]);
        frame.push(b'x');
    }
    frame
}

proptest! {
    #[test]
    fn what_is_packed_unpacks_and_no_beginning_of_it_is_whole(
        text in prop::collection::vec(0..8_u8, 1..5_000),
        step in 1_usize..900,
        cut in any::<prop::sample::Index>(),
    ) {
        let brotli = stored(&text);
        prop_assert_eq!(unpack(Coding::Brotli, &brotli, step), Ok((text.clone(), true)));
        let (beginning, whole) = unpack(Coding::Brotli, &brotli[..1 + cut.index(brotli.len() - 1)], step).unwrap();
        prop_assert!(text.starts_with(&beginning) && !whole);
        let zstd = compress_to_vec(text.as_slice(), CompressionLevel::Fastest);
        prop_assert_eq!(unpack(Coding::Zstd, &zstd, usize::MAX), Ok((text, true)));
        let whole = unpack(Coding::Zstd, &zstd[..1 + cut.index(zstd.len() - 1)], usize::MAX);
        prop_assert!(whole.is_err(), "{:?}", whole);
    }

    #[test]
    fn noise_is_corrupt_or_unpacks_but_never_panics(
        noise in prop::collection::vec(any::<u8>(), 1..600),
        at in any::<prop::sample::Index>(),
    ) {
        for (coding, right) in [(Coding::Brotli, BROTLI), (Coding::Zstd, ZSTD)] {
            let _ = unpack(coding, &noise, usize::MAX);
            let at = at.index(right.len());
            let _ = unpack(coding, &[&right[..at], &noise[..1], &right[at + 1..]].concat(), usize::MAX);
            let _ = unpack(coding, &[&right[..at], &noise].concat(), usize::MAX);
        }
    }
}

#[test]
fn several_blocks_are_one_body() {
    let text: Vec<u8> = (0..300_000_u32).flat_map(u32::to_le_bytes).collect();
    assert!(unpack(Coding::Brotli, &stored(&text), 5_000) == Ok((text.clone(), true)));
    let zstd = compress_to_vec(text.as_slice(), CompressionLevel::Fastest);
    assert!(unpack(Coding::Zstd, &zstd, usize::MAX) == Ok((text, true)));
}

#[test]
fn what_other_encoders_made_is_read() {
    for step in [1, 7, usize::MAX] {
        assert_eq!(unpack(Coding::Brotli, BROTLI, step), Ok((TEXT.to_vec(), true)));
    }
    assert_eq!(unpack(Coding::Zstd, ZSTD, usize::MAX), Ok((TEXT.to_vec(), true)));
    let skipped = [0x50, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 9, 9];
    let twice = [ZSTD, &skipped, ZSTD].concat();
    assert_eq!(unpack(Coding::Zstd, &twice, usize::MAX), Ok(([TEXT, TEXT].concat(), true)));
    for coding in [Coding::Brotli, Coding::Zstd] {
        assert_eq!(unpack(coding, b"", usize::MAX), Ok((Vec::new(), true)), "nothing, packed");
    }
}

#[test]
fn what_is_wrong_is_corrupt() {
    let mut wrong = ZSTD.to_vec();
    *wrong.last_mut().unwrap() ^= 1;
    assert_eq!(unpack(Coding::Zstd, &wrong, usize::MAX), Err(Corrupt), "the checksum");
    for (coding, right) in [(Coding::Brotli, BROTLI), (Coding::Zstd, ZSTD)] {
        assert_eq!(unpack(coding, &[right, b"and more"].concat(), usize::MAX), Err(Corrupt), "{coding:?}");
        assert_eq!(unpack(coding, TEXT, usize::MAX), Err(Corrupt), "{coding:?}");
    }
}

#[test]
fn windows_are_bounded() {
    assert!(unpack(Coding::Zstd, &repeated(13, 1), usize::MAX).is_ok(), "8 MiB, the most that HTTP allows");
    assert_eq!(unpack(Coding::Zstd, &repeated(14, 1), usize::MAX), Err(Corrupt));
    // The longest window of a later draft, in its first bits.
    assert_eq!(unpack(Coding::Brotli, &[0x11, 30, 0, 0], usize::MAX), Err(Corrupt));
}

#[test]
fn a_bomb_comes_in_pieces_and_its_decoder_stays_small() {
    let mut zstd = Unpack::new(Coding::Zstd).unwrap();
    zstd.push(repeated(10, 2_000).into());
    let mut total = 0;
    while let Some(piece) = zstd.piece().unwrap() {
        total += piece.len();
        assert!(piece.len() <= PIECE && zstd.room() <= 20 << 20);
    }
    assert_eq!(total, 2_000 * 128 * 1024);
}

#[test]
fn a_token_of_brotli_comes_when_it_was_flushed() {
    let mut brotli = Unpack::new(Coding::Brotli).unwrap();
    let mut packed = stored(b"token");
    packed.pop();
    brotli.push(packed.into());
    assert_eq!(brotli.piece(), Ok(Some(Bytes::from_static(b"token"))));
    assert_eq!((brotli.piece(), brotli.is_whole()), (Ok(None), false));
}

#[test]
fn the_coding_is_read_by_its_names() {
    let of = |values: &[&'static str]| {
        let header = |value: &&'static str| (CONTENT_ENCODING, HeaderValue::from_static(value));
        Coding::of(&values.iter().map(header).collect::<HeaderMap>()).ok()
    };
    assert_eq!(of(&[]), Some(Coding::Identity));
    assert_eq!(of(&["Identity"]), Some(Coding::Identity));
    assert_eq!(of(&["X-GZip"]), Some(Coding::Gzip));
    assert_eq!(of(&["deflate", "identity"]), Some(Coding::Deflate));
    assert_eq!(of(&["identity, br"]), Some(Coding::Brotli));
    for name in CODINGS.split(", ") {
        assert_eq!(Coding::named(name).map(Coding::as_str), Some(name));
    }
    for other in [&["compress"][..], &["zstd;q=1"], &["gzip, gzip"], &["gzip", "br"], &["dcb"]] {
        assert_eq!(of(other), None, "{other:?}");
    }
}
