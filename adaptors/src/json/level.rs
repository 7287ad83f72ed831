//! One level of an object, in its order: keys, and values as they stand.
//!
//! What is put together of an upstream's pieces, or told in pieces, goes through here: so no key changes its place and no
//! number its digits. A text is joined to another one as it is written, so that a character whose halves came one by one
//! is whole again.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::{Fields, MAX_FIELDS, Writer};
use crate::scan;

#[derive(Clone, Debug, Default)]
pub(crate) struct Level<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'a> Level<'a> {
    /// Of a JSON text that is an object.
    pub(crate) fn of(text: &'a str) -> serde_json::Result<Self> {
        let mut fields = Vec::new();
        let quick = scan::each(text, |key, at| {
            fields.push((key.into(), text.get(at)?.into()));
            (fields.len() <= MAX_FIELDS).then_some(())
        });
        match quick {
            Some(()) => Ok(Self(fields)),
            None => Self::surely(text),
        }
    }

    fn surely(text: &'a str) -> serde_json::Result<Self> {
        let fields: Fields<'a> = serde_json::from_str(text)?;
        Ok(Self(fields.0.into_iter().map(|(key, value)| (key, value.get().into())).collect()))
    }

    /// Of bytes that are such a text.
    ///
    /// # Errors
    /// What is wrong with them.
    pub(crate) fn of_bytes(bytes: &'a [u8]) -> Result<Self, String> {
        let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
        Self::of(text).map_err(|error| error.to_string())
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_ref(), value.as_ref()))
    }

    /// A value as it stands; the last one where it came several times, as everywhere.
    pub(crate) fn get(&self, key: &str) -> Option<&str> {
        self.0.iter().rev().find(|(name, _)| name == key).map(|(_, value)| value.as_ref())
    }

    /// A value that says something.
    pub(crate) fn some(&self, key: &str) -> Option<&str> {
        self.get(key).filter(|value| !is_nothing(value))
    }

    /// The value of a string.
    pub(crate) fn text(&self, key: &str) -> Option<Cow<'_, str>> {
        self.get(key).and_then(text_of)
    }

    pub(crate) fn count(&self, key: &str) -> Option<u64> {
        self.get(key)?.parse().ok()
    }

    pub(crate) fn take(&mut self, key: &str) -> Option<Cow<'a, str>> {
        let at = self.0.iter().rposition(|(name, _)| name == key)?;
        let (_, value) = self.0.remove(at);
        self.0.retain(|(name, _)| name != key);
        Some(value)
    }

    /// Puts a value in the place of an earlier one, or behind all others. No real object has so many that one is left out.
    pub(crate) fn put(&mut self, key: impl Into<Cow<'a, str>>, value: impl Into<Cow<'a, str>>) {
        let (key, is_full) = (key.into(), self.0.len() >= MAX_FIELDS);
        match self.0.iter_mut().rev().find(|(name, _)| *name == key) {
            Some((_, known)) => *known = value.into(),
            None if is_full => {}
            None => self.0.push((key, value.into())),
        }
    }

    /// A copy of a value, where it is not there already.
    pub(crate) fn keep(&mut self, key: &str, value: &str) {
        match self.0.iter_mut().rev().find(|(name, _)| name == key) {
            Some((_, known)) if known == value => {}
            Some((_, known)) => *known = value.to_owned().into(),
            None => self.put(key.to_owned(), value.to_owned()),
        }
    }

    /// Puts a value where there is none.
    pub(crate) fn or(&mut self, key: &'static str, value: &'static str) {
        if self.get(key).is_none() {
            self.put(key, value);
        }
    }

    /// Leaves out what says nothing.
    pub(crate) fn retain_some(&mut self) {
        self.0.retain(|(_, value)| !is_nothing(value));
    }

    /// Joins a piece to a text. `false`: one of them is none.
    pub(crate) fn join(&mut self, key: &str, piece: &str) -> bool {
        let known = self.0.iter_mut().rev().find(|(name, _)| name == key);
        known.is_some_and(|(_, known)| is_text(known) && join(known.to_mut(), piece))
    }

    pub(crate) fn owned(self) -> Level<'static> {
        let own = |(key, value): (Cow<'_, str>, Cow<'_, str>)| {
            (Cow::Owned(key.into_owned()), Cow::Owned(value.into_owned()))
        };
        Level(self.0.into_iter().map(own).collect())
    }

    /// Writes its fields into an object.
    pub(crate) fn write_into(&self, w: &mut Writer) {
        self.iter().for_each(|(key, value)| w.key(key).json(value));
    }

    pub(crate) fn write(&self, w: &mut Writer) {
        w.object(|w| self.write_into(w));
    }

    pub(crate) fn json(&self) -> String {
        let mut w = Writer::default();
        self.write(&mut w);
        String::from_utf8(w.into_bytes()).unwrap_or_default()
    }
}

