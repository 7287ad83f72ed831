//! A client's request, read.

use std::borrow::Cow;

use super::super::hints::RESPONSES;
use super::decode_item;
use super::decode_tool::Offered;
use crate::dropped::Dropped;
use crate::json::{Bad, Fields, Read, text, within};
use crate::neutral::{Conversation, Effort, Format, Hint, Strict, Thinking, Wish, take_hints};

/// Each names what only one upstream knows, or an answer that nobody would come for.
const REFUSED: [&str; 4] = ["previous_response_id", "conversation", "prompt", "background"];
const ELSEWHERE: &str = "cannot be honoured for this model's upstream, which speaks another API and keeps no responses: \
    leave it out, and send the whole conversation as `input`";
const EFFORTS: &str = "must be one of none, minimal, low, medium, high, xhigh, max";
const NO_WAY: &str = "cannot be translated for this model's upstream, which speaks another API: leave it out";

pub(super) fn read<'a>(body: &'a [u8], dropped: &mut Dropped) -> Read<Conversation<'a>> {
    let mut fields = Fields::of_body(body)?;
    fields.ignore(&["model", "stream_options"]);
    fields.refuse(&REFUSED, ELSEWHERE)?;
    fields.refuse(&["top_logprobs"], NO_WAY)?;
    included(&mut fields, dropped)?;
    let mut offered = Offered::default();
    offered.read(fields.list("tools")?.unwrap_or_default(), dropped)?;
    let (system, turns) = decode_item::read_all(&mut fields, &mut offered, dropped)?;
    let choice = offered.choice(&mut fields, dropped)?;
    let (effort, thinking) = reasoning(&mut fields, dropped)?;
    let mut hints = Vec::new();
    take_hints(&mut fields, &RESPONSES, &mut hints);
    let conversation = Conversation {
        system,
        turns,
        answered: true,
        choice,
        tools: offered.tools,
        withheld: offered.withheld,
        parallel: fields.flag("parallel_tool_calls")?,
        limit: fields.count("max_output_tokens")?,
        temperature: fields.number("temperature")?,
        top_p: fields.number("top_p")?,
        thinking,
        effort,
        format: said_as(&mut fields, &mut hints, dropped)?,
        user: fields.text("user")?,
        hints,
        stream: fields.flag("stream")?.unwrap_or(false),
        ..Conversation::default()
    };
    hint_unless(&mut fields, "truncation", "\"disabled\"", dropped)?;
    // It counts only the calls of tools that the upstream runs.
    fields.hint(&["context_management", "max_tool_calls"], NO_WAY, dropped)?;
    fields.leave(&["client_metadata"], dropped);
    fields.end(dropped)?;
    Ok(conversation)
}

/// What else the answer is to contain. Thinking that comes back is what the writer of answers sees to.
fn included(fields: &mut Fields<'_>, dropped: &mut Dropped) -> Read<()> {
    for (at, raw) in fields.list("include")?.unwrap_or_default().into_iter().enumerate() {
        match text(raw).as_deref() {
            Some("reasoning.encrypted_content") => {}
            Some("message.output_text.logprobs") => return Err(Bad::new(format!("include[{at}]"), NO_WAY)),
            _ => dropped.note(format_args!("include[{at}]")),
        }
    }
    Ok(())
}

fn hint_unless(fields: &mut Fields<'_>, key: &str, is_default: &str, dropped: &mut Dropped) -> Read<()> {
    match fields.take(key) {
        Some(raw) if raw.get() != is_default && dropped.refuses() => return Err(Bad::new(key, NO_WAY)),
        Some(raw) if raw.get() != is_default => dropped.note(key),
        _ => {}
    }
    Ok(())
}

fn reasoning(fields: &mut Fields<'_>, dropped: &mut Dropped) -> Read<(Option<Effort>, Option<Thinking>)> {
    let Some(mut reasoning) = fields.object("reasoning")? else { return Ok((None, None)) };
    within("reasoning", dropped, |dropped| {
        // Thinking is told in any case where there is any.
        reasoning.ignore(&["summary", "generate_summary"]);
        let wish = match reasoning.text("effort")?.as_deref() {
            None => (None, None),
            Some("none") => (None, Some(Thinking::Off)),
            Some(word) => (Some(Effort::of_word(word).ok_or_else(|| Bad::new("effort", EFFORTS))?), None),
        };
        reasoning.end(dropped)?;
        Ok(wish)
    })
}

/// The format of the answer's text; how much is said is a hint.
fn said_as<'a>(
    fields: &mut Fields<'a>,
    hints: &mut Vec<Hint<'a>>,
    dropped: &mut Dropped,
) -> Read<Option<Format<'a>>> {
    let Some(mut said) = fields.object("text")? else { return Ok(None) };
    within("text", dropped, |dropped| {
        take_hints(&mut said, &[("verbosity", Wish::Verbosity)], hints);
        let format = said.object("format")?;
        said.end(dropped)?;
        let Some(format) = format else { return Ok(None) };
        within("format", dropped, |dropped| format_of(format, dropped))
    })
}

fn format_of<'a>(mut format: Fields<'a>, dropped: &mut Dropped) -> Read<Option<Format<'a>>> {
    let wanted = match format.need("type")?.as_ref() {
        "text" => None,
        "json_object" => Some(Format::Json),
        "json_schema" => Some(Format::Schema {
            name: format.text("name")?,
            description: format.text("description")?,
            strict: format.flag("strict")?.map(Strict::of),
            schema: format
                .opaque("schema")?
                .map(Cow::Borrowed)
                .ok_or_else(|| Bad::new("schema", "is missing"))?,
        }),
        _ => return Err(Bad::new("type", "must be text, json_object or json_schema")),
    };
    format.rest(dropped);
    Ok(wanted)
}
