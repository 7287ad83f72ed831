//! A client's calls and what came of them, read.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use serde_json::value::RawValue;

use super::super::arguments::arguments;
use super::decode_part;
use super::decode_tool::Offered;
use super::known::Known;
use super::title::{Form, join};
use crate::dropped::Dropped;
use crate::json::{Fields, Read, text, within};
use crate::neutral::{Content, Part, Place, Role, spelled};

/// What an item says of itself.
pub(super) struct Own<'a> {
    pub(super) id: Option<Cow<'a, str>>,
    pub(super) status: Option<Cow<'a, str>>,
}

/// The calls of a history so far.
#[derive(Debug, Default)]
pub(super) struct Calls<'a> {
    ids: HashSet<Cow<'a, str>>,
    /// Their ids by those of their items.
    by_item: HashMap<Cow<'a, str>, Cow<'a, str>>,
}

type CallId<'a> = (Cow<'a, str>, Option<Cow<'a, str>>);

impl<'a> Calls<'a> {
    /// A call, or what came of one; `None`: it is neither.
    pub(super) fn read(
        &mut self,
        kind: &str,
        own: Own<'a>,
        item: &mut Fields<'a>,
        (at, offered): (Place, &mut Offered<'a>),
        dropped: &mut Dropped,
    ) -> Read<Option<(Role, Content<'a>)>> {
        let called = |content| (Role::Assistant, content);
        let came = |content| (Role::User, content);
        Ok(Some(match (kind, Known::of_call(kind), Known::of_output(kind)) {
            ("function_call", ..) => called(function_call(self.call(own.id, item)?, item)?),
            ("custom_tool_call", ..) => called(custom_call(self.call(own.id, item)?, item)?),
            ("function_call_output" | "custom_tool_call_output", ..) => {
                came(call_output(self.output(own.id, item)?, item, at, dropped)?)
            }
            ("tool_search_call", ..) if is_clients(item)? => {
                called(search_call(self.call(own.id, item)?, item)?)
            }
            ("tool_search_output", ..) if is_clients(item)? => {
                came(search_output(self.output(own.id, item)?, item, (at, offered), dropped)?)
            }
            (_, Some(known), _) => called(known_call(known, self.call(own.id, item)?, item)?),
            (_, _, Some(known)) => {
                let is_error = own.status.as_deref() == Some("failed");
                let id = match known {
                    // By its first form, its own name is its call's.
                    Known::LocalShell => self.output_of(own.id, item, true)?,
                    _ => self.output(own.id, item)?,
                };
                came(known_output(id, is_error, item, at))
            }
            _ => return Ok(None),
        }))
    }

    /// A call's id, and the signature that it carries.
    fn call(&mut self, item_id: Option<Cow<'a, str>>, item: &mut Fields<'a>) -> Read<CallId<'a>> {
        let id = item.need("call_id")?;
        if let Some(item_id) = item_id {
            self.by_item.insert(item_id, id.clone());
        }
        self.ids.insert(id.clone());
        Ok(match spelled::split(&id) {
            Some((id, signature)) => (id.into(), Some(signature.into())),
            None => (id, None),
        })
    }

    /// The id of the call that an output answers.
    fn output(&self, own: Option<Cow<'a, str>>, item: &mut Fields<'a>) -> Read<Cow<'a, str>> {
        let is_a_calls = own.as_ref().is_some_and(|own| self.by_item.contains_key(own));
        self.output_of(own, item, is_a_calls)
    }

    /// Some clients name the call by its item's id, and some in the place of the output's own.
    fn output_of(
        &self,
        own: Option<Cow<'a, str>>,
        item: &mut Fields<'a>,
        is_a_calls: bool,
    ) -> Read<Cow<'a, str>> {
        let name = match (item.text("call_id")?, own.filter(|_| is_a_calls)) {
            (Some(given), _) | (None, Some(given)) => given,
            (None, None) => item.need("call_id")?,
        };
        let id = match self.by_item.get(&name) {
            Some(id) if !self.ids.contains(&name) => id.clone(),
            _ => name,
        };
        Ok(spelled::split(&id).map_or(id, |(id, _)| id.into()))
    }
}

