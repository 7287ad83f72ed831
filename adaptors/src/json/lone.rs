//! Halves of characters: an escape such as `\ud83d` without the other one that makes a character of both. JSON allows it,
//! no text can hold it. It comes from who cuts a text between two halves.
//!
//! A text with such a half is read as [`MARK`] and the text, in which each half is a character of a range that nobody uses.
//! So what knows the next piece can put the halves together; for everybody else [`settled`] makes U+FFFD of each.

use std::borrow::Cow;

use bytes::Bytes;
use memchr::{memchr, memmem};
use serde::de::IgnoredAny;
use serde_json::Value;

/// Begins a text with halves in it: no character, and never to be sent.
const MARK: char = '\u{10ffff}';
/// The last characters there are stand for the halves, which are as many.
const HALVES: u32 = 0x10_f800;
const FIRST: u16 = 0xd800;
/// From here on they are second halves.
const SECOND: u16 = 0xdc00;

/// What a text is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    Char(char),
    First(u16),
    Second(u16),
}

impl Unit {
    fn of(letter: char) -> Self {
        match u32::from(letter).checked_sub(HALVES).and_then(|half| u16::try_from(half).ok()) {
            None => Self::Char(letter),
            Some(half) if FIRST + half < SECOND => Self::First(FIRST + half),
            Some(half) => Self::Second(FIRST.saturating_add(half)),
        }
    }
}

pub(crate) fn has_halves(text: &str) -> bool {
    text.starts_with(MARK)
}

/// What a text is made of that [`has_halves`].
pub(crate) fn units(text: &str) -> impl Iterator<Item = Unit> {
    text.chars().skip(1).map(Unit::of)
}

