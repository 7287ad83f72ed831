//! The counting allocator: the chosen allocator with two counters in front, so that the relay can say exactly how
//! much heap is live. The only unsafe code of the project.
#![expect(
    unsafe_code,
    reason = "neither GlobalAlloc nor a call of the allocator is possible without it; each call is passed on unchanged"
)]

use std::alloc::{GlobalAlloc, Layout};
use std::cell::Cell;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicU64, AtomicUsize};

use mimalloc::MiMalloc;

#[cfg(target_os = "linux")]
mod large;
mod small;

/// Install with `#[global_allocator] static HEAP: heap::Counting = heap::Counting;`.
pub struct Counting;

/// One pair of counters a cache line, so that threads do not fight over it.
#[repr(align(128))]
struct Shard {
    allocated: AtomicU64,
    freed: AtomicU64,
}

/// Threads with a pair of their own, the first that come: those that serve are among them. All others share the last pair.
const OWN: usize = 64;
static COUNTERS: [Shard; OWN + 1] =
    [const { Shard { allocated: AtomicU64::new(0), freed: AtomicU64::new(0) } }; OWN + 1];
static NEXT: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static SHARD: Cell<usize> = const { Cell::new(usize::MAX) };
}

fn shard() -> usize {
    let index = SHARD.try_with(|cell| {
        if cell.get() == usize::MAX {
            cell.set(NEXT.fetch_add(1, Relaxed).min(OWN));
        }
        cell.get()
    });
    index.unwrap_or(OWN)
}

/// Adds to a pair's counters. Nobody else writes to a thread's own, so that it needs no locked instruction, of which a
/// request would take some eighty.
fn count(allocated: usize, freed: usize) {
    let index = shard();
    let pair = &COUNTERS[index];
    for (counter, bytes) in [(&pair.allocated, allocated as u64), (&pair.freed, freed as u64)] {
        if bytes == 0 {
            continue;
        }
        if index < OWN {
            counter.store(counter.load(Relaxed).wrapping_add(bytes), Relaxed);
        } else {
            counter.fetch_add(bytes, Relaxed);
        }
    }
}

// SAFETY: every call goes to where a layout of its size comes from, with its arguments and its result unchanged; counting
// allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size(), 0);
        #[cfg(target_os = "linux")]
        if large::is_large(layout) {
            return unsafe { large::map(layout.size()) };
        }
        unsafe { small::alloc(layout) }
    }
    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        count(0, layout.size());
        #[cfg(target_os = "linux")]
        if large::is_large(layout) {
            return unsafe { large::unmap(ptr, layout.size()) };
        }
        unsafe { MiMalloc.dealloc(ptr, layout) }
    }
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size(), 0);
        #[cfg(target_os = "linux")]
        if large::is_large(layout) {
            return unsafe { large::map(layout.size()) };
        }
        unsafe { small::zeroed(layout) }
    }
    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        #[cfg(target_os = "linux")]
        {
            // SAFETY: the caller promises that `size` makes a layout.
            let to = unsafe { Layout::from_size_align_unchecked(size, layout.align()) };
            if large::is_large(layout) || large::is_large(to) {
                return unsafe { self.realloc_large(ptr, layout, to) };
            }
        }
        count(size, layout.size());
        unsafe { small::realloc(ptr, layout, size) }
    }
}

#[cfg(target_os = "linux")]
impl Counting {
    /// # Safety
    /// As of [`GlobalAlloc::realloc`]; one of the two is large.
    #[cold]
    unsafe fn realloc_large(&self, ptr: *mut u8, from: Layout, to: Layout) -> *mut u8 {
        if !(large::is_large(from) && large::is_large(to)) {
            let block = unsafe { self.alloc(to) };
            if !block.is_null() {
                unsafe { ptr.copy_to_nonoverlapping(block, from.size().min(to.size())) };
                unsafe { self.dealloc(ptr, from) };
            }
            return block;
        }
        count(to.size(), from.size());
        unsafe { large::remap(ptr, from.size(), to.size()) }
    }
}

/// Has memory come in small pages from here on, in this process and its children. The allocator asks for huge ones where
/// the system lets it (`transparent_hugepage` is `madvise`): 2 MiB become resident where a few KiB are used, which is
/// most of what a small process has. To be called first thing; without effect where the system knows no such pages.
pub fn small_pages() {
    // A refusal costs memory, and nothing else.
    #[cfg(target_os = "linux")]
    let _ = rustix::thread::disable_transparent_huge_pages(true);
}

