//! Web pages that use the relay, and proxies on its own machine.

use harness::{Answer, Relay, chat};
use vitals::key::KeyHash;

use crate::{ANTHROPIC, OPENAI, start};

const ALICE: &str = "sk-alice-sentinel-000000000000000000000000000000000000";
const PAGE: &str = "https://app.example.com";
const LOCAL: &str = "http://localhost:5173";

fn keys() -> String {
    format!("[[keys]]\nname = \"alice\"\nhash = \"{}\"\n", KeyHash::of(ALICE))
}

/// Asks with these lines of a head, and no others.
fn asks(relay: &Relay, request: &str, lines: &[&str], body: &str) -> Answer {
    let lines: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
    let head = format!(
        "{request} HTTP/1.1\r\nconnection: close\r\n{lines}content-length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut client = relay.connect();
    client.send(head.as_bytes()).unwrap();
    client.answer()
}

fn shared(answer: &Answer) -> Option<&str> {
    answer.head.header("access-control-allow-origin")
}

#[test]
fn every_answer_is_shared_with_a_page_that_has_a_key() {
    let (_upstream, relay) = start(|setup| setup.toml(&keys()));
    let (origin, key) = (format!("origin: {PAGE}"), format!("x-api-key: {ALICE}"));
    let body = |stream| chat("m", stream).to_string();
    for (request, lines, body, status) in [
        (format!("POST {OPENAI}"), vec![&key], body(false), 200),
        (format!("POST {ANTHROPIC}"), vec![&key], body(true), 200),
        (format!("POST {OPENAI}"), vec![], body(false), 401),
        (format!("POST {OPENAI}"), vec![&key], "{".to_owned(), 400),
        ("GET /v1/models".to_owned(), vec![&key], String::new(), 200),
        ("GET /v1/models".to_owned(), vec![], String::new(), 401),
        ("GET /nothing".to_owned(), vec![], String::new(), 404),
        ("GET /healthz".to_owned(), vec![], String::new(), 200),
    ] {
        let lines: Vec<&str> =
            lines.into_iter().chain([&origin]).map(String::as_str).chain(["host: r"]).collect();
        let answer = asks(&relay, &request, &lines, &body);
        assert_eq!((answer.status(), shared(&answer)), (status, Some("*")), "{request}: {answer:?}");
        let seen = answer.head.header("access-control-expose-headers").unwrap_or_default();
        assert!(
            ["x-request-id", "retry-after", "x-watertight-dropped"].iter().all(|name| seen.contains(name)),
            "{seen}"
        );
    }
    let private = "access-control-request-private-network: true";
    let preflight = asks(&relay, &format!("OPTIONS {OPENAI}"), &["host: r", &origin, private], "");
    assert_eq!((preflight.status(), shared(&preflight)), (204, Some("*")));
    for (name, wanted) in [
        ("methods", "GET, POST, DELETE, OPTIONS"),
        ("headers", "*, authorization"),
        ("private-network", "true"),
    ] {
        assert_eq!(
            preflight.head.header(&format!("access-control-allow-{name}")),
            Some(wanted),
            "{preflight:?}"
        );
    }
    for path in ["/admin/reload", "/api/monitor/exchanges", "/admin/nothing"] {
        for method in ["OPTIONS", "GET", "POST"] {
            let answer =
                asks(&relay, &format!("{method} {path}"), &["host: localhost", &origin, private], "");
            let named = answer.head.headers.iter().find(|(name, _)| name.starts_with("access-control"));
            assert_eq!(named, None, "{method} {path}");
        }
    }
    assert_eq!(shared(&asks(&relay, "GET /healthz", &["host: r"], "")), None, "no page asks");
}

#[test]
fn without_keys_only_this_machines_pages_act_unless_others_are_listed() {
    let listed = format!("[cors]\norigins = [\"{PAGE}\"]\n");
    for (toml, page, other) in [("", LOCAL, PAGE), (listed.as_str(), PAGE, LOCAL)] {
        let (upstream, relay) = start(|setup| setup.toml(toml));
        upstream.reset();
        let body = chat("m", false).to_string();
        let post = |origin: &str| {
            asks(&relay, &format!("POST {OPENAI}"), &["host: r", &format!("origin: {origin}")], &body)
        };
        let answer = post(other);
        assert_eq!((answer.status(), shared(&answer)), (403, None), "{answer:?}");
        assert_eq!(upstream.state().requests(), 0);
        let answer = post(page);
        assert_eq!((answer.status(), shared(&answer)), (200, Some(page)), "{answer:?}");
        assert_eq!(answer.head.header("vary"), Some("origin"));
        for (origin, wanted) in [(page, Some("true")), (other, None)] {
            let lines =
                ["host: r", &format!("origin: {origin}"), "access-control-request-private-network: true"];
            let preflight = asks(&relay, &format!("OPTIONS {OPENAI}"), &lines, "");
            assert_eq!(preflight.head.header("access-control-allow-private-network"), wanted, "{origin}");
            assert_eq!(shared(&preflight), wanted.map(|_| page), "{origin}");
        }
    }
}

#[test]
fn a_proxy_on_this_machine_is_nobody_to_administer() {
    let (_upstream, relay) = start(|setup| setup);
    for request in ["GET /api/monitor/exchanges", "POST /admin/reload"] {
        for lines in [
            &["host: localhost", "x-forwarded-for: 203.0.113.5"][..],
            &["host: 127.0.0.1:3000", "forwarded: for=203.0.113.5"],
            &["host: localhost", "via: 1.1 caddy"],
            &["host: relay.example.com"],
        ] {
            assert_eq!(asks(&relay, request, lines, "").status(), 403, "{request}: {lines:?}");
        }
        assert_eq!(asks(&relay, request, &["host: localhost:3000"], "").status(), 200, "{request}");
    }
    assert!(relay.log().contains("admin.token is not set"), "{}", relay.log());
}
