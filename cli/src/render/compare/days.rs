//! `compare` of several recordings, or of days: a line a day for every metric, and which of them changed.

mod json;
mod markdown;
mod report;
mod table;

pub(crate) use self::report::report;
pub(crate) use json::json;
pub(crate) use markdown::markdown;

use std::time::Duration;

use jiff::Timestamp;
use owo_colors::OwoColorize;
use vitals::Verdict;
use vitals::trend::{Change, Course};

use crate::comparison::{Columns, Day, DayFinding, Finding, Hole, Rules, amount, reference};
use crate::render::Styles;
use crate::render::layout::{list, paragraph};
use crate::words::{self, counted};
use vitals::units::format_duration;

/// Holes that are named; the others are only counted.
const HOLES: usize = 3;

/// All that was found out about them.
#[derive(Debug)]
pub(crate) struct Days {
    /// The columns, and what lies between them.
    pub(crate) columns: Columns,
    /// What they were judged by.
    pub(crate) rules: Rules,
    /// What was looked at.
    pub(crate) findings: Vec<DayFinding>,
    /// When.
    pub(crate) at: Timestamp,
    /// How long it took.
    pub(crate) took: Duration,
}

impl Days {
    /// The worst finding.
    pub(crate) fn verdict(&self) -> Verdict {
        self.findings.iter().fold(Verdict::Ok, |worst, f| worst.max(f.finding.verdict))
    }