/// Gives what this thread has freed back to the system now. The allocator itself waits for a moment, in which a few
/// large answers one after the other take as much as all of them at once. It costs system calls: for large work only.
pub fn give_back() {
    unsafe extern "C" {
        fn mi_collect(force: bool);
    }
    // SAFETY: the allocator's own function, of this signature since its version 1; it may be called at any time.
    unsafe { mi_collect(true) }
}

/// Gives back what this thread has freed a second ago and more. The allocator does so by itself only when it needs new
/// memory: after a peak, a process that rests would keep all of it. Cheap where there is nothing to give back.
fn tidy() {
    unsafe extern "C" {
        fn mi_collect(force: bool);
    }
    // SAFETY: as above.
    unsafe { mi_collect(false) }
}

/// Watches for falls of the live heap, and lets this thread give back what they leave. To be asked about once a second,
/// by each thread that allocates much.
#[derive(Debug, Default)]
pub struct Ebb {
    high: u64,
    turns: u8,
}

impl Ebb {
    /// A fall counts from an eighth of the live heap on, and from so many bytes: less is the coming and going of load.
    const LEAST: u64 = 256 * 1024;
    /// What is freed is first taken off its size's list, and goes back a second later.
    const TURNS: u8 = 4;

    /// Looks at the live heap, and gives back where it has fallen.
    pub fn look(&mut self) {
        if self.falls(live()) {
            self.turns = Self::TURNS;
        }
        if self.turns > 0 {
            self.turns -= 1;
            tidy();
        }
    }

    fn falls(&mut self, live: u64) -> bool {
        let falls = live + (self.high / 8).max(Self::LEAST) <= self.high;
        self.high = if falls { live } else { self.high.max(live) };
        falls
    }
}

/// Bytes allocated since the process started. 0 where [`Counting`] is not installed.
#[must_use]
pub fn total() -> u64 {
    COUNTERS.iter().map(|s| s.allocated.load(Relaxed)).fold(0, u64::wrapping_add)
}

/// Bytes of live heap. 0 where [`Counting`] is not installed.
#[must_use]
pub fn live() -> u64 {
    // Freed first: what is freed in between is then missed, never counted twice.
    let freed = COUNTERS.iter().map(|s| s.freed.load(Relaxed)).fold(0, u64::wrapping_add);
    total().saturating_sub(freed)
}

#[cfg(test)]
mod tests {
    #[global_allocator]
    static HEAP: super::Counting = super::Counting;

    /// Counters and resident memory are the process's: one test at a time.
    static ALONE: std::sync::Mutex<()> = std::sync::Mutex::new(());

    #[cfg(target_os = "linux")]
    fn resident() -> usize {
        let status = std::fs::read_to_string("/proc/self/statm").unwrap();
        status.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
    }

    /// Old and new are not there together, and what is freed is gone: the sizes on both sides of a mapping's own.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_large_block_grows_without_a_copy_and_goes_at_once() {
        let _alone = ALONE.lock();
        let (resident, live) = (resident(), super::live());
        let mut block: Vec<u8> = Vec::new();
        while block.len() < 64 << 20 {
            let byte = (block.len() >> 16) as u8;
            block.resize(block.len() + (64 << 10), byte);
        }
        let grown = super::tests::resident().saturating_sub(resident);
        assert!(grown < 72 << 20, "{grown} bytes are resident of {}", block.len());
        assert!(block.iter().step_by(64 << 10).enumerate().all(|(at, byte)| *byte == at as u8));
        block.truncate(100_000);
        block.shrink_to_fit();
        assert!(block[65_536..].iter().all(|byte| *byte == 1) && block.capacity() < 128 << 10);
        let zeros = vec![0_u8; 1 << 20];
        assert!(zeros.iter().all(|byte| *byte == 0));
        drop((block, zeros));
        let left = super::tests::resident().saturating_sub(resident);
        assert!(left < 8 << 20, "{left} bytes stay");
        assert!(super::live() < live + (1 << 20));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn what_is_touched_a_little_becomes_resident_a_little() {
        let _alone = ALONE.lock();
        super::small_pages();
        let before = resident();
        let room: Vec<Vec<u8>> = (0..16).map(|_| Vec::with_capacity(4 << 20)).collect();
        let room: Vec<Vec<u8>> = room
            .into_iter()
            .map(|mut part| {
                part.push(1);
                part
            })
            .collect();
        let grown = resident().saturating_sub(before);
        assert!(grown < 8 << 20, "{grown} bytes became resident for {} bytes", room.len());
    }

