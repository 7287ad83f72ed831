//! Error bodies without an end: what they may cost in memory, for each request that is under way.

use vitals::EndReason::*;
use vitals::units::format_size;

use crate::run::Expect::Status;
use crate::run::{Bench, Kind, Row, Tally, both};

/// In the order of the matrix.
pub(super) const ROWS: &[Row] = &[Row {
    fault: "an error body without an end",
    why: "a misdirected download, a proxy's log page",
    good: "reads at most 64 KiB of it and answers at once: memory has a bound for each request",
    ends: &[UpstreamError],
    ..Row::new(4, "error-body-endless", any!(endless_errors)).waiting(1)
}];

/// 64 KiB of a body are enough for a message. What allocators and collectors add to it is allowed.
const EACH: u64 = 4 << 20;

/// Row 4: each answer ends at once, and memory at its peak has a bound for each request.
async fn endless_errors(bench: &Bench) -> anyhow::Result<Tally> {
    let cases = [both("error-endless-502", Status(&[502])), both("error-huge-64", Status(&[500]))];
    let (mut tally, memory) = bench.peak_while(bench.cases(&cases)).await;
    if let Some((before, peak)) = memory {
        weigh(before, peak, bench.size.most_at_once() as u64, &mut tally);
    }
    Ok(tally)
}

fn weigh(before: u64, peak: u64, at_once: u64, tally: &mut Tally) {
    let (more, allowed) = (peak.saturating_sub(before), at_once * EACH);
    let [from, to, most] = [before, peak, allowed].map(format_size);
    let text = format!(
        "memory: {from} before, {to} at its peak; {most} more are allowed for {at_once} requests at once"
    );
    if more > allowed {
        tally.complain(Kind::Wrong, text);
    } else {
        tally.note(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_has_a_bound_for_each_request() {
        let of = |peak| {
            let mut tally = Tally::default();
            weigh(64 << 20, peak, 25, &mut tally);
            (tally.grade().word(), tally.notes.len())
        };
        assert_eq!((of(164 << 20), of(165 << 20)), (("pass", 1), ("wrong", 0)));
        let mut tally = Tally::default();
        weigh(64 << 20, 9 << 30, 25, &mut tally);
        assert!(
            tally.complaints[0]
                .text
                .starts_with("memory: 64.0 MiB before, 9.0 GiB at its peak; 100.0 MiB more")
        );
    }
}
