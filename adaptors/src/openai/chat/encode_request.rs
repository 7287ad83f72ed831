//! A chat completion request for an upstream.

use bytes::Bytes;

use super::encode_message;
use crate::json::Writer;
use crate::neutral::{Choice, Conversation, Effort, Format, Place, Refused, Thinking, Tool};

/// OpenAI takes no more.
const MAX_STOPS: usize = 4;
/// Characters of `user`. It is for abuse detection only, so that a longer one is left out.
const MAX_USER: usize = 64;

pub(crate) fn write(model: &str, conversation: &Conversation<'_>) -> Result<Bytes, Refused> {
    if conversation.top_k.is_some() {
        return Err(Refused::new(Place::TopK, "cannot be expressed for this model's upstream: leave it out"));
    }
    let stop: Vec<&str> =
        conversation.stop.iter().map(AsRef::as_ref).filter(|stop| !stop.is_empty()).collect();
    if stop.len() > MAX_STOPS {
        let what = format!("has {} sequences, and this model's upstream takes {MAX_STOPS}", stop.len());
        return Err(Refused::new(Place::Stop, what));
    }
    let mut w = Writer::default();
    let mut done = Ok(());
    w.object(|w| {
        w.field("model", model);
        w.key("messages").list(|w| done = encode_message::write_all(w, conversation));
        if done.is_ok() {
            done = tools(w, conversation);
        }
        w.maybe(limit_name(model), conversation.limit);
        w.maybe("temperature", conversation.temperature);
        w.maybe("top_p", conversation.top_p);
        if !stop.is_empty() {
            w.field("stop", &stop);
        }
        w.maybe("reasoning_effort", effort(conversation));
        format(w, conversation);
        w.maybe("user", conversation.user.as_ref().filter(|user| user.chars().count() <= MAX_USER));
        if conversation.stream {
            w.field("stream", &true);
            w.key("stream_options").object(|w| w.field("include_usage", &true));
        }
    });
    done.map(|()| w.into_bytes().into())
}

/// OpenAI's own newer models know only the newer name, many compatible servers only the older one.
fn limit_name(model: &str) -> &'static str {
    let name = model.rsplit('/').next().unwrap_or(model);
    let is_reasoning =
        |name: &str| name.starts_with('o') && name[1..].starts_with(|c: char| c.is_ascii_digit());
    let is_openais = (name.starts_with("gpt-") && !name.starts_with("gpt-oss"))
        || name.starts_with("chatgpt-")
        || is_reasoning(name);
    if is_openais { "max_completion_tokens" } else { "max_tokens" }
}

fn effort(conversation: &Conversation<'_>) -> Option<&'static str> {
    let effort = conversation.effort.or(match conversation.thinking {
        Some(Thinking::Budget(..=4096)) => Some(Effort::Low),
        Some(Thinking::Budget(..=12_288)) => Some(Effort::Medium),
        Some(Thinking::Budget(_)) => Some(Effort::High),
        Some(Thinking::Off | Thinking::Adaptive) | None => None,
    });
    effort.map(|effort| match effort {
        Effort::Minimal => "minimal",
        Effort::Low => "low",
        Effort::Medium => "medium",
        // More than high is known to few models.
        Effort::High | Effort::Highest => "high",
    })
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
            w.key("function").object(|w| w.field("name", name));
        }),
    }
    w.maybe("parallel_tool_calls", conversation.parallel);
    Ok(())
}

fn tool(w: &mut Writer, tool: &Tool<'_>) {
    w.object(|w| {
        w.field("type", "function");
        w.key("function").object(|w| {
            w.field("name", &tool.name);
            w.maybe("description", tool.description.as_ref());
            w.maybe("parameters", tool.schema);
            w.maybe("strict", tool.strict);
        });
    });
}

fn format(w: &mut Writer, conversation: &Conversation<'_>) {
    match &conversation.format {
        None => {}
        Some(Format::Json) => w.key("response_format").object(|w| w.field("type", "json_object")),
        Some(Format::Schema { name, description, schema, strict }) => w.key("response_format").object(|w| {
            w.field("type", "json_schema");
            w.key("json_schema").object(|w| {
                w.field("name", name.as_deref().unwrap_or("answer"));
                w.maybe("description", description.as_ref());
                w.maybe("strict", *strict);
                w.field("schema", *schema);
            });
        }),
    }
}
