//! JSON looked into only where it is needed, and written in the order in which it is said.
//!
//! What is not looked into (schemas, a tool's input) keeps its bytes, and so the order of its keys, which models heed.
//! Each level of nesting that is looked into costs one more scan of what is below it; there are at most seven.

mod level;
mod lone;
mod proto;
mod tree;
mod writer;

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::adaptor::Unsupported;
use crate::dropped::Dropped;
use crate::scan;
pub(crate) use level::{Level, is_nothing, is_text, items, join, on_one_line, text_of};
pub(crate) use lone::{Unit, has_halves, look, mended, mended_bytes, settled, units, whole};
pub(crate) use proto::{camel, number_text};
pub(crate) use tree::{Branches, Tree, find};
pub(crate) use writer::Writer;

/// A complaint about a field. The path grows from the inside out, as the error passes by.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Bad {
    path: String,
    what: String,
}

pub(crate) type Read<T> = Result<T, Bad>;

impl Bad {
    /// `what` reads on from the path: "must be …", "cannot be expressed …: leave it out".
    pub(crate) fn new(path: impl Into<String>, what: impl Into<String>) -> Self {
        Self { path: path.into(), what: what.into() }
    }

    /// Names the place from one level further out.
    pub(crate) fn within(self, outer: impl fmt::Display) -> Self {
        let path = match self.path.as_bytes().first() {
            None => outer.to_string(),
            Some(b'[') => format!("{outer}{}", self.path),
            Some(_) => format!("{outer}.{}", self.path),
        };
        Self { path, ..self }
    }
}

impl From<Bad> for Unsupported {
    fn from(bad: Bad) -> Self {
        Self::field(bad.path.clone(), format!("`{}` {}", bad.path, bad.what))
    }
}

/// A JSON string, borrowed where it has no escapes. One with lone surrogates, which no text can hold, is [`lone::marked`].
struct Text<'a>(Cow<'a, str>);

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

/// A string's value, which may begin or end with half a character ([`has_halves`]).
pub(crate) fn piece(raw: &RawValue) -> Option<Cow<'_, str>> {
    piece_of(raw.get())
}

/// The same of what may be no JSON at all.
pub(crate) fn string(text: &str) -> Option<Cow<'_, str>> {
    let plain = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    match plain.filter(|text| scan::plain(text.as_bytes()) == text.len()) {
        Some(text) => Some(text.into()),
        // Control characters, which stand in no string, are not looked at there.
        None if text.bytes().any(|byte| byte < b' ') => None,
        None => serde_json::from_str::<Text<'_>>(text).ok().map(|text| text.0),
    }
}

/// The same of JSON that is known to be whole.
fn piece_of(json: &str) -> Option<Cow<'_, str>> {
    // Most have no escapes.
    let plain = json.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    match plain.filter(|text| memchr::memchr(b'\\', text.as_bytes()).is_none()) {
        Some(text) => Some(text.into()),
        None => serde_json::from_str::<Text<'_>>(json).ok().map(|text| text.0),
    }
}

/// A list's entries; `None` for anything else.
pub(crate) fn list(raw: &RawValue) -> Option<Vec<&RawValue>> {
    serde_json::from_str(raw.get()).ok()
}

/// A list's entries, which are to be objects; `None` for anything else.
pub(crate) fn objects(raw: &RawValue) -> Option<Vec<Read<Fields<'_>>>> {
    // Where all of them are, one pass reads list and fields; what is wrong is told of the one that it is wrong with.
    match serde_json::from_str::<Vec<Fields<'_>>>(raw.get()) {
        Ok(all) => Some(all.into_iter().map(Ok).collect()),
        Err(_) => Some(list(raw)?.into_iter().map(Fields::of).collect()),
    }
}

/// Like [`str::split_once`], still borrowed where it was.
pub(crate) fn split_once<'a>(text: Cow<'a, str>, at: &str) -> Option<(Cow<'a, str>, Cow<'a, str>)> {
    match text {
        Cow::Borrowed(text) => text.split_once(at).map(|(left, right)| (left.into(), right.into())),
        Cow::Owned(text) => {
            text.split_once(at).map(|(left, right)| (left.to_owned().into(), right.to_owned().into()))
        }
    }
}

/// The kind of a value, in words.
pub(crate) fn type_name(raw: &RawValue) -> &'static str {
    match raw.get().as_bytes().first() {
        Some(b'"') => "a string",
        Some(b'{') => "an object",
        Some(b'[') => "a list",
        Some(b't' | b'f') => "a boolean",
        Some(b'n') => "null",
        _ => "a number",
    }
}

/// Fields of one object that is looked into. No real one comes near it, and each field taken looks at all of them.
const MAX_FIELDS: usize = 256;

/// Characters that are shown of a number.
const SHOWN: usize = 24;

/// An object whose fields are taken one by one; what is left over is unknown. Null is the same as absent.
#[derive(Debug, Default)]
pub(crate) struct Fields<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Fields<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
                let mut fields = Vec::new();
                while let Some((key, value)) = map.next_entry::<Text<'de>, &'de RawValue>()? {
                    if fields.len() == MAX_FIELDS {
                        return Err(serde::de::Error::custom(format_args!("more than {MAX_FIELDS} fields")));
                    }
                    fields.push((settled(key.0), value));
                }
                Ok(Fields(fields))
            }
        }
        json.deserialize_map(Object)
    }
}

