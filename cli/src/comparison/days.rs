//! Several recordings in a row, or the days of some: which of them changed.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use vitals::Verdict;
use vitals::trend::{Change, Course, Day as Look, Days as Looks, Drift, Trend, days as looks};

use super::holes::{Hole, Holes};
use super::input::{Taker, believable};
use super::judge::{Finding, Growth, Rules, enough, grown, growths, level, peak};
use super::moment::{Moment, seconds};
use super::rows::Row;
use super::side::Filling;
use super::statistics::{BLOCKS, Roles, check_of, drifting, finding, growth, of_trends, short, what};
use super::{ENOUGH, Input, METRICS, Side, judged, pour};
use crate::output::Failure;

/// More columns make a table that nobody reads, and each takes memory.
pub(crate) const MOST: usize = 100;
const DAY_S: f64 = 86_400.0;

/// One column.
#[derive(Debug)]
pub(crate) struct Day {
    /// A date, or the name of a recording.
    pub(crate) name: String,
    /// Its rows.
    pub(crate) side: Side,
    /// What statistics say of it.
    pub(crate) look: Look,
}

impl Day {
    /// When its level changed, if that was not at its start.
    pub(crate) fn changed_at(&self) -> Option<Moment> {
        // Rows without times have no time of day.
        let from = self.side.from.as_ref()?;
        Moment::at(self.look.at?, from.is_utc())
    }
}

/// All columns, and what lies between them.
#[derive(Debug)]
pub(crate) struct Columns {
    /// In order of time.
    pub(crate) days: Vec<Day>,
    /// How their levels go, of tasks and of heap.
    pub(crate) drifts: Vec<Drift>,
    /// Of what nothing was recorded.
    pub(crate) holes: Vec<Hole>,
    /// They are days, not recordings.
    pub(crate) by_day: bool,
}

/// What was read: sides with their names, and holes.
type Read = (Vec<(String, Side)>, Vec<Hole>);

/// A finding about one column, or about all.
#[derive(Debug)]
pub(crate) struct DayFinding {
    /// Which column.
    pub(crate) day: Option<usize>,
    /// What was found.
    pub(crate) finding: Finding,
}

/// Reads each recording by itself; in order of time, where all have one.
///
/// # Errors
/// See [`side`]; or there are too many of them, or too few.
pub(crate) fn each(inputs: &[Input], role: &str) -> Result<Read, Failure> {
    if inputs.len() > MOST {
        return Err(Failure::usage(format!(
            "{} recordings side by side: take up to {MOST}, or --days for the days inside them",
            inputs.len()
        )));
    }
    let mut read = Vec::with_capacity(inputs.len());
    for input in inputs {
        let mut alone = Alone::default();
        pour(std::slice::from_ref(input), role, &mut alone)?;
        let mut filling = alone.filling.unwrap_or_else(|| Filling::new(0));
        filling.end();
        read.push((input.name().to_owned(), believable(filling.side, role)?, alone.holes));
    }
    if read.iter().all(|(_, side, _)| side.from.is_some()) {
        read.sort_by_key(|(_, side, _)| side.from);
    }
    let holes = read.iter().enumerate().flat_map(|(i, (.., holes))| holes.found(Some(i))).collect();
    let mut sides = read.into_iter().map(|(name, side, _)| (name, side)).collect::<Vec<_>>();
    shorten(&mut sides);
    Ok((sides, holes))
}

/// One recording, and its holes.
#[derive(Default)]
struct Alone {
    filling: Option<Filling>,
    holes: Holes,
}

impl Taker for Alone {
    fn start(&mut self, name: &str, all: u64) {
        self.filling.start(name, all);
    }

    fn row(&mut self, time: &str, row: Row<'_>) {
        if let Some(at) = seconds(time) {
            self.holes.row(at, time);
        }
        self.filling.row(time, row);
    }
}

/// File names without their folders, unless two are alike.
fn shorten(sides: &mut [(String, Side)]) {
    let file = |name: &str| name.rsplit(['/', '\\']).next().unwrap_or(name).to_owned();
    let short: Vec<String> = sides.iter().map(|(name, _)| file(name)).collect();
    let mut sorted = short.clone();
    sorted.sort();
    if sorted.windows(2).all(|pair| pair[0] != pair[1]) {
        sides.iter_mut().zip(short).for_each(|((name, _), short)| *name = short);
    }
}

