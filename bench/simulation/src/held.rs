//! What a process holds beside tasks and heap: descriptors, threads, connections, and resident memory. Growth of these
//! is a warning, so a warning is a false alarm here, or right.

use std::io::{self, Write};

use vitals::trend::{Course, Live, Metric, Reading, Rules, Series, compare, trend};
use vitals::{Verdict, trend::CompareVerdict};

use crate::random::Random;
use crate::scenario::{DAY, Scenario, Shape, Signal};
use crate::tally::{Draws, percent};

const MIB: f64 = 1_048_576.0;

/// How resident memory moves where nothing leaks.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Memory {
    /// Level, with noise that remembers.
    Level,
    /// What was needed at most, and is never given back.
    Kept,
    /// The same, given back bit by bit.
    GivenBack,
    /// A warm-up: this share of the level comes with this time constant, in minutes.
    WarmUp(f64, f64),
    /// Stairs that become rarer: a cache that fills, an arena for each new thread.
    Stairs,
}

/// One kind of recording.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Held {
    /// A count, drawn as tasks are.
    Count(Metric, Scenario),
    /// Resident memory around a level, both in MiB, and what leaks an hour.
    Resident { memory: Memory, level: f64, leak_per_h: f64, minutes: f64 },
}

impl Held {
    pub(crate) const fn metric(&self) -> Metric {
        match self {
            Self::Count(metric, _) => *metric,
            Self::Resident { .. } => Metric::Resident,
        }
    }

    fn draw(&self, random: &mut Random) -> Vec<Reading> {
        match self {
            Self::Count(metric, scenario) => {
                scenario.draw(random).into_iter().map(|r| moved(r, *metric)).collect()
            }
            Self::Resident { memory, level, leak_per_h, minutes } => {
                resident(*memory, *level, *leak_per_h, *minutes, random)
            }
        }
    }

    fn series(&self, random: &mut Random) -> Series {
        let mut series = Series::default();
        self.draw(random).into_iter().for_each(|reading| series.push(reading));
        series
    }
}

/// Tasks as another count.
fn moved(reading: Reading, metric: Metric) -> Reading {
    let (count, rest) = (reading.tasks, Reading { tasks: None, ..reading });
    match metric {
        Metric::Descriptors => Reading { descriptors: count, ..rest },
        Metric::Threads => Reading { threads: count, ..rest },
        _ => Reading { connections: count, ..rest },
    }
}

fn resident(memory: Memory, level: f64, leak_per_h: f64, minutes: f64, random: &mut Random) -> Vec<Reading> {
    let interval = 5.0;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small count")]
    let n = (minutes * 60.0 / interval) as u32 + 1;
    let (mut noise, mut kept, mut stairs) = (random.normal(), 0.0_f64, 0.0);
    let mut readings = Vec::new();
    for i in 0..n {
        let t = f64::from(i) * interval;
        noise = random.remembering(noise, 0.95);
        let needed = level * (1.0 + 0.04 * noise);
        let value = match memory {
            Memory::Level => level * (1.0 + 0.01 * noise),
            Memory::Kept => {
                kept = kept.max(needed);
                kept
            }
            Memory::GivenBack => {
                kept = needed.max(kept - 0.002 * level);
                kept
            }
            Memory::WarmUp(share, constant) => {
                level * (1.0 - share * (-t / 60.0 / constant).exp() + 0.003 * noise)
            }
            Memory::Stairs => {
                stairs += random.arrivals(0.08 / (1.0 + t / 180.0)) * level * 0.04 * random.uniform();
                level * (1.0 + 0.002 * noise) + stairs
            }
        };
        let bytes = (value + leak_per_h * t / 3600.0) * MIB;
        // What fills, fills from the start of the process, which nothing tells.
        let fills = matches!(memory, Memory::WarmUp(..) | Memory::Stairs);
        let age_s = (!fills).then_some(DAY + t);
        readings.push(Reading { t, resident: Some(bytes), age_s, ..Reading::default() });
    }
    readings
}

/// How often each came out.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Alarms {
    pub(crate) runs: u32,
    pub(crate) warning: u32,
    pub(crate) danger: u32,
    pub(crate) open: u32,
}

impl Alarms {
    fn add(&mut self, worst: Verdict, open: bool) {
        self.runs += 1;
        self.warning += u32::from(worst == Verdict::Warning);
        self.danger += u32::from(worst == Verdict::Danger);
        self.open += u32::from(worst == Verdict::Ok && open);
    }

    fn cells(&self) -> String {
        [self.warning, self.danger, self.open].map(|n| format!("{:.1}", percent(n, self.runs))).join(" | ")
    }
}

