//! Messages for an upstream.

use super::super::data_url::address;
use super::signature::{self, OWN, Proofs};
use crate::json::Writer;
use crate::neutral::{
    Content, Conversation, Losses, Part, Place, Refused, Role, SHORTEST as LONGEST_ID, Signed, Source, by,
    fit,
};

/// Stands for a tool's result that is no text: this API takes only text there.
const FOLLOWS: &str = "(the result is in the user's message that follows)";

pub(super) fn write_all(
    w: &mut Writer,
    conversation: &Conversation<'_>,
    proofs: Proofs,
    losses: &mut Losses<'_>,
) -> Result<(), Refused> {
    let is_sent = |content: &Content<'_>| is_sent(content, proofs);
    losses.note_unsent(conversation, |signature| proofs.own(signature).is_some(), is_sent);
    system(w, conversation.system.iter());
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
            Role::User => user(w, &parts)?,
            Role::Assistant => assistant(w, &parts, proofs, losses),
            Role::System => system(w, parts.into_iter()),
        }
    }
    Ok(())
}

fn system<'p, 'a: 'p>(w: &mut Writer, parts: impl Iterator<Item = &'p Part<'a>>) {
    let texts: Vec<&str> = parts.filter_map(text_of).filter(|text| !text.is_empty()).collect();
    if !texts.is_empty() {
        w.object(|w| {
            w.field("role", "system");
            w.field("content", &texts.join("\n\n"));
        });
    }
}

fn is_sent(content: &Content<'_>, proofs: Proofs) -> bool {
    match content {
        Content::Text(text) => !text.is_empty(),
        Content::Thinking { signed, .. } => *signed == Signed::No || signed.by(OWN).is_some(),
        Content::Redacted(data) => by(data, OWN).is_some(),
        Content::Proof(proof) => proofs.own(proof).is_some(),
        _ => true,
    }
}

fn text_of<'p>(part: &'p Part<'_>) -> Option<&'p str> {
    match &part.content {
        Content::Text(text) => Some(text),
        _ => None,
    }
}

