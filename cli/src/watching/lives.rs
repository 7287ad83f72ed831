//! The processes of a watch, each judged by itself. A restart begins a new life; an instance that answers again goes on
//! with its own. The last life that is long enough decides, with what came after it: a leak before a deployment is told,
//! and is none of the program that runs now.

use std::collections::BTreeMap;

use jiff::Timestamp;
use vitals::trend::{Course, Metric};
use vitals::{Judgement, Measure, Process, Verdict};

use super::{Seen, Trends, Watching, seen};
use crate::finding::{Check, Finding, Instance, Quantity, Watch};
use crate::profile::{CROWD, Evidence, Proof};

/// Lives of which all is remembered, the newest ones.
const KEPT: usize = 48;

/// What a process was above.
#[derive(Debug, Default)]
pub(super) struct Levels {
    process: u32,
    /// When it answered first, and last.
    time: Option<(Timestamp, Timestamp)>,
    /// Each metric that was above its threshold, at its worst.
    worst: BTreeMap<Measure, Seen>,
    last: Option<Judgement>,
    peak: Option<(u64, Timestamp)>,
    /// What profiles prove of it.
    stack: Option<Seen>,
    /// What they proved, and what has gone since.
    gone: Option<Seen>,
}

/// A process that does not answer now.
#[derive(Debug)]
pub(crate) struct Life {
    pub(crate) trends: Trends,
    levels: Levels,
}

/// A process for those who list all of them.
#[derive(Clone, Debug)]
pub(crate) struct OneLife<'a> {
    /// Whose, where there are several.
    pub(crate) instance: Option<Instance>,
    /// Its first answer and its last.
    pub(crate) time: (Timestamp, Timestamp),
    /// It is long enough for a trend.
    pub(crate) is_long: bool,
    /// Of what it was above, and of its growth; unknown where it is too short and was above nothing.
    pub(crate) verdict: Verdict,
    pub(crate) trends: &'a Trends,
}

/// A process with what it was above.
type One<'a> = (&'a Levels, &'a Trends);

impl Levels {
    pub(super) fn add(&mut self, at: Timestamp, judgement: &Judgement, count: Option<u64>) {
        self.time = Some((self.time.map_or(at, |(first, _)| first), at));
        for reason in &judgement.reasons {
            let (measure, finding) = (reason.limit.measure(), Finding::from(*reason));
            if self.worst.get(&measure).is_none_or(|seen| finding.value > seen.finding.value) {
                self.worst.insert(measure, Seen { finding, at });
            }
        }
        if let Some(count) = count.filter(|count| self.peak.is_none_or(|(peak, _)| *count > peak)) {
            self.peak = Some((count, at));
        }
        self.last = Some(judgement.clone());
    }

    /// Warnings that have passed, or whose process has, do not count; danger does.
    fn findings(&self, is_last: bool) -> (Vec<Seen>, Vec<Seen>) {
        let at_the_end = |metric| {
            self.last
                .iter()
                .flat_map(|last| &last.reasons)
                .any(|reason| Quantity::Of(reason.limit.measure()) == metric)
        };
        let counts =
            |finding: &Finding| finding.verdict == Verdict::Danger || is_last && at_the_end(finding.metric);
        self.worst.values().cloned().partition(|seen| counts(&seen.finding))
    }

    fn weigh(&mut self, at: Timestamp, evidence: Option<Evidence>) {
        let finding = evidence.map(Finding::of_stacks);
        if self.stack.as_ref().map(|seen| &seen.finding) == finding.as_ref() {
            return;
        }
        let seen = finding.map(|finding| Seen { finding, at });
        let is_gone = seen.is_none();
        let before = std::mem::replace(&mut self.stack, seen);
        if is_gone {
            self.gone = before;
        }
    }

    /// What profiles prove, if it counts: a leak of a few counts where the trend says that the count grows.
    fn proven(&self, trends: &Trends) -> Option<&Seen> {
        let grows = || trends.course(Metric::Tasks) == Some(Course::Growing) || trends.rising().is_some();
        let counts = |evidence: &Evidence| match evidence.proof {
            Proof::Leak => evidence.grown >= CROWD || grows(),
            Proof::Crowd => true,
        };
        self.stack.as_ref().filter(|seen| seen.finding.evidence().is_some_and(counts))
    }

    /// What profiles prove, and what has passed of it: a crowd has, where its process has.
    fn stacks(&self, trends: &Trends, is_last: bool) -> (Vec<Seen>, Vec<Seen>) {
        let counts = |seen: &Seen| is_last || seen.finding.verdict == Verdict::Danger;
        let (proven, mut left): (Vec<_>, Vec<_>) = self.proven(trends).into_iter().cloned().partition(counts);
        left.extend(self.gone.clone());
        (proven, left)
    }

    fn seconds(&self) -> f64 {
        self.time.map_or(0.0, |(first, last)| last.duration_since(first).as_secs_f64())
    }
}

/// True of growth that may be the load's, where a stack proves the leak: it is told once.
pub(crate) fn is_outweighed(growing: &Finding) -> bool {
    growing.check == Check::Growth(Metric::Tasks) && growing.verdict == Verdict::Warning
}

impl Watching {
    /// What profiles prove of the process that answers now; of several instances nobody knows whose they are.
    pub(crate) fn weigh(&mut self, evidence: Option<Evidence>) {
        let processes = &self.summary.processes;
        let is_one = !processes.is_unclear() && processes.instances().len() < 2;
        if let Some(at) = self.last_at {
            self.levels.weigh(at, evidence.filter(|_| is_one));
        }
    }

    /// What profiles prove by now of the process that answers, if it counts.
    pub(super) fn proven(&self) -> Option<&Seen> {
        self.levels.proven(&self.trends)
    }

