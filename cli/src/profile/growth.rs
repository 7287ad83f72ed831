//! What grew between two profiles.

use std::collections::HashMap;
use std::time::Duration;

use super::{Frame, Profile, Stack, Wait};

/// One place, and how many goroutines stand there.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Growth {
    pub(crate) before: u64,
    pub(crate) now: u64,
    /// If the profile shows it.
    pub(crate) wait: Option<Wait>,
    /// The innermost first, lines as in the newer profile.
    pub(crate) frames: Vec<Frame>,
    /// More of them a minute; of a place that did not grow: 0.
    pub(crate) per_minute: f64,
    /// Of all that grew, or of all goroutines, from 0 to 1.
    pub(crate) share: f64,
}

/// A place: what is waited for, and the functions. Lines are left out: the same leak may stand at several.
type Key<'a> = (Option<Wait>, Vec<&'a str>);

fn key(stack: &Stack) -> Key<'_> {
    (stack.wait, stack.frames.iter().map(|frame| frame.function.as_str()).collect())
}

fn counts(profile: &Profile) -> HashMap<Key<'_>, u64> {
    let mut counts = HashMap::new();
    for stack in &profile.stacks {
        *counts.entry(key(stack)).or_default() += stack.count;
    }
    counts
}

/// The places that grew, the most first. `apart` is the time between the profiles.
pub(crate) fn growth(before: &Profile, now: &Profile, apart: Duration) -> Vec<Growth> {
    let minutes = (apart.as_secs_f64() / 60.0).max(1e-6);
    let mut grown = places(before, now, |had, has| has > had);
    for place in &mut grown {
        place.per_minute = as_f64(place.now - place.before) / minutes;
    }
    ranked(grown, |place| place.now - place.before)
}

/// The places where at least so many goroutines stand, grown or not, the most first.
pub(crate) fn crowds(before: &Profile, now: &Profile, at_least: u64) -> Vec<Growth> {
    let mut crowds = ranked(places(before, now, |_, _| true), |place| place.now);
    crowds.retain(|place| place.now >= at_least);
    crowds
}

fn places(before: &Profile, now: &Profile, wanted: impl Fn(u64, u64) -> bool) -> Vec<Growth> {
    let (earlier, later) = (counts(before), counts(now));
    let mut places = Vec::new();
    for (key, count) in &later {
        let had = earlier.get(key).copied().unwrap_or(0);
        if !wanted(had, *count) {
            continue;
        }
        // The line where most of them stand.
        let of_key = now.stacks.iter().filter(|stack| self::key(stack) == *key);
        let Some(stack) = of_key.max_by_key(|stack| stack.count) else { continue };
        let (wait, frames) = (stack.wait, stack.frames.clone());
        places.push(Growth { before: had, now: *count, wait, frames, per_minute: 0.0, share: 0.0 });
    }
    places
}

/// The most first, each with its share. What is the same is told in the order of its names, so that two runs say the
/// same.
fn ranked(mut places: Vec<Growth>, weight: impl Fn(&Growth) -> u64) -> Vec<Growth> {
    let all: u64 = places.iter().map(&weight).sum();
    for place in &mut places {
        place.share = as_f64(weight(place)) / as_f64(all.max(1));
    }
    places.sort_by(|a, b| weight(b).cmp(&weight(a)).then_with(|| a.frames.cmp(&b.frames)));
    places
}

#[expect(clippy::cast_precision_loss, reason = "counts of goroutines are far below 2^53")]
fn as_f64(count: u64) -> f64 {
    count as f64
}
