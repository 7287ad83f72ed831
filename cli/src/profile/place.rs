//! Places of a program where goroutines stand, as they are told.

use std::collections::HashMap;

use serde::Serialize;

use super::{Cause, Frame, Goroutine, Growth, Wait, explain, own_frame};

/// So many crowds are told.
const CROWDS: usize = 5;

/// A place that grew.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Place {
    /// The innermost function of the program's own; none where the profile does not name it.
    pub(crate) function: Option<String>,
    pub(crate) file: String,
    pub(crate) line: u64,
    pub(crate) wait: Option<Wait>,
    pub(crate) cause: Option<Cause>,
    pub(crate) before: u64,
    pub(crate) now: u64,
    pub(crate) per_minute: f64,
    /// Of all growth, of all that is proven, or of all goroutines, from 0 to 1.
    pub(crate) share: f64,
    pub(crate) frames: Vec<String>,
    /// Who made the requests that are held there, inferred from the heap profile; the most first.
    pub(crate) requested_by: Vec<Maker>,
}

impl Place {
    /// As it is told: with its cause, and the innermost frame of the program's own.
    pub(crate) fn of(grown: &Growth) -> Self {
        let (cause, place) = explain(grown.wait, &grown.frames).unzip();
        let place = place.flatten().or_else(|| own_frame(&grown.frames));
        Self {
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
}

/// A function that made requests which are still held.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Maker {
    pub(crate) function: String,
    pub(crate) file: String,
    pub(crate) line: u64,
    /// The next one first.
    pub(crate) callers: Vec<String>,
    /// About so many bytes of its requests are held beyond those that are under way.
    pub(crate) bytes: u64,
    /// Of all such bytes, from 0 to 1.
    pub(crate) share: f64,
}

/// Goroutines that wait at the same place, and were started at the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Waiting {
    pub(crate) function: String,
    pub(crate) file: String,
    pub(crate) line: u64,
    /// In the runtime's words.
    pub(crate) state: String,
    pub(crate) count: u64,
    pub(crate) is_waiting: bool,
    /// Those that have waited for a minute or more; none, as are the next two, where Go does not say for how long.
    pub(crate) over_a_minute: Option<u64>,
    /// In whole minutes.
    pub(crate) longest_min: Option<u64>,
    pub(crate) median_min: Option<u64>,
    pub(crate) created_by: Option<String>,
    pub(crate) cause: Option<Cause>,
}

/// The largest crowds of those that wait at the same place: the likeliest cause first, and then the largest.
pub(crate) fn waiting(all: &[Goroutine]) -> Vec<Waiting> {
    let mut crowds: HashMap<(&Frame, &str, Option<&Frame>), Vec<&Goroutine>> = HashMap::new();
    for goroutine in all {
        let Some(place) = own_frame(&goroutine.frames) else { continue };
        let key = (place, goroutine.state.as_str(), goroutine.created_by.as_ref());
        crowds.entry(key).or_default().push(goroutine);
    }
    let mut waiting: Vec<Waiting> = crowds
        .into_iter()
        .map(|((place, state, creator), crowd)| {
            // Of one state, so that it is said of all of them, or of none.
            let minutes: Option<Vec<u64>> = crowd.iter().map(|goroutine| goroutine.minutes).collect();
            let minutes = minutes.map(|mut minutes| {
                minutes.sort_unstable();
                minutes
            });
            let cause =
                crowd.first().and_then(|one| explain(one.wait(), &one.frames)).map(|(cause, _)| cause);
            Waiting {
                function: place.function.clone(),
                file: place.file.clone(),
                line: place.line,
                state: state.to_owned(),
                count: crowd.len() as u64,
                is_waiting: crowd.first().is_some_and(|one| one.is_waiting()),
                over_a_minute: minutes.as_ref().map(|all| all.iter().filter(|min| **min > 0).count() as u64),
                longest_min: minutes.as_ref().and_then(|all| all.last().copied()),
                median_min: minutes.as_ref().and_then(|all| all.get(all.len() / 2).copied()),
                created_by: creator.map(ToString::to_string),
                cause,
            }
        })
        .collect();
    let place = |waiting: &Waiting| (waiting.file.clone(), waiting.line, waiting.state.clone());
    let distance = |waiting: &Waiting| waiting.cause.map_or(0, Cause::distance);
    waiting
        .sort_by_cached_key(|waiting| (distance(waiting), std::cmp::Reverse(waiting.count), place(waiting)));
    waiting.truncate(CROWDS);
    waiting
}

#[cfg(test)]
mod tests {
    use super::super::read_whole;
    use super::*;

    #[test]
    fn the_largest_crowds_with_their_waits() {
        let reader = |minutes: u64| {
            let since = if minutes > 0 { format!(", {minutes} minutes") } else { String::new() };
            format!(
                "goroutine 7 [chan send{since}]:\nmain.readStream(0x1)\n\t/app/main.go:124 +0x1\n\
                 created by main.ServeHTTP in goroutine 6\n\t/app/main.go:83 +0x2\n\n"
            )
        };
        let text = format!(
            "goroutine 1 [IO wait]:\nnet.accept(0x1)\n\t/go/net.go:1 +0x1\nmain.main()\n\t/app/main.go:9 +0x1\n\n{}{}{}{}",
            reader(9),
            reader(0),
            reader(2),
            reader(0)
        );
        let (all, _) = read_whole(&text).unwrap();
        let found = waiting(&all);
        assert_eq!(found.len(), 2);
        let first = &found[0];
        assert_eq!(
            (first.function.as_str(), first.line, first.state.as_str()),
            ("main.readStream", 124, "chan send")
        );
        assert_eq!(
            (first.count, first.over_a_minute, first.longest_min, first.median_min),
            (4, Some(2), Some(9), Some(2))
        );
        assert_eq!(first.created_by.as_deref(), Some("main.ServeHTTP (/app/main.go:83)"));
        assert_eq!(first.cause, Some(Cause::ReaderNobodyReceives));
        assert_eq!((found[1].function.as_str(), found[1].created_by.as_deref()), ("main.main", None));
        let leaked = text.replace("[chan send]", "[chan send (leaked)]");
        let found = waiting(&read_whole(&leaked).unwrap().0);
        let told: Vec<_> = found.iter().map(|crowd| (crowd.state.as_str(), crowd.over_a_minute)).collect();
        assert_eq!(told, [("chan send", Some(2)), ("chan send (leaked)", None), ("IO wait", Some(0))]);
    }
}
