//! Leaks and ramps of which only the rate of allocation is known: what a relay with the old endpoint and nothing else
//! tells. Requests come at random, and each of a few leaves a task.

use std::io::{self, Write};

use vitals::Verdict;
use vitals::trend::{Live, Metric, Reading, Rules, Series, trend};

use crate::random::Random;
use crate::scenario::{ALLOCATES, DAY};
use crate::tally::{Draws, percent};

const SECONDS: f64 = 1800.0;
const INTERVAL: f64 = 5.0;
const SAMPLES: u32 = 361;

/// How the rate of allocation goes.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Allocation {
    Level,
    /// To so many times as much.
    To(f64),
    /// Level, with noise of a third that remembers.
    Noisy,
}

/// Half an hour.
#[derive(Clone, Copy, Debug)]
struct Run {
    level: f64,
    leak_per_s: f64,
    allocation: Allocation,
    /// The level follows the load to so many times as much, but for this share of it.
    ramp: f64,
    base: f64,
}

impl Run {
    fn draw(self, random: &mut Random) -> Vec<Reading> {
        let sd = 0.0375 * self.level;
        let (mut noise, mut wave) = (random.normal(), random.normal());
        let (mut leaked, mut allocated) = (0.0, ALLOCATES * DAY);
        let mut reading = |i: u32| {
            let share = f64::from(i) / f64::from(SAMPLES - 1);
            noise = random.remembering(noise, 0.8);
            wave = random.remembering(wave, 0.8);
            let rate = match self.allocation {
                Allocation::Level => 1.0,
                Allocation::To(times) => 1.0 + (times - 1.0) * share,
                Allocation::Noisy => (1.0 + 0.33 * wave).max(0.1),
            };
            allocated += ALLOCATES * (rate * (1.0 + 0.03 * random.normal())).max(0.0) * INTERVAL;
            leaked += random.arrivals(self.leak_per_s * INTERVAL);
            let load = self.base + (1.0 - self.base) * (1.0 + (self.ramp - 1.0) * share);
            let tasks = (self.level * load + sd * noise + leaked).round().max(0.0);
            let t = SECONDS * share;
            Reading { t, tasks: Some(tasks), allocated: Some(allocated), ..Reading::default() }
        };
        (0..SAMPLES).map(&mut reading).collect()
    }
}

/// Danger and warning at one look, then live.
fn judged(run: Run, draws: Draws) -> [u32; 4] {
    let mut counts = [0; 4];
    for mut random in draws.each() {
        let (mut series, mut live) = (Series::default(), Live::new(Rules::default()));
        let mut worst = Verdict::Ok;
        let mut look = |live: &Live| {
            worst = live.trend(Metric::Tasks).map_or(worst, |seen| match seen.verdict {
                found @ (Verdict::Warning | Verdict::Danger) => worst.max(found),
                _ => worst,
            });
        };
        for reading in run.draw(&mut random) {
            series.push(reading);
            if live.push(reading) {
                look(&live);
            }
        }
        if live.finish() {
            look(&live);
        }
        let once = trend(&series, Metric::Tasks, &Rules::default()).verdict;
        for (i, found) in [once, worst].into_iter().enumerate() {
            counts[2 * i] += u32::from(found == Verdict::Danger);
            counts[2 * i + 1] += u32::from(found == Verdict::Warning);
        }
    }
    counts
}

fn all() -> Vec<(String, Run)> {
    let mut all = Vec::new();
    for level in [15.0, 800.0] {
        for leak_per_s in [0.2, 0.5, 1.0, 2.0, 5.0, 10.0] {
            for (name, allocation) in [
                ("level", Allocation::Level),
                ("rising by half", Allocation::To(1.5)),
                ("noisy", Allocation::Noisy),
            ] {
                let run = Run { level, leak_per_s, allocation, ramp: 1.0, base: 0.0 };
                all.push((format!("**{leak_per_s} a second from {level}, allocation {name}**"), run));
            }
        }
    }
    for level in [15.0, 800.0] {
        for ramp in [1.5, 3.0, 10.0] {
            for base in [0.0, 0.5] {
                let run = Run { level, leak_per_s: 0.0, allocation: Allocation::To(ramp), ramp, base };
                all.push((format!("ramp to {ramp} times from {level}, {base} of it idle"), run));
            }
        }
    }
    let streams = Run { level: 800.0, leak_per_s: 0.0, allocation: Allocation::Level, ramp: 3.0, base: 0.0 };
    all.push((
        "three times the long streams over steady short requests: no numbers can tell".to_owned(),
        streams,
    ));
    all
}

/// Prints it.
pub(crate) fn print(to: &mut impl Write, wanted: &str, mut draws: impl FnMut() -> Draws) -> io::Result<()> {
    writeln!(
        to,
        "\n| Only allocation is known; **bold** ones leak | danger | warning | live: danger | live: warning |"
    )?;
    writeln!(to, "|---|---:|---:|---:|---:|")?;
    for (name, run) in all() {
        let draws = draws();
        if !format!("unsignalled {name}").contains(wanted) {
            continue;
        }
        let shares = judged(run, draws).map(|n| format!("{:.1}", percent(n, draws.runs)));
        writeln!(to, "| {name} | {} |", shares.join(" | "))?;
        to.flush()?;
    }
    Ok(())
}
