use std::time::Duration;

use serde_json::{Value, json};

use super::*;
use crate::client::Outcome;
use crate::gauge::{Held, Left};
use crate::run::{Found, Grade, Kind, Reason, Size, Tally};

fn findings() -> Vec<Found> {
    let mut passed = Found::skipped(1, "error-status", "");
    passed.reason = None;
    passed.grade = Grade::Pass;
    passed.quiet_s = Some(0.25);
    (0..3).for_each(|_| passed.tally.count(Outcome::Http(502)));
    passed.tally.latencies = vec![Duration::from_millis(4), Duration::from_millis(1250)];
    passed.tally.note("a hundredth of it");
    passed.before =
        Held { tasks: Some(7), descriptors: Some(20), resident: Some(21 << 20), ..Held::default() };
    passed.after = Held { resident: Some(23 << 20), ..passed.before };
    let mut leaked = passed.clone();
    leaked.id = 8;
    leaked.name = "client-gone-mid-stream";
    leaked.tally = Tally::default();
    leaked.tally.complain(Kind::Wrong, "a <late> \"answer\" | cut");
    leaked.tally.complain(Kind::Leak, "tasks: 7 before, 8 after");
    leaked.grade = leaked.tally.grade();
    leaked.left = vec![Left { name: "tasks", before: 7, after: 8 }];
    leaked.quiet_s = None;
    leaked.after.tasks = Some(8);
    vec![passed, leaked, Found::skipped(21, "panic", "cannot be caused from outside")]
}

fn render(format: Format) -> String {
    rendered(format, 120, false)
}

fn rendered(format: Format, width: usize, color: bool) -> String {
    let patience = Duration::from_secs(20);
    let size = Size {
        requests: 100,
        at_once: 25,
        rate: None,
        patience,
        repetitions: 1,
        full: false,
        hurried: false,
    };
    Report {
        subject: "http://h",
        size,
        asked: &Value::Null,
        findings: &findings(),
        complete: true,
        least_free: None,
        color,
        width,
    }
    .render(format)
}

#[test]
fn the_json_is_as_documented() {
    let json: Value = serde_json::from_str(&render(Format::Json)).unwrap();
    assert_eq!(
        (&json["schema"], &json["verdict"], &json["target"]),
        (&json!(1), &json!("fail"), &json!("http://h"))
    );
    let leak = &json["faults"][1];
    assert_eq!(leak["id"], 8);
    assert_eq!(leak["tasks"], json!([7, 8]));
    assert_eq!(leak["verdict"], "leak");
    assert_eq!(leak["left"][0]["name"], "tasks");
    assert_eq!(json["faults"][0]["client"], json!({"http_5xx": 3}));
    assert_eq!(json["faults"][2]["verdict"], "skipped");
    let latency = &json["faults"][0]["latency_ms"];
    assert_eq!(*latency, json!({"p50": 4.0, "p95": 1250.0, "p99": 1250.0, "max": 1250.0}));
    assert_eq!(json["faults"][0]["notes"], json!(["a hundredth of it"]));
    assert_eq!(json["faults"][2]["latency_ms"], Value::Null);
}

#[test]
fn people_see_the_worst_first_and_the_reason_of_a_skip() {
    let text = render(Format::Text);
    assert!(text.contains("leak 8 client-gone-mid-stream: tasks: 7 before, 8 after; a <late>"), "{text}");
    assert!(text.contains("skipped 21 panic: cannot be caused from outside"), "{text}");
    assert!(text.ends_with("fail: 1 of 3 rows passed, 1 failed, 1 skipped\n"), "{text}");
    let line = text.lines().find(|line| line.contains("error-status")).unwrap();
    for cell in ["7→7", "20→20", "21→23M", "5xx 3", "0.2s", "4ms/1.2s", "pass"] {
        assert!(line.contains(cell), "no {cell:?} in {line}");
    }
}

