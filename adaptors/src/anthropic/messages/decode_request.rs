//! A client's messages request, read.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::{compaction, decode_block};
use crate::adaptor::{Call, Operation};
use crate::dropped::Dropped;
use crate::json::{Bad, Fields, Read, split_once, text, within};
use crate::neutral::{
    Choice, Content, Conversation, Effort, Format, Hint, Part, Place, Role, Strict, Thinking, Tool, Turn,
    Wish,
};

/// Each would change what the answer may do or is to be, or leaves out what only Anthropic kept.
const REFUSED: [&str; 4] = ["mcp_servers", "container", "compaction", "thread"];
const NO_WAY: &str = "cannot be translated for this model's upstream, which speaks another API: leave it out, or use \
    a model whose upstream speaks yours";

const EFFORTS: &str = "must be low, medium, high, xhigh or max";

/// Begins a line for Anthropic's accounts. It changes with each conversation, so that no other provider's cache could
/// know a prompt again that begins with it.
const BILLING: &str = "x-anthropic-billing-header:";

pub(crate) fn read<'a>(call: &Call<'a>, dropped: &mut Dropped) -> Read<Conversation<'a>> {
    let mut fields = Fields::of_body(call.body)?;
    fields.ignore(&["model"]);
    fields.refuse(&REFUSED, NO_WAY)?;
    let mut system = system(&mut fields, dropped)?;
    let turns = turns(&mut fields, &mut system, dropped)?;
    let tools = tools(&mut fields, dropped)?;
    let (choice, parallel) = choice(&mut fields, dropped)?;
    let (effort, format) = output(&mut fields, dropped)?;
    let conversation = Conversation {
        turns,
        answered: false,
        system,
        tools,
        withheld: Vec::new(),
        choice,
        parallel,
        limit: limit(call.operation, &mut fields)?,
        temperature: fields.number("temperature")?,
        top_p: fields.number("top_p")?,
        top_k: fields.count("top_k")?,
        stop: stop(&mut fields)?,
        thinking: thinking(&mut fields, dropped)?,
        effort,
        format,
        user: user(&mut fields, dropped)?,
        hints: tier(&mut fields)?,
        stream: fields.flag("stream")?.unwrap_or(false),
        cache: fields.opaque("cache_control")?,
        looks_alike: false,
    };
    context(&mut fields, dropped)?;
    fields.end(dropped)?;
    Ok(conversation)
}

/// An answer must have one.
fn limit(operation: Operation, fields: &mut Fields<'_>) -> Read<Option<u64>> {
    match fields.count("max_tokens")? {
        None if operation == Operation::Chat => Err(Bad::new("max_tokens", "is missing")),
        limit => Ok(limit),
    }
}

/// Thinking is not sent to other upstreams anyway, so that clearing it is no wish.
fn context(fields: &mut Fields<'_>, dropped: &mut Dropped) -> Read<()> {
    let Some(mut context) = fields.object("context_management")? else { return Ok(()) };
    dropped.note("context_management");
    let edits = context.list("edits").map_err(|bad| bad.within("context_management"))?.unwrap_or_default();
    for (at, raw) in edits.into_iter().enumerate().filter(|_| dropped.refuses()) {
        let kind = Fields::of(raw).and_then(|mut edit| edit.need("type"));
        if !kind.is_ok_and(|kind| kind.starts_with("clear_thinking_")) {
            let what = "cannot be expressed for this model's upstream: leave it out";
            return Err(Bad::new(format!("context_management.edits[{at}]"), what));
        }
    }
    Ok(())
}

fn system<'a>(fields: &mut Fields<'a>, dropped: &mut Dropped) -> Read<Vec<Part<'a>>> {
    let Some(raw) = fields.take("system") else { return Ok(Vec::new()) };
    let mut parts = within("system", dropped, |dropped| {
        decode_block::read_all(raw, Place::System, decode_block::text_only, dropped)
    })?;
    unbilled(&mut parts, "system", dropped);
    Ok(parts)
}

