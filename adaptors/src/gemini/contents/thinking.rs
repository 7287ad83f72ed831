//! How much a Gemini is asked to think, by its name.

use crate::json::Writer;
use crate::neutral::{Conversation, Effort, Thinking};

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
        let number = rest.split(['-', '@']).next().unwrap_or_default();
        let mut numbers = number.split('.').map(str::parse::<u32>);
        match (numbers.next(), numbers.next()) {
            (Some(Ok(..=1)), _) | (Some(Ok(2)), None | Some(Ok(..=4))) => Self::Never,
            (Some(Ok(2)), _) => Self::Budget,
            _ => Self::Level,
        }
    }

    /// Calls in a history must have signatures, or the stand-in.
    pub(super) fn wants_signatures(self) -> bool {
        self == Self::Level
    }
}

/// What `thinkingConfig` is to say.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Plan {
    Budget(i64),
    Level(&'static str),
    /// The model's own measure; its thoughts are to be shown.
    Shown,
}

/// `None`: nothing is wished, or the model cannot be asked for it.
pub(super) fn plan(model: &str, conversation: &Conversation<'_>) -> Option<Plan> {
    let wish = match (conversation.effort, conversation.thinking) {
        (None, None) => return None,
        (effort, thinking) => (effort, thinking),
    };
    match (Generation::of(model), wish) {
        (Generation::Never, _) => None,
        (Generation::Budget, (None, Some(Thinking::Off))) => Some(Plan::Budget(0)),
        (Generation::Budget, (None, Some(Thinking::Budget(tokens)))) => {
            Some(Plan::Budget(i64::try_from(tokens).unwrap_or(i64::MAX)))
        }
        (Generation::Budget, (Some(effort), _)) => Some(Plan::Budget(budget(effort))),
        (Generation::Budget, _) => Some(Plan::Budget(-1)),
        (Generation::Level, (None, Some(Thinking::Off))) => Some(Plan::Level(lowest(model))),
        (Generation::Level, (None, Some(Thinking::Budget(tokens)))) => {
            Some(Plan::Level(level(model, Effort::of_budget(tokens))))
        }
        (Generation::Level, (Some(effort), _)) => Some(Plan::Level(level(model, effort))),
        (Generation::Level, _) => Some(Plan::Shown),
    }
}

/// Google's own measure of OpenAI's words.
fn budget(effort: Effort) -> i64 {
    match effort {
        Effort::Minimal | Effort::Low => 1024,
        Effort::Medium => 8192,
        Effort::High | Effort::Highest => 24_576,
    }
}

/// The pro models know the two ends only; the lowest level that there is of the others is next to none.
fn level(model: &str, effort: Effort) -> &'static str {
    match effort {
        Effort::Minimal => lowest(model),
        Effort::Low => "LOW",
        Effort::Medium if model.contains("pro") => "HIGH",
        Effort::Medium => "MEDIUM",
        Effort::High | Effort::Highest => "HIGH",
    }
}

fn lowest(model: &str) -> &'static str {
    if model.contains("pro") { "LOW" } else { "MINIMAL" }
}

pub(super) fn write(w: &mut Writer, plan: &Plan) {
    w.key("thinkingConfig").object(|w| {
        if *plan != Plan::Budget(0) {
            w.field("includeThoughts", &true);
        }
        match plan {
            Plan::Budget(tokens) => w.field("thinkingBudget", tokens),
            Plan::Level(level) => w.field("thinkingLevel", level),
            Plan::Shown => {}
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let asked = |model, effort, thinking| {
            plan(model, &Conversation { effort, thinking, ..Conversation::default() })
        };
        assert_eq!(asked("gemini-2.5-pro", None, None), None);
        assert_eq!(asked("gemini-2.5-pro", Some(Effort::Medium), None), Some(Plan::Budget(8192)));
        assert_eq!(asked("gemini-2.5-flash", None, Some(Thinking::Off)), Some(Plan::Budget(0)));
        assert_eq!(asked("gemini-2.5-flash", None, Some(Thinking::Adaptive)), Some(Plan::Budget(-1)));
        assert_eq!(asked("gemini-3-pro", Some(Effort::Medium), None), Some(Plan::Level("HIGH")));
        assert_eq!(asked("gemini-3-flash", None, Some(Thinking::Off)), Some(Plan::Level("MINIMAL")));
        assert_eq!(asked("gemini-3-flash", None, Some(Thinking::Budget(8192))), Some(Plan::Level("MEDIUM")));
        assert_eq!(asked("gemini-3-flash", None, Some(Thinking::Adaptive)), Some(Plan::Shown));
        assert_eq!(asked("gemini-2.0-flash", Some(Effort::High), None), None);
    }
}
