//! The effective configuration as TOML, secrets masked.

use std::fmt::{Display, Write};
use std::time::Duration;

use adaptors::adaptor::Dialect;
use vitals::units::format_duration;

use super::channel::{Channel, auth_name};
use super::pattern::{ModelPattern, ModelRule};
use super::settings::{CallerKey, Config, Limits, Monitor, OnDisconnect, Timeouts};

impl Config {
    /// The configuration as it holds, as TOML: every value, also the defaults; secrets as `***`. Comments name the
    /// origin of values that are neither from the file nor defaults.
    #[must_use]
    pub fn render(&self) -> String {
        let mut page = Page { text: String::new(), config: self };
        match &self.source.file {
            Some(file) => page.line(format_args!("# from {}", file.display())),
            None => page.line(format_args!("# no configuration file")),
        }
        page.value("", "listen", quoted(&self.listen));
        if let Some(tls) = &self.tls {
            page.head("[tls]");
            page.value("tls", "cert", quoted(&tls.cert.display()));
            page.value("tls", "key", quoted(&tls.key.display()));
        }
        limits(&mut page, &self.limits);
        timeouts(&mut page, &self.timeouts);
        page.head("[failover]");
        page.value("failover", "attempts", self.failover.attempts);
        page.head("[shutdown]");
        page.duration("shutdown", "drain", self.shutdown.drain);
        page.head("[admin]");
        page.token("admin", self.admin.token.is_some());
        monitor(&mut page, &self.monitor);
        self.keys.iter().for_each(|key| caller(&mut page, key));
        self.channels.iter().for_each(|one| channel(&mut page, one, &self.timeouts));
        page.text
    }
}

struct Page<'a> {
    text: String,
    config: &'a Config,
}

impl Page<'_> {
    fn line(&mut self, line: impl Display) {
        // Writing into a string cannot fail.
        let _ = writeln!(self.text, "{line}");
    }

    fn head(&mut self, head: &str) {
        self.line(format_args!("\n{head}"));
    }

    /// One value, with its origin where that is worth saying. `place` is where the origin is kept.
    fn value(&mut self, place: &str, key: &str, value: impl Display) {
        let full = if place.is_empty() { key.to_owned() } else { format!("{place}.{key}") };
        match self.config.source.origins.get(&full) {
            Some(origin) => self.line(format_args!("{key} = {value}  # from {}", origin.escape_debug())),
            None => self.line(format_args!("{key} = {value}")),
        }
    }

    fn duration(&mut self, place: &str, key: &str, duration: Duration) {
        self.value(place, key, quoted(&format_duration(duration)));
    }

    fn token(&mut self, place: &str, set: bool) {
        if set {
            self.value(place, "token", quoted(&"***"));
        } else {
            self.line("# token: none");
        }
    }
}

fn limits(page: &mut Page<'_>, limits: &Limits) {
    let Limits { in_flight, connections, request_body, buffered, sse_event, memory, on_disconnect } = limits;
    page.head("[limits]");
    page.value("limits", "in_flight", in_flight);
    page.value("limits", "connections", connections);
    page.value("limits", "request_body", quoted(&size(*request_body)));
    page.value("limits", "buffered", quoted(&size(*buffered)));
    page.value("limits", "sse_event", quoted(&size(*sse_event)));
    page.value("limits", "memory", quoted(&size(*memory)));
    match on_disconnect {
        OnDisconnect::Cancel => page.value("limits", "on_disconnect", quoted(&"cancel")),
        OnDisconnect::Drain { time, bytes } => {
            let (time, bytes) = (format_duration(*time), size(usize::try_from(*bytes).unwrap_or(usize::MAX)));
            let table = format!("{{ drain = {}, bytes = {} }}", quoted(&time), quoted(&bytes));
            page.value("limits", "on_disconnect", table);
        }
    }
}

fn timeouts(page: &mut Page<'_>, timeouts: &Timeouts) {
    page.head("[timeouts]");
    for (key, value) in [
        ("connect", timeouts.connect),
        ("first_byte", timeouts.first_byte),
        ("idle", timeouts.idle),
        ("total", timeouts.total),
        ("client_write", timeouts.client_write),
        ("error_body", timeouts.error_body),
        ("request_header", timeouts.request_header),
        ("request_body", timeouts.request_body),
        ("tls", timeouts.tls),
        ("client_idle", timeouts.client_idle),
        ("upstream_idle", timeouts.upstream_idle),
    ] {
        page.duration("timeouts", key, value);
    }
}