/// Leaves billing lines out of instructions, wherever they stand.
fn unbilled(parts: &mut Vec<Part<'_>>, place: &str, dropped: &mut Dropped) {
    let mut at = 0..;
    parts.retain_mut(|part| {
        let at = at.next().unwrap_or(0);
        match &mut part.content {
            Content::Text(text) if text.starts_with(BILLING) => {
                dropped.note(format_args!("{place}[{at}]"));
                *text = split_once(std::mem::take(text), "\n").map(|(_, rest)| rest).unwrap_or_default();
                !text.is_empty()
            }
            _ => true,
        }
    });
}

/// The turns. Instructions that stand before the first of them belong to the system's.
fn turns<'a>(
    fields: &mut Fields<'a>,
    system: &mut Vec<Part<'a>>,
    dropped: &mut Dropped,
) -> Read<Vec<Turn<'a>>> {
    let messages = fields.list("messages")?.ok_or_else(|| Bad::new("messages", "is missing: send a list"))?;
    let mut turns = Vec::with_capacity(messages.len());
    let compacted = compaction::find(&messages);
    let (first, _) = compacted.unwrap_or_default();
    for (number, raw) in messages.into_iter().enumerate().skip(first) {
        let from = compacted.filter(|(message, _)| *message == number).map(|(_, block)| block);
        let outer = format_args!("messages[{number}]");
        let mut turn =
            within(outer, dropped, |dropped| turn(raw, from.unwrap_or(0), Place::Turn(number), dropped))?;
        if from.is_some() {
            // Conversations begin with a user.
            let summary = turn.parts.drain(..1).collect();
            turns.push(Turn { role: Role::User, parts: summary });
        }
        if turn.role == Role::System && turns.is_empty() {
            system.extend(turn.parts);
        } else if turn.role != Role::System || !turn.parts.is_empty() {
            turns.push(turn);
        }
    }
    Ok(turns)
}

fn turn<'a>(raw: &'a RawValue, from: usize, at: Place, dropped: &mut Dropped) -> Read<Turn<'a>> {
    let mut message = Fields::of(raw)?;
    let (role, read): (_, decode_block::ReadBlock) = match message.need("role")?.as_ref() {
        "user" => (Role::User, decode_block::users),
        "assistant" => (Role::Assistant, decode_block::assistants),
        "system" => (Role::System, decode_block::text_only),
        _ => return Err(Bad::new("role", "must be user, assistant or system")),
    };
    let content = message.take("content").ok_or_else(|| Bad::new("content", "is missing"))?;
    let mut parts =
        within("content", dropped, |dropped| decode_block::read_from(content, from, at, read, dropped))?;
    prove(&mut parts);
    if role == Role::System {
        unbilled(&mut parts, "content", dropped);
    }
    message.end(dropped)?;
    Ok(Turn { role, parts })
}

/// A proof behind a call is the call's.
fn prove(parts: &mut Vec<Part<'_>>) {
    let mut at = 1;
    while at < parts.len() {
        let (before, rest) = parts.split_at_mut(at);
        match (&mut before[at - 1].content, &mut rest[0].content) {
            (Content::ToolCall { signature: known @ None, .. }, Content::Proof(proof)) => {
                *known = Some(std::mem::take(proof));
                parts.remove(at);
            }
            _ => at += 1,
        }
    }
}

fn tools<'a>(fields: &mut Fields<'a>, dropped: &mut Dropped) -> Read<Vec<Tool<'a>>> {
    let list = fields.objects("tools")?.unwrap_or_default();
    let tools = list.into_iter().enumerate();
    tools
        .map(|(at, offered)| within(format_args!("tools[{at}]"), dropped, |dropped| tool(offered?, dropped)))
        .collect()
}

fn tool<'a>(mut tool: Fields<'a>, dropped: &mut Dropped) -> Read<Tool<'a>> {
    if let Some(kind) = tool.text("type")?.filter(|kind| kind != "custom") {
        let what = format!(
            "is \"{kind}\", a tool that only Anthropic's models know: use one of them, or describe the tool with a \
             name and an `input_schema`"
        );
        return Err(Bad::new("type", what));
    }
    let read = Tool {
        name: tool.need("name")?,
        description: tool.text("description")?,
        schema: tool.opaque("input_schema")?.map(Cow::Borrowed),
        strict: tool.flag("strict")?.map(|strict| if strict { Strict::IfItFits } else { Strict::No }),
        cache: tool.opaque("cache_control")?,
    };
    // All tools are offered at once.
    tool.leave(&["eager_input_streaming", "defer_loading", "allowed_callers", "input_examples"], dropped);
    tool.end(dropped)?;
    Ok(read)
}

