//! The whole table, and how it is read.

use super::super::help::Page;
use super::form::Words;
use super::{
    administer, channels, compare, diagnose, drill, pages, quick_check, record, report, rollout, serve,
    shared, watch,
};

/// Every command.
pub(super) const ALL: &[&[Words]] = &[
    serve::WORDS,
    quick_check::WORDS,
    watch::WORDS,
    record::WORDS,
    compare::WORDS,
    report::WORDS,
    diagnose::WORDS,
    rollout::WORDS,
    channels::WORDS,
    administer::WORDS,
    drill::WORDS,
    pages::WORDS,
];

pub(super) fn of(path: &str) -> Option<&'static Words> {
    ALL.iter().copied().flatten().find(|words| words.page.path == path)
}

/// Examples and exit codes of a command.
pub(crate) fn page(path: &str) -> Option<&'static Page> {
    of(path).map(|words| &words.page)
}

fn find<T: Copy>(table: &[(&'static str, T)], id: &str) -> Option<T> {
    table.iter().find(|(own, _)| *own == id).map(|(_, found)| *found)
}

/// What the help of an argument says.
pub(super) fn arg(path: &str, id: &str) -> Option<&'static str> {
    of(path).and_then(|words| find(words.args, id)).or_else(|| find(shared::ARGS, id))
}

pub(super) fn long_arg(path: &str, id: &str) -> Option<&'static str> {
    of(path).and_then(|words| find(words.long_args, id))
}

/// What a value means.
pub(super) fn value(path: &str, id: &str, name: &str) -> Option<&'static str> {
    let own = of(path).and_then(|words| find(words.values, id)).and_then(|values| find(values, name));
    own.or_else(|| find(shared::VALUES, id).and_then(|values| find(values, name)))
}

pub(super) fn heading(en: &str) -> Option<&'static str> {
    find(shared::HEADINGS, en)
}