    /// What a column is.
    const fn one(&self) -> &'static str {
        if self.columns.by_day { "day" } else { "recording" }
    }

    /// `5 days, 2026-11-18 to 2026-11-22`
    fn subject(&self) -> String {
        let number = counted(self.columns.days.len() as u64, self.one(), &format!("{}s", self.one()));
        let missing: i64 = match self.columns.by_day {
            true => self.columns.holes.iter().map(Hole::missing_days).sum(),
            false => 0,
        };
        let missing = if missing > 0 { format!(", {missing} missing") } else { String::new() };
        match self.columns.days.as_slice() {
            [] => number,
            [only] => format!("{number}, {}", only.name),
            [first, .., last] => format!("{number}, {} to {}{missing}", first.name, last.name),
        }
    }

    /// Which columns changed for the worse or the better, and how, and what drifts; in one sentence.
    fn changes(&self) -> String {
        let said = |day: &Day| {
            let at = day.changed_at().map(|at| format!(" since about {}", at.minute(day.side.from.as_ref())));
            word(day.look.change).map(|word| format!("{} {word}{}", day.name, at.unwrap_or_default()))
        };
        let mut all: Vec<String> = self.columns.days.iter().filter_map(said).collect();
        let untold: Vec<usize> = self.with(Change::Unknown);
        if !untold.is_empty() {
            all.push(format!("{} cannot be told", self.names(&untold)));
        }
        all.extend(self.columns.drifts.iter().filter(|d| d.trend.course == Course::Growing).map(|drift| {
            let a_day = amount(drift.trend.metric, drift.trend.slope_per_h.unwrap_or_default() * 24.0, true);
            match drift.trend.metric {
                vitals::trend::Metric::Tasks => format!("goroutines drift by {a_day} a day"),
                vitals::trend::Metric::Heap => format!("memory drifts by {a_day} a day"),
            }
        }));
        if all.is_empty() { "none changed".to_owned() } else { all.join(", ") }
    }

    fn with(&self, change: Change) -> Vec<usize> {
        let days = self.columns.days.iter().enumerate();
        days.filter(|(_, day)| day.look.change == change).map(|(i, _)| i).collect()
    }

    /// The names of columns, those in a row as `2026-11-18 to 2026-11-22`.
    fn names(&self, which: &[usize]) -> String {
        let name = |i: usize| self.columns.days.get(i).map_or("", |day| day.name.as_str());
        let rows = which.chunk_by(|a, b| a + 1 == *b).flat_map(|row| match row {
            [first, _, .., last] => vec![format!("{} to {}", name(*first), name(*last))],
            _ => row.iter().map(|i| name(*i).to_owned()).collect(),
        });
        rows.collect::<Vec<_>>().join(", ")
    }

    /// What there is to complain about: worst first, and then in order of time.
    fn complaints(&self) -> Vec<&DayFinding> {
        let mut complaints: Vec<_> =
            self.findings.iter().filter(|f| f.finding.verdict != Verdict::Ok).collect();
        complaints.sort_by_key(|found| rank(found.finding.verdict));
        complaints
    }

    /// How many gates were asked for, if they all hold.
    fn holds(&self) -> Option<String> {
        let gates: Vec<&Finding> =
            self.findings.iter().map(|f| &f.finding).filter(|f| f.check.starts_with("max-")).collect();
        let hold = !gates.is_empty() && gates.iter().all(|f| f.verdict == Verdict::Ok);
        hold.then(|| format!("every gate holds for every {}", self.one()))
    }

    /// What a reader should know before believing the numbers.
    fn notes(&self) -> Vec<String> {
        let mut notes = vec![format!(
            "a change is against all {} since the level last changed{}",
            format_args!("{}s", self.one()),
            if self.columns.by_day {
                "; days begin at midnight UTC, or at that of an old log's clock"
            } else {
                ""
            },
        )];
        notes.extend(self.silences());
        for Day { name, side, .. } in &self.columns.days {
            if let Some(flaw) = side.clock_flaw() {
                notes.push(format!("{name} {}: {}", flaw.what, flaw.cure));
            } else if side.restarts > 0 {
                notes.push(format!(
                    "{name}: the target restarted {}",
                    counted(side.restarts, "time", "times")
                ));
            }
            if side.failed_polls() > 0 {
                let failed = counted(side.failed_polls(), "poll", "polls");
                notes.push(format!("{name}: {failed} of {} failed", side.polls()));
            }
            notes.extend(side.left_out().map(|left_out| format!("{name}: {left_out}")));
            if let Some((a, b)) = &side.overlap {
                notes.push(format!("{name}: {a} and {b} cover the same time; are they of one target?"));
            }
        }
        let complained = |i: &usize| {
            self.findings
                .iter()
                .any(|f| f.day == Some(*i) && is_untold(&f.finding) && f.finding.verdict != Verdict::Ok)
        };
        let quiet = self.with(Change::Unknown).into_iter().filter(|i| !complained(i));
        notes.extend(self.together(quiet.map(|i| (i, self.untold(i))).collect()));
        notes
    }

    /// A reason that holds for several columns, once.
    fn together(&self, said: Vec<(usize, String)>) -> Vec<String> {
        let mut groups: Vec<(String, Vec<usize>, String)> = Vec::new();
        for (i, text) in said {
            let alike = alike(&text, &self.columns.days[i].name);
            match groups.iter_mut().find(|(other, ..)| *other == alike) {
                Some((_, which, _)) => which.push(i),
                None => groups.push((alike, vec![i], text)),
            }
        }
        let told = |(_, which, text): (String, Vec<usize>, String)| match which.as_slice() {
            [only] => format!("{}: {text}", self.columns.days[*only].name),
            [first, ..] => {
                format!(
                    "{}, for a like reason; {}: {text}",
                    self.names(&which),
                    self.columns.days[*first].name
                )
            }
            [] => text,
        };
        groups.into_iter().map(told).collect()
    }

    /// Long silences, as far as they are not complained of: the first few.
    fn silences(&self) -> Vec<String> {
        // Missing days are findings.
        let is_note = |hole: &&Hole| !self.columns.by_day || hole.days.is_none() || self.rules.has_gate();
        let holes: Vec<&Hole> = self.columns.holes.iter().filter(is_note).collect();
        let mut notes: Vec<String> = holes.iter().take(HOLES).map(|hole| self.silence(hole)).collect();
        if holes.len() > HOLES {
            let more = counted((holes.len() - HOLES) as u64, "other hole", "other holes");
            notes.push(format!("{more} of an hour or more; --format json has them all"));
        }
        notes
    }

    fn silence(&self, hole: &Hole) -> String {
        let name = hole.column.and_then(|i| self.columns.days.get(i));
        let name = name.map(|day| format!("{}: ", day.name)).unwrap_or_default();
        let length = hole.to.since(&hole.from).unwrap_or_default();
        let (from, to) = (hole.from.minute(None), hole.to.minute(Some(&hole.from)));
        format!("{name}nothing was recorded from {from} to {to} ({})", format_duration(minutes(length)))
    }

    /// All complaints in words, those of which nothing can be told together where their reasons are alike.
    fn complained(&self) -> Vec<(Verdict, String)> {
        let (untold, told): (Vec<_>, Vec<_>) =
            self.complaints().into_iter().partition(|f| f.day.is_some() && is_untold(&f.finding));
        let reasons = untold.iter().filter_map(|f| Some((f.day?, f.finding.text.clone()))).collect();
        let together = self.together(reasons).into_iter().map(|text| (Verdict::Unknown, text));
        let mut all: Vec<(Verdict, String)> =
            told.iter().map(|f| (f.finding.verdict, f.finding.text.clone())).chain(together).collect();
        all.sort_by_key(|(verdict, _)| rank(*verdict));
        all
    }

    /// Why nothing is said of a column.
    fn untold(&self, i: usize) -> String {
        let own = self.findings.iter().filter(|f| f.day == Some(i)).map(|f| &f.finding);
        let told = own.into_iter().find(|finding| is_untold(finding));
        told.map_or_else(
            || format!("cannot be told from {}", reference(&self.columns.days, i)),
            |finding| finding.text.clone(),
        )
    }

    /// The verdict without complaints.
    fn all_is_well(&self) -> String {
        format!("ok: no {} is above a threshold, grows, or is higher than those before it", self.one())
    }

    /// What mends that nothing can be told, where recording for longer does not.
    fn cure(&self) -> Option<String> {
        let untold = || self.columns.days.iter().filter(|day| day.look.change == Change::Unknown);
        let told = || self.findings.iter().filter(|f| is_untold(&f.finding)).map(|f| &f.finding.text);
        let differ = told().next().is_some() && told().all(|text| text.contains("the loads differ"));
        let mut cures: Vec<(&str, Vec<&str>)> = Vec::new();
        for (cure, name) in untold().filter_map(|day| Some((day.side.flaw()?.cure, day.name.as_str()))) {
            match cures.iter_mut().find(|(known, _)| *known == cure) {
                Some((_, names)) => names.push(name),
                None => cures.push((cure, vec![name])),
            }
        }
        let told = |(cure, names): &(&str, Vec<&str>)| match names.as_slice() {
            [first, _, rest @ ..] if !rest.is_empty() => {
                format!("{first} and {} more: {cure}", rest.len() + 1)
            }
            names => format!("{}: {cure}", names.join(" and ")),
        };
        if !cures.is_empty() {
            return Some(cures.iter().map(told).collect::<Vec<_>>().join("; "));
        }
        let known = || self.columns.days.iter().all(|day| day.side.tells_load());
        differ.then(|| words::same_load(known()).to_owned())
    }

    /// What to do next.
    fn advice(&self) -> String {
        let one = self.one();
        let any = |change| self.columns.days.iter().any(|day| day.look.change == change);
        match self.verdict() {
            Verdict::Ok => "nothing to do".to_owned(),
            Verdict::Unknown if !any(Change::Unknown) && self.columns.holes.iter().any(|h| h.days.is_some()) => {
                "name the files of the missing days too, or see why nothing was recorded then".to_owned()
            }
            Verdict::Unknown if let Some(cure) = self.cure() => cure,
            Verdict::Unknown if self.columns.by_day => {
                "record every day for longer, under the load that you want to know about".to_owned()
            }
            Verdict::Unknown => {
                "record each for longer, under the load that you want to know about".to_owned()
            }
            _ if any(Change::Growing) => format!(
                "see what was deployed before the first {one} that grows, and let watertight diagnose name the stack"
            ),
            _ if self.columns.drifts.iter().any(|drift| drift.trend.course == Course::Growing) => {
                "it may be a slow leak: compare what watertight diagnose names just after a restart and days later"
                    .to_owned()
            }
            _ if any(Change::Higher) => {
                "see what was deployed, or what load came, when the level rose".to_owned()
            }
            _ => "watertight report shows when it was".to_owned(),
        }
    }
}

