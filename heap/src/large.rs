//! Large blocks come from the system and go back to it at once, each with a mapping of its own: what the allocator keeps
//! of freed ones, for a second or until it is asked, would otherwise be a second budget beside the one that is promised.
//! They grow in place or by moving pages, never by copying, so that old and new are not there together; and only what
//! was written is resident, whatever room was made. Small blocks know nothing of this but one comparison.

use std::alloc::Layout;
use std::ffi::c_void;
use std::ptr;

use rustix::mm::{Advice, MapFlags, MremapFlags, ProtFlags, madvise, mmap_anonymous, mremap, munmap};

/// From here on a block is large: some hundred times what a mapping costs. The buffers of connections are smaller.
const LARGE: usize = 128 * 1024;
/// The smallest page of any system: mappings begin at one.
const PAGE: usize = 4096;

#[inline]
pub(crate) fn is_large(layout: Layout) -> bool {
    layout.size() >= LARGE && layout.align() <= PAGE
}

/// A block of zeros, or null where the system has none.
///
/// # Safety
/// None is needed: nothing else is at the place that the system chooses.
#[cold]
pub(crate) unsafe fn map(size: usize) -> *mut u8 {
    let place = ptr::null_mut();
    let mapped =
        unsafe { mmap_anonymous(place, size, ProtFlags::READ | ProtFlags::WRITE, MapFlags::PRIVATE) };
    mapped.map_or(ptr::null_mut(), <*mut c_void>::cast)
}

/// # Safety
/// `block` is one of [`map`] or [`remap`], of that size, and nobody uses it any more.
#[cold]
pub(crate) unsafe fn unmap(block: *mut u8, size: usize) {
    // Refused where it would make two mappings of one, and there are too many: then its pages go, and the place stays.
    if unsafe { munmap(block.cast(), size) }.is_err() {
        let _ = unsafe { madvise(block.cast(), size, Advice::LinuxDontNeed) };
    }
}

/// The block with another size, at its place or elsewhere; null, and nothing changes, where the system has no room.
///
/// # Safety
/// As of [`unmap`]; where it is not null, the result alone is the block from then on.
#[cold]
pub(crate) unsafe fn remap(block: *mut u8, from: usize, to: usize) -> *mut u8 {
    let moved = unsafe { mremap(block.cast(), from, to, MremapFlags::MAYMOVE) };
    moved.map_or(ptr::null_mut(), <*mut c_void>::cast)
}
