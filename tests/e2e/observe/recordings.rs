//! Recordings of real programs (`tests/recordings`), with what is right for each: in a comparison, and on a page. How a
//! watch of them goes stands in `cli/src/watching/replayed_tests.rs`.

use super::run;

/// Two recordings, and what is right.
struct Pair {
    files: [&'static str; 2],
    exit: i32,
    verdict: &'static str,
    /// Everybody reads that.
    says: &'static [&'static str],
    /// Nobody is told that.
    never: &'static [&'static str],
}

const PAIRS: [Pair; 3] = [
    Pair {
        files: ["origin-healthy.csv", "origin-clients-leave.csv"],
        exit: 2,
        verdict: "leak",
        says: &[
            "danger: leak: goroutines grow by 5,232/h, 952 more in 11m",
            "name the line that leaks and its cure",
        ],
        never: &["record on"],
    },
    Pair {
        files: ["origin-healthy-5m.csv", "origin-clients-leave-5m.csv"],
        exit: 3,
        verdict: "unknown",
        says: &[
            "unknown: goroutines rose from 15 to 608 in 5m without a pause, 7,100/h; too short to tell a leak from a ramp",
        ],
        never: &["compare recordings of the same load"],
    },
    Pair {
        files: ["own-healthy-6m.csv", "own-clients-leave-6m.csv"],
        exit: 0,
        verdict: "ok",
        says: &[
            "goroutines beyond the explained ones: level at 6 for 5m: growth above 24/h is ruled out",
            "nothing to do",
        ],
        never: &["unknown"],
    },
];

/// On its page, and what is said there.
const PAGES: [(&str, &str, &str); 6] = [
    ("origin-healthy.csv", "OK", "Goroutines are not growing"),
    ("origin-clients-leave.csv", "DANGER", "Goroutines grow by 5,232 per hour"),
    ("origin-healthy-5m.csv", "OK", ""),
    (
        "origin-clients-leave-5m.csv",
        "RISING",
        "Goroutines rose from 15 to 608 in 5m without a pause, 7,100/h",
    ),
    ("own-healthy-6m.csv", "OK", "are level at 6 for 5m: growth above 24/h is ruled out"),
    ("own-clients-leave-6m.csv", "OK", "are level at 6 for 5m: growth above 24/h is ruled out"),
];

fn recording(name: &str) -> String {
    format!("{}/tests/recordings/{name}", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn compared_with_its_baseline() {
    for Pair { files: [baseline, current], exit, verdict, says, never } in PAIRS {
        let [before, now] = [baseline, current].map(recording);
        let (code, text, err) = run(&["compare", &before, &now]);
        // Lines are folded wherever the terminal ends.
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(code, Some(exit), "{current}: {text} {err}");
        says.iter().for_each(|part| assert!(text.contains(part), "{current}: `{part}` is not in {text}"));
        never.iter().for_each(|part| assert!(!text.contains(part), "{current}: `{part}` is in {text}"));
        let (code, json, _) = run(&["compare", &before, &now, "--format", "json"]);
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!((code, &json["verdict"]), (Some(exit), &verdict.into()), "{current}");
        let rising = &json["metrics"][0]["current"]["rising"];
        assert_eq!(rising.is_object(), verdict == "unknown", "{current}: {rising}");
    }
}

#[test]
fn on_a_page() {
    for (name, verdict, says) in PAGES {
        let (code, page, err) = run(&["report", &recording(name)]);
        assert_eq!(code, Some(0), "{name}: {err}");
        assert!(page.contains(&format!("{verdict}</b> {name}")), "{name} is not {verdict}");
        assert!(page.contains(says), "{name}: `{says}` is not on its page");
    }
}
