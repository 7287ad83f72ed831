//! What forms the parts of a result have, as a table can say it, and in words what has another one.

use serde_json::{Map, Value};

use crate::run::Grade;

/// A key of an object, and what stands there.
pub(super) struct Key {
    name: &'static str,
    form: Form,
    /// It is always there.
    must: bool,
    /// `null` says that it is not known.
    null: bool,
}

/// What may stand in a place.
pub(super) enum Form {
    Text,
    /// A text that is not empty.
    Name,
    /// A number of a row.
    Id,
    Flag,
    /// One of these texts.
    Word(&'static [&'static str]),
    /// A verdict of a row.
    Grade,
    Count,
    Number,
    /// Of a whole.
    Part,
    /// Before and after.
    Pair,
    Texts,
    /// By name.
    Counts,
    Numbers,
    Object,
    /// An object with these keys, and a list of such.
    Of(&'static [Key]),
    Each(&'static [Key]),
}

impl Key {
    pub(super) const fn must(name: &'static str, form: Form) -> Self {
        Self { name, form, must: true, null: false }
    }

    pub(super) const fn may(name: &'static str, form: Form) -> Self {
        Self { name, form, must: false, null: false }
    }

    pub(super) const fn or_null(name: &'static str, form: Form) -> Self {
        Self { name, form, must: false, null: true }
    }
}

/// Checks all keys of an object.
///
/// # Errors
/// A fragment that names the first place where something else stands.
pub(super) fn check(value: &Value, keys: &[Key]) -> Result<(), String> {
    let object = value.as_object().ok_or_else(|| format!("{} is no object", short(value)))?;
    keys.iter().try_for_each(|key| at(object, key, ""))
}

fn at(object: &Map<String, Value>, key: &Key, before: &str) -> Result<(), String> {
    let place = format!("{before}{}", key.name);
    let wrong = |is: &str| Err(format!("`{place}` is {is}, and must be {}", key.form.words()));
    match object.get(key.name) {
        None if key.must => wrong("missing"),
        None => Ok(()),
        Some(Value::Null) if key.null => Ok(()),
        Some(value) if !key.form.is_of(value) => wrong(&short(value)),
        Some(value) => key.form.inside(value, &place),
    }
}

impl Form {
    /// Tells whether a value has this form, as far as it is seen from outside.
    fn is_of(&self, value: &Value) -> bool {
        let number = |value: &Value| value.as_f64().is_some_and(|number| number >= 0.0);
        let list = |of: fn(&Value) -> bool| value.as_array().is_some_and(|all| all.iter().all(of));
        match self {
            Self::Text => value.is_string(),
            Self::Name => value.as_str().is_some_and(|text| !text.is_empty()),
            Self::Id => value.as_u64().is_some_and(|id| u8::try_from(id).is_ok()),
            Self::Flag => value.is_boolean(),
            Self::Word(words) => value.as_str().is_some_and(|word| words.contains(&word)),
            Self::Grade => value.as_str().and_then(Grade::read).is_some(),
            Self::Count => value.is_u64(),
            Self::Number => number(value),
            Self::Part => value.as_f64().is_some_and(|part| (0.0..=1.0).contains(&part)),
            Self::Pair => list(Value::is_u64) && value.as_array().is_some_and(|all| all.len() == 2),
            Self::Texts => list(Value::is_string),
            Self::Counts => value.as_object().is_some_and(|all| all.values().all(Value::is_u64)),
            Self::Numbers => value.as_object().is_some_and(|all| all.values().all(number)),
            Self::Object | Self::Of(_) => value.is_object(),
            Self::Each(_) => list(Value::is_object),
        }
    }

    /// Checks what is inside.
    fn inside(&self, value: &Value, place: &str) -> Result<(), String> {
        let of = |value: &Value, keys: &[Key], before: &str| match value.as_object() {
            Some(object) => keys.iter().try_for_each(|key| at(object, key, before)),
            None => Ok(()),
        };
        match (self, value) {
            (Self::Of(keys), value) => of(value, keys, &format!("{place}.")),
            (Self::Each(keys), Value::Array(all)) => {
                let mut all = all.iter().enumerate();
                all.try_for_each(|(n, value)| of(value, keys, &format!("{place}[{n}].")))
            }
            _ => Ok(()),
        }
    }

    fn words(&self) -> String {
        let words = match self {
            Self::Text => "a text",
            Self::Name => "a text that is not empty",
            Self::Id => "a whole number from 0 to 255",
            Self::Flag => "true or false",
            Self::Word(words) => return format!("one of {}", words.join(", ")),
            Self::Grade => return format!("one of {}", Grade::ALL.map(Grade::word).join(", ")),
            Self::Count => "a whole number, 0 or more",
            Self::Number => "a number, 0 or more",
            Self::Part => "a number from 0 to 1",
            Self::Pair => "a list of two whole numbers",
            Self::Texts => "a list of texts",
            Self::Counts => "whole numbers by name",
            Self::Numbers => "numbers by name",
            Self::Object | Self::Of(_) => "an object",
            Self::Each(_) => "a list of objects",
        };
        words.to_owned()
    }
}

/// A value that is not what it should be, in a few characters.
pub(super) fn short(value: &Value) -> String {
    const MOST: usize = 40;
    let text = value.to_string();
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
