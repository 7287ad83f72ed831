//! A client's generateContent request, read.

use std::borrow::Cow;
use std::collections::HashSet;

use serde_json::value::RawValue;

use super::ids::Ids;
use super::{decode_config, decode_part, hints, schema};
use crate::adaptor::{Call, Operation};
use crate::dropped::Dropped;
use crate::json::{Bad, Fields, Read, text, within};
use crate::neutral::{
    Choice, Content, Conversation, Hint, Part, Place, Role, Tool, Turn, Wish, take_hints, withhold,
};

/// Nothing about the answer depends on these: names for accounts; or other providers judge for themselves what is safe.
const LEFT_OUT: [&str; 2] = ["safetySettings", "labels"];
const NO_WAY: &str = "cannot be translated for this model's upstream, which speaks another API: leave it out";

/// The whole request whose tokens are to be counted.
pub(super) const COUNTED: &str = "generateContentRequest";

pub(crate) fn read<'a>(call: &Call<'a>, dropped: &mut Dropped) -> Read<Conversation<'a>> {
    let mut fields = Fields::of_body(call.body)?.camel()?;
    fields.ignore(&["model"]);
    // Whoever has tokens counted may wrap the request that they are counted for.
    let wrapped = if call.operation == Operation::CountTokens { fields.object(COUNTED)? } else { None };
    match wrapped {
        None => conversation(fields, call, dropped),
        Some(inner) => {
            fields.end(dropped)?;
            within(COUNTED, dropped, |dropped| conversation(inner.camel()?, call, dropped))
        }
    }
}

fn conversation<'a>(
    mut fields: Fields<'a>,
    call: &Call<'a>,
    dropped: &mut Dropped,
) -> Read<Conversation<'a>> {
    fields.ignore(&["model"]);
    fields.refuse(&["cachedContent", "continuationToken"], NO_WAY)?;
    let system = system(&mut fields, dropped)?;
    let turns = turns(&mut fields, dropped)?;
    let mut tools = tools(&mut fields, dropped)?;
    let mut withheld = Vec::new();
    let choice = choice(&mut fields, (&mut tools, &mut withheld), dropped)?;
    let mut conversation = Conversation {
        system,
        turns,
        tools,
        withheld,
        choice,
        stream: call.envelope.stream,
        ..Conversation::default()
    };
    if let Some(config) = fields.object("generationConfig")? {
        within("generationConfig", dropped, |dropped| {
            decode_config::read(config.camel()?, &mut conversation, dropped)
        })?;
    }
    take_hints(&mut fields, &[("store", Wish::Store)], &mut conversation.hints);
    match fields.text("serviceTier")?.as_deref() {
        None | Some("" | "unspecified") => {}
        Some(word) => match hints::tier(word) {
            Some(json) => conversation.hints.push(Hint { wish: Wish::Tier, json }),
            None => dropped.note("serviceTier"),
        },
    }
    fields.leave(&LEFT_OUT, dropped);
    fields.end(dropped)?;
    Ok(conversation)
}

/// A content; a text alone is taken for one.
fn system<'a>(fields: &mut Fields<'a>, dropped: &mut Dropped) -> Read<Vec<Part<'a>>> {
    let Some(raw) = fields.take("systemInstruction") else { return Ok(Vec::new()) };
    if let Some(text) = text(raw) {
        return Ok(vec![Part { at: Place::System, content: Content::Text(text), cache: None }]);
    }
    within("systemInstruction", dropped, |dropped| {
        let mut content = Fields::of(raw)?.camel()?;
        // Whoever is said to speak: it is the system.
        content.ignore(&["role"]);
        let parts = decode_part::texts(decode_part::parts_of(&mut content)?, dropped)?;
        content.end(dropped)?;
        Ok(parts)
    })
}

fn turns<'a>(fields: &mut Fields<'a>, dropped: &mut Dropped) -> Read<Vec<Turn<'a>>> {
    let contents = match fields.take("contents") {
        None => return Err(Bad::new("contents", "is missing: send a list")),
        Some(raw) if raw.get().starts_with('{') => vec![raw],
        Some(raw) => crate::json::list(raw).ok_or_else(|| Bad::new("contents", "must be a list"))?,
    };
    let mut ids = Ids::default();
    let turn = |(number, raw): (usize, &'a RawValue)| {
        within(format_args!("contents[{number}]"), dropped, |dropped| {
            let mut content = Fields::of(raw)?.camel()?;
            let role = match content.text("role")?.as_deref() {
                None | Some("" | "user" | "function" | "tool") => Role::User,
                Some("model") => Role::Assistant,
                Some("system") => Role::System,
                Some(_) => return Err(Bad::new("role", "must be user or model")),
            };
            let parts = decode_part::parts_of(&mut content)?;
            let parts = decode_part::read_all(parts, role, Place::Turn(number), &mut ids, dropped)?;
            content.end(dropped)?;
            Ok(Turn { role, parts })
        })
    };
    contents.into_iter().enumerate().map(turn).collect()
}

