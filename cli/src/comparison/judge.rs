//! What a comparison comes to by thresholds and gates, each with its finding in words: medians, peaks and the
//! differences of medians are facts. Whether they are more than chance is for the statistics beside it.

use vitals::units::format_size;
use vitals::{Gate, Reason, Thresholds, Verdict, judge};

use super::{ENOUGH, METRICS, Side, judged};
use crate::words;

/// Growth by fewer goroutines than this is noise of a small number, whatever its percentage.
const NOISE: u64 = 50;

/// What a comparison is judged by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    /// For the level, and for the peak.
    pub(crate) thresholds: Thresholds,
    /// `--max-growth`, in per cent.
    pub(crate) max_growth: Option<f64>,
    /// `--max-peak`.
    pub(crate) max_peak: Option<u64>,
    /// `--alpha`: how sure a difference of levels must be.
    pub(crate) alpha: f64,
    /// What fails.
    pub(crate) gate: Gate,
}

impl Rules {
    /// Whether a gate was asked for: then it decides where there is too little for statistics.
    pub(crate) const fn has_gate(&self) -> bool {
        self.max_growth.is_some() || self.max_peak.is_some()
    }
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Finding {
    /// Its name: `level`, `peak`, `max-growth over baseline`.
    pub(crate) check: &'static str,
    /// The metric's column.
    pub(crate) metric: &'static str,
    /// What that means; unknown when there is too little to tell.
    pub(crate) verdict: Verdict,
    /// No poll of the current side succeeded.
    pub(crate) silent: bool,
    /// What was found.
    pub(crate) value: Option<f64>,
    /// What it may be at most.
    pub(crate) threshold: Option<f64>,
    /// The same in words.
    pub(crate) text: String,
}

/// From one median to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Growth {
    /// The earlier one.
    pub(crate) from: u64,
    /// The later one.
    pub(crate) to: u64,
}

impl Growth {
    /// In per cent; `None` from nothing.
    #[expect(clippy::cast_precision_loss, reason = "a percentage needs no more")]
    pub(crate) fn percent(self) -> Option<f64> {
        (self.from > 0).then(|| (self.to as f64 - self.from as f64) / self.from as f64 * 100.0)
    }

    /// `+20.8 %`; nothing where it has no percentage.
    pub(crate) fn percent_in_words(self) -> Option<String> {
        self.percent().map(|percent| {
            // No minus before a zero.
            let percent = if percent.abs() < 0.05 { 0.0 } else { percent };
            if percent == 0.0 { "0.0 %".to_owned() } else { format!("{percent:+.1} %") }
        })
    }

    /// Whether it is more than this many per cent, and more than noise.
    fn exceeds(self, max_percent: f64) -> bool {
        self.is_notable() && self.percent().is_none_or(|percent| percent > max_percent)
    }

    /// Whether it is upwards and more than noise.
    fn is_notable(self) -> bool {
        self.to.saturating_sub(self.from) > NOISE
    }
}

/// The judged metric's level over the baseline's, and the last fifth of the current side over its first.
pub(crate) fn growths(baseline: &Side, current: &Side) -> [Option<Growth>; 2] {
    let metric = judged(&[baseline, current]);
    let (before, now) = (&baseline.columns[metric], &current.columns[metric]);
    let growth = |from: Option<u64>, to: Option<u64>| Some(Growth { from: from?, to: to? });
    [growth(before.all.median(), now.all.median()), growth(now.first.median(), now.last.median())]
}

