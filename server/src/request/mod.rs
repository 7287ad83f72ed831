//! The life of a request: [`pipeline`] is the list of its steps, the other files are a step each.

mod admission;
mod form;
mod head;
pub(crate) mod intake;
mod local;
mod packed;
pub(crate) mod pipeline;
