//! Answers of a responses upstream, and of others to responses clients: rows 70 to 73. Only `response.completed` and
//! `response.incomplete` end an answer; all else is an error, and must be told as one.

use std::time::Instant;

use serde_json::{Value, json};
use tokio::time::timeout;
use vitals::EndReason::*;

use crate::client::{Client, Outcome, Seen};
use crate::relay::Plan;
use crate::relay::plan::{Setting, deadline};
use crate::run::Expect::{self, Error, Good};
use crate::run::{Bench, Row, Tally};
use crate::upstream::{Promise, Said};

/// In the order of the matrix.
pub(super) const ROWS: &[Row] = &[
    Row {
        fault: "Responses: answers that were completed, and such as were stopped at a limit or by a filter",
        why: "a limit of tokens, a filter, a last event without its blank line, events after it",
        good: "a whole answer that says why it ends, once, in every dialect",
        prepare: Some(before_responses),
        settings: SOON,
        ends: &[Done],
        ..Row::new(70, "responses-ends", own!(ends))
    },
    Row {
        fault: "Responses: `response.failed`, a bare `error` event, a whole response that failed",
        why: "a model that is overloaded says so in a 200, in three ways",
        good: "an error, never a success",
        prepare: Some(before_responses),
        settings: SOON,
        ends: &[UpstreamError],
        ..Row::new(71, "responses-failed", own!(failed))
    },
    Row {
        fault: "Responses: a stream that ends before its last event",
        why: "all items may be done, and yet only the last event says that all has come",
        good: "an error; responses clients are told `response.failed`",
        prepare: Some(before_responses),
        settings: SOON,
        ends: &[UpstreamTruncated, UpstreamError],
        ..Row::new(72, "responses-cut", own!(cut))
    },
    Row {
        fault: "the same faults of a chat upstream, before responses clients",
        why: "Codex speaks nothing else, most providers only chat",
        good: "one of the ends that responses have, which means the same",
        prepare: Some(before_chat),
        settings: SOON,
        ends: &[Done, UpstreamTruncated, UpstreamError],
        ..Row::new(73, "responses-clients", own!(at_chat))
    },
];

const SOON: &[Setting] = &[deadline("finish", "500ms"), deadline("idle", "2s")];

fn before_responses(plan: &mut Plan) -> anyhow::Result<()> {
    plan.channels.iter_mut().for_each(|channel| channel.extra = "dialect = \"responses\"".to_owned());
    Ok(())
}

fn before_chat(plan: &mut Plan) -> anyhow::Result<()> {
    plan.channels.iter_mut().for_each(|channel| channel.extra = "dialect = \"openai\"".to_owned());
    Ok(())
}

const RESPONSES: &str = "/v1/responses";

/// A fault, what the relay must make of it, and how a responses client is told the end of an answer that has begun.
type Cases = &'static [(&'static str, Expect, &'static str)];

async fn ends(bench: &Bench) -> anyhow::Result<Tally> {
    const CASES: Cases = &[
        ("tokens-20", Good, "completed"),
        ("incomplete-0", Good, "incomplete: max_output_tokens"),
        ("incomplete-1", Good, "incomplete: content_filter"),
        ("blocked", Good, "completed"),
        ("json-answer", Good, "completed"),
        ("sse-answer", Good, "completed"),
        ("odd", Good, "completed"),
        ("no-blank-line", Good, "completed"),
        ("after-terminal", Good, "completed"),
        ("terminal-open", Good, "completed"),
    ];
    Ok(asked(bench, CASES, true).await)
}

async fn failed(bench: &Bench) -> anyhow::Result<Tally> {
    const CASES: Cases = &[
        ("failed-5", Error, "failed"),
        ("failed-0", Error, "failed"),
        ("error-after-5", Error, "error"),
        ("first-error", Error, "error"),
        ("json-error", Error, "failed"),
    ];
    Ok(asked(bench, CASES, true).await)
}

async fn cut(bench: &Bench) -> anyhow::Result<Tally> {
    const CASES: Cases = &[
        ("truncate-5", Error, "failed"),
        ("cut-5", Error, "failed"),
        ("no-done", Error, "failed"),
        ("zero-tokens", Error, "failed"),
    ];
    Ok(asked(bench, CASES, true).await)
}

async fn at_chat(bench: &Bench) -> anyhow::Result<Tally> {
    const CASES: Cases = &[
        ("tokens-20", Good, "completed"),
        ("incomplete-0", Good, "incomplete: max_output_tokens"),
        ("incomplete-1", Good, "incomplete: content_filter"),
        ("failed-5", Error, "failed"),
        ("failed-0", Error, "failed"),
        ("json-error", Error, "failed"),
        ("truncate-5", Error, "failed"),
        ("cut-5", Error, "failed"),
    ];
    Ok(asked(bench, CASES, false).await)
}

