//! Ctrl-C: once asks to finish, twice leaves.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Instant;

use crate::words::usage;

/// A wish to stop, with a way to wait for it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stop(Arc<(Mutex<bool>, Condvar)>);

impl Stop {
    /// A stop that SIGINT, SIGTERM and SIGHUP set; a second signal ends the process with 130.
    ///
    /// # Errors
    /// A fragment, when the system refuses the handler.
    pub(crate) fn on_signal() -> Result<Self, String> {
        let stop = Self::default();
        let set = stop.clone();
        ctrlc::set_handler(move || {
            if set.is_set() {
                leave();
            }
            set.set();
        })
        .map_err(|error| usage::no_signals(&error))?;
        Ok(stop)
    }

    pub(crate) fn set(&self) {
        *self.0.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.0.1.notify_all();
    }

    pub(crate) fn is_set(&self) -> bool {
        *self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until then, or until somebody asks; true if somebody did.
    pub(crate) fn wait_until(&self, deadline: Instant) -> bool {
        let mut set = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        while !*set {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            set = self.0.1.wait_timeout(set, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }
}

#[expect(
    clippy::exit,
    clippy::disallowed_methods,
    reason = "asked twice: a poll may hang, and every row written so far is whole"
)]
fn leave() -> ! {
    crate::terminal::give_back();
    process::command::end_all();
    std::process::exit(i32::from(vitals::exit::INTERRUPTED))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn waits_until_the_deadline_or_the_request() {
        let stop = Stop::default();
        let start = Instant::now();
        assert!(!stop.wait_until(start + Duration::from_millis(20)));
        assert!(start.elapsed() >= Duration::from_millis(20));
        stop.set();
        assert!(stop.wait_until(Instant::now() + Duration::from_secs(60)));
        assert!(start.elapsed() < Duration::from_secs(30));
    }
}