impl<'a> Fields<'a> {
    pub(crate) fn of(raw: &'a RawValue) -> Read<Self> {
        serde_json::from_str(raw.get()).map_err(|error| match type_name(raw) {
            "an object" => Bad::new("", format!("cannot be read: {error}")),
            other => Bad::new("", format!("must be an object, not {other}")),
        })
    }

    /// The top level of a body that [`crate::envelope::Envelope`] has found to be an object.
    pub(crate) fn of_body(body: &'a [u8]) -> Read<Self> {
        serde_json::from_slice(body).map_err(|error| Bad::new("body", format!("cannot be read: {error}")))
    }

    /// A field as it stands. The last one where it came several times, as everywhere.
    pub(crate) fn take(&mut self, key: &str) -> Option<&'a RawValue> {
        let mut from = 0;
        let mut found = None;
        while let Some(at) = self.0[from..].iter().position(|(name, _)| name == key) {
            from += at;
            found = Some(self.0.remove(from).1);
        }
        found.filter(|value| value.get() != "null")
    }

    fn taken<T>(
        &mut self,
        key: &str,
        must: &str,
        read: impl FnOnce(&'a RawValue) -> Option<T>,
    ) -> Read<Option<T>> {
        let Some(raw) = self.take(key) else { return Ok(None) };
        match read(raw) {
            Some(value) => Ok(Some(value)),
            None => Err(Bad::new(key, format!("must be {must}, not {}", type_name(raw)))),
        }
    }

    /// A number that is not the right one is shown: that it is none would be wrong.
    fn figure<T: Deserialize<'a>>(&mut self, key: &str, must: &str) -> Read<Option<T>> {
        let Some(raw) = self.take(key) else { return Ok(None) };
        let not = match type_name(raw) {
            "a number" => raw.get().get(..SHOWN).unwrap_or(raw.get()),
            other => other,
        };
        let wrong = |_| Bad::new(key, format!("must be {must}, not {not}"));
        serde_json::from_str(raw.get()).map(Some).map_err(wrong)
    }

    pub(crate) fn text(&mut self, key: &str) -> Read<Option<Cow<'a, str>>> {
        self.taken(key, "a string", text)
    }

    /// Whether a field is this string.
    pub(crate) fn is_text(&self, key: &str, value: &str) -> bool {
        let field = self.0.iter().rev().find(|(name, _)| name == key);
        field.is_some_and(|(_, raw)| text(raw).is_some_and(|text| text == value))
    }

    /// A string that must be there.
    pub(crate) fn need(&mut self, key: &str) -> Read<Cow<'a, str>> {
        self.text(key)?.ok_or_else(|| Bad::new(key, "is missing"))
    }

    pub(crate) fn number(&mut self, key: &str) -> Read<Option<f64>> {
        self.figure(key, "a number")
    }

    pub(crate) fn count(&mut self, key: &str) -> Read<Option<u64>> {
        self.figure(key, "a whole number of at least 0")
    }

    pub(crate) fn flag(&mut self, key: &str) -> Read<Option<bool>> {
        self.taken(key, "true or false", |raw| serde_json::from_str(raw.get()).ok())
    }

    pub(crate) fn list(&mut self, key: &str) -> Read<Option<Vec<&'a RawValue>>> {
        self.taken(key, "a list", list)
    }

    /// A list of objects; what is wrong with one is its reader's to tell.
    pub(crate) fn objects(&mut self, key: &str) -> Read<Option<Vec<Read<Fields<'a>>>>> {
        self.taken(key, "a list", objects)
    }

    pub(crate) fn object(&mut self, key: &str) -> Read<Option<Fields<'a>>> {
        self.take(key).map(|raw| Fields::of(raw).map_err(|bad| bad.within(key))).transpose()
    }

    /// An object that is passed on as it stands.
    pub(crate) fn opaque(&mut self, key: &str) -> Read<Option<&'a RawValue>> {
        self.taken(key, "an object", |raw| raw.get().starts_with('{').then_some(raw))
    }

    /// The name of one that is left and not null.
    pub(crate) fn first(&self) -> Option<String> {
        self.0.iter().find(|(_, raw)| raw.get() != "null").map(|(name, _)| name.to_string())
    }

    /// Fields that change nothing about the answer.
    pub(crate) fn ignore(&mut self, keys: &[&str]) {
        for key in keys {
            self.take(key);
        }
    }

    /// Fields that would change the answer and that no other dialect has; absent, false, 0 and empty are no wish.
    pub(crate) fn refuse(&mut self, keys: &[&str], what: &str) -> Read<()> {
        for key in keys {
            if self.take(key).is_some_and(|raw| !is_no_wish(raw)) {
                return Err(Bad::new(*key, what));
            }
        }
        Ok(())
    }

    /// Hints that no other dialect has: left out, or refused. False, 0 and empty are what holds without them.
    pub(crate) fn hint(&mut self, keys: &[&str], what: &str, dropped: &mut Dropped) -> Read<()> {
        for key in keys {
            match self.take(key) {
                Some(raw) if !is_no_wish(raw) && dropped.refuses() => return Err(Bad::new(*key, what)),
                Some(raw) if !is_no_wish(raw) => dropped.note(key),
                _ => {}
            }
        }
        Ok(())
    }

    /// What an answer had in it and nobody reads again: left out in any case, and named where it is something.
    pub(crate) fn shed(&mut self, keys: &[&str], dropped: &mut Dropped) {
        let is_something = |raw: &RawValue| !is_no_wish(raw);
        keys.iter().filter(|key| self.take(key).is_some_and(is_something)).for_each(|key| dropped.note(key));
    }

    /// Fields that are left out in any case, and named.
    pub(crate) fn leave(&mut self, keys: &[&str], dropped: &mut Dropped) {
        keys.iter().filter(|key| self.take(key).is_some()).for_each(|key| dropped.note(key));
    }

    /// What is left over is not known: it is left out, or refused.
    pub(crate) fn end(self, dropped: &mut Dropped) -> Read<()> {
        match self.0.iter().find(|(_, raw)| !is_no_wish(raw)) {
            Some((name, _)) if dropped.refuses() => Err(Bad::new(name.as_ref(), UNKNOWN)),
            _ => {
                self.rest(dropped);
                Ok(())
            }
        }
    }

    /// What is left over is left out in any case.
    pub(crate) fn rest(self, dropped: &mut Dropped) {
        self.0.iter().filter(|(_, raw)| raw.get() != "null").for_each(|(name, _)| dropped.note(name));
    }
}