/// What nobody came to is neither a pass nor a failure.
#[test]
fn a_drill_without_time_for_every_row_is_unfinished() {
    let findings = [
        Found { grade: Grade::Pass, reason: None, ..Found::skipped(1, "error-status", "") },
        Found::skipped(49, "mixed-traffic", Reason::NoTime),
    ];
    let patience = Duration::from_secs(30);
    let size =
        Size { requests: 1, at_once: 1, rate: None, patience, repetitions: 1, full: false, hurried: true };
    let render = |format| {
        let (asked, color) = (&Value::Null, false);
        Report {
            subject: "h",
            size,
            asked,
            findings: &findings,
            complete: true,
            least_free: None,
            color,
            width: 120,
        }
        .render(format)
    };
    let json: Value = serde_json::from_str(&render(Format::Json)).unwrap();
    assert_eq!((&json["verdict"], &json["complete"]), (&json!("unfinished"), &json!(false)));
    let text = render(Format::Text);
    assert!(text.contains("skipped 49 mixed-traffic: no time left"), "{text}");
    assert!(
        text.ends_with("1 skipped\nno time left for 1 row: with `--patience 30s` each row has its time\n"),
        "{text}"
    );
}

#[test]
fn rows_that_are_skipped_for_the_same_reason_are_told_together() {
    let mut findings = findings();
    findings.push(Found::skipped(47, "websocket-dies", "interrupted"));
    findings.push(Found::skipped(50, "very-many-streams", "interrupted"));
    let patience = Duration::from_secs(20);
    let size =
        Size { requests: 1, at_once: 1, rate: None, patience, repetitions: 1, full: false, hurried: false };
    let report = Report {
        subject: "h",
        size,
        asked: &Value::Null,
        findings: &findings[2..],
        complete: false,
        least_free: None,
        color: false,
        width: 120,
    };
    let text = report.render(Format::Text);
    assert!(text.contains("skipped 47 websocket-dies, 50 very-many-streams: interrupted"), "{text}");
    assert!(text.ends_with("interrupted: 0 of 3 rows passed, 0 failed, 3 skipped\n"), "{text}");
}

#[test]
fn a_text_keeps_to_its_width_and_says_the_same() {
    for width in [80, 120] {
        let text = rendered(Format::Text, width, false);
        for line in text.lines() {
            assert!(line.chars().count() <= width, "{} columns of {width}: {line}", line.chars().count());
        }
        for words in
            ["5xx 3", "4ms/1.2s", "never", "7→8", "cannot be caused", "note 1 error-status: a hundredth"]
        {
            assert!(text.contains(words), "no {words:?} at {width}:\n{text}");
        }
    }
    assert!(!rendered(Format::Text, 120, false).contains('\u{1b}'));
    // Colour adds nothing but colour.
    let mut plain = rendered(Format::Text, 120, true);
    while let Some(start) = plain.find('\u{1b}') {
        let end = plain[start..].find('m').unwrap() + start;
        plain.replace_range(start..=end, "");
    }
    assert_eq!(plain, rendered(Format::Text, 120, false));
}

#[test]
fn markdown_and_xml_stay_what_they_are() {
    let markdown = render(Format::Markdown);
    assert!(markdown.contains("a \\<late> \"answer\" \\| cut"), "{markdown}");
    let rows = markdown.lines().filter(|line| line.starts_with('|'));
    for row in rows {
        assert_eq!(row.matches('|').count(), 11, "{row}");
    }
    let xml = render(Format::Junit);
    assert!(xml.contains("failures=\"1\" errors=\"0\" skipped=\"1\""), "{xml}");
    assert!(
        xml.contains("<failure type=\"leak\"") && xml.contains("a &lt;late&gt; &quot;answer&quot;"),
        "{xml}"
    );
}

/// For people by language, for programs in English.
#[test]
fn a_drill_in_chinese() {
    let chinese = |format, width| vitals::Language::Zh.during(|| rendered(format, width, false));
    let text = chinese(Format::Text, 80);
    for line in text.lines() {
        assert!(report::text::columns(line) <= 80, "{} columns: {line}", report::text::columns(line));
    }
    insta::assert_snapshot!("zh_text", text);
    insta::assert_snapshot!("zh_wide", chinese(Format::Text, 120));
    insta::assert_snapshot!("zh_markdown", chinese(Format::Markdown, 80));
    for format in [Format::Json, Format::Junit] {
        assert_eq!(chinese(format, 80), render(format));
    }
    let list = || list(&crate::rows::select(&[], &[]).unwrap(), crate::rows::fault);
    let listed = vitals::Language::Zh.during(list);
    let unsaid: Vec<&str> =
        listed.lines().skip(1).filter(|line| line.chars().all(|c| c.is_ascii() || c == '–')).collect();
    assert_eq!(unsaid, [""], "a fault without its Chinese");
    insta::assert_snapshot!("zh_list", listed);
}
