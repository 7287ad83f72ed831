//! A client's content blocks, read.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::{compaction, ids};
use crate::dropped::Dropped;
use crate::json::{Bad, Fields, Read, objects, split_once, text, within};
use crate::neutral::{Content, Part, Place, Signed, Source};

/// Reads a block of one type, for one role.
pub(super) type ReadBlock = for<'a> fn(&str, Place, &mut Fields<'a>, &mut Dropped) -> Read<Content<'a>>;

/// A string, or a list of blocks.
pub(super) fn read_all<'a>(
    raw: &'a RawValue,
    at: Place,
    read: ReadBlock,
    dropped: &mut Dropped,
) -> Read<Vec<Part<'a>>> {
    read_from(raw, 0, at, read, dropped)
}

/// The same, without the first blocks of a list.
pub(super) fn read_from<'a>(
    raw: &'a RawValue,
    from: usize,
    at: Place,
    read: ReadBlock,
    dropped: &mut Dropped,
) -> Read<Vec<Part<'a>>> {
    if let Some(text) = text(raw) {
        return Ok(vec![Part { at, cache: None, content: Content::Text(text) }]);
    }
    let blocks = objects(raw).ok_or_else(|| Bad::new("", "must be a string or a list of blocks"))?;
    let block = |(number, block): (usize, Read<Fields<'a>>)| {
        within(format_args!("[{number}]"), dropped, |dropped| {
            let mut block = block?;
            let at = at.part(number);
            let content = read(&block.need("type")?, at, &mut block, dropped)?;
            let cache = block.opaque("cache_control")?;
            block.end(dropped)?;
            Ok(Part { at, cache, content })
        })
    };
    blocks.into_iter().enumerate().skip(from).map(block).collect()
}

pub(super) fn text_only<'a>(
    kind: &str,
    _at: Place,
    block: &mut Fields<'a>,
    dropped: &mut Dropped,
) -> Read<Content<'a>> {
    match kind {
        "text" => {
            // Quotations belong to Anthropic's answer; the text stands by itself.
            block.shed(&["citations"], dropped);
            Ok(Content::Text(block.need("text")?))
        }
        _ => {
            let what = format!("is \"{kind}\", which cannot be expressed for this model's upstream");
            Err(Bad::new("type", what))
        }
    }
}

pub(super) fn assistants<'a>(
    kind: &str,
    at: Place,
    block: &mut Fields<'a>,
    dropped: &mut Dropped,
) -> Read<Content<'a>> {
    match kind {
        "thinking" => {
            let text = block.text("thinking")?.unwrap_or_default();
            let signature = block.text("signature")?.unwrap_or_default();
            if signature.starts_with(ids::PROOF) {
                let proof = split_once(signature, ids::PROOF).map(|(_, proof)| proof);
                return Ok(Content::Proof(proof.unwrap_or_default()));
            }
            Ok(Content::Thinking { text, signed: signed(signature) })
        }
        "redacted_thinking" => Ok(match signed(block.need("data")?) {
            Signed::Here(data) => Content::Redacted(data),
            signed => Content::Thinking { text: "".into(), signed },
        }),
        "tool_use" => {
            block.ignore(&["caller"]);
            let input = block.opaque("input")?.map_or("{}", RawValue::get);
            let (id, signature) = ids::from_client(block.need("id")?);
            Ok(Content::ToolCall { id, name: block.need("name")?, input: input.into(), signature })
        }
        "compaction" => compaction::text(block, dropped),
        _ => text_only(kind, at, block, dropped),
    }
}

/// A signature that came through this relay from an upstream that is not Anthropic's own bears its mark.
fn signed(signature: Cow<'_, str>) -> Signed<'_> {
    if signature.is_empty() {
        return Signed::No;
    }
    match split_once(signature, ids::SIGNED) {
        Some((before, original)) if before.is_empty() => Signed::Here(original),
        _ => Signed::Elsewhere,
    }
}

pub(super) fn users<'a>(
    kind: &str,
    at: Place,
    block: &mut Fields<'a>,
    dropped: &mut Dropped,
) -> Read<Content<'a>> {
    if kind != "tool_result" {
        return media(kind, at, block, dropped);
    }
    let (id, _) = ids::from_client(block.need("tool_use_id")?);
    let is_error = block.flag("is_error")?.unwrap_or(false);
    let parts = match block.take("content") {
        Some(content) => within("content", dropped, |dropped| read_all(content, at, media, dropped))?,
        None => Vec::new(),
    };
    Ok(Content::ToolResult { id, parts, is_error })
}

fn media<'a>(kind: &str, at: Place, block: &mut Fields<'a>, dropped: &mut Dropped) -> Read<Content<'a>> {
    match kind {
        "image" => Ok(Content::Image { source: source(block, dropped)?, detail: None }),
        "document" => {
            if let Some(mut citations) = block.object("citations")? {
                let what = "cannot be expressed for this model's upstream: leave it out";
                citations.refuse(&["enabled"], what).map_err(|bad| bad.within("citations"))?;
            }
            block.refuse(
                &["context"],
                "cannot be expressed for this model's upstream: put it into a text block",
            )?;
            let title = block.text("title")?;
            Ok(Content::Document { source: source(block, dropped)?, title })
        }
        // What a client's search for its own tools found: from now on their schemas are among the request's.
        "tool_reference" => {
            Ok(Content::Text(format!("The tool {} is ready to be called.", block.need("tool_name")?).into()))
        }
        _ => text_only(kind, at, block, dropped),
    }
}

fn source<'a>(block: &mut Fields<'a>, dropped: &mut Dropped) -> Read<Source<'a>> {
    let mut source = block.object("source")?.ok_or_else(|| Bad::new("source", "is missing"))?;
    within("source", dropped, |dropped| {
        let read = match source.need("type")?.as_ref() {
            "base64" => embedded(source.need("media_type")?, source.need("data")?)?,
            "url" => match source.need("url")? {
                url if url.starts_with("http://") || url.starts_with("https://") => Source::Url(url),
                _ => return Err(Bad::new("url", "must be an http(s) URL, or send base64")),
            },
            "text" => {
                source.ignore(&["media_type"]);
                Source::Text(source.need("data")?)
            }
            kind => {
                let what = format!("is \"{kind}\", which only Anthropic can read: send base64, url or text");
                return Err(Bad::new("type", what));
            }
        };
        source.rest(dropped);
        Ok(read)
    })
}

/// A source that can stand in a data URL, which other dialects have for it.
fn embedded<'a>(media_type: Cow<'a, str>, data: Cow<'a, str>) -> Read<Source<'a>> {
    if media_type.is_empty() || media_type.contains([',', ';']) {
        return Err(Bad::new("media_type", "must be a media type such as image/png"));
    }
    if data.is_empty() {
        return Err(Bad::new("data", "is empty: send base64"));
    }
    Ok(Source::Base64 { media_type, data })
}
