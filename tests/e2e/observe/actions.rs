//! `watch --on`: a command runs once a change, beside the polls, and what became of it is told.

use serde_json::Value;

use super::endpoint::{health, with};
use super::watch::{counts, ok, script};
use super::{finished, run, watertight};

/// Watches a relay every 100 ms with a command; exit code, lines, stderr.
fn watched(url: &str, polls: usize, on: &[&str]) -> (Option<i32>, Vec<Value>, String) {
    let polls = polls.to_string();
    let args = ["watch", "--api-url", url, "-i", "100ms", "-n", &polls, "--format", "ndjson"];
    let mut command = watertight(&[&args[..], on].concat());
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    let (code, out, err) = finished(command.output().unwrap());
    let lines =
        out.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|why| panic!("{why}: {line}")));
    (code, lines.collect(), err)
}

fn commands(lines: &[Value]) -> Vec<&Value> {
    lines.iter().filter(|line| line["type"] == "command").collect()
}

#[test]
fn a_command_gets_the_numbers_and_its_exit_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let danger = format!(
        "danger=echo $WATERTIGHT_EVENT $WATERTIGHT_VERDICT $WATERTIGHT_BEFORE $WATERTIGHT_GOROUTINES > '{}'; cat > '{}'; echo no >&2; exit 3",
        at("env").display(),
        at("json").display()
    );
    // The second change to danger is within the cooldown, and so is nothing of what gets better.
    let relay = counts(&[300, 300, 6000, 6000, 300, 6000, 6000]);
    let on = ["--on", &danger, "--on", "recovered=true"];
    let (code, lines, err) = watched(&relay, 7, &on);
    assert_eq!((code, err.contains("error")), (Some(2), false), "{err}");
    assert_eq!(std::fs::read_to_string(at("env")).unwrap(), "danger danger ok 6000\n");
    let input: Value = serde_json::from_str(&std::fs::read_to_string(at("json")).unwrap()).unwrap();
    assert_eq!((&input["event"], &input["verdict"]), (&"danger".into(), &"danger".into()));
    assert_eq!((&input["metrics"]["goroutines"], &input["target"]), (&6000.into(), &relay.as_str().into()));
    assert_eq!(input["reasons"][0], "6000 goroutines, above 5000");
    let told = commands(&lines);
    let outcomes: Vec<_> = told
        .iter()
        .map(|line| (line["event"].as_str().unwrap(), line["outcome"].as_str().unwrap()))
        .collect();
    assert_eq!(outcomes, [("danger", "ended"), ("recovered", "ended"), ("danger", "cooldown")]);
    assert_eq!(
        (&told[0]["exit"], &told[0]["output"][0], &told[1]["exit"]),
        (&3.into(), &"no".into(), &0.into())
    );
    assert_eq!(lines.last().unwrap()["type"], "summary");
}

/// Two targets, whose commands hang: the polls go on, and the watch ends.
#[test]
fn a_command_that_hangs_is_ended_and_delays_no_poll() {
    let bad = script(vec![ok(&health(6000))]);
    with(&health(300), |good| {
        let on = ["--api-url", good, "--on", "danger=sleep 600", "--on-timeout", "300ms"];
        let (code, lines, err) = watched(&bad, 10, &on);
        assert_eq!(code, Some(2), "{err}");
        let told = commands(&lines);
        assert_eq!(told.len(), 1, "{told:?}");
        assert_eq!((&told[0]["outcome"], &told[0]["target"]), (&"timeout".into(), &bad.as_str().into()));
        assert!(told[0]["text"].as_str().unwrap().contains("longer than 300ms (--on-timeout)"), "{told:?}");
        assert_eq!(lines.iter().filter(|line| line["type"] == "sample").count(), 20);
        assert_eq!(lines.iter().find(|line| line["type"] == "command").unwrap()["event"], "danger");
    });
}

#[test]
fn wrong_forms_are_told_with_the_right_ones() {
    for (wrong, said) in [
        (
            "--on ok=true",
            "write danger=COMMAND, warning=COMMAND, recovered=COMMAND, restart=COMMAND, such as",
        ),
        ("--on danger=x --on-limit 3", "write a count from 1 to 1000 and a time, such as 3/1h or 1/30m"),
        ("--on-timeout 5s", "--on <EVENT=COMMAND>"),
    ] {
        let args: Vec<&str> = ["watch"].into_iter().chain(wrong.split(' ')).collect();
        let (code, _, err) = run(&args);
        assert_eq!(code, Some(64), "{err}");
        assert!(err.contains(said), "{err}");
    }
}
