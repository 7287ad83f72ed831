//! What stacks prove about a program: that it leaks, or that a crowd stands in a pattern that leaks and does not leave.
//!
//! Only waits that no load explains count: a reader of its own whose send nobody receives, and connections whose answer
//! nobody holds any more. A silent upstream or a slow one looks the same under a load of long streams, so it proves
//! nothing here. A send to a slow client looks like a leaking one once, and not in three profiles a minute apart.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::catalogue::{Cause, explain};
use super::growth::{Growth, crowds, growth};
use super::{Frame, Place, Profile, Wait};

/// So many profiles tell what stays.
const THREE: usize = 3;
/// A crowd has at least as many.
pub(crate) const CROWD: u64 = 100;
/// Fewer than these are the coming and going of requests.
pub(crate) const FEW: u64 = 10;
/// A crowd that loses less than this share of it stays: requests come and go in the same place.
const LEAVES: u64 = 50;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Proof {
    /// It is over half of the growth, it goes on, and it never fell back.
    Leak,
    /// It is over half of all, and does not fall.
    Crowd,
}

/// A pattern that leaks, and how many stand in it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Evidence {
    pub(crate) proof: Proof,
    /// Where the most of them stand.
    pub(crate) place: Place,
    pub(crate) count: u64,
    /// Of so many goroutines.
    pub(crate) total: u64,
    /// More of them than in the first profile.
    pub(crate) grown: u64,
    /// More of them a minute, over the last three profiles.
    pub(crate) per_minute: f64,
}

/// Goroutines by what they count for; of a profile, or of what grew.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    all: u64,
    /// Readers whose send nobody receives.
    sends: u64,
    /// The loops of connections that wait for an answer's body to be read.
    reads: u64,
    writes: u64,
    idle: u64,
}

impl Tally {
    fn of<'a>(stacks: impl Iterator<Item = (u64, Option<Wait>, &'a [Frame])>) -> Self {
        let mut tally = Self::default();
        for (count, wait, frames) in stacks {
            tally.all += count;
            let is = |function: &str| frames.first().is_some_and(|frame| frame.function.ends_with(function));
            match explain(wait, frames).map(|(cause, _)| cause) {
                Some(Cause::ReaderNobodyReceives) if !serves(frames) => tally.sends += count,
                Some(Cause::BodyNotClosed) if is("readLoop") => tally.reads += count,
                Some(Cause::BodyNotClosed) => tally.writes += count,
                Some(Cause::IdleClient | Cause::IdleUpstream) => tally.idle += count,
                _ => {}
            }
        }
        tally
    }

    fn of_profile(profile: &Profile) -> Self {
        Self::of(profile.stacks.iter().map(|stack| (stack.count, stack.wait, &*stack.frames)))
    }

    fn of_growth(grown: &[Growth]) -> Self {
        Self::of(grown.iter().map(|place| (place.now - place.before, place.wait, &*place.frames)))
    }

    /// The pattern that over half of them stand in, with the connections that it holds.
    fn leading(&self) -> Option<Cause> {
        let held = (self.reads + self.writes).min(2 * self.sends);
        if self.sends > 0 && 2 * (self.sends + held) > self.all {
            return Some(Cause::ReaderNobodyReceives);
        }
        // Each connection under way has somebody who holds its answer; of these nobody does.
        let holders = self.all - self.reads - self.writes - self.idle;
        let loops = self.reads + self.writes.min(self.reads);
        (2 * loops > self.all && 2 * self.reads > 3 * holders).then_some(Cause::BodyNotClosed)
    }

    const fn count(&self, pattern: Cause) -> u64 {
        match pattern {
            Cause::ReaderNobodyReceives => self.sends,
            _ => self.reads,
        }
    }
}

/// A handler that still serves its client: it may wait for its turn, as in front of a limit.
fn serves(frames: &[Frame]) -> bool {
    frames.iter().any(|frame| frame.function.ends_with("net/http.(*conn).serve"))
}

/// The profiles of one life of a program, a minute or more apart, weighed together.
#[derive(Debug, Default)]
pub(crate) struct Weighing {
    first: Option<Profile>,
    last: VecDeque<(Instant, Tally)>,
    found: Option<Evidence>,
    /// How many there were.
    taken: usize,
}

