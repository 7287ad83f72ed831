//! A messages request for an upstream.

use std::borrow::Cow;

use bytes::Bytes;
use serde_json::value::RawValue;

use super::encode_block;
use super::encode_schema::{Held, Schemas, schemas};
use super::ids::LONGEST as LONGEST_ID;
use super::thinking::{Plan, goes_on, plan};
use crate::adaptor::{Call, Operation};
use crate::json::{Fields, Writer};
use crate::neutral::{
    Choice, Content, Conversation, Effort, Fit, Format, Hint, Ids, Losses, Part, Place, Refused, Role,
    Thinking, Tool, Wish,
};

const NO_FIELDS: &str = r#"{"type":"object","properties":{}}"#;
/// The same, where an input is held to it.
const NONE_AT_ALL: &str = r#"{"type":"object","properties":{},"additionalProperties":false}"#;

/// What stands for a wish for any JSON object: there is no word for it, and a schema would have to name its fields.
const ANY_JSON: &str = "Answer with one valid JSON object and nothing else: no other text, no code fence.";
/// What stands before a schema that no answer can be held to.
const THIS_JSON: &str =
    "Answer with JSON that follows this JSON schema and nothing else: no other text, no code fence.";

pub(crate) fn write(
    call: &Call<'_>,
    conversation: &Conversation<'_>,
    losses: &mut Losses<'_>,
) -> Result<Bytes, Refused> {
    let model = call.upstream_model;
    let plan = plan(model, call.terms.sampling, conversation);
    note(conversation, &plan, losses);
    let fit = |hint: &Hint<'_>| fit(conversation, hint);
    losses.hints(&conversation.hints, fit)?;
    let schema_of = |tool: &Tool<'_>| match tool.schema.as_deref() {
        None => NONE_AT_ALL.to_owned(),
        schema => self::schema(schema),
    };
    let schemas = schemas(conversation, schema_of, losses)?;
    let stop = stop(conversation)?;
    let mut w = Writer::sized(call.body.len());
    let mut done = Ok(());
    w.object(|w| {
        w.field("model", model);
        w.maybe("max_tokens", (call.operation == Operation::Chat).then_some(plan.limit));
        done = said(w, model, conversation, &schemas).and_then(|()| tools(w, conversation, &schemas));
        sampling(w, &plan);
        if !stop.is_empty() {
            w.field("stop_sequences", &stop);
        }
        output(w, &schemas, &plan);
        if let Some(user) = &conversation.user {
            w.key("metadata").object(|w| w.field("user_id", user));
        }
        for hint in conversation.hints.iter().filter(|hint| fit(hint) == Fit::Yes) {
            match hint.wish {
                Wish::Safety => w.key("metadata").object(|w| w.key("user_id").json(hint.json)),
                _ => w.field("service_tier", "standard_only"),
            }
        }
        w.maybe("cache_control", conversation.cache);
        if conversation.stream {
            w.field("stream", &true);
        }
    });
    done.map(|()| w.into_bytes().into())
}

/// Who asks, where that is not said in another way, and of the tiers the one that the account's plan has no part in.
fn fit(conversation: &Conversation<'_>, hint: &Hint<'_>) -> Fit {
    match hint.wish {
        Wish::Safety if conversation.user.is_none() => Fit::Yes,
        Wish::Tier if hint.json == "\"default\"" => Fit::Yes,
        _ => Fit::No,
    }
}

/// What the plan leaves out or changes, and what only other upstreams could use.
fn note(conversation: &Conversation<'_>, plan: &Plan, losses: &mut Losses<'_>) {
    let Conversation { temperature, top_p, top_k, .. } = conversation;
    let wish = match conversation.thinking {
        None => false,
        Some(Thinking::Off) => plan.thinks_anyway,
        Some(_) => true,
    };
    for (place, is_lost) in [
        (Place::Temperature, temperature.is_some() && plan.temperature.is_none()),
        (Place::TopP, top_p.is_some() && plan.top_p.is_none()),
        (Place::TopK, top_k.is_some() && plan.top_k.is_none()),
        (Place::Effort, conversation.effort.is_some() && plan.thinking.is_none()),
        (Place::Thinking, wish && plan.thinking.is_none()),
    ] {
        if is_lost {
            losses.note(place);
        }
    }
    losses.note_unsent(conversation, |_| false, encode_block::is_sent);
    losses.details(conversation);
    for (place, to) in plan.changes(conversation) {
        losses.change(place, to);
    }
}

fn stop<'c>(conversation: &'c Conversation<'_>) -> Result<Vec<&'c str>, Refused> {
    let stop = conversation.stops();
    if stop.iter().any(|stop| stop.trim().is_empty()) {
        let what =
            "has a sequence of white space only, which this model's upstream does not take: leave it out";
        return Err(Refused::new(Place::Stop, what));
    }
    Ok(stop)
}

