//! `[[keys]]`: who may call; also in the state file of the first key.

use std::collections::BTreeSet;

use vitals::key::KeyHash;

use super::forms::{count, list, quoted, text, words};
use super::pattern::ModelPattern;
use super::rate::Rate;
use super::reader::{Section, Value, Wanted};
use super::settings::CallerKey;
use super::table::{Form, Key, lay, record};

const HASH: Wanted = Wanted::secret(
    "a hash",
    "\"sha256:…\", made by `watertight keys hash`, or \"env:NAME\" or \"file:/path\" that holds it",
);
const RATE: Wanted = Wanted::new("a rate", "\"60/m\"");

record! {
    /// One `[[keys]]` as it is given.
    Given => CallerKey;
    name: String, words("a name", "\"alice\""), |key| Some(key.name.clone());
    hash: KeyHash, hash(), |key| Some(key.hash);
    models: Vec<ModelPattern>, patterns(), |key| Some(key.models.clone());
    in_flight: usize, count(), |key| key.in_flight;
    rate: Rate, text(RATE, Rate::parse, Rate::to_string), |key| key.rate;
}

/// Reads one `[[keys]]`.
pub(super) fn read(section: &mut Section<'_>, unique: &mut Unique) -> Option<CallerKey> {
    let Given { name, hash, models, in_flight, rate } = Given::read(section);
    section.require(name.is_some(), "name", "\"alice\"");
    section.require(hash.is_some(), "hash", "\"sha256:…\", made by `watertight keys hash`");
    let (name, hash) = (name?, hash?);
    section.resolver().names("keys", &name, KEYS.iter().map(|key| key.name));
    unique.check(section, "key", &name);
    if !unique.hashes.insert(hash.to_string()) {
        section.note(format!("the key `{name}` has the same hash as another: one key, one caller"));
    }
    Some(CallerKey { name, hash, models: models.unwrap_or_default(), in_flight, rate })
}

/// A hash, or a reference to one: what a container is given as a secret need not be in its configuration.
fn hash() -> impl Form<KeyHash> {
    let read = |value: &Value<'_>| {
        value.parsed(HASH, |text| {
            if !text.starts_with("env:") && !text.starts_with("file:") {
                return KeyHash::parse(text);
            }
            let held = value.resolver().secret(text)?;
            value.resolver().came(&value.name, text);
            KeyHash::parse(held.reveal()).map_err(|wanted| format!("`{text}` holds no hash: {wanted}"))
        })
    };
    (read, |_: &KeyHash| Some(quoted("sha256:***")))
}

fn patterns() -> impl Form<Vec<ModelPattern>> {
    let wanted = Wanted::new("a list of model patterns", "[\"gpt-*\"]");
    let read = move |value: &Value<'_>| {
        let texts = value.texts(wanted)?;
        Some(texts.iter().filter_map(|text| text.parsed(wanted, ModelPattern::parse)).collect())
    };
    let all = |models: &Vec<ModelPattern>| list(models.iter().map(|model| quoted(model.as_str())));
    (read, move |models: &Vec<ModelPattern>| (!models.is_empty()).then(|| all(models)))
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
