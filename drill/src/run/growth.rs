//! What became of one number while good requests, and nothing else, went through a relay, round after round: it stays
//! level, is made once, comes and goes, is collected, or grows. Pure, so that it is tried on series that were written
//! down.
//!
//! A fall alone excuses nothing: a relay that closes something at its start, and then leaks, has one, too. What counts is
//! the floor, the readings after falls. What collects its rubbish comes back to where it was; what leaks does not, whatever
//! it gives back now and then.

use super::rule::{MADE_ONCE, ROUNDS};

/// Rounds after which something that never fell back will not.
const MOST: usize = 2 * ROUNDS;
/// Rounds after which something that is left seldom, and was left in the last rounds, too, is told from what is made once.
pub(super) const LAST: usize = MOST + ROUNDS;
/// A floor is level while it rises by no more than this part of the highest tooth: most of what was gained came back. A
/// collector leaves some, because it runs in the middle of a round, and a pool may have been made meanwhile.
const LEVEL: u64 = 4;
/// A rise at the end that has not fallen yet is a tooth like the others, up to so many times as high as the highest.
const TOOTH: u64 = 2;
/// So many units together, or a rise in every one of so many rounds, are a rate. Fewer are something that comes and goes,
/// however few requests there were.
pub(super) const EVIDENCE: u64 = 5;
/// What grows less in its last rounds than this part of before is filling up: a pool on its way to its size.
const FILLED: u64 = 3;

/// One number after each round, where the first is the one before the rounds, and the requests of each round.
pub(super) struct Series {
    pub(super) name: &'static str,
    pub(super) values: Vec<u64>,
    pub(super) requests: Vec<u64>,
}

/// What a series is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Course {
    /// Nothing stays.
    Level,
    /// The first rounds leave something, and the others add next to nothing.
    Once,
    /// So many more at most, now and then: too few to be a rate.
    Wavers(u64),
    /// It grows, and falls back to its floor: so much for each request.
    Collected(f64),
    /// It grows, and nothing brings it back: so much for each request, and what it was at its lowest.
    Grows(f64, u64),
}

impl Series {
    pub(super) fn course(&self) -> Course {
        let rises: Vec<u64> = self.rises().collect();
        let most = rises.iter().copied().max().unwrap_or(0);
        if most == 0 {
            return Course::Level;
        }
        let teeth = Teeth::of(&self.values);
        if teeth.come_back() {
            return if is_evidence(&rises) { Course::Collected(self.rate()) } else { Course::Wavers(most) };
        }
        if teeth.lows.len() == 1 && self.is_made_once(&rises) {
            return Course::Once;
        }
        Course::Grows(self.rate(), teeth.lows.iter().copied().min().unwrap_or(0))
    }

    /// Tells whether another round may change what it is.
    pub(super) fn is_open(&self) -> bool {
        match self.course() {
            Course::Grows(..) => self.requests.len() < MOST,
            Course::Once => self.requests.len() >= MOST && self.late() > 0,
            _ => false,
        }
    }

    /// Tells whether much came in one round, and about as much in a later one, and none of it was given back: that is no pool
    /// on its way to its size, which gains less each time.
    pub(super) fn comes_again(&self) -> bool {
        let mut most = 0;
        let is_kept = self.values.windows(2).all(|pair| pair[1] >= pair[0]);
        is_kept
            && self.rises().any(|rise| {
                let is_again = most >= EVIDENCE && rise >= EVIDENCE && 3 * rise >= 2 * most;
                most = most.max(rise);
                is_again
            })
    }

    /// What it was and what it is, of something that is no leak.
    pub(super) fn told(&self) -> String {
        let [first, last] =
            [self.values.first(), self.values.last()].map(|value| value.copied().unwrap_or(0));
        format!("{name}: {first} before, {last} after the last round", name = self.name)
    }

    /// By how much it has risen in all.
    pub(super) fn rose(&self) -> u64 {
        self.rises().sum()
    }

    /// The highest rise of the last rounds.
    pub(super) fn late(&self) -> u64 {
        self.rises().skip(self.requests.len().saturating_sub(ROUNDS).max(1)).max().unwrap_or(0)
    }

