//! The language that this process speaks. It is known before the command line is read, because help and errors about
//! the command line speak it, too.

use std::ffi::OsString;

use clap::ValueEnum;
use vitals::Language;

/// A language by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LanguageArg {
    /// English.
    En,
    /// Chinese, simplified.
    Zh,
}

/// The first of them that is not empty decides.
const VARIABLES: [&str; 3] = ["LC_ALL", "LC_MESSAGES", "LANG"];

/// What the command line asks for, wherever it does so, otherwise what the system is set to. A wrong name is left to
/// the one who reads the command line.
pub(crate) fn spoken(line: &[OsString]) -> Language {
    asked(line).unwrap_or_else(|| of_system(|name| std::env::var(name).ok()))
}

fn asked(line: &[OsString]) -> Option<Language> {
    let mut words = line.iter().skip(1).map(|word| word.to_str().unwrap_or_default());
    let mut asked = None;
    while let Some(word) = words.next().filter(|word| *word != "--") {
        let name = match word.strip_prefix("--lang") {
            Some("") => words.next(),
            Some(rest) => rest.strip_prefix('='),
            None => None,
        };
        asked = name.and_then(Language::named).or(asked);
    }
    asked
}

fn of_system(variable: impl Fn(&str) -> Option<String>) -> Language {
    let set = VARIABLES.into_iter().filter_map(variable).find(|value| !value.is_empty());
    set.or_else(of_user).map_or(Language::En, |locale| Language::of_locale(&locale))
}

/// What the user has chosen for windows and menus.
#[cfg(windows)]
fn of_user() -> Option<String> {
    sys_locale::get_locale()
}

#[cfg(not(windows))]
fn of_user() -> Option<String> {
    None
}

#[cfg(test)]
mod tests {
    use vitals::Language::{En, Zh};

    use super::{asked, of_system};

    #[test]
    fn the_command_line_decides_wherever_it_says_so() {
        let said = |line: &str| asked(&line.split(' ').map(Into::into).collect::<Vec<_>>());
        for (line, language) in [
            ("watertight --lang zh -h", Some(Zh)),
            ("watertight -h --lang zh", Some(Zh)),
            ("watertight watch --lang=zh -n", Some(Zh)),
            ("watertight --lang=en", Some(En)),
            ("watertight --lang zh watch --lang en", Some(En)),
            ("watertight --lang fr", None),
            ("watertight --lang", None),
            ("watertight --language zh", None),
            ("watertight watch -- --lang zh", None),
            ("--lang zh", None),
        ] {
            assert_eq!(said(line), language, "{line}");
        }
    }

    #[cfg(not(windows))]
    #[test]
    fn the_first_variable_that_says_something_decides() {
        let of = |set: &[(&str, &str)]| {
            of_system(|name| set.iter().find(|(own, _)| *own == name).map(|(_, value)| (*value).to_owned()))
        };
        assert_eq!(of(&[]), En);
        assert_eq!(of(&[("LANG", "zh_CN.UTF-8")]), Zh);
        assert_eq!(of(&[("LANG", "zh_CN.UTF-8"), ("LC_ALL", "C")]), En);
        assert_eq!(of(&[("LANG", "zh_CN.UTF-8"), ("LC_ALL", "")]), Zh);
        assert_eq!(of(&[("LANG", "en_US.UTF-8"), ("LC_MESSAGES", "zh_CN.UTF-8")]), Zh);
        assert_eq!(of(&[("LC_ALL", "POSIX"), ("LC_MESSAGES", "zh_CN.UTF-8")]), En);
    }
}
