//! What grew between two profiles.

use std::collections::HashMap;
use std::time::Duration;

use super::{Frame, Profile, Stack, Wait};

/// One place, and how many more goroutines stand there.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Growth {
    /// How many there were.
    pub(crate) before: u64,
    /// How many there are.
    pub(crate) now: u64,
    /// What they wait for, if the profile shows it.
    pub(crate) wait: Option<Wait>,
    /// The innermost first, lines as in the newer profile.
    pub(crate) frames: Vec<Frame>,
    /// More of them a minute.
    pub(crate) per_minute: f64,
    /// Of all that grew, from 0 to 1.
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
    let (earlier, later) = (counts(before), counts(now));
    let minutes = (apart.as_secs_f64() / 60.0).max(1e-6);
    let mut grown: Vec<Growth> = Vec::new();
    for (key, count) in &later {
        let had = earlier.get(key).copied().unwrap_or(0);
        if *count <= had {
            continue;
        }
        // The line where most of them stand.
        let of_key = now.stacks.iter().filter(|stack| self::key(stack) == *key);
        let Some(stack) = of_key.max_by_key(|stack| stack.count) else { continue };
        grown.push(Growth {
            before: had,
            now: *count,
            wait: stack.wait,
            frames: stack.frames.clone(),
            per_minute: as_f64(count - had) / minutes,
            share: 0.0,
        });
    }
    let all: u64 = grown.iter().map(|place| place.now - place.before).sum();
    for place in &mut grown {
        place.share = as_f64(place.now - place.before) / as_f64(all.max(1));
    }
    // What grew by the same is told in the order of its names, so that two runs say the same.
    grown.sort_by(|a, b| (b.now - b.before).cmp(&(a.now - a.before)).then_with(|| a.frames.cmp(&b.frames)));
    grown
}

#[expect(clippy::cast_precision_loss, reason = "counts of goroutines are far below 2^53")]
fn as_f64(count: u64) -> f64 {
    count as f64
}
