//! The drill's own relay says for every request why it ended. What it says must agree with what its clients saw: each
//! request ends once, for a reason that its row allows, and none is `done` whose client was not given a whole answer.

use vitals::EndReason::{self, *};

use super::grade::Kind;
use super::tally::Tally;
use crate::client::Outcome;
use crate::count::counted;
use crate::gauge::Ended;

/// Complains of ends that must not be: of requests that may end for the `allowed` reasons, `posted` were sent and `ended`
/// counted meanwhile.
pub(crate) fn judge(allowed: &[EndReason], ended: &Ended, posted: u64, tally: &mut Tally) {
    let total: u64 = ended.iter().sum();
    tally.check(total == posted, format!("{posted} requests, {total} ends: each must end exactly once"));
    let done = ended[Done.index()];
    let whole = tally.client.get(Outcome::Ok.key()).copied().unwrap_or(0);
    if done > whole {
        let (done, whole) = (counted(done, "request"), counted(whole, "client"));
        let text = format!("{done} ended as `done`, {whole} had a whole answer");
        tally.complain(Kind::Lie, text);
    }
    for (reason, count) in EndReason::ALL.iter().zip(ended).filter(|(_, count)| **count > 0) {
        if !allowed.contains(reason) {
            let kind = if *reason == Done { Kind::Lie } else { Kind::Wrong };
            tally.complain(
                kind,
                format!("{} ended as `{reason}`, which this fault is not", counted(*count, "request")),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(counts: &[(EndReason, u64)]) -> Ended {
        let mut ended = Ended::default();
        counts.iter().for_each(|(reason, count)| ended[reason.index()] = *count);
        ended
    }

    /// The complaints about 30 requests, of which so many brought a whole answer.
    fn complaints(allowed: &[EndReason], counts: &[(EndReason, u64)], whole: u64) -> Vec<(Kind, String)> {
        let mut tally = Tally::default();
        (0..whole).for_each(|_| tally.count(Outcome::Ok));
        judge(allowed, &ended(counts), 30, &mut tally);
        tally.complaints.into_iter().map(|complaint| (complaint.kind, complaint.text)).collect()
    }

    #[test]
    fn each_request_ends_once_and_as_its_client_saw_it() {
        let either = &[Done, UpstreamTruncated];
        assert_eq!(complaints(either, &[(Done, 10), (UpstreamTruncated, 20)], 10), []);
        for (done, cut, ends) in [(10, 19, "29 ends"), (10, 21, "31 ends")] {
            let found = complaints(either, &[(Done, done), (UpstreamTruncated, cut)], 10);
            assert!(matches!(&found[..], [(Kind::Wrong, text)] if text.contains(ends)), "{found:?}");
        }
        // One that was broken is counted as a success.
        let found = complaints(either, &[(Done, 11), (UpstreamTruncated, 19)], 10);
        assert!(matches!(&found[..], [(Kind::Lie, text)] if text.contains("11 requests")), "{found:?}");
        let found = complaints(&[UpstreamTruncated], &[(Done, 1), (UpstreamTruncated, 29)], 1);
        assert!(matches!(&found[..], [(Kind::Lie, text)] if text.contains("`done`")), "{found:?}");
        let found = complaints(either, &[(Panic, 20), (Done, 10)], 10);
        assert!(matches!(&found[..], [(Kind::Wrong, text)] if text.contains("`panic`")), "{found:?}");
    }
}
