//! When to tell: on a change of the verdict, on a restart, on an outage and its end, and not again and again while
//! something flaps.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use vitals::Verdict;

use crate::finding::News;

/// Failed polls in a row that mean that the target is gone: one may be the network's.
const GONE: u64 = 3;

/// What a poll says of the target.
#[derive(Clone, Copy, Debug)]
pub(super) struct Heard {
    pub(super) at: Timestamp,
    pub(super) now: Instant,
    /// `None` when it failed.
    pub(super) verdict: Option<Verdict>,
    pub(super) restarted: bool,
}

/// A word, and the verdicts before it and with it; `None` where nothing was known before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Word {
    pub(crate) news: News,
    pub(crate) before: Option<Verdict>,
    pub(crate) verdict: Verdict,
}

#[derive(Debug)]
pub(super) struct Herald {
    cooldown: Duration,
    /// The last word. Until the first good poll all is taken to be well, but nobody has said so.
    told: Option<Verdict>,
    at: Option<Instant>,
    outage: Outage,
    restarts: Restarts,
}

#[derive(Debug, Default)]
struct Outage {
    /// The first of the failed polls.
    since: Option<(Timestamp, Instant)>,
    polls: u64,
    /// It was told, and its end will be.
    open: bool,
    told_at: Option<Instant>,
}

#[derive(Debug, Default)]
struct Restarts {
    all: u64,
    untold: u64,
    told_at: Option<Instant>,
}

impl Herald {
    /// Nothing has been seen.
    pub(super) fn new(cooldown: Duration) -> Self {
        let (outage, restarts) = (Outage::default(), Restarts::default());
        Self { cooldown, told: None, at: None, outage, restarts }
    }

    /// Hears a poll. Returns what is to be told, in this order.
    pub(super) fn hear(&mut self, heard: Heard) -> Vec<Word> {
        let reach = match heard.verdict {
            Some(verdict) => self.answers(heard, verdict),
            None => self.fails(heard),
        };
        let restart = self.restarts(heard, reach.is_some());
        let change = heard.verdict.and_then(|verdict| self.changes(heard.now, verdict));
        [reach, restart, change].into_iter().flatten().collect()
    }

    fn is_quiet(&self, since: Option<Instant>, now: Instant) -> bool {
        since.is_none_or(|at| now.saturating_duration_since(at) >= self.cooldown)
    }

    /// An outage is told at once, whatever the verdict was before, unless one was told within the cooldown.
    fn fails(&mut self, heard: Heard) -> Option<Word> {
        let quiet = self.is_quiet(self.outage.told_at, heard.now);
        let outage = &mut self.outage;
        let (since, _) = *outage.since.get_or_insert((heard.at, heard.now));
        outage.polls += 1;
        if outage.polls < GONE || outage.open || !quiet {
            return None;
        }
        (outage.open, outage.told_at) = (true, Some(heard.now));
        let news = News::Outage { since, polls: outage.polls };
        Some(self.says(heard.now, news, Verdict::Unknown))
    }

    /// The end of an outage that was told is told at once, with the verdict that stands now.
    fn answers(&mut self, heard: Heard, verdict: Verdict) -> Option<Word> {
        let polls = std::mem::take(&mut self.outage.polls);
        let (since, begun) = self.outage.since.take()?;
        if !std::mem::take(&mut self.outage.open) {
            return None;
        }
        let after = heard.now.saturating_duration_since(begun);
        let news = News::Back { since, after, polls, restarted: heard.restarted };
        Some(self.says(heard.now, news, verdict))
    }

    /// The first restart is told at once, those that follow it within the cooldown together when that is over. The end
    /// of an outage says by itself that the target restarted.
    fn restarts(&mut self, heard: Heard, said: bool) -> Option<Word> {
        self.restarts.all += u64::from(heard.restarted);
        self.restarts.untold += u64::from(heard.restarted && !said);
        let verdict = heard.verdict?;
        if self.restarts.untold == 0 || !self.is_quiet(self.restarts.told_at, heard.now) {
            return None;
        }
        self.restarts.told_at = Some(heard.now);
        let new = std::mem::take(&mut self.restarts.untold);
        let news = News::Restart { restarts: self.restarts.all, new };
        Some(Word { news, before: self.told, verdict })
    }

    /// What gets worse is told at once; what gets better when the cooldown since the last word is over. A good start
    /// is no news.
    fn changes(&mut self, now: Instant, verdict: Verdict) -> Option<Word> {
        let before = self.told.unwrap_or(Verdict::Ok);
        if verdict == before {
            self.told = Some(verdict);
            return None;
        }
        (verdict > before || self.is_quiet(self.at, now)).then(|| self.says(now, News::Verdict, verdict))
    }

