//! Where an upstream's answer over HTTP/1.1 ends (RFC 9112, section 6.3): whoever lies about it is not believed, and what it
//! has put behind its answer is nobody else's.

use std::io::Write as _;
use std::net::SocketAddr;

use harness::{Relay, chat};

use crate::servers::{listen, read_request};
use crate::{ANTHROPIC, OPENAI, PROGRAM, error_event, error_message};

fn completion(text: &str) -> String {
    let message = format!("{{\"role\":\"assistant\",\"content\":\"{text}\"}}");
    format!(
        "{{\"id\":\"c\",\"object\":\"chat.completion\",\"created\":1,\"model\":\"m\",\"choices\":[{{\"index\":0,\"message\":{message},\"finish_reason\":\"stop\"}}]}}"
    )
}

fn event(text: &str) -> String {
    format!(
        "data: {{\"id\":\"c\",\"model\":\"m\",\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{text}\"}}}}]}}\n\n"
    )
}

/// A whole answer in JSON with these lines in its head; `{length}` is its length.
fn whole(text: &str, lines: &str, before: &str, behind: &str) -> String {
    let body = completion(text);
    let lines = lines.replace("{length}", &body.len().to_string());
    format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n{lines}\r\n{before}{body}{behind}")
}

fn chunk(text: &str) -> String {
    format!("{:x}\r\n{text}\r\n", text.len())
}

/// A chunked answer in JSON whose first chunk is half of it, and whose rest this makes.
fn halves(rest: impl Fn(&str) -> String) -> String {
    let body = completion("good");
    let (half, other) = body.split_at(body.len() / 2);
    format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n{}{}",
        chunk(half),
        rest(other)
    )
}

/// An answer that nobody asked for.
fn smuggled() -> String {
    whole("smuggled", "content-length: {length}\r\n", "", "")
}

/// Heads that a sender and its reader may understand in two ways.
fn lying_heads() -> Vec<(&'static str, String)> {
    let lines = [
        ("a length and a coding", "content-length: {length}\r\ntransfer-encoding: chunked\r\n"),
        ("a coding and a length", "transfer-encoding: chunked\r\ncontent-length: 3\r\n"),
        ("two lengths", "content-length: {length}\r\ncontent-length: 3\r\n"),
        ("two lengths in one line", "content-length: 3, {length}\r\n"),
        ("a sign", "content-length: +{length}\r\n"),
        ("a blank inside", "content-length: 1 {length}\r\n"),
        ("a negative length", "content-length: -1\r\n"),
        ("a length beyond all numbers", "content-length: 99999999999999999999\r\n"),
        ("no number", "content-length: {length}x\r\n"),
        ("a folded line", "x-a: b\r\n c\r\ncontent-length: {length}\r\n"),
        ("a folded coding", "transfer-encoding:\r\n chunked\r\n"),
        ("a lone CR", "x-a: b\rcontent-length: {length}\r\n"),
        ("a blank before the colon", "content-length : {length}\r\n"),
        ("an unknown coding", "transfer-encoding: xchunked\r\n"),
        ("chunked below another", "transfer-encoding: chunked, gzip\r\n"),
        ("chunked twice", "transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n"),
    ];
    lines.map(|(name, lines)| (name, whole("good", lines, "", &smuggled()))).into()
}

/// Bodies that break the rules of chunks behind their first half, with an answer behind them that they may hide.
fn lying_chunks() -> Vec<(&'static str, String)> {
    let last = "0\r\n\r\n";
    vec![
        ("a size with a sign", halves(|rest| format!("+{}{last}", chunk(rest)) + &smuggled())),
        ("a size behind a blank", halves(|rest| format!(" {}{last}", chunk(rest)) + &smuggled())),
        ("a size beyond all numbers", halves(|rest| format!("10000000000000000{}{last}", chunk(rest)))),
        ("no size", halves(|rest| format!("\r\n{rest}\r\n{last}") + &smuggled())),
        (
            "a lone LF behind a size",
            halves(|rest| format!("{:x}\n{rest}\r\n{last}", rest.len()) + &smuggled()),
        ),
        (
            "a lone LF behind a chunk",
            halves(|rest| format!("{:x}\r\n{rest}\n{last}", rest.len()) + &smuggled()),
        ),
        ("a chunk longer than its size", halves(|rest| format!("{:x}\r\n{rest}\r\n{last}", rest.len() - 1))),
        (
            "a chunk shorter than its size",
            halves(|rest| format!("{:x}\r\n{rest}\r\n{last}x", rest.len() + 1)),
        ),
        ("extensions without an end", halves(|rest| format!("{:x};{}", rest.len(), "x".repeat(17 * 1024)))),
        (
            "trailers without an end",
            halves(|rest| format!("{}0\r\nx: {}", chunk(rest), "x".repeat(17 * 1024))),
        ),
        ("a folded trailer", halves(|rest| format!("{}0\r\nx: y\r\n z\r\n\r\n", chunk(rest)) + &smuggled())),
        ("a trailer that is a head", halves(|rest| format!("{}0\r\n{}", chunk(rest), smuggled()))),
    ]
}

