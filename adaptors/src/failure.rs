//! Reading what went wrong upstream out of whatever it sent. Shared by the dialects.

use std::borrow::Cow;

use bytes::Bytes;
use memchr::memmem;
use serde_json::Value;

use crate::adaptor::{Class, UpstreamError};
use crate::json::look;
use crate::numbers;
use crate::overflow;

/// A person reads the message: more than this helps nobody.
const EXCERPT_CHARS: usize = 200;

/// How a dialect tells its errors.
#[derive(Clone, Copy)]
pub(crate) struct Rules {
    /// The HTTP status that an error object (or the whole body) stands for.
    pub(crate) status: fn(&Value) -> u16,
    /// True for an error in the dialect's own shape.
    pub(crate) own_shape: fn(&Value) -> bool,
}

/// The upstream sent something that is no answer.
pub(crate) fn broken(message: impl Into<String>) -> UpstreamError {
    UpstreamError {
        status: 502,
        message: message.into(),
        kind: None,
        code: None,
        body: None,
        class: Class::Broken,
        is_worded: true,
    }
}

/// An error reported inside a 2xx answer or a stream.
pub(crate) fn reported(rules: Rules, value: &Value, raw: &[u8]) -> UpstreamError {
    let status = match (rules.status)(value) {
        // It says nothing of a status: most that say so have this one.
        502 if message(value).is_some_and(|said| overflow::is_said(&said, raw)) => 400,
        status => status,
    };
    build(rules, status, value, raw)
}

/// What a body says of itself, for the relay's own operator: the message of an error, or else how it begins; empty where
/// it says nothing.
#[must_use]
pub fn said(body: &[u8]) -> String {
    object_of(body).and_then(|(value, _)| message(&value)).unwrap_or_else(|| excerpt(body.trim_ascii()))
}

/// An error that stands in a list of its own, which no answer is: Gemini's endpoint sends it so. `None`: it says nothing.
pub(crate) fn listed(rules: Rules, body: &[u8]) -> Option<UpstreamError> {
    let (value, raw) = object_of(body).filter(|(value, _)| message(value).is_some())?;
    Some(reported(rules, &value, &raw))
}

/// The object that a body is, or the only one of its list, with its own text.
fn object_of(body: &[u8]) -> Option<(Value, Cow<'_, [u8]>)> {
    match look(body).ok()? {
        Value::Array(mut list) if list.len() == 1 => {
            let value = list.pop().filter(Value::is_object)?;
            let raw = value.to_string().into_bytes();
            Some((value, raw.into()))
        }
        value @ Value::Object(_) => Some((value, body.into())),
        _ => None,
    }
}

/// An error answer: its status counts, its body explains.
pub(crate) fn answered(rules: Rules, status: u16, body: &Bytes, whole: bool) -> UpstreamError {
    match status {
        401 | 403 => return key_refused(status),
        407 => return broken("the proxy before the upstream asked for a login (status 407)"),
        100..=199 | 300..=399 => {
            return broken(format!("the upstream redirected (status {status}): not followed"));
        }
        408 => {
            let said = "the upstream gave up waiting for the request (status 408)";
            return UpstreamError { status: 504, class: Class::Transient, ..broken(said) };
        }
        400..=599 => {}
        _ => return broken(format!("the upstream answered with the unexpected status {status}")),
    }
    match object_of(body) {
        Some((value, raw)) => {
            let mut error = build(rules, status, &value, &raw);
            error.body = error.body.filter(|_| whole);
            error
        }
        None => {
            let said = cut_message(body);
            let is_worded = said.is_none();
            let message = said
                .unwrap_or_else(|| format!("the upstream answered {status} with {}", describe(body, whole)));
            let class = class(status, None, body, &message);
            UpstreamError { status, class, code: code_of(class), is_worded, ..broken(message) }
        }
    }
}

