//! TOML with lines: sections whose values are fetched by key and kind. What is wrong is noted and reading goes on, so
//! that one run reports every mistake.

use std::cell::RefCell;
use std::fmt::Display;
use std::ops::{Range, RangeInclusive};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::document::Document;
use super::secrets::Resolver;
use crate::spelling::nearest;

/// The demands on a value, for messages: the kind in words, and an example in TOML.
#[derive(Clone, Copy)]
pub(super) struct Wanted {
    kind: &'static str,
    example: &'static str,
    secret: bool,
}

impl Wanted {
    pub(super) const fn new(kind: &'static str, example: &'static str) -> Self {
        Self { kind, example, secret: false }
    }

    /// The value itself is never shown.
    pub(super) const fn secret(kind: &'static str, example: &'static str) -> Self {
        Self { kind, example, secret: true }
    }
}

pub(super) const TABLE: Wanted = Wanted::new("a table", "[limits]");

/// So many of them are told: a file that is no TOML at all has one on every character.
const SYNTAX: usize = 5;

/// Parses a file and hands its top section to `take`; syntax errors are reported alone, because what follows them is
/// guesswork.
pub(super) fn read<T>(document: &Document<'_>, take: impl FnOnce(&mut Section<'_>) -> T) -> Option<T> {
    let (table, errors) = DeTable::parse_recoverable(document.text);
    for error in errors.iter().take(SYNTAX) {
        let span = error.span().unwrap_or(0..0);
        let near = document.snippet(span.clone());
        let key = if error.message() == "duplicate key" { format!(" `{near}`") } else { String::new() };
        let why = format!("{}{key}", error.message().trim());
        document.note(&span, format!("not valid TOML: {why}"));
    }
    if !errors.is_empty() {
        return None;
    }
    let (path, span) = (String::new(), 0..0);
    Some(Section::new(document, path, span, table.get_ref()).taken(take))
}

/// A table of the file.
pub(super) struct Section<'d> {
    document: &'d Document<'d>,
    path: String,
    span: Range<usize>,
    table: &'d DeTable<'d>,
    known: Vec<&'static str>,
    /// Keys that are missing, and what to say of each, unless it is there under a name that is nearly its own.
    missing: RefCell<Vec<(&'static str, String)>>,
}

impl<'d> Section<'d> {
    fn new(document: &'d Document<'d>, path: String, span: Range<usize>, table: &'d DeTable<'d>) -> Self {
        Self { document, path, span, table, known: Vec::new(), missing: RefCell::default() }
    }

    /// The full name of a key, as in `limits.in_flight`.
    pub(super) fn name_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    pub(super) fn resolver(&self) -> &'d Resolver<'d> {
        self.document.resolver
    }

    /// Notes a mistake at the section's first line.
    pub(super) fn note(&self, text: String) {
        self.document.note(&self.span, text);
    }

    /// Notes a mistake where a key stands, or one of a table below it; where neither is there, at the section's first line.
    /// `text` reads on from the first key's name.
    pub(super) fn note_at(&self, key: &str, below: Option<&str>, text: &str) {
        let Some(value) = self.table.get(key) else {
            return self.note(format!("`{}`{text}", self.name_of(key)));
        };
        let inner = match (value.get_ref(), below) {
            (DeValue::Table(table), Some(below)) => table.get(below),
            _ => None,
        };
        self.document.note(&inner.unwrap_or(value).span(), format!("`{}`{text}", self.name_of(key)));
    }

    /// Notes that a key is missing, unless it is there and wrong: then that was noted.
    pub(super) fn require(&self, read: bool, key: &'static str, example: &str) {
        if !read && !self.table.contains_key(key) {
            self.lacks(key, format!("missing `{}`, such as {key} = {example}", self.name_of(key)));
        }
    }

    /// Notes that a key is missing, unless it is only written wrong: that is one mistake.
    pub(super) fn lacks(&self, key: &'static str, text: String) {
        self.missing.borrow_mut().push((key, text));
    }

