//! Ten minutes for a drill of another relay, whatever it is like. Clients wait for as long as was asked while there is time.
//! Once rows have hung, each row that is still to come keeps its share, and clients wait for what is left beyond that: a
//! relay that hangs in ten rows is waited for in full, one that hangs in forty is not. A relay that is slow is sent fewer
//! requests, and nobody waits for less than it has been seen to take: where that is too much for ten minutes, rows are left
//! out.

use std::time::Duration;

use super::size::Size;

/// For all rows together.
pub(super) const WHOLE: Duration = Duration::from_secs(600);
/// What a row takes beside its work: good requests before it, and the time that the relay has to come back to its baseline.
const BESIDE: Duration = Duration::from_secs(7);
/// The least that the work of a row is given, and how long its clients wait then.
const LEAST: Duration = Duration::from_secs(4);
const LEAST_PATIENCE: Duration = Duration::from_secs(3);
/// What the work of a row is given while nothing has hung: a busy machine is slow, and no fault of a relay.
const UNHURRIED: Duration = Duration::from_secs(60);
/// What a row may ask for beyond its share.
const MOST: Duration = Duration::from_secs(60);
/// What is seen to work may be twice as slow the next time.
const AGAIN: u32 = 2;

/// How long a row may take, and how much of it is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Share {
    /// A client waits for an end.
    pub(super) patience: Duration,
    /// All of its work.
    pub(super) work: Duration,
    pub(super) requests: usize,
}

/// What a relay has been seen to take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Speed {
    /// A good request, as a rule.
    pub(super) usual: Duration,
    /// The longest good one.
    pub(super) good: Duration,
    /// The longest that had an end of any kind.
    pub(super) longest: Duration,
}

/// How far a drill is.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Clock {
    pub(super) elapsed: Duration,
    /// To come, the next one included.
    pub(super) rows: usize,
    /// In which something has hung.
    pub(super) hung: usize,
    /// Good requests, one after the other, before a row and after it.
    pub(super) good: u32,
    /// How often the next row waits for all that may be under way at once.
    pub(super) waits: u32,
    /// What rows have taken in which nothing hung, as a mean; nothing where none was done.
    pub(super) mean: Duration,
}

/// The time that rows have taken.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Worked {
    rows: u32,
    all: Duration,
}

impl Worked {
    pub(super) fn add(&mut self, took: Duration) {
        self.rows += 1;
        self.all += took;
    }

    /// Nothing where there is none.
    pub(super) fn mean(self) -> Duration {
        self.all.checked_div(self.rows).unwrap_or_default()
    }
}

/// The share of the next row; `None` where there is no time left for it. `asked` is what the user wants.
pub(super) fn share(asked: Size, clock: Clock, speed: Speed) -> Option<Share> {
    let left = WHOLE.saturating_sub(clock.elapsed);
    let rows = u32::try_from(clock.rows.max(1)).unwrap_or(u32::MAX);
    // What has had an end within the patience asked for is waited for again; and a good one by all means.
    let floor =
        (speed.longest + speed.longest / 4).min(asked.patience).max(speed.good * AGAIN).max(LEAST_PATIENCE);
    let least = LEAST.max(floor + (LEAST - LEAST_PATIENCE)).max(speed.usual * clock.good);
    // Less than it needs would be spent on nothing.
    let needs = speed.usual.saturating_mul(clock.waits);
    if needs > left {
        return None;
    }
    let least = least.max(needs.saturating_add(LEAST - LEAST_PATIENCE).min(MOST));
    if clock.hung == 0 {
        if left < LEAST + speed.usual * clock.good + needs.max(speed.usual).min(MOST) {
            return None;
        }
        let patience = asked.patience.max(speed.good * AGAIN);
        let reserve = (LEAST + BESIDE).saturating_mul(rows - 1) + BESIDE;
        let work = left.saturating_sub(reserve).max(UNHURRIED).max(patience * AGAIN);
        return Some(Share { patience, work, requests: requests(asked, clock, speed, left / rows) });
    }
    let beside = BESIDE + speed.usual * clock.good;
    let reserve = (least + beside).saturating_mul(rows - 1) + beside;
    if left < least + beside {
        return None;
    }
    let work = left.saturating_sub(reserve).max(least);
    let patience = asked.patience.min(work - (LEAST - LEAST_PATIENCE)).max(floor);
    Some(Share { patience, work, requests: requests(asked, clock, speed, left / rows) })
}

