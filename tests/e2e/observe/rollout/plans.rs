//! What a plan may not say, and what is said of it before anything is done.

use std::fs;

use serde_json::Value;

use super::{Bed, states, up, with_relay};

#[test]
fn a_plan_is_read_before_anything_is_done() {
    let bed = Bed::new("http://127.0.0.1:1");
    let (exit, _, err) = bed.run(&[]);
    assert_eq!((exit, err.contains("watertight rollout example")), (Some(64), true), "{err}");
    let (exit, example, _) = bed.run(&["example"]);
    fs::write(bed.path("rollout.toml"), &example).unwrap();
    let (dry, out, _) = bed.run(&["--dry-run"]);
    assert_eq!((exit, dry), (Some(0), Some(0)));
    assert!(out.contains("start: docker compose up -d relay\n") && out.contains(", 30m\n"), "{out}");
    assert!(!bed.path("rollout.state").exists());
    fs::write(bed.path("rollout.toml"), example.replace("[check]", "[chek]")).unwrap();
    let (exit, _, err) = bed.run(&[]);
    assert_eq!(exit, Some(64));
    assert!(err.contains("unknown key `chek`, did you mean `check`?"), "{err}");
    let (exit, _, err) = bed.run(&["--plan", "-"]);
    assert_eq!((exit, err.contains("--plan -: a plan is a file")), (Some(64), true), "{err}");
}

/// Every mistake is found before the old relay is stopped, and named by its line and its key.
#[test]
fn what_cannot_work_is_refused_at_the_dry_run() {
    let bed = Bed::new("http://127.0.0.1:1");
    for (plan, told) in [
        ("[start]\ncommand = \"\"", "rollout.toml:2: `start.command` is empty"),
        ("compose = \" \"", "rollout.toml:1: `compose` is empty"),
        ("compose = \"a\"\n[ready]\nurl = \"/readyz\"", "rollout.toml:3: `ready.url` is no whole URL"),
        ("compose = \"a\"\n[ready]\nlines = [\"\"]", "rollout.toml:3: `ready.lines` is empty"),
        ("compose = \"a\"\ntarget = 5", "rollout.toml:2: `target` is an integer, expected an address"),
        ("compose = \"a\"\ntarget = \"ftp://a\"", "rollout.toml:2: `target`: `ftp` cannot be polled"),
        (
            "compose = \"a\"\n[watch]\nfor = \"4s\"\ninterval = \"5s\"",
            "rollout.toml:3: `watch.for` (4s) is shorter than `watch.interval` (5s)",
        ),
        ("compose = \"a\"\n[build]\ntimeout = 0", "rollout.toml:3: `build.timeout` is 0"),
        ("compose = \"a\"\n[limits]\nwarning = 3000\ndanger = 2000", "rollout.toml:3: `limits.warning` 3000"),
        (
            "compose = \"a\"\n[watch]\nblock = \"6s\"\ninterval = \"1s\"",
            "rollout.toml:3: `watch.block` 6s has fewer than 12 polls",
        ),
        ("compose = \"a\"\n[source]\ntoken_file = \"none\"", "rollout.toml:3: `source.token_file` "),
        (
            "compose = \"a\"\n[compare]\nrequired = true\n[watch]\nfor = \"1m\"",
            "rollout.toml:5: `watch.for` is 1m, and the comparison cannot tell anything before 7m",
        ),
    ] {
        fs::write(bed.path("rollout.toml"), plan).unwrap();
        let (exit, out, err) = bed.run(&["--dry-run"]);
        assert_eq!((exit, &*out), (Some(64), ""), "{plan}: {err}");
        assert!(err.contains(told) && !err.contains("--api-url"), "{plan}: {err}");
    }
    // The first line is the mistake, and not what follows from it.
    fs::write(bed.path("rollout.toml"), "[strat]\ncommand = \"./relay\"\n").unwrap();
    let (_, _, err) = bed.run(&["--dry-run"]);
    assert_eq!(err.lines().next(), Some("error: rollout.toml:1: unknown key `strat`, did you mean `start`?"));
    let wide: Vec<u8> = "compose = \"a\"\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    fs::write(bed.path("rollout.toml"), wide).unwrap();
    let (exit, _, err) = bed.run(&["--dry-run"]);
    assert_eq!(
        (exit, err.contains("rollout.toml: it is UTF-16 without a byte order mark")),
        (Some(64), true),
        "{err}"
    );
}

