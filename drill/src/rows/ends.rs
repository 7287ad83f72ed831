//! The drill's own relay says for every request why it ended. What it says must agree with what its clients saw: each
//! request ends once, for a reason that its row allows, and none is `done` whose client was not given a whole answer.

use vitals::EndReason::{self, *};

use super::key;
use crate::{
    client::Outcome,
    run::{Kind, Tally},
};

/// Requests by the reason of their end, in the order of [`EndReason::ALL`].
pub(crate) type Ended = [u64; EndReason::ALL.len()];

/// Why the requests of a row may end. Where a deadline of all of an answer may be as short as one of a part of it, as
/// with scaled defaults, both may.
const ENDS: &[(&str, &[EndReason])] = &[
    ("error-status", &[UpstreamError]),
    ("error-body-cut", &[UpstreamError]),
    ("error-body-stalls", &[UpstreamError]),
    ("error-body-endless", &[UpstreamError]),
    ("json-for-a-stream", &[Done, UpstreamError]),
    ("error-as-first-event", &[UpstreamError]),
    ("error-after-tokens", &[UpstreamError]),
    ("client-gone-mid-stream", &[ClientGone]),
    ("client-gone-mid-stream-h2", &[ClientGone, Done]),
    ("client-gone-while-silent", &[ClientGone]),
    ("client-gone-while-silent-h2", &[ClientGone, Done]),
    ("client-gone-before-headers", &[ClientGone]),
    ("client-gone-before-headers-h2", &[ClientGone, Done]),
    ("client-gone-between-attempts", &[ClientGone]),
    ("half-close-junk-pipelining", &[ClientGone, Done]),
    ("drain-when-client-gone", &[ClientGone]),
    ("stream-stalls", &[IdleTimeout]),
    ("headers-never-come", &[FirstByteTimeout, TotalTimeout]),
    ("drips-without-content", &[FirstByteTimeout, TotalTimeout]),
    ("no-content", &[UpstreamError]),
    ("client-does-not-read-a-flood", &[SlowClient]),
    ("client-does-not-read-a-drip", &[SlowClient, TotalTimeout]),
    ("client-does-not-read-silence", &[IdleTimeout]),
    ("client-reads-slowly", &[Done]),
    ("client-does-not-read-h2", &[Done, IdleTimeout, SlowClient, TotalTimeout]),
    ("huge-events", &[Done, TooLarge]),
    ("odd-framing", &[Done]),
    ("malformed-fields", &[Done, UpstreamError]),
    ("stream-without-an-end", &[Done, UpstreamTruncated]),
    ("answer-cut", &[UpstreamTruncated]),
    ("uploads-that-go-wrong", &[ClientError, ClientGone, TooLarge]),
    ("answered-before-uploaded", &[UpstreamError]),
    ("large-prompts", &[ClientGone]),
    ("long-answers", &[Done]),
    ("made-up-names", &[ClientError, NoChannel]),
    ("reload-under-load", &[ClientError, Done]),
    ("all-channels-fail", &[FirstByteTimeout, NoChannel, TotalTimeout, UpstreamError]),
    ("idle-connections-closed", &[Done]),
    ("closed-instead-of-answered", &[UpstreamError]),
    ("upstream-out-of-reach", &[ConnectTimeout, Done, UpstreamError]),
    ("http2-streams-that-fail", &[Done, UpstreamError, UpstreamTruncated]),
    ("http2-connections", &[ConnectTimeout, Done, NoChannel]),
    ("tls-to-the-upstream", &[ConnectTimeout, Done, NoChannel, UpstreamError]),
    ("tls-from-clients", &[]),
    ("thousands-of-connections", &[]),
    ("slow-heads", &[]),
    ("idle-clients", &[]),
    ("no-descriptors", &[Done, Shed]),
    ("stopped-and-killed", &[]),
    ("monitor-under-overload", &[ClientGone, Shed, SlowClient]),
    ("clock-jumps", &[Done, FirstByteTimeout, TotalTimeout]),
    ("log-that-nobody-reads", &[ClientError, Done]),
    ("packed-answers", &[Done, UpstreamError, UpstreamTruncated]),
    ("packed-token-by-token", &[Done]),
    ("redirect", &[UpstreamError]),
    ("odd-http", &[ClientError, Done, FirstByteTimeout, TotalTimeout, UpstreamError, UpstreamTruncated]),
    ("hostile-requests", &[ClientError, Done]),
    ("headers-of-the-upstream", &[Done]),
    ("mixed-traffic", &[ClientGone, Done, FirstByteTimeout, IdleTimeout, UpstreamError, UpstreamTruncated]),
    ("one-slow-client-of-a-hundred", &[ClientGone, Done, SlowClient]),
    ("answer-longer-than-itself", &[Done]),
    ("second-relay-on-the-port", &[Done]),
];

