//! Recordings of real programs (`tests/recordings`), watched again: what is right for each at its end, and when that was
//! first said. How they compare stands in `tests/e2e/observe/recordings.rs`.

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use vitals::{Thresholds, Verdict};

use super::{Asked, Conclusion, Watching};
use crate::recording::{Input, Line, Recordings};
use crate::words;

/// The end of such a watch, and after how many minutes it was first rising, and first in danger.
struct Watched {
    conclusion: Conclusion,
    rising: Option<u64>,
    danger: Option<u64>,
}

impl Watched {
    fn said(&self) -> String {
        let findings = self.conclusion.findings.iter().map(|seen| words::finding(&seen.finding));
        let rising = self.conclusion.rising.iter().map(|trend| words::rising_alone(trend));
        findings.chain(rising).collect::<Vec<_>>().join("\n")
    }
}

fn watch(name: &str, required: bool) -> Watched {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/recordings").join(name);
    let inputs = [Input::from_bytes(name.to_owned(), std::fs::read(path).unwrap())];
    let asked = Asked { required, ..Asked::default() };
    let mut watching = Watching::new(Thresholds::default(), None, Verdict::Unknown).with_trends(asked);
    let (mut rising, mut danger) = (None, None);
    let mut start = None;
    let mut take = |time: &str, line: Line<'_>| {
        let Line::Good(poll, words) = line else { panic!("{name}: {time}") };
        let at: Timestamp = time.parse().unwrap();
        let elapsed = Duration::try_from(at - *start.get_or_insert(at)).unwrap();
        let outcome = Ok(poll.reading(words));
        let polled = watching.add(at, elapsed, &outcome);
        let minute = elapsed.as_secs() / 60;
        if polled.trend.rising {
            rising.get_or_insert(minute);
        }
        if polled.trend.growing.iter().any(|finding| finding.verdict == Verdict::Danger) {
            danger.get_or_insert(minute);
        }
    };
    Recordings::sound(&inputs, "FILE").unwrap().read(&mut take).unwrap();
    watching.finish();
    Watched { conclusion: watching.conclusion(), rising, danger }
}

#[test]
fn a_count_that_outgrew_what_stands_for_its_load_is_a_leak() {
    let seen = watch("origin-clients-leave.csv", false);
    assert_eq!(seen.conclusion.verdict, Verdict::Danger, "{}", seen.said());
    assert!(seen.said().starts_with("leak: goroutines grow by 5,"), "{}", seen.said());
    // First what was plain to the eye, then what it is.
    assert_eq!(seen.rising, Some(2));
    assert!(seen.danger.is_some_and(|minute| (9..=11).contains(&minute)), "{:?}", seen.danger);
}

#[test]
fn what_rises_without_a_pause_is_said_at_once() {
    let seen = watch("origin-clients-leave-5m.csv", false);
    assert_eq!((seen.conclusion.verdict, seen.rising, seen.danger), (Verdict::Ok, Some(2), None));
    assert_eq!(
        seen.said(),
        "goroutines rose from 15 to 608 in 5m without a pause, 7,100/h; too short to tell a leak from a ramp: 7m more"
    );
    let required = watch("origin-clients-leave-5m.csv", true);
    assert_eq!(required.conclusion.verdict, Verdict::Unknown);
    assert!(required.said().contains("rose from 15 to 608 in 5m"), "{}", required.said());
}

#[test]
fn what_is_level_is_enough_for_who_requires_a_trend() {
    for name in ["own-healthy-6m.csv", "own-clients-leave-6m.csv"] {
        let seen = watch(name, true);
        assert_eq!((seen.conclusion.verdict, seen.said()), (Verdict::Ok, String::new()), "{name}");
        assert_eq!((seen.rising, seen.danger), (None, None), "{name}");
    }
    let long = watch("origin-healthy.csv", true);
    assert_eq!((long.conclusion.verdict, long.rising), (Verdict::Ok, None), "{}", long.said());
    // Less than five minutes rule out nothing.
    let short = watch("origin-healthy-5m.csv", true);
    assert_eq!(short.conclusion.verdict, Verdict::Unknown, "{}", short.said());
}
