//! The binary's promises, end to end: the real relay between a raw client and the drill's upstream.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod answers_end;
mod bodies;
mod callers;
mod channels;
mod clients;
mod connections;
mod deadlines;
mod delivery;
mod draining;
mod drill;
mod errors;
mod failover;
mod fallbacks;
mod framing;
mod house;
mod http2;
mod http2_slow;
mod https;
mod identity;
mod ids;
mod media;
mod mixed;
mod monitor;
mod observe;
mod packed;
mod pages;
mod paused;
mod protection;
mod reload;
mod resting;
mod servers;
mod setup;
mod stop;
mod streams;
mod succession;
mod system;
mod tls_inbound;
mod translation;
mod uploads;
mod uploads_early;
mod upstream_http2;
mod upstream_http2_connections;
mod upstream_tls;
mod wire;
mod wire_requests;

use harness::{Answer, Relay, Setup, Upstream, chat, repeat};
use serde_json::Value;

/// The program under test.
const PROGRAM: &str = env!("CARGO_BIN_EXE_watertight");
/// The two dialects' chat endpoints.
const OPENAI: &str = "/v1/chat/completions";
const ANTHROPIC: &str = "/v1/messages";
/// How often a fault is repeated, and how many clients do it at once.
const TIMES: usize = 12;
const AT_ONCE: usize = 4;

/// A relay before a drill upstream, with changes to its configuration.
fn start(change: impl FnOnce(Setup) -> Setup) -> (Upstream, Relay) {
    let upstream = Upstream::start(PROGRAM);
    let relay = change(Relay::of(PROGRAM).upstream(&upstream)).start();
    (upstream, relay)
}

/// Asks for a fault [`TIMES`] times and checks every answer.
fn ask(relay: &Relay, path: &str, model: &str, stream: bool, check: impl Fn(&Answer) + Sync) {
    repeat(TIMES, AT_ONCE, |_| check(&relay.post(path, &chat(model, stream))));
}

/// The message of an error in the dialect of `path`; the test fails when the body is something else.
fn error_message(path: &str, answer: &Answer) -> String {
    assert!(answer.whole, "{answer:?}");
    assert_eq!(answer.head.header("content-type"), Some("application/json"), "{answer:?}");
    message(path, &answer.json())
}

/// The message of an error object in the dialect of `path`.
fn message(path: &str, json: &Value) -> String {
    if path == ANTHROPIC {
        assert_eq!(json["type"], "error", "{json}");
    }
    assert!(json["error"]["type"].is_string(), "{json}");
    json["error"]["message"].as_str().unwrap_or_else(|| panic!("no message: {json}")).to_owned()
}

/// The message of the error event that a stream must end with; no success may be claimed anywhere in it.
fn error_event(path: &str, stream: &str) -> String {
    assert!(
        !stream.contains("[DONE]") && !stream.contains("message_stop"),
        "success after an error: {stream}"
    );
    assert!(!stream.contains("\"finish_reason\":\"stop\""), "a finish reason was invented: {stream}");
    let last = stream.trim_end().rsplit("\n\n").next().unwrap_or_default();
    assert_eq!(path == ANTHROPIC, last.starts_with("event: error\n"), "{stream}");
    let data =
        last.lines().find_map(|line| line.strip_prefix("data: ")).unwrap_or_else(|| panic!("{stream}"));
    message(path, &serde_json::from_str(data).unwrap_or_else(|e| panic!("{e}: {data}")))
}

/// Whether a stream is whole in the dialect of `path`.
fn is_whole(path: &str, answer: &Answer) -> bool {
    let end = if path == ANTHROPIC { "data: {\"type\":\"message_stop\"}\n\n" } else { "data: [DONE]\n\n" };
    answer.status() == 200 && answer.whole && answer.text().ends_with(end)
}
