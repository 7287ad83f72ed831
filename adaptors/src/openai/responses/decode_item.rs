//! A client's `input`, read: one item after the other, each a turn of its own.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::{decode_part, signature};
use crate::dropped::Dropped;
use crate::json::{Bad, Fields, Read, list, text, within};
use crate::neutral::{Content, Part, Place, Role, Turn, spelled};

type Said<'a> = (Vec<Part<'a>>, Vec<Turn<'a>>);

/// What an upstream of this dialect did by itself. Its outcome is in the messages that follow.
const HOSTED: [&str; 12] = [
    "web_search_call",
    "file_search_call",
    "code_interpreter_call",
    "image_generation_call",
    "mcp_list_tools",
    "mcp_approval_request",
    "mcp_approval_response",
    "tool_search_call",
    "tool_search_output",
    "compaction",
    "compaction_summary",
    "compaction_trigger",
];
const HOSTED_BY: &str =
    "cannot be translated for this model's upstream, which speaks another API: leave it out";

/// The system's texts, and the turns. Instructions that stand before the first turn belong to the system's.
pub(super) fn read_all<'a>(fields: &mut Fields<'a>, dropped: &mut Dropped) -> Read<Said<'a>> {
    let mut system = Vec::new();
    if let Some(instructions) = fields.text("instructions")? {
        system.push(Part { at: Place::System, cache: None, content: Content::Text(instructions) });
    }
    let input = fields.take("input").ok_or_else(|| Bad::new("input", "is missing: send a text or a list"))?;
    if let Some(text) = text(input) {
        let part = Part { at: Place::Turn(0), cache: None, content: Content::Text(text) };
        return Ok((system, vec![Turn { role: Role::User, parts: vec![part] }]));
    }
    let items = list(input).ok_or_else(|| Bad::new("input", "must be a string or a list of items"))?;
    let mut turns = Vec::with_capacity(items.len());
    for (number, raw) in items.into_iter().enumerate() {
        let outer = format_args!("input[{number}]");
        let turn = within(outer, dropped, |dropped| item(raw, Place::Turn(number), dropped))?;
        match turn {
            None => dropped.note(outer),
            Some(turn) if turn.role == Role::System && turns.is_empty() => system.extend(turn.parts),
            Some(turn) => push(&mut turns, turn),
        }
    }
    Ok((system, turns))
}

/// A proof behind a call is the call's.
fn push<'a>(turns: &mut Vec<Turn<'a>>, mut turn: Turn<'a>) {
    let before = turns.last_mut().and_then(|turn| turn.parts.last_mut());
    if let (Some(Part { content: Content::Proof(proof), .. }), Some(before)) =
        (turn.parts.first_mut(), before)
        && let Content::ToolCall { signature: known @ None, .. } = &mut before.content
    {
        *known = Some(std::mem::take(proof));
        return;
    }
    turns.push(turn);
}

/// `None`: one that is left out.
fn item<'a>(raw: &'a RawValue, at: Place, dropped: &mut Dropped) -> Read<Option<Turn<'a>>> {
    let mut item = Fields::of(raw)?;
    // Of items that an upstream made: names and states that nobody else knows.
    item.ignore(&["id", "status", "phase", "created_by"]);
    let kind = item.text("type")?.unwrap_or("message".into());
    let (role, content) = match kind.as_ref() {
        "message" => return message(item, at, dropped).map(Some),
        "function_call" => (Role::Assistant, function_call(&mut item)?),
        "custom_tool_call" => (Role::Assistant, custom_call(&mut item)?),
        "function_call_output" | "custom_tool_call_output" => {
            (Role::User, call_output(&mut item, at, dropped)?)
        }
        "reasoning" => (Role::Assistant, reasoning(&mut item)?),
        "item_reference" => {
            let what = "is an item that only another upstream knows: send the item itself";
            return Err(Bad::new("type", what));
        }
        kind if HOSTED.contains(&kind) && dropped.refuses() => return Err(Bad::new("type", HOSTED_BY)),
        kind if HOSTED.contains(&kind) => return Ok(None),
        kind => {
            let what = format!("is \"{kind}\", which cannot be expressed for this model's upstream");
            return Err(Bad::new("type", what));
        }
    };
    item.end(dropped)?;
    Ok(Some(Turn { role, parts: vec![Part { at, cache: None, content }] }))
}

