//! The part of a form (`multipart/form-data`, RFC 7578) that routing needs: the `model` among its parts. The form is looked
//! at and never taken apart, and refused where two readers could find two models in it.

use std::ops::Range;

use memchr::memmem;

use crate::envelope::{Envelope, EnvelopeError};

/// Bytes of one part's headers.
const HEAD: usize = 8 * 1024;
const PARTS: usize = 1000;
/// Bytes of a model's name.
const NAME: usize = 512;

/// The boundary of a form, from its content type; `None` for what is no form.
#[must_use]
pub fn boundary(content_type: &str) -> Option<String> {
    let (essence, parameters) = content_type.split_once(';')?;
    if !essence.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let (boundary, more) = parameter(parameters, "boundary")?;
    (!more && (1..=70).contains(&boundary.len())).then_some(boundary)
}

/// The envelope of a form. Where it names no model, that is `default`, if there is one.
///
/// # Errors
/// When it is not a whole form, or its model is missing, given twice or unclear.
pub fn envelope(body: &[u8], boundary: &str, default: Option<&str>) -> Result<Envelope, EnvelopeError> {
    let (mut model, mut stream) = (None, false);
    for part in parts(body, boundary)? {
        let head = std::str::from_utf8(&body[part.head.clone()]).unwrap_or_default();
        let name = name(head)?;
        if name.eq_ignore_ascii_case("model") {
            if name != "model" || head.to_ascii_lowercase().contains("content-transfer-encoding") {
                return Err(refused("`model` must be written in lower case, and not encoded"));
            }
            if model.replace(part.value).is_some() {
                return Err(refused("`model` is given twice: send it once"));
            }
        } else if name == "stream" {
            stream = &body[part.value] == b"true";
        }
    }
    let (model, model_at) = match (model, default) {
        (Some(at), _) => (model_of(&body[at.clone()])?, Some(at)),
        (None, Some(default)) => (default.to_owned(), None),
        (None, None) => return Err(refused("`model` is missing: name a model in a part of the form")),
    };
    Ok(Envelope { model, stream, model_at })
}

fn model_of(value: &[u8]) -> Result<String, EnvelopeError> {
    let name = std::str::from_utf8(value).ok().filter(|name| (1..=NAME).contains(&name.len()));
    let name = name.filter(|name| !name.chars().any(char::is_control));
    name.map(str::to_owned).ok_or_else(|| refused("`model` is not a name: send one line of text"))
}

fn refused(message: &str) -> EnvelopeError {
    EnvelopeError { message: message.to_owned(), param: Some("model") }
}

fn broken(message: &str) -> EnvelopeError {
    EnvelopeError { message: format!("the form cannot be read: {message}"), param: None }
}

/// Where a part's headers and its value stand.
struct Part {
    head: Range<usize>,
    value: Range<usize>,
}

fn parts(body: &[u8], boundary: &str) -> Result<Vec<Part>, EnvelopeError> {
    let line = format!("\n--{boundary}");
    let (finder, boundary) = (memmem::Finder::new(line.as_bytes()), &line.as_bytes()[1..]);
    if !body.starts_with(boundary) {
        return Err(broken("it does not begin with the boundary of its content type"));
    }
    let (mut parts, mut at) = (Vec::new(), boundary.len());
    loop {
        let rest = &body[at..];
        if rest.starts_with(b"--") {
            return Ok(parts);
        }
        if !rest.starts_with(b"\r\n") || parts.len() == PARTS {
            return Err(broken("a boundary is not at the end of its line, or there are too many"));
        }
        let head = memmem::find(&rest[..rest.len().min(HEAD)], b"\r\n\r\n")
            .ok_or_else(|| broken("the headers of a part do not end"))?;
        let value = at + head + 4;
        let end = finder.find(&body[value..]).ok_or_else(|| broken("it breaks off inside a part"))?;
        let end = value + end;
        // A reader that is content with less would see another part here.
        if body[value..].starts_with(boundary) || end == value || body[end - 1] != b'\r' {
            return Err(broken("a boundary does not stand behind a whole line end"));
        }
        parts.push(Part { head: (at + 2).min(at + head)..at + head, value: value..end - 1 });
        at = end + line.len();
    }
}

/// The name of a part.
fn name(head: &str) -> Result<String, EnvelopeError> {
    let mut lines = head.split("\r\n").filter_map(|line| line.split_once(':'));
    let disposition = lines.find(|(name, _)| name.trim().eq_ignore_ascii_case("content-disposition"));
    let parameters = disposition.and_then(|(_, value)| value.split_once(';')).map_or("", |(_, rest)| rest);
    match parameter(parameters, "name") {
        Some((name, false)) => Ok(name),
        Some((_, true)) => Err(broken("a part has two names")),
        None => Ok(String::new()),
    }
}

