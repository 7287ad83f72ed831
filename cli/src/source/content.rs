//! Reading a health answer. A 200 proves nothing: what is certain is taken, anything else is named.

use std::time::Duration;

use serde_json::{Map, Value};
use vitals::health::read::Misfit;
use vitals::{Unit, health};

use super::{Endpoint, PollError, Reading};
use crate::reading::{Content, Fault, Json};

pub(crate) fn read(body: &[u8], latency: Duration) -> Result<Reading, PollError> {
    let mut object = object(body)?;
    unwrap(&mut object)?;
    let sample = health::read::read(&object).map_err(|misfit| wrong(&misfit))?;
    if sample.goroutines.is_none() {
        return Err(no_count(&object));
    }
    let text = |key: &str| object.get(key).and_then(Value::as_str).and_then(word);
    let program =
        text("name").map(|name| text("version").map_or(name.clone(), |version| format!("{name} {version}")));
    Ok(Reading { sample, status: text("status"), program, instance: None, latency })
}

/// The JSON object of a body, or what came instead.
pub(super) fn object(body: &[u8]) -> Result<Map<String, Value>, PollError> {
    match parse(body)? {
        Value::Object(object) => Ok(object),
        other => Err(content(Content::Json(Json::NoObject(type_name(&other))))),
    }
}

fn parse(body: &[u8]) -> Result<Value, PollError> {
    if let Some(error) = foreign(body, Endpoint::Health) {
        return Err(error);
    }
    let text = without_mark(body).trim_ascii();
    serde_json::from_slice(text).map_err(|error| {
        content(Content::Json(match error.is_eof() {
            true => Json::BrokenOff { bytes: without_mark(body).len() },
            false => Json::Other { start: start(text) },
        }))
    })
}

/// A body without the byte order mark that some servers put first.
pub(super) fn without_mark(body: &[u8]) -> &[u8] {
    body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body)
}

/// A body that is no data of any kind: nothing at all, or a page for people.
pub(super) fn foreign(body: &[u8], wanted: Endpoint) -> Option<PollError> {
    let text = without_mark(body).trim_ascii();
    if text.is_empty() {
        return Some(content(Content::Empty));
    }
    text.starts_with(b"<").then(|| content(Content::Page { wanted, title: title(text) }))
}

/// Takes the answer out of `{"success":true,"data":{…}}`, and an error message out of the same.
fn unwrap(object: &mut Map<String, Value>) -> Result<(), PollError> {
    if object.contains_key("goroutines") {
        return Ok(());
    }
    unwrap_data(object)
}

/// As above, of an answer that is always wrapped.
pub(super) fn unwrap_data(object: &mut Map<String, Value>) -> Result<(), PollError> {
    if let Some(Value::Object(_)) = object.get("data") {
        if let Some(Value::Object(inner)) = object.remove("data") {
            *object = inner;
        }
        return Ok(());
    }
    let error = object.get("error").map(|e| e.get("message").unwrap_or(e)).or_else(|| object.get("message"));
    match error.and_then(Value::as_str) {
        Some(message) => Err(content(Content::Json(Json::Error { message: start(message.as_bytes()) }))),
        None => Ok(()),
    }
}

fn no_count(object: &Map<String, Value>) -> PollError {
    match object.contains_key("goroutines") {
        true => content(Content::Json(Json::NullCount)),
        false => missing(object, "goroutines", Endpoint::Health),
    }
}

/// A key that an answer of its kind always has.
pub(super) fn missing(object: &Map<String, Value>, key: &'static str, of: Endpoint) -> PollError {
    let keys = object.keys().take(6).map(|key| start(key.as_bytes())).collect();
    content(Content::Json(Json::Missing { of, key, keys }))
}

/// The number at a path, as [`health::read::whole_at`] reads it.
pub(super) fn whole_at(
    object: &Map<String, Value>,
    path: &str,
    scale: u64,
    unit: Unit,
) -> Result<Option<u64>, PollError> {
    health::read::whole_at(object, path, scale, unit).map_err(|misfit| wrong(&misfit))
}

fn wrong(misfit: &Misfit<'_>) -> PollError {
    let Misfit { key, found, object } = misfit;
    let value = start(found.to_string().as_bytes());
    content(Content::Json(Json::Wrong {
        key: (*key).to_owned(),
        is: type_name(found),
        value,
        object: *object,
    }))
}

pub(super) fn content(content: Content) -> PollError {
    Fault::Content(content).into()
}

const fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "text",
        Value::Array(_) => "list",
        Value::Object(_) => "object",
    }
}

/// The target's own word, if it is one: it goes into CSV and onto terminals.
pub(super) fn word(text: &str) -> Option<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-+ ".contains(c);
    (!text.is_empty() && text.len() <= 40 && text.chars().all(plain)).then(|| text.to_owned())
}

/// The beginning of foreign text, safe for a terminal.
pub(super) fn start(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(&text[..text.len().min(200)]);
    let clean: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(40).collect();
    clean.trim().to_owned()
}

