//! `[[keys]]`: who may call; also in the state file of the first key.

use std::collections::BTreeSet;

use vitals::key::KeyHash;

use super::forms::{COUNT, Text, list, quoted, words};
use super::pattern::ModelPattern;
use super::rate::Rate;
use super::reader::{Section, Value, Wanted};
use super::secrets::Resolver;
use super::settings::CallerKey;
use super::table::{Form, record};

const HASH: Text<KeyHash> = Text {
    wanted: Wanted::secret("a hash", "\"sha256:…\", made by `watertight keys hash`"),
    read: KeyHash::parse,
    show: |_| "sha256:***".to_owned(),
};
const RATE: Text<Rate> =
    Text { wanted: Wanted::new("a rate", "\"60/m\""), read: Rate::parse, show: Rate::to_string };

record! {
    /// One `[[keys]]` as it is given.
    Given => CallerKey;
    name: String, words("a name", "\"alice\""), |key| Some(key.name.clone());
    hash: KeyHash, HASH, |key| Some(key.hash);
    models: Vec<ModelPattern>, Patterns, |key| Some(key.models.clone());
    in_flight: usize, COUNT, |key| key.in_flight;
    rate: Rate, RATE, |key| key.rate;
}

/// Reads one `[[keys]]`.
pub(super) fn read(section: &mut Section<'_>, from: &Resolver<'_>, unique: &mut Unique) -> Option<CallerKey> {
    let Given { name, hash, models, in_flight, rate } = Given::read(section, from);
    section.require(name.is_some(), "name", "\"alice\"");
    section.require(hash.is_some(), "hash", "\"sha256:…\", made by `watertight keys hash`");
    let (name, hash) = (name?, hash?);
    unique.check(section, "key", &name);
    if !unique.hashes.insert(hash.to_string()) {
        section.note(format!("the key `{name}` has the same hash as another: one key, one caller"));
    }
    Some(CallerKey { name, hash, models: models.unwrap_or_default(), in_flight, rate })
}

struct Patterns;

impl Form<Vec<ModelPattern>> for Patterns {
    fn read(&self, value: Value<'_>, _: &Resolver<'_>) -> Option<Vec<ModelPattern>> {
        let wanted = Wanted::new("a list of model patterns", "[\"gpt-*\"]");
        let texts = value.texts(wanted)?;
        Some(texts.iter().filter_map(|text| text.parsed(wanted, ModelPattern::parse)).collect())
    }

    fn show(&self, models: &Vec<ModelPattern>) -> Option<String> {
        (!models.is_empty()).then(|| list(models.iter().map(|model| quoted(model.as_str()))))
    }
}

/// Names and hashes that were used before.
#[derive(Default)]
pub(super) struct Unique {
    names: BTreeSet<String>,
    hashes: BTreeSet<String>,
}

impl Unique {
    /// Notes a name that is empty, too long for a label, or taken.
    pub(super) fn check(&mut self, section: &Section<'_>, kind: &str, name: &str) {
        if name.is_empty() || name.len() > 64 || name.chars().any(|c| c.is_control() || c == '"') {
            section.note(format!(
                "the name of a {kind} has 1 to 64 characters without quotes and control characters"
            ));
        } else if !self.names.insert(name.to_owned()) {
            section.note(format!("there is another {kind} named `{name}`: give each its own `name`"));
        }
    }
}