/// Worst first; what cannot be told is worse than a warning.
const fn rank(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Danger => 0,
        Verdict::Unknown => 1,
        Verdict::Warning | Verdict::Ok => 2,
    }
}

/// Whether it is about that statistics cannot tell.
fn is_untold(finding: &Finding) -> bool {
    finding.check.starts_with("statistics")
        && (finding.text.starts_with("too little") || finding.text.starts_with("cannot tell"))
}

/// A reason without its numbers and times, and the column's own name.
fn alike(text: &str, name: &str) -> String {
    let without = text.replace(name, "");
    let words = without
        .split(' ')
        .map(|word| if word.starts_with(|c: char| c.is_ascii_digit()) { "#" } else { word });
    words.collect::<Vec<_>>().join(" ")
}

/// To the minute.
const fn minutes(length: Duration) -> Duration {
    Duration::from_secs(length.as_secs() / 60 * 60)
}

/// A change in a word; nothing where nothing changed.
const fn word(change: Change) -> Option<&'static str> {
    match change {
        Change::First | Change::Same => None,
        Change::Higher => Some("is higher"),
        Change::Lower => Some("is lower"),
        Change::Growing => Some("grows"),
        // Said of all of them together.
        Change::Unknown => None,
    }
}

/// The whole answer.
pub(crate) fn text(days: &Days, styles: &Styles, width: usize) -> String {
    let verdict = days.verdict();
    let word = words::verdict(verdict).style(styles.verdict(verdict)).to_string();
    let title = format!("{}: {}", days.subject(), days.changes());
    let mut text = format!("{word}  {}\n\n", title.style(styles.strong));
    text.push_str(&table::table(days, width));
    text.push_str("\n\n");
    list(&mut text, "notes", &days.notes(), styles, width);
    list(&mut text, "holds", days.holds().as_slice(), styles, width);
    let mut complaints: Vec<String> =
        days.complained().iter().map(|(verdict, text)| format!("{}: {text}", verdict.as_str())).collect();
    if complaints.is_empty() {
        complaints.push(days.all_is_well());
    }
    list(&mut text, "verdict", &complaints, styles, width);
    paragraph(&mut text, "advice", &days.advice(), styles, width);
    let code = days.rules.gate.exit_code(verdict);
    if code != verdict.exit_code() {
        paragraph(&mut text, "exit code", &format!("{code}, because of --fail-on"), styles, width);
    }
    text
}

#[cfg(test)]
mod tests;
