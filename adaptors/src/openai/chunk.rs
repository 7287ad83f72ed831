//! What a chunk of a streamed chat completion says: first in one pass over its text, and where that is not sure, from a
//! tree, at many times the price.

use serde_json::{Value, json};

use super::tokens::usage_in;
use crate::adaptor::{UpstreamError, Usage};
use crate::failure;
use crate::json::is_nothing;
use crate::scan;

/// A delta with more of them is left to the sure reader.
const KEYS: usize = 16;

/// A chunk without an error.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Chunk {
    pub(super) usage: Usage,
    /// Choices (by index, as bits) that it has, and those that it gives their finish reason.
    pub(super) seen: u128,
    pub(super) finished: u128,
    /// Anything in a delta but the role is content, so that a kind of content that is not known yet counts too.
    pub(super) has_content: bool,
    /// A choice has sound with an id, by which only this upstream knows it.
    pub(super) has_sound: bool,
}

/// A choice, as texts.
#[derive(Default)]
struct Choice<'a> {
    index: Option<&'a str>,
    delta: Option<&'a str>,
    message: Option<&'a str>,
    text: Option<&'a str>,
    finish: Option<&'a str>,
    usage: Option<&'a str>,
}

impl Chunk {
    /// A chunk with nothing unusual in it. `None`: it has an error, or sound, or this is not sure.
    pub(super) fn quickly(data: &[u8]) -> Option<Self> {
        let text = scan::text(data)?;
        let (mut choices, mut usage) = (None, None);
        scan::each(text, |key, value| {
            let value = text.get(value)?;
            match key {
                "choices" => once(&mut choices, value),
                "usage" => once(&mut usage, value),
                "error" => is_nothing(value).then_some(()),
                "object" => (value != "\"error\"" && !value.contains('\\')).then_some(()),
                _ => Some(()),
            }
        })?;
        let choices = choices?;
        let choices = scan::objects(choices, |choice: &mut Choice<'_>, key, value| {
            let value = choices.get(value)?;
            let slot = match key {
                "index" => &mut choice.index,
                "delta" => &mut choice.delta,
                "message" => &mut choice.message,
                "text" => &mut choice.text,
                "finish_reason" => &mut choice.finish,
                "usage" => &mut choice.usage,
                "error" => return is_nothing(value).then_some(()),
                _ => return Some(()),
            };
            once(slot, value)
        })?;
        let mut chunk = Self::default();
        chunk.count(usage);
        for choice in choices {
            chunk.count(choice.usage);
            let bit = bit(choice.index.map_or(Some(0), |index| index.parse().ok())?);
            chunk.seen |= bit;
            if choice.finish.is_some_and(|reason| !is_nothing(reason)) {
                chunk.finished |= bit;
            }
            chunk.has_content |= choice.text.is_some_and(|text| !is_nothing(text));
            let Some(delta) = choice.delta.or(choice.message).filter(|delta| delta.starts_with('{')) else {
                continue;
            };
            let mut keys = [""; KEYS];
            let mut free = keys.iter_mut();
            scan::each(delta, |key, value| {
                *free.next()? = key;
                chunk.has_content |= key != "role" && !is_nothing(delta.get(value)?);
                (key != "audio").then_some(())
            })?;
            let filled = KEYS - free.len();
            let keys = keys.get(..filled)?;
            if (1..filled).any(|n| keys[..n].contains(&keys[n])) {
                return None;
            }
        }
        Some(chunk)
    }

    /// Any chunk; `Err`: the error that a choice has.
    pub(super) fn surely(chunk: &Value) -> Result<Self, UpstreamError> {
        let choices = chunk.get("choices").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        if let Some(error) = choices.iter().find_map(error_of_choice) {
            return Err(error);
        }
        let mut found = Self::default();
        found.take_usage(chunk);
        for choice in choices {
            found.take_usage(choice);
            found.has_sound |= choice.pointer("/delta/audio/id").is_some();
            let bit = bit(choice.get("index").and_then(Value::as_u64).unwrap_or(0));
            found.seen |= bit;
            if has_value(choice.get("finish_reason")) {
                found.finished |= bit;
            }
            found.has_content |= has_content(choice);
        }
        Ok(found)
    }

    fn count(&mut self, usage: Option<&str>) {
        if let Some(usage) = usage.filter(|usage| usage.starts_with('{')) {
            self.usage.update(usage_in(usage));
        }
    }

    fn take_usage(&mut self, holder: &Value) {
        if let Some(usage) = holder.get("usage").filter(|usage| usage.is_object()) {
            self.usage.update(Usage::of_openai(usage));
        }
    }
}

/// Of a key that comes twice, readers take one or the other.
fn once<'a>(slot: &mut Option<&'a str>, value: &'a str) -> Option<()> {
    slot.replace(value).is_none().then_some(())
}

fn bit(index: u64) -> u128 {
    1 << index.min(127)
}

/// `OpenRouter` tells of an upstream that failed in the middle in the choice, beside a reason to stop.
pub(super) fn error_of_choice(choice: &Value) -> Option<UpstreamError> {
    let error = json!({"error": choice.get("error").filter(|error| has_value(Some(error)))?});
    Some(failure::reported(super::error::RULES, &error, error.to_string().as_bytes()))
}

