//! What is lent for a time and asked for by one flight: a token, credentials. From four fifths of its life on it is asked
//! for anew while it still serves; a flight that fails leaves the last good one, and a rest before the next.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::watch;

use super::lack::Lack;
use crate::clock::{lock, millis, now};

/// The rest after a failed flight, in milliseconds; each further failure doubles it.
const REST: u64 = 1_000;
/// The longest rest, in milliseconds.
const LONGEST_REST: u64 = 30_000;
/// One that was asked for because the last was refused, and is refused too, is not asked for again for so long.
const FORCED: u64 = 30_000;

/// What a flight brings.
pub(super) struct Fresh<T> {
    pub(super) value: T,
    pub(super) life: Duration,
}

/// The value in use, and its number.
pub(super) struct Lent<T> {
    pub(super) value: Arc<T>,
    pub(super) number: u64,
}

/// What there is for somebody who asks.
pub(super) enum Look<T> {
    /// This one. A flight is due as well where its end is to be told.
    Have(Lent<T>, Option<Landing<T>>),
    /// Somebody's flight is under way.
    Wait(watch::Receiver<()>),
    /// Nothing, and nobody asks yet.
    Fly(Landing<T>),
    /// Nothing, for this reason, until some time has passed.
    Failed(Lack),
}

pub(super) struct Kept<T>(Arc<Mutex<State<T>>>);

struct State<T> {
    good: Option<Good<T>>,
    flight: Option<watch::Receiver<()>>,
    /// Until when nobody asks, and why.
    failed: Option<(u64, Lack)>,
    failures: u32,
    number: u64,
    forced: Option<u64>,
}

struct Good<T> {
    value: Arc<T>,
    refresh_at: u64,
    ends_at: u64,
    /// It was refused: another one is wanted first.
    doubted: bool,
}

/// A flight's end, to be told once; untold, the flight was given up.
pub(super) struct Landing<T> {
    state: Arc<Mutex<State<T>>>,
    /// Whoever waits learns by its end.
    _tell: watch::Sender<()>,
}

impl<T> Kept<T> {
    pub(super) fn new() -> Self {
        Self(Arc::new(Mutex::new(State {
            good: None,
            flight: None,
            failed: None,
            failures: 0,
            number: 0,
            forced: None,
        })))
    }

    pub(super) fn look(&self) -> Look<T> {
        let now = now();
        let mut state = lock(&self.0);
        let flying =
            state.flight.take_if(|flight| flight.has_changed().is_err()).is_none() && state.flight.is_some();
        let rests = state.failed.as_ref().is_some_and(|(until, _)| now < *until);
        let number = state.number;
        if let Some(good) = state.good.as_ref().filter(|good| now < good.ends_at) {
            let lent = Lent { value: Arc::clone(&good.value), number };
            let due = good.doubted || now >= good.refresh_at;
            if !good.doubted || rests {
                let begins = due && !flying && !rests;
                return Look::Have(lent, begins.then(|| self.begin(&mut state)));
            }
        }
        if let Some(flight) = &state.flight {
            return Look::Wait(flight.clone());
        }
        match &state.failed {
            Some((_, why)) if rests => Look::Failed(why.clone()),
            _ => Look::Fly(self.begin(&mut state)),
        }
    }

    fn begin(&self, state: &mut State<T>) -> Landing<T> {
        let (tell, flight) = watch::channel(());
        state.flight = Some(flight);
        Landing { state: Arc::clone(&self.0), _tell: tell }
    }

    /// The one of that number was refused. Returns whether another one is worth waiting for.
    pub(super) fn doubt(&self, number: u64) -> bool {
        let (now, mut state) = (now(), lock(&self.0));
        if state.number != number {
            return state.number > number;
        }
        if state.forced.is_some_and(|at| now < at + FORCED) {
            return false;
        }
        let Some(good) = &mut state.good else { return false };
        good.doubted = true;
        state.forced = Some(now);
        true
    }
}