fn title(html: &[u8]) -> String {
    let text = String::from_utf8_lossy(&html[..html.len().min(4096)]);
    // ASCII lower case keeps every byte offset.
    let lower = text.to_ascii_lowercase();
    let found = lower.find("<title>").and_then(|from| {
        let from = from + "<title>".len();
        lower[from..].find("</title>").map(|len| start(&text.as_bytes()[from..from + len]))
    });
    found.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use vitals::Sample;

    use super::*;
    use crate::source::ErrorKind;

    fn sample(body: &str) -> Result<Sample, String> {
        read(body.as_bytes(), Duration::ZERO).map(|r| r.sample).map_err(|e| {
            assert_eq!(e.kind, ErrorKind::Content);
            crate::words::en::error_seen(&e)
        })
    }

    const OLD: &str = r#"{"status":"ok","goroutines":1234,"memory":{"alloc_mb":256,"total_alloc_mb":1024,"sys_mb":512,"num_gc":45}}"#;

    fn old() -> Sample {
        Sample {
            goroutines: Some(1234),
            alloc_bytes: Some(256 << 20),
            total_alloc_bytes: Some(1024 << 20),
            sys_bytes: Some(512 << 20),
            num_gc: Some(45),
            ..Sample::default()
        }
    }

    #[test]
    fn the_old_answer_in_every_dress() {
        assert_eq!(sample(OLD), Ok(old()));
        assert_eq!(sample(&format!("\u{feff}{OLD}\r\n")), Ok(old()));
        assert_eq!(sample(&format!(r#"{{"success":true,"message":"","data":{OLD}}}"#)), Ok(old()));
        let pretty = serde_json::to_string_pretty(&serde_json::from_str::<Value>(OLD).unwrap()).unwrap();
        assert_eq!(sample(&pretty), Ok(old()));
        assert_eq!(sample(&OLD.replace("1234", "\"1234\"").replace("256", "256.0")), Ok(old()));
    }

    #[test]
    fn missing_and_null_numbers_are_missing_but_the_count_is_needed() {
        let bare = Sample { goroutines: Some(5), ..Sample::default() };
        assert_eq!(sample(r#"{"goroutines":5}"#), Ok(bare));
        assert_eq!(sample(r#"{"goroutines":5,"memory":null,"relay":{"in_flight":null}}"#), Ok(bare));
        assert_eq!(sample(r#"{"goroutines":null}"#).unwrap_err(), "`goroutines` is null");
        assert_eq!(sample(r#"{"a":1,"b":2}"#).unwrap_err(), "the JSON has no `goroutines` (its keys: a, b)");
        assert_eq!(sample("{}").unwrap_err(), "the JSON has no `goroutines` (its keys: none)");
    }

    #[test]
    fn fractions_are_taken_only_where_they_make_sense() {
        let read = sample(r#"{"goroutines":5,"memory":{"alloc_mb":1.5},"uptime_s":9.7}"#).unwrap();
        assert_eq!((read.alloc_bytes, read.uptime_s), (Some(3 << 19), Some(9)));
        assert_eq!(
            sample(r#"{"goroutines":5.5}"#).unwrap_err(),
            "`goroutines` is number `5.5`, not a whole number"
        );
    }

    #[test]
    fn what_is_not_a_number_is_named() {
        for (value, said) in [
            ("true", "boolean `true`"),
            ("-1", "number `-1`"),
            ("\"many\"", "text `\"many\"`"),
            ("[1]", "list `[1]`"),
            ("1e300", "number `1e+300`"),
            ("\"NaN\"", "text `\"NaN\"`"),
        ] {
            let error = sample(&format!(r#"{{"goroutines":{value}}}"#)).unwrap_err();
            assert_eq!(error, format!("`goroutines` is {said}, not a whole number"));
        }
        let error = sample(r#"{"goroutines":5,"memory":"big"}"#).unwrap_err();
        assert_eq!(error, "`memory` is text `\"big\"`, not an object");
        let error = sample(r#"{"goroutines":5,"memory":{"alloc_mb":[]}}"#).unwrap_err();
        assert_eq!(error, "`memory.alloc_mb` is list `[]`, not a whole number");
    }

    #[test]
    fn what_is_no_answer_is_named() {
        for (body, said) in [
            ("", "an empty body came"),
            (" \r\n", "an empty body came"),
            (
                "<!doctype html><TITLE>Sign\u{1b}[31m in</TITLE>",
                "an HTML page came instead of JSON, titled `Sign [31m in`",
            ),
            ("<html>", "an HTML page came instead of JSON"),
            ("ok", "not JSON: it starts with `ok`"),
            ("\u{0}\u{1}x", "not JSON: it starts with `x`"),
            (&OLD[..40], "the JSON breaks off after 40 bytes"),
            ("[]", "a JSON list came instead of an object"),
            ("null", "a JSON null came instead of an object"),
            (
                r#"{"success":false,"message":"not logged in"}"#,
                "an error came instead of a health answer: `not logged in`",
            ),
            (r#"{"error":{"message":"no"}}"#, "an error came instead of a health answer: `no`"),
        ] {
            assert_eq!(sample(body).unwrap_err(), said);
        }
    }

    #[test]
    fn every_cut_of_an_answer_is_an_error() {
        for end in 0..OLD.len() {
            assert!(sample(&OLD[..end]).is_err(), "cut at {end}");
        }
    }

    #[test]
    fn words_of_the_target_are_taken_only_when_plain() {
        let read = |body: &str| read(body.as_bytes(), Duration::ZERO).unwrap();
        let said = read(r#"{"status":"draining","goroutines":1,"name":"watertight","version":"1.2"}"#);
        assert_eq!(
            (said.status.as_deref(), said.program.as_deref()),
            (Some("draining"), Some("watertight 1.2"))
        );
        assert_eq!(read(r#"{"status":"a\n=1","goroutines":1}"#).status, None);
    }
}