    fn says(&mut self, now: Instant, news: News, verdict: Verdict) -> Word {
        self.at = Some(now);
        Word { news, before: self.told.replace(verdict), verdict }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Verdict::{Danger, Ok, Unknown, Warning};

    /// A poll: failed, or with its verdict; after a restart or not.
    type Poll = (Option<Verdict>, bool);

    /// The words about polls a minute apart, with a cooldown of five.
    fn words(polls: &[Poll]) -> Vec<(u64, Word)> {
        let (mut herald, start) = (Herald::new(Duration::from_secs(300)), Instant::now());
        let mut words = Vec::new();
        for (minute, (verdict, restarted)) in (0..).zip(polls) {
            let after = Duration::from_secs(60 * minute);
            let at = Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_secs(60 * minute as i64);
            let heard = Heard { at, now: start + after, verdict: *verdict, restarted: *restarted };
            words.extend(herald.hear(heard).into_iter().map(|word| (minute, word)));
        }
        words
    }

    fn told(verdicts: &[Verdict]) -> Vec<(u64, Verdict)> {
        let polls: Vec<Poll> = verdicts.iter().map(|verdict| (Some(*verdict), false)).collect();
        words(&polls).into_iter().map(|(minute, word)| (minute, word.verdict)).collect()
    }

    fn named(polls: &[Poll]) -> Vec<(u64, &'static str, Verdict)> {
        words(polls).into_iter().map(|(minute, word)| (minute, word.news.as_str(), word.verdict)).collect()
    }

    const GOOD: Poll = (Some(Ok), false);
    const FAILED: Poll = (None, false);
    const RESTARTED: Poll = (Some(Ok), true);

    #[test]
    fn changes_are_told_once() {
        assert_eq!(told(&[Ok, Ok, Ok]), []);
        assert_eq!(told(&[Ok, Warning, Warning, Danger, Danger]), [(1, Warning), (3, Danger)]);
        assert_eq!(told(&[Danger, Danger, Danger, Danger, Danger, Ok]), [(0, Danger), (5, Ok)]);
    }

    #[test]
    fn the_first_one_has_nothing_before_it() {
        let befores = |polls: &[Poll]| words(polls).iter().map(|(_, word)| word.before).collect::<Vec<_>>();
        let bad = (Some(Danger), false);
        assert_eq!(befores(&[bad, bad, bad, bad, bad, GOOD]), [None, Some(Danger)]);
        assert_eq!(befores(&[GOOD, bad]), [Some(Ok)]);
    }

    #[test]
    fn flapping_is_told_once_and_a_recovery_when_it_lasts() {
        assert_eq!(told(&[Danger, Ok, Danger, Ok, Danger, Danger]), [(0, Danger)]);
        assert_eq!(told(&[Danger, Ok, Ok, Ok, Ok, Ok, Ok]), [(0, Danger), (5, Ok)]);
    }

    #[test]
    fn an_outage_and_its_end_are_told_at_once_and_a_failed_poll_is_not() {
        assert_eq!(named(&[GOOD, FAILED, FAILED, GOOD, FAILED, GOOD]), []);
        assert_eq!(
            named(&[GOOD, FAILED, FAILED, FAILED, GOOD, GOOD]),
            [(3, "outage", Unknown), (4, "back", Ok)]
        );
        let bad = (Some(Danger), false);
        let told = named(&[bad, FAILED, FAILED, FAILED, FAILED, bad]);
        assert_eq!(told, [(0, "verdict", Danger), (3, "outage", Unknown), (5, "back", Danger)]);
        let minute = |n: i64| Timestamp::from_second(60 * n).unwrap();
        let words = words(&[GOOD, FAILED, FAILED, FAILED, FAILED, RESTARTED]);
        assert_eq!(words[0].1.news, News::Outage { since: minute(1), polls: 3 });
        let after = Duration::from_secs(240);
        assert_eq!(words[1].1.news, News::Back { since: minute(1), after, polls: 4, restarted: true });
        assert_eq!(words.len(), 2, "the end of the outage says that it restarted");
    }

    /// At most one outage and its end within the cooldown; one that lasts longer is told then.
    #[test]
    fn a_network_that_flaps_is_told_once() {
        let flap = [FAILED, FAILED, FAILED, GOOD];
        let told = named(&[&flap[..], &[FAILED; 6], &[GOOD]].concat());
        assert_eq!(told, [(2, "outage", Unknown), (3, "back", Ok), (7, "outage", Unknown), (10, "back", Ok)]);
    }

    #[test]
    fn restarts_within_the_cooldown_are_told_together() {
        let told = words(&[GOOD, RESTARTED, RESTARTED, RESTARTED, GOOD, GOOD, GOOD, GOOD]);
        let news: Vec<_> = told.iter().map(|(minute, word)| (*minute, word.news)).collect();
        assert_eq!(
            news,
            [(1, News::Restart { restarts: 1, new: 1 }), (6, News::Restart { restarts: 3, new: 2 })]
        );
    }
}
