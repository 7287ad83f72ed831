//! What only one upstream knows goes to that one, with the key that made it, and for the caller who got it.

use std::fs;

use harness::{Answer, Relay, Setup, Upstream};
use serde_json::{Value, json};
use vitals::key::KeyHash;

use crate::{OPENAI, PROGRAM};

const ALICE: &str = "sk-alice-sentinel-000000000000000000000000000000000000";
const BOB: &str = "sk-bob-sentinel-00000000000000000000000000000000000000";
const RESPONSES: &str = "/v1/responses";

/// A channel that keeps responses, with two keys of its own.
fn channel(name: &str, upstream: &Upstream, extra: &str) -> String {
    format!(
        "[[channels]]\nname = \"{name}\"\nprovider = \"custom\"\nbase_url = \"http://{}/v1\"\n\
         dialect = [\"openai\", \"responses\"]\nkeys = [\"env:{name}_1\", \"env:{name}_2\"]\n{extra}\n",
        upstream.address()
    )
}

fn keys() -> String {
    let key =
        |name: &str, key: &str| format!("[[keys]]\nname = \"{name}\"\nhash = \"{}\"\n", KeyHash::of(key));
    key("alice", ALICE) + &key("bob", BOB)
}

fn variables(setup: Setup) -> Setup {
    ["A_1", "A_2", "B_1", "B_2"].into_iter().fold(setup, |setup, name| setup.env(name, &format!("sk-{name}")))
}

fn ask(relay: &Relay, key: &str, method: &str, path: &str, body: &str) -> Answer {
    let bearer = format!("Bearer {key}");
    let mut client = relay.connect().with_header("connection", "close").with_header("authorization", &bearer);
    client.request(method, path, body.as_bytes());
    client.answer()
}

fn create(relay: &Relay, key: &str, body: &Value) -> Answer {
    ask(relay, key, "POST", RESPONSES, &body.to_string())
}

/// The id of an answer, streamed or whole.
fn id(answer: &Answer) -> String {
    assert_eq!(answer.status(), 200, "{answer:?}");
    let text = answer.text();
    let from = text.find("\"id\":\"resp_").unwrap_or_else(|| panic!("no id in {text}")) + 6;
    text[from..].split('"').next().unwrap().to_owned()
}

/// The key that the upstream saw last, with method and path.
fn last(upstream: &Upstream) -> (String, String, String) {
    let requests = upstream.requests();
    let seen = requests.last().unwrap();
    let headers = seen["headers"].to_string();
    let at = headers.find("Bearer ").unwrap_or_else(|| panic!("no key in {headers}"));
    let key = headers[at + 7..].split('"').next().unwrap();
    (key.to_owned(), seen["method"].as_str().unwrap().to_owned(), seen["path"].as_str().unwrap().to_owned())
}

fn reload(relay: &Relay, text: &str) {
    fs::write(relay.dir().join("watertight.toml"), text).unwrap();
    let mut client = relay.connect().with_header("connection", "close");
    client.request("POST", "/admin/reload", b"");
    let answer = client.answer();
    assert_eq!(answer.status(), 200, "{}", answer.text());
}