fn said(
    w: &mut Writer,
    model: &str,
    conversation: &Conversation<'_>,
    schemas: &Schemas,
) -> Result<(), Refused> {
    let mut system: Vec<_> =
        conversation.system.iter().filter(|part| encode_block::is_sent(&part.content)).collect();
    let told = told(conversation, schemas).map(|text| Part {
        at: Place::Format,
        content: Content::Text(text),
        cache: None,
    });
    system.extend(&told);
    let ids = Ids::of(model, LONGEST_ID);
    if !system.is_empty() {
        encode_block::write_all(w.key("system"), &system, ids)?;
    }
    let mut turns = conversation.merged_without_system(encode_block::is_sent);
    let go_on = Part::go_on();
    if conversation.ends_answered(&turns) && !goes_on(model) {
        turns.push((Role::User, vec![&go_on]));
    }
    if turns.is_empty() {
        return Err(Refused::new(
            Place::Turns,
            "has nothing to answer: send at least one user message that is not empty",
        ));
    }
    let mut done = Ok(());
    w.key("messages").list(|w| {
        for (role, parts) in &turns {
            w.object(|w| {
                w.field("role", if *role == Role::Assistant { "assistant" } else { "user" });
                if done.is_ok() {
                    done = encode_block::write_all(w.key("content"), parts, ids);
                }
            });
        }
    });
    done
}

/// What the answer is to be, where it cannot be held to it.
fn told(conversation: &Conversation<'_>, schemas: &Schemas) -> Option<Cow<'static, str>> {
    match (&conversation.format, &schemas.format) {
        (Some(Format::Json), _) => Some(ANY_JSON.into()),
        (_, Some(Held::Told(schema))) => Some(format!("{THIS_JSON}\n\n{schema}").into()),
        _ => None,
    }
}

fn tools(w: &mut Writer, conversation: &Conversation<'_>, schemas: &Schemas) -> Result<(), Refused> {
    if !conversation.has_tools()? {
        // Anthropic takes no history of calls without the tools that were called. They must not be called again.
        let called = conversation.called();
        if !called.is_empty() {
            w.key("tools").list(|w| {
                for name in called {
                    w.object(|w| {
                        w.field("name", name);
                        w.key("input_schema").json(NO_FIELDS);
                    });
                }
            });
            w.key("tool_choice").object(|w| w.field("type", "none"));
        }
        return Ok(());
    }
    let held = schemas.tools.iter().map(Option::as_deref).chain(std::iter::repeat(None));
    w.key("tools")
        .list(|w| conversation.tools.iter().zip(held).for_each(|(offered, held)| tool(w, offered, held)));
    let is_one_by_one = conversation.parallel == Some(false);
    let choice = match &conversation.choice {
        None if is_one_by_one => "auto",
        None => return Ok(()),
        Some(Choice::Auto) => "auto",
        Some(Choice::None) => "none",
        Some(Choice::Any) => "any",
        Some(Choice::Tool(_)) => "tool",
    };
    w.key("tool_choice").object(|w| {
        w.field("type", choice);
        if let Some(Choice::Tool(name)) = &conversation.choice {
            w.field("name", name);
        }
        if is_one_by_one && choice != "none" {
            w.field("disable_parallel_tool_use", &true);
        }
    });
    Ok(())
}

/// `held`: the schema that its input is held to.
fn tool(w: &mut Writer, tool: &Tool<'_>, held: Option<&str>) {
    w.object(|w| {
        w.field("name", &tool.name);
        w.maybe("description", tool.description.as_ref());
        match held {
            Some(schema) => w.key("input_schema").json(schema),
            None => w.key("input_schema").json(&schema(tool.schema.as_deref())),
        }
        // False is the default everywhere.
        w.maybe("strict", held.map(|_| true));
        w.maybe("cache_control", tool.cache);
    });
}

/// Anthropic wants the type said.
fn schema(schema: Option<&RawValue>) -> String {
    let Some(raw) = schema else { return NO_FIELDS.to_owned() };
    let is_typed = Fields::of(raw).is_ok_and(|mut fields| fields.take("type").is_some());
    match raw.get().strip_prefix('{') {
        Some(rest) if !is_typed && rest.trim_start().starts_with('}') => NO_FIELDS.to_owned(),
        Some(rest) if !is_typed => format!(r#"{{"type":"object",{rest}"#),
        _ => raw.get().to_owned(),
    }
}

fn sampling(w: &mut Writer, plan: &Plan) {
    w.maybe("temperature", plan.temperature);
    w.maybe("top_p", plan.top_p);
    w.maybe("top_k", plan.top_k);
    match plan.thinking {
        None => {}
        Some(Thinking::Off) => w.key("thinking").object(|w| w.field("type", "disabled")),
        Some(Thinking::Adaptive) => w.key("thinking").object(|w| w.field("type", "adaptive")),
        Some(Thinking::Budget(budget)) => w.key("thinking").object(|w| {
            w.field("type", "enabled");
            w.field("budget_tokens", &budget);
        }),
    }
}

fn output(w: &mut Writer, schemas: &Schemas, plan: &Plan) {
    let effort = plan.effort;
    let schema = match &schemas.format {
        Some(Held::To(schema)) => Some(schema),
        _ => None,
    };
    if effort.is_none() && schema.is_none() {
        return;
    }
    w.key("output_config").object(|w| {
        w.maybe("effort", effort.map(Effort::word));
        if let Some(schema) = schema {
            w.key("format").object(|w| {
                w.field("type", "json_schema");
                w.key("schema").json(schema);
            });
        }
    });
}
