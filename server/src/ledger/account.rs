//! Exactly one record a request: counted and logged when the exchange is over, however it ended.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use adaptors::adaptor::Usage;
use tracing::Level;
use vitals::EndReason;

use super::Entry;
use crate::counters::{Count, Histogram};
use crate::log;

/// The counts of one worker.
#[derive(Default)]
pub(crate) struct Counters {
    pub(crate) requests: Count,
    pub(crate) ended: [Count; EndReason::ALL.len()],
    /// Those that ended badly.
    pub(crate) failed: Count,
    pub(crate) connections: Count,
    pub(crate) connections_refused: Count,
    pub(crate) bytes_to_clients: Count,
    pub(crate) tokens_in: Count,
    pub(crate) tokens_out: Count,
    pub(crate) duration: Histogram,
    pub(crate) first_byte: Histogram,
}

/// The facts about a request that only its record needs.
#[derive(Default)]
pub(crate) struct Record {
    pub(crate) method: http::Method,
    pub(crate) path: &'static str,
    pub(crate) caller: Option<Arc<str>>,
    pub(crate) client: Option<std::net::IpAddr>,
    pub(crate) stream: bool,
    pub(crate) status: u16,
    pub(crate) usage: Usage,
    pub(crate) bytes_in: u64,
    pub(crate) first_byte_ms: Option<u64>,
    /// Channels tried.
    pub(crate) attempts: u32,
    pub(crate) upstream_id: Option<String>,
    /// What the last attempt's upstream calls the model, where that is another name.
    pub(crate) upstream_model: Option<String>,
    /// What the last attempt's translation left out.
    pub(crate) dropped: Option<String>,
    /// Why it failed: the last attempt, while it lasts, and at the end the request.
    pub(crate) error: Option<String>,
}

/// Neither did the client leave, nor was it answered with a 4xx: an upstream that refuses a request does not fail.
fn is_failure(reason: EndReason, status: u16) -> bool {
    !matches!(reason, EndReason::Done | EndReason::ClientGone) && !(400..500).contains(&status)
}

/// Counts and logs a request that is over.
pub(crate) fn settle(counters: &Counters, entry: &Entry, record: &Record, reason: EndReason) {
    counters.ended[reason.index()].add(1);
    counters.failed.add(u64::from(is_failure(reason, record.status)));
    counters.tokens_in.add(record.usage.input.unwrap_or(0));
    counters.tokens_out.add(record.usage.output.unwrap_or(0));
    let millis = entry.age();
    counters.duration.record(millis);
    if let Some(first) = record.first_byte_ms {
        counters.first_byte.record(first);
    }
    let level = match reason {
        EndReason::Done | EndReason::ClientGone => Level::INFO,
        EndReason::Panic => Level::ERROR,
        _ => Level::WARN,
    };
    log::line(level, "request", |line| {
        line.word("id", &entry.id);
        line.text("end", reason.as_str());
        line.number("status", u64::from(record.status));
        line.word("method", record.method.as_str());
        line.text("path", record.path);
        line.flag("stream", record.stream);
        line.text("model", entry.model.get().map(|model| log::shorten(model)));
        line.text("upstream_model", record.upstream_model.as_deref().map(log::shorten));
        line.text("channel", entry.channel.load().as_ref().map(|channel| &*channel.name));
        line.number("attempts", u64::from(record.attempts));
        line.text("key", record.caller.as_deref());
        line.address("client", record.client);
        line.number("ms", millis);
        line.number("first_byte_ms", record.first_byte_ms);
        line.number("bytes_in", record.bytes_in);
        line.number("bytes_out", entry.bytes_out.load(Relaxed));
        line.number("input_tokens", record.usage.input);
        line.number("output_tokens", record.usage.output);
        line.text("upstream_id", record.upstream_id.as_deref());
        line.text("dropped", record.dropped.as_deref());
        line.text("error", record.error.as_deref().map(log::shorten));
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_leaves_and_what_is_refused_with_a_4xx_is_no_failure() {
        for (reason, status, failed) in [
            (EndReason::Done, 200, false),
            (EndReason::ClientGone, 200, false),
            (EndReason::ClientError, 400, false),
            (EndReason::Limited, 429, false),
            (EndReason::TooLarge, 413, false),
            (EndReason::UpstreamError, 429, false),
            (EndReason::TooLarge, 502, true),
            (EndReason::UpstreamError, 502, true),
            (EndReason::UpstreamTruncated, 200, true),
            (EndReason::Shed, 503, true),
            (EndReason::Panic, 0, true),
        ] {
            assert_eq!(is_failure(reason, status), failed, "{reason} {status}");
        }
    }
}
