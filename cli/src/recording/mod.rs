//! Recordings: files that survive everything but the loss of their disk, and the notes beside them. One form, one
//! writer, one reader, and how long files are kept.

mod clock;
mod form;
mod notes;
mod progress;
mod reader;
mod retention;
mod schedule;
mod writer;

pub(crate) use clock::Clock;
pub(crate) use form::{Form, Row};
pub(crate) use notes::{Notes, beside};
pub(crate) use progress::Progress;
pub(crate) use reader::{
    Input, Line, Newest, NoHeader, Poll, Recordings, Words, is_url, newest, no_rows, samples, unread,
};
pub(crate) use retention::Rotation;
pub(crate) use schedule::Schedule;
pub(crate) use writer::csv::header;
pub(crate) use writer::{Joint, Mode, Plan, Recorder, ndjson};