/// Results of tools first, each a message of its own, then the rest in one, images and files of results in front.
fn user(w: &mut Writer, parts: &[&Part<'_>]) -> Result<(), Refused> {
    let mut rest: Vec<&Part<'_>> = Vec::new();
    for part in parts {
        let Content::ToolResult { id, parts, is_error } = &part.content else {
            rest.push(part);
            continue;
        };
        let (texts, media): (Vec<_>, Vec<_>) = parts.iter().partition(|part| text_of(part).is_some());
        let mut said = texts.iter().filter_map(|part| text_of(part)).collect::<Vec<_>>().join("\n\n");
        if said.is_empty() && !media.is_empty() {
            FOLLOWS.clone_into(&mut said);
        }
        let says_error = said.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("error"));
        if *is_error && !says_error {
            said = format!("Error: {said}");
        }
        rest.extend(media);
        w.object(|w| {
            w.field("role", "tool");
            w.field("tool_call_id", &fit(id, LONGEST_ID));
            w.field("content", &said);
        });
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

fn user_part(w: &mut Writer, part: &Part<'_>) -> Result<(), Refused> {
    let no_way = |what: &str| Err(Refused::new(part.at, what));
    match &part.content {
        Content::Text(said) => text(w, said),
        Content::Image { source: Source::Text(_), .. } => return no_way("is no image"),
        Content::Image { source, detail } => w.object(|w| {
            w.field("type", "image_url");
            w.key("image_url").object(|w| {
                address(w, "url", source);
                w.maybe("detail", detail.as_ref());
            });
        }),
        Content::Document { source: Source::Url(_), .. } => {
            return no_way(
                "is a document by URL, which this model's upstream does not fetch: send it as base64",
            );
        }
        Content::Document { source: Source::Text(said), title } => match title {
            Some(title) => text(w, &format!("{title}\n\n{said}")),
            None => text(w, said),
        },
        Content::Document { source, title } => w.object(|w| {
            w.field("type", "file");
            w.key("file").object(|w| {
                w.field("filename", title.as_deref().unwrap_or("document.pdf"));
                address(w, "file_data", source);
            });
        }),
        _ => {}
    }
    Ok(())
}

fn text(w: &mut Writer, text: &str) {
    w.object(|w| {
        w.field("type", "text");
        w.field("text", text);
    });
}

fn assistant(w: &mut Writer, parts: &[&Part<'_>], proofs: Proofs, losses: &mut Losses<'_>) {
    let texts: Vec<&str> = parts.iter().filter_map(|part| text_of(part)).collect();
    let calls: Vec<_> =
        parts.iter().filter(|part| matches!(part.content, Content::ToolCall { .. })).collect();
    let is_said = !texts.is_empty() || !calls.is_empty();
    let is_unsigned = |part: &Part<'_>| matches!(part.content, Content::Thinking { signed: Signed::No, .. });
    let is_signed = |part: &Part<'_>| {
        matches!(part.content, Content::Thinking { .. } | Content::Redacted(_)) && !is_unsigned(part)
    };
    let signed: Vec<_> = parts.iter().filter(|part| is_said && is_signed(part)).collect();
    // Upstreams that think without signing want it back while their calls are being answered, and only then.
    let wants_unsigned = !calls.is_empty() && signed.is_empty();
    // A message has place for one.
    let proof = parts.iter().rposition(|part| matches!(part.content, Content::Proof(_)));
    for (at, part) in parts.iter().enumerate() {
        let is_another = matches!(part.content, Content::Proof(_)) && Some(at) != proof;
        if is_unsigned(part) && !wants_unsigned || is_another || !is_said {
            losses.note_thought(part);
        }
    }
    if !is_said {
        return;
    }
    w.object(|w| {
        w.field("role", "assistant");
        if texts.is_empty() {
            w.field("content", &None::<&str>);
        } else {
            w.field("content", &texts.concat());
        }
        w.maybe("reasoning_content", unsigned(parts).filter(|_| wants_unsigned));
        if !signed.is_empty() {
            w.key("thinking_blocks").list(|w| signed.iter().for_each(|part| thinking(w, &part.content)));
        }
        if !calls.is_empty() {
            w.key("tool_calls").list(|w| calls.iter().for_each(|part| call(w, &part.content, proofs)));
        }
        signature::write(w, proof.and_then(|at| proof_of(&parts[at].content, proofs)));
    });
}

fn proof_of<'p>(content: &'p Content<'_>, proofs: Proofs) -> Option<&'p str> {
    match content {
        Content::Proof(proof) => proofs.own(proof),
        _ => None,
    }
}

fn unsigned(parts: &[&Part<'_>]) -> Option<String> {
    let thought = parts.iter().filter_map(|part| match &part.content {
        Content::Thinking { text, signed: Signed::No } => Some(text.as_ref()),
        _ => None,
    });
    Some(thought.collect::<String>()).filter(|thought| !thought.is_empty())
}

fn thinking(w: &mut Writer, content: &Content<'_>) {
    w.object(|w| match content {
        Content::Thinking { text, signed } => {
            w.field("type", "thinking");
            w.field("thinking", text);
            w.maybe("signature", signed.by(OWN));
        }
        Content::Redacted(data) => {
            w.field("type", "redacted_thinking");
            w.maybe("data", by(data, OWN));
        }
        _ => {}
    });
}

fn call(w: &mut Writer, content: &Content<'_>, proofs: Proofs) {
    let Content::ToolCall { id, name, input, signature } = content else { return };
    w.object(|w| {
        w.field("id", &fit(id, LONGEST_ID));
        w.field("type", "function");
        w.key("function").object(|w| {
            w.field("name", name);
            w.field("arguments", input);
        });
        signature::write(w, signature.as_deref().and_then(|signature| proofs.own(signature)));
    });
}