#[test]
fn a_response_is_found_where_it_was_made_and_by_nobody_else() {
    let upstream = Upstream::start(PROGRAM);
    let configuration = channel("A", &upstream, "") + &channel("B", &upstream, "") + &keys();
    let relay = variables(Relay::of(PROGRAM).toml(&configuration)).start();
    let mut made: Vec<(String, String)> = Vec::new();
    for n in 0..12 {
        let answer =
            create(&relay, ALICE, &json!({"model": "m", "input": format!("x{n}"), "stream": n % 2 == 0}));
        made.push((id(&answer), last(&upstream).0));
    }
    let used = |key: &str| made.iter().any(|(_, used)| used == key);
    assert!(
        used("sk-A_1") && used("sk-A_2")
            || used("sk-B_1") && used("sk-B_2")
            || used("sk-A_1") && used("sk-B_1")
    );
    // In between, the configuration is read anew, with everything in another order.
    let swapped = configuration.replace("\"env:A_1\", \"env:A_2\"", "\"env:A_2\", \"env:A_1\"");
    reload(&relay, &format!("limits.in_flight = 77\n{swapped}"));
    for (id, key) in &made {
        let one = format!("{RESPONSES}/{id}");
        for (method, path) in [
            ("GET", one.clone()),
            ("GET", format!("{one}?stream=true&starting_after=3")),
            ("GET", format!("{one}/input_items?limit=2")),
            ("POST", format!("{one}/cancel")),
        ] {
            let answer = ask(&relay, ALICE, method, &path, "");
            assert_eq!(answer.status(), 200, "{method} {path}: {}", answer.text());
            assert_eq!(answer.text().ends_with("\n\n"), path.contains("stream=true"));
            assert_eq!(last(&upstream), (key.clone(), method.to_owned(), path));
        }
        let more = json!({"model": "m", "input": "x", "previous_response_id": id});
        assert_eq!(create(&relay, ALICE, &more).status(), 200);
        assert_eq!(&last(&upstream).0, key);
    }
    // Another caller, and a name that nobody got, are told the same.
    let (id, key) = &made[0];
    let asked = upstream.state().requests();
    for (id, caller) in [(id.as_str(), BOB), ("resp_unknown", ALICE)] {
        for (method, rest) in [("GET", ""), ("DELETE", ""), ("POST", "/cancel"), ("GET", "/input_items")] {
            let answer = ask(&relay, caller, method, &format!("{RESPONSES}/{id}{rest}"), "");
            let error = &answer.json()["error"];
            assert_eq!(
                (answer.status(), error["code"].as_str()),
                (404, Some("response_not_found")),
                "{error}"
            );
            assert!(error["message"].as_str().unwrap().contains(id), "{error}");
        }
        for stream in [false, true] {
            let body = json!({"model": "m", "input": "x", "previous_response_id": id, "stream": stream});
            let answer = create(&relay, caller, &body);
            let error = &answer.json()["error"];
            assert_eq!(
                (answer.status(), error["param"].as_str()),
                (404, Some("previous_response_id")),
                "{error}"
            );
        }
    }
    assert_eq!(upstream.state().requests(), asked, "none of that went upstream");
    let deleted = ask(&relay, ALICE, "DELETE", &format!("{RESPONSES}/{id}"), "");
    assert_eq!((deleted.status(), &deleted.json()["deleted"]), (200, &json!(true)));
    assert_eq!(last(&upstream).0, *key);
    assert_eq!(ask(&relay, ALICE, "GET", &format!("{RESPONSES}/{id}"), "").status(), 404, "it is gone");
    // The channel goes, and what it knew with it.
    let (gone, _) = made[1..].iter().find(|(_, used)| *used != *key).unwrap();
    let left = if key.starts_with("sk-A") { "A" } else { "B" };
    reload(
        &relay,
        &format!(
            "{}{}",
            channel(left, &upstream, "")
                .replace(&format!("\"env:{left}_1\", \"env:{left}_2\""), &format!("\"env:{}\"", &key[3..])),
            keys()
        ),
    );
    let answer = ask(&relay, ALICE, "GET", &format!("{RESPONSES}/{gone}"), "");
    assert_eq!(answer.status(), 404);
    assert!(answer.text().contains("not configured now"), "{}", answer.text());
}

