//! Recordings: a CSV file that survives everything but the loss of its disk, and the notes beside it.

mod file;
mod notes;
mod progress;
mod row;
mod schedule;
mod summary;

pub(crate) use file::{Mode, OpenError, Sink};
pub(crate) use notes::{Notes, beside};
pub(crate) use progress::Progress;
pub(crate) use row::{Place, Row};
pub(crate) use schedule::Schedule;
pub(crate) use summary::{Summary, counted};
