//! The configuration of a relay that the drill starts itself.

use std::fmt::Write;
use std::time::Duration;

use vitals::units::{format_duration, parse_duration};

use super::plan::{Channel, Plan};

/// By how much `--full` shortens the relay's default deadlines: a minute becomes a second.
pub(crate) const SCALE: u32 = 60;

/// A deadline's key, its short value and its default, in milliseconds. Short ones are still long for a busy machine:
/// a row that waits for one sets it shorter.
const DEADLINES: [(&str, u64, u64); 12] = [
    ("connect", 5000, 10_000),
    ("first_byte", 20_000, 900_000),
    ("idle", 20_000, 300_000),
    ("finish", 5000, 10_000),
    ("total", 60_000, 900_000),
    ("client_write", 10_000, 30_000),
    ("error_body", 500, 5000),
    ("request_header", 10_000, 10_000),
    ("request_body", 10_000, 60_000),
    ("tls", 5000, 10_000),
    ("client_idle", 5000, 75_000),
    // Short: after each row it is waited for.
    ("upstream_idle", 1500, 30_000),
];

/// The deadline of idle upstream connections; `None` where a row keeps them for longer than is worth waiting for.
pub(crate) fn upstream_idle(plan: &Plan, scaled: bool) -> Option<Duration> {
    let (_, short, default) = DEADLINES.into_iter().find(|(key, ..)| *key == "upstream_idle")?;
    let own = plan.settings.iter().find(|setting| setting.key == "upstream_idle");
    let own = own.and_then(|setting| parse_duration(setting.toml.trim_matches('"')).ok());
    match own {
        _ if scaled => Some(Duration::from_millis(default / u64::from(SCALE))),
        Some(own) => Some(own).filter(|own| *own <= Duration::from_secs(5)),
        None => Some(Duration::from_millis(short)),
    }
}

/// The file's text.
pub(crate) fn text(plan: &Plan, scaled: bool) -> String {
    let mut text = "[timeouts]\n".to_owned();
    for (key, short, default) in DEADLINES {
        let own = plan.settings.iter().find(|s| s.section == "timeouts" && s.key == key);
        let scaled_ms = Duration::from_millis(default / u64::from(SCALE));
        // Writing to a string does not fail.
        let _ = match own {
            _ if scaled => writeln!(text, "{key} = \"{}\"", format_duration(scaled_ms)),
            Some(own) => writeln!(text, "{key} = \"{}\"", own.toml),
            None => writeln!(text, "{key} = \"{}\"", format_duration(Duration::from_millis(short))),
        };
    }
    for section in ["limits", "failover", "shutdown"] {
        let own = plan.settings.iter().filter(|s| s.section == section);
        let lines: Vec<String> = own.map(|s| format!("{} = {}\n", s.key, s.toml)).collect();
        if !lines.is_empty() {
            let _ = write!(text, "[{section}]\n{}", lines.concat());
        }
    }
    text.push_str(&plan.toml);
    plan.channels.iter().for_each(|channel| channel.write(&mut text));
    text
}

impl Channel {
    /// Appends it as a table.
    pub(crate) fn write(&self, text: &mut String) {
        let Self { name, at, extra } = self;
        let scheme = if at.contains("://") { "" } else { "http://" };
        let _ = writeln!(
            text,
            // A provider that speaks both dialects.
            "[[channels]]\nname = \"{name}\"\nprovider = \"xai\"\nbase_url = \"{scheme}{at}\"\n\
             keys = [\"env:DRILL_PROVIDER_KEY\"]\n{extra}"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::relay::plan::{Setting, deadline, setting};

    #[test]
    fn a_row_s_own_deadline_wins_except_when_all_are_scaled() {
        static SETTINGS: [Setting; 2] = [deadline("idle", "700ms"), setting("limits", "in_flight", "5")];
        let plan = Plan::new(([127, 0, 0, 1], 9).into(), &SETTINGS);
        let short = text(&plan, false);
        assert!(short.contains("idle = \"700ms\"") && short.contains("first_byte = \"20s\""), "{short}");
        assert!(short.contains("[limits]\nin_flight = 5\n"), "{short}");
        let scaled = text(&plan, true);
        assert!(scaled.contains("idle = \"5s\"") && scaled.contains("first_byte = \"15s\""), "{scaled}");
        assert!(scaled.contains("base_url = \"http://127.0.0.1:9\""), "{scaled}");
    }
}
