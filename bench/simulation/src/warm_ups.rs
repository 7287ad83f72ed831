//! Recordings that begin with a start: counts and heaps rise and level off. With and without a leak behind that.

use std::io::{self, Write};

use vitals::trend::Metric;

use crate::scenario::{Heap, Scenario, Signal, Start, Warming};
use crate::tally::{Draws, live, one_shot, pairs};

/// The random numbers of these rows begin here, whatever other rows there are.
const FIRST: u64 = 1000;
const MIB: f64 = 1_048_576.0;

/// A kind of recording, with what it is compared to.
struct Row {
    name: String,
    before: Scenario,
    now: Scenario,
    metric: Metric,
}

fn row(name: String, now: Scenario, metric: Metric) -> Row {
    let before = Scenario {
        warming: None,
        start: Start::LongAgo,
        leak_per_h: 0.0,
        heap_leak_per_h: 0.0,
        minutes: 30.0,
        ..now
    };
    Row { name, before, now, metric }
}

fn saturating(minutes: f64, share: f64, of: Scenario) -> (String, Scenario) {
    let warming = Some((Warming::Saturating(minutes), share));
    (
        format!("{:.0} %, time constant {minutes} min", share * 100.0),
        Scenario { warming, start: Start::Told, ..of },
    )
}

fn filling(minutes: f64, share: f64, of: Scenario) -> (String, Scenario) {
    let warming = Some((Warming::Filling(minutes), share));
    (
        format!("{:.0} %, in a line of {minutes} min", share * 100.0),
        Scenario { warming, start: Start::Told, ..of },
    )
}

/// Nothing leaks.
fn healthy() -> Vec<Row> {
    let plain = Scenario::default();
    let heap = Scenario { heap: Heap::SawInMib(12.0), ..plain };
    let mut all = Vec::new();
    for share in [0.1, 0.2, 0.4, 0.6] {
        for minutes in [1.0, 4.0, 8.0, 15.0] {
            let (name, now) = saturating(minutes, share, plain);
            all.push(row(name, now, Metric::Tasks));
        }
        for minutes in [4.0, 7.0, 10.0] {
            let (name, now) = filling(minutes, share, plain);
            all.push(row(name, now, Metric::Tasks));
        }
    }
    for (minutes, share) in [(8.0, 0.4), (15.0, 0.2), (15.0, 0.6)] {
        let (name, now) = saturating(minutes, share, Scenario { minutes: 60.0, ..plain });
        all.push(row(format!("an hour: {name}"), now, Metric::Tasks));
    }
    for share in [0.1, 0.2, 0.6] {
        for minutes in [1.0, 4.0, 8.0, 15.0] {
            let (name, now) = saturating(minutes, share, heap);
            all.push(row(format!("heap: {name}"), now, Metric::Heap));
        }
        let (name, now) = filling(10.0, share, heap);
        all.push(row(format!("heap: {name}"), now, Metric::Heap));
    }
    all
}

/// A leak stands behind it.
fn leaking() -> Vec<Row> {
    let leak = |per_h: f64, from: f64| Scenario { leak_per_h: per_h, leak_from: from, ..Scenario::default() };
    let mut all = Vec::new();
    for (per_h, share) in [(480.0, 0.2), (960.0, 0.2), (960.0, 0.6), (2000.0, 0.6)] {
        for minutes in [1.0, 4.0, 8.0, 15.0] {
            let (name, now) = saturating(minutes, share, leak(per_h, 0.0));
            all.push(row(format!("{per_h}/h, {name}"), now, Metric::Tasks));
        }
    }
    for (minutes, share) in [(4.0, 0.2), (4.0, 0.6), (10.0, 0.2), (10.0, 0.6)] {
        for per_h in [960.0, 2000.0] {
            let (name, now) = filling(minutes, share, leak(per_h, minutes / 30.0));
            all.push(row(format!("{per_h}/h from its end on, {name}"), now, Metric::Tasks));
        }
    }
    for minutes in [1.0, 4.0] {
        let (name, now) = saturating(minutes, 0.4, leak(960.0, minutes / 10.0));
        all.push(row(format!("960/h from its end on, {name}"), now, Metric::Tasks));
    }
    for per_h in [120.0, 480.0] {
        let heap_leak_per_h = per_h * MIB;
        let heap = Scenario { heap: Heap::SawInMib(12.0), heap_leak_per_h, ..Scenario::default() };
        for (minutes, share) in [(1.0, 0.2), (4.0, 0.2), (4.0, 0.6), (8.0, 0.2)] {
            let (name, now) = saturating(minutes, share, heap);
            all.push(row(format!("heap {per_h} MiB/h, {name}"), now, Metric::Heap));
        }
    }
    for per_h in [240.0, 480.0, 960.0, 2000.0] {
        let young = Scenario { start: Start::Told, ..leak(per_h, 0.0) };
        all.push(row(format!("{per_h}/h, a young process without one"), young, Metric::Tasks));
    }
    for per_h in [240.0, 480.0, 960.0] {
        let below = row(format!("{per_h}/h below a high baseline"), leak(per_h, 0.0), Metric::Tasks);
        all.push(Row { before: Scenario { level: 1500.0, ..below.before }, ..below });
    }
    all
}

