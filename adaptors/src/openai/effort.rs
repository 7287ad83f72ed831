//! How hard one of OpenAI's models, or of its dialects' other ones, is asked to think.

use super::models::efforts;
use crate::neutral::{Conversation, Effort, Losses, Place, Thinking};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ask {
    /// It is not mentioned.
    Nothing,
    /// Not to think.
    Off,
    Effort(Effort),
}

impl Ask {
    pub(super) fn word(self) -> Option<&'static str> {
        match self {
            Self::Nothing => None,
            Self::Off => Some("none"),
            Self::Effort(effort) => Some(effort.word()),
        }
    }

    pub(super) fn is_to_think(self) -> bool {
        matches!(self, Self::Effort(_))
    }
}

/// As near to the wish as the model takes it. What is less than the wish is named, and what is nothing.
pub(super) fn ask(model: &str, conversation: &Conversation<'_>, losses: &mut Losses<'_>) -> Ask {
    let (wish, place) = match (conversation.effort, conversation.thinking) {
        (Some(effort), _) => (effort, Place::Effort),
        (None, Some(Thinking::Budget(tokens))) => (Effort::of_budget(tokens), Place::Thinking),
        (None, Some(Thinking::Off)) => return off(model, losses),
        (None, Some(Thinking::Adaptive) | None) => return Ask::Nothing,
    };
    let Some(takes) = efforts(model) else {
        losses.note(place);
        return Ask::Nothing;
    };
    let effort = wish.clamp(takes.least, takes.most);
    if effort != wish {
        losses.change(place, effort.word());
    }
    Ask::Effort(effort)
}

/// A model that does not think needs no word for it.
fn off(model: &str, losses: &mut Losses<'_>) -> Ask {
    let Some(takes) = efforts(model) else { return Ask::Nothing };
    match takes.off {
        Some(true) => Ask::Off,
        Some(false) => {
            losses.change(Place::Thinking, takes.least.word());
            Ask::Effort(takes.least)
        }
        None => {
            losses.note(Place::Thinking);
            Ask::Nothing
        }
    }
}
