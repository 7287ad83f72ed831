//! The allocator's own calls for what needs no more alignment than it gives to everything. Its calls for the rest look at
//! an alignment first, and take a longer way.

use std::alloc::{GlobalAlloc as _, Layout};

use mimalloc::MiMalloc;

unsafe extern "C" {
    fn mi_malloc(size: usize) -> *mut u8;
    fn mi_zalloc(size: usize) -> *mut u8;
    fn mi_realloc(block: *mut u8, size: usize) -> *mut u8;
}

/// Every block has this alignment, one below 16 bytes aside (`MI_MAX_ALIGN_SIZE`).
const ALIGNED: usize = 16;

fn is_plain(align: usize, size: usize) -> bool {
    align <= 8 || (align <= ALIGNED && size >= ALIGNED)
}

/// # Safety
/// As of `GlobalAlloc::alloc`.
pub(super) unsafe fn alloc(layout: Layout) -> *mut u8 {
    if is_plain(layout.align(), layout.size()) {
        // SAFETY: the allocator's own function; what it gives is as large and as aligned as the layout asks.
        unsafe { mi_malloc(layout.size()) }
    } else {
        unsafe { MiMalloc.alloc(layout) }
    }
}

/// # Safety
/// As of `GlobalAlloc::alloc_zeroed`.
pub(super) unsafe fn zeroed(layout: Layout) -> *mut u8 {
    if is_plain(layout.align(), layout.size()) {
        // SAFETY: as above.
        unsafe { mi_zalloc(layout.size()) }
    } else {
        unsafe { MiMalloc.alloc_zeroed(layout) }
    }
}

/// # Safety
/// As of `GlobalAlloc::realloc`.
pub(super) unsafe fn realloc(block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
    if is_plain(layout.align(), size) {
        // SAFETY: as above; the block is the allocator's, whichever of its calls it is from.
        unsafe { mi_realloc(block, size) }
    } else {
        unsafe { MiMalloc.realloc(block, layout, size) }
    }
}
