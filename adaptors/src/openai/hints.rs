//! The wishes that OpenAI's dialects have words for, and to whom they are told.

use super::models::{is_openais, takes_verbosity};
use crate::json::Writer;
use crate::neutral::{Fit, Hint, Wish, json_of};

pub(super) const CHAT: [(&str, Wish); 12] = [
    ("frequency_penalty", Wish::FrequencyPenalty),
    ("presence_penalty", Wish::PresencePenalty),
    ("seed", Wish::Seed),
    ("verbosity", Wish::Verbosity),
    ("metadata", Wish::Metadata),
    ("store", Wish::Store),
    ("service_tier", Wish::Tier),
    ("prompt_cache_key", Wish::CacheKey),
    ("prompt_cache_options", Wish::CacheOptions),
    ("prompt_cache_retention", Wish::CacheRetention),
    ("safety_identifier", Wish::Safety),
    ("moderation", Wish::Moderation),
];
/// Of a responses request's top level. It has no word for the others.
pub(super) const RESPONSES: [(&str, Wish); 8] = [
    ("metadata", Wish::Metadata),
    ("store", Wish::Store),
    ("service_tier", Wish::Tier),
    ("prompt_cache_key", Wish::CacheKey),
    ("prompt_cache_options", Wish::CacheOptions),
    ("prompt_cache_retention", Wish::CacheRetention),
    ("safety_identifier", Wish::Safety),
    ("moderation", Wish::Moderation),
];

/// Chat completions are spoken by many servers, so that what only OpenAI has is told to its own models alone. It takes
/// metadata only of answers that it is to store.
pub(super) fn fits_chat(model: &str, is_sampled: bool, hints: &[Hint<'_>], wish: Wish) -> Fit {
    let is_taken = match wish {
        Wish::Seed => true,
        Wish::FrequencyPenalty | Wish::PresencePenalty => is_sampled,
        Wish::Verbosity => takes_verbosity(model) == Some(true),
        Wish::Metadata => is_openais(model) && json_of(hints, Wish::Store) == Some("true"),
        _ => is_openais(model),
    };
    if is_taken { Fit::Yes } else { Fit::NotThisModel }
}

pub(super) fn fits_responses(model: &str, wish: Wish) -> Fit {
    match wish {
        Wish::Seed | Wish::FrequencyPenalty | Wish::PresencePenalty => Fit::No,
        Wish::Verbosity if takes_verbosity(model) == Some(false) => Fit::NotThisModel,
        _ => Fit::Yes,
    }
}

/// Those of these names that fit.
pub(super) fn write(
    w: &mut Writer,
    names: &[(&'static str, Wish)],
    hints: &[Hint<'_>],
    fit: impl Fn(Wish) -> Fit,
) {
    for hint in hints.iter().filter(|hint| fit(hint.wish) == Fit::Yes) {
        if let Some((name, _)) = names.iter().find(|(_, wish)| *wish == hint.wish) {
            w.key(name).json(hint.json);
        }
    }
}
