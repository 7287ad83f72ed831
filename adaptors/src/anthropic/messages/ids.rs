//! Ids of tool calls. Anthropic takes `[a-zA-Z0-9_-]+` only, others give what they like (`functions.f:0`): such an id
//! is spelled out in that alphabet and read back when it returns.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Begins an id that is spelled out.
const MARK: &str = "wt-";

/// Begins a signature (or redacted thinking) that another upstream gave: only such a one is shown to one again.
pub(super) const SIGNED: &str = "wt:";

pub(super) fn to_anthropic(id: Cow<'_, str>) -> Cow<'_, str> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    if !id.is_empty() && !id.starts_with(MARK) && id.bytes().all(|byte| plain(byte) || byte == b'-') {
        return id;
    }
    let mut spelled = String::from(MARK);
    for byte in id.bytes() {
        if plain(byte) {
            spelled.push(byte.into());
        } else {
            let _ = write!(spelled, "-{byte:02x}");
        }
    }
    spelled.into()
}

pub(super) fn from_anthropic(id: Cow<'_, str>) -> Cow<'_, str> {
    match id.strip_prefix(MARK).and_then(read_back) {
        Some(original) => original.into(),
        None => id,
    }
}

fn read_back(spelled: &str) -> Option<String> {
    let mut pieces = spelled.split('-');
    let mut bytes = pieces.next()?.as_bytes().to_vec();
    for piece in pieces {
        bytes.push(u8::from_str_radix(piece.get(..2)?, 16).ok()?);
        bytes.extend_from_slice(&piece.as_bytes()[2..]);
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn good_ids_stay_as_they_are() {
        for id in ["toolu_01A", "call-x_9"] {
            assert_eq!(to_anthropic(id.into()), id);
            assert_eq!(from_anthropic(id.into()), id);
        }
        assert_eq!(to_anthropic("functions.f:0".into()), "wt-functions-2ef-3a0");
        for other in ["wt-", "wt-a-", "wt-a-zz", "wt--é"] {
            let _ = from_anthropic(other.into());
        }
    }

    proptest! {
        #[test]
        fn any_id_comes_back(id in "\\PC{0,20}|wt-[a-z0-9-]{0,9}") {
            let there = to_anthropic(id.as_str().into()).into_owned();
            prop_assert!(there.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte)));
            prop_assert_eq!(from_anthropic(there.into()), id);
        }
    }
}
