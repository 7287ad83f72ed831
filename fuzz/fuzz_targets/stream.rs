//! Streams, passed on, translated and put together: whole events or one JSON object, and no success without a reason
//! for it in what the upstream sent, wherever it breaks off.
#![no_main]

use adaptors::adaptor::{Adaptor, Call, Dialect, Ending, Kind, Operation, Output, StreamReader};
use adaptors::dialect::PAIRS;
use adaptors::envelope::Envelope;
use adaptors::sse::Framer;
use bytes::Bytes;
use libfuzzer_sys::fuzz_target;

/// What an upstream says when it has said all of it.
const ENDS: [&str; 4] = ["finish_reason", "stop_reason", "[DONE]", "message_stop"];

/// Reads as the relay does. Whether it ended in success, and what the client got.
fn read(mut reader: Box<dyn StreamReader>, input: &[u8]) -> (bool, Vec<u8>) {
    let mut framer = Framer::new(1 << 20);
    framer.push(Bytes::copy_from_slice(input));
    let mut out = Vec::new();
    while let Some(frame) = framer.next().expect("no input is as long as the cap") {
        let step = reader.frame(&frame);
        let _ = reader.usage();
        if matches!(step.kind, Kind::Error(_)) {
            return (false, out);
        }
        match step.output {
            Output::Pass => out.extend_from_slice(&frame.raw),
            Output::Replace(bytes) => out.extend_from_slice(&bytes),
        }
        if step.kind == Kind::Terminal {
            return (true, out);
        }
    }
    if let Some(rest) = framer.finish() {
        let step = reader.frame(&rest);
        let terminal = step.kind == Kind::Terminal;
        if let (true, Output::Replace(bytes)) = (terminal, step.output) {
            out.extend_from_slice(&bytes);
        }
        return (terminal, out);
    }
    match reader.end() {
        Ending::Complete(bytes) => {
            out.extend_from_slice(&bytes);
            (true, out)
        }
        Ending::Truncated | Ending::Empty => (false, out),
    }
}

fn check(adaptor: &dyn Adaptor, client: Dialect, input: &[u8], gather: bool) {
    let asked = Bytes::from(format!("{{\"model\":\"m\",\"stream\":{}}}", !gather));
    let envelope = Envelope::scan(&asked).expect("a good body");
    let operation = match client {
        Dialect::OpenAi => Operation::ChatCompletions,
        Dialect::Anthropic => Operation::Messages,
    };
    let call =
        Call { operation, body: &asked, envelope: &envelope, upstream_model: "m", id: "id", unix_seconds: 1 };
    let reader = if gather { adaptor.gather(&call) } else { adaptor.stream(&call) };
    let (success, out) = read(reader, input);
    let text = String::from_utf8_lossy(input);
    // An escaped name is as good, and hard to see here.
    let reason = text.contains("\\u") || ENDS.iter().any(|end| text.contains(end));
    assert!(!success || reason, "success out of nothing");
    match gather {
        true if success => {
            let answer: serde_json::Value = serde_json::from_slice(&out).expect("one JSON answer");
            assert!(answer.is_object());
        }
        true => assert!(out.is_empty(), "half an answer: {out:?}"),
        false if adaptor.translates() => {
            assert!(out.is_empty() || out.ends_with(b"\n\n"), "half an event: {out:?}");
        }
        false => {}
    }
}

fuzz_target!(|input: &[u8]| {
    for (client, _, adaptor) in &PAIRS {
        for gather in [false, true] {
            check(*adaptor, *client, input, gather);
            check(*adaptor, *client, &input[..input.len() / 2], gather);
            check(*adaptor, *client, &input[..input.len() - input.len() / 8], gather);
        }
    }
});
