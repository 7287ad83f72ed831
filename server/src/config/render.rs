//! The effective configuration as TOML, secrets masked.

use std::collections::BTreeMap;
use std::fmt::{Display, Write};

use super::channels::Shown;
use super::settings::{Channel, Config, SECTIONS, TOP};
use super::table::Key;
use super::{callers, channels, tls};

impl Config {
    /// The configuration as it holds, as TOML: every value, also the defaults; secrets as `***`. Comments name the
    /// origin of values that are neither from the file nor defaults; `say` puts them into a language.
    #[must_use]
    pub fn render(&self, say: fn(&str) -> String) -> String {
        let mut page = Page { text: String::new(), origins: &self.source.origins, say };
        match &self.source.file {
            Some(file) => page.line(say(&format!("# from {}", file.display()))),
            None => page.line(say("# no configuration file")),
        }
        page.settings("", TOP, self);
        if let Some(tls) = &self.live.tls {
            page.record("[tls]", "tls", tls::KEYS, tls);
        }
        for part in SECTIONS {
            page.line(format_args!("\n[{}]", part.name));
            page.settings(part.name, part.keys, self);
        }
        for key in &self.live.keys {
            page.record("[[keys]]", &format!("keys.{}", key.name), callers::KEYS, key);
        }
        for channel in &self.live.channels {
            let place = format!("channels.{}", channel.name);
            let shown = Shown { channel: channel.clone(), general: self.live.timeouts.clone() };
            page.record("[[channels]]", &place, channels::KEYS, &shown);
            page.addresses(channel);
        }
        page.text
    }
}

struct Page<'a> {
    text: String,
    origins: &'a BTreeMap<String, String>,
    say: fn(&str) -> String,
}

impl Page<'_> {
    fn line(&mut self, line: impl Display) {
        // Writing into a string cannot fail.
        let _ = writeln!(self.text, "{line}");
    }

    /// One value, with its origin where that is worth saying. `place` is where the origin is kept.
    fn value(&mut self, place: &str, key: &str, value: &str) {
        let full = if place.is_empty() { key.to_owned() } else { format!("{place}.{key}") };
        match self.origins.get(&full) {
            Some(origin) => {
                let origin = (self.say)(&format!("# from {}", origin.escape_debug()));
                self.line(format_args!("{key} = {value}  {origin}"));
            }
            None => self.line(format_args!("{key} = {value}")),
        }
    }

    fn settings(&mut self, section: &str, keys: &[Key<Config>], config: &Config) {
        for key in keys {
            match (key.show)(config) {
                Some(value) => self.value(section, key.name, &value),
                None => self.line((self.say)(&format!("# {}: none", key.name))),
            }
        }
    }

    /// Where a channel's operations go, which its base URL alone does not show.
    fn addresses(&mut self, channel: &Channel) {
        let Some(base) = &channel.base_url else { return };
        for (dialect, offer) in channel.offers() {
            let path = channel.path(dialect, Some(offer.operation), offer.outbound);
            self.line(format_args!("# {}: {}{path}", offer.inbound, base.origin()));
        }
    }

    /// The values that a record has, tables last.
    fn record<D, T>(&mut self, head: &str, place: &str, keys: &[Key<D, T>], of: &T) {
        self.line(format_args!("\n{head}"));
        let shown = keys.iter().filter_map(|key| Some((key.name, (key.show)(of)?)));
        let (tables, values): (Vec<_>, Vec<_>) = shown.partition(|(_, value)| value.starts_with('{'));
        values.iter().chain(&tables).for_each(|(key, value)| self.value(place, key, value));
    }
}
