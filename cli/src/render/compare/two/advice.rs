//! The next steps after a comparison of two.

use vitals::Verdict;
use vitals::trend::{CompareVerdict, Metric, MetricComparison, Why};

use super::Compared;
use crate::comparison::{Side, usual, verdict};
use crate::finding::{Advice, Check, Finding};

impl Compared {
    /// The next step where all that is above a threshold was so in the baseline already; `None` where something is new.
    fn usual(&self) -> Option<Advice> {
        let above = || {
            let above = self.findings.iter().filter(|f| f.verdict != Verdict::Ok && f.threshold.is_some());
            above.filter(|f| f.is_of_threshold())
        };
        let usual = |finding: &Finding| usual(finding, &self.baseline, &self.current).is_some();
        let memory = above().all(|finding| finding.check == Check::Memory);
        (above().next().is_some() && above().all(usual)).then_some(Advice::Usual { memory })
    }

    pub(super) fn advice(&self) -> Vec<Advice> {
        let broken =
            |is: fn(Check) -> bool| self.findings.iter().any(|f| f.verdict == Verdict::Danger && is(f.check));
        let leaks = self.statistics.verdict == CompareVerdict::Leak;
        let mut advice = Vec::new();
        if self.findings.iter().any(Finding::is_silent) {
            advice.push(Advice::SeeWhyUnreachable);
        }
        if broken(|check| matches!(check, Check::MaxGrowth(_))) && !leaks {
            advice.push(if self.load_moved() { Advice::LoadDiffers } else { Advice::RecordOn });
        }
        let any =
            |is: fn(Check) -> bool| self.findings.iter().any(|f| f.verdict != Verdict::Ok && is(f.check));
        advice.extend(if leaks { Some(self.leaks()) } else { self.too_high(broken) });
        if any(|check| matches!(check, Check::Restarts | Check::MaxRestarts | Check::CrashLoop)) {
            advice.push(Advice::SeeRestarts);
        }
        if any(|check| check == Check::Instances) {
            advice.push(Advice::PollEach);
        }
        if broken(|check| check == Check::Overdue) {
            advice.push(Advice::NameOverdue);
        }
        if self.statistics.metrics.iter().any(|found| found.reasons.contains(&Why::SteppedUp)) {
            advice.push(Advice::SeeWhatChanged);
        }
        if self.findings.iter().any(|f| f.check == Check::Errors) {
            advice.push(Advice::SeeErrors);
        }
        if self.findings.iter().any(|f| f.check == Check::Latency) {
            advice.push(Advice::SeeSlowness);
        }
        if advice.is_empty()
            && self.findings.iter().any(|f| f.check == Check::Idle && f.verdict != Verdict::Ok)
        {
            advice.push(Advice::PutLoadOn);
        }
        if advice.is_empty() {
            advice = self.otherwise();
        }
        advice
    }

    /// The next step where something leaks.
    fn leaks(&self) -> Advice {
        self.only_held().map_or(Advice::Leak, Advice::SeeWhoHolds)
    }

    /// The next step where nothing leaks, and a level or a peak is above what it may be.
    fn too_high(&self, broken: impl Fn(fn(Check) -> bool) -> bool) -> Option<Advice> {
        let peak = broken(|check| check == Check::Peak);
        if broken(|check| matches!(check, Check::Level | Check::Memory)) {
            return Some(self.usual().unwrap_or(Advice::PlanRestart));
        }
        let usual = || self.usual().filter(|_| peak);
        let burst = || (peak || broken(|check| check == Check::MaxPeak)).then_some(Advice::WatchPeak);
        usual().or_else(burst)
    }

    /// The next steps where nothing is broken.
    fn otherwise(&self) -> Vec<Advice> {
        let verdict = verdict(&self.findings);
        let sides = [&self.baseline, &self.current];
        let mut flaws: Vec<_> = sides.into_iter().filter_map(Side::flaw).collect();
        flaws.dedup();
        let differ = |found: &MetricComparison| {
            found.verdict == CompareVerdict::Unknown && found.reasons.contains(&Why::LoadsDiffer)
        };
        let one = match verdict {
            Verdict::Unknown if !flaws.is_empty() => {
                return flaws.into_iter().map(|flaw| Advice::Cures(vec![(flaw, Vec::new())])).collect();
            }
            Verdict::Ok if self.carried().next().is_some() => Advice::LoadIsHere,
            Verdict::Unknown if self.rises() => Advice::Rising,
            Verdict::Unknown if self.load_moved() || self.statistics.metrics.iter().any(differ) => {
                Advice::SameLoad(sides.into_iter().all(Side::tells_load))
            }
            Verdict::Ok => Advice::Nothing,
            Verdict::Unknown => Advice::RecordBoth,
            Verdict::Warning | Verdict::Danger => {
                let held = || self.only_held().map(Advice::SeeWhoHolds);
                self.usual().or_else(held).unwrap_or(Advice::BusyOrLeaking)
            }
        };
        vec![one]
    }

    /// The resource that is a finding, where nothing else is.
    fn only_held(&self) -> Option<Metric> {
        let worst = verdict(&self.findings);
        let mut held = self.findings.iter().filter(|finding| finding.verdict == worst).map(|finding| {
            match finding.check {
                Check::Descriptors => Some(Metric::Descriptors),
                Check::Resident => Some(Metric::Resident),
                _ => finding.statistics().map(|said| said.found.metric).filter(|metric| metric.is_resource()),
            }
        });
        let first = held.next().flatten()?;
        held.all(|held| held.is_some()).then_some(first)
    }

    /// The current side rises without a pause, and is too short to say more.
    fn rises(&self) -> bool {
        self.statistics.metrics.iter().any(|found| found.current.trend.rising.is_some())
    }
}
