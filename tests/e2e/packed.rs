//! Fault 43: answers that come compressed although they were asked not to be.

use std::io::Write as _;

use harness::{Baseline, PATIENCE, Relay, chat, until};

use crate::servers::{listen, read_request};
use crate::{ANTHROPIC, OPENAI, PROGRAM, TIMES, ask, error_event, error_message, is_whole, start};

const MIB: u64 = 1 << 20;

#[test]
fn compressed_answers_are_unpacked() {
    let (upstream, relay) = start(|setup| setup);
    let baseline = Baseline::take(&relay, &upstream);
    for path in [OPENAI, ANTHROPIC] {
        for fault in ["gzip", "deflate"] {
            let model = format!("fault-{fault}");
            ask(&relay, path, &model, true, |answer| {
                assert!(is_whole(path, answer) && answer.text().contains("downhill"), "{}", answer.text());
                assert_eq!(answer.head.header("content-encoding"), None, "{answer:?}");
            });
            ask(&relay, path, &model, false, |answer| {
                assert_eq!((answer.status(), answer.whole), (200, true), "{answer:?}");
                assert_eq!(answer.json()["model"], model.as_str(), "{answer:?}");
                assert_eq!(answer.head.header("content-encoding"), None, "{answer:?}");
            });
        }
        ask(&relay, path, "fault-gzip-error-429", path == OPENAI, |answer| {
            assert_eq!(answer.status(), 429, "{answer:?}");
            assert_eq!(error_message(path, answer), "drill: status 429 on request");
        });
    }
    baseline.assert_quiet(&[("done", 8 * TIMES as u64), ("upstream_error", 2 * TIMES as u64)]);
}

#[test]
fn a_compressed_answer_that_breaks_off_is_never_a_success() {
    let (upstream, relay) = start(|setup| setup);
    let baseline = Baseline::take(&relay, &upstream);
    for path in [OPENAI, ANTHROPIC] {
        ask(&relay, path, "fault-gzip-truncate-5", true, |answer| {
            assert_eq!(answer.status(), 200, "{answer:?}");
            assert!(answer.text().contains("downhill"), "{}", answer.text());
            error_event(path, &answer.text());
        });
        ask(&relay, path, "fault-gzip-truncate", false, |answer| {
            assert_eq!(answer.status(), 502, "{answer:?}");
            error_message(path, answer);
        });
    }
    baseline.assert_quiet(&[("upstream_truncated", 4 * TIMES as u64)]);
}

/// One token is sent, and nothing after it until the client has it.
#[test]
fn a_compressed_stream_is_delivered_token_by_token() {
    let (told, tell) = std::sync::mpsc::sync_channel::<()>(1);
    let tell = std::sync::Mutex::new(tell);
    let address = listen(move |mut stream| {
        if read_request(&mut stream).is_some() {
            let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
            let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-encoding: gzip\r\n\
                        connection: close\r\n\r\n";
            stream.write_all(head.as_bytes()).unwrap();
            for token in ["one", "two", "three", "stop", "[DONE]"] {
                let event = match token {
                    "[DONE]" => "data: [DONE]\n\n".to_owned(),
                    "stop" => {
                        "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
                            .to_owned()
                    }
                    _ => format!(
                        "data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{token}\"}}}}]}}\n\n"
                    ),
                };
                gzip.write_all(event.as_bytes()).unwrap();
                gzip.flush().unwrap();
                stream.write_all(&std::mem::take(gzip.get_mut())).unwrap();
                if token.len() > 2 && token != "stop" && token != "[DONE]" {
                    tell.lock().unwrap().recv().unwrap();
                }
            }
            stream.write_all(&gzip.finish().unwrap()).unwrap();
        }
    });
    let relay = Relay::of(PROGRAM).channel("openai", &format!("http://{address}"), "").start();
    let mut client = relay.stream("m");
    for token in ["one", "two", "three"] {
        client.event_with(token);
        told.send(()).unwrap();
    }
    let (rest, whole) = client.rest();
    assert!(whole && rest.ends_with(b"data: [DONE]\n\n"), "{}", String::from_utf8_lossy(&rest));
}

/// 64 MiB in a few hundred KiB: refused as an event that is too large, or passed on at the
/// client's pace; never held.
#[test]
fn a_bomb_does_not_grow_memory() {
    let (upstream, relay) = start(|setup| setup.limit("sse_event", "\"4MiB\""));
    let baseline = Baseline::take(&relay, &upstream);
    let before = crate::protection::heap(&relay);
    let peak = crate::protection::peak_while(&relay, || {
        harness::repeat(4, 2, |i| {
            let path = [OPENAI, ANTHROPIC][i % 2];
            let answer = relay.post(path, &chat("fault-gzip-bomb", true));
            assert!(answer.body.len() < MIB as usize, "{} bytes passed on", answer.body.len());
            error_event(path, &answer.text());
        });
        let answer = relay.post(OPENAI, &chat("fault-gzip-bomb", false));
        assert!(
            answer.whole && answer.body.len() as u64 > 64 * MIB,
            "{:?} {}",
            answer.head,
            answer.body.len()
        );
    });
    assert!(peak < before + 32 * MIB, "{} MiB at the peak, {} before", peak / MIB, before / MIB);
    baseline.assert_quiet(&[("too_large", 4), ("done", 1)]);
}

/// What cannot be unpacked is said to be so; an error keeps its status.
#[test]
fn other_codings_and_corrupt_ones_are_errors() {
    let address = listen(|mut stream| {
        while let Some(request) = read_request(&mut stream) {
            let (status, coding, body): (u16, &str, &[u8]) = match () {
                () if request.contains("brotli-error") => (503, "br", b"\x0b\x02\x80not to be read\x03"),
                () if request.contains("brotli") => (200, "br", b"\x0b\x02\x80not to be read\x03"),
                () if request.contains("twice") => (200, "gzip, gzip", b"\x1f\x8b\x08"),
                () if request.contains("corrupt-error") => {
                    (429, "gzip", b"{\"error\":{\"message\":\"plain\"}}")
                }
                () => (200, "gzip", b"{\"choices\":[]}"),
            };
            let head = format!(
                "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-encoding: {coding}\r\n\
                 content-length: {}\r\n\r\n",
                body.len()
            );
            if stream.write_all(&[head.as_bytes(), body].concat()).is_err() {
                return;
            }
        }
    });
    let relay = Relay::of(PROGRAM).channel("xai", &format!("http://{address}"), "").start();
    for path in [OPENAI, ANTHROPIC] {
        for (model, status) in
            [("brotli", 502), ("brotli-error", 503), ("twice", 502), ("corrupt", 502), ("corrupt-error", 429)]
        {
            let answer = relay.post(path, &chat(model, false));
            assert_eq!(answer.status(), status, "{model}: {answer:?}");
            let message = error_message(path, &answer);
            assert!(!message.contains('\u{fffd}') && !message.contains("to be read"), "{model}: {message}");
        }
    }
    until(PATIENCE, || match relay.health().relay("upstream_open") {
        0 => Ok(()),
        n => Err(format!("{n} connections left")),
    });
}
