//! Answers of a Gemini upstream: rows 77 to 80. Its clients speak the other dialects, and its own, where a stream has two
//! forms: what is told must mean the same to each.

use std::time::Instant;

use serde_json::{Value, json};
use tokio::time::timeout;
use vitals::EndReason::*;

use crate::client::{Client, Outcome, Seen};
use crate::relay::Plan;
use crate::relay::plan::{Channel, Setting, deadline};
use crate::run::Expect::{self, Error, Good};
use crate::run::{Bench, Row, Tally};

/// In the order of the matrix.
pub(super) const ROWS: &[Row] = &[
    Row {
        fault: "Gemini: reasons to stop that are refusals, and such as are failures",
        why: "a filter in the middle of an answer, a model whose call cannot be read",
        good: "a refusal is an answer that says so, a failure or an unknown reason is an error",
        prepare: Some(before_gemini),
        settings: SOON,
        ends: &[Done, UpstreamError],
        ..Row::new(77, "gemini-finish-reasons", own!(reasons))
    },
    Row {
        fault: "Gemini: a prompt that is refused has no candidates",
        why: "its filter looks at prompts first",
        good: "an answer without a text that says it was filtered, not an error",
        prepare: Some(before_gemini),
        settings: SOON,
        ends: &[Done],
        ..Row::new(78, "gemini-blocked-prompt", own!(blocked))
    },
    Row {
        fault: "Gemini: a stream, or the array that it is told as, ends before its reason to stop",
        why: "there is no terminator: only the reason to stop says that all has come",
        good: "an error in the client's form; an array stays valid JSON",
        prepare: Some(before_gemini),
        settings: SOON,
        ends: &[UpstreamTruncated, UpstreamError],
        ..Row::new(79, "gemini-cut", own!(cut))
    },
    Row {
        fault: "chunks that hold a filter's findings and nothing else",
        why: "Gemini and Azure send them before, between and behind the content",
        good: "they are no content, no end and no error",
        prepare: Some(before_gemini),
        settings: SOON,
        ends: &[Done],
        ..Row::new(80, "gemini-filter-only", own!(filtered))
    },
];

const SOON: &[Setting] = &[deadline("finish", "500ms"), deadline("idle", "2s")];

/// The drill's upstream, as one that speaks nothing else.
fn before_gemini(plan: &mut Plan) -> anyhow::Result<()> {
    let extra = "dialect = \"gemini\"\nmodels = [\"*\"]\npriority = 9\nproxy = \"none\"".to_owned();
    plan.channels.push(Channel { name: "gemini".to_owned(), at: plan.upstream.to_string(), extra });
    Ok(())
}

/// What the relay must make of a fault, by its argument.
type Cases = &'static [(&'static str, Expect)];

async fn reasons(bench: &Bench) -> anyhow::Result<Tally> {
    const CASES: Cases = &[
        ("finish-reason-0", Good),
        ("finish-reason-1", Good),
        ("finish-reason-3", Good),
        ("finish-reason-4", Good),
        ("finish-reason-5", Error),
        ("finish-reason-6", Error),
        ("finish-reason-7", Error),
    ];
    Ok(asked(bench, CASES, Own::No).await)
}

async fn blocked(bench: &Bench) -> anyhow::Result<Tally> {
    Ok(asked(bench, &[("blocked", Good)], Own::Whole).await)
}

async fn cut(bench: &Bench) -> anyhow::Result<Tally> {
    Ok(asked(bench, &[("truncate-5", Error), ("cut-5", Error)], Own::Broken).await)
}

async fn filtered(bench: &Bench) -> anyhow::Result<Tally> {
    Ok(asked(bench, &[("filter-only", Good)], Own::Whole).await)
}

/// What Gemini's own clients must see of a stream.
#[derive(Clone, Copy, PartialEq)]
enum Own {
    /// They are not asked: a reason to stop passes as it came.
    No,
    Whole,
    /// An error is the last thing that is said.
    Broken,
}

