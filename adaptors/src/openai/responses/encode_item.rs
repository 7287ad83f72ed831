//! A conversation as `input` for an upstream.

use super::super::data_url::address;
use super::signature::OWN;
use crate::json::Writer;
use crate::neutral::{Content, Conversation, Ids, Part, Place, Refused, Role, Source};

/// Characters of a call's id.
const LONGEST_ID: usize = 64;

/// The system's texts.
pub(super) fn instructions(conversation: &Conversation<'_>) -> Option<String> {
    let texts = conversation.system.iter().filter_map(text_of).filter(|text| !text.is_empty());
    Some(texts.collect::<Vec<&str>>().join("\n\n")).filter(|text| !text.is_empty())
}

pub(super) fn write_all(w: &mut Writer, model: &str, conversation: &Conversation<'_>) -> Result<(), Refused> {
    let ids = Ids::of(model, LONGEST_ID);
    let turns = conversation.merged(is_sent);
    match turns.last() {
        None => {
            let what = "has nothing to answer: send at least one user message that is not empty";
            return Err(Refused::new(Place::Turns, what));
        }
        Some((Role::Assistant, parts)) if !conversation.answered => {
            let at = parts.first().map_or(Place::Turns, |part| part.at.turn());
            let what = "is the beginning of an answer, which this model's upstream would not go on with: end with a \
                user message";
            return Err(Refused::new(at, what));
        }
        Some(_) => {}
    }
    for (role, parts) in turns {
        match role {
            Role::User => user(w, &parts, ids)?,
            Role::Assistant => assistant(w, &parts, ids),
            Role::System => said(w, "system", &parts),
        }
    }
    Ok(())
}

pub(super) fn is_sent(content: &Content<'_>) -> bool {
    match content {
        Content::Text(text) => !text.is_empty(),
        Content::Thinking { signed, .. } => signed.by(OWN).is_some(),
        Content::Redacted(_) | Content::Proof(_) => false,
        _ => true,
    }
}

fn text_of<'p>(part: &'p Part<'_>) -> Option<&'p str> {
    match &part.content {
        Content::Text(text) => Some(text),
        _ => None,
    }
}

/// A message of texts only.
fn said(w: &mut Writer, role: &str, parts: &[&Part<'_>]) {
    let texts: Vec<&str> = parts.iter().filter_map(|part| text_of(part)).collect();
    let between = if role == "system" { "\n\n" } else { "" };
    w.object(|w| {
        w.field("role", role);
        w.field("content", &texts.join(between));
    });
}

/// Outputs of calls first, each an item of its own, then the rest as one message.
fn user(w: &mut Writer, parts: &[&Part<'_>], ids: Ids) -> Result<(), Refused> {
    let mut rest: Vec<&Part<'_>> = Vec::new();
    for part in parts {
        match &part.content {
            Content::ToolResult { id, parts, is_error } => output(w, &ids.fit(id), parts, *is_error)?,
            _ => rest.push(part),
        }
    }
    if rest.is_empty() {
        return Ok(());
    }
    let mut done = Ok(());
    w.object(|w| {
        w.field("role", "user");
        match rest.as_slice() {
            [Part { content: Content::Text(text), .. }] => w.field("content", text),
            rest => w.key("content").list(|w| done = rest.iter().try_for_each(|part| user_part(w, part))),
        }
    });
    done
}

fn output(w: &mut Writer, id: &str, parts: &[Part<'_>], is_error: bool) -> Result<(), Refused> {
    let texts: Option<Vec<&str>> = parts.iter().map(text_of).collect();
    let said = texts.map(|texts| texts.join("\n\n"));
    let says_error = parts.iter().find_map(text_of).and_then(|text| text.get(..5));
    let mark = is_error && !says_error.is_some_and(|start| start.eq_ignore_ascii_case("error"));
    let mut done = Ok(());
    w.object(|w| {
        w.field("type", "function_call_output");
        w.field("call_id", id);
        match said {
            Some(said) if mark => w.field("output", &format_args!("Error: {said}")),
            Some(said) => w.field("output", &said),
            None => w.key("output").list(|w| {
                if mark {
                    text(w, "Error:");
                }
                done = parts.iter().try_for_each(|part| user_part(w, part));
            }),
        }
    });
    done
}

fn user_part(w: &mut Writer, part: &Part<'_>) -> Result<(), Refused> {
    match &part.content {
        Content::Text(said) => text(w, said),
        Content::Image { source: Source::Text(_), .. } => return Err(Refused::new(part.at, "is no image")),
        Content::Image { source, detail } => w.object(|w| {
            w.field("type", "input_image");
            w.field("detail", detail.as_deref().unwrap_or("auto"));
            address(w, "image_url", source);
        }),
        Content::Document { source: Source::Text(said), title } => match title {
            Some(title) => text(w, &format!("{title}\n\n{said}")),
            None => text(w, said),
        },
        Content::Document { source, title } => w.object(|w| {
            w.field("type", "input_file");
            match source {
                Source::Url(_) => address(w, "file_url", source),
                _ => {
                    w.field("filename", title.as_deref().unwrap_or("document.pdf"));
                    address(w, "file_data", source);
                }
            }
        }),
        _ => {}
    }
    Ok(())
}

fn text(w: &mut Writer, text: &str) {
    w.object(|w| {
        w.field("type", "input_text");
        w.field("text", text);
    });
}

/// In the order in which it was said: thinking stands before what it led to.
fn assistant(w: &mut Writer, parts: &[&Part<'_>], ids: Ids) {
    let mut rest = parts;
    while let Some((first, others)) = rest.split_first() {
        let texts = rest.iter().take_while(|part| text_of(part).is_some()).count();
        if texts > 0 {
            said(w, "assistant", &rest[..texts]);
            rest = &rest[texts..];
            continue;
        }
        rest = others;
        match &first.content {
            Content::ToolCall { id, name, input, signature: _ } => w.object(|w| {
                w.field("type", "function_call");
                w.field("call_id", &ids.fit(id));
                w.field("name", name);
                w.field("arguments", input);
            }),
            Content::Thinking { text, signed } => {
                if let Some(encrypted) = signed.by(OWN) {
                    reasoning(w, text, encrypted);
                }
            }
            _ => {}
        }
    }
}

fn reasoning(w: &mut Writer, thought: &str, encrypted: &str) {
    w.object(|w| {
        w.field("type", "reasoning");
        w.key("summary").list(|w| {
            if !thought.is_empty() {
                w.object(|w| {
                    w.field("type", "summary_text");
                    w.field("text", thought);
                });
            }
        });
        w.field("encrypted_content", encrypted);
    });
}
