//! What the relay keeps while it runs: what all workers share, what each owns, and what a reload changes.

pub(crate) mod readings;
pub(crate) mod relay;
pub(crate) mod snapshot;
pub(crate) mod worker;
