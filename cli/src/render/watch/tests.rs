use vitals::Sample;

use super::*;
use crate::source::ErrorKind;
use crate::watching::Watching;

type Poll = Result<Reading, PollError>;

fn poll(sample: Sample, latency_us: u64) -> Poll {
    Ok(Reading::of(sample, Duration::from_micros(latency_us)))
}

/// An answer of the old endpoint.
fn old(goroutines: u64, alloc_mb: u64) -> Poll {
    let sample = Sample {
        goroutines: Some(goroutines),
        alloc_bytes: Some(alloc_mb << 20),
        sys_bytes: Some(512 << 20),
        num_gc: Some(45),
        ..Sample::default()
    };
    poll(sample, 1234)
}

/// An answer of this relay.
fn relay(goroutines: u64, explained: u64, start_time: u64) -> Poll {
    let sample = Sample {
        goroutines: Some(goroutines),
        explained: Some(explained),
        alloc_bytes: Some(18 << 20),
        in_flight: Some(explained / 2),
        start_time: Some(start_time),
        ..Sample::default()
    };
    poll(sample, 800)
}

fn failed(kind: ErrorKind) -> Poll {
    let (what, cure) = match kind {
        ErrorKind::Refused => (
            "nothing listens at 127.0.0.1:3000 (connection refused)",
            "start the service, or check the port and --api-url",
        ),
        _ => (
            "no whole answer from 127.0.0.1:3000 within 5s",
            "is it overloaded, or does a firewall drop packets? try a longer --timeout",
        ),
    };
    Err(PollError::new(kind, what, cure))
}

/// Half past ten in the morning, in a zone ahead of UTC.
const START: i64 = 1_795_055_400;

fn zone() -> TimeZone {
    TimeZone::fixed(jiff::tz::offset(8))
}

/// The screen after polls every 5 s, hints marked, and the watch.
fn screen(polls: &[Poll], every: u64, width: usize, styles: Styles) -> (String, Watching) {
    let mut watching = Watching::new(Thresholds::default(), None, vitals::Verdict::Unknown);
    let mut lines = Lines::new(styles, zone(), Thresholds::default());
    let mut text = String::new();
    for (i, outcome) in (0..).zip(polls) {
        let elapsed = Duration::from_secs(i * every);
        let at = Timestamp::from_second(START).unwrap() + elapsed;
        let shown = lines.poll(&watching.add(at, elapsed, outcome), width);
        text.push_str(&shown.lines);
        for line in shown.hint.iter().flat_map(|hint| hint.lines()) {
            text.push_str(&format!("stderr|{line}\n"));
        }
    }
    (text, watching)
}

fn shown(polls: &[Poll], width: usize) -> String {
    let text = screen(polls, 5, width, Styles::default()).0;
    for line in text.lines().map(|line| line.trim_start_matches("stderr|")) {
        assert!(report::text::columns(line) <= width && line == line.trim_end(), "{line:?}");
    }
    text
}

fn closing(polls: &[Poll], every: u64, width: usize) -> String {
    let mut watching = screen(polls, every, width, Styles::default()).1;
    watching.finish();
    let conclusion = watching.conclusion();
    let took = Duration::from_secs(every * (polls.len() as u64 - 1)) + Duration::from_millis(400);
    let started = Timestamp::from_second(START).unwrap();
    let watched = Watched {
        target: "http://localhost:3000",
        source: "health",
        started,
        ended: started + took,
        took,
        watching: &watching,
        conclusion: &conclusion,
        growing: &[],
        kept: &[],
    };
    let text = summary(&watched, &Styles::default(), &zone(), width);
    for line in text.lines() {
        assert!(report::text::columns(line) <= width && line == line.trim_end(), "{line:?}");
    }
    text
}

fn eventful() -> Vec<Poll> {
    vec![
        old(1890, 256),
        old(1934, 258),
        failed(ErrorKind::Refused),
        failed(ErrorKind::Refused),
        failed(ErrorKind::Timeout),
        old(2310, 1500),
        old(2255, 1490),
        poll(Sample { num_gc: Some(1), ..old(15, 0).unwrap().sample }, 12_300),
        old(12_020, 3500),
    ]
}

#[test]
fn an_old_endpoint() {
    insta::assert_snapshot!(shown(&eventful(), 80));
}

#[test]
fn a_load_aware_relay() {
    let polls = [relay(12, 0, 7), relay(9012, 9000, 7), relay(3014, 3000, 7), relay(8, 0, 99)];
    insta::assert_snapshot!(shown(&polls, 80));
}

