//! The verdicts of `quick-check`, their exit codes, and what it says about what is no answer.

use std::time::{Duration, Instant};

use super::endpoint::{health, serving, with};
use super::{finished, run, watertight};

#[test]
fn exit_codes_are_the_verdict() {
    for (goroutines, word, code) in
        [(1234, "OK", 0), (2001, "WARNING", 1), (5001, "DANGER", 2), (20_000, "DANGER", 2)]
    {
        with(&health(goroutines), |url| {
            let (exit, out, err) = run(&["quick-check", "--api-url", url]);
            assert_eq!(exit, Some(code), "{out}{err}");
            assert!(out.starts_with(&format!("{word}  {url}\n")), "{out}");
            assert!(out.contains("goroutines") && out.contains(&goroutines.to_string()), "{out}");
            assert_eq!(err, "");
        });
    }
}

#[test]
fn thresholds_can_be_moved() {
    with(&health(1234), |url| {
        assert_eq!(run(&["quick-check", "--url", url, "--warning", "1000"]).0, Some(1));
        assert_eq!(run(&["quick-check", "--url", url, "--danger", "1000"]).0, Some(2));
        let (exit, _, err) = run(&["quick-check", "--url", url, "--danger", "10", "--warning", "20"]);
        assert_eq!(exit, Some(64));
        assert!(err.contains("--warning 20 and --danger 10: "), "{err}");
    });
}

#[test]
fn a_wrong_threshold_names_where_it_came_from() {
    let check = |name: &str, value: &str, more: &[&str]| {
        let mut command = watertight(&[&["quick-check", "--api-url", "127.0.0.1:1"][..], more].concat());
        let output = command.env(name, value).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let (exit, err) = check("WATERTIGHT_DANGER", "abc", &[]);
    assert_eq!(exit, Some(64), "{err}");
    assert!(err.contains("'--danger <COUNT> (from WATERTIGHT_DANGER)': write a whole number"), "{err}");
    let (exit, err) = check("WATERTIGHT_DANGER", "abc", &["--danger", "abc"]);
    assert!(exit == Some(64) && !err.contains("WATERTIGHT_DANGER"), "{err}");
    let (exit, err) = check("WATERTIGHT_WARNING", "6000", &[]);
    assert_eq!(exit, Some(64), "{err}");
    assert!(err.contains("--warning 6000 is above --danger, which is 5000 unless given"), "{err}");
    assert_eq!(check("WATERTIGHT_WARNING", "6000", &["--danger", "6000"]).0, Some(3));
}

#[test]
fn load_that_is_explained_is_no_danger() {
    let busy = r#"{"status":"ok","goroutines":9012,"relay":{"explained":9000,"in_flight":4500}}"#;
    with(busy, |url| {
        let (exit, out, _) = run(&["quick-check", "--api-url", url]);
        assert_eq!(exit, Some(0), "{out}");
        let words = out.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains("9012 normal excellent (under 1000), 12 beyond the 9000 explained"), "{out}");
    });
}