fn tools<'a>(fields: &mut Fields<'a>, dropped: &mut Dropped) -> Read<Vec<Tool<'a>>> {
    let mut tools = Vec::new();
    for (at, raw) in fields.list("tools")?.unwrap_or_default().into_iter().enumerate() {
        within(format_args!("tools[{at}]"), dropped, |dropped| {
            let mut fields = Fields::of(raw)?.camel()?;
            let list = fields.list("functionDeclarations")?.unwrap_or_default();
            for (at, raw) in list.into_iter().enumerate() {
                let outer = format_args!("functionDeclarations[{at}]");
                tools.push(within(outer, dropped, |dropped| tool(raw, dropped))?);
            }
            match fields.first() {
                Some(kind) => {
                    let what = "is a tool that only Google runs: use a model that is served by Google";
                    Err(Bad::new(kind, what))
                }
                None => Ok(()),
            }
        })?;
    }
    Ok(tools)
}

fn tool<'a>(raw: &'a RawValue, dropped: &mut Dropped) -> Read<Tool<'a>> {
    let mut declared = Fields::of(raw)?.camel()?;
    let plain = declared.opaque("parametersJsonSchema")?.map(Cow::Borrowed);
    let googles = declared.take("parameters");
    let googles = googles.map(|raw| schema::read(raw).map_err(|bad| bad.within("parameters"))).transpose()?;
    let read = Tool {
        name: declared.need("name")?,
        description: declared.text("description")?,
        schema: plain.or(googles),
        strict: None,
        cache: None,
    };
    // What a function gives back, for Google's models only.
    declared.leave(&["response", "responseJsonSchema", "behavior"], dropped);
    declared.end(dropped)?;
    Ok(read)
}

fn choice<'a>(
    fields: &mut Fields<'a>,
    tools: (&mut Vec<Tool<'a>>, &mut Vec<Cow<'a, str>>),
    dropped: &mut Dropped,
) -> Read<Option<Choice<'a>>> {
    let Some(config) = fields.object("toolConfig")? else { return Ok(None) };
    within("toolConfig", dropped, |dropped| {
        let mut config = config.camel()?;
        let chosen = match config.object("functionCallingConfig")? {
            Some(calling) => within("functionCallingConfig", dropped, |dropped| {
                calling_config(calling.camel()?, tools, dropped)
            })?,
            None => None,
        };
        config.end(dropped)?;
        Ok(chosen)
    })
}

fn calling_config<'a>(
    mut config: Fields<'a>,
    (tools, withheld): (&mut Vec<Tool<'a>>, &mut Vec<Cow<'a, str>>),
    dropped: &mut Dropped,
) -> Read<Option<Choice<'a>>> {
    let mode = config.text("mode")?.map(|mode| mode.to_ascii_uppercase());
    let wrong = || Bad::new("allowedFunctionNames", "must be a list of strings");
    let names = config.list("allowedFunctionNames")?.unwrap_or_default();
    let names = names.into_iter().map(|raw| text(raw).ok_or_else(wrong));
    let names: Vec<Cow<'a, str>> = names.collect::<Read<_>>()?;
    config.end(dropped)?;
    if names.len() > 1 || mode.as_deref() != Some("ANY") && !names.is_empty() {
        // The others are simply not offered.
        let allowed: HashSet<&str> = names.iter().map(AsRef::as_ref).collect();
        *withheld = withhold(tools, |tool| allowed.contains(tool.name.as_ref()));
    }
    Ok(match mode.as_deref() {
        None | Some("" | "MODE_UNSPECIFIED") => None,
        Some("AUTO" | "VALIDATED") => Some(Choice::Auto),
        Some("NONE") => Some(Choice::None),
        Some("ANY") => Some(match <[_; 1]>::try_from(names) {
            Ok([one]) => Choice::Tool(one),
            Err(_) => Choice::Any,
        }),
        Some(_) => return Err(Bad::new("mode", "must be AUTO, ANY, NONE or VALIDATED")),
    })
}