/// What the requests of a row ended with, as far as it is not as it must be: `ended` is what was counted while
/// `posted` requests were sent.
pub(crate) fn judge(row: &str, ended: &Ended, posted: u64, tally: &mut Tally) {
    let total: u64 = ended.iter().sum();
    tally.check(total == posted, format!("{posted} requests, {total} ends: each must end exactly once"));
    let done = ended[Done.index()];
    let whole = tally.client.get(key(Outcome::Ok)).copied().unwrap_or(0);
    if done > whole {
        let text = format!("{done} requests ended as `done`, {whole} clients were given a whole answer");
        tally.complain(Kind::Lie, text);
    }
    let allowed = ENDS.iter().find(|(name, _)| *name == row).map_or(&[][..], |(_, reasons)| reasons);
    for (reason, count) in EndReason::ALL.iter().zip(ended).filter(|(_, count)| **count > 0) {
        if !allowed.contains(reason) {
            let kind = if *reason == Done { Kind::Lie } else { Kind::Wrong };
            tally.complain(kind, format!("{count} requests ended as `{reason}`, which this fault is not"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::{ROWS, Work};

    fn ended(counts: &[(EndReason, u64)]) -> Ended {
        let mut ended = Ended::default();
        counts.iter().for_each(|(reason, count)| ended[reason.index()] = *count);
        ended
    }

    /// What is complained of in a row of 30 requests, of which so many brought a whole answer.
    fn complaints(row: &str, counts: &[(EndReason, u64)], whole: u64) -> Vec<(Kind, String)> {
        let mut tally = Tally::default();
        (0..whole).for_each(|_| tally.count(Outcome::Ok));
        judge(row, &ended(counts), 30, &mut tally);
        tally.complaints.into_iter().map(|complaint| (complaint.kind, complaint.text)).collect()
    }

    #[test]
    fn each_request_ends_once_and_as_its_client_saw_it() {
        let row = "stream-without-an-end";
        assert_eq!(complaints(row, &[(Done, 10), (UpstreamTruncated, 20)], 10), []);
        for (done, cut, ends) in [(10, 19, "29 ends"), (10, 21, "31 ends")] {
            let found = complaints(row, &[(Done, done), (UpstreamTruncated, cut)], 10);
            assert!(matches!(&found[..], [(Kind::Wrong, text)] if text.contains(ends)), "{found:?}");
        }
        // One that was broken is counted as a success.
        let found = complaints(row, &[(Done, 11), (UpstreamTruncated, 19)], 10);
        assert!(matches!(&found[..], [(Kind::Lie, text)] if text.contains("11 requests")), "{found:?}");
        let found = complaints("answer-cut", &[(Done, 1), (UpstreamTruncated, 29)], 1);
        assert!(matches!(&found[..], [(Kind::Lie, text)] if text.contains("`done`")), "{found:?}");
        let found = complaints(row, &[(Panic, 20), (Done, 10)], 10);
        assert!(matches!(&found[..], [(Kind::Wrong, text)] if text.contains("`panic`")), "{found:?}");
    }

    #[test]
    fn every_row_that_is_done_says_how_its_requests_end() {
        let done: Vec<&str> =
            ROWS.iter().filter(|row| !matches!(row.work, Work::Skip(_))).map(|row| row.name).collect();
        assert_eq!(done, ENDS.iter().map(|(name, _)| *name).collect::<Vec<_>>());
    }
}
