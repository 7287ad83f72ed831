//! Clients of one dialect before upstreams of the other: whatever the upstream does, what the client is told means the
//! same as it would from an upstream of its own dialect.

use std::process::Command;
use std::sync::Mutex;
use std::time::Duration;

use harness::{Answer, Baseline, Relay, Upstream, chat, until};
use serde_json::{Value, json};

use crate::{ANTHROPIC, OPENAI, PROGRAM, error_event, error_message};

/// What an answer comes to, in no dialect.
#[derive(Debug)]
enum Said {
    /// A complete answer: text, stop reason in OpenAI's words, tokens of the answer.
    Whole { text: String, finish: String, tokens: Option<u64> },
    /// A stream that began and ended in an error.
    Broken { text: String },
    /// An error with a status.
    Refused(u16),
}

/// A relay before one upstream that speaks `dialect`.
fn before(upstream: &Upstream, dialect: &str) -> Relay {
    Relay::of(PROGRAM)
        .channel("xai", &format!("http://{}", upstream.address()), &format!("dialect = \"{dialect}\""))
        .timeout("first_byte", "500ms")
        .timeout("idle", "500ms")
        .timeout("finish", "200ms")
        .timeout("error_body", "300ms")
        .timeout("total", "5s")
        .start()
}

fn frames(stream: &str) -> Vec<Value> {
    let data = stream.lines().filter_map(|line| line.strip_prefix("data:")).map(str::trim);
    data.filter(|data| *data != "[DONE]").map(|data| serde_json::from_str(data).unwrap()).collect()
}

fn text_of(path: &str, frames: &[Value]) -> String {
    let place = if path == OPENAI { "/choices/0/delta/content" } else { "/delta/text" };
    frames.iter().filter_map(|frame| frame.pointer(place)?.as_str()).collect()
}

fn finish_of(path: &str, frames: &[Value]) -> String {
    let place = if path == OPENAI { "/choices/0/finish_reason" } else { "/delta/stop_reason" };
    let found = frames.iter().filter_map(|frame| frame.pointer(place)?.as_str()).next_back();
    in_openai_s_words(found.unwrap_or("none"))
}

fn in_openai_s_words(reason: &str) -> String {
    match reason {
        "end_turn" | "stop_sequence" => "stop",
        "max_tokens" => "length",
        "tool_use" => "tool_calls",
        other => other,
    }
    .to_owned()
}

/// The tokens of the answer. Those of the prompt depend on how it was written.
fn tokens_of(path: &str, holders: &[Value]) -> Option<u64> {
    let key = if path == OPENAI { "completion_tokens" } else { "output_tokens" };
    let places = holders.iter().flat_map(|h| [h.pointer("/usage"), h.pointer("/message/usage")]);
    places.flatten().filter_map(|usage| usage[key].as_u64()).next_back()
}

/// Reads an answer as strictly as an SDK does.
fn said(path: &str, stream: bool, answer: &Answer) -> Said {
    assert!(answer.whole, "the connection was cut: {answer:?}\n{}", answer.text());
    if answer.status() != 200 {
        error_message(path, answer);
        return Said::Refused(answer.status());
    }
    if !stream {
        let json = answer.json();
        let place = if path == OPENAI { "/choices/0/message/content" } else { "/content/0/text" };
        let finish = if path == OPENAI { "/choices/0/finish_reason" } else { "/stop_reason" };
        let text = |place: &str| json.pointer(place).and_then(Value::as_str).unwrap_or_default().to_owned();
        let finish = in_openai_s_words(&text(finish));
        return Said::Whole { text: text(place), finish, tokens: tokens_of(path, &[json]) };
    }
    let page = answer.text();
    let frames = frames(&page);
    let text = text_of(path, &frames);
    let last = page.lines().rfind(|line| line.starts_with("data:")).unwrap_or_default();
    if last.contains(if path == OPENAI { "[DONE]" } else { "\"message_stop\"" }) {
        return Said::Whole { text, finish: finish_of(path, &frames), tokens: tokens_of(path, &frames) };
    }
    error_event(path, &page);
    Said::Broken { text }
}

fn ask(relay: &Relay, path: &str, model: &str, stream: bool) -> Said {
    let mut request = chat(model, stream);
    if path == OPENAI && stream {
        request["stream_options"] = json!({"include_usage": true});
    }
    said(path, stream, &relay.post(path, &request))
}