/// Streams of the other dialects' clients, and of Gemini's own in both forms.
async fn asked(bench: &Bench, cases: Cases, own: Own) -> Tally {
    let tally = Bench::repeat(bench.size.requests, bench.size.at_once, |i| async move {
        let (fault, expect) = cases[i / 4 % cases.len()];
        let mut tally = Tally::default();
        if i % 4 >= 2 && own != Own::No {
            let seen = of_gemini(bench, fault, i % 4 == 2, own == Own::Broken).await;
            let form = if i % 4 == 2 { "array" } else { "events" };
            tally.see(&format!("{fault}, Gemini's own client, {form}"), expect, &seen, bench.strict());
            return tally;
        }
        let path = bench.path(i);
        let body = bench.body(fault, true, 20);
        let seen = bench.ask(&bench.target, path, &body, true).await;
        tally.see(&format!("{fault}, {path}"), expect, &seen, bench.strict());
        tally
    });
    tally.await
}

/// A stream as Gemini's own client reads it: an array must be JSON to its end, and events must be data alone.
async fn of_gemini(bench: &Bench, fault: &str, array: bool, broken: bool) -> Seen {
    let begun = Instant::now();
    let query = if array { "" } else { "?alt=sse" };
    let path = format!("/v1beta/models/fault-{fault}:streamGenerateContent{query}");
    let body = json!({"contents": [{"role": "user", "parts": [{"text": "Say something about water."}]}]});
    let told = timeout(bench.size.patience, async {
        let mut client = Client::connect(&bench.target).await.ok()?;
        client.post(&path, body.to_string().as_bytes()).await.ok()?;
        let head = client.head().await.ok()?;
        let mut bytes = Vec::new();
        let read = client.body(&head, |piece| {
            bytes.extend_from_slice(piece);
            bytes.len() < 4 << 20
        });
        read.await.ok()?;
        Some((head, bytes))
    });
    let seen = match told.await {
        Err(_) => Seen::of(Outcome::Hung),
        Ok(None) => Seen::of(Outcome::Cut),
        Ok(Some((head, _))) if head.status != 200 => Seen::of(Outcome::Http(head.status)),
        Ok(Some((_, bytes))) => judged(&bytes, array, broken),
    };
    Seen { took: begun.elapsed(), ..seen }
}

fn judged(bytes: &[u8], array: bool, broken: bool) -> Seen {
    let Some(chunks) = chunks(bytes, array) else { return Seen::of(Outcome::Cut) };
    let is_error = chunks.last().is_some_and(|last| last["error"].is_object());
    let says_why = |chunk: &Value| {
        chunk["candidates"][0]["finishReason"].is_string()
            || chunk["promptFeedback"]["blockReason"].is_string()
    };
    let complete = !broken && !is_error && chunks.iter().any(says_why);
    let outcome = if is_error { Outcome::ErrorEvent } else { Outcome::Ok };
    Seen { complete, finished: complete, ..Seen::of(outcome) }
}

/// `None` where a client would fail to read them.
fn chunks(bytes: &[u8], array: bool) -> Option<Vec<Value>> {
    if array {
        return serde_json::from_slice(bytes).ok();
    }
    let text = std::str::from_utf8(bytes).ok()?;
    let lines = text.split(['\n', '\r']).filter(|line| !line.is_empty());
    // An error behind events is no event.
    let data = |line: &str| match line.strip_prefix("data: ") {
        Some(data) => serde_json::from_str(data).ok(),
        None => serde_json::from_str(line).ok().filter(|error: &Value| error["error"].is_object()),
    };
    lines.map(data).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_judged_as_googles_sdk_does() {
        let good = r#"{"candidates":[{"finishReason":"STOP"}]}"#;
        let error = r#"{"error":{"code":502}}"#;
        let of = |text: String, array| {
            let seen = judged(text.as_bytes(), array, false);
            (seen.outcome, seen.complete)
        };
        assert_eq!(of(format!("[{good}]"), true), (Outcome::Ok, true));
        assert_eq!(of(format!("[{good}"), true), (Outcome::Cut, false));
        assert_eq!(of(format!("[{{}},{error}]"), true), (Outcome::ErrorEvent, false));
        assert_eq!(of(format!("data: {good}\r\n\r\n"), false), (Outcome::Ok, true));
        assert_eq!(of(format!("data: {{}}\n\n{error}\n\n"), false), (Outcome::ErrorEvent, false));
        assert_eq!(of(format!("data: {{}}\n\n{good}\n\n"), false), (Outcome::Cut, false));
        assert_eq!(of(format!(": ping\n\ndata: {good}\n\n"), false), (Outcome::Cut, false));
        assert_eq!(of("data: {}\n\n".to_owned(), false), (Outcome::Ok, false));
    }
}
