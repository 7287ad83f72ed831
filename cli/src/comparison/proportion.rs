//! What a threshold says when the current side carries more load than the baseline.
//!
//! Thresholds know nothing of load: three times the load takes a healthy target beyond them. So a level, live memory or
//! a peak above a default threshold is no danger where the baseline was below it, the load is clearly higher, and what
//! was found is no more than that load explains. The same where only the rate of requests or of allocation stands for the
//! load cannot be told. A threshold that the operator set stands whatever the load is.

use vitals::Verdict;
use vitals::trend::{CompareVerdict, Comparison, LoadBasis, Metric, MetricComparison};

use super::judge::seen;
use super::metric::UNEXPLAINED;
use super::rate::Rate;
use super::{Rules, Side, judged};
use crate::finding::{self, Bound, Check, Compare, Finding, Fit, Said, Weighed, real};

/// Loads that differ by no more than this share are the same.
const MOVED: f64 = 0.2;
/// Counts and loads are not exact: this much beyond full proportion is still in proportion.
const EXACT: f64 = 1.1;
/// Of memory, whose median depends on when its garbage is collected.
const MEMORY: f64 = 1.25;

/// Which thresholds the operator set himself.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Own {
    /// `--warning`
    pub(crate) warning: bool,
    /// `--danger`
    pub(crate) danger: bool,
}

/// How much more load there is than in the baseline.
#[derive(Clone, Copy, Debug)]
struct Load {
    is: finding::Load,
    usual: f64,
    peak: f64,
}

/// Looks again at what is above a threshold, now that the loads are known.
pub(crate) fn weigh(
    findings: &mut [Finding],
    [baseline, current]: [&Side; 2],
    found: &Comparison,
    rules: &Rules,
    own: Own,
) {
    let Some(load) = load(baseline, current) else { return };
    for finding in findings.iter_mut().filter(|f| f.is_of_threshold() && f.verdict != Verdict::Ok) {
        let metric = if finding.check == Check::Memory { Metric::Heap } else { Metric::Tasks };
        let statistics = found.metrics.iter().find(|m| m.metric == metric);
        let sides = [baseline, current];
        if let Some(seen) = Seen::of(finding, metric, sides, rules, own)
            && let Some(fit) = seen.fit(statistics, &load)
        {
            seen.weigh(finding, &load, fit, current);
        }
    }
}

/// A value above a threshold, beside the baseline's.
struct Seen {
    peak: bool,
    memory: bool,
    now: u64,
    before: u64,
    /// The threshold that counts.
    above: (Bound, u64),
    /// The one below it that stands all the same.
    stands: Option<u64>,
}

impl Seen {
    /// If it is not the operator's own threshold, and the baseline is not above it.
    fn of(
        finding: &Finding,
        metric: Metric,
        [baseline, current]: [&Side; 2],
        rules: &Rules,
        own: Own,
    ) -> Option<Self> {
        let (peak, memory) = (finding.check == Check::Peak, metric == Metric::Heap);
        let tasks = judged(&[current]);
        // Goroutines beyond the explained ones have no load in them.
        if !memory && tasks == UNEXPLAINED {
            return None;
        }
        let (before, now) = (seen(finding.check, baseline, tasks)?, seen(finding.check, current, tasks)?);
        let limits = &rules.thresholds;
        let (warning, danger) = match memory {
            true => ((limits.memory_warning, false), (limits.memory_danger, false)),
            false => ((limits.warning, own.warning), (limits.danger, own.danger)),
        };
        let stands = |(limit, own): (u64, bool)| now > limit && (own || before > limit);
        let above = match finding.verdict {
            Verdict::Danger if now > limits.severe && !memory && !peak && !own.danger => {
                (Bound::Severe, limits.severe)
            }
            Verdict::Danger => (Bound::Danger, danger.0),
            _ => (Bound::Warning, warning.0),
        };
        let forgivable = match finding.verdict {
            Verdict::Danger => !stands(danger),
            _ => !stands(warning),
        };
        let stands = (!peak && finding.verdict == Verdict::Danger && stands(warning)).then_some(warning.0);
        forgivable.then_some(Self { peak, memory, now, before, above, stands })
    }

    /// How it fits to the load; `None` where that does not explain it. What statistics know of the load's cost counts
    /// beside proportion.
    fn fit(&self, statistics: Option<&MetricComparison>, load: &Load) -> Option<Fit> {
        let verdict = statistics.map(|found| found.verdict);
        if matches!(verdict, Some(CompareVerdict::Leak | CompareVerdict::Regression)) {
            return None;
        }
        let (before, now, limit) = (real(self.before), real(self.now), real(self.above.1));
        let ratio = if self.peak { load.peak } else { load.usual };
        // What only stands for the load does not tell how long requests take: twice the proportional growth is in doubt.
        let exact = if self.memory { MEMORY } else { EXACT };
        let most = before * if load.is.is_known() { exact * ratio } else { 2.0 * ratio - 1.0 };
        let adjusted = statistics.filter(|found| found.load == LoadBasis::InFlight && !self.peak);
        let fine = adjusted.and_then(|found| found.current.level).is_some_and(|level| level <= limit);
        let is_more = |ratio: f64| ratio > 1.0 + MOVED;
        match () {
            () if is_more(ratio) && (fine || now <= most) => {
                Some(if load.is.is_known() { Fit::Proportion } else { Fit::Doubt })
            }
            // The highest value of many is the least certain one.
            () if self.peak && is_more(ratio.max(load.usual)) && now <= 2.0 * most => Some(Fit::Doubt),
            () => None,
        }
    }

    fn weigh(&self, finding: &mut Finding, load: &Load, fit: Fit, current: &Side) {
        finding.verdict = match fit {
            Fit::Proportion if self.stands.is_some() => Verdict::Warning,
            Fit::Proportion => Verdict::Ok,
            Fit::Doubt => Verdict::Unknown,
        };
        finding.threshold = Some(real(self.above.1));
        finding.said = Said::Compare(Compare::Weighed(Weighed {
            found: self.now,
            is_peak: self.peak,
            is_memory: self.memory,
            at: current.columns[judged(&[current])].peak_at.filter(|_| self.peak),
            above: self.above,
            stands: self.stands,
            ratio: if self.peak { load.peak } else { load.usual },
            load: load.is,
            fit,
        }));
    }
}

/// The best that both sides tell of their loads: requests in flight, else requests, else allocations.
fn load(baseline: &Side, current: &Side) -> Option<Load> {
    let [before, now] = [baseline, current].map(|side| &side.in_flight().all);
    let ratio = |before: f64, now: f64| (before > 0.0).then(|| now / before);
    #[expect(clippy::cast_precision_loss, reason = "a number of requests")]
    let of = |before: Option<u64>, now: Option<u64>| ratio(before? as f64, now? as f64);
    if before.n() > 0 && now.n() > 0 {
        let usual = of(before.median(), now.median())?;
        let peak = of(before.max(), now.max()).unwrap_or(usual);
        return Some(Load { is: finding::Load::InFlight, usual, peak });
    }
    let rates = |is, before: &Rate, now: &Rate| {
        let usual = ratio(before.per_second()?, now.per_second()?)?;
        let peak = before.most().zip(now.most()).and_then(|(before, now)| ratio(before, now));
        Some(Load { is, usual, peak: peak.unwrap_or(usual).max(usual) })
    };
    rates(finding::Load::Requests, &baseline.requests, &current.requests)
        .or_else(|| rates(finding::Load::Allocation, &baseline.allocated, &current.allocated))
}

#[cfg(test)]
mod tests;
