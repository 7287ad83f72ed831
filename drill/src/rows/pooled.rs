//! Connections to upstreams that are used again, and what an upstream sends on them unasked: row 59.

use std::time::Duration;

use tokio::time::{Instant, sleep};
use vitals::EndReason::*;

use crate::client::OPENAI;
use crate::run::{Bench, Case, Expect::Good, Kind, Row, Tally, both};

/// In the order of the matrix.
pub(super) const ROWS: &[Row] = &[Row {
    fault: "another answer on a kept connection, in the same packet as the one asked for, or 1 ms, 50 ms, 1 s after it",
    why: "a proxy that has lost count, a server that answers twice",
    good: "a connection rests before it is lent again, longer where this was seen: nobody is given another's answer",
    ends: &[Done],
    ..Row::new(59, "answers-nobody-asked-for", any!(unasked)).waiting(4)
}];

/// How long a relay lets a connection rest at least.
const REST: Duration = Duration::from_millis(5);
/// A good one between two of the others is the one that would be given something else.
const UNASKED: &[Case] = &[
    both("two-answers", Good),
    both("", Good),
    both("late-surplus-1", Good),
    both("", Good),
    both("late-surplus-50", Good),
    both("", Good),
    both("late-surplus-1000", Good),
    both("", Good),
];

/// Row 59: a connection rests; and what comes on one that rests is seen, and learned from. The first time, a connection
/// that is lent again before such bytes come cannot be told from a good one: so here they come while nobody asks.
async fn unasked(bench: &Bench) -> anyhow::Result<Tally> {
    let mut tally = bench.cases(&[both("", Good)]).await;
    if bench.strict() {
        let rested = bench.upstream.seen().rested.unwrap_or(REST);
        let text =
            format!("a connection was lent again {:.1} ms after an answer", rested.as_secs_f64() * 1e3);
        tally.check(rested >= REST, text);
    }
    let body = bench.body("late-surplus-50", false, 20);
    let seen = bench.ask(&bench.target, OPENAI, &body, false).await;
    tally.see("before another answer", Good, &seen, bench.strict());
    noticed(bench, &mut tally).await;
    tally.add(bench.cases(UNASKED).await);
    Ok(tally)
}

/// The relay has seen that there was more than an answer; another one is given a second.
async fn noticed(bench: &Bench, tally: &mut Tally) {
    if !bench.strict() {
        return sleep(Duration::from_secs(1)).await;
    }
    let begun = Instant::now();
    while !bench.relay().is_ok_and(|relay| relay.log().contains("sent bytes beyond its answer")) {
        if begun.elapsed() > bench.size.patience {
            return tally.complain(Kind::Wrong, "another answer on a resting connection was not noticed");
        }
        sleep(Duration::from_millis(10)).await;
    }
}
