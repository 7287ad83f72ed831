//! One row from its baseline to its verdict.

use std::time::Duration;

use tokio::time::Instant;

use super::{
    bench::Bench,
    tally::{Finding, Kind, Tally},
};
use crate::{
    gauge::{Held, Left},
    rows::{Row, Work},
};

/// How long a relay has to come back to its baseline.
const SETTLE: Duration = Duration::from_secs(5);
/// Memory is flat when three repetitions in a row do not each add more than this, in bytes.
const FLAT: u64 = 512 << 10;

/// Runs a row on a bench that nobody else uses meanwhile.
pub(crate) async fn run(row: &'static Row, bench: &Bench) -> anyhow::Result<Finding> {
    let begun = Instant::now();
    let mut tally = Tally::default();
    for complaint in bench.warm_up().await.complaints {
        tally.complain(complaint.kind, complaint.text);
    }
    let before = bench.settled(SETTLE * 2).await;
    let mut round = once(row, bench, &before).await?;
    if !round.left.is_empty() && round.left.iter().all(|left| left.name != "upstream requests") {
        // What is made once is no leak: what is left must be left again.
        let again = bench.settled(SETTLE).await;
        let second = once(row, bench, &again).await?;
        round.tally.add(second.tally);
        if second.left.is_empty() {
            round.left = Vec::new();
            round.quiet_s = second.quiet_s;
        }
    }
    let mut memory = vec![round.after.memory];
    for _ in 1..bench.size.repetitions {
        let next = once(row, bench, &before).await?;
        round.tally.add(next.tally);
        round.left = next.left;
        round.after = next.after;
        round.quiet_s = round.quiet_s.zip(next.quiet_s).map(|(a, b)| a.max(b));
        memory.push(next.after.memory);
    }
    tally.add(round.tally);
    leaks(&round.left, &memory, &mut tally);
    bench.lives_on(&before, &round.after, &mut tally).await;
    Ok(Finding {
        id: row.id,
        name: row.name,
        verdict: tally.verdict(),
        tally,
        before,
        after: round.after,
        left: round.left,
        quiet_s: round.quiet_s,
        took_s: begun.elapsed().as_secs_f64(),
        reason: None,
    })
}

struct Round {
    tally: Tally,
    after: Held,
    left: Vec<Left>,
    quiet_s: Option<f64>,
}

async fn once(row: &'static Row, bench: &Bench, before: &Held) -> anyhow::Result<Round> {
    let tally = match &row.work {
        Work::Cases(cases) => bench.cases(cases).await,
        Work::Any(act) | Work::Own(act) => act(bench).await?,
        Work::Skip(_) => Tally::default(),
    };
    let (after, quiet_s) = bench.quiet(before, SETTLE).await;
    let left = after.left(before);
    Ok(Round { tally, after, left, quiet_s })
}

fn leaks(left: &[Left], memory: &[Option<u64>], tally: &mut Tally) {
    for Left { name, before, after } in left {
        tally.complain(Kind::Leak, format!("{name}: {before} before, {after} after"));
    }
    if let Some((first, last)) = grows(memory) {
        let [first, last] = [first, last].map(vitals::units::format_size);
        tally.complain(
            Kind::Leak,
            format!("memory: {first} after the first repetition, {last} after the last"),
        );
    }
}

/// The first and the last of at least three readings of which each is clearly above the one before it.
fn grows(memory: &[Option<u64>]) -> Option<(u64, u64)> {
    let memory: Vec<u64> = memory.iter().copied().collect::<Option<_>>()?;
    let steady = memory.len() >= 3 && memory.windows(2).all(|pair| pair[1] > pair[0] + FLAT);
    steady.then(|| memory.first().copied().zip(memory.last().copied())).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_grows_when_every_repetition_adds_to_it() {
        let mib = |list: &[u64]| list.iter().map(|n| Some(n << 20)).collect::<Vec<_>>();
        assert_eq!(grows(&mib(&[20, 22, 24])), Some((20 << 20, 24 << 20)));
        assert_eq!(grows(&mib(&[20, 30, 30])), None);
        assert_eq!(grows(&mib(&[20, 22])), None);
        assert_eq!(grows(&[Some(1), None, Some(1 << 30)]), None);
    }
}
