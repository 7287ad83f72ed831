//! Whether the count or the memory of a watch grows, and what that counts for at its end.

use std::time::Duration;

use jiff::Timestamp;
use vitals::trend::{BLOCKS, Course, Live, Metric, Rules, Trend, Why};
use vitals::{Sample, Thresholds, Verdict};

use super::Seen;
use crate::finding::{Check, Finding, Quantity, Said, Tale, Watch};

/// All of them, in the order of a summary.
pub(crate) const METRICS: [Metric; Metric::ALL.len()] = Metric::ALL;

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Asked {
    /// The operator's word that the load is steady.
    pub(crate) steady_load: bool,
    /// A count of which it cannot be told whether it grows is unknown, and not what its level is.
    pub(crate) required: bool,
    /// The shortest block, and the warm-up; a minute unless the operator says otherwise.
    pub(crate) block: Option<Duration>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Told {
    /// The course of the count and that of the memory, once it is known.
    pub(crate) courses: [Option<Course>; 2],
    /// Those whose course has just changed.
    pub(crate) turned: Vec<Trend>,
    pub(crate) growing: Vec<Finding>,
    /// The count rises without a pause, and it is too early for its trend.
    pub(crate) rising: bool,
}

/// The trends of a watch.
#[derive(Debug)]
pub(crate) struct Trends {
    live: Live,
    /// Somebody else looks for them.
    off: bool,
    /// The count was told to rise without a pause.
    rises: bool,
    rules: Rules,
    required: bool,
    /// Its first sample, and its last.
    since: Option<Duration>,
    elapsed: Duration,
    /// Which were ever reported.
    reported: [bool; METRICS.len()],
    /// The last course of each that was told.
    known: [Option<Course>; METRICS.len()],
    /// When it was last seen to grow, how, and how bad that is.
    grown: [Option<(Seen, Trend)>; METRICS.len()],
    /// The process starts again and again: nobody is told how much longer to look.
    pub(super) endless: bool,
}

impl Trends {
    /// Nothing seen yet.
    pub(super) fn new(thresholds: &Thresholds, asked: Asked) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "thresholds are far below 2^53")]
        let real = |n: u64| Some(n as f64);
        let rules = Rules {
            steady_load: asked.steady_load,
            danger: real(thresholds.danger),
            heap_danger: real(thresholds.memory_danger),
            memory_limit: thresholds.memory_limit.and_then(real),
            ..asked.block.map_or_else(Rules::default, Rules::with_blocks)
        };
        Self {
            live: Live::new(rules),
            off: false,
            rises: false,
            rules,
            required: asked.required,
            since: None,
            elapsed: Duration::ZERO,
            reported: [false; METRICS.len()],
            known: [None; METRICS.len()],
            grown: Default::default(),
            endless: false,
        }
    }

    /// Those of another process, of which nothing was seen yet.
    pub(super) fn anew(&self) -> Self {
        Self {
            live: Live::new(self.rules),
            off: self.off,
            rises: false,
            rules: self.rules,
            required: self.required,
            since: None,
            elapsed: Duration::ZERO,
            reported: [false; METRICS.len()],
            known: [None; METRICS.len()],
            grown: Default::default(),
            endless: false,
        }
    }

    /// After so many seconds a life can be judged, if its samples are not too alike.
    pub(super) fn enough_s(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "eight")]
        let blocks = BLOCKS as f64;
        self.rules.warm_up_s + self.rules.block_s * blocks
    }

    /// No trends: the samples are judged as a whole by somebody else.
    pub(super) fn turn_off(&mut self) {
        self.off = true;
    }

    /// Takes in a good poll's sample.
    pub(super) fn add(&mut self, at: Timestamp, elapsed: Duration, sample: &Sample) -> Told {
        if self.off {
            return Told::default();
        }
        self.elapsed = elapsed.saturating_sub(*self.since.get_or_insert(elapsed));
        let values = [
            sample.unexplained(),
            sample.alloc_bytes,
            sample.rss_bytes,
            sample.open_fds,
            sample.threads,
            sample.upstream_open,
        ];
        for (reported, value) in self.reported.iter_mut().zip(values) {
            *reported |= value.is_some();
        }
        let turned = if self.live.push_dated(elapsed.as_secs_f64(), at.as_duration().as_secs_f64(), sample) {
            self.look(at)
        } else {
            Vec::new()
        };
        self.told(turned)
    }

    /// As it stands while nothing new comes.
    pub(super) fn told(&self, turned: Vec<Trend>) -> Told {
        let growing = METRICS.into_iter().filter_map(|metric| self.of(metric)).filter_map(growing);
        let courses = [Metric::Tasks, Metric::Heap].map(|metric| self.course(metric));
        let rising = self.rising().is_some();
        Told { courses, turned, growing: growing.collect(), rising }
    }

    /// The last look.
    pub(super) fn finish(&mut self, at: Timestamp) {
        if self.live.finish() {
            self.look(at);
        }
    }

    /// The last judgement.
    pub(crate) fn of(&self, metric: Metric) -> Option<&Trend> {
        self.live.trend(metric)
    }

    /// The last judgement of the count, if it was too early for one and the count rose without a pause.
    pub(super) fn rising(&self) -> Option<Box<Trend>> {
        self.of(Metric::Tasks).filter(|trend| trend.rising.is_some()).cloned().map(Box::new)
    }

    /// Its course, where there was enough to judge.
    pub(crate) fn course(&self, metric: Metric) -> Option<Course> {
        self.of(metric).filter(|trend| is_judged(trend)).map(|trend| trend.course)
    }

    /// The last judgement, or how far it is from the first one; `None` for what the target does not report.
    pub(crate) fn shown(&self, metric: Metric) -> Option<Tale> {
        // Where none can be told yet, the count says it for all; beside a count, resources that are level say nothing.
        let (main, untold) = (self.main(), METRICS.iter().all(|metric| self.course(*metric).is_none()));
        let is_quiet = metric.is_resource() && main == Metric::Tasks && !self.grows(metric);
        let is_shown = self.reported[metric as usize] && (metric == main || !untold && !is_quiet);
        is_shown.then(|| self.tale(metric))
    }

    fn grows(&self, metric: Metric) -> bool {
        self.course(metric) == Some(Course::Growing)
    }

    /// What the target is judged by first: the count, or what it holds where it reports none.
    pub(crate) fn main(&self) -> Metric {
        let order = [Metric::Tasks, Metric::Resident, Metric::Descriptors, Metric::Threads];
        order.into_iter().find(|metric| self.reported[*metric as usize]).unwrap_or(Metric::Tasks)
    }

    /// Of anything, reported or not.
    pub(crate) fn tale(&self, metric: Metric) -> Tale {
        match self.of(metric).filter(|trend| !trend.reasons.contains(&Why::NoValues)) {
            Some(trend) if self.is_slow(trend) => Tale::Slow(Box::new(trend.clone())),
            Some(trend) => Tale::Judged(Box::new(Trend { needs_s: self.needs_s(metric), ..trend.clone() })),
            None if self.reported[metric as usize] => Tale::WarmingUp(self.needs_s(metric)),
            None => Tale::NotReported,
        }
    }

    /// Blocks had to be made longer, for samples resemble their neighbours, and are therefore too few.
    fn is_slow(&self, trend: &Trend) -> bool {
        let asked = if trend.metric.is_bytes() { self.rules.block_s.max(60.0) } else { self.rules.block_s };
        trend.reasons.contains(&Why::TooShort) && trend.block_s.is_some_and(|block| block > 1.2 * asked)
    }

    /// Seconds until there is enough to judge by, as far as can be foreseen; `None` where there is, or never will be.
    pub(crate) fn needs_s(&self, metric: Metric) -> Option<f64> {
        let trend = self.of(metric).filter(|trend| !trend.reasons.contains(&Why::NoValues));
        match trend {
            _ if self.endless => None,
            Some(trend) => trend.needs_s,
            None => self.reported[metric as usize].then(|| self.needs()),
        }
    }

    /// Before any sample counted; after restarts it all begins anew.
    fn needs(&self) -> f64 {
        let all = self.enough_s();
        Some(all - self.elapsed.as_secs_f64()).filter(|rest| *rest > 0.0).unwrap_or(all)
    }

    /// The growth that counts at the end, as it is now, or was when it was last seen; the count's last.
    pub(crate) fn counted(&self) -> impl Iterator<Item = (&Trend, Verdict)> {
        METRICS.into_iter().zip(&self.grown).rev().filter_map(|(metric, grown)| {
            let (seen, then) = grown.as_ref()?;
            let now = self.of(metric);
            let growing = now.filter(|now| now.course == Course::Growing);
            (!now.is_some_and(|now| is_refuted(then, now)))
                .then_some((growing.unwrap_or(then), seen.finding.verdict))
        })
    }

    fn look(&mut self, at: Timestamp) -> Vec<Trend> {
        let mut turned = Vec::new();
        for (i, metric) in METRICS.into_iter().enumerate() {
            let Some(trend) = self.live.trend(metric) else { continue };
            if let Some(finding) = growing(trend) {
                self.grown[i] = Some((Seen { finding, at }, trend.clone()));
            }
            // Beside a count, a resource is told of when it grows, and when it no longer does.
            let is_quiet = metric.is_resource()
                && self.main() == Metric::Tasks
                && trend.course != Course::Growing
                && self.known[i] != Some(Course::Growing);
            if is_judged(trend) && self.known[i].replace(trend.course) != Some(trend.course) && !is_quiet {
                turned.push(trend.clone());
            } else if metric == Metric::Tasks && !std::mem::replace(&mut self.rises, trend.rising.is_some()) {
                turned.extend(trend.rising.map(|_| trend.clone()));
            }
        }
        turned
    }

    /// Growth that counts at the end, and growth that was taken back since.
    pub(super) fn findings(&self) -> (Vec<Seen>, Vec<Seen>) {
        let (mut counted, mut passed) = (Vec::new(), Vec::new());
        for (metric, grown) in METRICS.into_iter().zip(&self.grown) {
            let Some((seen, then)) = grown else { continue };
            match self.of(metric).is_some_and(|now| is_refuted(then, now)) {
                true => passed.push(seen.clone()),
                false => counted.push(seen.clone()),
            }
        }
        (counted, passed)
    }

    /// That the count's trend cannot be told, where it must be; without a count, that of what is held.
    pub(super) fn untold(&self, at: Timestamp) -> Option<Seen> {
        let main = self.main();
        let is_flat = || self.of(main).and_then(|trend| trend.flat).is_some_and(|flat| flat.is_safe);
        let told = self.course(main).map_or_else(is_flat, |course| course != Course::Inconclusive);
        let finding = || Finding {
            check: Check::Told,
            metric: Quantity::PerHour(main),
            verdict: Verdict::Unknown,
            value: Some(0.0),
            threshold: Some(0.0),
            said: Said::Watch(Watch::Untold(main, self.shown(main))),
        };
        (self.required && !told).then(|| Seen { finding: finding(), at })
    }
}

