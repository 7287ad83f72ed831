//! Content blocks for an upstream.

use super::ids::{self, OWN};
use crate::json::Writer;
use crate::neutral::{Content, Ids, Part, Refused, Source, by};

const IMAGES: [&str; 4] = ["image/jpeg", "image/png", "image/gif", "image/webp"];

/// Anthropic refuses empty texts, and thinking that it did not sign itself.
pub(super) fn is_sent(content: &Content<'_>) -> bool {
    match content {
        Content::Text(text) => !text.is_empty(),
        Content::Thinking { signed, .. } => signed.by(OWN).is_some(),
        Content::Redacted(data) => by(data, OWN).is_some(),
        Content::Proof(_) => false,
        _ => true,
    }
}

pub(super) fn write_all(w: &mut Writer, parts: &[&Part<'_>], ids: Ids) -> Result<(), Refused> {
    let mut done = Ok(());
    w.list(|w| {
        done = parts.iter().try_for_each(|part| write(w, part, ids));
    });
    done
}

fn write(w: &mut Writer, part: &Part<'_>, ids: Ids) -> Result<(), Refused> {
    let mut done = Ok(());
    w.object(|w| {
        done = body(w, part, ids).map_err(|what| Refused::new(part.at, what));
        if !matches!(part.content, Content::Thinking { .. } | Content::Redacted(_)) {
            w.maybe("cache_control", part.cache);
        }
    });
    done
}

fn body(w: &mut Writer, part: &Part<'_>, ids: Ids) -> Result<(), String> {
    match &part.content {
        Content::Text(text) => {
            w.field("type", "text");
            w.field("text", text);
        }
        Content::Image { source, .. } => {
            w.field("type", "image");
            return image(w, source);
        }
        Content::Document { source, title } => {
            w.field("type", "document");
            document(w, source)?;
            w.maybe("title", title.as_ref());
        }
        Content::ToolCall { id, name, input, signature: _ } => {
            w.field("type", "tool_use");
            w.field("id", &ids::to_upstream(id, ids));
            w.field("name", name);
            w.key("input").json(input);
        }
        Content::ToolResult { id, parts, is_error } => {
            w.field("type", "tool_result");
            w.field("tool_use_id", &ids::to_upstream(id, ids));
            let parts: Vec<_> = parts.iter().filter(|part| is_sent(&part.content)).collect();
            match parts.as_slice() {
                [] => {}
                [Part { content: Content::Text(text), cache: None, .. }] => w.field("content", text),
                parts => write_all(w.key("content"), parts, ids).map_err(|refused| refused.what)?,
            }
            if *is_error {
                w.field("is_error", &true);
            }
        }
        Content::Thinking { text, signed } => {
            w.field("type", "thinking");
            w.field("thinking", text);
            w.maybe("signature", signed.by(OWN));
        }
        Content::Redacted(data) => {
            w.field("type", "redacted_thinking");
            w.maybe("data", by(data, OWN));
        }
        Content::Proof(_) => {}
    }
    Ok(())
}

fn image(w: &mut Writer, source: &Source<'_>) -> Result<(), String> {
    let media_type = match source {
        Source::Base64 { media_type, .. } if media_type == "image/jpg" => "image/jpeg",
        Source::Base64 { media_type, .. } => media_type,
        Source::Url(_) => IMAGES[0],
        Source::Text(_) => "text/plain",
    };
    if !IMAGES.contains(&media_type) {
        return Err(format!(
            "is an image of type {media_type}: this model's upstream takes JPEG, PNG, GIF and WebP"
        ));
    }
    w.key("source").object(|w| match source {
        Source::Base64 { data, .. } => base64(w, media_type, data),
        Source::Url(url) | Source::Text(url) => fetched(w, url),
    });
    Ok(())
}

fn document(w: &mut Writer, source: &Source<'_>) -> Result<(), String> {
    if let Source::Base64 { media_type, .. } = source
        && media_type != "application/pdf"
    {
        return Err(format!(
            "is a file of type {media_type}: this model's upstream takes PDF, or send its text"
        ));
    }
    w.key("source").object(|w| match source {
        Source::Base64 { media_type, data } => base64(w, media_type, data),
        Source::Url(url) => fetched(w, url),
        Source::Text(text) => {
            w.field("type", "text");
            w.field("media_type", "text/plain");
            w.field("data", text);
        }
    });
    Ok(())
}

fn base64(w: &mut Writer, media_type: &str, data: &str) {
    w.field("type", "base64");
    w.field("media_type", media_type);
    w.field("data", data);
}

fn fetched(w: &mut Writer, url: &str) {
    w.field("type", "url");
    w.field("url", url);
}