/// At one look, at the end.
pub(crate) fn once(held: &Held, rules: &Rules, draws: Draws) -> Alarms {
    let mut alarms = Alarms::default();
    for mut random in draws.each() {
        let found = trend(&held.series(&mut random), held.metric(), rules);
        let grows = found.course == Course::Growing;
        alarms.add(if grows { found.verdict } else { Verdict::Ok }, found.course == Course::Inconclusive);
    }
    alarms
}

/// As it comes; an alarm at any time counts.
pub(crate) fn watched(held: &Held, rules: &Rules, draws: Draws) -> Alarms {
    let mut alarms = Alarms::default();
    for mut random in draws.each() {
        let (mut live, mut worst) = (Live::new(*rules), Verdict::Ok);
        for reading in held.draw(&mut random).into_iter().map(Some).chain([None]) {
            let looked = match reading {
                Some(reading) => live.push(reading),
                None => live.finish(),
            };
            let found = live.trend(held.metric()).filter(|_| looked);
            if let Some(found) = found.filter(|found| found.course == Course::Growing) {
                worst = worst.max(found.verdict);
            }
        }
        let last = live.trend(held.metric()).map(|trend| trend.course);
        alarms.add(worst, matches!(last, None | Some(Course::Inconclusive)));
    }
    alarms
}

/// Two recordings.
pub(crate) fn pairs(before: &Held, now: &Held, draws: Draws) -> Alarms {
    let mut alarms = Alarms::default();
    for mut random in draws.each() {
        let (before, current) = (before.series(&mut random), now.series(&mut random));
        let compared = compare(&before, &current, &Rules::default());
        let found = compared.metrics.iter().find(|found| found.metric == now.metric());
        let verdict = found.map_or(CompareVerdict::Unknown, |found| found.verdict);
        let worst = verdict.verdict();
        alarms.add(if worst == Verdict::Unknown { Verdict::Ok } else { worst }, worst == Verdict::Unknown);
    }
    alarms
}

/// A limit that nothing here comes near to.
fn far() -> Rules {
    Rules { memory_limit: Some(64.0 * 1024.0 * MIB), descriptor_limit: Some(1_048_576.0), ..Rules::default() }
}

/// Limits that a leak reaches within hours.
fn near() -> Rules {
    Rules { memory_limit: Some(1024.0 * MIB), descriptor_limit: Some(1024.0), ..Rules::default() }
}

const COUNTS: [(&str, Metric, f64); 3] = [
    ("descriptors", Metric::Descriptors, 200.0),
    ("threads", Metric::Threads, 60.0),
    ("connections", Metric::Connections, 150.0),
];

pub(crate) fn memory(memory: Memory, leak_per_h: f64) -> Held {
    Held::Resident { memory, level: 400.0, leak_per_h, minutes: 30.0 }
}

/// Nothing leaks.
pub(crate) fn healthy() -> Vec<(String, Held, Rules)> {
    let mut all = Vec::new();
    for (name, metric, level) in COUNTS {
        let plain = Scenario { level, sd: level / 20.0, signal: Signal::Nothing, ..Scenario::default() };
        for phi in [0.0, 0.8, 0.95] {
            all.push((format!("{name}, phi {phi}"), Held::Count(metric, Scenario { phi, ..plain }), near()));
        }
        let busy = Scenario { level: level + 600.0, shape: Shape::Up, signal: Signal::InFlight, ..plain };
        all.push((format!("{name}, load ramp up"), Held::Count(metric, busy), far()));
        let step = Scenario { step: Some((0.5, level)), ..plain };
        all.push((format!("{name}, a step to twice as many"), Held::Count(metric, step), far()));
    }
    for (name, kind) in [
        ("level", Memory::Level),
        ("what was needed at most is kept", Memory::Kept),
        ("what was needed at most is given back slowly", Memory::GivenBack),
        ("stairs that become rarer", Memory::Stairs),
    ] {
        all.push((format!("resident memory, {name}"), memory(kind, 0.0), near()));
    }
    for (share, constant) in
        [(0.1, 4.0), (0.3, 1.0), (0.3, 4.0), (0.6, 4.0), (0.3, 8.0), (0.6, 8.0), (0.6, 15.0)]
    {
        let name = format!("resident memory, warm-up of {:.0} % in {constant} min", share * 100.0);
        all.push((name, memory(Memory::WarmUp(share, constant), 0.0), far()));
    }
    all
}

