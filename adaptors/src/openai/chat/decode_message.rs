//! A client's messages, read.

use serde_json::value::RawValue;

use super::super::arguments::arguments;
use super::super::data_url::{detail, source};
use super::places::{self, Spot};
use super::signature;
use crate::dropped::Dropped;
use crate::json::{Bad, Fields, Read, text, within};
use crate::neutral::{Content, Part, Place, Role, Signed, Turn};

/// The system's and developer's texts, wherever they stand, and the turns.
pub(super) fn read_all<'a>(
    fields: &mut Fields<'a>,
    dropped: &mut Dropped,
) -> Read<(Vec<Part<'a>>, Vec<Turn<'a>>)> {
    let messages =
        fields.objects("messages")?.ok_or_else(|| Bad::new("messages", "is missing: send a list"))?;
    let mut system = Vec::new();
    let mut turns = Vec::with_capacity(messages.len());
    for (number, message) in messages.into_iter().enumerate() {
        within(format_args!("messages[{number}]"), dropped, |dropped| {
            read(message?, Place::Turn(number), (&mut system, &mut turns), dropped)
        })?;
    }
    Ok((system, turns))
}

fn read<'a>(
    mut message: Fields<'a>,
    at: Place,
    (system, turns): (&mut Vec<Part<'a>>, &mut Vec<Turn<'a>>),
    dropped: &mut Dropped,
) -> Read<()> {
    let role = message.need("role")?;
    match role.as_ref() {
        "system" | "developer" => system.extend(said(&mut message, at, text_part, dropped)?),
        "user" => {
            let parts = said(&mut message, at, user_part, dropped)?;
            turns.push(Turn { role: Role::User, parts });
        }
        "assistant" => {
            let parts = assistant(&mut message, at, dropped)?;
            turns.push(Turn { role: Role::Assistant, parts });
        }
        "tool" => {
            message.leave(&["name"], dropped);
            let id = message.need("tool_call_id")?;
            let is_error = message.flag("is_error")?.unwrap_or(false);
            let cache = message.opaque("cache_control")?;
            let parts = content(&mut message, at, user_part, dropped)?.unwrap_or_default();
            let parts = vec![Part { at, cache, content: Content::ToolResult { id, parts, is_error } }];
            turns.push(Turn { role: Role::User, parts });
        }
        _ => return Err(Bad::new("role", "must be system, developer, user, assistant or tool")),
    }
    message.end(dropped)
}

/// What a speaker says. A mark on the message is one on its last part.
fn said<'a>(
    message: &mut Fields<'a>,
    at: Place,
    read: ReadPart,
    dropped: &mut Dropped,
) -> Read<Vec<Part<'a>>> {
    named(message, dropped)?;
    let cache = message.opaque("cache_control")?;
    let parts = content(message, at, read, dropped)?;
    let mut parts = parts.ok_or_else(|| Bad::new("content", "is missing"))?;
    mark(&mut parts, cache);
    Ok(parts)
}

fn mark<'a>(parts: &mut [Part<'a>], cache: Option<&'a RawValue>) {
    if let Some(last) = parts.last_mut() {
        last.cache = last.cache.or(cache);
    }
}

fn named(message: &mut Fields<'_>, dropped: &mut Dropped) -> Read<()> {
    let what = "cannot be expressed for this model's upstream: leave it out, or put it into the text";
    message.hint(&["name"], what, dropped)
}

/// Thinking first, but for that which bears its place, then what was said, then the calls: the order in which other dialects
/// want them.
fn assistant<'a>(message: &mut Fields<'a>, at: Place, dropped: &mut Dropped) -> Read<Vec<Part<'a>>> {
    named(message, dropped)?;
    message.shed(&["annotations"], dropped);
    // Its reader put it there.
    message.ignore(&["parsed"]);
    message.leave(&["reasoning", "reasoning_details"], dropped);
    message
        .refuse(&["audio", "function_call"], "cannot be expressed for this model's upstream: leave it out")?;
    let mut thoughts = thoughts(message, at, dropped)?;
    if let Some(text) = message.text("reasoning_content")?.filter(|_| thoughts.is_empty()) {
        let content = Content::Thinking { text, signed: Signed::No };
        thoughts.push((Spot::default(), Part { at, cache: None, content }));
    }
    let cache = message.opaque("cache_control")?;
    let mut parts = content(message, at, assistant_part, dropped)?.unwrap_or_default();
    if let Some(refusal) = message.text("refusal")? {
        let is_more = parts.iter().any(|part| matches!(part.content, Content::Text(_)));
        parts.push(Part { at, cache: None, content: Content::Text(refusal).apart(is_more) });
    }
    if let Some(proof) = message.take("extra_content").and_then(signature::read) {
        parts.push(Part { at, cache: None, content: Content::Proof(proof) });
    }
    for (number, raw) in message.list("tool_calls")?.unwrap_or_default().into_iter().enumerate() {
        let read = |dropped: &mut Dropped| tool_call(raw, at.call(number), dropped);
        parts.push(within(format_args!("tool_calls[{number}]"), dropped, read)?);
    }
    let mut parts = places::put_back(thoughts, parts);
    mark(&mut parts, cache);
    Ok(parts)
}

type Thoughts<'a> = Vec<(Spot, Part<'a>)>;

/// All blocks of thinking, or none. Where a client kept the last piece of a stream alone, as the helper of OpenAI's SDK for
/// JavaScript does, upstreams would refuse what is left.
fn thoughts<'a>(message: &mut Fields<'a>, at: Place, dropped: &mut Dropped) -> Read<Thoughts<'a>> {
    let mut parts = Vec::new();
    for (number, raw) in message.list("thinking_blocks")?.unwrap_or_default().into_iter().enumerate() {
        let read = thinking(raw, number).map_err(|bad| bad.within(format!("thinking_blocks[{number}]")))?;
        let Some((spot, content)) = read else {
            dropped.note("thinking_blocks");
            return Ok(Vec::new());
        };
        parts.push((spot, Part { at, cache: None, content }));
    }
    Ok(parts)
}

