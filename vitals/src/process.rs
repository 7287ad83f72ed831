//! Which process answered, as far as its answers tell.
//!
//! A process has one start time, and counters that never fall. An answer that does not go on from the one before is
//! another process's: the same program started anew, or another instance behind the same address. Which of them it is
//! shows when a former process answers again: then both live at the same time. One start time that comes back proves
//! that; counters alone must come back several times, for a new process's may reach those of its predecessor.

use crate::restarts::{CrashLoop, crash_loop};
use crate::sample::{FIELDS, Kind, Sample};

/// Processes that are remembered, the newest ones.
const KEPT: usize = 64;
/// Where there is more than one, the present process is taken to go on unless another one fits so many times better.
const STAYS: f64 = 2.0;
/// Counters alone must have come back so often,
const RETURNS: u32 = 4;
/// to so many processes at least twice,
const TWICE: usize = 2;
/// and so many times as often as there were new ones, of which there are few: what starts again and again begins low,
/// again and again, and what it reaches then only seems to be one of the earlier ones going on.
const OFTEN: u32 = 4;
const FEW: u32 = 16;
/// The lowest of them is at least one of so many parts of the highest, or has grown by half.
const LOW: u64 = 10;
/// New processes in a row, each of which began above the one before: no crash loop does that.
const RISING: u32 = 5;
/// Clocks of two machines differ by up to so many seconds.
const SKEW_S: f64 = 30.0;
/// A clock may differ by more: so many processes that seem to have started too early are restarts all the same.
const EARLY: usize = 6;

/// An answer beside the ones before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// It is the first one, of all or of a name.
    First,
    /// The same process as before.
    Same,
    /// A process that had not answered yet: a restart, unless the former one comes back.
    Started,
    /// A process that answered before the last one did.
    Back,
}

/// One process.
#[derive(Clone, Debug, PartialEq)]
pub struct Process {
    /// Counts processes from 0 in the order in which they were seen.
    pub id: u32,
    /// By the name that whoever asked it gave to it.
    pub name: Option<String>,
    /// In seconds since 1970, where it tells that.
    pub start_time: Option<u64>,
    /// When it answered first, and last.
    pub first: f64,
    /// When it answered last.
    pub last: f64,
    /// How often it answered.
    pub answers: u64,
    /// How often it answered again after another one had.
    returns: u32,
    /// It had started before its predecessor answered last.
    early: bool,
    /// Its last answer but one, and when that was.
    before: (f64, Sample),
    newest: Sample,
    /// What its first counter was at first.
    began: u64,
}

impl Process {
    /// Whether this answer can be one of it.
    fn can_give(&self, name: Option<&str>, sample: &Sample) -> bool {
        let other = |before: Option<u64>, now: Option<u64>| before.zip(now).is_some_and(|(a, b)| a != b);
        let fell = |get: fn(&Sample) -> Option<u64>| {
            get(&self.newest).zip(get(sample)).is_some_and(|(before, now)| now < before)
        };
        self.name.as_deref() == name
            && !other(self.start_time, sample.start_time)
            && !counters().any(|field| fell(field.get))
    }

    /// How far the counters are from where they would be by now if they went on as they did; relative to themselves.
    #[expect(clippy::cast_precision_loss, reason = "a guess needs no more")]
    fn misfit(&self, t: f64, sample: &Sample) -> f64 {
        let of = |get: fn(&Sample) -> Option<u64>| {
            let (from, to, now) = (get(&self.before.1)?, get(&self.newest)?, get(sample)?);
            let seconds = self.last - self.before.0;
            // One step alone may be from one process to another, before anybody could know.
            let known = self.answers > 2 && seconds > 0.0;
            let rate = if known { to.saturating_sub(from) as f64 / seconds } else { 0.0 };
            let due = (t - self.last).max(0.0).mul_add(rate, to as f64);
            Some((now as f64 - due).abs() / (now as f64 + 1.0))
        };
        counters().filter_map(|field| of(field.get)).sum()
    }

    fn take(&mut self, t: f64, sample: &Sample) {
        self.before = (self.last, self.newest);
        self.last = self.last.max(t);
        self.answers += 1;
        self.start_time = self.start_time.or(sample.start_time);
        for field in counters() {
            if let Some(value) = (field.get)(sample) {
                (field.set)(&mut self.newest, Some(value));
            }
        }
    }

    /// How long it is known to have lived.
    fn lived(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "seconds since 1970 are exact")]
        let born = self.start_time.map(|start| start as f64);
        self.last
            - born
                .filter(|born| *born > 1e8 && self.first > 1e8)
                .map_or(self.first, |born| born.min(self.first))
    }
}

/// Gives up the one that was silent for longest, if there are too many.
fn forget(processes: &mut Vec<Process>) -> bool {
    let oldest = processes.iter().enumerate().min_by(|(_, a), (_, b)| a.last.total_cmp(&b.last));
    let too_many = oldest.map(|(i, _)| i).filter(|_| processes.len() >= KEPT);
    too_many.map(|i| processes.remove(i)).is_some()
}

