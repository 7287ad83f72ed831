//! Some keys of an object, found in one pass over its text, which is checked but not built. What this pass is not sure of
//! (an escaped key, deep nesting, whatever is wrong) it leaves to the reader that is, at many times the price.

mod block;
#[cfg(test)]
pub(crate) mod broken;
mod plain;

use std::fmt;
use std::ops::Range;

use serde::de::{Deserializer as _, Error as _, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use block::{Block, usual};
pub(crate) use plain::plain;
use plain::specials;

/// Nesting that fits into one word.
const DEPTH: u32 = 64;

/// The texts of the values that some keys of an object have; `None` for one that is not there, or is `null`.
pub(crate) type Values<'a, const N: usize> = [Option<&'a str>; N];

/// Reads a JSON text that is an object. `None`: it is not one, or one of the keys comes twice.
pub(crate) fn values<'a, const N: usize>(text: &'a [u8], keys: [&str; N]) -> Option<Values<'a, N>> {
    quickly(text, keys).or_else(|| surely(text, keys))
}

/// Bytes that are UTF-8. Bodies are long: the standard library takes five times as long for Chinese ones.
#[inline]
pub(crate) fn text(bytes: &[u8]) -> Option<&str> {
    simdutf8::basic::from_utf8(bytes).ok()
}

/// A text that is a number of tokens or the like.
pub(crate) fn count(number: Option<&str>) -> Option<u64> {
    number?.parse().ok()
}

fn quickly<'a, const N: usize>(text: &'a [u8], keys: [&str; N]) -> Option<Values<'a, N>> {
    let text = self::text(text)?;
    let (mut found, mut seen) = ([None; N], [false; N]);
    each(text, |key, value| {
        if let Some(n) = keys.iter().position(|wanted| *wanted == key) {
            if std::mem::replace(&mut seen[n], true) {
                return None;
            }
            found[n] = text.get(value).filter(|value| *value != "null");
        }
        Some(())
    })?;
    Some(found)
}

/// Gives each key of a JSON text that is an object, and where its value stands. `None`: the text is not one, or this is not
/// sure, or `take` says so.
pub(crate) fn each<'a>(
    text: &'a str,
    mut take: impl FnMut(&'a str, Range<usize>) -> Option<()>,
) -> Option<()> {
    let mut scan = Scan { text: text.as_bytes(), at: 0 };
    scan.object(text, &mut take)?;
    scan.peek().is_none().then_some(())
}

/// Where each entry of a JSON text that is a list stands. `None`: it is not one, or this is not sure.
pub(crate) fn entries(text: &str) -> Option<Vec<Range<usize>>> {
    list(text, |scan| {
        scan.peek()?;
        let begin = scan.at;
        scan.value()?;
        Some(begin..scan.at)
    })
}

/// The objects of a JSON text that is a list of them, each made of its keys and where their values stand. `None`: it is not
/// one, or this is not sure, or `take` says so.
pub(crate) fn objects<'a, T: Default>(
    text: &'a str,
    mut take: impl FnMut(&mut T, &'a str, Range<usize>) -> Option<()>,
) -> Option<Vec<T>> {
    list(text, |scan| {
        let mut object = T::default();
        scan.object(text, &mut |key, value| take(&mut object, key, value))?;
        Some(object)
    })
}

fn list<T>(text: &str, mut entry: impl FnMut(&mut Scan<'_>) -> Option<T>) -> Option<Vec<T>> {
    let mut scan = Scan { text: text.as_bytes(), at: 0 };
    let mut all = Vec::new();
    if scan.next()? != b'[' {
        return None;
    }
    if scan.peek()? == b']' {
        scan.at += 1;
        return scan.peek().is_none().then_some(all);
    }
    loop {
        all.push(entry(&mut scan)?);
        match scan.next()? {
            b',' => {}
            b']' => return scan.peek().is_none().then_some(all),
            _ => return None,
        }
    }
}

/// A place in a JSON text. Every step says `None` where the text is not JSON, or this does not know.
struct Scan<'a> {
    text: &'a [u8],
    at: usize,
}

