//! The timer wheel of a worker: says which connections are due for a look. One entry a connection at a time, which
//! it takes along when it ends, so that the wheel is as large as the number of connections and no larger. Ordered by
//! time instead of turning slots: those keep the entries of whoever has left until they are due, and would grow with
//! the rate of connections.

use std::collections::BTreeMap;
use std::sync::Mutex;

use tokio::sync::Notify;

use crate::clock::{lock, until_awake};

/// Milliseconds between two turns: what is due within one is handed out together.
pub(super) const TICK: u64 = 25;
/// A look is never farther away than this, in milliseconds.
const REACH: u64 = 12_750;

/// One link on the wheel: its place in the table, and the time it was put down for, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) key: usize,
    pub(super) serial: u64,
    pub(super) at: u64,
}

/// Items by the time they are due.
pub(super) struct Wheel {
    state: Mutex<State>,
    earlier: Notify,
}

struct State {
    /// Serials by time and key.
    items: BTreeMap<(u64, usize), u64>,
    /// When the turning task means to wake.
    wake: u64,
}

impl Wheel {
    pub(super) fn new() -> Self {
        let state = State { items: BTreeMap::new(), wake: u64::MAX };
        Self { state: Mutex::new(state), earlier: Notify::new() }
    }

    /// The time that an item put down for `at` will really be due: in the future, rounded up to a tick, within reach.
    pub(super) fn clamp(now: u64, at: u64) -> u64 {
        at.clamp(now + 1, now + REACH).div_ceil(TICK) * TICK
    }

    /// Puts an item down; its `at` comes from [`Wheel::clamp`]. `before`: where it was until now, if it was.
    pub(super) fn put(&self, item: Item, before: u64) {
        let mut state = lock(&self.state);
        state.items.remove(&(before, item.key));
        state.items.insert((item.at, item.key), item.serial);
        if item.at < state.wake {
            state.wake = item.at;
            drop(state);
            self.earlier.notify_one();
        }
    }

    /// Takes an item away: its connection has ended.
    pub(super) fn take(&self, key: usize, at: u64) {
        lock(&self.state).items.remove(&(at, key));
    }

    /// Takes the next item that is due by `now`.
    pub(super) fn due(&self, now: u64) -> Option<Item> {
        let mut state = lock(&self.state);
        let first = state.items.first_entry().filter(|first| first.key().0 <= now)?;
        let ((at, key), serial) = first.remove_entry();
        Some(Item { key, serial, at })
    }

    /// Waits until something is due.
    pub(super) async fn turn(&self) {
        loop {
            let wake = {
                let mut state = lock(&self.state);
                state.wake = state.items.first_key_value().map_or(u64::MAX, |((at, _), _)| *at);
                state.wake
            };
            let wait = until_awake(wake);
            if wait.is_zero() {
                return;
            }
            let earlier = self.earlier.notified();
            if wake == u64::MAX {
                earlier.await;
            } else {
                let pause = tokio::time::sleep(wait);
                tokio::select! {
                    () = earlier => {}
                    () = pause => {}
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::awake;

    fn item(key: usize, wait: u64) -> Item {
        let now = awake();
        Item { key, serial: 7, at: Wheel::clamp(now, now + wait) }
    }

    #[test]
    fn hands_out_each_item_once_and_not_early() {
        let wheel = Wheel::new();
        for (key, wait) in [(4, 10_000_000), (2, 40), (1, 0), (3, 120)] {
            wheel.put(item(key, wait), u64::MAX);
        }
        let mut seen = Vec::new();
        while seen.len() < 3 {
            while let Some(item) = wheel.due(awake()) {
                assert!(awake() >= item.at, "not before its time");
                seen.push(item.key);
            }
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        assert_eq!(seen, [1, 2, 3], "in order, and the far one later");
    }

    #[test]
    fn a_connection_has_one_item_and_takes_it_along() {
        let wheel = Wheel::new();
        let mut at = u64::MAX;
        for wait in [9_000, 700, 500, 600] {
            let item = item(1, wait);
            wheel.put(item, at);
            at = item.at;
        }
        wheel.put(item(2, 10), u64::MAX);
        assert_eq!(lock(&wheel.state).items.len(), 2);
        wheel.take(1, at);
        assert_eq!(wheel.due(u64::MAX).map(|item| item.key), Some(2));
        assert_eq!(wheel.due(u64::MAX), None);
    }

    #[test]
    fn an_earlier_item_wakes_the_turning_task() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let wheel = Wheel::new();
            wheel.put(item(1, 10_000), u64::MAX);
            let add = async {
                tokio::task::yield_now().await;
                wheel.put(item(2, 30), u64::MAX);
            };
            let (..) = tokio::join!(wheel.turn(), add);
            assert_eq!(wheel.due(awake()).map(|item| item.key), Some(2));
            assert_eq!(wheel.due(awake()), None);
        });
    }
}