const UNKNOWN: &str = "cannot be translated for this model's upstream, which speaks another API: leave it out, or use \
    a model whose upstream speaks yours";

/// Reads what stands at `outer`: complaints, and the names of what is left out, get that in front.
pub(crate) fn within<T>(
    outer: impl fmt::Display,
    dropped: &mut Dropped,
    read: impl FnOnce(&mut Dropped) -> Read<T>,
) -> Read<T> {
    let mark = dropped.mark();
    let read = read(dropped);
    dropped.within(mark, &outer);
    read.map_err(|bad| bad.within(outer))
}

fn is_no_wish(raw: &RawValue) -> bool {
    matches!(raw.get(), "null" | "false" | "0" | "0.0" | "\"\"" | "[]" | "{}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_is_not_the_right_one_is_shown() {
        let body = br#"{"a":-1,"b":1.5,"c":"7","d":1e400,"e":3,"f":null}"#;
        let mut fields = Fields::of_body(body).unwrap();
        let mut wrong = |key: &str| fields.count(key).unwrap_err().what;
        assert_eq!(wrong("a"), "must be a whole number of at least 0, not -1");
        assert_eq!(wrong("b"), "must be a whole number of at least 0, not 1.5");
        assert_eq!(wrong("c"), "must be a whole number of at least 0, not a string");
        assert_eq!(fields.number("d").unwrap_err().what, "must be a number, not 1e400");
        assert_eq!((fields.count("e").unwrap(), fields.count("f").unwrap()), (Some(3), None));
    }

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
    fn errors_name_the_whole_path() {
        let bad = Bad::new("type", "is missing").within("content[1]").within("messages[0]");
        let refused = Unsupported::from(bad);
        assert_eq!(refused.param.as_deref(), Some("messages[0].content[1].type"));
        assert_eq!(refused.message, "`messages[0].content[1].type` is missing");
        let mut dropped = Dropped::new(true);
        let mut fields = Fields::of_body(br#"{"a":1,"\u0061":"x","b":null,"c":[],"d":{"e":1}}"#).unwrap();
        assert_eq!(fields.text("a"), Ok(Some("x".into())), "the last one counts, in any escaping");
        assert_eq!(fields.text("b"), Ok(None));
        assert!(fields.end(&mut dropped).unwrap_err().path == "d");
        assert_eq!(dropped.line(), None);
        let many = format!(r#"{{"o":{{{}"z":0}}}}"#, r#""a":0,"#.repeat(300));
        let refused = Unsupported::from(Fields::of_body(many.as_bytes()).unwrap().object("o").unwrap_err());
        assert_eq!(refused.param.as_deref(), Some("o"));
        assert!(refused.message.contains("more than 256 fields"), "{refused}");
    }

    #[test]
    fn what_is_left_out_is_named_with_its_whole_path() {
        let mut dropped = Dropped::default();
        let read = within("a", &mut dropped, |dropped| {
            within("[1]", dropped, |dropped| {
                let mut fields = Fields::of_body(br#"{"seed":1,"n":0,"x":{},"y":null,"z":false}"#)?;
                fields.hint(&["seed", "n"], "", dropped)?;
                fields.end(dropped)
            })
        });
        assert_eq!(read, Ok(()));
        assert_eq!(dropped.line().as_deref(), Some("a[1].seed, a[1].x, a[1].z"));
    }
}
