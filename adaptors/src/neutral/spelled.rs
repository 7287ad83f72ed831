//! Texts spelled out in the alphabet that every dialect takes in an id, and ids that carry the signature of their call:
//! clients send ids back as they came, whatever else they forget.

use std::fmt::Write as _;

/// Begins an id that carries its call's signature. What follows are the id and the signature, both spelled out, with
/// [`BETWEEN`] between them.
const WITH_SIGNATURE: &str = "wt--";
/// Stands in nothing that is spelled out: a dash comes before two digits there.
const BETWEEN: &str = "--";

pub(crate) fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

pub(crate) fn spell(text: &str, out: &mut String) {
    for byte in text.bytes() {
        if is_plain(byte) {
            out.push(byte.into());
        } else {
            let _ = write!(out, "-{byte:02x}");
        }
    }
}

pub(crate) fn read_back(spelled: &str) -> Option<String> {
    let mut pieces = spelled.split('-');
    let mut bytes = pieces.next()?.as_bytes().to_vec();
    for piece in pieces {
        bytes.push(u8::from_str_radix(piece.get(..2)?, 16).ok()?);
        bytes.extend_from_slice(&piece.as_bytes()[2..]);
    }
    String::from_utf8(bytes).ok()
}

/// An id that carries the signature.
pub(crate) fn join(id: &str, signature: &str) -> String {
    let mut both = String::from(WITH_SIGNATURE);
    spell(id, &mut both);
    both.push_str(BETWEEN);
    spell(signature, &mut both);
    both
}

/// The id and the signature of one that carries it.
pub(crate) fn split(id: &str) -> Option<(String, String)> {
    let (id, signature) = id.strip_prefix(WITH_SIGNATURE)?.split_once(BETWEEN)?;
    Some((read_back(id)?, read_back(signature)?))
}
