//! The part of a request that routing needs, and the one scan of a body that finds it there. The scan takes what is
//! needed and nothing else, keeps where the model's name stands, and refuses bodies whose routing keys are ambiguous,
//! so that what was authorised is what is sent.

use std::fmt;
use std::ops::Range;

use bytes::Bytes;
use memchr::memchr2;
use serde::de::{Deserialize, Deserializer as _, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::scan;

/// Nesting beyond this is refused: no real request comes near it, and many parsers upstream break on it.
const MAX_DEPTH: usize = 512;

/// The part of a request that routing needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// The model's name, unescaped, not empty.
    pub model: String,
    /// The client asked for a stream; absent and `null` mean no.
    pub stream: bool,
    /// Where the model's JSON string stands in the body, quotes included, or its value in a form; empty where it would stand, of a request that
    /// names none; `None` where the path names the model.
    pub model_at: Option<Range<usize>>,
}

/// Why a request body is refused (status 400).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct EnvelopeError {
    /// For the client: what is wrong and where.
    pub message: String,
    /// The field at fault, where it is one.
    pub param: Option<&'static str>,
}

impl EnvelopeError {
    fn body(message: impl Into<String>) -> Self {
        Self { message: message.into(), param: None }
    }

    fn field(param: &'static str, message: impl Into<String>) -> Self {
        Self { message: message.into(), param: Some(param) }
    }
}

impl Envelope {
    /// Reads the top-level object of `body` once, in time linear in its length.
    ///
    /// # Errors
    /// When the body is not one JSON object in UTF-8, is nested too deep, or `model` or `stream` is missing, given
    /// twice (in any escaping and case) or of a wrong type.
    pub fn scan(body: &Bytes) -> Result<Self, EnvelopeError> {
        match scan::text(body).and_then(Self::quickly) {
            Some(envelope) => Ok(envelope),
            None => Self::surely(body, None),
        }
    }

    /// The envelope of a body that nothing is to be said against. `None`: it is looked at once more, for what that is.
    fn quickly(text: &str) -> Option<Self> {
        let (mut model, mut stream) = (None, None);
        scan::each(text, |key, value| {
            let slot = match key {
                "model" => &mut model,
                "stream" => &mut stream,
                other => return alike(other).is_none().then_some(()),
            };
            slot.replace(value).is_none().then_some(())
        })?;
        let at = model?;
        let name = text.get(at.clone())?.strip_prefix('"')?.strip_suffix('"')?;
        let stream = match stream.and_then(|at| text.get(at)) {
            None | Some("null" | "false") => false,
            Some("true") => true,
            Some(_) => return None,
        };
        let plain = !name.is_empty() && !name.contains('\\');
        plain.then(|| Self { model: name.to_owned(), stream, model_at: Some(at) })
    }

    /// As [`Self::scan`], of a request that may name no model: then it is `default`, where there is one.
    ///
    /// # Errors
    /// As [`Self::scan`].
    pub fn scan_or(body: &Bytes, default: Option<&str>) -> Result<Self, EnvelopeError> {
        match default {
            None => Self::scan(body),
            Some(_) => Self::surely(body, default),
        }
    }

    fn surely(body: &Bytes, default: Option<&str>) -> Result<Self, EnvelopeError> {
        let (found, text) = look(body)?;
        found.into_envelope(text, default)
    }

    /// The envelope of a request whose path says model and stream; its body must be one JSON object all the same.
    ///
    /// # Errors
    /// When the body is not one JSON object in UTF-8, or is nested too deep.
    pub fn of_path(body: &Bytes, model: String, stream: bool) -> Result<Self, EnvelopeError> {
        look(body)?;
        Ok(Self { model, stream, model_at: None })
    }

