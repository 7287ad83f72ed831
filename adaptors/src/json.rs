//! JSON looked into only where it is needed, and written in the order in which it is said.
//!
//! What is not looked into (schemas, a tool's input) keeps its bytes, and so the order of its keys, which models heed.
//! Each level of nesting that is looked into costs one more scan of what is below it; there are at most seven.

mod known;
mod level;
mod lone;
mod proto;
mod text;
mod tree;
mod writer;

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::adaptor::Unsupported;
use crate::dropped::Dropped;
use crate::scan;
use known::known;
pub(crate) use level::{Level, is_nothing, is_text, items, join, on_one_line, text_of};
pub(crate) use lone::{Unit, has_halves, look, mended, mended_bytes, settled, units, whole};
pub(crate) use proto::{camel, number_text};
use text::Text;
pub(crate) use text::{piece, string, text};
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

/// A list's entries; `None` for anything else.
pub(crate) fn list(raw: &RawValue) -> Option<Vec<&RawValue>> {
    let text = raw.get();
    let quick =
        || scan::entries(text)?.into_iter().map(|at| known(text.get(at)?)).collect::<Option<Vec<_>>>();
    quick().or_else(|| serde_json::from_str(text).ok())
}

/// A list's entries, which are to be objects; `None` for anything else.
pub(crate) fn objects(raw: &RawValue) -> Option<Vec<Read<Fields<'_>>>> {
    // Where all of them are, one pass reads list and fields; what is wrong is told of the one that it is wrong with.
    let text = raw.get();
    match scan::objects(text, |fields: &mut Fields<'_>, key, at| fields.push(text, key, at)) {
        Some(all) => Some(all.into_iter().map(Ok).collect()),
        None => Some(list(raw)?.into_iter().map(Fields::of).collect()),
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
    fn push(&mut self, text: &'a str, key: &'a str, value: Range<usize>) -> Option<()> {
        self.0.push((key.into(), known(text.get(value)?)?));
        (self.0.len() <= MAX_FIELDS).then_some(())
    }

    fn quickly(text: &'a str) -> Option<Self> {
        let mut fields = Self::default();
        scan::each(text, |key, at| fields.push(text, key, at))?;
        Some(fields)
    }

    pub(crate) fn of(raw: &'a RawValue) -> Read<Self> {
        if let Some(fields) = Self::quickly(raw.get()) {
            return Ok(fields);
        }
        serde_json::from_str(raw.get()).map_err(|error| match type_name(raw) {
            "an object" => Bad::new("", format!("cannot be read: {error}")),
            other => Bad::new("", format!("must be an object, not {other}")),
        })
    }

    /// The top level of a body that [`crate::envelope::Envelope`] has found to be an object.
    pub(crate) fn of_body(body: &'a [u8]) -> Read<Self> {
        if let Some(fields) = scan::text(body).and_then(Self::quickly) {
            return Ok(fields);
        }
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

    /// What is read quickly, and what serde reads, is the same, whatever stands there.
    #[test]
    fn objects_and_lists_are_read_the_same_by_both_readers() {
        for text in [
            r#"{"a":1,"b":"x\n","a":[2, {"c":null}]}"#,
            r#" { "a" : {"b":{}} , "d":"" } "#,
            r#"{"\u0061":1}"#,
            r#"{"a":1,}"#,
            "{}",
            "[]",
            r#"[{"a":1},{},{"b":"\u00e9"}]"#,
            r#" [ 1 , "x", {"a":[ ]} ] "#,
            r#"[{"a":1},2]"#,
            "[1,]",
            "[1 2]",
            r#"[{"a":1}"#,
        ] {
            let Ok(raw) = serde_json::from_str::<&RawValue>(text) else {
                assert!(Fields::of_body(text.as_bytes()).is_err(), "{text}");
                continue;
            };
            let plain = |fields: Fields<'_>| -> Vec<(String, String)> {
                fields.0.iter().map(|(key, value)| (key.to_string(), value.get().to_owned())).collect()
            };
            let sure: Option<Fields<'_>> = serde_json::from_str(text).ok();
            assert_eq!(Fields::of(raw).ok().map(plain), sure.map(plain), "{text}");
            let sure: Option<Vec<&RawValue>> = serde_json::from_str(text).ok();
            let texts = |all: &Vec<&RawValue>| all.iter().map(|raw| raw.get().to_owned()).collect::<Vec<_>>();
            assert_eq!(list(raw).as_ref().map(texts), sure.as_ref().map(texts), "{text}");
            let each = |all: Vec<Read<Fields<'_>>>| {
                all.into_iter().map(|fields| fields.map(plain)).collect::<Vec<_>>()
            };
            let sure = sure.map(|all| all.into_iter().map(Fields::of).collect::<Vec<_>>());
            assert_eq!(objects(raw).map(each), sure.map(each), "{text}");
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
