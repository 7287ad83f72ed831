//! Which stack of a Go program grows, or holds a crowd that does not leave, asked beside the polling, which never waits
//! for it. Each profile is load on the target: there is one at most every minute, where none was named or found none before
//! something grows, and after the first three none unless something grows or leaks. Where connections grow that no stack
//! holds, one of the heap goes with it.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use vitals::trend::Metric;

use super::Polled;
use crate::diagnosis;
use crate::finding::Check;
use crate::profile::{Evidence, FEW, Place, Profile, Weighing};
use crate::source::Probe;
use crate::words;

/// Between two profiles.
const APART: Duration = Duration::from_secs(60);
/// How long one may take at most: a watch that ends waits for it.
const PATIENCE: Duration = Duration::from_secs(10);

/// Takes profiles when it is asked to.
#[derive(Debug)]
pub(crate) struct Stacks {
    probe: Probe,
    /// The address is the operator's own word: there is a baseline from the start, and trouble is told.
    named: bool,
    slot: Mutex<Slot>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Slot {
    /// The first profile of this life of the target.
    baseline: Option<(Instant, Profile)>,
    asked: Option<Instant>,
    wanted: bool,
    /// The count comes from a profile.
    found: bool,
    /// There are no profiles, or the watch has ended.
    over: bool,
    places: Vec<Place>,
    /// What the profiles of this life prove.
    weighing: Weighing,
}

/// Ends the asking when dropped, however the watch ends.
pub(crate) struct Ending<'a>(pub(crate) Option<&'a Stacks>);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.into_iter().for_each(Stacks::end);
    }
}

impl Stacks {
    /// Nothing asked yet; `named` if the operator gave the address of profiles.
    pub(crate) fn new(probe: Probe, named: bool) -> Self {
        Self { probe, named, slot: Mutex::default(), changed: Condvar::new() }
    }

    fn slot(&self) -> MutexGuard<'_, Slot> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The target serves profiles, as its polls say.
    pub(crate) fn find(&self) {
        self.slot().found = true;
    }

    /// One poll. Asks for a profile when one is due; never waits.
    pub(crate) fn hear(&self, polled: &Polled<'_>) {
        let grows = polled.trend.growing.iter().any(|finding| finding.check == Check::Growth(Metric::Tasks));
        self.want(Instant::now(), polled.step.restarted, grows || polled.trend.rising);
    }

    fn want(&self, now: Instant, restarted: bool, grows: bool) {
        let mut slot = self.slot();
        if restarted {
            slot.baseline = None;
            slot.places.clear();
            slot.weighing = Weighing::default();
        }
        // Three tell a crowd that stays; what is found is looked at until it is gone.
        let is_found = self.named || slot.found || slot.baseline.is_some();
        let untold = is_found && (slot.weighing.is_short() || slot.weighing.found().is_some());
        let due = slot.asked.is_none_or(|at| now.saturating_duration_since(at) >= APART);
        if (grows || untold) && due && !slot.over {
            slot.asked = Some(now);
            slot.wanted = true;
            self.changed.notify_one();
        }
    }

    fn end(&self) {
        self.slot().over = true;
        self.changed.notify_one();
    }

    /// Takes profiles until it is ended; `say` hears of trouble, once, and `show` of what grows.
    pub(crate) fn run(&self, timeout: Duration, say: impl Fn(String), show: impl Fn(&[Place])) {
        let mut told = false;
        while self.wait() {
            match diagnosis::profile(&self.probe, timeout.min(PATIENCE)) {
                Ok(profile) => {
                    self.compare(profile, timeout.min(PATIENCE));
                    show(&self.places());
                }
                // A relay that has no profiles is asked once; one that was named may only be busy.
                Err(_) if !self.named && !self.slot().found => return self.end(),
                Err(step) => {
                    if self.named && !std::mem::replace(&mut told, true) {
                        say(words::stacks_unnamed(&step));
                    }
                }
            }
        }
    }

    fn wait(&self) -> bool {
        let mut slot = self.slot();
        while !slot.wanted && !slot.over {
            slot = self.changed.wait(slot).unwrap_or_else(PoisonError::into_inner);
        }
        slot.wanted = false;
        !slot.over
    }

    fn compare(&self, profile: Profile, timeout: Duration) {
        let now = Instant::now();
        let mut places = {
            let mut slot = self.slot();
            slot.weighing.add(now, &profile);
            match &slot.baseline {
                Some((then, before)) => {
                    diagnosis::places(before, &profile, now.saturating_duration_since(*then), FEW)
                }
                None => {
                    slot.baseline = Some((now, profile));
                    return;
                }
            }
        };
        // Without the lock: the polling never waits. What cannot be named is not missed here; `diagnose` says why.
        let _ = diagnosis::name_makers(&self.probe, timeout, &mut places, diagnosis::more, &profile);
        let mut slot = self.slot();
        // A restart in between has taken the baseline away.
        if slot.baseline.is_some() {
            slot.places = places;
        }
    }

