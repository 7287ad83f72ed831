//! Every goroutine of a Go program by itself: how long each has waited, and who started it. Go stops the whole program
//! while it writes this down, so it is asked for once, and only on request.

use std::collections::HashMap;
use std::time::Duration;

use serde::Serialize;

use super::Step;
use crate::profile::{Frame, Goroutine, explain, own_frame, read_whole};
use crate::source::Probe;

/// The runtime writes at most 64 MiB.
const CAP: u64 = 65 << 20;
/// So many crowds are told.
const CROWDS: usize = 5;

/// Goroutines that wait at the same place, and were started at the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Waiting {
    pub(crate) function: String,
    pub(crate) file: String,
    pub(crate) line: u64,
    /// In the runtime's words.
    pub(crate) state: String,
    pub(crate) count: u64,
    /// Whether they wait at all.
    #[serde(skip)]
    pub(crate) is_waiting: bool,
    /// Those that have waited for a minute or more; null, as are the next two, where Go does not say for how long.
    pub(crate) over_a_minute: Option<u64>,
    /// The longest wait, in whole minutes.
    pub(crate) longest_min: Option<u64>,
    /// The middle one's.
    pub(crate) median_min: Option<u64>,
    /// Who started them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) created_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) meaning: Option<&'static str>,
}

/// All of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Deep {
    /// All goroutines that were listed.
    pub(crate) listed: u64,
    /// The list breaks off: there are more.
    pub(crate) cut: bool,
    /// The largest crowds first.
    pub(crate) waiting: Vec<Waiting>,
}

/// Lists every goroutine, once.
///
/// # Errors
/// A step that says why there is no list.
pub(crate) fn deep(probe: &Probe, timeout: Duration) -> Result<Deep, Step> {
    let raw = probe
        .get("/debug/pprof/goroutine", Some("debug=2"), CAP, timeout)
        .map_err(|error| Step::note("deep", error.what, Some("a larger --timeout gives it more time")))?;
    if raw.status != 200 {
        let seen = format!("there is no list of goroutines (status {})", raw.status);
        return Err(Step::note("deep", seen, Some("serve net/http/pprof, and give --pprof-url")));
    }
    let (all, cut) = read_whole(&String::from_utf8_lossy(&raw.body))
        .map_err(|why| Step::note("deep", why, Some("check --pprof-url")))?;
    Ok(Deep { listed: all.len() as u64, cut, waiting: crowds(&all) })
}

fn crowds(all: &[Goroutine]) -> Vec<Waiting> {
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
            let meaning =
                crowd.first().and_then(|one| explain(one.wait(), &one.frames)).map(|cause| cause.what);
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
                meaning,
            }
        })
        .collect();
    let place = |waiting: &Waiting| (waiting.file.clone(), waiting.line, waiting.state.clone());
    waiting.sort_by_cached_key(|waiting| (std::cmp::Reverse(waiting.count), place(waiting)));
    waiting.truncate(CROWDS);
    waiting
}

#[cfg(test)]
mod tests {
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
        let found = crowds(&all);
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
        assert!(first.meaning.unwrap().contains("nobody receives"));
        assert_eq!((found[1].function.as_str(), found[1].created_by.as_deref()), ("main.main", None));
        let leaked = text.replace("[chan send]", "[chan send (leaked)]");
        let found = crowds(&read_whole(&leaked).unwrap().0);
        let told: Vec<_> = found.iter().map(|crowd| (crowd.state.as_str(), crowd.over_a_minute)).collect();
        assert_eq!(told, [("chan send", Some(2)), ("chan send (leaked)", None), ("IO wait", Some(0))]);
    }
}