fn first_counter(sample: &Sample) -> Option<u64> {
    counters().find_map(|field| (field.get)(sample))
}

fn counters() -> impl Iterator<Item = &'static crate::Field> {
    FIELDS.iter().filter(|field| field.kind == Kind::Counter)
}

/// Everything that answered at one address.
#[derive(Clone, Debug, Default)]
pub struct Processes {
    /// Those that there would be if several answered.
    kept: Vec<Process>,
    /// The one that answered last, among those that are kept.
    now: usize,
    /// Those that there are if one answers, which starts anew whenever a counter falls.
    lives: Vec<Process>,
    seen: u32,
    /// How many there were that several would be.
    started: u32,
    /// How often another one came back.
    returns: u32,
    /// A start time came back, or there are names: several instances beyond doubt.
    proved: bool,
    several: bool,
    /// Two processes have one start time.
    twins: bool,
    /// Restarts of processes that are no longer kept.
    forgotten: u64,
    looped: Option<CrashLoop>,
    /// What the first counter of the newest process began with, and how many have begun above the one before.
    low: Option<u64>,
    rising: u32,
}

impl Processes {
    /// Takes in an answer at `t` seconds, by the wall clock where that is known; `name` where whoever asked names those
    /// whom they ask. Returns the process's number, and what it is to the one before.
    pub fn see(&mut self, t: f64, name: Option<&str>, sample: &Sample) -> (u32, Sight) {
        let Some(found) = self.find(t, name, sample) else { return self.start(t, name, sample) };
        let back = found != self.now;
        if back {
            self.return_to(found);
        }
        let process = &mut self.kept[found];
        process.take(t, sample);
        match (self.several, self.lives.last_mut()) {
            (true, _) | (_, None) => (process.id, if back { Sight::Back } else { Sight::Same }),
            // Until counters have come back often enough, what falls has started anew.
            (false, Some(life)) if life.can_give(name, sample) => {
                life.take(t, sample);
                (life.id, Sight::Same)
            }
            (false, Some(_)) => {
                let life = self.process(t, name, sample);
                (self.begin(life), Sight::Started)
            }
        }
    }

    fn return_to(&mut self, found: usize) {
        let [before, this] = [self.now, found].map(|i| (self.kept[i].start_time, &self.kept[i].name));
        self.proved |= this.1 != before.1 || this.0.zip(before.0).is_some_and(|(a, b)| a != b);
        self.returns += 1;
        self.kept[found].returns += 1;
        self.now = found;
        let several = self.look_for_several();
        if !std::mem::replace(&mut self.several, several) && several {
            self.looped = None;
        }
    }

    /// The process that fits best.
    fn find(&self, t: f64, name: Option<&str>, sample: &Sample) -> Option<usize> {
        let present = self.kept.get(self.now).filter(|process| process.can_give(name, sample));
        let sure = sample.start_time.is_some() && present.is_some_and(|p| p.start_time.is_some());
        if self.kept.len() == 1 || sure && !self.twins {
            return present.map(|_| self.now);
        }
        let fits = self.kept.iter().enumerate().filter(|(_, process)| process.can_give(name, sample));
        let best = fits
            .map(|(i, process)| (i, process.misfit(t, sample)))
            .min_by(|(_, a), (_, b)| a.total_cmp(b))?;
        let stays = present.is_some_and(|present| present.misfit(t, sample) <= STAYS * best.1);
        Some(if stays { self.now } else { best.0 })
    }

    fn start(&mut self, t: f64, name: Option<&str>, sample: &Sample) -> (u32, Sight) {
        self.twins |= self.kept.iter().any(|process| process.start_time == sample.start_time);
        let is_first = !self.kept.iter().any(|process| process.name.as_deref() == name);
        self.proved |= is_first && !self.kept.is_empty();
        let process = self.process(t, name, sample);
        forget(&mut self.kept);
        self.kept.push(process.clone());
        self.now = self.kept.len() - 1;
        self.started += 1;
        self.several = self.look_for_several();
        let id = self.begin(process);
        (id, if is_first { Sight::First } else { Sight::Started })
    }

    fn process(&mut self, t: f64, name: Option<&str>, sample: &Sample) -> Process {
        #[expect(clippy::cast_precision_loss, reason = "seconds since 1970 are exact")]
        let started = sample.start_time.map(|start| start as f64);
        let early = self.lives.last().zip(started).is_some_and(|(before, started)| {
            started > 1e8 && before.last > 1e8 && started + SKEW_S < before.last
        });
        let id = self.seen;
        self.seen += 1;
        Process {
            id,
            name: name.map(str::to_owned),
            start_time: sample.start_time,
            first: t,
            last: t,
            answers: 1,
            returns: 0,
            early,
            before: (t, *sample),
            newest: *sample,
            began: first_counter(sample).unwrap_or_default(),
        }
    }

