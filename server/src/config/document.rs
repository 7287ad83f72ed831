//! A configuration file while it is read: its text, and what is wrong with it so far.

use std::cell::RefCell;
use std::ops::Range;

use super::errors::Problem;
use super::secrets::Resolver;

/// A file's text and the mistakes found in it.
pub(super) struct Document<'a> {
    pub(super) name: &'a str,
    pub(super) text: &'a str,
    pub(super) resolver: &'a Resolver<'a>,
    /// Names the section in which a key is at home, for those who write it elsewhere.
    pub(super) home_of: fn(&str) -> Option<String>,
    problems: RefCell<Vec<Problem>>,
}

impl<'a> Document<'a> {
    /// `name` is how the file is called in messages.
    pub(super) fn new(
        name: &'a str,
        text: &'a str,
        resolver: &'a Resolver<'a>,
        home_of: fn(&str) -> Option<String>,
    ) -> Self {
        Self { name, text, resolver, home_of, problems: RefCell::default() }
    }

    pub(super) fn note(&self, span: &Range<usize>, text: String) {
        let line = Some(self.line(span));
        self.problems.borrow_mut().push(Problem { place: self.name.to_owned(), line, text });
    }

    /// The line in which something begins, from 1.
    pub(super) fn line(&self, span: &Range<usize>) -> usize {
        1 + self.text.as_bytes().iter().take(span.start).filter(|b| **b == b'\n').count()
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
