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
    /// As the upstream reported it.
    pub(crate) usage: Usage,
    /// Bytes of text that came of a stream which was cut.
    pub(crate) cut: Option<u64>,
    pub(crate) bytes_in: u64,
    pub(crate) first_byte_ms: Option<u64>,
    /// Channels tried.
    pub(crate) attempts: u32,
    pub(crate) upstream_id: Option<String>,
    /// What the last attempt's upstream calls the model, where that is another name.
    pub(crate) upstream_model: Option<String>,
    /// The model that stood in for it.
    pub(crate) fallback: Option<String>,
    /// What the last attempt's translation left out.
    pub(crate) dropped: Option<String>,
    /// Why it failed: the last attempt, while it lasts, and at the end the request.
    pub(crate) error: Option<String>,
}

impl Record {
    /// What it cost, and whether that was reported or estimated. Whoever cuts a stream seldom says what it has cost: then a
    /// token is four bytes of the answer's text, and four bytes of the request.
    fn cost(&self) -> (Usage, Option<&'static str>) {
        match self.cut {
            None => (self.usage, (!self.usage.is_unknown()).then_some("reported")),
            Some(bytes) => {
                let input = self.usage.input.or(Some(self.bytes_in / 4));
                let output = self.usage.output.max((bytes > 0).then(|| bytes.div_ceil(4)));
                (Usage { input, output, ..self.usage }, Some("estimated"))
            }
        }
    }
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
    let (cost, usage) = record.cost();
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
        line.text("fallback", record.fallback.as_deref().map(log::shorten));
        line.text("channel", entry.channel().as_ref().map(|channel| &*channel.name));
        line.number("attempts", u64::from(record.attempts));
        line.text("key", record.caller.as_deref());
        line.address("client", record.client);
        line.number("ms", millis);
        line.number("first_byte_ms", record.first_byte_ms);
        line.number("bytes_in", record.bytes_in);
        line.number("bytes_out", entry.bytes_out.load(Relaxed));
        line.text("usage", usage);
        line.number("input_tokens", cost.input);
        line.number("cached_tokens", cost.cached);
        line.number("cache_write_tokens", cost.written);
        line.number("cache_write_1h_tokens", cost.written_hour);
        line.number("output_tokens", cost.output);
        line.number("reasoning_tokens", cost.reasoning);
        line.text("upstream_id", record.upstream_id.as_deref());
        line.text("dropped", record.dropped.as_deref());
        line.text("error", record.error.as_deref().map(log::shorten));
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_cut_is_estimated_and_says_so() {
        let mut record = Record { bytes_in: 400, ..Record::default() };
        assert_eq!(record.cost(), (Usage::default(), None));
        record.cut = Some(25);
        let guess = Usage { input: Some(100), output: Some(7), ..Usage::default() };
        assert_eq!(record.cost(), (guess, Some("estimated")));
        // Some tell the input at the beginning, and one token of the answer.
        record.usage = Usage { input: Some(90), cached: Some(80), output: Some(1), ..Usage::default() };
        let better = Usage { output: Some(7), ..record.usage };
        assert_eq!(record.cost(), (better, Some("estimated")));
        // Nothing of it was text.
        record.cut = Some(0);
        assert_eq!(record.cost(), (record.usage, Some("estimated")));
        record.cut = None;
        assert_eq!(record.cost(), (record.usage, Some("reported")));
    }

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
