//! Two sides, and the verdict on the newer one.

mod advice;

use std::time::Duration;

use jiff::Timestamp;
use vitals::trend::{CompareVerdict, Comparison, Course, MetricComparison, Why};
use vitals::{Measure, Verdict};

use super::markdown::Marked;
use super::{Found, Of, Rows, Sheet, cells, complaints};
use crate::comparison::{Column, METRICS, Rules, Side, growths, is_counted, judged, measure_of, place_of};
use crate::finding::{Check, Finding, Loads, Missing, Moved, Note, Statistics, Subject, Well, Who};
use crate::render::markdown::code;
use crate::words::{self, Term, term};

/// A load that differs by more than this many per cent is worth a word.
const LOAD_MOVED: f64 = 20.0;
const LEAVE: [usize; 5] = [7, 5, 2, 6, 3];

/// All that a comparison of two found out.
#[derive(Debug)]
pub(crate) struct Compared {
    pub(crate) baseline: Side,
    /// The newer side, which is judged.
    pub(crate) current: Side,
    pub(crate) rules: Rules,
    pub(crate) statistics: Comparison,
    pub(crate) findings: Vec<Finding>,
    pub(crate) at: Timestamp,
    pub(crate) took: Duration,
}

impl Compared {
    pub(crate) fn sheet(&self) -> Sheet<'_> {
        let Self { baseline, current, rules, findings, at, took, .. } = self;
        let subject = words::subject(&Subject::Two([&current.names, &baseline.names]));
        let [now, before] = [current, baseline].map(|side| code(&words::side_name(&side.names)));
        let abouts = [baseline, current].map(|side| words::about(&side.about()));
        let load = words::loads(&self.loads());
        let requests = words::two_traffics([&baseline.traffic, &current.traffic]);
        let found: Vec<_> = findings.iter().map(|finding| Found { column: None, finding }).collect();
        let complaint = |found: &Found<'_>| (found.finding.verdict, words::finding(found.finding));
        Sheet {
            rules,
            at: *at,
            took: *took,
            title: subject.clone(),
            subject,
            heading: words::against(&now, &before),
            summary: self.summary(),
            rows: Rows { lines: self.lines(), leave: &LEAVE },
            levels: self.levels(),
            complaints: complaints(&found).iter().map(complaint).collect(),
            facts: vec![
                (term(Term::Trend), self.courses()),
                (term(Term::Footnotes), self.footnotes()),
                (term(Term::Load), vec![load.clone()]),
                (term(Term::Requests), requests.clone().into_iter().collect()),
            ],
            notes: self.notes(),
            carried: self.carried().map(words::finding).collect(),
            holds: self.passed().map(words::finding).collect(),
            well: words::well(self.well()),
            advice: self.advice().iter().map(words::next_step).collect(),
            data: self.data(),
            marked: self.marked(&load, requests.as_deref(), &abouts),
            heads: [Term::Baseline, Term::Current].into_iter().map(term).zip(abouts).collect(),
            of: Of::Two(self),
            findings: found,
        }
    }

    /// The metrics that a side reports, each with both columns.
    pub(super) fn reported(&self) -> impl Iterator<Item = (Measure, &Column, &Column)> {
        let columns = self.baseline.columns.iter().zip(&self.current.columns);
        METRICS
            .into_iter()
            .zip(columns)
            .map(|(metric, (before, now))| (metric, before, now))
            .filter(|(_, before, now)| before.all.n() + now.all.n() > 0)
    }

    fn label(&self, found: &MetricComparison) -> &'static str {
        words::label(measure_of(found.metric, &self.baseline, &self.current))
    }

    /// A baseline and a current line for each metric, and the change between them.
    fn lines(&self) -> Vec<[String; 8]> {
        let titles = [
            "",
            term(Term::Median),
            term(Term::Spread),
            "p95",
            term(Term::Peak),
            term(Term::At),
            words::start_to_end(),
            "n",
        ];
        let mut lines = vec![titles.map(str::to_owned)];
        for (metric, before, now) in self.reported() {
            let mut title = <[String; 8]>::default();
            title[0] = format!("  {}", words::label(metric));
            lines.extend([
                title,
                line(term(Term::Baseline), metric, before, &self.baseline),
                line(term(Term::Current), metric, now, &self.current),
            ]);
            if before.all.n() > 0 && now.all.n() > 0 {
                lines.push(change(metric, before, now));
            }
        }
        lines
    }

    /// Levels in the manner of benchstat; nothing where both sides are too short.
    fn levels(&self) -> Vec<[String; 4]> {
        let metrics = self.told().filter(|found| found.p.is_some());
        let row = |found: &MetricComparison| {
            let [before, now] =
                [&found.baseline, &found.current].map(|side| cells::level(found.metric, side));
            [self.label(found).to_owned(), before, now, cells::change(found, self.rules.alpha)]
        };
        metrics.map(row).collect()
    }

    /// Each side by itself, a sentence each.
    fn courses(&self) -> Vec<String> {
        let told = |found: &MetricComparison| {
            let label = self.label(found);
            [(term(Term::Baseline), &found.baseline.trend), (term(Term::Current), &found.current.trend)]
                .into_iter()
                .filter(|(_, trend)| trend.slope_per_h.is_some())
                .map(|(role, trend)| words::headed(&words::within(label, role), &words::course(trend)))
                .collect::<Vec<_>>()
        };
        self.told().flat_map(told).collect()
    }

    /// What statistics say; of a resource beside a count only what is a finding.
    fn told(&self) -> impl Iterator<Item = &MetricComparison> {
        let all = self.held().is_some();
        self.statistics.metrics.iter().filter(move |found| all || is_said(found))
    }

    /// The place of what both sides are judged by first where neither reports a count.
    fn held(&self) -> Option<usize> {
        let held = [&self.baseline, &self.current].map(Side::held);
        held[0].filter(|_| !is_counted(&self.statistics)).or(held[1])
    }

    /// The findings of statistics, a metric each.
    fn said(&self) -> impl Iterator<Item = (&Finding, &Statistics)> {
        self.findings.iter().filter_map(|finding| Some((finding, finding.statistics()?)))
    }

    /// Sides that were too short, and how the load was taken into account.
    fn footnotes(&self) -> Vec<String> {
        let grows = |said: &Statistics| said.found.current.trend.course == Course::Growing;
        let note = |(finding, said): (&Finding, &Statistics)| match said.found.p {
            None if grows(said) => Some(words::headed(self.label(&said.found), &words::load(said))),
            Some(_) => Some(words::headed(self.label(&said.found), &words::load(said))),
            None if self.is_endless() => None,
            None => (finding.verdict == Verdict::Ok).then(|| words::finding(finding)),
        };
        let all = self.held().is_some();
        self.said().filter(|(_, said)| all || is_said(&said.found)).filter_map(note).collect()
    }

    /// Nobody is asked to record for longer where that shows nothing.
    fn is_endless(&self) -> bool {
        self.findings.iter().any(Finding::is_endless)
    }

    /// Findings above a threshold, in proportion to their load.
    fn carried(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.is_carried_by_load())
    }

    /// The gates that were asked for and hold.
    fn passed(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.verdict == Verdict::Ok && finding.is_gate())
    }

    fn loads(&self) -> Loads {
        let Self { baseline, current, .. } = self;
        let both = |before: Option<f64>, now: Option<f64>| Some([before?, now?]);
        let in_flight = [baseline, current].map(|side| side.in_flight().all.median());
        Loads {
            requests: both(baseline.requests.per_second(), current.requests.per_second()),
            allocated: both(baseline.allocated.per_second(), current.allocated.per_second()),
            in_flight: in_flight[0].zip(in_flight[1]).map(Into::into),
        }
    }

    /// The rate of requests, or what stands for it, moved so much that levels cannot be compared as they are.
    fn load_moved(&self) -> bool {
        let Loads { requests, allocated, .. } = self.loads();
        requests
            .or(allocated)
            .is_some_and(|[before, now]| (now - before).abs() > before.max(now) * LOAD_MOVED / 100.0)
    }

    pub(super) fn notes(&self) -> Vec<Note> {
        let Self { baseline, current, .. } = self;
        let mut notes = Vec::new();
        if baseline.names == current.names {
            notes.push(Note::Same);
        }
        for (who, side) in [(Who::Baseline, baseline), (Who::Current, current)] {
            if let Some(flaw) = side.clock_flaw() {
                notes.push(Note::Flaw(who.clone(), flaw));
            } else if side.restarts > 0 {
                let at = Some((side.restarted_at.clone(), side.from));
                let mixed = !side.lives.iter().any(|life| life.is_long);
                notes.push(Note::Restarted { who: who.clone(), times: side.restarts, at, mixed });
            }
            notes.extend(side.instance.clone().map(|instance| Note::Instance(who.clone(), instance)));
            if side.ended.iter().any(|life| life.is_long) {
                let main = side.ended.first().and_then(|life| life.trends.first()).map(|trend| trend.metric);
                let since = self.statistics.metrics.iter().find(|found| Some(found.metric) == main);
                let since = since.filter(|_| who == Who::Current);
                let since = since.map(|found| Box::new(found.current.trend.clone()));
                notes.push(Note::Lives { who: who.clone(), ended: side.ended.clone(), since });
            }
            notes.extend(side.oddities(&who));
        }
        let explained = |side: &Side| METRICS[judged(&[side])] == Measure::Unexplained;
        let counted = |side: &Side| side.columns[judged(&[side])].all.n() > 0;
        if counted(baseline) && counted(current) && explained(baseline) != explained(current) {
            notes.push(Note::PartlyExplained);
        }
        notes.extend(self.carried().cloned().map(Note::Carried));
        let idle = self.findings.iter().filter(|f| f.check == Check::Idle && f.verdict == Verdict::Ok);
        notes.extend(idle.cloned().map(Note::Idle));
        let alike = self.said().filter(|(_, said)| said.found.reasons.contains(&Why::BothRise));
        notes.extend(alike.map(|(_, said)| Note::BothRise(Box::new(said.clone()))));
        notes.extend(self.too_short().map(Note::ShortForGate));
        let decided = |found: &MetricComparison| {
            found.verdict == CompareVerdict::Regression || found.reasons.contains(&Why::SteppedUp)
        };
        let steps = self.said().filter(|(_, said)| said.found.step.is_some() && !decided(&said.found));
        notes.extend(steps.map(|(_, said)| Note::Step(Box::new(said.clone()))));
        notes.extend(Some(self.moved()).filter(|moved| !moved.is_empty()).map(Note::Moved));
        let mut growths = growths(baseline, current).into_iter().flatten();
        if self.rules.max_growth.is_none() && growths.any(|growth| growth.is_worth_a_note()) {
            notes.push(Note::Growth);
        }
        notes
    }

    /// Resources that are a tenth higher, or more, beside one that is a finding.
    fn moved(&self) -> Vec<Moved> {
        let resources = || self.statistics.metrics.iter().filter(|found| found.metric.is_resource());
        if !resources().any(is_said) {
            return Vec::new();
        }
        let higher = resources().filter(|found| !is_said(found)).filter_map(|found| {
            let place = place_of(found.metric, &[&self.baseline, &self.current]);
            let [from, to] = [&self.baseline, &self.current].map(|side| side.columns[place].all.median());
            let (measure, from, to) = (METRICS[place], from?, to?);
            (to > from + from / 10).then_some(Moved { measure, from, to })
        });
        higher.collect()
    }

    fn well(&self) -> Well {
        Well::Two {
            carried: self.carried().next().is_some(),
            gates: self.passed().next().is_some(),
            short: self.too_short().is_some(),
        }
    }

    /// The seconds that the current side lacks for statistics, where gates decide without them.
    fn too_short(&self) -> Option<f64> {
        let short = |(_, said): (&Finding, &Statistics)| {
            said.short.iter().find_map(|short| match (&short.who, short.lack) {
                (Who::Current, Missing::Blocks(.., more)) => Some(more),
                _ => None,
            })
        };
        self.said().take(1).find_map(short).filter(|_| self.rules.has_gate() && !self.is_endless())
    }

    /// The levels in one sentence.
    fn summary(&self) -> String {
        if let Some(place) = self.held() {
            let [before, now] = [&self.baseline, &self.current].map(|side| &side.columns[place].all);
            let ends = before.median().zip(now.median()).zip(now.max());
            return words::held_medians(
                METRICS[place],
                ends.map(|((before, now), peak)| [before, now, peak]),
            );
        }
        let metric = judged(&[&self.baseline, &self.current]);
        let [before, now] = [&self.baseline, &self.current].map(|side| &side.columns[metric].all);
        let ends = before.median().zip(now.median()).zip(now.max());
        let ends = ends.map(|((before, now), peak)| [before, now, peak]);
        words::medians(ends, METRICS[metric] == Measure::Unexplained, self.carried().next())
    }

    fn data(&self) -> Vec<cells::Datum> {
        let baseline = &self.baseline.columns[judged(&[&self.baseline, &self.current])].all;
        let mut data = cells::data(&self.current, &self.rules);
        let memory = data.pop();
        data.push(("baseline", baseline.median().map(|n| n.to_string()), None));
        data.extend(memory);
        data.push(("failed_polls", Some(self.current.failed_polls().to_string()), None));
        data
    }

    fn marked(&self, load: &str, requests: Option<&str>, [baseline, current]: &[String; 2]) -> Marked {
        let row = |(metric, before, now): (Measure, &Column, &Column)| {
            let level = |column: &Column| match column.all.median() {
                Some(_) => format!("{} {}", cells::value(metric, column.all.median()), cells::spread(column)),
                None => "-".to_owned(),
            };
            let growth = cells::growth(before.all.median(), now.all.median()).map(|growth| {
                let percent = words::percent(growth).map(|p| format!(" ({p})")).unwrap_or_default();
                format!("{}{percent}", metric.unit().difference(growth.from, growth.to))
            });
            vec![
                words::label(metric).to_owned(),
                level(before),
                level(now),
                growth.unwrap_or_else(|| "-".to_owned()),
                cells::value(metric, now.all.p95()),
                cells::value(metric, now.all.max()),
                cells::start_to_end(now),
            ]
        };
        Marked {
            titles: vec![
                "",
                term(Term::Baseline),
                term(Term::Current),
                term(Term::Change),
                "p95",
                term(Term::Peak),
                words::start_to_end(),
            ],
            numbers: &[false, true, true, true, true, true, true],
            rows: self.reported().map(row).collect(),
            caption: words::medians_explained(),
            folded: words::folded_sides(),
            details: [
                Some(words::headed(term(Term::Load), load)),
                requests.map(|requests| words::headed(term(Term::Requests), requests)),
                Some(words::headed(term(Term::Baseline), baseline)),
                Some(words::headed(term(Term::Current), current)),
            ]
            .into_iter()
            .flatten()
            .collect(),
        }
    }
}

