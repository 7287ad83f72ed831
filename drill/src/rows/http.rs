//! What HTTP, and what is in it, can be made to say: heads and bodies of requests, headers of answers.

use std::time::Duration;

use vitals::EndReason::*;

use super::clients::reaction;
use crate::client::{ANTHROPIC, Asked, Client, OPENAI, Outcome};
use crate::relay::plan::deadline;
use crate::run::Expect::{Good, Status, Strictly};
use crate::run::{Bench, Case, Expect, Kind, Row, Tally, both, streamed};

/// In the order of the matrix.
pub(super) const ROWS: &[Row] = &[
    Row {
        fault: "interim answers, trailers, upgrades, lengths that contradict each other",
        why: "everything that stands between a relay and its provider",
        good: "handles what is valid, refuses the rest; what follows is never taken for an answer",
        settings: &[deadline("first_byte", "5s")],
        ends: &[ClientError, Done, FirstByteTimeout, TotalTimeout, UpstreamError, UpstreamTruncated],
        ..Row::new(45, "odd-http", any!(both_sides)).waiting(6)
    },
    Row {
        fault: "header injection, oversized heads, bad UTF-8, NULs, JSON 10,000 deep, duplicate keys",
        why: "attacks, fuzzers, broken clients",
        good: "400, and no crash",
        ends: &[ClientError, Done],
        ..Row::new(46, "hostile-requests", any!(hostile)).waiting(4)
    },
    Row {
        fault: "cookies, hop-by-hop and other headers of the upstream",
        why: "every CDN adds some",
        good: "an allow-list; lengths and codings are its own",
        ends: &[Done],
        ..Row::new(48, "headers-of-the-upstream", any!(headers)).waiting(1)
    },
    Row {
        fault: "an answer longer than its length, two answers, events after the last one",
        why: "off-by-one errors, confused proxies",
        good: "one whole answer; the connection is never asked again",
        ends: &[Done],
        ..Row::new(52, "answer-longer-than-itself", any!(surplus)).waiting(1)
    },
];

/// Row 52.
pub(super) const SURPLUS: &[Case] = &[
    both("too-long", Good),
    both("two-answers", Good),
    streamed("after-terminal", Good),
    streamed("terminal-open", Good),
];

/// Row 45: what is valid is delivered. What contradicts itself has no right reading, or is beyond what this relay takes.
pub(super) const ODD_HTTP: &[Case] = &[
    both("odd-http-1", Good),
    both("odd-http-2", Good),
    both("odd-http-3", Good),
    both("odd-http-4", Good),
    both("odd-http-5", Good),
    both("odd-http-6", Good),
    both("lying-http-1", Status(&[502])),
    both("lying-http-2", Status(&[502])),
    both("lying-http-3", Status(&[502])),
    both("lying-http-4", Status(&[502])),
    both("lying-http-5", Status(&[502])),
    both("lying-http-6", Status(&[502])),
    both("lying-http-7", Status(&[502])),
    both("lying-http-8", Status(&[504])),
    both("lying-http-9", Strictly(&[502])),
    both("lying-http-10", Strictly(&[502])),
    both("lying-http-11", Strictly(&[502])),
    both("lying-http-12", Strictly(&[502])),
    both("lying-http-13", Strictly(&[502])),
    both("lying-http-14", Strictly(&[502])),
    both("lying-http-15", Strictly(&[502])),
];

const POST: &str = "POST /v1/chat/completions HTTP/1.1\r\nhost: r\r\n";

/// Headers of a request that must not be taken for one, and what a strict relay answers.
const HEADS: [&str; 13] = [
    "content-length: 5\r\ncontent-length: 6\r\n",
    "content-length: 5, 6\r\n",
    "content-length: +5\r\n",
    "content-length: 0x5\r\n",
    "content-length: -5\r\n",
    "transfer-encoding: gzip\r\n",
    "transfer-encoding: chunked, identity\r\n",
    "content-length : 5\r\n",
    "x-a: 1\r\n folded: 2\r\n",
    "x-nul: a\0b\r\n",
    "x-cr: a\rset-cookie: b\r\n",
    " leading: space\r\n",
    "bad name: 1\r\n",
];

/// Bodies beyond any use.
fn bodies(bench: &Bench) -> Vec<(&'static str, Vec<u8>)> {
    let model = bench.target.naming.model("");
    let start = format!("{{\"model\":\"{model}\",\"messages\":");
    let deep = |open: &str, close: &str| {
        format!("{start}{}{}}}", open.repeat(10_000), close.repeat(10_000)).into_bytes()
    };
    let around = |before: &[u8], after: &[u8]| [b"{\"model\":\"", model.as_bytes(), before, after].concat();
    vec![
        ("lists 10,000 deep", deep("[", "]")),
        ("objects 10,000 deep", deep("{\"a\":", "}")),
        ("lists that are not closed", format!("{start}{}", "[".repeat(10_000)).into_bytes()),
        ("a name that is not UTF-8", around(b"\xff\"", b",\"messages\":[]}")),
        (
            "a text that is not UTF-8",
            around(b"\",\"messages\":[{\"role\":\"user\",", b"\"content\":\"\xff\xfe\"}]}"),
        ),
        ("a NUL in a name", around(b"\0\"", b",\"messages\":[]}")),
        ("a NUL between names", around(b"\",\0", b"\"messages\":[]}")),
        ("two models", around(b"\",\"model\":\"n\"", b",\"messages\":[]}")),
        ("no object", b"[]".to_vec()),
        ("nothing", Vec::new()),
    ]
}