impl Weighing {
    /// Takes in the next profile.
    pub(crate) fn add(&mut self, at: Instant, profile: &Profile) {
        self.taken += 1;
        let tally = Tally::of_profile(profile);
        if self.last.len() == THREE {
            self.last.pop_front();
        }
        self.last.push_back((at, tally));
        self.first.get_or_insert_with(|| profile.clone());
        let first = self.first.as_ref().unwrap_or(profile);
        let grown = growth(first, profile, Duration::from_secs(60));
        let leak = Tally::of_growth(&grown);
        let new = self.leak(&leak).or_else(|| self.crowd()).map(|(proof, pattern)| Evidence {
            proof,
            place: place(first, profile, pattern),
            count: tally.count(pattern),
            total: profile.total,
            grown: leak.count(pattern),
            per_minute: self.per_minute(pattern),
        });
        // A leak is one until what it left is gone.
        let stays = |old: &Evidence| {
            old.proof == Proof::Leak
                && old.place.cause.is_some_and(|pattern| 2 * tally.count(pattern) > old.count)
        };
        let is_leak = new.as_ref().is_some_and(|new| new.proof == Proof::Leak);
        if is_leak || !self.found.as_ref().is_some_and(stays) {
            self.found = new;
        }
    }

    /// What they prove by now.
    pub(crate) const fn found(&self) -> Option<&Evidence> {
        self.found.as_ref()
    }

    /// There are too few to tell what stays.
    pub(crate) const fn is_short(&self) -> bool {
        self.taken < THREE
    }

    fn leak(&self, grown: &Tally) -> Option<(Proof, Cause)> {
        let pattern = grown.leading().filter(|pattern| grown.count(*pattern) >= FEW)?;
        let [a, b, c] = self.counts(pattern)?;
        (a <= b && b <= c && a < c).then_some((Proof::Leak, pattern))
    }

    fn crowd(&self) -> Option<(Proof, Cause)> {
        let pattern = many(&self.last.back()?.1)?;
        let [a, b, c] = self.counts(pattern)?;
        let stays = |before: u64, now: u64| now + before / LEAVES >= before;
        let each = self.last.iter().all(|(_, tally)| many(tally) == Some(pattern));
        (each && stays(a, b) && stays(a, c) && stays(b, c)).then_some((Proof::Crowd, pattern))
    }

    /// In each of three profiles.
    fn counts(&self, pattern: Cause) -> Option<[u64; THREE]> {
        let counts: Vec<_> = self.last.iter().map(|(_, tally)| tally.count(pattern)).collect();
        counts.try_into().ok()
    }

    fn per_minute(&self, pattern: Cause) -> f64 {
        let Some(((then, before), (at, now))) = self.last.front().zip(self.last.back()) else { return 0.0 };
        let minutes = at.saturating_duration_since(*then).as_secs_f64() / 60.0;
        let more = now.count(pattern).saturating_sub(before.count(pattern));
        #[expect(clippy::cast_precision_loss, reason = "counts of goroutines are far below 2^53")]
        let more = more as f64;
        (more / minutes.max(1e-6) * 10.0).round() / 10.0
    }
}

/// True if a crowd stands there; three profiles tell whether it stays.
pub(crate) fn may_stay(profile: &Profile) -> bool {
    many(&Tally::of_profile(profile)).is_some()
}

/// The pattern of a crowd.
fn many(tally: &Tally) -> Option<Cause> {
    tally.leading().filter(|pattern| tally.count(*pattern) >= CROWD)
}

