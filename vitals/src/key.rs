//! Caller keys: their form, and the hash under which they are kept.

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::Secret;

const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const LENGTH: usize = 48;

/// The SHA-256 of a caller key, written `sha256:` and 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyHash([u8; 32]);

impl KeyHash {
    /// The hash of a key as a caller sends it.
    #[must_use]
    pub fn of(key: &str) -> Self {
        Self(Sha256::digest(key.as_bytes()).into())
    }

    /// Reads `sha256:` and 64 hexadecimal digits.
    ///
    /// # Errors
    /// Anything else, with a fragment that says what is expected.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wanted = || {
            "expected `sha256:` and 64 hexadecimal digits, as `watertight keys hash` prints them".to_owned()
        };
        let hex =
            text.strip_prefix("sha256:").filter(|h| h.len() == 64 && h.is_ascii()).ok_or_else(wanted)?;
        let mut bytes = [0_u8; 32];
        for (byte, pair) in bytes.iter_mut().zip(hex.as_bytes().chunks_exact(2)) {
            let text = std::str::from_utf8(pair).map_err(|_| wanted())?;
            *byte = u8::from_str_radix(text, 16).map_err(|_| wanted())?;
        }
        Ok(Self(bytes))
    }

    /// Compares in constant time.
    #[must_use]
    pub fn matches(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl std::fmt::Display for KeyHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("sha256:")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl std::fmt::Debug for KeyHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self}")
    }
}

/// Makes a key, `sk-` and 48 alphanumerics, from random bytes. Bytes of 248 and above are skipped, so that every
/// character is equally likely; `None` when too few are left (128 bytes are enough in practice).
#[must_use]
pub fn from_random(random: &[u8]) -> Option<Secret> {
    let chars: String = random
        .iter()
        .filter(|b| **b < 248)
        .take(LENGTH)
        .map(|b| char::from(ALPHABET[usize::from(*b) % ALPHABET.len()]))
        .collect();
    (chars.len() == LENGTH).then(|| Secret::new(format!("sk-{chars}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hash_round_trips() {
        let hash = KeyHash::of("sk-test");
        let text = hash.to_string();
        assert!(KeyHash::parse(&text).unwrap().matches(&hash));
        assert!(!KeyHash::of("sk-other").matches(&hash));
        // printf sk-test | sha256sum
        assert_eq!(text, "sha256:f3abf2a6cc4f00987743db5f544ba345b4899ae31f326d8ee9c4816de153c9e0");
    }

    #[test]
    fn refuses_other_forms() {
        for wrong in ["", "sha256:", "sha256:zz", "md5:00", &format!("sha256:{}", "g".repeat(64))] {
            assert!(KeyHash::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn keys_have_the_form_and_skip_biased_bytes() {
        let key = from_random(&[7; 48]).unwrap();
        assert_eq!(key.reveal(), format!("sk-{}", "H".repeat(48)));
        assert!(from_random(&[250; 128]).is_none());
        assert!(from_random(&[7; 47]).is_none());
    }
}
