//! `compare` of several recordings, or of days: a line a day for every metric, and which of them changed.

mod json;
mod markdown;
mod report;
mod table;

pub(crate) use json::json;
pub(crate) use markdown::markdown;
pub(crate) use report::report;

use std::time::Duration;

use jiff::Timestamp;
use owo_colors::OwoColorize;
use vitals::Verdict;
use vitals::trend::Change;

use crate::comparison::{Day, DayFinding, Finding, Rules, reference};
use crate::render::Styles;
use crate::render::layout::{list, paragraph};
use crate::words::{self, counted};

/// All that was found out about them.
#[derive(Debug)]
pub(crate) struct Days {
    /// The columns, in order of time.
    pub(crate) days: Vec<Day>,
    /// They are days, not recordings.
    pub(crate) by_day: bool,
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
        self.findings.iter().fold(Verdict::Ok, |worst, f| worst.worse(f.finding.verdict))
    }

    /// `5 days, 2026-11-18 to 2026-11-22`
    fn subject(&self) -> String {
        let (one, many) = if self.by_day { ("day", "days") } else { ("recording", "recordings") };
        let number = counted(self.days.len() as u64, one, many);
        match self.days.as_slice() {
            [] => number,
            [only] => format!("{number}, {}", only.name),
            [first, .., last] => format!("{number}, {} to {}", first.name, last.name),
        }
    }

    /// Which columns changed for the worse or the better, and how; in one sentence.
    fn changes(&self) -> String {
        let said = |day: &Day| word(day.look.change).map(|word| format!("{} {word}", day.name));
        let all: Vec<String> = self.days.iter().filter_map(said).collect();
        if all.is_empty() { "none changed".to_owned() } else { all.join(", ") }
    }

    /// What there is to complain about: worst first, and then in order of time.
    fn complaints(&self) -> Vec<&DayFinding> {
        let rank = |found: &&DayFinding| match found.finding.verdict {
            Verdict::Danger => 0,
            Verdict::Unknown => 1,
            _ => 2,
        };
        let mut complaints: Vec<_> =
            self.findings.iter().filter(|f| f.finding.verdict != Verdict::Ok).collect();
        complaints.sort_by_key(rank);
        complaints
    }

    /// How many gates were asked for, if they all hold.
    fn holds(&self) -> Option<String> {
        let gates: Vec<&Finding> =
            self.findings.iter().map(|f| &f.finding).filter(|f| f.check.starts_with("max-")).collect();
        let hold = !gates.is_empty() && gates.iter().all(|f| f.verdict == Verdict::Ok);
        hold.then(|| format!("every gate holds for every {}", if self.by_day { "day" } else { "recording" }))
    }

    /// What a reader should know before believing the numbers.
    fn notes(&self) -> Vec<String> {
        let mut notes = vec![format!(
            "a change is against all {} since the level last changed{}",
            if self.by_day { "days" } else { "recordings" },
            if self.by_day { "; days begin at midnight UTC, or at that of an old log's clock" } else { "" },
        )];
        for Day { name, side, look } in &self.days {
            if side.restarts > 0 {
                notes.push(format!(
                    "{name}: the target restarted {}",
                    counted(side.restarts, "time", "times")
                ));
            }
            if side.failed_polls() > 0 {
                let failed = counted(side.failed_polls(), "poll", "polls");
                notes.push(format!("{name}: {failed} of {} failed", side.polls()));
            }
            if let Some((file, line)) = &side.first_foreign {
                let lines = counted(side.foreign, "line", "lines");
                notes.push(format!(
                    "{name}: {lines} could not be read and were left out, the first is line {line} of {file}"
                ));
            }
            if let Some((a, b)) = &side.overlap {
                notes.push(format!("{name}: {a} and {b} cover the same time; are they of one target?"));
            }
            if look.change == Change::Unknown {
                notes.push(format!("{name}: {}", self.untold(name, look)));
            }
        }
        notes
    }

    /// Why nothing is said of a column.
    fn untold(&self, name: &str, look: &vitals::trend::Day) -> String {
        let own = |f: &&DayFinding| f.day.is_some_and(|day| self.days[day].name == name);
        let about = |f: &&Finding| f.check == "statistics of goroutines" || f.check == "statistics of memory";
        let mut why = self.findings.iter().filter(own).map(|f| &f.finding).filter(about);
        let told = why.find(|f| f.text.starts_with("too little") || f.text.starts_with("cannot tell"));
        told.map_or_else(
            || format!("cannot be told from {}", reference(&self.days, &look.reference)),
            |finding| finding.text.clone(),
        )
    }

    /// What to do next.
    fn advice(&self) -> &'static str {
        let any = |change| self.days.iter().any(|day| day.look.change == change);
        match self.verdict() {
            Verdict::Ok => "nothing to do",
            Verdict::Unknown => "record every day for longer, under the load that you want to know about",
            _ if any(Change::Growing) => {
                "see what was deployed before the first day that grows, and let watertight diagnose name the stack"
            }
            _ if any(Change::Higher) => "see what was deployed, or what load came, when the level rose",
            _ => "watertight report shows when it was",
        }
    }
}

/// A change in a word; nothing where nothing changed.
const fn word(change: Change) -> Option<&'static str> {
    match change {
        Change::First | Change::Same => None,
        Change::Higher => Some("is higher"),
        Change::Lower => Some("is lower"),
        Change::Growing => Some("grows"),
        Change::Unknown => Some("cannot be told"),
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
    let mut complaints: Vec<String> = days
        .complaints()
        .iter()
        .map(|f| format!("{}: {}", f.finding.verdict.as_str(), f.finding.text))
        .collect();
    if complaints.is_empty() {
        complaints
            .push("ok: no day is above a threshold, grows, or is higher than those before it".to_owned());
    }
    list(&mut text, "verdict", &complaints, styles, width);
    paragraph(&mut text, "advice", days.advice(), styles, width);
    let code = days.rules.gate.exit_code(verdict);
    if code != verdict.exit_code() {
        paragraph(&mut text, "exit code", &format!("{code}, because of --fail-on"), styles, width);
    }
    text
}

#[cfg(test)]
mod tests;
