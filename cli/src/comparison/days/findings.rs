//! What several columns come to, as findings in words: of each, and of all of them.

use vitals::Verdict;
use vitals::trend::{Change, CompareVerdict, Course, Day as Look, Trend};

use super::{Columns, Day, DayFinding, missing};
use crate::comparison::holes::Hole;
use crate::comparison::judge::{Finding, Growth, Rules, enough, grown, growths, level, peak};
use crate::comparison::statistics::{BLOCKS, Roles, check_of, drifting, finding, growth, short, what};
use crate::comparison::{ENOUGH, METRICS, judged};
use crate::recording::Moment;

impl Day {
    /// How its level came, as the end of a sentence.
    fn how(&self) -> Option<String> {
        let since = |at: Moment| format!("; since about {}", at.minute(self.side.from.as_ref()));
        self.changed_at().map(since).or_else(|| self.look.gradual.then(|| "; it came bit by bit".to_owned()))
    }
}

/// Everything that was looked at, in the order of printing. Days at the edges of recordings are most often parts of
/// days: that there is too little of them to tell is no finding.
pub(crate) fn findings(columns: &Columns, rules: &Rules) -> Vec<DayFinding> {
    let Columns { days, drifts, holes, by_day } = columns;
    let base = days.iter().position(|day| day.side.columns[judged(&[&day.side])].all.n() >= ENOUGH);
    let mut findings = Vec::new();
    for i in 0..days.len() {
        let excused = *by_day && (i == 0 || i + 1 == days.len());
        let found = of_one(days, i, base, rules);
        findings.extend(found.into_iter().map(|mut finding| {
            let too_little = finding.verdict == Verdict::Unknown && !finding.silent;
            if excused && too_little && days[i].look.change == Change::Unknown && is_short(&days[i].look) {
                finding.verdict = Verdict::Ok;
            }
            DayFinding { day: Some(i), finding }
        }));
    }
    let drifts = drifts.iter().filter(|drift| drift.trend.course == Course::Growing);
    let of_all = |finding| DayFinding { day: None, finding };
    findings.extend(drifts.filter_map(|drift| drifting(drift, days)).map(of_all));
    if *by_day {
        findings.extend(holes.iter().filter_map(|hole| lost(hole, rules)).map(of_all));
    }
    let compared = days.iter().any(|day| day.look.comparison.is_some());
    let grows = days.iter().any(|day| day.look.change == Change::Growing);
    if !compared && !grows && !rules.has_gate() {
        findings.push(of_all(nothing_compared(days.len())));
    }
    findings
}

/// Days without any row are like those with too little of them: nothing can be told, unless a gate decides.
fn lost(hole: &Hole, rules: &Rules) -> Option<Finding> {
    let missing = missing(hole);
    let (first, last) = (missing.first()?, missing.last()?);
    let which = match missing.len() {
        1 => format!("{first} is"),
        2 => format!("{first} and {last} are"),
        _ => format!("{first} to {last} are"),
    };
    let (from, to) = (hole.from.minute(None), hole.to.minute(None));
    Some(Finding {
        check: "missing days",
        metric: "goroutines",
        verdict: if rules.has_gate() { Verdict::Ok } else { Verdict::Unknown },
        silent: false,
        #[expect(clippy::cast_precision_loss, reason = "a number of days")]
        value: Some(hole.missing_days() as f64),
        threshold: Some(0.0),
        text: format!("{which} missing: there is no row between {from} and {to}"),
    })
}

fn is_short(look: &Look) -> bool {
    look.trends[0].blocks < BLOCKS
}

fn nothing_compared(days: usize) -> Finding {
    Finding {
        check: "comparison",
        metric: "goroutines",
        verdict: Verdict::Unknown,
        silent: false,
        value: None,
        threshold: None,
        text: match days {
            0 | 1 => "there is only one day: there is nothing to compare it with".to_owned(),
            days => format!("none of the {days} could be compared with an earlier one: record for longer"),
        },
    }
}