fn message<'a>(mut item: Fields<'a>, at: Place, dropped: &mut Dropped) -> Read<Turn<'a>> {
    let (role, read): (_, decode_part::ReadPart) = match item.need("role")?.as_ref() {
        "user" => (Role::User, decode_part::users),
        "assistant" => (Role::Assistant, decode_part::assistants),
        "system" | "developer" => (Role::System, decode_part::texts),
        _ => return Err(Bad::new("role", "must be user, assistant, system or developer")),
    };
    let content = item.take("content").ok_or_else(|| Bad::new("content", "is missing"))?;
    let parts = within("content", dropped, |dropped| decode_part::read_all(content, at, read, dropped))?;
    item.end(dropped)?;
    Ok(Turn { role, parts })
}

fn function_call<'a>(item: &mut Fields<'a>) -> Read<Content<'a>> {
    let (id, signature) = call_id(item)?;
    let (name, input) = (item.need("name")?, item.text("arguments")?.unwrap_or_default());
    Ok(Content::ToolCall { id, name, input: arguments(input)?, signature })
}

/// The call of a tool that takes any text: told as one that takes an object with it.
fn custom_call<'a>(item: &mut Fields<'a>) -> Read<Content<'a>> {
    let (id, signature) = call_id(item)?;
    let (name, input) = (item.need("name")?, item.text("input")?.unwrap_or_default());
    let input = serde_json::json!({ "input": input }).to_string().into();
    Ok(Content::ToolCall { id, name, input, signature })
}

fn call_output<'a>(item: &mut Fields<'a>, at: Place, dropped: &mut Dropped) -> Read<Content<'a>> {
    let (id, _) = call_id(item)?;
    item.ignore(&["name"]);
    let parts = match item.take("output") {
        Some(output) => within("output", dropped, |dropped| {
            decode_part::read_all(output, at, decode_part::users, dropped)
        })?,
        None => Vec::new(),
    };
    Ok(Content::ToolResult { id, parts, is_error: false })
}

type CallId<'a> = (Cow<'a, str>, Option<Cow<'a, str>>);

/// A call's id, and the signature that it carries.
fn call_id<'a>(item: &mut Fields<'a>) -> Read<CallId<'a>> {
    let id = item.need("call_id")?;
    Ok(match spelled::split(&id) {
        Some((id, signature)) => (id.into(), Some(signature.into())),
        None => (id, None),
    })
}

/// The text of an object; some write none as nothing, or as null.
fn arguments(text: Cow<'_, str>) -> Read<Cow<'_, str>> {
    if matches!(text.trim(), "" | "null") {
        return Ok("{}".into());
    }
    let parsed = serde_json::from_str::<&RawValue>(&text);
    if !parsed.is_ok_and(|json| json.get().starts_with('{')) {
        return Err(Bad::new("arguments", "must be the JSON text of an object for this model's upstream"));
    }
    Ok(text)
}

/// The thinking itself is in `content` where an upstream shows it, else in `summary`.
fn reasoning<'a>(item: &mut Fields<'a>) -> Read<Content<'a>> {
    let encrypted = item.text("encrypted_content")?;
    let (summary, content) = (texts(item, "summary")?, texts(item, "content")?);
    let text = if content.is_empty() { summary } else { content };
    Ok(signature::read(text, encrypted))
}

/// The texts of a list of parts, with an empty line between them.
fn texts<'a>(item: &mut Fields<'a>, key: &str) -> Read<Cow<'a, str>> {
    let mut joined: Option<Cow<'a, str>> = None;
    for (at, raw) in item.list(key)?.unwrap_or_default().into_iter().enumerate() {
        let text = Fields::of(raw).and_then(|mut part| part.need("text"));
        let text = text.map_err(|bad| bad.within(format!("{key}[{at}]")))?;
        joined = Some(match joined {
            None => text,
            Some(before) => format!("{before}\n\n{text}").into(),
        });
    }
    Ok(joined.unwrap_or_default())
}
