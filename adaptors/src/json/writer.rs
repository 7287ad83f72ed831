//! JSON, written in the order in which it is said.

use std::borrow::Cow;
use std::fmt;

use serde_json::value::RawValue;

use crate::scan;

/// Bytes from which on spare room is given back.
const LARGE: usize = 64 * 1024;

/// What another dialect may have more words for.
const ROOM: usize = 256;

/// Writes JSON. The caller sees to the pairing of keys and values; commas come by themselves.
#[derive(Debug, Default)]
pub(crate) struct Writer {
    out: Vec<u8>,
}

impl Writer {
    /// With room for about so many bytes: what is translated becomes about as long as it was.
    pub(crate) fn sized(bytes: usize) -> Self {
        Self { out: Vec::with_capacity(bytes.min(LARGE) + ROOM) }
    }

    /// Writes on behind what is there already.
    pub(crate) fn on(out: Vec<u8>) -> Self {
        Self { out }
    }

    pub(crate) fn into_bytes(mut self) -> Vec<u8> {
        // A prompt of a mebibyte must not hold two for as long as its exchange lasts.
        if self.out.len() > LARGE {
            self.out.shrink_to_fit();
        }
        self.out
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.out.is_empty()
    }

    fn comma(&mut self) {
        if !matches!(self.out.last(), None | Some(b'{' | b'[' | b':' | b' ')) {
            self.out.push(b',');
        }
    }

    pub(crate) fn value<T: Say + ?Sized>(&mut self, value: &T) {
        self.comma();
        value.say(&mut self.out);
    }

    /// JSON that is whole already.
    pub(crate) fn json(&mut self, json: &str) {
        self.comma();
        self.out.extend_from_slice(json.as_bytes());
    }

    pub(crate) fn key(&mut self, key: &str) -> &mut Self {
        self.comma();
        key.say(&mut self.out);
        self.out.push(b':');
        self
    }

    pub(crate) fn field<T: Say + ?Sized>(&mut self, key: &str, value: &T) {
        self.key(key).value(value);
    }

    /// Nothing at all where there is no value.
    pub(crate) fn maybe<T: Say>(&mut self, key: &str, value: Option<T>) {
        if let Some(value) = value {
            self.field(key, &value);
        }
    }

    pub(crate) fn object(&mut self, write: impl FnOnce(&mut Self)) {
        self.comma();
        self.out.push(b'{');
        write(self);
        self.out.push(b'}');
    }

    pub(crate) fn list(&mut self, write: impl FnOnce(&mut Self)) {
        self.comma();
        self.out.push(b'[');
        write(self);
        self.out.push(b']');
    }
}

/// What can be written as a value.
pub(crate) trait Say {
    fn say(&self, out: &mut Vec<u8>);
}

impl Say for str {
    /// Most texts have nothing in them that needs an escape, and are copied.
    fn say(&self, out: &mut Vec<u8>) {
        out.reserve(self.len() + 2);
        out.push(b'"');
        let mut rest = self.as_bytes();
        loop {
            let plain = scan::plain(rest);
            out.extend_from_slice(&rest[..plain]);
            let Some((byte, behind)) = rest[plain..].split_first() else { break };
            escape(*byte, out);
            rest = behind;
        }
        out.push(b'"');
    }
}

/// A quote, a backslash, or a control character.
fn escape(byte: u8, out: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let short = match byte {
        b'"' | b'\\' => byte,
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        0x08 => b'b',
        0x0c => b'f',
        _ => {
            let (high, low) = (usize::from(byte >> 4), usize::from(byte & 0xf));
            return out.extend_from_slice(&[b'\\', b'u', b'0', b'0', DIGITS[high], DIGITS[low]]);
        }
    };
    out.extend_from_slice(&[b'\\', short]);
}

impl Say for String {
    fn say(&self, out: &mut Vec<u8>) {
        self.as_str().say(out);
    }
}

impl Say for Cow<'_, str> {
    fn say(&self, out: &mut Vec<u8>) {
        self.as_ref().say(out);
    }
}

impl<T: Say + ?Sized> Say for &T {
    fn say(&self, out: &mut Vec<u8>) {
        (**self).say(out);
    }
}

impl<T: Say> Say for [T] {
    fn say(&self, out: &mut Vec<u8>) {
        out.push(b'[');
        for (at, value) in self.iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            value.say(out);
        }
        out.push(b']');
    }
}

impl<T: Say> Say for Vec<T> {
    fn say(&self, out: &mut Vec<u8>) {
        self.as_slice().say(out);
    }
}

impl<T: Say, const N: usize> Say for [T; N] {
    fn say(&self, out: &mut Vec<u8>) {
        self.as_slice().say(out);
    }
}

impl Say for RawValue {
    fn say(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.get().as_bytes());
    }
}

impl<T: Say> Say for Option<T> {
    fn say(&self, out: &mut Vec<u8>) {
        match self {
            Some(value) => value.say(out),
            None => out.extend_from_slice(b"null"),
        }
    }
}

/// Neither memory nor these types can refuse.
macro_rules! say_by_serde {
    ($($kind:ty),*) => {$(
        impl Say for $kind {
            fn say(&self, out: &mut Vec<u8>) {
                let _ = serde_json::to_writer(out, self);
            }
        }
    )*};
}

say_by_serde!(bool, i32, u64, usize, f64, fmt::Arguments<'_>);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_json_in_the_order_said() {
        let mut writer = Writer::default();
        writer.object(|w| {
            w.field("z", "a\"\n");
            w.key("l").list(|w| {
                w.value(&1);
                w.object(|_| {});
                w.json("{\"b\": 1,\"a\":2}");
            });
            w.maybe("no", None::<u64>);
            w.field("a", &0.7);
        });
        let text = String::from_utf8(writer.into_bytes()).unwrap();
        assert_eq!(text, r#"{"z":"a\"\n","l":[1,{},{"b": 1,"a":2}],"a":0.7}"#);
    }

    #[test]
    fn every_text_is_written_as_serde_writes_it() {
        let all: String =
            (0..0x180).filter_map(char::from_u32).chain("\u{2028}\u{ffff}\u{1f600}".chars()).collect();
        for begin in (0..all.len()).filter(|at| all.is_char_boundary(*at)) {
            for length in [0, 1, 2, 7, 8, 9, 40, all.len()] {
                let Some(text) = all.get(begin..all.len().min(begin + length)) else { continue };
                let mut out = Vec::new();
                text.say(&mut out);
                assert_eq!(String::from_utf8(out).unwrap(), serde_json::to_string(text).unwrap());
            }
        }
    }
}
