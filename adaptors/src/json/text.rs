//! What a JSON string says.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Visitor};
use serde_json::value::RawValue;

use super::lone::{self, settled};
use crate::scan;

/// A JSON string, borrowed where it has no escapes. One with lone surrogates, which no text can hold, is [`lone::marked`].
pub(super) struct Text<'a>(pub(super) Cow<'a, str>);

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        struct Bytes;
        impl<'de> Visitor<'de> for Bytes {
            type Value = Text<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }
            fn visit_borrowed_bytes<E>(self, bytes: &'de [u8]) -> Result<Text<'de>, E> {
                Ok(Text(
                    std::str::from_utf8(bytes).map_or_else(|_| lone::marked(bytes).into(), Cow::Borrowed),
                ))
            }
            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Text<'de>, E> {
                let text = std::str::from_utf8(bytes).map_or_else(|_| lone::marked(bytes), str::to_owned);
                Ok(Text(text.into()))
            }
        }
        json.deserialize_bytes(Bytes)
    }
}

/// A string's value; `None` for anything else. A lone surrogate becomes U+FFFD.
pub(crate) fn text(raw: &RawValue) -> Option<Cow<'_, str>> {
    piece(raw).map(settled)
}

/// A string's value, which may begin or end with half a character ([`lone::has_halves`]).
pub(crate) fn piece(raw: &RawValue) -> Option<Cow<'_, str>> {
    piece_of(raw.get())
}

/// The same of what may be no JSON at all.
pub(crate) fn string(text: &str) -> Option<Cow<'_, str>> {
    // Control characters, which stand in no string, are not looked at by serde.
    simple(text).or_else(|| text.bytes().all(|byte| byte >= b' ').then(|| with_digits(text)).flatten())
}

/// The same of JSON that is known to be whole.
pub(super) fn piece_of(json: &str) -> Option<Cow<'_, str>> {
    simple(json).or_else(|| with_digits(json))
}

/// Any string.
fn with_digits(json: &str) -> Option<Cow<'_, str>> {
    serde_json::from_str::<Text<'_>>(json).ok().map(|text| text.0)
}

/// A string in which no escape is of four digits.
fn simple(json: &str) -> Option<Cow<'_, str>> {
    let within = json.strip_prefix('"')?.strip_suffix('"')?;
    let mut plain = scan::plain(within.as_bytes());
    // Most have no escapes.
    if plain == within.len() {
        return Some(within.into());
    }
    let (mut text, mut rest) = (String::with_capacity(within.len()), within);
    loop {
        let (run, behind) = rest.split_at_checked(plain)?;
        text.push_str(run);
        let &[b'\\', letter, ..] = behind.as_bytes() else {
            return behind.is_empty().then_some(text.into());
        };
        text.push(match letter {
            b'"' | b'\\' | b'/' => char::from(letter),
            b'n' => '\n',
            b't' => '\t',
            b'r' => '\r',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            _ => return None,
        });
        rest = behind.get(2..)?;
        plain = scan::plain(rest.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_borrowed_and_lone_surrogates_replaced() {
        let raw: &RawValue = serde_json::from_str(r#""plain""#).unwrap();
        assert!(matches!(text(raw), Some(Cow::Borrowed("plain"))));
        let raw: &RawValue = serde_json::from_str(r#""a\ud83d.""#).unwrap();
        assert_eq!(text(raw).unwrap(), "a\u{fffd}.");
        for other in ["1", "[97]", "{}", "true"] {
            let raw: &RawValue = serde_json::from_str(other).unwrap();
            assert_eq!(text(raw), None, "{other}");
        }
    }

    #[test]
    fn escapes_are_read_as_serde_reads_them() {
        for json in [
            r#""""#,
            r#""\n""#,
            r#""a\"b\\c\/d\b\f\n\r\t""#,
            r#""a long text without any, and then\none \u00e9 and é \ud83d\ude00""#,
            r#""\\""#,
            r#""\\\"""#,
        ] {
            let sure: String = serde_json::from_str(json).unwrap();
            assert_eq!(piece_of(json).as_deref(), Some(sure.as_str()), "{json}");
            assert_eq!(string(json).as_deref(), Some(sure.as_str()), "{json}");
        }
        for none in ["", "\"", r#""\""#, r#""\x""#, r#""a"b""#, "\"a\nb\"", "\"a\u{1}\""] {
            assert_eq!(string(none), None, "{none}");
        }
    }
}
