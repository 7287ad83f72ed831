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

/// Install with `#[global_allocator] static HEAP: heap::Counting = heap::Counting;`.
pub struct Counting;

/// One pair of counters a cache line, so that threads do not fight over it.
#[repr(align(128))]
struct Shard {
    allocated: AtomicU64,
    freed: AtomicU64,
}

const SHARDS: usize = 16;
static COUNTERS: [Shard; SHARDS] =
    [const { Shard { allocated: AtomicU64::new(0), freed: AtomicU64::new(0) } }; SHARDS];
static NEXT: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static SHARD: Cell<usize> = const { Cell::new(usize::MAX) };
}

fn shard() -> &'static Shard {
    let index = SHARD.try_with(|cell| {
        if cell.get() == usize::MAX {
            cell.set(NEXT.fetch_add(1, Relaxed) % SHARDS);
        }
        cell.get()
    });
    &COUNTERS[index.unwrap_or(0)]
}

// SAFETY: every call goes to where a layout of its size comes from, with its arguments and its result unchanged; counting
// allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        shard().allocated.fetch_add(layout.size() as u64, Relaxed);
        #[cfg(target_os = "linux")]
        if large::is_large(layout) {
            return unsafe { large::map(layout.size()) };
        }
        unsafe { MiMalloc.alloc(layout) }
    }
    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        shard().freed.fetch_add(layout.size() as u64, Relaxed);
        #[cfg(target_os = "linux")]
        if large::is_large(layout) {
            return unsafe { large::unmap(ptr, layout.size()) };
        }
        unsafe { MiMalloc.dealloc(ptr, layout) }
    }
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        shard().allocated.fetch_add(layout.size() as u64, Relaxed);
        #[cfg(target_os = "linux")]
        if large::is_large(layout) {
            return unsafe { large::map(layout.size()) };
        }
        unsafe { MiMalloc.alloc_zeroed(layout) }
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
        let shard = shard();
        shard.allocated.fetch_add(size as u64, Relaxed);
        shard.freed.fetch_add(layout.size() as u64, Relaxed);
        unsafe { MiMalloc.realloc(ptr, layout, size) }
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
        let shard = shard();
        shard.allocated.fetch_add(to.size() as u64, Relaxed);
        shard.freed.fetch_add(from.size() as u64, Relaxed);
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
