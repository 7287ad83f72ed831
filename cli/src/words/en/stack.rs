//! Stacks of a Go program: those that grow, stand, or are proven to be leaked.

use std::time::Duration;

use vitals::units::format_duration;

use super::counted;
use crate::profile::{Maker, Place, Wait, Waiting};

/// The function of a place.
pub(crate) fn function(place: &Place) -> &str {
    place.function.as_deref().unwrap_or("a function that the profile does not name")
}

/// A place in the program's own code.
pub(crate) fn place(place: &Place) -> String {
    let at = if place.file.is_empty() { String::new() } else { format!(" ({}:{})", place.file, place.line) };
    format!("{}{at}", function(place))
}

/// A stack that grows, in one line.
pub(crate) fn stack(place: &Place) -> String {
    let maker = place.requested_by.first().map(|maker| {
        format!("; most likely requested by {} ({}:{})", maker.function, maker.file, maker.line)
    });
    format!(
        "{}: {} to {}, {:+.1} a minute{}",
        self::place(place),
        place.before,
        place.now,
        place.per_minute,
        maker.unwrap_or_default()
    )
}

/// A short form: without the folders, and of what nobody closed, who asked for it.
pub(crate) fn stack_in_short(place: &Place) -> String {
    let (function, file, line, never_closed) = match place.requested_by.first() {
        Some(maker) => (&*maker.function, &maker.file, maker.line, ", never closed"),
        None => (self::function(place), &place.file, place.line, ""),
    };
    let name = file.rsplit('/').next().unwrap_or_default();
    let at = if name.is_empty() { String::new() } else { format!(" {name}:{line}") };
    format!("{}: {function}{at}{never_closed}", a_minute(place.per_minute))
}

/// `+1205 a minute`, and `+0.2 a minute`: less than one is not none.
pub(crate) fn a_minute(more: f64) -> String {
    if more.abs() < 9.95 { format!("{more:+.1} a minute") } else { format!("{more:+.0} a minute") }
}

/// The stacks that grew, in front of them.
pub(crate) fn growing(places: usize, few: u64, apart: Duration) -> String {
    let apart = format_duration(Duration::from_secs_f64(apart.as_secs_f64().round().max(1.0)));
    match places {
        0 => format!("no stack has {few} goroutines more than {apart} before"),
        _ => {
            let stacks = counted(places as u64, "stack", "stacks");
            format!("{stacks} within {apart}, the likeliest cause first")
        }
    }
}

/// One that grew.
pub(crate) fn grown(place: &Place) -> String {
    let count = counted(place.now, "goroutine", "goroutines");
    let (more, share) = (a_minute(place.per_minute), place.share * 100.0);
    format!("{count}, {} before: {more}, {share:.0} % of all growth", place.before)
}

/// Where nothing grew, a crowd is told as what it is: no growth, and worth a look.
pub(crate) const fn standing() -> &'static str {
    "the largest crowds follow; one that leaks slower than this is told by a longer look: --apart 2m"
}

pub(crate) fn stood(place: &Place) -> String {
    format!("{} goroutines, {} before, {:.0} % of all", place.now, place.before, place.share * 100.0)
}

/// Go's own proof.
pub(crate) fn proven(leaked: u64) -> String {
    match leaked {
        0 => {
            "Go proves no leak. A goroutine that waits for the network may leak all the same: of it there is no proof"
                .to_owned()
        }
        leaked => {
            let leaked = counted(leaked, "goroutine is", "goroutines are");
            format!("{leaked} leaked: nothing can ever wake them")
        }
    }
}

pub(crate) fn proven_at(place: &Place) -> String {
    let count = counted(place.now, "goroutine", "goroutines");
    format!("{count}, {:.0} % of the proven ones", place.share * 100.0)
}

pub(crate) fn waits_for(wait: Wait) -> String {
    format!("waits for {}", super::cause::wait(wait))
}

pub(crate) const fn same_cause() -> &'static str {
    "the same cause as above"
}

/// Every goroutine, in front of them.
pub(crate) fn deep(listed: u64, cut: bool) -> String {
    let cut = if cut { "; Go's list ends at 64 MiB, there are more" } else { "" };
    let listed = counted(listed, "goroutine", "goroutines");
    format!(
        "{listed} listed, the likeliest cause first{cut}; Go counts how long they wait from the first garbage collection \
         that sees it"
    )
}

/// How many wait, for what, and for how long: Go counts from the first collection that saw them wait, and keeps to
/// itself how long it has been for what it has found to be leaked.
pub(crate) fn waited(waiting: &Waiting) -> String {
    let Waiting { state, is_waiting, count, over_a_minute, longest_min, median_min, .. } = waiting;
    let minutes = over_a_minute.zip(longest_min.zip(*median_min));
    let in_minutes = |n| counted(n, "minute", "minutes");
    let waits = match minutes {
        _ if !is_waiting => state.clone(),
        // Go does not say for how long of what it found to be leaked.
        None => state.clone(),
        Some((0, _)) => format!("{state}; none for a minute yet"),
        Some((_, (longest, _))) if *count == 1 => format!("{state}; for {}", in_minutes(longest)),
        Some((n, (longest, median))) => {
            let half = match median {
                0 => String::new(),
                median => format!("half of all for {} or more, ", in_minutes(median)),
            };
            format!("{state}; {n} for a minute or more, {half}the longest for {}", in_minutes(longest))
        }
    };
    format!("{}: {waits}", counted(*count, "goroutine", "goroutines"))
}

pub(crate) fn started_by(creator: &str) -> String {
    format!("started by {creator}")
}

/// Who made the requests that are held.
pub(crate) fn maker(maker: &Maker) -> String {
    let Maker { function, file, line, callers, share, .. } = maker;
    let called =
        if callers.is_empty() { String::new() } else { format!(", called by {}", callers.join(", by ")) };
    format!(
        "the requests were made by {function} ({file}:{line}){called}: inferred from {:.0} % of the requests that the \
         heap profile saw still held",
        share * 100.0
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stack_in_short() {
        assert_eq!(
            [1204.8, 12.0, 9.94, 0.2].map(a_minute),
            ["+1205 a minute", "+12 a minute", "+9.9 a minute", "+0.2 a minute"]
        );
        let place = Place {
            function: Some("net/http.(*persistConn).readLoop".to_owned()),
            file: "/go/src/net/http/transport.go".to_owned(),
            line: 2616,
            per_minute: 1204.8,
            ..Place::default()
        };
        assert_eq!(
            stack_in_short(&place),
            "+1205 a minute: net/http.(*persistConn).readLoop transport.go:2616"
        );
        let maker = Maker {
            function: "main.(*relay).ask".to_owned(),
            file: "/app/main.go".to_owned(),
            line: 83,
            callers: Vec::new(),
            bytes: 1,
            share: 1.0,
        };
        let asked = Place { requested_by: vec![maker], ..place };
        assert_eq!(stack_in_short(&asked), "+1205 a minute: main.(*relay).ask main.go:83, never closed");
    }
}
