//! How much an upstream is asked to think, and what else Anthropic's rules then allow.

use crate::neutral::{Choice, Content, Conversation, Effort, Role, Signed, Thinking};

/// The limit of an answer for clients that give none, thinking not counted.
pub(super) const DEFAULT_LIMIT: u64 = 8192;

/// Anthropic takes no smaller budget.
const LEAST_BUDGET: u64 = 1024;

#[derive(Debug, PartialEq)]
pub(super) struct Plan {
    /// `None`: not mentioned.
    pub(super) thinking: Option<Thinking>,
    pub(super) limit: u64,
    pub(super) temperature: Option<f64>,
    pub(super) top_p: Option<f64>,
    pub(super) top_k: Option<u64>,
}

pub(super) fn plan(model: &str, conversation: &Conversation<'_>) -> Plan {
    let generation = Generation::of(model);
    let thinking = thinking(generation, conversation);
    let allowance = match (thinking, conversation.effort) {
        (Some(Thinking::Budget(budget)), _) => budget,
        (Some(Thinking::Adaptive), effort) => wished(effort.unwrap_or(Effort::High)),
        (None, _) if generation == Generation::AlwaysThinks => wished(Effort::High),
        _ => 0,
    };
    let mut plan = Plan {
        thinking,
        limit: conversation.limit.unwrap_or(DEFAULT_LIMIT + allowance),
        temperature: conversation.temperature.map(|temperature| temperature.min(1.0)),
        top_p: conversation.top_p,
        top_k: conversation.top_k,
    };
    if matches!(plan.thinking, Some(Thinking::Budget(_) | Thinking::Adaptive)) {
        plan.temperature = None;
        plan.top_k = None;
        plan.top_p = plan.top_p.map(|top_p| top_p.max(0.95));
    } else if let (Some(temperature), Some(top_p)) = (plan.temperature, plan.top_p) {
        // Newer models refuse the two together; the one that says the default says nothing.
        let is_default = |number: f64| (number - 1.0).abs() < f64::EPSILON;
        plan.top_p = plan.top_p.filter(|_| !is_default(top_p));
        plan.temperature = plan.temperature.filter(|_| is_default(top_p) || !is_default(temperature));
    }
    plan
}

/// How a model is asked to think. Claude 4.6 brought the adaptive way, later ones take no other, and no switching off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Generation {
    /// By a budget: Claude up to 4.5, and whatever else speaks this dialect.
    Budget,
    /// By an effort; it does not think unless asked.
    Adaptive,
    /// By an effort; it thinks unless told otherwise: Claude 5, and families without a number.
    AlwaysThinks,
}

impl Generation {
    /// From names such as `claude-3-7-sonnet-20250219`, `claude-opus-4-6`, `anthropic/claude-sonnet-4.5`.
    fn of(model: &str) -> Self {
        let Some((_, name)) = model.rsplit_once("claude-") else { return Self::Budget };
        // Dates are longer than versions.
        let numbers = name.split(['-', '.', '@', ':']).filter(|piece| piece.len() <= 2);
        let mut numbers = numbers.filter_map(|piece| piece.parse::<u8>().ok());
        match (numbers.next(), numbers.next().unwrap_or(0)) {
            (Some(..=3), _) | (Some(4), ..=5) => Self::Budget,
            (Some(4), _) => Self::Adaptive,
            (Some(_) | None, _) => Self::AlwaysThinks,
        }
    }
}

fn wished(effort: Effort) -> u64 {
    match effort {
        Effort::Minimal => LEAST_BUDGET,
        Effort::Low => 2048,
        Effort::Medium => 8192,
        Effort::High => 16_384,
        Effort::Highest => 20_480,
    }
}

/// `None` where nothing is wished, and where Anthropic would refuse a request to think.
fn thinking(generation: Generation, conversation: &Conversation<'_>) -> Option<Thinking> {
    let is_forced = matches!(conversation.choice, Some(Choice::Any | Choice::Tool(_)));
    match (conversation.thinking, conversation.effort) {
        (Some(Thinking::Off), _) => Some(Thinking::Off).filter(|_| generation == Generation::Budget),
        (None, None) => None,
        _ if is_forced => None,
        (Some(Thinking::Adaptive), _) => Some(Thinking::Adaptive),
        (None, Some(_)) if generation != Generation::Budget => Some(Thinking::Adaptive),
        (Some(Thinking::Budget(budget)), _) => within_limit(budget, conversation),
        (None, Some(effort)) => within_limit(wished(effort), conversation),
    }
}

fn within_limit(wished: u64, conversation: &Conversation<'_>) -> Option<Thinking> {
    let budget = conversation.limit.map_or(wished, |limit| wished.min(limit / 2));
    (budget >= LEAST_BUDGET && !forgot(conversation)).then_some(Thinking::Budget(budget))
}

/// True where the model waits for the results of calls and the thinking before them was not sent back: Anthropic
/// insists on it while thinking is on.
fn forgot(conversation: &Conversation<'_>) -> bool {
    let is_thought = |content: &Content<'_>| {
        matches!(content, Content::Redacted(_) | Content::Thinking { signed: Signed::Here(_), .. })
    };
    let merged = conversation.merged_without_system(|_| true);
    match merged.as_slice() {
        [.., (Role::Assistant, said), (Role::User, answer)] => {
            answer.iter().any(|part| matches!(part.content, Content::ToolResult { .. }))
                && !said.iter().any(|part| is_thought(&part.content))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_are_asked_in_their_own_way() {
        for (model, generation) in [
            ("claude-3-7-sonnet-20250219", Generation::Budget),
            ("claude-sonnet-4-20250514", Generation::Budget),
            ("claude-opus-4-5-20251101", Generation::Budget),
            ("anthropic/claude-sonnet-4.5", Generation::Budget),
            ("deepseek-chat", Generation::Budget),
            ("us.anthropic.claude-opus-4-6-v1", Generation::Adaptive),
            ("claude-opus-4-7", Generation::Adaptive),
            ("anthropic/claude-opus-4.8", Generation::Adaptive),
            ("claude-opus-5", Generation::AlwaysThinks),
            ("claude-mythos-preview", Generation::AlwaysThinks),
        ] {
            assert_eq!(Generation::of(model), generation, "{model}");
        }
    }
}
