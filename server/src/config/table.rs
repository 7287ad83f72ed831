//! A key of the configuration is one row of a table: its name, how it is read and how it is shown. Everything that
//! goes through keys (reading, `serve --check`, hints, the tests of the example and of the documentation) goes through
//! these rows.

use super::reader::{Section, Value};

/// How values of a type are read and shown: two functions.
pub(super) trait Form<T> {
    /// The value, or `None` where it is wrong: that is noted.
    fn read(&self, value: &Value<'_>) -> Option<T>;

    /// The value in TOML; `None`: there is nothing to show.
    fn show(&self, value: &T) -> Option<String>;
}

impl<T, R: Fn(&Value<'_>) -> Option<T>, S: Fn(&T) -> Option<String>> Form<T> for (R, S) {
    fn read(&self, value: &Value<'_>) -> Option<T> {
        self.0(value)
    }

    fn show(&self, value: &T) -> Option<String> {
        self.1(value)
    }
}

/// A key of a section that is read into a `D` and shown from a `T`.
pub(super) struct Key<D, T = D> {
    pub(super) name: &'static str,
    /// Another key of the section, read first because it bounds this one.
    pub(super) within: &'static [&'static str],
    /// Returns whether the value is right.
    pub(super) read: fn(&Value<'_>, &mut D) -> bool,
    pub(super) show: fn(&T) -> Option<String>,
}

/// Reads the keys of a section into `into`. Returns those that are there and right.
pub(super) fn lay<D, T>(section: &mut Section<'_>, keys: &[Key<D, T>], into: &mut D) -> Vec<&'static str> {
    let mut order: Vec<&Key<D, T>> = Vec::new();
    for key in keys {
        let bounds = keys.iter().filter(|bound| key.within.contains(&bound.name));
        for next in bounds.chain([key]) {
            if order.iter().all(|before| before.name != next.name) {
                order.push(next);
            }
        }
    }
    let mut read = |key: &&Key<D, T>| {
        let Some(value) = section.get(key.name).filter(|value| (key.read)(value, into)) else { return false };
        value.stands();
        true
    };
    order.into_iter().filter(|key| read(key)).map(|key| key.name).collect()
}

/// The table of a section that may be there many times: what is given, and what is shown of the value made of it.
///
/// `key: type of the value, its form, where it is in what was made of it;`
macro_rules! record {
    ($(#[$doc:meta])* $Given:ident => $Made:ty; $($key:ident: $type:ty, $form:expr, $get:expr;)+) => {
        $(#[$doc])*
        #[derive(Default)]
        pub(super) struct $Given {
            $($key: Option<$type>,)+
        }

        /// Every key, in the order in which they are read.
        pub(super) const KEYS: &[Key<$Given, $Made>] = &[$(Key {
            name: stringify!($key),
            within: &[],
            read: |value, given| {
                given.$key = $form.read(value);
                given.$key.is_some()
            },
            show: |made| {
                let get: fn(&$Made) -> Option<$type> = $get;
                get(made).and_then(|value| $form.show(&value))
            },
        }),+];

        impl $Given {
            fn read(section: &mut Section<'_>) -> Self {
                let mut given = Self::default();
                lay(section, KEYS, &mut given);
                given
            }
        }
    };
}
pub(super) use record;
