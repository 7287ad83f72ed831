//! Tokens from the text of a `usage` object.

use crate::adaptor::Usage;
use crate::scan;

/// Most are of a chat, and have no details or simple ones.
pub(super) fn usage_in(text: &str) -> Usage {
    let of_chat = scan::values(
        text.as_bytes(),
        ["prompt_tokens", "completion_tokens", "prompt_tokens_details", "completion_tokens_details"],
    );
    match of_chat {
        Some([Some(input), Some(output), prompt, completion]) => {
            let [cached, written] = details(prompt, ["cached_tokens", "cache_write_tokens"]);
            let [reasoning] = details(completion, ["reasoning_tokens"]);
            let (input, output) = (scan::count(Some(input)), scan::count(Some(output)));
            Usage { input, cached, written, written_hour: None, output, reasoning }
        }
        _ => serde_json::from_str(text).map_or_else(|_| Usage::default(), |usage| Usage::of_openai(&usage)),
    }
}

fn details<const N: usize>(object: Option<&str>, keys: [&str; N]) -> [Option<u64>; N] {
    let values = object.and_then(|object| scan::values(object.as_bytes(), keys));
    values.map_or([None; N], |values| values.map(scan::count))
}
