//! Where samples come from. A source answers one question, "how are you now?", within a deadline.

mod content;
mod failure;
mod go;
mod median;
mod metrics;
mod observed;
mod plan;
mod process;
mod recorded;
mod target;
pub(crate) mod tls;
mod wire;

use std::time::Duration;

pub(crate) use crate::reading::{Endpoint, ErrorKind, NoNumber, PollError, Reading};
pub(crate) use content::read as read_health;
pub(crate) use median::{median, rises};
pub(crate) use observed::Observed;
pub(crate) use plan::{Named, Plan, Targets};
pub(crate) use target::{API_URL, Target};
pub(crate) use tls::Trust;
pub(crate) use wire::{Access, Login, Probe};

use crate::words::en;

/// Reads a whole scrape, for the fuzz target.
pub(crate) fn read_metrics(mut text: &[u8], open: bool) -> Result<(), String> {
    metrics::read(&mut text, open).map(drop).map_err(|trouble| match trouble {
        metrics::Trouble::Content(error) => en::error_seen(&error),
        metrics::Trouble::Io(error) => error.to_string(),
    })
}

pub(crate) trait Source {
    /// The source's name in JSON, for example `health`, or `expvar+pprof` where several complete each other; `auto`
    /// until one has answered.
    fn name(&self) -> &str;

    /// The target for people, without credentials.
    fn target(&self) -> &str;

    /// What the last answer had and could not be read.
    fn unread(&self) -> Vec<NoNumber> {
        Vec::new()
    }

    /// The last answer came from Go's profiles.
    fn has_profiles(&self) -> bool {
        false
    }

    /// Asks once; answers within `timeout`, whatever the target does.
    ///
    /// # Errors
    /// There is no sample. The caller decides whether that ends anything.
    fn poll(&mut self, timeout: Duration) -> Result<Reading, PollError>;
}

/// Waits for something that is about to be so.
#[cfg(test)]
fn wait_for<T>(mut look: impl FnMut() -> Option<T>) -> T {
    let start = std::time::Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(start.elapsed() < Duration::from_secs(60), "never came");
        std::thread::sleep(Duration::from_millis(10));
    }
}
