//! Pure translation: bytes in, bytes out. Nothing here can open, spawn, sleep or wait, so nothing here can leak.
//!
//! - [`framing`]: how events follow one another on the wire, and what cuts them.
//! - [`growth`]: how a buffer grows.
//! - [`envelope`]: what routing needs of a request.
//! - [`form`]: the same of a form with files.
//! - [`adaptor`]: the contract between the relay's exchange and a dialect.
//! - [`names`]: what only one upstream knows.
//! - [`dropped`]: what a request loses in a translation. [`usage`]: what an answer costs.
//! - [`neutral`]: what a dialect offers, and the one conversation that everything between two is translated through.
//! - [`dialect`]: the list of the dialects.
//! - [`openai`], [`anthropic`], [`gemini`]: the dialects. [`provider`]: who speaks which, where, with what authentication.
//! - [`demo`]: the provider that answers by itself.

pub mod adaptor;
pub mod anthropic;
pub mod balance;
pub mod demo;
pub mod dialect;
pub mod dropped;
pub mod envelope;
mod failure;
pub mod form;
pub mod framing;
mod gathered;
pub mod gemini;
pub mod growth;
mod json;
mod mentions;
pub mod models;
pub mod names;
pub mod neutral;
mod numbers;
pub mod openai;
mod operation;
mod overflow;
pub mod provider;
mod said;
mod scan;
pub mod session;
pub mod usage;

pub use failure::said;
