//! What makes a relay sweat: an upstream that misbehaves on request.
//!
//! - [`upstream`]: an LLM upstream in both dialects that answers well, or with a chosen fault.

pub mod upstream;
