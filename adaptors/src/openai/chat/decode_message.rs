//! A client's messages, read.

use std::borrow::Cow;

use serde_json::value::RawValue;

use crate::json::{Bad, Fields, Read, split_once, text};
use crate::neutral::{Content, Part, Place, Role, Signed, Source, Turn};

/// The system's and developer's texts, wherever they stand, and the turns.
pub(super) fn read_all<'a>(fields: &mut Fields<'a>) -> Read<(Vec<Part<'a>>, Vec<Turn<'a>>)> {
    let messages = fields.list("messages")?.ok_or_else(|| Bad::new("messages", "is missing: send a list"))?;
    let mut system = Vec::new();
    let mut turns = Vec::with_capacity(messages.len());
    for (number, raw) in messages.into_iter().enumerate() {
        read(raw, Place::Turn(number), &mut system, &mut turns)
            .map_err(|bad| bad.within(format_args!("messages[{number}]")))?;
    }
    Ok((system, turns))
}

fn read<'a>(raw: &'a RawValue, at: Place, system: &mut Vec<Part<'a>>, turns: &mut Vec<Turn<'a>>) -> Read<()> {
    let mut message = Fields::of(raw)?;
    let role = message.need("role")?;
    match role.as_ref() {
        "system" | "developer" => {
            named(&mut message)?;
            let parts = content(&mut message, at, text_part)?;
            system.extend(parts.ok_or_else(|| Bad::new("content", "is missing"))?);
        }
        "user" => {
            named(&mut message)?;
            let parts = content(&mut message, at, user_part)?;
            let parts = parts.ok_or_else(|| Bad::new("content", "is missing"))?;
            turns.push(Turn { role: Role::User, parts });
        }
        "assistant" => turns.push(Turn { role: Role::Assistant, parts: assistant(&mut message, at)? }),
        "tool" => {
            message.ignore(&["name"]);
            let id = message.need("tool_call_id")?;
            let is_error = message.flag("is_error")?.unwrap_or(false);
            let cache = message.opaque("cache_control")?;
            let parts = content(&mut message, at, user_part)?.unwrap_or_default();
            let parts = vec![Part { at, cache, content: Content::ToolResult { id, parts, is_error } }];
            turns.push(Turn { role: Role::User, parts });
        }
        _ => return Err(Bad::new("role", "must be system, developer, user, assistant or tool")),
    }
    message.end()
}

fn named(message: &mut Fields<'_>) -> Read<()> {
    let what = "cannot be expressed for this model's upstream: leave it out, or put it into the text";
    message.refuse(&["name"], what)
}

/// Thinking first, then what was said, then the calls: the order in which other dialects want them.
fn assistant<'a>(message: &mut Fields<'a>, at: Place) -> Read<Vec<Part<'a>>> {
    named(message)?;
    message.ignore(&["reasoning", "reasoning_details", "annotations"]);
    message
        .refuse(&["audio", "function_call"], "cannot be expressed for this model's upstream: leave it out")?;
    let mut parts = Vec::new();
    for (number, raw) in message.list("thinking_blocks")?.unwrap_or_default().into_iter().enumerate() {
        let content = thinking(raw).map_err(|bad| bad.within(format!("thinking_blocks[{number}]")))?;
        parts.push(Part { at, cache: None, content });
    }
    if let Some(text) = message.text("reasoning_content")?.filter(|_| parts.is_empty()) {
        parts.push(Part { at, cache: None, content: Content::Thinking { text, signed: Signed::No } });
    }
    let cache = message.opaque("cache_control")?;
    parts.extend(content(message, at, assistant_part)?.unwrap_or_default());
    if let Some(refusal) = message.text("refusal")? {
        parts.push(Part { at, cache: None, content: Content::Text(refusal) });
    }
    for (number, raw) in message.list("tool_calls")?.unwrap_or_default().into_iter().enumerate() {
        let content = tool_call(raw).map_err(|bad| bad.within(format!("tool_calls[{number}]")))?;
        parts.push(Part { at, cache: None, content });
    }
    if let (Some(cache), Some(last)) = (cache, parts.last_mut()) {
        last.cache = Some(cache);
    }
    Ok(parts)
}

fn thinking(raw: &RawValue) -> Read<Content<'_>> {
    let mut block = Fields::of(raw)?;
    match block.need("type")?.as_ref() {
        "thinking" => Ok(Content::Thinking {
            text: block.text("thinking")?.unwrap_or_default(),
            signed: match block.text("signature")?.unwrap_or_default() {
                none if none.is_empty() => Signed::No,
                signature => Signed::Here(signature),
            },
        }),
        "redacted_thinking" => Ok(Content::Redacted(block.need("data")?)),
        _ => Err(Bad::new("type", "must be thinking or redacted_thinking")),
    }
}