/// Asks for the cases in turn, streamed and whole: as a responses client, and as clients of the `others` too.
async fn asked(bench: &Bench, cases: Cases, others: bool) -> Tally {
    let clients = if others { 3 } else { 1 };
    let times = bench.size.requests.max(cases.len() * clients * 2);
    let tally = Bench::repeat(times, bench.size.at_once, |i| async move {
        let (fault, expect, end) = cases[i % cases.len()];
        let i = i / cases.len();
        let (stream, client) = (i.is_multiple_of(2), i / 2 % clients);
        let form = if stream { "streamed" } else { "whole" };
        let mut tally = Tally::default();
        if client > 0 {
            let path = bench.path(client);
            let seen = bench.ask(&bench.target, path, &bench.body(fault, stream, 20), stream).await;
            tally.see(&format!("{fault}, {form}, {path}"), expect, &seen, bench.strict());
            return tally;
        }
        let what = format!("{fault}, {form}, {RESPONSES}");
        let (seen, told) = of_responses(bench, fault, stream).await;
        tally.see(&what, expect, &seen, bench.strict());
        if matches!(seen.outcome, Outcome::Ok | Outcome::ErrorEvent) {
            tally.check(told == end, format!("{what}: its end is {told:?} instead of {end:?}"));
        }
        tally
    });
    tally.await
}

/// An answer as a responses client reads it, and how it is told to have ended.
async fn of_responses(bench: &Bench, fault: &str, stream: bool) -> (Seen, String) {
    let begun = Instant::now();
    let model = bench.target.naming.model(fault);
    let body =
        json!({"model": model, "stream": stream, "max_output_tokens": 20, "input": "Something about water."});
    let body = body.to_string();
    let read = timeout(bench.size.patience, async {
        let mut client = Client::connect(&bench.target).await.ok()?;
        client.post(RESPONSES, body.as_bytes()).await.ok()?;
        let head = client.head().await.ok()?;
        let mut bytes = Vec::new();
        let read = client.body(&head, |piece| {
            bytes.extend_from_slice(piece);
            bytes.len() < 4 << 20
        });
        read.await.ok()?;
        Some((head, bytes))
    });
    let sent = Promise::of(RESPONSES, body.as_bytes()).whole();
    let (seen, told) = match read.await {
        Err(_) => (Seen::of(Outcome::Hung), Told::default()),
        Ok(None) => (Seen::of(Outcome::Cut), Told::default()),
        Ok(Some((head, bytes))) if head.status != 200 => {
            let told = Told::of_error(&bytes);
            (Seen { message: told.message.clone(), ..Seen::of(Outcome::Http(head.status)) }, told)
        }
        Ok(Some((_, bytes))) => judged(&bytes, stream, &sent),
    };
    (Seen { took: begun.elapsed(), ..seen }, told.end)
}

fn judged(bytes: &[u8], stream: bool, sent: &Said) -> (Seen, Told) {
    let told = if stream { Told::of_stream(bytes) } else { Told::of_whole(bytes) };
    let Some(told) = told else { return (Seen::of(Outcome::Cut), Told::default()) };
    // To a program a whole response is a success, whatever it says of itself.
    let failed = stream && matches!(told.end.as_str(), "failed" | "error");
    let is_whole = ["completed", "incomplete"].iter().any(|status| told.end.starts_with(status));
    let other = told.said.differs(sent).filter(|_| is_whole);
    let complete = is_whole && other.is_none();
    let outcome = if failed { Outcome::ErrorEvent } else { Outcome::Ok };
    let seen =
        Seen { complete, finished: complete, other, message: told.message.clone(), ..Seen::of(outcome) };
    (seen, told)
}

/// What a client was told.
#[derive(Default)]
struct Told {
    said: Said,
    /// `completed`, `incomplete: REASON`, `failed`, `error`; nothing where it was not told.
    end: String,
    message: Option<String>,
}

impl Told {
    /// `None` where a client would fail to read it: types that differ, numbers that do not follow each other, no
    /// beginning, events behind the last one, or a last one that says something else than the others.
    fn of_stream(bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?.replace("\r\n", "\n");
        let mut told = Self::default();
        let mut number = None;
        let (frames, _rest) = text.rsplit_once("\n\n").unwrap_or_default();
        for frame in frames.split("\n\n") {
            let field = |name| frame.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
            let Some(data) = field("data:") else { continue };
            let event: Value = serde_json::from_str(data).ok()?;
            let kind = event["type"].as_str().filter(|kind| field("event:") == Some(kind))?;
            let this = event["sequence_number"].as_u64()?;
            let begins = number.is_some() || matches!(kind, "response.created" | "error");
            if !begins || this != number.map_or(this, |last| last + 1) || !told.end.is_empty() {
                return None;
            }
            number = Some(this);
            told.event(kind, &event)?;
        }
        Some(told)
    }

