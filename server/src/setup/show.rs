//! `config show`: every value in effect, with what set it. In text a line a value, the origin first; in JSON an object a
//! value.

use std::path::PathBuf;
use std::process::ExitCode;

use report::text::{columns, padded};
use serde_json::{Value, json};

use super::{Failure, end, print};
use crate::config::{self, Config, InEffect, Inputs, Origin};
use crate::words;

/// The command line of `config show`.
#[derive(Clone, Debug)]
pub struct Options {
    /// The configuration file; it must exist.
    pub config: Option<PathBuf>,
    /// The address to listen on; wins over the file.
    pub listen: Option<String>,
    /// The built-in provider, whatever is configured.
    pub demo: bool,
    /// JSON, not text.
    pub json: bool,
}

/// Shows what `serve` with the same command line would have in effect.
#[must_use]
pub fn show(options: &Options) -> ExitCode {
    let Options { config, listen, demo, json } = options;
    let inputs = Inputs::of_process(config.clone(), listen.clone(), *demo);
    let loaded = config::load(&inputs).map_err(|errors| Failure::usage(words::said(&errors.to_string())));
    end(loaded.and_then(|config| print(&if *json { in_json(&config) } else { in_text(&config) })))
}

fn in_text(config: &Config) -> String {
    let file = config.source.file.as_ref().map(|file| file.display().to_string());
    let lines = config.values().into_iter().map(|value| (origin(&value), assignment(&value)));
    let lines: Vec<(String, String)> = lines.collect();
    let width = lines.iter().map(|(origin, _)| columns(origin)).max().unwrap_or(0);
    let head = format!("# {}\n", words::file(file.as_deref(), config.source.named));
    let lines = lines.iter().map(|(origin, value)| format!("{}  {value}\n", padded(origin, width)));
    std::iter::once(head).chain(lines).collect()
}

fn assignment(InEffect { key, value, .. }: &InEffect) -> String {
    value.as_ref().map_or_else(|| words::said(&format!("# {key}: none")), |value| format!("{key} = {value}"))
}

/// Where it came from, in one word or two: what may stand in a file is escaped, for a terminal obeys it.
fn origin(value: &InEffect) -> String {
    let origin = match &value.origin {
        Origin::Default => words::said("default"),
        Origin::Flag(name) | Origin::Variable(name) => name.clone(),
        Origin::File(place) => format!("{}:{}", place.file, place.line),
    };
    let refers = value.refers.iter().map(String::as_str);
    let all: Vec<&str> = std::iter::once(origin.as_str()).chain(refers).collect();
    all.join(" ").escape_debug().to_string()
}

fn in_json(config: &Config) -> String {
    let source = &config.source;
    let file = source.file.as_ref().map(|file| {
        let origin = match source.named {
            None => "default",
            Some(flag) if flag.starts_with('-') => "flag",
            Some(_) => "environment",
        };
        json!({"path": file.display().to_string(), "origin": origin, "name": source.named})
    });
    let values: Vec<Value> = config.values().iter().map(object).collect();
    format!("{:#}\n", json!({"schema": 1, "file": file, "values": values}))
}

fn object(of: &InEffect) -> Value {
    let mut object = json!({"key": of.key, "value": of.value.as_deref().map(value)});
    let (origin, more) = match &of.origin {
        Origin::Default => ("default", json!({})),
        Origin::Flag(name) => ("flag", json!({"name": name})),
        Origin::Variable(name) => ("environment", json!({"name": name})),
        Origin::File(place) => ("file", json!({"file": place.file, "line": place.line})),
    };
    object["origin"] = json!(origin);
    if let (Value::Object(object), Value::Object(more)) = (&mut object, more) {
        object.extend(more);
        object.extend(of.refers.as_ref().map(|refers| ("refers".to_owned(), json!(refers))));
    }
    object
}

/// A value of TOML as it is in JSON: durations and sizes stay texts.
fn value(toml: &str) -> Value {
    let parsed: Result<toml::Table, _> = toml::from_str(&format!("value = {toml}"));
    let value = parsed.ok().and_then(|mut table| table.remove("value"));
    value.and_then(|value| serde_json::to_value(value).ok()).unwrap_or_else(|| json!(toml))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_keep_their_kind_in_json() {
        assert_eq!(value("10000"), json!(10000));
        assert_eq!(value("\"32MiB\""), json!("32MiB"));
        assert_eq!(value("[\"***\"]"), json!(["***"]));
        assert_eq!(value("{ drain = \"30s\" }"), json!({"drain": "30s"}));
        assert_eq!(value("not toml"), json!("not toml"));
    }
}