/// What is for nothing is told, and a programme that reads the dry run reads JSON.
#[test]
fn a_comparison_that_can_never_tell_is_told_at_the_dry_run() {
    let bed = Bed::new("http://127.0.0.1:1");
    let plan = |more: &str| fs::write(bed.path("rollout.toml"), format!("compose = \"a\"\n{more}")).unwrap();
    plan("[watch]\nfor = \"1m\"\n[baseline]\nfor = \"2m\"");
    let (exit, out, err) = bed.run(&["--dry-run", "--format", "json"]);
    let told: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((exit, &told["dry_run"]), (Some(0), &true.into()), "{out}");
    assert_eq!((&told["steps"][6]["name"], &told["steps"][6]["length_s"]), (&"watch".into(), &60.0.into()));
    assert!(
        err.contains("note: rollout.toml:3: `watch.for` is 1m")
            && err.contains("rollout.toml:5: `baseline.for` is 2m"),
        "{err}"
    );
    plan("[watch]\nfor = \"1m\"\n[compare]\nmax_peak = 3000");
    assert_eq!(bed.run(&["--dry-run"]).2, "", "a gate judges it");
    plan("");
    assert_eq!(bed.run(&["--dry-run"]).2, "");
    // A baseline that is there counts, and not how long another one would be.
    fs::create_dir(bed.path("rollout.state")).unwrap();
    let rows: String = (0..30).map(|n| format!("2026-11-29T10:00:{n:02}Z,ok,100\n")).collect();
    fs::write(bed.path("rollout.state/baseline.csv"), format!("ts,ok,goroutines\n{rows}")).unwrap();
    let (exit, _, err) = bed.run(&["--dry-run"]);
    assert_eq!(
        (exit, err.contains("has 0 of the 6 blocks that a comparison needs")),
        (Some(0), true),
        "{err}"
    );
    plan("[compare]\nrequired = true");
    let (exit, _, err) = bed.run(&["--dry-run"]);
    assert_eq!((exit, err.contains("`compare.required` is true")), (Some(64), true), "{err}");
}

#[test]
fn a_state_that_cannot_be_read_is_not_called_none() {
    let bed = Bed::new("http://127.0.0.1:1");
    bed.plan("exit 3 ", "");
    fs::create_dir(bed.path("rollout.state")).unwrap();
    fs::write(bed.path("rollout.state/state.json"), "{\"schema\": 1").unwrap();
    for args in [&[][..], &["--resume"], &["--accept"], &["routine"]] {
        let (exit, _, err) = bed.run(args);
        assert_eq!((exit, err.contains("state.json cannot be read")), (Some(64), true), "{args:?}: {err}");
    }
}

/// A line may stand in the output of the start or in the log.
#[test]
fn lines_are_looked_for_in_the_output_of_the_start_and_in_the_log() {
    with_relay(|bed| {
        fs::write(bed.path("relay.log"), "old: ready\n").unwrap();
        let start =
            format!("echo listening; echo now ready >> relay.log; echo healthy > {}", up(&bed.url).display());
        bed.plan(
            &start,
            "[ready]\nlines = [\"listening\", \"now ready\"]\nlog = \"relay.log\"\ntimeout = \"20s\"",
        );
        let (exit, result) = bed.json(&[]);
        assert!(exit == Some(0) && states(&result).contains("ready:done check:ok"), "{result}");
    });
}
