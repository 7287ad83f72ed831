//! Finding out what is wrong: whether the target can be reached, step by step, and what grows in it.

mod command;
mod deep;
mod exchanges;
mod forgotten;
mod growing;
mod local;
mod reach;
mod swinging;

pub(crate) use deep::{Deep, deep};
pub(crate) use exchanges::crowds;
pub(crate) use forgotten::{more, name_makers};
pub(crate) use growing::{Grown, Proof, STAYS, grown, places, profile, proof, stays};
pub(crate) use reach::reach;
pub(crate) use swinging::{Sampling, recorded};
