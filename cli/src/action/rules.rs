//! When a command is run: once a change, not again within the cooldown, and not more often than the limit. Pure: the
//! clock is whoever asks.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use vitals::Verdict;

use crate::args::{OnEvent, OnLimit};
use crate::finding::{Fate, News};
use crate::webhook::Word;

/// What is to be done now, by the place of the command in the command line.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Next {
    Run(usize, Word),
    Tell(usize, Fate),
}

/// The commands of one target.
#[derive(Debug)]
pub(super) struct Rules {
    rules: Vec<Rule>,
    cooldown: Duration,
    limit: OnLimit,
}

#[derive(Debug)]
struct Rule {
    event: OnEvent,
    /// What it is to be run for, and has not been yet.
    owed: Option<Owed>,
    /// When it was run: as often as the limit allows, the newest last.
    runs: VecDeque<Instant>,
}

#[derive(Clone, Copy, Debug)]
struct Owed {
    word: Word,
    /// It was told that it waits.
    told: bool,
}

impl Rules {
    pub(super) fn new(events: impl Iterator<Item = OnEvent>, cooldown: Duration, limit: OnLimit) -> Self {
        let rules = events.map(|event| Rule { event, owed: None, runs: VecDeque::new() });
        Self { rules: rules.collect(), cooldown, limit }
    }

    /// A poll: what is news, and the verdict by it; `None` where it failed, which changes nothing that waits.
    pub(super) fn hear(&mut self, now: Instant, words: &[Word], verdict: Option<Verdict>) -> Vec<Next> {
        let (cooldown, limit) = (self.cooldown, self.limit);
        let next = self.rules.iter_mut().enumerate().filter_map(|(n, rule)| {
            if let Some(word) = words.iter().rev().find(|word| is_for(rule.event, word)) {
                rule.owed = Some(Owed { word: *word, told: false });
            }
            rule.next(now, verdict?, cooldown, limit).map(|next| match next {
                Ok(word) => Next::Run(n, word),
                Err(fate) => Next::Tell(n, fate),
            })
        });
        next.collect()
    }
}

impl Rule {
    fn next(
        &mut self,
        now: Instant,
        verdict: Verdict,
        cooldown: Duration,
        limit: OnLimit,
    ) -> Option<Result<Word, Fate>> {
        let owed = self.owed.as_mut()?;
        let since = |run: &Instant| now.saturating_duration_since(*run);
        if !holds(self.event, verdict) {
            self.owed = None;
            return None;
        }
        if let Some(left) =
            self.runs.back().and_then(|last| cooldown.checked_sub(since(last))).filter(|left| !left.is_zero())
        {
            let told = std::mem::replace(&mut owed.told, true);
            return (!told).then_some(Err(Fate::Waits { cooldown, left }));
        }
        let word = owed.word;
        self.owed = None;
        let recent = self.runs.iter().filter(|run| since(run) < limit.within).count();
        if recent >= limit.most {
            return Some(Err(Fate::Limited { most: limit.most, within: limit.within }));
        }
        if self.runs.len() == limit.most {
            self.runs.pop_front();
        }
        self.runs.push_back(now);
        Some(Ok(word))
    }
}

/// Tells whether a word is an event. What gets better is a warning's event only once it is ok.
fn is_for(event: OnEvent, word: &Word) -> bool {
    let restarted = matches!(word.news, News::Restart { .. } | News::Back { restarted: true, .. });
    match event {
        OnEvent::Restart => restarted,
        // A restart alone changes no verdict.
        _ if matches!(word.news, News::Restart { .. } | News::Outage { .. }) => false,
        OnEvent::Danger => word.verdict == Verdict::Danger,
        OnEvent::Warning => word.verdict == Verdict::Warning && word.before != Some(Verdict::Danger),
        OnEvent::Recovered => {
            word.verdict == Verdict::Ok && word.before.is_some_and(|before| before != Verdict::Ok)
        }
    }
}

/// Tells whether an event is still what is to be acted on.
fn holds(event: OnEvent, verdict: Verdict) -> bool {
    match event {
        OnEvent::Danger => verdict == Verdict::Danger,
        OnEvent::Warning => verdict == Verdict::Warning,
        OnEvent::Recovered => verdict == Verdict::Ok,
        OnEvent::Restart => true,
    }
}

