//! `limits.on_disconnect`: a word, or a table of bounds.

use std::time::Duration;

use super::forms::{size, table, time, to_usize};
use super::reader::{Value, Wanted};
use super::table::Form;

/// The fate of the upstream's answer when the client leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnDisconnect {
    /// It is dropped at once.
    Cancel,
    /// A stream that has begun is read on, so that its usage is complete.
    Drain {
        /// For this long at most.
        time: Duration,
        /// And this many bytes at most.
        bytes: u64,
    },
}

/// A drain without further words.
const DRAIN: (Duration, usize) = (Duration::from_secs(30), 8 << 20);

pub(super) fn on_disconnect() -> impl Form<OnDisconnect> {
    let times = || time(Duration::from_millis(1)..=Duration::from_secs(3600));
    let sizes = || size(1 << 10..=1 << 30);
    let drain = |time, bytes: usize| OnDisconnect::Drain { time, bytes: bytes as u64 };
    let wanted = Wanted::new("a word or a table", "\"cancel\" or { drain = \"30s\", bytes = \"8MiB\" }");
    let word = move |word: &str| match word {
        "cancel" => Ok(OnDisconnect::Cancel),
        "drain" => Ok(drain(DRAIN.0, DRAIN.1)),
        _ => Err(format!(
            "`{word}` is not known: \"cancel\" drops the upstream when the client leaves, \"drain\" reads a stream on for its usage"
        )),
    };
    let read = move |value: &Value<'_>| match value.is_table() {
        false => value.parsed(wanted, word),
        true => value.table(wanted, |inner| {
            let time = inner.get("drain").and_then(|value| times().read(&value));
            let bytes = inner.get("bytes").and_then(|value| sizes().read(&value));
            inner.require(time.is_some(), "drain", "\"30s\"");
            drain(time.unwrap_or(DRAIN.0), bytes.unwrap_or(DRAIN.1))
        }),
    };
    let show = move |value: &OnDisconnect| match value {
        OnDisconnect::Cancel => Some("\"cancel\"".to_owned()),
        OnDisconnect::Drain { time, bytes } => {
            let (time, bytes) = (times().show(time)?, sizes().show(&to_usize(*bytes))?);
            table([format!("drain = {time}"), format!("bytes = {bytes}")])
        }
    };
    (read, show)
}
