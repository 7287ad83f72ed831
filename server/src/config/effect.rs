//! What is in effect, value by value, each with where it came from: flag, variable, file with its line, or default. The
//! order is that of `serve --check`, and so are the values: TOML, secrets masked.

use std::collections::BTreeMap;

use super::channels::Shown;
use super::secrets::Place;
use super::settings::{Config, SECTIONS, Source, TOP};
use super::table::Key;
use super::{callers, channels, tls};

/// A value, and where it came from.
#[derive(Clone, Debug, PartialEq)]
pub struct InEffect {
    /// The full name: `limits.in_flight`, of a record `channels.NAME.keys`.
    pub key: String,
    /// In TOML; `None`: nothing is set.
    pub value: Option<String>,
    /// What set it.
    pub origin: Origin,
    /// What the file or the environment refers to: `env:NAME` or `file:/path`, several with commas between them.
    pub refers: Option<String>,
}

/// What sets a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nobody: it is the relay's, the provider's or the general one.
    Default,
    /// Of the command line.
    Flag(String),
    /// Of the environment.
    Variable(String),
    /// A line of a file.
    File(Place),
}

impl Config {
    /// Every value in effect.
    #[must_use]
    pub fn values(&self) -> Vec<InEffect> {
        let mut all = Values { all: Vec::new(), source: &self.source };
        all.settings("", TOP, self);
        if let Some(tls) = &self.live.tls {
            all.record("tls", tls::KEYS, tls);
        }
        SECTIONS.iter().for_each(|part| all.settings(part.name, part.keys, self));
        for key in &self.live.keys {
            all.record(&format!("keys.{}", key.name), callers::KEYS, key);
        }
        for channel in &self.live.channels {
            let shown = Shown { channel: channel.clone(), general: self.live.timeouts.clone() };
            all.record(&format!("channels.{}", channel.name), channels::KEYS, &shown);
        }
        all.all
    }
}

struct Values<'a> {
    all: Vec<InEffect>,
    source: &'a Source,
}

impl Values<'_> {
    /// All of them, also those that are not set.
    fn settings(&mut self, section: &str, keys: &[Key<Config>], config: &Config) {
        for key in keys {
            self.add(section, key.name, (key.show)(config));
        }
    }

    /// Those that the record has.
    fn record<D, T>(&mut self, section: &str, keys: &[Key<D, T>], of: &T) {
        for key in keys {
            if let Some(value) = (key.show)(of) {
                self.add(section, key.name, Some(value));
            }
        }
    }

    fn add(&mut self, section: &str, name: &str, value: Option<String>) {
        let key = if section.is_empty() { name.to_owned() } else { format!("{section}.{name}") };
        let (origin, refers) = from(&key, &self.source.origins, &self.source.places);
        self.all.push(InEffect { key, value, origin, refers });
    }
}

/// A flag or a variable stands above the file; what a value only refers to stands beside it.
fn from(
    key: &str,
    origins: &BTreeMap<String, String>,
    places: &BTreeMap<String, Place>,
) -> (Origin, Option<String>) {
    let said = origins.get(key);
    let refers = said.filter(|said| said.starts_with("env:") || said.starts_with("file:")).cloned();
    let origin = match (said, &refers, places.get(key)) {
        (Some(said), None, _) if said.starts_with('-') => Origin::Flag(said.clone()),
        (Some(said), None, _) => Origin::Variable(said.clone()),
        (_, _, Some(place)) => Origin::File(place.clone()),
        (Some(said), Some(_), None) => Origin::Variable(said.strip_prefix("env:").unwrap_or(said).to_owned()),
        (None, _, None) => Origin::Default,
    };
    // A variable is not told twice.
    let refers = refers.filter(|_| !matches!(origin, Origin::Variable(_)));
    (origin, refers)
}
