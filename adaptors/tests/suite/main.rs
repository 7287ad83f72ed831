//! The crate's tests through its public interface, by subject.
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers outside the test functions fail a test in the same way"
)]

mod aggregate;
mod answers;
mod bytes;
mod call_ids;
mod counting;
mod demo;
mod edges;
mod envelope;
mod errors;
mod full;
mod gather;
mod gemini;
mod gemini_translation;
mod golden;
mod hints;
mod mentions;
mod operations;
mod provider;
mod refusals;
mod responses;
mod roundtrip;
mod said;
mod schemas;
mod sse;
mod stream_anthropic;
mod stream_openai;
mod support;
mod thinking;
mod tools;
#[path = "../toy/mod.rs"]
mod toy;
mod toy_dialect;
mod translation;
mod unsupported;
mod whole;