/// The entries of a JSON text that is a list, as they stand; `None` for anything else.
pub(crate) fn items(text: &str) -> Option<Vec<&str>> {
    let quick = || scan::entries(text)?.into_iter().map(|at| text.get(at)).collect::<Option<Vec<_>>>();
    quick().or_else(|| {
        let items: Vec<&RawValue> = serde_json::from_str(text).ok()?;
        Some(items.into_iter().map(RawValue::get).collect())
    })
}

/// The value of a JSON text that is a string; `None` for anything else.
pub(crate) fn text_of(json: &str) -> Option<Cow<'_, str>> {
    super::text::piece_of(json).map(super::lone::settled)
}

pub(crate) fn is_text(json: &str) -> bool {
    json.starts_with('"')
}

/// Joins two strings as they are written. `false`: the piece is none.
pub(crate) fn join(text: &mut String, piece: &str) -> bool {
    let Some(more) = piece.strip_prefix('"') else { return false };
    text.pop();
    text.push_str(more);
    true
}

/// True for null, false, and what is empty.
pub(crate) fn is_nothing(json: &str) -> bool {
    match json.as_bytes() {
        [] | [b'n' | b'f', ..] | [b'"', b'"'] => true,
        [b'[' | b'{', inner @ .., _] => inner.trim_ascii().is_empty(),
        _ => false,
    }
}

/// Line ends stand between a JSON text's tokens only, and would end a line of data.
pub(crate) fn on_one_line(json: &str) -> Cow<'_, str> {
    match memchr::memchr2(b'\n', b'\r', json.as_bytes()) {
        None => json.into(),
        Some(_) => json.replace(['\n', '\r'], " ").into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_digits_and_escapes_stay() {
        let json = r#"{"z":1e400,"a":{"b":[0.1000000000000000055]},"\u0061b":"\ud83d"}"#;
        let mut level = Level::of(json).unwrap().owned();
        assert_eq!(level.json(), json.replace("\\u0061", "a"));
        assert!(level.join("ab", r#""\ude00""#) && !level.join("z", "\"\"") && !level.join("ab", "1"));
        assert_eq!(level.text("ab").as_deref(), Some("\u{1f600}"));
        level.put("z", "2");
        level.or("a", "3");
        level.or("c", "[ ]");
        assert_eq!(level.json(), r#"{"z":2,"a":{"b":[0.1000000000000000055]},"ab":"\ud83d\ude00","c":[ ]}"#);
        assert_eq!((level.some("c"), level.some("z")), (None, Some("2")));
        assert!(level.take("a").is_some() && level.take("a").is_none());
    }

    #[test]
    fn what_is_no_object_is_refused_and_the_last_of_two_counts() {
        for text in ["", "[]", "{", r#"{"a":01}"#, "{} {}"] {
            assert!(Level::of(text).is_err(), "{text}");
        }
        assert_eq!(Level::of(r#"{"a":1,"a":2}"#).unwrap().get("a"), Some("2"));
        let many = format!("{{{}\"z\":0}}", r#""a":0,"#.repeat(300));
        assert!(Level::of(&many).is_err());
    }
}