    /// A life begins.
    fn begin(&mut self, life: Process) -> u32 {
        let counter = first_counter(&life.newest).filter(|_| life.start_time.is_none());
        let low = std::mem::replace(&mut self.low, counter);
        let rose = low.zip(self.low).is_some_and(|(before, now)| now > before);
        self.rising = if rose { self.rising + 1 } else { 0 };
        let id = life.id;
        self.forgotten += u64::from(forget(&mut self.lives));
        self.lives.push(life);
        if self.seen > 1 {
            self.looped = self.look().or(self.looped);
        }
        id
    }

    /// Whether several instances answer.
    #[must_use]
    pub const fn is_several(&self) -> bool {
        self.several
    }

    fn look_for_several(&self) -> bool {
        let twice = self.kept.iter().filter(|process| process.returns >= 2).count();
        let started = self.started.saturating_sub(1);
        let by_counters = self.returns >= RETURNS.max(OFTEN * started) && started < FEW;
        self.proved || by_counters && twice >= TWICE && self.is_no_beginning()
    }

    /// Whether the lowest of the counters is not that of a process that has just started, again and again.
    fn is_no_beginning(&self) -> bool {
        let of = |process: &Process| first_counter(&process.newest);
        let lowest = self.kept.iter().min_by_key(|process| of(process));
        let highest = self.kept.iter().filter_map(of).max();
        lowest.zip(highest).is_some_and(|(lowest, highest)| {
            let now = of(lowest).unwrap_or_default();
            now.saturating_mul(LOW) >= highest
                || now.saturating_mul(2) >= lowest.began.saturating_mul(3).max(1)
        })
    }

    /// Whether several instances seem to answer that nothing tells apart: counters fall again and again, and each
    /// time to more than the time before.
    #[must_use]
    pub fn is_unclear(&self) -> bool {
        self.rising >= RISING && !self.is_several()
    }

    /// The instances, each with its processes in the order of their lives, as far as these are remembered. One that is
    /// alone has all of them.
    #[must_use]
    pub fn instances(&self) -> Vec<Vec<&Process>> {
        if !self.is_several() {
            return if self.lives.is_empty() { Vec::new() } else { vec![self.lives.iter().collect()] };
        }
        let mut instances: Vec<Vec<&Process>> = Vec::new();
        for process in &self.kept {
            let over = |instance: &&mut Vec<&Process>| {
                instance.last().is_some_and(|last| last.name == process.name && last.last < process.first)
            };
            let free = instances.iter_mut().filter(over);
            match free.min_by(|a, b| a[a.len() - 1].last.total_cmp(&b[b.len() - 1].last)) {
                Some(instance) => instance.push(process),
                None => instances.push(vec![process]),
            }
        }
        instances
    }

    /// Whether an answer tells anything of the process that gave it.
    #[must_use]
    pub fn can_tell(sample: &Sample) -> bool {
        sample.start_time.is_some() || counters().any(|field| (field.get)(sample).is_some())
    }

    /// How often the processes of one name started anew, as far as they are remembered; of all, if there are no names.
    #[must_use]
    pub fn restarts_of(&self, name: Option<&str>) -> u64 {
        if name.is_none() {
            return self.restarts();
        }
        let named = |lives: &&Vec<&Process>| lives.iter().any(|life| life.name.as_deref() == name);
        self.instances().iter().filter(named).map(|lives| lives.len() as u64 - 1).sum()
    }

    /// How often a process started anew.
    #[must_use]
    pub fn restarts(&self) -> u64 {
        if self.is_unclear() {
            return 0;
        }
        let restarts: usize = self.instances().iter().map(|lives| lives.len() - 1).sum();
        restarts as u64 + if self.several { 0 } else { self.forgotten }
    }

    /// When those restarts that are remembered were seen, in their order.
    #[must_use]
    pub fn restarted_at(&self) -> Vec<f64> {
        if self.is_unclear() {
            return Vec::new();
        }
        let instances = self.instances();
        let mut times: Vec<f64> =
            instances.iter().flat_map(|lives| &lives[1..]).map(|life| life.first).collect();
        times.sort_by(f64::total_cmp);
        times
    }

    /// The crash loop that was seen, if there was one.
    #[must_use]
    pub fn crash_loop(&self) -> Option<CrashLoop> {
        self.looped.filter(|_| !self.is_unclear())
    }

    fn look(&self) -> Option<CrashLoop> {
        let early = self.lives.iter().filter(|process| process.early).count();
        let of = |lives: &Vec<&Process>| {
            let counts = |life: &&&Process| !life.early || early >= EARLY;
            let restarts: Vec<f64> = lives[1..].iter().filter(counts).map(|life| life.first).collect();
            let complete = &lives[..lives.len() - 1];
            let complete: Vec<_> = complete.iter().map(|life| (life.lived(), life.last)).collect();
            crash_loop(&restarts, &complete)
        };
        // Counters that came back may do so again: then these were no restarts.
        let doubtful = !self.proved && (self.rising > 1 || self.returns > 0);
        self.instances().iter().filter_map(of).find(|found| !doubtful || found.times >= 6)
    }
}

#[cfg(test)]
mod tests;