    /// `body` with the model's name replaced by `name`, all else byte for byte as it was; the same bytes when the
    /// name is the same or does not stand there. `body` must be the one that was scanned.
    #[must_use]
    pub fn with_model(&self, body: &Bytes, name: &str) -> Bytes {
        let Some(at) = self.model_at.as_ref().filter(|_| name != self.model) else { return body.clone() };
        // A form begins with its boundary, and has its values without quotation marks.
        let is_form = body.starts_with(b"--");
        let mut name = if is_form { name.to_owned() } else { serde_json::Value::from(name).to_string() };
        if at.is_empty() {
            let comma = if body[at.end..].trim_ascii_start().starts_with(b"}") { "" } else { "," };
            name = format!("\"model\":{name}{comma}");
        }
        let mut edited = Vec::with_capacity(body.len() - at.len() + name.len());
        edited.extend_from_slice(&body[..at.start]);
        edited.extend_from_slice(name.as_bytes());
        edited.extend_from_slice(&body[at.end..]);
        edited.into()
    }
}

/// The raw routing values; `Some(Err)` when a key came twice.
#[derive(Default)]
struct Found<'a> {
    model: Option<&'a RawValue>,
    stream: Option<&'a RawValue>,
    twice: Option<&'static str>,
    /// The key that one would be if case did not count.
    alike: Option<&'static str>,
}

impl Found<'_> {
    fn into_envelope(self, text: &str, default: Option<&str>) -> Result<Envelope, EnvelopeError> {
        if let Some(key) = self.twice {
            return Err(EnvelopeError::field(key, format!("`{key}` is given twice: send it once")));
        }
        if let Some(key) = self.alike {
            let message =
                format!("a key differs from `{key}` only in upper and lower case: write it as `{key}`, once");
            return Err(EnvelopeError::field(key, message));
        }
        let (model, model_at) = match (self.model, default) {
            (None, Some(default)) => (default.to_owned(), first_key(text)),
            (Some(raw), Some(default)) if raw.get() == "null" => (default.to_owned(), place(raw, text)),
            (Some(raw), _) => (name_of(raw.get())?, place(raw, text)),
            (None, None) => return Err(EnvelopeError::field("model", "`model` is missing: name a model")),
        };
        if model.is_empty() {
            return Err(EnvelopeError::field("model", "`model` is empty: name a model"));
        }
        let stream = match self.stream.map(RawValue::get) {
            None | Some("null" | "false") => false,
            Some("true") => true,
            Some(other) => {
                let message = format!("`stream` must be true or false, not {}", type_name(other));
                return Err(EnvelopeError::field("stream", message));
            }
        };
        Ok(Envelope { model, stream, model_at: Some(model_at) })
    }
}

/// Finds the routing values of a body that is one JSON object.
fn look(body: &Bytes) -> Result<(Found<'_>, &str), EnvelopeError> {
    if body.is_empty() {
        return Err(EnvelopeError::body("the request body is empty: send a JSON object"));
    }
    let text = std::str::from_utf8(body).map_err(|error| {
        EnvelopeError::body(format!(
            "the request body is not UTF-8: bad byte at offset {}",
            error.valid_up_to()
        ))
    })?;
    if too_deep(body) {
        return Err(EnvelopeError::body(format!(
            "the request body is nested more than {MAX_DEPTH} levels deep"
        )));
    }
    let mut json = serde_json::Deserializer::from_str(text);
    let found =
        json.deserialize_map(TopLevel).and_then(|found| json.end().map(|()| found)).map_err(|error| {
            EnvelopeError::body(match error.classify() {
                // The error's own words would quote a text of any length.
                serde_json::error::Category::Data => {
                    format!("the request body must be a JSON object, not {}", type_name(text.trim_start()))
                }
                _ => format!("the request body is not valid JSON: {error}"),
            })
        })?;
    Ok((found, text))
}

/// Where a value stands in its text.
fn place(raw: &RawValue, text: &str) -> Range<usize> {
    let start = raw.get().as_ptr() as usize - text.as_ptr() as usize;
    start..start + raw.get().len()
}

/// Where an object's first key may be put.
fn first_key(text: &str) -> Range<usize> {
    let at = text.find('{').map_or(0, |brace| brace + 1);
    at..at
}

fn name_of(raw: &str) -> Result<String, EnvelopeError> {
    serde_json::from_str(raw).map_err(|error| {
        let message = match type_name(raw) {
            "a string" => format!("`model` is not a valid string: {error}"),
            other => format!("`model` must be a string, not {other}"),
        };
        EnvelopeError::field("model", message)
    })
}

