//! A configuration file while it is read: its text, and what is wrong with it so far.

use std::cell::RefCell;
use std::ops::Range;

use toml::de::DeTable;

use super::errors::Problem;
use super::reader::Section;

/// A parsed file and what is wrong with it so far.
pub(super) struct Document<'a> {
    name: &'a str,
    text: &'a str,
    problems: RefCell<Vec<Problem>>,
}

impl<'a> Document<'a> {
    /// `name` is how the file is called in messages.
    pub(super) fn new(name: &'a str, text: &'a str) -> Self {
        Self { name, text, problems: RefCell::default() }
    }

    /// Parses the text and hands the top section to `read`; syntax errors are reported alone, because what follows
    /// them is guesswork.
    pub(super) fn read<T>(&self, read: impl FnOnce(&mut Section<'_>) -> T) -> Option<T> {
        let (table, errors) = DeTable::parse_recoverable(self.text);
        for error in &errors {
            let span = error.span().unwrap_or(0..0);
            let near = self.snippet(span.clone());
            let key = if error.message() == "duplicate key" { format!(" `{near}`") } else { String::new() };
            self.note(span, format!("not valid TOML: {}{key}", error.message().trim()));
        }
        if !errors.is_empty() {
            return None;
        }
        let mut top = Section::top(self, table.get_ref());
        let value = read(&mut top);
        top.finish();
        Some(value)
    }

    pub(super) fn note(&self, span: Range<usize>, text: String) {
        let line = 1 + self.text.as_bytes().iter().take(span.start).filter(|b| **b == b'\n').count();
        self.problems.borrow_mut().push(Problem { place: self.name.to_owned(), line: Some(line), text });
    }

    pub(super) fn into_problems(self) -> Vec<Problem> {
        self.problems.into_inner()
    }

    /// The source of a value, shortened to one line.
    pub(super) fn snippet(&self, span: Range<usize>) -> String {
        let line = self.text.get(span).unwrap_or("").lines().next().unwrap_or("");
        let short: String = line.chars().take(40).collect();
        if short.len() < line.len() { format!("{short}…") } else { short }
    }
}
