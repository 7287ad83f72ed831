//! Parts for an upstream.

use std::collections::HashMap;

use super::signature::{OWN, PROOF, STAND_IN};
use crate::json::Writer;
use crate::neutral::{Content, Conversation, Part, Refused, Signed, Source, by};

/// Thinking is sent back only where Gemini signed it: mostly its signatures are with the calls and texts.
pub(super) fn is_sent(content: &Content<'_>) -> bool {
    match content {
        Content::Text(text) => !text.is_empty(),
        Content::Thinking { signed, .. } => signed.by(OWN).is_some(),
        Content::Proof(proof) => by(proof, PROOF).is_some(),
        Content::Redacted(_) => false,
        _ => true,
    }
}

/// What writing a turn needs of the whole.
pub(super) struct Parts<'c> {
    /// The names of calls, by their ids: results name them here.
    pub(super) names: HashMap<&'c str, &'c str>,
    /// The model takes no call without a signature.
    pub(super) wants_signatures: bool,
}

impl<'c> Parts<'c> {
    pub(super) fn of(conversation: &'c Conversation<'_>, wants_signatures: bool) -> Self {
        let name = |part: &'c Part<'_>| match &part.content {
            Content::ToolCall { id, name, .. } => Some((id.as_ref(), name.as_ref())),
            _ => None,
        };
        Self { names: conversation.parts().filter_map(name).collect(), wants_signatures }
    }

    /// The parts of one turn. What a result has besides text follows the results, which come first.
    pub(super) fn write_all(&self, w: &mut Writer, parts: &[&Part<'_>]) -> Result<(), Refused> {
        let mut done = Ok(());
        w.list(|w| {
            let mut is_first_call = true;
            for (at, part) in parts.iter().enumerate() {
                let next = parts.get(at + 1).map(|part| &part.content);
                let is_results_end = !matches!(next, Some(Content::ToolResult { .. }));
                let written = match &part.content {
                    Content::ToolCall { .. } => {
                        self.call(w, &part.content, std::mem::take(&mut is_first_call));
                        Ok(())
                    }
                    // It is written with the text before it.
                    Content::Proof(_)
                        if matches!(
                            at.checked_sub(1).map(|at| &parts[at].content),
                            Some(Content::Text(_))
                        ) =>
                    {
                        Ok(())
                    }
                    Content::Text(text) => {
                        text_of(w, text, next.and_then(proof_of));
                        Ok(())
                    }
                    Content::Proof(_) => {
                        text_of(w, "", proof_of(&part.content));
                        Ok(())
                    }
                    Content::Thinking { text, signed } => {
                        thought(w, text, signed);
                        Ok(())
                    }
                    Content::ToolResult { .. } => {
                        self.result(w, &part.content);
                        if is_results_end { media_of_results(w, &parts[..=at]) } else { Ok(()) }
                    }
                    _ => media(w, part),
                };
                if done.is_ok() {
                    done = written;
                }
            }
        });
        done
    }

    fn call(&self, w: &mut Writer, content: &Content<'_>, is_first: bool) {
        let Content::ToolCall { id, name, input, signature } = content else { return };
        // Only on the first of parallel calls, and never in place of a true one.
        let stand_in = Some(STAND_IN).filter(|_| is_first && self.wants_signatures);
        w.object(|w| {
            w.key("functionCall").object(|w| {
                if !id.is_empty() {
                    w.field("id", id);
                }
                w.field("name", name);
                w.key("args").json(input);
            });
            let own = signature.as_deref().and_then(|signature| by(signature, PROOF));
            w.maybe("thoughtSignature", own.or(stand_in));
        });
    }

    fn result(&self, w: &mut Writer, content: &Content<'_>) {
        let Content::ToolResult { id, parts, is_error } = content else { return };
        let texts = parts.iter().filter_map(|part| match &part.content {
            Content::Text(text) | Content::Document { source: Source::Text(text), .. } => Some(text.as_ref()),
            _ => None,
        });
        let said = texts.collect::<Vec<&str>>().join("\n\n");
        w.object(|w| {
            w.key("functionResponse").object(|w| {
                if !id.is_empty() {
                    w.field("id", id);
                }
                // A call that is not in the history has no other name.
                w.field("name", self.names.get(id.as_ref()).copied().unwrap_or(id));
                w.key("response").object(|w| w.field(if *is_error { "error" } else { "output" }, &said));
            });
        });
    }
}

fn proof_of<'p>(content: &'p Content<'_>) -> Option<&'p str> {
    match content {
        Content::Proof(proof) => by(proof, PROOF),
        _ => None,
    }
}

fn media_of_results(w: &mut Writer, parts: &[&Part<'_>]) -> Result<(), Refused> {
    let results = parts.iter().filter_map(|part| match &part.content {
        Content::ToolResult { parts, .. } => Some(parts),
        _ => None,
    });
    let is_text = |part: &&Part<'_>| {
        matches!(part.content, Content::Text(_) | Content::Document { source: Source::Text(_), .. })
    };
    results.flatten().filter(|part| !is_text(part)).try_for_each(|part| media(w, part))
}

fn text_of(w: &mut Writer, text: &str, proof: Option<&str>) {
    w.object(|w| {
        w.field("text", text);
        w.maybe("thoughtSignature", proof);
    });
}

fn thought(w: &mut Writer, text: &str, signed: &Signed<'_>) {
    w.object(|w| {
        w.field("text", text);
        w.field("thought", &true);
        w.maybe("thoughtSignature", signed.by(OWN));
    });
}

fn media(w: &mut Writer, part: &Part<'_>) -> Result<(), Refused> {
    match &part.content {
        Content::Image { source: Source::Text(_), .. } => return Err(Refused::new(part.at, "is no image")),
        Content::Image { source, .. } => file(w, source, "image/jpeg"),
        Content::Document { source: Source::Text(text), title } => match title {
            Some(title) => text_of(w, &format!("{title}\n\n{text}"), None),
            None => text_of(w, text, None),
        },
        Content::Document { source, .. } => file(w, source, "application/pdf"),
        _ => {}
    }
    Ok(())
}

/// `fallback`: the kind of a file whose URL does not tell.
fn file(w: &mut Writer, source: &Source<'_>, fallback: &str) {
    w.object(|w| match source {
        Source::Base64 { media_type, data } => w.key("inlineData").object(|w| {
            w.field("mimeType", if media_type == "image/jpg" { "image/jpeg" } else { media_type });
            w.field("data", data);
        }),
        Source::Url(url) | Source::Text(url) => w.key("fileData").object(|w| {
            w.field("mimeType", kind_of(url).unwrap_or(fallback));
            w.field("fileUri", url);
        }),
    });
}

fn kind_of(url: &str) -> Option<&'static str> {
    const KINDS: [(&str, &str); 7] = [
        (".png", "image/png"),
        (".jpg", "image/jpeg"),
        (".jpeg", "image/jpeg"),
        (".webp", "image/webp"),
        (".gif", "image/gif"),
        (".heic", "image/heic"),
        (".pdf", "application/pdf"),
    ];
    let path = url.split(['?', '#']).next().unwrap_or_default().to_ascii_lowercase();
    KINDS.iter().find(|(end, _)| path.ends_with(end)).map(|(_, kind)| *kind)
}
