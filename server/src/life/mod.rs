//! The life of the process: what it starts with, how it runs, how it takes a new configuration, how it ends.

mod descriptors;
mod files;
mod occupant;
mod reload;
pub(crate) mod run;
mod stop;
