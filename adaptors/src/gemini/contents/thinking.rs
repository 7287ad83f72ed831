//! How much a Gemini is asked to think, by its name.

use crate::json::Writer;
use crate::neutral::{Conversation, Effort, Losses, Place, Thinking};

/// Tokens: 2.5 pro always thinks, and takes no smaller budget.
const PRO_LEAST: u64 = 128;

/// How a model is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Generation {
    /// It does not think.
    Never,
    /// By a budget of tokens: 2.5, and whatever else speaks this dialect.
    Budget,
    /// By a level: 3 and later, and names without a number, which are the newest.
    Level,
}

impl Generation {
    pub(super) fn of(model: &str) -> Self {
        let name = model.rsplit('/').next().unwrap_or(model);
        let Some(rest) = name.strip_prefix("gemini-") else {
            let never = ["gemma-", "learnlm-"].iter().any(|begin| name.starts_with(begin));
            return if never { Self::Never } else { Self::Budget };
        };
        match numbers(rest) {
            Some((..=1, _) | (2, ..=4)) => Self::Never,
            Some((2, _)) => Self::Budget,
            _ => Self::Level,
        }
    }

    /// The first models that think brought an end to penalties.
    pub(super) fn takes_penalties(model: &str) -> bool {
        Self::of(model) == Self::Never || !model.contains("gemini-")
    }

    /// Calls in a history must have signatures, or the stand-in.
    pub(super) fn wants_signatures(self) -> bool {
        self == Self::Level
    }
}

/// A Gemini's version, from names such as `gemini-3.1-pro-preview`; `None` for other models, and for names without a number.
fn version(model: &str) -> Option<(u32, u32)> {
    numbers(model.rsplit('/').next().unwrap_or(model).strip_prefix("gemini-")?)
}

fn numbers(name: &str) -> Option<(u32, u32)> {
    let mut numbers = name.split(['-', '@']).next().unwrap_or_default().split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next().and_then(Result::ok).unwrap_or(0)))
}

/// What `thinkingConfig` is to say.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Plan {
    /// Nothing is to be thought.
    Off,
    /// The least that there is, where it cannot be nothing. Nobody wants to see it.
    Least(Measure),
    Upto(Measure),
    /// The model's own measure, where it must be asked for it.
    Dynamic,
    /// The model's own measure; its thoughts are to be shown.
    Shown,
}

/// How much, in a model's own terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Measure {
    Tokens(u64),
    Level(Effort),
}

/// `None`: nothing is wished, or the model cannot be asked for it. What is not what was wished is named.
pub(super) fn plan(model: &str, conversation: &Conversation<'_>, losses: &mut Losses<'_>) -> Option<Plan> {
    let generation = Generation::of(model);
    let (wish, place) = match (conversation.effort, conversation.thinking) {
        (None, None) => return None,
        _ if generation == Generation::Never => return None,
        (None, Some(Thinking::Off)) => return Some(off(model, generation, losses)),
        (None, Some(Thinking::Adaptive)) if generation == Generation::Level => return Some(Plan::Shown),
        (None, Some(Thinking::Adaptive)) => return Some(Plan::Dynamic),
        (None, Some(Thinking::Budget(tokens))) if generation == Generation::Budget => {
            return Some(Plan::Upto(Measure::Tokens(tokens)));
        }
        (None, Some(Thinking::Budget(tokens))) => (Effort::of_budget(tokens), Place::Thinking),
        (Some(effort), _) => (effort, Place::Effort),
    };
    let (told, measure) = match generation {
        Generation::Level => level(model, wish),
        _ => budget(wish),
    };
    if told != wish {
        losses.change(place, told.word());
    }
    Some(Plan::Upto(measure))
}

fn off(model: &str, generation: Generation, losses: &mut Losses<'_>) -> Plan {
    let least = match generation {
        Generation::Level => {
            let (told, least) = level(model, Effort::Minimal);
            losses.change(Place::Thinking, told.word());
            least
        }
        _ if version(model).is_some() && model.contains("pro") => {
            losses.change(Place::Thinking, PRO_LEAST);
            Measure::Tokens(PRO_LEAST)
        }
        _ => return Plan::Off,
    };
    Plan::Least(least)
}

/// Google's own measure of OpenAI's words.
fn budget(effort: Effort) -> (Effort, Measure) {
    let tokens = match effort {
        Effort::Minimal | Effort::Low => 1024,
        Effort::Medium => 8192,
        Effort::High | Effort::Higher | Effort::Highest => 24_576,
    };
    (effort.min(Effort::High), Measure::Tokens(tokens))
}

