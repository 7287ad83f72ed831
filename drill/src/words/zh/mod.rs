//! The drill in Chinese: tables of what is made in English elsewhere.

mod command;
mod faults;
mod findings;
mod report;
mod rows;

use std::sync::{LazyLock, OnceLock};

use vitals::Catalogue;
use vitals::catalogue::Pairs;

/// What others say of what the drill tells.
static LEARNED: OnceLock<Vec<(&str, &str)>> = OnceLock::new();

/// Sentences of others that findings have in them, in English and in Chinese: to be called before anything is said.
pub fn learn(pairs: Vec<(&'static str, &'static str)>) {
    // The first ones hold.
    let _ = LEARNED.set(pairs);
}

/// By table: `tests/e2e/house/languages.rs` holds them against the source.
static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| {
    let learned: Pairs = LEARNED.get().map_or(&[], Vec::as_slice);
    Catalogue::of(&[
        learned,
        command::COMMAND,
        command::FILES,
        command::TARGET,
        faults::REQUESTS,
        faults::CONNECTIONS,
        findings::GENERAL,
        findings::LEFT,
        findings::KINDS,
        findings::DEATHS,
        findings::OF_ROWS,
        findings::PARTS,
        report::TABLE,
        report::COMPARE,
        rows::FAULTS,
        rows::SKIPPED,
        vitals::system::NUMBERED,
        vitals::system::NAMED,
    ])
});

pub(super) fn said(english: &str) -> String {
    CATALOGUE.say(english)
}

pub(super) fn headed(head: &str, said: &str) -> String {
    format!("{head}：{said}")
}

pub(super) const fn listing() -> &'static str {
    "；"
}

pub(super) fn listed(items: &[String]) -> String {
    items.join("、")
}

pub(super) fn sentence(said: &str) -> String {
    format!("{said}。")
}

pub(super) fn aside(said: &str) -> String {
    format!("（{said}）")
}

pub(super) fn failed(why: &str) -> String {
    format!("错误：{}", said(why))
}

pub(super) fn together(names: &[&str]) -> String {
    names.join("、")
}

pub(super) fn verb(word: &str, _one: bool) -> String {
    said(word)
}

pub(super) fn better(id: u8, name: &str, word: &str, was: &str) -> String {
    format!("第 {id} 项 {name} 现在{}（原来是{}）", said(word), said(was))
}

pub(super) const fn bar() -> &'static str {
    "[{bar:24}] {pos}/{len} 项，{elapsed}{wide_msg}"
}
