//! Claude on Vertex: Anthropic's messages with the model in the path and a version in the body.
//!
//! `model` leaves a body and `anthropic_version` joins it; `output_format` and each `scope` of a `cache_control`, which
//! Vertex refuses, leave too. All else stays byte for byte as it was.

use std::borrow::Cow;
use std::ops::Range;

use bytes::Bytes;

/// The placeholder of its host, which follows from the location.
pub const HOST: &str = "vertex_host";

const VERSION: &str = "\"anthropic_version\":\"vertex-2023-10-16\"";

/// The host of a location: one for the whole world, one for each of two continents, and one for each region.
#[must_use]
pub fn host(location: &str) -> String {
    match location {
        "global" => "aiplatform.googleapis.com".to_owned(),
        "us" | "eu" => format!("aiplatform.{location}.rep.googleapis.com"),
        region => format!("{region}-aiplatform.googleapis.com"),
    }
}

/// A model's name in a path: a date at its end is set off with `@`.
#[must_use]
pub fn model(name: Cow<'_, str>) -> Cow<'_, str> {
    match name.rsplit_once('-') {
        Some((base, date)) if date.len() == 8 && date.bytes().all(|byte| byte.is_ascii_digit()) => {
            Cow::Owned(format!("{base}@{date}"))
        }
        _ => name,
    }
}

/// The body of a message for Vertex. `body` is one JSON object that has been read before; `keeps_model` where the path
/// does not name it (counting tokens).
#[must_use]
pub fn amend(body: &Bytes, keeps_model: bool) -> Bytes {
    let mut cuts = Cuts { text: body, at: 0, keeps_model, found: Vec::new() };
    cuts.value(&mut Vec::new());
    let Some(open) = body.iter().position(|byte| *byte == b'{') else { return body.clone() };
    let mut amended = Vec::with_capacity(body.len() + VERSION.len() + 1);
    amended.extend_from_slice(&body[..=open]);
    amended.extend_from_slice(VERSION.as_bytes());
    let mut from = open + 1;
    let mut rest = Vec::with_capacity(body.len());
    for cut in cuts.found {
        rest.extend_from_slice(&body[from..cut.start]);
        from = cut.end;
    }
    rest.extend_from_slice(&body[from..]);
    if !rest.trim_ascii_start().starts_with(b"}") {
        amended.push(b',');
    }
    amended.extend_from_slice(&rest);
    amended.into()
}

/// A walk over JSON that is known to be valid, which notes the members to be left out, each with one comma.
struct Cuts<'a> {
    text: &'a [u8],
    at: usize,
    keeps_model: bool,
    found: Vec<Range<usize>>,
}

