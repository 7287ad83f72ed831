//! Where a run of bytes ends that stand in a JSON string as they are: before a quote, a backslash or a control character.
//!
//! Most of what is read is such a run: an agent's request is 100 KB of prose. So it is looked at in steps, as wide as the
//! processor has them.

/// How many such bytes a text begins with.
#[inline]
pub(crate) fn plain(text: &[u8]) -> usize {
    let mut at = 0;
    while let Some(sixteen) = text.get(at..).and_then(<[u8]>::first_chunk) {
        match specials(sixteen) {
            0 => at += 16,
            some => return at + some.trailing_zeros() as usize,
        }
    }
    while let Some(eight) = text.get(at..).and_then(<[u8]>::first_chunk) {
        match of_eight(eight) {
            8 => at += 8,
            some => return at + some,
        }
    }
    let is_special = |byte: &u8| matches!(byte, ..b' ' | b'"' | b'\\');
    text[at..].iter().position(is_special).map_or(text.len(), |more| at + more)
}

/// A bit for each byte of these that is not plain, the first the lowest.
#[cfg(target_arch = "x86_64")]
#[inline]
pub(super) fn specials(sixteen: &[u8; 16]) -> u32 {
    use safe_arch::{
        bitor_m128i as or, cmp_eq_mask_i8_m128i as same, load_unaligned_m128i, min_u8_m128i,
        move_mask_i8_m128i, set_splat_i8_m128i as all,
    };
    let bytes = load_unaligned_m128i(sixteen);
    let control = same(min_u8_m128i(bytes, all(0x1f)), bytes);
    let special = or(control, or(same(bytes, all(0x22)), same(bytes, all(0x5c))));
    move_mask_i8_m128i(special).cast_unsigned()
}

/// A bit for each byte of these that is not plain, the first the lowest.
#[cfg(not(target_arch = "x86_64"))]
#[inline]
pub(super) fn specials(sixteen: &[u8; 16]) -> u32 {
    by_words(sixteen)
}

#[cfg(any(test, not(target_arch = "x86_64")))]
fn by_words(sixteen: &[u8; 16]) -> u32 {
    bits(sixteen, marked)
}

/// A bit for each byte that `marks` marks, the first the lowest.
#[cfg(any(test, not(target_arch = "x86_64")))]
#[inline]
pub(super) fn bits(sixteen: &[u8; 16], marks: impl Fn(u64) -> u64) -> u32 {
    // Each byte's highest bit, side by side in the highest byte of the product.
    let bits = |eight: &[u8]| {
        let eight = eight.first_chunk().map_or(0, |eight| marks(u64::from_le_bytes(*eight)));
        (eight >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
    };
    let (low, high) = sixteen.split_at(8);
    (bits(low) | bits(high) << 8) as u32
}

/// How many of eight bytes are plain before one that is not.
#[inline]
fn of_eight(eight: &[u8; 8]) -> usize {
    marked(u64::from_le_bytes(*eight)).trailing_zeros() as usize / 8
}

const ONES: u64 = u64::MAX / 255;

/// The highest bit of each byte that is not plain, and nothing else.
#[inline]
fn marked(eight: u64) -> u64 {
    below_blank(eight) | same(b'"')(eight) | same(b'\\')(eight)
}

/// The highest bit of each byte that is a control character.
#[inline]
pub(super) fn below_blank(eight: u64) -> u64 {
    // Nothing below a blank has one of the three highest bits.
    zero(eight & (ONES * 0xe0))
}

/// The highest bit of each byte that is this one.
#[inline]
pub(super) fn same(byte: u8) -> impl Fn(u64) -> u64 {
    move |eight| zero(eight ^ (ONES * u64::from(byte)))
}

const fn zero(bytes: u64) -> u64 {
    const HIGHEST: u64 = ONES << 7;
    !(((bytes & !HIGHEST) + !HIGHEST) | bytes) & HIGHEST
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_of_sixteen_has_its_bit() {
        for byte in 0..=u8::MAX {
            let mut sixteen = *b"plain\"text\\\n    ";
            for at in 0..16 {
                let before = std::mem::replace(&mut sixteen[at], byte);
                let bit = |at: usize| matches!(sixteen[at], ..b' ' | b'"' | b'\\');
                let bits = (0..16).fold(0, |bits, at| bits | u32::from(bit(at)) << at);
                assert_eq!([specials(&sixteen), by_words(&sixteen)], [bits; 2], "{sixteen:?}");
                sixteen[at] = before;
            }
        }
    }

    /// Every byte that a mistake could take for another, at every place of texts of every length up to three steps and some.
    #[test]
    fn the_first_byte_that_is_not_plain_is_found_at_every_place() {
        let is_plain = |byte: u8| byte >= b' ' && byte != b'"' && byte != b'\\';
        for around in [b'a', b' ', b'#', b']', 0x80, 0xa2, 0xdc, 0xff] {
            for length in 0..56 {
                let mut text = vec![around; length];
                assert_eq!(plain(&text), length);
                for at in 0..length {
                    for byte in [
                        0, 0x1f, b' ', b'!', b'"', b'#', b'[', b'\\', b']', 0x7f, 0x80, 0x9f, 0xa2, 0xdc,
                        0xff,
                    ] {
                        text[at] = byte;
                        assert_eq!(plain(&text), if is_plain(byte) { length } else { at }, "{text:?}");
                    }
                    // Of two it is the first.
                    text[at] = b'\\';
                    let last = std::mem::replace(&mut text[length - 1], 0x1f);
                    assert_eq!(plain(&text), at);
                    (text[length - 1], text[at]) = (last, around);
                }
            }
        }
    }
}
