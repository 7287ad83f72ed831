//! Addresses with named placeholders: `https://bedrock-runtime.{region}.amazonaws.com`. What a channel knows is filled in
//! when it is configured, what only a request knows (its model) with each request.

use std::borrow::Cow;
use std::fmt::Write as _;

/// The model's name at the upstream, percent-encoded.
pub const MODEL: &str = "model";
/// The dialect's own path of the operation, without the slash in front: `chat/completions`.
pub const OPERATION: &str = "operation";
/// What Vertex calls the way to a model of another maker: `rawPredict`, and `streamRawPredict` for a stream.
pub const PREDICT: &str = "predict";
/// The placeholders that each request fills; all others belong to the channel.
pub const OF_REQUESTS: [&str; 3] = [MODEL, OPERATION, PREDICT];

/// The names of a template's placeholders, in order.
///
/// # Errors
/// A fragment that says what is wrong with its braces.
pub fn names(template: &str) -> Result<Vec<&str>, String> {
    let (mut names, mut rest) = (Vec::new(), template);
    while let Some(at) = rest.find(['{', '}']) {
        let inner = rest[at..].strip_prefix('{').ok_or("a `}` without its `{`")?;
        let (name, behind) = inner.split_once('}').ok_or("a `{` without its `}`")?;
        let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if name.is_empty() || !name.chars().all(is_name) {
            return Err("a placeholder's name is of small letters, digits and `_`: {model}".to_owned());
        }
        names.push(name);
        rest = behind;
    }
    Ok(names)
}

/// The template with every placeholder replaced that `value` knows; the others stay as they are.
pub fn fill<'v>(template: &str, value: impl Fn(&str) -> Option<Cow<'v, str>>) -> String {
    let (mut filled, mut rest) = (String::with_capacity(template.len() + 32), template);
    while let Some((before, inner)) = rest.split_once('{') {
        filled.push_str(before);
        let Some((name, behind)) = inner.split_once('}') else {
            filled.push('{');
            rest = inner;
            continue;
        };
        match value(name) {
            Some(value) => filled.push_str(&value),
            None => {
                let _ = write!(filled, "{{{name}}}");
            }
        }
        rest = behind;
    }
    filled + rest
}

/// A text as it stands within one segment of a path or one value of a query: everything encoded but what RFC 3986 calls
/// unreserved, and the `:` and `@` of models' names.
#[must_use]
pub fn encoded(text: &str) -> Cow<'_, str> {
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~:@".contains(byte);
    if text.as_bytes().iter().all(is_plain) {
        return Cow::Borrowed(text);
    }
    let mut encoded = String::with_capacity(text.len() + 16);
    for byte in text.bytes() {
        if is_plain(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    Cow::Owned(encoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_named_and_filled_and_the_unknown_stay() {
        let template = "/projects/{project}/models/{model}:{predict}";
        assert_eq!(names(template).unwrap(), ["project", "model", "predict"]);
        let value = |name: &str| (name == "model").then_some(Cow::Borrowed("a%2Fb"));
        assert_eq!(fill(template, value), "/projects/{project}/models/a%2Fb:{predict}");
        assert_eq!(fill("/plain", value), "/plain");
        for wrong in ["/{", "/}", "/{}", "/{Model}", "/{a b}", "/{a{b}}"] {
            assert!(names(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_models_name_is_one_segment() {
        let arn = "arn:aws:bedrock:us-east-1:1:inference-profile/us.x";
        assert_eq!(encoded(arn), "arn:aws:bedrock:us-east-1:1:inference-profile%2Fus.x");
        assert_eq!(encoded("a b?c#d%é"), "a%20b%3Fc%23d%25%C3%A9");
        assert!(matches!(encoded("claude-sonnet-4@20250514"), Cow::Borrowed(_)));
    }
}