impl Cuts<'_> {
    fn peek(&mut self) -> u8 {
        while self.text.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
        self.text.get(self.at).copied().unwrap_or(0)
    }

    /// Steps over one value; `keys` are those that lead to it, of objects alone.
    fn value(&mut self, keys: &mut Vec<Key>) {
        match self.peek() {
            b'{' => self.object(keys),
            b'[' => {
                self.at += 1;
                while !matches!(self.peek(), b']' | 0) {
                    self.value(keys);
                    self.at += usize::from(self.peek() == b',');
                }
                self.at += 1;
            }
            b'"' => drop(self.string()),
            _ => {
                let is_end = |byte: &u8| b",]} \t\r\n".contains(byte);
                let rest = self.text.get(self.at..).unwrap_or_default();
                self.at += rest.iter().position(is_end).unwrap_or(rest.len()).max(1);
            }
        }
    }

    fn object(&mut self, keys: &mut Vec<Key>) {
        self.at += 1;
        // Where the comma before the next member stands; none before the first that stays.
        let mut comma = None;
        while !matches!(self.peek(), b'}' | 0) {
            let start = self.at;
            let key = Key::of(self.string());
            self.at += usize::from(self.peek() == b':');
            let leaves = self.leaves(key, keys);
            keys.push(key);
            self.value(keys);
            keys.pop();
            let end = self.at;
            let behind = (self.peek() == b',').then_some(self.at);
            self.at += usize::from(behind.is_some());
            match (leaves, comma, behind) {
                (false, _, _) => comma = behind,
                // With the comma behind it; the last one with the comma before it.
                (true, _, Some(_)) => self.cut(start..self.at),
                (true, Some(comma), None) => self.cut(comma..end),
                (true, None, None) => self.cut(start..end),
            }
        }
        self.at += 1;
    }

    /// What leaves takes what left within it, and right before it, along.
    fn cut(&mut self, cut: Range<usize>) {
        self.found.retain(|other| other.start < cut.start);
        match self.found.last_mut() {
            Some(last) if last.end >= cut.start => last.end = cut.end,
            _ => self.found.push(cut),
        }
    }

    fn leaves(&self, key: Key, above: &[Key]) -> bool {
        match key {
            Key::Model => above.is_empty() && !self.keeps_model,
            Key::OutputFormat | Key::Version => above.is_empty(),
            Key::Scope => above.last() == Some(&Key::CacheControl),
            Key::CacheControl | Key::Other => false,
        }
    }

    /// Steps over a string; the text between its quotes, as it is written.
    fn string(&mut self) -> &[u8] {
        let start = self.at + 1;
        let mut at = start;
        while let Some(found) = self.text.get(at..).and_then(|rest| memchr::memchr2(b'"', b'\\', rest)) {
            at += found;
            if self.text[at] == b'"' {
                self.at = at + 1;
                return &self.text[start..at];
            }
            at += 2;
        }
        self.at = self.text.len();
        &[]
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Key {
    Model,
    OutputFormat,
    Version,
    CacheControl,
    Scope,
    Other,
}

impl Key {
    fn of(written: &[u8]) -> Self {
        let plain: Cow<'_, [u8]> = match written.contains(&b'\\') {
            false => Cow::Borrowed(written),
            true => {
                let quoted = [b"\"", written, b"\""].concat();
                Cow::Owned(serde_json::from_slice::<String>(&quoted).unwrap_or_default().into_bytes())
            }
        };
        match &*plain {
            b"model" => Self::Model,
            b"output_format" => Self::OutputFormat,
            b"anthropic_version" => Self::Version,
            b"cache_control" => Self::CacheControl,
            b"scope" => Self::Scope,
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const V: &str = VERSION;

    fn amended(body: &str) -> String {
        String::from_utf8(amend(&Bytes::copy_from_slice(body.as_bytes()), false).to_vec()).unwrap()
    }

    #[test]
    fn the_model_leaves_the_version_joins_and_all_else_stays_as_it_was() {
        assert_eq!(amended(r#"{"model":"m","max_tokens":1}"#), format!(r#"{{{V},"max_tokens":1}}"#));
        assert_eq!(
            amended(r#"{"a": [1, {"model": 2}] , "model":"m" }"#),
            format!(r#"{{{V},"a": [1, {{"model": 2}}]  }}"#)
        );
        assert_eq!(amended(r#"{"model":"m"}"#), format!("{{{V}}}"));
        assert_eq!(amended("{ }"), format!("{{{V} }}"));
        assert_eq!(
            amended(
                r#"{"mod\u0065l":"m","output_format":{"cache_control":{"scope":1}},"x":"}\"{","anthropic_version":"old"}"#
            ),
            format!(r#"{{{V},"x":"}}\"{{"}}"#)
        );
        let kept = amend(&Bytes::from_static(br#"{"model":"m","scope":1}"#), true);
        assert_eq!(kept, format!(r#"{{{V},"model":"m","scope":1}}"#));
    }

    #[test]
    fn a_marks_scope_leaves_wherever_the_mark_stands() {
        let body = r#"{"system":[{"text":"scope","cache_control":{"type":"ephemeral","scope":"global"}},
            {"cache_control":{"scope":"global","ttl":"1h"}},{"cache_control":{"scope":"global"}}],"scope":true}"#;
        let without = r#""system":[{"text":"scope","cache_control":{"type":"ephemeral"}},
            {"cache_control":{"ttl":"1h"}},{"cache_control":{}}],"scope":true}"#;
        assert_eq!(amended(body), format!("{{{V},{without}"));
    }

    #[test]
    fn what_comes_out_is_what_went_in_without_what_left() {
        let bodies = [
            r#"{"model":"m","output_format":1}"#,
            r#"{"output_format":1,"a":1,"model":"m","output_format2":{"b":[]}}"#,
            r#"{"a":1,"model":"m","output_format":null}"#,
            r#"{"a":{"cache_control":{"x":1,"scope":2}},"model":"m"}"#,
        ];
        for body in bodies {
            let mut wanted: serde_json::Value = serde_json::from_str(body).unwrap();
            let top = wanted.as_object_mut().unwrap();
            top.remove("model");
            top.remove("output_format");
            if let Some(mark) = top.get_mut("a").and_then(|a| a.get_mut("cache_control")) {
                mark.as_object_mut().unwrap().remove("scope");
            }
            top.insert("anthropic_version".to_owned(), "vertex-2023-10-16".into());
            let found: serde_json::Value = serde_json::from_str(&amended(body)).expect(body);
            assert_eq!(found, wanted, "{body}");
        }
    }

    #[test]
    fn a_date_is_set_off_and_a_location_has_its_host() {
        assert_eq!(model("claude-sonnet-4-5-20250929".into()), "claude-sonnet-4-5@20250929");
        assert_eq!(model("claude-opus-4-1".into()), "claude-opus-4-1");
        assert_eq!(model("claude-x@20250929".into()), "claude-x@20250929");
        assert_eq!(host("global"), "aiplatform.googleapis.com");
        assert_eq!(host("eu"), "aiplatform.eu.rep.googleapis.com");
        assert_eq!(host("europe-west1"), "europe-west1-aiplatform.googleapis.com");
    }
}
