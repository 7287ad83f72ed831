//! Media: sound and images that stop on their way, and forms with a file that go up while either side stops. Rows 86 to 88.

use std::time::Duration;

use serde_json::json;
use tokio::time::timeout;
use vitals::EndReason::*;

use super::clients::reaction;
use super::uploads::{MIB, refused};
use crate::client::{Client, Outcome};
use crate::relay::plan::deadline;
use crate::run::{Bench, Kind, Row, Tally};

/// In the order of the matrix.
pub(super) const ROWS: &[Row] = &[
    Row {
        fault: "sound, images and transcriptions that stall, are cut, or are reset",
        why: "long answers meet everything that a network does",
        good: "an error, or a connection that breaks: never a file that looks whole",
        settings: &[deadline("idle", "1s")],
        ends: &[IdleTimeout, UpstreamTruncated],
        ..Row::new(86, "media-that-break-off", any!(answers)).waiting(1)
    },
    Row {
        fault: "forms whose client stalls, leaves, or names another model behind the first",
        why: "recordings from phones; attacks on what a key may use",
        good: "408, 400; the upstream's request ends at once, and never looks whole",
        settings: &[deadline("request_body", "1s")],
        ends: &[ClientError, ClientGone],
        ..Row::new(87, "forms-that-stop", any!(stopping)).waiting(2)
    },
    Row {
        fault: "an upstream that reads no more of a form, or answers before its end",
        why: "providers that are overloaded, or refuse by the first bytes",
        good: "504 after a deadline, or the answer; little of the form is held",
        settings: &[deadline("first_byte", "1s")],
        ends: &[FirstByteTimeout, TotalTimeout, UpstreamError],
        ..Row::new(88, "forms-unread", any!(unread)).waiting(4)
    },
];

const TRANSCRIPTIONS: &str = "/v1/audio/transcriptions";
const IMAGES: &str = "/v1/images/generations";
const SPEECH: &str = "/v1/audio/speech";
const BREAKS: [&str; 3] = ["stall-1", "cut-1", "reset-in-chunk-1"];
const KIND: &str = "content-type: multipart/form-data; boundary=drill\r\n";
const END: &str = "\r\n--drill--\r\n";
/// More than all buffers on the way hold.
const LONG: usize = 24 * MIB;
/// What memory may grow by while two such forms wait.
const GROWTH: u64 = 12 << 20;

/// A form up to the first bytes of its file.
fn begins(bench: &Bench, fault: &str) -> String {
    let part = |name: &str| format!("--drill\r\ncontent-disposition: form-data; name=\"{name}\"");
    let naming = &bench.target.naming;
    let (model, prompt) = (naming.model(fault), naming.mark(fault, 20));
    let said = [("model", model), ("prompt", format!("{prompt}Water."))];
    let said: String =
        said.iter().map(|(name, value)| format!("{}\r\n\r\n{value}\r\n", part(name))).collect();
    format!("{said}{}; filename=\"a.wav\"\r\n\r\nRIFF", part("file"))
}

/// Row 86: every form of an answer, and every way to break it.
async fn answers(bench: &Bench) -> anyhow::Result<Tally> {
    let kinds: Vec<(&str, &str, bool)> = BREAKS
        .into_iter()
        .flat_map(|fault| {
            let paths = [(SPEECH, false), (IMAGES, false), (IMAGES, true), (TRANSCRIPTIONS, false)];
            paths.map(|(path, stream)| (fault, path, stream))
        })
        .collect();
    let times = bench.size.requests.max(kinds.len());
    Ok(Bench::repeat(times, bench.size.at_once, |i| {
        let (fault, path, stream) = kinds[i % kinds.len()];
        async move {
            let mut tally = Tally::default();
            let outcome = timeout(bench.size.patience, answer(bench, fault, path, stream)).await;
            let outcome = outcome.unwrap_or(Outcome::Hung);
            tally.count(outcome);
            let what = format!("{fault}, {}, {path}", if stream { "streamed" } else { "whole" });
            match outcome {
                Outcome::Ok => tally.complain(Kind::Lie, format!("{what}: it looks whole")),
                Outcome::Hung => tally.complain(Kind::Hang, what),
                // Once there is an answer to pass on, there is no status left to say it with.
                Outcome::Http(502 | 504) | Outcome::ErrorEvent | Outcome::Cut | Outcome::NoAnswer => {}
                other if bench.strict() => tally.complain(Kind::Wrong, format!("{what}: {other:?}")),
                _ => {}
            }
            tally
        }
    })
    .await)
}

