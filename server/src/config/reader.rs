//! TOML with lines: sections whose values are fetched by key and kind. What is wrong is noted and reading goes on, so
//! that one run reports every mistake.

use std::ops::{Range, RangeInclusive};
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeTable, DeValue};
use vitals::units;

use super::document::Document;
use super::spelling::{home_of, nearest};

/// A value with its place in the file.
#[derive(Clone, Debug)]
pub(super) struct At<T> {
    pub(super) value: T,
    pub(super) span: Range<usize>,
}

/// What a value must be, for messages: the kind in words, and an example in TOML.
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

/// A table of the file.
pub(super) struct Section<'d> {
    document: &'d Document<'d>,
    path: String,
    pub(super) span: Range<usize>,
    table: &'d DeTable<'d>,
    known: Vec<&'static str>,
}

impl<'d> Section<'d> {
    pub(super) fn top(document: &'d Document<'d>, table: &'d DeTable<'d>) -> Self {
        Self { document, path: String::new(), span: 0..0, table, known: Vec::new() }
    }

    /// The full name of a key, as in `limits.in_flight`.
    pub(super) fn name_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    pub(super) fn note(&self, span: Range<usize>, text: String) {
        self.document.note(span, text);
    }

    /// Notes that a key is missing, unless it is there and wrong: then that was noted.
    pub(super) fn require(&self, read: bool, key: &str, example: &str) {
        if !read && !self.table.contains_key(key) {
            self.note(
                self.span.clone(),
                format!("missing `{}`, such as {key} = {example}", self.name_of(key)),
            );
        }
    }

    fn get(&mut self, key: &'static str) -> Option<&'d Spanned<DeValue<'d>>> {
        self.known.push(key);
        let table: &'d DeTable<'d> = self.table;
        table.get(key)
    }

    /// Notes that a value is of the wrong kind.
    fn mismatch(&self, name: &str, value: &Spanned<DeValue<'_>>, wanted: Wanted) {
        let found = value.get_ref().type_str();
        let article = if found.starts_with(['a', 'i']) { "an" } else { "a" };
        let compound = matches!(value.get_ref(), DeValue::Table(_) | DeValue::Array(_));
        let shown = if wanted.secret || compound {
            String::new()
        } else {
            format!(" ({})", self.document.snippet(value.span()))
        };
        let Wanted { kind, example, .. } = wanted;
        self.note(
            value.span(),
            format!("`{name}` is {article} {found}{shown}, expected {kind} such as {example}"),
        );
    }

    pub(super) fn string(&mut self, key: &'static str, wanted: Wanted) -> Option<At<String>> {
        let value = self.get(key)?;
        let name = self.name_of(key);
        self.text_of(&name, value, wanted)
    }

    fn text_of(&self, name: &str, value: &Spanned<DeValue<'_>>, wanted: Wanted) -> Option<At<String>> {
        match value.get_ref() {
            DeValue::String(text) => Some(At { value: text.clone().into_owned(), span: value.span() }),
            _ => {
                self.mismatch(name, value, wanted);
                None
            }
        }
    }

    /// A string that `read` makes something of.
    pub(super) fn parsed<T>(
        &mut self,
        key: &'static str,
        wanted: Wanted,
        read: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let text = self.string(key, wanted)?;
        match read(&text.value) {
            Ok(value) => Some(value),
            Err(why) => {
                let name = self.name_of(key);
                self.note(text.span, format!("`{name}`: {why}"));
                None
            }
        }
    }

    /// A list of strings; a single string is a list of one.
    pub(super) fn strings(&mut self, key: &'static str, wanted: Wanted) -> Option<Vec<At<String>>> {
        let value = self.get(key)?;
        let name = self.name_of(key);
        match value.get_ref() {
            DeValue::Array(items) => {
                Some(items.iter().filter_map(|item| self.text_of(&name, item, wanted)).collect())
            }
            DeValue::String(_) => Some(self.text_of(&name, value, wanted).into_iter().collect()),
            _ => {
                self.mismatch(&name, value, wanted);
                None
            }
        }
    }