fn build(rules: Rules, status: u16, value: &Value, raw: &[u8]) -> UpstreamError {
    let message = message(value);
    if matches!(status, 401 | 403) || concerns_key(status, value, message.as_deref()) {
        return key_refused(if status == 403 { 403 } else { 401 });
    }
    let is_worded = message.is_none();
    let message =
        message.unwrap_or_else(|| format!("the upstream sent an error without a message: {}", excerpt(raw)));
    let class = class(status, Some(value), raw, &message);
    UpstreamError {
        status,
        class,
        message,
        kind: kind(value),
        code: code_of(class).or_else(|| code(value)),
        body: (rules.own_shape)(value).then(|| Bytes::copy_from_slice(raw)),
        is_worded,
    }
}

/// The upstream's own text may quote the key, so none of it is passed on.
fn key_refused(status: u16) -> UpstreamError {
    let message = format!(
        "the upstream refused the relay's own key (status {status}): the operator must check the channel's key"
    );
    UpstreamError { class: Class::Credential, ..broken(message) }
}

/// Codes and types that say that the account behind the key has nothing left.
const NOTHING_LEFT: [&str; 3] = ["insufficient_quota", "billing_hard_limit_reached", "billing_not_active"];
/// Messages that say so without a code.
const NOTHING_LEFT_BEGINS: [&str; 2] = ["your credit balance is too low", "insufficient balance"];
/// Messages by which a key is refused with a status of 400. Only their beginnings count: further in, and in the codes
/// of other statuses, a message may quote what the caller sent, and callers must not be able to put keys to rest.
const KEY_REFUSED_BEGINS: [&str; 3] = ["incorrect api key provided", "api key not valid", "invalid api key"];

fn begins(message: &str, beginnings: &[&str]) -> bool {
    let message = message.trim_start().as_bytes();
    beginnings.iter().any(|beginning| {
        message.get(..beginning.len()).is_some_and(|begun| begun.eq_ignore_ascii_case(beginning.as_bytes()))
    })
}

/// The one place that decides whose fault an error is.
fn class(status: u16, value: Option<&Value>, raw: &[u8], message: &str) -> Class {
    let says = |codes: &[&str]| value.is_some_and(|value| words(value).any(|word| codes.contains(&word)));
    // The body's own beginning counts where it is plain text.
    let text = || excerpt(raw);
    let nothing_left = || {
        says(&NOTHING_LEFT)
            || value.and_then(numbers::status) == Some(402)
            || begins(message, &NOTHING_LEFT_BEGINS)
            || begins(&text(), &NOTHING_LEFT_BEGINS)
    };
    match status {
        401..=403 => Class::Credential,
        400 | 429 if nothing_left() => Class::Credential,
        429 => Class::Rate,
        // Groq's: one request wants more than the account has for a minute. Another account, or model, may have it.
        413 if says(&["rate_limit_exceeded"]) => Class::Rate,
        400 | 413 | 422 if overflow::is_said(message, raw) => Class::ContextLength,
        500 if overflow::is_said_late(message) => Class::ContextLength,
        408 | 500..=599 => Class::Transient,
        400..=499 => Class::Caller,
        _ => Class::Broken,
    }
}

/// Some providers refuse a key with 400 and quote it.
fn concerns_key(status: u16, value: &Value, message: Option<&str>) -> bool {
    words(value).any(|word| word.eq_ignore_ascii_case("invalid_api_key"))
        || (status == 400 && message.is_some_and(|message| begins(message, &KEY_REFUSED_BEGINS)))
}

/// The error object of a body, alone or the first of a list, or the body itself where it has none.
pub(crate) fn object(value: &Value) -> &Value {
    ["/error", "/response/error", "/error/0", "/errors/0"]
        .into_iter()
        .filter_map(|place| value.pointer(place))
        .find(|error| error.is_object())
        .unwrap_or(value)
}

/// The texts that classify an error: `code`, `type`, `status` of its object.
pub(crate) fn words(value: &Value) -> impl Iterator<Item = &str> {
    let object = object(value);
    ["code", "type", "status"].into_iter().filter_map(|key| object.get(key)?.as_str())
}

