//! A request for an upstream.

use bytes::Bytes;

use super::super::models::{effort, takes_sampling, word};
use super::encode_item;
use crate::adaptor::{Call, Sampling};
use crate::json::Writer;
use crate::neutral::{Choice, Content, Conversation, Format, Losses, Place, Refused, Thinking, Tool};

/// Characters of `user`. It is for abuse detection only, so that a longer one is left out.
const MAX_USER: usize = 64;
const NO_FIELDS: &str = r#"{"type":"object","properties":{}}"#;

pub(super) fn write(
    call: &Call<'_>,
    conversation: &Conversation<'_>,
    losses: &mut Losses<'_>,
) -> Result<Bytes, Refused> {
    let model = call.upstream_model;
    if conversation.top_k.is_some() {
        losses.hint(Place::TopK, "cannot be expressed for this model's upstream: leave it out")?;
    }
    if conversation.stop.iter().any(|stop| !stop.is_empty()) {
        return Err(Refused::new(Place::Stop, "cannot be expressed for this model's upstream: leave it out"));
    }
    let effort = effort(conversation);
    let is_sampled = match call.terms.sampling {
        Sampling::Auto => takes_sampling(model, effort),
        Sampling::Keep => true,
        Sampling::Drop => false,
    };
    let user = conversation.user.as_ref().filter(|user| user.chars().count() <= MAX_USER);
    let tells = matches!(conversation.thinking, Some(Thinking::Budget(_) | Thinking::Adaptive));
    note(conversation, [is_sampled, effort.is_some() || tells, user.is_some()], losses);
    let mut w = Writer::default();
    let mut done = Ok(());
    w.object(|w| {
        w.field("model", model);
        w.maybe("instructions", encode_item::instructions(conversation));
        w.key("input").list(|w| done = encode_item::write_all(w, conversation));
        if done.is_ok() {
            done = tools(w, conversation);
        }
        w.maybe("max_output_tokens", conversation.limit);
        w.maybe("temperature", conversation.temperature.filter(|_| is_sampled));
        w.maybe("top_p", conversation.top_p.filter(|_| is_sampled));
        if effort.is_some() || tells {
            w.key("reasoning").object(|w| {
                w.maybe("effort", effort.map(word));
                w.maybe("summary", tells.then_some("auto"));
            });
        }
        format(w, conversation);
        w.maybe("user", user);
        // Nobody would ask for it again; what the model thought comes back with the conversation instead.
        w.field("store", &false);
        if effort.is_some() || tells || !takes_sampling(model, effort) {
            w.field("include", &["reasoning.encrypted_content"]);
        }
        if conversation.stream {
            w.field("stream", &true);
        }
    });
    done.map(|()| w.into_bytes().into())
}

/// What is left out, and what only other upstreams could use.
fn note(conversation: &Conversation<'_>, [is_sampled, thinks, has_user]: [bool; 3], losses: &mut Losses<'_>) {
    for (place, is_lost) in [
        (Place::Temperature, conversation.temperature.is_some() && !is_sampled),
        (Place::TopP, conversation.top_p.is_some() && !is_sampled),
        (Place::Thinking, conversation.thinking.is_some() && !thinks),
        (Place::User, conversation.user.is_some() && !has_user),
    ] {
        if is_lost {
            losses.note(place);
        }
    }
    for place in conversation.marks() {
        losses.note_field(place, "cache_control");
    }
    for part in conversation.parts() {
        if let Content::ToolCall { signature: Some(_), .. } | Content::Proof(_) = part.content {
            losses.note_signature(part.at);
        }
    }
}

fn tools(w: &mut Writer, conversation: &Conversation<'_>) -> Result<(), Refused> {
    if conversation.tools.is_empty() {
        return match conversation.choice {
            Some(Choice::Any | Choice::Tool(_)) => {
                Err(Refused::new(Place::Choice, "asks for a tool, and there are none: send tools"))
            }
            _ => Ok(()),
        };
    }
    w.key("tools").list(|w| conversation.tools.iter().for_each(|offered| tool(w, offered)));
    match &conversation.choice {
        None => {}
        Some(Choice::Auto) => w.field("tool_choice", "auto"),
        Some(Choice::None) => w.field("tool_choice", "none"),
        Some(Choice::Any) => w.field("tool_choice", "required"),
        Some(Choice::Tool(name)) => w.key("tool_choice").object(|w| {
            w.field("type", "function");
            w.field("name", name);
        }),
    }
    w.maybe("parallel_tool_calls", conversation.parallel);
    Ok(())
}

/// A schema is held to the letter here unless that is switched off: elsewhere it is not.
fn tool(w: &mut Writer, tool: &Tool<'_>) {
    w.object(|w| {
        w.field("type", "function");
        w.field("name", &tool.name);
        w.maybe("description", tool.description.as_ref());
        w.key("parameters").json(tool.schema.as_ref().map_or(NO_FIELDS, |schema| schema.get()));
        w.field("strict", &tool.strict.unwrap_or(false));
    });
}

fn format(w: &mut Writer, conversation: &Conversation<'_>) {
    match &conversation.format {
        None => {}
        Some(Format::Json) => w.key("text").object(|w| {
            w.key("format").object(|w| w.field("type", "json_object"));
        }),
        Some(Format::Schema { name, description, schema, strict }) => w.key("text").object(|w| {
            w.key("format").object(|w| {
                w.field("type", "json_schema");
                w.field("name", name.as_deref().unwrap_or("answer"));
                w.maybe("description", description.as_ref());
                w.maybe("strict", *strict);
                w.field("schema", &**schema);
            });
        }),
    }
}
