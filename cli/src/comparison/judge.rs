//! What a side comes to by thresholds and gates: medians, peaks and the differences of medians are facts. Whether they
//! are more than chance is for the statistics beside it.

use vitals::traffic::slow;
use vitals::{Gate, Measure, Reason, Thresholds, Verdict, judge};

use super::metric::{LATENCY, RESIDENT, UNEXPLAINED};
use super::{ENOUGH, METRICS, Side, judged};
use crate::finding::{
    Check, Compare, Finding, Grown, Growth, Lack, Over, Peak, Quantity, Role, Said, Who, real,
};

/// Growth by fewer goroutines than this is noise of a small number, whatever its percentage.
const NOISE: u64 = 50;

/// The thresholds and gates of a comparison.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    /// For the level, and for the peak.
    pub(crate) thresholds: Thresholds,
    /// `--max-growth`, in per cent.
    pub(crate) max_growth: Option<f64>,
    /// `--max-peak`.
    pub(crate) max_peak: Option<u64>,
    /// `--max-restarts`.
    pub(crate) max_restarts: Option<u64>,
    /// `--allow-idle`.
    pub(crate) allow_idle: bool,
    /// `--alpha`: how sure a difference of levels must be.
    pub(crate) alpha: f64,
    pub(crate) gate: Gate,
}

#[cfg(test)]
impl Default for Rules {
    fn default() -> Self {
        let (thresholds, gate) = (Thresholds::default(), Gate::default());
        Self {
            thresholds,
            max_growth: None,
            max_peak: None,
            max_restarts: None,
            allow_idle: false,
            alpha: 0.05,
            gate,
        }
    }
}

impl Rules {
    /// A gate of levels was asked for: it decides where there is too little for statistics.
    pub(crate) const fn has_gate(&self) -> bool {
        self.max_growth.is_some() || self.max_peak.is_some()
    }
}

impl Growth {
    fn exceeds(self, max_percent: f64) -> bool {
        self.to.saturating_sub(self.from) > NOISE && self.is_above(max_percent)
    }

    fn is_above(self, max_percent: f64) -> bool {
        self.to > self.from && self.percent().is_none_or(|percent| percent > max_percent)
    }

    /// Somebody should be told although no gate was asked for: it is more than the origin's 20 per cent.
    pub(crate) fn is_worth_a_note(self) -> bool {
        self.exceeds(20.0)
    }
}

/// The judged metric's level over the baseline's, and the last fifth of the current side over its first.
pub(crate) fn growths(baseline: &Side, current: &Side) -> [Option<Growth>; 2] {
    let metric = judged(&[baseline, current]);
    let (before, now) = (&baseline.columns[metric], &current.columns[metric]);
    let growth = |from: Option<u64>, to: Option<u64>| Some(Growth { from: from?, to: to? });
    [growth(before.all.median(), now.all.median()), growth(now.first.median(), now.last.median())]
}

/// Everything that thresholds and gates look at in two sides, in the order of printing.
pub(crate) fn findings(baseline: &Side, current: &Side, rules: &Rules) -> Vec<Finding> {
    let mut findings = vec![enough(Role::Baseline, Who::Baseline, baseline, Verdict::Unknown)];
    let outage = rules.gate.unreachable();
    findings.push(enough(Role::Current, Who::Current, current, outage));
    let mut of_thresholds = by_thresholds(&Who::Current, current, rules);
    for finding in &mut of_thresholds {
        let usual = usual(finding, baseline, current);
        match &mut finding.said {
            Said::Compare(Compare::Level { before, .. }) => *before = usual,
            Said::Compare(Compare::Peak(peak)) => peak.before = usual,
            Said::Compare(Compare::Requests { before, .. }) => *before = baseline.traffic.error_percent(),
            _ => {}
        }
    }
    findings.append(&mut of_thresholds);
    let over = Some((Over::Baseline, Who::Baseline, baseline));
    findings.extend(by_gates(
        &Who::Current,
        current,
        [over, Some((Over::Start, Who::Baseline, baseline))],
        rules,
    ));
    findings
}