    fn event(&mut self, kind: &str, event: &Value) -> Option<()> {
        let response = &event["response"];
        match kind {
            "response.output_text.delta" => self.said.add(event["delta"].as_str()?),
            "response.completed" | "response.incomplete" => {
                let last = Self::of_response(response)?;
                if self.said.differs(&last.said).is_some() || !kind.ends_with(response["status"].as_str()?) {
                    return None;
                }
                self.end = last.end;
            }
            "response.failed" => {
                response["error"]["code"].as_str()?;
                self.message = Some(response["error"]["message"].as_str()?.to_owned());
                self.end = "failed".to_owned();
            }
            "error" => {
                self.message = Some(event["message"].as_str()?.to_owned());
                self.end = "error".to_owned();
            }
            _ => {}
        }
        Some(())
    }

    fn of_whole(bytes: &[u8]) -> Option<Self> {
        Self::of_response(&serde_json::from_slice(bytes).ok()?)
    }

    fn of_response(response: &Value) -> Option<Self> {
        let mut told = Self::default();
        let parts = response["output"].as_array()?.iter().filter_map(|item| item["content"].as_array());
        parts.flatten().for_each(|part| told.said.add(part["text"].as_str().unwrap_or_default()));
        let status = response["status"].as_str()?;
        told.end = match response["incomplete_details"]["reason"].as_str() {
            Some(reason) => format!("{status}: {reason}"),
            None => status.to_owned(),
        };
        Some(told)
    }

    fn of_error(bytes: &[u8]) -> Self {
        let error: Value = serde_json::from_slice(bytes).unwrap_or_default();
        Self { message: error["error"]["message"].as_str().map(str::to_owned), ..Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(kind: &str, number: u64, mut fields: Value) -> String {
        fields["type"] = kind.into();
        fields["sequence_number"] = number.into();
        format!("event: {kind}\ndata: {fields}\n\n")
    }

    fn response(status: &str, text: &str) -> Value {
        let error = (status == "failed").then(|| json!({"code": "server_error", "message": "why"}));
        json!({"status": status, "error": error, "output": [{"content": [{"type": "output_text", "text": text}]}]})
    }

    #[test]
    fn a_stream_is_judged_as_a_strict_client_does() {
        let mut sent = Said::default();
        sent.add("Water");
        let created = event("response.created", 0, json!({}));
        let begun = created.clone() + &event("response.output_text.delta", 1, json!({"delta": "Water"}));
        let last = |status: &str, number, text| {
            event(&format!("response.{status}"), number, json!({"response": response(status, text)}))
        };
        let completed = last("completed", 2, "Water");
        let of = |text: &str| {
            let (seen, told) = judged(text.as_bytes(), true, &sent);
            (seen.outcome, seen.complete, told.end)
        };
        let end = |outcome, complete, end: &str| (outcome, complete, end.to_owned());
        assert_eq!(of(&format!("{begun}{completed}")), end(Outcome::Ok, true, "completed"));
        assert_eq!(of(&begun), end(Outcome::Ok, false, ""), "a success to an SDK");
        let unended = begun.clone() + completed.trim_ascii_end();
        assert_eq!(of(&unended), end(Outcome::Ok, false, ""), "no blank line, no event");
        let failed = begun.clone() + &last("failed", 2, "");
        assert_eq!(of(&failed), end(Outcome::ErrorEvent, false, "failed"));
        let error = begun.clone() + &event("error", 2, json!({"message": "why"}));
        assert_eq!(of(&error), end(Outcome::ErrorEvent, false, "error"));
        for (why, broken) in [
            ("a number again", format!("{begun}{}", last("completed", 1, "Water"))),
            ("a number left out", format!("{begun}{}", last("completed", 3, "Water"))),
            ("something behind the end", format!("{begun}{completed}{}", last("completed", 3, "Water"))),
            ("another text at the end", format!("{begun}{}", last("completed", 2, "Wine"))),
            ("no beginning", completed.clone()),
            ("two types", format!("{begun}{}", completed.replacen("completed", "incomplete", 1))),
        ] {
            assert_eq!(of(&broken), end(Outcome::Cut, false, ""), "{why}");
        }
        let half = created + &last("completed", 1, "");
        assert_eq!(of(&half), end(Outcome::Ok, false, "completed"), "not what was sent");
        let (seen, _) = judged(response("failed", "").to_string().as_bytes(), false, &sent);
        assert_eq!((seen.outcome, seen.complete), (Outcome::Ok, false), "a whole one is a success to an SDK");
    }
}
