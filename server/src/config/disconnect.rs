//! `limits.on_disconnect`: the fate of the upstream's answer when the client leaves.

use std::time::Duration;

use super::forms::{Size, Time, to_usize};
use super::reader::{Value, Wanted};
use super::secrets::Resolver;
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

/// Of a drain without further words.
const TIME: Duration = Duration::from_secs(30);
const BYTES: usize = 8 << 20;

const TIMES: Time = Time(Duration::from_millis(1)..=Duration::from_secs(3600));
const SIZES: Size = Size(1 << 10..=1 << 30);

/// A word, or a table of bounds.
pub(super) struct Leaving;

impl Form<OnDisconnect> for Leaving {
    fn read(&self, value: Value<'_>, from: &Resolver<'_>) -> Option<OnDisconnect> {
        let drain = |time, bytes: usize| OnDisconnect::Drain { time, bytes: bytes as u64 };
        let wanted = Wanted::new("a word or a table", "\"cancel\" or { drain = \"30s\", bytes = \"8MiB\" }");
        if !value.is_table() {
            return value.parsed(wanted, |word| match word {
                "cancel" => Ok(OnDisconnect::Cancel),
                "drain" => Ok(drain(TIME, BYTES)),
                _ => Err(format!(
                    "`{word}` is not known: \"cancel\" drops the upstream when the client leaves, \"drain\" reads a stream on for its usage"
                )),
            });
        }
        value.table(wanted, |inner| {
            let time = inner.get("drain").and_then(|value| TIMES.read(value, from));
            let bytes = inner.get("bytes").and_then(|value| SIZES.read(value, from));
            inner.require(time.is_some(), "drain", "\"30s\"");
            drain(time.unwrap_or(TIME), bytes.unwrap_or(BYTES))
        })
    }

    fn show(&self, value: &OnDisconnect) -> Option<String> {
        let OnDisconnect::Drain { time, bytes } = value else { return Some("\"cancel\"".to_owned()) };
        let (time, bytes) = (TIMES.show(time)?, SIZES.show(&to_usize(*bytes))?);
        Some(format!("{{ drain = {time}, bytes = {bytes} }}"))
    }
}
