//! The wishes that Gemini has words for.

use crate::json::Writer;
use crate::neutral::{Fit, Hint, Wish};

/// In `generationConfig`.
pub(in crate::gemini) const CONFIG: [(&str, Wish); 3] = [
    ("presencePenalty", Wish::PresencePenalty),
    ("frequencyPenalty", Wish::FrequencyPenalty),
    ("seed", Wish::Seed),
];

/// Google's words for how soon and at what price, and OpenAI's.
const TIERS: [(&str, &str); 3] =
    [("standard", "\"default\""), ("flex", "\"flex\""), ("priority", "\"priority\"")];

/// The tier that a client's word means; `None` for a word that only Google knows.
pub(super) fn tier(word: &str) -> Option<&'static str> {
    TIERS.iter().find(|(googles, _)| googles.eq_ignore_ascii_case(word)).map(|(_, openais)| *openais)
}

fn word(json: &str) -> Option<&'static str> {
    TIERS.iter().find(|(_, openais)| *openais == json).map(|(googles, _)| *googles)
}

/// Google keeps nothing unless it is told to, so that only that is told.
pub(super) fn fit(is_penalised: bool, hint: &Hint<'_>) -> Fit {
    match hint.wish {
        Wish::PresencePenalty | Wish::FrequencyPenalty if is_penalised => Fit::Yes,
        Wish::PresencePenalty | Wish::FrequencyPenalty => Fit::NotThisModel,
        // It takes no larger numbers.
        Wish::Seed if hint.json.parse::<i32>().is_ok() => Fit::Yes,
        Wish::Tier if word(hint.json).is_some() => Fit::Yes,
        Wish::Store if hint.json == "true" => Fit::Yes,
        _ => Fit::No,
    }
}

/// What stands in `generationConfig`, of those that fit.
pub(super) fn write_config(w: &mut Writer, hints: &[Hint<'_>], fits: impl Fn(&Hint<'_>) -> bool) {
    for hint in hints.iter().filter(|hint| fits(hint)) {
        if let Some((name, _)) = CONFIG.iter().find(|(_, wish)| *wish == hint.wish) {
            w.key(name).json(hint.json);
        }
    }
}

/// What stands beside it.
pub(super) fn write(w: &mut Writer, hints: &[Hint<'_>], fits: impl Fn(&Hint<'_>) -> bool) {
    for hint in hints.iter().filter(|hint| fits(hint)) {
        match hint.wish {
            Wish::Tier => w.maybe("serviceTier", word(hint.json)),
            Wish::Store => w.key("store").json(hint.json),
            _ => {}
        }
    }
}
