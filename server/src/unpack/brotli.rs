//! Brotli (RFC 7932), piece by piece. Windows are those of the RFC, 16 MiB at most; longer ones of later drafts are not
//! read. The decoder takes only as much of its window as the body comes to.

use brotli_decompressor::{
    BrotliDecompressStream, BrotliResult, BrotliState, SliceWrapper as _, StandardAlloc,
};
use bytes::{Buf as _, Bytes};

use super::{Corrupt, PIECE, piece};

/// Tables and state, besides the window.
const TABLES: usize = 64 * 1024;

pub(crate) struct Brotli {
    packed: Bytes,
    state: BrotliState<StandardAlloc, StandardAlloc, StandardAlloc>,
    /// Unpacked so far.
    total: usize,
    begun: bool,
    over: bool,
}

impl Brotli {
    pub(super) fn new() -> Self {
        let alloc = StandardAlloc::default;
        let state = BrotliState::new_strict(alloc(), alloc(), alloc());
        Self { packed: Bytes::new(), state, total: 0, begun: false, over: false }
    }

    pub(super) fn push(&mut self, packed: Bytes) {
        self.begun |= !packed.is_empty();
        self.packed = packed;
    }

    pub(super) fn piece(&mut self) -> Result<Option<Bytes>, Corrupt> {
        if self.over {
            // Nothing is defined to follow.
            return if self.packed.is_empty() { Ok(None) } else { Err(Corrupt) };
        }
        let mut out = vec![0; PIECE];
        let (mut left, mut read, mut free, mut written) = (self.packed.len(), 0, PIECE, 0);
        let result = BrotliDecompressStream(
            &mut left,
            &mut read,
            &self.packed,
            &mut free,
            &mut written,
            &mut out,
            &mut self.total,
            &mut self.state,
        );
        self.packed.advance(read);
        match result {
            BrotliResult::ResultFailure => return Err(Corrupt),
            BrotliResult::ResultSuccess => self.over = true,
            BrotliResult::NeedsMoreInput | BrotliResult::NeedsMoreOutput => {}
        }
        if written == 0 {
            return if self.over && !self.packed.is_empty() { Err(Corrupt) } else { Ok(None) };
        }
        out.truncate(written);
        Ok(Some(piece(out)))
    }

    /// A body of no bytes at all is nothing, packed.
    pub(super) fn is_whole(&self) -> bool {
        self.over || !self.begun
    }

    pub(super) fn room(&self) -> usize {
        self.state.ringbuffer.slice().len() + TABLES
    }
}
