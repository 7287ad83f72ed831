//! What a stream says piece by piece, put together: a value is kept as it came until something is added to it.

use crate::json::{Level, Writer, is_nothing, is_text, items, join};

/// Entries of one indexed list (choices, tool calls). No real answer comes near it.
const MAX_ENTRIES: usize = 1024;
/// Fields of one object, and levels of objects that are merged.
const MAX_FIELDS: usize = 256;
const MAX_DEPTH: usize = 32;

/// Texts that come whole: repeated ones replace what was there.
const WHOLE: [&str; 6] = ["id", "type", "role", "name", "object", "finish_reason"];

pub(super) type Fields = Vec<(String, Node)>;

#[derive(Debug)]
pub(super) enum Node {
    /// As it came.
    Raw(String),
    Object(Fields),
    List(Vec<Node>),
}

impl Node {
    /// How its text begins.
    pub(super) fn starts_with(&self, begin: char) -> bool {
        match self {
            Self::Raw(raw) => raw.starts_with(begin),
            Self::Object(_) => begin == '{',
            Self::List(_) => begin == '[',
        }
    }

    /// True where it says something.
    pub(super) fn is_some(&self) -> bool {
        match self {
            Self::Raw(raw) => !is_nothing(raw),
            Self::Object(fields) => !fields.is_empty(),
            Self::List(list) => !list.is_empty(),
        }
    }

    /// The number by which its pieces are known.
    pub(super) fn index(&self) -> Option<&str> {
        let Self::Object(fields) = self else { return None };
        match fields.iter().find(|(key, _)| key == "index") {
            Some((_, Self::Raw(index))) => Some(index),
            _ => None,
        }
    }

    /// Its fields, where it is an object.
    pub(super) fn object(&mut self) -> Option<&mut Fields> {
        if let Self::Raw(raw) = self
            && let Ok(level) = Level::of(raw)
        {
            let own = |(key, value): (&str, &str)| (key.to_owned(), Self::Raw(value.to_owned()));
            *self = Self::Object(level.iter().map(own).collect());
        }
        if let Self::Object(fields) = self { Some(fields) } else { None }
    }

    /// Its entries, where it is a list: those of one index are one.
    ///
    /// # Errors
    /// When there are more than can be.
    pub(super) fn list(&mut self) -> Result<Option<&mut Vec<Self>>, String> {
        self.list_at(0)
    }

    fn list_at(&mut self, depth: usize) -> Result<Option<&mut Vec<Self>>, String> {
        if let Self::Raw(raw) = self
            && let Some(entries) = items(raw)
        {
            let mut list = Vec::new();
            extend(&mut list, &entries, depth)?;
            *self = Self::List(list);
        }
        Ok(if let Self::List(list) = self { Some(list) } else { None })
    }

    /// Adds the next piece.
    ///
    /// # Errors
    /// When there is more of it than can be.
    pub(super) fn merge(&mut self, piece: &Level<'_>) -> Result<(), String> {
        self.merge_at(piece, 0)
    }

    fn merge_at(&mut self, piece: &Level<'_>, depth: usize) -> Result<(), String> {
        let Some(fields) = self.object() else {
            *self = Self::Raw(piece.json());
            return Ok(());
        };
        for (key, value) in piece.iter() {
            let is_full = fields.len() == MAX_FIELDS;
            match fields.iter_mut().rev().find(|(name, _)| name == key) {
                Some((_, known)) => known.add(key, value, depth + 1)?,
                None if is_full => {
                    return Err(format!(
                        "the upstream's answer has an object of more than {MAX_FIELDS} fields"
                    ));
                }
                None => fields.push((key.to_owned(), Self::Raw(value.to_owned()))),
            }
        }
        Ok(())
    }

    fn add(&mut self, key: &str, value: &str, depth: usize) -> Result<(), String> {
        if value == "null" {
            return Ok(());
        }
        if let Self::Raw(known) = self
            && is_text(known)
            && is_text(value)
        {
            if !WHOLE.contains(&key) {
                join(known, value);
            } else if !is_nothing(value) && known != value {
                value.clone_into(known);
            }
            return Ok(());
        }
        let merges = depth < MAX_DEPTH;
        if merges && key != "usage" && value.starts_with('{') && self.starts_with('{') {
            return Level::of(value).map_or(Ok(()), |piece| self.merge_at(&piece, depth));
        }
        match items(value).filter(|_| merges) {
            Some(entries) if self.starts_with('[') => match self.list_at(depth)? {
                Some(list) => extend(list, &entries, depth),
                None => Ok(()),
            },
            _ => {
                *self = Self::Raw(value.to_owned());
                Ok(())
            }
        }
    }

    pub(super) fn write(&self, w: &mut Writer) {
        match self {
            Self::Raw(raw) => w.json(raw),
            Self::Object(fields) => {
                w.object(|w| fields.iter().for_each(|(key, value)| value.write(w.key(key))));
            }
            Self::List(list) => w.list(|w| list.iter().for_each(|entry| entry.write(w))),
        }
    }
}

/// The entry with this index, made where there is none.
///
/// # Errors
/// When there are too many.
pub(super) fn entry<'n>(list: &'n mut Vec<Node>, index: &str) -> Result<&'n mut Node, String> {
    let place = match list.iter().rposition(|entry| entry.index() == Some(index)) {
        Some(place) => place,
        None if list.len() == MAX_ENTRIES => {
            return Err(format!("the upstream's answer has a list of more than {MAX_ENTRIES} entries"));
        }
        None => {
            list.push(Node::Object(vec![("index".to_owned(), Node::Raw(index.to_owned()))]));
            list.len() - 1
        }
    };
    Ok(&mut list[place])
}

fn extend(list: &mut Vec<Node>, entries: &[&str], depth: usize) -> Result<(), String> {
    for one in entries {
        match Level::of(one) {
            Ok(piece) if piece.count("index").is_some() => {
                entry(list, piece.get("index").unwrap_or_default())?.merge_at(&piece, depth + 1)?;
            }
            _ => list.push(Node::Raw((*one).to_owned())),
        }
    }
    Ok(())
}

pub(super) fn put_first(fields: &mut Fields, key: &str, value: Node) {
    fields.insert(0, (key.to_owned(), value));
}

pub(super) fn take(fields: &mut Fields, key: &str) {
    fields.retain(|(name, _)| name != key);
}
