//! Another model stands in where all channels of the first have failed: before the first byte, and never in silence.

use harness::{Answer, Relay, Upstream, chat};
use serde_json::{Value, json};
use vitals::key::KeyHash;

use crate::{ANTHROPIC, OPENAI, PROGRAM, is_whole};

const KEY: &str = "sk-carol-sentinel-000000000000000000000000000000000000";

/// A channel for one model, which its upstream knows by a fault's name.
fn channel(name: &str, dialect: &str, upstream: &Upstream, upstream_model: &str) -> String {
    format!(
        "[[channels]]\nname = \"of-{name}\"\nprovider = \"custom\"\nbase_url = \"http://{}/v1\"\ndialect = \"{dialect}\"\n\
         models = [{{ name = \"{name}\", upstream = \"{upstream_model}\" }}]\n",
        upstream.address()
    )
}

fn stood_in(answer: &Answer) -> Option<&str> {
    answer.head.header("x-watertight-fallback")
}

#[test]
fn other_models_stand_in_for_one_that_fails() {
    let upstream = Upstream::start(PROGRAM);
    let relay = Relay::of(PROGRAM)
        .top("failover.fallbacks = { m = [\"down\", \"other\"], long = [\"other\"], wrong = [\"other\"], none = [\"down\"] }")
        .toml(&channel("m", "openai", &upstream, "fault-status-503"))
        .toml(&channel("m", "openai", &upstream, "fault-status-429").replace("of-m", "of-m2"))
        .toml(&channel("down", "openai", &upstream, "fault-reset-before-headers"))
        .toml(&channel("long", "openai", &upstream, "fault-status-413"))
        .toml(&channel("wrong", "openai", &upstream, "fault-status-400"))
        .toml(&channel("none", "openai", &upstream, "fault-status-500"))
        .toml(&channel("other", "anthropic", &upstream, "fine"));
    let relay = relay.start();
    for (path, stream) in [(OPENAI, false), (OPENAI, true), (ANTHROPIC, false), (ANTHROPIC, true)] {
        let answer = relay.post(path, &chat("m", stream));
        assert_eq!((answer.status(), stood_in(&answer)), (200, Some("other")), "{path}: {}", answer.text());
        assert!(if stream { is_whole(path, &answer) } else { answer.whole }, "{answer:?}");
        let answer = relay.post(path, &chat("other", stream));
        assert_eq!((answer.status(), stood_in(&answer)), (200, None));
        // The client's own mistake is nobody else's.
        let answer = relay.post(path, &chat("wrong", stream));
        assert_eq!((answer.status(), stood_in(&answer)), (400, None));
        // All fail: the client is told why the first did.
        let answer = relay.post(path, &chat("none", stream));
        assert_eq!((answer.status(), stood_in(&answer)), (500, None));
    }
    let asked = upstream.requests();
    assert!(
        asked.iter().any(|one| one["path"] == ANTHROPIC && one["body"].to_string().contains("fine")),
        "{asked:?}"
    );
    let log = relay.log();
    let mut lines = log.lines().rev().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let line = lines.find(|line| line["message"] == "request" && line["model"] == "m").unwrap();
    let told =
        ["fallback", "channel", "upstream_model", "end"].map(|key| line[key].as_str().unwrap().to_owned());
    assert_eq!(told, ["other", "of-other", "fine", "done"], "{line}");
}

#[test]
fn a_key_that_may_not_use_a_model_does_not_get_it_instead() {
    let upstream = Upstream::start(PROGRAM);
    let relay = Relay::of(PROGRAM)
        .top("failover.fallbacks = { m = [\"dear\", \"cheap\"] }")
        .toml(&channel("m", "openai", &upstream, "fault-status-503"))
        .toml(&channel("dear", "openai", &upstream, "fine"))
        .toml(&channel("cheap", "openai", &upstream, "fine"))
        .toml(&format!(
            "[[keys]]\nname = \"carol\"\nhash = \"{}\"\nmodels = [\"m\", \"cheap\"]\n",
            KeyHash::of(KEY)
        ));
    let relay = relay.start();
    let mut client = relay.connect().with_header("x-api-key", KEY);
    client.post(OPENAI, &json!({"model": "m", "messages": [{"role": "user", "content": "x"}]}));
    let answer = client.answer();
    assert_eq!((answer.status(), stood_in(&answer)), (200, Some("cheap")), "{}", answer.text());
}