    pub(super) fn get(&mut self, key: &'static str) -> Option<Value<'d>> {
        if !self.known.contains(&key) {
            self.known.push(key);
        }
        let table: &'d DeTable<'d> = self.table;
        table.get(key).map(|value| self.value(key, value))
    }

    /// A table below this one.
    pub(super) fn section<T>(
        &mut self,
        key: &'static str,
        take: impl FnOnce(&mut Section<'_>) -> T,
    ) -> Option<T> {
        self.get(key)?.table(TABLE, take)
    }

    /// The tables of a list, written `[[key]]`.
    pub(super) fn sections<T>(
        &mut self,
        key: &'static str,
        mut take: impl FnMut(&mut Section<'_>) -> Option<T>,
    ) -> Vec<T> {
        let wanted = Wanted::new("a list of tables", "[[channels]]");
        let items = self.get(key).and_then(|value| value.items(wanted)).unwrap_or_default();
        items.iter().filter_map(|item| item.table(wanted, &mut take).flatten()).collect()
    }

    /// All entries of a table with free keys, which must be strings.
    pub(super) fn entries(&self, wanted: Wanted) -> Vec<(&'d str, Value<'d>)> {
        self.each().filter(|(_, value)| value.text(wanted).is_some()).collect()
    }

    /// All entries of a table with free keys.
    pub(super) fn each(&self) -> impl Iterator<Item = (&'d str, Value<'d>)> {
        let table: &'d DeTable<'d> = self.table;
        table.iter().map(|(key, value)| (key.get_ref().as_ref(), self.value(key.get_ref(), value)))
    }

    fn value(&self, key: &str, value: &'d Spanned<DeValue<'d>>) -> Value<'d> {
        Value { document: self.document, section: self.span.clone(), name: self.name_of(key), value }
    }

    /// Hands the section to `take`, and notes the keys that it did not ask for, and those that it lacks.
    fn taken<T>(mut self, take: impl FnOnce(&mut Self) -> T) -> T {
        let taken = take(&mut self);
        let mut missing = self.missing.take();
        let strangers = self.table.keys().filter(|key| !self.known.contains(&key.get_ref().as_ref()));
        for key in strangers.filter(|_| !self.known.is_empty()) {
            let near = nearest(key.get_ref(), self.known.iter().copied());
            let cure = match (near, (self.document.home_of)(key.get_ref())) {
                (Some(near), _) => format!("did you mean `{near}`?"),
                (None, Some(home)) => format!("it belongs into {home}"),
                (None, None) => format!("known here are {}", self.known.join(", ")),
            };
            missing.retain(|(name, _)| near != Some(*name));
            let name = self.name_of(key.get_ref());
            self.document.note(&key.span(), format!("unknown key `{name}`, {cure}"));
        }
        missing.into_iter().for_each(|(_, text)| self.note(text));
        taken
    }
}

/// A value of the file, with its full name and its place.
#[derive(Clone)]
pub(super) struct Value<'d> {
    document: &'d Document<'d>,
    section: Range<usize>,
    pub(super) name: String,
    value: &'d Spanned<DeValue<'d>>,
}

impl<'d> Value<'d> {
    pub(super) fn resolver(&self) -> &'d Resolver<'d> {
        self.document.resolver
    }

    /// The line in which it begins, from 1.
    pub(super) fn line(&self) -> usize {
        self.document.line(&self.value.span())
    }

    /// Notes where it stands, for those who ask where it came from.
    pub(super) fn stands(&self) {
        self.document.resolver.stands(&*self.name, self.document.name, self.line());
    }

    /// Notes a mistake in the words that follow the key's name.
    pub(super) fn note(&self, words: impl Display) {
        self.document.note(&self.value.span(), format!("`{}`{words}", self.name));
    }

    /// Notes, at the section's first line, that nothing is in it.
    pub(super) fn is_empty(&self, cure: &str) {
        self.document.note(&self.section, format!("`{}` is empty: {cure}", self.name));
    }

