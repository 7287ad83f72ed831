//! Simulated series of days, at 5 s and all day long: what `compare --days` sees.

use std::f64::consts::TAU;

use vitals::trend::{Reading, Series};

use crate::random::Random;
use crate::scenario::{ALLOCATES, HOLD, IN_FLIGHT};

/// Readings of a day, at 5 s.
const READINGS: u32 = 17_280;
const DAY_S: f64 = 86_400.0;
const INTERVAL: f64 = 5.0;
/// Tasks a request.
const COST: f64 = 3.0;

/// What the days' load is like.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Load {
    /// Steady; only the bytes allocated tell that.
    Steady,
    /// A third at weekends, and half as much more or less over the day; in flight is recorded. The first day is this
    /// day of the week, 0 is a Monday.
    Weekly(u32),
    /// The same, and nothing tells it.
    Hidden(u32),
    /// Twice as much from the step on; in flight is recorded.
    Doubled,
    /// 3 % more every day; in flight is recorded.
    Rising,
}

/// One kind of series.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Week {
    pub(crate) days: u32,
    pub(crate) level: f64,
    /// Of the noise that comes and goes with `memory_s`.
    pub(crate) sd: f64,
    pub(crate) memory_s: f64,
    /// Of what each day has of its own.
    pub(crate) days_sd: f64,
    pub(crate) load: Load,
    /// Share of the level that each day brings.
    pub(crate) drift: f64,
    /// When, in days, and by how much.
    pub(crate) step: Option<(f64, f64)>,
    /// A new process each night.
    pub(crate) restarts: bool,
    /// Nothing was recorded from here to there, in days.
    pub(crate) hole: Option<(f64, f64)>,
    /// The day that leaks, and what it leaks an hour; the night takes it back.
    pub(crate) leak: Option<(u32, f64)>,
}

impl Default for Week {
    fn default() -> Self {
        Self {
            days: 14,
            level: 800.0,
            sd: 30.0,
            memory_s: 22.4,
            days_sd: 0.0,
            load: Load::Steady,
            drift: 0.0,
            step: None,
            restarts: false,
            hole: None,
            leak: None,
        }
    }
}

impl Week {
    /// Draws one series, cut at midnight; days without readings are left out.
    pub(crate) fn draw(&self, random: &mut Random) -> Vec<Series> {
        let kept = (-INTERVAL / self.memory_s).exp();
        let held = (-INTERVAL / HOLD).exp();
        let (mut noise, mut wave) = (random.normal(), random.normal());
        let mut allocated = 0.0;
        let mut runs = Vec::new();
        for day in 0..self.days {
            let mut run = Series::default();
            let own = if self.days_sd > 0.0 { self.days_sd * random.normal() } else { 0.0 };
            for i in 0..READINGS {
                let at = f64::from(day) + f64::from(i) / f64::from(READINGS);
                noise = random.remembering(noise, kept);
                wave = random.remembering(wave, held);
                allocated += ALLOCATES * INTERVAL * (1.0 + 0.03 * random.normal());
                let restarted = self.restarts && i == READINGS / 8;
                if restarted {
                    allocated = 0.0;
                }
                let reading = self.reading(at, own + self.sd * noise, wave, allocated);
                if self.hole.is_none_or(|(from, to)| at < from || at >= to) {
                    run.push(Reading { restarted, ..reading });
                }
            }
            if run.samples() > 0 {
                runs.push(run);
            }
        }
        runs
    }

    fn reading(&self, at: f64, noise: f64, wave: f64, allocated: f64) -> Reading {
        let mean = IN_FLIGHT * self.times(at);
        let load = (mean + mean.sqrt() * wave).round().max(0.0);
        let base = if self.load == Load::Steady { self.level } else { self.level - COST * IN_FLIGHT };
        let loaded = if self.load == Load::Steady { 0.0 } else { COST * load };
        let step = self.step.map_or(0.0, |(from, size)| if at >= from { size } else { 0.0 });
        let leak = self.leak.map_or(0.0, |(day, per_h)| {
            if at >= f64::from(day) && at < f64::from(day + 1) {
                (at - f64::from(day)) * 24.0 * per_h
            } else {
                0.0
            }
        });
        let drift = self.level * self.drift * at;
        let tasks = (base + loaded + noise + step + leak + drift).round().max(0.0);
        Reading {
            t: at * DAY_S,
            tasks: Some(tasks),
            in_flight: (!matches!(self.load, Load::Steady | Load::Hidden(_))).then_some(load),
            allocated: (self.load == Load::Steady).then_some(allocated),
            ..Reading::default()
        }
    }

    /// How many times the usual load.
    fn times(&self, at: f64) -> f64 {
        match self.load {
            Load::Steady => 1.0,
            Load::Weekly(first) | Load::Hidden(first) => {
                let day = (at + f64::from(first)) % 7.0;
                let share = if day < 5.0 { 1.0 } else { 1.0 / 3.0 };
                share * (1.0 - 0.5 * (TAU * at).cos())
            }
            Load::Doubled => self.step.map_or(1.0, |(from, _)| if at >= from { 2.0 } else { 1.0 }),
            Load::Rising => 1.0 + 0.03 * at,
        }
    }
}