    fn rises(&self) -> impl Iterator<Item = u64> {
        self.values.windows(2).map(|pair| pair[1].saturating_sub(pair[0]))
    }

    /// The highest of all rounds, for each request.
    #[expect(clippy::cast_precision_loss, reason = "counts far below 2^53")]
    fn rate(&self) -> f64 {
        let rounds = self.rises().zip(&self.requests);
        rounds.map(|(rise, requests)| rise as f64 / (*requests).max(1) as f64).fold(0.0, f64::max)
    }

    /// It never fell: tells whether it is something that a program makes when it first needs it.
    fn is_made_once(&self, rises: &[u64]) -> bool {
        let later = rises.get(1..).unwrap_or_default();
        let count = |rises: &[u64]| rises.iter().filter(|rise| **rise > 0).count();
        if count(later) == 0 && MADE_ONCE.contains(&self.name) {
            return true;
        }
        // Not known before all rounds are over: it may fall yet.
        if rises.len() <= ROUNDS {
            return false;
        }
        let requests = self.requests.get(1..).unwrap_or_default();
        let (early, late) = later.split_at(ROUNDS - 1);
        let (before, since) = requests.split_at(ROUNDS - 1);
        // For as many requests.
        let (early, late) = (
            early.iter().sum::<u64>() * since.iter().sum::<u64>(),
            late.iter().sum::<u64>() * before.iter().sum::<u64>(),
        );
        // What comes seldom is told by the last rounds, and by those alone once there are more of them.
        let told = if rises.len() > MOST { &rises[MOST..] } else { later };
        // In less than every second round: a program that makes a few of something when it first needs them.
        2 * count(told) < told.len() || late * FILLED < early
    }
}

/// Enough to be charged to every request, or for every request.
fn is_evidence(rises: &[u64]) -> bool {
    rises.iter().sum::<u64>() >= EVIDENCE || rises.iter().filter(|rise| **rise > 0).count() >= ROUNDS
}

/// A series as teeth: it rises from one low to the next one over a peak.
struct Teeth {
    /// The lowest reading before the first rise, and the reading after each fall.
    lows: Vec<u64>,
    /// How far the highest tooth that has come down rose above the low before it.
    height: u64,
    /// How far it has risen above its last low since.
    open: u64,
}

impl Teeth {
    fn of(values: &[u64]) -> Self {
        let mut teeth = Self { lows: vec![values.first().copied().unwrap_or(0)], height: 0, open: 0 };
        let (mut low, mut peak) = (teeth.lows[0], teeth.lows[0]);
        for pair in values.windows(2) {
            if pair[1] >= pair[0] {
                peak = peak.max(pair[1]);
                continue;
            }
            if peak > low {
                teeth.height = teeth.height.max(peak - low);
                teeth.lows.push(pair[1]);
            } else if let Some(last) = teeth.lows.last_mut() {
                // Down from the last low: what was there before it began is no gain.
                *last = pair[1];
            }
            (low, peak) = (pair[1], pair[1]);
        }
        teeth.open = peak.saturating_sub(low);
        teeth
    }

