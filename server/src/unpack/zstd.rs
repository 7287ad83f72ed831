//! Zstandard (RFC 8878), frame by frame, with the windows that HTTP allows (RFC 9659): 8 MiB at most, whatever a frame
//! declares, and no dictionaries. All of the body has to be there.

use bytes::{Buf as _, Bytes};
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};
use ruzstd::io::Read as _;

use super::{Corrupt, PIECE, piece};

const WINDOW: usize = 8 * 1024 * 1024;
/// The most that one block unpacks to.
const BLOCK: usize = 128 * 1024;

pub(crate) struct Zstd {
    packed: Bytes,
    engine: FrameDecoder,
    in_frame: bool,
    /// The most that the decoder has held.
    room: usize,
}

impl Zstd {
    pub(super) fn new() -> Self {
        let mut engine = FrameDecoder::new();
        engine.set_max_window_size(WINDOW as u64);
        Self { packed: Bytes::new(), engine, in_frame: false, room: 0 }
    }

    pub(super) fn push(&mut self, packed: Bytes) {
        self.packed = packed;
    }

    pub(super) fn piece(&mut self) -> Result<Option<Bytes>, Corrupt> {
        loop {
            let ready = if self.in_frame { self.engine.can_collect() } else { 0 };
            if ready > 0 {
                let mut out = vec![0; ready.min(PIECE)];
                let n = self.engine.read(&mut out).map_err(|_| Corrupt)?;
                out.truncate(n);
                return Ok(Some(piece(out)));
            }
            if !self.in_frame {
                if self.packed.is_empty() {
                    return Ok(None);
                }
                self.begin()?;
            } else if self.engine.is_finished() {
                let said = self.engine.get_checksum_from_data();
                if said.is_some() && said != self.engine.get_calculated_checksum() {
                    return Err(Corrupt);
                }
                self.in_frame = false;
            } else {
                self.block()?;
            }
        }
    }

    /// The next frame's head; a frame that is to be skipped, whole.
    fn begin(&mut self) -> Result<(), Corrupt> {
        let mut rest: &[u8] = &self.packed;
        let begun = self.engine.reset(&mut rest);
        let read = self.packed.len() - rest.len();
        self.packed.advance(read);
        match begun {
            Ok(()) => self.in_frame = true,
            Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                length, ..
            })) => {
                let length = usize::try_from(length).map_err(|_| Corrupt)?;
                if length > self.packed.len() {
                    return Err(Corrupt);
                }
                self.packed.advance(length);
            }
            Err(_) => return Err(Corrupt),
        }
        Ok(())
    }

    fn block(&mut self) -> Result<(), Corrupt> {
        let mut rest: &[u8] = &self.packed;
        let decoded = self.engine.decode_blocks(&mut rest, BlockDecodingStrategy::UptoBlocks(1));
        let read = self.packed.len() - rest.len();
        self.packed.advance(read);
        decoded.map_err(|_| Corrupt)?;
        // Its buffer holds what was not collected, at most the window and a block, and grows by doubling.
        let held = self.engine.blocks_decoded().saturating_mul(BLOCK).min(WINDOW + BLOCK);
        self.room = self.room.max(2 * held);
        Ok(())
    }

    pub(super) fn is_whole(&self) -> bool {
        !self.in_frame && self.packed.is_empty()
    }

    pub(super) fn room(&self) -> usize {
        self.room
    }
}