    /// Small blocks. Nothing but the ebb can give them back.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_fall_is_given_back_though_nothing_is_allocated_any_more() {
        let _alone = ALONE.lock();
        super::small_pages();
        let mut ebb = super::Ebb::default();
        ebb.look();
        let before = resident();
        let blocks: Vec<Box<[u8; 8192]>> = (0..8192_u32).map(|n| Box::new([n as u8; 8192])).collect();
        ebb.look();
        assert!(
            resident() > before + (60 << 20) && blocks.iter().zip(0_u32..).all(|(b, n)| b[77] == n as u8)
        );
        drop(blocks);
        for _ in 0..super::Ebb::TURNS {
            std::thread::sleep(std::time::Duration::from_millis(600));
            ebb.look();
        }
        let left = resident().saturating_sub(before);
        assert!(left < 8 << 20, "{left} bytes stay");
    }

    #[test]
    fn a_fall_is_an_eighth_and_more_than_a_little() {
        let mut ebb = super::Ebb::default();
        let falls = [0, 9, 8, 6, 6, 9, 0].map(|mib| ebb.falls(mib << 20));
        assert_eq!(falls, [false, false, false, true, false, false, true]);
        let mut ebb = super::Ebb::default();
        assert_eq!([300_000, 100_000, 30_000].map(|live| ebb.falls(live)), [false, false, true]);
    }

    /// Blocks of each size and alignment, which grow, shrink and keep what is in them.
    #[test]
    fn blocks_are_as_aligned_as_was_asked() {
        use std::alloc::{GlobalAlloc as _, Layout};
        for align in (0..8).map(|power| 1_usize << power) {
            for size in [1, 3, 8, 15, 16, 17, 24, 48, 100, 1000, 8192, 70_000] {
                let layout = Layout::from_size_align(size, align).unwrap();
                // SAFETY: the layouts are the blocks' own, and none is used once it is given back.
                #[expect(unsafe_code, reason = "as the crate's")]
                unsafe {
                    let block = HEAP.alloc(layout);
                    assert!(!block.is_null() && block.addr().is_multiple_of(align), "{layout:?}");
                    block.write_bytes(7, size);
                    let block = HEAP.realloc(block, layout, size * 3);
                    let grown = Layout::from_size_align(size * 3, align).unwrap();
                    assert!(
                        block.addr().is_multiple_of(align) && block.add(size - 1).read() == 7,
                        "{layout:?}"
                    );
                    let block = HEAP.realloc(block, grown, 1);
                    assert!(block.addr().is_multiple_of(align) && block.read() == 7, "{layout:?}");
                    HEAP.dealloc(block, Layout::from_size_align(1, align).unwrap());
                    let zeros = HEAP.alloc_zeroed(layout);
                    let is_zero = std::slice::from_raw_parts(zeros, size).iter().all(|byte| *byte == 0);
                    assert!(zeros.addr().is_multiple_of(align) && is_zero, "{layout:?}");
                    HEAP.dealloc(zeros, layout);
                }
            }
        }
    }

    /// More threads than have counters of their own: nothing is lost where they share.
    #[test]
    #[expect(clippy::disallowed_methods, reason = "scope stands above this crate; each is waited for")]
    fn every_thread_counts() {
        let _alone = ALONE.lock();
        let (live, total) = (super::live(), super::total());
        let turns = 2 * super::OWN;
        let blocks: Vec<Vec<u8>> = (0..turns)
            .map(|_| {
                std::thread::spawn(|| {
                    (0..100).map(|_| vec![1_u8; 1 << 10]).fold(Vec::new(), |_, block| block)
                })
            })
            .collect::<Vec<_>>()
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect();
        assert!(super::total() >= total + ((turns * 100) << 10) as u64);
        let kept = super::live().saturating_sub(live);
        assert!(kept >= (turns << 10) as u64 && kept < (turns << 10) as u64 + (1 << 20), "{kept}");
        drop(blocks);
        assert!(super::live() < live + (1 << 20));
    }

    #[test]
    fn counts_what_is_live() {
        let _alone = ALONE.lock();
        let (live, total) = (super::live(), super::total());
        let block = vec![1_u8; 4 << 20];
        // The test harness frees a little at any time.
        assert!(super::live() + (1 << 18) >= live + (4 << 20), "a live block is counted");
        drop(std::hint::black_box(block));
        assert!(super::live() < live + (1 << 20), "a freed block is not");
        assert!(super::total() >= total + (4 << 20), "the total only grows");
    }
}
