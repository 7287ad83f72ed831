//! How much a client wants the model to think: OpenAI's own word, and those of others that its clients send too.

use crate::dropped::Dropped;
use crate::json::{Bad, Fields, Read, within};
use crate::neutral::{Effort, Thinking};

type Wish = (Option<Effort>, Option<Thinking>);

const EFFORTS: &str = "must be one of none, minimal, low, medium, high, xhigh, max";

/// `reasoning_effort`, else `reasoning` (OpenRouter, and the responses API), else `thinking` (Anthropic's own, DeepSeek,
/// Zhipu, LiteLLM).
pub(super) fn read(fields: &mut Fields<'_>, dropped: &mut Dropped) -> Read<Wish> {
    let own = match fields.text("reasoning_effort")? {
        Some(word) => effort(&word).ok_or_else(|| Bad::new("reasoning_effort", EFFORTS))?,
        None => (None, None),
    };
    let reasoning = match fields.object("reasoning")? {
        Some(object) => within("reasoning", dropped, |dropped| reasoning(object, dropped))?,
        None => (None, None),
    };
    let thinking = match fields.object("thinking")? {
        Some(object) => within("thinking", dropped, |dropped| thinking(object, dropped))?,
        None => (None, None),
    };
    let said = [own, reasoning, thinking].into_iter().find(|wish| *wish != (None, None));
    Ok(said.unwrap_or_default())
}

fn effort(word: &str) -> Option<Wish> {
    match word {
        "none" => Some((None, Some(Thinking::Off))),
        _ => Effort::of_word(word).map(|effort| (Some(effort), None)),
    }
}

fn reasoning(mut reasoning: Fields<'_>, dropped: &mut Dropped) -> Read<Wish> {
    let word = reasoning.text("effort")?;
    let budget = reasoning.count("max_tokens")?;
    let enabled = reasoning.flag("enabled")?;
    reasoning.rest(dropped);
    if enabled == Some(false) {
        return Ok((None, Some(Thinking::Off)));
    }
    if let Some(word) = word {
        return effort(&word).ok_or_else(|| Bad::new("effort", EFFORTS));
    }
    let budget = budget.map(Thinking::Budget);
    Ok((None, budget.or(enabled.map(|_| Thinking::Adaptive))))
}

fn thinking(mut thinking: Fields<'_>, dropped: &mut Dropped) -> Read<Wish> {
    let budget = thinking.count("budget_tokens")?;
    let wish = match thinking.need("type")?.as_ref() {
        "disabled" => Thinking::Off,
        "enabled" => budget.map_or(Thinking::Adaptive, Thinking::Budget),
        "adaptive" | "auto" => Thinking::Adaptive,
        _ => return Err(Bad::new("type", "must be enabled, adaptive or disabled")),
    };
    thinking.rest(dropped);
    Ok((None, Some(wish)))
}
