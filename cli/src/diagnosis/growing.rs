//! What grows in a Go program: two profiles, some time apart; and, when asked for, Go's own proof.

use std::time::{Duration, Instant};

use super::forgotten::{all, are_unaccounted, is_unclosed, more, name_makers, share};
use crate::finding::{Diagnosis, Step};
use crate::profile::{Growth, Place, Profile, crowds, explain, growth, own_frame, read};
use crate::source::Probe;

/// Profiles of the largest programs are a few megabytes.
const CAP: u64 = 64 << 20;
/// Fewer than these are the coming and going of requests.
pub(crate) const FEW: u64 = 10;
/// So many places are told.
const PLACES: usize = 5;
/// Where nothing grew, places with at least this many are told, and no more than the next number of them.
const MANY: u64 = 100;
const CROWDS: usize = 3;

/// Goroutines that Go itself proves to be leaked.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Proof {
    pub(crate) leaked: u64,
    /// Where, the most first.
    pub(crate) places: Vec<Place>,
}

#[derive(Debug)]
pub(crate) struct Grown {
    /// The most first.
    pub(crate) places: Vec<Place>,
    /// Where nothing grew: where the most stand. A leak may be slower than the profiles are apart, or over.
    pub(crate) standing: Vec<Place>,
    /// The time between the profiles.
    pub(crate) apart: Duration,
    /// Why something could not be named.
    pub(crate) note: Option<Step>,
}

/// Takes two profiles and says what grew between them; a heap profile, too, where only that can name who is to blame.
///
/// # Errors
/// The step that failed: there is no profile, or none that can be read.
pub(crate) fn grown(probe: &Probe, timeout: Duration, wait: impl FnOnce() -> bool) -> Result<Grown, Step> {
    let before = profile(probe, timeout)?;
    let start = Instant::now();
    if wait() {
        return Err(Step::note("profile", Diagnosis::InterruptedProfile));
    }
    let now = profile(probe, timeout)?;
    let apart = start.elapsed();
    let mut places = places(&before, &now, apart);
    let mut standing = if places.is_empty() { standing(&before, &now) } else { Vec::new() };
    let note = if places.is_empty() {
        name_makers(probe, timeout, &mut standing, all, &now)
    } else {
        name_makers(probe, timeout, &mut places, more, &now)
    };
    let note = note.err();
    Ok(Grown { places, standing, apart, note })
}

/// Where the most stand, the most first.
pub(crate) fn standing(before: &Profile, now: &Profile) -> Vec<Place> {
    crowds(before, now, MANY).iter().take(CROWDS).map(placed).collect()
}

/// Places that grew between two profiles, the most first.
pub(crate) fn places(before: &Profile, now: &Profile, apart: Duration) -> Vec<Place> {
    let mut places: Vec<Place> = growth(before, now, apart)
        .into_iter()
        .filter(|place| place.now - place.before >= FEW)
        .take(PLACES)
        .map(|place| placed(&place))
        .collect();
    // What holds the connections is worth more than they are, where something does.
    if !are_unaccounted(&places, more) {
        places.sort_by_key(is_unclosed);
    }
    places
}

/// Asks Go 1.27 for the goroutines that nothing can ever wake. It collects garbage once for it.
///
/// # Errors
/// A step that says why there is no proof.
pub(crate) fn proof(probe: &Probe, timeout: Duration) -> Result<Proof, Step> {
    let raw = probe
        .get("/debug/pprof/goroutineleak", Some("debug=1"), CAP, timeout)
        .map_err(|error| Step::failed("proof", Diagnosis::Error(error)))?;
    match raw.status {
        200 => {}
        404 if raw.is_go_pprof => return Err(Step::note("proof", Diagnosis::OldGo)),
        status => return Err(Step::note("proof", Diagnosis::NoProof { status })),
    }
    let profile = read(&raw.body).map_err(|why| Step::failed("proof", Diagnosis::Unreadable(why)))?;
    let mut stacks = profile.stacks;
    stacks.sort_by_key(|stack| std::cmp::Reverse(stack.count));
    let places = stacks.iter().take(PLACES).map(|stack| {
        placed(&Growth {
            before: 0,
            now: stack.count,
            wait: stack.wait,
            frames: stack.frames.clone(),
            per_minute: 0.0,
            share: share(stack.count, profile.total),
        })
    });
    Ok(Proof { leaked: profile.total, places: places.collect() })
}

/// Takes one profile.
///
/// # Errors
/// The step that failed: there is no profile, or none that can be read.
pub(crate) fn profile(probe: &Probe, timeout: Duration) -> Result<Profile, Step> {
    // Without `debug` it is the protobuf, which also says what is waited for.
    let raw = probe
        .get("/debug/pprof/goroutine", None, CAP, timeout)
        .map_err(|error| Step::failed("profile", Diagnosis::Error(error)))?;
    if raw.status != 200 {
        return Err(Step::note("profile", Diagnosis::NoProfile { status: raw.status }));
    }
    read(&raw.body).map_err(|why| Step::note("profile", Diagnosis::NotProfile(why)))
}

fn placed(grown: &Growth) -> Place {
    let (cause, place) = explain(grown.wait, &grown.frames).unzip();
    let place = place.flatten().or_else(|| own_frame(&grown.frames));
    Place {
        function: place.map(|frame| frame.function.clone()),
        file: place.map(|frame| frame.file.clone()).unwrap_or_default(),
        line: place.map_or(0, |frame| frame.line),
        wait: grown.wait,
        cause,
        before: grown.before,
        now: grown.now,
        per_minute: (grown.per_minute * 10.0).round() / 10.0,
        share: (grown.share * 1000.0).round() / 1000.0,
        frames: grown.frames.iter().map(ToString::to_string).collect(),
        requested_by: Vec::new(),
    }
}
