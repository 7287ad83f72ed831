//! Golden pairs: what a client sends, or an upstream streams, and what becomes of it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use adaptors::adaptor::Ending;
use adaptors::dialect::adaptor;
use adaptors::dialect::{ANTHROPIC, Dialect, OPENAI, RESPONSES};
use serde_json::Value;

use crate::support::{Reading, read_with, text, transcript, with_call};

/// The cases of one directory, and where its snapshots are: beside them, or in a folder for another dialect.
fn each(directory: &str, to: &str, check: impl Fn(&str, String)) {
    let directory: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(directory);
    let snapshots = directory.join(to);
    let mut cases = 0;
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(&directory).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    insta::with_settings!({snapshot_path => &snapshots, prepend_module_to_snapshot => false, omit_expression => true}, {
        for file in files.iter().filter(|file| file.extension().is_some_and(|kind| kind != "snap" && kind != "new")) {
            check(file.file_stem().unwrap().to_str().unwrap(), std::fs::read_to_string(file).unwrap());
            cases += 1;
        }
    });
    assert!(cases >= 12, "{cases} cases in {}", directory.display());
}

fn requests(client: Dialect, upstream: Dialect, directory: &str, to: &str) {
    let adaptor = adaptor(client, upstream);
    each(directory, to, |name, body| {
        let told = match with_call(client, &body, |call| adaptor.request(call)) {
            Ok(request) => {
                let body: Value = serde_json::from_slice(&request.body).unwrap();
                let dropped = request.dropped.line().map(|line| format!("dropped: {line}\n"));
                dropped.unwrap_or_default() + &serde_json::to_string_pretty(&body).unwrap()
            }
            Err(refused) => format!("400 {}\n{}", refused.param.unwrap_or_default(), refused.message),
        };
        insta::assert_snapshot!(name, told);
    });
}

#[test]
fn openai_requests_for_the_others() {
    requests(OPENAI, ANTHROPIC, "openai_requests", "");
    requests(OPENAI, RESPONSES, "openai_requests", "to_responses");
}

#[test]
fn anthropic_requests_for_the_others() {
    requests(ANTHROPIC, OPENAI, "anthropic_requests", "");
    requests(ANTHROPIC, RESPONSES, "anthropic_requests", "to_responses");
}

#[test]
fn responses_requests_for_the_others() {
    requests(RESPONSES, OPENAI, "responses_requests", "to_openai");
    requests(RESPONSES, ANTHROPIC, "responses_requests", "to_anthropic");
}

/// The client's stream, and the whole answer for a client that asked for none.
fn streams(client: Dialect, upstream: Dialect, (directory, to): (&str, &str), stream: &str, whole: &str) {
    let adaptor = adaptor(client, upstream);
    each(directory, to, |name, input| {
        let streamed = read_with(with_call(client, stream, |call| adaptor.stream(call)), client, &input);
        let gathered = read_with(with_call(client, whole, |call| adaptor.gather(call)), client, &input);
        let mut told = String::new();
        for reading in [streamed, gathered] {
            told += &transcript(&reading);
            if let Some(Ending::Truncated | Ending::Empty) = reading.ending {
                let _ = writeln!(told, "{:?}", reading.ending);
            }
            told.push('\n');
        }
        insta::assert_snapshot!(name, told);
    });
}

#[test]
fn anthropic_streams_for_the_others() {
    let stream = r#"{"model":"m","stream":true,"stream_options":{"include_usage":true}}"#;
    streams(OPENAI, ANTHROPIC, ("anthropic_streams", ""), stream, r#"{"model":"m"}"#);
    let asked =
        |stream| format!(r#"{{"model":"m","include":["reasoning.encrypted_content"],"stream":{stream}}}"#);
    streams(RESPONSES, ANTHROPIC, ("anthropic_streams", "to_responses"), &asked(true), &asked(false));
}

#[test]
fn openai_streams_for_the_others() {
    let (stream, whole) = (r#"{"model":"m","stream":true}"#, r#"{"model":"m"}"#);
    streams(ANTHROPIC, OPENAI, ("openai_streams", ""), stream, whole);
    streams(RESPONSES, OPENAI, ("openai_streams", "to_responses"), stream, whole);
}

#[test]
fn responses_streams_for_everybody() {
    let (stream, whole) = (r#"{"model":"m","stream":true}"#, r#"{"model":"m"}"#);
    streams(ANTHROPIC, RESPONSES, ("responses_streams", "to_anthropic"), stream, whole);
    streams(RESPONSES, RESPONSES, ("responses_streams", "to_responses"), stream, whole);
    let stream = r#"{"model":"m","stream":true,"stream_options":{"include_usage":true}}"#;
    streams(OPENAI, RESPONSES, ("responses_streams", "to_openai"), stream, whole);
}

#[test]
fn usage_goes_only_to_clients_that_asked_for_it() {
    let input = std::fs::read_to_string(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/anthropic_streams/text.sse"),
    );
    let request = r#"{"model":"m","stream":true,"stream_options":null}"#;
    let adaptor = adaptor(OPENAI, ANTHROPIC);
    let reading: Reading =
        read_with(with_call(OPENAI, request, |call| adaptor.stream(call)), OPENAI, input.unwrap());
    assert!(!reading.output.contains("usage"), "{}", reading.output);
    assert_eq!(
        (reading.usage.input, reading.usage.output),
        (Some(17), Some(12)),
        "the relay counts all the same"
    );
    assert!(text(reading.output.as_bytes()).ends_with("data: [DONE]\n\n"));
}
