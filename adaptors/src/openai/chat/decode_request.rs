//! A client's chat completion request, read.

use std::borrow::Cow;
use std::collections::HashSet;

use serde_json::value::RawValue;

use super::decode_message;
use crate::json::{Bad, Fields, Read, text};
use crate::neutral::{Choice, Conversation, Effort, Format, Thinking, Tool};

/// Nothing about the answer depends on these: storage, caching, prices, priority, abuse detection by hash.
const IGNORED: [&str; 9] = [
    "model",
    "metadata",
    "store",
    "service_tier",
    "prompt_cache_key",
    "prompt_cache_retention",
    "prediction",
    "stream_options",
    "safety_identifier",
];
/// Each would change the answer, or its contents.
const REFUSED: [&str; 9] = [
    "logprobs",
    "top_logprobs",
    "logit_bias",
    "frequency_penalty",
    "presence_penalty",
    "audio",
    "web_search_options",
    "functions",
    "function_call",
];
const NO_WAY: &str = "cannot be translated for this model's upstream, which speaks another API: leave it out";

pub(crate) fn read(body: &[u8]) -> Read<Conversation<'_>> {
    let mut fields = Fields::of_body(body)?;
    let user = fields.text("safety_identifier")?;
    let user = fields.text("user")?.or(user);
    fields.ignore(&IGNORED);
    fields.refuse(&REFUSED, NO_WAY)?;
    if fields.take("seed").is_some() {
        return Err(Bad::new("seed", NO_WAY));
    }
    only(
        &mut fields,
        "n",
        |raw| raw.get() == "1",
        "must be 1 for this model: send one request for each answer",
    )?;
    only(
        &mut fields,
        "modalities",
        |raw| raw.get().split_whitespace().collect::<String>() == "[\"text\"]",
        NO_WAY,
    )?;
    only(&mut fields, "verbosity", |raw| raw.get() == "\"medium\"", NO_WAY)?;
    let (system, turns) = decode_message::read_all(&mut fields)?;
    let mut tools = tools(&mut fields)?;
    let choice = choice(&mut fields, &mut tools)?;
    let old_limit = fields.count("max_tokens")?;
    let conversation = Conversation {
        system,
        turns,
        choice,
        tools,
        parallel: fields.flag("parallel_tool_calls")?,
        limit: fields.count("max_completion_tokens")?.or(old_limit),
        temperature: fields.number("temperature")?,
        top_p: fields.number("top_p")?,
        top_k: fields.count("top_k")?,
        stop: stop(&mut fields)?,
        thinking: None,
        effort: None,
        format: format(&mut fields)?,
        user,
        stream: fields.flag("stream")?.unwrap_or(false),
    };
    let (effort, thinking) = effort(&mut fields)?;
    fields.end()?;
    Ok(Conversation { effort, thinking, ..conversation })
}

/// A field that may only have its default value.
fn only(fields: &mut Fields<'_>, key: &str, is: fn(&RawValue) -> bool, what: &str) -> Read<()> {
    match fields.take(key) {
        Some(raw) if !is(raw) => Err(Bad::new(key, what)),
        _ => Ok(()),
    }
}

fn effort(fields: &mut Fields<'_>) -> Read<(Option<Effort>, Option<Thinking>)> {
    let Some(effort) = fields.text("reasoning_effort")? else { return Ok((None, None)) };
    let effort = match effort.as_ref() {
        "none" => return Ok((None, Some(Thinking::Off))),
        "minimal" => Effort::Minimal,
        "low" => Effort::Low,
        "medium" => Effort::Medium,
        "high" => Effort::High,
        "xhigh" | "max" => Effort::Highest,
        _ => {
            let what = "must be one of none, minimal, low, medium, high, xhigh";
            return Err(Bad::new("reasoning_effort", what));
        }
    };
    Ok((Some(effort), None))
}

fn stop<'a>(fields: &mut Fields<'a>) -> Read<Vec<Cow<'a, str>>> {
    let Some(raw) = fields.take("stop") else { return Ok(Vec::new()) };
    if let Some(one) = text(raw) {
        return Ok(vec![one]);
    }
    let wrong = || Bad::new("stop", "must be a string or a list of strings");
    crate::json::list(raw).ok_or_else(wrong)?.into_iter().map(|raw| text(raw).ok_or_else(wrong)).collect()
}