/// Everything that was looked at, in the order of printing.
pub(crate) fn findings(baseline: &Side, current: &Side, rules: &Rules) -> Vec<Finding> {
    let mut findings = vec![
        Finding { check: "samples of baseline", ..enough("baseline", baseline, Verdict::Unknown) },
        Finding { check: "samples of current", ..enough("current", current, rules.gate.unreachable()) },
    ];
    // A baseline that was down is no outage.
    findings[0].silent = false;
    findings.extend(level("current", current, rules));
    findings.extend(peak("current", current, rules.thresholds.danger, false));
    for finding in &mut findings {
        if let Some(before) = usual(finding, baseline, current) {
            finding.text = format!("{}, as the baseline's was ({before})", finding.text);
        }
    }
    if let Some(max) = rules.max_growth {
        let metric = judged(&[baseline, current]);
        let [over_baseline, within] = growths(baseline, current);
        let about = [
            ("max-growth over baseline", over_baseline, "current's level against baseline's"),
            ("max-growth within current", within, "current's last fifth against its first"),
        ];
        findings.extend(about.map(|(check, growth, what)| grown(check, metric, growth, what, max)));
    }
    if let Some(max) = rules.max_peak {
        findings.extend(peak("current", current, max, true));
    }
    findings
}

/// What the baseline came to, if it was above the same threshold: then that is what is usual, and not what is new.
pub(crate) fn usual(finding: &Finding, baseline: &Side, current: &Side) -> Option<String> {
    let threshold = finding.threshold.filter(|_| finding.verdict != Verdict::Ok)?;
    let metric = judged(&[baseline]);
    if finding.check != "memory" && metric != judged(&[current]) {
        return None;
    }
    let before = finding.seen(baseline, metric)?;
    #[expect(clippy::cast_precision_loss, reason = "exact up to 2^53")]
    let above = before as f64 > threshold;
    above.then(|| if finding.check == "memory" { format_size(before) } else { before.to_string() })
}

impl Finding {
    /// Whether a threshold was looked at, and not a gate or statistics.
    pub(crate) fn is_of_threshold(&self) -> bool {
        matches!(self.check, "level" | "memory" | "peak")
    }

    /// What such a finding is about, of a side whose tasks are in this column.
    pub(super) fn seen(&self, side: &Side, tasks: usize) -> Option<u64> {
        match self.check {
            "level" => side.columns[tasks].all.median(),
            "memory" => side.memory().all.median(),
            "peak" => side.columns[tasks].all.max(),
            _ => None,
        }
    }
}

/// The worst finding. A rate of growth is known only where there are enough polls; a peak is known at once.
pub(crate) fn verdict(findings: &[Finding]) -> Verdict {
    findings.iter().fold(Verdict::Ok, |worst, finding| worst.max(finding.verdict))
}

/// Whether there are enough polls; `outage` is what it means that none succeeded.
pub(super) fn enough(who: &str, side: &Side, outage: Verdict) -> Finding {
    let counted = side.columns[judged(&[side])].all.n();
    let silent = side.good == 0 && side.failed_polls() > 0;
    let verdict = match () {
        () if silent => outage,
        () if counted < ENOUGH => Verdict::Unknown,
        () => Verdict::Ok,
    };
    let kinds: Vec<_> = side.failed.iter().map(|(kind, n)| format!("{n} {kind}")).collect();
    let polls = words::counted(counted, "good poll", "good polls");
    let text = if silent {
        format!("{who} has no good poll, {} failed ({})", side.failed_polls(), kinds.join(", "))
    } else if let Some(flaw) = side.flaw().filter(|_| counted < ENOUGH) {
        format!("{who} {}: {}", flaw.what, flaw.cure)
    } else if counted < ENOUGH {
        format!("{who} has {polls}, and {ENOUGH} are needed: record for longer")
    } else {
        format!("{who} has {polls}")
    };
    Finding {
        check: "samples",
        metric: "goroutines",
        verdict,
        silent,
        #[expect(clippy::cast_precision_loss, reason = "a count of rows")]
        value: Some(counted as f64),
        #[expect(clippy::cast_precision_loss, reason = "a small constant")]
        threshold: Some(ENOUGH as f64),
        text,
    }
}

