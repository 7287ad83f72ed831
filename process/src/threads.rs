//! Threads by their names.

use std::fs;

use super::kind::Kind;
use super::kinds::{Kinds, without_numbers};

/// More threads than this are not looked at one by one.
const MOST: usize = 50_000;

/// The threads of a process by name, without numbers; `None` where it is gone.
#[must_use]
pub fn threads(pid: u32) -> Option<Kinds> {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).ok()?.take(MOST).flatten();
    let names = tasks.filter_map(|task| fs::read_to_string(task.path().join("comm")).ok());
    Some(names.map(|name| Kind::Thread(without_numbers(name.trim(), 1))).collect())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn threads_of_a_pool_are_one_kind() {
        let here = std::process::id();
        let before = threads(here).unwrap();
        let barrier = std::sync::Barrier::new(4);
        std::thread::scope(|scope| {
            for n in 0..3 {
                let named = std::thread::Builder::new().name(format!("pooled-{n}"));
                named.spawn_scoped(scope, || barrier.wait()).unwrap();
            }
            // A thread names itself, a moment after it was made.
            let grown = loop {
                let grown = threads(here).unwrap().grown(&before);
                if grown
                    .iter()
                    .any(|change| change.kind == Kind::Thread("pooled-…".to_owned()) && change.now == 3)
                {
                    break grown;
                }
                std::thread::yield_now();
            };
            barrier.wait();
            assert!(!grown.is_empty());
        });
    }
}
