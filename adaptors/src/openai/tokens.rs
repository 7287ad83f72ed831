//! Tokens from the text of a `usage` object.

use crate::adaptor::Usage;
use crate::json::look;
use crate::scan;

/// Reads them as [`Usage::of_openai`] does.
pub(super) fn usage_in(text: &str) -> Usage {
    let surely = || look(text.as_bytes()).map_or_else(|_| Usage::default(), |usage| Usage::of_openai(&usage));
    of_chat(text).unwrap_or_else(surely)
}

/// Most are of a chat, and have no details or simple ones. `None`: this is another one.
fn of_chat(text: &str) -> Option<Usage> {
    const KEYS: [&str; 6] = [
        "prompt_tokens",
        "completion_tokens",
        "prompt_tokens_details",
        "completion_tokens_details",
        "input_tokens_details",
        "output_tokens_details",
    ];
    let [input, output, prompt, completion, None, None] = scan::values(text.as_bytes(), KEYS)? else {
        return None;
    };
    let [cached, written] = details(prompt, ["cached_tokens", "cache_write_tokens"])?;
    let [reasoning] = details(completion, ["reasoning_tokens"])?;
    let (input, output) = (Some(scan::count(input)?), Some(scan::count(output)?));
    Some(Usage { input, cached, written, written_hour: None, output, reasoning })
}

fn details<const N: usize>(object: Option<&str>, keys: [&str; N]) -> Option<[Option<u64>; N]> {
    let Some(object) = object else { return Some([None; N]) };
    let values = scan::values(object.as_bytes(), keys)?;
    let counts = values.map(scan::count);
    // A count that is none is left to the sure reader.
    let all = values.iter().zip(counts).all(|(value, count)| value.is_some() == count.is_some());
    all.then_some(counts)
}