#[test]
fn a_request_that_goes_on_is_tried_nowhere_else() {
    let (one, other) = (Upstream::start(PROGRAM), Upstream::start(PROGRAM));
    let relay = Relay::of(PROGRAM).toml(&channel("A", &one, "priority = 5")).toml(&channel("B", &other, ""));
    let relay = variables(relay).start();
    let made = id(&create(&relay, "", &json!({"model": "m", "input": "x"})));
    let asked = other.state().requests();
    let body = json!({"model": "fault-status-503", "input": "x", "previous_response_id": made});
    let answer = create(&relay, "", &body);
    assert_eq!(answer.status(), 503, "{}", answer.text());
    assert_eq!(other.state().requests(), asked, "the other channel cannot know it");
    // Without keys, what nobody is known to have got goes on.
    let unknown = json!({"model": "m", "input": "x", "previous_response_id": "resp_unknown"});
    assert_eq!(create(&relay, "", &unknown).status(), 200);
    assert_eq!(ask(&relay, "", "GET", "/v1/responses/resp_unknown", "").status(), 200);
    for (method, path, allow) in
        [("PUT", "/v1/responses/resp_1", "GET, DELETE"), ("GET", "/v1/responses/resp_1/cancel", "POST")]
    {
        let answer = ask(&relay, "", method, path, "");
        assert_eq!((answer.status(), answer.head.header("allow")), (405, Some(allow)), "{answer:?}");
    }
    let twice = r#"{"model":"m","input":"x","previous_response_id":"a","previous\u005fresponse_id":"b"}"#;
    assert_eq!(ask(&relay, "", "POST", RESPONSES, twice).status(), 400);
}

#[test]
fn a_channel_may_pass_unknown_ids_and_the_relays_own_are_nobodys() {
    let (keeps, chats) = (Upstream::start(PROGRAM), Upstream::start(PROGRAM));
    let chat = format!(
        "[[channels]]\nname = \"chat\"\nprovider = \"custom\"\nbase_url = \"http://{}/v1\"\nauth = \"none\"\nmodels = [\"c\"]\n",
        chats.address()
    );
    let configuration = channel("A", &keeps, "models = [\"m\"]\nids = \"pass\"") + &chat + &keys();
    let relay = variables(Relay::of(PROGRAM).toml(&configuration)).start();
    assert_eq!(ask(&relay, BOB, "GET", "/v1/responses/resp_old", "").status(), 200);
    // Nobody took it away from others by that.
    assert_eq!(ask(&relay, ALICE, "DELETE", "/v1/responses/resp_old", "").status(), 200);
    let mine = id(&create(&relay, ALICE, &json!({"model": "m", "input": "x"})));
    assert_eq!(
        ask(&relay, BOB, "GET", &format!("{RESPONSES}/{mine}"), "").status(),
        404,
        "it is known whose it is"
    );
    for stream in [false, true] {
        let answer = create(&relay, ALICE, &json!({"model": "c", "input": "x", "stream": stream}));
        let made = id(&answer);
        let asked = keeps.state().requests();
        let answer = ask(&relay, ALICE, "GET", &format!("{RESPONSES}/{made}"), "");
        assert_eq!(answer.status(), 404);
        assert!(answer.text().contains("made by the relay"), "{}", answer.text());
        let more = create(&relay, ALICE, &json!({"model": "c", "input": "x", "previous_response_id": made}));
        assert_eq!(more.status(), 400, "{}", more.text());
        assert_eq!(keeps.state().requests(), asked);
    }
    // Chat completions have no such things.
    let body =
        json!({"model": "c", "messages": [{"role": "user", "content": "x"}], "previous_response_id": "x"});
    assert_eq!(ask(&relay, ALICE, "POST", OPENAI, &body.to_string()).status(), 200);
}

/// What the upstreams saw of a turn's state, with the key that they were asked with.
fn turn_seen(upstream: &Upstream) -> (String, bool) {
    let seen = upstream.requests().last().unwrap()["headers"].to_string();
    (last(upstream).0, seen.contains("turn_"))
}