/// There was enough to look at.
fn is_judged(trend: &Trend) -> bool {
    !trend.reasons.iter().any(|why| matches!(why, Why::NoValues | Why::TooShort))
}

/// True if a later look takes growth back: it levelled off or was a step, it cannot be half as steep, or it was not
/// seen again for half as long as it took to see it. That chance alone would do as well, a look later, is too little.
fn is_refuted(then: &Trend, now: &Trend) -> bool {
    let stopped = now.reasons.iter().any(|why| matches!(why, Why::Levelled | Why::OneStep | Why::Slight));
    let flat = then.slope_per_h.zip(now.slope_ci).is_some_and(|(slope, [_, most])| most < slope / 2.0);
    let old = now.span_s > 1.5 * then.span_s;
    now.course != Course::Growing && (stopped || flat || old)
}

/// Growth as a finding: growth per hour, and the least that would matter.
pub(crate) fn growing(trend: &Trend) -> Option<Finding> {
    let whole = |n: Option<f64>| Some(n.unwrap_or_default().max(0.0).round());
    let least = trend.matters.map(|matters| matters / trend.span_s.max(1.0) * 3600.0);
    (trend.course == Course::Growing).then(|| Finding {
        check: Check::Growth(trend.metric),
        metric: Quantity::PerHour(trend.metric),
        verdict: trend.verdict,
        value: whole(trend.slope_per_h),
        threshold: whole(least),
        said: Said::Watch(Watch::Growing(Box::new(trend.clone()))),
    })
}
