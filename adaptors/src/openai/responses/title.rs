//! What a tool is called here, and in the neutral conversation.
//!
//! In this dialect a tool is known by more than a name: it may stand in a namespace (Codex has one for each MCP server, and
//! one for its sub-agents), take a free text instead of an object, search for other tools, or be known by its kind alone. All
//! that becomes one name, with marks that no upstream takes, so that it gets another name there; a call comes back with the
//! marks, and is told as the client knows it.

use std::borrow::Cow;

use super::known::Known;
use crate::neutral::WITHIN;

/// Begin the names of what is no function.
const FREE: char = '\u{1e}';
const SEARCH: char = '\u{1d}';
const KNOWN: char = '\u{1c}';

/// Kinds of tools that may have such names, as they stand in a body.
pub(super) const MARKED: [&[u8]; 6] = [
    b"\"namespace\"",
    b"\"custom\"",
    b"\"tool_search\"",
    b"\"local_shell\"",
    b"\"shell\"",
    b"\"apply_patch\"",
];

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Form {
    Function,
    /// Its input is a text.
    Free,
    /// The client looks for tools.
    Search,
    /// It is known by its kind, which is its name.
    Known(Known),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Title<'a> {
    pub(super) form: Form,
    pub(super) space: Option<&'a str>,
    pub(super) name: &'a str,
}

impl<'a> Title<'a> {
    /// Of a name in the neutral conversation.
    pub(super) fn of(joined: &'a str) -> Self {
        let (form, rest) = match joined.chars().next() {
            Some(FREE) => (Form::Free, &joined[1..]),
            Some(SEARCH) => (Form::Search, &joined[1..]),
            Some(KNOWN) => (Known::of(&joined[1..]).map_or(Form::Function, Form::Known), &joined[1..]),
            _ => (Form::Function, joined),
        };
        match rest.split_once(WITHIN) {
            Some((space, name)) => Self { form, space: Some(space), name },
            None => Self { form, space: None, name: rest },
        }
    }
}

/// The form of a tool of this type; `None`: it says nothing of it.
pub(super) fn form_of(kind: &str) -> Option<Form> {
    match kind {
        "function" => Some(Form::Function),
        "custom" => Some(Form::Free),
        "tool_search" => Some(Form::Search),
        kind => Known::of(kind).map(Form::Known),
    }
}

/// The name in the neutral conversation.
pub(super) fn join<'a>(form: Form, space: Option<&str>, name: Cow<'a, str>) -> Cow<'a, str> {
    let mark = match form {
        Form::Function if space.is_none() => return name,
        Form::Function => "",
        Form::Free => "\u{1e}",
        Form::Search => "\u{1d}",
        Form::Known(_) => "\u{1c}",
    };
    match space {
        Some(space) => format!("{mark}{space}{WITHIN}{name}").into(),
        None => format!("{mark}{name}").into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_tool_is_comes_back_out_of_its_name() {
        for form in [Form::Function, Form::Free, Form::Search] {
            for space in [None, Some("mcp__town")] {
                let joined = join(form, space, "ring".into());
                assert_eq!(Title::of(&joined), Title { form, space, name: "ring" });
            }
        }
        let joined = join(Form::Known(Known::Shell), None, "shell".into());
        let form = Form::Known(Known::Shell);
        assert_eq!(Title::of(&joined), Title { form, space: None, name: "shell" });
    }
}
