//! How much an upstream is asked to think, and what else Anthropic's rules then allow.

use super::ids::OWN;
use crate::adaptor::Sampling;
use crate::neutral::{Choice, Content, Conversation, Effort, Place, Role, Thinking, by};

/// The limit of an answer for clients that give none, thinking not counted.
pub(super) const DEFAULT_LIMIT: u64 = 8192;

/// Anthropic takes no smaller budget.
const LEAST_BUDGET: u64 = 1024;

#[derive(Debug, PartialEq)]
pub(super) struct Plan {
    /// `None`: not mentioned.
    pub(super) thinking: Option<Thinking>,
    /// The model thinks also where nothing is mentioned.
    pub(super) thinks_anyway: bool,
    /// Said beside adaptive thinking.
    pub(super) effort: Option<Effort>,
    pub(super) limit: u64,
    pub(super) temperature: Option<f64>,
    pub(super) top_p: Option<f64>,
    pub(super) top_k: Option<u64>,
}

pub(super) fn plan(model: &str, sampling: Sampling, conversation: &Conversation<'_>) -> Plan {
    let generation = Generation::of(model);
    let thinking = thinking(generation, conversation);
    let effort = conversation.effort.or(match conversation.thinking {
        Some(Thinking::Budget(tokens)) => Some(Effort::of_budget(tokens)),
        _ => None,
    });
    let allowance = match thinking {
        Some(Thinking::Budget(budget)) => budget,
        Some(Thinking::Adaptive) => wished(effort.unwrap_or(Effort::High)),
        None if generation == Generation::AlwaysThinks => wished(Effort::High),
        _ => 0,
    };
    let is_taken = match sampling {
        Sampling::Auto => takes_sampling(model),
        Sampling::Keep => true,
        Sampling::Drop => false,
    };
    let mut plan = Plan {
        thinking,
        thinks_anyway: generation == Generation::AlwaysThinks,
        effort: effort.filter(|_| thinking == Some(Thinking::Adaptive)).map(|effort| told(model, effort)),
        limit: conversation.limit.unwrap_or(DEFAULT_LIMIT + allowance),
        temperature: conversation.temperature.map(|temperature| temperature.min(1.0)).filter(|_| is_taken),
        top_p: conversation.top_p.filter(|_| is_taken),
        top_k: conversation.top_k.filter(|_| is_taken),
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

impl Plan {
    /// What becomes less, or more, than was wished.
    pub(super) fn changes(&self, wished: &Conversation<'_>) -> Vec<(Place, String)> {
        let numbers = [
            (Place::Temperature, wished.temperature, self.temperature),
            (Place::TopP, wished.top_p, self.top_p),
        ];
        let numbers = numbers.into_iter().filter_map(|(place, wish, is)| match (wish, is) {
            (Some(wish), Some(is)) if wish.total_cmp(&is).is_ne() => Some((place, is.to_string())),
            _ => None,
        });
        let effort = match (wished.effort, self.effort) {
            (Some(wish), Some(is)) if wish != is => Some((Place::Effort, is.word().to_owned())),
            _ => None,
        };
        let budget = match (wished.thinking, self.thinking) {
            (Some(Thinking::Budget(wish)), Some(Thinking::Budget(is))) if wish != is => {
                Some((Place::Thinking, is.to_string()))
            }
            _ => None,
        };
        numbers.chain(effort).chain(budget).collect()
    }
}

/// As near to the wish as the model takes it: 4.6 knows nothing between high and max.
fn told(model: &str, effort: Effort) -> Effort {
    match effort {
        Effort::Minimal => Effort::Low,
        Effort::Higher if version(model).is_some_and(|version| version < (4, 7)) => Effort::High,
        effort => effort,
    }
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
    fn of(model: &str) -> Self {
        match version(model) {
            None | Some((..=3, _) | (4, ..=5)) => Self::Budget,
            Some((4, _)) => Self::Adaptive,
            Some(_) => Self::AlwaysThinks,
        }
    }
}

/// Claude 4.7 and later choose for themselves: they refuse a temperature and its kin.
fn takes_sampling(model: &str) -> bool {
    version(model).is_none_or(|version| version < (4, 7))
}

/// Claude 4.6 and later refuse a conversation whose last turn is the model's.
pub(super) fn goes_on(model: &str) -> bool {
    version(model).is_none_or(|version| version < (4, 6))
}

/// A Claude's version, from names such as `claude-3-7-sonnet-20250219`, `claude-opus-4-6`, `anthropic/claude-sonnet-4.5`;
/// the largest for families without a number, which are the newest. `None` for other models.
fn version(model: &str) -> Option<(u8, u8)> {
    const FAMILY: &[u8] = b"claude-";
    let at = model.as_bytes().windows(FAMILY.len()).rposition(|window| window == FAMILY)?;
    let name = &model[at + FAMILY.len()..];
    // Dates are longer than versions.
    let numbers = name.split(['-', '.', '@', ':']).filter(|piece| piece.len() <= 2);
    let mut numbers = numbers.filter_map(|piece| piece.parse::<u8>().ok());
    Some((numbers.next().unwrap_or(u8::MAX), numbers.next().unwrap_or(0)))
}

fn wished(effort: Effort) -> u64 {
    match effort {
        Effort::Minimal => LEAST_BUDGET,
        Effort::Low => 2048,
        Effort::Medium => 8192,
        Effort::High => 16_384,
        Effort::Higher => 20_480,
        Effort::Highest => 24_576,
    }
}

/// `None` where nothing is wished, and where Anthropic would refuse a request to think. Each generation takes only its
/// own way of asking, whichever the client chose.
fn thinking(generation: Generation, conversation: &Conversation<'_>) -> Option<Thinking> {
    let is_forced = matches!(conversation.choice, Some(Choice::Any | Choice::Tool(_)));
    match (conversation.thinking, conversation.effort) {
        (Some(Thinking::Off), _) => Some(Thinking::Off).filter(|_| generation == Generation::Budget),
        (None, None) => None,
        _ if is_forced => None,
        _ if generation != Generation::Budget => Some(Thinking::Adaptive),
        (Some(Thinking::Budget(budget)), _) => within_limit(budget, conversation),
        (_, effort) => within_limit(wished(effort.unwrap_or(Effort::High)), conversation),
    }
}

fn within_limit(wished: u64, conversation: &Conversation<'_>) -> Option<Thinking> {
    let budget = conversation.limit.map_or(wished, |limit| wished.min(limit / 2));
    (budget >= LEAST_BUDGET && !forgot(conversation)).then_some(Thinking::Budget(budget))
}

/// True where the model waits for the results of calls and the thinking before them was not sent back: Anthropic
/// insists on it while thinking is on.
fn forgot(conversation: &Conversation<'_>) -> bool {
    let is_thought = |content: &Content<'_>| match content {
        Content::Redacted(data) => by(data, OWN).is_some(),
        Content::Thinking { signed, .. } => signed.by(OWN).is_some(),
        _ => false,
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

    #[test]
    fn the_newest_models_take_no_sampling() {
        for model in
            ["claude-opus-4-7", "anthropic/claude-opus-4.8", "claude-sonnet-5", "claude-mythos-preview"]
        {
            assert!(!takes_sampling(model), "{model}");
        }
        for model in
            ["claude-sonnet-4-5-20250929", "us.anthropic.claude-opus-4-6-v1", "claude-3-opus", "glm-5"]
        {
            assert!(takes_sampling(model), "{model}");
        }
    }

    #[test]
    fn each_generation_is_asked_in_its_own_way_whatever_the_client_chose() {
        let asked = |model, thinking| {
            let conversation = Conversation { thinking: Some(thinking), ..Conversation::default() };
            let plan = plan(model, Sampling::Auto, &conversation);
            (plan.thinking, plan.effort)
        };
        let budget = Thinking::Budget(16_384);
        assert_eq!(asked("claude-sonnet-4-5", Thinking::Adaptive), (Some(budget), None));
        assert_eq!(asked("claude-sonnet-4-5", budget), (Some(budget), None));
        assert_eq!(asked("claude-opus-4-8", budget), (Some(Thinking::Adaptive), Some(Effort::High)));
        assert_eq!(asked("claude-opus-5", Thinking::Adaptive), (Some(Thinking::Adaptive), None));
        assert_eq!(asked("claude-opus-5", Thinking::Off), (None, None));
    }

    #[test]
    fn sampling_is_kept_or_dropped_as_the_channel_says() {
        let asked = |model, sampling| {
            let (temperature, top_k) = (Some(0.7), Some(40));
            let conversation = Conversation { temperature, top_k, ..Conversation::default() };
            let plan = plan(model, sampling, &conversation);
            (plan.temperature, plan.top_k)
        };
        let (kept, dropped) = ((Some(0.7), Some(40)), (None, None));
        for (model, auto) in [("claude-sonnet-4-5", kept), ("claude-opus-5", dropped)] {
            assert_eq!(asked(model, Sampling::Auto), auto, "{model}");
            assert_eq!(asked(model, Sampling::Keep), kept, "{model}");
            assert_eq!(asked(model, Sampling::Drop), dropped, "{model}");
        }
    }
}
