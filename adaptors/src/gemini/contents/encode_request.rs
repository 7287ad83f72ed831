//! A generateContent request for an upstream.

use bytes::Bytes;

use super::super::endpoints::resource;
use super::decode_request::COUNTED;
use super::encode_part::{Parts, is_sent};
use super::hints;
use super::signature::PROOF;
use super::thinking::{self, Generation, Plan};
use crate::adaptor::{Call, Operation, Sampling};
use crate::json::Writer;
use crate::neutral::{
    Choice, Content, Conversation, Fit, Format, Hint, Losses, Part, Place, Refused, Role, Source, Strict,
    Thinking, Tool, by, described,
};

/// Google takes no more.
const MAX_STOPS: usize = 5;

pub(crate) fn write(
    call: &Call<'_>,
    conversation: &Conversation<'_>,
    losses: &mut Losses<'_>,
) -> Result<Bytes, Refused> {
    let model = call.upstream_model;
    let plan = thinking::plan(model, conversation, losses);
    let sampling = call.terms.sampling;
    let is_sampled = sampling != Sampling::Drop;
    let is_penalised = is_sampled && (sampling == Sampling::Keep || Generation::takes_penalties(model));
    note(conversation, plan.is_some(), is_sampled, losses);
    let fit = |hint: &Hint<'_>| hints::fit(is_penalised, hint);
    losses.hints(&conversation.hints, fit)?;
    let fits = |hint: &Hint<'_>| fit(hint) == Fit::Yes;
    let stop = conversation.stops();
    if stop.len() > MAX_STOPS {
        let what = format!("has {} sequences, and this model's upstream takes {MAX_STOPS}", stop.len());
        return Err(Refused::new(Place::Stop, what));
    }
    let parts = Parts::of(conversation, Generation::of(model).wants_signatures());
    let mut w = Writer::sized(call.body.len());
    let mut done = Ok(());
    let mut request = |w: &mut Writer| {
        system(w, &conversation.system);
        done = contents(w, &parts, conversation).and_then(|()| tools(w, conversation));
        w.key("generationConfig").object(|w| {
            w.maybe("temperature", conversation.temperature.filter(|_| is_sampled));
            w.maybe("topP", conversation.top_p.filter(|_| is_sampled));
            w.maybe("topK", conversation.top_k.filter(|_| is_sampled));
            w.maybe("maxOutputTokens", conversation.limit);
            if !stop.is_empty() {
                w.field("stopSequences", &stop);
            }
            hints::write_config(w, &conversation.hints, fits);
            format(w, conversation);
            plan.iter().for_each(|plan: &Plan| thinking::write(w, plan));
        });
        hints::write(w, &conversation.hints, fits);
    };
    match call.operation {
        // Only so is all of it counted.
        Operation::CountTokens => w.object(|w| {
            w.key(COUNTED).object(|w| {
                w.field("model", &resource(model));
                request(w);
            });
        }),
        _ => w.object(request),
    }
    done.map(|()| w.into_bytes().into())
}

/// What is left out, and what only other upstreams could use.
fn note(conversation: &Conversation<'_>, is_asked: bool, is_sampled: bool, losses: &mut Losses<'_>) {
    let is_wished = !matches!(conversation.thinking, None | Some(Thinking::Off));
    for (place, is_lost) in [
        (Place::Temperature, conversation.temperature.is_some() && !is_sampled),
        (Place::TopP, conversation.top_p.is_some() && !is_sampled),
        (Place::TopK, conversation.top_k.is_some() && !is_sampled),
        (Place::Effort, conversation.effort.is_some() && !is_asked),
        (Place::Thinking, is_wished && !is_asked),
        (Place::User, conversation.user.is_some()),
        (Place::Parallel, conversation.parallel == Some(false)),
    ] {
        if is_lost {
            losses.note(place);
        }
    }
    for (at, _) in conversation
        .tools
        .iter()
        .enumerate()
        .filter(|(_, tool)| matches!(tool.strict, Some(Strict::Yes | Strict::IfItFits)))
    {
        losses.note_field(Place::Tool(at), "strict");
    }
    for place in conversation.marks() {
        losses.note_field(place, "cache_control");
    }
    losses.note_unsent(conversation, |signature| by(signature, PROOF).is_some(), is_sent);
    losses.details(conversation);
    // What is a text has its name in front.
    losses.titles(conversation, |source| !matches!(source, Source::Text(_)));
}

fn system(w: &mut Writer, parts: &[Part<'_>]) {
    let texts: Vec<&str> = parts
        .iter()
        .filter_map(|part| match &part.content {
            Content::Text(text) if !text.is_empty() => Some(text.as_ref()),
            _ => None,
        })
        .collect();
    if texts.is_empty() {
        return;
    }
    w.key("systemInstruction").object(|w| {
        w.key("parts").list(|w| texts.iter().for_each(|text| w.object(|w| w.field("text", text))));
    });
}

fn contents(w: &mut Writer, parts: &Parts<'_>, conversation: &Conversation<'_>) -> Result<(), Refused> {
    let mut turns = conversation.merged_without_system(is_sent);
    let go_on = Part::go_on();
    if conversation.ends_answered(&turns) {
        turns.push((Role::User, vec![&go_on]));
    }
    if turns.is_empty() {
        let what = "has nothing to answer: send at least one user message that is not empty";
        return Err(Refused::new(Place::Turns, what));
    }
    let mut done = Ok(());
    w.key("contents").list(|w| {
        for (role, said) in &turns {
            w.object(|w| {
                w.field("role", if *role == Role::Assistant { "model" } else { "user" });
                let written = parts.write_all(w.key("parts"), said);
                if done.is_ok() {
                    done = written;
                }
            });
        }
    });
    done
}

fn tools(w: &mut Writer, conversation: &Conversation<'_>) -> Result<(), Refused> {
    if !conversation.has_tools()? {
        return Ok(());
    }
    w.key("tools").list(|w| {
        w.object(|w| {
            w.key("functionDeclarations")
                .list(|w| conversation.tools.iter().for_each(|offered| tool(w, offered)));
        });
    });
    let mode = match &conversation.choice {
        None => return Ok(()),
        Some(Choice::Auto) => "AUTO",
        Some(Choice::None) => "NONE",
        Some(Choice::Any | Choice::Tool(_)) => "ANY",
    };
    w.key("toolConfig").object(|w| {
        w.key("functionCallingConfig").object(|w| {
            w.field("mode", mode);
            if let Some(Choice::Tool(name)) = &conversation.choice {
                w.field("allowedFunctionNames", &[name]);
            }
        });
    });
    Ok(())
}

/// The schema goes as it is: Google's own form of one has no `$ref`, `const` and the like.
fn tool(w: &mut Writer, tool: &Tool<'_>) {
    w.object(|w| {
        w.field("name", &tool.name);
        w.maybe("description", tool.description.as_ref());
        w.maybe("parametersJsonSchema", tool.schema.as_deref());
    });
}

fn format(w: &mut Writer, conversation: &Conversation<'_>) {
    let Some(format) = &conversation.format else { return };
    w.field("responseMimeType", "application/json");
    if let Format::Schema { schema, description, .. } = format {
        w.key("responseJsonSchema").json(&described(schema, description.as_deref()));
    }
}
