//! A client's parts, read.

use std::borrow::Cow;

use serde_json::Value;
use serde_json::value::RawValue;

use super::ids::Ids;
use super::signature::{self, Thought};
use crate::dropped::Dropped;
use crate::json::{Bad, Fields, Read, list, text, within};
use crate::neutral::{Content, Part, Place, Role, Signed, Source};

/// Kinds of parts that only Google's models make or read.
const GOOGLES: [&str; 4] = ["executableCode", "codeExecutionResult", "toolCall", "toolResponse"];
const NO_WAY: &str = "cannot be expressed for this model's upstream: leave it out";

/// The parts of a content.
pub(super) fn read_all<'a>(
    parts: Vec<&'a RawValue>,
    role: Role,
    at: Place,
    ids: &mut Ids<'a>,
    dropped: &mut Dropped,
) -> Read<Vec<Part<'a>>> {
    let mut all = Vec::with_capacity(parts.len());
    for (number, raw) in parts.into_iter().enumerate() {
        within(format_args!("parts[{number}]"), dropped, |dropped| {
            let mut fields = Fields::of(raw)?.camel()?;
            let at = at.part(number);
            let mut put = |content| all.push(Part { at, content, cache: None });
            one(&mut fields, (role, at), ids, dropped, &mut put)?;
            fields.end(dropped)
        })?;
    }
    // Thoughts that came back signed are these.
    let is_signed = |part: &Part<'_>| {
        matches!(part.content, Content::Redacted(_) | Content::Thinking { signed: Signed::Here(_), .. })
    };
    if all.iter().any(is_signed) {
        all.retain(|part| !matches!(part.content, Content::Thinking { signed: Signed::No, .. }));
    }
    Ok(all)
}

fn one<'a>(
    fields: &mut Fields<'a>,
    (role, at): (Role, Place),
    ids: &mut Ids<'a>,
    dropped: &mut Dropped,
    put: &mut dyn FnMut(Content<'a>),
) -> Read<()> {
    fields.refuse(&GOOGLES, NO_WAY)?;
    let carried = signature::from_client(&fields.text("thoughtSignature")?.unwrap_or_default());
    for thought in carried.thoughts.into_iter().filter(|_| role == Role::Assistant) {
        put(match thought {
            Thought::Signed(text, signature) => {
                Content::Thinking { text: text.into(), signed: Signed::Here(signature.into()) }
            }
            Thought::Redacted(data) => Content::Redacted(data.into()),
        });
    }
    let own = carried.own.map(Cow::from);
    let is_thought = fields.flag("thought")?.unwrap_or(false);
    if let Some(call) = fields.object("functionCall")? {
        let content = within("functionCall", dropped, |dropped| call_of(call.camel()?, own, ids, dropped))?;
        put(content);
        return Ok(());
    }
    if let Some(response) = fields.object("functionResponse")? {
        put(within("functionResponse", dropped, |dropped| response_of(response.camel()?, at, ids, dropped))?);
        return Ok(());
    }
    if let Some(content) = looked_at(fields, dropped)? {
        put(content);
        return Ok(());
    }
    match fields.text("text")? {
        Some(text) if is_thought => put(Content::Thinking { text, signed: Signed::No }),
        Some(text) => put(Content::Text(text)),
        None => {
            return Err(Bad::new(
                "",
                "has nothing in it that the relay knows: send text, inlineData, fileData, functionCall or functionResponse",
            ));
        }
    }
    match own {
        // Only Google's models know it, and here is none.
        Some(_) if is_thought => dropped.note("thoughtSignature"),
        Some(own) => put(Content::Proof(own)),
        None => {}
    }
    Ok(())
}

/// The texts of the system's instruction.
pub(super) fn texts<'a>(parts: Vec<&'a RawValue>, dropped: &mut Dropped) -> Read<Vec<Part<'a>>> {
    let read = |(number, raw): (usize, &'a RawValue)| {
        within(format_args!("parts[{number}]"), dropped, |dropped| {
            let mut fields = Fields::of(raw)?.camel()?;
            let text = fields.need("text")?;
            fields.end(dropped)?;
            Ok(Part { at: Place::System, content: Content::Text(text), cache: None })
        })
    };
    parts.into_iter().enumerate().map(read).collect()
}

fn call_of<'a>(
    mut call: Fields<'a>,
    signature: Option<Cow<'a, str>>,
    ids: &mut Ids<'a>,
    dropped: &mut Dropped,
) -> Read<Content<'a>> {
    let name = call.need("name")?;
    let id = call.text("id")?;
    let id = ids.call(&name, id);
    let input = call.opaque("args")?.map_or("{}", RawValue::get).into();
    call.refuse(&["partialArgs", "willContinue"], "must be whole: send `args`")?;
    call.end(dropped)?;
    Ok(Content::ToolCall { id, name, input, signature })
}

fn response_of<'a>(
    mut response: Fields<'a>,
    at: Place,
    ids: &mut Ids<'a>,
    dropped: &mut Dropped,
) -> Read<Content<'a>> {
    let name = response.need("name")?;
    let id = response.text("id")?;
    let id = ids.result(&name, id);
    response.refuse(&["willContinue"], "must be whole: a call has one result for this model's upstream")?;
    response.leave(&["scheduling"], dropped);
    let (said, is_error) = match response.opaque("response")? {
        Some(raw) => said(raw),
        None => ("".into(), false),
    };
    let mut parts = vec![Part { at, content: Content::Text(said), cache: None }];
    for (number, raw) in response.list("parts")?.unwrap_or_default().into_iter().enumerate() {
        within(format_args!("parts[{number}]"), dropped, |dropped| {
            let mut fields = Fields::of(raw)?.camel()?;
            let content = media(&mut fields, dropped)?;
            let content = content.ok_or_else(|| Bad::new("", "must have inlineData or fileData"))?;
            parts.push(Part { at, content, cache: None });
            fields.end(dropped)
        })?;
    }
    response.end(dropped)?;
    Ok(Content::ToolResult { id, parts, is_error })
}

