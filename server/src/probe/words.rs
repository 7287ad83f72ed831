//! What `channels` says, in English: JSON has it, too, and people get it in their language ([`crate::words::said`]).

use std::io;
use std::time::Duration;

pub(super) fn unknown(name: &str, near: Option<&str>, known: &[&str]) -> String {
    match near {
        Some(near) => format!("there is no channel `{name}`, did you mean `{near}`?"),
        None => format!("there is no channel `{name}`: known are {}", known.join(", ")),
    }
}

pub(super) use crate::words::unwritten;

pub(super) fn no_runtime(error: &io::Error) -> String {
    format!("nothing can be asked: {error}")
}

pub(super) const BUILT_IN: &str = "built in: it answers by itself";
pub(super) const NO_MODEL: &str = "no model is known to ask for: name one with --model";
pub(super) const NO_ADDRESS: &str = "the channel has no valid address for this";
pub(super) const NO_LIST: &str = "its dialect has no list of models";
pub(super) const NOT_A_LIST: &str = "the answer is no list of models";
pub(super) const NO_CHAT: &str = "its upstream has no conversations";
pub(super) const NOT_COUNTED: &str = "answered; the provider counted no tokens";
pub(super) const BROKE_OFF: &str = "the answer broke off";

pub(super) fn not_served(model: &str) -> String {
    format!("the channel does not serve the model `{model}`")
}

pub(super) fn too_large(cap: usize) -> String {
    format!("the answer is larger than {}", vitals::units::format_size(cap as u64))
}

/// `key`: what sets the deadline.
pub(super) fn late(limit: Duration, key: &str) -> String {
    format!("nothing within {} ({key})", vitals::units::format_duration(limit))
}

/// How many channels came to each end, where there are several.
pub(super) fn together(outcomes: &[(usize, &str)]) -> String {
    let all: usize = outcomes.iter().map(|(count, _)| count).sum();
    let some = outcomes.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}"));
    format!("{all} channels: {}", some.collect::<Vec<_>>().join(", "))
}

pub(super) fn addresses(count: usize) -> String {
    if count == 1 { "1 address".to_owned() } else { format!("{count} addresses") }
}

pub(super) fn tokens(input: Option<u64>, output: Option<u64>) -> String {
    match (input, output) {
        (None, None) => NOT_COUNTED.to_owned(),
        (input, output) => {
            let count =
                |tokens: Option<u64>| tokens.map_or_else(|| "?".to_owned(), |tokens| tokens.to_string());
            format!("{} in, {} out", count(input), count(output))
        }
    }
}

pub(super) fn status(status: u16, message: &str) -> String {
    if message.is_empty() { format!("HTTP {status}") } else { format!("HTTP {status}: {message}") }
}
