//! Golden pairs of every field that a dialect documents, to and from Gemini.

use std::path::{Path, PathBuf};

use adaptors::adaptor::{Unsupported, Upload};
use adaptors::dialect::{ANTHROPIC, GEMINI, OPENAI, adaptor};
use serde_json::Value;

use crate::gemini::{WHOLE, with_gemini};
use crate::support::with_call;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/gemini")
}

fn read(name: &str) -> String {
    std::fs::read_to_string(folder().join(format!("{name}.json"))).unwrap()
}

/// What is sent where, and what was left out on the way.
fn told(name: &str, request: Result<Upload, Unsupported>) {
    let request = request.unwrap_or_else(|refused| panic!("{refused}"));
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    let (path, dropped) = (&request.path, request.dropped.line().unwrap_or_default());
    let told = format!("{path}\ndropped: {dropped}\n{}", serde_json::to_string_pretty(&body).unwrap());
    insta::with_settings!({snapshot_path => folder(), prepend_module_to_snapshot => false, omit_expression => true}, {
        insta::assert_snapshot!(name, told);
    });
}

#[test]
fn every_field_of_gemini_for_the_others() {
    for (upstream, name) in [(OPENAI, "gemini_full_for_openai"), (ANTHROPIC, "gemini_full_for_anthropic")] {
        let body = read("gemini_full");
        told(name, with_gemini(WHOLE, &body, "up", |call| adaptor(GEMINI, upstream).request(call)));
    }
}

#[test]
fn every_field_of_the_others_for_gemini() {
    for (client, name) in [(OPENAI, "openai_full"), (ANTHROPIC, "anthropic_full")] {
        told(name, with_call(client, &read(name), |call| adaptor(client, GEMINI).request(call)));
    }
}
