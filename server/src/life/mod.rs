//! The life of the process: what it starts with, how it runs, how it takes a new configuration, how it ends.

mod descriptors;
mod doors;
mod failure;
mod files;
mod handover;
mod manager;
mod occupant;
mod reload;
pub(crate) mod run;
mod signals;
mod stamps;
mod stop;
mod succession;