/// By Google's convention a result stands in `output` (in SDKs `result`), and a failure in `error`; else all of it is one.
fn said(raw: &RawValue) -> (Cow<'_, str>, bool) {
    let fields: Vec<(String, &RawValue)> =
        match serde_json::from_str::<std::collections::BTreeMap<String, &RawValue>>(raw.get()) {
            Ok(fields) => fields.into_iter().collect(),
            Err(_) => Vec::new(),
        };
    match fields.as_slice() {
        [(key, value)] if matches!(key.as_str(), "output" | "result" | "error") => {
            (text(value).unwrap_or_else(|| value.get().into()), key == "error")
        }
        _ => (raw.get().into(), false),
    }
}

/// An image or a document, in the request or somewhere else.
fn media<'a>(fields: &mut Fields<'a>, dropped: &mut Dropped) -> Read<Option<Content<'a>>> {
    if let Some(inline) = fields.object("inlineData")? {
        let content = within("inlineData", dropped, |dropped| {
            let mut inline = inline.camel()?;
            let media_type = inline.need("mimeType")?;
            let data = inline.need("data")?;
            let title = inline.text("displayName")?;
            inline.end(dropped)?;
            embedded(media_type, data, title)
        });
        return content.map(Some);
    }
    let Some(file) = fields.object("fileData")? else { return Ok(None) };
    let content = within("fileData", dropped, |dropped| {
        let mut file = file.camel()?;
        let media_type = file.text("mimeType")?.unwrap_or_default();
        let uri = file.need("fileUri")?;
        let title = file.text("displayName")?;
        file.end(dropped)?;
        linked(&media_type, uri, title)
    });
    content.map(Some)
}

/// An image or a document, and how closely to look at it; OpenAI has two words for that.
fn looked_at<'a>(fields: &mut Fields<'a>, dropped: &mut Dropped) -> Read<Option<Content<'a>>> {
    let Some(mut content) = media(fields, dropped)? else { return Ok(None) };
    let Some(resolution) = fields.object("mediaResolution")? else { return Ok(Some(content)) };
    let level = resolution.camel()?.text("level").map_err(|bad| bad.within("mediaResolution"))?;
    let word = level.as_deref().and_then(detail_of);
    match &mut content {
        Content::Image { detail, .. } if word.is_some() => *detail = word.map(Cow::Borrowed),
        _ => dropped.note("mediaResolution"),
    }
    Ok(Some(content))
}

/// OpenAI's word for how closely Google would look.
pub(super) fn detail_of(level: &str) -> Option<&'static str> {
    match level {
        "MEDIA_RESOLUTION_LOW" => Some("low"),
        "MEDIA_RESOLUTION_HIGH" => Some("high"),
        _ => None,
    }
}

fn embedded<'a>(
    media_type: Cow<'a, str>,
    data: Cow<'a, str>,
    title: Option<Cow<'a, str>>,
) -> Read<Content<'a>> {
    if data.is_empty() || media_type.contains([',', ';']) {
        return Err(Bad::new(
            "data",
            "is empty, or its mimeType has parameters: send base64 and image/png or the like",
        ));
    }
    let data = signature::standard(data);
    if media_type.starts_with("image/") {
        return Ok(Content::Image { source: Source::Base64 { media_type, data }, detail: None });
    }
    if media_type == "application/pdf" {
        return Ok(Content::Document { source: Source::Base64 { media_type, data }, title });
    }
    let is_text = media_type.starts_with("text/") || media_type == "application/json";
    let said = signature::bytes(&data).and_then(|bytes| String::from_utf8(bytes).ok());
    match said.filter(|_| is_text) {
        Some(said) => Ok(Content::Document { source: Source::Text(said.into()), title }),
        None => Err(no_kind(&media_type)),
    }
}

fn linked<'a>(media_type: &str, uri: Cow<'a, str>, title: Option<Cow<'a, str>>) -> Read<Content<'a>> {
    let is_web = uri.starts_with("https://") || uri.starts_with("http://");
    if !is_web || uri.contains("generativelanguage.googleapis.com/") {
        return Err(Bad::new(
            "fileUri",
            "names a file at Google, which this model's upstream cannot read: send inlineData",
        ));
    }
    match media_type {
        "application/pdf" => Ok(Content::Document { source: Source::Url(uri), title }),
        kind if kind.is_empty() || kind.starts_with("image/") => {
            Ok(Content::Image { source: Source::Url(uri), detail: None })
        }
        kind => Err(no_kind(kind)),
    }
}

fn no_kind(media_type: &str) -> Bad {
    Bad::new(
        "mimeType",
        format!(
            "is \"{media_type}\", which cannot be expressed for this model's upstream: send an image, a PDF or text"
        ),
    )
}

/// The list in a content's `parts`.
pub(super) fn parts_of<'a>(content: &mut Fields<'a>) -> Read<Vec<&'a RawValue>> {
    let Some(raw) = content.take("parts") else { return Ok(Vec::new()) };
    // Protocol buffers take one for a list of one.
    if raw.get().starts_with('{') {
        return Ok(vec![raw]);
    }
    list(raw).ok_or_else(|| Bad::new("parts", "must be a list"))
}

/// True for a list that asks for texts only.
pub(super) fn is_text_only(raw: &RawValue) -> bool {
    let wanted = serde_json::from_str::<Vec<Value>>(raw.get()).unwrap_or_default();
    wanted.iter().all(|kind| kind.as_str().is_some_and(|kind| kind.eq_ignore_ascii_case("text")))
}
