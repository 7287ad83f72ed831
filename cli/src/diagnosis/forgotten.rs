//! Who made the requests whose answers nobody closed. The function that forgot an answer has returned, so it is in no
//! goroutine profile; but the request is still held, and a heap profile says where it was made.
//!
//! It is an inference: a heap profile is sampled, and requests that are under way are held, too. So the goroutines that
//! are in the same function are taken off, and it is asked only while connections grow that no other stack accounts for.

use std::collections::HashMap;
use std::time::Duration;

use crate::finding::{Diagnosis, Step};
use crate::profile::{Cause, Frame, Maker, Place, Profile, is_own, is_own_function, read_heap};
use crate::source::Probe;

/// As for goroutines.
const CAP: u64 = 64 << 20;
/// Bytes that Go 1.27 keeps of one request, allocated by the function that makes it: 1.6 KB by `Do`, 2.4 KB by `Post`.
const REQUEST: u64 = 2048;
/// So many makers are told, none that has less than this share of what is held.
const MAKERS: usize = 3;
const SHARE: f64 = 0.2;
/// So many of its callers: a function that makes the requests of all channels says little by itself.
const CALLERS: usize = 4;
/// Senders of a request: the first of the program's own frames around it made it.
const SENDERS: &[&str] = &[
    "net/http.(*Client).Do",
    "net/http.(*Client).Get",
    "net/http.(*Client).Head",
    "net/http.(*Client).Post",
    "net/http.(*Client).PostForm",
    "net/http.Get",
    "net/http.Head",
    "net/http.Post",
    "net/http.PostForm",
    "net/http.(*Transport).RoundTrip",
];

/// How many goroutines of a place matter: those that are more than before, or all of them.
pub(crate) type Weight = fn(&Place) -> u64;

/// By how many it grew.
pub(crate) const fn more(place: &Place) -> u64 {
    place.now.saturating_sub(place.before)
}

/// How many there are.
pub(super) const fn all(place: &Place) -> u64 {
    place.now
}

/// Finds the makers of the answers that nobody closed, and puts them beside their connections.
///
/// # Errors
/// A step that says why they cannot be named.
pub(crate) fn name_makers(
    probe: &Probe,
    timeout: Duration,
    places: &mut [Place],
    weight: Weight,
    now: &Profile,
) -> Result<(), Step> {
    if !are_unaccounted(places, weight) {
        return Ok(());
    }
    let none = |said| Step::note("heap", said);
    let raw =
        probe.get("/debug/pprof/heap", None, CAP, timeout).map_err(|error| none(Diagnosis::Error(error)))?;
    if raw.status != 200 {
        return Err(none(Diagnosis::NoHeap { status: raw.status }));
    }
    let heap = read_heap(&raw.body).map_err(|why| none(Diagnosis::Unreadable(why)))?;
    let found = makers(&heap, now);
    if found.is_empty() {
        return Err(none(Diagnosis::NoMaker));
    }
    if let Some(place) = places.iter_mut().find(|place| is_unclosed(place)) {
        place.requested_by = found;
    }
    Ok(())
}

pub(super) fn is_unclosed(place: &Place) -> bool {
    place.cause == Some(Cause::BodyNotClosed)
}

/// True if there are more connections than stacks that can hold their answers.
pub(super) fn are_unaccounted(places: &[Place], weight: Weight) -> bool {
    let connections = places.iter().filter(|place| is_unclosed(place)).map(weight).max().unwrap_or(0);
    let holders: u64 = places.iter().filter(|place| distance(place) == 0).map(weight).sum();
    connections > holders + connections / 2
}

/// See [`Cause::distance`]; of what is not known, Go's own code only waits for what the program does.
pub(super) fn distance(place: &Place) -> u8 {
    let is_own = || place.function.as_deref().is_some_and(is_own_function);
    place.cause.map_or_else(|| 2 * u8::from(!is_own()), Cause::distance)
}

/// The functions that made requests which are still held, beyond those of running goroutines, the most first.
fn makers(heap: &Profile, now: &Profile) -> Vec<Maker> {
    let mut held: HashMap<Vec<&Frame>, u64> = HashMap::new();
    for stack in &heap.stacks {
        let way = around(&stack.frames);
        if !way.is_empty() && stack.count > 0 {
            *held.entry(way).or_default() += stack.count;
        }
    }
    let mut makers: Vec<Maker> = held
        .into_iter()
        .filter_map(|(way, bytes)| {
            let (maker, callers) = way.split_first()?;
            let bytes = bytes.saturating_sub(under_way(now, maker) * REQUEST);
            let callers = callers.iter().take(CALLERS).map(ToString::to_string).collect();
            let Frame { function, file, line } = (*maker).clone();
            Some(Maker { function, file, line, callers, bytes, share: 0.0 })
        })
        .collect();
    let all: u64 = makers.iter().map(|maker| maker.bytes).sum();
    for maker in &mut makers {
        maker.share = (share(maker.bytes, all) * 1000.0).round() / 1000.0;
    }
    makers.retain(|maker| maker.bytes > 0 && maker.share >= SHARE);
    makers.sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| (&a.file, a.line).cmp(&(&b.file, b.line))));
    makers.truncate(MAKERS);
    makers
}