/// A search for tools that the client did, and not the upstream.
fn is_clients(item: &mut Fields<'_>) -> Read<bool> {
    Ok(item.text("execution")?.as_deref() == Some("client"))
}

/// A call of a tool that models of OpenAI's know by training: `shell_call` with its `action`.
fn known_call<'a>(known: Known, (id, signature): CallId<'a>, item: &mut Fields<'a>) -> Read<Content<'a>> {
    let input = item.opaque(known.key())?.map_or_else(|| "{}".to_owned(), |done| known.arguments(done));
    let name = join(Form::Known(known), None, known.kind().into());
    // Where it ran, and how much of the output was wanted.
    item.ignore(&["max_output_length", "environment"]);
    Ok(Content::ToolCall { id, name, input: input.into(), signature })
}

/// Its output is a text, or a list of what each command said, which is told as it stands.
fn known_output<'a>(id: Cow<'a, str>, is_error: bool, item: &mut Fields<'a>, at: Place) -> Content<'a> {
    let said = item.take("output").map(|raw| text(raw).unwrap_or(Cow::Borrowed(raw.get())));
    item.ignore(&["max_output_length"]);
    let said = said.or(is_error.then_some("The patch could not be applied.".into()));
    let parts = said.map(|said| Part { at, cache: None, content: Content::Text(said) });
    Content::ToolResult { id, parts: parts.into_iter().collect(), is_error }
}

fn search_call<'a>((id, signature): CallId<'a>, item: &mut Fields<'a>) -> Read<Content<'a>> {
    let input = item.opaque("arguments")?.map_or("{}", RawValue::get).into();
    Ok(Content::ToolCall { id, name: join(Form::Search, None, "tool_search".into()), input, signature })
}

/// What was found is offered from now on.
fn search_output<'a>(
    id: Cow<'a, str>,
    item: &mut Fields<'a>,
    (at, offered): (Place, &mut Offered<'a>),
    dropped: &mut Dropped,
) -> Read<Content<'a>> {
    let found = item.list("tools")?.unwrap_or_default();
    let said = if found.is_empty() { "No tools were found." } else { "The tools that were found are ready." };
    offered.read_more(found, dropped)?;
    let parts = vec![Part { at, cache: None, content: Content::Text(said.into()) }];
    Ok(Content::ToolResult { id, parts, is_error: false })
}

fn function_call<'a>((id, signature): CallId<'a>, item: &mut Fields<'a>) -> Read<Content<'a>> {
    let (name, space) = (item.need("name")?, item.text("namespace")?);
    let name = join(Form::Function, space.as_deref(), name);
    let input = arguments(item.text("arguments")?.unwrap_or_default())?;
    Ok(Content::ToolCall { id, name, input, signature })
}

/// The call of a tool that takes any text: told as one that takes an object with it.
fn custom_call<'a>((id, signature): CallId<'a>, item: &mut Fields<'a>) -> Read<Content<'a>> {
    let (name, space) = (item.need("name")?, item.text("namespace")?);
    let (name, input) = (join(Form::Free, space.as_deref(), name), item.text("input")?.unwrap_or_default());
    let input = serde_json::json!({ "input": input }).to_string().into();
    Ok(Content::ToolCall { id, name, input, signature })
}

fn call_output<'a>(
    id: Cow<'a, str>,
    item: &mut Fields<'a>,
    at: Place,
    dropped: &mut Dropped,
) -> Read<Content<'a>> {
    item.ignore(&["name"]);
    let parts = match item.take("output") {
        Some(output) => within("output", dropped, |dropped| {
            decode_part::read_all(output, at, decode_part::users, dropped)
        })?,
        None => Vec::new(),
    };
    Ok(Content::ToolResult { id, parts, is_error: false })
}