    /// A list whose items are strings or tables; `read` sees the tables.
    pub(super) fn strings_or_sections<T>(
        &mut self,
        key: &'static str,
        wanted: Wanted,
        text: impl Fn(At<String>) -> Result<T, String>,
        mut table: impl FnMut(&mut Section<'_>) -> Option<T>,
    ) -> Option<Vec<T>> {
        let value = self.get(key)?;
        let name = self.name_of(key);
        let DeValue::Array(items) = value.get_ref() else {
            self.mismatch(&name, value, wanted);
            return None;
        };
        let mut read = Vec::new();
        for item in items.iter() {
            match item.get_ref() {
                DeValue::String(string) => {
                    match text(At { value: string.clone().into_owned(), span: item.span() }) {
                        Ok(value) => read.push(value),
                        Err(why) => self.note(item.span(), format!("`{name}`: {why}")),
                    }
                }
                DeValue::Table(inner) => {
                    let mut section = self.inner(name.clone(), item.span(), inner);
                    read.extend(table(&mut section));
                    section.finish();
                }
                _ => self.mismatch(&name, item, wanted),
            }
        }
        Some(read)
    }

    /// A duration within bounds: a string with a unit, or a bare number of seconds.
    pub(super) fn duration(
        &mut self,
        key: &'static str,
        bounds: RangeInclusive<Duration>,
    ) -> Option<Duration> {
        let wanted = Wanted::new("a duration", "\"10s\"");
        let read = self.quantity(key, wanted, units::parse_duration)?;
        self.within(key, read, &bounds, |d| units::format_duration(*d))
    }

    /// A size in bytes within bounds: a string with a unit, or a bare number of bytes.
    pub(super) fn size(&mut self, key: &'static str, bounds: RangeInclusive<u64>) -> Option<u64> {
        let read = self.quantity(key, Wanted::new("a size", "\"32MiB\""), units::parse_size)?;
        self.within(key, read, &bounds, |n| units::format_size(*n))
    }

    /// A size in bytes, or a share of `whole` in percent.
    pub(super) fn size_or_share(
        &mut self,
        key: &'static str,
        bounds: RangeInclusive<u64>,
        whole: u64,
    ) -> Option<u64> {
        let read = self.quantity(
            key,
            Wanted::new("a size or a share of the memory", "\"25%\" or \"512MiB\""),
            |text| {
                let Some(share) = text.trim().strip_suffix('%') else { return units::parse_size(text) };
                match share.trim().parse::<u64>() {
                    Ok(percent @ 1..=90) => {
                        Ok((whole / 100).saturating_mul(percent) + whole % 100 * percent / 100)
                    }
                    _ => Err(format!("`{text}` is not a share of the memory between 1% and 90%")),
                }
            },
        )?;
        self.within(key, read, &bounds, |n| units::format_size(*n))
    }

    fn quantity<T>(
        &mut self,
        key: &'static str,
        wanted: Wanted,
        read: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<At<T>> {
        let value = self.get(key)?;
        let name = self.name_of(key);
        let text = match value.get_ref() {
            DeValue::String(text) => text.as_ref(),
            DeValue::Integer(number) if number.radix() == 10 => number.as_str(),
            DeValue::Float(number) => number.as_str(),
            _ => {
                self.mismatch(&name, value, wanted);
                return None;
            }
        };
        match read(text) {
            Ok(read) => Some(At { value: read, span: value.span() }),
            Err(why) => {
                self.note(value.span(), format!("`{name}`: {why}"));
                None
            }
        }
    }

    /// `true` or `false`.
    pub(super) fn boolean(&mut self, key: &'static str, example: &'static str) -> Option<bool> {
        let value = self.get(key)?;
        let DeValue::Boolean(yes) = value.get_ref() else {
            self.mismatch(&self.name_of(key), value, Wanted::new("true or false", example));
            return None;
        };
        Some(*yes)
    }

    /// A whole number within bounds.
    pub(super) fn number(
        &mut self,
        key: &'static str,
        bounds: RangeInclusive<i64>,
        example: &'static str,
    ) -> Option<i64> {
        let value = self.get(key)?;
        let name = self.name_of(key);
        let DeValue::Integer(number) = value.get_ref() else {
            self.mismatch(&name, value, Wanted::new("a whole number", example));
            return None;
        };
        let parsed = i64::from_str_radix(number.as_str(), number.radix());
        let read = At { value: parsed.unwrap_or(i64::MAX), span: value.span() };
        self.within(key, read, &bounds, ToString::to_string)
    }

    fn within<T: PartialOrd>(
        &self,
        key: &str,
        read: At<T>,
        bounds: &RangeInclusive<T>,
        show: impl Fn(&T) -> String,
    ) -> Option<T> {
        if bounds.contains(&read.value) {
            return Some(read.value);
        }
        let shown = self.document.snippet(read.span.clone());
        let (least, most) = (show(bounds.start()), show(bounds.end()));
        self.note(
            read.span,
            format!("`{}` = {shown} is out of bounds, expected {least} to {most}", self.name_of(key)),
        );
        None
    }

    /// A table below this one.
    pub(super) fn section<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&mut Section<'_>) -> T,
    ) -> Option<T> {
        let value = self.get(key)?;
        let name = self.name_of(key);
        let DeValue::Table(table) = value.get_ref() else {
            self.mismatch(&name, value, Wanted::new("a table", "[limits]"));
            return None;
        };
        let mut section = self.inner(name, value.span(), table);
        let read = read(&mut section);
        section.finish();
        Some(read)
    }

    /// A word, or a table below this one.
    pub(super) fn word_or_section<T>(
        &mut self,
        key: &'static str,
        wanted: Wanted,
        word: impl FnOnce(&str) -> Result<T, String>,
        table: impl FnOnce(&mut Section<'_>) -> T,
    ) -> Option<T> {
        let value = self.get(key)?;
        match value.get_ref() {
            DeValue::String(_) => self.parsed(key, wanted, word),
            DeValue::Table(_) => self.section(key, table),
            _ => {
                self.mismatch(&self.name_of(key), value, wanted);
                None
            }
        }
    }

    /// A list of tables, written `[[key]]`.
    pub(super) fn sections<T>(
        &mut self,
        key: &'static str,
        mut read: impl FnMut(&mut Section<'_>) -> Option<T>,
    ) -> Vec<T> {
        let Some(value) = self.get(key) else { return Vec::new() };
        let name = self.name_of(key);
        let wanted = Wanted::new("a list of tables", "[[channels]]");
        let DeValue::Array(items) = value.get_ref() else {
            self.mismatch(&name, value, wanted);
            return Vec::new();
        };
        let mut all = Vec::new();
        for item in items.iter() {
            let DeValue::Table(table) = item.get_ref() else {
                self.mismatch(&name, item, wanted);
                continue;
            };
            let mut section = self.inner(name.clone(), item.span(), table);
            all.extend(read(&mut section));
            section.finish();
        }
        all
    }

    /// All entries of a table with free keys, which must be strings.
    pub(super) fn entries(&mut self, wanted: Wanted) -> Vec<(At<String>, At<String>)> {
        let table: &'d DeTable<'d> = self.table;
        let mut all = Vec::new();
        for (key, value) in table {
            let name = self.name_of(key.get_ref());
            if let Some(text) = self.text_of(&name, value, wanted) {
                all.push((At { value: key.get_ref().clone().into_owned(), span: key.span() }, text));
            }
        }
        all
    }

    fn inner<'s>(&'s self, path: String, span: Range<usize>, table: &'s DeTable<'s>) -> Section<'s> {
        Section { document: self.document, path, span, table, known: Vec::new() }
    }

    /// Notes the keys that nobody asked for.
    pub(super) fn finish(&self) {
        if self.known.is_empty() {
            return;
        }
        for key in self.table.keys().filter(|key| !self.known.contains(&key.get_ref().as_ref())) {
            let near = nearest(key.get_ref(), self.known.iter().copied());
            let cure = match (near, home_of(key.get_ref())) {
                (Some(near), _) => format!("did you mean `{near}`?"),
                (None, Some(home)) => format!("it belongs into {home}"),
                (None, None) => format!("known here are {}", self.known.join(", ")),
            };
            let name = self.name_of(key.get_ref());
            self.note(key.span(), format!("unknown key `{name}`, {cure}"));
        }
    }
}
