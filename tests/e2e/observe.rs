//! `quick-check`, `record`, `report`, `watch`, `compare`, `diagnose`, `keys`, `completions` and `man`: the real binary
//! against scripted health endpoints.

mod actions;
mod compare;
mod days;
mod diagnose;
mod endpoint;
mod gates;
mod held;
mod hygiene;
mod live;
mod load;
mod machines;
mod quick_check;
mod record;
mod recordings;
mod report;
mod requests;
#[cfg(unix)]
mod rollout;
mod several;
mod statistics;
mod watch;
mod webhook;

use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// The binary with no environment but English: no proxies, no colours, no defaults from outside.
pub(crate) fn watertight(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_watertight"));
    command.env_clear().env("LC_ALL", "C").args(args).stdin(Stdio::null());
    command
}

/// Runs it to its end: exit code, stdout, stderr.
fn run(args: &[&str]) -> (Option<i32>, String, String) {
    finished(watertight(args).output().unwrap())
}

fn finished(output: Output) -> (Option<i32>, String, String) {
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// What `compare` says: exit code, JSON, and the text in one line.
fn compared(args: &[&str]) -> (Option<i32>, Value, String) {
    let (_, text, _) = run(&[&["compare"][..], args].concat());
    let (exit, json, err) = run(&[&["compare"][..], args, &["--format", "json"]].concat());
    let parsed = serde_json::from_str(&json).unwrap_or_else(|why| panic!("{why}: {json}{err}"));
    (exit, parsed, text.split_whitespace().collect::<Vec<_>>().join(" "))
}
