//! A messages request for an upstream.

use bytes::Bytes;
use serde_json::value::RawValue;

use super::encode_block;
use super::thinking::{Plan, plan};
use crate::adaptor::Call;
use crate::json::{Fields, Writer};
use crate::neutral::{
    Choice, Content, Conversation, Effort, Format, Losses, Part, Place, Refused, Role, Thinking, Tool,
};

const NO_FIELDS: &str = r#"{"type":"object","properties":{}}"#;

/// What stands for a wish for any JSON object: there is no word for it, and a schema would have to name its fields.
const ANY_JSON: &str = "Answer with one valid JSON object and nothing else: no other text, no code fence.";

pub(crate) fn write(
    call: &Call<'_>,
    conversation: &Conversation<'_>,
    losses: &mut Losses<'_>,
) -> Result<Bytes, Refused> {
    let model = call.upstream_model;
    let plan = plan(model, call.terms.sampling, conversation);
    note(conversation, &plan, losses);
    let stop = stop(conversation)?;
    let mut w = Writer::default();
    let mut done = Ok(());
    w.object(|w| {
        w.field("model", model);
        w.field("max_tokens", &plan.limit);
        done = said(w, conversation).and_then(|()| tools(w, conversation));
        sampling(w, &plan);
        if !stop.is_empty() {
            w.field("stop_sequences", &stop);
        }
        output(w, conversation, &plan);
        if let Some(user) = &conversation.user {
            w.key("metadata").object(|w| w.field("user_id", user));
        }
        w.maybe("cache_control", conversation.cache);
        if conversation.stream {
            w.field("stream", &true);
        }
    });
    done.map(|()| w.into_bytes().into())
}

/// What the plan leaves out, and what only other upstreams could use.
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
    for part in conversation.parts() {
        if let Content::ToolCall { signature: Some(_), .. } | Content::Proof(_) = part.content {
            losses.note_signature(part.at);
        }
    }
}

fn stop<'c>(conversation: &'c Conversation<'_>) -> Result<Vec<&'c str>, Refused> {
    let stop: Vec<&str> =
        conversation.stop.iter().map(AsRef::as_ref).filter(|stop| !stop.is_empty()).collect();
    if stop.iter().any(|stop| stop.trim().is_empty()) {
        let what =
            "has a sequence of white space only, which this model's upstream does not take: leave it out";
        return Err(Refused::new(Place::Stop, what));
    }
    Ok(stop)
}

fn said(w: &mut Writer, conversation: &Conversation<'_>) -> Result<(), Refused> {
    let mut system: Vec<_> =
        conversation.system.iter().filter(|part| encode_block::is_sent(&part.content)).collect();
    let wants_json = matches!(conversation.format, Some(Format::Json));
    let any_json = Part { at: Place::Format, content: Content::Text(ANY_JSON.into()), cache: None };
    system.extend(wants_json.then_some(&any_json));
    if !system.is_empty() {
        encode_block::write_all(w.key("system"), &system)?;
    }
    let turns = conversation.merged_without_system(encode_block::is_sent);
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
                    done = encode_block::write_all(w.key("content"), parts);
                }
            });
        }
    });
    done
}

fn tools(w: &mut Writer, conversation: &Conversation<'_>) -> Result<(), Refused> {
    if conversation.tools.is_empty() {
        if matches!(conversation.choice, Some(Choice::Any | Choice::Tool(_))) {
            return Err(Refused::new(Place::Choice, "asks for a tool, and there are none: send tools"));
        }
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
    w.key("tools").list(|w| conversation.tools.iter().for_each(|offered| tool(w, offered)));
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

fn tool(w: &mut Writer, tool: &Tool<'_>) {
    w.object(|w| {
        w.field("name", &tool.name);
        w.maybe("description", tool.description.as_ref());
        w.key("input_schema").json(&schema(tool.schema.as_deref()));
        // False is the default everywhere.
        w.maybe("strict", tool.strict.filter(|strict| *strict));
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

fn output(w: &mut Writer, conversation: &Conversation<'_>, plan: &Plan) {
    let effort = plan.effort;
    let schema = match &conversation.format {
        Some(Format::Schema { schema, .. }) => Some(&**schema),
        _ => None,
    };
    if effort.is_none() && schema.is_none() {
        return;
    }
    w.key("output_config").object(|w| {
        w.maybe(
            "effort",
            effort.map(|effort| match effort {
                Effort::Minimal | Effort::Low => "low",
                Effort::Medium => "medium",
                Effort::High => "high",
                Effort::Highest => "max",
            }),
        );
        if let Some(schema) = schema {
            w.key("format").object(|w| {
                w.field("type", "json_schema");
                w.field("schema", schema);
            });
        }
    });
}