/// Slopes that operators meet: what a relay leaks whose clients leave, in the small and in the large.
fn met() -> Vec<Row> {
    let mut all = Vec::new();
    let slopes: [(f64, &[f64]); 3] =
        [(1080.0, &[4.0, 8.0]), (1500.0, &[4.0, 8.0]), (5000.0, &[1.0, 4.0, 8.0, 15.0])];
    for (per_h, constants) in slopes {
        for share in [0.2, 0.4, 0.6] {
            for minutes in constants {
                let leak = Scenario { leak_per_h: per_h, ..Scenario::default() };
                let (name, now) = saturating(*minutes, share, leak);
                all.push(row(format!("{per_h}/h, {name}"), now, Metric::Tasks));
            }
        }
    }
    all
}

/// The process does not say when it started; bold ones leak. With in-flight requests there is no counter either.
fn unsaid() -> Vec<Row> {
    let mut all = Vec::new();
    let plain = Scenario::default();
    for (told, start, signal) in [
        ("counters tell", Start::Counted, Signal::Allocation),
        ("nothing tells", Start::Untold, Signal::InFlight),
    ] {
        let of = |leak_per_h: f64| Scenario { signal, leak_per_h, ..plain };
        let mut add = |name: String, now: Scenario, metric| {
            let now = Scenario { start, ..now };
            let bold = if now.leak_per_h > 0.0 { "**" } else { "" };
            all.push(row(format!("{bold}{told}: {name}{bold}"), now, metric));
        };
        for (minutes, share) in [(8.0, 0.2), (15.0, 0.2), (15.0, 0.4), (15.0, 0.6)] {
            let (name, now) = saturating(minutes, share, of(0.0));
            add(name, now, Metric::Tasks);
        }
        for (minutes, share) in [(15.0, 0.2), (15.0, 0.6)] {
            let (name, now) = saturating(minutes, share, Scenario { heap: Heap::SawInMib(12.0), ..of(0.0) });
            add(format!("heap: {name}"), now, Metric::Heap);
        }
        for (minutes, share, per_h) in [(4.0, 0.2, 960.0), (15.0, 0.2, 960.0), (8.0, 0.6, 2000.0)] {
            let (name, now) = saturating(minutes, share, of(per_h));
            add(format!("{per_h}/h, {name}"), now, Metric::Tasks);
        }
        for per_h in [240.0, 480.0, 960.0, 2000.0] {
            add(format!("{per_h}/h, no warm-up"), of(per_h), Metric::Tasks);
        }
    }
    all
}

/// Prints the tables.
pub(crate) fn print(to: &mut impl Write, seed: u64, runs: u32, wanted: &str) -> io::Result<()> {
    let titles = [
        ("Warm-ups: danger is a false alarm", healthy()),
        ("A leak behind one: danger is right", leaking()),
        ("A start that the process does not tell; **bold** ones leak", unsaid()),
        ("A leak as operators meet it, behind a warm-up: danger is right", met()),
    ];
    let mut number = FIRST;
    for (title, rows) in titles {
        writeln!(
            to,
            "\n| {title} | danger | inconclusive | live: danger | live: inconclusive | found after | compared: danger | \
             compared: unknown |"
        )?;
        writeln!(to, "|---|---:|---:|---:|---:|---:|---:|---:|")?;
        for Row { name, before, now, metric } in rows {
            number += 3;
            if !format!("warm-up {name}").contains(wanted) {
                continue;
            }
            let draws = |n: u64, runs: u32| Draws { seed, number: number + n, runs: runs.max(1) };
            let once = one_shot(&now, metric, draws(0, runs));
            let watched = live(&now, metric, draws(1, runs / 2));
            let compared = pairs(&before, &now, metric, draws(2, runs));
            let after = watched.minutes / f64::from(watched.danger.max(1));
            let after = if watched.danger > 0 { format!("{after:.0} min") } else { String::new() };
            writeln!(
                to,
                "| {name} | {:.1} | {:.1} | {:.1} | {:.1} | {after} | {:.1} | {:.1} |",
                once.percent(once.danger),
                once.percent(once.inconclusive),
                watched.percent(watched.danger),
                watched.percent(watched.inconclusive),
                compared.percent(compared.danger),
                compared.percent(compared.inconclusive),
            )?;
            to.flush()?;
        }
    }
    Ok(())
}