/// Where most of a pattern stand.
fn place(before: &Profile, now: &Profile, pattern: Cause) -> Place {
    let is = |place: &Growth| {
        explain(place.wait, &place.frames).is_some_and(|(cause, _)| cause == pattern)
            && !serves(&place.frames)
    };
    crowds(before, now, 1).iter().find(|place| is(place)).map(Place::of).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::Stack;
    use super::*;

    const READER: &[&str] = &["main.readStream"];
    const HANDLER: &[&str] = &["main.limit", "main.ServeHTTP", "net/http.(*conn).serve"];
    const READ_LOOP: &[&str] = &["net/http.(*persistConn).readLoop"];
    const WRITE_LOOP: &[&str] = &["net/http.(*persistConn).writeLoop"];
    const BODY: &[&str] = &["internal/poll.runtime_pollWait", "net/http.(*body).Read", "main.relayStream"];
    const OTHER: &[&str] = &["main.loop"];

    type Counted = (u64, Wait, &'static [&'static str]);

    fn profile(stacks: &[Counted]) -> Profile {
        let frame = |function: &&str| Frame {
            function: (*function).to_owned(),
            file: "/app/m.go".to_owned(),
            line: 7,
        };
        let stack = |(count, wait, frames): &Counted| Stack {
            count: *count,
            wait: Some(*wait),
            frames: frames.iter().map(frame).collect(),
        };
        let stacks: Vec<Stack> = stacks.iter().filter(|stack| stack.0 > 0).map(stack).collect();
        Profile { total: stacks.iter().map(|stack| stack.count).sum(), stacks }
    }

    /// Profiles a minute apart.
    fn weighed(profiles: impl IntoIterator<Item = Vec<Counted>>) -> Weighing {
        let (start, mut weighing) = (Instant::now(), Weighing::default());
        for (minute, stacks) in (0..).zip(profiles) {
            weighing.add(start + Duration::from_secs(60) * minute, &profile(&stacks));
        }
        weighing
    }

    fn sends(counts: &[u64]) -> Weighing {
        weighed(counts.iter().map(|n| vec![(*n, Wait::ChanSend, READER), (68, Wait::Select, OTHER)]))
    }

    fn proof(weighing: &Weighing) -> Option<Proof> {
        weighing.found().map(|found| found.proof)
    }

    #[test]
    fn a_leaking_send_that_is_over_half_of_the_growth_is_a_leak_in_the_third_profile() {
        assert_eq!(proof(&sends(&[834, 922])), None);
        let weighing = sends(&[834, 922, 1010]);
        let found = weighing.found().unwrap();
        assert_eq!((found.proof, found.count, found.total, found.grown), (Proof::Leak, 1010, 1078, 176));
        assert!((found.per_minute - 88.0).abs() < 0.1, "{found:?}");
        assert_eq!((found.place.function.as_deref(), found.place.line), (Some("main.readStream"), 7));
        // It fell back, it is few, or it ended before.
        assert_eq!(proof(&sends(&[40, 90, 60])), None);
        assert_eq!(proof(&sends(&[0, 4, 9])), None);
        assert_eq!(proof(&sends(&[0, 40, 40, 40])), Some(Proof::Leak), "told, and not gone");
        assert_eq!(proof(&sends(&[0, 20, 40, 19])), None, "gone");
    }

    #[test]
    fn a_send_that_is_half_of_the_growth_or_less_is_none() {
        let of = |n: u64, others: u64| vec![(n, Wait::ChanSend, READER), (others, Wait::Select, OTHER)];
        assert_eq!(proof(&weighed([of(10, 10), of(30, 30), of(50, 50)])), None);
        assert_eq!(proof(&weighed([of(10, 10), of(30, 29), of(50, 48)])), Some(Proof::Leak));
    }

    #[test]
    fn a_crowd_that_stands_still_is_one_in_the_third_profile() {
        assert_eq!(proof(&sends(&[660, 660])), None);
        assert_eq!(proof(&sends(&[660, 660, 660])), Some(Proof::Crowd));
        assert_eq!(proof(&sends(&[660, 665, 655])), Some(Proof::Crowd), "requests come and go");
        assert_eq!(proof(&sends(&[660, 600, 540])), None, "it leaves");
        assert_eq!(proof(&sends(&[3, 400, 5])), None, "slow clients");
        assert_eq!(proof(&sends(&[99, 99, 99])), None, "few");
        assert_eq!(proof(&sends(&[660, 660, 660, 100])), None, "it has left");
        let half = || vec![(200, Wait::ChanSend, READER), (200, Wait::Select, OTHER)];
        assert_eq!(proof(&weighed([half(), half(), half()])), None, "no more than half");
    }

    #[test]
    fn connections_count_with_the_send_that_holds_them_and_alone_where_nobody_does() {
        let of = |n: u64, reader: u64| {
            vec![
                (reader, Wait::ChanSend, READER),
                (n, Wait::Select, READ_LOOP),
                (n, Wait::Select, WRITE_LOOP),
                (30, Wait::Select, OTHER),
            ]
        };
        let cause = |weighing: &Weighing| weighing.found().and_then(|found| found.place.cause);
        let held = weighed([of(100, 100), of(200, 200), of(300, 300)]);
        assert_eq!((proof(&held), cause(&held)), (Some(Proof::Leak), Some(Cause::ReaderNobodyReceives)));
        let forgotten = weighed([of(100, 0), of(200, 0), of(300, 0)]);
        assert_eq!((proof(&forgotten), cause(&forgotten)), (Some(Proof::Leak), Some(Cause::BodyNotClosed)));
        let stands = weighed([of(300, 0), of(300, 0), of(300, 0)]);
        assert_eq!(proof(&stands), Some(Proof::Crowd));
    }

    #[test]
    fn a_ramp_of_long_streams_and_a_queue_in_front_of_a_limit_are_no_proof() {
        let streams = |n: u64| {
            vec![
                (n, Wait::Network, BODY),
                (n, Wait::Select, READ_LOOP),
                (n, Wait::Select, WRITE_LOOP),
                (20, Wait::Select, OTHER),
            ]
        };
        assert_eq!(proof(&weighed([streams(100), streams(300), streams(500)])), None);
        assert_eq!(proof(&weighed([streams(500), streams(500), streams(500)])), None);
        let queue = |n: u64| vec![(n, Wait::ChanSend, HANDLER), (20, Wait::Select, OTHER)];
        assert_eq!(proof(&weighed([queue(100), queue(300), queue(500)])), None);
    }
}
