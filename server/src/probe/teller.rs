//! Says what a look found, at once: a line for each step as it ends, so that nobody waits for the last channel to learn
//! of the first. JSON is one document, and says nothing before all is known.

use std::cell::RefCell;
use std::io::{self, Write as _};

use tokio_util::sync::CancellationToken;

use super::told::{Step, Told};

/// Where the steps are told.
pub(super) struct Teller {
    /// The widest channel's name, where steps are told.
    width: Option<usize>,
    error: RefCell<Option<io::Error>>,
    /// Nobody wants to know more: it was interrupted, or nobody reads.
    pub(super) stop: CancellationToken,
}

impl Teller {
    /// One that tells each step.
    pub(super) fn aloud<'n>(names: impl Iterator<Item = &'n str>) -> Self {
        Self { width: names.map(report::text::columns).max(), ..Self::silent() }
    }

    /// One that tells nothing.
    pub(super) fn silent() -> Self {
        Self { width: None, error: RefCell::default(), stop: CancellationToken::new() }
    }

    pub(super) fn head(&self, told: &Told) {
        self.say(|width| told.head(width));
    }

    pub(super) fn step(&self, channel: &str, step: &Step) {
        self.say(|width| step.line(channel, width));
    }

    pub(super) fn outcome(&self, told: &Told) {
        self.say(|width| told.last(width));
    }

    /// What kept a line from being written.
    pub(super) fn error(self) -> Option<io::Error> {
        self.error.into_inner()
    }

    fn say(&self, line: impl FnOnce(usize) -> String) {
        let mut error = self.error.borrow_mut();
        let (Some(width), None) = (self.width, &*error) else { return };
        let mut out = io::stdout().lock();
        if let Err(wrong) = writeln!(out, "{}", line(width)).and_then(|()| out.flush()) {
            *error = Some(wrong);
            self.stop.cancel();
        }
    }
}