fn monitor(page: &mut Page<'_>, monitor: &Monitor) {
    page.head("[monitor]");
    page.duration("monitor", "every", monitor.every);
    page.value("monitor", "warning", monitor.warning);
    page.value("monitor", "danger", monitor.danger);
    page.token("monitor", monitor.token.is_some());
}

fn caller(page: &mut Page<'_>, key: &CallerKey) {
    page.head("[[keys]]");
    page.line(format_args!("name = {}", quoted(&key.name)));
    page.line("hash = \"sha256:***\"");
    if !key.models.is_empty() {
        page.line(format_args!(
            "models = {}",
            list(key.models.iter().map(|m: &ModelPattern| quoted(&m.as_str())))
        ));
    }
    if let Some(most) = key.in_flight {
        page.line(format_args!("in_flight = {most}"));
    }
    if let Some(rate) = key.rate {
        page.line(format_args!("rate = {}", quoted(&rate)));
    }
}

fn channel(page: &mut Page<'_>, channel: &Channel, general: &Timeouts) {
    let place = format!("channels.{}", channel.name);
    page.head("[[channels]]");
    page.line(format_args!("name = {}", quoted(&channel.name)));
    page.line(format_args!("provider = {}", quoted(&channel.provider.name)));
    if let Some(url) = &channel.base_url {
        page.line(format_args!("base_url = {}", quoted(url)));
        page.line(format_args!("dialect = {}", list(channel.dialects.iter().map(|d| quoted(&dialect(*d))))));
        page.line(format_args!("auth = {}", quoted(&auth_name(channel.auth))));
    }
    if !channel.keys.is_empty() {
        page.value(&place, "keys", list(channel.keys.iter().map(quoted)));
    }
    page.line(format_args!("models = {}", list(channel.models.iter().map(rule))));
    page.line(format_args!("priority = {}", channel.priority));
    page.line(format_args!("weight = {}", channel.weight));
    match &channel.proxy {
        Some(proxy) => page.value(&place, "proxy", quoted(proxy)),
        None if !channel.is_demo() => page.value(&place, "proxy", quoted(&"none")),
        None => {}
    }
    if let Some(most) = channel.in_flight {
        page.line(format_args!("in_flight = {most}"));
    }
    if let Some(http2) = channel.http2 {
        page.line(format_args!("http2 = {http2}"));
    }
    let own = own_timeouts(&channel.timeouts, general);
    if !own.is_empty() {
        page.line(format_args!("timeouts = {{ {} }}", own.join(", ")));
    }
    if !channel.headers.is_empty() {
        let headers = channel.headers.iter().map(|(name, value)| {
            let shown = if value.is_sensitive() { "***" } else { value.to_str().unwrap_or("***") };
            format!("{} = {}", quoted(name), quoted(&shown))
        });
        page.line(format_args!("headers = {{ {} }}", headers.collect::<Vec<_>>().join(", ")));
    }
}

fn own_timeouts(own: &Timeouts, general: &Timeouts) -> Vec<String> {
    [
        ("connect", own.connect, general.connect),
        ("first_byte", own.first_byte, general.first_byte),
        ("idle", own.idle, general.idle),
        ("total", own.total, general.total),
    ]
    .into_iter()
    .filter(|(_, own, general)| own != general)
    .map(|(key, own, _)| format!("{key} = {}", quoted(&format_duration(own))))
    .collect()
}

fn rule(rule: &ModelRule) -> String {
    let name = quoted(&rule.pattern.as_str());
    match &rule.upstream {
        None => name,
        Some(upstream) => format!("{{ name = {name}, upstream = {} }}", quoted(upstream)),
    }
}

fn dialect(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::OpenAi => "openai",
        Dialect::Anthropic => "anthropic",
    }
}

/// The largest unit in which the size is a whole number.
fn size(bytes: usize) -> String {
    let (unit, name) = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")]
        .into_iter()
        .find(|(unit, _)| bytes > 0 && bytes.is_multiple_of(*unit))
        .unwrap_or((1, "B"));
    format!("{}{name}", bytes / unit)
}

fn quoted(value: &impl Display) -> String {
    toml::Value::String(value.to_string()).to_string()
}

fn list(items: impl Iterator<Item = String>) -> String {
    format!("[{}]", items.collect::<Vec<_>>().join(", "))
}
