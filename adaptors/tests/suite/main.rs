//! The crate's tests through its public interface, by subject.

mod aggregate;
mod answers;
mod demo;
mod envelope;
mod errors;
mod provider;
mod sse;
mod stream_anthropic;
mod stream_openai;
mod support;
