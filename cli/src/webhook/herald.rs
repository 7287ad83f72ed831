//! When to tell: on a change of the verdict, and not again and again while it flaps.

use std::time::{Duration, Instant};

use vitals::Verdict;

/// Failed polls in a row that mean that the target is gone: one may be the network's.
const GONE: u64 = 3;

/// The last word, and when it was.
#[derive(Debug)]
pub(crate) struct Herald {
    /// Until the first good poll all is taken to be well, but nobody has said so.
    told: Option<Verdict>,
    at: Option<Instant>,
    cooldown: Duration,
}

impl Herald {
    /// Nothing has been seen.
    pub(crate) fn new(cooldown: Duration) -> Self {
        Self { told: None, at: None, cooldown }
    }

    /// The state by the newest poll: its own verdict, `unknown` after several failures in a row, `None` before that.
    pub(crate) fn state(judged: Option<Verdict>, failing: u64) -> Option<Verdict> {
        judged.or((failing >= GONE).then_some(Verdict::Unknown))
    }

    /// Some if this is news: the verdict that stood before, if there was one. What gets worse is told at once; what
    /// gets better when the cooldown since the last word is over. A good start is no news.
    pub(crate) fn news(&mut self, now: Instant, verdict: Verdict) -> Option<Option<Verdict>> {
        let before = self.told.unwrap_or(Verdict::Ok);
        if verdict == before {
            self.told = Some(verdict);
            return None;
        }
        let worse = verdict > before;
        let quiet = self.at.is_none_or(|at| now.saturating_duration_since(at) >= self.cooldown);
        if !worse && !quiet {
            return None;
        }
        self.at = Some(now);
        Some(self.told.replace(verdict))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Verdict::{Danger, Ok, Unknown, Warning};

    /// The news in verdicts a minute apart, with a cooldown of five.
    fn told(verdicts: &[Verdict]) -> Vec<(u64, Verdict)> {
        let (mut herald, start) = (Herald::new(Duration::from_secs(300)), Instant::now());
        (0..)
            .zip(verdicts)
            .filter_map(|(minute, verdict)| {
                let now = start + Duration::from_secs(60 * minute);
                herald.news(now, *verdict).map(|_| (minute, *verdict))
            })
            .collect()
    }

    #[test]
    fn changes_are_told_once() {
        assert_eq!(told(&[Ok, Ok, Ok]), []);
        assert_eq!(told(&[Ok, Warning, Warning, Danger, Danger]), [(1, Warning), (3, Danger)]);
        assert_eq!(told(&[Danger, Danger, Danger, Danger, Danger, Ok]), [(0, Danger), (5, Ok)]);
        assert_eq!(told(&[Ok, Unknown]), [(1, Unknown)]);
    }

    #[test]
    fn the_first_one_has_nothing_before_it() {
        let (mut herald, now) = (Herald::new(Duration::ZERO), Instant::now());
        assert_eq!([herald.news(now, Danger), herald.news(now, Ok)], [Some(None), Some(Some(Danger))]);
        let mut herald = Herald::new(Duration::ZERO);
        assert_eq!([herald.news(now, Ok), herald.news(now, Danger)], [None, Some(Some(Ok))]);
    }

    #[test]
    fn flapping_is_told_once_and_a_recovery_when_it_lasts() {
        assert_eq!(told(&[Danger, Ok, Danger, Ok, Danger, Danger]), [(0, Danger)]);
        assert_eq!(told(&[Danger, Ok, Ok, Ok, Ok, Ok, Ok]), [(0, Danger), (5, Ok)]);
    }

    #[test]
    fn a_single_failed_poll_is_no_news() {
        assert_eq!(Herald::state(Some(Ok), 0), Some(Ok));
        assert_eq!(Herald::state(None, 1), None);
        assert_eq!(Herald::state(None, 2), None);
        assert_eq!(Herald::state(None, 3), Some(Unknown));
    }
}
