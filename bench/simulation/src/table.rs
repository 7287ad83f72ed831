//! What is simulated, and the tables.

use std::io::{self, Write};

use vitals::trend::Metric;

use crate::scenario::{Heap, Scenario, Shape, Signal};
use crate::tally::{Draws, Tally, live, one_shot, pairs};
use crate::{held, unsignalled, warm_ups, weeks};

/// The number of the first kind of what is held: rows before it may come and go without changing its numbers.
const HELD: u64 = 10_000;

const PHIS: [f64; 5] = [0.0, 0.5, 0.8, 0.95, 0.98];

/// Recordings in which nothing leaks.
pub(crate) fn healthy() -> Vec<(String, Scenario, Metric)> {
    let mut all = Vec::new();
    for phi in PHIS {
        let plain = Scenario { phi, ..Scenario::default() };
        all.push((format!("flat, phi {phi}"), plain, Metric::Tasks));
    }
    for phi in PHIS {
        let noisy = Scenario { phi, sd: 150.0, ..Scenario::default() };
        all.push((format!("flat, phi {phi}, sd 150"), noisy, Metric::Tasks));
    }
    for phi in PHIS {
        for (name, shape) in [("ramp up", Shape::Up), ("ramp down", Shape::Down), ("sine", Shape::Sine)] {
            let loaded = Scenario { phi, shape, signal: Signal::InFlight, ..Scenario::default() };
            all.push((format!("load {name}, phi {phi}"), loaded, Metric::Tasks));
        }
    }
    for (name, shape) in [("ramp up", Shape::Up), ("ramp down", Shape::Down), ("sine", Shape::Sine)] {
        let with = |signal| Scenario { shape, signal, ..Scenario::default() };
        all.push((format!("smooth load {name}"), with(Signal::Smooth), Metric::Tasks));
        all.push((format!("explained load {name}"), with(Signal::Explained), Metric::Tasks));
        all.push((format!("load {name}, allocation only"), with(Signal::Allocation), Metric::Tasks));
        all.push((format!("load {name}, requests only"), with(Signal::Requests), Metric::Tasks));
        all.push((format!("load {name}, no signal"), with(Signal::Nothing), Metric::Tasks));
    }
    let plain = Scenario::default();
    for at in [0.3, 0.5, 0.7] {
        let step = Scenario { step: Some((at, 200.0)), ..plain };
        all.push((format!("step of 200 at {:.0} %", at * 100.0), step, Metric::Tasks));
    }
    all.push(("3 restarts".to_owned(), Scenario { restarts: 3, minutes: 60.0, ..plain }, Metric::Tasks));
    all.push(("a gap".to_owned(), Scenario { gaps: true, ..plain }, Metric::Tasks));
    all.push(("level 19, sd 2".to_owned(), Scenario { level: 19.0, sd: 2.0, ..plain }, Metric::Tasks));
    for period in [12.0, 50.0, 180.0] {
        let saw = Scenario { heap: Heap::Saw(period), ..plain };
        all.push((format!("heap, sawtooth of {period} s"), saw, Metric::Heap));
        let mib = Scenario { heap: Heap::SawInMib(period), ..plain };
        all.push((format!("heap in MiB, sawtooth of {period} s"), mib, Metric::Heap));
    }
    all
}

