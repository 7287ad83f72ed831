//! The timer wheel of a worker: says which connections are due for a look. One entry a connection at a time, so that
//! it is as large as the number of connections and no larger.

use std::sync::Mutex;

use tokio::sync::Notify;

use crate::clock::{lock, now};

/// Milliseconds a slot.
const TICK: u64 = 25;
/// Slots; a look is never farther away than the wheel reaches (12.8 s).
const SLOTS: u64 = 512;

/// What is due: the connection's place in the table, and the time it was put down for. An item whose connection has
/// been put down for another time since is stale and ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) key: usize,
    pub(crate) serial: u64,
    pub(crate) at: u64,
}

/// Slots of items by the time they are due.
pub(crate) struct Wheel {
    state: Mutex<State>,
    earlier: Notify,
}

struct State {
    slots: Vec<Vec<Item>>,
    /// The tick up to which everything has been handed out.
    done: u64,
    /// When the turning task means to wake.
    wake: u64,
}

impl Wheel {
    pub(crate) fn new() -> Self {
        let slots = (0..SLOTS).map(|_| Vec::new()).collect();
        let state = State { slots, done: now() / TICK, wake: u64::MAX };
        Self { state: Mutex::new(state), earlier: Notify::new() }
    }

    /// The time that an item put down for `at` will really be due: rounded up to a tick, within the wheel's reach.
    pub(crate) fn clamp(at: u64) -> u64 {
        let now = now();
        at.clamp(now, now + (SLOTS - 2) * TICK).div_ceil(TICK) * TICK
    }

    /// Puts an item down; its `at` comes from [`Wheel::clamp`].
    pub(crate) fn put(&self, item: Item) {
        let mut state = lock(&self.state);
        let tick = (item.at / TICK).clamp(state.done + 1, state.done + SLOTS - 1);
        let slot = usize::try_from(tick % SLOTS).unwrap_or(0);
        state.slots[slot].push(item);
        if tick * TICK < state.wake {
            state.wake = tick * TICK;
            drop(state);
            self.earlier.notify_one();
        }
    }

    /// Takes what is due by now.
    pub(crate) fn due(&self, into: &mut Vec<Item>) {
        let mut state = lock(&self.state);
        let target = now() / TICK;
        // After a suspend one turn reaches every slot.
        let from = state.done.max(target.saturating_sub(SLOTS)) + 1;
        for tick in from..=target {
            let slot = usize::try_from(tick % SLOTS).unwrap_or(0);
            // With its room: kept, it would grow for as long as it takes every slot to have had its busiest moment.
            into.append(&mut std::mem::take(&mut state.slots[slot]));
        }
        state.done = state.done.max(target);
    }

    /// Waits until something is due.
    pub(crate) async fn turn(&self) {
        loop {
            let wake = {
                let mut state = lock(&self.state);
                let next = (state.done + 1..state.done + SLOTS)
                    .find(|tick| !state.slots[usize::try_from(tick % SLOTS).unwrap_or(0)].is_empty());
                state.wake = next.map_or(u64::MAX, |tick| tick * TICK);
                state.wake
            };
            let wait = wake.saturating_sub(now());
            if wait == 0 {
                return;
            }
            let earlier = self.earlier.notified();
            if wake == u64::MAX {
                earlier.await;
            } else {
                let pause = tokio::time::sleep(std::time::Duration::from_millis(wait));
                tokio::select! {
                    () = earlier => {}
                    () = pause => return,
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hands_out_each_item_once_and_not_early() {
        let wheel = Wheel::new();
        let start = now();
        for (key, wait) in [(1, 0), (2, 40), (3, 120), (4, 10_000_000)] {
            wheel.put(Item { key, serial: 7, at: Wheel::clamp(start + wait) });
        }
        let mut seen = Vec::new();
        while seen.len() < 3 {
            let mut due = Vec::new();
            wheel.due(&mut due);
            for item in due {
                assert!(now() >= item.at, "not before its time");
                seen.push(item.key);
            }
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        assert_eq!(seen, [1, 2, 3], "in order, and the far one only after a full turn");
    }

    #[test]
    fn an_earlier_item_wakes_the_turning_task() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let wheel = Wheel::new();
            wheel.put(Item { key: 1, serial: 1, at: Wheel::clamp(now() + 10_000) });
            let add = async {
                tokio::task::yield_now().await;
                wheel.put(Item { key: 2, serial: 1, at: Wheel::clamp(now() + 30) });
            };
            let (..) = tokio::join!(wheel.turn(), add);
            let mut due = Vec::new();
            wheel.due(&mut due);
            assert_eq!(due.iter().map(|i| i.key).collect::<Vec<_>>(), [2]);
        });
    }
}