fn choice<'a>(fields: &mut Fields<'a>, dropped: &mut Dropped) -> Read<(Option<Choice<'a>>, Option<bool>)> {
    let Some(mut choice) = fields.object("tool_choice")? else { return Ok((None, None)) };
    within("tool_choice", dropped, |dropped| {
        let parallel = choice.flag("disable_parallel_tool_use")?.map(|disabled| !disabled);
        let chosen = match choice.need("type")?.as_ref() {
            "auto" => Choice::Auto,
            "any" => Choice::Any,
            "none" => Choice::None,
            "tool" => Choice::Tool(choice.need("name")?),
            _ => return Err(Bad::new("type", "must be auto, any, tool or none")),
        };
        choice.rest(dropped);
        Ok((Some(chosen), parallel))
    })
}

fn stop<'a>(fields: &mut Fields<'a>) -> Read<Vec<Cow<'a, str>>> {
    let wrong = || Bad::new("stop_sequences", "must be a list of strings");
    let list = fields.list("stop_sequences")?.unwrap_or_default();
    list.into_iter().map(|raw| text(raw).ok_or_else(wrong)).collect()
}

fn thinking(fields: &mut Fields<'_>, dropped: &mut Dropped) -> Read<Option<Thinking>> {
    let Some(mut thinking) = fields.object("thinking")? else { return Ok(None) };
    within("thinking", dropped, |dropped| {
        let wish = match thinking.need("type")?.as_ref() {
            "disabled" => Thinking::Off,
            "adaptive" => Thinking::Adaptive,
            "enabled" => Thinking::Budget(
                thinking.count("budget_tokens")?.ok_or_else(|| Bad::new("budget_tokens", "is missing"))?,
            ),
            _ => return Err(Bad::new("type", "must be enabled, adaptive or disabled")),
        };
        thinking.rest(dropped);
        Ok(Some(wish))
    })
}

/// The effort and the format of the answer; the format also in its older place.
fn output<'a>(fields: &mut Fields<'a>, dropped: &mut Dropped) -> Read<(Option<Effort>, Option<Format<'a>>)> {
    let old = fields.object("output_format")?;
    let old = old.map(format).transpose().map_err(|bad| bad.within("output_format"))?;
    let Some(mut config) = fields.object("output_config")? else { return Ok((None, old.flatten())) };
    within("output_config", dropped, |dropped| {
        let effort = match config.text("effort")?.as_deref() {
            None => None,
            Some("minimal") => return Err(Bad::new("effort", EFFORTS)),
            Some(word) => Some(Effort::of_word(word).ok_or_else(|| Bad::new("effort", EFFORTS))?),
        };
        let format = config.object("format")?.map(format).transpose().map_err(|bad| bad.within("format"))?;
        config.end(dropped)?;
        Ok((effort, format.flatten().or(old.flatten())))
    })
}

fn format(mut format: Fields<'_>) -> Read<Option<Format<'_>>> {
    if format.need("type")? != "json_schema" {
        return Err(Bad::new("type", "must be json_schema"));
    }
    let schema = format.opaque("schema")?.ok_or_else(|| Bad::new("schema", "is missing"))?;
    let schema = Cow::Borrowed(schema);
    Ok(Some(Format::Schema { name: None, description: None, schema, strict: Some(Strict::IfItFits) }))
}

/// Standard is what OpenAI calls the default; the default here is whatever the account has.
fn tier<'a>(fields: &mut Fields<'a>) -> Read<Vec<Hint<'a>>> {
    Ok(match fields.text("service_tier")?.as_deref() {
        None | Some("auto") => Vec::new(),
        Some("standard_only") => vec![Hint { wish: Wish::Tier, json: "\"default\"" }],
        Some(_) => return Err(Bad::new("service_tier", "must be auto or standard_only")),
    })
}

fn user<'a>(fields: &mut Fields<'a>, dropped: &mut Dropped) -> Read<Option<Cow<'a, str>>> {
    let Some(mut metadata) = fields.object("metadata")? else { return Ok(None) };
    within("metadata", dropped, |dropped| {
        let user = metadata.text("user_id")?;
        metadata.rest(dropped);
        Ok(user)
    })
}
