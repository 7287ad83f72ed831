//! The crate's tests through its public interface, by subject.
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers outside the test functions fail a test in the same way"
)]

mod aggregate;
mod answers;
mod demo;
mod edges;
mod envelope;
mod errors;
mod gather;
mod gemini;
mod gemini_golden;
mod gemini_translation;
mod golden;
mod operations;
mod provider;
mod responses;
mod roundtrip;
mod sse;
mod stream_anthropic;
mod stream_openai;
mod support;
#[path = "../toy/mod.rs"]
mod toy;
mod toy_dialect;
mod translation;
mod unsupported;
