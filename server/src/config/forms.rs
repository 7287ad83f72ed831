//! The forms of values: how each is read within its bounds, what is said when it is wrong, and how it is shown.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::time::Duration;

use vitals::Secret;
use vitals::units::{format_duration, format_size, parse_duration, parse_size};

use super::reader::{Value, Wanted};
use super::table::Form;

/// Bounds of every deadline.
pub(super) const DEADLINE: RangeInclusive<Duration> =
    Duration::from_millis(1)..=Duration::from_secs(24 * 3600);

/// A whole number within bounds.
pub(super) fn number<T: TryFrom<i64> + Display>(
    bounds: RangeInclusive<i64>,
    example: &'static str,
) -> impl Form<T> {
    let read = move |value: &Value<'_>| value.number(&bounds, example)?.try_into().ok();
    (read, |number: &T| Some(number.to_string()))
}

/// A number of things, at least one.
pub(super) fn count() -> impl Form<usize> {
    number(1..=1_000_000, "100")
}

/// A duration within bounds: a string with a unit, or a bare number of seconds.
pub(super) fn time(bounds: RangeInclusive<Duration>) -> impl Form<Duration> {
    let wanted = Wanted::new("a duration", "\"10s\"");
    let show = |duration: &Duration| format_duration(*duration);
    let read = move |value: &Value<'_>| value.quantity(wanted, &bounds, parse_duration, show);
    (read, move |duration: &Duration| Some(quoted(&show(duration))))
}

/// A size in bytes within bounds: a string with a unit, or a bare number of bytes.
pub(super) fn size(bounds: RangeInclusive<u64>) -> impl Form<usize> {
    let wanted = Wanted::new("a size", "\"32MiB\"");
    let show = |bytes: &u64| format_size(*bytes);
    (move |value: &Value<'_>| value.quantity(wanted, &bounds, parse_size, show).map(to_usize), in_bytes)
}

/// A size in bytes within bounds, or a share of the memory in percent.
pub(super) fn share(bounds: RangeInclusive<u64>) -> impl Form<usize> {
    let wanted = Wanted::new("a size or a share of the memory", "\"25%\" or \"512MiB\"");
    let read = move |value: &Value<'_>| {
        let whole = value.resolver().memory;
        let read = |text: &str| {
            let Some(share) = text.trim().strip_suffix('%') else { return parse_size(text) };
            match share.trim().parse::<u64>() {
                Ok(percent @ 1..=90) => {
                    Ok((whole / 100).saturating_mul(percent) + whole % 100 * percent / 100)
                }
                _ => Err(format!("`{text}` is not a share of the memory between 1% and 90%")),
            }
        };
        value.quantity(wanted, &bounds, read, |bytes| format_size(*bytes)).map(to_usize)
    };
    (read, in_bytes)
}

/// A text that something is made of.
pub(super) fn text<T>(
    wanted: Wanted,
    read: fn(&str) -> Result<T, String>,
    show: fn(&T) -> String,
) -> impl Form<T> {
    (move |value: &Value<'_>| value.parsed(wanted, read), move |made: &T| Some(quoted(&show(made))))
}

/// A text that is taken as it is.
pub(super) fn words(kind: &'static str, example: &'static str) -> impl Form<String> {
    text(Wanted::new(kind, example), |text| Ok(text.to_owned()), String::clone)
}

/// `true` or `false`.
pub(super) fn flag() -> impl Form<bool> {
    (|value: &Value<'_>| value.boolean("true"), |yes: &bool| Some(yes.to_string()))
}

/// A value that need not be there.
/// A word for yes or no.
pub(super) fn switch() -> impl Form<bool> {
    let find = |word: &str| match word {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err(format!("`{word}` is not known: write \"on\" or \"off\"")),
    };
    text(
        Wanted::new("a word", "\"on\""),
        find,
        |on: &bool| if *on { "on".to_owned() } else { "off".to_owned() },
    )
}

pub(super) fn optional<T>(form: impl Form<T>) -> impl Form<Option<T>> {
    let form = std::rc::Rc::new(form);
    let shown = std::rc::Rc::clone(&form);
    (move |value: &Value<'_>| form.read(value).map(Some), move |made: &Option<T>| shown.show(made.as_ref()?))
}

/// A reference to a secret that need not be there.
pub(super) fn token() -> impl Form<Option<Secret>> {
    let wanted = Wanted::secret("a reference to a secret", "\"env:NAME\" or \"file:/path\"");
    let read = move |value: &Value<'_>| {
        let secret = value.parsed(wanted, |reference| {
            let secret = value.resolver().secret(reference)?;
            value.resolver().came(&value.name, reference);
            Ok(secret)
        });
        secret.map(Some)
    };
    (read, |secret: &Option<Secret>| secret.as_ref().map(quoted))
}

/// A text in TOML.
pub(super) fn quoted(value: &(impl Display + ?Sized)) -> String {
    toml::Value::String(value.to_string()).to_string()
}

/// A list in TOML.
pub(super) fn list(items: impl IntoIterator<Item = String>) -> String {
    format!("[{}]", items.into_iter().collect::<Vec<_>>().join(", "))
}

/// A table in TOML, on one line; `None` for an empty one.
pub(super) fn table(entries: impl IntoIterator<Item = String>) -> Option<String> {
    let entries: Vec<String> = entries.into_iter().collect();
    (!entries.is_empty()).then(|| format!("{{ {} }}", entries.join(", ")))
}

/// In the largest unit in which the size is a whole number of few digits; where there is none, as of a share of the
/// memory, with one decimal.
pub(super) fn in_bytes(bytes: &usize) -> Option<String> {
    let whole = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB"), (1, "B")]
        .into_iter()
        .find(|(unit, _)| (*bytes > 0 || *unit == 1) && bytes.is_multiple_of(*unit))
        .filter(|(unit, _)| bytes / unit < 10_000);
    Some(match whole {
        Some((unit, name)) => quoted(&format_args!("{}{name}", bytes / unit)),
        None => quoted(&format_size(*bytes as u64).replace(".0", "").replace(' ', "")),
    })
}

pub(super) fn to_usize(bytes: u64) -> usize {
    usize::try_from(bytes).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_written_as_a_person_would_and_reads_as_the_same_text() {
        for (bytes, written) in [
            (32 << 20, "32MiB"),
            (1536 << 20, "1536MiB"),
            (6_331_317_248, "5.9GiB"),
            (25_325_268_992, "23.6GiB"),
            (1_100_000, "1MiB"),
            (1000, "1000B"),
            (0, "0B"),
        ] {
            assert_eq!(in_bytes(&bytes), Some(quoted(written)), "{bytes}");
            let again = parse_size(written).map(to_usize).unwrap();
            assert_eq!(in_bytes(&again), Some(quoted(written)));
        }
    }
}