struct TopLevel;

impl<'de> Visitor<'de> for TopLevel {
    type Value = Found<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object as the request body")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Found<'de>, A::Error> {
        let mut found = Found::default();
        while let Some(key) = map.next_key()? {
            let (slot, name) = match key {
                Key::Model => (&mut found.model, "model"),
                Key::Stream => (&mut found.stream, "stream"),
                Key::Alike(name) => {
                    found.alike.get_or_insert(name);
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
                Key::Other => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            if slot.replace(map.next_value()?).is_some() {
                found.twice.get_or_insert(name);
            }
        }
        Ok(found)
    }
}

/// A top-level key, compared after unescaping.
enum Key {
    Model,
    Stream,
    /// This one but for case: some upstreams would read it as that, and so another model than the one that was authorised.
    Alike(&'static str),
    Other,
}

/// `MODEL` and the like, by the rules of parsers that fold case: the long s (U+017F) is an s to them.
fn alike(key: &str) -> Option<&'static str> {
    const LONGEST: usize = "ſtream".len();
    if !(5..=LONGEST).contains(&key.len()) {
        return None;
    }
    let is_it = |known: &&str| {
        key.chars().flat_map(char::to_uppercase).eq(known.chars().flat_map(char::to_uppercase))
    };
    ["model", "stream"].into_iter().find(is_it)
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeyVisitor;
        impl Visitor<'_> for KeyVisitor {
            type Value = Key;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }
            fn visit_str<E: serde::de::Error>(self, key: &str) -> Result<Key, E> {
                Ok(match key {
                    "model" => Key::Model,
                    "stream" => Key::Stream,
                    other => alike(other).map_or(Key::Other, Key::Alike),
                })
            }
        }
        deserializer.deserialize_str(KeyVisitor)
    }
}

fn type_name(raw: &str) -> &'static str {
    match raw.as_bytes().first() {
        Some(b'"') => "a string",
        Some(b'{') => "an object",
        Some(b'[') => "an array",
        Some(b't' | b'f') => "a boolean",
        Some(b'n') => "null",
        _ => "a number",
    }
}

/// True where brackets outside strings nest deeper than [`MAX_DEPTH`]; serde_json skips values without a limit.
fn too_deep(json: &[u8]) -> bool {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(&byte) = json.get(at) {
        at += 1;
        match byte {
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            b'"' => at += string_len(&json[at..]),
            _ => {}
        }
        if depth > MAX_DEPTH {
            return true;
        }
    }
    false
}

/// Bytes up to and with the closing quote.
fn string_len(bytes: &[u8]) -> usize {
    let mut at = 0;
    while let Some(found) = bytes.get(at..).and_then(|rest| memchr2(b'"', b'\\', rest)) {
        at += found;
        if bytes[at] == b'"' {
            return at + 1;
        }
        at += 2;
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::Envelope;

    #[test]
    fn the_quick_look_sees_what_the_sure_one_sees_or_nothing() {
        let plain =
            [r#""model":"m""#, r#""stream":true"#, r#""stream":null"#, r#""a":[{"model":1,"Stream":2}]"#];
        let others = [
            r#""model":"m\u0031""#,
            r#""model":"""#,
            r#""model":7"#,
            r#""mod\u0065l":"x""#,
            r#""Model":"x""#,
            r#""ſtream":1"#,
            r#""stream":"no""#,
            r#""é":{"b":[}"#,
        ];
        let parts = [&plain[..], &others[..]].concat();
        let mut quick = 0;
        for n in 0..parts.len().pow(3) {
            let [a, b, c] =
                [n, n / parts.len(), n / parts.len() / parts.len()].map(|n| parts[n % parts.len()]);
            let text = format!("{{ {a},{b}, {c} }}");
            if let Some(envelope) = Envelope::quickly(&text) {
                assert_eq!(Envelope::surely(&text.clone().into(), None), Ok(envelope), "{text}");
                quick += 1;
            }
        }
        // The model once, and a stream at most once.
        assert_eq!(quick, 3 + 2 * 6);
    }
}
