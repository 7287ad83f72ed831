//! Where requests and answers of a dialect name what only one upstream knows: files, containers, items of answers.
//!
//! A text that has none of the words which such a name stands under is not parsed. What has one is walked whole, so that a
//! key which is given twice, or with escapes, counts as often as it stands there; lists are looked through.

use std::fmt;

use memchr::memmem;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use crate::names::{Names, Other, Thing};

/// The places of names in a text.
pub(crate) struct Mentions {
    /// Without any of these there is none.
    pub(crate) words: &'static [&'static str],
    /// An item that is named needs no word for it.
    pub(crate) has_bare_items: bool,
    pub(crate) top: Node,
}

/// A value, and what is looked at within.
pub(crate) struct Node {
    /// It is a name itself.
    pub(crate) name: Option<Name>,
    pub(crate) fields: &'static [(&'static str, Node)],
    /// An object that has nothing but an `id` names something that was said before.
    pub(crate) refers: bool,
}

/// What a value names.
#[derive(Clone, Copy)]
pub(crate) struct Name {
    pub(crate) thing: Thing,
    pub(crate) key: &'static str,
    /// Whether this is one.
    pub(crate) is: fn(&str) -> bool,
}

impl Node {
    /// Fields to look at.
    pub(crate) const fn of(fields: &'static [(&'static str, Self)]) -> Self {
        Self { name: None, fields, refers: false }
    }

    /// A name, under this key.
    pub(crate) const fn name(thing: Thing, key: &'static str) -> Self {
        Self { name: Some(Name { thing, key, is: any }), fields: &[], refers: false }
    }
}

const fn any(_: &str) -> bool {
    true
}

impl Mentions {
    /// The names in a JSON text, or in the events of a stream. `None`: it cannot be read.
    pub(crate) fn in_text(&self, text: &[u8]) -> Option<Vec<Other>> {
        let mut found = Vec::new();
        if !self.may_have_one(text) {
            return Some(found);
        }
        if !matches!(text.trim_ascii_start().first(), Some(b'{' | b'[')) {
            let events = text.split(|byte| *byte == b'\n');
            events
                .filter_map(|line| line.strip_prefix(b"data: "))
                .try_for_each(|data| self.walk(data, &mut found))?;
            return Some(found);
        }
        self.walk(text, &mut found).or_else(|| {
            found.clear();
            self.walk(&without_halves(text), &mut found)
        })?;
        Some(found)
    }

    /// The names in a text that was read before.
    pub(crate) fn in_value(&self, value: &Value, found: &mut Vec<Other>) {
        // Nothing in it can be wrong.
        let _ = Walk { node: &self.top, found }.deserialize(value);
    }

    fn walk(&self, text: &[u8], found: &mut Vec<Other>) -> Option<()> {
        let mut json = serde_json::Deserializer::from_slice(text);
        Walk { node: &self.top, found }.deserialize(&mut json).ok().map(drop)
    }

    /// A letter that is written as an escape could be one of a word's.
    fn may_have_one(&self, text: &[u8]) -> bool {
        let has = |word: &str| memmem::find(text, word.as_bytes()).is_some();
        let is_letter = |at: usize| matches!(text.get(at + 4), Some(b'3'..=b'7'));
        self.words.iter().any(|word| has(word))
            || memmem::find_iter(text, "\\u00").any(is_letter)
            || (self.has_bare_items && memmem::find_iter(text, "\"id\"").any(|at| is_bare(text, at)))
    }
}

/// Halves of characters in escapes are syntax, and no text: they are put for others.
fn without_halves(text: &[u8]) -> Vec<u8> {
    let mut whole = text.to_vec();
    for at in memmem::find_iter(text, "\\u") {
        if let [_, _, b'd' | b'D', b'8'..=b'9' | b'a'..=b'f' | b'A'..=b'F', ..] = whole[at..] {
            whole[at + 2..at + 4].copy_from_slice(b"ff");
        }
    }
    whole
}

/// Whether the `id` here begins its object, or ends it.
fn is_bare(text: &[u8], at: usize) -> bool {
    let (before, behind) = text.split_at(at);
    if before.trim_ascii_end().ends_with(b"{") {
        return true;
    }
    let value = behind[b"\"id\"".len()..].trim_ascii_start().strip_prefix(b":").unwrap_or_default();
    let mut parts = value.trim_ascii_start().splitn(3, |byte| *byte == b'"');
    parts.nth(2).is_some_and(|rest| rest.trim_ascii_start().starts_with(b"}"))
}

/// Looks through a value for names.
struct Walk<'n, 'f> {
    node: &'n Node,
    found: &'f mut Vec<Other>,
}

impl<'de> DeserializeSeed<'de> for Walk<'_, '_> {
    type Value = Option<String>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

/// Gives the text that a value is.
impl<'de> Visitor<'de> for Walk<'_, '_> {
    type Value = Option<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        match self.node.name {
            Some(Name { thing, key, is })
                if !text.is_empty() && is(text) && self.found.len() < Names::MOST =>
            {
                self.found.push(Other { thing, key, name: text.to_owned() });
            }
            _ => {}
        }
        Ok(self.node.refers.then(|| text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element_seed(Walk { node: self.node, found: self.found })?.is_some() {}
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        const TEXT: Node = Node { name: None, fields: &[], refers: true };
        let (mut id, mut is_bare) = (None, true);
        while let Some(key) = map.next_key::<String>()? {
            if self.node.refers && matches!(key.as_str(), "id" | "type") {
                let text = map.next_value_seed(Walk { node: &TEXT, found: self.found })?;
                match key.as_str() {
                    "id" => id = text,
                    _ => is_bare &= text.is_none_or(|kind| kind == "item_reference"),
                }
                continue;
            }
            is_bare &= !matches!(key.as_str(), "role" | "content");
            match self.node.fields.iter().find(|(name, _)| *name == key) {
                Some((_, node)) => {
                    map.next_value_seed(Walk { node, found: self.found })?;
                }
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        if let Some(name) = id.filter(|_| is_bare && self.node.refers && self.found.len() < Names::MOST) {
            self.found.push(Other { thing: Thing::Item, key: "input", name });
        }
        Ok(None)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }
}