/// The thresholds of a quick check on the medians, and that of danger on the peak.
pub(super) fn by_thresholds(who: &Who, side: &Side, rules: &Rules) -> Vec<Finding> {
    let mut findings = level(who, side, rules);
    findings.extend(peak(who, side, rules.thresholds.danger, false));
    findings.extend(requests(who, side, rules));
    findings
}

/// Requests that end badly, and answers to polls that are slow.
fn requests(who: &Who, side: &Side, rules: &Rules) -> Vec<Finding> {
    let latency = &side.columns[LATENCY].all;
    let median = latency.median().filter(|_| latency.n() >= ENOUGH);
    let late = median.and_then(|median| slow(median, &rules.thresholds));
    let finding = |reason: Reason| {
        let said = Compare::Requests { who: who.clone(), reason, before: None };
        Finding { said: Said::Compare(said), ..Finding::from(reason) }
    };
    side.traffic.errors(&rules.thresholds).into_iter().chain(late).map(finding).collect()
}

/// The gates that were asked for: growth over other sides, and the peak.
pub(super) fn by_gates(
    who: &Who,
    side: &Side,
    over: [Option<(Over, Who, &Side)>; 2],
    rules: &Rules,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(max) = rules.max_growth {
        for (over, other, base) in over.into_iter().flatten() {
            let metric = judged(&[base, side]);
            let [over_base, within] = growths(base, side);
            let (growth, other) = match over {
                Over::Baseline | Over::First => (over_base, Some(other)),
                Over::Start | Over::Within => (within, None),
            };
            let said = Grown {
                who: who.clone(),
                over: other,
                growth,
                beyond: metric == UNEXPLAINED,
                max,
                noise: growth.filter(|g| g.is_above(max) && !g.exceeds(max)).map(|_| NOISE),
            };
            findings.push(grown(Check::MaxGrowth(over), metric, said));
        }
    }
    if let Some(max) = rules.max_peak.filter(|_| side.good > 0) {
        findings.push(peak(who, side, max, true).unwrap_or_else(|| untold(who, max)));
    }
    findings
}

/// The baseline's value, if it was above the threshold, too: then that is usual, and no news.
pub(crate) fn usual(finding: &Finding, baseline: &Side, current: &Side) -> Option<u64> {
    let threshold = finding.threshold.filter(|_| finding.verdict != Verdict::Ok)?;
    let metric = judged(&[baseline]);
    if !matches!(finding.check, Check::Memory | Check::Resident) && metric != judged(&[current]) {
        return None;
    }
    seen(finding.check, baseline, metric).filter(|before| real(*before) > threshold)
}

/// The number that a check looks at, of a side whose tasks are in this column.
pub(super) fn seen(check: Check, side: &Side, tasks: usize) -> Option<u64> {
    match check {
        Check::Level => side.columns[tasks].all.median(),
        Check::Memory => side.memory().all.median(),
        Check::Resident => side.columns[RESIDENT].all.median(),
        Check::Peak => side.columns[tasks].all.max(),
        _ => None,
    }
}

/// The worst finding. A rate of growth is known only where there are enough polls; a peak is known at once.
pub(crate) fn verdict<'a>(findings: impl IntoIterator<Item = &'a Finding>) -> Verdict {
    findings.into_iter().map(|finding| finding.verdict).max().unwrap_or(Verdict::Ok)
}

