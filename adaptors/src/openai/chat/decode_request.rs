//! A client's chat completion request, read.

use std::borrow::Cow;
use std::collections::HashSet;

use serde_json::value::RawValue;

use super::super::hints::CHAT;
use super::{decode_message, decode_thinking};
use crate::dropped::Dropped;
use crate::json::{Bad, Fields, Read, text, within};
use crate::neutral::{Choice, Conversation, Format, Strict, Tool, take_hints, withhold};

/// Each would change the answer, or its contents.
const REFUSED: [&str; 6] = ["logprobs", "top_logprobs", "logit_bias", "audio", "functions", "function_call"];
const NO_WAY: &str = "cannot be translated for this model's upstream, which speaks another API: leave it out";

pub(crate) fn read<'a>(body: &'a [u8], dropped: &mut Dropped) -> Read<Conversation<'a>> {
    let mut fields = Fields::of_body(body)?;
    fields.ignore(&["model", "stream_options"]);
    refuse(&mut fields)?;
    only_here(&mut fields, dropped)?;
    let mut hints = Vec::new();
    take_hints(&mut fields, &CHAT, &mut hints);
    let (system, turns) = decode_message::read_all(&mut fields, dropped)?;
    let mut tools = tools(&mut fields, dropped)?;
    let mut withheld = Vec::new();
    let choice = choice(&mut fields, (&mut tools, &mut withheld), dropped)?;
    let old_limit = fields.count("max_tokens")?;
    let (effort, thinking) = decode_thinking::read(&mut fields, dropped)?;
    let conversation = Conversation {
        system,
        turns,
        answered: true,
        choice,
        tools,
        withheld,
        parallel: fields.flag("parallel_tool_calls")?,
        limit: fields.count("max_completion_tokens")?.or(old_limit),
        temperature: fields.number("temperature")?,
        top_p: fields.number("top_p")?,
        top_k: fields.count("top_k")?,
        stop: stop(&mut fields)?,
        thinking,
        effort,
        format: format(&mut fields, dropped)?,
        user: fields.text("user")?,
        hints,
        stream: fields.flag("stream")?.unwrap_or(false),
        cache: fields.opaque("cache_control")?,
        looks_alike: false,
    };
    fields.end(dropped)?;
    Ok(conversation)
}

fn refuse(fields: &mut Fields<'_>) -> Read<()> {
    fields.refuse(&REFUSED, NO_WAY)?;
    only(fields, "n", |raw| raw.get() == "1", "must be 1 for this model: send one request for each answer")?;
    let is_text = |raw: &RawValue| raw.get().split_whitespace().collect::<String>() == "[\"text\"]";
    only(fields, "modalities", is_text, NO_WAY)
}

/// What no other dialect has: it shapes an answer a little, or not at all.
fn only_here(fields: &mut Fields<'_>, dropped: &mut Dropped) -> Read<()> {
    if let Some(raw) = fields.take("web_search_options") {
        if !raw.get().split_whitespace().eq(["{}"]) {
            return Err(Bad::new("web_search_options", NO_WAY));
        }
        dropped.note("web_search_options");
    }
    fields.leave(&["prediction"], dropped);
    Ok(())
}

/// A field that may only have its default value.
fn only(fields: &mut Fields<'_>, key: &str, is: fn(&RawValue) -> bool, what: &str) -> Read<()> {
    match fields.take(key) {
        Some(raw) if !is(raw) => Err(Bad::new(key, what)),
        _ => Ok(()),
    }
}

fn stop<'a>(fields: &mut Fields<'a>) -> Read<Vec<Cow<'a, str>>> {
    let Some(raw) = fields.take("stop") else { return Ok(Vec::new()) };
    if let Some(one) = text(raw) {
        return Ok(vec![one]);
    }
    let wrong = || Bad::new("stop", "must be a string or a list of strings");
    crate::json::list(raw).ok_or_else(wrong)?.into_iter().map(|raw| text(raw).ok_or_else(wrong)).collect()
}

fn tools<'a>(fields: &mut Fields<'a>, dropped: &mut Dropped) -> Read<Vec<Tool<'a>>> {
    let list = fields.objects("tools")?.unwrap_or_default();
    let tools = list.into_iter().enumerate();
    tools
        .map(|(at, offered)| within(format_args!("tools[{at}]"), dropped, |dropped| tool(offered?, dropped)))
        .collect()
}

