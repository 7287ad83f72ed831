//! What the headers of a form say: its boundary, and the names of its parts.

use super::broken;
use crate::envelope::EnvelopeError;

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

/// The name of a part.
pub(super) fn name(head: &str) -> Result<String, EnvelopeError> {
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