/// Whole answers, in an odd way or with something behind them.
fn honest() -> Vec<(&'static str, String)> {
    let length = "content-length: {length}\r\n";
    let hints =
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </x>\r\ncontent-length: 7\r\n\r\n";
    vec![
        ("plain", whole("good", length, "", "")),
        ("twice the same length", whole("good", &length.repeat(2), "", "")),
        ("interim answers before it", hints.repeat(3) + &whole("good", length, "", "")),
        (
            "extensions and trailers",
            halves(|rest| format!("{:X} ;a=\"b\";c\r\n{rest}\r\n0\r\nx: y\r\n\r\n", rest.len())),
        ),
        ("another behind it", whole("good", length, "", &smuggled())),
        ("another behind its chunks", halves(|rest| chunk(rest) + "0\r\n\r\n" + &smuggled())),
        ("an interim one behind it", whole("good", length, "", "HTTP/1.1 100 Continue\r\n\r\n")),
        ("an empty line behind it", whole("good", length, "", "\r\n")),
    ]
}

fn cases() -> Vec<(&'static str, String)> {
    [lying_heads(), lying_chunks(), honest()].concat()
}

/// Answers as the model's name says, with the number of a case; anything else well. Keeps its connections open.
fn upstream() -> SocketAddr {
    listen(|mut stream| {
        while let Some(request) = read_request(&mut stream) {
            let (_, after) = request.split_once("\"model\":\"").unwrap();
            let answer = match after.split('"').next().unwrap().strip_prefix("case-") {
                Some(number) => cases().swap_remove(number.parse().unwrap()).1,
                None => whole("asked", "content-length: {length}\r\n", "", ""),
            };
            if stream.write_all(answer.as_bytes()).is_err() {
                return;
            }
        }
    })
}

fn relay(upstream: SocketAddr) -> Relay {
    Relay::of(PROGRAM).channel("xai", &format!("http://{upstream}"), "dialect = \"openai\"").start()
}

#[test]
fn who_lies_about_the_end_of_an_answer_is_not_believed() {
    let relay = relay(upstream());
    let lies = lying_heads().len() + lying_chunks().len();
    for (number, (name, bytes)) in cases().into_iter().enumerate() {
        for path in [OPENAI, ANTHROPIC] {
            let answer = relay.post(path, &chat(&format!("case-{number}"), false));
            if number < lies {
                assert_eq!(answer.status(), 502, "{name} {path}: {answer:?} for {bytes:?}");
                error_message(path, &answer);
            } else {
                assert_eq!(answer.status(), 200, "{name} {path}: {answer:?}");
                assert!(answer.text().contains("good"), "{name} {path}: {answer:?}");
            }
            assert!(!answer.text().contains("smuggled"), "{name} {path}: {answer:?}");
            // Whoever comes next gets what it asked for.
            for _ in 0..2 {
                let answer = relay.post(path, &chat("m", false));
                assert_eq!(answer.status(), 200, "behind {name} {path}: {answer:?}");
                assert!(answer.text().contains("asked"), "behind {name} {path}: {answer:?}");
            }
        }
    }
}

/// A stream that breaks the rules behind its first events ends with an error, and not with success.
#[test]
fn a_stream_that_breaks_the_rules_is_cut_there() {
    let bad = ["+1\r\nx\r\n", "\n", "1 0\r\n", "5;a\nb\r\n", "ffffffffffffffff0\r\n", "0\r\nx y\r\n\r\n"];
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
    let upstream = listen(move |mut stream| {
        while let Some(request) = read_request(&mut stream) {
            let (_, after) = request.split_once("\"model\":\"").unwrap();
            let bad = bad[after[..1].parse::<usize>().unwrap()];
            let end = chunk("data: [DONE]\n\n") + "0\r\n\r\n";
            let answer = [head, &chunk(&event("water")), bad, &chunk(&event("smuggled")), &end].concat();
            if stream.write_all(answer.as_bytes()).is_err() {
                return;
            }
        }
    });
    let relay = relay(upstream);
    for (number, bad) in bad.into_iter().enumerate() {
        for path in [OPENAI, ANTHROPIC] {
            let answer = relay.post(path, &chat(&format!("{number}-lies"), true));
            let page = answer.text();
            assert!(!page.contains("smuggled"), "{bad:?} {path}: {page}");
            match answer.status() {
                200 => drop(error_event(path, &page)),
                status => assert_eq!(status, 502, "{bad:?} {path}: {page}"),
            }
        }
    }
}

/// The upstream's connection ends behind each byte of its answer: only behind the last it is one.
#[test]
fn an_answer_that_ends_early_is_none() {
    let answers = [
        whole("asked", "content-length: {length}\r\n", "", ""),
        halves(|rest| format!("{}0\r\nx: y\r\n\r\n", chunk(rest))),
    ];
    let sent = answers.clone();
    let upstream = listen(move |mut stream| {
        let Some(request) = read_request(&mut stream) else { return };
        let (_, after) = request.split_once("\"model\":\"").unwrap();
        let mut name =
            after.split('"').next().unwrap().split('-').map(|number| number.parse::<usize>().unwrap());
        let answer = &sent[name.next().unwrap()];
        let _ = stream.write_all(&answer.as_bytes()[..name.next().unwrap()]);
    });
    let relay = relay(upstream);
    for (number, answer) in answers.iter().enumerate() {
        harness::repeat(answer.len() + 1, 4, |cut| {
            let told = relay.post(OPENAI, &chat(&format!("{number}-{cut}"), false));
            let wanted = if cut == answer.len() { 200 } else { 502 };
            assert_eq!(told.status(), wanted, "behind {:?}: {told:?}", &answer[..cut]);
        });
    }
}
