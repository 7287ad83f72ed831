//! What several columns come to: of each, and of all of them.

use vitals::trend::{Change, Course, Day as Look, Drift, Trend};
use vitals::{Measure, Verdict};

use super::{Columns, Day, DayFinding, missing};
use crate::comparison::ENOUGH;
use crate::comparison::holes::Hole;
use crate::comparison::idle::idle_among;
use crate::comparison::judge::{Rules, by_gates, by_thresholds, enough};
use crate::comparison::lives::restarts_of;
use crate::comparison::statistics::{BLOCKS, Roles, decides, each_metric, is_beyond, measure_of, short_of};
use crate::finding::{Came, Check, Compare, Finding, Over, Quantity, Reference, Role, Said, Who};

/// Everything that was looked at, in the order of printing. Days at the edges of recordings are most often parts of
/// days: that there is too little of them to tell is no finding.
pub(crate) fn findings(columns: &Columns, rules: &Rules) -> Vec<DayFinding> {
    let Columns { days, drifts, holes, by_day } = columns;
    let base = days.iter().position(|day| day.side.counted() >= ENOUGH);
    let mut findings = Vec::new();
    // Those that worked: an idle one shows nothing that others could be held to.
    let mut busy: Vec<usize> = Vec::new();
    for i in 0..days.len() {
        let excused = *by_day && (i == 0 || i + 1 == days.len());
        let found = of_one(days, i, base, rules);
        let idle = idles(days, i, &busy, rules);
        busy.extend(Some(i).filter(|_| idle.is_none() && days[i].side.good >= ENOUGH));
        findings.extend(found.into_iter().map(|mut finding| {
            let too_little = finding.verdict == Verdict::Unknown && !finding.is_silent();
            if excused && too_little && days[i].look.change == Change::Unknown && is_short(&days[i].look) {
                finding.verdict = Verdict::Ok;
            }
            DayFinding { day: Some(i), finding }
        }));
        findings.extend(idle.map(|finding| DayFinding { day: Some(i), finding }));
    }
    let drifts = drifts.iter().filter(|drift| drift.trend.course == Course::Growing);
    let of_all = |finding| DayFinding { day: None, finding };
    findings.extend(drifts.filter_map(|drift| drifting(drift, days)).map(of_all));
    if *by_day {
        findings.extend(holes.iter().filter_map(|hole| lost(hole, rules)).map(of_all));
    }
    let compared = days.iter().any(|day| day.look.comparison.is_some());
    let grows = days.iter().any(|day| day.change() == Change::Growing);
    if !compared && !grows && !rules.has_gate() {
        let said = Compare::NothingCompared { columns: days.len() };
        findings.push(of_all(of_rows(Check::Comparison, Verdict::Unknown, None, said)));
    }
    findings
}

fn of_rows(check: Check, verdict: Verdict, value: Option<[f64; 2]>, said: Compare) -> Finding {
    let (value, threshold) = value.map(|[value, threshold]| (value, threshold)).unzip();
    Finding {
        check,
        metric: Quantity::Of(Measure::Goroutines),
        verdict,
        value,
        threshold,
        said: Said::Compare(said),
    }
}

/// Days without any row are like those with too little of them: nothing can be told, unless a gate decides.
fn lost(hole: &Hole, rules: &Rules) -> Option<Finding> {
    let missing = missing(hole);
    let ends = [missing.first()?.clone(), missing.last()?.clone()];
    let said = Compare::MissingDays { ends, count: missing.len(), silence: [hole.from, hole.to] };
    let verdict = if rules.has_gate() { Verdict::Ok } else { Verdict::Unknown };
    #[expect(clippy::cast_precision_loss, reason = "a number of days")]
    let days = hole.missing_days() as f64;
    Some(of_rows(Check::MissingDays, verdict, Some([days, 0.0]), said))
}

fn is_short(look: &Look) -> bool {
    look.trends.first().is_none_or(|trend| trend.blocks < BLOCKS)
}

fn of_one(days: &[Day], i: usize, base: Option<usize>, rules: &Rules) -> Vec<Finding> {
    let Day { name, side, look, .. } = &days[i];
    let who = Who::Named(name.clone());
    let mut found = vec![enough(Role::Day, who.clone(), side, rules.gate.unreachable())];
    found.extend(by_thresholds(&who, side, rules));
    let over = |over, base: usize| (over, Who::Named(days[base].name.clone()), &days[base].side);
    let first = base.filter(|base| i > *base).map(|base| over(Over::First, base));
    found.extend(by_gates(&who, side, [first, base.map(|base| over(Over::Within, base))], rules));
    found.extend(restarts(days, i, rules));
    let decided = rules.has_gate() || found.iter().any(decides);
    found.extend(by_statistics(days, i, look, decided));
    // What cannot be told of it is no gap: the count is what columns are about.
    let held = days[i].held.as_ref().map(|held| by_statistics(days, i, held, true)).unwrap_or_default();
    found.extend(held.into_iter().filter(|finding| !finding.is_untold()));
    found
}

