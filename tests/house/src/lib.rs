//! The plan of the house, read from its source: which module of a crate knows which, where modules go in circles, and
//! how much there is of everything. For the test that holds the floors and for whoever counts the house at a commit.
//!
//! A name counts for the module that defines it, through however many re-exports it came. Tests know whom they like.

pub mod file;
pub mod graph;
pub mod krate;
pub mod literals;
pub mod size;
