//! The buffer that all connections of a thread read into: one that waits holds none.

use std::cell::RefCell;

/// Bytes that are read at once.
const ROOM: usize = 64 * 1024;

thread_local! {
    static SCRATCH: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Lends the buffer. What is to stay of it is copied out before it is given back.
pub(super) fn with<T>(read: impl FnOnce(&mut [u8]) -> T) -> T {
    SCRATCH.with(|scratch| match scratch.try_borrow_mut() {
        Ok(mut room) => {
            if room.is_empty() {
                room.resize(ROOM, 0);
            }
            read(&mut room)
        }
        // Nobody reads while reading; if it were so, one more buffer costs nothing but itself.
        Err(_) => read(&mut vec![0; ROOM]),
    })
}
