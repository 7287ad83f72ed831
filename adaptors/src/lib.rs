//! Pure translation: bytes in, bytes out. Nothing here can open, spawn, sleep or wait, so nothing here can leak.
//!
//! - [`sse`]: the framer of server-sent events.
//! - [`envelope`]: the one scan of a request body that routing needs.
//! - [`adaptor`]: the contract between the relay's exchange and a dialect.
//! - [`openai`], [`anthropic`]: the dialects. [`provider`]: who speaks which, where, with what authentication.
//! - [`demo`]: the provider that answers by itself.

pub mod adaptor;