    /// What the profiles of this life of the target prove by now.
    pub(crate) fn evidence(&self) -> Option<Evidence> {
        let slot = self.slot();
        let mut evidence = slot.weighing.found().cloned()?;
        let same = slot.places.iter().find(|place| place.cause == evidence.place.cause);
        evidence.place.requested_by = same.map(|place| place.requested_by.clone()).unwrap_or_default();
        Some(evidence)
    }

    /// Stacks that grow, the most first.
    pub(crate) fn places(&self) -> Vec<Place> {
        self.slot().places.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::{Frame, Stack, Wait};
    use crate::source::{Access, Target, Trust};

    fn stacks(named: bool) -> Stacks {
        let target = Target::parse("http://127.0.0.1:1").unwrap();
        let access = Access { login: None, trust: Trust::System, new_api_user: 1 };
        Stacks::new(Probe::new(&target, &target, &access).unwrap(), named)
    }

    fn asks(stacks: &Stacks, now: Instant, restarted: bool, grows: bool) -> bool {
        stacks.want(now, restarted, grows);
        std::mem::take(&mut stacks.slot().wanted)
    }

    fn profile(count: u64) -> Profile {
        let text = format!(
            "goroutine profile: total {count}\n{count} @ 0x1 0x2\n#\t0x1\tmain.readStream+0x11\t/app/main.go:7\n\n"
        );
        crate::profile::read(text.as_bytes()).unwrap()
    }

    /// Eight others.
    fn sends(count: u64) -> Profile {
        let stack = |count, wait, function: &str| Stack {
            count,
            wait: Some(wait),
            frames: vec![Frame { function: function.to_owned(), file: "/app/main.go".to_owned(), line: 124 }],
        };
        let stacks =
            vec![stack(count, Wait::ChanSend, "main.readStream"), stack(8, Wait::Select, "main.loop")];
        Profile { total: count + 8, stacks }
    }

    #[test]
    fn a_profile_a_minute_at_most_and_only_with_a_reason() {
        let (start, second) = (Instant::now(), Duration::from_secs(1));
        let unnamed = stacks(false);
        assert!(!asks(&unnamed, start, false, false));
        let found = stacks(false);
        found.find();
        assert!(asks(&found, start, false, false));
        assert!(asks(&unnamed, start, false, true));
        assert!(!asks(&unnamed, start + 59 * second, false, true));
        assert!(asks(&unnamed, start + 60 * second, false, true));
        let named = stacks(true);
        assert!(asks(&named, start, false, false), "the baseline");
        for minute in 1..3 {
            named.compare(profile(10), Duration::from_secs(5));
            assert!(!asks(&named, start + (minute * 60 - 1) * second, false, false));
            assert!(asks(&named, start + minute * 60 * second, false, false), "three tell what stays");
        }
        named.compare(profile(10), Duration::from_secs(5));
        assert!(!asks(&named, start + 190 * second, false, false));
        assert!(asks(&named, start + 190 * second, false, true));
        assert!(asks(&named, start + 300 * second, true, false), "a baseline of the new life");
        named.end();
        assert!(!asks(&named, start + 900 * second, true, true));
    }

    /// Where profiles were found, and where a crowd stands, the asking goes on.
    #[test]
    fn what_was_found_is_looked_at_until_it_is_gone() {
        let (start, minute) = (Instant::now(), Duration::from_secs(60));
        let unnamed = stacks(false);
        assert!(asks(&unnamed, start, false, true));
        for n in 1..5 {
            unnamed.compare(sends(660), Duration::from_secs(5));
            assert!(asks(&unnamed, start + n * minute, false, false), "{n}");
        }
        let found = unnamed.evidence().unwrap();
        assert_eq!((found.proof, found.count, found.total), (crate::profile::Proof::Crowd, 660, 668));
        unnamed.compare(sends(8), Duration::from_secs(5));
        assert!(!asks(&unnamed, start + 5 * minute, false, false));
        assert_eq!(unnamed.evidence(), None);
    }

    #[test]
    fn what_grew_since_the_first_profile() {
        let stacks = stacks(true);
        stacks.compare(profile(10), Duration::from_secs(5));
        assert!(stacks.places().is_empty());
        stacks.compare(profile(500), Duration::from_secs(5));
        let places = stacks.places();
        assert_eq!((places[0].function.as_deref(), places[0].line), (Some("main.readStream"), 7));
        assert!(
            crate::words::stack(&places[0]).starts_with("main.readStream (/app/main.go:7): 10 to 500, +")
        );
        stacks.want(Instant::now(), true, false);
        assert!(stacks.places().is_empty(), "of another life");
    }

    /// Nobody listens there.
    #[test]
    fn what_cannot_be_had_is_told_where_it_was_asked_for() {
        let said = |named| {
            let (stacks, said) = (stacks(named), std::cell::RefCell::new(Vec::new()));
            stacks.want(Instant::now(), false, true);
            let say = |text| {
                said.borrow_mut().push(text);
                stacks.end();
            };
            stacks.run(Duration::from_secs(5), say, |_| {});
            said.into_inner()
        };
        assert_eq!(said(false), [""; 0]);
        assert!(said(true)[0].starts_with("stacks cannot be named: "), "{:?}", said(true));
    }
}