#[test]
fn a_turn_goes_on_where_its_state_came_from_and_no_other_upstream_sees_it() {
    let (one, other) = (Upstream::start(PROGRAM), Upstream::start(PROGRAM));
    let configuration = channel("A", &one, "") + &channel("B", &other, "") + &keys();
    let relay = variables(Relay::of(PROGRAM).toml(&configuration)).start();
    let asked = |key: &str, body: &Value, state: &str| {
        let bearer = format!("Bearer {key}");
        let client = relay.connect().with_header("connection", "close").with_header("authorization", &bearer);
        let mut client = client.with_header("x-codex-turn-state", state);
        client.post(RESPONSES, body);
        client.answer()
    };
    for stream in [false, true] {
        let first = create(&relay, ALICE, &json!({"model": "m", "input": "first", "stream": stream}));
        let state = first.head.header("x-codex-turn-state").unwrap().to_owned();
        let (home, away) = match one.state().requests() {
            0 => (&other, &one),
            _ => (&one, &other),
        };
        let key = last(home).0;
        let before = away.state().requests();
        for n in 0..12 {
            let body = json!({"model": "m", "input": format!("next {n}"), "stream": stream});
            assert_eq!(asked(ALICE, &body, &state).status(), 200);
            assert_eq!(turn_seen(home), (key.clone(), true));
        }
        assert_eq!(away.state().requests(), before);
        // The channel fails: the turn goes on elsewhere, and its state stays here.
        let failing = json!({"model": "fault-status-503", "input": "x", "stream": stream});
        assert_eq!(asked(ALICE, &failing, &state).status(), 503);
        assert!(turn_seen(home).1 && !turn_seen(away).1);
        for (caller, state) in [(BOB, state.as_str()), (ALICE, "turn_unknown")] {
            for n in 0..4 {
                let (of_one, of_other) = (one.state().requests(), other.state().requests());
                let body = json!({"model": "m", "input": format!("{n}"), "stream": stream});
                assert_eq!(asked(caller, &body, state).status(), 200);
                let asked = if one.state().requests() > of_one { &one } else { &other };
                assert!(one.state().requests() + other.state().requests() == of_one + of_other + 1);
                assert!(!turn_seen(asked).1, "nobody knows that {caller} got it there");
            }
        }
        one.reset();
        other.reset();
    }
}

#[test]
fn what_an_answer_names_is_its_callers_and_what_nobody_got_goes_nowhere() {
    let (closed, passing) = (Upstream::start(PROGRAM), Upstream::start(PROGRAM));
    let configuration = channel("A", &closed, "models = [\"m\"]")
        + &channel("B", &passing, "models = [\"p\"]\nids = \"pass\"")
        + &keys();
    let relay = variables(Relay::of(PROGRAM).toml(&configuration)).start();
    let item = |item: &str| json!([{"type": "item_reference", "id": item}, {"role": "user", "content": "x"}]);
    for stream in [false, true] {
        let text = create(&relay, ALICE, &json!({"model": "m", "input": "x", "stream": stream})).text();
        let from = text.find("\"id\":\"msg_").unwrap_or_else(|| panic!("no item in {text}")) + 6;
        let made = text[from..].split('"').next().unwrap();
        let key = last(&closed).0;
        for _ in 0..4 {
            let more = create(&relay, ALICE, &json!({"model": "m", "input": item(made)}));
            assert_eq!((more.status(), last(&closed).0), (200, key.clone()), "{}", more.text());
        }
        for (caller, id) in [(BOB, made), (ALICE, "msg_unknown")] {
            let answer = create(&relay, caller, &json!({"model": "m", "input": item(id)}));
            let error = &answer.json()["error"];
            let said = (answer.status(), error["code"].as_str(), error["param"].as_str());
            assert_eq!(said, (404, Some("item_not_found"), Some("input")), "{error}");
        }
    }
    let file = |model: &str| {
        let part = json!({"type": "file", "file": {"file_id": "file-old"}});
        json!({"model": model, "messages": [{"role": "user", "content": [part]}]}).to_string()
    };
    let answer = ask(&relay, ALICE, "POST", OPENAI, &file("m"));
    assert_eq!((answer.status(), &answer.json()["error"]["code"]), (404, &json!("file_not_found")));
    assert_eq!(ask(&relay, ALICE, "POST", OPENAI, &file("p")).status(), 200);
}
