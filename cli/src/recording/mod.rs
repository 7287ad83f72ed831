//! Recordings: a CSV file that survives everything but the loss of its disk, and the notes beside it.

mod file;
mod notes;
mod progress;
mod recorder;
mod row;
mod schedule;

pub(crate) use file::Mode;
pub(crate) use progress::Progress;
pub(crate) use recorder::{Plan, Recorder};
pub(crate) use row::{Row, header};
pub(crate) use schedule::Schedule;

use file::{OpenError, Sink};
use notes::{Notes, beside};
use row::Place;
