//! What a threshold says when the current side carries more load than the baseline.
//!
//! Thresholds know nothing of load: three times the load takes a healthy target beyond them. So a level, live memory or
//! a peak above a default threshold is no danger where the baseline was below it, the load is clearly higher, and what
//! was found is no more than that load explains. The same where only the rate of requests or of allocation stands for the
//! load cannot be told. A threshold that the operator set stands whatever the load is.

use vitals::Verdict;
use vitals::trend::{CompareVerdict, Comparison, LoadBasis, Metric, MetricComparison};
use vitals::units::format_sizes;

use super::judge::in_words;
use super::side::Rate;
use super::{Finding, METRICS, Rules, Side, judged};

/// Loads that differ by no more than this share are the same.
const MOVED: f64 = 0.2;
/// Counts and loads are not exact: this much beyond full proportion is still in proportion.
const EXACT: f64 = 1.1;
/// The same of memory, whose median depends on when its garbage is collected.
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
    /// Requests in flight, and not only what stands for them.
    known: bool,
    name: &'static str,
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
        let metric = if finding.check == "memory" { Metric::Heap } else { Metric::Tasks };
        let statistics = found.metrics.iter().find(|m| m.metric == metric);
        let sides = [baseline, current];
        if let Some(seen) = Seen::of(finding, metric, sides, rules, own)
            && let Some(fit) = seen.fit(statistics, &load)
        {
            seen.weigh(finding, &load, fit, current);
        }
    }
}

impl Finding {
    /// Whether it is above a threshold, which its load explains.
    pub(crate) fn is_carried_by_load(&self) -> bool {
        let above = self.value.zip(self.threshold).is_some_and(|(value, threshold)| value > threshold);
        self.is_of_threshold() && self.verdict == Verdict::Ok && above
    }
}

/// How a value fits to its load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fit {
    /// It is no more than the load explains.
    Proportion,
    /// It may be the load.
    Doubt,
}

/// A value above a threshold, beside the baseline's.
struct Seen {
    peak: bool,
    memory: bool,
    now: u64,
    before: u64,
    /// The threshold that counts, and its name.
    above: (&'static str, u64),
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
        let (peak, memory) = (finding.check == "peak", metric == Metric::Heap);
        let tasks = judged(&[current]);
        // Goroutines beyond the explained ones have no load in them.
        if !memory && METRICS[tasks].name == "unexplained" {
            return None;
        }
        let (before, now) = (finding.seen(baseline, tasks)?, finding.seen(current, tasks)?);
        let limits = &rules.thresholds;
        let (warning, danger) = match memory {
            true => ((limits.memory_warning, false), (limits.memory_danger, false)),
            false => ((limits.warning, own.warning), (limits.danger, own.danger)),
        };
        let stands = |(limit, own): (u64, bool)| now > limit && (own || before > limit);
        let above = match finding.verdict {
            Verdict::Danger if now > limits.severe && !memory && !peak && !own.danger => {
                ("severe", limits.severe)
            }
            Verdict::Danger => ("danger", danger.0),
            _ => ("warning", warning.0),
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
        #[expect(clippy::cast_precision_loss, reason = "exact up to 2^53")]
        let (before, now, limit) = (self.before as f64, self.now as f64, self.above.1 as f64);
        let ratio = if self.peak { load.peak } else { load.usual };
        // What only stands for the load does not tell how long requests take: twice the proportional growth is in doubt.
        let exact = if self.memory { MEMORY } else { EXACT };
        let most = before * if load.known { exact * ratio } else { 2.0 * ratio - 1.0 };
        let adjusted = statistics.filter(|found| found.load == LoadBasis::InFlight && !self.peak);
        let fine = adjusted.and_then(|found| found.current.level).is_some_and(|level| level <= limit);
        let is_more = |ratio: f64| ratio > 1.0 + MOVED;
        match () {
            () if is_more(ratio) && (fine || now <= most) => {
                Some(if load.known { Fit::Proportion } else { Fit::Doubt })
            }
            // The highest value of many is the least certain one.
            () if self.peak && is_more(ratio.max(load.usual)) && now <= 2.0 * most => Some(Fit::Doubt),
            () => None,
        }
    }

    fn weigh(&self, finding: &mut Finding, load: &Load, fit: Fit, current: &Side) {
        let (name, limit) = self.above;
        let tasks = judged(&[current]);
        let peak_at = current.columns[tasks].peak_at.filter(|_| self.peak);
        let at = peak_at.map(|at| format!(" at {}", at.long())).unwrap_or_default();
        let (found, limit) = match self.memory {
            true => {
                let [found, limit] = format_sizes(self.now, limit);
                (format!("{found} of live memory"), limit)
            }
            false => (format!("{} {}", self.now, in_words(tasks)), limit.to_string()),
        };
        let (what, peak, ratio) = match self.peak {
            true => ("peak", "highest ", load.peak),
            false => ("level", "", load.usual),
        };
        let above = format!(
            "current's {what}: {found}{at}, above {name} {limit}, at {ratio:.1} times the baseline's"
        );
        let load_is = load.name;
        let but = self.stands.map(|warning| format!(", but above warning {warning} as well"));
        let (verdict, why) = match (fit, load.known) {
            (Fit::Proportion, _) if but.is_some() => (Verdict::Warning, ": in proportion"),
            (Fit::Proportion, _) => (Verdict::Ok, ": in proportion"),
            (Fit::Doubt, true) => {
                (Verdict::Unknown, ": more than in proportion, as in a burst, or in a leak")
            }
            (Fit::Doubt, false) => {
                (Verdict::Unknown, ", which stands for the load: cannot tell load from a leak")
            }
        };
        finding.verdict = verdict;
        finding.text = format!("{above} {peak}{load_is}{why}{}", but.unwrap_or_default());
        #[expect(clippy::cast_precision_loss, reason = "exact up to 2^53")]
        let threshold = self.above.1 as f64;
        finding.threshold = Some(threshold);
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
        return Some(Load { known: true, name: "load", usual, peak });
    }
    let rates = |name, before: &Rate, now: &Rate| {
        let usual = ratio(before.per_second()?, now.per_second()?)?;
        let peak = before.most().zip(now.most()).and_then(|(before, now)| ratio(before, now));
        Some(Load { known: false, name, usual, peak: peak.unwrap_or(usual).max(usual) })
    };
    rates("rate of requests", &baseline.requests, &current.requests)
        .or_else(|| rates("rate of allocation", &baseline.allocated, &current.allocated))
}

#[cfg(test)]
mod tests;