fn tool_call(raw: &RawValue) -> Read<Content<'_>> {
    let mut call = Fields::of(raw)?;
    if call.text("type")?.is_some_and(|kind| kind != "function") {
        return Err(Bad::new("type", "must be \"function\" for this model"));
    }
    let id = call.need("id")?;
    let mut function = call.object("function")?.ok_or_else(|| Bad::new("function", "is missing"))?;
    let name = function.need("name").map_err(|bad| bad.within("function"))?;
    let input = function.text("arguments").map_err(|bad| bad.within("function"))?.unwrap_or_default();
    let input = if input.trim().is_empty() { "{}".into() } else { input };
    let parsed = serde_json::from_str::<&RawValue>(&input);
    if !parsed.is_ok_and(|json| json.get().starts_with('{')) {
        return Err(Bad::new(
            "function.arguments",
            "must be the JSON text of an object for this model's upstream",
        ));
    }
    Ok(Content::ToolCall { id, name, input })
}

type ReadPart = for<'a> fn(&str, &mut Fields<'a>) -> Read<Content<'a>>;

/// A string, or a list of parts; `None` when it is absent.
fn content<'a>(message: &mut Fields<'a>, at: Place, read: ReadPart) -> Read<Option<Vec<Part<'a>>>> {
    let Some(raw) = message.take("content") else { return Ok(None) };
    if let Some(text) = text(raw) {
        return Ok(Some(vec![Part { at, cache: None, content: Content::Text(text) }]));
    }
    let list = crate::json::list(raw);
    let list = list.ok_or_else(|| Bad::new("content", "must be a string or a list of parts"))?;
    let part = |(number, raw): (usize, &'a RawValue)| {
        let read_one = || {
            let mut part = Fields::of(raw)?;
            let kind = part.need("type")?;
            let content = read(&kind, &mut part)?;
            let cache = part.opaque("cache_control")?;
            part.end()?;
            Ok(Part { at: at.part(number), cache, content })
        };
        read_one().map_err(|bad: Bad| bad.within(format!("content[{number}]")))
    };
    list.into_iter().enumerate().map(part).collect::<Read<_>>().map(Some)
}

fn text_part<'a>(kind: &str, part: &mut Fields<'a>) -> Read<Content<'a>> {
    match kind {
        "text" => Ok(Content::Text(part.need("text")?)),
        _ => Err(Bad::new("type", format!("is \"{kind}\", and only text can stand here"))),
    }
}

fn assistant_part<'a>(kind: &str, part: &mut Fields<'a>) -> Read<Content<'a>> {
    match kind {
        "refusal" => Ok(Content::Text(part.need("refusal")?)),
        _ => text_part(kind, part),
    }
}

fn user_part<'a>(kind: &str, part: &mut Fields<'a>) -> Read<Content<'a>> {
    match kind {
        "text" => Ok(Content::Text(part.need("text")?)),
        "image_url" => {
            let mut image = part.object("image_url")?.ok_or_else(|| Bad::new("image_url", "is missing"))?;
            // How closely to look is a hint that others do not take.
            let url = image.need("url").map_err(|bad| bad.within("image_url"))?;
            source(url).map(Content::Image).map_err(|bad| bad.within("image_url.url"))
        }
        "file" => {
            let mut file = part.object("file")?.ok_or_else(|| Bad::new("file", "is missing"))?;
            let read = |file: &mut Fields<'a>| {
                file.refuse(&["file_id"], "names a file at another provider: send file_data")?;
                let title = file.text("filename")?;
                let source = source(file.need("file_data")?).map_err(|bad| bad.within("file_data"))?;
                Ok(Content::Document { source, title })
            };
            read(&mut file).map_err(|bad: Bad| bad.within("file"))
        }
        _ => {
            let what = format!(
                "is \"{kind}\", which cannot be expressed for this model's upstream: send text, image_url or file"
            );
            Err(Bad::new("type", what))
        }
    }
}

/// A data URL or one to fetch.
fn source(url: Cow<'_, str>) -> Read<Source<'_>> {
    if url.starts_with("http://") || url.starts_with("https://") {
        return Ok(Source::Url(url));
    }
    let wrong = || Bad::new("", "must be an http(s) URL or data:MEDIA/TYPE;base64,…");
    let (head, data) = split_once(url, ",").ok_or_else(wrong)?;
    let (scheme, rest) = split_once(head, ":").ok_or_else(wrong)?;
    let (media_type, parameters) = split_once(rest, ";").ok_or_else(wrong)?;
    if scheme != "data" || media_type.is_empty() || data.is_empty() || !parameters.ends_with("base64") {
        return Err(wrong());
    }
    Ok(Source::Base64 { media_type, data })
}
