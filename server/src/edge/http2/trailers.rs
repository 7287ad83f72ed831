//! Pseudo headers behind a request's body: they end the stream (RFC 9113, 8.1). h2 takes them there without a word, but
//! it refuses them behind any other field. So a field is put before whatever a client's trailers begin with: one byte
//! that neither reads nor changes the table by which headers are packed, and nothing here has to follow that table.

use bytes::BytesMut;

/// Bytes of a frame before its payload.
pub(super) const HEAD: usize = 9;
pub(super) const END_STREAM: u8 = 1;
pub(super) const PADDED: u8 = 8;
const PRIORITY: u8 = 32;
/// The bytes of a stream's priority.
const PRIORITY_BYTES: usize = 5;
/// What a frame's payload may have (RFC 9113, 6.5.2); the relay announces no other bound.
pub(super) const LARGEST: usize = 16 * 1024;
/// `accept-charset` without a value, of the table that never changes (RFC 7541, appendix A, entry 15). The relay reads
/// no trailers.
const FIELD: u8 = 0x80 | 15;

/// Hands on the first frame of trailers, with a field in front. One that is full is refused by h2, because it no longer
/// ends its stream; one whose lengths are wrong, because it stays as it is.
pub(super) fn guard(frame: &[u8], out: &mut BytesMut) {
    let Some((head, payload)) = frame.split_first_chunk::<HEAD>() else { return };
    let mut head = *head;
    match place(head[4], payload) {
        Some(at) if payload.len() < LARGEST => {
            let length = (payload.len() as u32 + 1).to_be_bytes();
            head[..3].copy_from_slice(&length[1..]);
            out.extend_from_slice(&head);
            out.extend_from_slice(&payload[..at]);
            out.extend_from_slice(&[FIELD]);
            out.extend_from_slice(&payload[at..]);
        }
        place => {
            head[4] &= if place.is_some() { !END_STREAM } else { !0 };
            out.extend_from_slice(&head);
            out.extend_from_slice(payload);
        }
    }
}

/// Where the block's first field stands: behind the lengths, and behind updates of the table's size, which may stand
/// nowhere else (RFC 7541, 4.2 and 6.3). `None` where lengths do not fit.
fn place(flags: u8, payload: &[u8]) -> Option<usize> {
    let is_padded = flags & PADDED > 0;
    let padding = if is_padded { usize::from(*payload.first()?) } else { 0 };
    let end = payload.len().checked_sub(padding)?;
    let mut at = usize::from(is_padded) + if flags & PRIORITY > 0 { PRIORITY_BYTES } else { 0 };
    let mut fields = payload.get(at..end)?;
    while let [0x20..0x40, rest @ ..] = fields {
        let is_long = fields[0] == 0x3f;
        let more = if is_long { 1 + rest.iter().take_while(|byte| **byte >= 0x80).count() } else { 0 };
        fields = rest.get(more..).unwrap_or_default();
        at = end - fields.len();
    }
    Some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What becomes of a frame: its payload, or `None` where it stays as it is but for its flags.
    fn guarded(flags: u8, payload: &[u8]) -> (u8, Option<Vec<u8>>) {
        let length = (payload.len() as u32).to_be_bytes();
        let frame = [&length[1..], &[1, flags, 0, 0, 0, 7][..], payload].concat();
        let mut out = BytesMut::new();
        guard(&frame, &mut out);
        let said = u32::from_be_bytes([0, out[0], out[1], out[2]]) as usize;
        assert_eq!((out.len(), &out[5..9]), (9 + said, &[0, 0, 0, 7][..]));
        (out[4], (out[9..] != *payload).then(|| out[9..].to_vec()))
    }

    #[test]
    fn a_field_stands_before_the_first_one() {
        let is = |flags, payload: &[u8], wanted: &[u8]| {
            assert_eq!(guarded(flags, payload), (flags, Some(wanted.to_vec())), "{flags} {payload:?}");
        };
        is(5, &[], &[FIELD]);
        is(5, &[0x82, 1], &[FIELD, 0x82, 1]);
        is(1, &[0x82], &[FIELD, 0x82]);
        // Behind updates of the table's size: of one byte, of many, one after the other, and nothing else.
        is(5, &[0x20, 0x82], &[0x20, FIELD, 0x82]);
        is(5, &[0x3f, 0xe1, 0x1f, 0x20, 0x82], &[0x3f, 0xe1, 0x1f, 0x20, FIELD, 0x82]);
        is(5, &[0x3f, 0xe1], &[0x3f, 0xe1, FIELD]);
        // Behind what is no part of the block, and before what is none.
        is(13, &[2, 0x82, 0, 0], &[2, FIELD, 0x82, 0, 0]);
        is(45, &[1, 0, 0, 0, 1, 9, 0x20, 0x82, 0], &[1, 0, 0, 0, 1, 9, 0x20, FIELD, 0x82, 0]);
        is(37, &[0, 0, 0, 1, 9], &[0, 0, 0, 1, 9, FIELD]);
        is(13, &[3, 0x20, 0, 0, 0], &[3, 0x20, FIELD, 0, 0, 0]);
    }

    #[test]
    fn what_cannot_be_guarded_is_refused_by_the_next_reader() {
        assert_eq!(guarded(5, &[0x82; LARGEST]), (4, None), "trailers that do not end their stream");
        assert_eq!(guarded(5, &[0x82; LARGEST - 1]).0, 5);
        for (flags, payload) in
            [(13, &[][..]), (13, &[1]), (13, &[9, 0x82]), (37, &[0; 4]), (45, &[1, 0, 0, 0, 0, 0])]
        {
            assert_eq!(guarded(flags, payload), (flags, None), "{payload:?}");
        }
    }
}