/// Recordings of a leak.
pub(crate) fn leaking() -> Vec<(String, Scenario, Metric)> {
    let leak = Scenario { leak_per_h: 240.0, ..Scenario::default() };
    let mut all: Vec<_> = PHIS
        .into_iter()
        .map(|phi| (format!("240/h, phi {phi}"), Scenario { phi, ..leak }, Metric::Tasks))
        .collect();
    for per_h in [120.0, 480.0, 960.0] {
        let other = Scenario { leak_per_h: per_h, ..leak };
        all.push((format!("{per_h}/h, phi 0.8"), other, Metric::Tasks));
    }
    for (name, shape) in
        [("flat", Shape::Flat), ("ramp up", Shape::Up), ("ramp down", Shape::Down), ("sine", Shape::Sine)]
    {
        let loaded = Scenario { shape, signal: Signal::InFlight, ..leak };
        all.push((format!("240/h, load {name}"), loaded, Metric::Tasks));
    }
    for per_h in [240.0, 1200.0, 7200.0, 72_000.0] {
        let random = Scenario { leak_per_h: per_h, at_random: true, ..leak };
        all.push((format!("{per_h}/h at random"), random, Metric::Tasks));
    }
    for (from, per_h) in
        [(0.2, 480.0), (0.2, 2000.0), (0.2, 8000.0), (0.5, 480.0), (0.5, 2000.0), (0.5, 8000.0)]
    {
        let late = Scenario { leak_per_h: per_h, leak_from: from, ..leak };
        all.push((format!("{per_h}/h from {:.0} % on", from * 100.0), late, Metric::Tasks));
    }
    for (power, grows) in [(2, 500.0), (2, 2000.0), (4, 1000.0), (4, 8000.0)] {
        let curved = Scenario { leak_per_h: 2.0 * grows, power, ..leak };
        all.push((format!("{grows} in the half hour, by time to the {power}"), curved, Metric::Tasks));
    }
    let counted = Scenario { signal: Signal::Requests, ..leak };
    all.push(("240/h, requests only".to_owned(), counted, Metric::Tasks));
    let explained = Scenario { shape: Shape::Up, signal: Signal::Explained, ..leak };
    all.push(("240/h, explained load ramp up".to_owned(), explained, Metric::Tasks));
    all.push(("240/h, a gap".to_owned(), Scenario { gaps: true, ..leak }, Metric::Tasks));
    let restarts = Scenario { restarts: 1, minutes: 60.0, ..leak };
    all.push(("240/h, 1 h with a restart".to_owned(), restarts, Metric::Tasks));
    for period in [12.0, 50.0, 180.0] {
        let heap = Scenario {
            heap: Heap::SawInMib(period),
            heap_leak_per_h: 60.0 * 1_048_576.0,
            ..Scenario::default()
        };
        all.push((format!("heap 60 MiB/h, sawtooth of {period} s, in MiB"), heap, Metric::Heap));
    }
    all
}

/// Pairs of recordings.
pub(crate) fn compared() -> Vec<(String, Scenario, Scenario, Metric)> {
    let mut all = Vec::new();
    for phi in PHIS {
        let same = Scenario { phi, ..Scenario::default() };
        all.push((format!("the same, phi {phi}"), same, same, Metric::Tasks));
    }
    for phi in PHIS {
        let same = Scenario { phi, sd: 150.0, ..Scenario::default() };
        all.push((format!("the same, phi {phi}, sd 150"), same, same, Metric::Tasks));
    }
    let busy = Scenario { signal: Signal::InFlight, ..Scenario::default() };
    for load in [1.0, 1.5, 3.0] {
        all.push((format!("{load} x the load"), busy, Scenario { load, ..busy }, Metric::Tasks));
    }
    let counted = Scenario { signal: Signal::Requests, ..Scenario::default() };
    all.push(("the same, requests only".to_owned(), counted, counted, Metric::Tasks));
    let twice = Scenario { load: 2.0, level: counted.level + 600.0, ..counted };
    all.push(("2 x the load, requests only".to_owned(), counted, twice, Metric::Tasks));
    let smooth = Scenario { signal: Signal::Smooth, ..Scenario::default() };
    all.push(("3 x the load, smooth".to_owned(), smooth, Scenario { load: 3.0, ..smooth }, Metric::Tasks));
    let heap = Scenario { heap: Heap::SawInMib(50.0), ..Scenario::default() };
    all.push(("heap in MiB, sawtooth of 50 s".to_owned(), heap, heap, Metric::Heap));
    for period in [12.0, 50.0] {
        let heap = Scenario { heap: Heap::Saw(period), ..Scenario::default() };
        let day = Scenario { minutes: 1440.0, ..heap };
        all.push((format!("heap, sawtooth of {period} s, a day and half an hour"), day, heap, Metric::Heap));
        all.push((format!("heap, sawtooth of {period} s, half an hour and a day"), heap, day, Metric::Heap));
    }
    let plain = Scenario::default();
    for higher in [100.0, 120.0, 200.0] {
        let above = Scenario { level: plain.level + higher, ..plain };
        all.push((format!("**{higher} more (regression)**"), plain, above, Metric::Tasks));
    }
    let more = Scenario { level: 1000.0, load: 1.5, ..busy };
    all.push(("**200 more under 1.5 x the load**".to_owned(), busy, more, Metric::Tasks));
    let leak = Scenario { leak_per_h: 240.0, ..plain };
    all.push(("**leak of 240/h**".to_owned(), plain, leak, Metric::Tasks));
    let stepped = |at, by| Scenario { step: Some((at, by)), ..plain };
    let high = Scenario { level: plain.level + 200.0, ..plain };
    all.push(("a step up to the baseline's level".to_owned(), high, stepped(0.6, 200.0), Metric::Tasks));
    for (at, by) in [(0.6, 200.0), (0.6, 120.0), (0.85, 200.0)] {
        let name = format!("**a step of {by} after {:.0} %**", at * 100.0);
        all.push((name, plain, stepped(at, by), Metric::Tasks));
    }
    all
}

