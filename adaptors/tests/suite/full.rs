//! Golden pairs of every field that a dialect documents, from each dialect to each other one.
//!
//! What is refused is told, and taken out: the rest must go through.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use adaptors::adaptor::{Call, Unsupported, Upload};
use adaptors::dialect::{DIALECTS, Dialect, GEMINI, adaptor};
use serde_json::Value;

use crate::gemini::{WHOLE, with_gemini};
use crate::support::with_call;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/full")
}

/// A model as each upstream has them: some fields depend on it.
fn model(upstream: Dialect) -> &'static str {
    match upstream.name() {
        "openai" => "gpt-4.1",
        "responses" => "gpt-5.2",
        "anthropic" => "claude-sonnet-4-5",
        _ => "gemini-3-pro-preview",
    }
}

fn sent(client: Dialect, upstream: Dialect, body: &Value) -> Result<Upload, Unsupported> {
    let (body, upstream_model) = (body.to_string(), model(upstream));
    let ask = |call: &Call<'_>| adaptor(client, upstream).request(&Call { upstream_model, ..*call });
    if client == GEMINI {
        with_gemini(WHOLE, &body, upstream_model, ask)
    } else {
        with_call(client, &body, ask)
    }
}

/// Takes a field out by its path: `generationConfig.logprobs`, `include[2]`; for the kind of a thing, and for what is
/// missing in it, the thing.
fn take_out(body: &mut Value, path: &str) {
    let path = format!("/{}", path.replace(['.', '['], "/").replace(']', ""));
    let (mut holder, mut key) = path.rsplit_once('/').expect("a path");
    while key == "type" || body.pointer(&format!("{holder}/{key}")).is_none() {
        (holder, key) = holder.rsplit_once('/').unwrap_or_else(|| panic!("{path} is nowhere"));
    }
    match body.pointer_mut(holder) {
        Some(Value::Object(fields)) => drop(fields.remove(key)),
        Some(Value::Array(list)) => drop(list.remove(key.parse().expect("a number"))),
        _ => panic!("{path} is nowhere"),
    }
}

#[test]
fn every_field_of_each_dialect_for_each_other_one() {
    let pairs = DIALECTS.iter().flat_map(|client| DIALECTS.iter().map(move |upstream| (*client, *upstream)));
    for (client, upstream) in pairs.filter(|(client, upstream)| client != upstream) {
        let file = folder().join(format!("{}.json", client.name()));
        let mut body: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
        let mut told = String::new();
        let upload = loop {
            let refused = match sent(client, upstream, &body) {
                Ok(upload) => break upload,
                Err(refused) => refused,
            };
            let param = refused.param.expect("a field is named");
            let _ = writeln!(told, "400 {}", refused.message);
            take_out(&mut body, &param);
        };
        let dropped = upload.dropped.line().unwrap_or_default();
        let body: Value = serde_json::from_slice(&upload.body).unwrap();
        let _ = writeln!(told, "dropped: {dropped}\n{}", upload.path);
        told += &serde_json::to_string_pretty(&body).unwrap();
        insta::with_settings!({snapshot_path => folder(), prepend_module_to_snapshot => false, omit_expression => true}, {
            insta::assert_snapshot!(format!("{}_to_{}", client.name(), upstream.name()), told);
        });
    }
}
