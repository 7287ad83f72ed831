//! Refusals: why a client does not get what it asked for, and how that is written.

pub(crate) mod refusal;
pub(crate) mod respond;
