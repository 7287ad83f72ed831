//! How much text the events of a stream have: what an answer that was cut has cost is estimated from it.
//!
//! Nothing is parsed: the strings of an event are passed one by one, and those under a dialect's own keys are counted, in
//! bytes of UTF-8 as far as their escapes tell.

use memchr::{memchr, memchr2};
use serde_json::value::RawValue;

/// The keys that a dialect has text under.
pub(crate) struct Texts {
    /// Of texts.
    pub(crate) keys: &'static [&'static [u8]],
    /// Of objects that are text as a whole: a call's arguments.
    pub(crate) objects: &'static [&'static [u8]],
}

impl Texts {
    /// Bytes of text in a piece of JSON.
    pub(crate) fn length(&self, json: &[u8]) -> u64 {
        let (mut rest, mut length) = (json, 0);
        // The key of the value that follows, if it is one of these.
        let mut key: Option<&[u8]> = None;
        while let Some(at) = memchr(b'"', rest) {
            let (string, bytes, behind) = string(&rest[at + 1..]);
            if let Some(value) = value(behind) {
                key = Some(string);
                rest = value;
                if self.objects.contains(&string) && value.starts_with(b"{") {
                    let object = object(value);
                    length += object as u64;
                    rest = &value[object..];
                }
                // A string that follows is its value; anything else has keys of its own.
                key = key.filter(|_| rest.starts_with(b"\""));
                continue;
            }
            if key.take().is_some_and(|key| self.keys.contains(&key)) {
                length += bytes;
            }
            rest = behind;
        }
        length
    }
}

/// Bytes of the text at whose key a piece of JSON begins.
pub(crate) fn at(json: &[u8]) -> u64 {
    let Some(json) = json.strip_prefix(b"\"") else { return 0 };
    let text = value(string(json).2).and_then(|value| value.strip_prefix(b"\""));
    text.map_or(0, |text| string(text).1)
}

/// Bytes of a text that a piece of JSON begins behind the quote of.
pub(crate) fn rest(json: &[u8]) -> u64 {
    string(json).1
}

/// Behind a key: its value.
fn value(behind: &[u8]) -> Option<&[u8]> {
    behind.trim_ascii_start().strip_prefix(b":").map(<[u8]>::trim_ascii_start)
}

/// Bytes of the object that a text begins with.
fn object(text: &[u8]) -> usize {
    let mut values = serde_json::Deserializer::from_slice(text).into_iter::<&RawValue>();
    values.next().and_then(Result::ok).map_or(0, |object| object.get().len())
}

/// A string from behind its quote on, the bytes of what it says, and what stands behind its other quote.
fn string(text: &[u8]) -> (&[u8], u64, &[u8]) {
    let (mut at, mut bytes) = (0, 0);
    loop {
        let Some(next) = memchr2(b'"', b'\\', &text[at..]) else {
            return (text, bytes + (text.len() - at) as u64, b"");
        };
        bytes += next as u64;
        at += next;
        if text[at] == b'"' {
            return (&text[..at], bytes, &text[at + 1..]);
        }
        let is_number = text.get(at + 1) == Some(&b'u');
        // Half of a pair, or a character of two or three bytes.
        bytes += if is_number { 2 } else { 1 };
        at = (at + if is_number { 6 } else { 2 }).min(text.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXTS: Texts = Texts { keys: &[b"text", b"content"], objects: &[b"args"] };

    #[test]
    fn what_stands_under_the_keys_is_counted_and_nothing_else() {
        for (json, length) in [
            (r#"{"id":"a long name","content":"four"}"#, 4),
            (r#"{"content":null,"role":"assistant"}"#, 0),
            (r#"{"content" : "a\"b\\n\u00e9"}"#, 7),
            (r#"{"content":[{"type":"text","text":"ab"},{"text":"c"}]}"#, 3),
            (r#"{"content":"text","x":"content"}"#, 4),
            (r#"{"name":"f","args":{"text":"ab","n":1}}"#, 19),
            (r#"{"args":{}}"#, 2),
            (r#"{"content":"broken"#, 6),
            (r#"{"content":"broken\"#, 7),
            ("", 0),
        ] {
            assert_eq!(TEXTS.length(json.as_bytes()), length, "{json}");
        }
    }
}
