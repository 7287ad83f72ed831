//! Tokens of one exchange, as far as the upstream reported them, counted in one way whatever the dialect: what is read
//! from a cache, written to one or thought is a part of the whole and never beside it.

use std::fmt;

use memchr::memmem;
use serde_json::Value;

/// Bytes at the end of an answer in which its counts are looked for.
pub const TAIL: usize = 4 * 1024;

/// Tokens of one exchange. `None` is not known.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// All of the prompt, what came from a cache or went into one included.
    pub input: Option<u64>,
    /// Of these, read from a cache.
    pub cached: Option<u64>,
    /// Of these, written to a cache, for however long.
    pub written: Option<u64>,
    /// Of these, written to be kept for an hour, which costs more than minutes.
    pub written_hour: Option<u64>,
    /// All of the answer, thinking included.
    pub output: Option<u64>,
    /// Of these, thinking.
    pub reasoning: Option<u64>,
}

/// Only the two that every dialect has are always shown.
impl fmt::Debug for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Usage");
        shown.field("input", &self.input).field("output", &self.output);
        let parts = [
            ("cached", self.cached),
            ("written", self.written),
            ("written_hour", self.written_hour),
            ("reasoning", self.reasoning),
        ];
        for (name, count) in parts.iter().filter(|(_, count)| count.is_some()) {
            shown.field(name, count);
        }
        shown.finish()
    }
}

/// The value at a JSON pointer whose keys have nothing escaped. `Value::pointer` makes new texts of each key.
fn find<'a>(value: &'a Value, pointer: &str) -> Option<&'a Value> {
    pointer.split('/').skip(1).try_fold(value, |value, key| value.get(key))
}

impl Usage {
    /// Takes the counts that an upstream tells later: each replaces its own, what is not told stays.
    pub fn update(&mut self, later: Self) {
        self.input = later.input.or(self.input);
        self.cached = later.cached.or(self.cached);
        self.written = later.written.or(self.written);
        self.written_hour = later.written_hour.or(self.written_hour);
        self.output = later.output.or(self.output);
        self.reasoning = later.reasoning.or(self.reasoning);
    }

    /// True where nothing is known.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        *self == Self::default()
    }

    /// Reads a `usage` object of OpenAI's kind, whatever the operation: chat, responses, embeddings, images, audio. Cached
    /// tokens are a part of the input there. Cohere's and Jina's of reranking have only a total.
    #[must_use]
    pub fn of_openai(usage: &Value) -> Self {
        let count = |place: &str| find(usage, place).and_then(Value::as_u64);
        let either = |one, other| count(one).or_else(|| count(other));
        let output = either("/completion_tokens", "/output_tokens");
        let alone = || count("/total_tokens").filter(|_| output.is_none());
        Self {
            input: either("/prompt_tokens", "/input_tokens").or_else(alone),
            cached: either("/prompt_tokens_details/cached_tokens", "/input_tokens_details/cached_tokens"),
            written: either(
                "/prompt_tokens_details/cache_write_tokens",
                "/input_tokens_details/cache_write_tokens",
            ),
            written_hour: None,
            output,
            reasoning: either(
                "/completion_tokens_details/reasoning_tokens",
                "/output_tokens_details/reasoning_tokens",
            ),
        }
    }

    /// Reads a `usage` object of Anthropic's kind, which counts the cache beside the input.
    #[must_use]
    pub fn of_anthropic(usage: &Value) -> Self {
        let mut counts = Beside::default();
        counts.update(usage);
        counts.total()
    }

    /// Reads the counts from the end of a JSON answer that passed by: from the last `usage` whose object is whole.
    #[must_use]
    pub fn in_tail(tail: &[u8]) -> Self {
        const KEY: &[u8] = b"\"usage\"";
        let mut end = tail.len();
        while let Some(at) = memmem::rfind(&tail[..end], KEY) {
            // Inside a text its quotation mark would be escaped.
            let is_key = at.checked_sub(1).is_none_or(|before| tail[before] != b'\\');
            let after = tail[at + KEY.len()..].trim_ascii_start();
            if is_key && let Some(object) = after.strip_prefix(b":") {
                let mut values = serde_json::Deserializer::from_slice(object).into_iter::<Value>();
                if let Some(Ok(usage @ Value::Object(_))) = values.next() {
                    return Self::of_either(&usage);
                }
            }
            end = at;
        }
        Self::default()
    }

    /// Anthropic's tells itself by its cache.
    fn of_either(usage: &Value) -> Self {
        let beside = ["cache_read_input_tokens", "cache_creation_input_tokens"];
        if beside.iter().any(|key| usage.get(key).is_some()) {
            Self::of_anthropic(usage)
        } else {
            Self::of_openai(usage)
        }
    }
}

