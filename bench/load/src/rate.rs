//! Moments at which requests are due, by a thread that sleeps: the runtime's own timer knows milliseconds, and what a
//! relay adds is a tenth of one.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;

/// Requests that are due and that no connection has taken yet. All of a window fit in: nothing is left out because a
/// relay is slow, so that its latency counts from the moment at which a request was due.
pub(crate) struct Due {
    at: Mutex<VecDeque<Instant>>,
    waiting: Semaphore,
}

impl Default for Due {
    fn default() -> Self {
        Self { at: Mutex::default(), waiting: Semaphore::new(0) }
    }
}

impl Due {
    /// The next one; `None` when the window is over and all are taken.
    pub(crate) async fn next(&self) -> Option<Instant> {
        if let Ok(one) = self.waiting.acquire().await {
            one.forget();
        }
        self.at.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }

    /// Lets `rate` requests a second fall due for the window's time. Blocks: for a thread of its own.
    pub(crate) fn tick(&self, rate: u32, time: Duration) {
        // Without it the kernel may wake a sleeper 50 µs late, to save power.
        #[cfg(target_os = "linux")]
        let _ = rustix::thread::set_current_timer_slack(std::num::NonZeroU64::new(1));
        let (began, step) = (Instant::now(), Duration::from_secs(1) / rate);
        let mut next = began;
        while next < began + time {
            std::thread::sleep(next.saturating_duration_since(Instant::now()));
            self.at.lock().unwrap_or_else(PoisonError::into_inner).push_back(next);
            self.waiting.add_permits(1);
            next += step;
        }
        self.waiting.close();
    }
}
