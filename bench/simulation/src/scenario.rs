//! Simulated recordings: a level, noise that remembers, load of some shape, and what may be wrong.

use std::f64::consts::TAU;

use vitals::trend::Reading;

use crate::random::Random;

/// The load over the time of a recording, 1 on average or at the start.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Shape {
    Flat,
    /// To three times as much.
    Up,
    /// To a third.
    Down,
    /// Half as much more and less, once around.
    Sine,
}

/// What the recording tells of the load.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Signal {
    /// Requests in flight, which come and go at random.
    InFlight,
    /// Requests in flight without any noise: the hardest to tell from a leak.
    Smooth,
    /// Only the bytes allocated.
    Allocation,
    /// Only a count of requests, which come at random.
    Requests,
    /// Nothing.
    Nothing,
    /// The target explains its tasks.
    Explained,
}

/// The live heap beside the tasks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Heap {
    None,
    /// Collected about every this many seconds, in bytes.
    Saw(f64),
    /// The same in whole MiB, as the old endpoint counts.
    SawInMib(f64),
}

/// What follows a start: the level is approached from below.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Warming {
    /// The rest falls to an e-th in so many minutes.
    Saturating(f64),
    /// In a line, for so many minutes.
    Filling(f64),
}

/// When the process started, and what tells.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Start {
    /// A day before the recording; its counters tell, or it says so where it has none.
    LongAgo,
    /// With the recording, and it says so.
    Told,
    /// With the recording; only its counters tell.
    Counted,
    /// With the recording, and nothing tells.
    Untold,
}

/// One kind of recording.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scenario {
    pub(crate) minutes: f64,
    pub(crate) interval: f64,
    pub(crate) level: f64,
    pub(crate) sd: f64,
    pub(crate) phi: f64,
    pub(crate) shape: Shape,
    pub(crate) signal: Signal,
    /// Times the usual load.
    pub(crate) load: f64,
    pub(crate) leak_per_h: f64,
    /// The share of the time after which it leaks.
    pub(crate) leak_from: f64,
    /// It leaks faster and faster: this power of the time that it has leaked for.
    pub(crate) power: i32,
    /// What leaks comes with requests, at random, and not evenly.
    pub(crate) at_random: bool,
    /// After which share of the time, and by how much.
    pub(crate) step: Option<(f64, f64)>,
    pub(crate) restarts: u32,
    pub(crate) gaps: bool,
    pub(crate) heap: Heap,
    pub(crate) heap_leak_per_h: f64,
    /// How tasks and heap come to their levels, and from which share below them.
    pub(crate) warming: Option<(Warming, f64)>,
    pub(crate) start: Start,
}

impl Default for Scenario {
    fn default() -> Self {
        Self {
            minutes: 30.0,
            interval: 5.0,
            level: 800.0,
            sd: 30.0,
            phi: 0.8,
            shape: Shape::Flat,
            signal: Signal::Allocation,
            load: 1.0,
            leak_per_h: 0.0,
            leak_from: 0.0,
            power: 1,
            at_random: false,
            step: None,
            restarts: 0,
            gaps: false,
            heap: Heap::None,
            heap_leak_per_h: 0.0,
            warming: None,
            start: Start::LongAgo,
        }
    }
}

/// Requests in flight at the usual load.
pub(crate) const IN_FLIGHT: f64 = 100.0;
/// Tasks a request.
const COST: f64 = 6.0;
/// How long a request takes on average, in seconds.
pub(crate) const HOLD: f64 = 20.0;
/// Bytes allocated a second and a unit of load.
pub(crate) const ALLOCATES: f64 = 4e6;
const MIB: f64 = 1_048_576.0;
/// A process that started long ago is so many seconds old.
pub(crate) const DAY: f64 = 86_400.0;