/// Row 46.
async fn hostile(bench: &Bench) -> anyhow::Result<Tally> {
    let bodies = bodies(bench);
    let (bodies, times) = (&bodies, bench.size.requests.max(HEADS.len() + bodies.len() * 2 + 4));
    let memory = bench.gauge.memory().await;
    let mut tally = Bench::repeat(times, bench.size.at_once, |i| async move {
        match i % 3 {
            0 => head(bench, i / 3).await,
            1 => body(bench, bodies, i / 3).await,
            _ if i % 2 == 0 => injected(bench, i).await,
            _ => oversized(bench, i).await,
        }
    })
    .await;
    if let Some((before, after)) = memory.zip(bench.gauge.memory().await).filter(|_| bench.strict()) {
        let text = format!("memory went from {} to {} MiB", before >> 20, after >> 20);
        tally.check(after < before + (32 << 20), text);
    }
    Ok(tally)
}

/// It is refused, and what follows it on the connection is never taken for another request.
async fn head(bench: &Bench, i: usize) -> Tally {
    let (mut tally, headers) = (Tally::default(), HEADS[i % HEADS.len()]);
    let Ok(mut client) = Client::connect(&bench.target).await else {
        tally.count(Outcome::NoAnswer);
        return tally;
    };
    let smuggled = format!("{POST}content-length: 13\r\n\r\n{{\"model\":\"x\"}}");
    // The relay may refuse before it has read all of it.
    let _ = client.send(format!("{POST}{headers}\r\n12345{smuggled}").as_bytes()).await;
    let outcome = reaction(&mut client, bench.size.patience).await;
    tally.count(outcome);
    let what = headers.trim_end().escape_debug();
    match outcome {
        Outcome::Hung => tally.complain(Kind::Hang, format!("{what}: neither answered nor refused")),
        Outcome::Http(400) => {}
        other if bench.strict() => tally.complain(Kind::Wrong, format!("{what}: {other:?} instead of 400")),
        _ => {}
    }
    if bench.strict() && !client.closes(Duration::from_secs(5)).await {
        tally.complain(Kind::Wrong, format!("{what}: the connection is left open"));
    }
    tally
}

async fn body(bench: &Bench, bodies: &[(&str, Vec<u8>)], i: usize) -> Tally {
    let (what, body) = &bodies[i % bodies.len()];
    let (mut tally, path) = (Tally::default(), bench.path(i / bodies.len()));
    let seen = bench.ask(&bench.target, path, body, false).await;
    // A relay that passes on what it does not read leaves the judgement to its upstream.
    let expect = if bench.strict() { Expect::Status(&[400]) } else { Expect::Any };
    tally.see(&format!("{what}, {path}"), expect, &seen, bench.strict());
    tally
}

/// Headers and targets beyond any use.
async fn oversized(bench: &Bench, i: usize) -> Tally {
    let mut tally = Tally::default();
    let (large, many) = ("x".repeat(1 << 20), "x-many: 1\r\n".repeat(2000));
    let request = match i % 3 {
        0 => format!("GET /healthz HTTP/1.1\r\nhost: r\r\nx-large: {large}\r\n\r\n"),
        1 => format!("GET /healthz HTTP/1.1\r\nhost: r\r\n{many}\r\n"),
        _ => format!("GET /{large} HTTP/1.1\r\nhost: r\r\n\r\n"),
    };
    let Ok(mut client) = Client::connect(&bench.target).await else {
        tally.count(Outcome::NoAnswer);
        return tally;
    };
    let patience = bench.size.patience;
    let _ = tokio::time::timeout(patience, client.send(request.as_bytes())).await;
    let outcome = reaction(&mut client, patience).await;
    tally.count(outcome);
    match outcome {
        Outcome::Hung => tally.complain(Kind::Hang, "an oversized head was neither answered nor refused"),
        // A reset may overtake the answer, because the rest of the head is never read.
        Outcome::Cut | Outcome::Http(414 | 431) => {}
        other if bench.strict() => tally.complain(Kind::Wrong, format!("an oversized head: {other:?}")),
        _ => {}
    }
    tally
}

