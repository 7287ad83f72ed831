//! A generateContent request for an upstream.

use bytes::Bytes;

use super::encode_part::{Parts, is_sent};
use super::thinking::{self, Generation, Plan};
use crate::adaptor::{Call, Sampling};
use crate::json::Writer;
use crate::neutral::{
    Choice, Content, Conversation, Format, Losses, Part, Place, Refused, Role, Thinking, Tool,
};

/// Google takes no more.
const MAX_STOPS: usize = 5;

pub(crate) fn write(
    call: &Call<'_>,
    conversation: &Conversation<'_>,
    losses: &mut Losses<'_>,
) -> Result<Bytes, Refused> {
    let model = call.upstream_model;
    let plan = thinking::plan(model, conversation);
    let is_sampled = call.terms.sampling != Sampling::Drop;
    note(conversation, plan.is_some(), is_sampled, losses);
    let stop: Vec<&str> =
        conversation.stop.iter().map(AsRef::as_ref).filter(|stop| !stop.is_empty()).collect();
    if stop.len() > MAX_STOPS {
        let what = format!("has {} sequences, and this model's upstream takes {MAX_STOPS}", stop.len());
        return Err(Refused::new(Place::Stop, what));
    }
    let parts = Parts::of(conversation, Generation::of(model).wants_signatures());
    let mut w = Writer::default();
    let mut done = Ok(());
    w.object(|w| {
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
            format(w, conversation);
            plan.iter().for_each(|plan: &Plan| thinking::write(w, plan));
        });
    });
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
        (Place::Choice, conversation.parallel == Some(false)),
    ] {
        if is_lost {
            losses.note(place);
        }
    }
    let parts = conversation.system.iter().chain(conversation.parts());
    let inner = conversation.parts().flat_map(|part| match &part.content {
        Content::ToolResult { parts, .. } => parts.as_slice(),
        _ => &[],
    });
    let marked = parts.chain(inner).map(|part| (part.at, part.cache));
    let tools = conversation.tools.iter().enumerate().map(|(at, tool)| (Place::Tool(at), tool.cache));
    for (place, _) in
        marked.chain(tools).chain([(Place::Top, conversation.cache)]).filter(|(_, cache)| cache.is_some())
    {
        losses.note_field(place, "cache_control");
    }
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
    let turns = conversation.merged_without_system(is_sent);
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
    if conversation.tools.is_empty() {
        return match conversation.choice {
            Some(Choice::Any | Choice::Tool(_)) => {
                Err(Refused::new(Place::Choice, "asks for a tool, and there are none: send tools"))
            }
            _ => Ok(()),
        };
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
    if let Format::Schema { schema, .. } = format {
        w.field("responseJsonSchema", &**schema);
    }
}
