//! How much an upstream is asked to think, and what else Anthropic's rules then allow.

use crate::neutral::{Choice, Content, Conversation, Effort, Role, Signed, Thinking};

/// The limit of an answer for clients that give none, thinking not counted.
pub(super) const DEFAULT_LIMIT: u64 = 8192;

/// Anthropic takes no smaller budget.
const LEAST_BUDGET: u64 = 1024;

/// What is sent.
#[derive(Debug, PartialEq)]
pub(super) struct Plan {
    /// `None`: not mentioned.
    pub(super) thinking: Option<Thinking>,
    pub(super) limit: u64,
    pub(super) temperature: Option<f64>,
    pub(super) top_p: Option<f64>,
    pub(super) top_k: Option<u64>,
}

pub(super) fn plan(conversation: &Conversation<'_>) -> Plan {
    let budget = budget(conversation);
    let limit = conversation.limit.unwrap_or(DEFAULT_LIMIT + budget.unwrap_or(0));
    let thinking = budget.map(Thinking::Budget).or(match conversation.thinking {
        Some(Thinking::Budget(_)) => None,
        other => other,
    });
    let mut plan = Plan {
        thinking,
        limit,
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

/// The budget, below the limit; `None` where Anthropic would refuse a request to think.
fn budget(conversation: &Conversation<'_>) -> Option<u64> {
    let wished = match (conversation.thinking, conversation.effort) {
        (Some(Thinking::Budget(budget)), _) => budget,
        (Some(Thinking::Off | Thinking::Adaptive), _) | (None, None) => return None,
        (None, Some(Effort::Minimal)) => LEAST_BUDGET,
        (None, Some(Effort::Low)) => 2048,
        (None, Some(Effort::Medium)) => 8192,
        (None, Some(Effort::High)) => 16_384,
        (None, Some(Effort::Highest)) => 20_480,
    };
    let budget = conversation.limit.map_or(wished, |limit| wished.min(limit / 2));
    let is_forced = matches!(conversation.choice, Some(Choice::Any | Choice::Tool(_)));
    (budget >= LEAST_BUDGET && !is_forced && !forgot(conversation)).then_some(budget)
}

/// Whether the model waits for the results of calls and the thinking that led to them was not sent back: Anthropic
/// insists on it while thinking is on.
fn forgot(conversation: &Conversation<'_>) -> bool {
    let is_thought = |content: &Content<'_>| {
        matches!(content, Content::Redacted(_) | Content::Thinking { signed: Signed::Here(_), .. })
    };
    let merged = conversation.merged(|_| true);
    match merged.as_slice() {
        [.., (Role::Assistant, said), (Role::User, answer)] => {
            answer.iter().any(|part| matches!(part.content, Content::ToolResult { .. }))
                && !said.iter().any(|part| is_thought(&part.content))
        }
        _ => false,
    }
}