/// Nothing that a client writes becomes a header.
async fn injected(bench: &Bench, i: usize) -> Tally {
    let (mut tally, path, stream) = (Tally::default(), bench.path(i), i % 4 < 2);
    let mut value = bench.value("", stream, 20);
    let model = value["model"].as_str().unwrap_or_default().to_owned();
    value["user"] = format!("{model}\r\nset-cookie: injected=1\r\n\r\n\u{0}\u{1b}[31m").into();
    let Ok(mut client) = Client::connect(&bench.target).await else {
        tally.count(Outcome::NoAnswer);
        return tally;
    };
    client.target_headers("x-request-id: a\tb c\"{}\r\n");
    let _ = client.post(path, value.to_string().as_bytes()).await;
    let seen = client.judge(Asked { anthropic: path == ANTHROPIC, stream }, bench.size.patience).await;
    let expect = if bench.strict() { Expect::Good } else { Expect::Any };
    tally.see("header injection", expect, &seen, bench.strict());
    let headers = seen.head.map(|head| format!("{:?}", head.headers)).unwrap_or_default();
    tally.check(!headers.contains("injected"), "what a client wrote became a header of its answer");
    if bench.strict() {
        tally.check(!headers.contains("a\\tb"), "a request id that is none was returned as it came");
    }
    tally
}

/// Headers that every relay must keep from its clients: they are for one connection, or carry state of the
/// provider's own site.
const NEVER: [&str; 5] = ["x-hop", "keep-alive", "proxy-authenticate", "te", "set-cookie"];
/// Headers that this program's relay lets through or adds; nothing else.
const ALLOWED: [&str; 12] = [
    "connection",
    "content-length",
    "content-type",
    "date",
    "transfer-encoding",
    "cache-control",
    "request-id",
    "x-accel-buffering",
    "x-oneapi-request-id",
    "x-ratelimit-remaining-requests",
    "x-request-id",
    "x-upstream-request-id",
];

/// Row 48: headers of the upstream reach the client by an allow-list.
async fn headers(bench: &Bench) -> anyhow::Result<Tally> {
    let tally = Bench::repeat(bench.size.requests, bench.size.at_once, |i| async move {
        let (mut tally, path, stream) = (Tally::default(), bench.path(i), i % 4 < 2);
        let seen = bench.ask(&bench.target, path, &bench.body("headers", stream, 20), stream).await;
        tally.see("headers", Expect::Good, &seen, bench.strict());
        let head = seen.head.unwrap_or_default();
        for (name, value) in &head.headers {
            if NEVER.contains(&name.as_str()) {
                tally.complain(Kind::Wrong, format!("`{name}` of the upstream reached the client"));
            } else if bench.strict() && (!ALLOWED.contains(&name.as_str()) || value.contains("sentinel")) {
                tally.complain(Kind::Wrong, format!("`{name}: {value}` is not for clients"));
            }
        }
        if bench.strict() {
            let framing = if stream { "transfer-encoding" } else { "content-length" };
            tally.check(head.header(framing).is_some(), format!("no {framing} of the relay's own"));
        }
        tally
    });
    Ok(tally.await)
}

/// Row 45, from the client's side: a length beside chunks is not believed, and what follows is no request.
pub(crate) async fn smuggled(bench: &Bench, tally: &mut Tally) {
    let follows = format!("{POST}content-length: 13\r\n\r\n{{\"model\":\"x\"}}");
    for heads in [
        "content-length: 4\r\ntransfer-encoding: chunked\r\n",
        "transfer-encoding: chunked\r\ncontent-length: 4\r\n",
    ] {
        let before = bench.upstream.seen().requests_total;
        let Ok(mut client) = Client::connect(&bench.target).await else { continue };
        bench.target.ledger.post(1);
        let _ = client.send(format!("{POST}{heads}\r\n0\r\n\r\n{follows}").as_bytes()).await;
        let outcome = reaction(&mut client, bench.size.patience).await;
        tally.count(outcome);
        tally.check(
            outcome == Outcome::Http(400),
            format!("{}: {outcome:?} instead of 400", heads.trim_end()),
        );
        tally.check(client.closes(Duration::from_secs(5)).await, "the connection is left open");
        let asked = bench.upstream.seen().requests_total - before;
        tally.check(asked == 0, "what followed a request with two lengths was taken for another one");
    }
}

/// Row 45: unusual HTTP in both directions.
async fn both_sides(bench: &Bench) -> anyhow::Result<Tally> {
    let mut tally = bench.cases(ODD_HTTP).await;
    if bench.strict() {
        smuggled(bench, &mut tally).await;
    }
    // The next request must not meet what was left in an upstream's connection.
    for path in [OPENAI, bench.path(1)] {
        let seen = bench.ask(&bench.target, path, &bench.body("", false, 20), false).await;
        tally.see("a good request after them", Expect::Good, &seen, bench.strict());
    }
    Ok(tally)
}

/// Row 52: the client gets one whole answer, and the connection that has more to say is never asked again.
async fn surplus(bench: &Bench) -> anyhow::Result<Tally> {
    let before = bench.upstream.seen();
    let mut tally = bench.cases(SURPLUS).await;
    if bench.strict() {
        // Good connections that were idle before may have been asked once more. To a relay that does not look into
        // streams, what follows the last event is a part of them, and leaves nothing over.
        let again = (bench.upstream.seen().reused - before.reused).saturating_sub(before.idle());
        let text = format!("{again} connections were asked again although bytes were left in them");
        tally.check(again == 0, text);
    }
    Ok(tally)
}