#[test]
fn json_for_programs() {
    with(&health(2500), |url| {
        let (exit, out, err) = run(&["quick-check", "--api-url", url, "--format", "json"]);
        assert_eq!((exit, err.as_str()), (Some(1), ""));
        let json: serde_json::Value = serde_json::from_str(&out).unwrap();
        assert_eq!(json["verdict"], "warning");
        assert_eq!(json["metrics"]["goroutines"], 2500);
        assert_eq!(json["reasons"][0]["threshold"], 2000);
        assert_eq!(
            (&json["target"], &json["source"], &json["error"]),
            (&url.into(), &"health".into(), &serde_json::Value::Null)
        );
    });
    let (exit, out, _) = run(&["quick-check", "--api-url", "127.0.0.1:1", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(
        (exit, &json["verdict"], &json["error"]["kind"]),
        (Some(3), &"unknown".into(), &"refused".into())
    );
}

#[test]
fn what_is_no_answer_is_exit_3_with_a_cure() {
    let response =
        |head: &str, body: &str| format!("HTTP/1.1 {head}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    for (response, said) in [
        (
            response("200 OK", "<html><title>Welcome</title></html>"),
            "an HTML page came instead of JSON, titled `Welcome`",
        ),
        (response("200 OK", ""), "an empty body came"),
        (response("200 OK", &health(5)[..30]), "the JSON breaks off after 30 bytes"),
        (response("200 OK", r#"{"goroutines":true}"#), "`goroutines` is boolean `true`, not a whole number"),
        (response("401 Unauthorized", ""), "--token-file"),
        (response("404 Not Found", ""), "check the base path"),
        (response("302 Found\r\nlocation: https://sso.example/login", ""), "that is a login page"),
    ] {
        serving(&response, |url| {
            let (exit, out, err) = run(&["quick-check", "--api-url", url]);
            let words = out.split_whitespace().collect::<Vec<_>>().join(" ");
            assert_eq!((exit, err.as_str()), (Some(3), ""), "{out}");
            assert!(
                out.starts_with("UNKNOWN") && words.contains(said) && out.contains("what to do"),
                "{out}"
            );
        });
    }
}

#[test]
fn unreachable_targets() {
    let (exit, out, _) = run(&["quick-check", "--api-url", "http://127.0.0.1:1"]);
    assert_eq!((exit, out.contains("nothing listens at 127.0.0.1:1")), (Some(3), true), "{out}");
    let (exit, out, _) =
        run(&["quick-check", "--api-url", "http://no-such-host.invalid", "--timeout", "20s"]);
    assert_eq!(
        (exit, out.contains("the name `no-such-host.invalid` has no address")),
        (Some(3), true),
        "{out}"
    );
    serving("", |url| {
        let start = Instant::now();
        let (exit, out, _) = run(&["quick-check", "--api-url", url, "--timeout", "200ms"]);
        assert_eq!((exit, out.contains("within 200ms")), (Some(3), true), "{out}");
        assert!(start.elapsed() < Duration::from_secs(10));
    });
}

#[test]
fn a_wrong_address_is_a_usage_error_and_no_secret_is_repeated() {
    for wrong in ["", "ftp://ann:sentinel@h", "http://", "http://ann:sentinel@h:99999"] {
        let (exit, out, err) = run(&["quick-check", "--api-url", wrong]);
        assert_eq!((exit, out.as_str()), (Some(64), ""), "{wrong}");
        assert!(err.starts_with("error: --api-url: ") && !err.contains("sentinel"), "{err}");
    }
    let (_, out, err) = run(&["quick-check", "--api-url", "http://ann:sentinel@127.0.0.1:1"]);
    assert!(!out.contains("sentinel") && !err.contains("sentinel"), "{out}{err}");
}

#[test]
fn the_environment_gives_the_address_and_no_proxy_stands_before_loopback() {
    with(&health(7), |url| {
        let mut command = watertight(&["quick-check"]);
        command
            .env("WATERTIGHT_API_URL", url)
            .env("HTTP_PROXY", "http://127.0.0.1:1")
            .env("ALL_PROXY", "http://127.0.0.1:1");
        let (exit, out, err) = finished(command.output().unwrap());
        assert_eq!(exit, Some(0), "{out}{err}");
    });
    let mut command = watertight(&["quick-check", "--api-url", "http://192.0.2.1", "--format", "json"]);
    let (_, out, _) = finished(command.env("http_proxy", "http://127.0.0.1:1").output().unwrap());
    assert!(out.contains("\"kind\":\"refused\""), "asked the proxy: {out}");
}

#[test]
fn a_token_is_sent_only_from_a_file() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("token");
    std::fs::write(&file, "sentinel\n").unwrap();
    serving("HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n", |url| {
        let (exit, out, err) =
            run(&["quick-check", "--api-url", url, "--token-file", file.to_str().unwrap()]);
        assert_eq!((exit, out.contains("not accepted")), (Some(3), true), "{out}");
        assert!(!out.contains("sentinel") && !err.contains("sentinel"));
    });
    let (exit, _, err) = run(&["quick-check", "--token-file", "/nonexistent"]);
    assert_eq!((exit, err.contains("--token-file /nonexistent")), (Some(64), true), "{err}");
}

#[test]
fn colour_is_for_terminals_and_for_those_who_ask() {
    with(&health(7), |url| {
        assert!(!run(&["quick-check", "--api-url", url]).1.contains('\u{1b}'));
        assert!(run(&["quick-check", "--api-url", url, "--color", "always"]).1.contains('\u{1b}'));
    });
}
