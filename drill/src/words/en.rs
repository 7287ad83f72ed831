//! The drill in English.

pub(super) fn said(english: &str) -> String {
    english.to_owned()
}

pub(super) fn headed(head: &str, said: &str) -> String {
    format!("{head}: {said}")
}

pub(super) const fn listing() -> &'static str {
    "; "
}

pub(super) fn listed(items: &[String]) -> String {
    items.join(", ")
}

pub(super) fn sentence(said: &str) -> String {
    format!("{said}.")
}

pub(super) fn aside(said: &str) -> String {
    format!(" ({said})")
}

pub(super) fn failed(why: &str) -> String {
    format!("error: {why}")
}

pub(super) fn together(names: &[&str]) -> String {
    match names {
        [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        _ => names.concat(),
    }
}

pub(super) fn verb(word: &str, one: bool) -> String {
    match (word, one) {
        ("skipped", _) => "skipped it".to_owned(),
        ("dead" | "wrong", true) => format!("is {word}"),
        ("dead" | "wrong", false) => format!("are {word}"),
        ("pass", true) => "passes".to_owned(),
        (_, true) => format!("{word}s"),
        (_, false) => word.to_owned(),
    }
}

pub(super) fn better(id: u8, name: &str, word: &str, was: &str) -> String {
    format!("row {id} {name} {} now (was {was})", verb(word, true))
}

pub(super) const fn bar() -> &'static str {
    "[{bar:24}] {pos}/{len} rows, {elapsed}{wide_msg}"
}
