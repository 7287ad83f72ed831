//! Who may come in, and how many at once: callers by their keys, their rates, and the limits as gates.

pub(crate) mod auth;
pub(crate) mod gates;
pub(crate) mod near;
mod rate;