fn tools<'a>(fields: &mut Fields<'a>) -> Read<Vec<Tool<'a>>> {
    let list = fields.list("tools")?.unwrap_or_default();
    let tools = list.into_iter().enumerate();
    tools.map(|(at, raw)| tool(raw).map_err(|bad| bad.within(format!("tools[{at}]")))).collect()
}

fn tool(raw: &RawValue) -> Read<Tool<'_>> {
    let mut tool = Fields::of(raw)?;
    let kind = tool.need("type")?;
    if kind != "function" {
        let what = format!("is \"{kind}\", and only tools of type \"function\" can be offered to this model");
        return Err(Bad::new("type", what));
    }
    let cache = tool.opaque("cache_control")?;
    let mut function = tool.object("function")?.ok_or_else(|| Bad::new("function", "is missing"))?;
    tool.end()?;
    let offered = offered(&mut function, cache);
    offered.and_then(|tool| function.end().map(|()| tool)).map_err(|bad| bad.within("function"))
}

fn offered<'a>(function: &mut Fields<'a>, cache: Option<&'a RawValue>) -> Read<Tool<'a>> {
    Ok(Tool {
        name: function.need("name")?,
        description: function.text("description")?,
        schema: function.opaque("parameters")?,
        strict: function.flag("strict")?,
        cache: function.opaque("cache_control")?.or(cache),
    })
}

fn choice<'a>(fields: &mut Fields<'a>, tools: &mut Vec<Tool<'a>>) -> Read<Option<Choice<'a>>> {
    let Some(raw) = fields.take("tool_choice") else { return Ok(None) };
    let wrong = || Bad::new("tool_choice", "must be auto, none, required, or name a function");
    if let Some(word) = text(raw) {
        return Ok(Some(match word.as_ref() {
            "auto" => Choice::Auto,
            "none" => Choice::None,
            "required" => Choice::Any,
            _ => return Err(wrong()),
        }));
    }
    let mut read = || {
        let mut choice = Fields::of(raw).map_err(|_| Bad::new("", "must be a string or an object"))?;
        match choice.need("type")?.as_ref() {
            "function" => {
                let mut function =
                    choice.object("function")?.ok_or_else(|| Bad::new("function", "is missing"))?;
                Ok(Choice::Tool(function.need("name").map_err(|bad| bad.within("function"))?))
            }
            "allowed_tools" => {
                let mut allowed =
                    choice.object("allowed_tools")?.ok_or_else(|| Bad::new("allowed_tools", "is missing"))?;
                let mode = allowed.text("mode")?;
                let names = allowed_names(&mut allowed).map_err(|bad| bad.within("allowed_tools"))?;
                // The others are simply not offered.
                tools.retain(|tool| names.contains(&tool.name));
                Ok(if mode.as_deref() == Some("required") { Choice::Any } else { Choice::Auto })
            }
            _ => Err(Bad::new("type", "must be function or allowed_tools")),
        }
    };
    read().map(Some).map_err(|bad: Bad| bad.within("tool_choice"))
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

fn format<'a>(fields: &mut Fields<'a>) -> Read<Option<Format<'a>>> {
    let Some(mut format) = fields.object("response_format")? else { return Ok(None) };
    let within = |bad: Bad| bad.within("response_format");
    match format.need("type").map_err(within)?.as_ref() {
        "text" => Ok(None),
        "json_object" => Ok(Some(Format::Json)),
        "json_schema" => {
            let schema = format.object("json_schema").map_err(within)?;
            let mut schema = schema.ok_or_else(|| Bad::new("response_format.json_schema", "is missing"))?;
            json_schema(&mut schema).map(Some).map_err(|bad| within(bad.within("json_schema")))
        }
        _ => Err(Bad::new("response_format.type", "must be text, json_object or json_schema")),
    }
}

fn json_schema<'a>(schema: &mut Fields<'a>) -> Read<Format<'a>> {
    Ok(Format::Schema {
        name: schema.text("name")?,
        description: schema.text("description")?,
        strict: schema.flag("strict")?,
        schema: schema.opaque("schema")?.ok_or_else(|| Bad::new("schema", "is missing"))?,
    })
}