/// As near to the wish as the model takes it: the first pro model of the third generation knows the two ends only, no pro
/// model has the lowest level, and of the others those up to 3.6.
fn level(model: &str, effort: Effort) -> (Effort, Measure) {
    let version = version(model);
    let is_pro = model.contains("pro");
    let told = match effort {
        Effort::Minimal if is_pro || version.is_none_or(|version| version > (3, 6)) => Effort::Low,
        Effort::Medium if is_pro && version == Some((3, 0)) => Effort::High,
        effort => effort.min(Effort::High),
    };
    (told, Measure::Level(told))
}

pub(super) fn write(w: &mut Writer, plan: &Plan) {
    w.key("thinkingConfig").object(|w| {
        if matches!(plan, Plan::Upto(_) | Plan::Dynamic | Plan::Shown) {
            w.field("includeThoughts", &true);
        }
        match plan {
            Plan::Off => w.field("thinkingBudget", &0),
            Plan::Dynamic => w.field("thinkingBudget", &-1),
            Plan::Least(Measure::Tokens(tokens)) | Plan::Upto(Measure::Tokens(tokens)) => {
                w.field("thinkingBudget", tokens);
            }
            Plan::Least(Measure::Level(level)) | Plan::Upto(Measure::Level(level)) => {
                w.field("thinkingLevel", &level.word().to_ascii_uppercase());
            }
            Plan::Shown => {}
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dropped::Dropped;

    #[test]
    fn models_are_asked_in_their_own_way() {
        for (model, generation) in [
            ("gemini-1.5-pro", Generation::Never),
            ("gemini-2.0-flash-001", Generation::Never),
            ("gemma-3-27b-it", Generation::Never),
            ("gemini-2.5-flash-lite", Generation::Budget),
            ("models/gemini-2.5-pro", Generation::Budget),
            ("a-model-of-ones-own", Generation::Budget),
            ("gemini-3-pro-preview", Generation::Level),
            ("gemini-3.1-flash", Generation::Level),
            ("gemini-flash-latest", Generation::Level),
        ] {
            assert_eq!(Generation::of(model), generation, "{model}");
        }
    }

    #[test]
    fn what_a_model_does_not_take_is_named_with_what_it_becomes() {
        let tokens = |tokens| Some(Plan::Upto(Measure::Tokens(tokens)));
        let level = |effort| Some(Plan::Upto(Measure::Level(effort)));
        let (off, budget) = (Some(Thinking::Off), Some(Thinking::Budget(8192)));
        for (model, effort, thinking, plan, named) in [
            ("gemini-2.5-pro", None, None, None, None),
            ("gemini-2.5-pro", Some(Effort::Medium), None, tokens(8192), None),
            ("gemini-2.5-pro", Some(Effort::Higher), None, tokens(24_576), Some("Effort=high")),
            ("gemini-2.5-flash", None, off, Some(Plan::Off), None),
            ("gemini-2.5-pro", None, off, Some(Plan::Least(Measure::Tokens(128))), Some("Thinking=128")),
            ("gemini-2.5-flash", None, Some(Thinking::Adaptive), Some(Plan::Dynamic), None),
            ("gemini-3-pro", Some(Effort::Medium), None, level(Effort::High), Some("Effort=high")),
            ("gemini-3.1-pro", Some(Effort::Medium), None, level(Effort::Medium), None),
            ("gemini-3-pro", None, off, Some(Plan::Least(Measure::Level(Effort::Low))), Some("Thinking=low")),
            (
                "gemini-3-flash",
                None,
                off,
                Some(Plan::Least(Measure::Level(Effort::Minimal))),
                Some("Thinking=minimal"),
            ),
            ("gemini-3.8-flash", Some(Effort::Minimal), None, level(Effort::Low), Some("Effort=low")),
            ("gemini-3-flash", None, budget, level(Effort::Medium), None),
            ("gemini-3-flash", None, Some(Thinking::Adaptive), Some(Plan::Shown), None),
            ("gemini-2.0-flash", Some(Effort::High), None, None, None),
        ] {
            let mut dropped = Dropped::default();
            let name = |place| format!("{place:?}");
            let mut losses = Losses { name: &name, signature: "", thinking: [""; 2], dropped: &mut dropped };
            let conversation = Conversation { effort, thinking, ..Conversation::default() };
            assert_eq!(
                super::plan(model, &conversation, &mut losses),
                plan,
                "{model} {effort:?} {thinking:?}"
            );
            assert_eq!(dropped.line().as_deref(), named, "{model} {effort:?} {thinking:?}");
        }
    }
}
