//! Recordings: files that survive everything but the loss of their disk, and the notes beside them.

mod clock;
mod file;
mod form;
mod notes;
mod openmetrics;
mod progress;
mod read_back;
mod recorder;
mod row;
mod schedule;
mod segments;

pub(crate) use clock::Clock;
pub(crate) use file::Mode;
pub(crate) use form::Form;
pub(crate) use notes::{Notes, beside};
pub(crate) use progress::Progress;
pub(crate) use read_back::Line as NdjsonLine;
pub(crate) use recorder::{Plan, Recorder};
pub(crate) use row::{Row, header};
pub(crate) use schedule::Schedule;
pub(crate) use segments::Rotation;

use file::{OpenError, Sink};
use row::Place;