/// A leak.
pub(crate) fn leaking() -> Vec<(String, Held, Rules)> {
    let mut all = Vec::new();
    for (name, metric, level) in COUNTS {
        let plain = Scenario { level, sd: level / 20.0, signal: Signal::Nothing, ..Scenario::default() };
        for per_h in [120.0, 240.0, 960.0] {
            let leak = Scenario { leak_per_h: per_h, ..plain };
            all.push((format!("{name}, {per_h}/h"), Held::Count(metric, leak), far()));
        }
    }
    let leak = Scenario { level: 200.0, sd: 10.0, leak_per_h: 960.0, ..Scenario::default() };
    all.push((
        "descriptors, 960/h, a limit of 1024".to_owned(),
        Held::Count(Metric::Descriptors, leak),
        near(),
    ));
    for (name, kind) in [
        ("level", Memory::Level),
        ("kept", Memory::Kept),
        ("given back slowly", Memory::GivenBack),
        ("stairs", Memory::Stairs),
        ("warm-up of 30 % in 4 min", Memory::WarmUp(0.3, 4.0)),
    ] {
        for per_h in [120.0, 240.0, 480.0] {
            all.push((format!("resident memory, {name}, {per_h} MiB/h"), memory(kind, per_h), far()));
        }
    }
    all.push((
        "resident memory, level, 480 MiB/h, a limit of 1 GiB".to_owned(),
        memory(Memory::Level, 480.0),
        near(),
    ));
    all
}

/// Pairs.
pub(crate) fn compared() -> Vec<(String, Held, Held)> {
    let of = |level: f64| Held::Resident { memory: Memory::Kept, level, leak_per_h: 0.0, minutes: 30.0 };
    let mut all = vec![
        ("resident memory, kept, the same".to_owned(), of(400.0), of(400.0)),
        ("**resident memory, kept, 60 % higher**".to_owned(), of(400.0), of(640.0)),
    ];
    for (name, metric, level) in COUNTS {
        let plain = Scenario { level, sd: level / 20.0, signal: Signal::Nothing, ..Scenario::default() };
        let [before, higher] =
            [level, level * 1.6].map(|level| Held::Count(metric, Scenario { level, ..plain }));
        all.push((format!("{name}, the same"), before, before));
        all.push((format!("**{name}, 60 % higher**"), before, higher));
    }
    all
}

/// Prints the tables; kinds are numbered from that of `first` on.
pub(crate) fn print(to: &mut impl Write, wanted: &str, first: Draws) -> io::Result<()> {
    let (runs, mut number) = (first.runs, first.number);
    let mut draws = |runs: u32| {
        number += 1;
        Draws { seed: first.seed, number, runs: runs.max(1) }
    };
    let is_wanted = |name: &str| format!("held, {name}").contains(wanted);
    for (title, all) in [("Held, and nothing leaks", healthy()), ("Held, and a leak", leaking())] {
        writeln!(
            to,
            "\n| {title} | warning | danger | inconclusive | live: warning | live: danger | live: inconclusive |"
        )?;
        writeln!(to, "|---|---:|---:|---:|---:|---:|---:|")?;
        for (name, held, rules) in all {
            let (one, live) = (draws(runs), draws(runs / 2));
            if is_wanted(&name) {
                let [one, live] = [once(&held, &rules, one), watched(&held, &rules, live)].map(|a| a.cells());
                writeln!(to, "| {name} | {one} | {live} |")?;
                to.flush()?;
            }
        }
    }
    writeln!(to, "\n| Held, comparing; **bold** ones differ | warning | danger | unknown |")?;
    writeln!(to, "|---|---:|---:|---:|")?;
    for (name, before, now) in compared() {
        let draws = draws(runs);
        if is_wanted(&name) {
            writeln!(to, "| {name} | {} |", pairs(&before, &now, draws).cells())?;
            to.flush()?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const DRAWS: Draws = Draws { seed: 7, number: 0, runs: 60 };

    #[test]
    fn what_is_kept_is_no_growth_and_a_leak_is() {
        for kind in [Memory::Kept, Memory::Stairs, Memory::WarmUp(0.3, 8.0)] {
            let found = once(&memory(kind, 0.0), &far(), DRAWS);
            // At 1 %, more than 4 of 60 come once in two thousand seeds.
            assert!(found.warning + found.danger <= 4, "{kind:?}: {found:?}");
        }
        let found = once(&memory(Memory::Kept, 240.0), &far(), DRAWS);
        assert!(found.warning >= 54, "{found:?}");
    }

    #[test]
    fn descriptors_that_leak_are_found_and_a_near_limit_is_danger() {
        let of = |leak_per_h| {
            let plain = Scenario { level: 200.0, sd: 10.0, signal: Signal::Nothing, ..Scenario::default() };
            Held::Count(Metric::Descriptors, Scenario { leak_per_h, ..plain })
        };
        assert!(once(&of(0.0), &near(), DRAWS).warning <= 4);
        assert!(once(&of(240.0), &far(), DRAWS).warning >= 54);
        let found = once(&of(960.0), &near(), DRAWS);
        assert!(found.danger >= 54, "{found:?}");
    }
}
