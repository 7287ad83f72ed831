//! The samples of a run in bounded memory, whether it lasts a minute or a month.
//!
//! Up to [`CAPACITY`] samples are kept as they came. Then neighbours are joined two by two, again and again as the
//! run gets longer: each cell then stands for 2, 4, 8, … samples. Judging works on at most thirty blocks of such a
//! run, each of which still holds at least thirty cells, so nothing that matters is lost. Counts are joined to their
//! mean, a heap to one of its samples.

mod join;
mod parts;

use join::{halved, joined};

use super::Metric;
use super::rank::median;
use crate::Sample;

/// How many cells are kept: 512 KiB.
pub const CAPACITY: usize = 4096;
/// A silence of more than this many intervals is a gap.
const GAP: f64 = 3.0;
/// Seconds from here on are of a clock that tells dates: since 1973.
const DATED: f64 = 1e8;
/// The interval is the median of this many steps.
const STEPS: usize = 15;

/// One look, as far as trends are concerned. What is missing is `None`; what is not finite is taken as missing.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Reading {
    /// Seconds, of any clock that only goes forward.
    pub t: f64,
    /// Live tasks.
    pub tasks: Option<f64>,
    /// Tasks that the target says its load accounts for.
    pub explained: Option<f64>,
    /// Live heap, in bytes.
    pub heap: Option<f64>,
    /// Requests in flight.
    pub in_flight: Option<f64>,
    /// Seconds spent in all requests so far: gives the mean number in flight by Little's law.
    pub busy_s: Option<f64>,
    /// Bytes ever allocated.
    pub allocated: Option<f64>,
    /// Garbage collections so far.
    pub collections: Option<f64>,
    /// Requests so far.
    pub requests: Option<f64>,
    /// The process started anew since the reading before.
    pub restarted: bool,
    /// How long the process has lived, in seconds.
    pub age_s: Option<f64>,
    /// Resident memory, in bytes.
    pub resident: Option<f64>,
    /// Open descriptors.
    pub descriptors: Option<f64>,
    /// Threads.
    pub threads: Option<f64>,
    /// Open connections to upstreams.
    pub connections: Option<f64>,
    /// The memory that the process may use, in bytes.
    pub memory_limit: Option<f64>,
    /// The descriptors that it may open.
    pub descriptor_limit: Option<f64>,
}

/// One or several samples in a row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cell {
    pub(super) t: f64,
    n: f64,
    /// Counts restarts.
    pub(super) life: u32,
    /// Counts restarts and gaps.
    pub(super) run: u32,
    /// When its process started, if that is known.
    pub(super) born: f64,
    pub(super) tasks: f64,
    pub(super) beyond: f64,
    /// One of the samples, each as likely as any other: garbage collection draws a sawtooth, whose lower edge is what
    /// lives. The lowest of many would be lower than that of few, and their mean would have no edge.
    pub(super) heap: f64,
    pub(super) load: f64,
    pub(super) explained: f64,
    pub(super) allocated: f64,
    pub(super) collections: f64,
    pub(super) requests: f64,
    /// In the order of [`Metric::RESOURCES`].
    pub(super) resources: [f64; Metric::RESOURCES.len()],
}

/// The samples of a run.
#[derive(Clone, Debug, Default)]
pub struct Series {
    pub(super) cells: Vec<Cell>,
    /// How many samples a cell stands for.
    joined: u32,
    /// The cell being filled.
    open: Option<Cell>,
    open_n: u32,
    life: u32,
    run: u32,
    born: Option<f64>,
    last_t: Option<f64>,
    shift: f64,
    steps: Vec<f64>,
    next_step: usize,
    usual: Option<f64>,
    last_sample: Option<Sample>,
    last_busy: Option<(f64, f64)>,
    /// Samples taken in.
    samples: u64,
    gaps: u64,
    dropped: u64,
    forgotten: u64,
    unexplained: bool,
    /// Of memory and of descriptors, as the target said last.
    pub(super) limits: [Option<f64>; 2],
}

