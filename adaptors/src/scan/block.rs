//! Sixty-four bytes of a JSON string at once: which of them are quotes, backslashes, control characters, and what
//! backslashes escape. No step depends on how many there are: prose of agents has an escape in some twenty bytes, and
//! a branch for each is one that no processor foresees.

/// A bit for each byte, the first the lowest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) quote: u64,
    pub(super) backslash: u64,
    /// Below a blank: none of them may stand in a string.
    pub(super) control: u64,
}

impl Block {
    pub(super) const LENGTH: usize = 64;

    #[inline]
    pub(super) fn of(bytes: &[u8; Self::LENGTH]) -> Self {
        let [mut quote, mut backslash, mut control] = [0; 3];
        for (n, sixteen) in bytes.as_chunks().0.iter().enumerate() {
            let [quotes, backslashes, controls] = sorted(sixteen);
            quote |= quotes << (16 * n);
            backslash |= backslashes << (16 * n);
            control |= controls << (16 * n);
        }
        Self { quote, backslash, control }
    }

    /// What the backslashes escape; `first` says whether the first byte is escaped by what stands before, and then
    /// whether the first one behind these is.
    #[inline]
    pub(super) fn escaped(&self, first: &mut bool) -> u64 {
        const EVEN: u64 = u64::MAX / 3;
        let before = u64::from(*first);
        // An escaped backslash escapes nothing. What is left comes in runs: of each, every second byte escapes the next.
        let backslash = self.backslash & !before;
        let behind = backslash << 1 | before;
        let odd_begins = backslash & !EVEN & !behind;
        // Adding a run's begin to the run carries behind its end: the sum's bits there tell odd begins from even ones.
        let (sum, over) = odd_begins.overflowing_add(backslash);
        *first = over;
        (EVEN ^ (sum << 1)) & behind
    }
}

/// The bytes that are usual behind a backslash, of those that no [`Block`] has: newlines and tabs of code.
#[inline]
pub(super) fn usual(bytes: &[u8; Block::LENGTH]) -> u64 {
    let mut found = 0;
    for (n, sixteen) in bytes.as_chunks().0.iter().enumerate() {
        found |= letters(sixteen) << (16 * n);
    }
    found
}

#[cfg(target_arch = "x86_64")]
use wide::{letters, sorted};
#[cfg(not(target_arch = "x86_64"))]
use words::{letters, sorted};

#[cfg(target_arch = "x86_64")]
mod wide {
    use safe_arch::{
        bitor_m128i as or, cmp_eq_mask_i8_m128i as same, load_unaligned_m128i, m128i, min_u8_m128i,
        move_mask_i8_m128i, set_splat_i8_m128i as all,
    };

    #[inline]
    pub(super) fn sorted(sixteen: &[u8; 16]) -> [u64; 3] {
        let bytes = load_unaligned_m128i(sixteen);
        let control = same(min_u8_m128i(bytes, all(0x1f)), bytes);
        [same(bytes, all(0x22)), same(bytes, all(0x5c)), control].map(bits)
    }

    #[inline]
    pub(super) fn letters(sixteen: &[u8; 16]) -> u64 {
        let bytes = load_unaligned_m128i(sixteen);
        bits(or(same(bytes, all(0x6e)), same(bytes, all(0x74))))
    }

    #[inline]
    fn bits(marks: m128i) -> u64 {
        u64::from(move_mask_i8_m128i(marks).cast_unsigned())
    }
}

#[cfg(any(test, not(target_arch = "x86_64")))]
mod words {
    use super::super::plain::{below_blank, bits, same};

    #[inline]
    pub(super) fn sorted(sixteen: &[u8; 16]) -> [u64; 3] {
        [bits(sixteen, same(b'"')), bits(sixteen, same(b'\\')), bits(sixteen, below_blank)].map(u64::from)
    }

    #[inline]
    pub(super) fn letters(sixteen: &[u8; 16]) -> u64 {
        u64::from(bits(sixteen, same(b'n')) | bits(sixteen, same(b't')))
    }
}

#[cfg(test)]
mod tests {
    use super::super::broken::Chance;
    use super::*;

    /// The same, byte for byte.
    fn plainly(bytes: &[u8; 64], mut first: bool) -> (Block, u64, u64, bool) {
        let bit = |is: &dyn Fn(u8) -> bool| (0..64).fold(0, |bits, at| bits | u64::from(is(bytes[at])) << at);
        let block = Block {
            quote: bit(&|byte| byte == b'"'),
            backslash: bit(&|byte| byte == b'\\'),
            control: bit(&|byte| byte < b' '),
        };
        let mut escaped = 0;
        for (at, byte) in bytes.iter().enumerate() {
            let is_escaped = first;
            first = *byte == b'\\' && !is_escaped;
            escaped |= u64::from(is_escaped) << at;
        }
        (block, escaped, bit(&|byte| byte == b'n' || byte == b't'), first)
    }

    #[test]
    fn every_byte_has_its_bits_and_so_has_what_is_escaped() {
        let mut chance = Chance::default();
        for round in 0..20_000 {
            // From hardly any backslash to nothing else.
            let share = round % 17;
            let mut bytes = [0; 64];
            for byte in &mut bytes {
                *byte = if chance.below(16) < share { b'\\' } else { chance.below(256) as u8 };
            }
            for begins_escaped in [false, true] {
                let mut goes_on = begins_escaped;
                let block = Block::of(&bytes);
                let escaped = block.escaped(&mut goes_on);
                assert_eq!(
                    (block, escaped, usual(&bytes), goes_on),
                    plainly(&bytes, begins_escaped),
                    "{bytes:?}"
                );
            }
            for sixteen in bytes.as_chunks().0 {
                assert_eq!(
                    (sorted(sixteen), letters(sixteen)),
                    (words::sorted(sixteen), words::letters(sixteen))
                );
            }
        }
    }
}