/// The character of two halves.
pub(crate) fn whole(first: u16, second: u16) -> char {
    char::decode_utf16([first, second]).next().and_then(Result::ok).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// The text, with U+FFFD for each half.
pub(crate) fn settled(text: Cow<'_, str>) -> Cow<'_, str> {
    if !has_halves(&text) {
        return text;
    }
    let settle = |unit| match unit {
        Unit::Char(letter) => letter,
        Unit::First(_) | Unit::Second(_) => char::REPLACEMENT_CHARACTER,
    };
    units(&text).map(settle).collect::<String>().into()
}

/// Bytes of UTF-8, but for halves, which are written like characters.
pub(super) fn marked(mut bytes: &[u8]) -> String {
    let mut text = String::from(MARK);
    loop {
        let (good, bad) = match std::str::from_utf8(bytes) {
            Ok(good) => (good, &[][..]),
            Err(error) => {
                let (good, bad) = bytes.split_at(error.valid_up_to());
                (std::str::from_utf8(good).unwrap_or_default(), bad)
            }
        };
        text.push_str(good);
        bytes = match bad {
            [] => return text,
            [0xed, a @ 0xa0..=0xbf, b @ 0x80..=0xbf, rest @ ..] => {
                let half = (u32::from(*a & 0x1f) << 6) | u32::from(*b & 0x3f);
                text.push(char::from_u32(HALVES + half).unwrap_or(char::REPLACEMENT_CHARACTER));
                rest
            }
            [_, rest @ ..] => {
                text.push(char::REPLACEMENT_CHARACTER);
                rest
            }
        };
    }
}

/// The same bytes, whose strings can all be read; `None` where they can be as they are. Nothing changes its place.
pub(crate) fn mended_bytes(json: &[u8]) -> Option<Bytes> {
    lone(json, 0)?;
    Some(mended(std::str::from_utf8(json).ok()?).into_owned().into())
}

/// A JSON text whose strings can all be read.
pub(crate) fn mended(json: &str) -> Cow<'_, str> {
    let Some(first) = lone(json.as_bytes(), 0) else { return json.into() };
    let (mut mended, mut from, mut next) = (String::with_capacity(json.len()), 0, Some(first));
    while let Some(at) = next {
        mended.push_str(&json[from..at]);
        mended.push_str("\\ufffd");
        from = at + "\\ufffd".len();
        next = lone(json.as_bytes(), from);
    }
    mended.push_str(&json[from..]);
    mended.into()
}

/// Where the next half without the other stands. Nearly no text has any escape that could be one.
fn lone(json: &[u8], from: usize) -> Option<usize> {
    let may_have = |half: &[u8]| memmem::find(&json[from..], half).is_some();
    if !may_have(b"\\ud") && !may_have(b"\\uD") {
        return None;
    }
    let mut at = from;
    loop {
        at += memchr(b'\\', json.get(at..)?)?;
        at += match escaped(json, at) {
            None => 2,
            Some(FIRST..SECOND) if matches!(escaped(json, at + 6), Some(SECOND..=0xdfff)) => 12,
            Some(FIRST..=0xdfff) => return Some(at),
            Some(_) => 6,
        };
    }
}

/// The number in an escape `\u1234`.
fn escaped(json: &[u8], at: usize) -> Option<u16> {
    let digits = json.get(at..at + 6)?.strip_prefix(b"\\u")?;
    u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

/// A JSON text to look into, and never to pass on: what no text and no number can hold is something else there.
pub(crate) fn look(json: &[u8]) -> serde_json::Result<Value> {
    serde_json::from_slice(json).or_else(|error| {
        let text =
            std::str::from_utf8(json).ok().filter(|text| serde_json::from_str::<IgnoredAny>(text).is_ok());
        text.map_or(Err(error), |text| serde_json::from_str(&bounded(&mended(text))))
    })
}

/// A JSON text without numbers that are too large to be told apart.
fn bounded(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    let (mut in_string, mut escaped) = (false, false);
    let is_part = |letter: char| letter.is_ascii_digit() || matches!(letter, '+' | '-' | '.' | 'e' | 'E');
    let mut rest = json;
    while let Some(letter) = rest.chars().next() {
        let length = match letter {
            '0'..='9' if !in_string => rest.find(|letter| !is_part(letter)).unwrap_or(rest.len()),
            letter => letter.len_utf8(),
        };
        let (token, behind) = rest.split_at(length);
        let is_huge = !in_string
            && letter.is_ascii_digit()
            && token.parse::<f64>().is_ok_and(|number| number.is_infinite());
        out.push_str(if is_huge { "0" } else { token });
        in_string ^= letter == '"' && !escaped;
        escaped = in_string && letter == '\\' && !escaped;
        rest = behind;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lone_halves_are_replaced_once_each_and_nothing_else_is() {
        for (json, there) in [
            (r#""a\ud83d""#, r#""a\ufffd""#),
            (r#""\uD83D\ude00\ud83d\ud83d\ude00\ude00.""#, r#""\uD83D\ude00\ufffd\ud83d\ude00\ufffd.""#),
            (r#""\\ud83d\\\udfff\n""#, r#""\\ud83d\\\ufffd\n""#),
            (r#""\ud83d\u00e9\u12""#, r#""\ufffd\u00e9\u12""#),
            (r#""plain""#, r#""plain""#),
        ] {
            assert_eq!(mended(json), there);
        }
    }

    #[test]
    fn a_text_with_halves_can_be_put_together() {
        let text = marked(b"a\xed\xa0\xbd\xed\xb8\x80b\xff");
        assert_eq!(settled(text.as_str().into()), "a\u{fffd}\u{fffd}b\u{fffd}");
        let [a, first, second] = [0, 1, 2].map(|at| units(&text).nth(at).unwrap());
        assert_eq!((a, first, second), (Unit::Char('a'), Unit::First(0xd83d), Unit::Second(0xde00)));
        assert_eq!(whole(0xd83d, 0xde00), '\u{1f600}');
        assert_eq!(settled("plain".into()), "plain");
    }

    #[test]
    fn what_no_value_can_hold_is_looked_into_all_the_same() {
        let json = br#"{"a":"\ud83d \"1e999\\","b":[1e400,-1E999,12,0.5e-3],"c":"x"}"#;
        assert!(serde_json::from_slice::<Value>(json).is_err());
        let seen = look(json).unwrap();
        assert_eq!(
            seen,
            serde_json::json!({"a": "\u{fffd} \"1e999\\", "b": [0, -0.0, 12, 0.0005], "c": "x"})
        );
        assert!(look(b"{\"a\":\"\\ud83d\"").is_err());
    }
}
