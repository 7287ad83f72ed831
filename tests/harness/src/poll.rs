//! Waiting: for a state, never for a time.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// How long a test waits for anything before it fails. Far more than a loaded machine needs.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Polls until `reached` is `Ok`, and returns that; after `within` the test fails with the last `Err`.
pub fn until<T>(within: Duration, mut reached: impl FnMut() -> Result<T, String>) -> T {
    let start = Instant::now();
    loop {
        match reached() {
            Ok(value) => return value,
            Err(state) if start.elapsed() > within => crate::fail(&format!("not within {within:?}"), state),
            Err(_) => thread::sleep(Duration::from_millis(10)),
        }
    }
}

/// Runs `work` for each number below `count`, on `concurrency` threads.
pub fn repeat(count: usize, concurrency: usize, work: impl Fn(usize) + Sync) {
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..concurrency.min(count) {
            scope.spawn(|| {
                loop {
                    let i = next.fetch_add(1, Ordering::Relaxed);
                    if i >= count {
                        return;
                    }
                    work(i);
                }
            });
        }
    });
}