/// The names of all faults that end by themselves, with an argument that is quick.
fn faults() -> Vec<String> {
    let output =
        Command::new(PROGRAM).args(["drill", "upstream", "--list", "--format", "json"]).output().unwrap();
    let list: Value = serde_json::from_slice(&output.stdout).unwrap();
    let names = list.as_array().unwrap().iter().map(|fault| fault["name"].as_str().unwrap());
    // Endless, as large as can be, or meant for who comes next on a connection: they have tests of their own.
    let quick = names.filter(|name| {
        !matches!(
            *name,
            "flood" | "error-huge" | "big-event" | "endless-event" | "gzip-bomb" | "late-surplus"
        )
    });
    let mut all: Vec<String> =
        quick.filter(|name| *name != "fields").map(|name| format!("fault-{name}")).collect();
    all.extend((1..=9).map(|variant| format!("fault-fields-{variant}")));
    all.extend(
        ["fault-status-400", "fault-status-401", "fault-status-404", "fault-status-429", "fault-status-529"]
            .map(str::to_owned),
    );
    all.push("m".to_owned());
    all
}

/// Every fault, both ways, streaming and not: the translated answer means what the untranslated one means.
#[test]
fn a_fault_means_the_same_through_a_translation() {
    let upstream = Upstream::start(PROGRAM);
    let relays = [("openai", before(&upstream, "openai")), ("anthropic", before(&upstream, "anthropic"))];
    let different = Mutex::new(Vec::new());
    let faults = faults();
    harness::repeat(faults.len() * 4, 8, |i| {
        let (fault, stream) = (&faults[i / 4], i % 2 == 0);
        let (path, own, other) = if i % 4 < 2 { (OPENAI, 0, 1) } else { (ANTHROPIC, 1, 0) };
        let both = || [own, other].map(|at| ask(&relays[at].1, path, fault, stream));
        let [mut native, mut translated] = both();
        // What has no meaning in one dialect need not have one in the other; it must not break anything.
        let odd = fault.starts_with("fault-fields") || fault == "fault-invalid-utf8";
        // Half a second is short on a busy machine: what is the fault's own comes again.
        for _ in 0..2 {
            if !odd && !native.means(&translated) {
                [native, translated] = both();
            }
        }
        if !odd && !native.means(&translated) {
            different.lock().unwrap().push(format!(
                "{fault}, {path} before {}, stream: {stream}\n  native     {native:?}\n  translated {translated:?}",
                relays[other].0
            ));
        }
    });
    let different = different.into_inner().unwrap();
    assert!(different.is_empty(), "{}", different.join("\n"));
    for (name, relay) in &relays {
        let ended = relay.health().ended();
        assert_eq!(ended.get("panic").copied().unwrap_or(0), 0, "{name}: {ended:?}");
    }
}

impl Said {
    /// Whether both mean the same: how much of a broken answer came through, and the number of an upstream's error
    /// that stands in an event, may differ; a complete answer must not.
    fn means(&self, other: &Self) -> bool {
        match (self, other) {
            (
                Self::Whole { text, finish, tokens },
                Self::Whole { text: other_text, finish: other_finish, tokens: other_tokens },
            ) => {
                // An upstream that was not asked for its usage may not tell it, and Anthropic's clients need a number.
                let told = |tokens: &Option<u64>| tokens.filter(|n| *n > 0);
                let tokens = told(tokens).zip(told(other_tokens)).is_none_or(|(one, other)| one == other);
                text == other_text && finish == other_finish && tokens
            }
            (Self::Broken { text }, Self::Broken { text: other }) => {
                text.starts_with(other.as_str()) || other.starts_with(text.as_str())
            }
            (Self::Refused(status), Self::Refused(other)) => status == other || *status.min(other) >= 500,
            _ => false,
        }
    }
}

/// An answer of the other dialect is never passed on as it is, however large.
#[test]
fn a_large_answer_is_translated_too() {
    let upstream = Upstream::start(PROGRAM);
    for (dialect, path) in [("openai", ANTHROPIC), ("anthropic", OPENAI)] {
        let url = format!("http://{}", upstream.address());
        let relay = Relay::of(PROGRAM).channel("xai", &url, &format!("dialect = \"{dialect}\"")).start();
        for (tokens, fits) in [(300_000, true), (3_000_000, false)] {
            let mut request = chat(&format!("fault-tokens-{tokens}"), false);
            request["max_tokens"] = tokens.into();
            match said(path, false, &relay.post(path, &request)) {
                Said::Whole { text, .. } => assert!(fits && text.len() > 1 << 20, "{} bytes", text.len()),
                other => assert!(!fits && matches!(other, Said::Refused(502)), "{tokens}: {other:?}"),
            }
        }
    }
}