impl Series {
    /// Takes in a sample at `t` seconds; restarts are seen by [`Sample::restarted_since`]. Where `t` is a time of day, the
    /// process's age is known by it.
    pub fn push_sample(&mut self, t: f64, sample: &Sample) {
        self.push_dated(t, t, sample);
    }

    /// The same at `now` seconds since 1970, by a clock that may be set back.
    pub fn push_dated(&mut self, t: f64, now: f64, sample: &Sample) {
        let restarted = self.last_sample.is_some_and(|before| sample.restarted_since(&before));
        self.last_sample = Some(*sample);
        #[expect(clippy::cast_precision_loss, reason = "exact up to 2^53: 8 PiB")]
        let real = |n: Option<u64>| n.map(|n| n as f64);
        self.push(Reading {
            t,
            tasks: real(sample.goroutines),
            explained: real(sample.explained),
            heap: real(sample.alloc_bytes),
            in_flight: real(sample.in_flight),
            busy_s: None,
            allocated: real(sample.total_alloc_bytes).filter(|n| *n > 0.0),
            collections: real(sample.num_gc).filter(|n| *n > 0.0),
            requests: real(sample.requests_total),
            restarted,
            age_s: real(sample.uptime_s).or_else(|| {
                let start = real(sample.start_time).filter(|start| *start > DATED && now > DATED);
                start.map(|start| now - start)
            }),
            resident: real(sample.rss_bytes),
            descriptors: real(sample.open_fds),
            threads: real(sample.threads),
            connections: real(sample.upstream_open),
            memory_limit: real(sample.memory_limit),
            descriptor_limit: real(sample.max_fds),
        });
    }

    /// Takes in a reading. One whose time is not finite, or not later than the last one's, is dropped and counted;
    /// a clock that was set back by more than a gap goes on from where it was.
    pub fn push(&mut self, reading: Reading) {
        let Some(t) = self.time(&reading) else {
            self.dropped += 1;
            return;
        };
        self.samples += 1;
        let number = |n: Option<f64>| n.filter(|n| n.is_finite()).unwrap_or(f64::NAN);
        let (tasks, explained) = (number(reading.tasks), number(reading.explained));
        self.unexplained |= tasks.is_finite() && !explained.is_finite();
        let little = self.little(t, reading.busy_s);
        let in_flight = number(reading.in_flight);
        let age = reading.age_s.filter(|age| *age >= 0.0).or(reading.restarted.then_some(0.0));
        self.born = age.map(|age| t - age).or(self.born);
        let cell = Cell {
            t,
            n: 1.0,
            life: self.life,
            run: self.run,
            born: number(self.born),
            tasks,
            // `max` would make 0 of what is missing; the second term is 0, and carries a NaN through.
            beyond: (tasks - explained).max(0.0) + 0.0 * (tasks - explained),
            heap: number(reading.heap),
            load: if in_flight.is_finite() { in_flight } else { little },
            explained,
            allocated: number(reading.allocated),
            collections: number(reading.collections),
            requests: number(reading.requests),
            resources: [reading.resident, reading.descriptors, reading.threads, reading.connections]
                .map(number),
        };
        for (limit, said) in self.limits.iter_mut().zip([reading.memory_limit, reading.descriptor_limit]) {
            *limit = said.filter(|said| said.is_finite() && *said > 0.0).or(*limit);
        }
        self.keep(cell);
    }