/// The thresholds of a quick check, on the medians.
pub(super) fn level(who: &str, current: &Side, rules: &Rules) -> Vec<Finding> {
    let sample = current.level();
    let judgement = judge(&sample, &rules.thresholds);
    let look = |check, metric| {
        let reason: Option<&Reason> = judgement.reasons.iter().find(|reason| reason.limit.metric() == metric);
        #[expect(clippy::cast_precision_loss, reason = "exact up to 2^53")]
        reason.map_or_else(
            || fine(check, metric),
            |reason| Finding {
                check,
                metric,
                verdict: reason.verdict,
                silent: false,
                value: Some(reason.value as f64),
                threshold: Some(reason.threshold as f64),
                text: format!("{who}'s level: {}", words::reason(reason)),
            },
        )
    };
    let mut findings = vec![look("level", "goroutines")];
    findings.extend(sample.alloc_bytes.map(|_| look("memory", "alloc_bytes")));
    findings.extend(sample.overdue.map(|_| look("overdue", "overdue")));
    findings
}

fn fine(check: &'static str, metric: &'static str) -> Finding {
    Finding {
        check,
        metric,
        verdict: Verdict::Ok,
        silent: false,
        value: None,
        threshold: None,
        text: String::new(),
    }
}

#[expect(clippy::cast_precision_loss, reason = "exact up to 2^53")]
/// A threshold may be reached, and the gate may not: the origin wants a peak below 3000.
pub(super) fn peak(who: &str, current: &Side, limit: u64, gate: bool) -> Option<Finding> {
    let metric = judged(&[current]);
    let column = &current.columns[metric];
    let peak = column.all.max()?;
    let at = column.peak_at.map(|at| format!(" at {}", at.long())).unwrap_or_default();
    let breach = if gate { peak >= limit } else { peak > limit };
    let relation = match (gate, breach) {
        (false, true) => format!("above the danger threshold of {limit}"),
        (false, false) => format!("not above the danger threshold of {limit}"),
        (true, true) => format!("not below the {limit} of --max-peak"),
        (true, false) => format!("below the {limit} of --max-peak"),
    };
    Some(Finding {
        check: if gate { "max-peak" } else { "peak" },
        metric: METRICS[metric].name,
        verdict: if breach { Verdict::Danger } else { Verdict::Ok },
        silent: false,
        value: Some(peak as f64),
        threshold: Some(limit as f64),
        text: format!("{who}'s peak: {peak} {}{at}, {relation}", in_words(metric)),
    })
}

pub(super) fn grown(
    check: &'static str,
    metric: usize,
    growth: Option<Growth>,
    what: &str,
    max: f64,
) -> Finding {
    let Some(growth) = growth else {
        let text = format!("{what}: cannot tell, because a count is missing");
        return Finding { verdict: Verdict::Unknown, text, ..fine(check, METRICS[metric].name) };
    };
    let breach = growth.exceeds(max);
    let percent = growth.percent_in_words().map(|percent| format!(" ({percent})")).unwrap_or_default();
    let over = growth.percent().is_none_or(|percent| percent > max) && growth.to > growth.from;
    let relation = match (breach, over) {
        (true, _) => format!("more than the allowed {max} %"),
        (false, true) => format!("more than {max} %, but by not more than {NOISE}, which is noise"),
        (false, false) => format!("not more than the allowed {max} %"),
    };
    Finding {
        check,
        metric: METRICS[metric].name,
        verdict: if breach { Verdict::Danger } else { Verdict::Ok },
        silent: false,
        value: growth.percent(),
        threshold: Some(max),
        text: format!("{what}: {} to {} {}{percent}, {relation}", growth.from, growth.to, in_words(metric)),
    }
}

/// A judged metric in a sentence.
pub(super) fn in_words(metric: usize) -> &'static str {
    if METRICS[metric].name == "unexplained" { "goroutines beyond the explained ones" } else { "goroutines" }
}

impl Growth {
    /// Whether somebody should be told although no gate was asked for: more than the origin's 20 per cent.
    pub(crate) fn is_worth_a_note(self) -> bool {
        self.exceeds(20.0)
    }
}

#[cfg(test)]
mod tests;