fn of_one(days: &[Day], i: usize, base: Option<usize>, rules: &Rules) -> Vec<Finding> {
    let Day { name, side, look } = &days[i];
    let mut found = vec![enough(name, side, rules.gate.unreachable())];
    found.extend(level(name, side, rules));
    found.extend(peak(name, side, rules.thresholds.danger, false));
    if let (Some(max), Some(base)) = (rules.max_growth, base) {
        let first = &days[base];
        let metric = judged(&[&first.side, side]);
        let [over_first, within]: [Option<Growth>; 2] = growths(&first.side, side);
        if i > base {
            let what = format!("{name}'s level against {}'s", first.name);
            found.push(grown("max-growth over the first", metric, over_first, &what, max));
        }
        let what = format!("{name}'s last fifth against its first");
        found.push(grown("max-growth within", metric, within, &what, max));
    }
    if let Some(max) = rules.max_peak {
        found.extend(peak(name, side, max, true));
    }
    let decided = rules.has_gate() || found.iter().any(|finding| finding.verdict != Verdict::Ok);
    match (&look.comparison, look.reference.as_slice()) {
        (Some(comparison), [.., last]) => {
            let before = reference(days, i);
            let before_s = format!("that of {before}");
            // Of a day that is known only in part, the medians are not those of that part.
            let is_whole = |day: &&usize| {
                **day != i && days[**day].look.at.is_none() && days[**day].look.change != Change::Unknown
            };
            let baseline = &days[*look.reference.iter().rev().find(is_whole).unwrap_or(last)].side;
            let roles = Roles { before: &before, before_s: &before_s, now: name, baseline, current: side };
            let how = days[i].how().unwrap_or_default();
            found.extend(comparison.metrics.iter().map(|m| {
                let finding = finding(m, &roles, decided);
                let is_higher = matches!(m.verdict, CompareVerdict::Regression | CompareVerdict::Warning);
                Finding { text: finding.text + if is_higher { &how } else { "" }, ..finding }
            }));
        }
        _ => found.extend(look.trends.iter().filter_map(|trend| alone(&days[i], trend, decided))),
    }
    found
}

/// The columns that one was compared with, in words.
pub(crate) fn reference(days: &[Day], i: usize) -> String {
    let reference = &days[i].look.reference;
    let others: Vec<usize> = reference.iter().copied().filter(|other| *other != i).collect();
    let own = others.len() < reference.len();
    let others = match others.as_slice() {
        [] => String::new(),
        [only] => days[*only].name.clone(),
        [first, .., last] if last - first + 1 == others.len() => {
            format!("{} to {}", days[*first].name, days[*last].name)
        }
        [first, .., last] => {
            format!("{} of {} to {}", others.len(), days[*first].name, days[*last].name)
        }
    };
    match (own, others.is_empty()) {
        (true, true) => "the time before".to_owned(),
        (true, false) => format!("{others} and the time before"),
        (false, _) => others,
    }
}

/// A column with nothing before it.
fn alone(day: &Day, trend: &Trend, decided: bool) -> Option<Finding> {
    let Day { name, side, .. } = day;
    let tasks = trend.metric == vitals::trend::Metric::Tasks;
    if !tasks && trend.samples == 0 {
        return None;
    }
    let about = what(trend.metric, side, side);
    let (verdict, text) = match trend.course {
        Course::Growing if trend.verdict == Verdict::Danger => {
            (Verdict::Danger, format!("leak: {} in {name}", growth(trend, about)))
        }
        Course::Growing => (
            Verdict::Warning,
            format!(
                "{} in {name}, and nothing is known of the load: it may only be busier",
                growth(trend, about)
            ),
        ),
        _ if trend.blocks < BLOCKS => (
            if decided || !tasks { Verdict::Ok } else { Verdict::Unknown },
            format!("too little for statistics of {about}: {}", short(name, side, trend.blocks, trend)),
        ),
        _ => (Verdict::Ok, format!("{about}: no growth, and nothing earlier to compare with")),
    };
    Some(Finding {
        check: check_of(trend.metric),
        metric: if tasks { METRICS[judged(&[side])].name } else { "alloc_bytes" },
        verdict,
        silent: false,
        value: trend.slope_per_h.filter(|_| trend.course == Course::Growing),
        threshold: None,
        text,
    })
}
