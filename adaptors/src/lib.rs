//! Pure translation: bytes in, bytes out. Nothing here can open, spawn, sleep or wait, so nothing here can leak.
//!
//! - [`sse`]: the framer of server-sent events.
//! - [`envelope`]: the one scan of a request body that routing needs.
//! - [`adaptor`]: the contract between the relay's exchange and a dialect.
//! - [`dialect`]: which adaptor serves which pair, and what the relay itself says in each dialect.
//! - `neutral`: the one conversation that everything between two dialects is translated through.
//! - [`openai`], [`anthropic`]: the dialects. [`provider`]: who speaks which, where, with what authentication.
//! - [`demo`]: the provider that answers by itself.

pub mod adaptor;
pub mod anthropic;
pub mod balance;
pub mod demo;
pub mod dialect;
pub mod envelope;
mod failure;
mod json;
mod neutral;
pub mod openai;
pub mod provider;
pub mod sse;