/// Nothing is left behind by translated streams that end in every way.
#[test]
fn translated_streams_leave_nothing_behind() {
    let upstream = Upstream::start(PROGRAM);
    for (dialect, path) in [("openai", ANTHROPIC), ("anthropic", OPENAI)] {
        let relay = Relay::of(PROGRAM)
            .toml(&format!(
                "[[channels]]\nname = \"translated\"\nprovider = \"xai\"\nbase_url = \"http://{}\"\n\
                 keys = [\"env:TEST_PROVIDER_KEY\"]\nmodels = [\"*\"]\ndialect = \"{dialect}\"\n",
                upstream.address()
            ))
            .timeout("idle", "1s")
            .start();
        let baseline = Baseline::take(&relay, &upstream);
        harness::repeat(24, 4, |i| {
            let fault = ["fault-cut-3", "fault-error-after-3", "fault-stall-3", "m"][i % 4];
            let answer = relay.post(path, &chat(fault, true));
            assert_eq!(answer.status(), 200, "{answer:?}");
            assert_eq!(matches!(said(path, true, &answer), Said::Whole { .. }), fault == "m", "{answer:?}");
        });
        let clients: Vec<_> = (0..8)
            .map(|_| {
                let mut client = relay.connect();
                client.post(path, &chat("fault-stall-3", true));
                assert_eq!(client.head().status, 200);
                client
            })
            .collect();
        drop(clients);
        baseline.assert_quiet(&[
            ("done", 6),
            ("upstream_truncated", 6),
            ("upstream_error", 6),
            ("idle_timeout", 6),
            ("client_gone", 8),
        ]);
    }
}

/// What a translation leaves out is told, with a good answer and with an upstream's error; nothing is, where bytes pass.
#[test]
fn what_is_left_out_is_named_in_a_header_and_in_the_log() {
    let upstream = Upstream::start(PROGRAM);
    let url = format!("http://{}", upstream.address());
    let both = format!(
        "dialect = \"anthropic\"\nmodels = [\"m\", \"fault-*\"]\n\n[[channels]]\nname = \"strict\"\n\
        provider = \"xai\"\nbase_url = \"{url}\"\nkeys = [\"env:TEST_PROVIDER_KEY\"]\ndialect = \"anthropic\"\n\
        models = [\"strict\"]\nunsupported = \"refuse\""
    );
    let relay = Relay::of(PROGRAM).channel("xai", &url, &both).start();
    let asked = |path: &str, model: &str, stream: bool| {
        let mut request = chat(model, stream);
        request["max_tokens"] = 9.into();
        request["metadata"] = json!({"user_id": "u"});
        request["seed"] = 7.into();
        relay.post(path, &request)
    };
    for (model, stream, status) in [("m", false, 200), ("m", true, 200), ("fault-status-429", true, 429)] {
        let answer = asked(OPENAI, model, stream);
        let named = answer.head.header("x-watertight-dropped");
        assert_eq!((answer.status(), named), (status, Some("seed, metadata")), "{model} {stream}");
    }
    assert_eq!(asked(ANTHROPIC, "m", false).head.header("x-watertight-dropped"), None, "bytes pass");
    let strict = asked(OPENAI, "strict", false);
    assert_eq!((strict.status(), strict.head.header("x-watertight-dropped")), (400, None));
    assert!(strict.text().contains("`seed`"), "{}", strict.text());
    until(Duration::from_secs(5), || match relay.log().matches("seed, metadata").count() {
        3 => Ok(()),
        other => Err(format!("{other} lines of the log name it")),
    });
}

/// Claude Code, Codex and Gemini CLI each learn how long a prompt is, whoever serves the model; where nobody counts, that is said.
#[test]
fn tokens_are_counted_by_an_upstream_of_another_dialect() {
    let upstream = Upstream::start(PROGRAM);
    let asks = [
        ("/v1/messages/count_tokens", json!({"model": "m", "messages": [{"role": "user", "content": "hi"}]})),
        ("/v1/responses/input_tokens", json!({"model": "m", "input": "hi"})),
        ("/v1beta/models/m:countTokens", json!({"contents": [{"parts": [{"text": "hi"}]}]})),
    ];
    for dialect in ["anthropic", "responses", "gemini", "openai"] {
        let relay = before(&upstream, dialect);
        for (path, body) in &asks {
            let answer = relay.post(path, body);
            let (status, told) = (answer.status(), answer.json());
            if dialect == "openai" {
                assert!(
                    status == 404 && told.to_string().contains("no channel for the model"),
                    "{path}: {told}"
                );
                continue;
            }
            let key = if path.ends_with(":countTokens") { "totalTokens" } else { "input_tokens" };
            assert_eq!(status, 200, "{path} before {dialect}: {told}");
            assert!(told[key].as_u64().is_some_and(|tokens| tokens > 0), "{path} before {dialect}: {told}");
        }
    }
}
