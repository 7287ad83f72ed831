//! A chat completion request for an upstream.

use bytes::Bytes;

use super::super::effort::ask;
use super::super::hints::{self, CHAT};
use super::super::models::{limit_name, takes_sampling};
use super::super::strict::{Held, Hold, held};
use super::encode_message;
use super::signature::Proofs;
use crate::adaptor::{Call, Sampling};
use crate::json::Writer;
use crate::neutral::{Choice, Conversation, Format, Losses, Place, Refused, Thinking, Tool};

/// OpenAI takes no more.
const MAX_STOPS: usize = 4;
/// Characters of `user`. It is for abuse detection only, so that a longer one is left out.
const MAX_USER: usize = 64;

pub(crate) fn write(
    call: &Call<'_>,
    conversation: &Conversation<'_>,
    losses: &mut Losses<'_>,
) -> Result<Bytes, Refused> {
    let model = call.upstream_model;
    if conversation.top_k.is_some() {
        losses.hint(Place::TopK, "cannot be expressed for this model's upstream: leave it out")?;
    }
    let ask = ask(model, conversation, losses);
    let is_sampled = match call.terms.sampling {
        Sampling::Auto => takes_sampling(model, ask.is_to_think()),
        Sampling::Keep => true,
        Sampling::Drop => false,
    };
    let user = conversation.user.as_ref().filter(|user| user.chars().count() <= MAX_USER);
    note(conversation, [is_sampled, user.is_some()], losses);
    let fit = |wish| hints::fits_chat(model, is_sampled, &conversation.hints, wish);
    losses.hints(&conversation.hints, |hint| fit(hint.wish))?;
    let held = held(conversation, losses);
    let stop = conversation.stops();
    if stop.len() > MAX_STOPS {
        let what = format!("has {} sequences, and this model's upstream takes {MAX_STOPS}", stop.len());
        return Err(Refused::new(Place::Stop, what));
    }
    let proofs = Proofs::of(model);
    let mut w = Writer::sized(call.body.len());
    let mut done = Ok(());
    w.object(|w| {
        w.field("model", model);
        w.key("messages").list(|w| done = encode_message::write_all(w, conversation, proofs, losses));
        if done.is_ok() {
            done = tools(w, conversation, &held);
        }
        w.maybe(limit_name(model), conversation.limit);
        w.maybe("temperature", conversation.temperature.filter(|_| is_sampled));
        w.maybe("top_p", conversation.top_p.filter(|_| is_sampled));
        if !stop.is_empty() {
            w.field("stop", &stop);
        }
        w.maybe("reasoning_effort", ask.word());
        format(w, conversation, &held);
        w.maybe("user", user);
        hints::write(w, &CHAT, &conversation.hints, fit);
        if conversation.stream {
            w.field("stream", &true);
            w.key("stream_options").object(|w| w.field("include_usage", &true));
        }
    });
    done.map(|()| w.into_bytes().into())
}

/// What is left out, and what only other upstreams could use.
fn note(conversation: &Conversation<'_>, [is_sampled, has_user]: [bool; 2], losses: &mut Losses<'_>) {
    let is_adaptive = conversation.effort.is_none() && conversation.thinking == Some(Thinking::Adaptive);
    for (place, is_lost) in [
        (Place::Temperature, conversation.temperature.is_some() && !is_sampled),
        (Place::TopP, conversation.top_p.is_some() && !is_sampled),
        (Place::Thinking, is_adaptive),
        (Place::User, conversation.user.is_some() && !has_user),
    ] {
        if is_lost {
            losses.note(place);
        }
    }
    for place in conversation.marks() {
        losses.note_field(place, "cache_control");
    }
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
            w.key("function").object(|w| w.field("name", name));
        }),
    }
    w.maybe("parallel_tool_calls", conversation.parallel);
    Ok(())
}

fn tool(w: &mut Writer, tool: &Tool<'_>, hold: &Hold) {
    w.object(|w| {
        w.field("type", "function");
        w.key("function").object(|w| {
            w.field("name", &tool.name);
            w.maybe("description", tool.description.as_ref());
            if let Some(schema) = tool.schema.as_deref() {
                w.key("parameters").json(hold.schema(schema));
            }
            w.maybe("strict", hold.strict);
        });
    });
}

fn format(w: &mut Writer, conversation: &Conversation<'_>, held: &Held) {
    match &conversation.format {
        None => {}
        Some(Format::Json) => w.key("response_format").object(|w| w.field("type", "json_object")),
        Some(Format::Schema { name, description, schema, .. }) => w.key("response_format").object(|w| {
            w.field("type", "json_schema");
            w.key("json_schema").object(|w| {
                w.field("name", name.as_deref().unwrap_or("answer"));
                w.maybe("description", description.as_ref());
                w.maybe("strict", held.format.strict);
                w.key("schema").json(held.format.schema(schema));
            });
        }),
    }
}
