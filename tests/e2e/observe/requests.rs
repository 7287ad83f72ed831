//! How requests end, and how long they take: told and judged by every observer.

use super::endpoint::{answering, ok};
use super::run;

/// 50 requests from poll to poll, of which 6 fail in the upstream, 10 clients leave and 9 are refused with a 4xx.
fn failing<T>(test: impl FnOnce(&str) -> T) -> T {
    let respond = |_: &str, polls: u64| {
        let n = |each: u64| 1000 + polls * each;
        ok(format!(
            "{{\"status\":\"ok\",\"goroutines\":30,\"relay\":{{\"explained\":20,\"in_flight\":10,\"oldest_s\":3,\
             \"requests_total\":{},\"shed_total\":0,\"ended\":{{\"done\":{},\"client_gone\":{},\"limited\":{},\
             \"upstream_error\":{}}}}}}}",
            10 + 4 * 1000 + polls * 50,
            n(25),
            n(10),
            n(9),
            n(6)
        )
        .as_bytes())
    };
    answering(respond, |url, _| test(url))
}

fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn quick_check_judges_what_ends_between_its_polls() {
    failing(|url| {
        let (exit, out, _) = run(&["quick-check", "--api-url", url]);
        assert_eq!(exit, Some(0), "{out}");
        assert!(words(&out).contains("since its start: --samples 10 judges those of now"), "{out}");
        let (exit, out, _) = run(&["quick-check", "--api-url", url, "--samples", "2"]);
        assert_eq!(exit, Some(1), "{out}");
        let said = "warning: 12.0 % of the requests ended badly (6 of 50), above 5 %";
        assert!(words(&out).contains(said) && words(&out).contains("see why requests fail"), "{out}");
        let check = |more: &[&str]| run(&[&["quick-check", "--api-url", url], more].concat());
        let (exit, out, _) = check(&["--samples", "2", "--max-error-rate", "12%", "--format", "json"]);
        assert_eq!(exit, Some(0), "{out}");
        let json: serde_json::Value = serde_json::from_str(&out).unwrap();
        let requests = &json["requests"];
        assert_eq!((&requests["ended"], &requests["ended_badly"]), (&50.into(), &6.into()), "{out}");
        assert_eq!((&requests["since"], &requests["error_percent"]), (&"first_poll".into(), &12.0.into()));
        assert_eq!(
            check(&["--expect", "relay.ended.upstream_error<7", "--expect", "relay.oldest_s<60"]).0,
            Some(2)
        );
        let (exit, _, err) = check(&["--max-error-rate", "5%"]);
        assert_eq!((exit, err.contains("give --samples too")), (Some(64), true), "{err}");
        for wrong in ["", "-1%", "101%", "nan"] {
            let (exit, _, err) = check(&["--samples", "2", "--max-error-rate", wrong]);
            assert_eq!((exit, err.contains("--max-error-rate")), (Some(64), true), "{wrong}: {err}");
        }
    });
}

#[test]
fn watch_and_record_tell_it_and_compare_shows_it() {
    failing(|url| {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("a.csv");
        let file = file.to_str().unwrap();
        let watch = ["watch", "--api-url", url, "-i", "100ms", "-n", "12", "--record", file];
        let (exit, out, err) = run(&watch);
        assert_eq!(exit, Some(1), "{out}{err}");
        assert!(out.contains("errors") && out.contains("12.0%"), "{out}");
        let said = words(&out);
        assert!(said.contains("requests 12.0 % of 550 requests ended badly (66)"), "{out}");
        assert!(said.contains("warning: 12.0 % of the requests ended badly"), "{out}");
        let (_, out, err) = run(&["record", "--api-url", url, "--csv", "-", "-i", "100ms", "-n", "3"]);
        let rows: Vec<Vec<&str>> = out.lines().map(|line| line.split(',').collect()).collect();
        let column = rows[0].iter().position(|name| *name == "errors_total").unwrap();
        assert_eq!(rows[2][column].parse::<u64>().unwrap(), rows[1][column].parse::<u64>().unwrap() + 6);
        assert!(err.contains("12.0 % of 100 requests ended badly (12)"), "{err}");
        let (exit, out, _) = run(&["compare", file, file]);
        let said = words(&out);
        assert!(said.contains("requests ended badly 12.0 % (66 of 550), then 12.0 % (66 of 550)"), "{out}");
        let finding =
            "warning: current: 12.0 % of the requests ended badly (66 of 550), above 5 % (baseline: 12.0 %)";
        assert!(said.contains(finding), "{out}");
        assert_eq!(exit, Some(1), "{out}");
        let (_, out, _) = run(&["watch", "--api-url", url, "-i", "100ms", "-n", "3", "--format", "ndjson"]);
        let last: serde_json::Value = serde_json::from_str(out.lines().last().unwrap()).unwrap();
        assert_eq!((&last["requests"]["ended"], &last["verdict"]), (&100.into(), &"warning".into()), "{out}");
    });
}

#[test]
fn an_idle_current_side_passes_no_gate_unless_it_may() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, per_s: u32| {
        let mut text = "ts,elapsed_s,ok,error,goroutines,requests_total\n".to_owned();
        for i in 0..240 {
            let (hour, minute, second) = (i * 5 / 3600, i * 5 / 60 % 60, i * 5 % 60);
            let at = format!("2026-11-18T{:02}:{minute:02}:{second:02}Z", 10 + hour);
            text += &format!("{at},{}.0,1,,15,{}\n", i * 5, i * 5 * per_s);
        }
        let path = dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (busy, idle) = (write("busy.csv", 20), write("idle.csv", 1));
    let (exit, out, _) = run(&["compare", &busy, &idle]);
    assert_eq!(exit, Some(3), "{out}");
    let said = "unknown: current idles: 1.0 requests a second, in the median, where baseline had 20.0";
    assert!(words(&out).contains(said), "{out}");
    assert_eq!(run(&["compare", &busy, &idle, "--max-growth", "20%", "--max-peak", "3000"]).0, Some(3));
    let (exit, out, _) = run(&["compare", &busy, &idle, "--allow-idle"]);
    assert_eq!((exit, words(&out).contains("--allow-idle lets that pass")), (Some(0), true), "{out}");
    assert_eq!(run(&["compare", &idle, &busy, "--max-growth", "20%"]).0, Some(0), "more load is no idling");
}
