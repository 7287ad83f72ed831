//! Lines on their way out: each thread puts its own into a lane of its own, and one thread hands them over, at once where
//! nothing has been for a while and otherwise many in one write. Whoever puts a line never waits for what takes them: a
//! lane that is full drops it, and counts.

use std::io::{ErrorKind, Write};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::{JoinHandle, Thread, current, park, park_timeout};
use std::time::Duration;

/// Bytes of lines that may wait, of each thread.
const BOUND: usize = 1024 * 1024;
/// From here on they are handed over before their time.
const MUCH: usize = 64 * 1024;
/// Room that is kept for lines between two batches. More is given back, so that what is held at rest does not depend on
/// how busy it once was.
const KEPT: usize = 4 * 1024;
/// The longest that a line waits while those before it were taken at once.
const BATCH: Duration = Duration::from_millis(20);
/// The longest that the end waits for what takes the lines.
const LAST: Duration = Duration::from_secs(1);

/// Lines of one thread that wait.
#[derive(Default)]
pub(super) struct Lane(Mutex<Vec<u8>>);

/// All that wait.
#[derive(Default)]
pub(super) struct Queue {
    lanes: Mutex<Vec<Arc<Lane>>>,
    writer: OnceLock<Thread>,
    /// The writer has seen nothing to do: who puts a line wakes it.
    asleep: AtomicBool,
    ends: AtomicBool,
    dropped: AtomicU64,
}

