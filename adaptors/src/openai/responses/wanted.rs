//! Which tools a choice means. It may name one without its namespace, and tools of several namespaces may have one name.

use std::borrow::Cow;
use std::collections::HashMap;

use super::title::{Form, Title};
use crate::neutral::Tool;

/// What a choice says of a tool.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Wanted<'a> {
    pub(super) form: Option<Form>,
    pub(super) space: Option<Cow<'a, str>>,
    pub(super) name: Cow<'a, str>,
}

/// Tools by their own names.
#[derive(Debug)]
pub(super) struct Titles<'t> {
    all: Vec<Title<'t>>,
    by_name: HashMap<&'t str, Vec<usize>>,
    by_space: HashMap<(&'t str, &'t str), Vec<usize>>,
}

impl<'t> Titles<'t> {
    pub(super) fn of(tools: &'t [Tool<'_>]) -> Self {
        let all: Vec<Title<'t>> = tools.iter().map(|tool| Title::of(&tool.name)).collect();
        let (mut by_name, mut by_space) = (HashMap::<_, Vec<_>>::new(), HashMap::<_, Vec<_>>::new());
        for (at, title) in all.iter().enumerate() {
            by_name.entry(title.name).or_default().push(at);
            if let Some(space) = title.space {
                by_space.entry((space, title.name)).or_default().push(at);
            }
        }
        Self { all, by_name, by_space }
    }

    /// The places of the tools that are meant: of several with the name those of the form, and of these those that stand in
    /// no namespace, where none is named.
    pub(super) fn meant(&self, wanted: &Wanted<'_>) -> Vec<usize> {
        let found = match &wanted.space {
            Some(space) => self.by_space.get(&(space.as_ref(), wanted.name.as_ref())),
            None => self.by_name.get(wanted.name.as_ref()),
        };
        let mut found = found.cloned().unwrap_or_default();
        self.narrow(&mut found, |title| Some(title.form) == wanted.form);
        self.narrow(&mut found, |title| title.space.is_none());
        found
    }

    /// Leaves those that are so, where any is.
    fn narrow(&self, found: &mut Vec<usize>, is_so: impl Fn(&Title<'_>) -> bool) {
        if found.iter().any(|at| is_so(&self.all[*at])) {
            found.retain(|at| is_so(&self.all[*at]));
        }
    }
}
