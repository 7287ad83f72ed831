//! The file: all tables of keys, one after the other.

use super::callers::{self, Unique};
use super::channels;
use super::reader::Section;
use super::settings::{Config, SECTIONS, TOP};
use super::table::{Key, lay};
use super::tls;

/// Lays the file over `config`.
pub(super) fn read(top: &mut Section<'_>, config: &mut Config) {
    settings(top, TOP, config);
    config.live.tls = top.section("tls", tls::read).flatten();
    for part in SECTIONS {
        top.section(part.name, |section| {
            let given = settings(section, part.keys, config);
            part.checks.iter().for_each(|check| check(section, &config.live, &given));
        });
    }
    let mut unique = Unique::default();
    config.live.keys = top.sections("keys", |section| callers::read(section, &mut unique));
    let (mut unique, fixed, live) = (Unique::default(), &config.fixed, &config.live);
    let channels = top.sections("channels", |section| channels::read(section, fixed, live, &mut unique));
    config.live.channels = channels;
}

/// Reads settings; what the file gives has no other origin.
fn settings(section: &mut Section<'_>, keys: &[Key<Config>], config: &mut Config) -> Vec<&'static str> {
    let given = lay(section, keys, config);
    given.iter().for_each(|key| drop(config.source.origins.remove(&section.name_of(key))));
    given
}

/// Every key: the heads of the sections, empty in front of them, and the names.
pub(super) fn keys() -> Vec<(String, Vec<&'static str>)> {
    fn names<D, T>(keys: &[Key<D, T>]) -> Vec<&'static str> {
        keys.iter().map(|key| key.name).collect()
    }
    let mut all = vec![(String::new(), names(TOP)), ("[tls]".to_owned(), names(tls::KEYS))];
    all.extend(SECTIONS.iter().map(|part| (format!("[{}]", part.name), names(part.keys))));
    all.push(("[[keys]]".to_owned(), names(callers::KEYS)));
    all.push(("[[channels]]".to_owned(), names(channels::KEYS)));
    all
}

/// The head of the section in which a key is at home: the one section of settings that has it, or else
/// `[[channels]]` where `[[keys]]` does not have it too. A section's own name is nobody's.
pub(super) fn home_of(key: &str) -> Option<String> {
    fn has<D, T>(keys: &[Key<D, T>], name: &str) -> bool {
        keys.iter().any(|key| key.name == name)
    }
    if keys().iter().any(|(head, _)| head.trim_matches(['[', ']']) == key) {
        return None;
    }
    let mut settings = SECTIONS.iter().filter(|part| has(part.keys, key));
    match (settings.next(), settings.next()) {
        (Some(part), None) => Some(format!("[{}]", part.name)),
        (Some(_), Some(_)) => None,
        (None, _) => {
            (has(channels::KEYS, key) && !has(callers::KEYS, key)).then(|| "[[channels]]".to_owned())
        }
    }
}