    /// Tells whether its floor is level, and its last rise no higher than a tooth may be.
    fn come_back(&self) -> bool {
        // What the first rise made once is below the floor, where there is more than one low to compare.
        let (Some(first), Some(last)) =
            (self.lows.get(1).filter(|_| self.lows.len() > 2).or(self.lows.first()), self.lows.last())
        else {
            return false;
        };
        let rise = last.saturating_sub(*first);
        self.lows.len() > 1 && rise * LEVEL <= self.height && self.open <= TOOTH * self.height
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(values: &[u64], each: u64) -> Series {
        Series { name: "descriptors", values: values.to_vec(), requests: vec![each; values.len() - 1] }
    }

    fn course(values: &[u64]) -> Course {
        series(values, 100).course()
    }

    #[test]
    fn what_stays_and_what_is_made_once() {
        assert_eq!(course(&[20, 20, 20, 20]), Course::Level);
        assert_eq!(course(&[20, 12, 12, 12]), Course::Level);
        assert_eq!(course(&[20, 22, 22, 22]), Course::Once, "a warm-up, then level");
        let permits = Series { name: "permits", ..series(&[0, 2, 2, 2], 100) };
        assert_eq!(permits.course(), Course::Grows(0.02, 0), "a permit belongs to a request");
        assert_eq!(
            course(&[8, 9, 10, 10, 10, 10, 10]),
            Course::Once,
            "threads that a program needed at last"
        );
        assert_eq!(course(&[8, 20, 26, 29, 31, 32, 33]), Course::Once, "a pool that fills up");
        assert_eq!(
            course(&[8, 20, 26, 29]),
            Course::Grows(0.12, 8),
            "which is not known yet after three rounds"
        );
    }

    /// One with each 250th request: three more rounds tell it from what a program needed late.
    #[test]
    fn what_comes_seldom_and_comes_again_grows() {
        let seldom = [20, 20, 20, 21, 21, 22, 22];
        assert_eq!(course(&seldom), Course::Once);
        assert!(series(&seldom, 100).is_open() && !series(&[20, 21, 21, 22, 22, 22, 22], 100).is_open());
        let more = |last: [u64; 3]| {
            let values = [&seldom[..], &last].concat();
            let requests = [[100; 6].as_slice(), &[500; 3]].concat();
            Series { name: "descriptors", values, requests }
        };
        assert_eq!(more([24, 26, 28]).course(), Course::Grows(0.01, 20));
        assert_eq!((more([22, 22, 22]).course(), more([22, 23, 23]).course()), (Course::Once, Course::Once));
        assert_eq!((more([22, 22, 22]).late(), more([22, 23, 23]).late()), (0, 1), "it is no row's fault");
    }

    #[test]
    fn a_collector_comes_back_to_its_floor() {
        assert_eq!(course(&[20, 120, 30, 130]), Course::Collected(1.0), "most of it came back");
        assert_eq!(course(&[20, 70, 120, 220, 25, 75]), Course::Collected(1.0), "it comes seldom");
        assert_eq!(course(&[20, 60, 45, 65, 40, 62, 45]), Course::Collected(0.4), "above what is made once");
        assert_eq!(course(&[20, 120, 10, 110]), Course::Collected(1.0), "a floor that sinks is level");
    }

    #[test]
    fn a_fall_that_gives_back_little_excuses_nothing() {
        assert_eq!(
            course(&[20, 15, 115, 215, 315]),
            Course::Grows(1.0, 15),
            "it closed something at its start"
        );
        assert_eq!(course(&[20, 22, 19, 29, 39, 49, 59]), Course::Grows(0.1, 19), "or after some requests");
        assert_eq!(course(&[20, 120, 118, 218, 316]), Course::Grows(1.0, 20), "or in the middle");
        let rising = &[20, 120, 70, 170, 120, 220, 170];
        for seen in 3..rising.len() {
            assert_eq!(
                course(&rising[..=seen]),
                Course::Grows(1.0, 20),
                "half of each tooth stays: {seen} rounds"
            );
        }
        let steady = &[20, 120, 220, 320, 420, 520, 620];
        assert_eq!(course(steady), Course::Grows(1.0, 20));
        assert_eq!(
            course(&[20, 220, 230, 240, 250, 260, 270]),
            Course::Grows(2.0, 20),
            "behind a warm-up, too"
        );
        assert_eq!(course(&[20, 20, 50, 50, 80, 80, 110]), Course::Grows(0.3, 20), "in every second round");
    }

    /// Four requests a round: one descriptor would be a quarter of one for each request.
    #[test]
    fn a_few_units_are_no_rate() {
        assert_eq!(series(&[20, 21, 20, 21], 4).course(), Course::Wavers(1));
        assert_eq!(series(&[20, 22, 20, 22], 4).course(), Course::Wavers(2));
        assert_eq!(series(&[20, 24, 20, 24], 4).course(), Course::Collected(1.0), "one for each is one");
        assert_eq!(series(&[20, 21, 22, 23, 24, 25, 26], 4).course(), Course::Grows(0.25, 20));
        assert_eq!(series(&[20, 21, 21, 22, 22, 22, 22], 4).course(), Course::Once);
    }
}