impl<T> Landing<T> {
    pub(super) fn tell(self, brought: Result<Fresh<T>, Lack>) {
        let (now, mut state) = (now(), lock(&self.state));
        state.flight = None;
        match brought {
            Ok(fresh) => {
                let life = millis(fresh.life);
                state.number += 1;
                let value = Arc::new(fresh.value);
                let (refresh_at, ends_at) = (now + life / 5 * 4, now + life);
                state.good = Some(Good { value, refresh_at, ends_at, doubted: false });
                state.failed = None;
                state.failures = 0;
            }
            Err(why) => {
                let rest = (REST << state.failures.min(5)).min(LONGEST_REST);
                state.failures += 1;
                state.failed = Some((now + rest, why));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::scripted::stands_at;

    const LIFE: u64 = 100_000;

    fn brought(value: &'static str) -> Result<Fresh<&'static str>, Lack> {
        Ok(Fresh { value, life: Duration::from_millis(LIFE) })
    }

    fn fly(kept: &Kept<&'static str>) -> Landing<&'static str> {
        match kept.look() {
            Look::Fly(landing) => landing,
            _ => panic!("no flight begins"),
        }
    }

    /// What there is, and the flight that begins beside it.
    fn have(kept: &Kept<&'static str>) -> (&'static str, Option<Landing<&'static str>>) {
        match kept.look() {
            Look::Have(lent, landing) => (*lent.value, landing),
            Look::Failed(why) => panic!("{why}"),
            _ => panic!("nothing is there"),
        }
    }

    #[test]
    fn one_flight_serves_all_and_the_next_begins_at_four_fifths() {
        stands_at(1);
        let kept = Kept::new();
        let landing = fly(&kept);
        assert!(matches!(kept.look(), Look::Wait(_)), "the others wait");
        landing.tell(brought("a"));
        stands_at(1 + LIFE / 5 * 4 - 1);
        assert!(matches!(have(&kept), ("a", None)));
        stands_at(1 + LIFE / 5 * 4);
        let (_, landing) = have(&kept);
        assert!(matches!(have(&kept), ("a", None)), "one flight, and nobody waits for it");
        landing.unwrap().tell(brought("b"));
        assert!(matches!(have(&kept), ("b", None)));
    }

    #[test]
    fn a_failed_flight_leaves_the_last_good_one_and_rests_longer_each_time() {
        stands_at(1);
        let kept = Kept::new();
        fly(&kept).tell(brought("a"));
        stands_at(90_001);
        have(&kept).1.unwrap().tell(Err("no".into()));
        assert!(matches!(have(&kept), ("a", None)), "it rests");
        stands_at(91_001);
        have(&kept).1.unwrap().tell(Err("no".into()));
        stands_at(92_900);
        assert!(matches!(have(&kept), ("a", None)));
        stands_at(93_001);
        have(&kept).1.unwrap().tell(Err("still no".into()));
        stands_at(100_001 - 3_000 + 2_999);
        assert!(have(&kept).1.is_some_and(|landing| {
            landing.tell(Err("never".into()));
            true
        }));
        stands_at(100_002);
        assert!(matches!(kept.look(), Look::Failed(why) if why.text == "never"), "its life is over");
    }

    #[test]
    fn a_refused_one_is_asked_for_anew_once() {
        stands_at(1);
        let kept = Kept::new();
        fly(&kept).tell(brought("a"));
        assert!(kept.doubt(1) && !kept.doubt(1), "a burst forces one");
        let landing = fly(&kept);
        assert!(matches!(kept.look(), Look::Wait(_)));
        landing.tell(brought("b"));
        assert!(kept.doubt(1), "who used the old one tries the new one");
        assert!(!kept.doubt(2), "a new one that is refused too is not cured by a third");
        assert!(matches!(have(&kept), ("b", None)));
        stands_at(1 + FORCED);
        assert!(kept.doubt(2));
        fly(&kept).tell(Err("no".into()));
        assert!(matches!(have(&kept), ("b", None)), "the last good one is kept");
    }

    #[test]
    fn a_flight_that_is_given_up_is_nobodys_hindrance() {
        stands_at(1);
        let kept = Kept::new();
        drop(fly(&kept));
        fly(&kept).tell(brought("a"));
        assert_eq!(have(&kept).0, "a");
    }
}
