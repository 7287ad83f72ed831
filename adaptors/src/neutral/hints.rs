//! Wishes that more than one dialect has, and that no part of the conversation depends on. A reader keeps them as they
//! stand, so that only the writer decides: it writes those that its dialect has, and names the others.

use serde_json::value::RawValue;

use crate::json::Fields;

/// What is wished.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    Seed,
    PresencePenalty,
    FrequencyPenalty,
    /// How much is said.
    Verbosity,
    /// How soon, and at what price: in OpenAI's words.
    Tier,
    CacheKey,
    CacheOptions,
    CacheRetention,
    Metadata,
    /// Who asks, for the provider's abuse detection, by a hash.
    Safety,
    Store,
    Moderation,
}

impl Wish {
    /// The answer is another one with it. All others shape no answer, so that no channel refuses them.
    pub(super) const fn shapes(self) -> bool {
        matches!(self, Self::Seed | Self::PresencePenalty | Self::FrequencyPenalty | Self::Verbosity)
    }

    /// What holds everywhere without a word is no wish.
    fn is_said(self, json: &str) -> bool {
        match self {
            Self::PresencePenalty | Self::FrequencyPenalty => json.parse() != Ok(0.0),
            Self::Verbosity => json != "\"medium\"",
            Self::Tier => json != "\"auto\"",
            _ => true,
        }
    }
}

/// A dialect's names for wishes.
pub type Names = [(&'static str, Wish)];

/// A wish and its JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hint<'a> {
    pub wish: Wish,
    pub json: &'a str,
}

/// Takes the wishes out of a client's request.
pub(crate) fn take<'a>(fields: &mut Fields<'a>, names: &Names, hints: &mut Vec<Hint<'a>>) {
    for (name, wish) in names {
        let json = fields.take(name).map(RawValue::get).filter(|json| wish.is_said(json));
        hints.extend(json.map(|json| Hint { wish: *wish, json }));
    }
}

/// A dialect's name for a wish. Nobody wishes in a dialect what it has no name for.
pub(crate) fn name_of(names: &Names, wish: Wish) -> &'static str {
    names.iter().find(|(_, known)| *known == wish).map_or("", |(name, _)| name)
}

/// The JSON of a wish, if it is there.
#[must_use]
pub fn json_of<'a>(hints: &[Hint<'a>], wish: Wish) -> Option<&'a str> {
    hints.iter().find(|hint| hint.wish == wish).map(|hint| hint.json)
}