/// It is a finding, or what a comparison is about.
fn is_said(found: &MetricComparison) -> bool {
    let says = matches!(found.verdict, CompareVerdict::Warning | CompareVerdict::Leak);
    says || !found.metric.is_resource()
}

fn line(role: &str, metric: Measure, column: &Column, side: &Side) -> [String; 8] {
    let at = column.peak_at.map(|at| at.short(side.from.as_ref())).unwrap_or_default();
    [
        format!("    {role}"),
        cells::value(metric, column.all.median()),
        cells::spread(column),
        cells::value(metric, column.all.p95()),
        cells::value(metric, column.all.max()),
        at,
        cells::start_to_end(column),
        column.all.n().to_string(),
    ]
}

fn change(metric: Measure, before: &Column, now: &Column) -> [String; 8] {
    let difference = |get: fn(&Column) -> Option<u64>| {
        let both = get(before).zip(get(now));
        both.map(|(before, now)| metric.unit().difference(before, now)).unwrap_or_default()
    };
    let level = cells::growth(before.all.median(), now.all.median());
    [
        format!("    {}", term(Term::Change)),
        difference(|column| column.all.median()),
        level.and_then(words::percent).unwrap_or_default(),
        difference(|column| column.all.p95()),
        difference(|column| column.all.max()),
        String::new(),
        String::new(),
        String::new(),
    ]
}

#[cfg(test)]
mod tests;
