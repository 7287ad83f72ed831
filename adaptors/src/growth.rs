//! How a buffer grows whose bytes come piece by piece. Doubled, a large one would take twice what has come, for nothing,
//! and be refused at half of what may be held.

/// Beyond this a buffer grows by a quarter.
const LARGE: usize = 64 * 1024;

/// The room to make for `wanted` bytes in a buffer that has `room`: no less than `wanted`, and a quarter more than was
/// there, so that time stays linear.
#[must_use]
pub fn room(room: usize, wanted: usize) -> usize {
    let more = if room < LARGE { room } else { room / 4 };
    if wanted <= room { room } else { wanted.max(room + more) }
}

/// Appends bytes.
pub fn extend(buffer: &mut Vec<u8>, bytes: &[u8]) {
    let wanted = buffer.len() + bytes.len();
    if wanted > buffer.capacity() {
        buffer.reserve_exact(room(buffer.capacity(), wanted) - buffer.len());
    }
    buffer.extend_from_slice(bytes);
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_buffer_has_a_quarter_of_room_to_spare_at_most() {
        let (mut buffer, mut steps) = (Vec::new(), 0);
        while buffer.len() < 8 << 20 {
            let before = buffer.capacity();
            super::extend(&mut buffer, &[0; 10_000]);
            steps += u32::from(buffer.capacity() > before);
            assert!(buffer.capacity() <= buffer.len() * 5 / 4 + super::LARGE, "{}", buffer.capacity());
        }
        assert!(steps < 50, "{steps} steps");
        assert_eq!((super::room(10, 3), super::room(0, 3), super::room(3, 4)), (10, 3, 6));
    }
}
