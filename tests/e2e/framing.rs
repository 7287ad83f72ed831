//! Fault 20: every case of framing, in one piece and byte by byte, passed on and translated: the same result.

use std::io::Write as _;
use std::net::SocketAddr;

use harness::{Relay, chat};

use crate::servers::{listen, read_request};
use crate::{ANTHROPIC, OPENAI, PROGRAM, error_event};

fn delta(text: &str) -> String {
    format!(
        "{{\"id\":\"c\",\"model\":\"m\",\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{text}\"}}}}]}}"
    )
}

const STOP: &str = "{\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}";

/// Name, the upstream's bytes, the text that a client must read; `None` where the stream counts as cut.
fn cases() -> Vec<(&'static str, Vec<u8>, Option<&'static str>)> {
    let end = format!("data: {STOP}\n\ndata: [DONE]\n\n");
    let simple = |events: &str| format!("{events}{end}").into_bytes();
    let text = |t: &str| format!("data: {}\n\n", delta(t));
    let crlf = |bytes: Vec<u8>, to: &str| String::from_utf8(bytes).unwrap().replace('\n', to).into_bytes();
    let (left, right) = STOP.split_once(",\"choices\"").unwrap();
    vec![
        ("plain", simple(&text("water")), Some("water")),
        ("UTF-8 across chunks", simple(&text("é–🦀水")), Some("é–🦀水")),
        (
            "separators that end no line",
            simple(&text("a\u{2028}b\u{2029}c\u{85}d")),
            Some("a\u{2028}b\u{2029}c\u{85}d"),
        ),
        ("CRLF", crlf(simple(&text("water")), "\r\n"), Some("water")),
        ("CR", crlf(simple(&text("water")), "\r"), Some("water")),
        ("no space", simple(&format!("data:{}\n\n", delta("water"))), Some("water")),
        ("two spaces", simple(&format!("data:  {}\n\n", delta("water"))), Some("water")),
        (
            "several data lines",
            format!("{}data: {left},\ndata: \"choices\"{right}\n\ndata: [DONE]\n\n", text("water"))
                .into_bytes(),
            Some("water"),
        ),
        (
            "data without colon, and empty",
            simple(&format!("data\n\n{}data:\n\n", text("water"))),
            Some("water"),
        ),
        (
            "comments",
            simple(&format!(": hi\n\n:\n\n:nul \0 in it\n{}: {}\n\n", text("water"), "long ".repeat(4_000))),
            Some("water"),
        ),
        ("byte order mark", [b"\xef\xbb\xbf".as_slice(), &simple(&text("water"))].concat(), Some("water")),
        (
            "an event's name without data",
            simple(&format!("event: error\n\n{}event: error\n\n", text("water"))),
            Some("water"),
        ),
        (
            "unknown fields and events",
            simple(&format!(
                "id: 7\nretry: 10\nx-unknown: 1\nnonsense\n{}event: x\ndata: {{\"new\":1}}\n\n",
                text("water")
            )),
            Some("water"),
        ),
        (
            "end without a blank line",
            format!("{}data: {STOP}\n\ndata: [DONE]", text("water")).into_bytes(),
            Some("water"),
        ),
        ("end inside an event", format!("{}data: {}", text("water"), &STOP[..30]).into_bytes(), None),
        (
            "end behind a whole event that is not the last",
            format!("{}data: {}\n", text("water"), delta("x")).into_bytes(),
            None,
        ),
        ("end after tokens", text("water").into_bytes(), None),
    ]
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Pieces {
    One,
    Bytes,
    Gzip,
}

/// Sends the case that the model's name says, in chunks as it says.
fn upstream() -> SocketAddr {
    listen(|mut stream| {
        while let Some(request) = read_request(&mut stream) {
            let (_, after) = request.split_once("\"model\":\"").unwrap();
            let mut name = after.split('"').next().unwrap().split('-');
            let case = &cases()[name.next().unwrap().parse::<usize>().unwrap()].1;
            let (mut body, mut coding, mut step) = (case.clone(), "", usize::MAX);
            match name.next().unwrap() {
                "Bytes" => step = 1,
                "Gzip" => {
                    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
                    gzip.write_all(case).unwrap();
                    (body, coding, step) = (gzip.finish().unwrap(), "content-encoding: gzip\r\n", 1);
                }
                _ => {}
            }
            let mut answer = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n{coding}transfer-encoding: chunked\r\n\r\n"
            )
            .into_bytes();
            for piece in body.chunks(step.min(body.len())) {
                answer.extend_from_slice(format!("{:x}\r\n", piece.len()).as_bytes());
                answer.extend_from_slice(piece);
                answer.extend_from_slice(b"\r\n");
            }
            answer.extend_from_slice(b"0\r\n\r\n");
            // In writes of an odd size too, so that chunks are cut as well.
            if answer
                .chunks(if step == 1 { 1021 } else { usize::MAX })
                .any(|part| stream.write_all(part).is_err())
            {
                return;
            }
        }
    })
}

/// The text of a stream, read by the standard's rules.
fn text(path: &str, page: &str) -> String {
    let page = page.trim_start_matches('\u{feff}').replace("\r\n", "\n").replace('\r', "\n");
    let mut all = String::new();
    for event in page.split("\n\n") {
        let data: Vec<_> = event.split('\n').filter_map(|line| line.strip_prefix("data:")).collect();
        let Ok(json) = serde_json::from_str::<serde_json::Value>(&data.join("\n")) else { continue };
        let place = if path == OPENAI { "/choices/0/delta/content" } else { "/delta/text" };
        all.push_str(json.pointer(place).and_then(serde_json::Value::as_str).unwrap_or_default());
    }
    all
}

#[test]
fn how_an_answer_is_cut_makes_no_difference() {
    let relay =
        Relay::of(PROGRAM).channel("xai", &format!("http://{}", upstream()), "dialect = \"openai\"").start();
    for (number, (name, bytes, wanted)) in cases().into_iter().enumerate() {
        for path in [OPENAI, ANTHROPIC] {
            let mut first = None;
            for pieces in [Pieces::One, Pieces::Bytes, Pieces::Gzip] {
                let mut client = relay.connect().with_header("x-request-id", &format!("case-{number}"));
                client.post(path, &chat(&format!("{number}-{pieces:?}"), true));
                let answer = client.answer();
                let page = answer.text().replace(&format!("{number}-{pieces:?}"), "MODEL");
                assert!(
                    answer.status() == 200 && answer.whole,
                    "{name} {path} {pieces:?}: {answer:?}\n{page}"
                );
                assert_eq!(*first.get_or_insert(page.clone()), page, "{name} {path} {pieces:?}");
                match wanted {
                    Some(wanted) => {
                        assert_eq!(text(path, &page), wanted, "{name} {path} {pieces:?}: {page:?}");
                        let end = if path == OPENAI { "[DONE]" } else { "message_stop" };
                        assert!(page.contains(end), "{name} {path} {pieces:?}: {page:?}");
                        if path == OPENAI {
                            let sent = String::from_utf8(bytes.clone()).unwrap();
                            // The mark is dropped, a missing last blank line supplied; nothing else is touched.
                            let sent = sent.trim_start_matches('\u{feff}');
                            let sent =
                                if sent.ends_with(']') { format!("{sent}\n\n") } else { sent.to_owned() };
                            assert_eq!(answer.text(), sent, "{name} {pieces:?}");
                        }
                    }
                    None => drop(error_event(path, &page)),
                }
            }
        }
    }
    harness::until(harness::PATIENCE, || match relay.health().relay("in_flight") {
        0 => Ok(()),
        n => Err(format!("{n} in flight")),
    });
}