#[cfg(test)]
mod tests {
    use Verdict::{Danger, Ok, Unknown, Warning};

    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);
    const EVENTS: [OnEvent; 4] = [OnEvent::Danger, OnEvent::Warning, OnEvent::Recovered, OnEvent::Restart];

    fn word(before: Verdict, verdict: Verdict) -> Word {
        Word { news: News::Verdict, before: Some(before), verdict }
    }

    /// What becomes of verdicts a minute apart, each change a word: `danger` for a run, `danger cooldown` for what is told.
    fn done(verdicts: &[Verdict], cooldown: Duration, limit: OnLimit) -> Vec<(u64, String)> {
        let (mut rules, start) = (Rules::new(EVENTS.into_iter(), cooldown, limit), Instant::now());
        let (mut before, mut all) = (Ok, Vec::new());
        for (minute, verdict) in (0..).zip(verdicts) {
            let words = (before != *verdict).then(|| word(before, *verdict));
            before = *verdict;
            let now = start + MINUTE * u32::try_from(minute).unwrap();
            for next in rules.hear(now, words.as_slice(), Some(*verdict)) {
                all.push((
                    minute,
                    match next {
                        Next::Run(n, _) => EVENTS[n].as_str().to_owned(),
                        Next::Tell(n, fate) => format!("{} {}", EVENTS[n].as_str(), fate.as_str()),
                    },
                ));
            }
        }
        all
    }

    fn told(verdicts: &[Verdict], cooldown: u32, limit: usize) -> Vec<(u64, String)> {
        done(verdicts, MINUTE * cooldown, OnLimit { most: limit, within: MINUTE * 60 })
    }

    fn expected(all: &[(u64, &str)]) -> Vec<(u64, String)> {
        all.iter().map(|(minute, what)| (*minute, (*what).to_owned())).collect()
    }

    #[test]
    fn once_a_change() {
        let verdicts = [Ok, Warning, Warning, Danger, Danger, Danger, Warning, Ok, Ok];
        assert_eq!(told(&verdicts, 5, 3), expected(&[(1, "warning"), (3, "danger"), (7, "recovered")]));
        assert_eq!(told(&[Ok, Ok, Unknown, Ok], 5, 3), expected(&[(3, "recovered")]));
    }

    #[test]
    fn what_comes_within_the_cooldown_waits_and_is_run_if_it_still_holds() {
        let flapping = [Danger, Ok, Danger, Danger, Danger, Danger, Danger];
        let all = [(0, "danger"), (1, "recovered"), (2, "danger cooldown"), (5, "danger")];
        assert_eq!(told(&flapping, 5, 3), expected(&all));
        let passed = [Danger, Ok, Danger, Ok, Ok, Ok, Ok];
        let all = [
            (0, "danger"),
            (1, "recovered"),
            (2, "danger cooldown"),
            (3, "recovered cooldown"),
            (6, "recovered"),
        ];
        assert_eq!(told(&passed, 5, 3), expected(&all));
    }

    #[test]
    fn what_is_over_the_limit_is_told_and_forgotten() {
        let verdicts = [Danger, Ok, Danger, Ok, Danger, Danger, Danger];
        let runs = |limit| {
            let all = told(&verdicts, 1, limit);
            all.into_iter().filter(|(_, what)| what.starts_with("danger")).collect::<Vec<_>>()
        };
        assert_eq!(runs(2), expected(&[(0, "danger"), (2, "danger"), (4, "danger limit")]));
        let short = OnLimit { most: 2, within: MINUTE * 3 };
        let all = done(&verdicts, MINUTE, short);
        let runs: Vec<_> =
            all.iter().filter(|(_, what)| what == "danger").map(|(minute, _)| *minute).collect();
        assert_eq!(runs, [0, 2, 4], "the first one is out of the three minutes");
    }

    #[test]
    fn a_restart_is_an_event_and_so_is_one_within_an_outage() {
        let mut rules = Rules::new(EVENTS.into_iter(), MINUTE, OnLimit { most: 9, within: MINUTE });
        let mut at = Instant::now();
        let mut hear = |news, before, verdict, polled| {
            at += MINUTE;
            rules.hear(at, &[Word { news, before: Some(before), verdict }], polled)
        };
        let restart = hear(News::Restart { restarts: 1, new: 1 }, Ok, Ok, Some(Ok));
        assert!(matches!(restart[..], [Next::Run(3, _)]), "{restart:?}");
        let since = jiff::Timestamp::UNIX_EPOCH;
        let outage = hear(News::Outage { since, polls: 3 }, Danger, Unknown, None);
        assert_eq!(outage, []);
        let back = News::Back { since, after: MINUTE, polls: 3, restarted: true };
        let back = hear(back, Unknown, Ok, Some(Ok));
        assert!(matches!(back[..], [Next::Run(2, _), Next::Run(3, _)]), "{back:?}");
    }
}
