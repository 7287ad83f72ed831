//! The configuration of a relay that the drill starts itself.

use std::{fmt::Write, net::SocketAddr, time::Duration};

use vitals::units::format_duration;

/// By how much `--full` shortens the relay's default deadlines: a minute becomes a second.
pub(crate) const SCALE: u32 = 60;

/// A deadline's key, its short value and its default, in milliseconds.
const DEADLINES: [(&str, u64, u64); 11] = [
    ("connect", 1000, 10_000),
    ("first_byte", 2000, 900_000),
    ("idle", 2000, 300_000),
    ("total", 12_000, 900_000),
    ("client_write", 2000, 30_000),
    ("error_body", 500, 5000),
    ("request_header", 2000, 10_000),
    ("request_body", 2000, 60_000),
    ("tls", 2000, 10_000),
    ("client_idle", 5000, 75_000),
    ("upstream_idle", 5000, 30_000),
];

/// One line of one section.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setting {
    pub(crate) section: &'static str,
    pub(crate) key: &'static str,
    /// The value as TOML.
    pub(crate) toml: &'static str,
}

/// A deadline that a row needs; `--full` scales the default instead.
pub(crate) const fn deadline(key: &'static str, toml: &'static str) -> Setting {
    Setting { section: "timeouts", key, toml }
}

/// A setting that a row needs, in every run.
pub(crate) const fn setting(section: &'static str, key: &'static str, toml: &'static str) -> Setting {
    Setting { section, key, toml }
}

/// A channel of the configuration.
#[derive(Clone, Debug)]
pub(crate) struct Channel {
    pub(crate) name: &'static str,
    /// Where it is: `host:port`.
    pub(crate) at: String,
    /// Further lines of TOML.
    pub(crate) extra: String,
}

impl Channel {
    /// A channel for every model, in both dialects, so that no other one is tried in its place.
    pub(crate) fn only(at: SocketAddr) -> Self {
        Self { name: "drill", at: at.to_string(), extra: String::new() }
    }

    /// A channel that knows `model` as `upstream`.
    pub(crate) fn mapped(name: &'static str, at: &str, model: &str, upstream: &str, priority: u32) -> Self {
        let extra =
            format!("models = [{{ name = \"{model}\", upstream = \"{upstream}\" }}]\npriority = {priority}");
        Self { name, at: at.to_owned(), extra }
    }
}

/// The file's text.
pub(crate) fn text(channels: &[Channel], settings: &[Setting], scaled: bool) -> String {
    let mut text = "[timeouts]\n".to_owned();
    for (key, short, default) in DEADLINES {
        let own = settings.iter().find(|s| s.section == "timeouts" && s.key == key);
        let scaled_ms = Duration::from_millis(default / u64::from(SCALE));
        // Writing to a string does not fail.
        let _ = match own {
            _ if scaled => writeln!(text, "{key} = \"{}\"", format_duration(scaled_ms)),
            Some(own) => writeln!(text, "{key} = \"{}\"", own.toml),
            None => writeln!(text, "{key} = \"{}\"", format_duration(Duration::from_millis(short))),
        };
    }
    let mut sections: Vec<&str> = settings.iter().map(|s| s.section).filter(|s| *s != "timeouts").collect();
    sections.dedup();
    for section in sections {
        let _ = writeln!(text, "[{section}]");
        for setting in settings.iter().filter(|s| s.section == section) {
            let _ = writeln!(text, "{} = {}", setting.key, setting.toml);
        }
    }
    for Channel { name, at, extra } in channels {
        let _ = writeln!(
            text,
            // A provider that speaks both dialects.
            "[[channels]]\nname = \"{name}\"\nprovider = \"xai\"\nbase_url = \"http://{at}\"\n\
             keys = [\"env:DRILL_PROVIDER_KEY\"]\n{extra}"
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_s_own_deadline_wins_except_when_all_are_scaled() {
        let settings = [deadline("idle", "700ms"), setting("limits", "in_flight", "5")];
        let channel = Channel::only(([127, 0, 0, 1], 9).into());
        let short = text(std::slice::from_ref(&channel), &settings, false);
        assert!(short.contains("idle = \"700ms\"") && short.contains("first_byte = \"2s\""), "{short}");
        assert!(short.contains("[limits]\nin_flight = 5\n"), "{short}");
        let scaled = text(&[channel], &settings, true);
        assert!(scaled.contains("idle = \"5s\"") && scaled.contains("first_byte = \"15s\""), "{scaled}");
        assert!(scaled.contains("base_url = \"http://127.0.0.1:9\""), "{scaled}");
    }
}