    /// Notes that a value is of the wrong kind.
    fn mismatch<T>(&self, wanted: Wanted) -> Option<T> {
        let Wanted { kind, example, secret } = wanted;
        let found = match self.value.get_ref().type_str() {
            vowel if vowel.starts_with(['a', 'i']) => format!("an {vowel}"),
            other => format!("a {other}"),
        };
        let compound = matches!(self.value.get_ref(), DeValue::Table(_) | DeValue::Array(_));
        let shown = if secret || compound {
            String::new()
        } else {
            format!(" ({})", self.document.snippet(self.value.span()))
        };
        self.note(format_args!(" is {found}{shown}, expected {kind} such as {example}"));
        None
    }

    pub(super) fn is_table(&self) -> bool {
        matches!(self.value.get_ref(), DeValue::Table(_))
    }

    pub(super) fn text(&self, wanted: Wanted) -> Option<&'d str> {
        match self.value.get_ref() {
            DeValue::String(text) => Some(text),
            _ => self.mismatch(wanted),
        }
    }

    /// A string that `read` makes something of.
    pub(super) fn parsed<T>(
        &self,
        wanted: Wanted,
        read: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        read(self.text(wanted)?).map_err(|why| self.note(format_args!(": {why}"))).ok()
    }

    /// The strings of a list; a single string is a list of one.
    pub(super) fn texts(&self, wanted: Wanted) -> Option<Vec<Self>> {
        let items = match self.value.get_ref() {
            DeValue::String(_) => vec![self.clone()],
            _ => self.items(wanted)?,
        };
        Some(items.into_iter().filter(|item| item.text(wanted).is_some()).collect())
    }

    pub(super) fn items(&self, wanted: Wanted) -> Option<Vec<Self>> {
        let DeValue::Array(items) = self.value.get_ref() else { return self.mismatch(wanted) };
        Some(items.iter().map(|value| Self { value, ..self.clone() }).collect())
    }

    pub(super) fn table<T>(&self, wanted: Wanted, take: impl FnOnce(&mut Section<'_>) -> T) -> Option<T> {
        let DeValue::Table(table) = self.value.get_ref() else { return self.mismatch(wanted) };
        let (document, path, span) = (self.document, self.name.clone(), self.value.span());
        Some(Section::new(document, path, span, table).taken(take))
    }

    /// A string or a bare number that `read` makes a quantity of, within bounds.
    pub(super) fn quantity<T: PartialOrd>(
        &self,
        wanted: Wanted,
        bounds: &RangeInclusive<T>,
        read: impl FnOnce(&str) -> Result<T, String>,
        show: impl Fn(&T) -> String,
    ) -> Option<T> {
        let text = match self.value.get_ref() {
            DeValue::String(text) => text.as_ref(),
            DeValue::Integer(number) if number.radix() == 10 => number.as_str(),
            DeValue::Float(number) => number.as_str(),
            _ => return self.mismatch(wanted),
        };
        self.within(read(text).map_err(|why| self.note(format_args!(": {why}"))).ok()?, bounds, show)
    }

    /// A whole number within bounds.
    pub(super) fn number(&self, bounds: &RangeInclusive<i64>, example: &'static str) -> Option<i64> {
        let DeValue::Integer(number) = self.value.get_ref() else {
            return self.mismatch(Wanted::new("a whole number", example));
        };
        let read = i64::from_str_radix(number.as_str(), number.radix()).unwrap_or(i64::MAX);
        self.within(read, bounds, ToString::to_string)
    }

    pub(super) fn boolean(&self, example: &'static str) -> Option<bool> {
        match self.value.get_ref() {
            DeValue::Boolean(yes) => Some(*yes),
            _ => self.mismatch(Wanted::new("true or false", example)),
        }
    }

    fn within<T: PartialOrd>(
        &self,
        read: T,
        bounds: &RangeInclusive<T>,
        show: impl Fn(&T) -> String,
    ) -> Option<T> {
        if bounds.contains(&read) {
            return Some(read);
        }
        let shown = self.document.snippet(self.value.span());
        let (least, most) = (show(bounds.start()), show(bounds.end()));
        self.note(format_args!(" = {shown} is out of bounds, expected {least} to {most}"));
        None
    }
}