    /// The time to take for a reading; counts restarts and gaps.
    fn time(&mut self, reading: &Reading) -> Option<f64> {
        if !reading.t.is_finite() {
            return None;
        }
        if reading.restarted && self.last_t.is_some() {
            self.life += 1;
            self.run += 1;
            self.last_busy = None;
        }
        let mut t = reading.t + self.shift;
        if let Some(last) = self.last_t {
            let interval = self.interval();
            let step = t - last;
            if let Some(interval) = interval.filter(|interval| step < -GAP * interval) {
                self.shift += interval - step;
                t = last + interval;
                self.run += 1;
                self.gaps += 1;
            } else if step <= 0.0 {
                return None;
            } else {
                if self.steps.len() >= 3 && interval.is_some_and(|interval| step > GAP * interval) {
                    self.run += u32::from(!reading.restarted);
                    self.gaps += 1;
                    self.last_busy = None;
                }
                self.stepped(step);
            }
        }
        self.last_t = Some(t);
        Some(t)
    }

    /// The median is taken anew once a round: with every sample it would cost more than all the rest.
    fn stepped(&mut self, step: f64) {
        if self.steps.len() < STEPS {
            self.steps.push(step);
        } else {
            self.steps[self.next_step] = step;
        }
        self.next_step = (self.next_step + 1) % STEPS;
        if self.steps.len() < STEPS || self.next_step == 0 {
            self.usual = median(&self.steps);
        }
    }

    fn little(&mut self, t: f64, busy: Option<f64>) -> f64 {
        let Some(busy) = busy.filter(|busy| busy.is_finite()) else { return f64::NAN };
        match self.last_busy.replace((t, busy)) {
            Some((before, was)) if t > before && busy >= was => (busy - was) / (t - before),
            _ => f64::NAN,
        }
    }

    fn keep(&mut self, cell: Cell) {
        let open = match self.open.take() {
            Some(open) if open.run == cell.run => joined(&open, &cell),
            Some(open) => {
                self.cells.push(open);
                self.open_n = 0;
                cell
            }
            None => cell,
        };
        self.open_n += 1;
        if self.open_n >= self.joined.max(1) {
            self.cells.push(open);
            self.open_n = 0;
        } else {
            self.open = Some(open);
        }
        if self.cells.len() >= CAPACITY {
            self.join();
        }
    }

    fn join(&mut self) {
        let mut cells = halved(&self.cells);
        // A target that restarts all the time leaves nothing to join.
        if cells.len() > CAPACITY * 3 / 4 {
            let old = cells.len() / 2;
            cells.drain(..old);
            self.forgotten += 1;
        }
        self.joined = self.joined.max(1).saturating_mul(2);
        self.cells = cells;
    }

    /// The usual time between two samples, in seconds.
    #[must_use]
    pub const fn interval(&self) -> Option<f64> {
        self.usual
    }

    /// How many samples were taken in.
    #[must_use]
    pub const fn samples(&self) -> u64 {
        self.samples
    }

    /// How often the process started anew.
    #[must_use]
    pub const fn restarts(&self) -> u32 {
        self.life
    }

    /// How often nothing came for more than three intervals.
    #[must_use]
    pub const fn gaps(&self) -> u64 {
        self.gaps
    }

    /// Readings that were not taken, because their time was no later than the one before.
    #[must_use]
    pub const fn dropped(&self) -> u64 {
        self.dropped
    }

    /// How often the older half was given up, because too many restarts and gaps kept it from being joined.
    #[must_use]
    pub const fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// How many samples a cell stands for.
    #[must_use]
    pub fn resolution(&self) -> u32 {
        self.joined.max(1)
    }

    /// Whether the target always said which tasks its load accounts for.
    #[must_use]
    pub fn is_explained(&self) -> bool {
        !self.unexplained && self.cells.iter().any(|cell| cell.explained.is_finite())
    }

    /// The same with whole counts, as if the target had not said what its load accounts for.
    pub(super) fn whole(&self) -> Self {
        Self { unexplained: true, ..self.clone() }
    }

    /// The time of the last sample.
    #[must_use]
    pub const fn end(&self) -> Option<f64> {
        self.last_t
    }

    /// All cells, with the one being filled.
    pub(super) fn all(&self) -> impl Iterator<Item = &Cell> {
        self.cells.iter().chain(&self.open)
    }
}

#[cfg(test)]
mod tests;
