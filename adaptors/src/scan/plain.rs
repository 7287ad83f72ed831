//! Where a run of bytes ends that stand in a JSON string as they are: before a quote, a backslash or a control character.
//!
//! Most of what is read is such a run: an agent's request is 100 KB of prose. So it is looked at in steps, as wide as the
//! processor has them.

/// How many such bytes a text begins with.
#[inline]
pub(crate) fn plain(text: &[u8]) -> usize {
    let mut at = 0;
    #[cfg(target_arch = "x86_64")]
    while let Some(sixteen) = text.get(at..).and_then(<[u8]>::first_chunk) {
        match of_sixteen(sixteen) {
            16 => at += 16,
            some => return at + some,
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

#[cfg(target_arch = "x86_64")]
#[inline]
fn of_sixteen(sixteen: &[u8; 16]) -> usize {
    use safe_arch::{
        bitor_m128i as or, cmp_eq_mask_i8_m128i as same, load_unaligned_m128i, min_u8_m128i,
        move_mask_i8_m128i, set_splat_i8_m128i as all,
    };
    let bytes = load_unaligned_m128i(sixteen);
    let control = same(min_u8_m128i(bytes, all(0x1f)), bytes);
    let special = or(control, or(same(bytes, all(0x22)), same(bytes, all(0x5c))));
    // A bit beyond the last one: sixteen, where there is none.
    (move_mask_i8_m128i(special) | 1 << 16).trailing_zeros() as usize
}

/// Eight bytes in one word, the first the lowest.
#[inline]
fn of_eight(eight: &[u8; 8]) -> usize {
    const ONES: u64 = u64::MAX / 255;
    const SPACE: u64 = ONES * b' ' as u64;
    const QUOTE: u64 = ONES * b'"' as u64;
    const BACKSLASH: u64 = ONES * b'\\' as u64;
    let eight = u64::from_le_bytes(*eight);
    let zero = |bytes: u64| bytes.wrapping_sub(ONES) & !bytes;
    let control = eight.wrapping_sub(SPACE) & !eight;
    // What is borrowed from the next byte may set bits above the lowest one only.
    let special = (control | zero(eight ^ QUOTE) | zero(eight ^ BACKSLASH)) & (ONES << 7);
    special.trailing_zeros() as usize / 8
}

#[cfg(test)]
mod tests {
    use super::*;

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