/// Prints all tables.
pub(crate) fn print(to: &mut impl Write, seed: u64, runs: u32, wanted: &str) -> io::Result<()> {
    writeln!(
        to,
        "Seed {seed}, {runs} recordings each (live: half of that; series of days: a tenth); per cent.\n"
    )?;
    let mut number = 0;
    let mut draws = |runs: u32| {
        number += 1;
        Draws { seed, number, runs: runs.max(1) }
    };
    for (title, all) in
        [("Nothing leaks: danger is a false alarm", healthy()), ("A leak: danger is right", leaking())]
    {
        writeln!(
            to,
            "| {title} | danger | warning | step | inconclusive | live: danger | live: inconclusive | found after |"
        )?;
        writeln!(to, "|---|---:|---:|---:|---:|---:|---:|---:|")?;
        for (name, scenario, metric) in all {
            let (once, watched) = (draws(runs), draws(runs / 2));
            if !name.contains(wanted) {
                continue;
            }
            let once = one_shot(&scenario, metric, once);
            let watched = live(&scenario, metric, watched);
            let minutes = watched.minutes / f64::from(watched.danger.max(1));
            let after = if watched.danger > 0 { format!("{minutes:.0} min") } else { String::new() };
            writeln!(to, "| {name} | {} | {} | {after} |", cells(&once), of_live(&watched))?;
            to.flush()?;
        }
        writeln!(to)?;
    }
    writeln!(to, "| Comparing; **bold** ones differ | p < 0.05 | leak or regression | warning | unknown |")?;
    writeln!(to, "|---|---:|---:|---:|---:|")?;
    for (name, before, now, metric) in compared() {
        let draws = draws(runs);
        if !name.contains(wanted) {
            continue;
        }
        let tally = pairs(&before, &now, metric, draws);
        let [differs, danger, warning, open] =
            [tally.differs, tally.danger, tally.warning, tally.inconclusive].map(|n| tally.percent(n));
        writeln!(to, "| {name} | {differs:.1} | {danger:.1} | {warning:.1} | {open:.1} |")?;
        to.flush()?;
    }
    weeks::print(to, wanted, || draws(runs / 10))?;
    unsignalled::print(to, wanted, || draws(runs / 5))?;
    warm_ups::print(to, seed, runs, wanted)?;
    held::print(to, wanted, Draws { seed, number: HELD, runs })
}

fn cells(tally: &Tally) -> String {
    let shares = [tally.danger, tally.warning, tally.step, tally.inconclusive];
    shares.map(|n| format!("{:.1}", tally.percent(n))).join(" | ")
}

fn of_live(tally: &Tally) -> String {
    [tally.danger, tally.inconclusive].map(|n| format!("{:.1}", tally.percent(n))).join(" | ")
}
