//! What an answer cost.

use serde_json::value::RawValue;

use crate::adaptor::Usage;
use crate::json::Fields;
use crate::neutral::Tokens;

/// The counts of a `usageMetadata` object, which are of the whole answer so far.
///
/// Some of Google's endpoints count thoughts among the candidates' tokens and some beside them. The total tells: where
/// prompt and candidates come to it, thoughts are in it already.
pub(super) fn tokens(raw: &RawValue) -> Option<Tokens> {
    let mut fields = Fields::of(raw).ok()?;
    let mut count = |key: &str| fields.take(key).and_then(|raw| serde_json::from_str::<u64>(raw.get()).ok());
    let (prompt, tools) = (count("promptTokenCount"), count("toolUsePromptTokenCount"));
    let input = prompt.map(|prompt| prompt.saturating_add(tools.unwrap_or(0)));
    let (candidates, thoughts) = (count("candidatesTokenCount"), count("thoughtsTokenCount"));
    let is_inclusive = candidates.is_some()
        && count("totalTokenCount") == Some(input.unwrap_or(0).saturating_add(candidates.unwrap_or(0)));
    let output = match (candidates, thoughts) {
        (None, None) => None,
        (candidates, thoughts) => {
            let beside = thoughts.filter(|_| !is_inclusive).unwrap_or(0);
            Some(candidates.unwrap_or(0).saturating_add(beside))
        }
    };
    let cached = count("cachedContentTokenCount");
    Some(Tokens { input, cached, written: None, output, reasoning: thoughts })
}

pub(super) fn usage(raw: Option<&RawValue>) -> Usage {
    let tokens = raw.and_then(tokens).unwrap_or_default();
    let Tokens { input, cached, written, output, reasoning } = tokens;
    Usage { input, cached, written, written_hour: None, output, reasoning }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thoughts_are_counted_once_whether_candidates_include_them_or_not() {
        let of = |text: &str| usage(serde_json::from_str(text).ok());
        let counts = |input, output, reasoning| Usage { input, output, reasoning, ..Usage::default() };
        let beside =
            r#"{"promptTokenCount":10,"candidatesTokenCount":5,"thoughtsTokenCount":7,"totalTokenCount":22}"#;
        assert_eq!(of(beside), counts(Some(10), Some(12), Some(7)));
        let within = r#"{"promptTokenCount":10,"candidatesTokenCount":12,"thoughtsTokenCount":7,"totalTokenCount":22}"#;
        assert_eq!(of(within), counts(Some(10), Some(12), Some(7)));
        let tools = r#"{"promptTokenCount":10,"toolUsePromptTokenCount":3,"candidatesTokenCount":5,"totalTokenCount":18}"#;
        assert_eq!(of(tools), counts(Some(13), Some(5), None));
        let first = r#"{"promptTokenCount":10,"totalTokenCount":10}"#;
        assert_eq!(of(first), counts(Some(10), None, None));
        assert_eq!(of("[]"), Usage::default());
    }
}