/// How many requests of a row fit into its part of the time, if they take what good ones do; and if rows have taken longer
/// than there is for the others, as many less. Never fewer than may be under way at once.
fn requests(asked: Size, clock: Clock, speed: Speed, part: Duration) -> usize {
    let least = asked.at_once.min(asked.requests);
    let mut requests = asked.requests;
    let free = part.saturating_sub(speed.usual * clock.good);
    let waves = free.as_micros().checked_div(speed.usual.as_micros()).unwrap_or(u128::MAX);
    let fit = waves.saturating_mul(asked.at_once as u128);
    requests = requests.min(usize::try_from(fit).unwrap_or(usize::MAX));
    if clock.mean > part {
        let fit = asked.requests as u128 * part.as_micros() / clock.mean.as_micros().max(1);
        requests = requests.min(usize::try_from(fit).unwrap_or(usize::MAX));
    }
    if requests < asked.requests {
        // A part of a wave takes as long as a whole one.
        requests -= requests % asked.at_once;
    }
    requests.max(least)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rows that any relay can be put through, and some more.
    const ROWS: usize = 48;
    /// Good requests beside a row at 25 at once.
    const GOOD: u32 = 7;

    fn asked() -> Size {
        let patience = Duration::from_secs(30);
        Size { requests: 100, at_once: 25, rate: None, patience, repetitions: 1, full: false, hurried: true }
    }

    fn secs(secs: u64) -> Duration {
        Duration::from_secs(secs)
    }

    /// What became of a drill on a clock that rows turn.
    #[derive(Debug, Default)]
    struct Drilled {
        took: Duration,
        shares: Vec<Share>,
        left_out: usize,
    }

    /// A good request takes `good`. A row that hangs waits for `waits` ends in vain, one after the other, until its share is
    /// over; any other asks all of its requests.
    fn drill(good: Duration, hangs: impl Fn(usize) -> bool, waits: u32) -> Drilled {
        let (mut drilled, mut clock, mut worked) = (Drilled::default(), Clock::default(), Worked::default());
        let speed = Speed { usual: good, good, longest: good };
        for row in 0..ROWS {
            (clock.rows, clock.good) = (ROWS - row, GOOD);
            let Some(share) = share(asked(), clock, speed) else {
                drilled.left_out += 1;
                continue;
            };
            let took = if hangs(row) {
                clock.hung += 1;
                (share.patience * waits).min(share.work) + BESIDE + good * GOOD
            } else {
                let waves = u32::try_from(share.requests.div_ceil(25)).unwrap();
                secs(2) + good * (GOOD + waves)
            };
            clock.elapsed += took;
            drilled.shares.push(share);
            if !hangs(row) {
                worked.add(took);
            }
            clock.mean = worked.mean();
        }
        drilled.took = clock.elapsed;
        drilled
    }

    #[test]
    fn a_relay_that_hangs_in_every_row_is_done_in_ten_minutes() {
        for waits in [1, 2, 10] {
            let drilled = drill(Duration::ZERO, |_| true, waits);
            assert!(drilled.took <= WHOLE && drilled.left_out == 0, "{waits} waits a row: {drilled:?}");
            assert_eq!(drilled.shares[0].patience, secs(30));
            assert!(drilled.shares.iter().all(|share| share.patience >= LEAST_PATIENCE));
        }
    }

    #[test]
    fn a_relay_that_hangs_in_some_rows_is_waited_for_in_full() {
        let drilled = drill(Duration::ZERO, |row| row % 5 == 0, 1);
        assert!(drilled.took <= WHOLE && drilled.left_out == 0, "{drilled:?}");
        assert!(drilled.shares.iter().all(|share| share.patience == secs(30) && share.requests == 100));
    }

    /// It never hangs, and is sent less, down to what may be under way at once; what does not fit then is left out.
    #[test]
    fn a_slow_relay_is_sent_less_and_then_not_asked() {
        let somewhat = drill(Duration::from_millis(1000), |_| false, 1);
        assert!(somewhat.took <= WHOLE && somewhat.left_out == 0, "{somewhat:?}");
        assert!(somewhat.shares.iter().any(|share| (25..100).contains(&share.requests)), "{somewhat:?}");
        let slow = drill(secs(5), |_| false, 1);
        assert!(slow.took <= WHOLE + secs(5) * GOOD && slow.left_out > 0, "{slow:?}");
        assert!(slow.shares.iter().all(|share| share.patience == secs(30)));
        let very = drill(secs(20), |_| false, 1);
        assert!(very.left_out > 40 && very.shares.iter().all(|share| share.patience == secs(40)), "{very:?}");
    }

    /// A wait is never shorter than what good requests have been seen to take, and some more.
    #[test]
    fn nobody_waits_for_less_than_was_seen() {
        for good in [1, 5, 14] {
            let drilled = drill(secs(good), |row| row % 2 == 0, 2);
            assert!(drilled.took <= WHOLE + secs(60), "{drilled:?}");
            let least = drilled.shares.iter().map(|share| share.patience).min();
            assert!(least >= Some(secs(good) * AGAIN), "{good} s: {drilled:?}");
        }
        let clock = Clock { rows: 30, hung: 20, elapsed: secs(400), mean: secs(20), good: GOOD, waits: 1 };
        let ended = Speed { longest: secs(5), ..Speed::default() };
        assert_eq!(
            share(asked(), clock, ended).map(|share| share.patience),
            Some(Duration::from_millis(6250))
        );
        let late = Speed { longest: secs(29), ..Speed::default() };
        assert_eq!(share(asked(), clock, late).map(|share| share.patience), Some(secs(30)), "as was asked");
    }

    #[test]
    fn there_is_an_end() {
        let over = Clock { rows: 10, elapsed: WHOLE * 2, ..Clock::default() };
        assert_eq!(share(asked(), over, Speed::default()), None);
        let nearly = Clock { rows: 10, elapsed: WHOLE - secs(10), good: GOOD, ..Clock::default() };
        assert!(share(asked(), nearly, Speed::default()).is_some());
        assert_eq!(share(asked(), nearly, Speed { usual: secs(1), ..Speed::default() }), None);
    }
}
