//! What became of the requests of one row.

use std::collections::BTreeMap;
use std::time::Duration;

use super::case::Expect;
use super::death::Death;
use super::grade::{Grade, Kind};
use super::rates::Rates;
use super::reason::Reason;
use super::slow::Slow;
use super::stays::Stays;
use crate::client::{Counts, Outcome, Seen};
use crate::count::counted;
use crate::gauge::{Ended, Expected, Held, Left};

/// Complaints of one row that are kept with their words.
const KEPT: usize = 5;

/// Something that is not as required, how often, and where it was first seen.
#[derive(Clone, Debug)]
pub(crate) struct Complaint {
    pub(crate) kind: Kind,
    pub(crate) text: String,
    pub(crate) times: u64,
}

/// Counts requests, outcomes and complaints.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) requests: u64,
    pub(crate) client: BTreeMap<&'static str, u64>,
    pub(crate) complaints: Vec<Complaint>,
    /// How long each answer took, from the moment at which it was due.
    pub(crate) latencies: Vec<Duration>,
    /// Without which the numbers mislead, for example a scale.
    pub(crate) notes: Vec<String>,
    /// Requests that were not sent because something had hung, and how many there would have been.
    pub(super) left_out: [usize; 2],
}

impl Tally {
    /// Counts what a client saw.
    pub(crate) fn see(&mut self, what: &str, expect: Expect, seen: &Seen, strict: bool) {
        self.count(seen.outcome);
        self.latencies.push(seen.took);
        if let Some(amiss) = expect.judge(seen, strict) {
            self.complain(amiss.kind(), format!("{what}: {amiss}"));
        }
    }

    /// Counts an outcome that needs no judgement.
    pub(crate) fn count(&mut self, outcome: Outcome) {
        self.requests += 1;
        *self.client.entry(outcome.key()).or_default() += 1;
    }

    /// Notes what is not as required; the same words are counted.
    pub(crate) fn complain(&mut self, kind: Kind, text: impl Into<String>) {
        self.keep(Complaint { kind, text: text.into(), times: 1 });
    }

    fn keep(&mut self, new: Complaint) {
        let same = |known: &&mut Complaint| known.kind == new.kind && known.text == new.text;
        if let Some(known) = self.complaints.iter_mut().find(same) {
            known.times += new.times;
        } else if self.complaints.len() < KEPT || self.complaints.iter().all(|known| known.kind > new.kind) {
            self.complaints.push(new);
        }
    }

    /// Notes what is not as required, unless it is.
    pub(crate) fn check(&mut self, holds: bool, text: impl Into<String>) {
        if !holds {
            self.complain(Kind::Wrong, text);
        }
    }

    /// Says what one must know to read the numbers.
    pub(crate) fn note(&mut self, text: impl Into<String>) {
        let text = text.into();
        if !self.notes.contains(&text) && self.notes.len() < KEPT {
            self.notes.push(text);
        }
    }

    /// So many requests of a part were not sent because something had hung.
    pub(super) fn leave_out(&mut self, left_out: usize, times: usize) {
        if left_out > 0 {
            self.left_out = [self.left_out[0] + left_out, self.left_out[1] + times];
        }
    }

    /// Says so once, for all parts.
    pub(super) fn tell_left_out(&mut self) {
        let [left_out, times] = self.left_out;
        if left_out > 0 {
            self.note(format!(
                "what hung once is not asked again: {left_out} of {} left out",
                counted(times, "request")
            ));
        }
    }

    /// A client waited in vain.
    pub(super) fn has_hung(&self) -> bool {
        self.client.contains_key(Outcome::Hung.key())
            || self.complaints.iter().any(|complaint| complaint.kind == Kind::Hang)
    }

    /// Adds another part of the same row.
    pub(crate) fn add(&mut self, other: Self) {
        self.left_out = std::array::from_fn(|i| self.left_out[i] + other.left_out[i]);
        self.latencies.extend(other.latencies);
        other.notes.into_iter().for_each(|note| self.note(note));
        self.requests += other.requests;
        for (key, count) in other.client {
            *self.client.entry(key).or_default() += count;
        }
        for complaint in other.complaints {
            self.keep(complaint);
        }
    }

    /// Counts what was sent and seen until work was broken off.
    pub(super) fn broken_off(&mut self, counts: &Counts) {
        self.requests += counts.posted;
        for (key, count) in counts.client() {
            *self.client.entry(key).or_default() += count;
        }
    }

    /// What clients saw, in words.
    pub(crate) fn saw(&self) -> String {
        let words = |key: &str| key.trim_start_matches("http_").replace('_', " ");
        let saw = self.client.iter().map(|(key, count)| format!("{} {count}", words(key)));
        saw.collect::<Vec<_>>().join(", ")
    }

    /// The verdict: the worst complaint.
    pub(crate) fn grade(&self) -> Grade {
        self.complaints.iter().map(|complaint| complaint.kind).min().map_or(Grade::Pass, Grade::Failed)
    }
}

