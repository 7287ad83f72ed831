//! A client's request, read.

use std::borrow::Cow;
use std::collections::HashSet;

use serde_json::value::RawValue;

use super::decode_item;
use crate::dropped::Dropped;
use crate::json::{Bad, Fields, Read, text, within};
use crate::neutral::{Choice, Conversation, Effort, Format, Thinking, Tool};

/// Nothing about the answer depends on these: storage, caching, prices, accounts.
const LEFT_OUT: [&str; 9] = [
    "metadata",
    "client_metadata",
    "store",
    "service_tier",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "safety_identifier",
    "moderation",
];
/// Each names what only one upstream knows, or an answer that nobody would come for.
const REFUSED: [&str; 4] = ["previous_response_id", "conversation", "prompt", "background"];
const ELSEWHERE: &str = "cannot be honoured for this model's upstream, which speaks another API and keeps no responses: \
    leave it out, and send the whole conversation as `input`";
const NO_WAY: &str = "cannot be translated for this model's upstream, which speaks another API: leave it out";

/// What clients always offer and no other dialect has: it is left out where the channel allows it.
const OPTIONAL: [&str; 12] = [
    "custom",
    "web_search",
    "web_search_2025_08_26",
    "web_search_preview",
    "web_search_preview_2025_03_11",
    "local_shell",
    "shell",
    "apply_patch",
    "image_generation",
    "code_interpreter",
    "tool_search",
    "namespace",
];

pub(super) fn read<'a>(body: &'a [u8], dropped: &mut Dropped) -> Read<Conversation<'a>> {
    let mut fields = Fields::of_body(body)?;
    fields.ignore(&["model", "stream_options"]);
    fields.refuse(&REFUSED, ELSEWHERE)?;
    fields.refuse(&["top_logprobs"], NO_WAY)?;
    included(&mut fields, dropped)?;
    let (system, turns) = decode_item::read_all(&mut fields, dropped)?;
    let mut tools = tools(&mut fields, dropped)?;
    let choice = choice(&mut fields, &mut tools, dropped)?;
    let (effort, thinking) = reasoning(&mut fields, dropped)?;
    let user = match fields.text("user")? {
        None => fields.text("safety_identifier")?,
        user => user,
    };
    let conversation = Conversation {
        system,
        turns,
        choice,
        tools,
        parallel: fields.flag("parallel_tool_calls")?,
        limit: fields.count("max_output_tokens")?,
        temperature: fields.number("temperature")?,
        top_p: fields.number("top_p")?,
        thinking,
        effort,
        format: said_as(&mut fields, dropped)?,
        user,
        stream: fields.flag("stream")?.unwrap_or(false),
        ..Conversation::default()
    };
    hint_unless(&mut fields, "truncation", "\"disabled\"", dropped)?;
    // It counts only the calls of tools that the upstream runs.
    fields.hint(&["context_management", "max_tool_calls"], NO_WAY, dropped)?;
    fields.leave(&LEFT_OUT, dropped);
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

fn tools<'a>(fields: &mut Fields<'a>, dropped: &mut Dropped) -> Read<Vec<Tool<'a>>> {
    let mut tools = Vec::new();
    for (at, raw) in fields.list("tools")?.unwrap_or_default().into_iter().enumerate() {
        let read = within(format_args!("tools[{at}]"), dropped, |dropped| tool(raw, dropped))?;
        if read.is_none() {
            dropped.note(format_args!("tools[{at}]"));
        }
        tools.extend(read);
    }
    Ok(tools)
}