fn has_content(choice: &Value) -> bool {
    let delta = choice.get("delta").or_else(|| choice.get("message")).and_then(Value::as_object);
    delta.is_some_and(|delta| delta.iter().any(|(key, value)| key != "role" && has_value(Some(value))))
        || has_value(choice.get("text"))
}

pub(super) fn has_value(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null | Value::Bool(false)) => false,
        Some(Value::String(text)) => !text.is_empty(),
        Some(Value::Array(items)) => !items.is_empty(),
        Some(Value::Object(fields)) => !fields.is_empty(),
        Some(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::broken::Chance;

    /// What the quick reader sees the sure one sees. Returns whether it saw anything.
    fn agree(data: &str) -> bool {
        let quick = Chunk::quickly(data.as_bytes());
        if let Some(quick) = &quick {
            let value: Value = serde_json::from_str(data).unwrap();
            assert!(!has_value(value.get("error")) && value["object"] != "error", "{data}");
            assert_eq!(Chunk::surely(&value).as_ref(), Ok(quick), "{data}");
        }
        quick.is_some()
    }

    const CHUNKS: [&str; 12] = [
        r#"{"id":"c","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}],"usage":null}"#,
        r#"{"choices":[{"delta":{},"index":2,"finish_reason":"stop","logprobs":null}],"error":null}"#,
        r#"{"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":3,"prompt_tokens_details":{"cached_tokens":4},"completion_tokens_details":null}}"#,
        r#"{"choices":[{"index":1,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"a\":"}}],"content":null}},{"index":200,"delta":{"content":"\u00e9"}}]}"#,
        r#"{"choices":[{"text":"a","index":0},{"message":{"role":"assistant","content":"b"}},{"delta":null,"message":{"content":"c"}}]}"#,
        r#"{"choices":[{"delta":{"reasoning":[ ],"content":{},"refusal":false},"usage":{"input_tokens":1,"output_tokens":2},"error":{}}],"usage":{"total_tokens":3}}"#,
        r#" { "choices" : [ { "index" : 0 , "delta" : { "x" : 1 } , "finish_reason" : "" } ] , "object" : null } "#,
        r#"{"choices":[{}],"usage":[]}"#,
        r#"{"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":3,"input_tokens_details":{"cached_tokens":4},"output_tokens_details":{"reasoning_tokens":1}}}"#,
        r#"{"choices":[],"usage":{"prompt_tokens":"9","completion_tokens":3.0,"total_tokens":12,"prompt_tokens_details":null}}"#,
        r#"{"choices":[],"usage":{"prompt_tokens":-1,"completion_tokens":0,"input_tokens":31,"prompt_tokens_details":{"cached_tokens":"1"}}}"#,
        r#"{"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2,"prompt_tokens_details":{"cached_tokens":3,"cached_tokens":4}}}"#,
    ];

    #[test]
    fn both_readers_say_the_same_of_usual_chunks() {
        for chunk in CHUNKS {
            assert!(agree(chunk), "{chunk}");
        }
    }

    #[test]
    fn what_is_unusual_is_left_to_the_sure_one() {
        for chunk in [
            r#"{"choices":[{"delta":{"audio":{"id":"a"}}}]}"#,
            r#"{"choices":[{"index":0,"delta":{"content":"a"},"error":{"message":"x"}}]}"#,
            r#"{"choices":[],"error":{"message":"x"}}"#,
            r#"{"choices":[],"error":1}"#,
            r#"{"choices":[],"object":"error"}"#,
            r#"{"choices":[],"object":"\u0065rror"}"#,
            r#"{"choices":[],"\u0065rror":{"message":"x"}}"#,
            r#"{"choices":[{"index":-1}]}"#,
            r#"{"choices":[{"index":1.0}]}"#,
            r#"{"choices":[{"index":null}]}"#,
            r#"{"choices":[1]}"#,
            r#"{"choices":[],"choices":[]}"#,
            r#"{"choices":[{"delta":{},"delta":{"content":"a"}}]}"#,
            r#"{"choices":[{"delta":{"content":"a","content":""}}]}"#,
            r#"{"choices":null}"#,
            r#"{"message":"it failed"}"#,
            r#"{"choices":[{"delta":{"content":"a"}]}"#,
            r#"[{"choices":[]}]"#,
        ] {
            assert!(!agree(chunk), "{chunk}");
        }
    }

    #[test]
    fn both_readers_say_the_same_of_whatever_is_broken() {
        let parts = b"\"\\{}[],:0129-.eErutnlsaf \n";
        let (mut chance, mut seen) = (Chance::default(), 0);
        for _ in 0..20_000 {
            let whole = CHUNKS[chance.below(CHUNKS.len())];
            let chunk = chance.breaks(whole.as_bytes(), parts);
            seen += usize::from(agree(std::str::from_utf8(&chunk).unwrap_or_default()));
        }
        assert!((1_000..19_000).contains(&seen), "{seen}");
    }
}