#[expect(clippy::cast_precision_loss, reason = "counts of goroutines are far below 2^53")]
pub(super) fn share(part: u64, whole: u64) -> f64 {
    part as f64 / whole.max(1) as f64
}

/// The program's own frames around what sends a request; empty if nothing does.
fn around(frames: &[Frame]) -> Vec<&Frame> {
    let sender = frames.iter().rposition(|frame| SENDERS.contains(&frame.function.as_str()));
    sender.map_or_else(Vec::new, |at| frames[at..].iter().filter(|frame| is_own(frame)).collect())
}

fn under_way(now: &Profile, maker: &Frame) -> u64 {
    let is_there =
        |stack: &&crate::profile::Stack| stack.frames.iter().any(|frame| frame.function == maker.function);
    now.stacks.iter().filter(is_there).map(|stack| stack.count).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::{Stack, Unreadable};

    fn stack(count: u64, functions: &[(&str, u64)]) -> Stack {
        let frames = functions.iter().map(|(function, line)| Frame {
            function: (*function).to_owned(),
            file: "/r.go".to_owned(),
            line: *line,
        });
        Stack { count, wait: None, frames: frames.collect() }
    }

    fn profile(stacks: Vec<Stack>) -> Profile {
        Profile { total: stacks.iter().map(|stack| stack.count).sum(), stacks }
    }

    const SENT: [(&str, u64); 3] =
        [("net/http.Header.Clone", 1), ("net/http.(*Client).do", 2), ("net/http.(*Client).Do", 3)];

    #[test]
    fn who_made_what_is_held() {
        let by = |bytes, own: &[(&str, u64)]| stack(bytes, &[&SENT[..], own].concat());
        let asked =
            [("app.ask", 7), ("app.(*channel).Relay", 30), ("net/http.(*conn).serve", 1), ("main.main", 2)];
        let heap = profile(vec![
            by(1 << 20, &asked),
            by(1 << 20, &asked),
            by(4 << 20, &[("app.stream", 9)]),
            by(1000, &[("app.rare", 1)]),
            stack(9 << 20, &[("app.cache", 1)]),
            by(9 << 20, &[]),
        ]);
        // As many streams as their bytes account for.
        let now = profile(vec![stack(3000, &[("app.stream", 12)])]);
        let found = makers(&heap, &now);
        let told: Vec<_> = found.iter().map(|m| (m.function.as_str(), m.line, m.bytes)).collect();
        assert_eq!(told, [("app.ask", 7, 2 << 20)]);
        assert_eq!(found[0].callers, ["app.(*channel).Relay (/r.go:30)", "main.main (/r.go:2)"]);
        assert!(found[0].share > 0.99, "{found:?}");
        let told: Vec<_> = makers(&heap, &Profile::default()).into_iter().map(|m| m.function).collect();
        assert_eq!(told, ["app.stream", "app.ask"]);
    }

    /// The relay of tests/sources/relay (Go 1.27) with some 1400 answers that nobody closed.
    #[test]
    fn a_real_heap_profile_names_who_made_them() {
        let recorded: &[u8] = include_bytes!("../profile/recorded/body.heap.pb.gz");
        let found = makers(&read_heap(recorded).unwrap(), &Profile::default());
        assert_eq!(found.len(), 1, "{found:?}");
        let Maker { function, file, line, callers, .. } = &found[0];
        assert_eq!(
            (function.as_str(), file.as_str(), *line, callers.len()),
            ("main.(*relay).ServeHTTP", "example.com/relay/main.go", 73, 0)
        );
        assert_eq!(read_heap(b"heap profile: 1: 2").unwrap_err(), Unreadable::Uncompressed);
        let goroutines: &[u8] = include_bytes!("../profile/recorded/body.pb.gz");
        assert_eq!(
            crate::words::en::unreadable(&read_heap(goroutines).unwrap_err()),
            "a profile of `goroutine` came instead of `inuse_space`"
        );
        for end in 0..recorded.len() {
            assert!(read_heap(&recorded[..end]).is_err(), "cut at {end}");
        }
    }

    #[test]
    fn only_connections_that_nothing_else_accounts_for() {
        let place = |cause, now| Place { cause, now, ..Place::default() };
        let unclosed = Some(Cause::BodyNotClosed);
        assert!(are_unaccounted(&[place(unclosed, 100), place(unclosed, 100)], more));
        assert!(are_unaccounted(&[place(unclosed, 100), place(Some(Cause::SilentUpstream), 40)], more));
        assert!(!are_unaccounted(&[place(unclosed, 100), place(Some(Cause::SilentUpstream), 90)], more));
        assert!(!are_unaccounted(&[place(Some(Cause::Lock), 100)], more));
        assert!(!are_unaccounted(&[], more));
    }
}
