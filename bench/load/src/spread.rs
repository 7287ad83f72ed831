//! What was measured, and its line of JSON.

use std::time::Duration;

use serde_json::{Value, json};

/// What one window of load saw.
#[derive(Default)]
pub(crate) struct Seen {
    /// Requests that came to their end.
    pub(crate) done: u64,
    pub(crate) failed: u64,
    /// Why the first one failed.
    pub(crate) why: Option<String>,
    /// Bytes of the answers' bodies.
    pub(crate) bytes: u64,
    /// Microseconds from the moment at which a request was due to the end of its answer.
    pub(crate) whole: Vec<u32>,
    /// The same to the first byte of the answer's body.
    pub(crate) first: Vec<u32>,
}

impl Seen {
    pub(crate) fn add(&mut self, asked: anyhow::Result<Answered>) {
        match asked {
            Ok(answered) => {
                self.done += 1;
                self.bytes += answered.bytes;
                self.whole.push(micros(answered.whole));
                self.first.push(micros(answered.first));
            }
            Err(why) => {
                self.failed += 1;
                self.why.get_or_insert_with(|| format!("{why:#}"));
            }
        }
    }

    pub(crate) fn json(mut self, window: Duration) -> Value {
        #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
        let rate = self.done as f64 / window.as_secs_f64();
        json!({
            "done": self.done, "failed": self.failed, "why": self.why, "bytes": self.bytes,
            "per_second": rate, "whole_us": spread(&mut self.whole), "first_us": spread(&mut self.first),
        })
    }
}

/// An answer that came to its end.
pub(crate) struct Answered {
    pub(crate) first: Duration,
    pub(crate) whole: Duration,
    pub(crate) bytes: u64,
}

fn micros(time: Duration) -> u32 {
    u32::try_from(time.as_micros()).unwrap_or(u32::MAX)
}

/// Exact percentiles: every value is kept.
fn spread(values: &mut [u32]) -> Value {
    values.sort_unstable();
    let at = |thousandths: usize| {
        values.get((values.len() * thousandths / 1000).min(values.len().saturating_sub(1)))
    };
    json!({"p50": at(500), "p90": at(900), "p99": at(990), "p999": at(999), "max": values.last()})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_exact() {
        let mut values: Vec<u32> = (1..=1000).rev().collect();
        assert_eq!(
            spread(&mut values),
            json!({"p50": 501, "p90": 901, "p99": 991, "p999": 1000, "max": 1000})
        );
        assert_eq!(spread(&mut [])["p50"], Value::Null);
    }
}
