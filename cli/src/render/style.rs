//! The terminal: whether it gets colour, and how many columns it has.

use std::io::IsTerminal;

use crate::args::Color;

/// Tells whether stdout gets colour.
pub(crate) fn use_color(color: Color) -> bool {
    decide(color, |name| std::env::var(name).ok(), std::io::stdout().is_terminal())
}

/// The flag, over NO_COLOR, over CLICOLOR_FORCE and FORCE_COLOR, over TERM=dumb, over what stdout is.
fn decide(color: Color, env: impl Fn(&str) -> Option<String>, terminal: bool) -> bool {
    let set = |name: &str| env(name).is_some_and(|value| !value.is_empty());
    let forced = |name: &str| env(name).is_some_and(|value| !value.is_empty() && value != "0");
    match color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto if set("NO_COLOR") => false,
        Color::Auto if forced("CLICOLOR_FORCE") || forced("FORCE_COLOR") => true,
        Color::Auto => terminal && env("TERM").is_none_or(|term| term != "dumb"),
    }
}

/// The columns of stdout; 80 where it is no terminal.
pub(crate) fn width() -> usize {
    terminal_width().unwrap_or(80)
}

/// The columns of stdout, if it is a terminal.
pub(crate) fn terminal_width() -> Option<usize> {
    terminal_size::terminal_size_of(std::io::stdout()).map(|(columns, _)| usize::from(columns.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_color_settings() {
        let decide = |color, env: &[(&str, &str)], terminal| {
            decide(color, |name| env.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned()), terminal)
        };
        assert!(decide(Color::Auto, &[], true));
        assert!(!decide(Color::Auto, &[], false));
        assert!(!decide(Color::Auto, &[("TERM", "dumb")], true));
        assert!(decide(Color::Auto, &[("TERM", "dumb"), ("FORCE_COLOR", "1")], false));
        assert!(decide(Color::Auto, &[("CLICOLOR_FORCE", "1")], false));
        assert!(!decide(Color::Auto, &[("CLICOLOR_FORCE", "0")], false));
        assert!(!decide(Color::Auto, &[("NO_COLOR", "1"), ("FORCE_COLOR", "1")], true));
        assert!(decide(Color::Auto, &[("NO_COLOR", "")], true));
        assert!(decide(Color::Always, &[("NO_COLOR", "1")], false));
        assert!(!decide(Color::Never, &[("FORCE_COLOR", "1")], true));
    }
}
