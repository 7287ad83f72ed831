//! The forms of values: how each is read within its bounds, what is said when it is wrong, and how it is shown.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::time::Duration;

use vitals::Secret;
use vitals::units::{format_duration, format_size, parse_duration, parse_size};

use super::reader::{Value, Wanted};
use super::secrets::Resolver;
use super::table::Form;

/// A number of things, at least one.
pub(super) const COUNT: Number = Number(1..=1_000_000, "100");
/// A deadline.
pub(super) const DEADLINE: Time = Time(Duration::from_millis(1)..=Duration::from_secs(24 * 3600));

/// A whole number within bounds, and an example.
pub(super) struct Number(pub(super) RangeInclusive<i64>, pub(super) &'static str);

impl<T: TryFrom<i64> + Display> Form<T> for Number {
    fn read(&self, value: Value<'_>, _: &Resolver<'_>) -> Option<T> {
        value.number(&self.0, self.1)?.try_into().ok()
    }

    fn show(&self, value: &T) -> Option<String> {
        Some(value.to_string())
    }
}

/// A duration within bounds: a string with a unit, or a bare number of seconds.
pub(super) struct Time(pub(super) RangeInclusive<Duration>);

impl Form<Duration> for Time {
    fn read(&self, value: Value<'_>, _: &Resolver<'_>) -> Option<Duration> {
        let wanted = Wanted::new("a duration", "\"10s\"");
        value.quantity(wanted, &self.0, parse_duration, |d| format_duration(*d))
    }

    fn show(&self, value: &Duration) -> Option<String> {
        Some(quoted(&format_duration(*value)))
    }
}

/// A size in bytes within bounds: a string with a unit, or a bare number of bytes.
pub(super) struct Size(pub(super) RangeInclusive<u64>);

impl Form<usize> for Size {
    fn read(&self, value: Value<'_>, _: &Resolver<'_>) -> Option<usize> {
        let wanted = Wanted::new("a size", "\"32MiB\"");
        value.quantity(wanted, &self.0, parse_size, |n| format_size(*n)).map(to_usize)
    }

    fn show(&self, value: &usize) -> Option<String> {
        Some(quoted(&size(*value)))
    }
}

/// A size in bytes within bounds, or a share of the memory in percent.
pub(super) struct Share(pub(super) RangeInclusive<u64>);

impl Form<usize> for Share {
    fn read(&self, value: Value<'_>, from: &Resolver<'_>) -> Option<usize> {
        let whole = from.memory;
        let read = |text: &str| {
            let Some(share) = text.trim().strip_suffix('%') else { return parse_size(text) };
            match share.trim().parse::<u64>() {
                Ok(percent @ 1..=90) => {
                    Ok((whole / 100).saturating_mul(percent) + whole % 100 * percent / 100)
                }
                _ => Err(format!("`{text}` is not a share of the memory between 1% and 90%")),
            }
        };
        let wanted = Wanted::new("a size or a share of the memory", "\"25%\" or \"512MiB\"");
        value.quantity(wanted, &self.0, read, |n| format_size(*n)).map(to_usize)
    }

    fn show(&self, value: &usize) -> Option<String> {
        Some(quoted(&size(*value)))
    }
}

/// A text that something is made of.
pub(super) struct Text<T> {
    pub(super) wanted: Wanted,
    pub(super) read: fn(&str) -> Result<T, String>,
    pub(super) show: fn(&T) -> String,
}

impl<T> Form<T> for Text<T> {
    fn read(&self, value: Value<'_>, _: &Resolver<'_>) -> Option<T> {
        value.parsed(self.wanted, self.read)
    }

    fn show(&self, value: &T) -> Option<String> {
        Some(quoted(&(self.show)(value)))
    }
}

/// A text that is taken as it is.
pub(super) const fn words(kind: &'static str, example: &'static str) -> Text<String> {
    let read = |text: &str| Ok(text.to_owned());
    Text { wanted: Wanted::new(kind, example), read, show: String::clone }
}

/// `true` or `false`.
pub(super) struct Flag;

impl Form<bool> for Flag {
    fn read(&self, value: Value<'_>, _: &Resolver<'_>) -> Option<bool> {
        value.boolean("true")
    }

    fn show(&self, value: &bool) -> Option<String> {
        Some(value.to_string())
    }
}

/// A reference to a secret that need not be there.
pub(super) struct Token;

impl Form<Option<Secret>> for Token {
    fn read(&self, value: Value<'_>, from: &Resolver<'_>) -> Option<Option<Secret>> {
        let wanted = Wanted::secret("a reference to a secret", "\"env:NAME\" or \"file:/path\"");
        let secret = value.parsed(wanted, |reference| {
            let secret = from.secret(reference)?;
            from.came(&value.name, reference);
            Ok(secret)
        });
        secret.map(Some)
    }

    fn show(&self, value: &Option<Secret>) -> Option<String> {
        value.as_ref().map(quoted)
    }
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

/// The largest unit in which the size is a whole number.
fn size(bytes: usize) -> String {
    let (unit, name) = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")]
        .into_iter()
        .find(|(unit, _)| bytes > 0 && bytes.is_multiple_of(*unit))
        .unwrap_or((1, "B"));
    format!("{}{name}", bytes / unit)
}

pub(super) fn to_usize(bytes: u64) -> usize {
    usize::try_from(bytes).unwrap_or(usize::MAX)
}