#[test]
fn wide_narrow_and_very_narrow() {
    let polls = [relay(312, 300, 7), failed(ErrorKind::Refused), relay(318, 302, 7)];
    let all: Vec<_> = [100, 60, 40].map(|width| format!("{width}:\n{}", shown(&polls, width))).into();
    insta::assert_snapshot!(all.join("\n"));
}

#[test]
fn headers_come_again_and_a_new_day_is_named() {
    let polls: Vec<_> = (0..45).map(|i| old(300 + i % 3, 20)).collect();
    let text = screen(&polls, 3600, 80, Styles::default()).0;
    let headers: Vec<_> = text
        .lines()
        .enumerate()
        .filter(|(_, line)| line.contains("  goroutines  "))
        .map(|(i, _)| i)
        .collect();
    // 20 samples and one new day between them, and once what the trends are.
    assert_eq!(headers, [0, 26, 48], "{text}");
    assert!(text.contains("2026-11-20\n00:30:00  14h00m"), "{text}");
}

#[test]
fn colour_adds_nothing_but_colour() {
    let (colored, _) = screen(&eventful(), 5, 80, Styles::new(true));
    assert!(colored.contains("\u{1b}[32;1mnormal") && colored.contains("\u{1b}[31;1msevere"), "{colored:?}");
    let bare: String = colored
        .split('\u{1b}')
        .enumerate()
        .map(|(i, part)| if i == 0 { part } else { part.split_once('m').unwrap().1 })
        .collect();
    assert_eq!(bare, screen(&eventful(), 5, 80, Styles::default()).0);
}

#[test]
fn columns_do_not_go_with_a_number() {
    let without = poll(Sample { goroutines: Some(9), ..Sample::default() }, 1);
    let text = shown(&[relay(312, 300, 7), without], 80);
    assert_eq!(text.lines().count(), 3, "{text}");
}

#[test]
fn summaries() {
    insta::assert_snapshot!("eventful", closing(&eventful(), 5, 80));
    insta::assert_snapshot!("eventful_narrow", closing(&eventful(), 5, 60));
    insta::assert_snapshot!("eventful_very_narrow", closing(&eventful(), 5, 40));
    let calm: Vec<_> = (0..361).map(|i| relay(312 + i % 7, 300, 7)).collect();
    insta::assert_snapshot!("calm", closing(&calm, 5, 80));
    insta::assert_snapshot!(
        "dead",
        closing(&[failed(ErrorKind::Refused), failed(ErrorKind::Refused)], 5, 80)
    );
    let leak: Vec<_> = (0..361).map(|i| relay(312 + i * 2, 300, 7)).collect();
    let leaked = closing(&leak, 5, 80);
    assert!(leaked.contains("DANGER  http") && leaked.contains("watertight diagnose"), "{leaked}");
    insta::assert_snapshot!("leak", leaked);
    // The nearer the danger, the more precise the advice; two looks at a short one are no trend, nor are hundreds.
    let steep: Vec<_> = (0..361).map(|i| relay(312 + i * 9 + i * 7919 % 41, 300, 7)).collect();
    let advice = |polls: &[Poll]| {
        let text = closing(polls, 5, 80);
        let words = text.split("advice").nth(1).unwrap().split_whitespace().collect::<Vec<_>>();
        words.join(" ")
    };
    let said = advice(&steep);
    assert!(said.contains("plan a restart within 1") && said.ends_with("m, before it is danger"), "{said}");
    let beyond: Vec<_> = (0..361).map(|i| relay(312 + i * 20, 300, 7)).collect();
    let said = advice(&beyond);
    assert!(
        said.contains("watertight diagnose") && said.contains("as soon as you can: it is in danger"),
        "{said}"
    );
    let unknown: Vec<_> = (0..361).map(|i| old(312 + i * 20, 300)).collect();
    let said = advice(&unknown);
    assert!(said.contains("watertight diagnose") && said.contains("it is in danger"), "{said}");
    let gone: Vec<_> = beyond.iter().cloned().chain([failed(ErrorKind::Refused)]).collect();
    assert!(advice(&gone).contains("watertight diagnose"), "a leak is one also where the last poll failed");
    let short: Vec<_> = (0..50).map(|i| relay(312 + i * 20, 300, 7)).collect();
    let said = advice(&short);
    assert!(said.starts_with("watch on: a ramp ends, and a leak goes on."), "{said}");
    let paused: Vec<_> = (0..50).map(|i| relay(312 + i / 10 * 100, 300, 7)).collect();
    let said = advice(&paused);
    let expected =
        "the last sample is well above the first; watch 5m more: that shows whether it is a trend.";
    assert!(said.starts_with(expected), "{said}");
    let days: Vec<_> = (0..50).map(|i| old(2100 - i * 20, 300)).collect();
    insta::assert_snapshot!("days", closing(&days, 3600, 80));
}

