//! One of several instances behind one address as an object: the keys are the same in every command.

use serde::Serialize;

use super::timestamp;
use crate::finding::Instance;

#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Object {
    /// Counts from 1.
    number: usize,
    /// By whoever asked, where they have names.
    name: Option<String>,
    /// When it started, where it tells that.
    started: Option<String>,
}

impl From<&Instance> for Object {
    fn from(instance: &Instance) -> Self {
        let Instance { number, name, started, .. } = instance;
        Self { number: *number, name: name.clone(), started: started.map(timestamp) }
    }
}