/// What statistics say of a column: beside those that it is compared with, or by itself.
fn by_statistics(days: &[Day], i: usize, look: &Look, decided: bool) -> Vec<Finding> {
    let day = &days[i];
    let (Some(comparison), [.., last]) = (&look.comparison, look.reference.as_slice()) else {
        return look.trends.iter().filter_map(|trend| alone(day, look, trend, decided)).collect();
    };
    // Of a day that is known only in part, the medians are not those of that part.
    let is_whole = |day: &&usize| {
        **day != i && days[**day].look.at.is_none() && days[**day].look.change != Change::Unknown
    };
    let baseline = &days[*look.reference.iter().rev().find(is_whole).unwrap_or(last)].side;
    let before = (Who::Before(among(days, i, &look.reference)), baseline);
    let now = (Who::Named(day.name.clone()), &day.side);
    each_metric(comparison, &Roles { before, now, came: day.came(look) }, decided)
}

/// If a column idles: beside those that it is compared with and that worked, or else beside all of these before it.
fn idles(days: &[Day], i: usize, busy: &[usize], rules: &Rules) -> Option<Finding> {
    let compared = || busy.iter().filter(|other| days[i].look.reference.contains(other));
    let mut others: Vec<_> = compared().collect();
    if others.is_empty() {
        others = busy.iter().collect();
    }
    let others: Vec<_> = others.into_iter().map(|other| (&*days[*other].name, &days[*other].side)).collect();
    idle_among(&days[i].name, &days[i].side, &others, rules)
}

/// Restarts of a column, beside those an hour that were usual in the columns that it is compared with, or else in all
/// before it. Of the first one, all are usual but a crash loop and what a gate forbids.
fn restarts(days: &[Day], i: usize, rules: &Rules) -> Vec<Finding> {
    let Day { name, side, look, .. } = &days[i];
    let rate = |other: &Day| other.side.restarts_an_hour();
    let of_reference = look.reference.iter().filter(|other| **other != i).map(|other| rate(&days[*other]));
    let usual = of_reference.reduce(f64::max).or_else(|| days[..i].iter().map(rate).reduce(f64::max));
    let found = restarts_of(side, usual.unwrap_or_else(|| side.restarts_an_hour()), rules);
    found.into_iter().map(|finding| finding.of_column(name)).collect()
}

impl Day {
    /// How its level came.
    fn came(&self, look: &Look) -> Option<Came> {
        let since = |at| Came::Since(at, self.side.from);
        self.at(look).map(since).or_else(|| look.gradual.then_some(Came::BitByBit))
    }
}

/// The columns that one was compared with.
pub(crate) fn reference(days: &[Day], i: usize) -> Reference {
    among(days, i, &days[i].look.reference)
}

fn among(days: &[Day], i: usize, reference: &[usize]) -> Reference {
    let others: Vec<usize> = reference.iter().copied().filter(|other| *other != i).collect();
    let ends = others.first().zip(others.last());
    Reference {
        ends: ends.map(|(first, last)| [*first, *last].map(|other| days[other].name.clone())),
        count: others.len(),
        is_whole: ends.is_some_and(|(first, last)| last - first + 1 == others.len()),
        own: others.len() < reference.len(),
    }
}

/// Levels that rise from each to the next.
fn drifting(drift: &Drift, days: &[Day]) -> Option<Finding> {
    let Drift { trend, days: members } = drift;
    let (first, last) = (days.get(*members.first()?)?, days.get(*members.last()?)?);
    let slope = trend.slope_per_h.filter(|_| trend.first.is_some() && trend.growth.is_some())?;
    let said = Compare::Drift {
        from: first.name.clone(),
        to: last.name.clone(),
        trend: Box::new(trend.clone()),
        beyond: is_beyond(trend.metric, &[&first.side, &last.side]),
    };
    Some(Finding {
        check: Check::Drift(trend.metric),
        metric: Quantity::Of(measure_of(trend.metric, &first.side, &last.side)),
        verdict: trend.verdict,
        value: Some(slope),
        threshold: None,
        said: Said::Compare(said),
    })
}

/// A column with nothing before it.
fn alone(day: &Day, look: &Look, trend: &Trend, decided: bool) -> Option<Finding> {
    let Day { name, side, .. } = day;
    let is_main = look.trends.first().is_some_and(|main| main.metric == trend.metric);
    if !is_main && trend.samples == 0 {
        return None;
    }
    let who = Who::Named(name.clone());
    let grows = trend.course == Course::Growing;
    let short = (!grows && trend.blocks < BLOCKS).then(|| short_of(&who, side, trend.blocks, trend));
    let verdict = match &short {
        _ if grows && trend.verdict == Verdict::Danger => Verdict::Danger,
        _ if grows => Verdict::Warning,
        Some(_) if is_main && !decided => Verdict::Unknown,
        _ => Verdict::Ok,
    };
    let beyond = is_beyond(trend.metric, &[side]);
    Some(Finding {
        check: Check::Statistics(trend.metric),
        metric: Quantity::Of(measure_of(trend.metric, side, side)),
        verdict,
        value: trend.slope_per_h.filter(|_| grows),
        threshold: None,
        said: Said::Compare(Compare::Alone { who, trend: Box::new(trend.clone()), beyond, short }),
    })
}
