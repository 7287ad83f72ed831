//! Exactly one record a request: counted and logged when the exchange is over, however it ended.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use adaptors::adaptor::Usage;
use vitals::EndReason;

use crate::ledger::Entry;

/// A counter that only grows.
#[derive(Default)]
pub(crate) struct Count(AtomicU64);

impl Count {
    pub(crate) fn add(&self, n: u64) {
        self.0.fetch_add(n, Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// Upper bounds of the duration histograms, in milliseconds.
pub(crate) const BUCKETS: [u64; 14] =
    [1, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 10_000, 60_000, 300_000, 900_000];

/// How long things took.
#[derive(Default)]
pub(crate) struct Histogram {
    /// One more than the bounds: the last one takes what is above them all.
    counts: [Count; BUCKETS.len() + 1],
    sum: Count,
}

impl Histogram {
    pub(crate) fn record(&self, millis: u64) {
        let bucket = BUCKETS.iter().position(|bound| millis <= *bound).unwrap_or(BUCKETS.len());
        self.counts[bucket].add(1);
        self.sum.add(millis);
    }

    pub(crate) fn counts(&self) -> impl Iterator<Item = u64> + '_ {
        self.counts.iter().map(Count::get)
    }

    pub(crate) fn sum(&self) -> u64 {
        self.sum.get()
    }
}

/// What one worker has counted.
#[derive(Default)]
pub(crate) struct Counters {
    pub(crate) requests: Count,
    pub(crate) ended: [Count; EndReason::ALL.len()],
    pub(crate) connections: Count,
    pub(crate) connections_refused: Count,
    pub(crate) bytes_to_clients: Count,
    pub(crate) tokens_in: Count,
    pub(crate) tokens_out: Count,
    pub(crate) duration: Histogram,
    pub(crate) first_byte: Histogram,
}

/// What is known of a request besides its ledger entry.
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
    pub(crate) error: Option<String>,
}

/// Counts and logs a request that is over.
pub(crate) fn settle(counters: &Counters, entry: &Entry, record: &Record, reason: EndReason) {
    counters.ended[reason.index()].add(1);
    counters.tokens_in.add(record.usage.input.unwrap_or(0));
    counters.tokens_out.add(record.usage.output.unwrap_or(0));
    let millis = entry.age();
    counters.duration.record(millis);
    if let Some(first) = record.first_byte_ms {
        counters.first_byte.record(first);
    }
    let channel = entry.channel.load();
    macro_rules! line {
        ($level:ident) => {
            tracing::$level!(
                id = %entry.id,
                end = reason.as_str(),
                status = record.status,
                method = %record.method,
                path = record.path,
                stream = record.stream,
                model = entry.model.get().map(|m| crate::log::shorten(m)),
                channel = channel.as_ref().map(|channel| &*channel.name),
                attempts = record.attempts,
                key = record.caller.as_deref(),
                client = record.client.map(tracing::field::display),
                ms = millis,
                first_byte_ms = record.first_byte_ms,
                bytes_in = record.bytes_in,
                bytes_out = entry.bytes_out.load(Relaxed),
                input_tokens = record.usage.input,
                output_tokens = record.usage.output,
                upstream_id = record.upstream_id.as_deref(),
                error = record.error.as_deref().map(crate::log::shorten),
                "request",
            )
        };
    }
    match reason {
        EndReason::Done | EndReason::ClientGone => line!(info),
        EndReason::Panic => line!(error),
        _ => line!(warn),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_histogram_counts_each_value_once() {
        let histogram = Histogram::default();
        [0, 1, 2, 900_000, 900_001].into_iter().for_each(|ms| histogram.record(ms));
        let counts: Vec<u64> = histogram.counts().collect();
        assert_eq!((counts[0], counts[1], counts[13], counts[14]), (2, 1, 1, 1));
        assert_eq!(counts.iter().sum::<u64>(), 5);
        assert_eq!(histogram.sum(), 1_800_004);
    }
}