/// A parameter's value, and whether another of its name follows.
fn parameter(text: &str, wanted: &str) -> Option<(String, bool)> {
    let (mut found, mut rest) = (None, text);
    loop {
        rest = rest.trim_start_matches([';', ' ', '\t']);
        let Some((key, after)) = rest.split_once('=') else { break };
        let (value, after) = match after.trim_start().strip_prefix('"') {
            Some(quoted) => unquoted(quoted),
            None => {
                let end = after.find(';').unwrap_or(after.len());
                (after[..end].trim().to_owned(), &after[end..])
            }
        };
        // `name*` says the same in another coding.
        if key.trim().trim_end_matches('*').eq_ignore_ascii_case(wanted) {
            if found.is_some() || key.trim().ends_with('*') {
                return Some((value, true));
            }
            found = Some(value);
        }
        rest = after;
    }
    found.map(|value| (value, false))
}

/// A quoted text up to its end, and what follows.
fn unquoted(text: &str) -> (String, &str) {
    let (mut value, mut escaped) = (String::new(), false);
    for (at, char) in text.char_indices() {
        match char {
            '\\' if !escaped => escaped = true,
            '"' if !escaped => return (value, &text[at + 1..]),
            _ => {
                value.push(char);
                escaped = false;
            }
        }
    }
    (value, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(parts: &[(&str, &str)]) -> Vec<u8> {
        let part = |(head, value): &(&str, &str)| {
            format!("--b\r\ncontent-disposition: form-data; {head}\r\n\r\n{value}\r\n")
        };
        (parts.iter().map(part).collect::<String>() + "--b--\r\n").into_bytes()
    }

    const FILE: (&str, &str) =
        ("name=\"file\"; filename=\"x; name=\\\"model\\\"\"", "\r\n\r\nname=\"model\"\r\n\r\nno\r\n--");

    #[test]
    fn the_model_is_found_before_and_behind_the_file() {
        let model = ("name=\"model\"", "whisper-1");
        for parts in [
            &[model, FILE][..],
            &[FILE, model],
            &[("name=model", "whisper-1"), ("name=\"stream\"", "true"), ("name=\"x\"", "")],
        ] {
            let body = form(parts);
            let found = envelope(&body, "b", None).unwrap();
            assert_eq!((found.model.as_str(), found.stream), ("whisper-1", parts.len() == 3));
            let mapped = found.with_model(&body.clone().into(), "mine");
            assert_eq!(
                String::from_utf8(mapped.to_vec()).unwrap(),
                String::from_utf8(body).unwrap().replace("whisper-1", "mine")
            );
        }
        let none = envelope(&form(&[FILE]), "b", Some("dall-e-2")).unwrap();
        assert_eq!((none.model.as_str(), none.model_at), ("dall-e-2", None));
    }

    #[test]
    fn a_model_that_two_readers_could_read_in_two_ways_is_refused() {
        let (model, other) = (("name=\"model\"", "small"), ("name=\"model\"", "big"));
        for parts in [
            &[FILE][..],
            &[model, FILE, other],
            &[("name=\"Model\"", "big")],
            &[("name=\"file\"; name=\"model\"", "big")],
            &[("name*=utf-8''model", "big")],
            &[("name=\"model\"\r\ncontent-transfer-encoding: base64", "YQ==")],
            &[("name=\"model\"", "")],
            &[("name=\"model\"", "a\r\nb")],
        ] {
            assert!(envelope(&form(parts), "b", None).is_err(), "{parts:?}");
        }
        let whole = form(&[model]);
        for cut in 0..whole.len() - 3 {
            assert!(envelope(&whole[..cut], "b", None).is_err(), "{cut}");
        }
        let bare = String::from_utf8(form(&[model, ("name=\"x\"", "a\n--b\r\n")])).unwrap();
        assert!(envelope(bare.as_bytes(), "b", None).is_err());
        assert!(envelope(&[b"preamble\r\n", &whole[..]].concat(), "b", None).is_err());
    }

    #[test]
    fn a_boundary_is_read_from_the_content_type_of_a_form_only() {
        assert_eq!(boundary("multipart/form-data; boundary=b"), Some("b".into()));
        assert_eq!(boundary("Multipart/Form-Data; charset=x; Boundary=\"a b\""), Some("a b".into()));
        for none in [
            "application/json",
            "multipart/form-data",
            "multipart/mixed; boundary=b",
            "multipart/form-data; boundary=\"\"",
        ] {
            assert_eq!(boundary(none), None, "{none}");
        }
    }
}