/// `None`: one that is left out.
fn tool<'a>(raw: &'a RawValue, dropped: &mut Dropped) -> Read<Option<Tool<'a>>> {
    let mut tool = Fields::of(raw)?;
    let kind = tool.need("type")?;
    if OPTIONAL.contains(&kind.as_ref()) && !dropped.refuses() {
        return Ok(None);
    }
    if kind != "function" {
        let what = format!("is \"{kind}\", and only tools of type \"function\" can be offered to this model");
        return Err(Bad::new("type", what));
    }
    let offered = Tool {
        name: tool.need("name")?,
        description: tool.text("description")?,
        schema: tool.opaque("parameters")?.map(Cow::Borrowed),
        strict: tool.flag("strict")?,
        cache: None,
    };
    tool.end(dropped)?;
    Ok(Some(offered))
}

fn choice<'a>(
    fields: &mut Fields<'a>,
    tools: &mut Vec<Tool<'a>>,
    dropped: &mut Dropped,
) -> Read<Option<Choice<'a>>> {
    let Some(raw) = fields.take("tool_choice") else { return Ok(None) };
    if let Some(word) = text(raw) {
        return Ok(Some(match word.as_ref() {
            // Where all that was offered is left out there is nothing to choose from.
            "auto" => Choice::Auto,
            "none" => Choice::None,
            "required" => Choice::Any,
            _ => return Err(Bad::new("tool_choice", "must be auto, none, required, or name a function")),
        }));
    }
    within("tool_choice", dropped, |dropped| {
        let mut choice = Fields::of(raw).map_err(|_| Bad::new("", "must be a string or an object"))?;
        let chosen = match choice.need("type")?.as_ref() {
            "function" => Choice::Tool(choice.need("name")?),
            "allowed_tools" => {
                let mode = choice.text("mode")?;
                let names = allowed_names(&mut choice)?;
                // The others are simply not offered.
                tools.retain(|tool| names.contains(tool.name.as_ref()));
                if mode.as_deref() == Some("required") { Choice::Any } else { Choice::Auto }
            }
            kind => {
                let what = format!("is \"{kind}\", and only functions can be asked for with this model");
                return Err(Bad::new("type", what));
            }
        };
        choice.rest(dropped);
        Ok(Some(chosen))
    })
}

fn allowed_names(choice: &mut Fields<'_>) -> Read<HashSet<String>> {
    let tools = choice.list("tools")?.unwrap_or_default().into_iter().enumerate();
    // A tool of another kind has no name, and is not offered anyway.
    let name = |(at, raw)| {
        let mut tool = Fields::of(raw).map_err(|bad: Bad| bad.within(format!("tools[{at}]")))?;
        Ok(tool.text("name")?.map(Cow::into_owned))
    };
    tools.map(name).filter_map(Result::transpose).collect()
}

fn reasoning(fields: &mut Fields<'_>, dropped: &mut Dropped) -> Read<(Option<Effort>, Option<Thinking>)> {
    let Some(mut reasoning) = fields.object("reasoning")? else { return Ok((None, None)) };
    within("reasoning", dropped, |dropped| {
        // Thinking is told in any case where there is any.
        reasoning.ignore(&["summary", "generate_summary"]);
        let wish = match reasoning.text("effort")?.as_deref() {
            None => (None, None),
            Some("none") => (None, Some(Thinking::Off)),
            Some("minimal") => (Some(Effort::Minimal), None),
            Some("low") => (Some(Effort::Low), None),
            Some("medium") => (Some(Effort::Medium), None),
            Some("high") => (Some(Effort::High), None),
            Some("xhigh" | "max") => (Some(Effort::Highest), None),
            Some(_) => {
                return Err(Bad::new("effort", "must be one of none, minimal, low, medium, high, xhigh"));
            }
        };
        reasoning.end(dropped)?;
        Ok(wish)
    })
}

/// The format of the answer's text; how much is said is a hint.
fn said_as<'a>(fields: &mut Fields<'a>, dropped: &mut Dropped) -> Read<Option<Format<'a>>> {
    let Some(mut said) = fields.object("text")? else { return Ok(None) };
    within("text", dropped, |dropped| {
        hint_unless(&mut said, "verbosity", "\"medium\"", dropped)?;
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
            strict: format.flag("strict")?,
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