/// Reads recordings and cuts them at midnight: UTC, or the local time that an old log is written in.
///
/// # Errors
/// See [`pour`]; or there are too many days.
pub(crate) fn by_day(inputs: &[Input], role: &str) -> Result<Read, Failure> {
    let mut counting = Counting::default();
    pour(inputs, role, &mut counting)?;
    if counting.rows.len() > MOST {
        return Err(Failure::usage(format!(
            "{role}: more than {MOST} days: name the files of fewer of them, like 'day.202611*.csv'"
        )));
    }
    let mut cutting = Cutting { rows: counting.rows, days: BTreeMap::new(), name: String::new(), now: None };
    pour(inputs, role, &mut cutting)?;
    let sides = cutting.days.into_iter().map(|(day, mut filling)| {
        filling.end();
        Ok((date(day), believable(filling.side, role)?))
    });
    Ok((sides.collect::<Result<_, Failure>>()?, counting.holes.found(None)))
}

/// The day of a time, counted from 1970.
fn day_of(at: f64) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "days of a calendar")]
    let day = (at / DAY_S).floor() as i64;
    day
}

fn date(day: i64) -> String {
    let at = Timestamp::from_second(day.saturating_mul(86_400));
    at.map_or_else(|_| day.to_string(), |at| at.to_zoned(TimeZone::UTC).date().to_string())
}

/// How many rows each day has: what its first and last fifth are is known before it is read.
#[derive(Default)]
struct Counting {
    rows: BTreeMap<i64, u64>,
    holes: Holes,
}

impl Taker for Counting {
    fn start(&mut self, _: &str, _: u64) {}

    fn row(&mut self, time: &str, _: Row<'_>) {
        let Some(at) = seconds(time) else { return };
        self.holes.row(at, time);
        let day = day_of(at);
        // One more than is allowed is enough to know that they are too many.
        if self.rows.len() <= MOST || self.rows.contains_key(&day) {
            *self.rows.entry(day).or_default() += 1;
        }
    }
}

struct Cutting {
    rows: BTreeMap<i64, u64>,
    days: BTreeMap<i64, Filling>,
    /// The recording being read.
    name: String,
    /// The day that rows without a time belong to, and whether the recording has been named to it.
    now: Option<i64>,
}

impl Taker for Cutting {
    fn start(&mut self, name: &str, _: u64) {
        name.clone_into(&mut self.name);
        self.now = None;
    }

    fn row(&mut self, time: &str, row: Row<'_>) {
        let Some(day) = seconds(time).map(day_of).or(self.now).or_else(|| self.rows.keys().next().copied()) else {
            return;
        };
        let rows = self.rows.get(&day).copied().unwrap_or_default();
        let filling = match self.days.entry(day) {
            Entry::Vacant(place) => place.insert(Filling::new(rows)),
            Entry::Occupied(place) => place.into_mut(),
        };
        if self.now != Some(day) {
            if filling.side.names.last() != Some(&self.name) {
                filling.start(&self.name);
            }
            self.now = Some(day);
        }
        filling.add(time, row);
    }
}

/// Compares all columns, each with those before it.
pub(crate) fn looked_at((sides, holes): Read, by_day: bool, rules: &Rules) -> Columns {
    let series: Vec<_> = sides.iter().map(|(_, side)| side.series.clone()).collect();
    let Looks { days, drifts } = looks(&series, &of_trends(rules));
    let days = sides.into_iter().zip(days).map(|((name, side), look)| Day { name, side, look }).collect();
    Columns { days, drifts, holes, by_day }
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
    let which = if missing.len() == 1 { format!("{first} is") } else { format!("{first} to {last} are") };
    let (from, to) = (hole.from.minute(None), hole.to.minute(None));
    Some(Finding {
        check: "missing days",
        metric: "goroutines",
        verdict: if rules.has_gate() { Verdict::Ok } else { Verdict::Unknown },
        silent: false,
        #[expect(clippy::cast_precision_loss, reason = "a number of days")]
        value: hole.days.map(|[first, last]| (last - first + 1) as f64),
        threshold: Some(0.0),
        text: format!("{which} missing, nothing can be told of that: no row between {from} and {to}"),
    })
}

/// The days without any row, by their names; of years without any, the first hundred and the last.
pub(crate) fn missing(hole: &Hole) -> Vec<String> {
    let Some([first, last]) = hole.days else { return Vec::new() };
    let most = i64::try_from(MOST).unwrap_or(i64::MAX);
    let shown = (first..=last).take_while(|day| day - first < most);
    shown.chain((last - first >= most).then_some(last)).map(date).collect()
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
            let baseline = &days[*last].side;
            let roles = Roles { before: &before, before_s: &before_s, now: name, baseline, current: side };
            let since = days[i].changed_at().map(|at| format!("; since about {}", at.minute(side.from.as_ref())));
            found.extend(comparison.metrics.iter().map(|m| {
                let finding = finding(m, &roles, decided);
                let text = match &since {
                    Some(since) if finding.verdict != Verdict::Ok => finding.text + since,
                    _ => finding.text,
                };
                Finding { text, ..finding }
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

#[cfg(test)]
mod tests;