/// Anthropic's counts as they come, in several events: each may replace its own, so they are added up only in the end.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Beside([Option<u64>; 6]);

impl Beside {
    const COUNTS: [&str; 6] = [
        "/input_tokens",
        "/cache_creation_input_tokens",
        "/cache_read_input_tokens",
        "/output_tokens",
        "/cache_creation/ephemeral_5m_input_tokens",
        "/cache_creation/ephemeral_1h_input_tokens",
    ];

    /// The counts that stand in a `usage` itself, and what holds those of each kind of cache.
    pub(crate) const PLAIN: [&str; 4] =
        ["input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens", "output_tokens"];
    pub(crate) const KINDS: &str = "cache_creation";

    /// Those that stand there alone.
    pub(crate) fn of([input, written, cached, output]: [Option<u64>; 4]) -> Self {
        Self([input, written, cached, output, None, None])
    }

    /// Later counts replace earlier ones; those that are absent or null leave them.
    pub(crate) fn update(&mut self, usage: &Value) {
        for (pointer, count) in Self::COUNTS.iter().zip(&mut self.0) {
            *count = find(usage, pointer).and_then(Value::as_u64).or(*count);
        }
    }

    pub(crate) fn total(self) -> Usage {
        let [input, written, cached, output, minutes, hour] = self.0;
        let by_kind = || minutes.zip(hour).map(|(minutes, hour)| minutes.saturating_add(hour));
        let written = written.or_else(by_kind);
        let beside = [written, cached].into_iter().flatten();
        let input = input.map(|input| beside.fold(input, u64::saturating_add));
        Usage { input, cached, written, written_hour: hour, output, reasoning: None }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_kind_is_counted_once() {
        let chat = json!({"prompt_tokens": 10, "completion_tokens": 7, "total_tokens": 17,
            "prompt_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 2},
            "completion_tokens_details": {"reasoning_tokens": 5}});
        let responses = json!({"input_tokens": 10, "output_tokens": 7, "total_tokens": 17,
            "input_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 2},
            "output_tokens_details": {"reasoning_tokens": 5}});
        let all = Usage {
            input: Some(10),
            cached: Some(4),
            written: Some(2),
            written_hour: None,
            output: Some(7),
            reasoning: Some(5),
        };
        assert_eq!((Usage::of_openai(&chat), Usage::of_openai(&responses)), (all, all));
        let beside = json!({"input_tokens": 4, "output_tokens": 7, "cache_read_input_tokens": 4,
            "cache_creation_input_tokens": 2,
            "cache_creation": {"ephemeral_5m_input_tokens": 1, "ephemeral_1h_input_tokens": 1}});
        assert_eq!(Usage::of_anthropic(&beside), Usage { written_hour: Some(1), reasoning: None, ..all });
        let rerank = Usage::of_openai(&json!({"total_tokens": 9}));
        assert_eq!((rerank.input, rerank.output), (Some(9), None));
    }

    #[test]
    fn the_last_counts_of_a_tail_are_taken_and_those_of_a_text_are_not() {
        let tail = br#"iVBOR"}],"usage":{"input_tokens":3,"output_tokens":9}, "x":"\"usage\":{\"input_tokens\":1}"}"#;
        let found = Usage::in_tail(tail);
        assert_eq!((found.input, found.output), (Some(3), Some(9)));
        let message = br#"..."usage" : {"input_tokens":1,"cache_read_input_tokens":5,"output_tokens":2}}"#;
        assert_eq!(Usage::in_tail(message).input, Some(6));
        for none in [&b"\"usage\":null}"[..], b"\"usage\":{\"input", b"", b"\"usage\""] {
            assert!(Usage::in_tail(none).is_unknown(), "{}", String::from_utf8_lossy(none));
        }
    }
}