impl Scan<'_> {
    /// The next byte that is not blank.
    fn peek(&mut self) -> Option<u8> {
        loop {
            match *self.text.get(self.at)? {
                b' ' | b'\n' | b'\t' | b'\r' => self.at += 1,
                byte => return Some(byte),
            }
        }
    }

    /// Passes it.
    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    /// Passes a key and its colon; says where the key stands, and whether there are escapes in it.
    fn key(&mut self) -> Option<(Range<usize>, bool)> {
        let key = if self.next()? == b'"' { self.string()? } else { return None };
        (self.next()? == b':').then_some(key)
    }

    /// Passes an object of this text; gives each key, and where its value stands.
    fn object<'a>(
        &mut self,
        text: &'a str,
        take: &mut impl FnMut(&'a str, Range<usize>) -> Option<()>,
    ) -> Option<()> {
        if self.next()? != b'{' {
            return None;
        }
        if self.peek()? == b'}' {
            self.at += 1;
            return Some(());
        }
        loop {
            let (key, escaped) = self.key()?;
            let key = text.get(key).filter(|_| !escaped)?;
            self.peek()?;
            let begin = self.at;
            self.value()?;
            take(key, begin..self.at)?;
            match self.next()? {
                b',' => {}
                b'}' => return Some(()),
                _ => return None,
            }
        }
    }

    /// Passes a whole value.
    fn value(&mut self) -> Option<()> {
        // What each level is, the innermost last: an object, or a list.
        let (mut depth, mut objects) = (0, 0_u64);
        loop {
            match self.next()? {
                b'"' => {
                    self.string()?;
                }
                open @ (b'{' | b'[') => {
                    // A closing bracket has the number of its opening one, and two.
                    if self.peek()? == open + 2 {
                        self.at += 1;
                    } else {
                        depth += 1;
                        objects = (objects << 1) | u64::from(open == b'{');
                        if depth > DEPTH {
                            return None;
                        }
                        if open == b'{' {
                            self.key()?;
                        }
                        continue;
                    }
                }
                b't' => self.word(b"rue")?,
                b'f' => self.word(b"alse")?,
                b'n' => self.word(b"ull")?,
                b'-' => self.number()?,
                b'0'..=b'9' => {
                    self.at -= 1;
                    self.number()?;
                }
                _ => return None,
            }
            loop {
                if depth == 0 {
                    return Some(());
                }
                match (self.next()?, objects & 1) {
                    (b',', 1) => {
                        self.key()?;
                        break;
                    }
                    (b',', _) => break,
                    (b'}', 1) | (b']', 0) => (depth, objects) = (depth - 1, objects >> 1),
                    _ => return None,
                }
            }
        }
    }

    fn word(&mut self, rest: &[u8]) -> Option<()> {
        self.text.get(self.at..)?.starts_with(rest).then(|| self.at += rest.len())
    }

    /// Passes a number, its sign aside (RFC 8259, section 6).
    fn number(&mut self) -> Option<()> {
        let begin = self.at;
        let digits = self.digits()?;
        if digits > 1 && self.text[begin] == b'0' {
            return None;
        }
        if self.text.get(self.at) == Some(&b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.text.get(self.at), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.text.get(self.at), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        Some(())
    }

    /// Passes digits, and says how many; there is one at least.
    fn digits(&mut self) -> Option<usize> {
        let begin = self.at;
        while self.text.get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
        (self.at > begin).then(|| self.at - begin)
    }

    /// Passes a string whose quote has been passed; says where its text stands, and whether there are escapes in it.
    fn string(&mut self) -> Option<(Range<usize>, bool)> {
        // Most strings are a key or a word.
        if let Some(sixteen) = self.text.get(self.at..).and_then(<[u8]>::first_chunk) {
            // Behind all of them, where none is special.
            let end = self.at + (specials(sixteen) | 1 << 16).trailing_zeros() as usize;
            if self.text.get(end) == Some(&b'"') {
                return Some((std::mem::replace(&mut self.at, end + 1)..end, false));
            }
        }
        self.long_string()
    }

    fn long_string(&mut self) -> Option<(Range<usize>, bool)> {
        let (begin, mut escaped, mut is_escaped) = (self.at, false, false);
        while let Some(bytes) = self.text.get(self.at..).and_then(<[u8]>::first_chunk) {
            let (from, block) = (self.at, Block::of(bytes));
            let mut end = block.quote | block.control;
            if block.backslash != 0 || is_escaped {
                let mut behind = block.escaped(&mut is_escaped);
                end &= !(behind & block.quote);
                // Up to the first end, and not that.
                behind &= (end & end.wrapping_neg()).wrapping_sub(1);
                escaped |= behind != 0;
                behind &= !(block.quote | block.backslash | usual(bytes));
                while behind != 0 {
                    self.escape(from + behind.trailing_zeros() as usize - 1)?;
                    behind &= behind - 1;
                }
            }
            if end != 0 {
                let end = from + end.trailing_zeros() as usize;
                self.at = end + 1;
                return (self.text[end] == b'"').then_some((begin..end, escaped));
            }
            self.at += Block::LENGTH;
        }
        // The rest begins with a backslash rather than with what that escapes.
        self.at -= usize::from(is_escaped);
        loop {
            self.at += plain(self.text.get(self.at..)?);
            match *self.text.get(self.at)? {
                b'"' => {
                    self.at += 1;
                    return Some((begin..self.at - 1, escaped));
                }
                b'\\' => {
                    escaped = true;
                    self.at += self.escape(self.at)?;
                }
                // A control character.
                _ => return None,
            }
        }
    }

    /// How long the escape is that stands there.
    #[inline]
    fn escape(&self, at: usize) -> Option<usize> {
        if SHORT[usize::from(*self.text.get(at + 1)?)] { Some(2) } else { self.of_digits(at) }
    }

    #[cold]
    fn of_digits(&self, at: usize) -> Option<usize> {
        let digits = self.text.get(at + 1..at + 6)?.strip_prefix(b"u")?;
        digits.iter().all(u8::is_ascii_hexdigit).then_some(6)
    }
}

