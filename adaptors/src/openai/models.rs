//! What OpenAI's own models take, by their names.

use crate::neutral::{Conversation, Effort, Thinking};

/// The name of the limit: OpenAI's own newer models know only the newer one, many compatible servers only the older one.
pub(super) fn limit_name(model: &str) -> &'static str {
    let name = bare(model);
    let is_openais = (name.starts_with("gpt-") && !name.starts_with("gpt-oss"))
        || name.starts_with("chatgpt-")
        || is_o_series(name);
    if is_openais { "max_completion_tokens" } else { "max_tokens" }
}

/// False for models that think: they refuse a temperature and its kin. From 5.1 on they think only when they are asked
/// to, but for those that are made for it.
pub(super) fn takes_sampling(model: &str, effort: Option<Effort>) -> bool {
    let name = bare(model);
    if is_o_series(name) {
        return false;
    }
    let Some((major, minor)) = version(name) else { return true };
    let is_made_to_think = ["codex", "pro"].iter().any(|kind| name.contains(kind));
    major < 5 || name.contains("chat") || (minor > 0 && effort.is_none() && !is_made_to_think)
}

fn bare(model: &str) -> &str {
    model.rsplit('/').next().unwrap_or(model)
}

fn is_o_series(name: &str) -> bool {
    name.strip_prefix('o').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

/// Of `gpt-5`, `gpt-5.1-codex`, `gpt-4o`; `None` for `gpt-oss-120b` and whatever else there is.
fn version(name: &str) -> Option<(u32, u32)> {
    let rest = name.strip_prefix("gpt-")?;
    let digits = |text: &str| {
        let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        text[..end].parse::<u32>().ok().map(|number| (number, end))
    };
    let (major, end) = digits(rest)?;
    let minor = rest[end..].strip_prefix('.').and_then(digits);
    Some((major, minor.map_or(0, |(number, _)| number)))
}

/// How hard the model is to think.
pub(super) fn effort(conversation: &Conversation<'_>) -> Option<Effort> {
    conversation.effort.or(match conversation.thinking {
        Some(Thinking::Budget(tokens)) => Some(Effort::of_budget(tokens)),
        Some(Thinking::Off | Thinking::Adaptive) | None => None,
    })
}

pub(super) fn word(effort: Effort) -> &'static str {
    match effort {
        Effort::Minimal => "minimal",
        Effort::Low => "low",
        Effort::Medium => "medium",
        // More than high is known to few models.
        Effort::High | Effort::Highest => "high",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_that_think_take_no_sampling() {
        let high = Some(Effort::High);
        for (model, effort, takes) in [
            ("gpt-4o", high, true),
            ("gpt-4.1-mini", high, true),
            ("gpt-oss-120b", high, true),
            ("llama-3.3", high, true),
            ("gpt-5-chat-latest", None, true),
            ("gpt-5.1", None, true),
            ("gpt-5.1", high, false),
            ("gpt-5.2-codex", None, false),
            ("openai/gpt-5-mini", None, false),
            ("gpt-5", high, false),
            ("o3-mini", None, false),
            ("o", None, true),
        ] {
            assert_eq!(takes_sampling(model, effort), takes, "{model} {effort:?}");
        }
    }
}