/// All that is known about one row.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) id: u8,
    pub(crate) name: &'static str,
    pub(crate) grade: Grade,
    pub(crate) tally: Tally,
    pub(crate) before: Held,
    pub(crate) after: Held,
    pub(crate) left: Vec<Left>,
    /// What good requests alone would have left, which is not charged to this row.
    pub(crate) expected: Expected,
    /// What good requests alone leave behind: only the row of good requests tells.
    pub(crate) rates: Rates,
    /// What good requests alone were seen to leave behind in this row.
    pub(crate) slow: Vec<Slow>,
    /// How the target died in this row, if it did.
    pub(crate) death: Option<Death>,
    /// What that is, by kind.
    pub(crate) stays: Stays,
    /// From the last request's end until nothing was left, in seconds; `None` when something stayed.
    pub(crate) quiet_s: Option<f64>,
    pub(crate) took_s: f64,
    /// Requests by what the drill's own relay says they ended with.
    pub(crate) ended: Option<Ended>,
    /// As an earlier drill wrote it, where it comes from there.
    pub(crate) kept: Option<serde_json::Value>,
    /// Why it was skipped.
    pub(crate) reason: Option<Reason>,
}

impl Found {
    /// Nothing can be told, for this reason: that is not as it must be.
    pub(crate) fn failed(id: u8, name: &'static str, why: &str) -> Self {
        let mut tally = Tally::default();
        tally.complain(Kind::Wrong, format!("nothing can be told: {why}"));
        Self { grade: tally.grade(), tally, reason: None, ..Self::skipped(id, name, "") }
    }

    pub(crate) fn skipped(id: u8, name: &'static str, reason: impl Into<Reason>) -> Self {
        Self {
            id,
            name,
            grade: Grade::Skipped,
            tally: Tally::default(),
            before: Held::default(),
            after: Held::default(),
            left: Vec::new(),
            expected: Expected::default(),
            rates: Rates::default(),
            slow: Vec::new(),
            death: None,
            stays: Stays::default(),
            quiet_s: None,
            took_s: 0.0,
            ended: None,
            kept: None,
            reason: Some(reason.into()),
        }
    }

    /// What came of a row that was broken off, for this reason: it has no verdict.
    pub(crate) fn broken_off(id: u8, name: &'static str, reason: Reason, counts: &Counts) -> Self {
        let mut tally = Tally::default();
        tally.broken_off(counts);
        Self { tally, ..Self::skipped(id, name, reason) }
    }

    /// Tells whether the row has no verdict because the drill did not come to it, or not to its end.
    pub(crate) fn is_for_lack_of_time(&self) -> bool {
        self.reason == Some(Reason::NoTime)
    }

    /// The complaints, the worst first, or the reason of a skip; empty when there is neither.
    pub(crate) fn explanation(&self) -> String {
        if let Some(reason) = &self.reason {
            return match self.tally.requests {
                0 => reason.to_string(),
                n if self.tally.client.is_empty() => {
                    format!("{reason} after {}, without an end", counted(n, "request"))
                }
                n => format!("{reason} after {}; clients saw: {}", counted(n, "request"), self.tally.saw()),
            };
        }
        // What else is amiss with one that died is what its death looks like.
        let matters =
            |complaint: &&Complaint| self.grade != Grade::Failed(Kind::Dead) || complaint.kind == Kind::Dead;
        let mut complaints: Vec<&Complaint> = self.tally.complaints.iter().filter(matters).collect();
        complaints.sort_by_key(|complaint| complaint.kind);
        let texts = complaints.iter().map(|complaint| match complaint.times {
            1 => complaint.text.clone(),
            times => format!("{} ({times} times)", complaint.text),
        });
        texts.collect::<Vec<_>>().join("; ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_complaint_is_the_verdict() {
        let mut tally = Tally::default();
        assert_eq!(tally.grade(), Grade::Pass);
        tally.check(true, "not noted");
        tally.check(false, "late");
        assert_eq!(tally.grade().word(), "wrong");
        for kind in [Kind::Hang, Kind::Lie, Kind::Leak, Kind::Dead] {
            tally.complain(kind, "x");
            assert_eq!(tally.grade(), Grade::Failed(kind));
        }
    }

    #[test]
    fn a_death_is_told_without_what_it_looks_like() {
        let mut tally = Tally::default();
        tally.complain(Kind::Wrong, "closed without an answer");
        tally.complain(Kind::Leak, "descriptors: 9 before, 50 after");
        tally.complain(Kind::Dead, "the process ended (signal: 9 (SIGKILL))");
        let found = Found { grade: tally.grade(), tally, reason: None, ..Found::skipped(4, "row", "") };
        assert_eq!(found.explanation(), "the process ended (signal: 9 (SIGKILL))");
    }

    #[test]
    fn complaints_are_counted_and_bounded_but_a_worse_one_is_always_kept() {
        let mut tally = Tally::default();
        for i in 0..100 {
            tally.complain(Kind::Wrong, format!("case {}", i % 20));
        }
        assert_eq!((tally.complaints.len(), tally.complaints[0].times), (KEPT, 5));
        tally.complain(Kind::Lie, "a lie");
        assert_eq!(tally.grade(), Grade::Failed(Kind::Lie));
    }
}