/// What makes an escape of two bytes behind a backslash.
const SHORT: [bool; 256] = {
    let mut short = [false; 256];
    let mut rest: &[u8] = b"\"\\/bfnrt";
    while let [letter, behind @ ..] = rest {
        short[*letter as usize] = true;
        rest = behind;
    }
    short
};

fn surely<'a, const N: usize>(text: &'a [u8], keys: [&str; N]) -> Option<Values<'a, N>> {
    struct Object<'k, const N: usize>([&'k str; N]);
    impl<'de, const N: usize> Visitor<'de> for Object<'_, N> {
        type Value = [Option<&'de RawValue>; N];
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut found = [None; N];
            while let Some(key) = map.next_key::<String>()? {
                match self.0.iter().position(|wanted| *wanted == key) {
                    None => {
                        map.next_value::<IgnoredAny>()?;
                    }
                    Some(n) => {
                        if found[n].replace(map.next_value()?).is_some() {
                            return Err(A::Error::custom("a key comes twice"));
                        }
                    }
                }
            }
            Ok(found)
        }
    }
    let mut json = serde_json::Deserializer::from_slice(text);
    let found = json.deserialize_map(Object(keys)).ok()?;
    json.end().ok()?;
    Some(found.map(|raw| raw.map(RawValue::get).filter(|value| *value != "null")))
}

#[cfg(test)]
mod tests {
    use super::broken::Chance;
    use super::*;

    const KEYS: [&str; 3] = ["a", "usage", "\u{e9}"];

    /// The quick reader must never see what the sure one does not. Returns whether it saw anything.
    fn agree(text: &[u8]) -> bool {
        let (quick, sure) = (quickly(text, KEYS), surely(text, KEYS));
        if quick.is_some() {
            assert_eq!(quick, sure, "{}", String::from_utf8_lossy(text));
        }
        quick.is_some()
    }