    /// What follows is of this process.
    pub(super) fn turn_to(&mut self, process: u32) {
        if self.levels.process == process {
            return;
        }
        let known = self.parked.iter().position(|life| life.levels.process == process);
        let next = known.map_or_else(
            || Life { trends: self.trends.anew(), levels: Levels { process, ..Levels::default() } },
            |i| self.parked.remove(i),
        );
        let trends = std::mem::replace(&mut self.trends, next.trends);
        let levels = std::mem::replace(&mut self.levels, next.levels);
        self.parked.push(Life { trends, levels });
        if self.parked.len() > KEPT {
            self.parked.remove(0);
        }
    }

    /// The processes of each instance in their order.
    fn instances(&self) -> Vec<(Option<Instance>, Vec<One<'_>>)> {
        let parked = self.parked.iter().map(|life| (&life.levels, &life.trends));
        let all: Vec<One<'_>> = parked.chain([(&self.levels, &self.trends)]).collect();
        let instances = self.summary.processes.instances();
        let of = instances.len();
        if of < 2 {
            return vec![(None, all)];
        }
        let lives = |processes: &[&Process]| {
            let known = |process: &&Process| all.iter().find(|(levels, _)| levels.process == process.id);
            processes.iter().filter_map(known).copied().collect()
        };
        let instance = |(i, processes): (usize, &Vec<&Process>)| {
            processes.last().map(|last| Instance::of(i + 1, of, last))
        };
        instances.iter().enumerate().map(|each| (instance(each), lives(each.1))).collect()
    }

    /// Every process that is remembered, those of each instance in their order.
    pub(crate) fn lives(&self) -> Vec<OneLife<'_>> {
        let mut all = Vec::new();
        for (instance, lives) in self.instances() {
            for (i, (levels, trends)) in lives.iter().enumerate() {
                let Some(time) = levels.time else { continue };
                let is_long = levels.seconds() >= trends.enough_s();
                let (above, _) = levels.findings(i + 1 == lives.len());
                let found = [trends.findings().0, above, self.gate(levels)].concat();
                let least = if is_long { Verdict::Ok } else { Verdict::Unknown };
                let verdict = found.iter().map(|seen| seen.finding.verdict).max().unwrap_or(least);
                all.push(OneLife { instance: instance.clone(), time, is_long, verdict, trends });
            }
        }
        all
    }

    /// The instances, where there are several.
    pub(crate) fn several(&self) -> Vec<Instance> {
        self.instances().into_iter().filter_map(|(instance, _)| instance).collect()
    }

    /// Whose trends say most of the newest of the lives: the last one that is long enough.
    fn deciding(&self, lives: &[One<'_>]) -> usize {
        let long = |(levels, trends): &One<'_>| levels.seconds() >= trends.enough_s();
        lives.iter().rposition(long).unwrap_or(0)
    }

    /// What counts of all lives, and what has passed.
    pub(super) fn of_lives(&self) -> (Vec<Seen>, Vec<Seen>) {
        let (mut counted, mut passed) = (Vec::new(), Vec::new());
        for (instance, lives) in self.instances() {
            let deciding = self.deciding(&lives);
            let named = |Seen { finding, at }: Seen| Seen {
                finding: match &instance {
                    Some(instance) => finding.of_instance(instance.clone()),
                    None => finding,
                },
                at,
            };
            for (i, (levels, trends)) in lives.iter().enumerate() {
                let (above, calm) = levels.findings(i + 1 == lives.len());
                let (mut growing, taken_back) = trends.findings();
                let (proven, left) = levels.stacks(trends, i + 1 == lives.len());
                if proven.iter().any(|seen| seen.finding.verdict == Verdict::Danger) {
                    growing.retain(|seen| !is_outweighed(&seen.finding));
                }
                let found = [proven, growing, above, self.gate(levels)].concat();
                // What ended with a restart is told with the time of that.
                let over = lives.get(i + 1).and_then(|(next, _)| next.time).map(|(at, _)| at);
                let before = |Seen { finding, at }: Seen| match over {
                    Some(restart) => Seen { finding: finding.before_restart(), at: restart },
                    None => Seen { finding, at },
                };
                let told = |seen: Vec<Seen>| seen.into_iter().map(before).map(named).collect::<Vec<_>>();
                let (found, mut past) = (told(found), told([calm, taken_back, left].concat()));
                match i < deciding {
                    true => past.splice(0..0, found).for_each(drop),
                    false => counted.extend(found),
                }
                passed.append(&mut past);
            }
            counted.extend(self.untold(&lives[deciding.min(lives.len().saturating_sub(1))..]).map(named));
        }
        (counted, passed)
    }

    fn untold(&self, lives: &[One<'_>]) -> Option<Seen> {
        let untold = lives.iter().map(|(_, trends)| trends.untold(self.last_at?));
        let untold: Option<Vec<Seen>> = untold.collect();
        untold?.pop()
    }

    /// The peak's gate. A default gate says nothing where the threshold of danger has spoken.
    fn gate(&self, levels: &Levels) -> Vec<Seen> {
        let limit = self.peak_limit();
        let Some((peak, at)) = levels.peak.filter(|(peak, _)| *peak >= limit) else { return Vec::new() };
        let spoken = levels
            .worst
            .get(&Measure::Goroutines)
            .is_some_and(|seen| seen.finding.verdict == Verdict::Danger);
        let (check, verdict) = match self.max_peak {
            None if spoken => return Vec::new(),
            None => (Check::Peak, Verdict::Warning),
            Some(_) => (Check::MaxPeak, Verdict::Danger),
        };
        vec![seen(
            check,
            Quantity::Of(Measure::Goroutines),
            [peak, limit],
            verdict,
            Watch::Peak { peak, limit },
            at,
        )]
    }
}