/// A number from 400 to 599 in `code` or `status` of the error's object, also as text; else what a provider's own number
/// stands for.
pub(crate) fn numeric_status(value: &Value) -> Option<u16> {
    let object = object(value);
    ["code", "status", "status_code"]
        .into_iter()
        .filter_map(|key| object.get(key))
        .filter_map(|code| code.as_u64().or_else(|| code.as_str()?.parse().ok()))
        .find(|code| (400..=599).contains(code))
        .and_then(|code| code.try_into().ok())
        .or_else(|| numbers::status(value))
}

fn kind(value: &Value) -> Option<String> {
    let kind = object(value).get("type")?.as_str()?;
    (kind != "error" && !kind.is_empty()).then(|| kind.to_owned())
}

/// What every client knows this by; most providers have no code for it.
fn code_of(class: Class) -> Option<String> {
    (class == Class::ContextLength).then(|| "context_length_exceeded".to_owned())
}

/// Numbers are statuses already, so only a word is a code.
fn code(value: &Value) -> Option<String> {
    let code = object(value).get("code")?.as_str()?;
    (!code.is_empty() && code.parse::<f64>().is_err()).then(|| code.to_owned())
}

/// The message of an error body, in the order in which providers use these places.
pub(crate) fn message(value: &Value) -> Option<String> {
    const PLACES: [&str; 13] = [
        "/error/message",
        "/message",
        "/msg",
        "/err",
        "/error_msg",
        "/error",
        "/header/message",
        "/response/error/message",
        "/detail",
        "/base_resp/status_msg",
        "/error/0/message",
        "/errors/0/message",
        "/detail/0/msg",
    ];
    let texts = PLACES.iter().filter_map(|place| value.pointer(place)?.as_str());
    texts.map(str::trim).find(|text| !text.is_empty()).map(str::to_owned)
}

/// The message in JSON that was cut off behind it.
fn cut_message(body: &[u8]) -> Option<String> {
    let text = body.trim_ascii_start();
    text.strip_prefix(b"[").map_or(text, <[u8]>::trim_ascii_start).strip_prefix(b"{")?;
    let key = &b"\"message\""[..];
    let rest = &body[memmem::find(body, key)? + key.len()..];
    let rest = rest.trim_ascii_start().strip_prefix(b":")?;
    let mut values = serde_json::Deserializer::from_slice(rest).into_iter::<String>();
    values.next()?.ok().filter(|message| !message.is_empty())
}

/// Says in a few words what a body is that is not what it should be. Never quotes markup.
pub(crate) fn describe(body: &[u8], whole: bool) -> String {
    let text = body.trim_ascii();
    let cut = if whole { "" } else { ", cut short" };
    if text.is_empty() {
        return format!("an empty body{cut}");
    }
    if text.starts_with(b"<") || memmem::find(&text[..text.len().min(1024)], b"<html").is_some() {
        return match title(text) {
            Some(title) => format!("an HTML page titled \"{title}\"{cut}"),
            None => format!("an HTML page{cut}"),
        };
    }
    match text[0] {
        b'{' | b'[' => format!("JSON that cannot be read{cut}: {}", excerpt(text)),
        _ => format!("text{cut}: {}", excerpt(text)),
    }
}

fn title(page: &[u8]) -> Option<String> {
    let page = String::from_utf8_lossy(&page[..page.len().min(8 * 1024)]);
    // ASCII only, so that offsets in the two texts agree.
    let lower = page.to_ascii_lowercase();
    let start = lower.find("<title")?;
    let start = start + lower[start..].find('>')? + 1;
    let end = start + lower[start..].find("</title")?;
    let title = page[start..end].split_whitespace().collect::<Vec<_>>().join(" ");
    (!title.is_empty()).then(|| title.chars().take(100).collect())
}

/// The first printable characters.
pub(crate) fn excerpt(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(EXCERPT_CHARS * 4)]);
    text.chars()
        .filter(|c| !c.is_control() && *c != char::REPLACEMENT_CHARACTER)
        .take(EXCERPT_CHARS)
        .collect()
}
