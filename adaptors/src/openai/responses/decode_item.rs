//! A client's `input`, read: one item after the other, each a turn of its own.

use std::borrow::Cow;

use super::decode_call::{Calls, Own};
use super::decode_tool::Offered;
use super::{decode_part, signature};
use crate::dropped::Dropped;
use crate::json::{Bad, Fields, Read, objects, text, within};
use crate::neutral::{Content, Part, Place, Role, Turn};

type Said<'a> = (Vec<Part<'a>>, Vec<Turn<'a>>);

/// What an upstream of this dialect did by itself. Its outcome is in the messages that follow.
const HOSTED: [&str; 7] = [
    "web_search_call",
    "file_search_call",
    "code_interpreter_call",
    "image_generation_call",
    "mcp_list_tools",
    "mcp_approval_request",
    "mcp_approval_response",
];
/// The conversation so far, in a form that only the upstream can read that made it, and the wish for one.
const COMPACTED: [&str; 3] = ["compaction", "compaction_summary", "compaction_trigger"];
const HOSTED_BY: &str =
    "cannot be translated for this model's upstream, which speaks another API: leave it out";

/// The system's texts, and the turns. Instructions that stand before the first turn belong to the system's. Tools that are
/// offered on the way join the others.
pub(super) fn read_all<'a>(
    fields: &mut Fields<'a>,
    offered: &mut Offered<'a>,
    dropped: &mut Dropped,
) -> Read<Said<'a>> {
    let mut system = Vec::new();
    if let Some(instructions) = fields.text("instructions")? {
        system.push(Part { at: Place::System, cache: None, content: Content::Text(instructions) });
    }
    let input = fields.take("input").ok_or_else(|| Bad::new("input", "is missing: send a text or a list"))?;
    if let Some(text) = text(input) {
        let part = Part { at: Place::Turn(0), cache: None, content: Content::Text(text) };
        return Ok((system, vec![Turn { role: Role::User, parts: vec![part] }]));
    }
    let items = objects(input).ok_or_else(|| Bad::new("input", "must be a string or a list of items"))?;
    let (mut turns, mut calls) = (Vec::with_capacity(items.len()), Calls::default());
    for (number, one) in items.into_iter().enumerate() {
        let outer = format_args!("input[{number}]");
        let at = Place::Turn(number);
        let turn = within(outer, dropped, |dropped| item(one?, at, (&mut calls, offered), dropped))?;
        match turn {
            None => {}
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

/// `None`: it is no turn, or left out.
fn item<'a>(
    mut item: Fields<'a>,
    at: Place,
    (calls, offered): (&mut Calls<'a>, &mut Offered<'a>),
    dropped: &mut Dropped,
) -> Read<Option<Turn<'a>>> {
    let kind = item.text("type")?.unwrap_or("message".into());
    let own = Own { id: item.take("id").and_then(text), status: item.take("status").and_then(text) };
    // Of items that an upstream made: names and states that nobody else knows, and what OpenAI's SDKs read from it.
    item.ignore(&["phase", "created_by", "parsed_arguments"]);
    let said = match kind.as_ref() {
        "message" => return message(item, at, dropped).map(Some),
        "agent_message" => return agents_message(item, at, dropped).map(Some),
        "additional_tools" => {
            item.ignore(&["role"]);
            offered.read_more(item.list("tools")?.unwrap_or_default(), dropped)?;
            item.end(dropped)?;
            return Ok(None);
        }
        "reasoning" => Some((Role::Assistant, reasoning(&mut item)?)),
        kind => calls.read(kind, own, &mut item, (at, offered), dropped)?,
    };
    let Some((role, content)) = said else { return other(&kind, dropped) };
    item.end(dropped)?;
    Ok(Some(Turn { role, parts: vec![Part { at, cache: None, content }] }))
}

/// What is no part of the conversation: what an upstream did by itself is left out.
fn other<'a>(kind: &str, dropped: &mut Dropped) -> Read<Option<Turn<'a>>> {
    if kind == "item_reference" {
        return Err(Bad::new("type", "is an item that only another upstream knows: send the item itself"));
    }
    if COMPACTED.contains(&kind) {
        let what = format!(
            "is \"{kind}\": what was said so far can only be read by the upstream that put it together: send the items \
             that it stands for, or use a model whose upstream speaks your API"
        );
        return Err(Bad::new("type", what));
    }
    if !is_hosted(kind) {
        let what = format!("is \"{kind}\", which cannot be expressed for this model's upstream");
        return Err(Bad::new("type", what));
    }
    if dropped.refuses() {
        return Err(Bad::new("type", HOSTED_BY));
    }
    dropped.note(format_args!(":{kind}"));
    Ok(None)
}

fn is_hosted(kind: &str) -> bool {
    HOSTED.contains(&kind) || kind.starts_with("tool_search_")
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

/// What another agent of the client's says to this one.
fn agents_message<'a>(mut item: Fields<'a>, at: Place, dropped: &mut Dropped) -> Read<Turn<'a>> {
    let author = item.text("author")?.unwrap_or("another agent".into());
    item.ignore(&["recipient"]);
    let content = item.take("content").ok_or_else(|| Bad::new("content", "is missing"))?;
    let said = within("content", dropped, |dropped| {
        decode_part::read_all(content, at, decode_part::users, dropped)
    })?;
    item.end(dropped)?;
    let from = Content::Text(format!("Message from {author}:").into());
    let mut parts = vec![Part { at, cache: None, content: from }];
    parts.extend(said);
    Ok(Turn { role: Role::User, parts })
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