#[test]
fn small_forms() {
    let seconds = |s| after(Duration::from_secs(s));
    let forms = [0, 59, 60, 3599, 3600, 86_399, 86_400, 604_800].map(seconds);
    assert_eq!(forms, ["0s", "59s", "1m00s", "59m59s", "1h00m", "23h59m", "1d00h", "7d00h"]);
    assert_eq!([-3, 0, 5].map(signed), ["-3", "0", "+5"]);
    assert_eq!((summary::percent(0, 5), summary::percent(200, 150)), (None, Some(-25.0)));
}

#[test]
fn openings() {
    let (s, m) = (Duration::from_secs(5), Duration::from_secs(1800));
    let target = "http://localhost:3000";
    assert_eq!(
        opening(target, s, Some(m), None, 80),
        "watching http://localhost:3000 every 5s for 30m; Ctrl-C ends it"
    );
    assert!(opening(target, s, None, Some(1), 80).contains("every 5s, 1 poll at most; Ctrl-C"));
    assert!(opening(target, s, Some(m), None, 60).ends_with("Ctrl-C ends\nit"));
}

#[test]
fn nobody_is_asked_to_watch_a_crash_loop_for_longer() {
    let polls: Vec<Poll> = (0..8).map(|n| relay(20, 10, n / 2)).collect();
    let text = closing(&polls, 5, 200);
    assert!(text.contains("danger: crash loop") && text.contains("warming up 0/8 blocks\n"), "{text}");
    assert!(text.contains("advice       read the log of its last minutes"), "{text}");
    assert!(!text.contains(" more"), "{text}");
}

#[test]
fn several_instances_have_a_line() {
    let polls: Vec<Poll> = (0..8).map(|n| relay(20 + n, 10, n % 2)).collect();
    let both = closing(&polls, 5, 200);
    let line = "  instances    2 instances answer behind this address: each is judged by itself";
    assert!(both.contains(line), "{both}");
    let one = closing(&polls[..1], 5, 200);
    assert!(!one.contains("  instances "), "{one}");
}

#[test]
fn that_a_target_drains_is_said_once() {
    let says = |status: &str| relay(312, 300, 1).map(|r| Reading { status: Some(status.to_owned()), ..r });
    let mut watching = Watching::new(Thresholds::default(), None, vitals::Verdict::Unknown);
    let mut lines = Lines::new(Styles::default(), TimeZone::UTC, Thresholds::default());
    let polls = [says("ok"), says("draining"), says("draining"), says("ok"), says("draining")];
    let mut shown = String::new();
    for poll in &polls {
        let polled = watching.add(Timestamp::from_second(START).unwrap(), Duration::ZERO, poll);
        shown += &lines.poll(&polled, 100).lines;
    }
    assert_eq!(shown.matches("it is draining").count(), 2, "{shown}");
}

#[test]
fn kinds_are_told_where_growth_is() {
    let look = |logs: usize| process::Look {
        descriptors: std::iter::repeat_n(process::Kind::Named("logs/oneapi-….log".to_owned()), logs)
            .collect(),
        ..process::Look::default()
    };
    let mut watching = Watching::new(Thresholds::default(), None, vitals::Verdict::Unknown);
    let mut lines = Lines::new(Styles::default(), zone(), Thresholds::default());
    let outcome = relay(12, 0, 7);
    let mut polled = watching.add(Timestamp::from_second(START).unwrap(), Duration::ZERO, &outcome);
    polled.kept = crate::finding::Kept::between(&look(12), &look(452), Duration::from_secs(600));
    let text = lines.poll(&polled, 120).lines;
    assert!(
        text.contains("descriptors: 452, 12 before: 440 more. 452 x logs/oneapi-….log (12 before)"),
        "{text}"
    );
    let line = crate::render::ndjson_sample(&polled, None);
    assert!(line.contains("\"kept\":[{\"what\":\"descriptors\",\"before\":12,\"now\":452"), "{line}");
}

#[test]
fn in_chinese() {
    let chinese = |say: &dyn Fn() -> String| vitals::Language::Zh.during(say);
    insta::assert_snapshot!("zh_lines", chinese(&|| shown(&eventful(), 80)));
    insta::assert_snapshot!("zh_eventful", chinese(&|| closing(&eventful(), 5, 80)));
    let leak: Vec<_> = (0..361).map(|i| relay(312 + i * 2, 300, 7)).collect();
    insta::assert_snapshot!("zh_leak", chinese(&|| closing(&leak, 5, 80)));
}
