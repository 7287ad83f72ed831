//! What grows in a Go program: two profiles, some time apart; and, when asked for, Go's own proof.

use std::time::{Duration, Instant};

use super::forgotten::{Weight, all, are_unaccounted, distance, is_unclosed, more, name_makers, share};
use crate::finding::{Diagnosis, Step};
use crate::profile::{Evidence, FEW, Growth, Place, Profile, Weighing, crowds, growth, may_stay, read};
use crate::source::Probe;

/// Profiles of the largest programs are a few megabytes.
const CAP: u64 = 64 << 20;
/// So many places are told.
const PLACES: usize = 5;
/// Where nothing grew, places with at least this many are told, and no more than the next number of them.
const MANY: u64 = 100;
const CROWDS: usize = 3;
/// Between the profiles that tell whether a crowd stays: as in a watch.
pub(crate) const STAYS: Duration = Duration::from_secs(60);

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
    /// Where nothing grew, and a crowd stands in a pattern that leaks: when the first profile was taken, and it.
    pub(crate) crowd: Option<(Instant, Profile)>,
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
    let may_stay = may_stay(&before) && may_stay(&now);
    let mut places = places(&before, &now, apart, FEW);
    let mut standing = if places.is_empty() { standing(&before, &now) } else { Vec::new() };
    let note = if places.is_empty() {
        name_makers(probe, timeout, &mut standing, all, &now)
    } else {
        name_makers(probe, timeout, &mut places, more, &now)
    };
    let note = note.err();
    let crowd = (may_stay && places.is_empty()).then_some((start, before));
    Ok(Grown { places, standing, apart, crowd, note })
}

/// Takes two more profiles, a minute apart, and says whether a crowd stays; `until` is true if somebody interrupts.
///
/// # Errors
/// The step that failed.
pub(crate) fn stays(
    (first, before): (Instant, &Profile),
    mut until: impl FnMut(Instant) -> bool,
    mut take: impl FnMut() -> Result<Profile, Step>,
) -> Result<Option<Evidence>, Step> {
    let mut weighing = Weighing::default();
    weighing.add(first, before);
    let mut last = first;
    while weighing.is_short() {
        if until(last + STAYS) {
            return Err(Step::note("profile", Diagnosis::InterruptedProfile));
        }
        let profile = take()?;
        last = (last + STAYS).max(Instant::now());
        weighing.add(last, &profile);
    }
    Ok(weighing.found().cloned())
}

/// Where the most stand: the likeliest cause first, and then the most.
pub(crate) fn standing(before: &Profile, now: &Profile) -> Vec<Place> {
    let places = crowds(before, now, MANY).iter().map(Place::of).collect();
    by_cause(places, all, CROWDS)
}

/// Places that grew by `few` or more between two profiles: the likeliest cause first, and then the most.
pub(crate) fn places(before: &Profile, now: &Profile, apart: Duration, few: u64) -> Vec<Place> {
    let places = growth(before, now, apart)
        .into_iter()
        .filter(|place| place.now - place.before >= few)
        .map(|place| Place::of(&place))
        .collect();
    by_cause(places, more, PLACES)
}

/// So many places: waits that leak before the connections that they hold, and what is no leak by itself last.
fn by_cause(mut places: Vec<Place>, weight: Weight, most: usize) -> Vec<Place> {
    // Nothing else holds these connections: they are the leak.
    let unaccounted = are_unaccounted(&places, weight);
    places.sort_by_key(|place| if unaccounted && is_unclosed(place) { 0 } else { distance(place) });
    places.truncate(most);
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
        Place::of(&Growth {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::{Cause, Frame, Stack, Wait};

    fn profile(stacks: &[(u64, Wait, &[&str])]) -> Profile {
        let frame =
            |function: &&str| Frame { function: (*function).to_owned(), file: String::new(), line: 0 };
        let stack = |(count, wait, frames): &(u64, Wait, &[&str])| Stack {
            count: *count,
            wait: Some(*wait),
            frames: frames.iter().map(frame).collect(),
        };
        let stacks: Vec<Stack> = stacks.iter().map(stack).collect();
        Profile { total: stacks.iter().map(|stack| stack.count).sum(), stacks }
    }

    #[test]
    fn a_crowd_stays_over_three_profiles_a_minute_apart() {
        let of = |reader| {
            profile(&[(reader, Wait::ChanSend, &["main.readStream"]), (8, Wait::Select, &["main.loop"])])
        };
        let start = Instant::now();
        let told = |counts: [u64; 2], interrupted: bool| {
            let (mut asked, mut counts) = (Vec::new(), counts.into_iter());
            let until = |at: Instant| {
                asked.push(at.duration_since(start).as_secs());
                interrupted
            };
            let found = stays((start, &of(660)), until, || Ok(of(counts.next().unwrap())));
            (asked, found.map(|found| found.map(|found| (found.count, found.total))).ok())
        };
        assert_eq!(told([660, 660], false), (vec![60, 120], Some(Some((660, 668)))));
        assert_eq!(told([400, 200], false), (vec![60, 120], Some(None)));
        assert_eq!(told([660, 660], true), (vec![60], None));
        assert!(crate::profile::may_stay(&of(660)) && !crate::profile::may_stay(&of(99)));
    }

    #[test]
    fn what_leaks_comes_before_the_connections_that_there_are_more_of() {
        let of = |client, upstream, reader, timer| {
            profile(&[
                (
                    client,
                    Wait::Network,
                    &["internal/poll.runtime_pollWait", "net/http.(*conn).readRequest"][..],
                ),
                (upstream, Wait::Select, &["net/http.(*persistConn).readLoop"]),
                (upstream, Wait::Select, &["net/http.(*persistConn).writeLoop"]),
                (reader, Wait::ChanSend, &["main.readStream"]),
                (timer, Wait::Select, &["main.(*pinger).loop"]),
                (client, Wait::Lock, &["net/http.(*conn).serve"]),
            ])
        };
        let (before, now) = (profile(&[]), of(900, 400, 390, 20));
        let told = |places: Vec<Place>| places.into_iter().map(|place| place.cause).collect::<Vec<_>>();
        let causes = told(places(&before, &now, Duration::from_secs(60), FEW));
        let (reader, timer) = (Some(Cause::ReaderNobodyReceives), Some(Cause::Select));
        let unclosed = Some(Cause::BodyNotClosed);
        assert_eq!(causes, [reader, timer, unclosed, unclosed, Some(Cause::IdleClient)]);
        assert_eq!(told(standing(&now, &now)), [reader, unclosed, unclosed]);
        // Nothing else holds the connections.
        let causes = told(places(&before, &of(900, 400, 5, 20), Duration::from_secs(60), FEW));
        assert_eq!(causes[..3], [unclosed, unclosed, timer]);
    }
}
