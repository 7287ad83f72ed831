//! Anthropic's summaries of what was said so far. A block of it stands for all that is before it in the conversation, which
//! its upstream does not read any more; of several the last one counts. Its text can be read, so that others go on from it too.

use std::borrow::Cow;

use memchr::memmem;
use serde_json::value::RawValue;

use crate::dropped::Dropped;
use crate::json::{Bad, Fields, Read, list};
use crate::neutral::Content;

const KIND: &str = "compaction";
/// What the next turn begins with.
const SUMMARY: &str = "Summary of the conversation so far:\n\n";

/// The message, and the block in it, from which on a conversation is read.
pub(super) fn find(messages: &[&RawValue]) -> Option<(usize, usize)> {
    let is_one = |raw: &&RawValue| {
        let summary = Fields::of(raw).ok().filter(|block| block.is_text("type", KIND));
        summary.is_some_and(|mut block| matches!(block.text("content"), Ok(Some(_))))
    };
    messages.iter().enumerate().rev().find_map(|(at, raw)| {
        memmem::find(raw.get().as_bytes(), KIND.as_bytes())?;
        let mut message = Fields::of(raw).ok().filter(|message| message.is_text("role", "assistant"))?;
        let blocks = message.take("content").and_then(list)?;
        Some((at, blocks.iter().rposition(is_one)?))
    })
}

/// The block as a text; one without a summary says nothing.
pub(super) fn text<'a>(block: &mut Fields<'a>, dropped: &mut Dropped) -> Read<Content<'a>> {
    block.ignore(&["encrypted_content"]);
    let Some(summary) = block.text("content")? else { return Ok(Content::Text(Cow::Borrowed(""))) };
    if dropped.refuses() {
        let what = "is \"compaction\", which only Anthropic's upstreams know: send its text, or the messages that it stands \
            for, or use a model whose upstream speaks your API";
        return Err(Bad::new("type", what));
    }
    dropped.note(format_args!(":{KIND}"));
    Ok(Content::Text(format!("{SUMMARY}{summary}").into()))
}