/// `None` for a piece: others came before it, or the text is missing that it signs.
fn thinking(raw: &RawValue, number: usize) -> Read<Option<(Spot, Content<'_>)>> {
    let mut block = Fields::of(raw)?;
    let index = block.take("index").and_then(|raw| raw.get().parse::<usize>().ok());
    if index.is_some_and(|index| index > number) {
        return Ok(None);
    }
    match block.need("type")?.as_ref() {
        "thinking" => {
            let text = block.text("thinking")?;
            let (spot, signature) = Spot::of(block.text("signature")?.unwrap_or_default());
            let signed = match signature {
                none if none.is_empty() => Signed::No,
                signature => Signed::Here(signature),
            };
            // Signatures with a mark are whole by themselves.
            let is_piece = text.is_none() && signed.by("").is_some();
            let text = text.unwrap_or_default();
            Ok((!is_piece).then_some((spot, Content::Thinking { text, signed })))
        }
        "redacted_thinking" => {
            let (spot, data) = Spot::of(block.need("data")?);
            Ok(Some((spot, Content::Redacted(data))))
        }
        _ => Err(Bad::new("type", "must be thinking or redacted_thinking")),
    }
}

fn tool_call<'a>(raw: &'a RawValue, at: Place, dropped: &mut Dropped) -> Read<Part<'a>> {
    let mut call = Fields::of(raw)?;
    if call.text("type")?.is_some_and(|kind| kind != "function") {
        return Err(Bad::new("type", "must be \"function\" for this model"));
    }
    let id = call.need("id")?;
    let signature = call.take("extra_content").and_then(signature::read);
    let cache = call.opaque("cache_control")?;
    call.ignore(&["index"]);
    let mut function = call.object("function")?.ok_or_else(|| Bad::new("function", "is missing"))?;
    call.rest(dropped);
    within("function", dropped, |dropped| {
        let name = function.need("name")?;
        let input = arguments(function.text("arguments")?.unwrap_or_default())?;
        let cache = function.opaque("cache_control")?.or(cache);
        function.ignore(&["parsed_arguments"]);
        function.rest(dropped);
        Ok(Part { at, cache, content: Content::ToolCall { id, name, input, signature } })
    })
}

type ReadPart = for<'a> fn(&str, &mut Fields<'a>, &mut Dropped) -> Read<Content<'a>>;

/// A string, or a list of parts; `None` when it is absent.
fn content<'a>(
    message: &mut Fields<'a>,
    at: Place,
    read: ReadPart,
    dropped: &mut Dropped,
) -> Read<Option<Vec<Part<'a>>>> {
    let Some(raw) = message.take("content") else { return Ok(None) };
    if let Some(text) = text(raw) {
        return Ok(Some(vec![Part { at, cache: None, content: Content::Text(text) }]));
    }
    let list = crate::json::objects(raw);
    let list = list.ok_or_else(|| Bad::new("content", "must be a string or a list of parts"))?;
    let part = |(number, part): (usize, Read<Fields<'a>>)| {
        within(format_args!("content[{number}]"), dropped, |dropped| {
            let mut part = part?;
            let kind = part.need("type")?;
            let content = read(&kind, &mut part, dropped)?.apart(kind == "refusal" && number > 0);
            let cache = part.opaque("cache_control")?;
            part.end(dropped)?;
            Ok(Part { at: at.part(number), cache, content })
        })
    };
    list.into_iter().enumerate().map(part).collect::<Read<_>>().map(Some)
}

fn text_part<'a>(kind: &str, part: &mut Fields<'a>, _dropped: &mut Dropped) -> Read<Content<'a>> {
    match kind {
        "text" => Ok(Content::Text(part.need("text")?)),
        _ => Err(Bad::new("type", format!("is \"{kind}\", and only text can stand here"))),
    }
}

fn assistant_part<'a>(kind: &str, part: &mut Fields<'a>, dropped: &mut Dropped) -> Read<Content<'a>> {
    match kind {
        "refusal" => Ok(Content::Text(part.need("refusal")?)),
        _ => text_part(kind, part, dropped),
    }
}

fn user_part<'a>(kind: &str, part: &mut Fields<'a>, dropped: &mut Dropped) -> Read<Content<'a>> {
    match kind {
        "text" => Ok(Content::Text(part.need("text")?)),
        "image_url" => {
            let mut image = part.object("image_url")?.ok_or_else(|| Bad::new("image_url", "is missing"))?;
            within("image_url", dropped, |dropped| {
                let source = source(image.need("url")?).map_err(|bad| bad.within("url"))?;
                let detail = detail(&mut image)?;
                image.rest(dropped);
                Ok(Content::Image { source, detail })
            })
        }
        "file" => {
            let mut file = part.object("file")?.ok_or_else(|| Bad::new("file", "is missing"))?;
            within("file", dropped, |dropped| {
                file.refuse(&["file_id"], "names a file at another provider: send file_data")?;
                let title = file.text("filename")?;
                let source = source(file.need("file_data")?).map_err(|bad| bad.within("file_data"))?;
                file.rest(dropped);
                Ok(Content::Document { source, title })
            })
        }
        _ => {
            let what = format!(
                "is \"{kind}\", which cannot be expressed for this model's upstream: send text, image_url or file"
            );
            Err(Bad::new("type", what))
        }
    }
}