/// The thread that hands over. Dropping it has it hand over what waits, within [`LAST`].
pub(crate) struct Writer {
    queue: Arc<Queue>,
    over: Receiver<()>,
    thread: Option<JoinHandle<()>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Queue {
    /// A lane for this thread; it is given up when nobody else has it and it is empty.
    pub(super) fn lane(&self) -> Arc<Lane> {
        let lane = Arc::new(Lane(Mutex::new(Vec::with_capacity(KEPT))));
        lock(&self.lanes).push(Arc::clone(&lane));
        lane
    }

    /// Puts a whole line, with its end.
    pub(super) fn put(&self, lane: &Lane, line: &[u8]) {
        let before = {
            let mut waiting = lock(&lane.0);
            let before = waiting.len();
            if before + line.len() > BOUND {
                self.dropped.fetch_add(1, Ordering::Relaxed);
                return;
            }
            waiting.extend_from_slice(line);
            before
        };
        let much = before < MUCH && before + line.len() >= MUCH;
        // The lane's lock lies between: either the writer sees the line, or this sees that it sleeps.
        if much || self.asleep.load(Ordering::Relaxed) && self.asleep.swap(false, Ordering::AcqRel) {
            self.wake();
        }
    }

    /// Lines that found no room.
    pub(super) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// Starts the thread that hands over.
    ///
    /// # Errors
    /// The system's, where it gives no thread.
    pub(super) fn start(self: &Arc<Self>, mut to: impl Write + Send + 'static) -> std::io::Result<Writer> {
        let (ends, over) = sync_channel(1);
        let queue = Arc::clone(self);
        let thread = scope::thread("log", move || {
            queue.run(&mut to);
            drop(ends);
        })?;
        Ok(Writer { queue: Arc::clone(self), over, thread: Some(thread) })
    }

    fn wake(&self) {
        if let Some(writer) = self.writer.get() {
            writer.unpark();
        }
    }

    fn run(&self, to: &mut impl Write) {
        let _ = self.writer.set(current());
        let mut taken = Vec::with_capacity(KEPT);
        loop {
            let last = self.ends.load(Ordering::Acquire);
            let some = self.drain(&mut taken, to);
            if last {
                return;
            }
            if some {
                park_timeout(BATCH);
            } else if self.asleep.swap(true, Ordering::AcqRel) {
                // It has looked once more since it said so.
                park();
            }
        }
    }

    /// Hands over what waits now. Tells whether there was any.
    fn drain(&self, taken: &mut Vec<u8>, to: &mut impl Write) -> bool {
        let mut some = false;
        lock(&self.lanes).retain(|lane| Arc::strong_count(lane) > 1 || !lock(&lane.0).is_empty());
        for n in 0.. {
            // Not held while something is written: a new thread does not wait for that either.
            let Some(lane) = lock(&self.lanes).get(n).cloned() else { break };
            std::mem::swap(&mut *lock(&lane.0), taken);
            some |= !taken.is_empty();
            self.hand_over(taken, to);
            taken.clear();
            taken.shrink_to(KEPT);
        }
        some
    }

    fn hand_over(&self, mut bytes: &[u8], to: &mut impl Write) {
        while !bytes.is_empty() {
            match to.write(bytes) {
                Ok(0) => return,
                Ok(n) => bytes = &bytes[n..],
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // A pipe that somebody else has set so.
                Err(error) if error.kind() == ErrorKind::WouldBlock && !self.ends.load(Ordering::Acquire) => {
                    park_timeout(BATCH);
                }
                Err(_) => return,
            }
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.queue.ends.store(true, Ordering::Release);
        self.queue.wake();
        // One that is stuck in a full pipe ends with the process.
        if let Err(RecvTimeoutError::Disconnected) = self.over.recv_timeout(LAST)
            && let Some(thread) = self.thread.take()
        {
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::mpsc::SyncSender;

    use super::*;

    /// Each write waits for leave, and tells what it was given.
    struct Gate(Receiver<()>, SyncSender<Vec<u8>>);

    impl Write for Gate {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let _ = self.0.recv();
            let _ = self.1.send(bytes.to_vec());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn gated() -> (Arc<Queue>, Writer, SyncSender<()>, Receiver<Vec<u8>>) {
        let queue = Arc::<Queue>::default();
        let ((leave, leaves), (wrote, written)) = (sync_channel(9), sync_channel(9));
        let writer = queue.start(Gate(leaves, wrote)).unwrap();
        (queue, writer, leave, written)
    }

    #[test]
    fn a_line_goes_at_once_and_those_that_come_meanwhile_together() {
        let (queue, writer, leave, written) = gated();
        let (lane, other) = (queue.lane(), queue.lane());
        queue.put(&lane, b"1\n");
        leave.send(()).unwrap();
        assert_eq!(written.recv().unwrap(), b"1\n");
        queue.put(&lane, b"2\n");
        // It is at the second, or waits for its time; nobody waits for it.
        queue.put(&other, b"a\n");
        queue.put(&other, b"b\n");
        queue.put(&other, b"c\n");
        drop(leave);
        drop(writer);
        let rest: Vec<u8> = written.try_iter().flatten().collect();
        assert_eq!((rest.len(), queue.dropped()), (8, 0));
        assert!(memchr::memmem::find(&rest, b"a\nb\nc\n").is_some(), "a thread's own order is lost");
    }

    #[test]
    fn what_takes_nothing_holds_nobody_up_and_what_finds_no_room_is_counted() {
        let (queue, writer, leave, written) = gated();
        let lane = queue.lane();
        let line = [b'x'; 1000];
        let mut put = 0;
        while queue.dropped() < 5 {
            queue.put(&lane, &line);
            put += 1;
        }
        drop(leave);
        drop(writer);
        let taken: usize = written.try_iter().map(|part| part.len()).sum();
        assert_eq!(taken, (put - 5) * line.len(), "what was put is there, or counted");
        assert!(taken <= 2 * BOUND);
    }

    #[test]
    fn a_thread_that_is_gone_leaves_its_lines_and_no_lane() {
        let queue = Arc::<Queue>::default();
        queue.put(&queue.lane(), b"last\n");
        let (mut taken, mut to) = (Vec::new(), Vec::new());
        assert!(queue.drain(&mut taken, &mut to) && !queue.drain(&mut taken, &mut to));
        assert_eq!((to, lock(&queue.lanes).len()), (b"last\n".to_vec(), 0));
    }

    /// It takes a byte, then says that it is not ready, then takes all; or is gone.
    struct Unready(usize, SyncSender<u8>);

    impl Write for Unready {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 += 1;
            let n = match self.0 {
                1 => 1,
                2 => return Err(ErrorKind::WouldBlock.into()),
                _ => bytes.len(),
            };
            bytes[..n].iter().for_each(|byte| self.1.send(*byte).unwrap());
            Ok(n)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_pipe_that_is_not_ready_is_waited_for() {
        let (sent, got) = sync_channel(9);
        let queue = Arc::<Queue>::default();
        let writer = queue.start(Unready(0, sent)).unwrap();
        queue.put(&queue.lane(), b"line\n");
        let line: Vec<u8> = got.iter().take(5).collect();
        assert_eq!(line, b"line\n");
        drop(writer);
    }
}