impl Scenario {
    /// Draws one recording.
    pub(crate) fn draw(&self, random: &mut Random) -> Vec<Reading> {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small count")]
        let n = (self.minutes * 60.0 / self.interval) as usize + 1;
        let of_load = matches!(self.signal, Signal::InFlight | Signal::Smooth);
        let base = if of_load { self.level - COST * IN_FLIGHT } else { self.level };
        let kept = (-self.interval / HOLD).exp();
        let (mut noise, mut wave) = (random.normal(), random.normal());
        let lived = if self.start == Start::LongAgo { DAY } else { 0.0 };
        let rate = ALLOCATES * self.load;
        let (mut allocated, mut requests) = (rate * lived, IN_FLIGHT * self.load / HOLD * lived);
        let (mut collections, mut saw) = (0.0, 0.0);
        let mut born = 0.0;
        let mut leaked = 0.0;
        let mut readings = Vec::with_capacity(n);
        let gap = 0.3 + 0.4 * random.uniform();
        for i in 0..n {
            #[expect(clippy::cast_precision_loss, reason = "a small count")]
            let share = i as f64 / (n - 1) as f64;
            let t = share * self.minutes * 60.0;
            noise = random.remembering(noise, self.phi);
            wave = random.remembering(wave, kept);
            let mean = IN_FLIGHT * self.load * self.shape.at(share);
            let load = match self.signal {
                Signal::Smooth => mean,
                _ => (mean + mean.sqrt() * wave).round().max(0.0),
            };
            let life = (share * f64::from(self.restarts + 1)).floor();
            let restarted =
                i > 0 && self.restarts > 0 && t - born >= self.life() && life < f64::from(self.restarts + 1);
            if restarted {
                born = t;
                (allocated, collections, leaked, requests) = (0.0, 0.0, 0.0, 0.0);
            }
            if self.signal == Signal::Requests {
                requests += random.arrivals(mean / HOLD * self.interval);
            }
            let rate = ALLOCATES * self.load * self.shape.at(share) * (1.0 + 0.03 * random.normal());
            allocated += rate.max(0.0) * self.interval;
            leaked = if share < self.leak_from {
                0.0
            } else if self.power > 1 {
                let hours = self.minutes / 60.0;
                self.leak_per_h * hours * share.powi(self.power)
            } else if self.leak_from > 0.0 {
                self.leak_per_h * (share - self.leak_from) * self.minutes / 60.0
            } else if self.at_random {
                leaked + random.arrivals(self.leak_per_h * self.interval / 3600.0)
            } else {
                self.leak_per_h * (t - born) / 3600.0
            };
            let step = self.step.map_or(0.0, |(at, size)| if share >= at { size } else { 0.0 });
            let tasks = base + self.sd * noise + leaked + step + if of_load { COST * load } else { 0.0 };
            let hidden = matches!(self.signal, Signal::Nothing | Signal::Allocation | Signal::Requests)
                && self.shape != Shape::Flat;
            let tasks = if hidden { tasks + COST * (load - IN_FLIGHT) } else { tasks };
            let missing = self.warming.map_or(0.0, |(warming, share)| share * warming.missing(t / 60.0));
            let tasks = tasks - missing * self.level;
            let leaks = (t - self.leak_from * self.minutes * 60.0 - born).max(0.0) / 3600.0;
            let live = 200.0 * MIB * (1.0 - missing) + self.heap_leak_per_h * leaks + 2.0 * MIB * noise;
            let heap = self.heap(live, &mut saw, &mut collections, random);
            if self.gaps && share > gap && share < gap + 0.15 {
                continue;
            }
            let tasks = tasks.round().max(0.0);
            let explains = self.signal == Signal::Explained;
            readings.push(Reading {
                t,
                tasks: Some(if explains { tasks + COST * load } else { tasks }),
                explained: explains.then_some(COST * load),
                heap,
                in_flight: (of_load || explains).then_some(load),
                busy_s: None,
                allocated: (self.signal == Signal::Allocation).then_some(allocated),
                collections: None,
                requests: (self.signal == Signal::Requests).then_some(requests),
                restarted,
                age_s: self.age(t),
                ..Reading::default()
            });
        }
        readings
    }

    /// What the process says of its age, if it does.
    fn age(&self, t: f64) -> Option<f64> {
        let counts = matches!(self.signal, Signal::Allocation | Signal::Requests);
        match self.start {
            Start::LongAgo if self.restarts == 0 && !counts => Some(DAY + t),
            Start::Told => Some(t),
            _ => None,
        }
    }

    fn life(&self) -> f64 {
        self.minutes * 60.0 / f64::from(self.restarts + 1)
    }

    fn heap(&self, live: f64, saw: &mut f64, collections: &mut f64, random: &mut Random) -> Option<f64> {
        let (period, mib) = match self.heap {
            Heap::None => return None,
            Heap::Saw(period) => (period, false),
            Heap::SawInMib(period) => (period, true),
        };
        *saw += self.interval / period * (0.8 + 0.4 * random.uniform());
        if *saw >= 1.0 {
            *saw = random.uniform() * 0.2;
            *collections += 1.0;
        }
        let heap = live * (1.0 + *saw);
        Some(if mib { (heap / MIB).floor() * MIB } else { heap })
    }
}

impl Warming {
    /// Which share of the rise is still to come.
    fn missing(self, minutes: f64) -> f64 {
        match self {
            Self::Saturating(constant) => (-minutes / constant).exp(),
            Self::Filling(whole) => (1.0 - minutes / whole).max(0.0),
        }
    }
}

impl Shape {
    fn at(self, share: f64) -> f64 {
        match self {
            Self::Flat => 1.0,
            Self::Up => 1.0 + 2.0 * share,
            Self::Down => 1.0 - 2.0 / 3.0 * share,
            Self::Sine => 1.0 + 0.5 * (TAU * share).sin(),
        }
    }
}
