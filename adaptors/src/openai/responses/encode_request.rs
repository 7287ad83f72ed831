//! A request for an upstream.

use bytes::Bytes;

use super::super::effort::{Ask, ask};
use super::super::hints::{self, RESPONSES};
use super::super::models::{efforts, takes_sampling};
use super::super::strict::{Held, Hold, held};
use super::encode_item;
use crate::adaptor::{Call, Operation, Sampling};
use crate::json::Writer;
use crate::neutral::{
    Choice, Conversation, Fit, Format, Losses, Place, Refused, Source, Thinking, Tool, Wish, json_of,
};

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
    if !conversation.stops().is_empty() {
        return Err(Refused::new(Place::Stop, "cannot be expressed for this model's upstream: leave it out"));
    }
    let ask = ask(model, conversation, losses);
    let is_sampled = match call.terms.sampling {
        Sampling::Auto => takes_sampling(model, ask.is_to_think()),
        Sampling::Keep => true,
        Sampling::Drop => false,
    };
    let user = conversation.user.as_ref().filter(|user| user.chars().count() <= MAX_USER);
    let is_wished = matches!(conversation.thinking, Some(Thinking::Budget(_) | Thinking::Adaptive));
    let tells = is_wished && efforts(model).is_some();
    note(conversation, [is_sampled, tells || ask.is_to_think(), user.is_some()], losses);
    let fit = |wish| hints::fits_responses(model, wish);
    losses.hints(&conversation.hints, |hint| fit(hint.wish))?;
    let held = held(conversation, losses);
    let mut w = Writer::sized(call.body.len());
    let mut done = Ok(());
    w.object(|w| {
        w.field("model", model);
        w.maybe("instructions", encode_item::instructions(conversation));
        w.key("input").list(|w| done = encode_item::write_all(w, model, conversation));
        if done.is_ok() {
            done = tools(w, conversation, &held);
        }
        w.maybe("max_output_tokens", conversation.limit);
        w.maybe("temperature", conversation.temperature.filter(|_| is_sampled));
        w.maybe("top_p", conversation.top_p.filter(|_| is_sampled));
        reasoning(w, ask, tells);
        said_as(w, conversation, &held, fit(Wish::Verbosity) == Fit::Yes);
        w.maybe("user", user);
        hints::write(w, &RESPONSES, &conversation.hints, fit);
        if call.operation == Operation::Chat {
            kept(w, conversation, tells || ask.is_to_think() || !takes_sampling(model, ask.is_to_think()));
        }
    });
    done.map(|()| w.into_bytes().into())
}

fn reasoning(w: &mut Writer, ask: Ask, tells: bool) {
    if ask.word().is_some() || tells {
        w.key("reasoning").object(|w| {
            w.maybe("effort", ask.word());
            w.maybe("summary", tells.then_some("auto"));
        });
    }
}

/// How the answer comes and what is left of it. Nobody would ask for it again, so that it is kept only where a client says
/// so; what the model thought comes back with the conversation.
fn kept(w: &mut Writer, conversation: &Conversation<'_>, thinks: bool) {
    if json_of(&conversation.hints, Wish::Store).is_none() {
        w.field("store", &false);
    }
    if thinks {
        w.field("include", &["reasoning.encrypted_content"]);
    }
    if conversation.stream {
        w.field("stream", &true);
    }
}

/// What is left out, and what only other upstreams could use.
fn note(conversation: &Conversation<'_>, [is_sampled, thinks, has_user]: [bool; 3], losses: &mut Losses<'_>) {
    for (place, is_lost) in [
        (Place::Temperature, conversation.temperature.is_some() && !is_sampled),
        (Place::TopP, conversation.top_p.is_some() && !is_sampled),
        (Place::Thinking, conversation.thinking == Some(Thinking::Adaptive) && !thinks),
        (Place::User, conversation.user.is_some() && !has_user),
    ] {
        if is_lost {
            losses.note(place);
        }
    }
    for place in conversation.marks() {
        losses.note_field(place, "cache_control");
    }
    losses.note_unsent(conversation, |_| false, encode_item::is_sent);
    losses.titles(conversation, |source| matches!(source, Source::Url(_)));
}

fn tools(w: &mut Writer, conversation: &Conversation<'_>, held: &Held) -> Result<(), Refused> {
    if !conversation.has_tools()? {
        return Ok(());
    }
    let offered = conversation.tools.iter().zip(&held.tools);
    w.key("tools").list(|w| offered.for_each(|(offered, hold)| tool(w, offered, hold)));
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
fn tool(w: &mut Writer, tool: &Tool<'_>, hold: &Hold) {
    w.object(|w| {
        w.field("type", "function");
        w.field("name", &tool.name);
        w.maybe("description", tool.description.as_ref());
        w.key("parameters").json(tool.schema.as_deref().map_or(NO_FIELDS, |schema| hold.schema(schema)));
        w.field("strict", &hold.strict.unwrap_or(false));
    });
}

/// The format of the answer's text, and how much is said.
fn said_as(w: &mut Writer, conversation: &Conversation<'_>, held: &Held, is_told: bool) {
    let verbosity = json_of(&conversation.hints, Wish::Verbosity).filter(|_| is_told);
    if conversation.format.is_none() && verbosity.is_none() {
        return;
    }
    w.key("text").object(|w| {
        match &conversation.format {
            None => {}
            Some(Format::Json) => w.key("format").object(|w| w.field("type", "json_object")),
            Some(Format::Schema { name, description, schema, .. }) => w.key("format").object(|w| {
                w.field("type", "json_schema");
                w.field("name", name.as_deref().unwrap_or("answer"));
                w.maybe("description", description.as_ref());
                w.maybe("strict", held.format.strict);
                w.key("schema").json(held.format.schema(schema));
            }),
        }
        if let Some(verbosity) = verbosity {
            w.key("verbosity").json(verbosity);
        }
    });
}
