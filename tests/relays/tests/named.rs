//! Is the drill worth anything? A relay that leaks one request in a hundred, of each kind of leak, must be caught and
//! the leak be named; so must one that lies; and the same relay without a leak must pass.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::process::Command;

use harness::Child;
use serde_json::Value;

const PROXY: &str = env!("CARGO_BIN_EXE_leaky-proxy");

/// Drills a proxy that leaks in this way: the exit code and what was found. `how` is more words for the drill.
fn drilled(kind: &str, how: &[&str]) -> (i32, Value) {
    drilled_in("error-status", kind, how)
}

/// The same in another row.
fn drilled_in(row: &str, kind: &str, how: &[&str]) -> (i32, Value) {
    // The proxy must know it before the drill listens there.
    let upstream = harness::address().to_string();
    let mut proxy = Child::start(Command::new(PROXY).args([kind, &upstream]));
    let target = format!("http://{}", proxy.address());
    let mut drill = Command::new(PROXY);
    drill.args(["drill", &target, &proxy.pid().to_string(), &upstream, row]);
    let output = drill.args(how).output().unwrap();
    let json: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    (output.status.code().unwrap(), json["faults"][0].clone())
}

/// The names of what was left.
fn left(fault: &Value) -> Vec<&str> {
    fault["left"].as_array().unwrap().iter().map(|left| left["name"].as_str().unwrap()).collect()
}

fn caught(kind: &str, names: &[&str]) {
    let (code, fault) = drilled(kind, &[]);
    assert_eq!((code, &fault["verdict"]), (2, &Value::from("leak")), "{fault}");
    assert_eq!(left(&fault), names, "{fault}");
    for name in names {
        assert!(fault["text"].as_str().unwrap().contains(&format!("{name}: ")), "{fault}");
    }
}

#[test]
fn a_task_is_named() {
    caught("task", &["tasks"]);
}

/// A connection is a descriptor, too.
#[test]
fn an_upstream_connection_is_named() {
    caught("connection", &["upstream connections", "descriptors"]);
}

#[test]
fn a_descriptor_is_named() {
    caught("descriptor", &["descriptors"]);
}

/// One that not every round of a hundred requests meets is not taken for something that is made once.
#[test]
fn a_descriptor_that_is_seldom_left_is_named() {
    caught("seldom", &["descriptors"]);
}

/// A task and a descriptor that the first fault makes, and no other.
#[test]
fn what_is_made_once_is_no_leak() {
    let (code, fault) = drilled("once", &[]);
    assert_eq!((code, &fault["verdict"]), (0, &Value::from("pass")), "{fault}");
    assert!(fault["notes"].to_string().contains("after the first round"), "{fault}");
    assert_eq!(fault["requests"], 300, "two more rounds show it: {fault}");
}

/// Idle connections are a pool as long as there is a use for them, whatever a relay says of them.
#[test]
fn connections_that_are_hoarded_are_no_pool() {
    caught("hoard", &["upstream connections", "descriptors"]);
    caught("pool", &["upstream connections", "descriptors"]);
}

#[test]
fn a_permit_is_named() {
    caught("permit", &["permits"]);
}

/// One that is still open upstream is never called something that is made once.
#[test]
fn an_upstream_request_is_named() {
    caught("exchange", &["upstream requests", "upstream connections", "descriptors"]);
}

#[test]
fn an_overdue_exchange_is_named() {
    caught("overdue", &["overdue exchanges"]);
}

/// Memory comes and goes: it is judged by whether every repetition adds to it.
#[test]
fn memory_is_named() {
    let (code, fault) = drilled("memory", &["full"]);
    assert_eq!((code, &fault["verdict"]), (2, &Value::from("leak")), "{fault}");
    assert!(fault["text"].as_str().unwrap().contains("memory: "), "{fault}");
    assert!(left(&fault).is_empty(), "accused falsely: {fault}");
}

#[test]
fn a_lie_is_named() {
    let (code, fault) = drilled("lie", &[]);
    assert_eq!((code, &fault["verdict"]), (2, &Value::from("lie")), "{fault}");
    assert!(fault["client"]["ok"].as_u64().unwrap() > 0, "{fault}");
}

/// Streams that end well and do not say what the upstream said, one in twenty.
#[test]
fn an_answer_that_says_something_else_is_a_lie() {
    for (kind, says) in
        [("omits", "bytes of text where"), ("repeats", "were sent"), ("swaps", "another text")]
    {
        let (code, fault) = drilled_in("idle-connections-closed", kind, &[]);
        assert_eq!((code, &fault["verdict"]), (2, &Value::from("lie")), "{kind}: {fault}");
        assert!(fault["text"].as_str().unwrap().contains(says), "{kind}: {fault}");
    }
    let (code, fault) = drilled_in("idle-connections-closed", "nothing", &[]);
    assert_eq!((code, &fault["verdict"]), (0, &Value::from("pass")), "{fault}");
}

/// A relay that does not look into what it passes on lies where any whole answer or error will do.
#[test]
fn a_part_is_no_answer_where_any_will_do() {
    let (code, fault) = drilled_in("malformed-fields", "nothing", &[]);
    assert_eq!((code, &fault["verdict"]), (2, &Value::from("lie")), "{fault}");
    assert!(fault["text"].as_str().unwrap().contains("fields-2"), "{fault}");
}

/// And how often: one request in a hundred.
#[test]
fn a_hang_is_named() {
    let (code, fault) = drilled("hang", &["hasty"]);
    assert_eq!((code, &fault["verdict"]), (2, &Value::from("hang")), "{fault}");
    assert_eq!(
        (fault["client"]["hung"].as_u64(), fault["requests"].as_u64()),
        (Some(1), Some(100)),
        "{fault}"
    );
    assert!(left(&fault).is_empty(), "accused falsely: {fault}");
}

/// Without a relay there is no verdict, and nothing that looks like one.
#[test]
fn a_relay_that_does_not_start_is_unknown() {
    let output = Command::new(PROXY).arg("drill").output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{error}");
    assert!(error.contains("serve`, did not start (exit status: 64)") && output.stdout.is_empty(), "{error}");
}

#[test]
fn a_relay_that_leaks_nothing_passes() {
    for how in [&[][..], &["full"], &["hasty"]] {
        let (code, fault) = drilled("nothing", how);
        assert_eq!((code, &fault["verdict"]), (0, &Value::from("pass")), "{fault}");
    }
}

/// Those that leak only where some clients go.
#[test]
fn leaks_on_the_newer_paths_are_caught_by_their_rows() {
    for row in [
        "responses-cut",
        "gemini-cut",
        "token-endpoint-fails",
        "media-that-break-off",
        "forms-that-stop",
        "forms-unread",
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_leaking-paths")).arg(row).output().unwrap();
        let json: Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
        let fault = &json["faults"][0];
        assert_eq!(
            (output.status.code(), &fault["verdict"]),
            (Some(2), &Value::from("leak")),
            "{row}: {fault}"
        );
        assert_eq!(left(fault), ["tasks", "descriptors"], "{row}: {fault}");
    }
}
