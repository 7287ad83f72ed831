//! What a client is told when it does not get what it asked for: why, and how that is written.

pub(crate) mod refusal;
pub(crate) mod respond;