/// Enough polls, or the lack of them; `outage` is the verdict where none succeeded.
pub(super) fn enough(role: Role, who: Who, side: &Side, outage: Verdict) -> Finding {
    let counted = side.counted();
    let (verdict, lack) = match side.flaw() {
        _ if side.good == 0 && side.failed_polls() > 0 => {
            (outage, Some(Lack::Silent(side.failed.clone().into_iter().collect())))
        }
        _ if counted >= ENOUGH => (Verdict::Ok, None),
        Some(flaw) => (Verdict::Unknown, Some(Lack::Flaw(flaw))),
        None => (Verdict::Unknown, Some(Lack::TooFew)),
    };
    Finding {
        check: Check::Samples(role),
        metric: Quantity::Of(Measure::Goroutines),
        verdict,
        value: Some(real(counted)),
        threshold: Some(real(ENOUGH)),
        said: Said::Compare(Compare::Samples { who, counted, needed: ENOUGH, lack }),
    }
}

fn level(who: &Who, current: &Side, rules: &Rules) -> Vec<Finding> {
    let sample = current.level();
    let judgement = judge(&sample, &rules.thresholds);
    let look = |check, measure| {
        let reason: Option<&Reason> =
            judgement.reasons.iter().find(|reason| reason.limit.measure() == measure);
        reason.map_or_else(
            || fine(check, measure),
            |reason| {
                let said = Compare::Level { who: who.clone(), reason: *reason, before: None };
                Finding { said: Said::Compare(said), ..Finding::from(*reason) }
            },
        )
    };
    let mut findings = vec![look(Check::Level, Measure::Goroutines)];
    findings.extend(sample.alloc_bytes.map(|_| look(Check::Memory, Measure::AllocBytes)));
    let memory = rules.thresholds.memory_limit.or(sample.memory_limit);
    findings.extend(memory.and(sample.rss_bytes).map(|_| look(Check::Resident, Measure::RssBytes)));
    findings.extend(sample.max_fds.and(sample.open_fds).map(|_| look(Check::Descriptors, Measure::OpenFds)));
    findings.extend(sample.overdue.map(|_| look(Check::Overdue, Measure::Overdue)));
    findings
}

const fn fine(check: Check, measure: Measure) -> Finding {
    let (metric, said) = (Quantity::Of(measure), Said::Compare(Compare::Fine));
    Finding { check, metric, verdict: Verdict::Ok, value: None, threshold: None, said }
}

/// A threshold may be reached, and the gate may not: the origin wants a peak below 3000.
fn peak(who: &Who, current: &Side, limit: u64, is_gate: bool) -> Option<Finding> {
    let metric = judged(&[current]);
    let column = &current.columns[metric];
    let peak = column.all.max()?;
    let breach = if is_gate { peak >= limit } else { peak > limit };
    Some(Finding {
        check: if is_gate { Check::MaxPeak } else { Check::Peak },
        metric: Quantity::Of(METRICS[metric]),
        verdict: if breach { Verdict::Danger } else { Verdict::Ok },
        value: Some(real(peak)),
        threshold: Some(real(limit)),
        said: Said::Compare(Compare::Peak(Peak {
            who: who.clone(),
            peak,
            beyond: metric == UNEXPLAINED,
            at: column.peak_at,
            limit,
            is_gate,
            before: None,
        })),
    })
}

/// A gate for the peak of a count that nobody reports.
fn untold(who: &Who, limit: u64) -> Finding {
    Finding {
        check: Check::MaxPeak,
        metric: Quantity::Of(Measure::Goroutines),
        verdict: Verdict::Unknown,
        value: None,
        threshold: Some(real(limit)),
        said: Said::Compare(Compare::NoPeak { who: who.clone(), limit }),
    }
}

fn grown(check: Check, metric: usize, said: Grown) -> Finding {
    let (growth, max) = (said.growth, said.max);
    Finding {
        check,
        metric: Quantity::Of(METRICS[metric]),
        verdict: match growth {
            None => Verdict::Unknown,
            Some(growth) if growth.exceeds(max) => Verdict::Danger,
            Some(_) => Verdict::Ok,
        },
        value: growth.and_then(Growth::percent),
        threshold: growth.map(|_| max),
        said: Said::Compare(Compare::Grown(said)),
    }
}

#[cfg(test)]
mod tests;
