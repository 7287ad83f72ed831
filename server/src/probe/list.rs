//! `channels list`: what is configured, without asking anybody.

use std::fmt::Write as _;

use report::text::{columns, padded};
use serde_json::{Value, json};

use crate::config::{Channel, Config};
use crate::words;

pub(super) fn tell(config: &Config, as_json: bool) -> String {
    let channels = &config.live.channels;
    if as_json {
        let all: Vec<Value> = channels.iter().map(value).collect();
        return format!("{:#}\n", json!({ "channels": all }));
    }
    let heads =
        ["NAME", "PROVIDER", "DIALECTS", "AUTH", "KEYS", "PRIORITY", "ADDRESS", "MODELS"].map(words::said);
    let rows = channels.iter().map(|channel| {
        [
            channel.name.clone(),
            channel.provider.name.to_owned(),
            dialects(channel).join(","),
            channel.auth.to_string(),
            channel.keys.len().to_string(),
            channel.priority.to_string(),
            address(channel).unwrap_or_else(|| "-".to_owned()),
            models(channel).join(","),
        ]
    });
    let rows: Vec<[String; 8]> = std::iter::once(heads).chain(rows).collect();
    let widths: Vec<usize> =
        (0..8).map(|at| rows.iter().map(|row| columns(&row[at])).max().unwrap_or(0)).collect();
    let mut text = String::new();
    for row in &rows {
        let cells = row.iter().zip(&widths).map(|(cell, width)| padded(cell, *width));
        // Writing into a string cannot fail.
        let _ = writeln!(text, "{}", cells.collect::<Vec<_>>().join("  ").trim_end());
    }
    text
}

fn value(channel: &Channel) -> Value {
    json!({
        "name": channel.name,
        "provider": channel.provider.name,
        "dialects": dialects(channel),
        "base_url": address(channel),
        "auth": channel.auth.to_string(),
        "keys": channel.keys.len(),
        "models": models(channel),
        "priority": channel.priority,
        "weight": channel.weight,
    })
}

fn dialects(channel: &Channel) -> Vec<&'static str> {
    channel.dialects.iter().map(|dialect| dialect.name()).collect()
}

fn address(channel: &Channel) -> Option<String> {
    channel.base_url.as_ref().map(ToString::to_string)
}

/// Patterns, and where the upstream's name is another, both.
fn models(channel: &Channel) -> Vec<String> {
    let shown = channel.models.iter().map(|rule| match &rule.upstream {
        None => rule.pattern.as_str().to_owned(),
        Some(upstream) => format!("{}={upstream}", rule.pattern.as_str()),
    });
    shown.collect()
}
