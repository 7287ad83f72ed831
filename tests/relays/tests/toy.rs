//! What does a dialect more take? A relay that only has its name in a list serves its clients, calls its upstreams, and
//! translates between it and the others, streams of lines and errors included.

#![expect(clippy::expect_used, reason = "a test that cannot go on has failed")]

use std::time::Duration;

use harness::{Answer, Baseline, Relay, Upstream, chat};
use serde_json::{Value, json};

const TOY: &str = env!("CARGO_BIN_EXE_toy-relay");
const OPENAI: &str = "/v1/chat/completions";
const ANTHROPIC: &str = "/v1/messages";

/// A relay whose upstream is the drill's, in the usual dialects; and one whose upstream is that relay, as a toy.
fn relays() -> (Upstream, Relay, Relay) {
    let upstream = Upstream::start(TOY);
    let near = Relay::of(TOY).upstream(&upstream).start();
    let far = format!("http://{}", near.address());
    let front = Relay::of(TOY).channel("custom", &far, "dialect = \"toy\"").start();
    (upstream, near, front)
}

fn turns() -> Value {
    json!({"turns": [{"by": "user", "text": "Say something about water."}], "limit": 20})
}

fn tell(relay: &Relay, model: &str) -> Answer {
    relay.post(&format!("/v1/toy/{model}/tell"), &turns())
}

fn ask(relay: &Relay, model: &str) -> Answer {
    relay.post(&format!("/v1/toy/{model}/ask"), &turns())
}

/// The lines of a stream.
fn lines(answer: &Answer) -> Vec<Value> {
    let text = answer.text();
    let lines = text.lines().filter(|line| !line.is_empty());
    lines.map(|line| serde_json::from_str(line).expect("a line is JSON")).collect()
}

/// Through one relay to another dialect, and through two to its own and back.
#[test]
fn its_clients_are_answered_whole_and_in_lines() {
    let (upstream, near, front) = relays();
    let baseline = Baseline::take(&near, &upstream);
    for relay in [&near, &front] {
        let whole = ask(relay, "m");
        assert_eq!((whole.status(), whole.json()["end"].as_str()), (200, Some("full")), "{whole:?}");
        assert!(whole.head.header("x-toy-id").is_some_and(|id| !id.is_empty()), "{whole:?}");
        let streamed = tell(relay, "m");
        assert_eq!(streamed.status(), 200, "{streamed:?}");
        assert_eq!(streamed.head.header("content-type"), Some("application/x-ndjson"));
        let lines = lines(&streamed);
        let text: String = lines.iter().filter_map(|line| line["text"].as_str()).collect();
        assert_eq!(whole.json()["text"], text);
        assert!(lines.len() > 3 && lines.last().is_some_and(|last| last["end"] == "full"), "{streamed:?}");
    }
    // The other relay keeps its connections for the next time.
    drop(front);
    baseline.assert_quiet(&[("done", 4)]);
}

#[test]
fn its_upstreams_serve_the_clients_of_all_others() {
    let (upstream, near, front) = relays();
    let baseline = Baseline::take(&near, &upstream);
    let text = ask(&near, "m").json()["text"].clone();
    let whole = front.post(OPENAI, &chat("m", false)).json();
    assert_eq!(whole["choices"][0]["message"]["content"], text, "{whole}");
    assert!(whole["usage"]["completion_tokens"].as_u64().is_some_and(|tokens| tokens > 0), "{whole}");
    let whole = front.post(ANTHROPIC, &chat("m", false)).json();
    assert_eq!(whole["content"][0]["text"], text, "{whole}");
    let streamed = front.post(OPENAI, &chat("m", true));
    assert!(streamed.whole && streamed.text().ends_with("data: [DONE]\n\n"), "{streamed:?}");
    let streamed = front.post(ANTHROPIC, &chat("m", true));
    assert!(streamed.whole && streamed.text().contains("event: message_stop"), "{streamed:?}");
    drop(front);
    baseline.assert_quiet(&[("done", 5)]);
}

/// An error before the first content has a status; one after it is the last thing said, in the client's own words.
#[test]
fn what_fails_is_told_in_its_own_words() {
    let (upstream, near, front) = relays();
    let baseline = Baseline::take(&near, &upstream);
    for relay in [&near, &front] {
        let refused = tell(relay, "fault-status-429");
        assert_eq!((refused.status(), &refused.json()["wrong"]["status"]), (429, &json!(429)), "{refused:?}");
        // Where the end comes together with the beginning, nothing has been promised yet, and it has a status.
        let cut = tell(relay, "fault-truncate-5");
        let lines = lines(&cut);
        assert!(lines.iter().all(|line| line.get("end").is_none()), "{cut:?}");
        assert!(lines.last().is_some_and(|last| last["wrong"]["message"].is_string()), "{cut:?}");
        assert!(cut.status() == 502 || lines[0]["text"].is_string(), "{cut:?}");
    }
    let cut = front.post(OPENAI, &chat("fault-truncate-5", true));
    assert!(cut.text().contains("\"error\"") && !cut.text().contains("[DONE]"), "{cut:?}");
    drop(front);
    let left = baseline.quiet(Duration::from_secs(3));
    assert!(left.is_ok(), "{left:?}");
}

/// What never reaches an upstream is told in its words too, and its model is the path's.
#[test]
fn its_paths_lead_somewhere_and_nowhere() {
    let upstream = Upstream::start(TOY);
    let channel = "models = [\"known\"]";
    let relay = Relay::of(TOY).channel("custom", &format!("http://{}", upstream.address()), channel).start();
    assert_eq!(ask(&relay, "known").status(), 200);
    let unknown = ask(&relay, "unknown");
    assert_eq!((unknown.status(), &unknown.json()["wrong"]["code"]), (404, &json!("model_not_found")));
    let nothing = relay.post("/v1/toy/known/sing", &turns());
    assert_eq!((nothing.status(), &nothing.json()["wrong"]["status"]), (404, &json!(404)), "{nothing:?}");
    assert_eq!(relay.get("/v1/toy/known/ask").status(), 405);
    let bad = relay.post("/v1/toy/known/ask", &json!([]));
    assert_eq!((bad.status(), bad.json()["wrong"]["message"].as_str()), (400, Some("the body is no object")));
    let toys = relay.connect().with_header("x-toy", "1").get("/v1/models");
    assert_eq!(toys.json(), json!({"toys": ["known"]}));
}