fn tool<'a>(mut tool: Fields<'a>, dropped: &mut Dropped) -> Read<Tool<'a>> {
    let kind = tool.need("type")?;
    if kind != "function" {
        let what = format!("is \"{kind}\", and only tools of type \"function\" can be offered to this model");
        return Err(Bad::new("type", what));
    }
    let cache = tool.opaque("cache_control")?;
    let mut function = tool.object("function")?.ok_or_else(|| Bad::new("function", "is missing"))?;
    tool.end(dropped)?;
    within("function", dropped, |dropped| {
        let offered = Tool {
            name: function.need("name")?,
            description: function.text("description")?,
            schema: function.opaque("parameters")?.map(Cow::Borrowed),
            strict: function.flag("strict")?.map(Strict::of),
            cache: function.opaque("cache_control")?.or(cache),
        };
        function.end(dropped)?;
        Ok(offered)
    })
}

fn choice<'a>(
    fields: &mut Fields<'a>,
    (tools, withheld): (&mut Vec<Tool<'a>>, &mut Vec<Cow<'a, str>>),
    dropped: &mut Dropped,
) -> Read<Option<Choice<'a>>> {
    let Some(raw) = fields.take("tool_choice") else { return Ok(None) };
    if let Some(word) = text(raw) {
        return Ok(Some(match word.as_ref() {
            "auto" => Choice::Auto,
            "none" => Choice::None,
            "required" => Choice::Any,
            _ => return Err(Bad::new("tool_choice", "must be auto, none, required, or name a function")),
        }));
    }
    within("tool_choice", dropped, |dropped| {
        let mut choice = Fields::of(raw).map_err(|_| Bad::new("", "must be a string or an object"))?;
        let chosen = match choice.need("type")?.as_ref() {
            "function" => {
                let mut function =
                    choice.object("function")?.ok_or_else(|| Bad::new("function", "is missing"))?;
                Choice::Tool(function.need("name").map_err(|bad| bad.within("function"))?)
            }
            "allowed_tools" => {
                let mut allowed =
                    choice.object("allowed_tools")?.ok_or_else(|| Bad::new("allowed_tools", "is missing"))?;
                let mode = allowed.text("mode")?;
                let names = allowed_names(&mut allowed).map_err(|bad| bad.within("allowed_tools"))?;
                // The others are simply not offered.
                *withheld = withhold(tools, |tool| names.contains(&tool.name));
                if mode.as_deref() == Some("required") { Choice::Any } else { Choice::Auto }
            }
            _ => return Err(Bad::new("type", "must be function or allowed_tools")),
        };
        choice.rest(dropped);
        Ok(Some(chosen))
    })
}

fn allowed_names<'a>(allowed: &mut Fields<'a>) -> Read<HashSet<Cow<'a, str>>> {
    let tools = allowed.list("tools")?.unwrap_or_default().into_iter().enumerate();
    let name = |raw| {
        let mut tool = Fields::of(raw)?;
        let mut function = tool.object("function")?.ok_or_else(|| Bad::new("function", "is missing"))?;
        function.need("name").map_err(|bad| bad.within("function"))
    };
    tools.map(|(at, raw)| name(raw).map_err(|bad: Bad| bad.within(format!("tools[{at}]")))).collect()
}

fn format<'a>(fields: &mut Fields<'a>, dropped: &mut Dropped) -> Read<Option<Format<'a>>> {
    let Some(mut format) = fields.object("response_format")? else { return Ok(None) };
    within("response_format", dropped, |dropped| {
        let wanted = match format.need("type")?.as_ref() {
            "text" => None,
            "json_object" => Some(Format::Json),
            "json_schema" => {
                let schema = format.object("json_schema")?;
                let schema = schema.ok_or_else(|| Bad::new("json_schema", "is missing"))?;
                Some(within("json_schema", dropped, |dropped| json_schema(schema, dropped))?)
            }
            _ => return Err(Bad::new("type", "must be text, json_object or json_schema")),
        };
        format.rest(dropped);
        Ok(wanted)
    })
}

fn json_schema<'a>(mut schema: Fields<'a>, dropped: &mut Dropped) -> Read<Format<'a>> {
    let wanted = Format::Schema {
        name: schema.text("name")?,
        description: schema.text("description")?,
        strict: schema.flag("strict")?.map(Strict::of),
        schema: Cow::Borrowed(schema.opaque("schema")?.ok_or_else(|| Bad::new("schema", "is missing"))?),
    };
    schema.rest(dropped);
    Ok(wanted)
}