/// Asks, and reads the answer as far as it comes.
async fn answer(bench: &Bench, fault: &str, path: &str, stream: bool) -> Outcome {
    let Ok(mut client) = Client::connect(&bench.target).await else { return Outcome::NoAnswer };
    let sent = if path == TRANSCRIPTIONS {
        let body = begins(bench, fault) + END;
        post(bench, &mut client, &format!("content-length: {}\r\n", body.len()), body.as_bytes()).await
    } else {
        let naming = &bench.target.naming;
        let text = naming.mark(fault, 20) + "Water.";
        let body = json!({"model": naming.model(fault), "input": text, "prompt": text, "stream": stream});
        client.post(path, body.to_string().as_bytes()).await
    };
    let Ok(head) = (if sent.is_ok() { client.head().await } else { return Outcome::NoAnswer }) else {
        return Outcome::NoAnswer;
    };
    let mut text = Vec::new();
    let read = client.body(&head, |piece| {
        text.extend_from_slice(piece);
        text.len() < 4 * MIB
    });
    match read.await {
        _ if head.status >= 300 => Outcome::Http(head.status),
        Err(_) => Outcome::Cut,
        Ok(()) if memchr::memmem::find(&text, b"\"error\"").is_some() => Outcome::ErrorEvent,
        Ok(()) => Outcome::Ok,
    }
}

/// Sends the head of a form, and its first bytes.
async fn post(bench: &Bench, client: &mut Client, length: &str, first: &[u8]) -> std::io::Result<()> {
    let head = client.head_of("POST", TRANSCRIPTIONS, &format!("{KIND}{length}"));
    bench.target.ledger.post(1);
    client.send(&[head.as_bytes(), first].concat()).await
}

fn chunk(text: &str) -> String {
    format!("{:x}\r\n{text}\r\n", text.len())
}

/// Row 87: the upstream has the beginning of each form.
async fn stopping(bench: &Bench) -> anyhow::Result<Tally> {
    let before = bench.upstream.seen();
    let mut tally = Bench::repeat(bench.size.requests, bench.size.at_once, |i| stop(bench, i)).await;
    let over = bench.wait(Duration::from_secs(5), |seen| seen.open_requests <= before.open_requests).await;
    tally.check(over.is_ok(), "the upstream waits for forms whose clients have stopped");
    Ok(tally)
}

async fn stop(bench: &Bench, i: usize) -> Tally {
    let mut tally = Tally::default();
    let Ok(mut client) = Client::connect(&bench.target).await else {
        tally.count(Outcome::NoAnswer);
        return tally;
    };
    // Larger than what the upstream looks at to find the model, so that it is open there.
    let first = begins(bench, "silent") + &"x".repeat(8 * 1024);
    let sent = if i.is_multiple_of(2) {
        post(bench, &mut client, "transfer-encoding: chunked\r\n", chunk(&first).as_bytes()).await
    } else {
        post(bench, &mut client, "content-length: 1000000\r\n", first.as_bytes()).await
    };
    let patience = bench.size.patience;
    match (sent, i % 3) {
        (Ok(()), 0) => {
            let outcome = reaction(&mut client, patience).await;
            refused(bench, "a form that stopped", &[408], outcome, &mut tally);
            if bench.strict() && !client.closes(Duration::from_secs(5)).await {
                tally.complain(Kind::Wrong, "the rest of a stopped form would be taken for a request");
            }
        }
        (Ok(()), 1) if i.is_multiple_of(2) => {
            let other = begins(bench, "tokens-1");
            let _ = client.send(chunk(&format!("\r\n{other}{END}")).as_bytes()).await;
            let _ = client.send(b"0\r\n\r\n").await;
            let outcome = reaction(&mut client, patience).await;
            refused(bench, "a second model", &[400], outcome, &mut tally);
        }
        _ => tally.count(Outcome::Left),
    }
    tally
}

/// Row 88: long forms, two at once.
async fn unread(bench: &Bench) -> anyhow::Result<Tally> {
    let (times, before) = (bench.size.requests.min(8), bench.upstream.seen());
    let file = vec![b'x'; LONG];
    let work = Bench::repeat(times, 2, |i| upload(bench, i, &file));
    let (mut tally, memory) = bench.peak_while(work).await;
    let over = bench.wait(Duration::from_secs(5), |seen| seen.open_requests <= before.open_requests).await;
    tally.check(over.is_ok(), "the upload goes on after its end");
    if let Some((before, peak)) = memory.filter(|_| bench.strict()) {
        tally.check(
            peak <= before + GROWTH,
            format!("memory went from {} to {} KiB", before >> 10, peak >> 10),
        );
    }
    Ok(tally)
}

async fn upload(bench: &Bench, i: usize, file: &[u8]) -> Tally {
    let (fault, status): (_, &'static [u16]) =
        if i.is_multiple_of(2) { ("unread-2000", &[504]) } else { ("early-error-413", &[413]) };
    let mut tally = Tally::default();
    let begun = begins(bench, fault);
    let length = format!("content-length: {}\r\n", begun.len() + file.len() + END.len());
    let Ok(mut client) = Client::connect(&bench.target).await else {
        tally.count(Outcome::NoAnswer);
        return tally;
    };
    let upload = async {
        post(bench, &mut client, &length, begun.as_bytes()).await?;
        client.send_unless_answered(file).await?;
        client.send_unless_answered(END.as_bytes()).await
    };
    // The relay may have answered before it had read everything.
    let _ = timeout(bench.size.patience, upload).await;
    let outcome = reaction(&mut client, bench.size.patience).await;
    refused(bench, fault, status, outcome, &mut tally);
    tally
}
