//! The language of what people read: decided once for the process, before its command line is read, and asked for
//! wherever words are made. What programs read is English always.
//!
//! Whoever makes words for programs through a function that speaks wraps it in [`Language::during`].

use std::cell::Cell;
use std::sync::OnceLock;

/// A language that there are words in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// English.
    #[default]
    En,
    /// Chinese, simplified.
    Zh,
}

static DECIDED: OnceLock<Language> = OnceLock::new();

thread_local! {
    static FOR_NOW: Cell<Option<Language>> = const { Cell::new(None) };
}

impl Language {
    /// All of them, by the names that the command line takes.
    pub const NAMES: [(&str, Self); 2] = [("en", Self::En), ("zh", Self::Zh)];

    /// By its name on the command line.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::NAMES.into_iter().find(|(own, _)| *own == name).map(|(_, language)| language)
    }

    /// That of a locale's name as systems write it: `zh_CN.UTF-8`, `zh-Hans-CN`, `C`, `de_DE@euro`. English where
    /// there are no words in that language.
    #[must_use]
    pub fn of_locale(name: &str) -> Self {
        let language = name.split(['_', '-', '.', '@']).next().unwrap_or_default();
        if language.eq_ignore_ascii_case("zh") { Self::Zh } else { Self::En }
    }

    /// Makes it the language of this process. The first decision holds.
    pub fn decide(self) {
        let _ = DECIDED.set(self);
    }

    /// The language to speak: English unless another one was decided.
    #[must_use]
    pub fn current() -> Self {
        FOR_NOW.get().or_else(|| DECIDED.get().copied()).unwrap_or_default()
    }

    /// Does something in this language, whatever that of the process is. It holds for this thread only.
    pub fn during<T>(self, act: impl FnOnce() -> T) -> T {
        struct Before(Option<Language>);
        impl Drop for Before {
            fn drop(&mut self) {
                FOR_NOW.set(self.0);
            }
        }
        let _before = Before(FOR_NOW.replace(Some(self)));
        act()
    }

    /// The words of this language.
    #[must_use]
    pub fn pick<T>(self, en: T, zh: T) -> T {
        match self {
            Self::En => en,
            Self::Zh => zh,
        }
    }
}

/// The words of a crate, by language: each language is a module beside the call with the same functions, and whoever
/// speaks finds the one of the language that is spoken. A message that lacks its translation does not compile.
#[macro_export]
macro_rules! speak {
    ($($(#[$about:meta])* $name:ident($($given:ident: $kind:ty),*) -> $words:ty;)*) => {$(
        $(#[$about])*
        pub(crate) fn $name($($given: $kind),*) -> $words {
            match $crate::Language::current() {
                $crate::Language::En => en::$name($($given),*),
                $crate::Language::Zh => zh::$name($($given),*),
            }
        }
    )*};
}

#[cfg(test)]
mod tests {
    use super::Language::{self, En, Zh};

    #[test]
    fn locales() {
        for (name, language) in [
            ("zh", Zh),
            ("zh_CN.UTF-8", Zh),
            ("zh_TW", Zh),
            ("zh-Hans-CN", Zh),
            ("ZH_cn", Zh),
            ("zh@pinyin", Zh),
            ("C", En),
            ("C.UTF-8", En),
            ("POSIX", En),
            ("en_GB.UTF-8", En),
            ("de_DE@euro", En),
            ("zhx", En),
            ("", En),
        ] {
            assert_eq!(Language::of_locale(name), language, "{name}");
        }
    }

    #[test]
    fn for_now_ends_also_by_a_panic() {
        assert_eq!(Language::current(), En);
        let seen = Zh.during(|| (Language::current(), En.during(Language::current), Language::current()));
        assert_eq!(seen, (Zh, En, Zh));
        let _ = std::panic::catch_unwind(|| Zh.during(|| std::panic::resume_unwind(Box::new(()))));
        assert_eq!(Language::current(), En);
    }
}