    #[test]
    fn objects_are_read_in_one_pass() {
        for (text, first) in [
            (r#"{}"#, None),
            (" { } \n", None),
            (r#"{"b":1}"#, None),
            (r#"{"a":null}"#, None),
            (r#"{"a":1}"#, Some("1")),
            ("\t{ \"a\" :\r\n -1.5e+10 , \"b\" : [ ] } ", Some("-1.5e+10")),
            (r#"{"b":[{"a":2},[],{}],"a":"x\"}\\","usage":{}}"#, Some(r#""x\"}\\""#)),
            (r#"{"long":"0123456789\n\u00e9abcdefghijé€ 😀","a":{"b":[true,false,null,0,0.5,1E2]}}"#, {
                Some(r#"{"b":[true,false,null,0,0.5,1E2]}"#)
            }),
        ] {
            assert!(agree(text.as_bytes()), "{text}");
            assert_eq!(values(text.as_bytes(), KEYS).map(|values| values[0]), Some(first), "{text}");
        }
    }

    #[test]
    fn what_is_no_such_object_is_none() {
        for text in [
            "",
            " ",
            "null",
            "[]",
            "[1]",
            "\"a\"",
            "{",
            "{\"a\"",
            "{\"a\":",
            "{\"a\":1",
            "{\"a\":1,",
            "{\"a\":1,}",
            "{,}",
            "{a:1}",
            "{\"a\" 1}",
            "{\"a\":1}}",
            "{\"a\":1} x",
            "{\"a\":01}",
            "{\"a\":-}",
            "{\"a\":1.}",
            "{\"a\":.5}",
            "{\"a\":1e}",
            "{\"a\":+1}",
            "{\"a\":[1,]}",
            "{\"a\":[1}",
            "{\"a\":{]}",
            "{\"a\":tru}",
            "{\"a\":nul}",
            "{\"a\":\"\n\"}",
            "{\"a\":\"\\x\"}",
            "{\"a\":\"\\u12g4\"}",
            "{\"a\":\"\\u12",
            "{\"a\":\"b",
            "{\"a\":1,\"a\":2}",
            "{\"a\":null,\"a\":2}",
            "{\"a\":\"0123456\u{1}89\"}",
            "{\"a\":\"0123456789",
            "{\"a\":[[{\"b\":{}]]}",
            "{\"a\":\"\u{1f}\"}",
            "{\"a\":Infinity}",
            "{\"a\":1}\u{c}",
        ] {
            assert!(!agree(text.as_bytes()), "{text}");
            assert_eq!(values(text.as_bytes(), KEYS), None, "{text}");
        }
        assert_eq!(values(b"{\"a\":\"\xff\"}", KEYS), None);
    }

    #[test]
    fn what_the_quick_reader_does_not_know_the_sure_one_reads() {
        let deep = format!("{{\"a\":{}1{}}}", "[".repeat(100), "]".repeat(100));
        for (text, at) in [(r#"{"\u0061":1}"#, 0), (r#"{"us\u0061ge":1}"#, 1), (deep.as_str(), 0)] {
            assert!(quickly(text.as_bytes(), KEYS).is_none(), "{text}");
            assert!(values(text.as_bytes(), KEYS).is_some_and(|values| values[at].is_some()), "{text}");
        }
        let levels = |n| format!("{{\"a\":{}{}}}", "[".repeat(n), "]".repeat(n));
        assert!(agree(levels(65).as_bytes()) && !agree(levels(66).as_bytes()));
        assert_eq!(count(Some("12")), Some(12));
        assert_eq!([count(Some("-1")), count(Some("1.0")), count(Some("\"1\"")), count(None)], [None; 4]);
    }

    #[test]
    fn escapes_are_read_wherever_a_step_ends() {
        let escapes = [
            r#"\""#,
            r"\\",
            r"\n",
            r"\t",
            r"\/",
            r"\b",
            r"\u00e9",
            r"\\\\\\",
            r#"\\\""#,
            r"\n\u0041\\",
            r#"\\\\\n\""#,
        ];
        let broken = [
            r"\x", r"\u00g9", r"\u00", r"\N", "\\\u{1}", "\\\n", "\t", r"\\\e", r#"\\""#, "\"", r"\\\\\a",
            "\\\u{e9}",
        ];
        for (before, behind) in
            (0..150).flat_map(|before| [0, 1, 15, 40, 64, 100].map(|behind| (before, behind)))
        {
            let text = |escape| {
                format!(r#"{{"b":"{}{escape}{}","a":"{escape}"}}"#, "-".repeat(before), "~".repeat(behind))
            };
            for escape in escapes {
                let text = text(escape);
                assert!(agree(text.as_bytes()), "{text}");
                let a = format!("\"{escape}\"");
                assert_eq!(
                    values(text.as_bytes(), KEYS).map(|values| values[0]),
                    Some(Some(a.as_str())),
                    "{text}"
                );
            }
            for escape in broken {
                assert!(!agree(text(escape).as_bytes()), "{}", text(escape));
                assert_eq!(values(text(escape).as_bytes(), KEYS), None, "{}", text(escape));
            }
        }
    }

    #[test]
    fn both_readers_see_the_same_in_whatever_is_broken() {
        let whole = "{\"a\":\"x\\\"\\u00e9 \u{e9}0123456789\",\"usage\":{\"n\":[-1.5e3,true,null,{}]},\"\u{e9}\":0}\n";
        let long = r#"{"a":"x\"\u00e9 0123456789 fn main() {\n\tprintln!(\"\\\\n {}\", 1);\n}\n and on it goes \u20ac\\","usage":"\\\\\\\\\\\\\\\\"}"#;
        for text in [whole, long] {
            agree_on_what_is_broken(text);
        }
    }

    fn agree_on_what_is_broken(whole: &str) {
        let parts = b"\"\\{}[],:0123456789-+.eEtrufalsn \n\t\x01\x1f\x7f\xc3\xa9\xff";
        let mut chance = Chance::default();
        let seen: usize =
            (0..20_000).map(|_| usize::from(agree(&chance.breaks(whole.as_bytes(), parts)))).sum();
        assert!((1_000..19_000).contains(&seen), "{seen}");
    }
}
