//! Several recordings, or days: a line a column for every metric, and which of them changed.

use std::time::Duration;

use jiff::Timestamp;
use vitals::trend::{Change, Course, Metric as Trended, MetricComparison, Trend};
use vitals::{Measure, Verdict};

use super::markdown::Marked;
use super::{Found, Of, Rows, Sheet, cells, complaints};
use crate::comparison::{Columns, Day, DayFinding, Hole, METRICS, Rules, Side, reference, verdict};
use crate::finding::{Advice, Changed, Check, Column, Names, Note, Subject, Untold, Well, Who, Why};
use crate::render::markdown::{code, escape};
use crate::words::{self, Term, term};

/// Holes that are named; the others are only counted.
const HOLES: usize = 3;
const LEAVE: [usize; 4] = [7, 2, 4, 3];

/// All that was found out about several columns.
#[derive(Debug)]
pub(crate) struct Days {
    pub(crate) columns: Columns,
    pub(crate) rules: Rules,
    pub(crate) findings: Vec<DayFinding>,
    pub(crate) at: Timestamp,
    pub(crate) took: Duration,
}

/// A metric of a column by statistics: its trend, its comparison if there was one, and how it changed.
type Told<'a> = (&'a Trend, Option<&'a MetricComparison>, Change);

impl Days {
    pub(crate) fn sheet(&self) -> Sheet<'_> {
        let Self { columns, rules, findings, at, took } = self;
        let name = |found: &DayFinding| Some(columns.days[found.day?].name.as_str());
        let found: Vec<_> =
            findings.iter().map(|found| Found { column: name(found), finding: &found.finding }).collect();
        let (subject, changes) = (words::subject(&self.subject()), words::changes(&self.changes()));
        Sheet {
            rules,
            at: *at,
            took: *took,
            title: words::headed(&subject, &changes),
            heading: words::headed(&escape(&subject), &escape(&changes)),
            subject,
            summary: changes,
            heads: Vec::new(),
            rows: Rows { lines: self.lines(), leave: &LEAVE },
            levels: Vec::new(),
            facts: Vec::new(),
            notes: self.notes(),
            carried: Vec::new(),
            holds: self.holds().then(|| words::holds(self.of())).into_iter().collect(),
            complaints: self.complained(&complaints(&found)),
            findings: found,
            well: words::well(Well::Many(self.of())),
            advice: vec![words::next_step(&self.advice())],
            data: self.data(),
            marked: self.marked(),
            of: Of::Many(self),
        }
    }

    fn of(&self) -> Column {
        if self.columns.by_day { Column::Day } else { Column::Recording }
    }

    fn subject(&self) -> Subject<'_> {
        let Columns { days, holes, by_day, .. } = &self.columns;
        let ends = days.first().zip(days.last());
        Subject::Many {
            of: self.of(),
            count: days.len(),
            ends: ends.map(|(first, last)| [first.name.as_str(), last.name.as_str()]),
            missing: if *by_day { holes.iter().map(Hole::missing_days).sum() } else { 0 },
        }
    }

    /// Which columns changed for the worse or the better, and what drifts.
    fn changes(&self) -> Vec<Changed<'_>> {
        let changed = |day: &&Day| matches!(day.change(), Change::Higher | Change::Lower | Change::Growing);
        let changed = self.columns.days.iter().filter(changed);
        let since = |day: &Day| day.changed_at().map(|at| (at, day.side.from));
        let mut all: Vec<Changed<'_>> =
            changed.map(|day| Changed::Column(&day.name, day.change(), since(day))).collect();
        let untold = self.with(Change::Unknown);
        if !untold.is_empty() {
            all.push(Changed::Untold(self.names(&untold)));
        }
        let drifts = self.columns.drifts.iter().map(|drift| &drift.trend);
        let a_day = |trend: &Trend| trend.slope_per_h.unwrap_or_default() * 24.0;
        let drift = |trend: &Trend| Changed::Drift(trend.metric, a_day(trend));
        all.extend(drifts.filter(|trend| trend.course == Course::Growing).map(drift));
        all
    }

    fn with(&self, change: Change) -> Vec<usize> {
        let days = self.columns.days.iter().enumerate();
        days.filter(|(_, day)| day.change() == change).map(|(i, _)| i).collect()
    }

    /// The names of columns, three or more in a row by their ends.
    pub(super) fn names(&self, which: &[usize]) -> Names {
        let name = |i: usize| self.columns.days.get(i).map_or("", |day| day.name.as_str()).to_owned();
        let rows = which.chunk_by(|a, b| a + 1 == *b).flat_map(|row| match row {
            [first, _, .., last] => vec![(name(*first), Some(name(*last)))],
            _ => row.iter().map(|i| (name(*i), None)).collect(),
        });
        rows.collect()
    }

    /// Every gate that was asked for holds.
    fn holds(&self) -> bool {
        let mut gates = self.findings.iter().map(|f| &f.finding).filter(|f| f.is_gate()).peekable();
        gates.peek().is_some() && gates.all(|f| f.verdict == Verdict::Ok)
    }

    pub(super) fn notes(&self) -> Vec<Note> {
        let mut notes = vec![Note::Against(self.of())];
        notes.extend(self.silences());
        for Day { name, side, .. } in &self.columns.days {
            let who = Who::Named(name.clone());
            if let Some(flaw) = side.clock_flaw() {
                notes.push(Note::Flaw(who.clone(), flaw));
            } else if side.restarts > 0 {
                notes.push(Note::Restarted {
                    who: who.clone(),
                    times: side.restarts,
                    at: None,
                    mixed: false,
                });
            }
            if side.failed_polls() > 0 {
                let (failed, polls) = (side.failed_polls(), side.polls());
                notes.push(Note::Failed { who: who.clone(), failed, polls });
            }
            notes.extend(side.oddities(&who));
        }
        let idle = self.findings.iter().map(|found| &found.finding).filter(|f| f.check == Check::Idle);
        notes.extend(idle.filter(|f| f.verdict == Verdict::Ok).cloned().map(Note::Idle));
        let untold = |found: &&DayFinding| found.finding.is_untold() && found.finding.verdict != Verdict::Ok;
        let complained = |i: &usize| self.findings.iter().filter(untold).any(|found| found.day == Some(*i));
        // Nobody is asked to record for longer where that shows nothing.
        let endless =
            |i: &usize| self.findings.iter().any(|found| found.day == Some(*i) && found.finding.is_endless());
        let quiet = self.with(Change::Unknown).into_iter().filter(|i| !complained(i) && !endless(i));
        notes.extend(self.together(quiet.map(|i| (i, self.untold(i)))).into_iter().map(Note::Untold));
        notes
    }

    /// A reason that holds for several columns, once.
    fn together(&self, said: impl Iterator<Item = (usize, Why)>) -> Vec<Untold> {
        let mut groups: Vec<(Vec<usize>, Why)> = Vec::new();
        for (i, why) in said {
            match groups.iter_mut().find(|(_, other)| why.is_like(other)) {
                Some((which, _)) => which.push(i),
                None => groups.push((vec![i], why)),
            }
        }
        let first = |which: &[usize]| which.first().map(|i| self.columns.days[*i].name.clone());
        let told = |(which, why): (Vec<usize>, Why)| Untold {
            names: self.names(&which),
            first: first(&which).unwrap_or_default(),
            why,
        };
        groups.into_iter().map(told).collect()
    }

    /// Long silences, as far as they are not complained of: the first few.
    fn silences(&self) -> Vec<Note> {
        // Missing days are findings.
        let is_note = |hole: &&Hole| !self.columns.by_day || hole.days.is_none() || self.rules.has_gate();
        let holes: Vec<&Hole> = self.columns.holes.iter().filter(is_note).collect();
        let name = |i: usize| self.columns.days.get(i).map(|day| day.name.clone());
        let silence =
            |hole: &&Hole| Note::Silence { column: hole.column.and_then(name), from: hole.from, to: hole.to };
        let mut notes: Vec<Note> = holes.iter().take(HOLES).map(silence).collect();
        if holes.len() > HOLES {
            notes.push(Note::OtherSilences(holes.len() - HOLES));
        }
        notes
    }

    /// All complaints in words, those of which nothing can be told together where their reasons are alike.
    fn complained(&self, complaints: &[Found<'_>]) -> Vec<(Verdict, String)> {
        let place = |name: &str| self.columns.days.iter().position(|day| day.name == name);
        let is_untold = |found: &Found<'_>| found.column.is_some() && found.finding.is_untold();
        let (untold, told): (Vec<Found<'_>>, Vec<Found<'_>>) =
            complaints.iter().copied().partition(is_untold);
        let reasons =
            untold.into_iter().filter_map(|f| Some((place(f.column?)?, Why::Finding(f.finding.clone()))));
        let together = self.together(reasons);
        let together = together.iter().map(|untold| (Verdict::Unknown, words::untold(untold)));
        let told = told.into_iter().map(|f| (f.finding.verdict, words::finding(f.finding)));
        let mut all: Vec<(Verdict, String)> = told.chain(together).collect();
        all.sort_by_key(|(verdict, _)| std::cmp::Reverse(*verdict));
        all
    }

    /// Why nothing is said of a column.
    fn untold(&self, i: usize) -> Why {
        let mut own = self.findings.iter().filter(|f| f.day == Some(i)).map(|f| &f.finding);
        own.find(|finding| finding.is_untold()).map_or_else(
            || Why::Against(reference(&self.columns.days, i)),
            |finding| Why::Finding(finding.clone()),
        )
    }

    /// The cure where recording for longer is none.
    fn cure(&self) -> Option<Advice> {
        let mut cures: Vec<(_, Vec<String>)> = Vec::new();
        for day in self.columns.days.iter().filter(|day| day.change() == Change::Unknown) {
            let Some(flaw) = day.side.flaw() else { continue };
            match cures.iter_mut().find(|(known, _)| *known == flaw) {
                Some((_, names)) => names.push(day.name.clone()),
                None => cures.push((flaw, vec![day.name.clone()])),
            }
        }
        if !cures.is_empty() {
            return Some(Advice::Cures(cures));
        }
        let mut untold = self.findings.iter().map(|f| &f.finding).filter(|f| f.is_untold()).peekable();
        let differ = untold.peek().is_some() && untold.all(|finding| finding.is_untold_by_load());
        let known = || self.columns.days.iter().all(|day| day.side.tells_load());
        differ.then(|| Advice::SameLoad(known()))
    }

    fn advice(&self) -> Advice {
        let any = |change| self.columns.days.iter().any(|day| day.change() == change);
        let drifts = || self.columns.drifts.iter().any(|drift| drift.trend.course == Course::Growing);
        let found = |check| {
            self.findings
                .iter()
                .any(|found| found.finding.check == check && found.finding.verdict != Verdict::Ok)
        };
        match verdict(self.findings.iter().map(|found| &found.finding)) {
            Verdict::Ok => Advice::Nothing,
            Verdict::Unknown
                if !any(Change::Unknown) && self.columns.holes.iter().any(|h| h.days.is_some()) =>
            {
                Advice::NameMissing
            }
            Verdict::Unknown if found(Check::Instances) => Advice::PollEach,
            Verdict::Unknown if found(Check::Idle) && !any(Change::Unknown) => Advice::SeeWhyIdle(self.of()),
            Verdict::Unknown => self.cure().unwrap_or(Advice::RecordEach(self.of())),
            _ if any(Change::Growing) => Advice::BeforeGrowth(self.of()),
            _ if drifts() => Advice::SlowLeak,
            _ if [Check::CrashLoop, Check::MaxRestarts, Check::Restarts].into_iter().any(found) => {
                Advice::SeeRestarts
            }
            _ if any(Change::Higher) => Advice::WhenRose,
            _ if found(Check::Errors) => Advice::SeeErrors,
            _ if found(Check::Latency) => Advice::SeeSlowness,
            _ => Advice::SeeReport,
        }
    }

    /// The metrics that somebody reports, with their places.
    pub(super) fn shown(&self) -> impl Iterator<Item = (usize, Measure)> {
        let days = &self.columns.days;
        METRICS
            .into_iter()
            .enumerate()
            .filter(|(i, _)| days.iter().any(|day| day.side.columns[*i].all.n() > 0))
    }

    pub(super) fn told<'a>(&self, day: &'a Day, metric: Measure) -> Option<Told<'a>> {
        let sides: Vec<&Side> = self.columns.days.iter().map(|day| &day.side).collect();
        let of = |trended: Trended| METRICS[crate::comparison::place_of(trended, &sides)];
        [Some(&day.look), day.held.as_ref()].into_iter().flatten().find_map(|look| {
            let i = look.trends.iter().position(|trend| of(trend.metric) == metric)?;
            let metrics = look.comparison.iter().flat_map(|comparison| &comparison.metrics);
            let found = metrics.into_iter().find(|found| found.metric == look.trends[i].metric);
            Some((&look.trends[i], found, look.changes[i]))
        })
    }

    /// Of the columns that have words.
    fn titles() -> [&'static str; 4] {
        [Term::Median, Term::Peak, Term::Slope, Term::Change].map(term)
    }

    /// Metrics in order, and columns in each.
    fn lines(&self) -> Vec<[String; 8]> {
        let [median, peak, slope, change] = Self::titles();
        let titles = ["", median, "p95", peak, slope, change, "", "n"];
        let mut lines = vec![titles.map(str::to_owned)];
        for (i, metric) in self.shown() {
            let mut title = <[String; 8]>::default();
            title[0] = format!("  {}", words::label(metric));
            lines.push(title);
            lines.extend(self.columns.days.iter().map(|day| {
                let [median, p95, peak, slope, change] = self.cells(day, i, metric);
                let mark = self.told(day, metric).map(|(.., change)| cells::mark(change)).unwrap_or_default();
                let n = day.side.columns[i].all.n().to_string();
                [format!("    {}", day.name), median, p95, peak, slope, change, mark.to_owned(), n]
            }));
        }
        lines
    }

    fn cells(&self, day: &Day, i: usize, metric: Measure) -> [String; 5] {
        let column = &day.side.columns[i].all;
        let told = self.told(day, metric);
        let found = told.and_then(|(_, found, _)| found);
        [
            cells::value(metric, column.median()),
            cells::value(metric, column.p95()),
            cells::value(metric, column.max()),
            told.map(|(trend, ..)| cells::slope(trend)).unwrap_or_default(),
            found.map(|m| cells::change(m, self.rules.alpha)).unwrap_or_default(),
        ]
    }

    /// The newest column's numbers, and how many changed.
    fn data(&self) -> Vec<cells::Datum> {
        let days = &self.columns.days;
        let is_changed = |day: &&Day| matches!(day.change(), Change::Higher | Change::Growing);
        let mut data = days.last().map(|day| cells::data(&day.side, &self.rules)).unwrap_or_default();
        data.push(("changed_days", Some(days.iter().filter(is_changed).count().to_string()), None));
        data
    }

    fn marked(&self) -> Marked {
        let mut rows = Vec::new();
        for (i, metric) in self.shown() {
            for (n, day) in self.columns.days.iter().enumerate() {
                let label = if n == 0 { words::label(metric) } else { "" };
                let [median, p95, peak, slope, change] = self.cells(day, i, metric);
                let mark = self.told(day, metric).map(|(.., change)| cells::mark(change)).unwrap_or_default();
                let mark = if mark.is_empty() { String::new() } else { format!("**{mark}**") };
                rows.push(vec![
                    label.to_owned(),
                    code(&day.name),
                    median,
                    p95,
                    peak,
                    slope,
                    escape(&change),
                    mark,
                ]);
            }
        }
        let [median, peak, slope, change] = Self::titles();
        Marked {
            titles: vec!["", "", median, "p95", peak, slope, change, ""],
            numbers: &[false, false, true, true, true, true, true, false],
            rows,
            folded: words::folded_notes(),
            ..Marked::default()
        }
    }
}

#[cfg(test)]
mod tests;
